"""The weeks of self-evaluation 自评: opened for every assessed unit, closed the day after they are due."""

from datetime import date

from sqlmodel import Session, select

from cycle.lookup import calendar
from cycle.obligations import DUTY_OPENS_WORKDAYS_BEFORE, YEAR_DUTIES, milestones, owe
from cycle.rulebook import Place, assessed_units
from cycle.stage import assessment_of, is_past
from cycle.trail import note
from models import Cycle, Obligation
from models.columns import row_id
from models.enums import AssessmentState, ObligationKind, ObligationState
from notifications.notices import SelfEvaluationOpened
from notifications.outbox import post
from rules.states import move

TITLE = next(zh for kind, _, zh in YEAR_DUTIES if kind is ObligationKind.SELF_EVALUATION)


def self_evaluation_key(code: str) -> str:
    """Return the key of a unit's self-evaluation in the list of obligations."""
    return f"{ObligationKind.SELF_EVALUATION.value}/{code}"


def open_self_evaluation(session: Session, cycle: Cycle, today: date, by: str) -> int:
    """Open the self-evaluation of every assessed unit from its day on, tell the units, and return how many are new."""
    days = milestones(session, cycle)
    due_on = days.get("self_evaluation_due")
    if due_on is None or is_past(session, cycle, AssessmentState.OPEN):
        return 0
    open_on = days.get("self_evaluation_open") or calendar(cycle).before(due_on, DUTY_OPENS_WORKDAYS_BEFORE)
    if today < open_on:
        return 0
    places = assessed_units(session, cycle, day=today)
    close_on = calendar(cycle).after(due_on, cycle.close_workdays)
    owe(session, [_owed(cycle, place, open_on, due_on, close_on) for place in places])
    for place in places:
        opened = SelfEvaluationOpened(due_on=due_on)
        post(session, row_id(cycle), place.unit_id, opened, subject="self_evaluation", today=today)
    return _open_planned(session, cycle, today, by)


def _owed(cycle: Cycle, place: Place, open_on: date, due_on: date, close_on: date) -> Obligation:
    return Obligation(
        cycle_id=row_id(cycle),
        key=self_evaluation_key(place.code),
        kind=ObligationKind.SELF_EVALUATION,
        title=TITLE,
        supplier_id=place.unit_id,
        assessed_id=place.unit_id,
        open_on=open_on,
        due_on=due_on,
        close_on=close_on,
    )


def _open_planned(session: Session, cycle: Cycle, today: date, by: str) -> int:
    planned = session.exec(
        select(Obligation).where(
            Obligation.cycle_id == cycle.id,
            Obligation.kind == ObligationKind.SELF_EVALUATION,
            Obligation.state == ObligationState.PLANNED,
        )
    ).all()
    for obligation in planned:
        obligation.state = move(obligation.state, "open")
        obligation.open_on = min(obligation.open_on, today)
    if planned:
        note(session, cycle_id=cycle.id, day=today, by=by, act="open_self_evaluation", subject=cycle.code,
             detail={"units": len(planned)})  # fmt: skip
    return len(planned)


def close_self_evaluation(session: Session, cycle: Cycle, today: date, by: str) -> int:
    """Move the assessment on once self-evaluation is past due; return whether (1 or 0) it moved."""
    due_on = milestones(session, cycle).get("self_evaluation_due", cycle.ends)
    if today <= due_on or is_past(session, cycle, AssessmentState.OPEN):
        return 0
    assessment = assessment_of(session, cycle)
    assessment.state = move(assessment.state, "self_evaluate")
    assessment.self_evaluated_on = today
    note(session, cycle_id=cycle.id, day=today, by=by, act="close_self_evaluation", subject=cycle.code)
    return 1
