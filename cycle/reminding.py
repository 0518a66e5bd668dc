"""The daily sweep of what is owed: what is due soon, overdue or unreviewed is reminded, each stage once.

It reads plain columns and writes in bulk, because the list of what is owed is long and what is due today is short.
"""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from sqlalchemy import and_, func, select
from sqlmodel import Session, col

from cycle.lookup import calendar, names
from cycle.recipients import coordinator_desk
from cycle.trail import note
from models import Cycle, Obligation, OrderAnswer, Report
from models.columns import row_id
from models.enums import ObligationState, ReportState, Role
from notifications.notices import NOTICES, Notice, OrderProposed, Reminder, ReviewPending
from notifications.outbox import Queued, message_key, queue
from notifications.wording import render_line
from rules.reminders import REVIEW_STAGES, STAGES, Stage, horizon, reached
from rules.workdays import Workdays

OWED = (ObligationState.OPEN, ObligationState.RETURNED)

CONFIRMED_BY_OFFICE = Role.HEAD
"""A step that reaches the head of a unit needs the office's word first (year.md, Reminding and escalation): the sweep
proposes an order to the office instead of writing to the head, and the order tells the head."""


class Owed(NamedTuple):
    """One thing to be reminded of: `hangs_on` is when it was due, or when it was filed for review."""

    id: int
    key: str
    title: str
    unit_id: int
    hangs_on: date
    returns: int


def remind(session: Session, cycle: Cycle, *, today: date, by: str = "系统") -> int:
    """Queue what is to be reminded today and return how many messages were new.

    On a day off nothing is queued; the next workday makes up for it with the last stage reached. What was reminded
    before is not reminded again: due date, round of return and stage are in the key.
    """
    workdays = calendar(cycle)
    if not workdays.is_workday(today):
        return 0
    queued = queue(session, _sweep(session, cycle, workdays, today))
    if queued:
        note(session, cycle_id=cycle.id, day=today, by=by, act="remind", subject=cycle.code, detail={"queued": queued})
    return queued


def _sweep(session: Session, cycle: Cycle, workdays: Workdays, today: date) -> Iterator[Queued]:
    cycle_id = row_id(cycle)
    office, coordinator = coordinator_desk(session, cycle, today)
    called = names(session, today)

    def message(owed: Owed, unit_id: int, role: Role, notice: Notice, stage: Stage) -> Queued:
        kind = NOTICES[type(notice)]
        subject = f"{owed.key}#{owed.returns}"
        return Queued(
            cycle_id=cycle_id, key=message_key(cycle_id, unit_id, role, kind.name, subject, owed.hangs_on, stage.code),
            unit_id=unit_id, role=role, kind=kind.name, line=render_line(notice), obligation_id=owed.id,
            due_on=None if role is Role.COORDINATOR else owed.hangs_on, urgent=kind.urgent, queued_on=today,
        )  # fmt: skip

    stage_of = reached(today, workdays)
    for owed in _owed(session, cycle, until=horizon(today, workdays)):
        stage = stage_of(owed.hangs_on)
        for role in stage.roles if stage else ():
            if role is CONFIRMED_BY_OFFICE:
                proposed = OrderProposed(owed.title, called[owed.unit_id], owed.hangs_on)
                yield message(owed, office, coordinator, proposed, stage)
            else:
                yield message(owed, owed.unit_id, role, Reminder(owed.title, owed.hangs_on, stage.code), stage)
    stage_of = reached(today, workdays, REVIEW_STAGES)
    for filed in _unreviewed(session, cycle):
        stage = stage_of(filed.hangs_on)
        if stage is not None:
            yield message(
                filed, office, coordinator, ReviewPending(filed.title, called[filed.unit_id], filed.hangs_on), stage
            )


def _owed(session: Session, cycle: Cycle, until: date) -> Iterator[Owed]:
    o = col(Obligation.id).table
    query = select(o.c.id, o.c.key, o.c.title, o.c.supplier_id, o.c.due_on, o.c.returns).where(
        o.c.cycle_id == cycle.id, o.c.state.in_(OWED), o.c.due_on <= until
    )
    return map(Owed._make, session.connection().execute(query.order_by(o.c.id)))


def _unreviewed(session: Session, cycle: Cycle) -> Iterator[Owed]:
    """Yield what waits for the office, with the day on which the version that waits was filed."""
    query = (
        select(col(Obligation.id), col(Obligation.key), col(Obligation.title), col(Obligation.supplier_id),
               func.coalesce(Report.filed_on, OrderAnswer.answered_on, Obligation.filed_on), col(Obligation.returns))
        .outerjoin(Report, and_(col(Report.obligation_id) == Obligation.id, col(Report.state) == ReportState.SUBMITTED))
        .outerjoin(OrderAnswer, and_(col(OrderAnswer.order_id) == Obligation.order_id, col(OrderAnswer.decision).is_(None)))
        .where(col(Obligation.cycle_id) == cycle.id, col(Obligation.state) == ObligationState.SUBMITTED)
        .order_by(col(Obligation.id))
    )  # fmt: skip
    return map(Owed._make, session.connection().execute(query))
