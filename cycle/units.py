"""Institutions that change in mid-year: one unit ends in another; history stays with what it was at the time."""

from datetime import date
from decimal import Decimal

from sqlmodel import Session, col, or_, select

from cycle.decomposition import add_target, assignments_of, current_target
from cycle.letters import end_letter, issue_letter, letter_in_force
from cycle.lookup import participant, unit_name
from cycle.obligations import lay_out_unit, withdraw
from cycle.trail import note
from models import Assignment, Contact, Cycle, Indicator, Obligation, Refused, Target, Unit, UnitName
from models.columns import row_id
from models.enums import Aggregation, AssignmentState, ObligationState, Split

ADDS_UP = (Aggregation.FLOW, Aggregation.CUMULATIVE)
UNFILED = (ObligationState.PLANNED, ObligationState.OPEN, ObligationState.RETURNED)


def merge_units(session: Session, cycle: Cycle, ended: Unit, into: Unit, *, reason: str, by: str, today: date) -> None:
    """Let `ended` go up in `into` from today: its tasks, shares and open duties pass on, its reports stay its own.

    Raises:
        Refused: the reason is blank, both are the same unit, or one of them has ended already.
    """
    _may_merge(ended, into, reason)
    participant(session, cycle, into)
    participant(session, cycle, ended).assessed = False
    why = f"{unit_name(session, row_id(ended), today)}并入：{reason.strip()}"
    for assignment, indicator in assignments_of(session, cycle, ended):
        _pass_on(session, assignment, indicator, into, why, today)
    for obligation in _unfiled(session, cycle, ended):
        withdraw(session, obligation, by=by, today=today, reason=why)
    end_letter(session, cycle, ended, by=by, today=today, reason=why)
    _end(session, ended, into, today)
    note(
        session,
        cycle_id=row_id(cycle),
        day=today,
        by=by,
        act="merge_units",
        subject=ended.code,
        detail={"into": into.code, "reason": reason},
    )
    if letter_in_force(session, cycle, into) is not None:
        issue_letter(session, cycle, into, by=by, today=today, reason=why)
    else:
        lay_out_unit(session, cycle, into, today=today)


def _may_merge(ended: Unit, into: Unit, reason: str) -> None:
    if not reason.strip():
        raise Refused("机构合并必须写明依据或理由（--reason）。")
    if ended.id == into.id:
        raise Refused(f"单位 {ended.code} 不能并入自身。")
    for unit in (ended, into):
        if unit.valid_to is not None:
            raise Refused(f"单位 {unit.code} 已于 {unit.valid_to} 停用，不能再办理合并。")


def _pass_on(session: Session, assignment: Assignment, indicator: Indicator, into: Unit, why: str, today: date) -> None:
    assignment.ended_on = today
    session.flush()
    target = current_target(session, row_id(assignment))
    own = session.exec(
        select(Assignment).where(Assignment.indicator_id == indicator.id, Assignment.unit_id == into.id)
    ).first()
    if own is None:
        heir = Assignment(
            indicator_id=assignment.indicator_id,
            unit_id=row_id(into),
            role=assignment.role,
            weight=assignment.weight,
            state=AssignmentState.ACCEPTED,
        )
        session.add(heir)
        session.flush()
        session.add(
            Target(
                assignment_id=row_id(heir),
                version=1,
                value=target.value,
                value_high=target.value_high,
                margin=target.margin,
                reason=why,
                decided_on=today,
            )
        )
    elif indicator.split in (Split.EQUAL, Split.WEIGHTS) and indicator.aggregation in ADDS_UP and own.id:
        together = (current_target(session, row_id(own)).value or Decimal(0)) + (target.value or Decimal(0))
        add_target(session, own, together, reason=why, today=today)
    session.flush()


def _unfiled(session: Session, cycle: Cycle, unit: Unit) -> list[Obligation]:
    return list(
        session.exec(
            select(Obligation)
            .where(Obligation.cycle_id == cycle.id, col(Obligation.state).in_([s.value for s in UNFILED]))
            .where(or_(Obligation.supplier_id == unit.id, Obligation.assessed_id == unit.id))
            .order_by(col(Obligation.id))
        )
    )


def _end(session: Session, ended: Unit, into: Unit, today: date) -> None:
    ended.valid_to, ended.merged_into_id = today, into.id
    for row in (
        *session.exec(select(UnitName).where(UnitName.unit_id == ended.id, col(UnitName.valid_to).is_(None))),
        *session.exec(select(Contact).where(Contact.unit_id == ended.id, col(Contact.valid_to).is_(None))),
    ):
        row.valid_to = today
    session.flush()
