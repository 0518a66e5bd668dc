"""What units and office act upon: the record of one cycle, the dice, the story; and what an act is."""

from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

from sqlmodel import Session

from cycle.lookup import calendar, find_cycle, find_unit
from cycle.outcomes import Outcome
from models import Cycle
from models.record import Record
from rules.workdays import Workdays
from simulation.story import Story

Runner = Callable[[str, str, date], Outcome]
"""Runs a step of the daily work for a cycle on a day: through Prefect, or without it."""
OFFICE = "质强办"


class World(NamedTuple):
    """A simulated year: everything that has happened is in the record, everything to come follows from it."""

    record: Record
    cycle: str
    seed: int
    story: Story


class View(NamedTuple):
    """The world as somebody sees it who wonders what there is to do."""

    session: Session
    cycle: Cycle
    calendar: Workdays
    seed: int
    story: Story

    def later(self, day: date, workdays: int = 1) -> date:
        """Return the day so many workdays after `day`."""
        return self.calendar.after(day, workdays)


def view(session: Session, world: World) -> View:
    """Return the world as it stands in the session."""
    cycle = find_cycle(session, world.cycle)
    return View(session, cycle, calendar(cycle), world.seed, world.story)


Verb = Callable[[Session, Cycle, date], object]


class Act(NamedTuple):
    """Something the office will do on `day`, in one transaction; done, it is no longer on the agenda."""

    day: date
    do: Verb


def verb(function: Callable[..., object], *given: Any, **named: Any) -> Verb:
    """Return the office's act of calling a verb of the year with these arguments."""
    return lambda session, cycle, day: function(session, cycle, *given, **named, by=OFFICE, today=day)


def on_unit(function: Callable[..., object], unit: str, *given: Any, **named: Any) -> Verb:
    """Return the same for a verb that is about a unit, here named by its code."""
    return lambda session, cycle, day: function(
        session, cycle, find_unit(session, unit), *given, **named, by=OFFICE, today=day
    )
