"""A whole cycle scored as of a date: points, grades, ranks, and what is refused."""

import json
import time
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select
from typer.testing import CliRunner

from cli.main import app
from cycle.results import digest
from cycle.scoring import CycleScore, Scored, score_cycle
from models import AuditEntry, Incident, Mark, Merit, Participant, Refused, ScoreLine, Unit, UnitResult
from models.columns import row_id
from models.enums import AssignmentRole, IncidentLevel, MarkColumn, Split
from models.record import Record, open_record
from tests.builders import (
    County,
    add_county,
    add_indicator,
    add_report,
    add_rules,
    add_town,
    add_windows,
    assign,
    rule,
)

MARCH_1 = date(2027, 3, 1)


@pytest.fixture
def place(session: Session) -> County:
    """A county whose two departments are not assessed, so that the towns are alone."""
    county = add_county(session)
    for unit in (county.market, county.farming):
        session.exec(select(Participant).where(Participant.unit_id == unit.id)).one().assessed = False
    session.flush()
    return county


RATIO_AND_JUDGEMENT = (
    rule("T1", "60", "R4", indicator="1"),
    rule("T2", "40", "R1", scorer="market", params={"condition": "judged"}),
)


def reached(session: Session, place: County, values: dict[str, str]) -> dict[str, Unit]:
    """Towns by code, each with a target of 100 and the value it reached by the end of March ("" for none)."""
    indicator = add_indicator(session, place.cycle, "1", split=Split.EQUAL)
    window = add_windows(session, place.cycle)["2026Q1"]
    towns = {"town": place.town}
    for code, value in values.items():
        towns.setdefault(code, place.town if code == "town" else add_town(session, place, code, f"{code}镇"))
        task = assign(session, indicator, towns[code], "100", role=AssignmentRole.COOPERATE)
        if value:
            add_report(session, task, window, value, accepted_on=window.due_on)
    return towns


def judge(session: Session, place: County, town: Unit, met: bool, item: str = "T2") -> None:
    session.add(Mark(
        cycle_id=row_id(place.cycle), unit_id=row_id(town), item=item, mark_column=MarkColumn.VERIFIED,
        giver_id=row_id(place.market), given_by="评分人", met=met, given_on=date(2026, 12, 1),
    ))  # fmt: skip
    session.flush()


def of(score: CycleScore, code: str) -> Scored:
    return next(u for u in score.units if u.place.code == code)


def standings(score: CycleScore) -> list[tuple[str, str, str, int]]:
    return [(u.place.code, str(u.points), u.grade.grade, u.rank) for u in score.units]


def test_points_grades_and_ranks_of_a_group(session: Session, place: County) -> None:
    add_rules(session, place.cycle, *RATIO_AND_JUDGEMENT)
    towns = reached(session, place, {"town": "90", "b": "120", "c": "90", "d": "33.333"})
    for code, met in (("town", True), ("b", True), ("c", True), ("d", False)):
        judge(session, place, towns[code], met)
    score = score_cycle(session, place.cycle, as_of=MARCH_1, closed=True)
    assert standings(score) == [
        ("b", "100.00", "A", 1),
        ("c", "94.00", "A", 2),
        ("town", "94.00", "A", 2),
        ("d", "20.00", "D", 4),
    ]
    assert not score.provisional


def test_groups_are_ranked_apart_in_the_order_of_the_plan(session: Session, place: County) -> None:
    for unit in (place.market, place.farming):
        session.exec(select(Participant).where(Participant.unit_id == unit.id)).one().assessed = True
    add_rules(session, place.cycle, *RATIO_AND_JUDGEMENT, rule("D1", "100", "R16", "部门", params={"late": "1"}))
    reached(session, place, {"town": "100"})
    score = score_cycle(session, place.cycle, as_of=MARCH_1)
    assert [(u.place.group, u.place.code, u.rank) for u in score.units] == [
        ("部门", "farming", 1),
        ("部门", "market", 1),
        ("乡镇", "town", 1),
    ]


def test_before_anything_is_filed_every_line_is_provisional_with_0_points(session: Session, place: County) -> None:
    add_rules(session, place.cycle, *RATIO_AND_JUDGEMENT)
    reached(session, place, {"town": ""})
    score = score_cycle(session, place.cycle, as_of=date(2026, 2, 1))
    lines = of(score, "town").lines
    assert [(x.points, x.provisional) for x in lines] == [
        (Decimal("0.00"), ("尚无数据，暂计 0 分",)),
        (Decimal("0.00"), ("评分单位尚未评判",)),
    ]
    assert lines[1].scorer == "市场监管局"
    assert score.provisional


@pytest.mark.parametrize("level", [IncidentLevel.REGIONAL, IncidentLevel.SYSTEMIC])
def test_a_veto_takes_the_grade_and_leaves_the_points_and_the_rank(
    session: Session, place: County, level: IncidentLevel
) -> None:
    add_rules(session, place.cycle, *RATIO_AND_JUDGEMENT)
    towns = reached(session, place, {"town": "100", "b": "50"})
    for town in towns.values():
        judge(session, place, town, True)
    session.add(Incident(
        cycle_id=row_id(place.cycle), unit_id=row_id(place.town), occurred_on=date(2026, 9, 10), level=level,
        title="食品安全事件", recorded_by="质强办", recorded_on=date(2026, 9, 20),
    ))  # fmt: skip
    session.flush()
    score = score_cycle(session, place.cycle, as_of=MARCH_1, closed=True)
    assert standings(score) == [("town", "100.00", "D", 1), ("b", "70.00", "C", 2)]
    assert of(score, "town").grade.grade_by_score == "A"
    assert level.zh in of(score, "town").grade.reason
    before = score_cycle(session, place.cycle, as_of=date(2026, 9, 19), closed=True)
    assert of(before, "town").grade.grade != "D" or of(before, "town").grade.reason == ""


def test_matters_add_and_take_points_up_to_their_cap(session: Session, place: County) -> None:
    merits = (
        {"number": "J1", "title": "获省级以上表彰", "points": "2", "cap": "3"},
        {"number": "K1", "title": "被通报批评", "points": "-1.5"},
    )
    add_rules(session, place.cycle, rule("T1", "100", "R16", params={"late": "1"}), merits=merits)
    for number, title in (("J1", "省级表彰甲"), ("J1", "省级表彰乙"), ("K1", "通报批评")):
        session.add(Merit(
            cycle_id=row_id(place.cycle), unit_id=row_id(place.town), number=number, title=title,
            recorded_by="质强办", recorded_on=date(2026, 8, 1),
        ))  # fmt: skip
    session.flush()
    assert of(score_cycle(session, place.cycle, as_of=date(2026, 7, 31)), "town").points == 100
    assert of(score_cycle(session, place.cycle, as_of=MARCH_1), "town").points == Decimal("101.5")


def test_the_rules_are_the_newest_effective_on_the_date(session: Session, place: County) -> None:
    add_rules(session, place.cycle, rule("T1", "100", "R16", params={"late": "1"}))
    add_rules(session, place.cycle, rule("T9", "90", "R16", params={"late": "1"}), version=2, on=date(2026, 7, 1))
    items = [
        [x.item for x in of(score_cycle(session, place.cycle, as_of=day), "town").lines]
        for day in (date(2026, 6, 30), date(2026, 7, 1))
    ]
    assert items == [["T1"], ["T9"]]
    with pytest.raises(Refused, match="2025-12-31 尚无生效的评分细则"):
        score_cycle(session, place.cycle, as_of=date(2025, 12, 31))


def test_a_merged_unit_is_not_ranked(session: Session, place: County) -> None:
    add_rules(session, place.cycle, *RATIO_AND_JUDGEMENT)
    towns = reached(session, place, {"town": "100", "b": "100"})
    towns["b"].valid_to, towns["b"].merged_into_id = date(2026, 5, 6), place.town.id
    session.flush()
    assert [u.place.code for u in score_cycle(session, place.cycle, as_of=MARCH_1).units] == ["town"]


def test_what_cannot_be_scored_is_named_unit_by_unit_all_at_once(session: Session, place: County) -> None:
    short = {"unit": "1", "deduction": "1", "step": "exact"}
    items = rule("T1", "50", "R4", indicator="1"), rule("T2", "50", "R7", indicator="2", params=short)
    add_rules(session, place.cycle, *items)
    reached(session, place, {"b": "10"})
    with pytest.raises(Refused) as refused:
        score_cycle(session, place.cycle, as_of=MARCH_1)
    assert [str(p) for p in refused.value.problems] == [
        "甲镇第 T1 项“考核要点T1”：本项不允许缺项，不能对该单位记“不涉及”，请为该单位另设评分项目。",
        "甲镇第 T2 项“考核要点T2”：本项不允许缺项，不能对该单位记“不涉及”，请为该单位另设评分项目。",
        "b镇第 T2 项“考核要点T2”：本项不允许缺项，不能对该单位记“不涉及”，请为该单位另设评分项目。",
    ]


def test_an_item_that_does_not_fit_takes_the_average_of_the_group(session: Session, place: County) -> None:
    add_rules(session, place.cycle, rule("T1", "100", "R4", indicator="1", missing="group_average"))
    add_town(session, place, "none", "丙镇")
    reached(session, place, {"town": "80", "b": "60"})
    assert of(score_cycle(session, place.cycle, as_of=MARCH_1), "none").points == 70


def test_nobody_is_named_as_scorer_of_the_own_unit(session: Session, place: County) -> None:
    session.exec(select(Participant).where(Participant.unit_id == place.market.id)).one().assessed = True
    add_rules(
        session, place.cycle,
        rule("D1", "100", "R1", "部门", scorer="market", params={"condition": "judged"}),
        rule("T1", "100", "R1", scorer="market", params={"condition": "judged"}),
    )  # fmt: skip
    score = score_cycle(session, place.cycle, as_of=MARCH_1)
    assert (of(score, "market").lines[0].scorer, of(score, "town").lines[0].scorer) == ("示例县", "市场监管局")


def test_scoring_writes_nothing(session: Session, place: County) -> None:
    add_rules(session, place.cycle, *RATIO_AND_JUDGEMENT)
    reached(session, place, {"town": "100"})
    score_cycle(session, place.cycle, as_of=MARCH_1, closed=True)
    assert not session.new
    assert not session.dirty
    assert not any(session.exec(select(table)).all() for table in (ScoreLine, UnitResult, AuditEntry))


def test_scoring_twice_gives_the_same_bytes(session: Session, place: County) -> None:
    add_rules(session, place.cycle, *RATIO_AND_JUDGEMENT)
    reached(session, place, {"town": "33.333", "b": "66.667"})
    first = digest(score_cycle(session, place.cycle, as_of=MARCH_1).units)
    session.expire_all()
    assert digest(score_cycle(session, place.cycle, as_of=MARCH_1).units) == first


@settings(max_examples=20)
@given(values=st.lists(st.integers(0, 150), min_size=2, max_size=6))
def test_who_reached_more_is_never_ranked_behind(shared_record: Record, values: list[int]) -> None:
    with shared_record.reading() as session:
        place = add_county(session)
        for unit in (place.market, place.farming):
            session.exec(select(Participant).where(Participant.unit_id == unit.id)).one().assessed = False
        add_rules(session, place.cycle, rule("T1", "100", "R4", indicator="1"))
        codes = ["town", *(f"t{i}" for i in range(len(values) - 1))]
        reached(session, place, {c: str(v) for c, v in zip(codes, values, strict=True)})
        score = score_cycle(session, place.cycle, as_of=MARCH_1)
        rank = {u.place.code: u.rank for u in score.units}
    capped = {c: min(v, 100) for c, v in zip(codes, values, strict=True)}
    for a in codes:
        assert rank[a] == 1 + sum(capped[b] > capped[a] for b in codes)


def test_48_units_with_60_items_are_scored_at_once(session: Session, place: County) -> None:
    indicators = [add_indicator(session, place.cycle, str(n), split=Split.EQUAL) for n in range(8)]
    windows = add_windows(session, place.cycle)
    towns = [place.town, *(add_town(session, place, f"t{n}", f"第{n}镇") for n in range(47))]
    items = [
        rule(f"A{n}", "1", "R4", indicator=str(n % 8)) if n < 50 else rule(f"A{n}", "5", "R16", params={"late": "1"})
        for n in range(60)
    ]
    add_rules(session, place.cycle, *items)
    for indicator in indicators:
        for town in towns:
            task = assign(session, indicator, town, "10", role=AssignmentRole.COOPERATE)
            add_report(session, task, windows["2026Q1"], "5", accepted_on=date(2026, 4, 15))
    session.expire_all()
    start = time.process_time()
    score = score_cycle(session, place.cycle, as_of=MARCH_1)
    assert time.process_time() - start < 2
    assert {u.points for u in score.units} == {Decimal("75.00")}
    assert sum(len(u.lines) for u in score.units) == 48 * 60


# ---- the command ----


@pytest.fixture
def on_record(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The configured record with two towns, one of them with accepted figures."""
    url = f"sqlite:///{tmp_path / 'zhiqiang.db'}"
    monkeypatch.setenv("ZHIQIANG_DATABASE_URL", url)
    opened = open_record(url)
    with opened.writing() as session:
        place = add_county(session)
        for unit in (place.market, place.farming):
            session.exec(select(Participant).where(Participant.unit_id == unit.id)).one().assessed = False
        add_rules(session, place.cycle, *RATIO_AND_JUDGEMENT)
        towns = reached(session, place, {"town": "90", "b": ""})
        judge(session, place, towns["town"], True)
    opened.close()


def zhiqiang(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["score", "--cycle", "2026", *arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.usefixtures("on_record")
def test_score_json_is_one_object_per_unit() -> None:
    assert json.loads(zhiqiang("--as-of", "2027-03-01", "--json")) == [
        {"unit": "甲镇", "group": "乡镇", "points": "94.00", "grade": "A", "rank": 1},
        {"unit": "b镇", "group": "乡镇", "points": "0.00", "grade": "D", "rank": 2},
    ]


@pytest.mark.usefixtures("on_record")
def test_explain_says_rule_inputs_and_arithmetic() -> None:
    said = zhiqiang("--unit", "甲镇", "--explain", "T1", "--as-of", "2027-03-01")
    expected: Sequence[str] = (
        "甲镇（乡镇），截至 2027-03-01，暂计，评分细则第 1 版",
        "第 T1 项 考核要点T1：得 54.00 分（满分 60 分）",
        "按完成率计分",
        "目标 ≥100个",
        "完成值 90个",
        "60×90÷100＝54",
    )
    for text in expected:
        assert text in said


@pytest.mark.usefixtures("on_record")
def test_the_lists_for_people_name_what_is_provisional() -> None:
    assert "2 项暂计" in zhiqiang("--as-of", "2027-03-01")
    assert "尚无数据，暂计 0 分" in zhiqiang("--as-of", "2027-03-01", "--unit", "b镇").replace("\n", "").replace(
        " │", ""
    )


@pytest.mark.usefixtures("on_record")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--explain", "T1"), "须用 --unit 指明单位"),
        (("--unit", "甲镇", "--explain", "T7"), "甲镇没有编号为“T7”的评分项目。该单位的项目：T1、T2"),
        (("--unit", "市场监管局"), "不在考核排名之列"),
        (("--as-of", "2026年"), "日期“2026年”无法识别"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_words(arguments: tuple[str, ...], message: str) -> None:
    done = CliRunner().invoke(app, ["score", "--cycle", "2026", *arguments])
    assert (done.exit_code, message in done.output) == (1, True)
