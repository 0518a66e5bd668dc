"""Mid-year supervision: every target against its pace, an order for each one behind, one circular that adds up."""

from datetime import date
from decimal import Decimal

import pytest
from sqlmodel import Session, select

from cycle.decomposition import TargetAnswer, decide_draft, file_target, send_draft
from cycle.lookup import find_cycle, names
from cycle.obligations import mark_late_and_missed, open_what_is_due
from cycle.orders import issue_order
from cycle.reporting import Filed, file_report
from cycle.reviewing import accept_report, return_report
from cycle.standing import carried, quarter_ends
from cycle.steps import run_step
from cycle.supervision import behind, draft_orders, half_year, issue_circular, midyear_facts
from cycle.targets import adjust_target
from cycle.units import merge_units
from models import Circular, Cycle, Order, Participant, Refused, Unit
from models.columns import row_id
from models.enums import AssignmentRole, OrderState, Progress, ReportNature, Split
from models.record import open_record
from rules.progress import pace
from tests.builders import (
    County,
    acts,
    add_county,
    add_cycle,
    add_indicator,
    add_milestones,
    add_town,
    ask,
    messages,
    sign,
)

SIGNED = date(2026, 1, 20)
SUPERVISION = date(2026, 7, 16)  # Thursday, the second quarter is due and reviewed
AUGUST = date(2026, 8, 6)


def report(session: Session, cycle: Cycle, unit: Unit, number: str, figure: int, window: str = "2026Q2") -> None:
    key, day = f"report/{unit.code}/{number}/{window}", date(2026, 7, 8)
    filed = Filed(ReportNature.VALUE, Decimal(figure), text="进展正常")
    file_report(session, cycle, key, filed, by="联络员", today=day)
    accept_report(session, cycle, key, by="质强办", today=day)


@pytest.fixture
def place(session: Session) -> County:
    """A county in July: of a shared target of 40 the town has 12 of 20, 乙镇 4 of 20, the lead has reported nothing."""
    return in_july(session)


def in_july(session: Session) -> County:
    county = add_county(session)
    add_milestones(session, county.cycle, supervision_on=date(2026, 7, 9))
    second = add_town(session, county, "t2", "乙镇")
    shared = add_indicator(session, county.cycle, "1", split=Split.EQUAL)
    ask(session, shared, county.farming, "40")
    for town in (county.town, second):
        ask(session, shared, town, "20", role=AssignmentRole.COOPERATE)
    for unit in (county.farming, county.town, second):
        sign(session, county.cycle, unit, SIGNED)
    report(session, county.cycle, county.town, "1", 12)
    report(session, county.cycle, second, "1", 4)
    return county


def states(session: Session, place: County, day: date = SUPERVISION) -> dict[str, Progress]:
    called = names(session, day)
    return {called[c.unit_id]: pace(c.standing) for c in carried(session, place.cycle, as_of=day)}


def test_every_target_is_held_against_its_pace(session: Session, place: County) -> None:
    """At the end of June, the last full quarter, 181 of 365 days have passed: 9.92 of 20 are expected."""
    assert states(session, place) == {
        "农业农村局": Progress.OTHER,
        "甲镇": Progress.AHEAD,
        "乙镇": Progress.BEHIND,
    }


def test_an_order_is_drafted_for_each_target_behind_and_once(session: Session, place: County) -> None:
    second = session.exec(select(Unit).where(Unit.code == "t2")).one()
    assert draft_orders(session, place.cycle, place.town, by="系统", today=SUPERVISION) == 0
    assert draft_orders(session, place.cycle, second, by="系统", today=SUPERVISION) == 1
    assert draft_orders(session, place.cycle, second, by="系统", today=SUPERVISION) == 0
    order = session.exec(select(Order)).one()
    assert (order.matter, order.state, order.unit_id) == ("midyear/t2/1", OrderState.DRAFT, second.id)
    assert all(word in order.basis for word in ("≥20个", "实际 4个", "欠序时"))


def test_the_circular_adds_up(session: Session, place: County) -> None:
    facts = midyear_facts(session, place.cycle, as_of=SUPERVISION, issue=1)
    assert {c.state: c.n for c in facts.counts} == {"超序时": 1, "达序时": 0, "欠序时": 1, "已完成": 0, "其他": 1}
    assert {r.name: r.total for r in facts.by_group} == {"部门": 1, "乡镇": 2}
    assert {r.name: r.total for r in facts.by_field} == {"产品质量": 3}
    assert [(x.unit, x.actual) for x in facts.behind] == [("乙镇", "4个")]
    assert facts.praised == ("甲镇",)
    assert facts.period == "2026年1—6月"


def test_the_circular_counts_the_faults_that_cost_points(session: Session, place: County) -> None:
    open_what_is_due(session, place.cycle, today=date(2026, 4, 1))
    mark_late_and_missed(session, place.cycle, today=date(2026, 4, 30))  # nobody has filed the first quarter
    key = "report/farming/1/2026Q2"
    filed = Filed(ReportNature.VALUE, Decimal(3), text="进展")
    file_report(session, place.cycle, key, filed, by="联络员", today=date(2026, 7, 8))
    return_report(
        session, place.cycle, key, reason="有误", due_on=date(2026, 7, 10), by="质强办", today=date(2026, 7, 8)
    )
    facts = midyear_facts(session, place.cycle, as_of=SUPERVISION, issue=1)
    bureau = next(d for d in facts.discipline if d.unit == "农业农村局")
    town = next(d for d in facts.discipline if d.unit == "甲镇")
    assert (town.owed, town.filed, town.late, town.missing, town.returned) == (3, 2, 0, 1, 0)  # with its filing
    assert (bureau.missing, bureau.returned) == (1, 1)


def test_the_circular_is_issued_once_from_its_day_on(session: Session, place: County) -> None:
    with pytest.raises(Refused, match="现在不能印发"):
        issue_circular(session, place.cycle, by="质强办", today=date(2026, 7, 8))
    circular = issue_circular(session, place.cycle, by="质强办", today=AUGUST)
    assert (circular.label, circular.issued_on) == ("督查通报（第 1 期）", AUGUST)
    assert acts(session)[-1] == "issue_circular"
    told = messages(session, "circular_issued")
    assert len(told) == 4  # every assessed unit, its liaison officer
    assert "《2026年1—6月质量工作督查通报》（督查通报（第 1 期））" in told[0]
    with pytest.raises(Refused, match="已经印发"):
        issue_circular(session, place.cycle, by="质强办", today=AUGUST)
    assert len(session.exec(select(Circular)).all()) == 1


def test_a_circular_after_a_merger_names_what_there_was(session: Session, place: County) -> None:
    """Orders and faults of a unit that has ended are printed under its last name."""
    second = session.exec(select(Unit).where(Unit.code == "t2")).one()
    draft_orders(session, place.cycle, second, by="系统", today=SUPERVISION)
    issue_order(session, place.cycle, "midyear/t2/1", by="质强办", today=SUPERVISION)
    merge_units(session, place.cycle, second, place.town, reason="区划调整", by="质强办", today=date(2026, 7, 20))
    facts = midyear_facts(session, place.cycle, as_of=AUGUST, issue=1)
    assert [o.unit for o in facts.orders] == ["乙镇"]
    assert {d.unit for d in facts.discipline} == {"农业农村局", "甲镇", "乙镇"}
    assert sum(c.n for c in facts.counts) == 2  # the merged share is one target


def test_the_step_supervises_once_and_follows_daily(sqlite_url: str) -> None:
    record = open_record(sqlite_url)
    with record.writing() as session:
        in_july(session)
    assert run_step(record, "midyear-supervision", "2026", date(2026, 7, 8)).done == ()
    done = run_step(record, "midyear-supervision", "2026", SUPERVISION).done
    assert [(d.unit, d.n) for d in done] == [("乙镇", 1)]
    with record.writing() as session:
        issue_order(session, find_cycle(session, "2026"), "midyear/t2/1", by="质强办", today=SUPERVISION)
    assert run_step(record, "midyear-supervision", "2026", date(2026, 7, 17)).done == ()
    late = run_step(record, "midyear-supervision", "2026", date(2026, 7, 31)).done
    assert [(d.what, d.n) for d in late] == [("督办逾期", 1)]
    record.close()


# ---- pace ----


def test_the_pace_runs_through_the_filed_milestones_to_the_target(session: Session) -> None:
    county = add_county(session)
    ask(session, add_indicator(session, county.cycle, "1"), county.town, "20")
    send_draft(session, county.cycle, county.town, by="系统", today=SIGNED)
    plan = TargetAnswer(q1=Decimal(0), q2=Decimal(4), q3=Decimal(8), q4=Decimal(20))  # most of it in autumn
    file_target(session, county.cycle, county.town, "1", plan, by="联络员", today=SIGNED)
    decide_draft(session, county.cycle, county.town, "1", accept=True, by="质强办", today=SIGNED)
    sign(session, county.cycle, county.town, SIGNED)
    report(session, county.cycle, county.town, "1", 4)
    assert states(session, county) == {"甲镇": Progress.ON_TRACK}
    adjust_target(
        session, county.cycle, county.town, "1", Decimal(30), reason="加任务", by="质强办", today=date(2026, 7, 13)
    )
    (line,) = carried(session, county.cycle, as_of=SUPERVISION)
    assert line.standing.milestones == {
        date(2026, 3, 31): Decimal(0),
        date(2026, 6, 30): Decimal(6),
        date(2026, 9, 30): Decimal(12),
    }
    assert states(session, county) == {"甲镇": Progress.BEHIND}
    assert [c.indicator.number for c in behind(session, county.cycle, as_of=SUPERVISION)] == ["1"]


@pytest.mark.parametrize(
    ("starts", "ends", "half", "quarters"),
    [
        ((2026, 1, 1), (2026, 12, 31), "2026年1—6月", ["2026-03-31", "2026-06-30", "2026-09-30", "2026-12-31"]),
        ((2026, 7, 1), (2027, 6, 30), "2026年7—12月", ["2026-09-30", "2026-12-31", "2027-03-31", "2027-06-30"]),
        (
            (2026, 10, 1),
            (2027, 9, 30),
            "2026年10月—2027年3月",
            ["2026-12-31", "2027-03-31", "2027-06-30", "2027-09-30"],
        ),
        ((2026, 3, 9), (2026, 11, 20), "2026年3—8月", ["2026-05-31", "2026-08-31", "2026-11-20", "2026-11-20"]),
    ],
)
def test_half_years_and_quarters_count_from_the_start_of_the_cycle(
    starts: tuple[int, int, int], ends: tuple[int, int, int], half: str, quarters: list[str]
) -> None:
    cycle = Cycle(
        code="c", name="c", owner_id=1, office="办", issuing_code="办", starts=date(*starts), ends=date(*ends)
    )
    assert half_year(cycle) == half
    assert [day.isoformat() for day in quarter_ends(cycle)] == quarters


def test_a_cycle_from_july_to_june_runs_like_any_other(session: Session) -> None:
    county = add_county(session)
    cycle = add_cycle(session, county.county, "2026-27", starts=date(2026, 7, 1), ends=date(2027, 6, 30))
    county.cycle.closed_on = county.cycle.ends
    session.add(Participant(cycle_id=row_id(cycle), unit_id=row_id(county.town), group_name="乡镇"))
    add_milestones(session, cycle, supervision_on=date(2027, 1, 11))
    ask(session, add_indicator(session, cycle, "1"), county.town, "20")
    sign(session, cycle, county.town, date(2026, 7, 20))
    key, day = "report/town/1/2026Q4", date(2027, 1, 5)  # the second quarter of the cycle, by its calendar name
    file_report(session, cycle, key, Filed(ReportNature.VALUE, Decimal(4)), by="联络员", today=day)
    accept_report(session, cycle, key, by="质强办", today=day)
    assert draft_orders(session, cycle, county.town, by="系统", today=date(2027, 1, 11)) == 1
    assert issue_circular(session, cycle, by="质强办", today=date(2027, 1, 11)).content["period"] == "2026年7—12月"
