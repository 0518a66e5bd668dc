"""The record as text that depends only on what happened: no row ids, no recording times, no chain hashes.

Two databases that went through the same year give the same text, however often either was interrupted. Tests compare
it; an office can compare a restored backup with the original.
"""

import hashlib
import json
from collections.abc import Container, Iterator
from datetime import date
from typing import Any

from sqlalchemy import Column, DateTime, RowMapping, Table, select
from sqlmodel import Session, SQLModel

LEFT_OUT = {"audit_entry": {"previous", "hash"}, "tick": {"day"}, "message": {"key"}}
"""What says how the record came about and not what it says; a message's key is made of row ids."""


def canonical_lines(session: Session) -> Iterator[str]:
    """Yield every row of the record as one JSON line, sorted, with references spelled out by what they point at."""
    labels: dict[tuple[str, Any], str] = {}
    lines: list[str] = []
    for table in SQLModel.metadata.sorted_tables:
        rows = session.execute(select(table).order_by(table.c.id)).mappings().all()
        own = {c.name for c in table.columns if any(key.column.table is table for key in c.foreign_keys)}
        for row in rows:  # first without references inside the table, so that all rows have a label for these
            labels[table.name, row["id"]] = hashlib.sha256(_line(table, row, labels, own).encode()).hexdigest()[:16]
        lines += [_line(table, row, labels) for row in rows]
    yield from sorted(lines)


def _line(table: Table, row: RowMapping, labels: dict[tuple[str, Any], str], without: Container[str] = ()) -> str:
    said = {c.name: _said(c, row[c.name], labels) for c in _columns(table) if c.name not in without}
    return json.dumps({"table": table.name, **said}, ensure_ascii=False, sort_keys=True)


def digest(session: Session) -> str:
    """Return the SHA-256 of the canonical text."""
    sha = hashlib.sha256()
    for line in canonical_lines(session):
        sha.update(line.encode() + b"\n")
    return sha.hexdigest()


def _columns(table: Table) -> Iterator[Column[Any]]:
    for column in table.columns:
        is_time = isinstance(column.type, DateTime)
        if column.name != "id" and not is_time and column.name not in LEFT_OUT.get(table.name, set()):
            yield column


def _said(column: Column[Any], value: Any, labels: dict[tuple[str, Any], str]) -> Any:
    for key in column.foreign_keys:
        if value is not None:
            return labels[key.column.table.name, value]
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, (int, str, bool, dict, list, type(None))) else str(value)
