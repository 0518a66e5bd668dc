"""How units kept their reporting duties as of a date: counted from the list of obligations and from nothing else."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlmodel import Session, col

from models import Cycle, Intake, Obligation, Report, Review
from models.columns import row_id
from models.enums import Decision, ObligationKind, ObligationState

REPORTING = (
    ObligationKind.FILING,
    ObligationKind.REPORT,
    ObligationKind.SELF_CHECK,
    ObligationKind.SELF_EVALUATION,
)  # fmt: skip
"""What counts as reporting 报送. Letters are signed for, and orders are a matter of supervision (scoring.md R17)."""


class Faults(NamedTuple):
    """The titles of what a unit filed late, never filed, had returned (once for each time) and handed in empty."""

    late: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    returned: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()


FAULTLESS = Faults()


def faults(session: Session, cycle: Cycle, *, as_of: date) -> dict[int, Faults]:
    """Return by the unit that owed it what went wrong with its reports up to `as_of`.

    Missing is what its close passed without a report, and is not counted as late as well. Late stays late, whatever
    was filed afterwards. Empty is a workbook handed in with nothing in it; a nil report with its reason is none.
    """
    returns = _returns(session, cycle, as_of)
    owed = session.scalars(
        select(Obligation)
        .where(col(Obligation.cycle_id) == cycle.id, col(Obligation.kind).in_(REPORTING))
        .where(col(Obligation.state) != ObligationState.WITHDRAWN)
        .where(or_(col(Obligation.late), col(Obligation.missed), col(Obligation.returns) > 0))
        .order_by(col(Obligation.due_on), col(Obligation.id))
    )
    found: dict[int, list[tuple[str, str]]] = {}
    for o in owed:
        for fault in (*_lateness(o, as_of), *["returned"] * _times_returned(o, returns, as_of)):
            found.setdefault(o.supplier_id, []).append((fault, o.title))
    for unit, file in _empty(session, cycle, as_of):
        found.setdefault(unit, []).append(("empty", file))
    return {
        unit: Faults(*(tuple(title for kind, title in rows if kind == name) for name in Faults._fields))
        for unit, rows in found.items()
    }


def _lateness(o: Obligation, as_of: date) -> Iterator[str]:
    if o.missed and (o.close_on is None or o.close_on < as_of):
        yield "missing"
    elif (o.late or o.missed) and (o.due_on < as_of or (o.filed_on is not None and o.filed_on <= as_of)):
        yield "late"


def _times_returned(o: Obligation, returns: dict[int, int], as_of: date) -> int:
    if o.kind in (ObligationKind.REPORT, ObligationKind.SELF_CHECK):
        return returns.get(row_id(o), 0)
    return o.returns if o.filed_on is not None and o.filed_on <= as_of else 0


def _returns(session: Session, cycle: Cycle, as_of: date) -> dict[int, int]:
    rows = session.execute(
        select(col(Report.obligation_id))
        .join(Review, col(Review.report_id) == col(Report.id))
        .join(Obligation, col(Report.obligation_id) == col(Obligation.id))
        .where(col(Obligation.cycle_id) == cycle.id)
        .where(col(Review.decision) == Decision.RETURN, col(Review.reviewed_on) <= as_of)
    )
    counts: dict[int, int] = {}
    for (obligation,) in rows:
        counts[obligation] = counts.get(obligation, 0) + 1
    return counts


def _empty(session: Session, cycle: Cycle, as_of: date) -> Iterator[tuple[int, str]]:
    """Yield unit and file name of every workbook that was handed in with nothing in it."""
    rows = session.execute(
        select(col(Intake.unit_id), col(Intake.name))
        .where(col(Intake.cycle_id) == cycle.id, col(Intake.empty), col(Intake.taken_on) <= as_of)
        .order_by(col(Intake.taken_on), col(Intake.id))
    )
    for unit, name in rows:
        if unit is not None:
            yield unit, name
