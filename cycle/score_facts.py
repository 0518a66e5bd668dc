"""The scores on record as facts: totals, grades and ranks with every line behind them, in their latest versions."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlmodel import Session, col, func, select

from cycle.paper_facts import called
from documents.facts import ScoreFacts, ScoreGroup, ScoreRow, UnitScore
from models import Assessment, Cycle, Mark, Participant, RuleSet, ScoreLine, UnitResult
from models.enums import AssessmentState, MarkColumn
from rules.numbers import rounded
from rules.scoring import RuleSetDoc

SETTLED = (AssessmentState.FROZEN, AssessmentState.PUBLISHED, AssessmentState.APPEALED, AssessmentState.FINAL)
"""The states in which a score is no longer provisional."""
Marks = Mapping[tuple[int, str, MarkColumn], list[Mark]]


def score_facts(session: Session, cycle: Cycle) -> ScoreFacts | None:
    """Return the scores on record in their latest versions, or None while nothing has been scored."""
    assessment = session.exec(select(Assessment).where(Assessment.cycle_id == cycle.id)).first()
    results = _latest_results(session, cycle, assessment) if assessment else []
    if assessment is None or not results:
        return None
    rules = _rules_used(session, cycle, assessment)
    document = RuleSetDoc.model_validate_json(rules.document)
    lines, day = _lines(session, cycle, assessment, document), max(r.decided_on for r in results)
    unit_names = called(session, day)
    groups: dict[str, list[UnitScore]] = defaultdict(list)
    for result in results:
        groups[result.group_name].append(_unit_score(result, unit_names[result.unit_id], lines[result.unit_id]))
    return ScoreFacts(
        office=cycle.office,
        cycle_name=cycle.name,
        as_of=day,
        state=assessment.state.zh,
        provisional=assessment.state not in SETTLED,
        rule_set_version=rules.version,
        rule_set_sha256=rules.sha256,
        rounding=_rounding(document),
        groups=tuple(ScoreGroup(name, tuple(units)) for name, units in groups.items()),
    )


def _latest_results(session: Session, cycle: Cycle, assessment: Assessment) -> list[UnitResult]:
    """Return each unit's last result, best first, the groups in the order of the plan."""
    rows = select(UnitResult).where(UnitResult.assessment_id == assessment.id).order_by(col(UnitResult.version))
    latest = {row.unit_id: row for row in session.exec(rows)}.values()
    place = group_places(session, cycle)
    return sorted(latest, key=lambda row: (place.get(row.group_name, len(place)), row.rank, row.unit_id))


def group_places(session: Session, cycle: Cycle) -> dict[str, int]:
    """Return each group of units with its place in the plan."""
    rows = (
        select(Participant.group_name)
        .where(Participant.cycle_id == cycle.id)
        .group_by(col(Participant.group_name))
        .order_by(func.min(Participant.id))
    )
    return {name: place for place, name in enumerate(session.exec(rows))}


def _rules_used(session: Session, cycle: Cycle, assessment: Assessment) -> RuleSet:
    """Return the rules the assessment is bound to; before it is frozen, the cycle's last ones."""
    rows = session.exec(select(RuleSet).where(RuleSet.cycle_id == cycle.id).order_by(col(RuleSet.version))).all()
    return next((row for row in rows if row.id == assessment.rule_set_id), rows[-1])


def _rounding(document: RuleSetDoc) -> str:
    places = document.options.published_decimals
    graded = "未四舍五入的总分" if document.options.grade_unrounded else "公布的总分"
    return f"各项得分按精确值相加，总分四舍五入保留 {places} 位小数（五入时远离零），按{graded}评定等次"


def _lines(
    session: Session, cycle: Cycle, assessment: Assessment, document: RuleSetDoc
) -> dict[int, tuple[ScoreRow, ...]]:
    """Return each unit's last score lines in the order of the rules."""
    rows = select(ScoreLine).where(ScoreLine.assessment_id == assessment.id).order_by(col(ScoreLine.version))
    latest = {(row.unit_id, row.item): row for row in session.exec(rows)}
    place = {item.number: at for at, item in enumerate(document.items)}
    marks = _marks(session, cycle)
    found: dict[int, list[ScoreRow]] = defaultdict(list)
    for row in sorted(latest.values(), key=lambda r: (place.get(r.item, len(place)), r.item)):
        found[row.unit_id].append(_row(row, marks))
    return defaultdict(tuple, {unit: tuple(lines) for unit, lines in found.items()})


def _marks(session: Session, cycle: Cycle) -> Marks:
    """Return the last mark of every giver for each unit, item and column."""
    rows = select(Mark).where(Mark.cycle_id == cycle.id).order_by(col(Mark.version))
    latest = {(m.unit_id, m.item, m.mark_column, m.giver_id): m for m in session.exec(rows)}
    found: dict[tuple[int, str, MarkColumn], list[Mark]] = defaultdict(list)
    for (unit_id, item, column, _), mark in sorted(latest.items(), key=lambda pair: pair[0]):
        found[unit_id, item, column].append(mark)
    return found


def _row(line: ScoreLine, marks: Marks) -> ScoreRow:
    said: dict[str, Any] = line.explanation
    inputs = dict(said.get("inputs", ()))
    own = marks.get((line.unit_id, line.item, MarkColumn.SELF), [])
    verified = marks.get((line.unit_id, line.item, MarkColumn.VERIFIED), [])
    remarks = [f"自评：{m.reason}" for m in own if m.reason] + ([f"更正：{line.reason}"] if line.reason else [])
    return ScoreRow(
        number=line.item,
        indicator=said.get("title", ""),
        full_points=line.full_points,
        points=line.points,
        target=inputs.get("目标", ""),
        actual=inputs.get("完成值", ""),
        self_points=_mean(own),
        verified_points=_mean(verified),
        rule=said.get("rule", ""),
        working="；".join((*said.get("arithmetic", ()), *(f"核定：{m.reason}" for m in verified if m.reason))),
        evidence="；".join(said.get("evidence", ())),
        remark="；".join((*said.get("notes", ()), *said.get("provisional", ()), *remarks)),
        scorer=said.get("scorer") or "",
    )


def _mean(marks: list[Mark]) -> Decimal | None:
    """Return the mean of the points given, or None where nobody gave points."""
    given = [Fraction(m.points) for m in marks if m.points is not None]
    return rounded(sum(given, Fraction(0)) / len(given)) if given else None


def _unit_score(result: UnitResult, name: str, rows: tuple[ScoreRow, ...]) -> UnitScore:
    return UnitScore(
        unit=name,
        points=result.points,
        grade=result.grade,
        rank=result.rank,
        rows=rows,
        working="；".join(result.explanation.get("arithmetic", ())),
        note=result.grade_reason,
    )
