"""What the record says units owe and carry: plain facts, read in two queries, for the simulated people to act upon."""

from datetime import date
from fractions import Fraction
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from models import Assignment, Cycle, Indicator, Obligation, Target, Unit, Window
from models.enums import AssignmentState, ObligationKind, ObligationState, TargetForm
from rules.targets import TargetFigure
from simulation.behaviour import Carried, Period

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
        select(Obligation, supplier.code, assessed.code, Window, Indicator)  # type: ignore[call-overload]
        .join(supplier, supplier.id == Obligation.supplier_id)
        .join(assessed, assessed.id == Obligation.assessed_id)
        .outerjoin(Window, col(Window.id) == Obligation.window_id)
        .outerjoin(Assignment, col(Assignment.id) == Obligation.assignment_id)
        .outerjoin(Indicator, col(Indicator.id) == Assignment.indicator_id)
        .where(col(Obligation.cycle_id) == cycle.id, col(Obligation.state).in_(WAITING))
        .order_by(Obligation.id)
    ).all()
    tasks = {(c.unit, c.indicator): c for c in carried(session, cycle)} if rows else {}
    return [
        Owed(
            key=o.key, kind=o.kind, title=o.title, unit=unit, assessed=about, open_on=o.open_on, due_on=o.due_on,
            again=o.state is ObligationState.RETURNED, returns=o.returns,
            window=w.code if w else "", window_due=w.due_on if w else None,
            period=_period(cycle, w) if w else None, carried=tasks.get((about, i.number)) if i else None,
            in_words=i is None or i.form is TargetForm.QUALITATIVE, evidence=bool(i and i.evidence_required),
        )
        for o, unit, about, w, i in rows
    ]  # fmt: skip


def _period(cycle: Cycle, window: Window) -> Period:
    days = (cycle.ends - cycle.starts).days + 1
    return Period(
        window.code,
        Fraction((window.ends - cycle.starts).days + 1, days),
        Fraction((window.starts - cycle.starts).days, days),
        window.ends,
    )


def carried(session: Session, cycle: Cycle, *states: AssignmentState) -> list[Carried]:
    """Return the running assignments, in these states or in any, each with the newest version of its target."""
    wanted = states or tuple(AssignmentState)
    rows = session.execute(
        select(Unit.code, Indicator, Target)  # type: ignore[call-overload]
        .join(Assignment, col(Assignment.unit_id) == Unit.id)
        .join(Indicator, col(Indicator.id) == Assignment.indicator_id)
        .join(Target, col(Target.assignment_id) == Assignment.id)
        .where(col(Indicator.cycle_id) == cycle.id, col(Assignment.ended_on).is_(None))
        .where(col(Assignment.state).in_(wanted))
        .order_by(Indicator.id, Unit.code, Target.version)
    )
    newest = {(code, i.number): (code, i, t) for code, i, t in rows}
    return [
        Carried(
            unit=code, indicator=i.number, form=i.form, aggregation=i.aggregation, decimals=i.decimals,
            target=TargetFigure(i.form, t.value, t.value_high, t.margin, None, i.measure),
        )
        for code, i, t in newest.values()
    ]  # fmt: skip
