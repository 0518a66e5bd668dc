"""The list of what every unit owes. Completeness, lateness, reminders and points are computed from it alone."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import update
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from cycle.lookup import calendar
from cycle.trail import SYSTEM, note
from models import Assignment, Cycle, Extension, Indicator, Milestone, Obligation, Unit, Window
from models.columns import row_id
from models.enums import (
    AssignmentRole,
    AssignmentState,
    ExtensionState,
    Frequency,
    ObligationKind,
    ObligationState,
    Split,
)
from notifications.notices import WindowOpened
from notifications.outbox import post
from rules.states import move
from rules.windows import period_name, windows

OPEN_STATES = (ObligationState.OPEN, ObligationState.RETURNED)
YEAR_DUTIES = (
    (ObligationKind.SELF_CHECK, "self_check_due", "半年工作自查"),
    (ObligationKind.SELF_EVALUATION, "self_evaluation_due", "年度自评"),
)
"""What every assessed unit owes once, by the milestone of the cycle that dates it (year.md, Steps)."""
DUTY_OPENS_WORKDAYS_BEFORE = 10


def owe(session: Session, obligations: Iterable[Obligation]) -> int:
    """Put the obligations on the list, each once by its key, and return how many were new."""
    wanted = list(obligations)
    if not wanted:
        return 0
    fresh = {o.key: o for o in wanted}
    known = select(Obligation.key).where(Obligation.cycle_id == wanted[0].cycle_id, col(Obligation.key).in_(fresh))
    for key in session.exec(known).all():
        del fresh[key]
    session.add_all(fresh.values())
    session.flush()
    return len(fresh)


def lay_out_windows(session: Session, cycle: Cycle) -> int:
    """Create the reporting windows the cycle's indicators need and return how many were new."""
    used = session.exec(
        select(col(Indicator.frequency), col(Indicator.due_on)).where(Indicator.cycle_id == cycle.id).distinct()
    ).all()
    known = set(session.exec(select(col(Window.frequency), col(Window.code)).where(Window.cycle_id == cycle.id)))
    fresh: dict[tuple[Frequency, str], Window] = {}
    for frequency, once_due in used:
        monthly = frequency is Frequency.MONTHLY
        plans = windows(
            cycle.starts,
            cycle.ends,
            frequency,
            due_workdays=cycle.monthly_due_workdays if monthly else cycle.quarterly_due_workdays,
            close_workdays=cycle.close_workdays,
            calendar=calendar(cycle),
            once_due=once_due if frequency is Frequency.ONCE else None,
        )
        for plan in plans:
            if (plan.frequency, plan.code) not in known:
                fresh[plan.frequency, plan.code] = Window(cycle_id=row_id(cycle), **plan._asdict())
    session.add_all(fresh.values())
    session.flush()
    return len(fresh)


def lay_out_unit(session: Session, cycle: Cycle, unit: Unit, *, today: date) -> int:
    """Write down all that falls due for the unit's accepted assignments after today; return how many were new."""
    lay_out_windows(session, cycle)
    by_frequency: dict[Frequency, list[Window]] = {}
    for window in session.exec(select(Window).where(Window.cycle_id == cycle.id, col(Window.due_on) >= today)):
        by_frequency.setdefault(window.frequency, []).append(window)
    owed = [
        _report(cycle, unit, indicator, assignment, window)
        for assignment, indicator in reporting_assignments(session, cycle, unit)
        for window in by_frequency.get(indicator.frequency, [])
        if indicator.frequency is not Frequency.ONCE or window.due_on == indicator.due_on
    ]
    return owe(session, [*owed, *_duties(session, cycle, unit, today)])


def reporting_assignments(session: Session, cycle: Cycle, unit: Unit) -> list[tuple[Assignment, Indicator]]:
    """Return the decided assignments the unit has figures of its own for: it leads, or the target was shared out."""
    rows = session.exec(
        select(Assignment, Indicator)
        .join(Indicator)
        .where(Indicator.cycle_id == cycle.id, Assignment.unit_id == unit.id, col(Assignment.ended_on).is_(None))
        .where(Assignment.state == AssignmentState.ACCEPTED)
        .order_by(col(Indicator.id))
    )
    return [(a, i) for a, i in rows if a.role is AssignmentRole.LEAD or i.split is not Split.NONE]


def _report(cycle: Cycle, unit: Unit, indicator: Indicator, assignment: Assignment, window: Window) -> Obligation:
    return Obligation(
        cycle_id=row_id(cycle),
        key=f"report/{unit.code}/{indicator.number}/{window.code}",
        kind=ObligationKind.REPORT,
        title=f"{indicator.number} {indicator.name}（{period_name(window.code)}）",
        supplier_id=indicator.supplier_id or row_id(unit),
        assessed_id=row_id(unit),
        assignment_id=row_id(assignment),
        window_id=row_id(window),
        open_on=window.open_on,
        due_on=window.due_on,
        close_on=window.close_on,
    )


def _duties(session: Session, cycle: Cycle, unit: Unit, today: date) -> list[Obligation]:
    days = milestones(session, cycle)
    return [
        Obligation(
            cycle_id=row_id(cycle),
            key=f"{kind.value}/{unit.code}",
            kind=kind,
            title=title,
            supplier_id=row_id(unit),
            assessed_id=row_id(unit),
            open_on=calendar(cycle).before(days[code], DUTY_OPENS_WORKDAYS_BEFORE),
            due_on=days[code],
            close_on=calendar(cycle).after(days[code], cycle.close_workdays),
        )
        for kind, code, title in YEAR_DUTIES
        if code in days and days[code] >= today
    ]


def milestones(session: Session, cycle: Cycle) -> dict[str, date]:
    """Return the cycle's dated nodes by code."""
    return dict(
        session.exec(select(col(Milestone.code), col(Milestone.due_on)).where(Milestone.cycle_id == cycle.id)).all()
    )


def open_what_is_due(session: Session, cycle: Cycle, *, today: date) -> int:
    """Open all that may be filed by today and tell each unit once per due date; return how many were opened."""
    due = session.exec(
        select(Obligation)
        .where(
            Obligation.cycle_id == cycle.id,
            Obligation.state == ObligationState.PLANNED,
            col(Obligation.open_on) <= today,
        )
        .order_by(col(Obligation.id))
    ).all()
    told: dict[tuple[int, date], int] = {}
    for obligation in due:
        obligation.state = move(obligation.state, "open")
        batch = obligation.supplier_id, obligation.due_on
        told[batch] = told.get(batch, 0) + 1
    for (unit_id, due_on), count in told.items():
        notice = WindowOpened(window="新一批应报事项", items=count, due_on=due_on)
        post(
            session,
            row_id(cycle),
            unit_id,
            notice,
            subject=f"due-{due_on.isoformat()}-{today.isoformat()}",
            today=today,
            due_on=due_on,
        )
    if due:
        opened = {"opened": len(due)}
        note(session, cycle_id=cycle.id, day=today, by=SYSTEM, act="open_windows", subject=cycle.code, detail=opened)
    session.flush()
    return len(due)


def mark_late_and_missed(session: Session, cycle: Cycle, *, today: date) -> tuple[int, int]:
    """Mark what is past due as late and what was not filed by its close as missed; return how many of each are new.

    What an application for a later date is pending for is left alone until the office has decided it. What was returned
    is never missed: a closed window still takes it.
    """
    running = col(Obligation.cycle_id) == cycle.id, col(Obligation.id).not_in(pending_extensions())
    overdue = col(Obligation.state).in_(OPEN_STATES), col(Obligation.due_on) < today, col(Obligation.late).is_(False)
    late = session.exec(update(Obligation).where(*running, *overdue).values(late=True))
    missed = session.exec(
        select(Obligation)
        .where(*running, Obligation.state == ObligationState.OPEN, col(Obligation.close_on) < today)
        .order_by(col(Obligation.id))
    ).all()
    for obligation in missed:
        obligation.state = move(obligation.state, "miss")
        obligation.missed = True
    count = int(late.rowcount)
    if count or missed:
        marked = {"late": count, "missed": [o.key for o in missed]}
        note(session, cycle_id=cycle.id, day=today, by=SYSTEM, act="mark_overdue", subject=cycle.code, detail=marked)
    session.flush()
    return count, len(missed)


def pending_extensions() -> SelectOfScalar[int]:
    """Return the query for the obligations whose units wait for a decision on a later date."""
    return select(Extension.obligation_id).where(Extension.state == ExtensionState.APPLIED)
