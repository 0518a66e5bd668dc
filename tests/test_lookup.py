"""Finding things by the words people use, and what a unit was called on a day."""

from datetime import date

import pytest
from sqlmodel import Session, select

from cycle.lookup import calendar, find_cycle, find_unit, names, open_cycles, unit_name
from models import Refused, UnitName
from models.columns import row_id
from models.enums import NameKind
from tests.builders import County, add_cycle

RENAMED = date(2026, 3, 1)


def rename(session: Session, place: County, *spans: tuple[str, date, date | None]) -> None:
    """Give the town these names, each from its first day to the first day no longer."""
    for row in session.exec(select(UnitName).where(UnitName.unit_id == place.town.id)):
        session.delete(row)
    session.flush()
    session.add_all(UnitName(unit_id=row_id(place.town), name=n, valid_from=a, valid_to=b) for n, a, b in spans)
    session.flush()


@pytest.mark.parametrize(
    ("day", "called"),
    [
        (date(2025, 1, 1), "甲乡"),  # before it was set up: its first name
        (date(2026, 1, 1), "甲乡"),
        (date(2026, 2, 28), "甲乡"),  # the last day
        (RENAMED, "甲镇"),
        (date(2026, 5, 31), "甲镇"),
        (date(2026, 6, 1), "甲镇"),  # it has ended: its last name
        (date(2027, 1, 1), "甲镇"),
    ],
)
def test_a_unit_is_called_by_the_name_of_the_day(session: Session, place: County, day: date, called: str) -> None:
    rename(session, place, ("甲乡", date(2026, 1, 1), RENAMED), ("甲镇", RENAMED, date(2026, 6, 1)))
    assert unit_name(session, row_id(place.town), day) == called


def test_a_name_that_held_on_no_day_is_not_used(session: Session, place: County) -> None:
    rename(session, place, ("甲乡", date(2026, 1, 1), RENAMED), ("笔误", RENAMED, RENAMED), ("甲镇", RENAMED, None))
    assert unit_name(session, row_id(place.town), RENAMED) == "甲镇"
    assert unit_name(session, row_id(place.town), date(2026, 2, 28)) == "甲乡"


def test_every_unit_has_a_name_on_every_day(session: Session, place: County) -> None:
    for day in (date(2000, 1, 1), RENAMED, date(2100, 1, 1)):
        assert set(names(session, day)) == {row_id(u) for u in (place.county, place.market, place.farming, place.town)}


def test_a_unit_is_found_by_code_present_and_former_name(session: Session, place: County) -> None:
    former = UnitName(unit_id=row_id(place.market), name="质监局", kind=NameKind.FORMER, valid_from=date(2026, 1, 1))
    session.add(former)
    session.flush()
    for text in ("market", "市场监管局", "质监局"):
        assert find_unit(session, text) is place.market
    with pytest.raises(Refused, match="没有名为“工商局”的单位"):
        find_unit(session, "工商局")
    session.add(UnitName(unit_id=row_id(place.farming), name="质监局", kind=NameKind.FORMER, valid_from=RENAMED))
    session.flush()
    with pytest.raises(Refused, match="对应多个单位（编码 farming、market）"):
        find_unit(session, "质监局")


def test_open_cycles_come_oldest_first(session: Session, place: County) -> None:
    add_cycle(session, place.county, "2025", starts=date(2025, 1, 1), ends=date(2025, 12, 31))
    closed = add_cycle(session, place.county, "2024", starts=date(2024, 1, 1), ends=date(2024, 12, 31))
    closed.closed_on = date(2025, 12, 1)
    session.flush()
    assert open_cycles(session) == ["2025", "2026"]
    with pytest.raises(Refused, match="现有：2024、2025、2026"):
        find_cycle(session, "2023")


def test_the_countys_own_days_win_over_the_published_calendar(session: Session, place: County) -> None:
    friday, sunday = date(2026, 3, 6), date(2026, 3, 8)
    place.cycle.workdays = {friday.isoformat(): False, sunday.isoformat(): True}
    assert not calendar(place.cycle).is_workday(friday)
    assert calendar(place.cycle).is_workday(sunday)
