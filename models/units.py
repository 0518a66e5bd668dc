"""Who: the tree of units, their names over time, and the people who act for them.

Every validity is half-open: `valid_from` is the first day, `valid_to` the first day no longer.
"""

from datetime import date

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.columns import choice, in_order, not_blank
from models.enums import NameKind, Role, UnitKind


class Unit(SQLModel, table=True):
    """A responsible unit 责任单位. It is never deleted: a merged unit ends and names its successor."""

    __table_args__ = (
        CheckConstraint(in_order("valid_from", "valid_to"), name="validity"),
        CheckConstraint("parent_id IS NULL OR parent_id <> id", name="not_own_parent"),
        CheckConstraint("merged_into_id IS NULL OR merged_into_id <> id", name="not_merged_into_itself"),
        CheckConstraint("merged_into_id IS NULL OR valid_to IS NOT NULL", name="merged_has_ended"),
        CheckConstraint(not_blank("code"), name="code"),
    )
    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(max_length=40, unique=True)
    kind: UnitKind = Field(sa_type=choice(UnitKind))
    parent_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    valid_from: date
    valid_to: date | None = None
    merged_into_id: int | None = Field(default=None, foreign_key="unit.id")


class UnitName(SQLModel, table=True):
    """What a unit was called from one day to another; a paper carries the name of its own day."""

    __tablename__ = "unit_name"
    __table_args__ = (
        UniqueConstraint("unit_id", "kind", "name", "valid_from"),
        Index(
            "uq_unit_name_one_current",
            "unit_id",
            unique=True,
            sqlite_where=text("kind = 'current' AND valid_to IS NULL"),
            postgresql_where=text("kind = 'current' AND valid_to IS NULL"),
        ),
        CheckConstraint(in_order("valid_from", "valid_to"), name="validity"),
        CheckConstraint(not_blank("name"), name="name"),
    )
    id: int | None = Field(default=None, primary_key=True)
    unit_id: int = Field(foreign_key="unit.id", index=True)
    name: str = Field(max_length=80)
    kind: NameKind = Field(default=NameKind.CURRENT, sa_type=choice(NameKind))
    valid_from: date
    valid_to: date | None = None


class Contact(SQLModel, table=True):
    """A person who acts for a unit in one role for a time; liaison officers change often."""

    __table_args__ = (
        UniqueConstraint("unit_id", "role", "title", "address", "valid_from"),
        CheckConstraint(in_order("valid_from", "valid_to"), name="validity"),
        CheckConstraint(not_blank("address"), name="address"),
    )
    id: int | None = Field(default=None, primary_key=True)
    unit_id: int = Field(foreign_key="unit.id", index=True)
    role: Role = Field(sa_type=choice(Role))
    title: str = Field(max_length=40)
    address: str = Field(max_length=200)
    valid_from: date
    valid_to: date | None = None
