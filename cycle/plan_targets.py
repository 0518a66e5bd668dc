"""What an import writes of new indicators: the rows, who carries them, the first version of every share, in bulk."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Table, insert, select
from sqlmodel import Session, SQLModel, col

from cycle.plan_units import unit_ids
from models import Assignment, Cycle, Indicator, Target
from models.columns import row_id
from models.enums import AssignmentState, Direction
from rules.plan import PlanIndicator, columns
from rules.plan_shares import shares
from rules.targets import CEILINGS

SAME_NAME = tuple(name for name in columns(PlanIndicator) if name in Indicator.model_fields)
"""The fields that the sheet and the table have under one name."""


def add_indicators(session: Session, cycle: Cycle, rows: Sequence[PlanIndicator], *, today: date) -> None:
    """Put new rows of the decomposition table on record, each share as a draft that is still to be sent."""
    if not rows:
        return
    ids = unit_ids(session)
    cycle_id = row_id(cycle)
    session.execute(insert(table_of(Indicator)), [{"cycle_id": cycle_id, **indicator_fields(row, ids)} for row in rows])
    numbered = _indicator_ids(session, cycle_id)
    parts = [(numbered[row.number], ids[share.unit], share) for row in rows for share in shares(row)]
    session.execute(
        insert(table_of(Assignment)),
        [
            {"indicator_id": i, "unit_id": u, "role": s.role, "weight": s.weight, "state": AssignmentState.DRAFT}
            for i, u, s in parts
        ],
    )
    carried = _assignment_ids(session, cycle_id)
    session.execute(
        insert(table_of(Target)),
        [
            {"assignment_id": carried[i, u], "version": 1, "decided_on": today, "reason": "", **s.figures._asdict()}
            for i, u, s in parts
        ],
    )


def table_of(model: type[SQLModel]) -> Table:
    """Return the table under a model: rows go in by the thousand without becoming objects first."""
    return SQLModel.metadata.tables[str(model.__tablename__)]


def indicator_fields(row: PlanIndicator, ids: dict[str, int]) -> dict[str, Any]:
    """Return the columns of the indicator table for a row of the sheet."""
    return {
        **{name: getattr(row, name) for name in SAME_NAME},
        "direction": Direction.LOWER if row.form in CEILINGS else Direction.HIGHER,
        "supplier_id": ids[row.supplier] if row.supplier else None,
        "evidence_required": row.evidence,
    }


def _indicator_ids(session: Session, cycle_id: int) -> dict[str, int]:
    rows = session.execute(select(col(Indicator.number), col(Indicator.id)).where(col(Indicator.cycle_id) == cycle_id))
    return {number: i for number, i in rows if i}


def _assignment_ids(session: Session, cycle_id: int) -> dict[tuple[int, int], int]:
    rows = session.execute(
        select(col(Assignment.indicator_id), col(Assignment.unit_id), col(Assignment.id))
        .join(Indicator, col(Indicator.id) == col(Assignment.indicator_id))
        .where(col(Indicator.cycle_id) == cycle_id)
    )
    return {(indicator, unit): i for indicator, unit, i in rows if i}
