"""Reminding and escalation 提醒、催办、督办: which step has been reached for a date, and for whom it is."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import cache
from typing import NamedTuple

from models.enums import Role
from rules.workdays import ONE_DAY, Workdays


class Stage(NamedTuple):
    """A step of a ladder: `offset` counts workdays from the date it hangs on (negative: before it)."""

    code: str
    zh: str
    offset: int
    roles: tuple[Role, ...]


STAGES = (
    Stage("due_soon", "即将到期", -2, (Role.LIAISON,)),
    Stage("overdue", "提醒", 1, (Role.LIAISON,)),
    Stage("urged", "催办", 3, (Role.LIAISON, Role.DEPUTY)),
    Stage("supervised", "督办", 5, (Role.LIAISON, Role.DEPUTY, Role.HEAD)),
)
"""The ladder for what a unit owes, from its due date; each step up waits two workdays."""

REVIEW_STAGES = (
    Stage("unreviewed", "待审提醒", 3, (Role.COORDINATOR,)),
    Stage("unreviewed_long", "待审催办", 5, (Role.COORDINATOR,)),
)
"""The ladder for what was filed and is not reviewed, from the filing date."""


def stage_reached(hangs_on: date, today: date, calendar: Workdays, stages: Sequence[Stage] = STAGES) -> Stage | None:
    """Return the last stage whose day has come by `today`, or None before the first.

    Stages that fell on days when nothing ran are not made up one by one: the last one stands for them.
    """
    return next((s for s in reversed(stages) if day_of(s, hangs_on, calendar) <= today), None)


def day_of(stage: Stage, hangs_on: date, calendar: Workdays) -> date:
    """Return the day on which `stage` is reached for something due (or filed) on `hangs_on`."""
    if stage.offset < 0:
        return calendar.before(hangs_on, -stage.offset)
    return calendar.after(hangs_on, stage.offset) if stage.offset else hangs_on


def reached(today: date, calendar: Workdays, stages: Sequence[Stage] = STAGES) -> Callable[[date], Stage | None]:
    """Return `stage_reached` for one day as a function of the date alone; a sweep works each date out once."""

    @cache
    def of(hangs_on: date) -> Stage | None:
        return stage_reached(hangs_on, today, calendar, stages)

    return of


def horizon(today: date, calendar: Workdays, stages: Sequence[Stage] = STAGES) -> date:
    """Return the latest date for which a stage has been reached: a sweep need not look at anything later."""
    first = min(s.offset for s in stages)
    if first < 0:
        return calendar.after(today, -first)
    return calendar.before(today + ONE_DAY, first) - ONE_DAY if first else today
