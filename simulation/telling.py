"""What the story has the office do on a day of its own, each event through the verb of its command."""

from collections.abc import Callable, Iterator
from datetime import date

from sqlmodel import Session, col, select

from cycle import contacts, merits, references, targets, units
from cycle.lookup import find_unit
from models import Contact, Cycle, Incident, Merit, Reference, Target, Unit
from simulation.owed import in_plan
from simulation.story import Merger
from simulation.world import OFFICE, Act, View, on_unit, verb

Told = Iterator[tuple[str, Act]]
"""Acts, each with the code of its unit or the number of its target: what has no part in the plan falls out."""


def told(view: View) -> Iterator[Act]:
    """Yield what of the story the office has not done yet."""
    known = in_plan(view.session, view.cycle)
    for part in PARTS:
        yield from (act for about, act in part(view) if about in known)


def _people(view: View) -> Told:
    there = set(view.session.exec(select(Contact.address)))
    for p in view.story.people:
        if p.day is not None and p.address not in there:
            act = on_unit(contacts.change_contact, p.unit, p.role, title=p.title, address=p.address)
            yield p.unit, Act(p.day, act)


def _adjustments(view: View) -> Told:
    done = set(view.session.exec(select(Target.reason)))
    for a in view.story.adjustments:
        if a.reason not in done:
            yield a.unit, Act(a.day, on_unit(targets.adjust_target, a.unit, a.indicator, a.value, reason=a.reason))


def _mergers(view: View) -> Told:
    running = set(view.session.exec(select(Unit.code).where(col(Unit.valid_to).is_(None))))
    for m in view.story.mergers:
        if {m.ended, m.into} <= running:
            yield m.ended, Act(m.day, _merge(m))


def _merge(merger: Merger) -> Callable[[Session, Cycle, date], None]:
    def act(session: Session, cycle: Cycle, day: date) -> None:
        ended, into = (find_unit(session, unit) for unit in (merger.ended, merger.into))
        units.merge_units(session, cycle, ended, into, reason=merger.reason, by=OFFICE, today=day)

    return act


def _happenings(view: View) -> Told:
    done = set(view.session.exec(select(Incident.title)))
    for h in view.story.happenings:
        if h.title not in done:
            act = on_unit(
                merits.record_incident, h.unit, h.title, level=h.level, occurred_on=h.occurred_on, basis=h.basis
            )
            yield h.unit, Act(h.day, act)


def _matters(view: View) -> Told:
    done = set(view.session.exec(select(Merit.title)))
    for m in view.story.matters:
        if m.title not in done:
            yield m.unit, Act(m.day, on_unit(merits.record_merit, m.unit, m.number, m.title, basis=m.basis))


def _outside(view: View) -> Told:
    done = set(view.session.exec(select(Reference.source)))
    for o in view.story.outside:
        if o.source not in done:
            act = verb(references.note_reference, o.indicator, o.value, status=o.status, source=o.source)
            yield o.indicator, Act(o.day, act)


PARTS: tuple[Callable[[View], Told], ...] = (_people, _adjustments, _mergers, _happenings, _matters, _outside)
