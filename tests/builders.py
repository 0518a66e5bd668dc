"""Records for tests, put together directly: a county with its units, people, one cycle and what is owed in it."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session

from models import Contact, Cycle, Obligation, Participant, Unit, UnitName
from models.columns import row_id
from models.enums import ObligationKind, ObligationState, Role, UnitKind

NEW_YEAR = date(2026, 1, 1)


def add_unit(session: Session, code: str, name: str, *, parent: Unit | None = None,
             kind: UnitKind = UnitKind.DEPARTMENT, since: date = NEW_YEAR) -> Unit:  # fmt: skip
    """A unit with its name from a day on."""
    unit = Unit(code=code, kind=kind, parent_id=parent.id if parent else None, valid_from=since)
    session.add(unit)
    session.flush()
    session.add(UnitName(unit_id=row_id(unit), name=name, valid_from=since))
    session.flush()
    return unit


def add_contact(session: Session, unit: Unit, role: Role = Role.LIAISON, address: str | None = None, *,
                since: date = NEW_YEAR, until: date | None = None) -> Contact:  # fmt: skip
    """Somebody who acts for the unit; the address is made from role and unit unless given."""
    contact = Contact(
        unit_id=row_id(unit), role=role, title=f"{role.zh}岗位",
        address=address or f"{role.value}@{unit.code}.example.com",
        valid_from=since, valid_to=until,
    )  # fmt: skip
    session.add(contact)
    session.flush()
    return contact


@dataclass
class County:
    """示例县 with its office in the market bureau, an agriculture bureau and a town, and the cycle of 2026."""

    county: Unit
    market: Unit
    farming: Unit
    town: Unit
    cycle: Cycle


def add_county(session: Session, code: str = "2026") -> County:
    """A county whose units all have a liaison officer, a deputy and a head; the market bureau houses the office."""
    county = add_unit(session, "county", "示例县", kind=UnitKind.COUNTY)
    market = add_unit(session, "market", "市场监管局", parent=county)
    farming = add_unit(session, "farming", "农业农村局", parent=county)
    town = add_unit(session, "town", "甲镇", parent=county, kind=UnitKind.TOWN)
    for unit in (market, farming, town):
        for role in (Role.LIAISON, Role.DEPUTY, Role.HEAD):
            add_contact(session, unit, role)
    add_contact(session, market, Role.COORDINATOR)
    cycle = add_cycle(session, county, code)
    for unit in (market, farming, town):
        session.add(Participant(cycle_id=row_id(cycle), unit_id=row_id(unit), group_name=unit.kind.zh))
    session.flush()
    return County(county, market, farming, town, cycle)


def add_cycle(session: Session, owner: Unit, code: str = "2026", **other: Any) -> Cycle:
    """A cycle over the calendar year 2026, with the published workdays."""
    cycle = Cycle(**{
        "code": code, "name": f"示例县{code}年度质量工作考核", "owner_id": owner.id, "office": "示例县质强办",
        "issuing_code": "示质强办", "starts": NEW_YEAR, "ends": date(2026, 12, 31), **other,
    })  # fmt: skip
    session.add(cycle)
    session.flush()
    return cycle


def add_obligation(
    session: Session, cycle: Cycle, unit: Unit, due_on: date, *, key: str = "", title: str = "",
    state: ObligationState = ObligationState.OPEN, kind: ObligationKind = ObligationKind.SELF_CHECK, **other: Any,
) -> Obligation:  # fmt: skip
    """Something the unit owes by a day; open since New Year unless stated otherwise."""
    key = key or f"{kind.value}/{unit.code}/{due_on}"
    if state in (ObligationState.SUBMITTED, ObligationState.RETURNED, ObligationState.ACCEPTED):
        other.setdefault("filed_on", NEW_YEAR)
    obligation = Obligation(
        cycle_id=row_id(cycle), key=key, kind=kind, title=title or f"{kind.zh}（{key}）", supplier_id=row_id(unit),
        assessed_id=row_id(unit), open_on=NEW_YEAR, due_on=due_on, state=state, **other,
    )  # fmt: skip
    session.add(obligation)
    session.flush()
    return obligation
