"""Workdays: the State Council's calendar of 2026 with its working weekends, and years that are only assumed."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.workdays import PUBLISHED_YEARS, Workdays

CALENDAR = Workdays()
WORK, OFF = True, False
DAYS = st.dates(date(2025, 1, 1), date(2028, 12, 31))
COUNTS = st.integers(0, 60)

SPRING_FESTIVAL_AND_NATIONAL_DAY_2026 = [
    ("2026-02-13", "Fri", WORK),
    ("2026-02-14", "Sat", WORK),  # made up for
    ("2026-02-15", "Sun", OFF),
    ("2026-02-16", "Mon", OFF),
    ("2026-02-17", "Tue", OFF),
    ("2026-02-18", "Wed", OFF),
    ("2026-02-19", "Thu", OFF),
    ("2026-02-20", "Fri", OFF),
    ("2026-02-21", "Sat", OFF),
    ("2026-02-22", "Sun", OFF),
    ("2026-02-23", "Mon", OFF),
    ("2026-02-24", "Tue", WORK),
    ("2026-02-28", "Sat", WORK),  # made up for
    ("2026-03-01", "Sun", OFF),
    ("2026-09-20", "Sun", WORK),  # made up for
    ("2026-09-25", "Fri", OFF),  # Mid-Autumn
    ("2026-09-26", "Sat", OFF),
    ("2026-09-27", "Sun", OFF),
    ("2026-09-28", "Mon", WORK),
    ("2026-09-30", "Wed", WORK),
    ("2026-10-01", "Thu", OFF),
    ("2026-10-02", "Fri", OFF),
    ("2026-10-03", "Sat", OFF),
    ("2026-10-04", "Sun", OFF),
    ("2026-10-05", "Mon", OFF),
    ("2026-10-06", "Tue", OFF),
    ("2026-10-07", "Wed", OFF),
    ("2026-10-08", "Thu", WORK),
    ("2026-10-10", "Sat", WORK),  # made up for
    ("2026-10-11", "Sun", OFF),
]

ASSUMED = [
    ("2027-01-01", "Fri", OFF),
    ("2027-01-04", "Mon", WORK),
    ("2027-02-08", "Mon", WORK),  # a Spring Festival day, but nobody has published it
    ("2027-05-01", "Sat", OFF),
    ("2027-05-03", "Mon", WORK),
    ("2027-10-01", "Fri", OFF),
    ("2027-10-03", "Sun", OFF),
    ("2027-10-04", "Mon", WORK),
    ("2028-05-02", "Tue", OFF),  # Labour Day has two statutory days
    ("2028-05-03", "Wed", WORK),
]


@pytest.mark.parametrize(("day", "weekday", "works"), SPRING_FESTIVAL_AND_NATIONAL_DAY_2026)
def test_2026_follows_the_published_calendar(day: str, weekday: str, works: bool) -> None:
    d = date.fromisoformat(day)
    assert (f"{d:%a}", CALENDAR.is_workday(d), CALENDAR.provisional(d)) == (weekday, works, False)


@pytest.mark.parametrize(("day", "weekday", "works"), ASSUMED)
def test_a_year_without_a_calendar_is_assumed_and_says_so(day: str, weekday: str, works: bool) -> None:
    d = date.fromisoformat(day)
    assert d.year not in PUBLISHED_YEARS, "a calendar was published: take the next year"
    assert (f"{d:%a}", CALENDAR.is_workday(d), CALENDAR.provisional(d)) == (weekday, works, True)


def test_the_county_decides_over_everything() -> None:
    county = Workdays({date(2026, 3, 2): False, date(2026, 3, 1): True, date(2027, 2, 8): False})
    assert not county.is_workday(date(2026, 3, 2))
    assert county.is_workday(date(2026, 3, 1))
    assert not county.is_workday(date(2027, 2, 8))
    assert not county.provisional(date(2027, 2, 8))
    assert county.provisional(date(2027, 2, 9))


@pytest.mark.parametrize(
    ("start", "n", "end"),
    [
        ("2026-02-13", 1, "2026-02-14"),  # Fri, then the working Saturday
        ("2026-02-14", 1, "2026-02-24"),  # Sat, then the Tuesday after the holiday
        ("2026-09-30", 10, "2026-10-20"),  # quarterly reports: ten workdays after the quarter, with 10 Oct (Sat)
        ("2026-02-15", 0, "2026-02-24"),  # a day off counts as the next workday
        ("2026-02-15", 1, "2026-02-24"),
        ("2026-02-24", 0, "2026-02-24"),
    ],
)
def test_after(start: str, n: int, end: str) -> None:
    assert CALENDAR.after(date.fromisoformat(start), n) == date.fromisoformat(end)


@pytest.mark.parametrize(
    ("start", "n", "end"),
    [
        ("2026-02-24", 1, "2026-02-14"),  # Tue, back to the working Saturday
        ("2026-02-20", 0, "2026-02-14"),  # a day off counts as the last workday
        ("2026-10-08", 2, "2026-09-29"),
    ],
)
def test_before(start: str, n: int, end: str) -> None:
    assert CALENDAR.before(date.fromisoformat(start), n) == date.fromisoformat(end)


def test_between_counts_the_last_day_and_not_the_first() -> None:
    friday, tuesday = date(2026, 2, 13), date(2026, 2, 24)
    assert CALENDAR.between(friday, tuesday) == 2
    assert CALENDAR.between(tuesday, friday) == -2
    assert CALENDAR.between(friday, friday) == 0
    assert CALENDAR.between(date(2026, 2, 22), tuesday) == 1  # from a Sunday off


@given(DAYS, COUNTS)
def test_there_and_back(day: date, n: int) -> None:
    start = CALENDAR.on_or_after(day)
    assert CALENDAR.before(CALENDAR.after(start, n), n) == start


@given(DAYS, COUNTS)
def test_after_agrees_with_between(day: date, n: int) -> None:
    start = CALENDAR.on_or_after(day)
    end = CALENDAR.after(start, n)
    assert CALENDAR.is_workday(end)
    assert CALENDAR.between(start, end) == n


def test_a_moment_is_refused() -> None:
    moment = datetime(2026, 3, 1, 23, tzinfo=ZoneInfo("UTC"))
    for question in (CALENDAR.is_workday, CALENDAR.provisional, CALENDAR.on_or_after):
        with pytest.raises(TypeError):
            question(moment)
    with pytest.raises(TypeError):
        CALENDAR.after(moment, 3)


def test_counting_backwards_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="-1"):
        CALENDAR.after(date(2026, 3, 2) + timedelta(days=1), -1)
