"""What it comes to: rule sets, marks, incidents, merits, score lines, results, appeals."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.columns import Exact, choice, not_blank
from models.enums import AppealState, AssessmentState, IncidentLevel, MarkColumn


class RuleSet(SQLModel, table=True):
    """A version of the scoring rules 评分细则: canonical JSON and its hash, never changed."""

    __tablename__ = "rule_set"
    __table_args__ = (
        UniqueConstraint("cycle_id", "version"),
        CheckConstraint("version = 1 OR length(trim(reason)) > 0", name="change_has_a_reason"),
        CheckConstraint("length(sha256) = 64", name="sha256"),
    )
    id: int | None = Field(default=None, primary_key=True)
    cycle_id: int = Field(foreign_key="cycle.id")
    version: int = 1
    document: str
    sha256: str = Field(max_length=64)
    reason: str = ""
    effective_on: date
    signed_by: str = ""


class Mark(SQLModel, table=True):
    """Points a person gave to a unit for an item: the unit itself, or the item's scorer, never its own unit's."""

    __table_args__ = (
        UniqueConstraint("cycle_id", "unit_id", "item", "mark_column", "giver_id", "version"),
        CheckConstraint("mark_column = 'self' OR giver_id <> unit_id", name="never_the_own_unit"),
        CheckConstraint("mark_column <> 'self' OR giver_id = unit_id", name="self_is_the_unit"),
        CheckConstraint("points IS NOT NULL OR met IS NOT NULL", name="something_given"),
        CheckConstraint("version = 1 OR length(trim(reason)) > 0", name="change_has_a_reason"),
    )
    id: int | None = Field(default=None, primary_key=True)
    cycle_id: int = Field(foreign_key="cycle.id")
    unit_id: int = Field(foreign_key="unit.id", index=True)
    item: str = Field(max_length=20)
    mark_column: MarkColumn = Field(sa_type=choice(MarkColumn))
    giver_id: int = Field(foreign_key="unit.id")
    given_by: str = Field(max_length=80)
    version: int = 1
    points: Decimal | None = Field(default=None, sa_type=Exact)
    met: bool | None = None
    reason: str = ""
    given_on: date


class Incident(SQLModel, table=True):
    """A quality or safety incident 质量安全事件; a systemic or regional one is a veto (scoring.md R20)."""

    __table_args__ = (
        UniqueConstraint("cycle_id", "unit_id", "occurred_on", "title"),
        CheckConstraint(not_blank("title"), name="title"),
    )
    id: int | None = Field(default=None, primary_key=True)
    cycle_id: int = Field(foreign_key="cycle.id")
    unit_id: int = Field(foreign_key="unit.id", index=True)
    occurred_on: date
    level: IncidentLevel = Field(sa_type=choice(IncidentLevel))
    title: str = Field(max_length=200)
    basis: str = ""
    recorded_by: str = Field(max_length=80)
    recorded_on: date


class Merit(SQLModel, table=True):
    """A matter that adds or takes points outside the items 加减分事项; one matter counts once."""

    __table_args__ = (
        UniqueConstraint("cycle_id", "unit_id", "number", "title"),
        CheckConstraint(not_blank("title"), name="title"),
    )
    id: int | None = Field(default=None, primary_key=True)
    cycle_id: int = Field(foreign_key="cycle.id")
    unit_id: int = Field(foreign_key="unit.id", index=True)
    number: str = Field(max_length=20)
    title: str = Field(max_length=200)
    basis: str = ""
    recorded_by: str = Field(max_length=80)
    recorded_on: date


class Assessment(SQLModel, table=True):
    """The year-end assessment of a cycle 考核 and how far it has come."""

    __table_args__ = (
        UniqueConstraint("cycle_id"),
        CheckConstraint(
            "state NOT IN ('frozen', 'published', 'appealed', 'final') OR rule_set_id IS NOT NULL", name="rules_frozen"
        ),
        CheckConstraint(
            "state NOT IN ('published', 'appealed', 'final') OR published_on IS NOT NULL", name="published_has_a_date"
        ),
        CheckConstraint("state <> 'final' OR final_on IS NOT NULL", name="final_has_a_date"),
    )
    id: int | None = Field(default=None, primary_key=True)
    cycle_id: int = Field(foreign_key="cycle.id")
    state: AssessmentState = Field(default=AssessmentState.OPEN, sa_type=choice(AssessmentState))
    rule_set_id: int | None = Field(default=None, foreign_key="rule_set.id")
    self_evaluated_on: date | None = None
    verified_on: date | None = None
    frozen_on: date | None = None
    published_on: date | None = None
    appeals_until: date | None = None
    final_on: date | None = None


class ScoreLine(SQLModel, table=True):
    """The points of one unit for one item 得分明细 with all that explains them. A correction is a new version."""

    __tablename__ = "score_line"
    __table_args__ = (
        UniqueConstraint("assessment_id", "unit_id", "item", "version"),
        CheckConstraint("version = 1 OR length(trim(reason)) > 0", name="change_has_a_reason"),
    )
    id: int | None = Field(default=None, primary_key=True)
    assessment_id: int = Field(foreign_key="assessment.id")
    unit_id: int = Field(foreign_key="unit.id", index=True)
    item: str = Field(max_length=20)
    version: int = 1
    points: Decimal = Field(sa_type=Exact)
    full_points: Decimal = Field(sa_type=Exact)
    explanation: dict[str, Any] = Field(sa_type=JSON)
    reason: str = ""
    decided_on: date


class UnitResult(SQLModel, table=True):
    """A unit's total, grade and rank in its group 考核结果, version by version."""

    __tablename__ = "unit_result"
    __table_args__ = (
        UniqueConstraint("assessment_id", "unit_id", "version"),
        CheckConstraint("rank >= 1", name="rank"),
    )
    id: int | None = Field(default=None, primary_key=True)
    assessment_id: int = Field(foreign_key="assessment.id")
    unit_id: int = Field(foreign_key="unit.id", index=True)
    version: int = 1
    group_name: str = Field(max_length=40)
    points: Decimal = Field(sa_type=Exact)
    grade_by_score: str = Field(max_length=8)
    grade: str = Field(max_length=8)
    grade_reason: str = ""
    rank: int
    explanation: dict[str, Any] = Field(sa_type=JSON)
    decided_on: date


class Appeal(SQLModel, table=True):
    """A unit's objection to one published line 申诉, decided by a unit that did not score it."""

    __table_args__ = (
        Index(
            "uq_appeal_one_open",
            "assessment_id",
            "unit_id",
            "item",
            unique=True,
            sqlite_where=text("state = 'filed'"),
            postgresql_where=text("state = 'filed'"),
        ),
        CheckConstraint(not_blank("ground"), name="ground"),
        CheckConstraint(
            "state = 'filed' OR (length(trim(decision)) > 0 AND decided_on IS NOT NULL AND decider_id IS NOT NULL)",
            name="decided",
        ),
        CheckConstraint("decider_id IS NULL OR decider_id <> unit_id", name="never_the_own_unit"),
    )
    id: int | None = Field(default=None, primary_key=True)
    assessment_id: int = Field(foreign_key="assessment.id")
    unit_id: int = Field(foreign_key="unit.id", index=True)
    item: str = Field(max_length=20)
    ground: str
    state: AppealState = Field(default=AppealState.FILED, sa_type=choice(AppealState))
    filed_by: str = Field(max_length=80)
    filed_on: date
    decision: str = ""
    decider_id: int | None = Field(default=None, foreign_key="unit.id")
    decided_by: str = ""
    decided_on: date | None = None
    points: Decimal | None = Field(default=None, sa_type=Exact)
