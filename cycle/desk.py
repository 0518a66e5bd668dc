"""Where a unit's workbook is dealt with: who acts, on which day, and what its cells come to as values."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from sqlmodel import Session

from cycle.lookup import find_obligation
from documents.unit_checks import Value
from models import Cycle, Obligation, Refused, Unit


class Desk(NamedTuple):
    """Who acts, when, and from which file; `exhibits` are the stored files of evidence by the name in the cell."""

    session: Session
    cycle: Cycle
    unit: Unit
    by: str
    today: date
    intake_id: int | None
    exhibits: Mapping[str, tuple[str, str]]


def owed(desk: Desk, key: str) -> Obligation:
    """Return what the desk's unit owes under the key; Refused when another unit owes it."""
    obligation = find_obligation(desk.session, desk.cycle, key)
    if obligation.supplier_id != desk.unit.id:
        raise Refused(f"“{obligation.title}”不由本单位报送。请用本单位的报送工作簿。")
    return obligation


def text(value: Value) -> str:
    """Return what was written into a cell, "" where nothing was."""
    return "" if value is None else str(value)


def figure(value: Value) -> Decimal | None:
    """Return the number in a cell."""
    assert value is None or isinstance(value, Decimal)
    return value
