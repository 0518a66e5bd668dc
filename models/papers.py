"""What is issued: numbers, responsibility letters, supervision orders, circulars."""

from datetime import date
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.columns import choice, in_order, not_blank
from models.enums import CircularKind, Decision, LetterState, OrderLevel, OrderState


class IssuedNumber(SQLModel, table=True):
    """A number taken by an issued paper: per series and year, without gaps, never reused (year.md, Numbers)."""

    __tablename__ = "issued_number"
    __table_args__ = (
        UniqueConstraint("series", "year", "number"),
        UniqueConstraint("subject"),
        CheckConstraint("number >= 1", name="number"),
    )
    id: int | None = Field(default=None, primary_key=True)
    series: str = Field(max_length=40)
    year: int
    number: int
    subject: str = Field(max_length=120)
    issued_on: date


class Letter(SQLModel, table=True):
    """A responsibility letter 责任书 with its content frozen at issue. One is in force per unit and cycle."""

    __table_args__ = (
        UniqueConstraint("cycle_id", "unit_id", "version"),
        Index(
            "uq_letter_one_in_force",
            "cycle_id",
            "unit_id",
            unique=True,
            sqlite_where=text("state IN ('issued', 'delivered', 'acknowledged')"),
            postgresql_where=text("state IN ('issued', 'delivered', 'acknowledged')"),
        ),
        CheckConstraint("version = 1 OR length(trim(reason)) > 0", name="replacement_has_a_reason"),
        CheckConstraint("state <> 'acknowledged' OR acknowledged_on IS NOT NULL", name="acknowledged_has_a_date"),
        CheckConstraint("state = 'draft' OR label <> ''", name="issued_has_a_number"),
    )
    id: int | None = Field(default=None, primary_key=True)
    cycle_id: int = Field(foreign_key="cycle.id")
    unit_id: int = Field(foreign_key="unit.id", index=True)
    version: int = 1
    state: LetterState = Field(default=LetterState.DRAFT, sa_type=choice(LetterState))
    label: str = Field(default="", max_length=60)
    content: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    reason: str = ""
    issued_on: date | None = None
    delivered_on: date | None = None
    acknowledged_on: date | None = None
    acknowledged_by: str = ""


class Order(SQLModel, table=True):
    """A supervision order 督办单: one matter, one order, followed until it is closed 销号."""

    __tablename__ = "supervision_order"
    __table_args__ = (
        UniqueConstraint("cycle_id", "matter"),
        CheckConstraint(not_blank("basis"), name="basis"),
        CheckConstraint("state = 'draft' OR (label <> '' AND issued_on IS NOT NULL)", name="issued_has_a_number"),
        CheckConstraint("state <> 'closed' OR closed_on IS NOT NULL", name="closed_has_a_date"),
        CheckConstraint(in_order("issued_on", "due_on"), name="order"),
    )
    id: int | None = Field(default=None, primary_key=True)
    cycle_id: int = Field(foreign_key="cycle.id")
    unit_id: int = Field(foreign_key="unit.id", index=True)
    assignment_id: int | None = Field(default=None, foreign_key="assignment.id")
    matter: str = Field(max_length=80)
    title: str = Field(max_length=200)
    basis: str
    level: OrderLevel = Field(default=OrderLevel.YELLOW, sa_type=choice(OrderLevel))
    state: OrderState = Field(default=OrderState.DRAFT, sa_type=choice(OrderState))
    label: str = Field(default="", max_length=60)
    drafted_on: date
    issued_on: date | None = None
    due_on: date
    closed_on: date | None = None
    late: bool = False


class OrderAnswer(SQLModel, table=True):
    """What the unit answered to an order, version by version, and the office's reply 批复."""

    __tablename__ = "order_answer"
    __table_args__ = (
        UniqueConstraint("order_id", "version"),
        CheckConstraint(not_blank("answer"), name="answer"),
        CheckConstraint("decision IS NULL OR decision <> 'return' OR length(trim(reason)) > 0", name="return_says_why"),
    )
    id: int | None = Field(default=None, primary_key=True)
    order_id: int = Field(foreign_key="supervision_order.id")
    version: int = 1
    answer: str
    answered_by: str = Field(max_length=80)
    answered_on: date
    decision: Decision | None = Field(default=None, sa_type=choice(Decision))
    reason: str = ""
    decided_by: str = ""
    decided_on: date | None = None


class Circular(SQLModel, table=True):
    """A circular 通报 with its content frozen at issue; `第 N 期` comes from its issued number."""

    __table_args__ = (UniqueConstraint("cycle_id", "kind", "period"),)
    id: int | None = Field(default=None, primary_key=True)
    cycle_id: int = Field(foreign_key="cycle.id")
    kind: CircularKind = Field(sa_type=choice(CircularKind))
    period: str = Field(max_length=20)
    label: str = Field(max_length=60)
    content: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    issued_on: date
