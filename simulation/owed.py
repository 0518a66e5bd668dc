"""What the record says units owe and carry: plain facts, read in two queries, for the simulated people to act upon."""

from datetime import date, timedelta
from fractions import Fraction
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from models import Assignment, Cycle, Indicator, Obligation, Participant, Target, Unit, Window
from models.enums import AssignmentState, ObligationKind, ObligationState, TargetForm
from rules.targets import TargetFigure
from simulation.behaviour import Carried, Period

ONE_DAY = timedelta(days=1)
WAITING = (ObligationState.OPEN, ObligationState.RETURNED)


class Owed(NamedTuple):
    """One thing a unit has to file: `unit` supplies it, `assessed` is whom it is about."""

    key: str
    kind: ObligationKind
    title: str
    unit: str
    assessed: str
    open_on: date
    due_on: date
    again: bool  # it was returned
    returns: int
    window: str
    window_due: date | None
    period: Period | None
    carried: Carried | None
    in_words: bool
    evidence: bool


def owed(session: Session, cycle: Cycle) -> list[Owed]:
    """Return everything that waits for a unit."""
    supplier, assessed = aliased(Unit), aliased(Unit)
    rows = session.execute(
        select(  # type: ignore[call-overload]
            col(Obligation.key), col(Obligation.kind), col(Obligation.title), supplier.code, assessed.code,
            col(Obligation.open_on), col(Obligation.due_on), col(Obligation.state), col(Obligation.returns),
            col(Window.code), col(Window.due_on), col(Window.starts), col(Window.ends),
            col(Indicator.number), col(Indicator.form), col(Indicator.evidence_required),
        )
        .join(supplier, supplier.id == Obligation.supplier_id)
        .join(assessed, assessed.id == Obligation.assessed_id)
        .outerjoin(Window, col(Window.id) == Obligation.window_id)
        .outerjoin(Assignment, col(Assignment.id) == Obligation.assignment_id)
        .outerjoin(Indicator, col(Indicator.id) == Assignment.indicator_id)
        .where(col(Obligation.cycle_id) == cycle.id, col(Obligation.state).in_(WAITING))
        .order_by(col(Obligation.id))
    ).all()  # fmt: skip
    tasks = {(c.unit, c.indicator): c for c in carried(session, cycle)} if rows else {}
    return [
        Owed(
            key, kind, title, unit, about, open_on, due_on,
            again=state is ObligationState.RETURNED, returns=returns, window=window or "", window_due=window_due,
            period=_period(cycle, window, starts, ends) if window else None, carried=tasks.get((about, number)),
            in_words=form in (None, TargetForm.QUALITATIVE), evidence=bool(evidence),
        )
        for key, kind, title, unit, about, open_on, due_on, state, returns, window, window_due, starts, ends,
            number, form, evidence in rows
    ]  # fmt: skip


def _period(cycle: Cycle, code: str, starts: date, ends: date) -> Period:
    days = (cycle.ends - cycle.starts).days + 1
    over, before = ((day - cycle.starts).days for day in (ends + ONE_DAY, starts))
    return Period(code, Fraction(over, days), Fraction(before, days), ends, over - before)


def carried(session: Session, cycle: Cycle, *states: AssignmentState) -> list[Carried]:
    """Return the running assignments, in these states or in any, each with the newest version of its target."""
    newest = (
        select(func.max(col(Target.version)))
        .where(col(Target.assignment_id) == Assignment.id)
        .correlate(Assignment)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            col(Unit.code), col(Indicator.number), col(Indicator.form), col(Indicator.aggregation),
            col(Indicator.decimals), col(Indicator.measure),
            col(Target.value), col(Target.value_high), col(Target.margin),
        )
        .join(Assignment, col(Assignment.unit_id) == Unit.id)
        .join(Indicator, col(Indicator.id) == Assignment.indicator_id)
        .join(Target, (col(Target.assignment_id) == Assignment.id) & (col(Target.version) == newest))
        .where(col(Indicator.cycle_id) == cycle.id, col(Assignment.ended_on).is_(None))
        .where(col(Assignment.state).in_(states or tuple(AssignmentState)))
        .order_by(col(Indicator.id), col(Unit.code))
    )  # fmt: skip
    return [
        Carried(unit, number, form, aggregation, decimals, TargetFigure(form, value, high, margin, None, measure))
        for unit, number, form, aggregation, decimals, measure, value, high, margin in rows
    ]


def in_plan(session: Session, cycle: Cycle) -> set[str]:
    """Return the codes of the units and the numbers of the targets that the plan knows."""
    units = select(col(Unit.code)).join(Participant, col(Participant.unit_id) == Unit.id)
    numbers = select(col(Indicator.number)).where(col(Indicator.cycle_id) == cycle.id)
    return {*session.scalars(units.where(col(Participant.cycle_id) == cycle.id)), *session.scalars(numbers)}
