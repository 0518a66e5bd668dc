"""The daily sweep of what is owed: what is due soon, overdue or unreviewed is reminded, each stage once.

It reads plain columns and writes in bulk, because the list of what is owed is long and what is due today is short.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

from sqlalchemy import and_, func, select
from sqlmodel import Session, col

from cycle.lookup import calendar, names
from cycle.recipients import Seat, coordinator_seat
from cycle.trail import note
from models import Cycle, Obligation, Report
from models import OrderAnswer as answer
from models.columns import row_id
from models.enums import ObligationState, ReportState, Role
from notifications.notices import NOTICES, Kind, OrderProposed, Reminder, ReviewPending
from notifications.outbox import Queued, message_key, queue
from notifications.wording import GAP, render_around, render_line
from rules.reminders import REVIEW_STAGES, Stage, horizon, reached

OWED = (ObligationState.OPEN, ObligationState.RETURNED)

CONFIRMED_BY_OFFICE = Role.HEAD
"""A step that reaches the head of a unit needs the office's word first (year.md, Reminding and escalation): the sweep
proposes an order to the office instead of writing to the head, and the order tells the head."""


REMINDER = NOTICES[Reminder]


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
    queued = queue(session, Sweep(session, cycle, today).messages())
    if queued:
        note(session, cycle_id=cycle.id, day=today, by=by, act="remind", subject=cycle.code, detail={"queued": queued})
    return queued


@dataclass(frozen=True)
class Sweep:
    """One day's look over one cycle. What it yields may have been queued before; the outbox knows."""

    session: Session
    cycle: Cycle
    today: date

    def messages(self) -> Iterator[Queued]:
        """Yield what is to be said today, to the units and to the office."""
        workdays = calendar(self.cycle)
        stage_of = reached(self.today, workdays)
        for owed in _owed(self.session, self.cycle_id, until=horizon(self.today, workdays)):
            stage = stage_of(owed.hangs_on)
            if stage is not None:
                yield from self._to_unit(owed, stage)
        stage_of = reached(self.today, workdays, REVIEW_STAGES)
        for filed in _unreviewed(self.session, self.cycle_id):
            stage = stage_of(filed.hangs_on)
            if stage is not None:
                yield self._to_office(
                    filed, stage, ReviewPending(filed.title, self.called[filed.unit_id], filed.hangs_on)
                )

    @cached_property
    def cycle_id(self) -> int:
        """The cycle's id."""
        return row_id(self.cycle)

    @cached_property
    def day(self) -> str:
        """Today as the outbox keeps it."""
        return self.today.isoformat()

    @cached_property
    def called(self) -> dict[int, str]:
        """The names of the units today; looked up when there is something to tell the office."""
        return names(self.session, self.today)

    @cached_property
    def office(self) -> Seat:
        """Where the office's coordinator sits."""
        return coordinator_seat(self.session, self.cycle, self.today)

    @cached_property
    def words(self) -> dict[tuple[date, str], tuple[str, str]]:
        """The words around the title, by due date and stage: a thousand reminders of a day differ in nothing else."""
        return {}

    def _to_unit(self, owed: Owed, stage: Stage) -> Iterator[Queued]:
        around = self.words.get((owed.hangs_on, stage.code))
        if around is None:
            around = render_around(Reminder(GAP, owed.hangs_on, stage.code))
            self.words[owed.hangs_on, stage.code] = around
        for role in stage.roles:
            if role is CONFIRMED_BY_OFFICE:
                proposal = OrderProposed(owed.title, self.called[owed.unit_id], owed.hangs_on)
                yield self._to_office(owed, stage, proposal)
            else:
                line = owed.title.join(around)
                yield self._message(owed, stage, (owed.unit_id, role), REMINDER, line, owed.hangs_on.isoformat())

    def _to_office(self, owed: Owed, stage: Stage, notice: OrderProposed | ReviewPending) -> Queued:
        return self._message(owed, stage, self.office, NOTICES[type(notice)], render_line(notice), None)

    def _message(self, owed: Owed, stage: Stage, seat: Seat, kind: Kind, line: str, due_on: str | None) -> Queued:
        unit_id, role = seat
        subject = f"{owed.key}#{owed.returns}"
        key = message_key(self.cycle_id, unit_id, role, kind.name, subject, owed.hangs_on, stage.code)
        return Queued(self.cycle_id, key, unit_id, role.value, kind.name, line, owed.id, due_on, kind.urgent, self.day)


def _owed(session: Session, cycle_id: int, until: date) -> Iterator[Owed]:
    query = (
        select(
            col(Obligation.id),
            col(Obligation.key),
            col(Obligation.title),
            col(Obligation.supplier_id),
            col(Obligation.due_on),
            col(Obligation.returns),
        )
        .where(col(Obligation.cycle_id) == cycle_id, col(Obligation.state).in_(OWED), col(Obligation.due_on) <= until)
        .order_by(col(Obligation.id))
    )
    return map(Owed._make, session.connection().execute(query))


def _unreviewed(session: Session, cycle_id: int) -> Iterator[Owed]:
    """Yield what waits for the office, with the day on which the version that waits was filed."""
    query = (
        select(col(Obligation.id), col(Obligation.key), col(Obligation.title), col(Obligation.supplier_id),
               func.coalesce(Report.filed_on, answer.answered_on, Obligation.filed_on), col(Obligation.returns))
        .outerjoin(Report, and_(col(Report.obligation_id) == Obligation.id, col(Report.state) == ReportState.SUBMITTED))
        .outerjoin(answer, and_(col(answer.order_id) == Obligation.order_id, col(answer.decision).is_(None)))
        .where(col(Obligation.cycle_id) == cycle_id, col(Obligation.state) == ObligationState.SUBMITTED)
        .order_by(col(Obligation.id))
    )  # fmt: skip
    return map(Owed._make, session.connection().execute(query))
