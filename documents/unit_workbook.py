"""Writing the unit's workbook 报送工作簿: only what the unit is asked for today, everything else locked."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from documents.unit_facts import UnitWorkbook
from documents.unit_pages import Head
from documents.unit_sheets import (
    ABOUT,
    FORMAT_VERSION,
    HOW_TO,
    KEY,
    RULES,
    SHEETS,
    STAMP,
    VERDICT,
    Column,
    Sheet,
    stamp,
)
from documents.unit_styles import HOW_WIDTH, Styles, fit, lines_in, validation

FIRST_ROW = 4
"""The first row of a sheet with something to fill in, counted from 1: title, how to fill in and headings come first."""
HIDDEN = (KEY, STAMP)
LINE = 18
"""The height of a line in points."""
VERDICT_COLUMN = Column("verdict", VERDICT, 40)


class Row(NamedTuple):
    """One row to be written: hidden key and check code, the cells by column key, and for a copy that goes back what
    became of the row (`verdict`) and which of its cells are wrong, by heading."""

    key: str
    stamp: str
    values: Mapping[str, Any]
    closed: tuple[str, ...] = ()
    decimals: int = 0
    verdict: str = ""
    wrong: Mapping[str, str] = {}


class Page(NamedTuple):
    """One sheet to be written, with the heading above it."""

    sheet: Sheet
    heading: str
    rows: Sequence[Row]


def write_unit_workbook(facts: UnitWorkbook, path: Path) -> None:
    """Write the workbook; the same facts give the same bytes."""
    pages = []
    for sheet in SHEETS:
        fixed = [c.key for c in sheet.columns if not c.asked]
        rows = [
            Row(
                f.key, stamp(facts.cycle, facts.unit, sheet.name, f.key, f.title),
                {key: getattr(f, key) for key in fixed}, f.closed, f.decimals,
            )
            for f in getattr(facts, sheet.rows)
        ]  # fmt: skip
        if rows:
            pages.append(Page(sheet, f"{sheet.name}：{facts.unit_name}", rows))
    head = Head(facts.cycle, facts.unit, facts.made_on)
    render(path, head, HOW_TO, pages, lambda page, styles: _how_to(page, facts, pages, styles))


def render(
    path: Path, head: Head, cover: str, pages: Sequence[Page], write_cover: Callable[[Worksheet, Styles], None]
) -> None:
    """Write a cover called `cover`, the pages, and the hidden sheet that says whom the workbook is for."""
    book = xlsxwriter.Workbook(path, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": "报送工作簿", "created": datetime.combine(head.made_on, time(), UTC)})
    styles = Styles(book)
    front = book.add_worksheet(cover)
    write_cover(front, styles)
    fit(front)
    front.activate()
    for page in pages:
        _page(book.add_worksheet(page.sheet.name), page, styles)
    _about(book.add_worksheet(ABOUT), head)
    book.close()


def _page(page: Worksheet, content: Page, styles: Styles) -> None:
    sheet = content.sheet
    judged = any(row.verdict for row in content.rows)
    columns = (*HIDDEN, *sheet.columns, *((VERDICT_COLUMN,) if judged else ()))
    last = len(columns) - 1
    page.merge_range(0, 2, 0, last, content.heading, styles.of(bold=True, font_size=14))
    page.merge_range(1, 2, 1, last, sheet.how, styles.of(font_color="#7A4B00"))
    page.set_row(0, 26)
    page.set_row(1, 34)
    page.set_row(2, 32)
    for c, column in enumerate(columns):
        page.write_string(2, c, column.heading, styles.heading(column))
        page.set_column(c, c, column.width, None, {"hidden": column in HIDDEN})
    for r, row in enumerate(content.rows, start=FIRST_ROW - 1):
        _row(page, r, row, columns, styles)
    for c, column in enumerate(columns):
        if column.asked:
            page.data_validation(FIRST_ROW - 1, c, FIRST_ROW - 2 + len(content.rows), c, validation(column))
    titles = next(i for i, c in enumerate(columns) if c.key == "title")
    page.freeze_panes(FIRST_ROW - 1, titles + 1)
    fit(page, wide=sum(c.width for c in columns) > 250)
    page.repeat_rows(2)


def _row(page: Worksheet, r: int, row: Row, columns: Sequence[Column], styles: Styles) -> None:
    values = {**row.values, KEY.key: row.key, STAMP.key: row.stamp, VERDICT_COLUMN.key: row.verdict}
    height = 2
    for c, column in enumerate(columns):
        hidden = c < len(HIDDEN)
        value = (row.key, row.stamp)[c] if hidden else values.get(column.key)
        wrong = row.wrong.get(column.heading, "")
        style = styles.cell(column, closed=column.key in row.closed, decimals=row.decimals, wrong=bool(wrong))
        put(page, r, c, value, style)
        if wrong:
            page.write_comment(r, c, wrong, {"x_scale": 2})
        if not hidden and value is not None:
            height = max(height, lines_in(str(value), column.width))
    page.set_row(r, LINE * min(height, 12))


def put(page: Worksheet, r: int, c: int, value: Any, style: Any) -> None:
    """Write a value as what it is; a text that looks like a formula or an address stays a text."""
    if value is None or value == "":
        page.write_blank(r, c, None, style)
    elif isinstance(value, datetime):
        page.write_datetime(r, c, value.replace(tzinfo=None), style)
    elif isinstance(value, date):
        page.write_datetime(r, c, datetime.combine(value, time()), style)
    elif isinstance(value, Decimal | int | float) and not isinstance(value, bool):
        page.write_number(r, c, float(value), style)
    else:
        page.write_string(r, c, str(value), style)


def _how_to(page: Worksheet, facts: UnitWorkbook, pages: Sequence[Page], styles: Styles) -> None:
    for c, width in enumerate((12, 9, 13, HOW_WIDTH)):
        page.set_column(c, c, width)
    title = f"{facts.unit_name}报送工作簿（{facts.cycle_name}）"
    page.merge_range(0, 0, 0, 3, title, styles.of(bold=True, font_size=16, align="center"))
    page.set_row(0, 36)
    made = f"{facts.made_on.year}年{facts.made_on.month}月{facts.made_on.day}日"
    page.merge_range(1, 0, 1, 3, f"{facts.office}　{made}生成", styles.of(align="center"))
    for c, text in enumerate(("工作表", "项数", "最早截止", "怎么填")):
        page.write_string(3, c, text, styles.heading())
    centred, link = (
        styles.of(border=1, align="center"),
        styles.of(border=1, align="center", font_color="#1F4E9E", underline=1),
    )
    for r, (sheet, _, rows) in enumerate(pages, start=4):
        due = min((d for row in rows if (d := row.values.get("due_on"))), default=None)
        page.write_url(r, 0, f"internal:'{sheet.name}'!A1", link, sheet.name)
        page.write_number(r, 1, len(rows), centred)
        put(page, r, 2, due, styles.of(border=1, align="center", num_format="yyyy-mm-dd"))
        page.write_string(r, 3, sheet.how, styles.of(border=1))
        page.set_row(r, LINE * max(1.5, lines_in(sheet.how, HOW_WIDTH)))
    for r, rule in enumerate(RULES, start=5 + len(pages)):
        page.merge_range(r, 0, r, 3, f"{r - 4 - len(pages)}．{rule}", styles.of())
        page.set_row(r, LINE * lines_in(rule, HOW_WIDTH + 34))


def _about(page: Worksheet, head: Head) -> None:
    about = {"版本": FORMAT_VERSION, "考核周期": head.cycle, "单位": head.unit, "生成日期": head.made_on.isoformat()}
    for r, (name, value) in enumerate(about.items()):
        page.write_string(r, 0, name)
        page.write_string(r, 1, value)
    page.protect()
    page.hide()
