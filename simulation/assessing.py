"""What scorers and office do at the end of the year: marks, verification, publication, appeals decided."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from sqlmodel import Session, col, select

from cycle.appeals import decide_appeal
from cycle.assessment import publish, verify
from cycle.lookup import find_unit, unit_name
from cycle.marks import give_mark
from cycle.obligations import milestones
from cycle.rulebook import assessed_units, is_judged, rules_in_force, scorer_code
from cycle.stage import assessment_begun
from models import Appeal, Assessment, Cycle, Mark, ScoreLine, Unit
from models.columns import row_id
from models.enums import AppealState, AssessmentState, MarkColumn
from simulation import behaviour
from simulation.story import Protest
from simulation.world import Act, View, verb

MARKED_BEFORE, VERIFIED_BEFORE = (18, 8), 4
"""How many workdays before the end of verification scorers mark (one day within the span), and the office verifies."""
DECIDE_DAYS = 3
NOT_MET = ("台账资料不完整，未达到要求", "未按时完成规定动作", "工作成效不明显，无相应佐证")
DECIDED_BY = "领导小组"


def assessing(view: View) -> Iterator[Act]:
    """Yield what is still to be done about the assessment, as far as it has come."""
    assessment = assessment_begun(view.session, view.cycle)
    if assessment is not None and assessment.state in STAGES:
        yield from STAGES[assessment.state](view, assessment)


class Verdict(NamedTuple):
    """A mark that a scorer has to give."""

    unit: str
    item: str
    met: bool
    reason: str


def _verification(view: View, _: Assessment) -> Iterator[Act]:
    due_on = milestones(view.session, view.cycle)["verification_due"]
    for scorer, verdicts in sorted(_to_be_marked(view).items()):
        before = behaviour.draw(view.seed, scorer, "", "marking").randint(*sorted(MARKED_BEFORE))
        yield Act(view.calendar.before(due_on, before), _mark(scorer, verdicts))
    yield Act(view.calendar.before(due_on, VERIFIED_BEFORE), verb(verify))


def _to_be_marked(view: View) -> dict[str, list[Verdict]]:
    """Return by scorer the judged items that have no mark yet."""
    session, cycle = view.session, view.cycle
    owner = session.get_one(Unit, cycle.owner_id).code
    given = set(
        session.exec(
            select(col(Unit.code), col(Mark.item))
            .join(Mark, col(Mark.unit_id) == col(Unit.id))
            .where(Mark.cycle_id == cycle.id, Mark.mark_column == MarkColumn.VERIFIED)
        ).all()
    )
    doc = rules_in_force(session, cycle, cycle.ends).doc
    waiting: dict[str, list[Verdict]] = {}
    for place in assessed_units(session, cycle, day=cycle.ends):
        for item in doc.items_for(place.code, place.group):
            if is_judged(item) and (place.code, item.number) not in given:
                verdict = _verdict(view, place.code, item.number)
                waiting.setdefault(scorer_code(item, place.code, owner), []).append(verdict)
    return waiting


def _verdict(view: View, unit: str, item: str) -> Verdict:
    if (unit, item) in view.story.verdicts:
        return Verdict(unit, item, False, view.story.verdicts[unit, item])
    met = behaviour.meets(view.seed, unit, item)
    reason = "" if met else behaviour.draw(view.seed, unit, item, "not met").choice(NOT_MET)
    return Verdict(unit, item, met, reason)


def _mark(scorer: str, verdicts: Sequence[Verdict]) -> Callable[[Session, Cycle, date], None]:
    def act(session: Session, cycle: Cycle, day: date) -> None:
        giver = find_unit(session, scorer)
        by = f"{unit_name(session, row_id(giver), day)}评分人"
        for v in verdicts:
            unit = find_unit(session, v.unit)
            give_mark(session, cycle, unit, v.item, giver=giver, met=v.met, reason=v.reason, by=by, today=day)

    return act


def _publication(view: View, _: Assessment) -> Iterator[Act]:
    yield Act(milestones(view.session, view.cycle)["publish_on"], verb(publish))


def _appeals(view: View, assessment: Assessment) -> Iterator[Act]:
    rows = view.session.exec(
        select(Appeal, col(Unit.code))
        .join(Unit, col(Appeal.unit_id) == col(Unit.id))
        .where(Appeal.assessment_id == assessment.id, Appeal.state == AppealState.FILED)
        .order_by(Unit.code, Appeal.item)
    )
    for appeal, unit in rows:
        told = next(p for p in view.story.protests if (p.unit, p.item) == (unit, appeal.item))
        yield Act(view.later(appeal.filed_on, DECIDE_DAYS), _decide(told))


def _decide(told: Protest) -> Callable[[Session, Cycle, date], None]:
    def act(session: Session, cycle: Cycle, day: date) -> None:
        unit, owner = find_unit(session, told.unit), session.get_one(Unit, cycle.owner_id)
        line = session.exec(select(ScoreLine).where(ScoreLine.unit_id == unit.id, ScoreLine.item == told.item)).first()
        points = line.full_points if line and told.upheld else None
        decide_appeal(
            session, cycle, unit, told.item, uphold=told.upheld, decision=told.decision, points=points, decider=owner,
            by=DECIDED_BY, today=day,
        )  # fmt: skip

    return act


STAGES: dict[AssessmentState, Callable[[View, Assessment], Iterator[Act]]] = {
    AssessmentState.SELF_EVALUATED: _verification,
    AssessmentState.FROZEN: _publication,
    AssessmentState.APPEALED: _appeals,
}
"""What is to be done in each state; the calendar does the rest."""
