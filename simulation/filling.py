"""Filling in a workbook as a person does: only the cells that are typed into change.

The same answers in the same workbook give the same bytes, so that a year can be repeated exactly.
"""

import io
import re
import zipfile
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

from documents.sheet_xml import sheet_parts
from documents.unit_pages import Line, lines_of
from documents.unit_sheets import KEY, SHEETS, STAMP, Sheet
from documents.workbook import open_workbook

Typed = str | Decimal | date
HIDDEN = (KEY, STAMP)
DAY_ZERO = date(1899, 12, 30)
"""What the serial numbers that stand for dates in a workbook count from."""


class Place(NamedTuple):
    """A row that is asked for: the name of its sheet and its hidden number."""

    sheet: str
    key: str


def asked(path: Path) -> dict[Place, Line]:
    """Return every row the workbook asks for."""
    book = open_workbook(path)
    lines = ((sheet, line) for sheet in SHEETS for line in lines_of(book, sheet)[0])
    return {Place(sheet.name, line.text(KEY)): line for sheet, line in lines}


def filled_in(path: Path, rows: Mapping[Place, Line], answers: Mapping[Place, Mapping[str, Typed]]) -> bytes:
    """Return the workbook with the answers, given by the keys of the columns, typed into its `rows`."""
    with zipfile.ZipFile(path) as given:
        parts = {info.filename: (info, given.read(info)) for info in given.infolist()}
    pages = sheet_parts({name: content for name, (_, content) in parts.items()})
    for place, typed in answers.items():
        sheet = next(s for s in SHEETS if s.name == place.sheet)
        info, xml = parts[pages[place.sheet]]
        parts[pages[place.sheet]] = info, _with_row(xml, sheet, rows[place].row, typed)
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as returned:
        for info, content in parts.values():
            returned.writestr(info, content)
    return output.getvalue()


def _with_row(xml: bytes, sheet: Sheet, row: int, typed: Mapping[str, Typed]) -> bytes:
    keys = [c.key for c in sheet.columns]
    for key, value in typed.items():
        cell = f"{_letters(len(HIDDEN) + keys.index(key) + 1)}{row}"
        blank = re.search(rf'<c r="{cell}"( s="\d+")/>'.encode(), xml)
        if blank is None:
            raise ValueError(f"{sheet.name} {cell} is not a blank cell")
        xml = xml[: blank.start()] + _cell(cell, blank[1], value) + xml[blank.end() :]
    return xml


def _cell(place: str, style: bytes, value: Typed) -> bytes:
    start = f'<c r="{place}"'.encode() + style
    if isinstance(value, str):
        return start + f' t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'.encode()
    number = (value - DAY_ZERO).days if isinstance(value, date) else format(value, "f")
    return start + f"><v>{number}</v></c>".encode()


def _letters(column: int) -> str:
    """Return the letters of a column counted from 1: 27 is AA."""
    before, last = divmod(column - 1, 26)
    return (_letters(before) if before else "") + chr(ord("A") + last)
