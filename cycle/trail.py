"""The audit trail: one entry per act, each sealed to the one before it."""

import hashlib
import json
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from cycle.clock import now
from models import AuditEntry

GENESIS = "0" * 64


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
    """Append the act to the trail, in the caller's transaction; `detail` must be plain JSON."""
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
    """Return the SHA-256 that an entry must carry: over what it says and the entry before it."""
    said = [entry.previous, entry.day.isoformat(), entry.actor, entry.act, entry.subject, entry.detail]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def first_break(session: Session) -> int | None:
    """Return the number of the first entry that does not fit the chain, or None when the trail is whole."""
    previous = GENESIS
    for entry in session.exec(select(AuditEntry).order_by(col(AuditEntry.id))):
        if entry.previous != previous or entry.hash != seal(entry):
            return entry.id
        previous = entry.hash
    return None
