"""The list of what is owed, as plain rows for commands and other programs."""

from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from cycle.lookup import names
from models import Cycle, Obligation, Unit
from models.enums import ObligationState

DONE_WITH = (ObligationState.ACCEPTED, ObligationState.PLANNED, ObligationState.WITHDRAWN)
"""What a unit need not think of today."""


def list_owed(
    session: Session, cycle: Cycle, *, today: date, unit: Unit | None = None, everything: bool = False
) -> list[dict[str, Any]]:
    """Return what the units (or one of them) owe, by due date; with `everything` also what is done or not yet open."""
    called = names(session, today)
    query = (
        select(Obligation, col(Unit.code))
        .join(Unit, col(Obligation.supplier_id) == col(Unit.id))
        .where(Obligation.cycle_id == cycle.id)
        .order_by(col(Obligation.due_on), Unit.code, col(Obligation.id))
    )
    if unit is not None:
        query = query.where(Obligation.supplier_id == unit.id)
    if not everything:
        query = query.where(col(Obligation.state).not_in(DONE_WITH))
    return [
        {
            "编号": o.key,
            "单位": called.get(o.supplier_id, code),
            "事项": o.title,
            "考核对象": "" if o.assessed_id == o.supplier_id else called.get(o.assessed_id, ""),
            "截止日期": o.due_on,
            "状态": o.state.zh,
            "逾期": "是" if o.late or (o.due_on < today and o.filed_on is None) else "否",
            "退回次数": o.returns,
        }
        for o, code in session.exec(query)
    ]
