"""To whom a message goes: it names a unit and a role, the people are looked up on the day it is sent."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from sqlmodel import Session, col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from models import Contact, Cycle, Unit
from models.enums import Role

Seat = tuple[int, Role]
"""A unit's id and a role in it: what a message is addressed to."""


class Person(NamedTuple):
    """Somebody who acts at a seat; one address is one person, at however many seats."""

    contact_id: int
    address: str


def people(session: Session, day: date, units: Iterable[int] | None = None) -> dict[Seat, list[Person]]:
    """Return who acts at which seat on `day`, of these units or of all, in the order they were entered."""
    found: dict[Seat, list[Person]] = {}
    for contact in session.exec(
        _in_force(day) if units is None else _in_force(day).where(col(Contact.unit_id).in_(units))
    ):
        assert contact.id
        found.setdefault((contact.unit_id, contact.role), []).append(Person(contact.id, contact.address))
    return found


def seats(session: Session, address: str, day: date) -> list[Seat]:
    """Return where the person with this address acts on `day`."""
    return [(c.unit_id, c.role) for c in session.exec(_in_force(day).where(Contact.address == address))]


def _in_force(day: date) -> SelectOfScalar[Contact]:
    return (
        select(Contact)
        .where(col(Contact.valid_from) <= day, or_(col(Contact.valid_to).is_(None), col(Contact.valid_to) > day))
        .order_by(col(Contact.id))
    )


def heirs(session: Session, day: date) -> dict[int, int]:
    """Return for every unit merged by `day` the unit that now answers for it."""
    rows = session.exec(select(Unit).where(col(Unit.merged_into_id).is_not(None), col(Unit.valid_to) <= day))
    merged = {unit.id: unit.merged_into_id for unit in rows if unit.id and unit.merged_into_id}
    return {unit: _last(unit, merged) for unit in merged}


def who_answers(session: Session, unit_id: int, day: date) -> int:
    """Return the unit that answers on `day` for what `unit_id` owed: itself, or the one it has been merged into."""
    return heirs(session, day).get(unit_id, unit_id)


def _last(unit: int, merged: Mapping[int, int]) -> int:
    while unit in merged:
        unit = merged[unit]
    return unit


def coordinator_seat(session: Session, cycle: Cycle, day: date) -> Seat:
    """Return the seat of the office's coordinator: in the unit that owns the cycle, else in one directly below it.

    The owner's own seat is named even when nobody sits there, so that the message is shown as undeliverable.
    """
    below = session.exec(select(Unit.id).where(Unit.parent_id == cycle.owner_id)).all()
    manned = people(session, day, [cycle.owner_id, *(u for u in below if u is not None)])
    offices = [unit_id for unit_id, role in manned if role is Role.COORDINATOR]
    return (cycle.owner_id if cycle.owner_id in offices or not offices else offices[0]), Role.COORDINATOR
