"""How the unit's workbook looks: cell formats, what Excel checks while somebody types, and how a page prints."""

from datetime import date
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from documents.unit_sheets import Cell, Column

INPUT, CLOSED, FIXED, WRONG, HEAD, HEAD_ASKED = "#FFF9DB", "#E3E3E3", "#FFFFFF", "#F4B6A6", "#D9E2EC", "#F6D978"
BASE = {"font_name": "宋体", "font_size": 11, "valign": "vcenter", "text_wrap": True}
PROTECTION = {"format_columns": True, "format_rows": True, "select_locked_cells": True}
LARGEST = 10**15
A3, A4 = 8, 9
HOW_WIDTH = 76
"""The width of the column that explains, on the cover."""


class Styles:
    """The cell formats of one workbook, each made once."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self.book = book
        self.made: dict[tuple[tuple[str, Any], ...], Format] = {}

    def of(self, **properties: Any) -> Format:
        """Return the format with these properties on top of the usual ones."""
        wanted = tuple(sorted(properties.items()))
        if wanted not in self.made:
            self.made[wanted] = self.book.add_format(BASE | properties)
        return self.made[wanted]

    def heading(self, column: Column | None = None) -> Format:
        """Return the format of a heading; that of a column to be filled in stands out."""
        colour = HEAD_ASKED if column is not None and column.asked else HEAD
        return self.of(bold=True, border=1, align="center", bg_color=colour)

    def cell(self, column: Column, *, closed: bool, decimals: int, wrong: bool) -> Format:
        """Return the format of a cell: whether it may be filled in, and how its number or date is shown."""
        usual = CLOSED if closed else INPUT if column.asked else FIXED
        shown = {Cell.NUMBER: _number_format(decimals), Cell.DATE: "yyyy-mm-dd"}.get(column.cell, "General")
        centred = column.cell in (Cell.DATE, Cell.CHOICE)
        return self.of(
            border=1, bg_color=WRONG if wrong else usual, num_format=shown, locked=closed or not column.asked,
            align="center" if centred else "right" if column.cell is Cell.NUMBER else "left",
            indent=0 if centred else 1,
        )  # fmt: skip


def _number_format(decimals: int) -> str:
    """Show grouped digits and the decimals expected."""
    return "#,##0." + "0" * decimals if decimals else "#,##0.######"


def validation(column: Column) -> dict[str, Any]:
    """Return what Excel itself checks while the unit types; the same is checked again when the file comes back."""
    rule: dict[str, Any] = {"validate": "any", "error_title": column.heading}
    if column.cell is Cell.CHOICE:
        rule |= {"validate": "list", "source": list(column.choices), "error_message": "请从下拉列表中选择。"}
    elif column.cell is Cell.NUMBER:
        rule |= {"validate": "decimal", "criteria": "between", "minimum": -LARGEST, "maximum": LARGEST}
        rule |= {"error_message": "请只填数字，不带单位。"}
    elif column.cell is Cell.DATE:
        rule |= {"validate": "date", "criteria": ">=", "value": date(2000, 1, 1)}
        rule |= {"error_message": "请填日期，如 2026-07-01。"}
    if column.hint:
        rule |= {"input_title": column.heading, "input_message": column.hint}
    return rule


def lines_in(text: str, width: float) -> int:
    """Return how many lines the text takes in a column of `width` half-width characters."""
    return sum(int(sum(1.0 if ord(x) < 0x2E80 else 2.0 for x in part) / (width - 1.5)) + 1 for part in text.split("\n"))


def fit(page: Worksheet, *, wide: bool = False) -> None:
    """Lock what is locked, and let the page print on one sheet's width; a wide one takes A3."""
    page.protect("", PROTECTION)
    page.set_landscape()
    page.set_paper(A3 if wide else A4)
    page.set_margins(0.5, 0.5, 0.6, 0.6)
    page.fit_to_pages(1, 0)
    page.hide_gridlines(2)
