"""Extensions: applied for before the due date with a reason, granted with a new date that ends by itself, or not."""

from datetime import date, timedelta

from sqlmodel import Session, col, func, select

from cycle.clock import not_before
from cycle.lookup import find_obligation
from cycle.obligations import OPEN_STATES
from cycle.trail import note
from models import Cycle, Extension, Obligation, Order, Refused
from models.columns import row_id
from models.enums import ExtensionState, ObligationState
from notifications.notices import ExtensionDecided
from notifications.outbox import post
from rules.states import move


def apply_extension(
    session: Session, cycle: Cycle, key: str, wanted_on: date, reason: str, *, by: str, today: date
) -> Extension:
    """Take a unit's application for a later date and return it (year.md: before the deadline, with a reason).

    Raises:
        Refused: the item is not owed, is already past due, the date is no later, or an application is pending.
    """
    obligation = find_obligation(session, cycle, key)
    message = _why_not(session, obligation, wanted_on, reason, today)
    if message:
        raise Refused(message)
    extension = Extension(
        obligation_id=row_id(obligation),
        reason=reason.strip(),
        applied_by=by,
        applied_on=today,
        old_due_on=obligation.due_on,
        wanted_on=wanted_on,
    )
    session.add(extension)
    note(
        session,
        cycle_id=row_id(cycle),
        day=today,
        by=by,
        act="apply_extension",
        subject=key,
        detail={"wanted_on": wanted_on.isoformat(), "reason": reason},
    )
    return extension


def _why_not(session: Session, obligation: Obligation, wanted_on: date, reason: str, today: date) -> str | None:
    title = f"“{obligation.title}”"
    if obligation.state not in (*OPEN_STATES, ObligationState.PLANNED):
        return f"{title}当前为“{obligation.state.zh}”，不需要延期。"
    if today > obligation.due_on:
        return f"{title}已于 {obligation.due_on} 到期，延期应在期限前申请。请尽快填报并说明原因。"
    if wanted_on <= obligation.due_on:
        return f"{title}申请的日期 {wanted_on} 不晚于现期限 {obligation.due_on}。请填写更晚的日期。"
    if not reason.strip():
        return f"{title}的延期申请没有写理由。请填写理由。"
    if _pending(session, obligation) is not None:
        return f"{title}已有一份待批的延期申请。请等待批复。"
    return None


def decide_extension(
    session: Session,
    cycle: Cycle,
    key: str,
    *,
    grant: bool,
    until: date | None = None,
    reason: str = "",
    by: str,
    today: date,
) -> None:
    """Grant the pending application (until the wanted date, or another) or refuse it with a reason; tell the unit.

    Raises:
        Refused: no application is pending, a refusal has no reason, or the date is no later than the one that holds.
    """
    obligation = find_obligation(session, cycle, key)
    extension = _pending(session, obligation)
    if extension is None:
        raise Refused(f"“{obligation.title}”没有待批的延期申请。")
    if not grant and not reason.strip():
        raise Refused("不批准延期必须写明理由（--reason）。")
    not_before(today, extension.applied_on, "批复延期")
    granted = (until or extension.wanted_on) if grant else None
    if granted is not None and granted <= max(obligation.due_on, today - timedelta(days=1)):
        raise Refused(f"批准延至 {granted}，不晚于现期限 {obligation.due_on} 或已经过去。请另定日期（--until）。")
    extension.state = move(extension.state, "approve" if grant else "refuse")
    extension.decided_by, extension.decided_on, extension.decision_reason = by, today, reason
    if granted is not None:
        extension.granted_on = granted
        _shift(session, obligation, granted)
    decided = ExtensionDecided(title=obligation.title, granted=grant, until=granted, reason=reason)
    _tell(session, obligation, extension, decided, "", today)
    note(
        session,
        cycle_id=row_id(cycle),
        day=today,
        by=by,
        act="decide_extension",
        subject=key,
        detail={"grant": grant, "until": granted.isoformat() if granted else "", "reason": reason},
    )


def recall_extension(session: Session, cycle: Cycle, key: str, *, reason: str, by: str, today: date) -> None:
    """Take back the extension that holds now and was not yet used; the old date holds again, but never a past one.

    Raises:
        Refused: no extension holds (any more), or the reason is blank.
    """
    obligation = find_obligation(session, cycle, key)
    extension = _holding(session, obligation, today)
    if extension is None:
        raise Refused(f"“{obligation.title}”没有可收回的延期。")
    if not reason.strip():
        raise Refused("收回延期必须写明理由（--reason）。")
    not_before(today, extension.decided_on, "收回延期")
    extension.state = move(extension.state, "recall")
    _shift(session, obligation, max(extension.old_due_on, today))
    decided = ExtensionDecided(title=obligation.title, granted=False, until=obligation.due_on, reason=reason)
    _tell(session, obligation, extension, decided, "-recalled", today)
    note(
        session,
        cycle_id=row_id(cycle),
        day=today,
        by=by,
        act="recall_extension",
        subject=key,
        detail={"reason": reason},
    )


def _shift(session: Session, obligation: Obligation, due_on: date) -> None:
    """Move the due date, the close by as many days, and the date of the order where the answer to one is owed."""
    if obligation.state is not ObligationState.PLANNED:
        obligation.state = move(obligation.state, "extend")
    if obligation.close_on is not None:
        obligation.close_on += due_on - obligation.due_on
    obligation.due_on = due_on
    if obligation.order_id is not None:
        session.get_one(Order, obligation.order_id).due_on = due_on


def _tell(
    session: Session, obligation: Obligation, extension: Extension, decided: ExtensionDecided, what: str, today: date
) -> None:
    """Tell the unit; the decision on each application for the item, and each recall, is a message of its own."""
    earlier = select(func.count()).where(
        Extension.obligation_id == obligation.id, col(Extension.id) <= row_id(extension)
    )
    subject = f"{obligation.key}-{session.exec(earlier).one()}{what}"
    post(session, obligation.cycle_id, obligation.supplier_id, decided, subject=subject, today=today)


def _holding(session: Session, obligation: Obligation, today: date) -> Extension | None:
    """Return the extension by which the obligation is due when it is; one that is used or has run out holds no more."""
    if obligation.state not in (*OPEN_STATES, ObligationState.PLANNED) or today >= obligation.due_on:
        return None
    return session.exec(
        select(Extension)
        .where(Extension.obligation_id == obligation.id, Extension.state == ExtensionState.APPROVED)
        .where(Extension.granted_on == obligation.due_on)
        .order_by(col(Extension.id).desc())
    ).first()


def _pending(session: Session, obligation: Obligation) -> Extension | None:
    return session.exec(
        select(Extension).where(Extension.obligation_id == obligation.id, Extension.state == ExtensionState.APPLIED)
    ).first()


def waiting_extensions(session: Session, cycle: Cycle) -> list[tuple[Obligation, Extension]]:
    """Return what units have applied for and the office has not decided, in the order of application."""
    rows = session.exec(
        select(Obligation, Extension)
        .join(Extension, col(Extension.obligation_id) == col(Obligation.id))
        .where(Obligation.cycle_id == cycle.id, Extension.state == ExtensionState.APPLIED)
        .order_by(col(Extension.id))
    )
    return [(o, e) for o, e in rows]
