"""What every unit reached against its targets as of a date, read once for the whole cycle."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Row, or_, select
from sqlmodel import Session, col

from cycle.filed import NOTHING, History, histories
from cycle.references import References, references
from models import Assignment, Cycle, Indicator, Target, Unit
from models.columns import row_id
from models.enums import Aggregation, AssignmentRole, ReferenceStatus, ReportNature, Split
from rules.progress import Actual, actual
from rules.targets import TargetFigure

PASSES_ON = (Aggregation.FLOW, Aggregation.RATIO)
"""What a merged unit had reported is added to its heir's sums; a running total is taken on by the heir itself."""


class Figure(NamedTuple):
    """A unit's value and target for one indicator. `open_points` says in Chinese what may still change it."""

    actual: Actual | None
    target: TargetFigure
    not_applicable: bool = False
    evidence: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    open_points: tuple[str, ...] = ()


class Task(NamedTuple):
    """An assignment: whose, of what, and until when."""

    id: int
    unit_id: int
    indicator: Indicator
    role: AssignmentRole
    ended_on: date | None


def figures(session: Session, cycle: Cycle, names: Mapping[int, str], *, as_of: date) -> dict[tuple[int, str], Figure]:
    """Return by unit id and indicator number what each unit that carried an indicator on `as_of` reached.

    Only reports that were accepted by then count; what was merely filed is named among the open points. The target is
    the newest version decided by then, or the first. A unit that only cooperates and reports nothing of its own
    stands with the lead's figure (scoring.md, Lead and cooperating units).
    """
    targets, tasks = _targets(session, cycle, as_of), _tasks(session, cycle)
    running = [t for t in tasks if t.id in targets and (t.ended_on is None or t.ended_on > as_of)]
    leads = {row_id(t.indicator): t for t in running if t.role is AssignmentRole.LEAD}
    filed = _with_inheritance(tasks, histories(session, cycle, as_of=as_of), _heirs(session, as_of))
    outside = references(session, cycle, as_of=as_of)
    found = {}
    for task in running:
        source = task if _reports_itself(task) else leads.get(row_id(task.indicator), task)
        figure = _figure(source, filed.get(source.id, NOTHING), targets[source.id], outside, names)
        if source is not task:
            figure = figure._replace(notes=(*figure.notes, f"与牵头单位{names[source.unit_id]}同用一个数据"))
        found[task.unit_id, task.indicator.number] = figure
    return found


def _reports_itself(task: Task) -> bool:
    return task.role is AssignmentRole.LEAD or task.indicator.split is not Split.NONE


def _figure(
    task: Task, history: History, target: Row[Any], outside: References, names: Mapping[int, str]
) -> Figure:  # fmt: skip
    indicator = task.indicator
    known = outside.get((row_id(indicator), task.unit_id)) or outside.get((row_id(indicator), None))
    value = actual(indicator.aggregation, [a.value for a in history.accepted])
    suppliers = dict.fromkeys(a.supplier_id for a in history.accepted if a.supplier_id != task.unit_id)
    open_points = [f"{period} 已报待审，未计入" for period in history.waiting]
    if known and known.status is ReferenceStatus.PROVISIONAL:
        open_points.append("参照值为暂用数，应登记确定数")
    return Figure(
        actual=value,
        target=TargetFigure(
            indicator.form, target.value, target.value_high, target.margin,
            known.value if known else None, indicator.measure,
        ),
        not_applicable={a.value.nature for a in history.accepted} == {ReportNature.NOT_APPLICABLE},
        evidence=tuple(f"{a.period} {name}" for a in history.accepted for name in a.evidence),
        notes=(*((value.basis,) if value else ()), *(f"数据由{names[s]}提供" for s in suppliers)),
        open_points=tuple(open_points),
    )  # fmt: skip


def _tasks(session: Session, cycle: Cycle) -> list[Task]:
    rows = session.execute(
        select(Assignment, Indicator)
        .join(Indicator, col(Assignment.indicator_id) == col(Indicator.id))
        .where(col(Indicator.cycle_id) == cycle.id)
        .order_by(col(Indicator.id), col(Assignment.id))
    )
    return [Task(row_id(a), a.unit_id, i, a.role, a.ended_on) for a, i in rows.tuples()]


def _targets(session: Session, cycle: Cycle, as_of: date) -> dict[int, Row[Any]]:
    """Return the newest version of each assignment's target that was decided by then, or the first one."""
    rows = session.execute(
        select(col(Target.assignment_id), col(Target.value), col(Target.value_high), col(Target.margin))
        .join(Assignment, col(Target.assignment_id) == col(Assignment.id))
        .join(Indicator, col(Assignment.indicator_id) == col(Indicator.id))
        .where(col(Indicator.cycle_id) == cycle.id, or_(col(Target.decided_on) <= as_of, col(Target.version) == 1))
        .order_by(col(Target.version))
    )
    return {row.assignment_id: row for row in rows}


def _heirs(session: Session, as_of: date) -> dict[int, int]:
    """Return which unit each merged one had gone up in by then."""
    rows = session.execute(
        select(col(Unit.id), col(Unit.merged_into_id))
        .where(col(Unit.merged_into_id).is_not(None), col(Unit.valid_to) <= as_of)
    )  # fmt: skip
    into = {ended: heir for ended, heir in rows if ended is not None and heir is not None}
    return {ended: _last(ended, into) for ended in into}


def _last(unit_id: int, into: Mapping[int, int]) -> int:
    while unit_id in into:
        unit_id = into[unit_id]
    return unit_id


def _with_inheritance(
    tasks: Sequence[Task], own: dict[int, History], heirs: Mapping[int, int]
) -> dict[int, History]:  # fmt: skip
    """Return the histories with what merged units had reported put before their heirs'."""
    place = {(t.unit_id, row_id(t.indicator)): t for t in tasks}
    together = dict(own)
    for task in tasks:
        heir = place.get((heirs.get(task.unit_id, 0), row_id(task.indicator)))
        if heir is not None and task.id in own and task.indicator.aggregation in PASSES_ON:
            later = together.get(heir.id, NOTHING)
            together[heir.id] = later._replace(accepted=(*own[task.id].accepted, *later.accepted))
    return together
