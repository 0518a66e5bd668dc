"""From the record to the files officials receive. Exporting again writes the same files; nothing on record changes."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from sqlmodel import Session, col, select

from cycle.paper_facts import contact_facts, order_facts
from cycle.score_facts import score_facts
from documents.facts import LetterFacts, MidyearFacts, ResultFacts, from_json
from documents.index_page import FileLink, render_contact, render_index
from documents.papers import render
from documents.score_workbook import write_score_workbook
from models import Circular, Cycle, Letter
from models.enums import CircularKind, LetterState

LETTERS, ORDERS, CIRCULARS, SCORES, MESSAGES, INDEX = "责任书", "督办单", "通报", "成绩册", "通知", "目录"
"""The folders inside the exported one."""
UNSAFE = re.compile(r'[\\/:*?"<>|\x00-\x1f]')
"""What a file name may not hold on one system or another."""


class Exported(NamedTuple):
    """A file that was written: its folder, what it is called, its path from the exported folder, and whose it is."""

    kind: str
    title: str
    path: str
    note: str = ""
    unit_id: int | None = None

    def link(self) -> FileLink:
        """Return the file as the index page shows it."""
        return FileLink(self.title, self.path, self.note)


def export_letters(session: Session, cycle: Cycle, out: Path) -> tuple[Exported, ...]:
    """Write every letter that was issued, superseded ones too, as it was frozen at issue."""
    rows = session.exec(
        select(Letter)
        .where(Letter.cycle_id == cycle.id, Letter.state != LetterState.DRAFT)
        .order_by(col(Letter.unit_id), col(Letter.version))
    )
    written = []
    for letter in rows:
        facts = from_json(LetterFacts, letter.content)
        path = _write(out, LETTERS, f"{facts.unit}_{facts.label}.docx", render("letter", facts))
        written.append(Exported(LETTERS, facts.label, path, letter.state.zh, letter.unit_id))
    return tuple(written)


def export_orders(session: Session, cycle: Cycle, out: Path) -> tuple[Exported, ...]:
    """Write every supervision order that was issued, with its answers and replies so far."""
    written = []
    for facts in order_facts(session, cycle):
        path = _write(out, ORDERS, f"{facts.label}_{facts.unit}.docx", render("order", facts))
        title = f"{facts.label}　{facts.unit}：{facts.title}"
        written.append(Exported(ORDERS, title, path, "已销号" if facts.closed_on else "未销号"))
    return tuple(written)


def export_circulars(session: Session, cycle: Cycle, out: Path) -> tuple[Exported, ...]:
    """Write every circular as it was frozen at issue."""
    rows = select(Circular).where(Circular.cycle_id == cycle.id).order_by(col(Circular.issued_on), col(Circular.id))
    return tuple(CIRCULAR_WRITERS[circular.kind](circular, out) for circular in session.exec(rows))


def _export_midyear(circular: Circular, out: Path) -> Exported:
    facts = from_json(MidyearFacts, circular.content)
    path = _write(out, CIRCULARS, f"{facts.label}.docx", render("midyear", facts))
    return Exported(CIRCULARS, facts.label, path, facts.period)


def _export_result(circular: Circular, out: Path) -> Exported:
    facts = from_json(ResultFacts, circular.content)
    path = _write(out, CIRCULARS, f"考核结果通报_{facts.label}.docx", render("result", facts))
    return Exported(CIRCULARS, f"考核结果通报　{facts.label}", path, "最终结果" if facts.final else "")


CIRCULAR_WRITERS: Mapping[CircularKind, Callable[[Circular, Path], Exported]] = {
    CircularKind.MIDYEAR: _export_midyear,
    CircularKind.RESULT: _export_result,
}


def export_scores(session: Session, cycle: Cycle, out: Path) -> tuple[Exported, ...]:
    """Write the score workbook; nothing while nothing has been scored."""
    facts = score_facts(session, cycle)
    if facts is None:
        return ()
    path = _write(out, SCORES, f"{facts.cycle_name}考核成绩册.xlsx", write_score_workbook(facts))
    return (Exported(SCORES, "考核成绩册", path, facts.state),)


def export_messages(session: Session, cycle: Cycle, out: Path) -> tuple[Exported, ...]:
    """Write a page for each contact to whom something was sent: every digest in the order it went out."""
    written = []
    for contact, name in message_pages(contact_facts(session, cycle)):
        if not name:
            continue
        page = render_contact(contact, cycle_name=cycle.name, index_path="../index.html")
        path = _write(out, MESSAGES, name, page.encode())
        written.append(Exported(MESSAGES, f"{contact.unit}{contact.role}", path, f"{len(contact.sent)} 份"))
    return tuple(written)


Export = Callable[[Session, Cycle, Path], tuple[Exported, ...]]
EXPORTS: Mapping[str, Export] = {
    "letters": export_letters,
    "orders": export_orders,
    "circular": export_circulars,
    "scores": export_scores,
    "messages": export_messages,
}
"""What can be exported, in the order of the year."""


def export_all(session: Session, cycle: Cycle, out: Path, *, today: date) -> tuple[Exported, ...]:
    """Write everything and the index page that leads through it; return the files in the order of the year."""
    files = tuple(file for export in EXPORTS.values() for file in export(session, cycle, out))
    return (*files, write_index(session, cycle, out, files, today=today))


def write_index(
    session: Session, cycle: Cycle, out: Path, files: Sequence[Exported], *, today: date
) -> Exported:  # fmt: skip
    """Write index.html, which leads to `files` and opens from the file system."""
    letters: dict[int, list[FileLink]] = {}
    for file in files:
        if file.kind == LETTERS and file.unit_id is not None:
            letters.setdefault(file.unit_id, []).append(file.link())
    page = render_index(
        index_facts(
            session,
            cycle,
            letters={unit_id: tuple(links) for unit_id, links in letters.items()},
            papers=tuple(f.link() for f in files if f.kind in (CIRCULARS, SCORES)),
            orders=tuple(f.link() for f in files if f.kind == ORDERS),
            pages=frozenset(f.path for f in files if f.kind == MESSAGES),
            today=today,
        )
    )
    return Exported(INDEX, "文件目录", _write(out, "", "index.html", page.encode()))


def _write(out: Path, folder: str, name: str, content: bytes) -> str:
    """Write the file and return its path from `out`, with forward slashes."""
    path = Path(folder) / UNSAFE.sub("_", name)
    (out / path).parent.mkdir(parents=True, exist_ok=True)
    (out / path).write_bytes(content)
    return path.as_posix()
