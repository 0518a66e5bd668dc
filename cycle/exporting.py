"""From the record to the files officials receive. Exporting again writes the same files; nothing on record changes."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from sqlmodel import Session, col, select

from cycle.assessment import official_score
from cycle.index_facts import index_groups
from cycle.paper_facts import order_facts, people_facts
from cycle.score_facts import assessment_state, score_facts
from cycle.scoring import CycleScore
from documents.facts import LetterFacts, MidyearFacts, ResultFacts, from_json
from documents.index_page import FileLink, IndexFacts, PersonEntry, render_index, render_received
from documents.papers import assessed, render
from documents.score_workbook import write_score_workbook
from models import Circular, Cycle, Letter, PartlyRefused, Refused
from models.enums import CircularKind, LetterState

LETTERS, ORDERS, CIRCULARS, SCORES, MESSAGES = "责任书", "督办单", "通报", "成绩册", "通知"
"""The folders inside the exported one."""
INDEX = "index.html"
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
        path = _path(LETTERS, f"{facts.unit}_{facts.label}.docx")
        _write(out, path, render("letter", facts))
        written.append(Exported(LETTERS, facts.label, path, letter.state.zh, letter.unit_id))
    return tuple(written)


def export_orders(session: Session, cycle: Cycle, out: Path) -> tuple[Exported, ...]:
    """Write every supervision order that was issued, with its answers and replies so far."""
    written = []
    for facts in order_facts(session, cycle):
        path = _path(ORDERS, f"{facts.label}_{facts.unit}.docx")
        _write(out, path, render("order", facts))
        title = f"{facts.label}　{facts.unit}：{facts.title}"
        written.append(Exported(ORDERS, title, path, "已销号" if facts.closed_on else "未销号"))
    return tuple(written)


def export_circulars(session: Session, cycle: Cycle, out: Path) -> tuple[Exported, ...]:
    """Write every circular as it was frozen at issue."""
    rows = select(Circular).where(Circular.cycle_id == cycle.id).order_by(col(Circular.issued_on), col(Circular.id))
    return tuple(CIRCULAR_WRITERS[circular.kind](circular, out) for circular in session.exec(rows))


def _export_midyear(circular: Circular, out: Path) -> Exported:
    facts = from_json(MidyearFacts, circular.content)
    path = _path(CIRCULARS, f"{facts.label}.docx")
    _write(out, path, render("midyear", facts))
    return Exported(CIRCULARS, facts.label, path, facts.period)


def _export_result(circular: Circular, out: Path) -> Exported:
    facts = from_json(ResultFacts, circular.content)
    path = _path(CIRCULARS, f"考核结果通报_{facts.label}.docx")
    _write(out, path, render("result", facts))
    return Exported(CIRCULARS, f"考核结果通报　{facts.label}", path, "最终结果" if facts.final else "")


CIRCULAR_WRITERS: Mapping[CircularKind, Callable[[Circular, Path], Exported]] = {
    CircularKind.MIDYEAR: _export_midyear,
    CircularKind.RESULT: _export_result,
}


def export_scores(session: Session, cycle: Cycle, out: Path, *, today: date) -> tuple[Exported, ...]:
    """Write the score workbook: the result once it is frozen, before that a provisional one as of `today`.

    Raises:
        Refused: an item cannot be scored; every such unit and item is named.
    """
    return _write_scores(session, cycle, out, official_score(session, cycle, as_of=today))


def _write_scores(session: Session, cycle: Cycle, out: Path, score: CycleScore) -> tuple[Exported, ...]:
    facts = score_facts(session, cycle, score)
    path = _path(SCORES, f"{assessed(facts.cycle_name)}成绩册.xlsx")
    _write(out, path, write_score_workbook(facts))
    return (Exported(SCORES, "考核成绩册", path, "暂计" if facts.provisional else facts.state),)


def export_messages(session: Session, cycle: Cycle, out: Path) -> tuple[Exported, ...]:
    """Write a page for each person to whom something was sent: every digest in the order it went out."""
    written = []
    for person, path in _pages(session, cycle):
        if path:
            page = render_received(person, cycle_name=cycle.name, index_path=f"../{INDEX}")
            _write(out, path, page.encode())
            written.append(Exported(MESSAGES, person.name, path, f"{len(person.sent)} 份"))
    return tuple(written)


def _pages(session: Session, cycle: Cycle) -> Iterator[PersonEntry]:
    """Yield everybody with the path of their page; a running number tells two holders of one post apart."""
    for number, person in enumerate(people_facts(session, cycle), start=1):
        yield PersonEntry(person, _path(MESSAGES, f"{number:03d}_{person.name}.html") if person.sent else "")


PAPERS: Mapping[str, Callable[[Session, Cycle, Path], tuple[Exported, ...]]] = {
    "letters": export_letters,
    "orders": export_orders,
    "circular": export_circulars,
    "messages": export_messages,
}
"""What is only printed from the record, in the order of the year; scores are worked out as of a day."""


def export_all(session: Session, cycle: Cycle, out: Path, *, today: date) -> tuple[Exported, ...]:
    """Write everything and the index page that leads through it, and return the files.

    Raises:
        PartlyRefused: an item cannot be scored; everything but the score workbook was written.
    """
    score, refusal = _score(session, cycle, today)
    files = tuple(file for export in PAPERS.values() for file in export(session, cycle, out))
    files += _write_scores(session, cycle, out, score) if score else ()
    files += (write_index(session, cycle, out, files, score, today=today),)
    if refusal is not None:
        raise PartlyRefused(
            f"其余 {len(files)} 个文件已写入 {out}，成绩册未能导出。{refusal.message}", refusal.problems
        )
    return files


def _score(session: Session, cycle: Cycle, today: date) -> tuple[CycleScore | None, Refused | None]:
    try:
        return official_score(session, cycle, as_of=today), None
    except Refused as refusal:
        return None, refusal


def write_index(
    session: Session, cycle: Cycle, out: Path, files: Sequence[Exported], score: CycleScore | None, *, today: date
) -> Exported:
    """Write index.html, which leads to `files` and opens from the file system."""
    letters: dict[int, tuple[FileLink, ...]] = {}
    for file in files:
        if file.kind == LETTERS and file.unit_id is not None:
            letters[file.unit_id] = (*letters.get(file.unit_id, ()), file.link())
    facts = IndexFacts(
        office=cycle.office,
        cycle_name=cycle.name,
        as_of=today,
        state=assessment_state(session, cycle).zh,
        provisional=score is not None and score.provisional,
        groups=index_groups(session, cycle, letters, score, today=today),
        papers=tuple(f.link() for f in files if f.kind in (CIRCULARS, SCORES)),
        orders=tuple(f.link() for f in files if f.kind == ORDERS),
        people=tuple(_pages(session, cycle)),
    )
    _write(out, INDEX, render_index(facts).encode())
    return Exported("目录", "文件目录", INDEX)


def _path(folder: str, name: str) -> str:
    """Return the path of a file from the exported folder, in characters that every system takes."""
    return f"{folder}/{UNSAFE.sub('_', name)}"


def _write(out: Path, path: str, content: bytes) -> None:
    (out / path).parent.mkdir(parents=True, exist_ok=True)
    (out / path).write_bytes(content)
