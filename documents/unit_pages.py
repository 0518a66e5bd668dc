"""The pages of a unit's workbook as they lie on the table: whom it is for, and its rows by heading."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from documents import cells
from documents.cells import Raw, Unreadable
from documents.unit_sheets import ABOUT, FORMAT_VERSION, KEY, STAMP, TAKEN, VERDICT, Column, Sheet
from documents.workbook import Sheet as Page
from documents.workbook import Workbook
from models.errors import Problem, Refused

HEADINGS_WITHIN = 10
"""The headings stand in one of the first rows, even where somebody put a line above them."""
AGAIN = "请用 zhiqiang report template 重新生成报送工作簿，在新表中填写。"


class Head(NamedTuple):
    """Whom a workbook is for; the hidden sheet says so to the program that reads it."""

    cycle: str
    unit: str
    made_on: date


class Line(NamedTuple):
    """One row of a page, with its cells by heading."""

    row: int
    cells: Mapping[str, Raw]

    def raw(self, column: Column) -> Raw:
        """Return the cell as it was read."""
        return self.cells.get(column.heading)

    def text(self, column: Column) -> str:
        """Return the cell's text; "" for a cell that cannot be read."""
        try:
            return cells.clean(self.raw(column))
        except Unreadable:
            return ""

    def filled_in(self, sheet: Sheet) -> bool:
        """Return whether the unit wrote on the row, and wrote something that was not taken already."""
        written = (self.raw(column) for column in sheet.asked)
        return self.cells.get(VERDICT) != TAKEN and any(raw is not None and str(raw).strip() for raw in written)


def head_of(book: Workbook) -> Head:
    """Return whom the workbook is for.

    Raises:
        Refused: it is not a unit's workbook of this template version.
    """
    page = book.sheet(ABOUT)
    if page is None:
        raise Refused(f"“{book.name}”不是本系统生成的报送工作簿（缺少“{ABOUT}”）。{AGAIN}")
    said = {cells.fold(row[0]): cells.text(row[1]) for row in page.rows if len(row) > 1}
    version, cycle, unit = (said.get(name) for name in ("版本", "考核周期", "单位"))
    if version != FORMAT_VERSION:
        raise Refused(f"“{book.name}”的模板版本为“{version or ''}”，现用版本为“{FORMAT_VERSION}”。{AGAIN}")
    try:
        made_on = cells.day(said.get("生成日期"))
    except Unreadable:
        made_on = None
    if not (cycle and unit and made_on and (cycle + unit).isprintable()):
        raise Refused(f"“{book.name}”的“{ABOUT}”被改动，认不出考核周期和单位。{AGAIN}")
    return Head(cycle, unit, made_on)


def lines_of(book: Workbook, sheet: Sheet) -> tuple[list[Line], list[Problem]]:
    """Return the rows below the headings of a page; none where it is missing, a problem where a column is."""
    page = book.sheet(sheet.name)
    if page is None:
        return [], []
    top, headings = _headings(page)
    if not headings:
        return [], [Problem(sheet.name, None, KEY.heading, f"找不到表头，表的结构被改动。{AGAIN}")]
    missing = [c.heading for c in (KEY, STAMP, *sheet.columns) if c.heading not in headings]
    if missing:
        return [], [Problem(sheet.name, top, "、".join(missing), f"缺少这些列，表的结构被改动。{AGAIN}")]
    rows = range(top + 1, len(page.rows) + 1)
    return [Line(row, {heading: page.at(row, c) for heading, c in headings.items()}) for row in rows], []


def _headings(page: Page) -> tuple[int, dict[str, int]]:
    """Return the row of the headings, which has 编号 in it, and the column of each, counted from 1."""
    for number, row in enumerate(page.rows[:HEADINGS_WITHIN], start=1):
        headings = {cells.clean(raw): c for c, raw in enumerate(row, start=1) if isinstance(raw, str)}
        if KEY.heading in headings:
            return number, headings
    return 0, {}
