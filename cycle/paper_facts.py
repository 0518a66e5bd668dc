"""What papers say that is not frozen with them: orders with their course so far, and what each contact received."""

from collections import defaultdict
from datetime import date

from sqlmodel import Session, col, select

from cycle.lookup import names
from documents.facts import OrderFacts, OrderStep
from documents.index_page import ContactFacts, SentFacts
from models import Contact, Cycle, Delivery, Message, Order, OrderAnswer, Participant, Unit, UnitName
from models.columns import row_id
from models.enums import Decision, NameKind, OrderState, Role

REPLIES = {Decision.ACCEPT: "同意销号", Decision.RETURN: "退回补办"}


def called(session: Session, day: date) -> dict[int, str]:
    """Return every unit's name on `day` by unit id; a unit that had ended by then has its last name."""
    rows = select(UnitName).where(UnitName.kind == NameKind.CURRENT).order_by(col(UnitName.valid_from))
    return {row.unit_id: row.name for row in session.exec(rows)} | names(session, day)


def order_facts(session: Session, cycle: Cycle) -> list[OrderFacts]:
    """Return every order that was issued, with its answers and replies so far, in the order of issue."""
    answers = defaultdict(list)
    for answer in session.exec(select(OrderAnswer).order_by(col(OrderAnswer.version))):
        answers[answer.order_id].append(
            OrderStep(
                answer.answered_on,
                answer.answer,
                REPLIES[answer.decision] if answer.decision else "",
                answer.reason,
                answer.decided_on,
            )
        )
    orders = session.exec(
        select(Order)
        .where(Order.cycle_id == cycle.id, Order.state != OrderState.DRAFT)
        .order_by(col(Order.issued_on), col(Order.id))
    )
    return [_order(session, cycle, order, tuple(answers[row_id(order)])) for order in orders]


def _order(session: Session, cycle: Cycle, order: Order, steps: tuple[OrderStep, ...]) -> OrderFacts:
    assert order.issued_on is not None
    return OrderFacts(
        label=order.label,
        office=cycle.office,
        unit=called(session, order.issued_on)[order.unit_id],
        title=order.title,
        basis=order.basis,
        level=order.level.zh,
        issued_on=order.issued_on,
        due_on=order.due_on,
        steps=steps,
        closed_on=order.closed_on,
        late=order.late,
    )


def contact_facts(session: Session, cycle: Cycle) -> list[ContactFacts]:
    """Return every contact of the cycle's units with the digests that were sent for it, in order."""
    sent = defaultdict(list)
    for delivery in session.exec(
        select(Delivery)
        .where(col(Delivery.id).in_(select(Message.delivery_id).where(Message.cycle_id == cycle.id)))
        .order_by(col(Delivery.day), col(Delivery.round), col(Delivery.id))
    ):
        sent[delivery.contact_id].append(SentFacts(delivery.day, delivery.title, delivery.body, delivery.answer))
    contacts = session.exec(
        select(Contact, Unit)
        .join(Unit)
        .where(
            col(Unit.id).in_(select(Participant.unit_id).where(Participant.cycle_id == cycle.id))
            | (col(Unit.id) == cycle.owner_id)
        )
    ).all()
    roles = list(Role)
    ordered = sorted(contacts, key=lambda c: (c[1].code, roles.index(c[0].role), c[0].valid_from, row_id(c[0])))
    names_on = {day: called(session, day) for day in {contact.valid_from for contact, _ in ordered}}
    return [
        _contact(contact, names_on[contact.valid_from][contact.unit_id], tuple(sent[row_id(contact)]))
        for contact, _ in ordered
    ]


def _contact(contact: Contact, unit: str, sent: tuple[SentFacts, ...]) -> ContactFacts:
    return ContactFacts(
        unit=unit,
        role=contact.role.zh,
        title=contact.title,
        address=contact.address,
        valid_from=contact.valid_from,
        valid_to=contact.valid_to,
        sent=sent,
    )
