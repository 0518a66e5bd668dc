"""A cycle's score as the score workbook prints it: every line with the marks that were given for it."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from itertools import groupby

from sqlmodel import Session, col, func, select

from cycle.scoring import CycleScore, Scored
from documents.facts import ScoreFacts, ScoreGroup, ScoreRow, UnitScore
from models import Assessment, Cycle, Mark, Participant
from models.enums import AssessmentState, MarkColumn
from rules.numbers import rounded
from rules.scoring import GradingOptions, Line

Marks = Mapping[tuple[int, str, MarkColumn], list[Mark]]


def score_facts(session: Session, cycle: Cycle, score: CycleScore) -> ScoreFacts:
    """Return what the score workbook says of `score`, the groups in the order of the plan."""
    marks, place = _marks(session, cycle, score), group_places(session, cycle)
    ordered = sorted(score.units, key=lambda u: place[u.place.group])
    return ScoreFacts(
        office=cycle.office,
        cycle_name=cycle.name,
        as_of=score.as_of,
        state=assessment_state(session, cycle).zh,
        provisional=score.provisional,
        rule_set_version=score.rules.version,
        rule_set_sha256=score.rules.sha256,
        rounding=_rounding(score.rules.doc.options),
        groups=tuple(
            ScoreGroup(name, tuple(_unit(unit, marks) for unit in units))
            for name, units in groupby(ordered, key=lambda u: u.place.group)
        ),
    )


def group_places(session: Session, cycle: Cycle) -> dict[str, int]:
    """Return each group of units with its place in the plan."""
    rows = (
        select(Participant.group_name)
        .where(Participant.cycle_id == cycle.id)
        .group_by(col(Participant.group_name))
        .order_by(func.min(Participant.id))
    )
    return {name: place for place, name in enumerate(session.exec(rows))}


def assessment_state(session: Session, cycle: Cycle) -> AssessmentState:
    """Return how far the assessment of the cycle has come."""
    found = session.exec(select(Assessment).where(Assessment.cycle_id == cycle.id)).first()
    return found.state if found else AssessmentState.OPEN


def _rounding(options: GradingOptions) -> str:
    graded = "未四舍五入的总分" if options.grade_unrounded else "公布的总分"
    return (
        f"各项得分按精确值相加，总分只在最后四舍五入一次，保留 {options.published_decimals} 位小数；按{graded}评定等级"
    )


def _marks(session: Session, cycle: Cycle, score: CycleScore) -> Marks:
    """Return the last mark of every giver for each unit, item and column as of the score's day."""
    rows = (
        select(Mark).where(Mark.cycle_id == cycle.id, Mark.given_on <= score.as_of).order_by(col(Mark.version))
    )  # fmt: skip
    latest = {(m.unit_id, m.item, m.mark_column, m.giver_id): m for m in session.exec(rows)}
    found: dict[tuple[int, str, MarkColumn], list[Mark]] = defaultdict(list)
    for (unit_id, item, column, _), mark in sorted(latest.items(), key=lambda pair: pair[0]):
        found[unit_id, item, column].append(mark)
    return found


def _unit(scored: Scored, marks: Marks) -> UnitScore:
    return UnitScore(
        unit=scored.place.name,
        points=scored.points,
        grade=scored.grade.grade,
        rank=scored.rank,
        rows=tuple(_row(scored.place.unit_id, line, marks) for line in scored.lines),
        working="；".join(scored.arithmetic),
        note=scored.grade.reason,
    )


def _row(unit_id: int, line: Line, marks: Marks) -> ScoreRow:
    inputs = dict(line.inputs)
    own = marks.get((unit_id, line.item, MarkColumn.SELF), [])
    verified = marks.get((unit_id, line.item, MarkColumn.VERIFIED), [])
    return ScoreRow(
        number=line.item,
        indicator=line.title,
        full_points=line.full,
        points=line.points,
        target=inputs.get("目标", ""),
        actual=inputs.get("完成值", ""),
        self_points=_mean(own),
        verified_points=_mean(verified),
        rule=line.rule,
        working="；".join((*line.arithmetic, *(f"核定说明：{m.reason}" for m in verified if m.reason))),
        evidence="；".join(line.evidence),
        remark="；".join((*line.notes, *line.provisional, *(f"自评说明：{m.reason}" for m in own if m.reason))),
        scorer=line.scorer or "",
    )


def _mean(marks: list[Mark]) -> Decimal | None:
    """Return the mean of the points given, or None where nobody gave points."""
    given = [Fraction(m.points) for m in marks if m.points is not None]
    return rounded(sum(given, Fraction(0)) / len(given)) if given else None
