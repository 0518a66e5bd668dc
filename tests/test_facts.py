"""What counts: from the record to the facts that rules are applied to, as of any date."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import Session

from cycle.discipline import FAULTLESS, faults
from cycle.facts import NO_DATA, Known, facts_for, known
from cycle.figures import Figure, figures
from cycle.lookup import names
from cycle.references import note_reference
from cycle.rulebook import Place, assessed_units
from models import Evidence, Filing, Incident, Intake, Mark, Obligation, Refused, ReportEvidence, Target, Unit
from models.columns import row_id
from models.enums import (
    Aggregation,
    AssignmentRole,
    IncidentLevel,
    IntakeOutcome,
    MarkColumn,
    ObligationKind,
    ObligationState,
    ReferenceStatus,
    ReportNature,
    Split,
    TargetForm,
)
from rules.scoring import Facts, Item
from tests.builders import (
    County,
    add_county,
    add_indicator,
    add_obligation,
    add_report,
    add_town,
    add_windows,
    assign,
    rule,
)

APRIL_10, APRIL_15, JUNE_30, YEAR_END = date(2026, 4, 10), date(2026, 4, 15), date(2026, 6, 30), date(2027, 3, 1)


@pytest.fixture
def place(session: Session) -> County:
    return add_county(session)


def figure_of(session: Session, place: County, unit: Unit, number: str, as_of: date) -> Figure:
    return figures(session, place.cycle, names(session, as_of), as_of=as_of)[row_id(unit), number]


def facts_of(session: Session, place: County, unit: Unit, as_of: date, *, closed: bool = False, **item: Any) -> Facts:
    record = everything(session, place, as_of, closed=closed)
    entry = Item.model_validate({**rule("T1", "5", "R4"), **item})
    return facts_for(entry, Place(row_id(unit), unit.code, unit.code, "乡镇"), record)


def everything(session: Session, place: County, as_of: date, *, closed: bool = False) -> Known:
    return known(session, place.cycle, names(session, as_of), as_of=as_of, closed=closed)


# ---- figures ----


@pytest.mark.parametrize(
    ("as_of", "value", "waiting"),
    [
        (date(2026, 4, 9), None, ()),  # Thursday, nothing is filed
        (APRIL_10, None, ("2026Q1 已报待审，未计入",)),  # Friday, filed
        (date(2026, 4, 13), 3, ()),  # Monday, accepted
        (date(2026, 5, 20), 3, ("2026Q1 已报待审，未计入",)),  # Wednesday, a correction is filed
        (date(2026, 5, 22), 2, ()),  # Friday, the correction is accepted
    ],
)
def test_a_report_counts_from_the_day_it_is_accepted(
    session: Session, place: County, as_of: date, value: int | None, waiting: tuple[str, ...]
) -> None:
    task = assign(session, add_indicator(session, place.cycle, "1"), place.town, "10")
    first = add_windows(session, place.cycle)["2026Q1"]
    add_report(session, task, first, "3", filed_on=APRIL_10, accepted_on=date(2026, 4, 13))
    add_report(session, task, first, "2", filed_on=date(2026, 5, 20), accepted_on=date(2026, 5, 22))
    figure = figure_of(session, place, place.town, "1", as_of)
    assert (figure.actual.value if figure.actual else None, figure.open_points) == (value, waiting)


def test_a_returned_report_counts_nowhere_and_waits_for_nobody(session: Session, place: County) -> None:
    task = assign(session, add_indicator(session, place.cycle, "1"), place.town, "10")
    add_report(
        session, task, add_windows(session, place.cycle)["2026Q1"], "30", filed_on=APRIL_10, returned_on=APRIL_15
    )
    figure = figure_of(session, place, place.town, "1", JUNE_30)
    assert (figure.actual, figure.open_points) == (None, ())


def test_a_figure_supplied_by_another_unit_is_that_of_the_unit_it_is_about(session: Session, place: County) -> None:
    task = assign(session, add_indicator(session, place.cycle, "1"), place.town, "10")
    window = add_windows(session, place.cycle)["2026Q1"]
    add_report(session, task, window, "4", supplier=place.market, accepted_on=APRIL_15)
    known_figures = figures(session, place.cycle, names(session, JUNE_30), as_of=JUNE_30)
    assert set(known_figures) == {(place.town.id, "1")}
    figure = known_figures[row_id(place.town), "1"]
    assert figure.actual is not None
    assert figure.actual.value == 4
    assert "数据由市场监管局提供" in figure.notes


def test_evidence_is_named_with_the_period_it_proves(session: Session, place: County) -> None:
    task = assign(session, add_indicator(session, place.cycle, "1"), place.town, "10")
    report = add_report(session, task, add_windows(session, place.cycle)["2026Q1"], "4", accepted_on=APRIL_15)
    proof = Evidence(sha256="0" * 64, size=1, stored_on=APRIL_15)
    session.add(proof)
    session.flush()
    session.add(ReportEvidence(report_id=row_id(report), evidence_id=row_id(proof), name="台账.pdf"))
    session.flush()
    assert figure_of(session, place, place.town, "1", JUNE_30).evidence == ("2026Q1 台账.pdf",)


@pytest.mark.parametrize(("as_of", "value"), [(JUNE_30, 10), (date(2026, 7, 1), 8)])
def test_the_target_is_the_newest_one_decided_by_the_date(
    session: Session, place: County, as_of: date, value: int
) -> None:
    task = assign(session, add_indicator(session, place.cycle, "1"), place.town, "10")
    session.add(Target(
        assignment_id=row_id(task), version=2, value=Decimal(8), reason="评选周期变更", decided_on=date(2026, 7, 1)
    ))  # fmt: skip
    session.flush()
    assert figure_of(session, place, place.town, "1", as_of).target.value == value


def test_a_ratio_divides_the_sums(session: Session, place: County) -> None:
    indicator = add_indicator(session, place.cycle, "1", aggregation=Aggregation.RATIO, measure="%")
    task = assign(session, indicator, place.town, "95")
    periods = add_windows(session, place.cycle)
    for code, part, whole in (("2026Q1", 9, 10), ("2026Q2", 80, 90)):
        add_report(session, task, periods[code], numerator=Decimal(part), denominator=Decimal(whole),
                   accepted_on=periods[code].due_on)  # fmt: skip
    actual = figure_of(session, place, place.town, "1", YEAR_END).actual
    assert actual is not None
    assert actual.value == Fraction(89, 100) * 100


def test_who_only_cooperates_stands_with_the_figure_of_the_lead(session: Session, place: County) -> None:
    indicator = add_indicator(session, place.cycle, "1")
    lead = assign(session, indicator, place.market, "10")
    assign(session, indicator, place.farming, role=AssignmentRole.COOPERATE)
    add_report(session, lead, add_windows(session, place.cycle)["2026Q1"], "4", accepted_on=APRIL_15)
    figure = figure_of(session, place, place.farming, "1", JUNE_30)
    assert figure.actual is not None
    assert figure.actual.value == 4
    assert figure.target.value == 10
    assert "与牵头单位市场监管局同用一个数据" in figure.notes


@pytest.mark.parametrize(("aggregation", "value"), [(Aggregation.FLOW, 7), (Aggregation.CUMULATIVE, 4)])
def test_what_a_merged_unit_had_reported_goes_into_the_sums_of_its_heir(
    session: Session, place: County, aggregation: Aggregation, value: int
) -> None:
    other = add_town(session, place, "other", "乙镇")
    indicator = add_indicator(session, place.cycle, "1", aggregation=aggregation, split=Split.EQUAL)
    ended = assign(session, indicator, other, "5", role=AssignmentRole.COOPERATE)
    heir = assign(session, indicator, place.town, "5", role=AssignmentRole.COOPERATE)
    periods = add_windows(session, place.cycle)
    add_report(session, ended, periods["2026Q2"], "3", accepted_on=date(2026, 7, 14))
    add_report(session, heir, periods["2026Q1"], "4", accepted_on=APRIL_15)
    merged_on = date(2026, 8, 3)
    other.valid_to, other.merged_into_id, ended.ended_on = merged_on, place.town.id, merged_on
    session.flush()
    actual = figure_of(session, place, place.town, "1", YEAR_END).actual
    assert actual is not None
    assert actual.value == value
    assert (other.id, "1") not in figures(session, place.cycle, names(session, YEAR_END), as_of=YEAR_END)
    before = figures(session, place.cycle, names(session, JUNE_30), as_of=JUNE_30)
    assert {unit for unit, _ in before} == {other.id, place.town.id}


def test_an_outside_value_is_missing_then_provisional_then_final(session: Session, place: County) -> None:
    indicator = add_indicator(session, place.cycle, "1", form=TargetForm.ABOVE_AVERAGE, measure="%")
    assign(session, indicator, place.town, margin="1")
    provisional, final = date(2026, 5, 8), date(2027, 2, 1)
    for day, value, status in (
        (provisional, "96", ReferenceStatus.PROVISIONAL),
        (final, "97.5", ReferenceStatus.FINAL),
    ):
        note_reference(
            session, place.cycle, "1", Decimal(value), status=status, source="省局通报", by="质强办", today=day
        )
    seen = [figure_of(session, place, place.town, "1", day) for day in (APRIL_10, provisional, final)]
    assert [f.target.reference for f in seen] == [None, Decimal(96), Decimal("97.5")]
    assert [f.open_points for f in seen] == [(), ("参照值为暂用数，应登记确定数",), ()]


def test_an_outside_value_is_refused_where_no_target_rests_on_one(session: Session, place: County) -> None:
    add_indicator(session, place.cycle, "1")
    with pytest.raises(Refused, match="不需要参照值"):
        note_reference(session, place.cycle, "1", Decimal(1), status=ReferenceStatus.FINAL, source="省局通报",
                       by="质强办", today=JUNE_30)  # fmt: skip


def test_last_years_value_is_what_the_unit_filed_unless_somebody_noted_it(session: Session, place: County) -> None:
    indicator = add_indicator(session, place.cycle, "1", form=TargetForm.UP_ON_LAST_YEAR)
    task = assign(session, indicator, place.town, margin="10")
    session.add(Filing(assignment_id=row_id(task), last_year=Decimal(50), filed_by="联络员", filed_on=APRIL_10))
    session.flush()
    assert figure_of(session, place, place.town, "1", APRIL_15).target.reference == 50
    note_reference(session, place.cycle, "1", Decimal(52), status=ReferenceStatus.FINAL, source="统计年鉴",
                   unit=place.town, by="质强办", today=JUNE_30)  # fmt: skip
    assert figure_of(session, place, place.town, "1", JUNE_30).target.reference == 52


# ---- items ----


def test_a_missing_figure_is_marked_while_facts_are_open_and_simply_missing_once_closed(
    session: Session, place: County
) -> None:
    assign(session, add_indicator(session, place.cycle, "1"), place.town, "10")
    assert facts_of(session, place, place.town, JUNE_30, indicator="1").provisional == (NO_DATA,)
    assert facts_of(session, place, place.town, JUNE_30, indicator="1", closed=True).provisional == ()


@pytest.mark.parametrize(("missing", "applies"), [("not_allowed", True), ("left_out", False)])
def test_not_applicable_is_a_case_of_its_own_only_where_the_rules_allow_it(
    session: Session, place: County, missing: str, applies: bool
) -> None:
    task = assign(session, add_indicator(session, place.cycle, "1"), place.town, "10")
    window = add_windows(session, place.cycle)["2026Q1"]
    add_report(session, task, window, nature=ReportNature.NOT_APPLICABLE, reason="无此类企业", accepted_on=APRIL_15)
    facts = facts_of(session, place, place.town, JUNE_30, indicator="1", missing=missing)
    assert (facts.applies, facts.actual) == (applies, None)


def test_an_item_whose_indicator_the_unit_does_not_carry_does_not_apply(session: Session, place: County) -> None:
    assign(session, add_indicator(session, place.cycle, "1"), place.market, "10")
    assert not facts_of(session, place, place.town, JUNE_30, indicator="1").applies


def test_events_are_counted_from_the_incidents_or_from_what_is_reported(session: Session, place: County) -> None:
    task = assign(session, add_indicator(session, place.cycle, "1"), place.town, "3")
    add_report(session, task, add_windows(session, place.cycle)["2026Q1"], "2", accepted_on=APRIL_15)
    session.add(Incident(
        cycle_id=row_id(place.cycle), unit_id=row_id(place.town), occurred_on=APRIL_10, level=IncidentLevel.GENERAL,
        title="抽检不合格", recorded_by="质强办", recorded_on=APRIL_15,
    ))  # fmt: skip
    session.flush()
    events: dict[str, Any] = {"kind": "R8", "params": {"deduction": "2"}}
    assert facts_of(session, place, place.town, APRIL_10, **events).count == 0
    counted = facts_of(session, place, place.town, APRIL_15, **events)
    assert (counted.count, counted.evidence) == (1, ("2026-04-10 抽检不合格（一般）",))
    reported = facts_of(session, place, place.town, APRIL_15, indicator="1", **events)
    assert reported.count is None
    assert reported.actual == 2


def test_the_newest_mark_of_the_scorer_judges_and_the_units_own_does_not(session: Session, place: County) -> None:
    def give(column: MarkColumn, giver: Unit, version: int, met: bool, day: date) -> None:
        session.add(Mark(
            cycle_id=row_id(place.cycle), unit_id=row_id(place.town), item="T1", mark_column=column,
            giver_id=row_id(giver), given_by="评分人", version=version, points=Decimal(5), met=met, reason="查看台账",
            given_on=day,
        ))  # fmt: skip
        session.flush()

    judged: dict[str, Any] = {"kind": "R1", "params": {"condition": "judged"}}
    give(MarkColumn.SELF, place.town, 1, True, APRIL_10)
    assert facts_of(session, place, place.town, APRIL_10, **judged).judged is None
    give(MarkColumn.VERIFIED, place.market, 1, False, APRIL_15)
    give(MarkColumn.VERIFIED, place.market, 2, True, JUNE_30)
    assert facts_of(session, place, place.town, APRIL_15, **judged).judged is False
    later = facts_of(session, place, place.town, JUNE_30, **judged)
    assert (later.judged, later.notes) == (True, ("由市场监管局评分", "评分理由：查看台账"))


# ---- discipline ----

DUE, CLOSE = date(2026, 4, 15), date(2026, 4, 29)  # a Wednesday and the Wednesday two weeks later


def faults_of(session: Session, place: County, as_of: date) -> set[str]:
    found = faults(session, place.cycle, as_of=as_of).get(row_id(place.town), FAULTLESS)
    return {name for name, titles in found._asdict().items() if titles}


@pytest.mark.parametrize(
    ("state", "what", "counted_from", "fault"),
    [
        (ObligationState.ACCEPTED, {"filed_on": DUE}, None, ""),
        (ObligationState.ACCEPTED, {"filed_on": date(2026, 4, 17), "late": True}, date(2026, 4, 16), "late"),
        (ObligationState.OPEN, {"late": True}, date(2026, 4, 16), "late"),
        (ObligationState.MISSED, {"late": True, "missed": True}, date(2026, 4, 30), "missing"),
        (ObligationState.WITHDRAWN, {"late": True}, None, ""),
    ],
)
def test_each_fault_counts_once_and_from_its_own_day(
    session: Session, place: County, state: ObligationState, what: dict[str, Any], counted_from: date | None, fault: str
) -> None:
    add_obligation(session, place.cycle, place.town, DUE, title="半年自查", state=state, close_on=CLOSE, **what)
    assert faults_of(session, place, YEAR_END) == ({fault} if fault else set())
    if counted_from is not None:
        assert fault not in faults_of(session, place, counted_from - timedelta(days=1))


def test_before_its_close_what_was_later_missed_is_late(session: Session, place: County) -> None:
    add_obligation(
        session, place.cycle, place.town, DUE, state=ObligationState.MISSED, close_on=CLOSE, late=True, missed=True
    )
    found = faults(session, place.cycle, as_of=date(2026, 4, 20))[row_id(place.town)]
    assert (len(found.late), len(found.missing)) == (1, 0)


def test_the_unit_that_supplies_answers_for_a_late_report(session: Session, place: County) -> None:
    task = assign(session, add_indicator(session, place.cycle, "1"), place.town, "10")
    window = add_windows(session, place.cycle)["2026Q1"]
    report = add_report(session, task, window, "4", supplier=place.market, filed_on=date(2026, 4, 20))
    session.get_one(Obligation, report.obligation_id).late = True
    session.flush()
    found = faults(session, place.cycle, as_of=YEAR_END)
    assert len(found[row_id(place.market)].late) == 1
    assert row_id(place.town) not in found


def test_every_return_counts_from_the_day_of_the_review(session: Session, place: County) -> None:
    task = assign(session, add_indicator(session, place.cycle, "1"), place.town, "10")
    window = add_windows(session, place.cycle)["2026Q1"]
    add_report(session, task, window, "1", filed_on=APRIL_10, returned_on=date(2026, 4, 13))
    add_report(session, task, window, "2", filed_on=APRIL_15, returned_on=date(2026, 4, 17))
    counts = [
        len(faults(session, place.cycle, as_of=day).get(row_id(place.town), FAULTLESS).returned)
        for day in (APRIL_10, date(2026, 4, 13), date(2026, 4, 17))
    ]
    assert counts == [0, 1, 2]


def test_a_workbook_with_nothing_in_it_is_an_empty_report_and_a_nil_report_is_none(
    session: Session, place: County
) -> None:
    task = assign(session, add_indicator(session, place.cycle, "1"), place.town, "10")
    window = add_windows(session, place.cycle)["2026Q1"]
    add_report(session, task, window, nature=ReportNature.NIL, reason="本季未发生", accepted_on=APRIL_15)
    session.add(Intake(
        sha256="0" * 64, name="甲镇报送工作簿.xlsx", cycle_id=row_id(place.cycle), unit_id=row_id(place.town),
        outcome=IntakeOutcome.REFUSED, empty=True, taken_on=APRIL_15,
    ))  # fmt: skip
    session.flush()
    assert faults(session, place.cycle, as_of=APRIL_15)[row_id(place.town)].empty == ("甲镇报送工作簿.xlsx",)
    discipline = facts_of(session, place, place.town, APRIL_15, kind="R16", params={"empty": "1"})
    assert (discipline.empty, discipline.late, discipline.missing, discipline.returned) == (1, 0, 0, 0)
    assert "空报：甲镇报送工作簿.xlsx" in discipline.notes


def test_an_order_answered_late_is_no_matter_of_reporting(session: Session, place: County) -> None:
    add_obligation(session, place.cycle, place.town, DUE, kind=ObligationKind.ORDER_ANSWER, late=True)
    assert not faults(session, place.cycle, as_of=YEAR_END).get(row_id(place.town), ())


# ---- laws ----


def test_what_happens_later_does_not_change_what_was_known(session: Session, place: County) -> None:
    task = assign(session, add_indicator(session, place.cycle, "1"), place.town, "10")
    periods = add_windows(session, place.cycle)
    add_report(session, task, periods["2026Q1"], "3", filed_on=date(2026, 4, 20), accepted_on=date(2026, 4, 22))
    before = everything(session, place, JUNE_30)
    add_report(session, task, periods["2026Q1"], "2", filed_on=date(2026, 7, 2), returned_on=date(2026, 7, 3))
    add_report(session, task, periods["2026Q2"], "5", filed_on=date(2026, 7, 2), accepted_on=date(2026, 7, 3))
    add_obligation(session, place.cycle, place.town, date(2026, 7, 5), late=True, state=ObligationState.OPEN)
    after = everything(session, place, JUNE_30)
    assert before.figures == after.figures
    assert before.faults.get(row_id(place.town)) == after.faults.get(row_id(place.town))


def test_the_number_of_queries_does_not_grow_with_the_number_of_units(session: Session, place: County) -> None:
    def queries() -> int:
        seen: list[str] = []
        listener = lambda *arguments: seen.append(arguments[2])  # noqa: E731
        event.listen(session.get_bind(), "before_cursor_execute", listener)
        everything(session, place, YEAR_END)
        assessed_units(session, place.cycle, day=YEAR_END)
        event.remove(session.get_bind(), "before_cursor_execute", listener)
        return len(seen)

    windows = add_windows(session, place.cycle)
    indicator = add_indicator(session, place.cycle, "1", split=Split.EQUAL)

    def one_more_town(number: int) -> None:
        town = add_town(session, place, f"t{number}", f"第{number}镇")
        task = assign(session, indicator, town, "10", role=AssignmentRole.COOPERATE)
        add_report(session, task, windows["2026Q1"], "3", accepted_on=APRIL_15)
        session.expire_all()

    one_more_town(1)
    few = queries()
    for number in range(2, 8):
        one_more_town(number)
    assert queries() <= few
