"""What a responsibility letter says: the unit's targets as printed on the day of issue."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select

from cycle.decomposition import assignments_of
from cycle.lookup import participant, unit_name
from cycle.target_versions import current_target, filed_milestones, target_phrase
from documents.facts import LetterFacts, LetterLine
from models import Assignment, Cycle, Filing, Indicator, Letter, RuleSet, Target, Unit
from models.columns import row_id
from rules.grading import GradeBand
from rules.numbers import plain
from rules.scoring import RuleSetDoc


def letter_facts(session: Session, cycle: Cycle, unit: Unit, letter: Letter, *, replaces: str) -> LetterFacts:
    """Return what the unit's letter says on its day of issue."""
    assert letter.issued_on
    place = participant(session, cycle, unit)
    rules = session.exec(
        select(RuleSet).where(RuleSet.cycle_id == cycle.id).order_by(col(RuleSet.version).desc())
    ).first()
    grades = RuleSetDoc.model_validate_json(rules.document).grades if rules else ()
    return LetterFacts(
        label=letter.label,
        office=cycle.office,
        cycle_name=cycle.name,
        starts=cycle.starts,
        ends=cycle.ends,
        unit=unit_name(session, row_id(unit), letter.issued_on),
        group=place.group_name,
        issued_on=letter.issued_on,
        lines=tuple(_line(session, a, i) for a, i in assignments_of(session, cycle, unit)),
        duty=place.duty,
        monthly_due_workdays=cycle.monthly_due_workdays,
        quarterly_due_workdays=cycle.quarterly_due_workdays,
        grades=grade_words(grades),
        version=letter.version,
        reason=letter.reason,
        replaces=replaces,
    )


def still_says(session: Session, cycle: Cycle, unit: Unit, content: Mapping[str, Any]) -> bool:
    """Return whether the content of a letter names the unit's tasks and targets as they are now."""
    printed = {(line["number"], line["role"], line["target"]) for line in content.get("lines", ())}
    rows = session.exec(
        select(Assignment, Indicator, Target)
        .join(Indicator, col(Assignment.indicator_id) == col(Indicator.id))
        .join(Target, col(Target.assignment_id) == col(Assignment.id))
        .where(Indicator.cycle_id == cycle.id, Assignment.unit_id == unit.id, col(Assignment.ended_on).is_(None))
        .order_by(col(Target.version))
    )
    newest = {row_id(a): (i.number, a.role.zh, target_phrase(i, t)) for a, i, t in rows}
    return printed == set(newest.values())


def _line(session: Session, assignment: Assignment, indicator: Indicator) -> LetterLine:
    filing = session.exec(
        select(Filing).where(Filing.assignment_id == assignment.id).order_by(col(Filing.version).desc())
    ).first()
    target = current_target(session, row_id(assignment))
    q1, q2, q3, q4 = (_plain(v) for v in filed_milestones(indicator, target, filing))
    return LetterLine(
        number=indicator.number,
        field=indicator.field.zh,
        indicator=indicator.name,
        role=assignment.role.zh,
        target=target_phrase(indicator, target),
        frequency=indicator.frequency.zh,
        last_year=_plain(filing.last_year) if filing else "",
        milestones=(q1, q2, q3, q4),
    )


def _plain(value: Decimal | None) -> str:
    return "" if value is None else plain(value)


def grade_words(bands: Sequence[GradeBand]) -> tuple[str, ...]:
    """Return the grades as a letter states them: half-open from the best to the one without a lower end."""
    ordered = sorted(bands, key=lambda band: band.lower, reverse=True)
    words = []
    for above, band in zip([None, *ordered], ordered, strict=False):
        lower = f"{plain(band.lower)}分以上" if band.lower > 0 else ""
        upper = f"不足{plain(above.lower)}分" if above else ""
        words.append(f"{band.name}级{'、'.join(filter(None, (lower, upper)))}")
    return tuple(words)
