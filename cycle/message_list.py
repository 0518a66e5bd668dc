"""The outbox as plain rows for commands and other programs: what was queued, for whom, and what came of it."""

from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from cycle.lookup import names
from models import Cycle, Delivery, Message, Recipient, Unit
from models.enums import MessageState
from notifications.notices import BY_NAME


def list_messages(
    session: Session, cycle: Cycle, *, today: date, unit: Unit | None = None, state: MessageState | None = None
) -> list[dict[str, Any]]:
    """Return the cycle's messages in the order they were queued, each with the people it reached."""
    called, reached = names(session, today), _reached(session, cycle)
    query = select(Message, col(Unit.code)).join(Unit).where(Message.cycle_id == cycle.id).order_by(col(Message.id))
    if unit is not None:
        query = query.where(Message.unit_id == unit.id)
    if state is not None:
        query = query.where(Message.state == state)
    return [
        {
            "单位": called.get(m.unit_id, code),
            "收件人": m.role.zh,
            "类别": BY_NAME[m.kind].zh,
            "内容": m.line,
            "期限": m.due_on,
            "生成日期": m.queued_on,
            "状态": m.state.zh,
            "说明": m.state_reason,
            "送达": "；".join(reached.get(m.id or 0, [])),
        }
        for m, code in session.exec(query)
    ]


def _reached(session: Session, cycle: Cycle) -> dict[int, list[str]]:
    rows = session.exec(
        select(Recipient.message_id, Delivery)
        .join(Message, col(Recipient.message_id) == col(Message.id))
        .join(Delivery, col(Recipient.delivery_id) == col(Delivery.id))
        .where(Message.cycle_id == cycle.id)
        .order_by(col(Delivery.id))
    )
    found: dict[int, list[str]] = {}
    for message_id, delivery in rows:
        found.setdefault(message_id, []).append(f"{delivery.address} {delivery.day.isoformat()} {delivery.answer}")
    return found
