"""The rows of 填报 in the units' workbooks: what is to be reported, with target, period and what is known already."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from sqlmodel import Session, col, select

from cycle.target_versions import target_phrase
from documents.unit_facts import ReportRow
from documents.unit_sheets import BASIS_IN_WORDS, BASIS_OF, CLOSED_BY_BASIS
from models import Assignment, Cycle, Extension, Indicator, Obligation, Report, Review, Target, Window
from models.columns import row_id
from models.enums import (
    Aggregation,
    ExtensionState,
    Frequency,
    ObligationKind,
    ObligationState,
    ReportState,
    TargetForm,
)
from rules.numbers import plain
from rules.progress import PeriodValue, actual

ASKED = (ObligationState.OPEN, ObligationState.RETURNED)
FILED = (ObligationState.SUBMITTED, ObligationState.ACCEPTED)
IN_REPORTS = (ObligationKind.REPORT, ObligationKind.SELF_CHECK)
OWN = "本单位"
PERIODS = {
    Frequency.MONTHLY: lambda w: f"{w.starts.year}年{w.starts.month}月",
    Frequency.QUARTERLY: lambda w: f"{w.starts.year}年{'一二三四'[(w.starts.month - 1) // 3]}季度",
    Frequency.HALF_YEARLY: lambda w: f"{w.starts.year}年{'上' if w.starts.month < 7 else '下'}半年",
    Frequency.YEARLY: lambda w: f"{w.starts.year}年度",
    Frequency.ONCE: lambda w: f"截至{w.ends.year}年{w.ends.month}月{w.ends.day}日",
}
"""What a reporting window is called, by its frequency."""


class Scope(NamedTuple):
    """Which units are looked at, in which cycle, on which day, and what they are called then."""

    session: Session
    cycle: Cycle
    today: date
    called: Mapping[int, str]
    units: frozenset[int]


class Known(NamedTuple):
    """What the record knows about the rows beforehand, by assignment or by obligation."""

    carried: Mapping[int, tuple[Indicator, str]]
    figures: Mapping[int, Mapping[date, PeriodValue]]
    returned: Mapping[int, str]
    applied: Mapping[int, date]


def report_rows(scope: Scope, *, corrections: bool) -> list[tuple[int, ReportRow]]:
    """Return by unit what is to be reported; with `corrections` also what was filed already."""
    conditions = (
        Obligation.cycle_id == scope.cycle.id,
        col(Obligation.supplier_id).in_(scope.units),
        col(Obligation.kind).in_(IN_REPORTS),
        col(Obligation.state).in_((*ASKED, *FILED) if corrections else ASKED),
    )
    owed = scope.session.exec(
        select(Obligation, Window)
        .outerjoin(Window, col(Obligation.window_id) == col(Window.id))
        .where(*conditions)
        .order_by(col(Obligation.due_on), col(Obligation.id))
    ).all()
    if not owed:
        return []
    assignments = select(Obligation.assignment_id).where(*conditions)
    known = Known(
        _carried(scope.session, assignments),
        _figures(scope.session, assignments),
        _returned(scope),
        pending_extensions(scope),
    )
    return [(o.supplier_id, _row(scope, known, o, window)) for o, window in owed]


def _row(scope: Scope, known: Known, obligation: Obligation, window: Window | None) -> ReportRow:
    assessed = OWN if obligation.assessed_id == obligation.supplier_id else scope.called[obligation.assessed_id]
    shown = _standing(scope, known, obligation)
    if obligation.assignment_id is None or window is None:
        return ReportRow(
            obligation.key, "", obligation.title, "", assessed, obligation.due_on, shown, "", "", None,
            BASIS_IN_WORDS, closed=CLOSED_BY_BASIS[BASIS_IN_WORDS],
        )  # fmt: skip
    indicator, target = known.carried[obligation.assignment_id]
    qualitative = indicator.form is TargetForm.QUALITATIVE
    basis = BASIS_IN_WORDS if qualitative else BASIS_OF[indicator.aggregation]
    if indicator.evidence_required:
        shown += "；须附佐证"
    before = _before(known, obligation.assignment_id, indicator, window)
    return ReportRow(
        obligation.key, indicator.number, indicator.name, PERIODS[window.frequency](window), assessed,
        obligation.due_on, shown, target, indicator.measure, before, basis,
        indicator.decimals, CLOSED_BY_BASIS[basis],
    )  # fmt: skip


def _standing(scope: Scope, known: Known, obligation: Obligation) -> str:
    key = row_id(obligation)
    if obligation.state is ObligationState.RETURNED:
        return f"退回：{known.returned.get(key, '请改正后重报')}"
    if obligation.state in FILED:
        return f"{obligation.state.zh}；更正须选“是”并写原因"
    if key in known.applied:
        return f"已申请延至 {known.applied[key]}，待批"
    return "已逾期" if obligation.due_on < scope.today else "待报"


def _before(known: Known, assignment: int, indicator: Indicator, window: Window) -> Decimal | str | None:
    """Return the figure of the year before the window; a ratio as “425/456”."""
    earlier = [v for ends, v in known.figures.get(assignment, {}).items() if ends < window.ends]
    made = actual(indicator.aggregation, earlier)
    if made is None:
        return None
    if indicator.aggregation is Aggregation.RATIO and made.numerator is not None and made.denominator is not None:
        return f"{plain(made.numerator)}/{plain(made.denominator)}"
    return Decimal(plain(made.value))


def _carried(session: Session, assignments: object) -> dict[int, tuple[Indicator, str]]:
    rows = session.exec(
        select(Assignment, Indicator, Target)
        .join(Indicator, col(Assignment.indicator_id) == col(Indicator.id))
        .join(Target, col(Target.assignment_id) == col(Assignment.id))
        .where(col(Assignment.id).in_(assignments))  # type: ignore[arg-type]
        .order_by(col(Target.version))
    )
    newest = {row_id(a): (a, i, t) for a, i, t in rows}
    return {key: (i, target_phrase(i, t)) for key, (a, i, t) in newest.items()}


def _figures(session: Session, assignments: object) -> dict[int, dict[date, PeriodValue]]:
    """Return by assignment and end of period the newest figure that was filed and not returned."""
    rows = session.exec(
        select(col(Obligation.assignment_id), col(Window.ends), Report)
        .join(Obligation, col(Report.obligation_id) == col(Obligation.id))
        .join(Window, col(Obligation.window_id) == col(Window.id))
        .where(col(Obligation.assignment_id).in_(assignments))  # type: ignore[arg-type]
        .where(col(Report.state).in_([ReportState.SUBMITTED, ReportState.ACCEPTED]))
        .order_by(col(Report.version))
    )
    found: dict[int, dict[date, PeriodValue]] = {}
    for assignment, ends, report in rows:
        value = PeriodValue(ends, report.value, report.numerator, report.denominator, report.nature)
        found.setdefault(assignment or 0, {})[ends] = value
    return found


def _returned(scope: Scope) -> dict[int, str]:
    rows = scope.session.exec(
        select(col(Obligation.id), col(Review.reason))
        .join(Report, col(Report.obligation_id) == col(Obligation.id))
        .join(Review, col(Review.report_id) == col(Report.id))
        .where(Obligation.cycle_id == scope.cycle.id, Obligation.state == ObligationState.RETURNED)
        .where(Report.state == ReportState.RETURNED)
        .order_by(col(Report.version))
    )
    return {key: reason for key, reason in rows if key is not None}


def pending_extensions(scope: Scope) -> dict[int, date]:
    """Return the date applied for, by the id of each obligation with an application that waits for its decision."""
    rows = scope.session.exec(
        select(col(Extension.obligation_id), col(Extension.wanted_on))
        .join(Obligation, col(Extension.obligation_id) == col(Obligation.id))
        .where(Obligation.cycle_id == scope.cycle.id, Extension.state == ExtensionState.APPLIED)
    )
    return dict(rows.all())
