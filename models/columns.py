"""Column types and shared rules of the tables."""

import itertools
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import DateTime, Enum, MetaData, String
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel

SQLModel.metadata.naming_convention = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
).naming_convention


class Exact(TypeDecorator[Decimal]):
    """A decimal kept as text: SQLite would store a NUMERIC as a binary float and lose half a point."""

    impl = String(40)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else format(value, "f")

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        return None if value is None else Decimal(value)


def choice(members: type[StrEnum]) -> Any:
    """Return a text column type that the database itself restricts to the values of `members`."""
    return Enum(
        members,
        native_enum=False,
        length=24,
        create_constraint=True,
        name=f"{members.__name__.lower()}",
        values_callable=lambda cls: [m.value for m in cls],
    )


def instant() -> Any:
    """Return a column type for an aware moment."""
    return DateTime(timezone=True)


def not_blank(column: str) -> str:
    """Return the SQL condition that a text says something."""
    return f"length(trim({column})) > 0"


def in_order(*columns: str) -> str:
    """Return the SQL condition that dates do not run backwards; an open end passes."""
    return " AND ".join(f"({a} IS NULL OR {b} IS NULL OR {a} <= {b})" for a, b in itertools.pairwise(columns))


def row_id(row: Any) -> int:
    """Return the id of a row that is stored; a row that is not is a bug."""
    assert row.id is not None, f"{type(row).__name__} is not stored yet"
    return int(row.id)
