"""Filing: what a unit reports for one obligation, checked, and kept version by version."""

from datetime import date
from decimal import Decimal

from sqlmodel import Session, col, func, select

from cycle.lookup import find_obligation
from cycle.obligations import OPEN_STATES
from cycle.report_checks import CHECKS, Case, Filed
from cycle.trail import note
from models import Assignment, Cycle, Evidence, Indicator, Obligation, Refused, Report, ReportEvidence, Window
from models.columns import row_id
from models.enums import Aggregation, ObligationState, ReportNature, ReportState
from rules.numbers import plain
from rules.states import move

__all__ = ["Filed", "file_report"]

STANDING = (ReportState.SUBMITTED, ReportState.ACCEPTED)
"""The versions that say what is known: those that were returned or replaced say it no more."""


def file_report(
    session: Session, cycle: Cycle, key: str, filed: Filed, *, by: str, today: date, intake_id: int | None = None
) -> Report:
    """Take a report for the obligation `key` as its next version and return it; the same again is not another one.

    What was accepted stays the accepted version until a correction of it is accepted. Lateness is decided when a
    report was owed, not when one that came in time is filed again before its review.

    Raises:
        Refused: it cannot be filed now, or what is filed contradicts the indicator; the text says what to do.
    """
    obligation = find_obligation(session, cycle, key)
    standing = _standing(session, obligation)
    if standing and _same(session, standing[-1], filed):
        return standing[-1]
    indicator = _indicator(session, obligation)
    accepted = any(r.state is ReportState.ACCEPTED for r in standing)
    case = Case(obligation, indicator, filed, today, accepted, *_neighbours(session, obligation, indicator))
    for check in CHECKS:
        message = check(case)
        if message:
            raise Refused(message)
    _submit(obligation, today)
    report = _next_version(session, obligation, filed, by=by, today=today, intake_id=intake_id)
    note(
        session,
        cycle_id=row_id(cycle),
        day=today,
        by=by,
        act="file_report",
        subject=key,
        detail={"version": report.version, "nature": filed.nature.value, "value": _said(filed)},
    )
    return report


def _submit(obligation: Obligation, today: date) -> None:
    """Move the obligation on; one whose day has come is open, whether or not the daily step has run."""
    if obligation.state is ObligationState.PLANNED:
        obligation.state = move(obligation.state, "open")
    if obligation.state in OPEN_STATES:
        obligation.late = obligation.late or today > obligation.due_on
    obligation.state = move(obligation.state, "reopen" if obligation.state is ObligationState.ACCEPTED else "submit")
    obligation.filed_on = obligation.filed_on or today


def _said(filed: Filed) -> str:
    if filed.numerator is not None and filed.denominator is not None:
        return f"{plain(filed.numerator)}/{plain(filed.denominator)}"
    return "" if filed.value is None else plain(filed.value)


def _standing(session: Session, obligation: Obligation) -> list[Report]:
    """Return the versions that count: the accepted one and the one that waits for its review, in this order."""
    return list(
        session.exec(
            select(Report)
            .where(Report.obligation_id == obligation.id)
            .where(col(Report.state).in_(STANDING))
            .order_by(col(Report.version))
        )
    )


def _same(session: Session, report: Report, filed: Filed) -> bool:
    """Return whether the version says all that is filed; that it is a correction adds nothing to it."""
    words = [name for name in Filed._fields if name not in ("evidence", "correction")]
    if any(getattr(report, name) != getattr(filed, name) for name in words):
        return False
    evidence = select(col(ReportEvidence.name), col(Evidence.sha256)).join(Evidence)
    cited = session.exec(evidence.where(ReportEvidence.report_id == report.id))
    return {tuple(row) for row in cited} == set(filed.evidence)


def _indicator(session: Session, obligation: Obligation) -> Indicator | None:
    if obligation.assignment_id is None:
        return None
    return session.exec(select(Indicator).join(Assignment).where(Assignment.id == obligation.assignment_id)).one()


def _neighbours(
    session: Session, obligation: Obligation, indicator: Indicator | None
) -> tuple[Decimal | None, Decimal | None]:
    """Return the running totals filed for the windows next to this one, before and after; None where there is none."""
    if indicator is None or indicator.aggregation is not Aggregation.CUMULATIVE:
        return None, None
    this = session.get_one(Window, obligation.window_id)
    totals = (
        select(col(Report.value))
        .join(Obligation)
        .join(Window)
        .where(Obligation.assignment_id == obligation.assignment_id, Obligation.id != obligation.id)
        .where(col(Report.state).in_(STANDING), Report.nature == ReportNature.VALUE)
        .limit(1)
    )
    newest = col(Report.version).desc()
    return (
        session.exec(totals.where(Window.ends < this.ends).order_by(col(Window.ends).desc(), newest)).first(),
        session.exec(totals.where(Window.ends > this.ends).order_by(col(Window.ends), newest)).first(),
    )


def _next_version(
    session: Session, obligation: Obligation, filed: Filed, *, by: str, today: date, intake_id: int | None
) -> Report:
    earlier = session.exec(
        select(Report).where(
            Report.obligation_id == obligation.id,
            col(Report.state).in_([ReportState.SUBMITTED, ReportState.RETURNED]),
        )
    )
    for old in earlier:
        old.state = move(old.state, "supersede")
    session.flush()
    version = session.exec(select(func.max(Report.version)).where(Report.obligation_id == obligation.id)).one() or 0
    report = Report(
        obligation_id=row_id(obligation),
        version=version + 1,
        **{f: getattr(filed, f) for f in Filed._fields if f != "evidence"},
        filed_by=by,
        filed_on=today,
        intake_id=intake_id,
    )
    session.add(report)
    session.flush()
    for name, sha256 in dict.fromkeys(filed.evidence):
        stored = session.exec(select(Evidence).where(Evidence.sha256 == sha256)).first()
        if stored is None:
            raise Refused(f"佐证文件“{name}”尚未存入佐证库。请将文件放入佐证文件夹后重报。")
        session.add(ReportEvidence(report_id=row_id(report), evidence_id=row_id(stored), name=name))
    session.flush()
    return report
