"""What the days are for: when something opens, falls due, closes, or is asked for by the calendar."""

from collections.abc import Iterator
from datetime import date

from sqlmodel import col, select

from cycle.obligations import milestones
from cycle.stage import assessment_begun
from models import Message, Obligation, Report
from models.enums import AssessmentState, MessageState, ObligationState, ReportState
from rules.reminders import REVIEW_STAGES, STAGES, day_of
from simulation.world import View

WAITING = (ObligationState.OPEN, ObligationState.RETURNED)


def openings(seen: View) -> Iterator[date]:
    """Yield the days on which something may be filed from then on."""
    planned = select(col(Obligation.open_on)).where(
        Obligation.cycle_id == seen.cycle.id, Obligation.state == ObligationState.PLANNED
    )
    yield from set(seen.session.exec(planned))


def deadlines(seen: View) -> Iterator[date]:
    """Yield the days of the ladder for all that is owed or unreviewed, and the days after what closes."""
    owed = select(col(Obligation.due_on), col(Obligation.close_on)).where(
        Obligation.cycle_id == seen.cycle.id, col(Obligation.state).in_(WAITING)
    )
    for due_on, close_on in set(seen.session.exec(owed).all()):
        yield from (day_of(stage, due_on, seen.calendar) for stage in STAGES)
        if close_on is not None:
            yield seen.later(close_on)
    filed = (
        select(col(Report.filed_on))
        .join(Obligation)
        .where(Obligation.cycle_id == seen.cycle.id, Report.state == ReportState.SUBMITTED)
    )
    for filed_on in set(seen.session.exec(filed)):
        yield from (day_of(stage, filed_on, seen.calendar) for stage in REVIEW_STAGES)


def calendar_days(seen: View) -> Iterator[date]:
    """Yield the days on which the calendar itself asks for something."""
    on = milestones(seen.session, seen.cycle)
    assessment = assessment_begun(seen.session, seen.cycle)
    state = assessment.state if assessment else AssessmentState.OPEN
    yield from (on[code] for code in ("supervision_on", "self_evaluation_open") if code in on)
    if state is AssessmentState.OPEN and "self_evaluation_due" in on:
        yield seen.later(on["self_evaluation_due"])
    if state is AssessmentState.VERIFIED and "verification_due" in on:
        yield on["verification_due"]
    if assessment and assessment.appeals_until and state is not AssessmentState.FINAL:
        yield seen.later(assessment.appeals_until)
    if assessment and assessment.final_on and seen.cycle.closed_on is None:
        yield seen.later(assessment.final_on)


def unsent(seen: View, day: date) -> Iterator[date]:
    """Yield tomorrow when somebody has had today's message already and more has come up since."""
    if seen.session.exec(select(Message.id).where(Message.state == MessageState.QUEUED)).first() is not None:
        yield seen.later(day)
