"""The office's acts of supervision: orders, from draft to closure, and the mid-year circular."""

from typing import Annotated

import typer

from cli.context import (
    OFFICE,
    ByOption,
    CycleOption,
    JsonOption,
    ReasonOption,
    TodayOption,
    UnitArgument,
    acting,
    day_of,
    looking,
    say,
    show_rows,
)
from cycle import orders, supervision
from cycle.clock import parse_day
from cycle.listing import list_orders
from cycle.lookup import find_unit
from models import Refused
from models.enums import OrderLevel

order = typer.Typer(help="督办单：清单、拟稿、下达、签收、反馈、退回、销号", no_args_is_help=True)
circular = typer.Typer(help="督查通报：印发", no_args_is_help=True)
MatterArgument = Annotated[str, typer.Argument(help="督办事项编号或文号，见 zhiqiang order list")]


@circular.callback()
def _circulars() -> None:
    """督查通报：印发"""


@order.command("list")
def order_list(cycle: CycleOption = None, as_json: JsonOption = False) -> None:
    """督办单清单"""
    with looking(cycle) as (session, found):
        rows = list_orders(session, found)
    show_rows("督办单", rows, as_json)


@order.command("draft")
def order_draft(
    unit: UnitArgument,
    matter: Annotated[str, typer.Argument(help="事项编号，一事一单")],
    title: Annotated[str, typer.Option(help="督办事项")],
    basis: Annotated[str, typer.Option(help="督办依据")],
    level: Annotated[str, typer.Option(help="蓝牌、黄牌或红牌")] = OrderLevel.YELLOW.zh,
    cycle: CycleOption = None,
    today: TodayOption = None,
    by: ByOption = OFFICE,
) -> None:
    """拟督办单"""
    with acting(cycle) as (session, found):
        state = orders.draft_order(
            session,
            found,
            find_unit(session, unit),
            matter,
            title=title,
            basis=basis,
            level=_level(level),
            by=by,
            today=day_of(today),
        ).state
    say(f"督办事项 {matter} 当前为“{state.zh}”。")


def _level(text: str) -> OrderLevel:
    level = OrderLevel.of_zh(text)
    if level is None:
        raise Refused(f"督办等级“{text}”无法识别。可选：{'、'.join(m.zh for m in OrderLevel)}。")
    return level


@order.command("issue")
def order_issue(
    matter: MatterArgument,
    due: Annotated[str | None, typer.Option(help="办理期限")] = None,
    level: Annotated[str | None, typer.Option(help="蓝牌、黄牌或红牌")] = None,
    cycle: CycleOption = None,
    today: TodayOption = None,
    by: ByOption = OFFICE,
) -> None:
    """下达督办单"""
    with acting(cycle) as (session, found):
        issued = orders.issue_order(
            session,
            found,
            matter,
            due_on=parse_day(due) if due else None,
            level=_level(level) if level else None,
            by=by,
            today=day_of(today),
        )
        told = f"已下达 {issued.label}，办理期限 {issued.due_on}。"
    say(told)


@order.command("acknowledge")
def order_acknowledge(
    matter: MatterArgument, cycle: CycleOption = None, today: TodayOption = None, by: ByOption = OFFICE
) -> None:
    """登记签收"""
    with acting(cycle) as (session, found):
        orders.acknowledge_order(session, found, matter, by=by, today=day_of(today))
    say("已签收。")


@order.command("answer")
def order_answer(
    matter: MatterArgument,
    answer: Annotated[str, typer.Option(help="推进情况")],
    cycle: CycleOption = None,
    today: TodayOption = None,
    by: ByOption = OFFICE,
) -> None:
    """登记反馈"""
    with acting(cycle) as (session, found):
        orders.answer_order(session, found, matter, answer, by=by, today=day_of(today))
    say("已登记反馈。")


@order.command("return")
def order_return(
    matter: MatterArgument,
    reason: ReasonOption,
    due: Annotated[str, typer.Option(help="重报期限")],
    cycle: CycleOption = None,
    today: TodayOption = None,
    by: ByOption = OFFICE,
) -> None:
    """退回反馈"""
    with acting(cycle) as (session, found):
        orders.return_order(session, found, matter, reason=reason, due_on=parse_day(due), by=by, today=day_of(today))
    say("已退回。")


@order.command("close")
def order_close(
    matter: MatterArgument,
    reason: ReasonOption = "",
    cycle: CycleOption = None,
    today: TodayOption = None,
    by: ByOption = OFFICE,
) -> None:
    """核实并销号"""
    with acting(cycle) as (session, found):
        orders.close_order(session, found, matter, reason=reason, by=by, today=day_of(today))
    say("已销号。")


@circular.command("issue")
def circular_issue(cycle: CycleOption = None, today: TodayOption = None, by: ByOption = OFFICE) -> None:
    """印发督查通报"""
    with acting(cycle) as (session, found):
        label = supervision.issue_circular(session, found, by=by, today=day_of(today)).label
    say(f"已印发{label}。")
