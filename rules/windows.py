"""Reporting windows 填报期: which periods a cycle has, and when filing for each opens, falls due and closes."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from models.enums import Frequency
from models.errors import Refused
from rules.workdays import Workdays

ONCE_OPENS_WORKDAYS = 10
"""A one-time item may be filed this many workdays before it is due."""

MONTHS = {Frequency.MONTHLY: 1, Frequency.QUARTERLY: 3, Frequency.HALF_YEARLY: 6}


class WindowPlan(NamedTuple):
    """One period (`starts` to `ends`) and the days on which filing for it opens, falls due and closes."""

    code: str
    frequency: Frequency
    starts: date
    ends: date
    open_on: date
    due_on: date
    close_on: date


def windows(
    start: date,
    end: date,
    frequency: Frequency,
    *,
    due_workdays: int,
    close_workdays: int,
    calendar: Workdays,
    once_due: date | None = None,
) -> tuple[WindowPlan, ...]:
    """Return the windows of a cycle in order; their periods cover it without gap or overlap.

    Quarters and half-years count from the month in which the cycle starts and are named after the calendar quarter
    or half-year in which they begin. A period is reported after it has ended: filing opens on the first workday
    after it, falls due on the `due_workdays`-th and closes `close_workdays` later. A one-time item (`once_due`)
    keeps its stated date. Raises `Refused` when the dates contradict each other.
    """
    if end < start:
        raise Refused(f"考核周期的结束日期 {end} 早于开始日期 {start}，请改正。")
    if due_workdays < 1 or close_workdays < 0:
        raise Refused("报送期限至少为期末后 1 个工作日，关闭不得早于期限，请改正。")
    if frequency is Frequency.ONCE:
        return (_once(start, end, once_due, close_workdays, calendar),)
    return tuple(
        _window(code, frequency, a, b, due_workdays, close_workdays, calendar)
        for code, a, b in _periods(start, end, frequency)
    )


def _window(
    code: str, frequency: Frequency, starts: date, ends: date, due: int, close: int, calendar: Workdays
) -> WindowPlan:
    due_on = calendar.after(ends, due)
    return WindowPlan(
        code=code,
        frequency=frequency,
        starts=starts,
        ends=ends,
        open_on=calendar.after(ends, 1),
        due_on=due_on,
        close_on=calendar.after(due_on, close),
    )


def _once(start: date, end: date, due: date | None, close: int, calendar: Workdays) -> WindowPlan:
    if due is None:
        raise Refused("一次性任务没有完成时限，请填写日期。")
    if not start <= due <= end:
        raise Refused(f"完成时限 {due} 不在考核周期 {start} 至 {end} 之内，请改正。")
    return WindowPlan(
        code=due.isoformat(),
        frequency=Frequency.ONCE,
        starts=start,
        ends=due,
        open_on=max(start, calendar.before(due, ONCE_OPENS_WORKDAYS)),
        due_on=due,
        close_on=calendar.after(due, close) if close else due,
    )


def _periods(start: date, end: date, frequency: Frequency) -> Iterator[tuple[str, date, date]]:
    """Yield code, first and last day of each period, clipped to the cycle; a yearly period is the whole cycle."""
    if frequency is Frequency.YEARLY:
        yield str(start.year), start, end
        return
    first = start.replace(day=1)
    while first <= end:
        following = _add_months(first, MONTHS[frequency])
        yield _code(first, frequency), max(first, start), min(following - timedelta(days=1), end)
        first = following


def _code(first: date, frequency: Frequency) -> str:
    if frequency is Frequency.MONTHLY:
        return f"{first:%Y-%m}"
    letter, length = ("Q", 3) if frequency is Frequency.QUARTERLY else ("H", 6)
    return f"{first.year}{letter}{(first.month - 1) // length + 1}"


def _add_months(first: date, months: int) -> date:
    years, month = divmod(first.month - 1 + months, 12)
    return first.replace(year=first.year + years, month=month + 1)


PARTS_OF_A_YEAR = {
    "Q1": "第一季度",
    "Q2": "第二季度",
    "Q3": "第三季度",
    "Q4": "第四季度",
    "H1": "上半年",
    "H2": "下半年",
}


def period_name(code: str) -> str:
    """Return what an official calls the period with this code: 2026-03 is 2026年3月, 2026Q1 is 2026年第一季度."""
    year, part = code[:4], code[4:]
    if not part:
        return f"{year}年度"
    if part in PARTS_OF_A_YEAR:
        return f"{year}年{PARTS_OF_A_YEAR[part]}"
    month, *day = (int(number) for number in part[1:].split("-"))
    return f"{year}年{month}月{day[0]}日" if day else f"{year}年{month}月"
