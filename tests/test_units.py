"""A unit goes up in another: tasks, shares and open duties pass on, history stays with what it was at the time."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from cycle.contacts import contacts_on
from cycle.decomposition import assignments_of, send_draft
from cycle.letters import acknowledge_letter, letter_in_force, ready_for_letter
from cycle.listing import list_contacts, list_drafts, list_letters, list_orders, list_units
from cycle.lookup import find_unit, names, participant
from cycle.obligations import mark_late_and_missed, open_what_is_due
from cycle.orders import answer_order, close_order, draft_order, issue_order
from cycle.reporting import Filed, file_report
from cycle.reviewing import accept_report, reopen, return_report
from cycle.target_versions import current_target
from cycle.unit_sheets import unit_workbooks
from cycle.units import merge_units
from models import Assignment, Indicator, Letter, Obligation, Participant, Refused, Target, Unit
from models.columns import row_id
from models.enums import (
    Aggregation,
    AssignmentRole,
    AssignmentState,
    LetterState,
    ObligationKind,
    ObligationState,
    ReportNature,
    Role,
    Split,
)
from models.record import Record
from tests.builders import (
    County,
    acts,
    add_county,
    add_cycle,
    add_indicator,
    add_milestones,
    add_town,
    agree,
    ask,
    messages,
    owed,
    sign,
)

SIGNED = date(2026, 1, 20)
DAY = date(2026, 7, 1)  # Wednesday: the day of the merger, and the first on which the second quarter may be filed
COOPERATE = AssignmentRole.COOPERATE
UNFILED = (ObligationState.PLANNED, ObligationState.OPEN, ObligationState.RETURNED)


@pytest.fixture
def other(session: Session, place: County) -> Unit:
    """乙镇, which the town goes up in."""
    return add_town(session, place, "t2", "乙镇")


def merge(session: Session, place: County, into: Unit, ended: Unit | None = None, day: date = DAY) -> None:
    merge_units(session, place.cycle, ended or place.town, into, reason="区划调整", by="质强办", today=day)


def share(
    session: Session, place: County, into: Unit, a: str = "20", b: str = "10", number: str = "1", **facts: Any
) -> Indicator:
    """An indicator of which the town carries `a` and 乙镇 `b`, both signed for."""
    indicator = add_indicator(session, place.cycle, number, **{"split": Split.EQUAL, **facts})
    for unit, value in ((place.town, a), (into, b)):
        ask(session, indicator, unit, value, role=COOPERATE, weight="2" if indicator.split is Split.WEIGHTS else None)
        sign(session, place.cycle, unit, SIGNED)
    return indicator


def carried(session: Session, place: County, unit: Unit) -> dict[str, tuple[AssignmentRole, Decimal | None]]:
    lines = assignments_of(session, place.cycle, unit)
    return {i.number: (a.role, current_target(session, row_id(a)).value) for a, i in lines}


def keys(session: Session, unit: Unit, *states: ObligationState) -> set[str]:
    """The keys of what the unit still has to file."""
    rows = select(Obligation.key).where(Obligation.supplier_id == unit.id)
    return set(session.exec(rows.where(col(Obligation.state).in_(states or UNFILED))))


# ---- tasks and targets ----


@pytest.mark.parametrize(
    ("facts", "together"),
    [
        ({"aggregation": Aggregation.CUMULATIVE}, "30"),
        ({"aggregation": Aggregation.FLOW}, "30"),
        ({"aggregation": Aggregation.STOCK}, "30"),
        ({"split": Split.WEIGHTS}, "30"),
        ({"split": Split.HANDED_DOWN}, "10"),
        ({"split": Split.HANDED_DOWN, "aggregation": Aggregation.RATIO, "measure": "%"}, "10"),
        ({"split": Split.NONE}, "10"),
    ],
)
def test_shares_are_added_and_what_was_not_shared_stays(
    session: Session, place: County, other: Unit, facts: dict[str, Any], together: str
) -> None:
    indicator = share(session, place, other, **facts)
    merge(session, place, other)
    assert carried(session, place, other) == {"1": (COOPERATE, Decimal(together))}
    assert carried(session, place, place.town) == {}
    versions = session.exec(
        select(Target).join(Assignment).where(Assignment.unit_id == other.id).order_by(col(Target.version))
    ).all()
    assert [(t.value, t.reason) for t in versions][1:] == (
        [(Decimal(together), "甲镇并入：区划调整")] if together == "30" else []
    )
    own = session.exec(select(Assignment).where(Assignment.unit_id == other.id)).one()
    assert own.weight == (Decimal(4) if indicator.split is Split.WEIGHTS else None)


@settings(max_examples=15)
@given(shares=st.lists(st.integers(0, 50), min_size=3, max_size=3))
def test_the_countys_figure_is_still_the_sum_of_the_shares(shared_record: Record, shares: list[int]) -> None:
    with shared_record.reading() as session:
        place = add_county(session)
        towns = [place.town, add_town(session, place, "t2", "乙镇"), add_town(session, place, "t3", "丙镇")]
        indicator = add_indicator(session, place.cycle, "1", split=Split.EQUAL)
        for town, value in zip(towns, shares, strict=True):
            ask(session, indicator, town, str(value), role=COOPERATE)
            agree(session, place.cycle, town, SIGNED)
        merge(session, place, towns[1])
        merge(session, place, towns[2], towns[1])
        assert carried(session, place, towns[2]) == {"1": (COOPERATE, Decimal(sum(shares)))}


def test_what_the_heir_did_not_carry_it_takes_over(session: Session, place: County, other: Unit) -> None:
    ask(session, add_indicator(session, place.cycle, "1"), place.town, "20")
    ask(session, add_indicator(session, place.cycle, "2"), other, "5")
    for unit in (place.town, other):
        sign(session, place.cycle, unit, SIGNED)
    merge(session, place, other)
    assert carried(session, place, other) == {
        "1": (AssignmentRole.LEAD, Decimal(20)),
        "2": (AssignmentRole.LEAD, Decimal(5)),
    }


def test_the_lead_passes_on_to_an_heir_that_cooperated(session: Session, place: County, other: Unit) -> None:
    indicator = add_indicator(session, place.cycle, "1")
    ask(session, indicator, place.town, "20")
    ask(session, indicator, other, "20", role=COOPERATE)
    for unit in (place.town, other):
        sign(session, place.cycle, unit, SIGNED)
    assert not any(key.startswith("report/") for key in keys(session, other))
    merge(session, place, other)
    assert carried(session, place, other) == {"1": (AssignmentRole.LEAD, Decimal(20))}
    assert {"report/t2/1/2026Q2", "report/t2/1/2026Q3", "report/t2/1/2026Q4"} <= keys(session, other)


def test_a_share_that_goes_up_in_the_lead_does_not_raise_the_whole(
    session: Session, place: County, other: Unit
) -> None:
    indicator = add_indicator(session, place.cycle, "1", split=Split.EQUAL)
    ask(session, indicator, other, "40")
    ask(session, indicator, place.town, "20", role=COOPERATE)
    for unit in (place.town, other):
        sign(session, place.cycle, unit, SIGNED)
    merge(session, place, other)
    assert carried(session, place, other) == {"1": (AssignmentRole.LEAD, Decimal(40))}


def test_what_was_not_decided_is_asked_of_the_heir(session: Session, place: County, other: Unit) -> None:
    ask(session, add_indicator(session, place.cycle, "1"), other, "5")
    sign(session, place.cycle, other, SIGNED)
    letter = letter_in_force(session, place.cycle, other)
    ask(session, add_indicator(session, place.cycle, "2"), place.town, "20")
    send_draft(session, place.cycle, place.town, by="系统", today=SIGNED)
    merge(session, place, other)
    states = {i.number: a.state for a, i in assignments_of(session, place.cycle, other)}
    assert states == {"1": AssignmentState.ACCEPTED, "2": AssignmentState.DRAFT}
    assert owed(session, place.cycle, "filing/town").state is ObligationState.WITHDRAWN
    assert letter_in_force(session, place.cycle, other) is letter  # until the new target is decided
    agree(session, place.cycle, other, DAY)
    assert ready_for_letter(session, place.cycle, other)


# ---- letters and duties ----


def test_letters_end_and_begin(session: Session, place: County, other: Unit) -> None:
    share(session, place, other)
    merge(session, place, other)
    rows = session.exec(select(Letter).order_by(col(Letter.id))).all()
    assert [(x.unit_id, x.version, x.state) for x in rows] == [
        (place.town.id, 1, LetterState.SUPERSEDED),
        (other.id, 1, LetterState.SUPERSEDED),
        (other.id, 2, LetterState.ISSUED),
    ]
    assert rows[2].reason == "甲镇并入：区划调整"
    assert rows[2].content["lines"][0]["target"] == "≥30个"
    acknowledge_letter(session, place.cycle, other, by="联络员", today=DAY)
    assert owed(session, place.cycle, "letter/t2/2").state is ObligationState.ACCEPTED
    assert "甲镇并入" in messages(session, "letter_superseded")[0]


def test_what_was_owed_is_asked_of_the_heir_and_what_was_filed_stays(
    session: Session, place: County, other: Unit
) -> None:
    add_milestones(session, place.cycle, self_check_due=date(2026, 7, 3), self_evaluation_due=date(2026, 11, 16))
    share(session, place, other)
    filed = Filed(ReportNature.VALUE, Decimal(5))
    file_report(session, place.cycle, "report/town/1/2026Q1", filed, by="联络员", today=date(2026, 4, 8))
    accept_report(session, place.cycle, "report/town/1/2026Q1", by="质强办", today=date(2026, 4, 9))
    merge(session, place, other)
    assert keys(session, place.town) == set()
    assert keys(session, place.town, ObligationState.WITHDRAWN) == {
        *(f"report/town/1/2026Q{n}" for n in (2, 3, 4)),
        "self_check/town",
        "self_evaluation/town",
    }
    accepted = owed(session, place.cycle, "report/town/1/2026Q1")
    assert (accepted.state, accepted.supplier_id, accepted.assessed_id) == (
        ObligationState.ACCEPTED,
        place.town.id,
        place.town.id,
    )
    assert {"report/t2/1/2026Q2", "self_check/t2", "letter/t2/2"} <= keys(session, other)


def test_everything_is_one_act(session: Session, place: County, other: Unit) -> None:
    share(session, place, other)
    before = len(acts(session))
    merge(session, place, other)
    assert acts(session)[before:] == ["merge_units"]


# ---- what the ended unit supplied for others ----


def supplied(session: Session, place: County) -> None:
    """The town supplies what the bureau is judged by."""
    indicator = add_indicator(session, place.cycle, "9", supplier_id=row_id(place.town))
    ask(session, indicator, place.farming, "20")
    sign(session, place.cycle, place.farming, SIGNED)


def test_the_heir_supplies_what_the_unit_supplied(session: Session, place: County, other: Unit) -> None:
    supplied(session, place)
    open_what_is_due(session, place.cycle, today=date(2026, 4, 1))
    asked = {f"report/farming/9/2026Q{n}" for n in range(1, 5)}
    assert keys(session, place.town) == asked
    merge(session, place, other)
    assert keys(session, other) == asked
    assert {owed(session, place.cycle, key).assessed_id for key in asked} == {place.farming.id}
    assert session.exec(select(Indicator.supplier_id).where(Indicator.number == "9")).one() == other.id
    book = unit_workbooks(session, place.cycle, today=DAY)["t2"]
    assert [r.key for r in book.reports] == ["report/farming/9/2026Q1"]


def test_a_returned_report_goes_to_the_heir(session: Session, place: County, other: Unit) -> None:
    share(session, place, other)
    key = "report/town/1/2026Q1"
    file_report(session, place.cycle, key, Filed(ReportNature.VALUE, Decimal(5)), by="联络员", today=date(2026, 4, 8))
    merge(session, place, other)
    assert owed(session, place.cycle, key).supplier_id == place.town.id
    return_report(session, place.cycle, key, reason="有误", due_on=date(2026, 7, 8), by="质强办", today=DAY)
    returned = owed(session, place.cycle, key)
    assert (returned.supplier_id, returned.assessed_id) == (other.id, place.town.id)
    file_report(session, place.cycle, key, Filed(ReportNature.VALUE, Decimal(4)), by="乙镇联络员", today=DAY)
    assert returned.state is ObligationState.SUBMITTED


def test_a_missed_report_that_is_opened_again_is_the_heirs(session: Session, place: County, other: Unit) -> None:
    share(session, place, other)
    open_what_is_due(session, place.cycle, today=date(2026, 4, 1))
    mark_late_and_missed(session, place.cycle, today=date(2026, 4, 30))
    merge(session, place, other)
    key = "report/town/1/2026Q1"
    assert owed(session, place.cycle, key).state is ObligationState.MISSED
    reopen(session, place.cycle, key, until=date(2026, 7, 31), reason="补报", by="质强办", today=DAY)
    assert owed(session, place.cycle, key).supplier_id == other.id


def test_orders_are_answered_by_the_heir(session: Session, place: County, other: Unit) -> None:
    share(session, place, other)
    for matter in ("issued", "draft"):
        draft_order(
            session, place.cycle, place.town, matter, title="事项", basis="依据", by="质强办", today=date(2026, 6, 1)
        )
    order = issue_order(session, place.cycle, "issued", by="质强办", today=date(2026, 6, 25))
    merge(session, place, other)
    assert (order.unit_id, owed(session, place.cycle, "order/issued").supplier_id) == (place.town.id, other.id)
    assert [r.key for r in unit_workbooks(session, place.cycle, today=DAY)["t2"].orders] == ["issued"]
    answer_order(session, place.cycle, "issued", "已整改", by="乙镇联络员", today=DAY)
    close_order(session, place.cycle, "issued", by="质强办", today=DAY)
    assert issue_order(session, place.cycle, "draft", by="质强办", today=DAY).unit_id == other.id


# ---- the unit itself ----


def test_the_unit_ends_and_keeps_its_place_in_history(session: Session, place: County, other: Unit) -> None:
    share(session, place, other)
    merge(session, place, other)
    assert (place.town.valid_to, place.town.merged_into_id) == (DAY, other.id)
    assert not participant(session, place.cycle, place.town).assessed
    assert contacts_on(session, row_id(place.town), Role.LIAISON, date(2026, 6, 30)) != []
    assert contacts_on(session, row_id(place.town), Role.LIAISON, DAY) == []
    assert names(session, date(2026, 6, 30))[row_id(place.town)] == "甲镇"
    assert names(session, date(2026, 12, 31))[row_id(place.town)] == "甲镇"
    assert find_unit(session, "甲镇") is place.town


def test_lists_go_on_naming_it(session: Session, place: County, other: Unit) -> None:
    share(session, place, other)
    draft_order(session, place.cycle, place.town, "m", title="事项", basis="依据", by="质强办", today=SIGNED)
    issue_order(session, place.cycle, "m", by="质强办", today=SIGNED)
    merge(session, place, other)
    assert [row["单位"] for row in list_letters(session, place.cycle)] == ["甲镇", "乙镇", "乙镇"]
    assert [row["单位"] for row in list_orders(session, place.cycle)] == ["甲镇"]
    assert [row["单位"] for row in list_drafts(session, place.cycle)] == ["乙镇"]
    assert {row["单位"]: row["停用"] for row in list_units(session, place.cycle)}["甲镇"] == DAY
    assert "甲镇" not in {row["单位"] for row in list_contacts(session, place.cycle, DAY)}


@pytest.mark.parametrize(
    ("ended", "into", "reason", "day", "why"),
    [
        ("town", "t2", " ", DAY, "必须写明依据或理由"),
        ("town", "town", "调整", DAY, "不能并入自身"),
        ("town", "county", "调整", DAY, "不在考核周期"),
        ("town", "t2", "调整", date(2025, 12, 31), "早于设立"),
    ],
)
def test_a_merger_that_makes_no_sense_is_refused(
    session: Session, place: County, other: Unit, ended: str, into: str, reason: str, day: date, why: str
) -> None:
    one, two = find_unit(session, ended), find_unit(session, into)
    with pytest.raises(Refused, match=why):
        merge_units(session, place.cycle, one, two, reason=reason, by="质强办", today=day)
    assert place.town.valid_to is None
    assert acts(session) == []


def test_nothing_is_merged_twice(session: Session, place: County, other: Unit) -> None:
    share(session, place, other)
    merge(session, place, other)
    for ended, into in ((place.town, other), (other, place.town)):
        with pytest.raises(Refused, match="已于 2026-07-01 停用"):
            merge(session, place, into, ended)
    assert carried(session, place, other) == {"1": (COOPERATE, Decimal(30))}


# ---- two cycles at once ----


def test_a_year_that_is_over_keeps_the_unit_as_it_was(session: Session, place: County, other: Unit) -> None:
    """While 2025 is still being assessed, its units are those of 2025; what they owe for it the heir answers for."""
    last = add_cycle(session, place.county, "2025", starts=date(2025, 1, 1), ends=date(2025, 12, 31))
    session.add(Participant(cycle_id=row_id(last), unit_id=row_id(place.town), group_name="乡镇"))
    indicator = add_indicator(session, last, "1")
    ask(session, indicator, place.town, "20", on=date(2025, 1, 2))
    sign(session, last, place.town, date(2025, 1, 20))
    share(session, place, other)
    merge(session, place, other)
    assert participant(session, last, place.town).assessed
    assert [i.number for _, i in assignments_of(session, last, place.town)] == ["1"]
    final = owed(session, last, "report/town/1/2025Q4")
    assert (final.state, final.supplier_id, final.assessed_id) == (ObligationState.PLANNED, other.id, place.town.id)


def test_a_year_to_come_is_carried_by_the_heir(session: Session, place: County, other: Unit) -> None:
    """The plan of the next year was imported before the merger: the heir takes the unit's place in it."""
    share(session, place, other)
    following = add_cycle(session, place.county, "2027", starts=date(2027, 1, 1), ends=date(2027, 12, 31))
    session.add(Participant(cycle_id=row_id(following), unit_id=row_id(place.town), group_name="乡镇"))
    ask(session, add_indicator(session, following, "1"), place.town, "20")
    merge(session, place, other, day=date(2026, 12, 1))
    heir = participant(session, following, other)
    assert (heir.group_name, heir.assessed) == ("乡镇", True)
    assert not participant(session, following, place.town).assessed
    assert [a.state for a, _ in assignments_of(session, following, other)] == [AssignmentState.DRAFT]


def test_every_open_duty_is_still_owed_by_a_unit_that_goes_on(session: Session, place: County, other: Unit) -> None:
    share(session, place, other)
    supplied(session, place)
    merge(session, place, other)
    ended = {u.id for u in session.exec(select(Unit).where(col(Unit.valid_to).is_not(None)))}
    waiting = session.exec(select(Obligation).where(col(Obligation.state).in_(UNFILED))).all()
    assert waiting and not [o.key for o in waiting if o.supplier_id in ended]
    assert ObligationKind.REPORT in {o.kind for o in waiting}
