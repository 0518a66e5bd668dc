"""Delivery of the outbox: one digest per person and day, checked again at the moment of sending.

Sending happens outside every transaction; what came of it is recorded in one transaction per person. A crash in
between repeats the one message in flight and loses none.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

from pendulum import DateTime
from sqlmodel import Session, col, select

from cycle.lookup import names
from cycle.outcomes import Done, Failure, Outcome, merge
from cycle.packing import GIVE_UP_AFTER, WAITING, Post, desk_of, pack, settled
from cycle.recipients import Person, heirs, people
from cycle.sending_lock import sending_to
from cycle.trail import note
from models import Contact, Cycle, Delivery, Message, Recipient
from models.enums import MessageState, Role
from models.record import Record
from notifications.channels import Answer, Sender
from rules.states import move

STOP_AFTER = 3
"""So many people in a row for whom the provider gave no answer, and the others wait for the next tick."""

NEEDED = (Role.LIAISON, Role.COORDINATOR)
SENT, SAID, SKIPPED = "发出通知（封）", "所含事项（条）", "免发（已办理或已变更）"


def plan_deliveries(record: Record, now: DateTime) -> list[int]:
    """Return whom to write to now, one contact for each person; messages nobody can receive are set aside first."""
    set_aside(record, now)
    day = now.date()
    with record.reading() as session:
        manned, heir = people(session, day), heirs(session, day)
        served = set(session.exec(select(Delivery.address).where(Delivery.day == day)))
        done = settled(session)
        wanted = {
            person.address
            for message in session.exec(select(Message).where(col(Message.state).in_(WAITING)))
            for person in manned.get(desk_of(message, heir), ())
            if (message.urgent or person.address not in served) and (message.id, person.address) not in done
        }
    everybody = sorted((p for at_desk in manned.values() for p in at_desk), reverse=True)
    first = {person.address: person.contact_id for person in everybody}
    return sorted(first[address] for address in wanted)


def set_aside(record: Record, now: DateTime) -> Outcome:
    """Put down as undeliverable what is for a role in which nobody acts today, and say whose.

    A unit must have a liaison officer and an office its coordinator; a lack of others is reported, not refused.
    """
    day = now.date()
    with record.reading() as session:
        manned, heir, called = people(session, day), heirs(session, day), names(session, day)
        queued = session.exec(select(Message).where(Message.state == MessageState.QUEUED).order_by(col(Message.id)))
        lonely = {m.id: desk_of(m, heir) for m in queued if m.id and desk_of(m, heir) not in manned}
    if not lonely:
        return Outcome()
    with record.writing() as session:
        for message in _messages(session, lonely):
            if message.state is MessageState.QUEUED:
                message.state = move(message.state, "strand")
                message.state_reason = f"没有在任的{message.role.zh}"
    counts = Counter((called[unit], role) for unit, role in lonely.values())
    return Outcome(
        tuple(
            Done(f"无人可收的通知（没有在任的{role.zh}）", n, unit)
            for (unit, role), n in counts.items()
            if role not in NEEDED
        ),
        tuple(
            Failure(unit, f"没有在任的{role.zh}，{n}条通知无人可收。请登记联络人，登记后自动补发。")
            for (unit, role), n in counts.items()
            if role in NEEDED
        ),
    )


def deliver(record: Record, contact_ids: Iterable[int], *, now: DateTime, sender: Sender) -> Outcome:
    """Send each of these people what they are to get now and return what was sent and what was refused.

    A letter that the provider does not take stays in the queue for the next tick; after `GIVE_UP_AFTER` final
    refusals its messages are put down as failed. Run twice, or by two at once, it sends each letter once.
    """
    outcomes: list[Outcome] = []
    silent = 0
    for contact_id in contact_ids:
        outcome, answer = _deliver_to(record, contact_id, now, sender)
        outcomes.append(outcome)
        if answer is not None:
            silent = silent + 1 if answer.retry and not answer.accepted else 0
        if silent == STOP_AFTER:
            waits = Failure("", f"发送渠道连续{STOP_AFTER}次没有受理，其余通知留待下次发送。请检查渠道设置和网络。")
            outcomes.append(Outcome(refused=(waits,)))
            break
    return _summed(merge(outcomes))


def preview(record: Record, now: DateTime) -> list[Post]:
    """Return what would go out now, person by person; nothing is sent or changed."""
    day = now.date()
    with record.reading() as session:
        addresses = sorted({p.address for at_desk in people(session, day).values() for p in at_desk})
        return [post for post in (pack(session, address, day) for address in addresses) if post.digest is not None]


def retry_failed(session: Session, cycle: Cycle, *, by: str, today: date) -> int:
    """Queue the cycle's failed messages again, for those who have not got them, and return how many there were."""
    failed = session.exec(
        select(Message).where(Message.cycle_id == cycle.id, Message.state == MessageState.FAILED)
    ).all()
    for message in failed:
        message.state = move(message.state, "requeue")
        message.state_reason = ""
    ids = [m.id for m in failed]
    for recipient in session.exec(select(Recipient).where(col(Recipient.message_id).in_(ids))):
        recipient.refusals = 0
    if failed:
        note(
            session,
            cycle_id=cycle.id,
            day=today,
            by=by,
            act="retry_messages",
            subject=cycle.code,
            detail={"count": len(ids)},
        )
    return len(ids)


def _deliver_to(record: Record, contact_id: int, now: DateTime, sender: Sender) -> tuple[Outcome, Answer | None]:
    with record.reading() as session:
        address = session.exec(select(Contact.address).where(Contact.id == contact_id)).one()
    with sending_to(record, address):
        with record.reading() as session:
            post = pack(session, address, now.date())
        answer = sender(address, *post.digest) if post.digest else None
        if answer is not None or post.overtaken:
            with record.writing() as session:
                _suppress(session, post)
                if answer is not None:
                    _put_down(session, post, answer, contact_id, now)
    skipped = (Done(SKIPPED, len(post.overtaken)),) if post.overtaken else ()
    if answer is None:
        return Outcome(skipped), None
    if answer.accepted:
        return Outcome((*skipped, Done(SENT, 1), Done(SAID, len(post.message_ids)))), answer
    return Outcome(skipped, (Failure(post.units, f"{address}：{answer.text}"),)), answer


def _suppress(session: Session, post: Post) -> None:
    reasons = dict(post.overtaken)
    for message in _messages(session, reasons):
        if message.state in WAITING:
            message.state = move(_queued(message), "suppress")
            message.state_reason = reasons[message.id or 0]


def _put_down(session: Session, post: Post, answer: Answer, contact_id: int, now: DateTime) -> None:
    """Record what came of one letter: its text, the provider's answer, and how far each message in it has got."""
    delivery_id = None
    if answer.accepted and post.digest is not None:
        delivery = Delivery(
            contact_id=contact_id, address=post.address, day=now.date(), round=post.round, title=post.digest.title,
            body=post.digest.body, answer=answer.text, sent_at=now,
        )  # fmt: skip
        session.add(delivery)
        session.flush()
        delivery_id = delivery.id
    known = {r.message_id: r for r in session.exec(select(Recipient).where(
        Recipient.address == post.address, col(Recipient.message_id).in_(post.message_ids)))}  # fmt: skip
    for message_id in post.message_ids:
        recipient = known.get(message_id) or Recipient(message_id=message_id, address=post.address)
        recipient.answer, recipient.delivery_id = answer.text, delivery_id
        recipient.refusals += not answer.accepted and not answer.retry
        session.add(recipient)
    session.flush()
    manned, heir = people(session, now.date()), heirs(session, now.date())
    for message in _messages(session, post.message_ids):
        message.attempts += 1
        if message.state in WAITING:
            _settle(session, message, manned.get(desk_of(message, heir), []))


def _settle(session: Session, message: Message, meant: Sequence[Person]) -> None:
    """Decide what the message has come to: everybody reached, somebody given up, or somebody still to be reached."""
    got = {r.address: r for r in session.exec(select(Recipient).where(Recipient.message_id == message.id))}
    message.state = _queued(message)
    refused = [r for r in got.values() if r.delivery_id is None]
    message.state_reason = "；".join(f"{r.address}：{r.answer}" for r in refused)
    if any(p.address not in got for p in meant) or any(r.refusals < GIVE_UP_AFTER for r in refused):
        return
    if refused:
        message.state = move(message.state, "fail")
        return
    message.delivery_id = max(r.delivery_id for r in got.values() if r.delivery_id)
    message.state = move(message.state, "send")


def _queued(message: Message) -> MessageState:
    return move(message.state, "requeue") if message.state is MessageState.UNDELIVERABLE else message.state


def _messages(session: Session, ids: Iterable[int]) -> Sequence[Message]:
    return session.exec(select(Message).where(col(Message.id).in_(ids)).order_by(col(Message.id))).all()


def _summed(outcome: Outcome) -> Outcome:
    """Return the outcome with what was done counted together: a line per person would hide the refusals."""
    counts: Counter[str] = Counter()
    for done in outcome.done:
        counts[done.what] += done.count
    return Outcome(tuple(Done(what, count) for what, count in counts.items()), outcome.refused)
