"""What is owed and what came: obligations, report versions, evidence, reviews, extensions, files taken in."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.columns import Exact, choice, in_order, not_blank
from models.enums import (
    Decision,
    ExtensionState,
    IntakeOutcome,
    ObligationKind,
    ObligationState,
    ReportNature,
    ReportState,
)


class Obligation(SQLModel, table=True):
    """One thing one unit owes by one date 应报事项.

    `supplier_id` owes it, `assessed_id` is judged by it; they may differ. `key` names it for people and programs
    and is unique in the cycle, so a repeated tick can never ask twice.
    """

    __table_args__ = (
        UniqueConstraint("cycle_id", "key"),
        Index("ix_obligation_sweep", "cycle_id", "state", "due_on"),
        CheckConstraint(in_order("open_on", "due_on", "close_on"), name="order"),
        CheckConstraint(
            "kind <> 'report' OR (assignment_id IS NOT NULL AND window_id IS NOT NULL)", name="report_of_what"
        ),
        CheckConstraint(
            "state NOT IN ('submitted', 'returned', 'accepted') OR filed_on IS NOT NULL", name="filed_has_a_date"
        ),
        CheckConstraint("returns >= 0", name="returns"),
    )
    id: int | None = Field(default=None, primary_key=True)
    cycle_id: int = Field(foreign_key="cycle.id")
    key: str = Field(max_length=80)
    kind: ObligationKind = Field(sa_type=choice(ObligationKind))
    title: str = Field(max_length=200)
    supplier_id: int = Field(foreign_key="unit.id", index=True)
    assessed_id: int = Field(foreign_key="unit.id", index=True)
    assignment_id: int | None = Field(default=None, foreign_key="assignment.id", index=True)
    window_id: int | None = Field(default=None, foreign_key="reporting_window.id", index=True)
    letter_id: int | None = Field(default=None, foreign_key="letter.id", index=True)
    order_id: int | None = Field(default=None, foreign_key="supervision_order.id", index=True)
    open_on: date
    due_on: date
    close_on: date | None = None
    state: ObligationState = Field(default=ObligationState.PLANNED, sa_type=choice(ObligationState))
    filed_on: date | None = None
    late: bool = False
    missed: bool = False
    returns: int = 0


class Extension(SQLModel, table=True):
    """A unit's application for a later date 延期; a granted one has a new date and ends by itself."""

    __table_args__ = (
        Index(
            "uq_extension_one_pending",
            "obligation_id",
            unique=True,
            sqlite_where=text("state = 'applied'"),
            postgresql_where=text("state = 'applied'"),
        ),
        CheckConstraint(not_blank("reason"), name="reason"),
        CheckConstraint("state <> 'approved' OR granted_on IS NOT NULL", name="approved_has_a_date"),
    )
    id: int | None = Field(default=None, primary_key=True)
    obligation_id: int = Field(foreign_key="obligation.id", index=True)
    state: ExtensionState = Field(default=ExtensionState.APPLIED, sa_type=choice(ExtensionState))
    reason: str
    applied_by: str = Field(max_length=80)
    applied_on: date
    old_due_on: date
    wanted_on: date
    granted_on: date | None = None
    decided_by: str = ""
    decided_on: date | None = None
    decision_reason: str = ""


class Report(SQLModel, table=True):
    """One version of what was filed for an obligation 填报. At most one version is the accepted one."""

    __table_args__ = (
        UniqueConstraint("obligation_id", "version"),
        Index(
            "uq_report_one_accepted",
            "obligation_id",
            unique=True,
            sqlite_where=text("state = 'accepted'"),
            postgresql_where=text("state = 'accepted'"),
        ),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint(
            "nature NOT IN ('nil', 'not_applicable') OR length(trim(reason)) > 0", name="nothing_needs_a_reason"
        ),
        CheckConstraint("nature <> 'value' OR value IS NOT NULL OR numerator IS NOT NULL", name="value_present"),
        CheckConstraint("(numerator IS NULL) = (denominator IS NULL)", name="ratio_has_both"),
        CheckConstraint("numerator IS NULL OR CAST(denominator AS NUMERIC) > 0", name="denominator"),
        CheckConstraint(
            "numerator IS NULL OR CAST(numerator AS NUMERIC) <= CAST(denominator AS NUMERIC)", name="part_of_whole"
        ),
        CheckConstraint("NOT correction OR length(trim(reason)) > 0", name="correction_has_a_reason"),
    )
    id: int | None = Field(default=None, primary_key=True)
    obligation_id: int = Field(foreign_key="obligation.id")
    version: int = 1
    state: ReportState = Field(default=ReportState.SUBMITTED, sa_type=choice(ReportState))
    nature: ReportNature = Field(sa_type=choice(ReportNature))
    value: Decimal | None = Field(default=None, sa_type=Exact)
    numerator: Decimal | None = Field(default=None, sa_type=Exact)
    denominator: Decimal | None = Field(default=None, sa_type=Exact)
    text: str = ""
    problems: str = ""
    next_steps: str = ""
    correction: bool = False
    reason: str = ""
    filed_by: str = Field(max_length=80)
    filed_on: date
    intake_id: int | None = Field(default=None, foreign_key="intake.id")


class Evidence(SQLModel, table=True):
    """A file that proves something 佐证, stored once under its SHA-256."""

    __table_args__ = (CheckConstraint("length(sha256) = 64", name="sha256"), CheckConstraint("size >= 0", name="size"))
    id: int | None = Field(default=None, primary_key=True)
    sha256: str = Field(max_length=64, unique=True)
    size: int
    stored_on: date


class ReportEvidence(SQLModel, table=True):
    """Which report cites which evidence, under the name the unit gave it. One file may prove many values."""

    __tablename__ = "report_evidence"
    __table_args__ = (UniqueConstraint("report_id", "evidence_id", "name"),)
    id: int | None = Field(default=None, primary_key=True)
    report_id: int = Field(foreign_key="report.id")
    evidence_id: int = Field(foreign_key="evidence.id", index=True)
    name: str = Field(max_length=200)


class Review(SQLModel, table=True):
    """The office's decision on one report version 审核; a return says why and by when."""

    __table_args__ = (
        UniqueConstraint("report_id"),
        CheckConstraint(
            "decision <> 'return' OR (length(trim(reason)) > 0 AND due_on IS NOT NULL)", name="return_says_why"
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    report_id: int = Field(foreign_key="report.id")
    decision: Decision = Field(sa_type=choice(Decision))
    reason: str = ""
    due_on: date | None = None
    reviewer: str = Field(max_length=80)
    reviewed_on: date


class Intake(SQLModel, table=True):
    """A file that was taken in or refused, known by its content so that it counts once. `empty`: a 空报."""

    __table_args__ = (CheckConstraint("length(sha256) = 64", name="sha256"),)
    id: int | None = Field(default=None, primary_key=True)
    sha256: str = Field(max_length=64, unique=True)
    name: str = Field(max_length=200)
    cycle_id: int | None = Field(default=None, foreign_key="cycle.id")
    unit_id: int | None = Field(default=None, foreign_key="unit.id")
    outcome: IntakeOutcome = Field(sa_type=choice(IntakeOutcome))
    taken: int = 0
    empty: bool = False
    problems: list[Any] = Field(default_factory=list, sa_type=JSON)
    taken_on: date
