"""Reporting windows of calendar, July–June and irregular cycles, with the weekday of every date."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.enums import Frequency
from models.errors import Refused
from rules.windows import WindowPlan, period_name, windows
from rules.workdays import Workdays

CALENDAR = Workdays()
REPEATED = [Frequency.MONTHLY, Frequency.QUARTERLY, Frequency.HALF_YEARLY, Frequency.YEARLY]


def plan(start: str, end: str, frequency: Frequency, due: int = 10, close: int = 10) -> tuple[WindowPlan, ...]:
    first, last = date.fromisoformat(start), date.fromisoformat(end)
    return windows(first, last, frequency, due_workdays=due, close_workdays=close, calendar=CALENDAR)


def shown(day: date) -> str:
    return f"{day:%m-%d %a}"


def test_the_quarters_of_2026() -> None:
    assert [(w.code, *map(shown, w[2:])) for w in plan("2026-01-01", "2026-12-31", Frequency.QUARTERLY)] == [
        ("2026Q1", "01-01 Thu", "03-31 Tue", "04-01 Wed", "04-15 Wed", "04-29 Wed"),
        ("2026Q2", "04-01 Wed", "06-30 Tue", "07-01 Wed", "07-14 Tue", "07-28 Tue"),
        ("2026Q3", "07-01 Wed", "09-30 Wed", "10-08 Thu", "10-20 Tue", "11-03 Tue"),
        ("2026Q4", "10-01 Thu", "12-31 Thu", "01-04 Mon", "01-15 Fri", "01-29 Fri"),
    ]


def test_months_fall_due_after_the_month_has_ended() -> None:
    months = plan("2026-01-01", "2026-12-31", Frequency.MONTHLY, due=5)
    assert [w.code for w in months] == [f"2026-{m:02}" for m in range(1, 13)]
    january, february = months[:2]
    assert tuple(map(shown, january[3:])) == ("01-31 Sat", "02-02 Mon", "02-06 Fri", "02-27 Fri")
    assert tuple(map(shown, february[3:])) == ("02-28 Sat", "03-02 Mon", "03-06 Fri", "03-20 Fri")


@pytest.mark.parametrize(
    ("start", "end", "frequency", "codes"),
    [
        ("2026-07-01", "2027-06-30", Frequency.QUARTERLY, ["2026Q3", "2026Q4", "2027Q1", "2027Q2"]),
        ("2026-07-01", "2027-06-30", Frequency.HALF_YEARLY, ["2026H2", "2027H1"]),
        ("2026-01-01", "2026-12-31", Frequency.HALF_YEARLY, ["2026H1", "2026H2"]),
        ("2026-07-01", "2027-06-30", Frequency.YEARLY, ["2026"]),
        ("2026-02-10", "2026-11-20", Frequency.QUARTERLY, ["2026Q1", "2026Q2", "2026Q3", "2026Q4"]),
        ("2026-11-15", "2027-01-10", Frequency.MONTHLY, ["2026-11", "2026-12", "2027-01"]),
    ],
)
def test_codes(start: str, end: str, frequency: Frequency, codes: list[str]) -> None:
    assert [w.code for w in plan(start, end, frequency)] == codes


def test_periods_count_from_the_month_the_cycle_starts_in_and_are_clipped_to_it() -> None:
    periods = [(w.starts, w.ends) for w in plan("2026-02-10", "2026-11-20", Frequency.QUARTERLY)]
    assert periods == [
        (date(2026, 2, 10), date(2026, 4, 30)),
        (date(2026, 5, 1), date(2026, 7, 31)),
        (date(2026, 8, 1), date(2026, 10, 31)),
        (date(2026, 11, 1), date(2026, 11, 20)),
    ]


def test_a_one_time_item_keeps_its_date_and_opens_ten_workdays_before() -> None:
    (window,) = windows(
        date(2026, 1, 1),
        date(2026, 12, 31),
        Frequency.ONCE,
        due_workdays=10,
        close_workdays=5,
        calendar=CALENDAR,
        once_due=date(2026, 3, 15),
    )
    assert window.code == "2026-03-15"
    assert tuple(map(shown, window[2:])) == ("01-01 Thu", "03-15 Sun", "03-02 Mon", "03-15 Sun", "03-20 Fri")


def test_a_one_time_item_never_opens_before_its_cycle() -> None:
    (window,) = windows(
        date(2026, 1, 1),
        date(2026, 12, 31),
        Frequency.ONCE,
        due_workdays=10,
        close_workdays=0,
        calendar=CALENDAR,
        once_due=date(2026, 1, 6),
    )
    assert (window.open_on, window.close_on) == (date(2026, 1, 1), date(2026, 1, 6))


@given(st.dates(date(2025, 1, 1), date(2027, 6, 1)), st.integers(0, 500), st.sampled_from(REPEATED))
def test_periods_cover_the_cycle_without_gap_or_overlap(start: date, length: int, frequency: Frequency) -> None:
    end = start + timedelta(days=length)
    plans = plan(start.isoformat(), end.isoformat(), frequency)
    days = [d for w in plans for d in (w.starts, w.ends)]
    assert (days[0], days[-1]) == (start, end)
    assert all(b.starts - a.ends == timedelta(days=1) for a, b in pairwise(plans))
    assert len({w.code for w in plans}) == len(plans)
    for w in plans:
        assert w.starts <= w.ends < w.open_on <= w.due_on <= w.close_on
        assert all(CALENDAR.is_workday(d) for d in (w.open_on, w.due_on, w.close_on))


@pytest.mark.parametrize(
    ("once_due", "message"),
    [(None, "没有完成时限"), (date(2027, 1, 1), "不在考核周期"), (date(2025, 12, 31), "不在考核周期")],
)
def test_a_one_time_item_needs_a_date_in_the_cycle(once_due: date | None, message: str) -> None:
    with pytest.raises(Refused, match=message):
        windows(
            date(2026, 1, 1),
            date(2026, 12, 31),
            Frequency.ONCE,
            due_workdays=10,
            close_workdays=5,
            calendar=CALENDAR,
            once_due=once_due,
        )


def test_contradicting_dates_are_refused() -> None:
    with pytest.raises(Refused, match="早于开始日期"):
        plan("2026-12-31", "2026-01-01", Frequency.MONTHLY)
    with pytest.raises(Refused, match="报送期限"):
        plan("2026-01-01", "2026-12-31", Frequency.MONTHLY, due=0)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("2026-03", "2026年3月"),
        ("2026Q1", "2026年第一季度"),
        ("2027Q4", "2027年第四季度"),
        ("2026H2", "2026年下半年"),
        ("2026", "2026年度"),
        ("2026-03-31", "2026年3月31日"),
    ],
)
def test_a_period_is_called_what_an_official_calls_it(code: str, name: str) -> None:
    assert period_name(code) == name
