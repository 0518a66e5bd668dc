"""How workbooks come in: one by command, previewed or taken, or those that lie in the inbox folder.

Besides what is named here, `write_workbooks` sends the next ones out.
"""

import hashlib
import os
from collections.abc import Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from sqlmodel import Session, select

from cycle.clock import now
from cycle.lookup import find_cycle, names, open_cycles
from cycle.outcomes import Done, Failure, Outcome, merge
from cycle.outcomes import Parcel as Keys
from cycle.taking import EVIDENCE, Parcel, Taken, enter, known, read_parcel
from cycle.trail import note
from cycle.unit_sheets import file_name, unit_folder, write_workbooks
from documents.unit_answers import Answer
from documents.unit_pages import Head, head_of
from documents.unit_refusal import write_refusal
from documents.unit_sheets import REFUSED_COPY
from documents.workbook import LOCK_PREFIXES, ZIP, open_workbook
from models import Cycle, Intake, PartlyRefused, Problem, Refused, Unit
from models.columns import row_id
from models.enums import IntakeOutcome, Role
from models.home import inbox_folder
from models.record import Record
from notifications.notices import FileRefused
from notifications.outbox import post

__all__ = ["inbox_parcels", "preview", "report_refusals", "take", "take_parcel", "write_workbooks"]

ACTOR = "系统"
CHUNKS = 4
SETTLE_SECONDS = 300
"""A file that cannot be read, or whose evidence is missing, may still be on its way for so long."""
REASONS_IN_NOTICE = 8


class Preview(NamedTuple):
    """What would become of a workbook; `rows` are the rows that would be taken."""

    result: Taken
    rows: tuple[Answer, ...]


def preview(record: Record, path: Path, *, today: date, cycle: str | None = None) -> Preview:
    """Return what `take` would do with the file today; nothing is written, neither to the record nor to a folder.

    Raises:
        Refused: the file as a whole would be refused.
    """
    parcel = read_parcel(path, keep=False)
    _expect_cycle(parcel, cycle)
    with record.writing() as session:
        result = enter(session, parcel, by="", today=today)
        session.rollback()
    refused = {(p.sheet, p.row) for p in result.problems}
    return Preview(result, tuple(a for a in parcel.answers if (a.sheet, a.row) not in refused))


def take(record: Record, path: Path, *, today: date, by: str = "", cycle: str | None = None) -> Taken:
    """Take the workbook and return what became of it; the same content again has no second effect.

    Good rows are taken although others are refused; where no row is good, nothing is changed. `report_refusals` makes
    the copy that goes back.

    Raises:
        Refused: the file as a whole is refused. Nothing was changed.
    """
    parcel = read_parcel(path, keep=True)
    _expect_cycle(parcel, cycle)
    with record.writing() as session:
        result = enter(session, parcel, by=by, today=today)
        if result.outcome is IntakeOutcome.REFUSED:
            session.rollback()
    return result


def report_refusals(path: Path, result: Taken) -> None:
    """Write the copy that goes back beside the file, and say what was refused; without refusals do nothing.

    Raises:
        Refused: nothing of the file was taken.
        PartlyRefused: some rows were taken.
    """
    if not result.problems:
        return
    copy = path.with_name(f"{path.stem.removesuffix(REFUSED_COPY)}{REFUSED_COPY}.xlsx")
    write_refusal(path, result.problems, copy)
    back = f"逐行原因已写入副本“{copy}”，请改正后重新报送。"
    if result.outcome is IntakeOutcome.REFUSED:
        raise Refused(f"“{path.name}”没有一行可以接收，未作任何改动。{back}", result.problems)
    rows = len({(p.sheet, p.row) for p in result.problems})
    raise PartlyRefused(f"“{path.name}”已接收 {result.taken} 行，{rows} 行未接收。{back}", result.problems)


def _expect_cycle(parcel: Parcel, cycle: str | None) -> None:
    if cycle is not None and parcel.returned.cycle != cycle:
        raise Refused(
            f"“{parcel.path.name}”是考核周期 {parcel.returned.cycle} 的报送工作簿，不是 {cycle} 的。"
            "请核对文件，或改用相应的 --cycle。"
        )


# ---- the inbox ----


def inbox_parcels(record: Record, cycle: str, _day: date) -> list[Keys]:
    """Return the names of the files to be taken for the cycle, in at most four chunks; a unit's files stay together.

    Left alone are files of other open cycles, lock and hidden files, and what may still be being copied. A file that
    no cycle can take is everybody's: whoever comes first refuses it, once.
    """
    with record.reading() as session:
        others = set(open_cycles(session)) - {cycle}
    by_unit: dict[str, list[str]] = {}
    for path in _waiting_files():
        head = _head(path)
        if head is None and _may_still_be_copied(path):
            continue
        if head is None or head.cycle not in others:
            by_unit.setdefault(head.unit if head else "", []).append(path.name)
    groups = [by_unit[unit] for unit in sorted(by_unit)]
    chunks = (tuple(name for group in groups[start::CHUNKS] for name in group) for start in range(CHUNKS))
    return [chunk for chunk in chunks if chunk]


def take_parcel(record: Record, cycle: str, day: date, parcel: Keys) -> Outcome:
    """Take the named files of the inbox, each in its own transaction, and move each to accepted/ or refused/.

    A file that was entered before a crash kept it from being moved is only moved, with the same outcome.
    """
    return merge(_take_file(record, cycle, day, inbox_folder() / name) for name in parcel)


def _waiting_files() -> Iterator[Path]:
    """Yield the files of the inbox in the order in which they came."""
    folder = inbox_folder()
    if not folder.is_dir():
        return
    files = [f for f in folder.iterdir() if f.is_file() and not f.is_symlink()]
    mine = [f for f in files if not f.name.startswith((".", *LOCK_PREFIXES))]
    yield from sorted(mine, key=lambda f: (f.stat().st_mtime_ns, f.name))


def _head(path: Path) -> Head | None:
    try:
        return head_of(open_workbook(path))
    except Refused:
        return None


def _may_still_be_copied(path: Path) -> bool:
    """Return whether a file that cannot be read is a recent one that begins like a workbook, or is still empty."""
    with path.open("rb") as file:
        beginning = file.read(len(ZIP))
    return _recent(path) and beginning in (b"", ZIP)


def _recent(path: Path) -> bool:
    return now().timestamp() - path.stat().st_mtime < SETTLE_SECONDS


def _take_file(record: Record, cycle: str, day: date, path: Path) -> Outcome:
    if not path.is_file():
        return Outcome()
    try:
        parcel = read_parcel(path, keep=True)
        if _recent(path) and any(p.column == EVIDENCE.heading for p in parcel.problems):
            return Outcome()
        with record.writing() as session:
            result = _before(session, parcel.digest, path, day) or enter(session, parcel, by="", today=day)
            if result.problems and not result.again:
                _tell(session, cycle, result, parcel.digest, day)
        digest = parcel.digest
    except Refused as refusal:
        if _may_still_be_copied(path):
            return Outcome()
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        result = _refuse_whole(record, cycle, path, digest, refusal, day)
    return _file_away(path, digest, result)
