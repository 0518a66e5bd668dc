"""What units and office act upon: the record of one cycle, the dice, the story; and what an act is."""

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from sqlmodel import Session

from cycle.outcomes import Outcome
from models import Cycle
from models.record import Record
from simulation.story import Story

Runner = Callable[[str, str, date], Outcome]
"""Runs a step of the daily work for a cycle on a day: through Prefect, or without it."""


class World(NamedTuple):
    """A simulated year: everything that has happened is in the record, everything to come follows from it."""

    record: Record
    cycle: str
    seed: int
    story: Story


class Act(NamedTuple):
    """Something the office will do on `day`, in one transaction; done, it is no longer on the agenda."""

    day: date
    do: Callable[[Session, Cycle, date], object]
