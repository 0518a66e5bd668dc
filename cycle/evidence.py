"""Evidence 佐证: found beside the workbook that names it, kept once under its SHA-256, never changed."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

from sqlmodel import Session, select

from documents.cells import fold
from documents.unit_sheets import EVIDENCE_FOLDER, REFUSED_COPY
from models import Evidence, Refused
from models.home import evidence_folder

CHUNK = 1024 * 1024
LONGEST_NAME = 200


class Exhibit(NamedTuple):
    """A file of evidence: the name the unit gave it, the SHA-256 of its content, and its size in bytes."""

    name: str
    sha256: str
    size: int


def find(workbook: Path, name: str) -> Path:
    """Return the file called `name` in the folder beside the workbook: one of the same name, or 佐证.

    Raises:
        Refused: there is none, or the name leads out of the folder.
    """
    if name in (".", "..") or "/" in name or "\\" in name:
        raise Refused(f"“{name}”不是文件名。请只写文件名，不写文件夹。")
    if len(name) > LONGEST_NAME:
        raise Refused(f"佐证文件名“{name[:20]}…”超过 {LONGEST_NAME} 个字。请缩短文件名。")
    folders = [folder for folder in folders_beside(workbook) if folder.is_dir()]
    for folder in folders:
        files = sorted(f for f in folder.iterdir() if f.is_file() and not f.is_symlink())
        for same in (lambda f: f.name == name, lambda f: fold(f.name) == fold(name)):
            found = next(filter(same, files), None)
            if found is not None:
                return found
    where = "”或“".join(folder.name for folder in folders_beside(workbook))
    raise Refused(f"没有找到佐证文件“{name}”。请把它放进工作簿旁边的文件夹“{where}”，文件名与表中一致。")


def folders_beside(workbook: Path) -> tuple[Path, ...]:
    """Return where evidence of the workbook may lie; a copy that went back still goes with the first one's folder."""
    stem = workbook.stem
    stems = dict.fromkeys((stem, stem.removesuffix(REFUSED_COPY), EVIDENCE_FOLDER))
    return tuple(workbook.with_name(name) for name in stems)


def measure(path: Path) -> Exhibit:
    """Return the file's hash and size without keeping it."""
    sha, size = hashlib.sha256(), 0
    for chunk in _chunks(path):
        sha.update(chunk)
        size += len(chunk)
    return Exhibit(path.name, sha.hexdigest(), size)


def keep(path: Path) -> Exhibit:
    """Store a copy of the file under its hash, complete on disk before this returns, and return its hash and size.

    Storing the same content again changes nothing; a crash in between leaves no half file under the hash.
    """
    sha, size = hashlib.sha256(), 0
    root = evidence_folder()
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=root, prefix=".", delete=False) as copy:
        for chunk in _chunks(path):
            sha.update(chunk)
            size += len(chunk)
            copy.write(chunk)
        copy.flush()
        os.fsync(copy.fileno())
    target = stored_at(sha.hexdigest())
    target.parent.mkdir(exist_ok=True)
    os.replace(copy.name, target)
    _sync_folder(target.parent)
    return Exhibit(path.name, sha.hexdigest(), size)


def _sync_folder(folder: Path) -> None:
    """Let the new name in the folder outlive a power cut; Windows does so by itself and cannot be asked."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def stored_at(sha256: str) -> Path:
    """Return where evidence with this hash is kept."""
    return evidence_folder() / sha256[:2] / sha256


def enter(session: Session, exhibit: Exhibit, *, today: date) -> None:
    """Put the stored file on record, once."""
    if session.exec(select(Evidence.id).where(Evidence.sha256 == exhibit.sha256)).first() is None:
        session.add(Evidence(sha256=exhibit.sha256, size=exhibit.size, stored_on=today))
        session.flush()


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
