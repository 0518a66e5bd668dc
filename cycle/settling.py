"""What has come of each message: put down after every attempt, for every person it was meant for."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from pendulum import DateTime
from sqlmodel import Session, col, select

from cycle.lookup import names
from cycle.outcomes import Done, Failure, Outcome
from cycle.packing import GIVE_UP_AFTER, WAITING, Post, seat_of, settled, waiting_messages
from cycle.recipients import Person, Seat, heirs, people
from models import Delivery, Message, Recipient
from models.enums import MessageState, Role
from models.record import Record
from notifications.channels import Answer
from rules.states import move

NEEDED = (Role.LIAISON, Role.COORDINATOR)
"""The roles in which a unit, or the office, must have somebody; a lack of others is reported but is no refusal."""


def set_aside(record: Record, now: DateTime) -> Outcome:
    """Put down as undeliverable what is for a role in which nobody acts today, and say whose it is.

    Messages of which nobody is left to be reached, because a contact has gone, are closed as well.
    """
    day = now.date()
    with record.reading() as session:
        manned, heir, called, done = people(session, day), heirs(session, day), names(session, day), settled(session)
        waiting = [(m.id, m.state, seat_of(m, heir)) for m in session.exec(waiting_messages(day)) if m.id]
    lonely = {i: seat for i, state, seat in waiting if seat not in manned and state is MessageState.QUEUED}
    over = {i: manned[d] for i, _, d in waiting if d in manned and all((i, p.address) in done for p in manned[d])}
    if lonely or over:
        with record.writing() as session:
            _close(session, lonely, over)
    counts = Counter((called[unit], role) for unit, role in lonely.values())
    return Outcome(
        tuple(
            Done(f"无人可收（没有在任的{role.zh}）", n, unit)
            for (unit, role), n in counts.items()
            if role not in NEEDED
        ),
        tuple(
            Failure(unit, f"没有在任的{role.zh}，{n}条通知无人可收。请登记联络人，登记后自动补发。")
            for (unit, role), n in counts.items()
            if role in NEEDED
        ),
    )


def suppress(session: Session, post: Post) -> None:
    """Take what has been overtaken out of the queue, with the reason."""
    reasons = dict(post.overtaken)
    for message in _messages(session, reasons):
        if message.state in WAITING:
            message.state = move(_queued(message), "suppress")
            message.state_reason = reasons[message.id or 0]


def put_down(session: Session, post: Post, answer: Answer, contact_id: int, now: DateTime) -> None:
    """Record what came of one letter: its text, the provider's answer, and how far each message in it has got."""
    delivery_id = _delivered(session, post, answer, contact_id, now) if answer.accepted else None
    known = _recipients(session, post.message_ids)
    for message_id in post.message_ids:
        recipient = known[message_id].setdefault(post.address, Recipient(message_id=message_id, address=post.address))
        recipient.answer, recipient.delivery_id = answer.text, delivery_id
        recipient.refusals += not answer.accepted and not answer.retry
        session.add(recipient)
    heir, messages = heirs(session, now.date()), _messages(session, post.message_ids)
    manned = people(session, now.date(), {seat_of(m, heir)[0] for m in messages})
    for message in messages:
        message.attempts += 1
        if message.state in WAITING:
            _settle(message, manned.get(seat_of(message, heir), []), known[message.id or 0])


def _delivered(session: Session, post: Post, answer: Answer, contact_id: int, now: DateTime) -> int | None:
    assert post.digest is not None
    delivery = Delivery(
        contact_id=contact_id, address=post.address, day=now.date(), round=post.round,
        title=post.digest.title, body=post.digest.body, answer=answer.text, sent_at=now,
    )  # fmt: skip
    session.add(delivery)
    session.flush()
    return delivery.id


def _settle(message: Message, meant: Sequence[Person], known: Mapping[str, Recipient]) -> None:
    """Decide what the message has come to: everybody reached, somebody given up, or somebody still to be reached."""
    got = {p.address: known[p.address] for p in meant if p.address in known}
    refused = [r for r in got.values() if r.delivery_id is None]
    message.state = _queued(message)
    message.state_reason = "；".join(f"{r.address}：{r.answer}" for r in refused)
    if any(p.address not in got for p in meant) or any(r.refusals < GIVE_UP_AFTER for r in refused):
        return
    message.delivery_id = max((r.delivery_id for r in got.values() if r.delivery_id), default=None)
    message.state = move(message.state, "fail" if refused else "send")


def _close(session: Session, lonely: Mapping[int, Seat], over: Mapping[int, Sequence[Person]]) -> None:
    for message in _messages(session, lonely):
        if message.state is MessageState.QUEUED:
            message.state = move(message.state, "strand")
            message.state_reason = f"没有在任的{message.role.zh}"
    known = _recipients(session, over)
    for message in _messages(session, over):
        if message.state in WAITING:
            _settle(message, over[message.id or 0], known[message.id or 0])


def _queued(message: Message) -> MessageState:
    return move(message.state, "requeue") if message.state is MessageState.UNDELIVERABLE else message.state


def _recipients(session: Session, message_ids: Iterable[int]) -> dict[int, dict[str, Recipient]]:
    """Return how far each of these messages has got, by message and address."""
    found: dict[int, dict[str, Recipient]] = {message_id: {} for message_id in message_ids}
    for recipient in session.exec(select(Recipient).where(col(Recipient.message_id).in_(found))):
        found[recipient.message_id][recipient.address] = recipient
    return found


def _messages(session: Session, ids: Iterable[int]) -> Sequence[Message]:
    return session.exec(select(Message).where(col(Message.id).in_(ids)).order_by(col(Message.id))).all()
