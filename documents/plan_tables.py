"""Finding a table in a sheet and reading its rows; every cell that is wrong is reported with its place."""

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from documents.cells import Fault, Raw, Unreadable, clean, fold
from documents.plan_columns import Spec
from documents.workbook import Sheet
from models.errors import Problem
from rules.plan import Place, Row

HEADING_ROWS = 20
"""How far down the headings may stand; titles and notes above them are skipped."""
NOTES = ("注：", "注:", "说明：", "说明:", "备注：", "备注:", "合计", "总计", "小计")
"""What the first filled cell of a row begins with when the row is not part of the table."""

R = TypeVar("R", bound=Row)


class Table(NamedTuple):
    """A table found in a sheet: its rows, that of the headings, and each column's position (from 0) by its field."""

    name: str
    rows: Sequence[Sequence[Raw]]
    heading_row: int
    where: Mapping[str, int]


class Taken(NamedTuple):
    """What was read of a row: its values by field, the fields that hold a stand-in, and what is wrong."""

    values: dict[str, Any]
    flawed: frozenset[str]
    problems: tuple[Problem, ...]


def locate(sheet: Sheet, wanted: Sequence[Spec]) -> tuple[Table | None, tuple[Problem, ...]]:
    """Return where the table stands in the sheet, and what is wrong with its headings."""
    known = {fold(synonym): s.name for s in wanted for synonym in s.column.synonyms}
    known |= {fold(s.column.heading): s.name for s in wanted}
    rows = _unmerged(sheet)
    titles = [[_title(raw) for raw in row] for row in rows[:HEADING_ROWS]]
    found = [{known[title] for title in row if title in known} for row in titles]
    best = max(range(len(rows[:HEADING_ROWS])), key=lambda r: len(found[r]), default=None)
    if best is None or len(found[best]) < 2:
        listed = "、".join(s.column.heading for s in wanted if s.required)
        return None, (Problem(sheet.name, None, "", f"没有找到表头。请在同一行写明列名，至少有：{listed}。"),)
    places: dict[str, list[int]] = {}
    for position, title in enumerate(titles[best]):
        if title in known:
            places.setdefault(known[title], []).append(position)
    table = Table(sheet.name, rows, best + 1, {name: positions[0] for name, positions in places.items()})
    return table, tuple(_heading_problems(table, wanted, places, [t for t in titles[best] if t not in known]))


def _heading_problems(
    table: Table, wanted: Sequence[Spec], places: Mapping[str, list[int]], strange: Sequence[str]
) -> Iterator[Problem]:
    for spec in wanted:
        heading, positions = spec.column.heading, places.get(spec.name, [])
        if len(positions) > 1:
            yield Problem(table.name, table.heading_row, heading, f"此列出现了 {len(positions)} 次，请只保留一列。")
        if positions:
            continue
        near = difflib.get_close_matches(fold(heading), [t for t in strange if t], n=1, cutoff=0.7)
        if near:
            yield Problem(table.name, table.heading_row, near[0], f"没有这样的列，是否为“{heading}”？请改正列名。")
        elif spec.required:
            yield Problem(table.name, table.heading_row, heading, "缺少此列，请补上。")


def data_rows(table: Table) -> Iterator[tuple[int, Sequence[Raw]]]:
    """Yield number and cells of each row below the headings that is neither blank nor a note."""
    for number, row in enumerate(table.rows[table.heading_row :], start=table.heading_row + 1):
        first = next((raw for raw in row if raw is not None and raw != ""), None)
        if first is None:
            continue
        if isinstance(first, str) and (first.strip().startswith(NOTES) or _blank(row)):
            continue
        yield number, row


def take(table: Table, number: int, row: Sequence[Raw], wanted: Sequence[Spec]) -> Taken:
    """Return what the row says in the `wanted` columns."""
    values: dict[str, Any] = {}
    flawed: list[str] = []
    problems: list[Problem] = []
    for name, column, parse, required, default, stand_in in wanted:
        position = table.where.get(name)
        raw = row[position] if position is not None and position < len(row) else None
        try:
            value = None if raw is None or raw == "" else parse(raw)
        except Unreadable as unreadable:
            problems.append(Problem(table.name, number, column.heading, str(unreadable)))
        else:
            if value is not None or not required:
                values[name] = default if value is None else value
                continue
            if position is not None:
                problems.append(Problem(table.name, number, column.heading, "必须填写，不能为空。"))
        values[name] = stand_in
        flawed.append(name)
    return Taken(values, frozenset(flawed), tuple(problems))


Settle = Callable[[dict[str, Any]], Iterable[tuple[str, str]]]
"""Adjusts the values of a row that depend on each other; gives field and message of each that does not fit."""


def read_rows(
    table: Table, kind: type[R], wanted: Sequence[Spec], settle: Settle = lambda _: ()
) -> tuple[tuple[R, ...], tuple[Problem, ...]]:
    """Return the rows of a plain table as `kind`, and everything that is wrong with their cells."""
    headings = {s.name: s.column.heading for s in wanted}
    rows: list[R] = []
    problems: list[Problem] = []
    for number, row in data_rows(table):
        values, flawed, found = take(table, number, row, wanted)
        problems += found
        for name, message in settle(values):
            problems.append(Problem(table.name, number, headings[name], message))
            flawed |= {name}
        rows.append(kind(place=Place(number, flawed), **values))
    return tuple(rows), tuple(problems)


def _unmerged(sheet: Sheet) -> list[Sequence[Raw]]:
    """Return the rows with a `Fault` in every cell that a merged one covers: it looks filled in and is not."""
    rows = list(sheet.rows)
    for area in sheet.merged:
        for number in range(area.top, min(area.bottom, len(rows)) + 1):
            covered = range(area.left + (number == area.top), area.right + 1)
            row: list[Raw] = list(rows[number - 1])
            row.extend([None] * (area.right - len(row)))
            for column in covered:
                row[column - 1] = Fault(f"此格被合并单元格 {area} 占用，请取消合并，逐格填写。")
            rows[number - 1] = row
    return rows


def _title(raw: Raw) -> str:
    return "" if isinstance(raw, Fault) else fold(raw)


def _blank(row: Sequence[Raw]) -> bool:
    return all(not isinstance(raw, Fault) and clean(raw) == "" for raw in row)
