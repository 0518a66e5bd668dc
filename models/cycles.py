"""When: an assessment cycle, its milestones, its units and how far its daily steps have come."""

from datetime import date
from typing import Any

from sqlalchemy import JSON, CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.columns import choice, in_order, not_blank
from models.enums import Frequency


class Cycle(SQLModel, table=True):
    """An assessment cycle 考核周期, owned by the unit that assesses; several may be open at once."""

    __table_args__ = (
        CheckConstraint(in_order("starts", "ends", "closed_on"), name="order"),
        CheckConstraint(
            "monthly_due_workdays > 0 AND quarterly_due_workdays > 0 AND close_workdays > 0", name="due_days"
        ),
        CheckConstraint(not_blank("code"), name="code"),
    )
    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(max_length=40, unique=True)
    name: str = Field(max_length=80)
    owner_id: int = Field(foreign_key="unit.id")
    office: str = Field(max_length=80)
    issuing_code: str = Field(max_length=40)
    starts: date
    ends: date
    monthly_due_workdays: int = 5
    quarterly_due_workdays: int = 10
    close_workdays: int = 10
    appeal_workdays: int = 5
    workdays: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    closed_on: date | None = None


class Participant(SQLModel, table=True):
    """A unit's place in a cycle: the group it is ranked in, and whether it is assessed."""

    __table_args__ = (
        UniqueConstraint("cycle_id", "unit_id"),
        CheckConstraint(not_blank("group_name"), name="group_name"),
    )
    id: int | None = Field(default=None, primary_key=True)
    cycle_id: int = Field(foreign_key="cycle.id")
    unit_id: int = Field(foreign_key="unit.id", index=True)
    group_name: str = Field(max_length=40)
    assessed: bool = True
    duty: str = ""


class Milestone(SQLModel, table=True):
    """A dated node 节点 of the cycle."""

    __table_args__ = (UniqueConstraint("cycle_id", "code"),)
    id: int | None = Field(default=None, primary_key=True)
    cycle_id: int = Field(foreign_key="cycle.id")
    code: str = Field(max_length=40)
    name: str = Field(max_length=80)
    due_on: date


class Window(SQLModel, table=True):
    """A reporting window 填报期: the period reported on, and when filing opens, falls due and closes."""

    __tablename__ = "reporting_window"
    __table_args__ = (
        UniqueConstraint("cycle_id", "frequency", "code"),
        CheckConstraint(in_order("starts", "ends"), name="period"),
        CheckConstraint(in_order("open_on", "due_on", "close_on"), name="order"),
    )
    id: int | None = Field(default=None, primary_key=True)
    cycle_id: int = Field(foreign_key="cycle.id")
    code: str = Field(max_length=20)
    frequency: Frequency = Field(sa_type=choice(Frequency))
    starts: date
    ends: date
    open_on: date
    due_on: date
    close_on: date


class Tick(SQLModel, table=True):
    """The last business day on which a step ran for a cycle; an earlier day changes nothing."""

    __table_args__ = (UniqueConstraint("cycle_id", "step"),)
    id: int | None = Field(default=None, primary_key=True)
    cycle_id: int = Field(foreign_key="cycle.id")
    step: str = Field(max_length=40)
    day: date
