"""Finding things by the words people use: a cycle's code, a unit's name of any day, an item's number."""

from datetime import date

from sqlalchemy import or_
from sqlmodel import Session, col, select

from models import Cycle, Indicator, Obligation, Participant, Refused, Unit, UnitName
from models.enums import NameKind
from rules.workdays import Workdays


def find_cycle(session: Session, code: str) -> Cycle:
    """Return the cycle with this code; Refused lists the ones there are."""
    cycle = session.exec(select(Cycle).where(Cycle.code == code)).first()
    if cycle is None:
        known = "、".join(session.exec(select(Cycle.code).order_by(Cycle.code))) or "（尚未导入任何计划）"
        raise Refused(f"没有代码为“{code}”的考核周期。现有：{known}。请核对 --cycle。")
    return cycle


def open_cycles(session: Session) -> list[str]:
    """Return the codes of the cycles that are not closed, oldest first."""
    return list(
        session.exec(select(Cycle.code).where(col(Cycle.closed_on).is_(None)).order_by(col(Cycle.starts), Cycle.code))
    )


def find_unit(session: Session, text: str) -> Unit:
    """Return the unit called `text`: its code, its present name or a former one; Refused when none or several fit."""
    units = session.exec(
        select(Unit).distinct().join(UnitName).where(or_(col(Unit.code) == text, col(UnitName.name) == text))
    ).all()
    if not units:
        raise Refused(f"没有名为“{text}”的单位。请填写单位编码、现名或曾用名（见“单位”表）。")
    if len(units) > 1:
        codes = "、".join(sorted(u.code for u in units))
        raise Refused(f"“{text}”对应多个单位（编码 {codes}）。请改用单位编码。")
    return units[0]


def participant(session: Session, cycle: Cycle, unit: Unit) -> Participant:
    """Return the unit's place in the cycle; Refused when it takes no part."""
    found = session.exec(
        select(Participant).where(Participant.cycle_id == cycle.id, Participant.unit_id == unit.id)
    ).first()
    if found is None:
        raise Refused(f"单位 {unit.code} 不在考核周期 {cycle.code} 的名单中。请核对单位或周期。")
    return found


def find_indicator(session: Session, cycle: Cycle, number: str) -> Indicator:
    """Return the row of the decomposition table with this number."""
    found = session.exec(select(Indicator).where(Indicator.cycle_id == cycle.id, Indicator.number == number)).first()
    if found is None:
        raise Refused(f"目标任务分解表中没有序号“{number}”。请核对序号。")
    return found


def find_obligation(session: Session, cycle: Cycle, key: str) -> Obligation:
    """Return what is owed under this key."""
    found = session.exec(select(Obligation).where(Obligation.cycle_id == cycle.id, Obligation.key == key)).first()
    if found is None:
        raise Refused(f"考核周期 {cycle.code} 中没有编号为“{key}”的应报事项。请用 zhiqiang report list 查看。")
    return found


def names(session: Session, day: date) -> dict[int, str]:
    """Return every unit's name on `day` by unit id; a paper carries the name of its own day.

    A unit that had ended by then keeps its last name, one that was still to come has its first.
    """
    rows = session.exec(
        select(col(UnitName.unit_id), col(UnitName.name), col(UnitName.valid_from), col(UnitName.valid_to))
        .where(UnitName.kind == NameKind.CURRENT)
        .order_by(col(UnitName.valid_from), col(UnitName.id))
    )
    called: dict[int, str] = {}
    for unit_id, name, since, until in rows:
        if unit_id not in called or (since <= day and since != until):
            called[unit_id] = name
    return called


def unit_name(session: Session, unit_id: int, day: date) -> str:
    """Return what the unit was called on `day`."""
    return names(session, day)[unit_id]


def calendar(cycle: Cycle) -> Workdays:
    """Return the workday calendar of a cycle: its county's overrides over the published one."""
    return Workdays({date.fromisoformat(day): bool(works) for day, works in cycle.workdays.items()})
