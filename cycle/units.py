"""Institutions that change in mid-year: one unit ends in another; history stays with what it was at the time."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlmodel import Session, col, select

from cycle.decomposition import assignments_of
from cycle.letters import end_letter, letter_in_force, put_in_force
from cycle.lookup import participant, unit_name
from cycle.obligations import lay_out_unit
from cycle.tasks import pass_on
from cycle.trail import note
from models import Contact, Cycle, Indicator, Obligation, Order, Participant, Refused, Unit, UnitName
from models.columns import row_id
from models.enums import AssignmentState, ObligationKind, ObligationState, OrderState
from rules.states import move

UNFILED = (ObligationState.PLANNED, ObligationState.OPEN, ObligationState.RETURNED)
CAN_BE_SUPPLIED_BY_THE_HEIR = (ObligationKind.REPORT, ObligationKind.SELF_CHECK, ObligationKind.ORDER_ANSWER)


class Merger(NamedTuple):
    """One unit going up in another: from which day, and why."""

    ended: Unit
    into: Unit
    today: date
    why: str


def merge_units(session: Session, cycle: Cycle, ended: Unit, into: Unit, *, reason: str, by: str, today: date) -> None:
    """Let `ended` go up in `into` from today, in every cycle that is not closed.

    Its tasks and shares pass on, and so does what it owes for others or on an order; what it owed for itself is
    withdrawn and asked of the heir. Its reports stay its own, and a year that was over keeps it as it was.

    Raises:
        Refused: the reason is blank, both are the same unit, one of them has ended already or takes no part.
    """
    _may_merge(ended, into, reason, today)
    participant(session, cycle, into)
    participant(session, cycle, ended)
    merger = Merger(ended, into, today, f"{unit_name(session, row_id(ended), today)}并入：{reason.strip()}")
    concerned = _open_cycles_of(session, ended)
    for one in concerned:
        if today <= one.ends:
            _leave(session, one, merger)
        _hand_over_supplies(session, one, merger)
    _end(session, merger)
    letters = [label for one in concerned if today <= one.ends for label in _take_on(session, one, merger)]
    note(
        session,
        cycle_id=row_id(cycle),
        day=today,
        by=by,
        act="merge_units",
        subject=ended.code,
        detail={"into": into.code, "reason": reason.strip(), "letters": letters},
    )


def _may_merge(ended: Unit, into: Unit, reason: str, today: date) -> None:
    if not reason.strip():
        raise Refused("机构合并必须写明依据或理由（--reason）。")
    if ended.id == into.id:
        raise Refused(f"单位 {ended.code} 不能并入自身。")
    for unit in (ended, into):
        if unit.valid_to is not None:
            raise Refused(f"单位 {unit.code} 已于 {unit.valid_to} 停用，不能再办理合并。")
        if today < unit.valid_from:
            raise Refused(f"单位 {unit.code} 自 {unit.valid_from} 设立，合并日期 {today} 早于设立。请核对日期。")


def _open_cycles_of(session: Session, unit: Unit) -> Sequence[Cycle]:
    return session.exec(
        select(Cycle)
        .join(Participant)
        .where(Participant.unit_id == unit.id, col(Cycle.closed_on).is_(None))
        .order_by(col(Cycle.starts), Cycle.code)
    ).all()


def _leave(session: Session, cycle: Cycle, merger: Merger) -> None:
    """Take the unit out of a running year: tasks pass on, its letter ends, what it owed for itself is withdrawn."""
    place = participant(session, cycle, merger.ended)
    if _place(session, cycle, merger.into) is None:
        heir = Participant(
            cycle_id=row_id(cycle),
            unit_id=row_id(merger.into),
            group_name=place.group_name,
            assessed=place.assessed,
            duty=place.duty,
        )
        session.add(heir)
    place.assessed = False
    for assignment, indicator in assignments_of(session, cycle, merger.ended):
        pass_on(session, assignment, indicator, merger.into, reason=merger.why, today=merger.today)
    own = select(Obligation).where(Obligation.cycle_id == cycle.id, Obligation.assessed_id == merger.ended.id)
    for obligation in session.exec(own.where(col(Obligation.state).in_(UNFILED)).order_by(col(Obligation.id))).all():
        if obligation.kind is not ObligationKind.ORDER_ANSWER:
            obligation.state = move(obligation.state, "withdraw")
    end_letter(session, cycle, merger.ended)


def _place(session: Session, cycle: Cycle, unit: Unit) -> Participant | None:
    return session.exec(
        select(Participant).where(Participant.cycle_id == cycle.id, Participant.unit_id == unit.id)
    ).first()


def _hand_over_supplies(session: Session, cycle: Cycle, merger: Merger) -> None:
    """Let the heir answer for what the unit still has to supply, and for its orders.

    What waits for review stays the unit's own; should it be returned, it goes to the heir.
    """
    session.flush()
    owed = session.exec(
        select(Obligation)
        .where(Obligation.cycle_id == cycle.id, Obligation.supplier_id == merger.ended.id)
        .where(col(Obligation.state).in_(UNFILED), col(Obligation.kind).in_(CAN_BE_SUPPLIED_BY_THE_HEIR))
    )
    supplied = session.exec(
        select(Indicator).where(Indicator.cycle_id == cycle.id, Indicator.supplier_id == merger.ended.id)
    )
    drafts = session.exec(
        select(Order).where(
            Order.cycle_id == cycle.id, Order.unit_id == merger.ended.id, Order.state == OrderState.DRAFT
        )
    )
    for row in (*owed, *supplied):
        row.supplier_id = row_id(merger.into)
    for order in drafts:
        order.unit_id = row_id(merger.into)
    session.flush()


def _end(session: Session, merger: Merger) -> None:
    merger.ended.valid_to, merger.ended.merged_into_id = merger.today, merger.into.id
    own = merger.ended.id
    for row in (
        *session.exec(select(UnitName).where(UnitName.unit_id == own, col(UnitName.valid_to).is_(None))),
        *session.exec(select(Contact).where(Contact.unit_id == own, col(Contact.valid_to).is_(None))),
    ):
        row.valid_to = max(row.valid_from, merger.today)
    session.flush()


def _take_on(session: Session, cycle: Cycle, merger: Merger) -> list[str]:
    """Ask the heir for what is now its own, and return the letters issued for it.

    A heir whose targets are not all decided gets its letter when they are (`ready_for_letter`).
    """
    decided = all(a.state is AssignmentState.ACCEPTED for a, _ in assignments_of(session, cycle, merger.into))
    if decided and letter_in_force(session, cycle, merger.into) is not None:
        return [put_in_force(session, cycle, merger.into, today=merger.today, reason=merger.why).label]
    lay_out_unit(session, cycle, merger.into, today=merger.today)
    return []
