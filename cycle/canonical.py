"""The record as text that depends only on what happened: no row ids, no recording times, no chain hashes.

Two databases that went through the same year give the same text, however often either was interrupted. Tests compare
it; an office can compare a restored backup with the original.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import Column, DateTime, Table, select
from sqlmodel import Session, SQLModel

LEFT_OUT = {"audit_entry": {"previous", "hash"}, "tick": {"day"}}


def canonical_lines(session: Session) -> Iterator[str]:
    """Yield every row of the record as one JSON line, sorted, with references spelled out by what they point at."""
    labels: dict[tuple[str, Any], str] = {}
    lines: list[str] = []
    for table in SQLModel.metadata.sorted_tables:
        for row in session.execute(select(table).order_by(table.c.id)).mappings():
            said = {c.name: _said(c, row[c.name], labels) for c in _columns(table)}
            text = json.dumps({"table": table.name, **said}, ensure_ascii=False, sort_keys=True)
            labels[table.name, row["id"]] = hashlib.sha256(text.encode()).hexdigest()[:16]
            lines.append(text)
    yield from sorted(lines)


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
            return labels.get((key.column.table.name, value), "（自身所在表）")
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, (int, str, bool, dict, list, type(None))) else str(value)
