"""What had been filed and accepted for every assignment by a date, read once for the whole cycle."""

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Row, select
from sqlmodel import Session, col

from models import Cycle, Obligation, Report, ReportEvidence, Review, Window
from models.enums import Decision, ObligationKind, ObligationState
from rules.progress import PeriodValue


class Accepted(NamedTuple):
    """An accepted report: for what period, what it says, what proves it, and who supplied it."""

    period: str
    value: PeriodValue
    evidence: tuple[str, ...]
    supplier_id: int


class History(NamedTuple):
    """What was accepted for an assignment, and the periods that were filed and are not yet reviewed."""

    accepted: tuple[Accepted, ...] = ()
    waiting: tuple[str, ...] = ()


NOTHING = History()


def histories(session: Session, cycle: Cycle, *, as_of: date) -> dict[int, History]:
    """Return by assignment what stood on `as_of`: of each report the newest version that had been accepted by then.

    A correction that waits for review leaves the earlier accepted version standing and is named as waiting.
    """
    evidence = _evidence(session, cycle)
    accepted: dict[int, list[Accepted]] = {}
    waiting: dict[int, list[str]] = {}
    for versions in _by_obligation(session, cycle, as_of):
        last = versions[-1]
        valid = [v for v in versions if v.decision is Decision.ACCEPT and v.reviewed_on <= as_of]
        if valid:
            accepted.setdefault(last.assignment_id, []).append(_accepted(valid[-1], evidence))
        if last.decision is None or last.reviewed_on > as_of:
            waiting.setdefault(last.assignment_id, []).append(last.period)
    return {a: History(tuple(accepted.get(a, ())), tuple(waiting.get(a, ()))) for a in {*accepted, *waiting}}


def _accepted(version: Row[Any], evidence: Mapping[int, tuple[str, ...]]) -> Accepted:
    value = PeriodValue(version.ends, version.value, version.numerator, version.denominator, version.nature)
    return Accepted(version.period, value, evidence.get(version.report_id, ()), version.supplier_id)


def _by_obligation(session: Session, cycle: Cycle, as_of: date) -> Iterator[list[Row[Any]]]:
    """Yield the versions filed by then, obligation by obligation in the order of their periods."""
    rows = session.execute(
        select(
            col(Obligation.id).label("obligation_id"), col(Obligation.assignment_id), col(Obligation.supplier_id),
            col(Window.code).label("period"), col(Window.ends), col(Report.id).label("report_id"), col(Report.nature),
            col(Report.value), col(Report.numerator), col(Report.denominator),
            col(Review.decision), col(Review.reviewed_on),
        )
        .join(Window, col(Obligation.window_id) == col(Window.id))
        .join(Report, col(Report.obligation_id) == col(Obligation.id))
        .outerjoin(Review, col(Review.report_id) == col(Report.id))
        .where(col(Obligation.cycle_id) == cycle.id, col(Obligation.kind) == ObligationKind.REPORT)
        .where(col(Obligation.state) != ObligationState.WITHDRAWN, col(Report.filed_on) <= as_of)
        .order_by(col(Window.ends), col(Obligation.id), col(Report.version))
    )  # fmt: skip
    for _, versions in groupby(rows, key=lambda row: row.obligation_id):
        yield list(versions)


def _evidence(session: Session, cycle: Cycle) -> dict[int, tuple[str, ...]]:
    rows = session.execute(
        select(col(ReportEvidence.report_id), col(ReportEvidence.name))
        .join(Report, col(ReportEvidence.report_id) == col(Report.id))
        .join(Obligation, col(Report.obligation_id) == col(Obligation.id))
        .where(col(Obligation.cycle_id) == cycle.id)
        .order_by(col(ReportEvidence.report_id), col(ReportEvidence.name))
    )
    return {report: tuple(r.name for r in names) for report, names in groupby(rows, key=lambda row: row.report_id)}
