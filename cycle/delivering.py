"""Delivery of the outbox: one digest per person and day, checked again at the moment of sending.

Sending happens outside every transaction; what came of it is recorded in one transaction per person. A crash in
between repeats the one message in flight and loses none.
"""

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
from models.enums import MessageState
from models.record import Record
from notifications.channels import Answer, Sender
from rules.states import move

STOP_AFTER = 3
"""So many people in a row for whom the provider gave no answer, and the others wait for the next tick."""


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
    """Put down as undeliverable what is for a role in which nobody acts today; name the units that lack somebody."""
    day = now.date()
    with record.reading() as session:
        manned, heir, called = people(session, day), heirs(session, day), names(session, day)
        queued = session.exec(select(Message).where(Message.state == MessageState.QUEUED).order_by(col(Message.id)))
        lonely = {m.id: desk_of(m, heir) for m in queued if desk_of(m, heir) not in manned}
    if not lonely:
        return Outcome()
    with record.writing() as session:
        for message in session.exec(_of(MessageState.QUEUED, lonely)):
            unit, role = lonely[message.id]
            message.state = move(message.state, "strand")
            message.state_reason = f"{called[unit]}没有在任的{role.zh}"
    desks = list(lonely.values())
    return Outcome(refused=tuple(
        Failure(called[unit], f"没有在任的{role.zh}，{desks.count((unit, role))}条通知无人可收。请登记联络人，登记后自动补发。")
        for unit, role in dict.fromkeys(desks)
    ))  # fmt: skip
