"""Handing in: the units put their workbooks into the inbox, and their evidence beside them. They do nothing else."""

import os
import re
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
from simulation.units import CORRECTED, Entry, agenda, strays
from simulation.world import World

MAIL = "报送工作簿"
"""What stands in the name of every workbook that is given out, after the name of its unit."""


def hand_in(world: World, day: date) -> int:
    """Put what the units have filled in by `day` into the inbox, a workbook for each, and return how many were new."""
    with world.record.reading() as session:
        due = sorted((e for e in agenda(session, world) if e.day <= day), key=_workbook)
        came = set(session.exec(select(Intake.name).where(Intake.taken_on == day))) if due else set()
    handed_in = 0
    for (unit, file), entries in groupby(due, key=_workbook):
        given = _asked_for(world, unit, day) if file == CORRECTED else _given_out(world, unit)
        name = f"{given.name.split(MAIL)[0]}{day:%Y%m%d}{file}"
        if f"{name}.xlsx" not in came and not (inbox_folder() / f"{name}.xlsx").exists():
            _put(name, given, list(entries))
            handed_in += 1
    return handed_in + _throw_in(world, day)


def _workbook(entry: Entry) -> tuple[str, str]:
    return entry.unit, entry.file


def _given_out(world: World, unit: str) -> Path:
    """Return the workbook the unit was given last."""
    given = unit_folder(world.cycle, unit).glob(f"[!.]*{MAIL}-????????-????????.xlsx")
    return max(given, key=lambda path: (path.stem.split("-")[1], path.stat().st_mtime_ns))


def _asked_for(world: World, unit: str, day: date) -> Path:
    """Return the workbook a unit asks the office for when it has something to correct."""
    with world.record.reading() as session:
        cycle = find_cycle(session, world.cycle)
        facts = unit_workbooks(session, cycle, today=day, units=[unit], corrections=True)[unit]
    return write_workbook(facts, unit_folder(world.cycle, unit) / CORRECTED).path


def _put(name: str, given: Path, entries: Sequence[Entry]) -> None:
    """Fill in the workbook; it appears in the inbox whole, after its evidence."""
    rows = asked(given)
    typed = [entry.write(rows) for entry in entries]
    content = filled_in(given, rows, {place: said for one in typed for place, said in one.items()})
    inbox = inbox_folder()
    inbox.mkdir(parents=True, exist_ok=True)
    for file, text in (e.exhibit for e in entries if e.exhibit):
        (inbox / name).mkdir(exist_ok=True)
        (inbox / name / file).write_text(text, encoding="utf-8")
    _drop(f"{name}.xlsx", content)


def _drop(name: str, content: bytes) -> None:
    half = inbox_folder() / f".{name}"
    half.write_bytes(content)
    os.replace(half, inbox_folder() / name)


def _throw_in(world: World, day: date) -> int:
    with world.record.reading() as session:
        due = [s for s in strays(session, world) if s.day <= day]
    for stray in due:
        inbox_folder().mkdir(parents=True, exist_ok=True)
        _drop(stray.name, stray.content)
    return len(due)


def in_inbox() -> list[str]:
    """Return the names of the files that wait to be taken in."""
    folder = inbox_folder()
    return sorted(p.name for p in folder.iterdir() if p.is_file() and p.name[0] != ".") if folder.is_dir() else []


def last_handed_in(world: World) -> date | None:
    """Return the day of the latest file that waits to be taken in."""
    thrown = {stray.name: stray.day for stray in world.story.strays}
    dated = (re.search(r"(\d{4})(\d\d)(\d\d)", name) for name in in_inbox())
    written = [date(*map(int, found.groups())) for found in dated if found]
    return max((*written, *(thrown[name] for name in in_inbox() if name in thrown)), default=None)
