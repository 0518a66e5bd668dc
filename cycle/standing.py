"""Where every unit stands against the pace it filed, on any day."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import pendulum
from sqlmodel import Session, col, or_, select

from cycle.figures import figures
from cycle.lookup import names
from cycle.target_versions import filed_milestones
from models import Assignment, Cycle, Filing, Indicator, Target
from models.columns import row_id
from models.enums import AssignmentRole, Split
from rules.progress import Standing


class Carried(NamedTuple):
    """An indicator that a unit reports figures for, and its standing on the day."""

    unit_id: int
    assignment_id: int
    indicator: Indicator
    standing: Standing


def carried(session: Session, cycle: Cycle, *, as_of: date) -> list[Carried]:
    """Return every indicator with the unit that reports figures for it, in the order of the table.

    The pace runs through the milestones the unit filed to the target at the end, whatever it filed for the end itself.
    It is read at the end of the last full quarter: what is reported in July is the state of June.
    """
    known = figures(session, cycle, names(session, as_of), as_of=as_of)
    filings, targets, ends = _filings(session, cycle, as_of), _targets(session, cycle, as_of), quarter_ends(cycle)
    lines = []
    for assignment, indicator in _reporting(session, cycle, as_of):
        figure = known.get((assignment.unit_id, indicator.number))
        if figure is None:
            continue
        key = row_id(assignment)
        steps = filed_milestones(indicator, targets[key], filings.get(key))
        standing = Standing(
            indicator.aggregation,
            figure.target,
            figure.actual.value if figure.actual else None,
            measured_on(cycle, as_of),
            cycle.starts,
            cycle.ends,
            milestones={day: q for day, q in zip(ends, steps, strict=True) if q is not None and day < cycle.ends},
        )
        lines.append(Carried(assignment.unit_id, key, indicator, standing))
    return lines


def quarter_ends(cycle: Cycle) -> tuple[date, date, date, date]:
    """Return the last days of the four quarters counted from the cycle's start, none after its end."""
    start = pendulum.Date(cycle.starts.year, cycle.starts.month, 1)
    q1, q2, q3, q4 = (min(start.add(months=3 * n).subtract(days=1), cycle.ends) for n in (1, 2, 3, 4))
    return q1, q2, q3, q4


def measured_on(cycle: Cycle, as_of: date) -> date:
    """Return the last quarter end of the cycle by `as_of`; before the first there is only the day itself."""
    return max((day for day in quarter_ends(cycle) if day <= as_of), default=as_of)


def _reporting(session: Session, cycle: Cycle, as_of: date) -> Sequence[tuple[Assignment, Indicator]]:
    return session.exec(
        select(Assignment, Indicator)
        .join(Indicator)
        .where(Indicator.cycle_id == cycle.id)
        .where(or_(col(Assignment.ended_on).is_(None), col(Assignment.ended_on) > as_of))
        .where(or_(col(Assignment.role) == AssignmentRole.LEAD, col(Indicator.split) != Split.NONE))
        .order_by(col(Indicator.id), col(Assignment.id))
    ).all()


def _filings(session: Session, cycle: Cycle, as_of: date) -> dict[int, Filing]:
    rows = session.exec(
        select(Filing)
        .join(Assignment)
        .join(Indicator)
        .where(Indicator.cycle_id == cycle.id, col(Filing.filed_on) <= as_of)
        .order_by(col(Filing.version))
    )
    return {f.assignment_id: f for f in rows}


def _targets(session: Session, cycle: Cycle, as_of: date) -> dict[int, Target]:
    rows = session.exec(
        select(Target)
        .join(Assignment)
        .join(Indicator)
        .where(Indicator.cycle_id == cycle.id, or_(col(Target.decided_on) <= as_of, Target.version == 1))
        .order_by(col(Target.version))
    )
    return {t.assignment_id: t for t in rows}
