"""The rules in force on a day, the units they are applied to, and who marks what."""

from datetime import date
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlmodel import Session, col

from cycle.lookup import names, participant
from models import Cycle, Participant, Refused, RuleSet, Unit
from models.columns import row_id
from rules.scoring import Item, Need, RuleSetDoc


class InForce(NamedTuple):
    """A version of the rules, as it is cited and as it is applied."""

    rule_set_id: int
    version: int
    sha256: str
    effective_on: date
    doc: RuleSetDoc


class Place(NamedTuple):
    """A unit that is assessed, and the group it is ranked in."""

    unit_id: int
    code: str
    name: str
    group: str


def rules_in_force(session: Session, cycle: Cycle, day: date) -> InForce:
    """Return the newest rules effective on or before `day`.

    Raises:
        Refused: none were effective yet.
    """
    found = session.scalars(
        select(RuleSet)
        .where(col(RuleSet.cycle_id) == cycle.id, col(RuleSet.effective_on) <= day)
        .order_by(col(RuleSet.version).desc())
        .limit(1)
    ).first()
    if found is None:
        raise Refused(f"考核周期 {cycle.code} 在 {day} 尚无生效的评分细则，无法计分。请核对日期，或先导入计划。")
    return _in_force(found)


def rules_of(session: Session, rule_set_id: int) -> InForce:
    """Return a version of the rules by its row."""
    return _in_force(session.get_one(RuleSet, rule_set_id))


def _in_force(row: RuleSet) -> InForce:
    return InForce(row_id(row), row.version, row.sha256, row.effective_on, _read(row.document))


@lru_cache(maxsize=8)
def _read(document: str) -> RuleSetDoc:
    """Return the rules in the text; scorers mark hundreds of items in a row by the same rules."""
    return RuleSetDoc.model_validate_json(document)


def assessed_units(session: Session, cycle: Cycle, *, day: date) -> tuple[Place, ...]:
    """Return the units that are ranked, in the order of the plan, under their names of `day`.

    A unit that ended before the cycle did is not ranked: its tasks went to its heir.
    """
    called = names(session, day)
    rows = session.execute(
        select(col(Unit.id), col(Unit.code), col(Participant.group_name))
        .join(Participant, col(Participant.unit_id) == col(Unit.id))
        .where(col(Participant.cycle_id) == cycle.id, col(Participant.assessed))
        .where(or_(col(Unit.valid_to).is_(None), col(Unit.valid_to) > cycle.ends))
        .order_by(col(Participant.id))
    )
    return tuple(Place(unit, code, called[unit], group) for unit, code, group in rows if unit is not None)


def item_of(session: Session, cycle: Cycle, unit: Unit, number: str, *, day: date) -> Item:
    """Return the item `number` that the unit is assessed by; Refused names the ones there are."""
    items = items_of(session, cycle, unit, day=day)
    found = next((i for i in items if i.number == number), None)
    if found is None:
        known = "、".join(i.number for i in items) or "（无）"
        raise Refused(f"单位 {unit.code} 没有编号为“{number}”的评分项目。该单位的项目：{known}。")
    return found


def items_of(session: Session, cycle: Cycle, unit: Unit, *, day: date) -> tuple[Item, ...]:
    """Return the items the unit is assessed by, in the order of the table."""
    group = participant(session, cycle, unit).group_name
    return rules_in_force(session, cycle, day).doc.items_for(unit.code, group)


def is_judged(item: Item) -> bool:
    """Return whether a scorer marks the item; all others the system works out from the record."""
    return bool(item.rule.needs(item.params) is Need.JUDGED)


def scorer_code(item: Item, unit_code: str, owner_code: str) -> str:
    """Return the code of the unit that marks `item` for a unit.

    It is the item's scorer; nobody marks the own unit, so there, and where no scorer is named, it is the unit that
    owns the cycle (year.md, Scorers).
    """
    return owner_code if item.scorer in (None, "", unit_code) else str(item.scorer)
