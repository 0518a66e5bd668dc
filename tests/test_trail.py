"""The audit trail proves that nothing in it was changed, on both databases."""

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import text
from sqlmodel import Session, col, select

from cycle.trail import first_break, note
from models import AuditEntry, Refused
from models.columns import row_id
from models.record import Record, open_record
from tests.builders import add_county, add_cycle

DAY = date(2026, 3, 2)


@pytest.fixture
def record(database_url: str) -> Iterator[Record]:
    """A record with three acts on its trail."""
    opened = open_record(database_url)
    with opened.writing() as session:
        place = add_county(session)
        add_cycle(session, place.county, "2027", starts=date(2027, 1, 1), ends=date(2027, 12, 31))
        for subject in "甲乙丙":
            note(session, cycle_id=place.cycle.id, day=DAY, by="质强办", act="test", subject=subject, detail={"n": 1})
    yield opened
    opened.close()


FORGERIES = {
    "cycle_id": "(SELECT max(id) FROM cycle)",
    "day": "'2026-03-03'",
    "actor": "'他人'",
    "act": "'other'",
    "subject": "'丁'",
    "detail": "'{\"n\": 2}'",
    "recorded_at": "'2026-03-02 08:00:00.000000'",
}


@pytest.mark.parametrize("column", FORGERIES)
def test_whatever_is_forged_is_found(record: Record, column: str) -> None:
    with record.reading() as session:
        ids = [row_id(entry) for entry in session.exec(select(AuditEntry).order_by(col(AuditEntry.id)))]
        assert first_break(session) is None
    with record.writing() as session:
        disarm(session)
        session.execute(text(f"UPDATE audit_entry SET {column} = {FORGERIES[column]} WHERE id = :id"), {"id": ids[1]})
    with record.reading() as session:
        assert first_break(session) == ids[1]


def disarm(session: Session) -> None:
    """Take the triggers out of the way, as somebody with the database's own password would."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("DROP TRIGGER audit_entry_no_UPDATE"))
    else:
        session.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_append_only"))


@pytest.mark.parametrize("by", ["", " ", "名" * 81])
def test_somebody_has_done_it(session: Session, by: str) -> None:
    with pytest.raises(Refused, match="经办人须写明"):
        note(session, cycle_id=None, day=DAY, by=by, act="test", subject="甲")
