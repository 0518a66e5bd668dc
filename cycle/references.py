"""Values from outside the reports: last year's figure and the outside average, provisional until they are final."""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import select
from sqlmodel import Session, col, func

from cycle.lookup import find_indicator
from cycle.trail import note
from models import Assignment, Cycle, Filing, Indicator, Reference, Refused, Unit
from models.columns import row_id
from models.enums import ReferenceKind, ReferenceStatus, TargetForm
from rules.numbers import plain

REFERENCE_OF = {
    TargetForm.ABOVE_AVERAGE: ReferenceKind.OUTSIDE_AVERAGE,
    TargetForm.UP_ON_LAST_YEAR: ReferenceKind.LAST_YEAR,
}
"""The outside value that a form of target rests on."""


class Known(NamedTuple):
    """An outside value as it was known on a day."""

    value: Decimal
    status: ReferenceStatus


References = dict[tuple[int, int | None], Known]
"""Outside values by indicator and unit; None stands for every unit."""


def references(session: Session, cycle: Cycle, *, as_of: date) -> References:
    """Return the newest outside values known on `as_of`.

    Where nobody noted last year's value, the one the unit itself filed with its target stands.
    """
    filed = session.execute(
        select(col(Indicator.id), col(Assignment.unit_id), col(Filing.last_year))
        .join(Assignment, col(Assignment.indicator_id) == col(Indicator.id))
        .join(Filing, col(Filing.assignment_id) == col(Assignment.id))
        .where(col(Indicator.cycle_id) == cycle.id, col(Indicator.form) == TargetForm.UP_ON_LAST_YEAR)
        .where(col(Filing.filed_on) <= as_of, col(Filing.last_year).is_not(None))
        .order_by(col(Filing.version))
    )
    noted = session.execute(
        select(Reference, col(Indicator.form))
        .join(Indicator, col(Reference.indicator_id) == col(Indicator.id))
        .where(col(Indicator.cycle_id) == cycle.id, col(Reference.noted_on) <= as_of)
        .order_by(col(Reference.version))
    )
    own: References = {(i, unit): Known(value, ReferenceStatus.FINAL) for i, unit, value in filed if value is not None}
    stated = {(r.indicator_id, r.unit_id): Known(r.value, r.status) for r, f in noted if r.kind is REFERENCE_OF.get(f)}
    return {**own, **stated}


def note_reference(
    session: Session, cycle: Cycle, indicator_no: str, value: Decimal, *, status: ReferenceStatus, source: str,
    unit: Unit | None = None, by: str, today: date,
) -> Reference:  # fmt: skip
    """Note the outside value that the targets of an indicator rest on, as its next version, and return it.

    Without `unit` it holds for every unit.

    Raises:
        Refused: the targets of the indicator rest on no outside value, or no source is named.
    """
    indicator = find_indicator(session, cycle, indicator_no)
    kind = REFERENCE_OF.get(indicator.form)
    if kind is None:
        raise Refused(f"指标 {indicator_no} 的目标形式为“{indicator.form.zh}”，不需要参照值。请核对序号。")
    if not source.strip():
        raise Refused("登记参照值须写明数据来源（--source）。")
    unit_id = row_id(unit) if unit else None
    last = session.scalars(
        select(func.max(col(Reference.version)))
        .where(col(Reference.indicator_id) == indicator.id, col(Reference.kind) == kind)
        .where(col(Reference.unit_id).is_(None) if unit_id is None else col(Reference.unit_id) == unit_id)
    ).one()
    noted = Reference(
        indicator_id=row_id(indicator), unit_id=unit_id, kind=kind, version=(last or 0) + 1, value=value, status=status,
        source=source.strip(), noted_on=today,
    )  # fmt: skip
    session.add(noted)
    subject = f"{unit.code if unit else '各单位'}/{indicator_no}"
    note(session, cycle_id=cycle.id, day=today, by=by, act="note_reference", subject=subject,
         detail={"value": plain(value), "status": status.value, "source": noted.source})  # fmt: skip
    return noted
