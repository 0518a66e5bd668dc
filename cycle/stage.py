"""How far the year-end assessment of a cycle has come, and what that still allows."""

from sqlmodel import Session, select

from models import Assessment, Cycle, Refused
from models.columns import row_id
from models.enums import AssessmentState

COURSE = tuple(AssessmentState)
"""The states in the order in which an assessment goes through them."""
APPEALABLE = (AssessmentState.PUBLISHED, AssessmentState.APPEALED)
"""The states in which a unit may appeal, as long as there is time."""


def assessment_of(session: Session, cycle: Cycle) -> Assessment:
    """Return the cycle's assessment, begun now if it was not."""
    found = assessment_begun(session, cycle)
    if found is None:
        found = Assessment(cycle_id=row_id(cycle))
        session.add(found)
        session.flush()
    return found


def assessment_begun(session: Session, cycle: Cycle) -> Assessment | None:
    """Return the cycle's assessment, or None before it has begun."""
    return session.exec(select(Assessment).where(Assessment.cycle_id == cycle.id)).first()


def is_past(session: Session, cycle: Cycle, state: AssessmentState) -> bool:
    """Return whether the assessment has come further than `state`."""
    found = assessment_begun(session, cycle)
    return found is not None and COURSE.index(found.state) > COURSE.index(state)


def require_open_facts(session: Session, cycle: Cycle) -> None:
    """Refuse what would change the facts of a cycle after they were closed."""
    if is_past(session, cycle, AssessmentState.VERIFIED):
        raise Refused(
            f"考核周期 {cycle.code} 已封账，不能再登记或更改计分依据。对得分有异议的，由单位在申诉期内提出申诉。"
        )
