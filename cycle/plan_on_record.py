"""The plan as it stands on record now: what an import is compared with, and what an export writes."""

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlmodel import Session, col

from models import Assignment, Contact, Cycle, Indicator, Milestone, Participant, RuleSet, Target, Unit, UnitName
from models.columns import row_id
from models.enums import AssignmentRole, NameKind, Split
from rules.plan import Basics, Plan, PlanContact, PlanIndicator, PlanMilestone, PlanUnit, UnitCode, columns
from rules.plan import Target as Figure
from rules.plan_scoring import OPTIONS, grade_rows, merit_rows, rule_rows
from rules.scoring import RuleSetDoc


def plan_on_record(session: Session, cycle: Cycle, also: Collection[str] = ()) -> Plan:
    """Return the plan of the cycle as it stands: present targets, units and contacts, the newest rules.

    `also` are codes of units that are listed too if they are on record, though the cycle does not need them.
    """
    codes: dict[int, UnitCode] = {i: UnitCode(c) for i, c in session.execute(select(col(Unit.id), col(Unit.code))) if i}
    rules = newest_rules(session, cycle)
    indicators = _indicators(session, cycle, codes)
    units = units_on_record(session, cycle, {*_taking_part(session, cycle, codes, indicators, rules), *also})
    return Plan(
        basics=_basics(cycle, codes, rules),
        units=units,
        contacts=contacts_on_record(session, [u.code for u in units]),
        indicators=indicators,
        rules=rule_rows(rules),
        milestones=tuple(
            PlanMilestone(code=m.code, name=m.name, due_on=m.due_on)
            for m in session.scalars(
                select(Milestone).where(col(Milestone.cycle_id) == cycle.id).order_by(col(Milestone.id))
            )
        ),
        merits=merit_rows(rules),
        grades=grade_rows(rules),
    )


def newest_rules(session: Session, cycle: Cycle) -> RuleSetDoc:
    """Return the newest version of the cycle's rules."""
    newest = (
        select(col(RuleSet.document)).where(col(RuleSet.cycle_id) == cycle.id).order_by(col(RuleSet.version).desc())
    )
    return RuleSetDoc.model_validate_json(session.scalars(newest.limit(1)).one())


def units_on_record(session: Session, cycle: Cycle | None, codes: Collection[str]) -> tuple[PlanUnit, ...]:
    """Return those of the units that are on record, with their place in the cycle if there is one."""
    known = {row_id(u): u for u in session.scalars(select(Unit).order_by(col(Unit.id)))}
    present, former = _names(session)
    places = {} if cycle is None else {
        p.unit_id: p for p in session.scalars(select(Participant).where(col(Participant.cycle_id) == cycle.id))
    }  # fmt: skip
    found = []
    for unit_id, unit in known.items():
        if unit.code in codes:
            place = places.get(unit_id)
            found.append(PlanUnit(
                code=unit.code, name=present[unit_id], kind=unit.kind,
                parent=UnitCode(known[unit.parent_id].code if unit.parent_id else ""),
                group=place.group_name if place else "", assessed=place.assessed if place else True,
                former=tuple(former.get(unit_id, ())), duty=place.duty if place else "", ended=unit.valid_to,
            ))  # fmt: skip
    return tuple(found)


def contacts_on_record(session: Session, codes: Collection[str]) -> tuple[PlanContact, ...]:
    """Return the people who act for these units now."""
    rows = session.execute(
        select(col(Unit.code), col(Contact.role), col(Contact.title), col(Contact.address))
        .join(Contact, col(Contact.unit_id) == col(Unit.id))
        .where(col(Contact.valid_to).is_(None))
        .order_by(col(Contact.id))
    )
    return tuple(PlanContact(unit=UnitCode(u), role=r, title=t, address=a) for u, r, t, a in rows if u in codes)


class Current(NamedTuple):
    """A running assignment with the newest version of its target."""

    indicator_id: int
    assignment_id: int
    unit_id: int
    role: AssignmentRole
    weight: Decimal | None
    version: int
    value: Decimal | None
    value_high: Decimal | None
    margin: Decimal | None


def current_targets(session: Session, cycle: Cycle) -> list[Current]:
    """Return every running assignment of the cycle with its present target, in the order they were made."""
    newest = (
        select(col(Target.assignment_id), func.max(col(Target.version)).label("version"))
        .group_by(col(Target.assignment_id))
        .subquery()
    )
    rows = session.execute(
        select(
            col(Assignment.indicator_id), col(Assignment.id), col(Assignment.unit_id), col(Assignment.role),
            col(Assignment.weight), col(Target.version), col(Target.value), col(Target.value_high), col(Target.margin),
        )
        .join(Indicator, col(Indicator.id) == col(Assignment.indicator_id))
        .join(newest, newest.c.assignment_id == col(Assignment.id))
        .join(Target, (col(Target.assignment_id) == col(Assignment.id)) & (col(Target.version) == newest.c.version))
        .where(col(Indicator.cycle_id) == cycle.id, col(Assignment.ended_on).is_(None))
        .order_by(col(Assignment.id))
    )  # fmt: skip
    return [Current(*row) for row in rows]


def _basics(cycle: Cycle, codes: dict[int, UnitCode], rules: RuleSetDoc) -> Basics:
    days = [(date.fromisoformat(day), works) for day, works in sorted(cycle.workdays.items())]
    own = {name: getattr(cycle, name) for name in columns(Basics) if hasattr(cycle, name)}
    options: dict[str, Any] = {name: getattr(rules.options, name) for name in OPTIONS}
    return Basics(
        **own,
        **options,
        owner=codes[cycle.owner_id],
        extra_workdays=tuple(day for day, works in days if works),
        extra_days_off=tuple(day for day, works in days if not works),
    )


def _indicators(session: Session, cycle: Cycle, codes: dict[int, UnitCode]) -> tuple[PlanIndicator, ...]:
    carried: dict[int, list[Current]] = {}
    for current in current_targets(session, cycle):
        carried.setdefault(current.indicator_id, []).append(current)
    rows = session.scalars(select(Indicator).where(col(Indicator.cycle_id) == cycle.id).order_by(col(Indicator.id)))
    return tuple(_indicator(row, carried[row_id(row)], codes) for row in rows)


SAME_NAME = frozenset(columns(PlanIndicator)) & frozenset(Indicator.model_fields)
"""The fields that the table and the sheet have under one name."""


def _indicator(row: Indicator, parts: Sequence[Current], codes: dict[int, UnitCode]) -> PlanIndicator:
    lead = next(p for p in parts if p.role is AssignmentRole.LEAD)
    others = [p for p in parts if p is not lead]
    own: dict[str, Any] = {name: getattr(row, name) for name in SAME_NAME}
    return PlanIndicator(
        **own,
        value=_figure(lead.value),
        value_high=_figure(lead.value_high),
        margin=_figure(lead.margin),
        lead=codes[lead.unit_id],
        cooperating=tuple(codes[p.unit_id] for p in others),
        weights=tuple((codes[p.unit_id], p.weight or Decimal(0)) for p in others) if row.split is Split.WEIGHTS else (),
        supplier=codes[row.supplier_id] if row.supplier_id else UnitCode(""),
        evidence=row.evidence_required,
    )


def _figure(value: Decimal | None) -> Figure | None:
    return None if value is None else Figure(value)


def _names(session: Session) -> tuple[dict[int, str], dict[int, list[str]]]:
    """Return each unit's present (or last) name, and its other names, by unit."""
    rows = session.scalars(select(UnitName).order_by(col(UnitName.id))).all()
    present = {n.unit_id: n.name for n in rows if n.kind is NameKind.CURRENT}  # the last one entered holds now
    former: dict[int, list[str]] = {}
    for name in rows:
        if name.name != present[name.unit_id] and name.name not in former.setdefault(name.unit_id, []):
            former[name.unit_id].append(name.name)
    return present, former


def _taking_part(
    session: Session, cycle: Cycle, codes: dict[int, UnitCode], indicators: Sequence[PlanIndicator], rules: RuleSetDoc
) -> set[str]:
    """Return the codes of the units the plan is about: assessed, assessing, above them, supplying or scoring."""
    found: set[str] = {codes[cycle.owner_id], *(i.supplier for i in indicators if i.supplier)}
    found |= {
        codes[i] for i in session.scalars(select(col(Participant.unit_id)).where(col(Participant.cycle_id) == cycle.id))
    }
    for item in rules.items:
        found |= {*item.units, *([item.scorer] if item.scorer else [])}
    above = {u.code: u.parent_id for u in session.scalars(select(Unit))}
    for code in list(found):
        while parent := above[code]:
            code = codes[parent]
            found.add(code)
    return found
