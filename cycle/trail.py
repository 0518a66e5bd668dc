"""The audit trail: one entry per act, each sealed to the one before it."""

import hashlib
import json
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from cycle.clock import ZONE, now
from models import AuditEntry, Refused

GENESIS = "0" * 64
SYSTEM = "系统"
"""Who acts when nobody does: the daily steps."""
LONGEST_ACTOR = 80


def note(
    session: Session,
    *,
    cycle_id: int | None,
    day: date,
    by: str,
    act: str,
    subject: str,
    detail: dict[str, Any] | None = None,
) -> None:
    """Append the act to the trail, in the caller's transaction; `detail` must be plain JSON.

    Raises:
        Refused: nobody is named who did it, or the name is no name.
    """
    if not by.strip() or len(by) > LONGEST_ACTOR:
        raise Refused(f"经办人须写明，且不超过 {LONGEST_ACTOR} 个字（--by）。")
    last = session.exec(select(AuditEntry.hash).order_by(col(AuditEntry.id).desc()).limit(1)).first()
    entry = AuditEntry(
        cycle_id=cycle_id,
        day=day,
        actor=by,
        act=act,
        subject=subject,
        detail=detail or {},
        recorded_at=now(),
        previous=last or GENESIS,
        hash="",
    )
    entry.hash = seal(entry)
    session.add(entry)
    session.flush()


def seal(entry: AuditEntry) -> str:
    """Return the SHA-256 that an entry must carry: over all it says, when it was recorded, and the entry before it."""
    said = [
        entry.previous,
        entry.cycle_id,
        entry.day.isoformat(),
        entry.actor,
        entry.act,
        entry.subject,
        entry.detail,
        _wall_time(entry.recorded_at),
    ]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _wall_time(moment: datetime) -> str:
    """Return the time in Asia/Shanghai: SQLite gives it back without a zone, PostgreSQL in the zone of the session."""
    local = moment if moment.tzinfo is None else moment.astimezone(ZoneInfo(ZONE))
    return local.strftime("%Y-%m-%d %H:%M:%S.%f")


def first_break(session: Session) -> int | None:
    """Return the number of the first entry that does not fit the chain, or None when the trail is whole."""
    previous = GENESIS
    for entry in session.exec(select(AuditEntry).order_by(col(AuditEntry.id))):
        if entry.previous != previous or entry.hash != seal(entry):
            return entry.id
        previous = entry.hash
    return None
