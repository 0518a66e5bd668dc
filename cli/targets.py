"""The office's acts on targets: what units file on their drafts, the letters, and adjustments."""

from typing import Annotated, Any

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
    each,
    figure,
    looking,
    pick_cycle,
    say,
    show_rows,
)
from cycle import decomposition, letters, targets
from cycle.listing import list_drafts, list_letters
from cycle.lookup import find_unit
from models import Refused
from models.record import Record

draft = typer.Typer(help="目标备案：清单、登记、审定", no_args_is_help=True)
letter = typer.Typer(help="责任书：印发、签收、清单", no_args_is_help=True)
target = typer.Typer(help="目标：调整", no_args_is_help=True)
NumberArgument = Annotated[str, typer.Argument(help="指标序号")]
FigureOption = Annotated[str | None, typer.Option(help="本年累计节点值")]
ALL = "全部"


@target.callback()
def _targets() -> None:
    """目标：调整"""


@draft.command("list")
def draft_list(cycle: CycleOption = None, as_json: JsonOption = False) -> None:
    """各单位目标备案的状态"""
    with looking(cycle) as (session, found):
        rows = list_drafts(session, found)
    show_rows("目标备案", rows, as_json)


@draft.command("file")
def draft_file(
    unit: UnitArgument,
    number: NumberArgument,
    last_year: Annotated[str | None, typer.Option(help="上年实绩")] = None,
    q1: FigureOption = None,
    q2: FigureOption = None,
    q3: FigureOption = None,
    q4: FigureOption = None,
    objection: Annotated[str, typer.Option(help="异议理由；不填为同意")] = "",
    proposed: Annotated[str | None, typer.Option(help="建议目标值")] = None,
    cycle: CycleOption = None,
    today: TodayOption = None,
    by: ByOption = OFFICE,
) -> None:
    """代为登记单位的备案或异议"""
    typed = {"last_year": last_year, "q1": q1, "q2": q2, "q3": q3, "q4": q4, "proposed": proposed}
    figures: dict[str, Any] = {name: figure(text) for name, text in typed.items()}
    answer = decomposition.TargetAnswer(objection=objection, **figures)
    with acting(cycle) as (session, found):
        decomposition.file_target(session, found, find_unit(session, unit), number, answer, by=by, today=day_of(today))
    say(f"已登记{unit}对指标 {number} 的{'异议' if objection.strip() else '备案'}。")


@draft.command("decide")
def draft_decide(
    unit: UnitArgument,
    number: Annotated[str, typer.Argument(help=f"指标序号；“{ALL}”表示该单位所有无异议的备案")],
    accept: Annotated[bool, typer.Option("--accept/--return", help="同意或退回")] = True,
    value: Annotated[str | None, typer.Option(help="改定的目标值，仅用于单项")] = None,
    reason: ReasonOption = "",
    cycle: CycleOption = None,
    today: TodayOption = None,
    by: ByOption = OFFICE,
) -> None:
    """审定一项备案或异议"""
    day, new = day_of(today), figure(value)
    if number == ALL and new is not None:
        raise Refused("改定目标值须逐项办理。请写明指标序号。")
    numbers = _filed(unit, cycle) if number == ALL else [number]

    def decide(record: Record, one: str) -> None:
        with record.writing() as session:
            found, whose = pick_cycle(session, cycle), find_unit(session, unit)
            decomposition.decide_draft(
                session, found, whose, one, accept=accept, reason=reason, value=new, by=by, today=day
            )

    each(numbers, decide)
    say(f"已办理 {len(numbers)} 项。")


def _filed(unit: str, cycle: str | None) -> list[str]:
    with looking(cycle) as (session, found):
        return decomposition.filed_numbers(session, found, find_unit(session, unit))


@letter.command("list")
def letter_list(cycle: CycleOption = None, as_json: JsonOption = False) -> None:
    """责任书清单"""
    with looking(cycle) as (session, found):
        rows = list_letters(session, found)
    show_rows("责任书", rows, as_json)


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
        whose = find_unit(session, unit)
        label = letters.issue_letter(session, found, whose, by=by, today=day_of(today), reason=reason).label
    say(f"已印发 {label}。")


@letter.command("acknowledge")
def letter_acknowledge(
    unit: UnitArgument, cycle: CycleOption = None, today: TodayOption = None, by: ByOption = OFFICE
) -> None:
    """登记签收"""
    with acting(cycle) as (session, found):
        label = letters.acknowledge_letter(session, found, find_unit(session, unit), by=by, today=day_of(today)).label
    say(f"{label} 已签收。")


@target.command("adjust")
def target_adjust(
    unit: UnitArgument,
    number: NumberArgument,
    value: Annotated[str, typer.Argument(help="新目标值；提高幅度、高出幅度的目标填新幅度")],
    reason: ReasonOption,
    cycle: CycleOption = None,
    today: TodayOption = None,
    by: ByOption = OFFICE,
) -> None:
    """调整目标（换发责任书）"""
    new = figure(value)
    assert new is not None
    with acting(cycle) as (session, found):
        issued = targets.adjust_target(
            session, found, find_unit(session, unit), number, new, reason=reason, by=by, today=day_of(today)
        )
        labels = "、".join(one.label for one in issued)
    say(f"目标已调整，责任书换发为 {labels}。" if labels else "目标已调整。尚无生效的责任书，印发时按新目标。")
