"""What counts beside the items: matters that add or take points 加减分事项, and incidents 质量安全事件."""

from datetime import date

from sqlmodel import Session, select

from cycle.lookup import participant, unit_name
from cycle.rulebook import rules_in_force
from cycle.stage import require_open_facts
from cycle.trail import note
from models import Cycle, Incident, Merit, Refused, Unit
from models.columns import row_id
from models.enums import IncidentLevel


def record_merit(
    session: Session, cycle: Cycle, unit: Unit, number: str, title: str, *, basis: str, by: str, today: date
) -> Merit:
    """Record a matter under its number in the sheet 加减分 and return it.

    Raises:
        Refused: the rules have no such number, title or basis is blank, it is on record, or the facts are closed.
    """
    require_open_facts(session, cycle)
    participant(session, cycle, unit)
    known = {m.number: m.title for m in rules_in_force(session, cycle, today).doc.merits}
    if number not in known:
        listed = "、".join(f"{n} {what}" for n, what in known.items()) or "（无）"
        raise Refused(f"“加减分”表中没有编号“{number}”。现有：{listed}。")
    if not title.strip() or not basis.strip():
        raise Refused("加减分事项须写明事项和依据（文件、证书等）。")
    twin = select(Merit).where(
        Merit.cycle_id == cycle.id, Merit.unit_id == unit.id, Merit.number == number, Merit.title == title.strip()
    )
    if session.exec(twin).first() is not None:
        raise Refused(
            f"{unit_name(session, row_id(unit), today)}的“{title.strip()}”已登记在编号 {number} 下，同一事项只计一次。"
        )
    merit = Merit(
        cycle_id=row_id(cycle), unit_id=row_id(unit), number=number, title=title.strip(), basis=basis.strip(),
        recorded_by=by, recorded_on=today,
    )  # fmt: skip
    session.add(merit)
    note(session, cycle_id=cycle.id, day=today, by=by, act="record_merit", subject=f"{unit.code}/{number}",
         detail={"title": merit.title, "basis": merit.basis})  # fmt: skip
    return merit


def record_incident(
    session: Session, cycle: Cycle, unit: Unit, title: str, *, level: IncidentLevel, occurred_on: date, basis: str,
    by: str, today: date,
) -> Incident:  # fmt: skip
    """Record an incident and return it; a regional or systemic one is a veto (scoring.md R20).

    Raises:
        Refused: title or basis is blank, the day lies outside the cycle or ahead, it is on record, or the facts are
            closed.
    """
    require_open_facts(session, cycle)
    participant(session, cycle, unit)
    if not title.strip() or not basis.strip():
        raise Refused("质量安全事件须写明事件名称和认定依据。")
    if not cycle.starts <= occurred_on <= min(cycle.ends, today):
        raise Refused(
            f"发生日期 {occurred_on} 不在本周期已过的日期内（{cycle.starts} 至 {min(cycle.ends, today)}）。请核对。"
        )
    twin = select(Incident).where(
        Incident.cycle_id == cycle.id, Incident.unit_id == unit.id,
        Incident.occurred_on == occurred_on, Incident.title == title.strip(),
    )  # fmt: skip
    if session.exec(twin).first() is not None:
        raise Refused(f"{occurred_on} 的“{title.strip()}”已经登记。")
    incident = Incident(
        cycle_id=row_id(cycle), unit_id=row_id(unit), occurred_on=occurred_on, level=level, title=title.strip(),
        basis=basis.strip(), recorded_by=by, recorded_on=today,
    )  # fmt: skip
    session.add(incident)
    note(session, cycle_id=cycle.id, day=today, by=by, act="record_incident", subject=unit.code,
         detail={"title": incident.title, "level": level.value, "occurred_on": occurred_on.isoformat()})  # fmt: skip
    return incident
