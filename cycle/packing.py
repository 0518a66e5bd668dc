"""What one person is to get now: looked up afresh at the moment of sending, with what has been overtaken left out."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlmodel import Session, col, func, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from cycle.lookup import names
from cycle.recipients import Seat, heirs, seats
from models import Cycle, Delivery, Message, Obligation, Recipient
from models.enums import MessageState, ObligationState
from notifications.digest import Digest, Line, compose
from notifications.notices import BY_NAME, NOTICES, Reminder

WAITING = (MessageState.QUEUED, MessageState.UNDELIVERABLE)
"""What is still to be sent; a message that nobody can receive waits for a contact to be entered."""

GIVE_UP_AFTER = 3
"""So many final refusals by the provider, and a person is no longer tried; an outage never counts."""

REMINDER = NOTICES[Reminder].name


class Post(NamedTuple):
    """A person's letter, the messages in it, and those that turned out not to be worth sending, with the reason."""

    address: str
    units: str
    round: int
    digest: Digest | None
    message_ids: tuple[int, ...]
    overtaken: tuple[tuple[int, str], ...]


def pack(session: Session, address: str, day: date) -> Post:
    """Return what the person with this address is to get now: after the first digest of a day only what is urgent."""
    at, heir, called = seats(session, address, day), heirs(session, day), names(session, day)
    units = {unit for unit, _ in at}
    waiting = _waiting(session, address, day, at, units | {old for old, new in heir.items() if new in units}, heir)
    out = overtaken(session, [m for m, _ in waiting])
    served = session.exec(
        select(func.count()).select_from(Delivery).where(Delivery.address == address, Delivery.day == day)
    ).one()  # fmt: skip
    fresh = [(m, c) for m, c in waiting if m.id not in out and (m.urgent or not served)]
    lines = [Line(called[seat_of(m, heir)[0]], m.role, c.office, c.name, m.kind, m.line, m.due_on) for m, c in fresh]
    return Post(
        address=address,
        units="、".join(sorted({line.unit for line in lines})),
        round=served + 1,
        digest=compose(lines, day) if lines else None,
        message_ids=tuple(m.id for m, _ in fresh if m.id),
        overtaken=tuple(out.items()),
    )


def waiting_messages(day: date) -> SelectOfScalar[Message]:
    """Return the query for what was queued by `day` and is still to be sent, in the order it was queued."""
    return (
        select(Message).where(col(Message.state).in_(WAITING), col(Message.queued_on) <= day).order_by(col(Message.id))
    )


def seat_of(message: Message, heir: dict[int, int]) -> Seat:
    """Return where the message goes: its unit, or the one that the unit has been merged into."""
    return heir.get(message.unit_id, message.unit_id), message.role


def settled(session: Session, address: str | None = None) -> set[tuple[int, str]]:
    """Return which waiting messages are done with for which address, or for this one: reached, or refused for good."""
    query = (
        select(Recipient.message_id, Recipient.address)
        .join(Message, col(Recipient.message_id) == col(Message.id))
        .where(col(Message.state).in_(WAITING))
        .where(or_(col(Recipient.delivery_id).is_not(None), col(Recipient.refusals) >= GIVE_UP_AFTER))
    )
    return set(session.exec(query if address is None else query.where(Recipient.address == address)))


def overtaken(session: Session, messages: Sequence[Message]) -> dict[int, str]:
    """Return which of these messages, in the order they were queued, need not be sent any more, and why."""
    ids = {m.obligation_id for m in messages if m.obligation_id is not None}
    owed = {o.id: o for o in session.exec(select(Obligation).where(col(Obligation.id).in_(ids)))}
    newest = {(m.unit_id, m.role, m.obligation_id): m.id for m in messages if m.kind == REMINDER}
    reasons: dict[int, str] = {}
    for message in messages:
        obligation = owed.get(message.obligation_id)
        last = newest.get((message.unit_id, message.role, message.obligation_id), message.id)
        reason = _reason(message, obligation, last) if obligation is not None else ""
        if reason and message.id:
            reasons[message.id] = reason
    return reasons


def _reason(message: Message, obligation: Obligation, newest: int | None) -> str:
    worth_it: frozenset[ObligationState] = BY_NAME[message.kind].while_in
    if worth_it and obligation.state not in worth_it:
        return f"发送前核对：该事项为“{obligation.state.zh}”"
    if message.kind != REMINDER:
        return ""
    if message.due_on != obligation.due_on:
        return f"发送前核对：期限已改为{obligation.due_on.isoformat()}"
    return "" if message.id == newest else "已有新一级的催报"


def _waiting(
    session: Session, address: str, day: date, at: Sequence[Seat], units: set[int], heir: dict[int, int]
) -> list[tuple[Message, Cycle]]:
    rows = session.exec(
        select(Message, Cycle)
        .join(Cycle)
        .where(col(Message.unit_id).in_(units), col(Message.state).in_(WAITING), col(Message.queued_on) <= day)
        .order_by(col(Message.id))
    )
    done = settled(session, address)
    return [(m, c) for m, c in rows if seat_of(m, heir) in at and (m.id, address) not in done]
