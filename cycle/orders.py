"""Supervision orders 督办单: one matter, one order, from draft to closure 销号. A late closure stays late."""

from datetime import date

from sqlmodel import Session, col, func, select

from cycle.clock import not_before
from cycle.lookup import calendar, participant
from cycle.numbering import take_label
from cycle.obligations import OPEN_STATES, owe, pending_extensions
from cycle.recipients import who_answers
from cycle.trail import SYSTEM, note
from models import Cycle, Obligation, Order, OrderAnswer, Refused, Unit
from models.columns import row_id
from models.enums import Decision, ObligationKind, ObligationState, OrderLevel
from notifications.notices import OrderClosed, OrderIssued, OrderReturned
from notifications.outbox import post
from rules.states import move

ANSWER_WORKDAYS = 10
"""How long a unit has to answer an order when the office names no day."""
LONGEST_MATTER, LONGEST_TITLE = 70, 120
"""So that the key and the title of what is owed for the order can name both."""


def find_order(session: Session, cycle: Cycle, matter: str) -> Order:
    """Return the order on this matter, named by its matter or its number."""
    found = session.exec(
        select(Order).where(Order.cycle_id == cycle.id, (col(Order.matter) == matter) | (col(Order.label) == matter))
    ).first()
    if found is None:
        raise Refused(f"没有事项或文号为“{matter}”的督办单。请用 zhiqiang order list 查看。")
    return found


def draft_order(
    session: Session,
    cycle: Cycle,
    unit: Unit,
    matter: str,
    *,
    title: str,
    basis: str,
    level: OrderLevel = OrderLevel.YELLOW,
    assignment_id: int | None = None,
    due_on: date | None = None,
    by: str,
    today: date,
) -> Order:
    """Return the order on the matter, drafted now or before: the same matter is never ordered twice.

    Raises:
        Refused: the matter is another unit's, the unit takes no part or has ended, something is blank or too long, or
            the date lies in the past.
    """
    known = session.exec(select(Order).where(Order.cycle_id == cycle.id, Order.matter == matter)).first()
    if known is not None and known.unit_id != unit.id:
        raise Refused(f"督办事项编号“{matter}”已用于另一单位。一事一单，请另编事项编号。")
    if known is not None:
        return known
    participant(session, cycle, unit)
    if unit.valid_to is not None and unit.valid_to <= today:
        raise Refused(f"单位 {unit.code} 已于 {unit.valid_to} 停用，不能再下督办单。请对并入的单位拟单。")
    if not matter.strip() or not title.strip() or not basis.strip():
        raise Refused("督办单须写明事项编号、事项和依据（--title、--basis）。")
    if len(matter) > LONGEST_MATTER or len(title.strip()) > LONGEST_TITLE:
        raise Refused(f"事项编号不超过 {LONGEST_MATTER} 个字，事项不超过 {LONGEST_TITLE} 个字。请压缩，详情写入依据。")
    if due_on is not None and due_on < today:
        raise Refused(f"办理期限 {due_on} 早于今天 {today}。请另定期限。")
    order = Order(
        cycle_id=row_id(cycle),
        unit_id=row_id(unit),
        assignment_id=assignment_id,
        matter=matter,
        title=title.strip(),
        basis=basis.strip(),
        level=level,
        drafted_on=today,
        due_on=due_on or calendar(cycle).after(today, ANSWER_WORKDAYS),
    )
    session.add(order)
    note(session, cycle_id=row_id(cycle), day=today, by=by, act="draft_order", subject=matter, detail={"title": title})
    return order


def issue_order(
    session: Session,
    cycle: Cycle,
    matter: str,
    *,
    due_on: date | None = None,
    level: OrderLevel | None = None,
    by: str,
    today: date,
) -> Order:
    """Issue a draft order: number taken, unit told, answer put on the list of what is owed; return it.

    Raises:
        Refused: the order is no draft, or the date lies in the past.
    """
    order = find_order(session, cycle, matter)
    following = move(order.state, "issue")
    not_before(today, order.drafted_on, "下达督办单")
    due_on = due_on or max(order.due_on, calendar(cycle).after(today, ANSWER_WORKDAYS))
    if due_on < today:
        raise Refused(f"办理期限 {due_on} 早于今天 {today}。请另定期限（--due）。")
    order.label = take_label(session, cycle, f"order/{cycle.code}/{order.matter}", today=today)
    order.state, order.issued_on, order.due_on, order.level = following, today, due_on, level or order.level
    session.flush()
    answer = Obligation(
        cycle_id=row_id(cycle),
        key=order_key(order),
        kind=ObligationKind.ORDER_ANSWER,
        title=f"督办反馈 {order.label} {order.title}",
        supplier_id=order.unit_id,
        assessed_id=order.unit_id,
        order_id=row_id(order),
        open_on=today,
        due_on=due_on,
        state=ObligationState.OPEN,
    )
    owe(session, [answer])
    issued = OrderIssued(label=order.label, title=order.title, due_on=due_on)
    post(
        session,
        row_id(cycle),
        order.unit_id,
        issued,
        subject=order.label,
        today=today,
        obligation_id=row_id(answer),
        due_on=due_on,
    )
    note(
        session,
        cycle_id=row_id(cycle),
        day=today,
        by=by,
        act="issue_order",
        subject=order.matter,
        detail={"label": order.label, "level": order.level.value, "due_on": order.due_on.isoformat()},
    )
    return order


def order_key(order: Order) -> str:
    """Return the key of an order's answer in the list of obligations."""
    return f"order/{order.matter}"


def acknowledge_order(session: Session, cycle: Cycle, matter: str, *, by: str, today: date) -> None:
    """Record that the unit has received the order."""
    order = find_order(session, cycle, matter)
    not_before(today, order.issued_on, "签收督办单")
    order.state = move(order.state, "acknowledge")
    note(session, cycle_id=row_id(cycle), day=today, by=by, act="acknowledge_order", subject=order.matter)


def answer_order(session: Session, cycle: Cycle, matter: str, answer: str, *, by: str, today: date) -> OrderAnswer:
    """Take the unit's answer to an order and return it; an answer past the date makes the order late for good.

    Raises:
        Refused: the answer says nothing, or the order waits for none.
    """
    if not answer.strip():
        raise Refused(f"督办事项“{matter}”的反馈内容为空。请写明推进情况和结果。")
    order = find_order(session, cycle, matter)
    not_before(today, order.issued_on, "督办反馈")
    order.state = move(order.state, "answer")
    order.late = order.late or today > order.due_on
    version = session.exec(select(func.max(OrderAnswer.version)).where(OrderAnswer.order_id == order.id)).one() or 0
    reply = OrderAnswer(
        order_id=row_id(order), version=version + 1, answer=answer.strip(), answered_by=by, answered_on=today
    )
    session.add(reply)
    owed = _owed(session, order)
    owed.state = move(owed.state, "submit")
    owed.filed_on = owed.filed_on or today
    owed.late = owed.late or order.late
    note(
        session,
        cycle_id=row_id(cycle),
        day=today,
        by=by,
        act="answer_order",
        subject=order.matter,
        detail={"version": version + 1},
    )
    return reply


def return_order(
    session: Session, cycle: Cycle, matter: str, *, reason: str, due_on: date, by: str, today: date
) -> None:
    """Send an answer back to the unit with a reason and a new date.

    Raises:
        Refused: the reason is blank, the date lies in the past, or there is no answer to return.
    """
    if not reason.strip():
        raise Refused("退回督办反馈必须写明理由（--reason）。")
    if due_on < today:
        raise Refused(f"重报期限 {due_on} 早于今天 {today}。请另定期限（--due）。")
    order = find_order(session, cycle, matter)
    order.state = move(order.state, "return")
    order.due_on = due_on
    _decide(session, order, Decision.RETURN, reason, by, today)
    owed = _owed(session, order)
    owed.state = move(owed.state, "return")
    owed.returns += 1
    owed.supplier_id = who_answers(session, owed.supplier_id, today)
    owed.due_on = due_on
    returned = OrderReturned(label=order.label, reason=reason, due_on=due_on)
    post(
        session,
        order.cycle_id,
        order.unit_id,
        returned,
        subject=f"{order.label}-{owed.returns}",
        today=today,
        obligation_id=row_id(owed),
        due_on=due_on,
    )
    note(
        session,
        cycle_id=row_id(cycle),
        day=today,
        by=by,
        act="return_order",
        subject=order.matter,
        detail={"reason": reason},
    )


def close_order(session: Session, cycle: Cycle, matter: str, *, reason: str = "", by: str, today: date) -> None:
    """Verify the answer and close the order 销号; the unit is told.

    Raises:
        Refused: there is no answer to verify.
    """
    order = find_order(session, cycle, matter)
    order.state = move(move(order.state, "verify"), "close")
    order.closed_on = today
    _decide(session, order, Decision.ACCEPT, reason, by, today)
    owed = _owed(session, order)
    owed.state = move(owed.state, "accept")
    post(
        session,
        order.cycle_id,
        order.unit_id,
        OrderClosed(label=order.label, title=order.title),
        subject=order.label,
        today=today,
    )
    note(
        session,
        cycle_id=row_id(cycle),
        day=today,
        by=by,
        act="close_order",
        subject=order.matter,
        detail={"late": order.late, "reason": reason},
    )


def mark_overdue(session: Session, cycle: Cycle, *, today: date) -> list[Order]:
    """Mark the running orders that are past their date as late and return those newly so."""
    rows = session.exec(
        select(Order)
        .join(Obligation, col(Obligation.order_id) == col(Order.id))
        .where(Order.cycle_id == cycle.id, col(Order.due_on) < today, col(Order.late).is_(False))
        .where(col(Obligation.state).in_(OPEN_STATES), col(Obligation.id).not_in(pending_extensions()))
        .order_by(col(Order.id))
    ).all()
    for order in rows:
        order.late = True
    if rows:
        matters = {"matters": [order.matter for order in rows]}
        note(session, cycle_id=cycle.id, day=today, by=SYSTEM, act="orders_overdue", subject=cycle.code, detail=matters)
    return list(rows)


def _owed(session: Session, order: Order) -> Obligation:
    return session.exec(select(Obligation).where(Obligation.order_id == order.id)).one()


def _decide(session: Session, order: Order, decision: Decision, reason: str, by: str, today: date) -> None:
    reply = session.exec(
        select(OrderAnswer).where(OrderAnswer.order_id == order.id).order_by(col(OrderAnswer.version).desc())
    ).first()
    assert reply is not None
    not_before(today, reply.answered_on, "批复督办反馈")
    reply.decision, reply.reason, reply.decided_by, reply.decided_on = decision, reason, by, today
