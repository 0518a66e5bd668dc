"""Points, grades and ranks of a cycle on any day, and how each point came about."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from cli.context import CycleOption, JsonOption, looking, say, show_json, show_table
from cycle import assessment
from cycle.clock import parse_day, today
from cycle.lookup import find_unit
from cycle.scoring import CycleScore, Scored
from models import Refused
from rules.numbers import plain
from rules.scoring import Line, explain_text


def score(
    cycle: CycleOption = None,
    as_of: Annotated[str | None, typer.Option("--as-of", help="截至日期，如 2026-06-30；默认现在")] = None,
    unit: Annotated[str | None, typer.Option("--unit", help="只看一个单位：编码、现名或曾用名")] = None,
    explain: Annotated[
        str | None, typer.Option("--explain", help="说明一项的得分：评分项目编号，与 --unit 同用")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """得分、等级、位次；封账前为截至某日的暂计分，封账后为在册结果"""
    if explain is not None and unit is None:
        raise Refused("说明一项的得分须用 --unit 指明单位。")
    with looking(cycle) as (session, found):
        day = parse_day(as_of) if as_of else assessment.latest_day(session, found, today())
        code = find_unit(session, unit).code if unit else None
        result = assessment.official_score(session, found, as_of=day)
        title = f"{found.name}得分（截至 {day}，{'暂计' if result.provisional else '在册结果'}）"
    if code is None:
        _show_all(result, title, as_json)
        return
    scored = _of_unit(result, code)
    if explain is None:
        _show_unit(scored, title, as_json)
    else:
        _show_line(scored, _line_of(scored, explain), result, as_json)


def brief(scored: Scored) -> dict[str, Any]:
    """Return a unit's result for programs; points are text with the published decimals, such as "93.80"."""
    return {
        "unit": scored.place.name,
        "group": scored.place.group,
        "points": str(scored.points),
        "grade": scored.grade.grade,
        "rank": scored.rank,
    }


def _show_all(result: CycleScore, title: str, as_json: bool) -> None:
    if as_json:
        show_json([brief(u) for u in result.units])
        return
    rows = [
        (u.place.group, u.rank, u.place.name, u.points, u.grade.grade, _remark(u.grade.reason, u.lines))
        for u in result.units
    ]
    show_table(title, ("组别", "位次", "单位", "得分", "等级", "备注"), rows)
    rules = result.rules
    say(f"评分细则第 {rules.version} 版（{rules.effective_on} 起施行，SHA-256 {rules.sha256[:12]}）。")


def _remark(reason: str, lines: Sequence[Line]) -> str:
    waiting = sum(bool(line.provisional) for line in lines)
    return "；".join(([reason] if reason else []) + ([f"{waiting} 项暂计"] if waiting else []))


def _of_unit(result: CycleScore, code: str) -> Scored:
    scored = next((u for u in result.units if u.place.code == code), None)
    if scored is None:
        raise Refused(f"单位 {code} 不在考核排名之列（不参加考核，或在周期内已并入其他单位）。")
    return scored


def _line_of(scored: Scored, item: str) -> Line:
    line = next((x for x in scored.lines if x.item == item), None)
    if line is None:
        known = "、".join(x.item for x in scored.lines)
        raise Refused(f"{scored.place.name}没有编号为“{item}”的评分项目。该单位的项目：{known}。")
    return line


def _show_unit(scored: Scored, title: str, as_json: bool) -> None:
    if as_json:
        lines = [x.to_json() for x in scored.lines]
        show_json({**brief(scored), "arithmetic": list(scored.arithmetic), "lines": lines})
        return
    rows = [
        (x.item, x.title, plain(x.full), "不计" if x.left_out else x.points, "；".join((*x.arithmetic, *x.provisional)))
        for x in scored.lines
    ]
    show_table(f"{scored.place.name} {title}", ("编号", "考核要点", "分值", "得分", "计算"), rows)
    for step in (*scored.arithmetic, scored.grade.basis, scored.grade.reason):
        if step:
            say(step)
    say(f"得分 {scored.points}，等级 {scored.grade.grade}，{scored.place.group}第 {scored.rank} 名。")


def _show_line(scored: Scored, line: Line, result: CycleScore, as_json: bool) -> None:
    if as_json:
        show_json({"unit": scored.place.name, **line.to_json()})
        return
    state = "暂计" if result.provisional else "在册"
    rules = f"评分细则第 {result.rules.version} 版"
    say(f"{scored.place.name}（{scored.place.group}），截至 {result.as_of}，{state}，{rules}")
    say(explain_text(line))
