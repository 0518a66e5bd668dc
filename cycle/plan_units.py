"""What an import writes about units: who they are, what they are called, their place in the cycle, their people."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import select
from sqlmodel import Session, col

from models import Contact, Cycle, Participant, Unit, UnitName
from models.columns import row_id
from models.enums import NameKind
from rules.plan import PlanContact, PlanUnit
from rules.plan_changes import Delta, Pair


def unit_ids(session: Session) -> dict[str, int]:
    """Return the id of every unit by its code."""
    return {code: unit_id for code, unit_id in session.execute(select(col(Unit.code), col(Unit.id))) if unit_id}


def add_units(session: Session, units: Iterable[PlanUnit], *, since: date) -> None:
    """Put new units on record with their names, then hang them into the tree."""
    fresh = {u.code: Unit(code=u.code, kind=u.kind, valid_from=since) for u in units}
    session.add_all(fresh.values())
    session.flush()
    ids = unit_ids(session)
    for unit in units:
        row = fresh[unit.code]
        row.parent_id = ids[unit.parent] if unit.parent else None
        session.add(UnitName(unit_id=row_id(row), name=unit.name, kind=NameKind.CURRENT, valid_from=since))
        _add_former(session, row_id(row), unit.former, since)
    session.flush()


def change_units(session: Session, cycle: Cycle, pairs: Iterable[Pair[PlanUnit]], *, today: date) -> None:
    """Rename, regroup or move units; a name that no longer holds keeps its place in the history."""
    ids = unit_ids(session)
    for old, new in pairs:
        row = session.get_one(Unit, ids[new.code])
        row.kind, row.parent_id = new.kind, ids[new.parent] if new.parent else None
        if old.name != new.name:
            _rename(session, row_id(row), new.name, today)
        _add_former(session, row_id(row), [name for name in new.former if name not in (*old.former, old.name)], today)
        _place(session, cycle, row_id(row), new)
    session.flush()


def add_participants(session: Session, cycle: Cycle, units: Iterable[PlanUnit]) -> None:
    """Give each unit that has a group its place in the cycle."""
    ids = unit_ids(session)
    for unit in units:
        _place(session, cycle, ids[unit.code], unit)
    session.flush()


def change_contacts(session: Session, delta: Delta[PlanContact], *, since: date, today: date) -> None:
    """End the people who no longer act, begin those who do now."""
    ids = unit_ids(session)
    rows = {
        (c.unit_id, c.role, c.title, c.address, c.valid_from): c
        for c in session.scalars(select(Contact).order_by(col(Contact.id)))
    }
    acting = {key[:4]: row for key, row in rows.items() if row.valid_to is None}
    for contact in delta.gone:
        acting[ids[contact.unit], contact.role, contact.title, contact.address].valid_to = today
    for contact in delta.added:
        key = ids[contact.unit], contact.role, contact.title, contact.address
        again = rows.get((*key, since))
        if again is not None:
            again.valid_to = None
            continue
        session.add(Contact(unit_id=key[0], role=key[1], title=key[2], address=key[3], valid_from=since))
    session.flush()


def _rename(session: Session, unit_id: int, name: str, today: date) -> None:
    present = session.scalars(
        select(UnitName).where(
            col(UnitName.unit_id) == unit_id, col(UnitName.kind) == NameKind.CURRENT, col(UnitName.valid_to).is_(None)
        )
    ).one()
    present.valid_to = today
    session.flush()
    again = session.scalars(  # renamed twice on one day
        select(UnitName).where(
            col(UnitName.unit_id) == unit_id, col(UnitName.kind) == NameKind.CURRENT, col(UnitName.name) == name,
            col(UnitName.valid_from) == today,
        )
    ).first()  # fmt: skip
    if again is None:
        session.add(UnitName(unit_id=unit_id, name=name, kind=NameKind.CURRENT, valid_from=today))
    else:
        again.valid_to = None


def _add_former(session: Session, unit_id: int, names: Iterable[str], since: date) -> None:
    session.add_all(UnitName(unit_id=unit_id, name=name, kind=NameKind.FORMER, valid_from=since) for name in names)


def _place(session: Session, cycle: Cycle, unit_id: int, unit: PlanUnit) -> None:
    place = session.scalars(
        select(Participant).where(col(Participant.cycle_id) == cycle.id, col(Participant.unit_id) == unit_id)
    ).first()
    if place is None and unit.group:
        place = Participant(cycle_id=row_id(cycle), unit_id=unit_id, group_name=unit.group)
        session.add(place)
    if place is not None:
        place.group_name, place.assessed, place.duty = unit.group, unit.assessed, unit.duty
