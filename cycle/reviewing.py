"""The office's review of what was filed: accepted, or returned with a reason and a date."""

from datetime import date

from sqlmodel import Session, select

from cycle.clock import not_before
from cycle.lookup import find_obligation
from cycle.recipients import who_answers
from cycle.trail import note
from models import Cycle, Obligation, Refused, Report, Review
from models.columns import row_id
from models.enums import Decision, ObligationState, ReportState
from notifications.notices import Returned, WindowOpened
from notifications.outbox import post
from rules.states import move


def waiting_for_review(session: Session, cycle: Cycle) -> list[str]:
    """Return the keys of all reports that were filed and not yet reviewed, in the order they were asked."""
    return list(
        session.exec(
            select(Obligation.key)
            .join(Report)
            .where(Obligation.cycle_id == cycle.id, Report.state == ReportState.SUBMITTED)
            .order_by(Obligation.id)  # type: ignore[arg-type]
        )
    )


def accept_report(session: Session, cycle: Cycle, key: str, *, by: str, today: date) -> None:
    """Accept the report filed under `key`; an earlier accepted version is superseded and stays on record.

    Raises:
        Refused: nothing is waiting for review under this key.
    """
    obligation, report = _submitted(session, cycle, key)
    not_before(today, report.filed_on, "审核")
    accepted = session.exec(
        select(Report).where(Report.obligation_id == obligation.id, Report.state == ReportState.ACCEPTED)
    ).first()
    if accepted is not None:
        accepted.state = move(accepted.state, "supersede")
        session.flush()
    report.state = move(report.state, "accept")
    obligation.state = move(obligation.state, "accept")
    session.add(Review(report_id=row_id(report), decision=Decision.ACCEPT, reviewer=by, reviewed_on=today))
    note(
        session,
        cycle_id=row_id(cycle),
        day=today,
        by=by,
        act="accept_report",
        subject=key,
        detail={"version": report.version},
    )


def return_report(session: Session, cycle: Cycle, key: str, *, reason: str, due_on: date, by: str, today: date) -> None:
    """Return the report filed under `key` to its unit, saying why and by when it is owed again.

    Raises:
        Refused: nothing is waiting for review, the reason is blank, or the date lies in the past.
    """
    if not reason.strip():
        raise Refused("退回必须写明理由，以便填报单位改正（--reason）。")
    if due_on < today:
        raise Refused(f"重报期限 {due_on} 早于今天 {today}。请另定期限（--due）。")
    obligation, report = _submitted(session, cycle, key)
    not_before(today, report.filed_on, "审核")
    report.state = move(report.state, "return")
    obligation.state = move(obligation.state, "return")
    obligation.returns += 1
    obligation.supplier_id = who_answers(session, obligation.supplier_id, today)
    obligation.due_on = max(due_on, obligation.open_on)
    if obligation.close_on is not None:
        obligation.close_on = max(obligation.close_on, obligation.due_on)
    session.add(
        Review(
            report_id=row_id(report),
            decision=Decision.RETURN,
            reason=reason,
            due_on=due_on,
            reviewer=by,
            reviewed_on=today,
        )
    )
    returned = Returned(title=obligation.title, reason=reason, due_on=due_on)
    post(
        session,
        obligation.cycle_id,
        obligation.supplier_id,
        returned,
        subject=f"{key}-{obligation.returns}",
        today=today,
        obligation_id=row_id(obligation),
        due_on=due_on,
    )
    note(
        session,
        cycle_id=row_id(cycle),
        day=today,
        by=by,
        act="return_report",
        subject=key,
        detail={"version": report.version, "reason": reason, "due_on": due_on.isoformat()},
    )


def reopen(session: Session, cycle: Cycle, key: str, *, until: date, reason: str, by: str, today: date) -> None:
    """Open a missed item again until a date for a stated reason and tell its unit; that it was missed stays on record.

    Raises:
        Refused: the item is not a missed one, the reason is blank, or the date lies in the past.
    """
    if not reason.strip():
        raise Refused("重新开放必须写明理由（--reason）。")
    if until < today:
        raise Refused(f"截止日期 {until} 早于今天 {today}。请另定日期（--until）。")
    obligation = find_obligation(session, cycle, key)
    if obligation.state is not ObligationState.MISSED:
        raise Refused(f"“{obligation.title}”当前为“{obligation.state.zh}”，只有漏报事项可以重新开放。")
    obligation.state = move(obligation.state, "reopen")
    obligation.supplier_id = who_answers(session, obligation.supplier_id, today)
    obligation.due_on = until
    obligation.close_on = until
    post(
        session,
        obligation.cycle_id,
        obligation.supplier_id,
        WindowOpened(window=f"{obligation.title}（补报）", items=1, due_on=until),
        subject=f"{key}-reopened-{today.isoformat()}",
        today=today,
        obligation_id=row_id(obligation),
    )
    note(
        session,
        cycle_id=row_id(cycle),
        day=today,
        by=by,
        act="reopen",
        subject=key,
        detail={"until": until.isoformat(), "reason": reason},
    )


def _submitted(session: Session, cycle: Cycle, key: str) -> tuple[Obligation, Report]:
    obligation = find_obligation(session, cycle, key)
    report = session.exec(
        select(Report).where(Report.obligation_id == obligation.id, Report.state == ReportState.SUBMITTED)
    ).first()
    if report is None:
        raise Refused(
            f"“{obligation.title}”当前为“{obligation.state.zh}”，没有待审的填报。请用 zhiqiang report list 查看。"
        )
    return obligation, report
