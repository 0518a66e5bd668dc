"""The copy of a unit's workbook that goes back: every refused row says why, what was taken is locked."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from xlsxwriter.worksheet import Worksheet

from documents import cells
from documents.cells import Fault, Raw
from documents.unit_pages import Head, Line, head_of, lines_of
from documents.unit_sheets import CLOSED_BY_BASIS, KEY, SHEETS, STAMP, TAKEN, VERDICT, Sheet
from documents.unit_styles import Styles, lines_in
from documents.unit_workbook import Page, Row, render
from documents.workbook import open_workbook
from models.errors import Problem, Refused

COVER = "退回说明"
WIDTHS = (12, 8, 16, 74)
NOTHING_TAKEN = "整份没有接收，请按下列原因改正后重新报送。"
PARTLY_TAKEN = (
    "以下各处没有接收，原因也写在各表右侧“处理结果”一栏。请在本副本中改正后重新报送；已接收的行已锁定，不用再填。"
)
UNKNOWN = Head("", "", date(2000, 1, 1))


def write_refusal(source: Path, problems: Sequence[Problem], target: Path) -> None:
    """Write the copy of `source` that goes back to the unit; the same file and problems give the same bytes.

    A file that cannot be read, or was refused as a whole (a problem that names no sheet), has no rows that were taken;
    of one that cannot be read only the reasons go back.
    """
    whole = any(not problem.sheet for problem in problems)
    head, pages = UNKNOWN, []
    try:
        book = open_workbook(source)
        head = head_of(book)
    except Refused:
        book = None
    for sheet in SHEETS if book else ():
        assert book is not None
        lines, _ = lines_of(book, sheet)
        own = [problem for problem in problems if problem.sheet == sheet.name]
        rows = [_judged(line, sheet, own, whole) for line in lines if line.text(KEY) or line.filled_in(sheet)]
        if rows:
            pages.append(Page(sheet, f"{sheet.name}（退回副本）", rows))
    intro = NOTHING_TAKEN if whole or not pages else PARTLY_TAKEN
    render(target, head, COVER, pages, lambda page, styles: _cover(page, styles, source.name, intro, problems))


def _judged(line: Line, sheet: Sheet, problems: Sequence[Problem], whole: bool) -> Row:
    own = [problem for problem in problems if problem.row == line.row]
    reasons = "\n".join(f"{p.column}：{p.message}" if p.column else p.message for p in own)
    if line.cells.get(VERDICT) == TAKEN or (line.filled_in(sheet) and not own and not whole):
        return _copied(line, sheet)._replace(verdict=TAKEN, closed=tuple(c.key for c in sheet.asked))
    verdict = f"退回：{reasons}" if own else ""
    return _copied(line, sheet)._replace(verdict=verdict, wrong={p.column: p.message for p in own if p.column})


def _copied(line: Line, sheet: Sheet) -> Row:
    """Return the row as it was."""
    basis = next((line.text(c) for c in sheet.columns if c.key == "basis"), "")
    values = {c.key: _as_was(line.raw(c)) for c in sheet.columns}
    return Row(line.text(KEY), line.text(STAMP), values, CLOSED_BY_BASIS.get(basis, ()))


def _as_was(raw: Raw) -> Any:
    """Return what the unit had written; a cell that cannot be read is left blank and bears its reason."""
    if isinstance(raw, Fault):
        return None
    return cells.clean(raw) if isinstance(raw, bool) else raw


def _cover(page: Worksheet, styles: Styles, name: str, intro: str, problems: Sequence[Problem]) -> None:
    for c, width in enumerate(WIDTHS):
        page.set_column(c, c, width)
    page.merge_range(0, 0, 0, 3, f"退回说明：{name}", styles.of(bold=True, font_size=14))
    page.merge_range(1, 0, 1, 3, intro, styles.of(font_color="#7A4B00"))
    page.set_row(1, 36)
    for c, text in enumerate(("工作表", "行", "列", "原因和改法")):
        page.write_string(2, c, text, styles.heading())
    plain = styles.of(border=1)
    for r, problem in enumerate(problems, start=3):
        row = str(problem.row) if problem.row else ""
        for c, text in enumerate((problem.sheet, row, problem.column, problem.message)):
            page.write_string(r, c, text, plain)
        page.set_row(r, 17 * lines_in(problem.message, WIDTHS[3]))
