"""The daily sweep: each stage once, in time, made up after days off, and only for what is still owed."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from bench import sweep
from cycle.reminding import remind
from models import AuditEntry, Message, Obligation, Order, OrderAnswer, UnitName
from models.columns import row_id
from models.enums import ObligationKind, ObligationState, OrderState, Role
from models.record import Record, open_record
from tests.builders import NEW_YEAR, County, add_contact, add_county, add_cycle, add_obligation

DUE = date(2026, 4, 15)  # Wednesday


@pytest.fixture
def record(sqlite_url: str) -> Iterator[Record]:
    opened = open_record(sqlite_url)
    yield opened
    opened.close()


@pytest.fixture
def session(record: Record) -> Iterator[Session]:
    with record.writing() as session:
        yield session


@pytest.fixture
def county(session: Session) -> County:
    return add_county(session)


def said(session: Session) -> list[str]:
    """What stands in the outbox: role and the stage at the end of the key, in the order it was queued."""
    return [f"{m.role.zh} {m.key.rsplit('/', 1)[1]}" for m in session.exec(select(Message).order_by(col(Message.id)))]


LADDER = [
    # 15 April 2026 is a Wednesday
    (DUE, date(2026, 4, 10), []),  # Friday
    (DUE, date(2026, 4, 11), []),  # Saturday
    (DUE, date(2026, 4, 13), ["联络员 due_soon"]),  # Monday, two workdays before
    (DUE, date(2026, 4, 15), ["联络员 due_soon"]),  # Wednesday, the due date
    (DUE, date(2026, 4, 16), ["联络员 overdue"]),  # Thursday, one workday after
    (DUE, date(2026, 4, 17), ["联络员 overdue"]),  # Friday
    (DUE, date(2026, 4, 18), []),  # Saturday: nobody is reminded on a day off
    (DUE, date(2026, 4, 20), ["联络员 urged", "分管领导 urged"]),  # Monday, three
    (DUE, date(2026, 4, 21), ["联络员 urged", "分管领导 urged"]),  # Tuesday
    (
        DUE,
        date(2026, 4, 22),
        ["联络员 supervised", "分管领导 supervised", "质强办经办人 supervised"],
    ),  # Wednesday, five
    (DUE, date(2026, 6, 30), ["联络员 supervised", "分管领导 supervised", "质强办经办人 supervised"]),  # long after
    # 30 April 2026 is a Thursday; 1 to 5 May are off, Saturday 9 May is worked
    (date(2026, 4, 30), date(2026, 4, 28), ["联络员 due_soon"]),  # Tuesday
    (date(2026, 4, 30), date(2026, 5, 1), []),  # Friday, off
    (date(2026, 4, 30), date(2026, 5, 6), ["联络员 overdue"]),  # Wednesday, the first workday after
    (date(2026, 4, 30), date(2026, 5, 8), ["联络员 urged", "分管领导 urged"]),  # Friday
    (date(2026, 4, 30), date(2026, 5, 9), ["联络员 urged", "分管领导 urged"]),  # a Saturday that is worked
    (
        date(2026, 4, 30),
        date(2026, 5, 11),
        ["联络员 supervised", "分管领导 supervised", "质强办经办人 supervised"],
    ),  # Monday
]


@pytest.mark.parametrize(("due", "today", "expected"), LADDER)
def test_ladder(session: Session, county: County, due: date, today: date, expected: list[str]) -> None:
    add_obligation(session, county.cycle, county.town, due)
    assert remind(session, county.cycle, today=today) == len(expected)
    assert said(session) == expected


def test_every_day_from_march_to_may_says_each_stage_once(session: Session, county: County) -> None:
    add_obligation(session, county.cycle, county.town, DUE)
    days = [date(2026, 3, 1) + timedelta(days=i) for i in range(92)]
    told = {day: remind(session, county.cycle, today=day) for day in days}
    assert {day: count for day, count in told.items() if count} == {
        date(2026, 4, 13): 1,  # Monday
        date(2026, 4, 16): 1,  # Thursday
        date(2026, 4, 20): 2,  # Monday
        date(2026, 4, 22): 3,  # Wednesday
    }


def test_days_off_are_made_up_by_the_last_stage_only(session: Session, county: County) -> None:
    """Nothing ran from Tuesday 14 to Friday 24 April: the stages in between are not sent afterwards."""
    add_obligation(session, county.cycle, county.town, DUE)
    remind(session, county.cycle, today=date(2026, 4, 13))
    remind(session, county.cycle, today=date(2026, 4, 24))
    remind(session, county.cycle, today=date(2026, 4, 27))
    assert said(session) == ["联络员 due_soon", "联络员 supervised", "分管领导 supervised", "质强办经办人 supervised"]


@pytest.mark.parametrize("state", list(ObligationState))
def test_only_what_the_unit_still_owes(session: Session, county: County, state: ObligationState) -> None:
    add_obligation(session, county.cycle, county.town, DUE, state=state, filed_on=date(2026, 4, 16))
    remind(session, county.cycle, today=date(2026, 4, 17))
    owed = state in (ObligationState.OPEN, ObligationState.RETURNED)
    assert said(session) == (["联络员 overdue"] if owed else [])


@pytest.mark.parametrize("kind", [k for k in ObligationKind if k is not ObligationKind.REPORT])
def test_every_kind_of_duty_is_reminded_alike(session: Session, county: County, kind: ObligationKind) -> None:
    add_obligation(session, county.cycle, county.town, DUE, kind=kind)
    remind(session, county.cycle, today=date(2026, 4, 13))
    assert said(session) == ["联络员 due_soon"]


def test_the_unit_that_supplies_is_reminded_not_the_one_that_is_judged(session: Session, county: County) -> None:
    owed = add_obligation(session, county.cycle, county.town, DUE)
    owed.assessed_id = row_id(county.farming)
    session.flush()
    remind(session, county.cycle, today=date(2026, 4, 13))
    assert session.exec(select(Message.unit_id)).one() == county.town.id


def test_another_cycle_is_left_alone(session: Session, county: County) -> None:
    add_obligation(session, county.cycle, county.town, DUE)
    other = add_cycle(session, county.county, "2027")
    assert remind(session, other, today=date(2026, 4, 13)) == 0


def test_an_extended_due_date_is_reminded_anew(session: Session, county: County) -> None:
    owed = add_obligation(session, county.cycle, county.town, DUE)
    remind(session, county.cycle, today=date(2026, 4, 13))
    owed.due_on = date(2026, 4, 22)  # Wednesday
    session.flush()
    assert remind(session, county.cycle, today=date(2026, 4, 16)) == 0  # Thursday: no longer overdue
    assert remind(session, county.cycle, today=date(2026, 4, 20)) == 1  # Monday
    assert said(session) == ["联络员 due_soon", "联络员 due_soon"]


def test_a_second_return_with_the_same_date_is_reminded_anew(session: Session, county: County) -> None:
    owed = add_obligation(session, county.cycle, county.town, DUE, state=ObligationState.RETURNED, returns=1)
    remind(session, county.cycle, today=date(2026, 4, 13))
    owed.returns = 2
    session.flush()
    assert remind(session, county.cycle, today=date(2026, 4, 13)) == 1


# ---- the office ----


def test_the_head_hears_of_it_from_the_office(session: Session, county: County) -> None:
    add_obligation(session, county.cycle, county.town, DUE, title="质量月活动总结")
    remind(session, county.cycle, today=date(2026, 4, 22))
    assert session.exec(select(Message).where(Message.role == Role.HEAD)).all() == []
    proposal = session.exec(select(Message).where(Message.role == Role.COORDINATOR)).one()
    assert proposal.line == (
        "甲镇应于2026年4月15日前完成的“质量月活动总结”经提醒仍未完成，建议按规定督办，请核实确认。"
    )


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 4, 15), []),  # Wednesday, filed that day
        (date(2026, 4, 17), []),  # Friday, two workdays
        (date(2026, 4, 20), ["质强办经办人 unreviewed"]),  # Monday, three
        (date(2026, 4, 22), ["质强办经办人 unreviewed_long"]),  # Wednesday, five
    ],
)
def test_what_waits_for_review_goes_to_the_reviewer(
    session: Session, county: County, today: date, expected: list[str]
) -> None:
    filed = date(2026, 4, 15)
    add_obligation(session, county.cycle, county.town, DUE, state=ObligationState.SUBMITTED, filed_on=filed)
    remind(session, county.cycle, today=today)
    assert said(session) == expected
    assert all(m.unit_id == county.market.id for m in session.exec(select(Message)))


def test_review_counts_from_the_version_that_waits(session: Session, county: County) -> None:
    """An order answered in March, returned, and answered again on Wednesday 15 April waits since April."""
    order = Order(cycle_id=row_id(county.cycle), unit_id=row_id(county.town), matter="m", title="事项", basis="依据",
                  label="示质强督〔2026〕1号", state=OrderState.ANSWERED, drafted_on=NEW_YEAR, issued_on=NEW_YEAR,
                  due_on=DUE)  # fmt: skip
    session.add(order)
    session.flush()
    add_obligation(session, county.cycle, county.town, DUE, kind=ObligationKind.ORDER_ANSWER, order_id=order.id,
                   state=ObligationState.SUBMITTED, filed_on=date(2026, 3, 2), returns=1)  # fmt: skip
    answered = date(2026, 4, 15)
    session.add(
        OrderAnswer(order_id=row_id(order), version=2, answer="已整改", answered_by="甲镇", answered_on=answered)
    )
    session.flush()
    assert remind(session, county.cycle, today=date(2026, 4, 17)) == 0  # Friday
    assert remind(session, county.cycle, today=date(2026, 4, 20)) == 1  # Monday
    assert "2026年4月15日报到" in session.exec(select(Message.line)).one()


def test_the_owners_own_coordinator_comes_first(session: Session, county: County) -> None:
    add_contact(session, county.county, Role.COORDINATOR)
    add_obligation(session, county.cycle, county.town, DUE, state=ObligationState.SUBMITTED, filed_on=NEW_YEAR)
    remind(session, county.cycle, today=DUE)
    assert session.exec(select(Message.unit_id)).one() == county.county.id


def test_what_a_unit_filed_before_it_was_merged_is_still_reviewed_under_its_name(
    session: Session, county: County
) -> None:
    add_obligation(session, county.cycle, county.town, DUE, state=ObligationState.SUBMITTED, filed_on=DUE)
    ended = date(2026, 4, 16)  # Thursday
    county.town.valid_to, county.town.merged_into_id = ended, county.farming.id
    for name in session.exec(select(UnitName).where(UnitName.unit_id == county.town.id)):
        name.valid_to = ended
    session.flush()
    assert remind(session, county.cycle, today=date(2026, 4, 20)) == 1  # Monday
    assert session.exec(select(Message.line)).one().startswith("甲镇报送的")


# ---- once ----


def test_only_what_is_new_is_counted_on_both_databases(database_url: str) -> None:
    record = open_record(database_url)
    with record.writing() as session:
        county = add_county(session)
        add_obligation(session, county.cycle, county.town, DUE)
        assert remind(session, county.cycle, today=date(2026, 4, 20)) == 2
        add_obligation(session, county.cycle, county.farming, DUE)
        assert remind(session, county.cycle, today=date(2026, 4, 20)) == 2
        assert remind(session, county.cycle, today=date(2026, 4, 20)) == 0
    record.close()


def test_one_entry_in_the_trail_for_a_sweep_that_said_something(session: Session, county: County) -> None:
    for unit in (county.town, county.farming, county.market):
        add_obligation(session, county.cycle, unit, DUE)
    for _ in range(2):
        remind(session, county.cycle, today=date(2026, 4, 13))
    entry = session.exec(select(AuditEntry)).one()
    assert (entry.act, entry.detail) == ("remind", {"queued": 3})


@settings(max_examples=25)
@given(
    dues=st.lists(st.dates(date(2026, 3, 1), date(2026, 6, 30)), min_size=1, max_size=8),
    days=st.lists(st.dates(date(2026, 3, 1), date(2026, 7, 31)), min_size=1, max_size=12),
)
def test_sweeping_again_queues_nothing_and_no_stage_goes_back(
    tmp_path_factory: pytest.TempPathFactory, dues: list[date], days: list[date]
) -> None:
    record = open_record(f"sqlite:///{tmp_path_factory.mktemp('sweep') / 'record.db'}")
    with record.writing() as session:
        county = add_county(session)
        for i, due in enumerate(dues):
            add_obligation(session, county.cycle, county.town, due, key=f"duty/{i}")
        for day in sorted(days):
            remind(session, county.cycle, today=day)
            assert remind(session, county.cycle, today=day) == 0
        order = ["due_soon", "overdue", "urged", "supervised"]
        for owed in session.exec(select(Obligation)):
            own = select(Message).where(Message.obligation_id == owed.id, Message.role == Role.LIAISON)
            stages = [order.index(m.key.rsplit("/", 1)[1]) for m in session.exec(own.order_by(col(Message.id)))]
            assert stages == sorted(set(stages))
    record.close()


def test_the_benchmark_compares_the_same_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "OPEN", 300)
    monkeypatch.setattr(sweep, "DUE", 30)
    monkeypatch.setattr(sweep, "ROUNDS", 1)
    assert sweep.run()["due"] == 30
