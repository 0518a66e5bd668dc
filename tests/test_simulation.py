"""The simulated county: its dice, its typing, and a whole year in which everything the story tells has happened."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session, col, func, select

from cycle.assessment import official_score
from cycle.lookup import calendar, find_cycle
from cycle.scoring import CycleScore
from cycle.trail import first_break
from documents.unit_answers import read_unit_workbook
from documents.unit_facts import ExtensionRow, ReportRow, UnitWorkbook
from documents.unit_workbook import write_unit_workbook
from models import (
    Appeal,
    Cycle,
    Extension,
    Filing,
    Intake,
    Letter,
    Message,
    Obligation,
    Order,
    OrderAnswer,
    Report,
    Target,
    Unit,
)
from models.enums import (
    Aggregation,
    AppealState,
    Decision,
    ExtensionState,
    LetterState,
    MessageState,
    ObligationState,
    OrderState,
    ReportNature,
    TargetForm,
)
from models.record import open_record
from rules.targets import TargetFigure
from rules.workdays import Workdays
from simulation import behaviour
from simulation.behaviour import Carried, Period
from simulation.driver import days, without_prefect
from simulation.filling import Place, asked, filled_in
from tests.years import world

SEED = 2026


# ---- the dice ----

UNITS = st.sampled_from([f"T{n:02}" for n in range(1, 13)])
SHARES = st.integers(1, 12).map(lambda month: Fraction(month, 12))


def carried(unit: str, form: TargetForm, aggregation: Aggregation, value: int) -> Carried:
    figure = TargetFigure(form, Decimal(value), None, None, None, "%" if aggregation is Aggregation.RATIO else "个")
    return Carried(unit, "7", form, aggregation, 0, figure)


def period(elapsed: Fraction) -> Period:
    return Period(f"W{elapsed}", elapsed, elapsed - Fraction(1, 12), date(2026, 1, 31), 31)


def test_dice_do_not_depend_on_the_order_of_the_questions() -> None:
    windows = [(f"T{unit:02}", f"2026-{month:02}") for unit in range(1, 13) for month in range(1, 13)]

    def answers(order: list[tuple[str, str]]) -> dict[tuple[str, str], int]:
        return {(unit, window): behaviour.draw(SEED, unit, window, "day").randrange(10**9) for unit, window in order}

    shuffled = random.Random(1).sample(windows, len(windows))
    assert answers(windows) == answers(shuffled)
    assert len(set(answers(windows).values())) == len(windows)


def test_another_seed_is_another_county() -> None:
    tempers = [[behaviour.temper(seed, f"T{n:02}") for n in range(1, 13)] for seed in range(5)]
    assert len({tuple(t) for t in tempers}) == 5


@given(UNITS, SHARES, st.integers(1, 500))
def test_running_totals_never_fall_and_sums_add_up_to_them(unit: str, until: Fraction, target: int) -> None:
    months = [Fraction(month, 12) for month in range(1, int(until * 12) + 1)]
    total = carried(unit, TargetForm.AT_LEAST, Aggregation.CUMULATIVE, target)
    flow = carried(unit, TargetForm.AT_LEAST, Aggregation.FLOW, target)
    totals = [behaviour.figure(SEED, total, period(m)).value or Decimal(0) for m in months]
    flows = [behaviour.figure(SEED, flow, period(m)).value or Decimal(0) for m in months]
    assert totals == sorted(totals)
    assert sum(flows) == totals[-1]


@given(UNITS, SHARES, st.integers(1, 100), st.one_of(st.none(), st.integers(1, 31)))
def test_a_part_is_never_more_than_its_whole(unit: str, elapsed: Fraction, target: int, whole: int | None) -> None:
    ratio = carried(unit, TargetForm.AT_LEAST, Aggregation.RATIO, target)
    found = behaviour.figure(SEED, ratio, period(elapsed), whole=whole)
    assert found.numerator is not None and found.denominator is not None
    assert 0 <= found.numerator <= found.denominator
    assert whole is None or found.denominator == whole


@given(UNITS, SHARES)
def test_nothing_that_should_not_happen_is_reported_as_nil(unit: str, elapsed: Fraction) -> None:
    none = carried(unit, TargetForm.ZERO, Aggregation.FLOW, 0)
    assert behaviour.figure(SEED, none, period(elapsed)).nature is ReportNature.NIL


@given(UNITS, st.integers(1, 12))
def test_nobody_files_before_the_workbook_is_there(unit: str, month: int) -> None:
    workdays = Workdays()
    open_on = workdays.after(date(2026, month, 1), 0)
    due_on = workdays.after(open_on, 4)
    day = behaviour.filing_day(SEED, unit, f"2026-{month:02}", open_on, due_on, workdays)
    assert day is None or (day > open_on and workdays.is_workday(day))


# ---- the typing ----

ROW = ReportRow(
    "report/T01/13/2026Q1", "13", "旅游接待人次", "2026年一季度", "本单位", date(2026, 4, 15), "待报", "≥120万人次",
    "万人次", None, "本期累计（填年初至期末）", 2, ("numerator", "denominator"),
)  # fmt: skip
LATER = ExtensionRow("report/T01/13/2026Q1", "旅游接待人次", date(2026, 4, 15))
REPORTED, APPLIED = Place("填报", ROW.key), Place("延期申请", LATER.key)


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """A workbook as a unit is given it."""
    facts = UnitWorkbook(
        "2026", "2026年度", "T01", "东溪镇", "质强办", date(2026, 4, 1), reports=(ROW,), extensions=(LATER,)
    )
    write_unit_workbook(facts, tmp_path / "given.xlsx")
    return tmp_path / "given.xlsx"


def test_what_is_typed_is_what_is_read(workbook: Path) -> None:
    typed = {
        REPORTED: {"value": Decimal("31.25"), "text": "景区 <A&B> 恢复开放", "evidence": "台账.txt"},
        APPLIED: {"wanted_on": date(2026, 4, 22), "reason": "数据待核"},
    }
    returned = workbook.with_name("returned.xlsx")
    returned.write_bytes(filled_in(workbook, asked(workbook), typed))
    read = read_unit_workbook(returned)
    assert not read.problems
    values = {Place(answer.sheet, answer.key): answer.values for answer in read.answers}
    assert {key: values[REPORTED][key] for key in ("value", "text", "evidence")} == {
        "value": Decimal("31.25"),
        "text": "景区 <A&B> 恢复开放",
        "evidence": ("台账.txt",),
    }
    assert values[APPLIED] == {"wanted_on": date(2026, 4, 22), "reason": "数据待核"}


def test_the_same_typing_gives_the_same_bytes(workbook: Path) -> None:
    rows = asked(workbook)
    assert filled_in(workbook, rows, {}) != filled_in(workbook, rows, {REPORTED: {"value": Decimal(1)}})
    once, again = (filled_in(workbook, rows, {REPORTED: {"value": Decimal(1)}}) for _ in range(2))
    assert once == again


def test_a_row_or_cell_that_is_not_asked_for_cannot_be_typed_into(workbook: Path) -> None:
    with pytest.raises(KeyError):
        filled_in(workbook, asked(workbook), {Place("填报", "report/T01/14/2026Q1"): {"value": Decimal(1)}})
    with pytest.raises(ValueError, match="not a blank cell"):
        filled_in(workbook, asked(workbook), {REPORTED: {"title": "改过的事项"}})


# ---- the whole year of the whole county ----


class Lived(NamedTuple):
    """A year that was lived to its end."""

    session: Session
    cycle: Cycle
    days: tuple[date, ...]
    score: CycleScore

    def unit(self, code: str) -> int:
        return self.session.exec(select(Unit.id).where(Unit.code == code)).one() or 0

    def grades(self) -> dict[str, str]:
        return {u.place.code: u.grade.grade for u in self.score.units}


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    """The demo's year, to the end, on `cycle/` without Prefect."""
    with pytest.MonkeyPatch.context() as settings:
        settings.setenv("ZHIQIANG_HOME", str(tmp_path_factory.mktemp("county")))
        settings.delenv("ZHIQIANG_DATABASE_URL", raising=False)
        record = open_record()
        here = world(record, seed=SEED)
        lived = tuple(days(here, without_prefect(record), until=date.max))
        with record.reading() as session:
            cycle = find_cycle(session, here.cycle)
            yield Lived(session, cycle, lived, official_score(session, cycle, as_of=lived[-1]))
        record.close()


def test_the_year_ends_with_a_closed_cycle_and_nothing_left_to_do(year: Lived) -> None:
    assert year.cycle.closed_on == year.days[-1]
    assert not year.score.provisional
    states = set(year.session.exec(select(Obligation.state)))
    assert states == {ObligationState.ACCEPTED, ObligationState.MISSED, ObligationState.WITHDRAWN}
    assert set(year.session.exec(select(Message.state))) <= {MessageState.SENT, MessageState.SUPPRESSED}
    assert first_break(year.session) is None


def test_it_ticks_on_workdays_only_and_not_on_all_of_them(year: Lived) -> None:
    workdays = calendar(year.cycle)
    assert all(workdays.is_workday(day) for day in year.days)
    assert len(year.days) < workdays.between(year.days[0], year.days[-1]) * 0.6
    assert workdays.provisional(year.days[-1])


def test_grades_spread_and_the_veto_is_shown_beside_the_points(year: Lived) -> None:
    grades = year.grades()
    assert {"A", "B", "C", "D"} <= set(grades.values())
    assert Counter(grades.values())["A"] + Counter(grades.values())["B"] > len(grades) / 2
    vetoed = next(u for u in year.score.units if u.place.code == "T02")
    assert vetoed.grade.grade == "D" != vetoed.grade.grade_by_score


def test_only_the_files_of_the_story_were_refused(year: Lived) -> None:
    refused = [i.name for i in year.session.exec(select(Intake).order_by(col(Intake.id))) if i.problems]
    assert refused == ["长岭乡20260305空表.xlsx", "生态环境局20260403.xlsx", "双桥镇三月报表.xls"]
    assert year.session.exec(select(Intake.name).where(Intake.empty)).all() == [refused[0]]


def test_late_missing_returned_and_corrected_reports(year: Lived) -> None:
    session = year.session
    late, missed = ({*session.exec(select(Obligation.key).where(c))} for c in (Obligation.late, Obligation.missed))
    assert "report/T09/33/2026-03" in late
    assert "report/T12/33/2026-04" in missed
    versions = session.exec(
        select(col(Report.value))
        .join(Obligation)
        .where(Obligation.key == "report/T03/13/2026-05")
        .order_by(Report.version)
    ).all()
    assert versions[0] == (versions[1] or 0) * 10
    corrected = session.exec(select(Obligation.key).join(Report).where(Report.correction)).all()
    assert corrected == ["report/T01/13/2026-03"]


def test_objection_adjustment_and_merger_change_targets_and_letters(year: Lived) -> None:
    session = year.session
    assert session.exec(select(col(Filing.proposed)).where(Filing.objected)).all() == [Decimal(18)]
    later = {
        (value, reason)
        for value, reason in session.exec(select(col(Target.value), col(Target.reason)).where(Target.version > 1))
    }
    assert {value for value, _ in later} >= {Decimal(18), Decimal(34)}
    letters = select(Letter.state, func.count()).where(Letter.unit_id == year.unit("T08")).group_by(Letter.state)
    assert dict(session.exec(letters).all()) == {LetterState.SUPERSEDED: 1, LetterState.ACKNOWLEDGED: 1}
    assert session.exec(select(Unit.merged_into_id).where(Unit.code == "T12")).one() == year.unit("T11")
    assert "T12" not in year.grades()


def test_extension_was_granted_and_used(year: Lived) -> None:
    extension = year.session.exec(select(Extension)).one()
    assert extension.state is ExtensionState.APPROVED
    filed = year.session.get_one(Obligation, extension.obligation_id)
    assert not filed.late
    assert filed.filed_on is not None and filed.filed_on > extension.old_due_on


def test_the_order_to_whom_fell_behind_went_back_once_and_was_closed(year: Lived) -> None:
    order = year.session.exec(select(Order).where(Order.matter == "midyear/KJJ/20")).one()
    answers = select(OrderAnswer.decision).where(OrderAnswer.order_id == order.id).order_by(OrderAnswer.version)
    assert year.session.exec(answers).all() == [Decision.RETURN, Decision.ACCEPT]
    assert order.state is OrderState.CLOSED


def test_one_appeal_was_upheld_and_one_was_not(year: Lived) -> None:
    decided = year.session.exec(select(Unit.code, Appeal.state).join(Appeal, Appeal.unit_id == Unit.id)).all()
    assert sorted(decided) == [("T05", AppealState.UPHELD), ("YCJ", AppealState.REJECTED)]
