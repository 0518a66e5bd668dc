"""A unit's task passes on to the unit that takes its place: role, weight and share, with the version that says so."""

from datetime import date
from decimal import Decimal

from sqlmodel import Session, col, select

from cycle.target_versions import current_target
from models import Assignment, Indicator, Target, Unit
from models.columns import row_id
from models.enums import AssignmentRole, AssignmentState, Split
from rules.states import move

SHARED_OUT = (Split.EQUAL, Split.WEIGHTS)


def pass_on(
    session: Session, assignment: Assignment, indicator: Indicator, into: Unit, *, reason: str, today: date
) -> None:
    """End the assignment and let `into` carry it; the shares of an indicator still add up to what they did.

    The heir of the lead leads, with the lead's target. A target that was shared out is added to the heir's own share;
    one that was not stays what it was. What was not decided yet goes to the heir as a draft.
    """
    assignment.ended_on = today
    session.flush()
    given = current_target(session, row_id(assignment))
    own = session.exec(
        select(Assignment).where(Assignment.indicator_id == indicator.id, Assignment.unit_id == into.id)
    ).first()
    if own is None:
        own = _heir(session, assignment, into)
        _say(session, own, given.value, given, reason, today)
    elif own.ended_on is not None:
        own.ended_on, own.role, own.weight = None, assignment.role, assignment.weight
        if own.state is not AssignmentState.DRAFT and assignment.state is not AssignmentState.ACCEPTED:
            own.state = move(own.state, "reopen")
        _say(session, own, given.value, given, reason, today)
    elif assignment.role is AssignmentRole.LEAD:
        own.role, own.weight = AssignmentRole.LEAD, None
        _say(session, own, given.value, given, reason, today)
    elif own.role is not AssignmentRole.LEAD and indicator.split in SHARED_OUT:
        held = current_target(session, row_id(own))
        if own.weight is not None or assignment.weight is not None:
            own.weight = (own.weight or Decimal(0)) + (assignment.weight or Decimal(0))
        _say(session, own, _sum(held.value, given.value), held, reason, today)
    session.flush()


def _heir(session: Session, assignment: Assignment, into: Unit) -> Assignment:
    decided = assignment.state is AssignmentState.ACCEPTED
    heir = Assignment(
        indicator_id=assignment.indicator_id,
        unit_id=row_id(into),
        role=assignment.role,
        weight=assignment.weight,
        state=AssignmentState.ACCEPTED if decided else AssignmentState.DRAFT,
    )
    session.add(heir)
    session.flush()
    return heir


def _say(session: Session, own: Assignment, value: Decimal | None, like: Target, reason: str, today: date) -> None:
    """Write down the figure as the heir's next version, unless that is what it is already."""
    last = session.exec(
        select(Target).where(Target.assignment_id == own.id).order_by(col(Target.version).desc()).limit(1)
    ).first()
    figures = value, like.value_high, like.margin
    if last is not None and (last.value, last.value_high, last.margin) == figures:
        return
    session.add(
        Target(
            assignment_id=row_id(own),
            version=last.version + 1 if last else 1,
            value=value,
            value_high=like.value_high,
            margin=like.margin,
            reason=reason,
            decided_on=today,
        )
    )
    session.flush()


def _sum(a: Decimal | None, b: Decimal | None) -> Decimal | None:
    return None if a is None and b is None else (a or Decimal(0)) + (b or Decimal(0))
