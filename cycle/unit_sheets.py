"""What each unit is asked for today, as facts for its workbook: read from the record, nothing decided here."""

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from sqlmodel import Session, select

from cycle import unit_rows
from cycle.lookup import names
from cycle.unit_reports import Scope, report_rows
from documents.unit_facts import UnitWorkbook
from models import Cycle, Unit
from models.columns import row_id


def unit_workbooks(
    session: Session, cycle: Cycle, *, today: date, units: Collection[str] | None = None, corrections: bool = False
) -> dict[str, UnitWorkbook]:
    """Return by code the workbook of every unit (or of `units`) that is asked for something.

    With `corrections`, what was filed before and may be corrected is in it too.
    """
    codes = {row_id(unit): unit.code for unit in session.exec(select(Unit).order_by(Unit.code))}
    wanted = frozenset(key for key, code in codes.items() if units is None or code in units)
    scope = Scope(session, cycle, today, names(session, today), wanted)
    filings = _by_unit(unit_rows.filing_rows(scope))
    parts: dict[str, dict[int, tuple[Any, ...]]] = {
        "reports": _by_unit(report_rows(scope, corrections=corrections)),
        "letters": _by_unit(unit_rows.letter_rows(scope)),
        "filings": filings,
        "contacts": _by_unit(unit_rows.contact_rows(scope, filings)),
        "orders": _by_unit(unit_rows.order_rows(scope)),
        "extensions": _by_unit(unit_rows.extension_rows(scope)),
        "self_evaluations": _by_unit(unit_rows.self_evaluation_rows(scope)),
        "appeals": _by_unit(unit_rows.appeal_rows(scope)),
    }
    asked = {key for rows in parts.values() for key in rows}
    return {
        code: UnitWorkbook(
            cycle=cycle.code, cycle_name=cycle.name, unit=code, unit_name=scope.called.get(key, code),
            office=cycle.office, made_on=today, **{part: rows.get(key, ()) for part, rows in parts.items()},
        )
        for key, code in codes.items()
        if key in asked
    }  # fmt: skip


def _by_unit(rows: Iterable[tuple[int, Any]]) -> dict[int, tuple[Any, ...]]:
    grouped: dict[int, list[Any]] = {}
    for unit, row in rows:
        grouped.setdefault(unit, []).append(row)
    return {unit: tuple(own) for unit, own in grouped.items()}
