"""Problems with their place in the plan workbook."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from models.errors import Problem
from rules.plan import Row, columns, sheet_of


def problem(row: Row, name: str, message: str) -> Problem:
    """Return a problem with the field `name` of `row`, at its place in the workbook."""
    at = row.place.lines.get(name, row.place.row)
    return Problem(sheet_of(type(row)), at or None, columns(type(row))[name].heading, message)


def duplicates(
    rows: Sequence[Row], name: str, keys: Callable[..., Iterable[str]], apart: Callable[..., object] = lambda _: None
) -> Iterator[Problem]:
    """Yield each row whose key was already used by an earlier row, naming that row."""
    first: dict[tuple[object, str], Row] = {}
    for row in rows:
        if not row.reads(name):
            continue
        for key in keys(row):
            earlier = first.setdefault((apart(row), key), row)
            if earlier is not row:
                yield problem(row, name, f"“{key}”与第 {earlier.place.row} 行重复，请改正。")
