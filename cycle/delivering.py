"""Delivery of the outbox: one digest per person and day, checked again at the moment of sending.

Sending happens outside every transaction; what came of it is recorded in one transaction per person. A crash in
between repeats the one message in flight and loses none.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date

from pendulum import DateTime
from sqlmodel import Session, col, select

from cycle.clock import moment
from cycle.outcomes import Done, Failure, Outcome, Parcel, merge
from cycle.packing import pack, seat_of, settled, waiting_messages
from cycle.recipients import heirs, people
from cycle.sending_lock import sending_to
from cycle.settling import put_down, set_aside, suppress
from cycle.trail import note
from models import Contact, Cycle, Delivery, Message, Recipient
from models.enums import MessageState
from models.record import Record
from notifications.channels import Answer, Sender, configured_sender
from notifications.digest import Digest
from rules.states import move

STOP_AFTER = 3
"""So many people in a row for whom the provider gave no answer, and the others wait for the next tick."""

SENT, SAID, SKIPPED = "发出通知（封）", "所含事项（条）", "免发（已办理或已变更）"


CHUNKS, CHUNK = 4, 25
"""A tick sends in at most this many portions side by side, and none for fewer people than this."""


def check_recipients(record: Record, _cycle: str, day: date, _parcel: Parcel) -> Outcome:
    """Return for which messages nobody could be found; the first phase of the step."""
    return set_aside(record, moment(day))


def parcels(record: Record, _cycle: str, day: date) -> list[Parcel]:
    """Return the people to be written to today in portions of contact ids."""
    ids = plan_deliveries(record, moment(day))
    portions = min(CHUNKS, -(-len(ids) // CHUNK))
    return [tuple(str(number) for number in ids[i::portions]) for i in range(portions)]


def deliver_parcel(record: Record, _cycle: str, day: date, parcel: Parcel) -> Outcome:
    """Deliver to the people of one portion through the configured channel."""
    return deliver(record, [int(number) for number in parcel], now=moment(day), sender=configured_sender())


def plan_deliveries(record: Record, now: DateTime) -> list[int]:
    """Return whom to write to now, one contact for each person; messages nobody can receive are set aside first."""
    set_aside(record, now)
    day = now.date()
    with record.reading() as session:
        manned, heir, done = people(session, day), heirs(session, day), settled(session)
        served = set(session.exec(select(Delivery.address).where(Delivery.day == day)))
        wanted = {
            person.address
            for message in session.exec(waiting_messages(day))
            for person in manned.get(seat_of(message, heir), ())
            if (message.urgent or person.address not in served) and (message.id, person.address) not in done
        }
    everybody = sorted((p for seated in manned.values() for p in seated), reverse=True)
    first = {person.address: person.contact_id for person in everybody}
    return sorted(first[address] for address in wanted)


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
            waits = f"发送渠道连续{STOP_AFTER}次没有受理，其余通知留待下次发送。请检查渠道设置和网络。"
            outcomes.append(Outcome(refused=(Failure("", waits),)))
            break
    return _summed(merge(outcomes))


def preview(record: Record, now: DateTime) -> list[tuple[str, Digest]]:
    """Return what would go out now, by address; nothing is sent or changed."""
    day = now.date()
    with record.reading() as session:
        addresses = sorted({p.address for seated in people(session, day).values() for p in seated})
        letters = [(address, pack(session, address, day).digest) for address in addresses]
    return [(address, digest) for address, digest in letters if digest is not None]


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
                suppress(session, post)
                if answer is not None:
                    put_down(session, post, answer, contact_id, now)
    skipped = (Done(SKIPPED, len(post.overtaken)),) if post.overtaken else ()
    if answer is None:
        return Outcome(skipped), None
    if answer.accepted:
        return Outcome((*skipped, Done(SENT, 1), Done(SAID, len(post.message_ids)))), answer
    return Outcome(skipped, (Failure(post.units, f"{address}：{answer.text}"),)), answer


def _summed(outcome: Outcome) -> Outcome:
    """Return the outcome with what was done counted together: a line per person would hide the refusals."""
    counts: Counter[str] = Counter()
    for done in outcome.done:
        counts[done.what] += done.n
    return Outcome(tuple(Done(what, n) for what, n in counts.items()), outcome.refused)
