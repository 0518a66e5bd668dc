"""The audit trail: append-only, hash-chained, one entry per act."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index
from sqlmodel import Field, SQLModel

from models.columns import instant, not_blank


class AuditEntry(SQLModel, table=True):
    """Who did what on which day 留痕. Triggers refuse every update and delete; `hash` covers `previous`."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        CheckConstraint("length(hash) = 64 AND length(previous) = 64", name="hashes"),
        CheckConstraint(not_blank("actor"), name="actor"),
        Index("uq_audit_entry_previous", "previous", unique=True),
    )
    id: int | None = Field(default=None, primary_key=True)
    cycle_id: int | None = Field(default=None, foreign_key="cycle.id", index=True)
    day: date
    actor: str = Field(max_length=80)
    act: str = Field(max_length=40)
    subject: str = Field(max_length=120)
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    recorded_at: datetime = Field(sa_type=instant())
    previous: str = Field(max_length=64)
    hash: str = Field(max_length=64, unique=True)
