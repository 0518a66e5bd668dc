"""The moving date: from one day on which something opens, falls due or is decided to the next.

The simulation keeps nothing in mind. Begun again after a crash, it goes on with the day that the record last saw.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial

from sqlmodel import col, func, select

from cycle import delivering
from cycle.outcomes import Outcome, merge
from cycle.plan import import_plan
from cycle.steps import run_step
from models import AuditEntry, Cycle, Delivery, Intake, Message, Tick
from models.record import Record
from rules.plan import Plan
from simulation import mail, office, units
from simulation.moments import calendar_days, deadlines, openings, unsent
from simulation.story import IMPORTED_ON
from simulation.wanted import DELIVER, STEPS_OF_A_DAY
from simulation.world import OFFICE, Runner, World, view


def open_year(record: Record, plan: Plan, digest: str) -> None:
    """Import the plan on the first day of the story, unless its cycle is on record already."""
    with record.writing() as session:
        if session.exec(select(Cycle.id).where(Cycle.code == plan.basics.code)).first() is None:
            import_plan(session, plan, digest=digest, by=OFFICE, today=IMPORTED_ON)


def days(world: World, run: Runner, *, until: date, off: tuple[date, date] | None = None) -> Iterator[date]:
    """Live through the year and yield each day that was lived; from `off[0]` to `off[1]` nobody is there."""
    day: date | None = last_day(world)
    while day is not None and day <= until:
        if off and off[0] <= day <= off[1]:
            day = off[1] + timedelta(days=1)
        live(world, run, day)
        yield day
        day = next_day(world, day)


def live(world: World, run: Runner, day: date) -> Outcome:
    """Live through one day: the office decides, the units hand in, the steps run. A second time changes nothing."""
    office.decide(world, day)
    mail.hand_in(world, day)
    outcomes = []
    for step, wanted in STEPS_OF_A_DAY.items():
        with world.record.reading() as session:
            due = wanted(view(session, world), day)
        if due:
            outcomes.append(run(step, world.cycle, day))
    if delivering.parcels(world.record, "", day):
        outcomes.append(run(DELIVER, "", day))
    return merge(outcomes)


def without_prefect(record: Record) -> Runner:
    """Return a runner that does a step and nothing around it; what it queues is delivered at the end of the day."""
    return partial(run_step, record)


def last_day(world: World) -> date:
    """Return the latest day that anything on record or in the inbox bears: the one that was being lived."""
    with world.record.reading() as session:
        latest = (
            session.exec(select(func.max(col(column)))).one()
            for column in (AuditEntry.day, Tick.day, Message.queued_on, Intake.taken_on, Delivery.day)
        )
        seen = [*latest, mail.last_handed_in(world)]
    return max((day for day in seen if day is not None), default=IMPORTED_ON)


def next_day(world: World, day: date) -> date | None:
    """Return the next day on which there is something to do, as the record stands; None when the year is over."""
    with world.record.reading() as session:
        seen = view(session, world)
        to_come = [
            *(entry.day for entry in units.agenda(session, world)),
            *(stray.day for stray in units.strays(session, world)),
            *(act.day for act in office.agenda(session, world)),
            *openings(seen),
            *deadlines(seen),
            *calendar_days(seen),
            *unsent(seen, day),
        ]
    return min((d for d in to_come if d > day), default=None)
