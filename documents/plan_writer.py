"""Writing a plan as a workbook that reads back as the same plan."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from models.enums import Choice
from rules.numbers import plain
from rules.plan import SHEETS, Basics, Column, Plan, PlanBand, PlanRule, Row, UnitCode, columns, types
from rules.plan_scoring import PARAMETERS
from rules.scoring import KINDS

BLANK_ROWS = 200
"""How many rows below the table keep its drop-down lists."""
CREATED = datetime(2026, 1, 1)  # noqa: DTZ001  a workbook's time of creation has no zone
Cell = str | Decimal | date | None
Shower = Callable[[Any], Cell]


class Book:
    """A workbook being written, with its formats and what the units are called."""

    def __init__(self, path: Path, plan: Plan) -> None:
        self.file = xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False})
        self.file.set_properties({"created": CREATED, "title": plan.basics.name})
        self.heading = self.file.add_format(
            {
                "bold": True,
                "text_wrap": True,
                "align": "center",
                "valign": "vcenter",
                "border": 1,
                "bg_color": "#DDEBF7",
            }
        )
        self.text = self.file.add_format({"text_wrap": True, "valign": "top", "border": 1})
        self.day = self.file.add_format({"num_format": "yyyy-mm-dd", "valign": "top", "border": 1})
        self.names = {unit.code: unit.name for unit in plan.units}

    def unit(self, code: str) -> str:
        """Return what the unit is called."""
        return self.names.get(code, code)


def write_plan(plan: Plan, path: Path) -> None:
    """Write the plan to `path`; the same plan always gives the same bytes."""
    book = Book(path, plan)
    with book.file:
        for name, (title, kind) in SHEETS.items():
            sheet = book.file.add_worksheet(title)
            if kind is Basics:
                _basics(book, sheet, plan.basics)
            elif kind is PlanRule:
                _rules(book, sheet, plan.rules)
            else:
                _table(book, sheet, kind, getattr(plan, name))


def _table(book: Book, sheet: Worksheet, kind: type[Row], rows: Sequence[Row]) -> None:
    about = list(columns(kind).values())
    showers = _showers(book, kind)
    _headings(book, sheet, about)
    _choices(sheet, kind, 0, len(rows))
    for number, row in enumerate(rows, start=1):
        for position, (name, show) in enumerate(showers):
            _write(book, sheet, number, position, show(getattr(row, name)))


def _basics(book: Book, sheet: Worksheet, basics: Basics) -> None:
    _headings(book, sheet, [Column("项目", width=26), Column("内容", width=40), Column("说明", width=44)])
    about = columns(Basics)
    for number, (name, show) in enumerate(_showers(book, Basics), start=1):
        for position, cell in enumerate((about[name].heading, show(getattr(basics, name)), about[name].hint)):
            _write(book, sheet, number, position, cell)


def _rules(book: Book, sheet: Worksheet, rules: Sequence[PlanRule]) -> None:
    own, band = _showers(book, PlanRule), _showers(book, PlanBand)
    parameters = [Column(heading) for heading in PARAMETERS]
    _headings(book, sheet, [*columns(PlanRule).values(), *parameters, *columns(PlanBand).values()])
    _choices(sheet, PlanRule, 0, len(rules))
    _choices(sheet, PlanBand, len(own) + len(PARAMETERS), len(rules))
    sheet.write_comment(0, [n for n, _ in own].index("kind"), "\n".join(f"{k.id} {k.name}" for k in KINDS.values()))
    number = 0
    for rule in rules:
        given = dict(rule.params)
        item = [show(getattr(rule, name)) for name, show in own] + [given.get(heading) for heading in PARAMETERS]
        intervals = [[show(getattr(b, name)) for name, show in band] for b in rule.bands]
        for line in range(max(1, len(intervals))):
            number += 1
            cells = (item if line == 0 else [None] * len(item)) + (intervals[line] if intervals else [None] * len(band))
            for position, cell in enumerate(cells):
                _write(book, sheet, number, position, cell)


def _headings(book: Book, sheet: Worksheet, about: Iterable[Column]) -> None:
    for position, column in enumerate(about):
        sheet.write_string(0, position, column.heading, book.heading)
        sheet.set_column(position, position, column.width)
        if column.hint:
            sheet.write_comment(0, position, column.hint)
    sheet.freeze_panes(1, 0)
    sheet.ignore_errors({"number_stored_as_text": "A1:AZ100000"})


def _choices(sheet: Worksheet, kind: type[Row], offset: int, rows: int) -> None:
    """Give the columns of a closed list a drop-down list."""
    for position, of in enumerate(types(kind).values(), start=offset):
        words = ["是", "否"] if of is bool else [m.zh for m in of] if _is_choice(of) else []
        if words:
            rule = {"validate": "list", "source": words, "ignore_blank": True, "error_message": "请从下拉列表中选择。"}
            sheet.data_validation(1, position, rows + BLANK_ROWS, position, rule)


def _write(book: Book, sheet: Worksheet, row: int, column: int, cell: Cell) -> None:
    if cell is None or cell == "":
        sheet.write_blank(row, column, None, book.text)
    elif isinstance(cell, str):
        sheet.write_string(row, column, cell, book.text)
    elif isinstance(cell, date):
        sheet.write_datetime(row, column, cell, book.day)
    elif Decimal(format(float(cell), ".15g")) == cell:
        sheet.write_number(row, column, float(cell), book.text)
    else:  # more digits than a spreadsheet keeps
        sheet.write_string(row, column, plain(cell), book.text)


def _showers(book: Book, kind: type[Row]) -> list[tuple[str, Shower]]:
    by_unit: Mapping[Any, Shower] = {
        UnitCode: book.unit,
        tuple[UnitCode, ...]: lambda codes: "、".join(map(book.unit, codes)),
        tuple[tuple[UnitCode, Decimal], ...]: lambda pairs: "；".join(f"{book.unit(c)}:{plain(w)}" for c, w in pairs),
    }
    return [(name, by_unit.get(of) or SHOWERS.get(of, _plainly)) for name, of in types(kind).items()]


SHOWERS: Mapping[Any, Shower] = {
    bool: lambda value: "是" if value else "否",
    int: Decimal,
    tuple[str, ...]: "、".join,
    tuple[date, ...]: lambda days: "、".join(map(str, days)),
}


def _plainly(value: Any) -> Cell:
    return value.zh if isinstance(value, Choice) else value


def _is_choice(of: Any) -> bool:
    return isinstance(of, type) and issubclass(of, Choice)
