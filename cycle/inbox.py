"""The inbox folder: what lies there is taken by its content, moved away, and a refusal is told once.

A crash in between harms nothing: what was entered is known by its hash at the next tick, and only moved.
"""

import os
import zipfile
from collections.abc import Iterator
from datetime import date
from itertools import islice
from pathlib import Path

from sqlmodel import Session, select

from cycle.clock import now, today
from cycle.evidence import measure
from cycle.lookup import find_cycle, names, open_cycles
from cycle.outcomes import Done, Failure, Outcome, merge
from cycle.outcomes import Parcel as Names
from cycle.recipients import coordinator_seat
from cycle.taking import EVIDENCE, Empty, Taken, as_json, enter, known, read_parcel, stored_name
from cycle.trail import note
from cycle.unit_sheets import safe_name, unit_folder
from documents.unit_pages import Head, head_of
from documents.unit_refusal import write_refusal
from documents.unit_sheets import REFUSED_COPY
from documents.workbook import LOCK_PREFIXES, ZIP, open_workbook
from models import Cycle, Intake, Problem, Refused, Unit
from models.columns import row_id
from models.enums import IntakeOutcome
from models.home import inbox_folder
from models.record import Record
from notifications.notices import FileRefused
from notifications.outbox import post

ACTOR = "系统"
CHUNKS = 4
SETTLE_SECONDS = 300
"""A file that cannot be read, or whose evidence is missing, may still be on its way for so long."""
REASONS_IN_NOTICE = 8
LONGEST_STEM = 60
"""File names end at 255 bytes, a Chinese character takes three, and something is added to the name."""
FOLDERS = {IntakeOutcome.ACCEPTED: "accepted", IntakeOutcome.REFUSED: "refused"}


def inbox_parcels(record: Record, cycle: str, _day: date) -> list[Names]:
    """Return the names of the files to be taken for the cycle, in at most four chunks; a unit's files stay together.

    Files of other open cycles, lock files and hidden files are left alone. A file that no cycle can take is
    everybody's: whoever comes first refuses it, once.
    """
    with record.reading() as session:
        others = set(open_cycles(session)) - {cycle}
    by_unit: dict[str, list[str]] = {}
    for path in _waiting_files():
        head = _head(path)
        if head is None or head.cycle not in others:
            by_unit.setdefault(head.unit if head else "", []).append(path.name)
    groups = [by_unit[unit] for unit in sorted(by_unit)]
    chunks = (tuple(name for group in groups[start::CHUNKS] for name in group) for start in range(CHUNKS))
    return [chunk for chunk in chunks if chunk]


def take_parcel(record: Record, cycle: str, day: date, parcel: Names) -> Outcome:
    """Take the named files of the inbox, each in its own transaction, and move each to accepted/ or refused/.

    A file that was entered before a crash kept it from being moved is only moved, with the same outcome. What may
    still be being copied is left for the next time.
    """
    return merge(_take_if_there(record, cycle, day, inbox_folder() / name) for name in parcel)


def _waiting_files() -> Iterator[Path]:
    """Yield the files of the inbox in the order in which they came."""
    folder = inbox_folder()
    if not folder.is_dir():
        return
    files = [f for f in folder.iterdir() if f.is_file() and not f.is_symlink()]
    mine = [f for f in files if not f.name.startswith((".", *LOCK_PREFIXES))]
    yield from sorted(mine, key=lambda f: (_came(f), f.name))


def _came(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:  # another run has taken it in the meantime
        return 0


def _head(path: Path) -> Head | None:
    try:
        return head_of(open_workbook(path))
    except Refused:
        return None


def _recent(path: Path, day: date) -> bool:
    """Return whether the file was written a moment ago; a day that is made up later finds everything settled."""
    age = now().timestamp() - path.stat().st_mtime
    return day == today() and age < SETTLE_SECONDS


def _may_still_be_copied(path: Path, day: date) -> bool:
    """Return whether the file is a recent one that is empty, or begins like a workbook and has no end.

    Raises:
        FileNotFoundError: it is not there any more.
    """
    if not _recent(path, day):
        return False
    with path.open("rb") as file:
        beginning = file.read(len(ZIP))
    return not beginning or (beginning == ZIP and not zipfile.is_zipfile(path))


def _take_if_there(record: Record, cycle: str, day: date, path: Path) -> Outcome:
    try:
        return Outcome() if _may_still_be_copied(path, day) else _take_file(record, cycle, day, path)
    except FileNotFoundError:
        if path.exists():
            raise
        return Outcome()  # another run has taken it in the meantime
    except PermissionError:
        why = f"没有读取或移动“{path.name}”的权限，文件仍在收件文件夹。请检查文件和文件夹的权限。"
        return Outcome(refused=(Failure(path.name, why),))


def _take_file(record: Record, cycle: str, day: date, path: Path) -> Outcome:
    try:
        parcel = read_parcel(path, keep=True)
        if _recent(path, day) and any(p.column == EVIDENCE.heading for p in parcel.problems):
            return Outcome()
        with record.writing() as session:
            result = _before(session, path, parcel.digest, day) or enter(session, parcel, by="", today=day)
            if not result.again:
                _tell(session, cycle, result, parcel.digest, day)
        return _file_away(path, parcel.digest, result)
    except Refused as refusal:
        return _refuse(record, cycle, day, path, refusal)


def _before(session: Session, path: Path, digest: str, day: date) -> Taken | None:
    """Return what became of this content before, or None: the inbox never tries the same content twice."""
    row = known(session, digest)
    if row is None:
        return None
    cycle = session.get(Cycle, row.cycle_id) if row.cycle_id else None
    unit = session.get(Unit, row.unit_id) if row.unit_id else None
    called = names(session, day).get(row.unit_id or 0, path.name)
    problems = tuple(Problem(*place) for place in row.problems)
    return Taken(
        path.name, cycle.code if cycle else "", unit.code if unit else "", called, row.taken, 0, problems, again=True
    )


def _refuse(record: Record, cycle: str, day: date, path: Path, refusal: Refused) -> Outcome:
    """Refuse the file as a whole, on record and once; its unit is told, or the office where the unit is not known."""
    digest = measure(path).sha256
    head = _head(path)
    with record.writing() as session:
        result = _before(session, path, digest, day)
        if result is None:
            found = find_cycle(session, cycle)
            unit = session.exec(select(Unit).where(Unit.code == head.unit)).first() if head else None
            called = names(session, day).get(row_id(unit), unit.code) if unit else path.name
            problems = (Problem("", None, "", refusal.message), *refusal.problems)
            result = Taken(path.name, cycle, unit.code if unit else "", called, 0, 0, problems)
            session.add(Intake(
                sha256=digest, name=stored_name(path), cycle_id=found.id, unit_id=unit.id if unit else None,
                outcome=IntakeOutcome.REFUSED, taken_on=day, problems=as_json(problems),
                empty=isinstance(refusal, Empty),
            ))  # fmt: skip
            _tell(session, cycle, result, digest, day)
            note(
                session,
                cycle_id=found.id,
                day=day,
                by=ACTOR,
                act="refuse_file",
                subject=path.name,
                detail={"sha256": digest},
            )
    return _file_away(path, digest, result)


def _tell(session: Session, cycle: str, result: Taken, digest: str, day: date) -> None:
    """Queue the notice of a refusal, to the unit or, where it is not known, to the office."""
    if not result.problems:
        return
    found = find_cycle(session, result.cycle or cycle)
    unit = session.exec(select(Unit).where(Unit.code == result.unit)).first()
    reasons = [str(problem) for problem in islice(result.problems, REASONS_IN_NOTICE)]
    if len(result.problems) > len(reasons):
        reasons.append(f"另有 {len(result.problems) - len(reasons)} 处，见退回的副本。")
    notice = FileRefused(name=result.name, reasons=tuple(reasons))
    office, clerk = coordinator_seat(session, found, day)
    to, roles = (row_id(unit), ()) if unit else (office, (clerk,))
    post(session, row_id(found), to, notice, subject=digest[:16], today=day, roles=roles)


def _file_away(path: Path, digest: str, result: Taken) -> Outcome:
    """Move the file and its evidence out of the inbox, with the copy that goes back where rows were refused."""
    folder = inbox_folder() / FOLDERS[result.outcome]
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{path.stem[:LONGEST_STEM]}-{digest[:8]}"
    moved_before = any(f.name.endswith(f"-{digest[:8]}{path.suffix}") for f in folder.iterdir())
    if result.problems and not moved_before:
        _send_back(path, stem, result)
    own_evidence = path.with_suffix("")
    if path.is_file():
        os.replace(path, folder / f"{stem}{path.suffix}")
    if own_evidence.is_dir() and not (folder / stem).exists():
        os.replace(own_evidence, folder / stem)
    return Outcome((Done("重复的报送工作簿，未再记录", 1, result.unit_name),)) if moved_before else outcome_of(result)


def _send_back(path: Path, stem: str, result: Taken) -> None:
    """Write the copy with the reasons into refused/, and into the folder of the unit's files."""
    folders = [inbox_folder() / FOLDERS[IntakeOutcome.REFUSED]]
    if result.cycle and result.unit:
        folders.append(unit_folder(result.cycle, result.unit))
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{safe_name(stem)}{REFUSED_COPY}.xlsx"
        half = folder / f".{name}"
        write_refusal(path, result.problems, half)
        os.replace(half, folder / name)


def outcome_of(result: Taken) -> Outcome:
    """Return what a step says of a file: rows taken, and the unit with what was refused."""
    done = (Done("接收报送工作簿（行）", result.taken, result.unit_name),) if result.taken else ()
    if not result.problems:
        return Outcome(done)
    reasons = "\n".join(str(problem) for problem in result.problems)
    return Outcome(
        done, (Failure(result.unit_name, f"“{result.name}”有 {len(result.problems)} 处未接收：\n{reasons}"),)
    )
