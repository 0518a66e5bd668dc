"""Handing in: the units put their workbooks into the inbox, and their evidence beside them. They do nothing else."""

import os
from collections.abc import Sequence
from datetime import date
from itertools import groupby
from pathlib import Path

from sqlmodel import select

from cycle.lookup import find_cycle
from cycle.unit_sheets import unit_folder, unit_workbooks, write_workbook
from models import Intake
from models.home import inbox_folder
from simulation.filling import asked, filled_in
from simulation.units import APPEALED, BLANK, CORRECTED, Entry, agenda, strays
from simulation.world import World

ON_REQUEST = (CORRECTED, APPEALED)
MAIL = "报送工作簿"
"""What stands in the name of every workbook that is given out, after the name of its unit."""


def hand_in(world: World, day: date) -> int:
    """Put what the units have filled in by `day` into the inbox, a workbook for each, and return how many were new."""
    with world.record.reading() as session:
        due = sorted((e for e in agenda(session, world) if e.day <= day), key=_workbook)
        came = set(session.exec(select(Intake.name).where(Intake.taken_on == day))) if due else set()
    handed_in = 0
    for (unit, file), entries in groupby(due, key=_workbook):
        given = _fresh(world, unit, day, file) if file in ON_REQUEST else _given_out(world, unit)
        name = f"{given[0].name.split(MAIL)[0]}{day:%Y%m%d}{file}"
        if f"{name}.xlsx" not in came and not (inbox_folder() / f"{name}.xlsx").exists():
            _put(name, given, list(entries))
            handed_in += 1
    return handed_in + _throw_in(world, day)


def _workbook(entry: Entry) -> tuple[str, str]:
    return entry.unit, entry.file


def _given_out(world: World, unit: str) -> list[Path]:
    """Return the workbooks the unit was given, the newest first."""
    given = unit_folder(world.cycle, unit).glob(f"[!.]*{MAIL}-????????-????????.xlsx")
    return sorted(given, key=lambda path: path.stem.split("-")[1], reverse=True)


def _fresh(world: World, unit: str, day: date, file: str) -> list[Path]:
    """Return the workbook the unit asks the office for: nobody is asked to correct or to appeal."""
    with world.record.reading() as session:
        cycle = find_cycle(session, world.cycle)
        facts = unit_workbooks(session, cycle, today=day, units=[unit], corrections=file == CORRECTED)[unit]
    return [write_workbook(facts, unit_folder(world.cycle, unit) / file).path]


def _put(name: str, given: Sequence[Path], entries: Sequence[Entry]) -> None:
    """Fill in the newest workbook that asks for all of it; it appears in the inbox whole, after its evidence."""
    content = next((c for c in (_content(path, entries) for path in given) if c is not None), None)
    if content is None:
        raise LookupError(f"{name}: no workbook asks for what is to be filled in")
    inbox = inbox_folder()
    for file, text in (e.exhibit for e in entries if e.exhibit):
        (inbox / name).mkdir(parents=True, exist_ok=True)
        (inbox / name / file).write_text(text, encoding="utf-8")
    inbox.mkdir(parents=True, exist_ok=True)
    half = inbox / f".{name}"
    half.write_bytes(content)
    os.replace(half, inbox / f"{name}.xlsx")


def _content(path: Path, entries: Sequence[Entry]) -> bytes | None:
    rows = asked(path)
    try:
        typed = [entry.write(rows) for entry in entries]
    except KeyError:
        return None
    answers_of = {place: said for one in typed for place, said in one.items()}
    if not answers_of.keys() <= rows.keys() or not all(
        one or e.file == BLANK for e, one in zip(entries, typed, strict=True)
    ):
        return None
    return filled_in(path, rows, answers_of)


def _throw_in(world: World, day: date) -> int:
    with world.record.reading() as session:
        due = [s for s in strays(session, world) if s.day <= day]
    for stray in due:
        inbox_folder().mkdir(parents=True, exist_ok=True)
        (inbox_folder() / stray.name).write_bytes(stray.content)
    return len(due)


def anything_in_inbox() -> bool:
    """Return whether a file waits to be taken in."""
    folder = inbox_folder()
    return folder.is_dir() and any(path.is_file() for path in folder.iterdir())
