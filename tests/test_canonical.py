"""The canonical text depends on what happened and on nothing else, on both databases."""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal

import pytest
from sqlmodel import Session

from cycle.canonical import canonical_lines, digest
from cycle.contacts import change_contact
from cycle.targets import adjust_target
from cycle.units import merge_units
from models import Tick
from models.columns import row_id
from models.enums import AssignmentRole, Role, Split
from models.record import Record, open_record
from tests.builders import County, add_county, add_indicator, add_town, ask, sign

DAY, MERGED = date(2026, 1, 20), date(2026, 7, 1)


def a_year(session: Session) -> County:
    """Letters, a change of contact, a target adjusted, two towns merged."""
    place = add_county(session)
    second, third = (add_town(session, place, code, f"{code}镇") for code in ("t2", "t3"))
    indicator = add_indicator(session, place.cycle, "1", split=Split.EQUAL)
    for town in (place.town, second, third):
        ask(session, indicator, town, "10", role=AssignmentRole.COOPERATE)
        sign(session, place.cycle, town, DAY)
    change_contact(
        session, place.cycle, second, Role.HEAD, title="镇长", address="h@example.com", by="质强办", today=DAY
    )
    adjust_target(session, place.cycle, second, "1", Decimal(12), reason="调整", by="质强办", today=DAY)
    merge_units(session, place.cycle, place.town, third, reason="区划调整", by="质强办", today=MERGED)
    return place


@pytest.fixture
def record(database_url: str) -> Iterator[Record]:
    opened = open_record(database_url)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The digest of the year on SQLite, done in one go."""
    opened = open_record(f"sqlite:///{tmp_path_factory.mktemp('canonical') / 'record.sqlite3'}")
    with opened.writing() as session:
        a_year(session)
    with opened.reading() as session:
        return digest(session)


def test_attempts_that_came_to_nothing_leave_no_trace(record: Record, undisturbed: str) -> None:
    """What is rolled back uses up row ids on PostgreSQL, and recording takes its own time."""
    for _ in range(2):
        with record.writing() as session:
            a_year(session)
            session.rollback()
    with record.writing() as session:
        a_year(session)
    with record.reading() as session:
        assert digest(session) == undisturbed


def test_the_day_a_step_last_ran_is_not_what_happened(session: Session) -> None:
    place = a_year(session)
    tick = Tick(cycle_id=row_id(place.cycle), step="send-reminders", day=DAY)
    session.add(tick)
    session.flush()
    before = digest(session)
    tick.day = MERGED
    session.flush()
    assert digest(session) == before


CHANGES: dict[str, Callable[[County], None]] = {
    "a unit's code": lambda p: setattr(p.market, "code", "other"),
    "a unit's superior": lambda p: setattr(p.market, "parent_id", p.farming.id),
    "a unit's successor": lambda p: setattr(p.town, "merged_into_id", p.market.id),
    "whose cycle it is": lambda p: setattr(p.cycle, "owner_id", p.market.id),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_is_different_shows(session: Session, change: str) -> None:
    place = a_year(session)
    before = digest(session)
    CHANGES[change](place)
    session.flush()
    assert digest(session) != before


def test_no_row_id_time_or_hash_is_in_it(session: Session) -> None:
    a_year(session)
    lines = list(canonical_lines(session))
    assert lines == sorted(lines)
    for word in ('"id":', '"recorded_at":', '"hash":', '"previous":', '"key": "1/'):
        assert not any(word in line for line in lines)
