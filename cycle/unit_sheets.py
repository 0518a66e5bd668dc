"""What each unit is asked for today, as facts for its workbook: read from the record, nothing decided here."""

import hashlib
import os
import re
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from sqlmodel import Session, select

from cycle import unit_rows
from cycle.lookup import find_cycle, names
from cycle.unit_reports import Scope, report_rows
from documents.unit_facts import UnitWorkbook
from documents.unit_workbook import write_unit_workbook
from models import Cycle, Unit
from models.columns import row_id
from models.home import outbox_folder
from models.record import Record


class Written(NamedTuple):
    """Where a workbook lies, and whether it was written just now."""

    path: Path
    new: bool


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


def write_workbooks(record: Record, cycle: str, day: date, units: Collection[str] | None = None) -> int:
    """Write the workbook of every unit (or of `units`) that is asked for something into the folder of its files.

    Return how many were new: a unit whose facts have not changed keeps the workbook it has.
    """
    with record.reading() as session:
        workbooks = unit_workbooks(session, find_cycle(session, cycle), today=day, units=units)
    return sum(write_workbook(facts, unit_folder(cycle, code)).new for code, facts in workbooks.items())


def write_workbook(facts: UnitWorkbook, folder: Path) -> Written:
    """Write the workbook into the folder, unless the newest one there has the same facts, and return where it is."""
    digest = hashlib.sha256(repr(replace(facts, made_on=date.min)).encode()).hexdigest()[:8]
    newest = max(folder.glob("[!.]*-????????-????????.xlsx"), key=_age, default=None)
    if newest is not None and newest.stem.endswith(digest):
        return Written(newest, new=False)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / safe_name(f"{facts.unit_name}报送工作簿-{facts.made_on:%Y%m%d}-{digest}.xlsx")
    half = folder / f".{path.name}"
    write_unit_workbook(facts, half)
    os.replace(half, path)
    return Written(path, new=True)


def _age(path: Path) -> tuple[str, int]:
    """Return what orders the workbooks of a unit by age: the day in the name, then when the file was written."""
    return path.stem.split("-")[-2], path.stat().st_mtime_ns


def unit_folder(cycle: str, unit: str) -> Path:
    """Return where the files for the unit are put."""
    return outbox_folder() / safe_name(cycle) / safe_name(unit)


def safe_name(text: str) -> str:
    """Return the text as a file name on every system; it cannot lead out of its folder."""
    return re.sub(r'[\x00-\x1f<>:"/\\|?*]', "_", text).lstrip(".") or "_"


def _by_unit(rows: Iterable[tuple[int, Any]]) -> dict[int, tuple[Any, ...]]:
    grouped: dict[int, list[Any]] = {}
    for unit, row in rows:
        grouped.setdefault(unit, []).append(row)
    return {unit: tuple(own) for unit, own in grouped.items()}
