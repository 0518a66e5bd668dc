"""The result on record: frozen lines and totals, version by version, and what a correction changes."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from cycle.lookup import names
from cycle.rulebook import Place, rules_of
from cycle.scoring import CycleScore, Scored
from models import Assessment, Participant, ScoreLine, Unit, UnitResult
from models.columns import row_id
from rules.grading import Grade
from rules.scoring import Line


def add_line(
    session: Session, assessment: Assessment, unit_id: int, line: Line, *, today: date,
    version: int = 1, reason: str = "",
) -> None:  # fmt: skip
    """Put a version of a line on record; from the second on the reason says why."""
    session.add(
        ScoreLine(
            assessment_id=row_id(assessment),
            unit_id=unit_id,
            item=line.item,
            version=version,
            points=line.points,
            full_points=line.full,
            explanation=line.to_json(),
            reason=reason,
            decided_on=today,
        )
    )


def add_result(session: Session, assessment: Assessment, scored: Scored, *, version: int, today: date) -> None:
    """Put a unit's total, grade and rank on record."""
    grade = scored.grade
    session.add(
        UnitResult(
            assessment_id=row_id(assessment),
            unit_id=scored.place.unit_id,
            version=version,
            group_name=scored.place.group,
            points=scored.points,
            grade_by_score=grade.grade_by_score,
            grade=grade.grade,
            grade_reason=grade.reason,
            rank=scored.rank,
            explanation={"exact": scored.exact, "arithmetic": list(scored.arithmetic), "basis": grade.basis},
            decided_on=today,
        )
    )


def freeze(session: Session, assessment: Assessment, score: CycleScore, *, today: date) -> str:
    """Put the first version of every line and result on record and return their digest."""
    for scored in score.units:
        for line in scored.lines:
            add_line(session, assessment, scored.place.unit_id, line, today=today)
        add_result(session, assessment, scored, version=1, today=today)
    session.flush()
    return digest(score.units)


def digest(units: Iterable[Scored]) -> str:
    """Return the SHA-256 of all lines, totals, grades and ranks: the same facts and rules always give the same."""
    said = [
        [u.place.code, u.place.group, str(u.points), u.exact, *u.grade, u.rank, [x.to_json() for x in u.lines]]
        for u in sorted(units, key=lambda u: u.place.code)
    ]
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def recorded_score(session: Session, assessment: Assessment, *, as_of: date) -> CycleScore:
    """Return the frozen result as it stood on `as_of`, corrections up to then included."""
    assert assessment.rule_set_id is not None
    rules = rules_of(session, assessment.rule_set_id)
    called = names(session, as_of)
    lines = recorded_lines(session, assessment, order=[i.number for i in rules.doc.items], as_of=as_of)
    codes = {row_id(unit): unit.code for unit in session.scalars(select(Unit))}
    units = [
        _recorded(row, Place(row.unit_id, codes[row.unit_id], called[row.unit_id], row.group_name), lines)
        for row in latest_results(session, assessment, as_of=as_of).values()
    ]
    groups = session.scalars(
        select(col(Participant.group_name))
        .where(col(Participant.cycle_id) == assessment.cycle_id)
        .order_by(col(Participant.id))
    )
    place = {group: at for at, group in enumerate(dict.fromkeys(groups))}
    ordered = sorted(units, key=lambda u: (place.get(u.place.group, 0), u.rank, u.place.code))
    return CycleScore(as_of, False, rules, tuple(ordered))


def _recorded(row: UnitResult, place: Place, lines: Mapping[int, tuple[Line, ...]]) -> Scored:
    said: dict[str, Any] = row.explanation
    grade = Grade(row.grade_by_score, row.grade, row.grade_reason, said["basis"])
    points: Decimal = row.points
    return Scored(place, points, said["exact"], grade, row.rank, tuple(said["arithmetic"]), lines[row.unit_id])


def recorded_lines(
    session: Session, assessment: Assessment, *, order: Sequence[str], as_of: date
) -> dict[int, tuple[Line, ...]]:  # fmt: skip
    """Return by unit the newest version of every line as of a date, in the order of the items."""
    rows = session.scalars(
        select(ScoreLine)
        .where(col(ScoreLine.assessment_id) == assessment.id, col(ScoreLine.decided_on) <= as_of)
        .order_by(col(ScoreLine.version))
    )
    newest = {(row.unit_id, row.item): Line.from_json(row.explanation) for row in rows}
    place = {number: at for at, number in enumerate(order)}
    found: dict[int, list[Line]] = {}
    for unit, item in sorted(newest, key=lambda key: (key[0], place[key[1]])):
        found.setdefault(unit, []).append(newest[unit, item])
    return {unit: tuple(lines) for unit, lines in found.items()}


def latest_results(session: Session, assessment: Assessment, *, as_of: date) -> dict[int, UnitResult]:
    """Return by unit the newest version of its result as of a date."""
    rows = session.scalars(
        select(UnitResult)
        .where(col(UnitResult.assessment_id) == assessment.id, col(UnitResult.decided_on) <= as_of)
        .order_by(col(UnitResult.version))
    )
    return {row.unit_id: row for row in rows}
