"""The year-end assessment: self-evaluated, verified, frozen, published, appealed, final.

What the calendar decides is done by `advance` on a daily tick; verifying and publishing are the office's acts.
"""

from collections.abc import Callable, Iterator
from datetime import date

from sqlmodel import Session, col, func, select

from cycle.lookup import calendar, names
from cycle.obligations import OPEN_STATES, milestones
from cycle.publishing import issue_final, issue_result
from cycle.results import freeze, recorded_score
from cycle.rulebook import rules_of
from cycle.scoring import CycleScore, score_cycle
from cycle.self_evaluation import close_self_evaluation, open_self_evaluation
from cycle.stage import APPEALABLE, assessment_begun, assessment_of
from cycle.trail import note
from models import Appeal, Assessment, AuditEntry, Cycle, Obligation, Problem, Refused
from models.enums import AppealState, AssessmentState, ObligationKind, ObligationState
from rules.states import move


def official_score(session: Session, cycle: Cycle, *, as_of: date) -> CycleScore:
    """Return the cycle's score on `as_of`: the result on record once it is frozen, a provisional one before."""
    found = assessment_begun(session, cycle)
    if found is not None and found.frozen_on is not None and as_of >= found.frozen_on:
        return recorded_score(session, found, as_of=as_of)
    return score_cycle(session, cycle, as_of=as_of)


def latest_day(session: Session, cycle: Cycle, today: date) -> date:
    """Return today, or the last day on which anything was done in the cycle where that is later."""
    last = session.exec(select(func.max(AuditEntry.day)).where(AuditEntry.cycle_id == cycle.id)).one()
    return max(today, last or today)


def replayed(session: Session, cycle: Cycle) -> CycleScore:
    """Return the frozen score computed once more from the facts and rules of its day; its digest must be the same.

    Raises:
        Refused: nothing was frozen yet.
    """
    found = assessment_begun(session, cycle)
    if found is None or found.rule_set_id is None or found.frozen_on is None:
        raise Refused(f"考核周期 {cycle.code} 尚未封账，没有可以重算的结果。")
    return score_cycle(
        session, cycle, as_of=found.frozen_on, closed=True, rules=rules_of(session, found.rule_set_id)
    )  # fmt: skip


# ---- what the calendar decides ----


def advance(session: Session, cycle: Cycle, *, today: date, by: str) -> int:
    """Do what the calendar asks of the assessment by `today` and return how much was done; again does nothing.

    Raises:
        Refused: it is time to freeze and something that was verified is open again; everything open is named.
    """
    return sum(stage(session, cycle, today, by) for stage in STAGES)


def _freeze_when_verified(session: Session, cycle: Cycle, today: date, by: str) -> int:
    due_on = milestones(session, cycle).get("verification_due", cycle.ends)
    assessment = assessment_begun(session, cycle)
    if assessment is None or assessment.state is not AssessmentState.VERIFIED or today < due_on:
        return 0
    score = complete_score(session, cycle, today=today)
    assessment.state = move(assessment.state, "freeze")
    assessment.frozen_on, assessment.rule_set_id = today, score.rules.rule_set_id
    sealed = freeze(session, assessment, score, today=today)
    note(session, cycle_id=cycle.id, day=today, by=by, act="freeze", subject=cycle.code,
         detail={"digest": sealed, "rules": score.rules.sha256, "units": len(score.units)})  # fmt: skip
    return len(score.units)


def _finalise_after_appeals(session: Session, cycle: Cycle, today: date, by: str) -> int:
    assessment = assessment_begun(session, cycle)
    if assessment is None or assessment.state not in APPEALABLE or _appeals_run(session, assessment, today):
        return 0
    assessment.final_on = today
    assessment.state = move(assessment.state, "finalise")
    score = recorded_score(session, assessment, as_of=today)
    label = issue_final(session, cycle, assessment, score, today=today)
    note(session, cycle_id=cycle.id, day=today, by=by, act="finalise", subject=cycle.code, detail={"label": label})
    return 1


def _close_after_final(session: Session, cycle: Cycle, today: date, by: str) -> int:
    """The day after the result is final the cycle is over: no step of the daily work looks at it any more."""
    assessment = assessment_begun(session, cycle)
    if assessment is None or assessment.final_on is None or today <= assessment.final_on or cycle.closed_on:
        return 0
    cycle.closed_on = today
    note(session, cycle_id=cycle.id, day=today, by=by, act="close_cycle", subject=cycle.code)
    return 1


def _appeals_run(session: Session, assessment: Assessment, today: date) -> bool:
    if assessment.appeals_until is None or today <= assessment.appeals_until:
        return True
    waiting = select(Appeal.id).where(Appeal.assessment_id == assessment.id, Appeal.state == AppealState.FILED)
    return session.exec(waiting).first() is not None


STAGES: tuple[Callable[[Session, Cycle, date, str], int], ...] = (
    open_self_evaluation,
    close_self_evaluation,
    _freeze_when_verified,
    _finalise_after_appeals,
    _close_after_final,
)
"""What the calendar may ask, in the order of the year; a late tick goes through several."""


# ---- the office's acts ----


def verify(session: Session, cycle: Cycle, *, by: str, today: date) -> Assessment:
    """Close the verification 核定 after the self-evaluation and return the assessment.

    Raises:
        Refused: self-evaluation still runs, or something is open; every open item is named with unit and scorer.
    """
    close_self_evaluation(session, cycle, today, by)
    assessment = assessment_of(session, cycle)
    verified = move(assessment.state, "verify")
    complete_score(session, cycle, today=today)
    assessment.state, assessment.verified_on = verified, today
    note(session, cycle_id=cycle.id, day=today, by=by, act="verify", subject=cycle.code)
    return assessment


def complete_score(session: Session, cycle: Cycle, *, today: date) -> CycleScore:
    """Return the score with the facts closed; Refused names everything that is still to come, all at once."""
    score = score_cycle(session, cycle, as_of=today, closed=True)
    waiting = [*_not_yet_due(session, cycle, today), *_open_lines(score)]
    if waiting:
        raise Refused(
            f"尚有 {len(waiting)} 项没有办结，不能完成核定。请逐项办理"
            "（评分：zhiqiang mark give；待审填报：zhiqiang review；参照值：zhiqiang reference set）：",
            tuple(Problem("", None, "", text) for text in waiting),
        )
    return score


def _not_yet_due(session: Session, cycle: Cycle, today: date) -> Iterator[str]:
    """Yield the units whose reports are still to come: what they say may change the score."""
    called = names(session, today)
    rows = session.exec(
        select(col(Obligation.supplier_id), func.count(col(Obligation.id)), func.max(Obligation.due_on))
        .where(Obligation.cycle_id == cycle.id, Obligation.kind == ObligationKind.REPORT)
        .where(col(Obligation.state).in_([ObligationState.PLANNED, *OPEN_STATES]), col(Obligation.due_on) >= today)
        .group_by(col(Obligation.supplier_id))
        .order_by(col(Obligation.supplier_id))
    )
    for unit, count, last in rows:
        yield f"{called[unit]}有 {count} 项填报尚未到期，最晚 {last}"


def _open_lines(score: CycleScore) -> Iterator[str]:
    for unit in score.units:
        for line in unit.lines:
            if line.provisional:
                by = f"（评分单位：{line.scorer}）" if line.scorer else ""
                yield f"{unit.place.name}第 {line.item} 项“{line.title}”：{'；'.join(line.provisional)}{by}"


def publish(session: Session, cycle: Cycle, *, by: str, today: date) -> Assessment:
    """Publish the frozen result: circular issued, every unit told, appeals open; return the assessment.

    Raises:
        Refused: the result is not frozen yet, or is published already.
    """
    assessment = assessment_of(session, cycle)
    published = move(assessment.state, "publish")
    assessment.published_on = today
    assessment.appeals_until = calendar(cycle).after(today, cycle.appeal_workdays)
    assessment.state = published
    score = recorded_score(session, assessment, as_of=today)
    label = issue_result(session, cycle, assessment, score, today=today)
    note(session, cycle_id=cycle.id, day=today, by=by, act="publish", subject=cycle.code,
         detail={"label": label, "appeals_until": assessment.appeals_until.isoformat()})  # fmt: skip
    return assessment
