"""What every unit reached against its targets as of a date, read once for the whole cycle."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Row, select
from sqlmodel import Session, col

from models import (
    Assignment,
    Cycle,
    Filing,
    Indicator,
    Obligation,
    Reference,
    Report,
    ReportEvidence,
    Review,
    Target,
    Unit,
    Window,
)
from models.enums import (
    Aggregation,
    AssignmentRole,
    Decision,
    ObligationKind,
    ObligationState,
    ReferenceKind,
    ReferenceStatus,
    ReportNature,
    Split,
    TargetForm,
)
from rules.progress import Actual, PeriodValue, actual
from rules.targets import TargetFigure

REFERENCE_OF = {
    TargetForm.ABOVE_AVERAGE: ReferenceKind.OUTSIDE_AVERAGE,
    TargetForm.UP_ON_LAST_YEAR: ReferenceKind.LAST_YEAR,
}
"""The outside value that a form of target rests on."""
PASSES_ON = (Aggregation.FLOW, Aggregation.RATIO)
"""What a merged unit reported before it ended is added to its heir's: a sum lacks it, a running total has it already."""


class Figure(NamedTuple):
    """A unit's value and target for one indicator. `open_points` says in Chinese what may still change it."""

    actual: Actual | None
    target: TargetFigure | None
    not_applicable: bool = False
    evidence: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    open_points: tuple[str, ...] = ()


class Accepted(NamedTuple):
    """An accepted report: which, for what period, what it says, and who supplied it."""

    report_id: int
    period: str
    value: PeriodValue
    supplier_id: int


class History(NamedTuple):
    """What was accepted for an assignment, and the periods that were filed and are not yet reviewed."""

    accepted: tuple[Accepted, ...] = ()
    waiting: tuple[str, ...] = ()


class Task(NamedTuple):
    """An assignment that was running on the day."""

    id: int
    unit_id: int
    indicator: Indicator
    role: AssignmentRole


def figures(session: Session, cycle: Cycle, names: Mapping[int, str], *, as_of: date) -> dict[tuple[int, str], Figure]:
    """Return each unit's figure for each indicator it carried on `as_of`, by unit id and indicator number.

    Only reports that were accepted by then count; what was merely filed is named among the open points. The target is
    the newest version decided by then. A unit that only cooperates and reports nothing of its own stands with the
    lead's figure (scoring.md, Lead and cooperating units).
    """
    targets = _targets(session, cycle, as_of)
    every = _tasks(session, cycle)
    running = [t for t, ended_on in every if t.id in targets and (ended_on is None or ended_on > as_of)]
    leads = {t.indicator.number: t for t in running if t.role is AssignmentRole.LEAD}
    histories = _with_inheritance(session, every, _histories(session, cycle, as_of), as_of)
    references = _references(session, cycle, as_of)
    evidence = _evidence(session, cycle)
    found = {}
    for task in running:
        shown = task if _reports_itself(task) else leads.get(task.indicator.number, task)
        reference = _reference(references, shown)
        target = _figure(shown.indicator, targets[shown.id], reference[0] if reference else None)
        figure = _assemble(shown, histories.get(shown.id, History()), target, evidence, names)
        if reference and reference[1] is ReferenceStatus.PROVISIONAL:
            figure = figure._replace(open_points=(*figure.open_points, "参照值为暂用数，应登记确定数"))
        if shown is not task:
            figure = figure._replace(notes=(*figure.notes, f"与牵头单位{names[shown.unit_id]}同用一个数据"))
        found[task.unit_id, task.indicator.number] = figure
    return found


def _reports_itself(task: Task) -> bool:
    return task.role is AssignmentRole.LEAD or task.indicator.split is not Split.NONE


def _assemble(
    task: Task, history: History, target: TargetFigure, evidence: Mapping[int, list[str]], names: Mapping[int, str]
) -> Figure:
    value = actual(task.indicator.aggregation, [a.value for a in history.accepted])
    natures = {a.value.nature for a in history.accepted}
    suppliers = dict.fromkeys(a.supplier_id for a in history.accepted if a.supplier_id != task.unit_id)
    notes = [value.basis] if value else []
    notes += [f"数据由{names[unit]}提供" for unit in suppliers]
    return Figure(
        actual=value,
        target=target,
        not_applicable=natures == {ReportNature.NOT_APPLICABLE},
        evidence=tuple(f"{a.period} {name}" for a in history.accepted for name in evidence.get(a.report_id, ())),
        notes=tuple(notes),
        open_points=tuple(f"{period} 已报待审，未计入" for period in history.waiting),
    )


def _tasks(session: Session, cycle: Cycle) -> list[tuple[Task, date | None]]:
    rows = session.execute(
        select(Assignment, Indicator)
        .join(Indicator, col(Assignment.indicator_id) == col(Indicator.id))
        .where(col(Indicator.cycle_id) == cycle.id)
        .order_by(col(Indicator.id), col(Assignment.id))
    )
    return [(Task(a.id or 0, a.unit_id, i, a.role), a.ended_on) for a, i in rows.tuples()]


def _targets(session: Session, cycle: Cycle, as_of: date) -> dict[int, Row[Any]]:
    """Return the newest version of each assignment's target that was decided by then."""
    rows = session.execute(
        select(Target.assignment_id, Target.value, Target.value_high, Target.margin)  # type: ignore[call-overload]
        .join(Assignment, col(Target.assignment_id) == col(Assignment.id))
        .join(Indicator, col(Assignment.indicator_id) == col(Indicator.id))
        .where(col(Indicator.cycle_id) == cycle.id, col(Target.decided_on) <= as_of)
        .order_by(col(Target.version))
    )
    return {row.assignment_id: row for row in rows}


def _figure(indicator: Indicator, target: Row[Any], reference: Decimal | None) -> TargetFigure:
    return TargetFigure(indicator.form, target.value, target.value_high, target.margin, reference, indicator.measure)


def _histories(session: Session, cycle: Cycle, as_of: date) -> dict[int, History]:
    """Return what had been filed and accepted by then, by assignment."""
    rows = session.execute(
        select(  # type: ignore[call-overload]
            Obligation.id.label("obligation_id"),  # type: ignore[union-attr]
            Obligation.assignment_id, Obligation.supplier_id, Window.code, Window.ends,
            Report.id.label("report_id"),  # type: ignore[union-attr]
            Report.nature, Report.value, Report.numerator, Report.denominator, Review.decision, Review.reviewed_on,
        )
        .join(Window, col(Obligation.window_id) == col(Window.id))
        .join(Report, col(Report.obligation_id) == col(Obligation.id))
        .outerjoin(Review, col(Review.report_id) == col(Report.id))
        .where(col(Obligation.cycle_id) == cycle.id, col(Obligation.kind) == ObligationKind.REPORT)
        .where(col(Obligation.state) != ObligationState.WITHDRAWN, col(Report.filed_on) <= as_of)
        .order_by(col(Window.ends), col(Obligation.id), col(Report.version))
    )  # fmt: skip
    accepted: dict[int, list[Accepted]] = {}
    waiting: dict[int, list[str]] = {}
    for _, group in groupby(rows, key=lambda row: row.obligation_id):
        versions = list(group)
        last = versions[-1]
        valid = [r for r in versions if r.decision is Decision.ACCEPT and r.reviewed_on <= as_of]
        if valid:
            accepted.setdefault(last.assignment_id, []).append(_accepted(valid[-1]))
        if last.decision is None or last.reviewed_on > as_of:
            waiting.setdefault(last.assignment_id, []).append(last.code)
    return {
        a: History(tuple(accepted.get(a, ())), tuple(waiting.get(a, ()))) for a in {*accepted, *waiting}
    }  # fmt: skip


def _accepted(row: Row[Any]) -> Accepted:
    value = PeriodValue(row.ends, row.value, row.numerator, row.denominator, row.nature)
    return Accepted(row.report_id, row.code, value, row.supplier_id)


def _with_inheritance(
    session: Session, tasks: Sequence[tuple[Task, date | None]], own: Mapping[int, History], as_of: date
) -> Mapping[int, History]:
    """Return the histories with what merged units had reported added to their heirs' sums."""
    rows = session.execute(
        select(Unit.id, Unit.merged_into_id)  # type: ignore[call-overload]
        .where(col(Unit.merged_into_id).is_not(None), col(Unit.valid_to) <= as_of)
    )  # fmt: skip
    heirs: dict[int, int] = {ended: into for ended, into in rows}
    if not heirs:
        return own
    by_place = {(t.unit_id, t.indicator.number): t for t, _ in tasks}
    together = dict(own)
    for task, _ in tasks:
        heir = by_place.get((_final(task.unit_id, heirs), task.indicator.number))
        if heir and heir is not task and task.indicator.aggregation in PASSES_ON and task.id in own:
            before = together.get(heir.id, History())
            together[heir.id] = before._replace(accepted=(*own[task.id].accepted, *before.accepted))
    return together


def _final(unit_id: int, heirs: Mapping[int, int]) -> int:
    while unit_id in heirs:
        unit_id = heirs[unit_id]
    return unit_id


Known = tuple[Decimal, ReferenceStatus]


def _references(session: Session, cycle: Cycle, as_of: date) -> dict[tuple[int, int | None, ReferenceKind], Known]:
    """Return the newest outside values; last year's falls back on what the unit itself filed with its target."""
    filed = session.execute(
        select(Indicator.id, Assignment.unit_id, Filing.last_year)  # type: ignore[call-overload]
        .join(Assignment, col(Filing.assignment_id) == col(Assignment.id))
        .join(Indicator, col(Assignment.indicator_id) == col(Indicator.id))
        .where(col(Indicator.cycle_id) == cycle.id, col(Filing.filed_on) <= as_of, col(Filing.last_year).is_not(None))
        .order_by(col(Filing.version))
    )
    stated: Iterable[Reference] = session.scalars(
        select(Reference)
        .join(Indicator, col(Reference.indicator_id) == col(Indicator.id))
        .where(col(Indicator.cycle_id) == cycle.id, col(Reference.noted_on) <= as_of)
        .order_by(col(Reference.version))
    )
    known: dict[tuple[int, int | None, ReferenceKind], Known] = {
        (i, unit, ReferenceKind.LAST_YEAR): (value, ReferenceStatus.FINAL) for i, unit, value in filed
    }
    return known | {(r.indicator_id, r.unit_id, r.kind): (r.value, r.status) for r in stated}


def _reference(references: Mapping[tuple[int, int | None, ReferenceKind], Known], task: Task) -> Known | None:
    kind = REFERENCE_OF.get(task.indicator.form)
    if kind is None:
        return None
    indicator = task.indicator.id or 0
    return references.get((indicator, task.unit_id, kind)) or references.get((indicator, None, kind))


def _evidence(session: Session, cycle: Cycle) -> dict[int, list[str]]:
    rows = session.execute(
        select(ReportEvidence.report_id, ReportEvidence.name)  # type: ignore[call-overload]
        .join(Report, col(ReportEvidence.report_id) == col(Report.id))
        .join(Obligation, col(Report.obligation_id) == col(Obligation.id))
        .where(col(Obligation.cycle_id) == cycle.id)
        .order_by(ReportEvidence.name)
    )
    found: dict[int, list[str]] = {}
    for report_id, name in rows:
        found.setdefault(report_id, []).append(name)
    return found
