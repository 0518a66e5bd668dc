"""The office's acts on what units owe and are asked: drafts, letters, reviews, extensions, orders, targets, units."""

from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from cli.context import (
    OFFICE,
    ByOption,
    CycleOption,
    JsonOption,
    TodayOption,
    acting,
    day_of,
    looking,
    say,
    show_json,
    show_table,
)
from cycle import contacts, decomposition, extensions, letters, orders, reviewing, supervision, targets, units
from cycle.clock import parse_day
from cycle.listing import list_contacts, list_drafts, list_letters, list_orders, list_units
from cycle.lookup import find_unit
from models import Refused
from models.enums import OrderLevel, Role

ReasonOption = Annotated[str, typer.Option("--reason", help="理由")]
UnitArgument = Annotated[str, typer.Argument(help="单位编码、现名或曾用名")]
KeyArgument = Annotated[str, typer.Argument(help="应报事项编号，见 zhiqiang report list")]
MatterArgument = Annotated[str, typer.Argument(help="督办事项编号或文号，见 zhiqiang order list")]

draft = typer.Typer(help="目标备案：清单、审定", no_args_is_help=True)
letter = typer.Typer(help="责任书：印发、签收、清单", no_args_is_help=True)
review = typer.Typer(help="审核填报", no_args_is_help=True)
extension = typer.Typer(help="延期", no_args_is_help=True)
order = typer.Typer(help="督办单", no_args_is_help=True)
circular = typer.Typer(help="督查通报", no_args_is_help=True)
target = typer.Typer(help="目标", no_args_is_help=True)
unit = typer.Typer(help="机构", no_args_is_help=True)
contact = typer.Typer(help="联络人", no_args_is_help=True)


def figure(text: str | None) -> Decimal | None:
    """Return the number typed; Refused when it is none."""
    if text is None:
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        raise Refused(f"“{text}”不是数值。请填写数字，如 95 或 93.5。") from None


# ---- drafts ----


@draft.command("list")
def draft_list(cycle: CycleOption = None, as_json: JsonOption = False) -> None:
    """各单位目标备案的状态"""
    with looking(cycle) as (session, found):
        rows = list_drafts(session, found)
    show_json(rows) if as_json else show_table(
        "目标备案", list(rows[0]) if rows else [], [list(r.values()) for r in rows]
    )


@draft.command("decide")
def draft_decide(
    unit: UnitArgument,
    number: Annotated[str, typer.Argument(help="指标序号；“全部”表示该单位所有无异议的备案")],
    accept: Annotated[bool, typer.Option("--accept/--return", help="同意或退回")] = True,
    value: Annotated[str | None, typer.Option(help="改定的目标值")] = None,
    reason: ReasonOption = "",
    cycle: CycleOption = None,
    today: TodayOption = None,
    by: ByOption = OFFICE,
) -> None:
    """审定一项备案或异议"""
    day = day_of(today)
    with acting(cycle) as (session, found):
        whose = find_unit(session, unit)
        numbers = decomposition.filed_numbers(session, found, whose) if number == "全部" else [number]
        for one in numbers:
            decomposition.decide_draft(
                session, found, whose, one, accept=accept, reason=reason, value=figure(value), by=by, today=day
            )
    say(f"已办理 {len(numbers)} 项。")


# ---- letters ----


@letter.command("list")
def letter_list(cycle: CycleOption = None, as_json: JsonOption = False) -> None:
    """责任书清单"""
    with looking(cycle) as (session, found):
        rows = list_letters(session, found)
    show_json(rows) if as_json else show_table(
        "责任书", list(rows[0]) if rows else [], [list(r.values()) for r in rows]
    )


@letter.command("issue")
def letter_issue(
    unit: UnitArgument,
    reason: ReasonOption = "",
    cycle: CycleOption = None,
    today: TodayOption = None,
    by: ByOption = OFFICE,
) -> None:
    """印发或换发责任书"""
    with acting(cycle) as (session, found):
        issued = letters.issue_letter(
            session, found, find_unit(session, unit), by=by, today=day_of(today), reason=reason
        )
        say(f"已印发 {issued.label}。")


@letter.command("acknowledge")
def letter_acknowledge(
    unit: UnitArgument, cycle: CycleOption = None, today: TodayOption = None, by: ByOption = OFFICE
) -> None:
    """登记签收"""
    with acting(cycle) as (session, found):
        signed = letters.acknowledge_letter(session, found, find_unit(session, unit), by=by, today=day_of(today))
        say(f"{signed.label} 已签收。")


# ---- reviews ----


@review.command("list")
def review_list(cycle: CycleOption = None, as_json: JsonOption = False) -> None:
    """待审填报"""
    with looking(cycle) as (session, found):
        keys = reviewing.waiting_for_review(session, found)
    show_json(keys) if as_json else show_table("待审填报", ["应报事项编号"], [[k] for k in keys])


@review.command("accept")
def review_accept(
    keys: Annotated[list[str], typer.Argument(help="应报事项编号，可填多个")],
    cycle: CycleOption = None,
    today: TodayOption = None,
    by: ByOption = OFFICE,
) -> None:
    """通过填报"""
    with acting(cycle) as (session, found):
        for key in keys:
            reviewing.accept_report(session, found, key, by=by, today=day_of(today))
    say(f"已通过 {len(keys)} 项。")


@review.command("return")
def review_return(
    key: KeyArgument,
    reason: ReasonOption,
    due: Annotated[str, typer.Option(help="重报期限")],
    cycle: CycleOption = None,
    today: TodayOption = None,
    by: ByOption = OFFICE,
) -> None:
    """退回填报"""
    with acting(cycle) as (session, found):
        reviewing.return_report(session, found, key, reason=reason, due_on=parse_day(due), by=by, today=day_of(today))
    say(f"已退回 {key}，重报期限 {due}。")


@review.command("reopen")
def review_reopen(
    key: KeyArgument,
    reason: ReasonOption,
    until: Annotated[str, typer.Option(help="开放至")],
    cycle: CycleOption = None,
    today: TodayOption = None,
    by: ByOption = OFFICE,
) -> None:
    """重新开放漏报事项"""
    with acting(cycle) as (session, found):
        reviewing.reopen(session, found, key, until=parse_day(until), reason=reason, by=by, today=day_of(today))
    say(f"已重新开放 {key}，至 {until}。")


# ---- extensions ----


@extension.command("apply")
def extension_apply(
    key: KeyArgument,
    until: Annotated[str, typer.Option(help="申请延至")],
    reason: ReasonOption,
    cycle: CycleOption = None,
    today: TodayOption = None,
    by: ByOption = OFFICE,
) -> None:
    """申请延期"""
    with acting(cycle) as (session, found):
        extensions.apply_extension(session, found, key, parse_day(until), reason, by=by, today=day_of(today))
    say(f"已提出 {key} 的延期申请。")


@extension.command("decide")
def extension_decide(
    key: KeyArgument,
    grant: Annotated[bool, typer.Option("--grant/--refuse", help="批准或不批准")] = True,
    until: Annotated[str | None, typer.Option(help="批准延至；不填按申请日期")] = None,
    reason: ReasonOption = "",
    cycle: CycleOption = None,
    today: TodayOption = None,
    by: ByOption = OFFICE,
) -> None:
    """批复延期申请"""
    with acting(cycle) as (session, found):
        extensions.decide_extension(
            session,
            found,
            key,
            grant=grant,
            until=parse_day(until) if until else None,
            reason=reason,
            by=by,
            today=day_of(today),
        )
    say(f"{key} 的延期申请{'已批准' if grant else '未批准'}。")


@extension.command("recall")
def extension_recall(
    key: KeyArgument, reason: ReasonOption, cycle: CycleOption = None, today: TodayOption = None, by: ByOption = OFFICE
) -> None:
    """收回已批准的延期"""
    with acting(cycle) as (session, found):
        extensions.recall_extension(session, found, key, reason=reason, by=by, today=day_of(today))
    say(f"{key} 的延期已收回。")


# ---- orders and circulars ----


@order.command("list")
def order_list(cycle: CycleOption = None, as_json: JsonOption = False) -> None:
    """督办单清单"""
    with looking(cycle) as (session, found):
        rows = list_orders(session, found)
    show_json(rows) if as_json else show_table(
        "督办单", list(rows[0]) if rows else [], [list(r.values()) for r in rows]
    )


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
        orders.draft_order(
            session,
            found,
            find_unit(session, unit),
            matter,
            title=title,
            basis=basis,
            level=_level(level),
            by=by,
            today=day_of(today),
        )
    say(f"已拟督办单 {matter}。")


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
        say(f"已下达 {issued.label}，办理期限 {issued.due_on}。")


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
        issued = supervision.issue_circular(session, found, by=by, today=day_of(today))
        say(f"已印发 {issued.label}。")


# ---- targets, units, contacts ----


@target.command("adjust")
def target_adjust(
    unit: UnitArgument,
    number: Annotated[str, typer.Argument(help="指标序号")],
    value: Annotated[str, typer.Argument(help="新目标值")],
    reason: ReasonOption,
    cycle: CycleOption = None,
    today: TodayOption = None,
    by: ByOption = OFFICE,
) -> None:
    """调整目标（换发责任书）"""
    with acting(cycle) as (session, found):
        new = figure(value)
        assert new is not None
        targets.adjust_target(
            session, found, find_unit(session, unit), number, new, reason=reason, by=by, today=day_of(today)
        )
    say("目标已调整，责任书已换发。")


@unit.command("list")
def unit_list(cycle: CycleOption = None, as_json: JsonOption = False) -> None:
    """单位清单"""
    with looking(cycle) as (session, found):
        rows = list_units(session, found)
    show_json(rows) if as_json else show_table("单位", list(rows[0]) if rows else [], [list(r.values()) for r in rows])


@unit.command("merge")
def unit_merge(
    ended: UnitArgument,
    into: Annotated[str, typer.Argument(help="并入的单位")],
    reason: ReasonOption,
    cycle: CycleOption = None,
    today: TodayOption = None,
    by: ByOption = OFFICE,
) -> None:
    """机构合并"""
    with acting(cycle) as (session, found):
        units.merge_units(
            session,
            found,
            find_unit(session, ended),
            find_unit(session, into),
            reason=reason,
            by=by,
            today=day_of(today),
        )
    say(f"{ended} 已并入 {into}，任务和未报事项已转移。")


@contact.command("list")
def contact_list(cycle: CycleOption = None, today: TodayOption = None, as_json: JsonOption = False) -> None:
    """当日联络人"""
    with looking(cycle) as (session, found):
        rows = list_contacts(session, found, day_of(today))
    show_json(rows) if as_json else show_table(
        "联络人", list(rows[0]) if rows else [], [list(r.values()) for r in rows]
    )


@contact.command("change")
def contact_change(
    unit: UnitArgument,
    role: Annotated[str, typer.Argument(help="联络员、分管领导、主要领导或质强办经办人")],
    title: Annotated[str, typer.Option(help="职务或称谓")],
    address: Annotated[str, typer.Option(help="通知地址")],
    cycle: CycleOption = None,
    today: TodayOption = None,
    by: ByOption = OFFICE,
) -> None:
    """变更联络人"""
    meant = Role.of_zh(role)
    if meant is None:
        raise Refused(f"角色“{role}”无法识别。可选：{'、'.join(r.zh for r in Role)}。")
    with acting(cycle) as (session, found):
        changed = contacts.change_contact(
            session, found, find_unit(session, unit), meant, title=title, address=address, by=by, today=day_of(today)
        )
    say("联络人已变更。" if changed else "联络人没有变化。")
