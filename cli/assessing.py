"""The acts that lead to the result: marks, matters, incidents, outside values, verifying, publishing, appeals."""

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
    figure,
    looking,
    say,
    show_json,
    show_table,
)
from cycle import appeals, assessment, marks, merits, references
from cycle.clock import parse_day
from cycle.lookup import find_unit
from cycle.rulebook import item_of
from cycle.score_lists import list_appeals, list_marks
from models import Refused
from models.enums import IncidentLevel, ReferenceStatus
from rules.numbers import plain

ItemArgument = Annotated[str, typer.Argument(help="评分项目编号")]

mark = typer.Typer(help="评分：清单、核定、自评", no_args_is_help=True, add_completion=False)
merit = typer.Typer(help="加减分事项", no_args_is_help=True, add_completion=False)
incident = typer.Typer(help="质量安全事件", no_args_is_help=True, add_completion=False)
appeal = typer.Typer(help="申诉：清单、提出、裁定", no_args_is_help=True, add_completion=False)
reference = typer.Typer(help="参照值：外部平均、上年实绩", no_args_is_help=True, add_completion=False)


def _group() -> None:
    """Keep a group with one command a group: `merit add`, not `merit`."""


for _app in (merit, incident, reference):
    _app.callback()(_group)


# ---- marks ----


@mark.command("list")
def mark_list(
    everything: Annotated[bool, typer.Option("--all", help="连同已评分的")] = False,
    cycle: CycleOption = None,
    today: TodayOption = None,
    as_json: JsonOption = False,
) -> None:
    """等待评分单位评分的项目"""
    with looking(cycle) as (session, found):
        rows = list_marks(session, found, today=day_of(today), everything=everything)
    _show_rows("评分项目", rows, as_json)


@mark.command("give")
def mark_give(
    unit: UnitArgument,
    item: ItemArgument,
    met: Annotated[bool | None, typer.Option("--met/--not-met", help="符合或不符合")] = None,
    points: Annotated[str | None, typer.Option(help="核定分：满分或 0")] = None,
    giver: Annotated[str | None, typer.Option(help="评分单位；默认为细则规定的评分单位")] = None,
    reason: ReasonOption = "",
    cycle: CycleOption = None,
    today: TodayOption = None,
    by: ByOption = OFFICE,
) -> None:
    """由评分单位核定一项"""
    day = day_of(today)
    with acting(cycle) as (session, found):
        whose = find_unit(session, unit)
        rule = item_of(session, found, whose, item, day=day)
        scorer = find_unit(session, giver) if giver else marks.scorer_of(session, found, whose, rule)
        given = marks.give_mark(
            session, found, whose, item, giver=scorer, points=figure(points), met=met, reason=reason, by=by, today=day
        )
        say(f"第 {item} 项“{rule.title}”核定 {plain(given.points or 0)} 分。")


@mark.command("self")
def mark_self(
    unit: UnitArgument,
    item: ItemArgument,
    points: Annotated[str, typer.Argument(help="自评得分")],
    reason: ReasonOption = "",
    cycle: CycleOption = None,
    today: TodayOption = None,
    by: ByOption = OFFICE,
) -> None:
    """填报一项自评得分"""
    with acting(cycle) as (session, found):
        own = figure(points)
        assert own is not None
        whose = find_unit(session, unit)
        marks.self_evaluate(session, found, whose, item, own, reason, by=by, today=day_of(today))
    say(f"第 {item} 项自评 {plain(own)} 分。")


# ---- what counts beside the items ----


@merit.command("add")
def merit_add(
    unit: UnitArgument,
    number: Annotated[str, typer.Argument(help="“加减分”表中的编号")],
    title: Annotated[str, typer.Argument(help="事项")],
    basis: Annotated[str, typer.Option("--basis", help="依据：文件、证书等")],
    cycle: CycleOption = None,
    today: TodayOption = None,
    by: ByOption = OFFICE,
) -> None:
    """登记一项加减分事项"""
    with acting(cycle) as (session, found):
        merits.record_merit(
            session, found, find_unit(session, unit), number, title, basis=basis, by=by, today=day_of(today)
        )
    say(f"已登记：{title}。")


@incident.command("add")
def incident_add(
    unit: UnitArgument,
    title: Annotated[str, typer.Argument(help="事件名称")],
    level: Annotated[str, typer.Option("--level", help="一般、区域性、系统性")],
    on: Annotated[str, typer.Option("--on", help="发生日期，如 2026-09-10")],
    basis: Annotated[str, typer.Option("--basis", help="认定依据")],
    cycle: CycleOption = None,
    today: TodayOption = None,
    by: ByOption = OFFICE,
) -> None:
    """登记一起质量安全事件；区域性、系统性事件一票否决"""
    known = IncidentLevel.of_zh(level) or next((x for x in IncidentLevel if x.value == level), None)
    if known is None:
        raise Refused(f"事件等级“{level}”无法识别。请填写：{'、'.join(x.zh for x in IncidentLevel)}。")
    with acting(cycle) as (session, found):
        merits.record_incident(
            session, found, find_unit(session, unit), title,
            level=known, occurred_on=parse_day(on), basis=basis, by=by, today=day_of(today),
        )  # fmt: skip
    say(f"已登记{known.zh}质量安全事件：{title}。")


@reference.command("set")
def reference_set(
    number: Annotated[str, typer.Argument(help="指标序号")],
    value: Annotated[str, typer.Argument(help="参照值")],
    source: Annotated[str, typer.Option("--source", help="数据来源")],
    final: Annotated[bool, typer.Option("--final/--provisional", help="确定数或暂用数")] = True,
    unit: Annotated[str | None, typer.Option("--unit", help="只对一个单位；默认对所有单位")] = None,
    cycle: CycleOption = None,
    today: TodayOption = None,
    by: ByOption = OFFICE,
) -> None:
    """登记目标所依据的外部数据"""
    known = figure(value)
    assert known is not None
    status = ReferenceStatus.FINAL if final else ReferenceStatus.PROVISIONAL
    with acting(cycle) as (session, found):
        whose = find_unit(session, unit) if unit else None
        references.note_reference(
            session, found, number, known, status=status, source=source, unit=whose, by=by, today=day_of(today)
        )
    say(f"已登记指标 {number} 的参照值 {plain(known)}（{status.zh}）。")


# ---- the office's acts ----


def verify(cycle: CycleOption = None, today: TodayOption = None, by: ByOption = OFFICE) -> None:
    """完成核定；有未办结的项目时全部列出"""
    with acting(cycle) as (session, found):
        assessment.verify(session, found, by=by, today=day_of(today))
        say(f"{found.name}已完成核定，自核定截止日起封账计分。")


def publish(cycle: CycleOption = None, today: TodayOption = None, by: ByOption = OFFICE) -> None:
    """公布封账的结果：印发通报，通知各单位，开始受理申诉"""
    with acting(cycle) as (session, found):
        published = assessment.publish(session, found, by=by, today=day_of(today))
        say(f"{found.name}结果已公布，申诉截止 {published.appeals_until}。")


# ---- appeals ----


@appeal.command("list")
def appeal_list(cycle: CycleOption = None, today: TodayOption = None, as_json: JsonOption = False) -> None:
    """申诉清单"""
    with looking(cycle) as (session, found):
        rows = list_appeals(session, found, today=day_of(today))
    _show_rows("申诉", rows, as_json)


@appeal.command("file")
def appeal_file(
    unit: UnitArgument,
    item: ItemArgument,
    ground: Annotated[str, typer.Option("--ground", help="申诉理由")],
    cycle: CycleOption = None,
    today: TodayOption = None,
    by: ByOption = OFFICE,
) -> None:
    """对公布的一项得分提出申诉"""
    with acting(cycle) as (session, found):
        appeals.file_appeal(session, found, find_unit(session, unit), item, ground, by=by, today=day_of(today))
    say(f"第 {item} 项的申诉已受理。")


@appeal.command("decide")
def appeal_decide(
    unit: UnitArgument,
    item: ItemArgument,
    uphold: Annotated[bool, typer.Option("--uphold/--reject", help="成立或不成立")],
    decision: Annotated[str, typer.Option("--decision", help="裁定理由")],
    points: Annotated[str | None, typer.Option("--points", help="改判得分，成立时必填")] = None,
    decider: Annotated[str | None, typer.Option("--decider", help="裁定单位；默认为考核主体")] = None,
    cycle: CycleOption = None,
    today: TodayOption = None,
    by: ByOption = OFFICE,
) -> None:
    """裁定一件申诉；裁定单位不得是申诉单位，也不得参与过该项评分"""
    with acting(cycle) as (session, found):
        judge = find_unit(session, decider) if decider else appeals.default_decider(session, found)
        appeals.decide_appeal(
            session, found, find_unit(session, unit), item, uphold=uphold, decision=decision, points=figure(points),
            decider=judge, by=by, today=day_of(today),
        )  # fmt: skip
    say(f"第 {item} 项的申诉裁定{'成立' if uphold else '不成立'}。")


def _show_rows(title: str, rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        show_json(rows)
    else:
        show_table(title, list(rows[0]) if rows else [], [list(r.values()) for r in rows])
