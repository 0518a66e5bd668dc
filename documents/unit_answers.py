"""Reading a unit's workbook that came back: what was filled in, row by row, and every mistake at its place."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from documents import cells
from documents.cells import Raw, Unreadable
from documents.unit_checks import Value, Values, contradictions
from documents.unit_pages import AGAIN, Head, Line, head_of, lines_of
from documents.unit_sheets import KEY, SHEETS, STAMP, YES, Cell, Column, Sheet, stamp
from documents.workbook import Workbook, open_workbook
from models.errors import Problem

UNPRINTABLE = {code: None for code in (*range(0x20), 0x7F) if chr(code) != "\n"}
"""What no keyboard writes and no database need keep; line breaks stay."""
QUOTED = 100
NAME_MARKS = re.compile(r"[；;、\n]+")


class Answer(NamedTuple):
    """What a unit filled in on one row: the values of the asked columns by their keys, None where blank."""

    sheet: str
    row: int
    key: str
    title: str
    values: Values


@dataclass(frozen=True)
class Returned:
    """A unit's workbook as it came back. `digest` is the SHA-256 of the file; a row with a problem is not an answer."""

    name: str
    digest: str
    cycle: str
    unit: str
    answers: tuple[Answer, ...]
    problems: tuple[Problem, ...]


def read_unit_workbook(path: Path) -> Returned:
    """Return what the unit filled in, the rows it left blank aside.

    Raises:
        Refused: the file cannot be read, or it is not a unit's workbook of this template version.
    """
    return answers_in(open_workbook(path))


def answers_in(book: Workbook) -> Returned:
    """Return what `read_unit_workbook` returns, from a workbook that is open already."""
    head = head_of(book)
    answers: list[Answer] = []
    problems: list[Problem] = []
    for sheet in SHEETS:
        lines, misshapen = lines_of(book, sheet)
        problems += misshapen
        written = [line for line in lines if line.filled_in(sheet)]
        for line in written:
            found = _answer(line, sheet, head, written)
            if isinstance(found, Answer):
                answers.append(found)
            else:
                problems += found
    return Returned(book.name, book.digest, head.cycle, head.unit, tuple(answers), tuple(problems))


def _answer(line: Line, sheet: Sheet, head: Head, written: Sequence[Line]) -> Answer | list[Problem]:
    problems = list(_identity(line, sheet, head, written))
    if problems:
        return problems
    values: dict[str, Value] = {}
    percent = any(c.key == "measure" and line.text(c) == "%" for c in sheet.columns)
    for column in sheet.asked:
        try:
            values[column.key] = _value(line.raw(column), column, percent)
        except Unreadable as error:
            problems.append(Problem(sheet.name, line.row, column.heading, _shortened(str(error))))
    if problems:
        return problems
    fixed = {c.key: line.text(c) for c in sheet.columns if not c.asked}
    wrong = contradictions(sheet.name, fixed, values)
    problems = [Problem(sheet.name, line.row, sheet.column(key).heading, why) for key, why in wrong]
    return problems or Answer(sheet.name, line.row, line.text(KEY), fixed["title"], values)


def _identity(line: Line, sheet: Sheet, head: Head, written: Sequence[Line]) -> Iterator[Problem]:
    """Yield what is wrong with the row's hidden number."""
    key, title = line.text(KEY), line.text(sheet.column("title"))
    twins = [other.row for other in written if other.text(KEY) == key and other.row != line.row]
    why = ""
    if not key:
        why = f"这一行没有编号，不是原表中的行。请在原有的行中填写。{AGAIN}"
    elif twins:
        where = "、".join(str(n) for n in twins)
        why = f"与第 {where} 行的编号重复，无法确定以哪一行为准。请只保留一行。"
    elif not key.isprintable() or line.text(STAMP) != stamp(head.cycle, head.unit, sheet.name, key, title):
        why = f"编号或事项被改动，或者这一行来自别的工作簿，无法对应。{AGAIN}"
    if why:
        yield Problem(sheet.name, line.row, KEY.heading, why)


def _shortened(message: str) -> str:
    """Return the message without the middle of a cell's text that is too long to be quoted."""
    return message if len(message) <= 2 * QUOTED else f"{message[:QUOTED]}……{message[-QUOTED:]}"


def _value(raw: Raw, column: Column, percent: bool) -> Value:
    if column.cell is Cell.NUMBER and percent:
        figure = cells.figure(raw)
        return figure.value if figure else None
    return READERS[column.cell](raw, column)


def _choice(raw: Raw, column: Column) -> Value:
    shown = cells.fold(raw)
    if YES in column.choices:
        answer = cells.yes_no(raw)
        return None if answer is None else YES if answer else "否"
    found = next((choice for choice in column.choices if cells.fold(choice) == shown), None)
    if shown and found is None:
        raise Unreadable(f"“{cells.clean(raw)}”不在可选范围内，请从下拉列表中选择：{'、'.join(column.choices)}。")
    return found


def _words(raw: Raw, _: Column) -> Value:
    lines = cells.clean(raw).translate(UNPRINTABLE).split("\n")
    return "\n".join(line.strip() for line in lines).strip() or None


def _names(raw: Raw, _: Column) -> Value:
    names = (name.translate(UNPRINTABLE).strip() for name in NAME_MARKS.split(cells.clean(raw)))
    return tuple(dict.fromkeys(name for name in names if name))


READERS: Mapping[Cell, Callable[[Raw, Column], Value]] = {
    Cell.TEXT: _words,
    Cell.NUMBER: lambda raw, _: cells.number(raw),
    Cell.DATE: lambda raw, _: cells.day(raw),
    Cell.CHOICE: _choice,
    Cell.NAMES: _names,
}
