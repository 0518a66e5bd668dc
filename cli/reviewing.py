"""The office's acts on what units owe: review of reports, extensions."""

from typing import Annotated

import typer

from cli.context import (
    OFFICE,
    ByOption,
    CycleOption,
    JsonOption,
    KeyArgument,
    ReasonOption,
    TodayOption,
    acting,
    day_of,
    each,
    looking,
    pick_cycle,
    say,
    show_json,
    show_rows,
    show_table,
)
from cycle import extensions, reviewing
from cycle.clock import parse_day
from cycle.listing import list_extensions
from models.record import Record

review = typer.Typer(help="审核填报：清单、通过、退回、重新开放", no_args_is_help=True)
extension = typer.Typer(help="延期：清单、申请、批复、收回", no_args_is_help=True)


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
    day = day_of(today)

    def accept(record: Record, key: str) -> None:
        with record.writing() as session:
            reviewing.accept_report(session, pick_cycle(session, cycle), key, by=by, today=day)

    each(keys, accept)
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


@extension.command("list")
def extension_list(cycle: CycleOption = None, as_json: JsonOption = False) -> None:
    """待批的延期申请"""
    with looking(cycle) as (session, found):
        rows = list_extensions(session, found)
    show_rows("待批的延期申请", rows, as_json)


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
