"""Workdays 工作日: county overrides, then the State Council's calendar, then an assumption that says so."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import chinese_calendar
from chinese_calendar.constants import holidays

PUBLISHED_YEARS = range(min(holidays).year, max(holidays).year + 1)

FIXED_HOLIDAYS = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
"""Month and day of the statutory holidays with the same date every year (全国年节及纪念日放假办法 of 2024)."""

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Workdays:
    """A county's calendar. `overrides` wins over everything: True makes a day a working day, False a day off."""

    overrides: Mapping[date, bool] = field(default_factory=dict)

    def is_workday(self, day: date) -> bool:
        """Return whether people work on `day`; raises TypeError for a datetime, whose day depends on a time zone."""
        _date_only(day)
        if day in self.overrides:
            return self.overrides[day]
        if day.year in PUBLISHED_YEARS:
            return bool(chinese_calendar.is_workday(day))
        return day.weekday() < 5 and (day.month, day.day) not in FIXED_HOLIDAYS

    def provisional(self, day: date) -> bool:
        """Return whether `day` is only assumed (推定): its year is unpublished and the county has not decided it."""
        _date_only(day)
        return day.year not in PUBLISHED_YEARS and day not in self.overrides

    def after(self, day: date, n: int) -> date:
        """Return the `n`-th workday after `day`; 0 gives `day` itself, or the next workday if it is a day off."""
        return self.on_or_after(day) if n == 0 else self._nth(day, n, ONE_DAY)

    def before(self, day: date, n: int) -> date:
        """Return the `n`-th workday before `day`; 0 gives `day` itself, or the last workday if it is a day off.

        For a workday `d`, `before(after(d, n), n) == d`.
        """
        if n == 0:
            return day if self.is_workday(day) else self._nth(day, 1, -ONE_DAY)
        return self._nth(day, n, -ONE_DAY)

    def on_or_after(self, day: date) -> date:
        """Return `day` if it is a workday, else the next one."""
        return day if self.is_workday(day) else self._nth(day, 1, ONE_DAY)

    def between(self, a: date, b: date) -> int:
        """Return the number of workdays after `a` up to and including `b`; negative when `b` comes first."""
        if b < a:
            return -self.between(b, a)
        return sum(self.is_workday(a + timedelta(days=i)) for i in range(1, (b - a).days + 1))

    def _nth(self, day: date, n: int, step: timedelta) -> date:
        if n < 0:
            raise ValueError(f"n counts workdays and cannot be {n}")
        days = (d for d in _walk(day, step) if self.is_workday(d))
        return next(d for i, d in enumerate(days, start=1) if i == n)


def _walk(day: date, step: timedelta) -> Iterator[date]:
    _date_only(day)
    while True:
        day += step
        yield day


def _date_only(day: date) -> None:
    if isinstance(day, datetime):
        raise TypeError("a workday is a date: take the Asia/Shanghai date of the moment first")
