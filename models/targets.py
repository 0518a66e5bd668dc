"""What is asked: indicators, who carries them, and every version of every target."""

from datetime import date
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.columns import Exact, choice, not_blank
from models.enums import (
    Aggregation,
    AssignmentRole,
    AssignmentState,
    Direction,
    Frequency,
    QualityField,
    ReferenceKind,
    ReferenceStatus,
    Split,
    TargetForm,
)


class Indicator(SQLModel, table=True):
    """A row of the decomposition table 目标任务分解表."""

    __table_args__ = (
        UniqueConstraint("cycle_id", "number"),
        CheckConstraint("decimals BETWEEN 0 AND 6", name="decimals"),
        CheckConstraint("form = 'qualitative' OR length(trim(measure)) > 0", name="measure"),
        CheckConstraint("frequency <> 'once' OR due_on IS NOT NULL", name="once_has_a_date"),
        CheckConstraint(not_blank("name"), name="name"),
    )
    id: int | None = Field(default=None, primary_key=True)
    cycle_id: int = Field(foreign_key="cycle.id")
    number: str = Field(max_length=20)
    field: QualityField = Field(sa_type=choice(QualityField))
    task: str = ""
    name: str = Field(max_length=120)
    form: TargetForm = Field(sa_type=choice(TargetForm))
    direction: Direction = Field(default=Direction.HIGHER, sa_type=choice(Direction))
    aggregation: Aggregation = Field(default=Aggregation.CUMULATIVE, sa_type=choice(Aggregation))
    measure: str = Field(default="", max_length=20)
    decimals: int = 0
    frequency: Frequency = Field(sa_type=choice(Frequency))
    due_on: date | None = None
    split: Split = Field(default=Split.NONE, sa_type=choice(Split))
    supplier_id: int | None = Field(default=None, foreign_key="unit.id")
    evidence_required: bool = False
    note: str = ""


class Assignment(SQLModel, table=True):
    """A unit's part in an indicator 任务. At most one unit leads at a time."""

    __table_args__ = (
        UniqueConstraint("indicator_id", "unit_id"),
        Index(
            "uq_assignment_one_lead",
            "indicator_id",
            unique=True,
            sqlite_where=text("role = 'lead' AND ended_on IS NULL"),
            postgresql_where=text("role = 'lead' AND ended_on IS NULL"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    indicator_id: int = Field(foreign_key="indicator.id")
    unit_id: int = Field(foreign_key="unit.id", index=True)
    role: AssignmentRole = Field(sa_type=choice(AssignmentRole))
    weight: Decimal | None = Field(default=None, sa_type=Exact)
    state: AssignmentState = Field(default=AssignmentState.DRAFT, sa_type=choice(AssignmentState))
    ended_on: date | None = None


class Target(SQLModel, table=True):
    """One version of what a unit is to reach. A later version never replaces an earlier one."""

    __table_args__ = (
        UniqueConstraint("assignment_id", "version"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("version = 1 OR length(trim(reason)) > 0", name="change_has_a_reason"),
        CheckConstraint("value_high IS NULL OR CAST(value AS NUMERIC) <= CAST(value_high AS NUMERIC)", name="range"),
    )
    id: int | None = Field(default=None, primary_key=True)
    assignment_id: int = Field(foreign_key="assignment.id")
    version: int = 1
    value: Decimal | None = Field(default=None, sa_type=Exact)
    value_high: Decimal | None = Field(default=None, sa_type=Exact)
    margin: Decimal | None = Field(default=None, sa_type=Exact)
    reason: str = ""
    decided_on: date


class Filing(SQLModel, table=True):
    """What a unit sent back on its draft 备案: last year's value and quarterly milestones, or an objection."""

    __table_args__ = (
        UniqueConstraint("assignment_id", "version"),
        CheckConstraint("NOT objected OR length(trim(reason)) > 0", name="objection_has_a_reason"),
    )
    id: int | None = Field(default=None, primary_key=True)
    assignment_id: int = Field(foreign_key="assignment.id")
    version: int = 1
    objected: bool = False
    reason: str = ""
    proposed: Decimal | None = Field(default=None, sa_type=Exact)
    last_year: Decimal | None = Field(default=None, sa_type=Exact)
    q1: Decimal | None = Field(default=None, sa_type=Exact)
    q2: Decimal | None = Field(default=None, sa_type=Exact)
    q3: Decimal | None = Field(default=None, sa_type=Exact)
    q4: Decimal | None = Field(default=None, sa_type=Exact)
    filed_by: str = Field(max_length=80)
    filed_on: date


class Reference(SQLModel, table=True):
    """A value from outside the reports: last year's figure, the provincial average; provisional or final."""

    __table_args__ = (
        UniqueConstraint("indicator_id", "unit_id", "kind", "version"),
        Index(
            "uq_reference_for_all",
            "indicator_id",
            "kind",
            "version",
            unique=True,
            sqlite_where=text("unit_id IS NULL"),
            postgresql_where=text("unit_id IS NULL"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    indicator_id: int = Field(foreign_key="indicator.id")
    unit_id: int | None = Field(default=None, foreign_key="unit.id")
    kind: ReferenceKind = Field(sa_type=choice(ReferenceKind))
    version: int = 1
    value: Decimal = Field(sa_type=Exact)
    status: ReferenceStatus = Field(sa_type=choice(ReferenceStatus))
    source: str = ""
    noted_on: date
