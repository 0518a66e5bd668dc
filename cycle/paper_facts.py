"""What papers say that is not frozen with them: orders with their course so far, and what each person received."""

from collections import defaultdict
from datetime import date

from sqlmodel import Session, col, select

from cycle.lookup import names
from documents.facts import OrderFacts, OrderStep
from documents.index_page import PersonFacts, SeatFacts, SentFacts
from models import Contact, Cycle, Delivery, Message, Order, OrderAnswer, Participant, Recipient, Unit, UnitName
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


def people_facts(session: Session, cycle: Cycle) -> list[PersonFacts]:
    """Return everybody who acts for the cycle's units or was sent something in it, with the digests in order.

    A person is an address, at however many seats.
    """
    sent = _digests(session, cycle)
    inside = select(Participant.unit_id).where(Participant.cycle_id == cycle.id)
    acting = session.exec(
        select(Contact, Unit)
        .join(Unit)
        .where(
            col(Contact.unit_id).in_(inside)
            | (col(Contact.unit_id) == cycle.owner_id)
            | col(Contact.address).in_(list(sent))
        )
    ).all()
    roles = list(Role)
    ordered = sorted(acting, key=lambda c: (c[1].code, roles.index(c[0].role), c[0].valid_from, row_id(c[0])))
    names_on = {day: called(session, day) for day in {contact.valid_from for contact, _ in ordered}}
    seats: dict[str, list[SeatFacts]] = defaultdict(list)
    for contact, _ in ordered:
        unit = names_on[contact.valid_from][contact.unit_id]
        seats[contact.address].append(
            SeatFacts(unit, contact.role.zh, contact.title, contact.valid_from, contact.valid_to)
        )
    return [PersonFacts(address, tuple(held), tuple(sent.get(address, ()))) for address, held in seats.items()]


def _digests(session: Session, cycle: Cycle) -> dict[str, list[SentFacts]]:
    """Return by address every digest that held something of the cycle, in the order they went out."""
    of_cycle = select(Recipient.delivery_id).join(Message).where(Message.cycle_id == cycle.id)
    rows = (
        select(Delivery)
        .where(col(Delivery.id).in_(of_cycle))
        .order_by(col(Delivery.day), col(Delivery.round), col(Delivery.id))
    )
    sent: dict[str, list[SentFacts]] = defaultdict(list)
    for delivery in session.exec(rows):
        sent[delivery.address].append(SentFacts(delivery.day, delivery.title, delivery.body, delivery.answer))
    return sent
