"""What a corrected line changes: the result of its unit and, through averages and ranks, of others in its group."""

from collections.abc import Sequence
from datetime import date

from sqlmodel import Session, func, select

from cycle.facts import incidents, merits
from cycle.publishing import published_label
from cycle.results import add_line, add_result, latest_results, recorded_score
from cycle.scoring import Outside, Scored, put_together
from models import Assessment, Cycle, ScoreLine, Unit
from models.columns import row_id
from notifications.notices import ResultCorrected
from notifications.outbox import post
from rules.scoring import Line


def correct(
    session: Session, cycle: Cycle, assessment: Assessment, unit: Unit, line: Line, *, reason: str, today: date
) -> None:
    """Put the corrected line on record, and a new result of every unit whose points, grade or rank change with it.

    What counts beside the items (merits, incidents) is taken as of the day on which the facts were closed.
    """
    score = recorded_score(session, assessment, as_of=today)
    group = next(u.place.group for u in score.units if u.place.code == unit.code)
    before = [u for u in score.units if u.place.group == group]
    lines = {u.place.code: u.lines for u in before}
    lines[unit.code] = tuple(line if x.item == line.item else x for x in lines[unit.code])
    closed_on = assessment.frozen_on or today
    outside = Outside(merits(session, cycle, as_of=closed_on), incidents(session, cycle, as_of=closed_on))
    after = {u.place.code: u for u in put_together(score.rules.doc, [u.place for u in before], lines, outside)}
    versions = {u: r.version for u, r in latest_results(session, assessment, as_of=today).items()}
    label = published_label(session, cycle)
    for was in before:
        now = after[was.place.code]
        _record_lines(session, assessment, was, now, reason, today)
        if _result(now) != _result(was):
            version = versions[was.place.unit_id] + 1
            add_result(session, assessment, now, version=version, today=today)
            told = ResultCorrected(label, now.points, now.grade.grade, now.rank, reason)
            post(session, row_id(cycle), now.place.unit_id, told, subject=f"{label}#{version}", today=today)
    session.flush()


def _result(unit: Scored) -> tuple[object, ...]:
    return unit.points, unit.grade.grade, unit.rank


def _record_lines(
    session: Session, assessment: Assessment, was: Scored, now: Scored, reason: str, today: date
) -> None:  # fmt: skip
    for earlier, line in zip(was.lines, now.lines, strict=True):
        if line.exact != earlier.exact:
            version = _last_version(session, assessment, now.place.unit_id, line.item) + 1
            add_line(session, assessment, now.place.unit_id, line, version=version, reason=reason, today=today)


def _last_version(session: Session, assessment: Assessment, unit_id: int, item: str) -> int:
    versions: Sequence[int | None] = session.exec(
        select(func.max(ScoreLine.version)).where(
            ScoreLine.assessment_id == row_id(assessment), ScoreLine.unit_id == unit_id, ScoreLine.item == item
        )
    ).all()
    return versions[0] or 0
