"""Lists for commands and other programs: plain rows with Chinese headings, nothing decided here."""

from datetime import date
from typing import Any

from sqlmodel import Session, col, or_, select

from cycle.extensions import waiting_extensions
from cycle.lookup import names
from models import Assignment, Contact, Cycle, Indicator, Letter, Order, Participant, Unit
from models.columns import row_id

Rows = list[dict[str, Any]]


def list_drafts(session: Session, cycle: Cycle) -> Rows:
    """Return every running assignment with the state of its draft."""
    called = names(session, cycle.ends)
    rows = session.exec(
        select(Unit, Indicator, Assignment)
        .join(Assignment, col(Assignment.unit_id) == col(Unit.id))
        .join(Indicator)
        .where(Indicator.cycle_id == cycle.id, col(Assignment.ended_on).is_(None))
        .order_by(Unit.code, col(Indicator.id))
    )
    return [
        {
            "编码": u.code,
            "单位": called[row_id(u)],
            "序号": i.number,
            "指标": i.name,
            "角色": a.role.zh,
            "状态": a.state.zh,
        }
        for u, i, a in rows
    ]


def list_letters(session: Session, cycle: Cycle) -> Rows:
    """Return every letter, superseded ones included, in the order of issue."""
    called = names(session, cycle.ends)
    rows = session.exec(select(Letter).where(Letter.cycle_id == cycle.id).order_by(col(Letter.id)))
    return [
        {
            "文号": x.label,
            "单位": called[x.unit_id],
            "版次": x.version,
            "状态": x.state.zh,
            "印发": x.issued_on,
            "签收": x.acknowledged_on,
            "换发理由": x.reason,
        }
        for x in rows
    ]


def list_orders(session: Session, cycle: Cycle) -> Rows:
    """Return every supervision order, drafts included."""
    called = names(session, cycle.ends)
    rows = session.exec(select(Order).where(Order.cycle_id == cycle.id).order_by(col(Order.id)))
    return [
        {
            "事项编号": o.matter,
            "文号": o.label,
            "单位": called[o.unit_id],
            "事项": o.title,
            "等级": o.level.zh,
            "状态": o.state.zh,
            "期限": o.due_on,
            "销号": o.closed_on,
            "逾期": "是" if o.late else "否",
        }
        for o in rows
    ]


def list_extensions(session: Session, cycle: Cycle) -> Rows:
    """Return the applications for a later date that wait for the office, in the order they came."""
    called = names(session, cycle.ends)
    return [
        {
            "编号": o.key,
            "单位": called[o.supplier_id],
            "事项": o.title,
            "现期限": o.due_on,
            "申请延至": e.wanted_on,
            "理由": e.reason,
            "申请日期": e.applied_on,
        }
        for o, e in waiting_extensions(session, cycle)
    ]


def list_units(session: Session, cycle: Cycle) -> Rows:
    """Return the cycle's units with their group, merged ones included."""
    called = names(session, cycle.ends)
    rows = session.exec(
        select(Unit, Participant)
        .join(Participant)
        .where(Participant.cycle_id == cycle.id)
        .order_by(col(Participant.id))
    )
    return [
        {
            "编码": u.code,
            "单位": called[row_id(u)],
            "组别": p.group_name,
            "考核": "是" if p.assessed else "否",
            "停用": u.valid_to,
        }
        for u, p in rows
    ]


def list_contacts(session: Session, cycle: Cycle, day: date) -> Rows:
    """Return who acts for the cycle's units on `day`."""
    called = names(session, day)
    rows = session.exec(
        select(Unit, Contact)
        .join(Contact, col(Contact.unit_id) == col(Unit.id))
        .join(Participant, col(Participant.unit_id) == col(Unit.id))
        .where(Participant.cycle_id == cycle.id, col(Contact.valid_from) <= day)
        .where(or_(col(Contact.valid_to).is_(None), col(Contact.valid_to) > day))
        .order_by(Unit.code, col(Contact.id))
    )
    return [
        {"编码": u.code, "单位": called[row_id(u)], "角色": c.role.zh, "职务": c.title, "地址": c.address}
        for u, c in rows
    ]
