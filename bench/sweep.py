"""The daily sweep over 100,000 open obligations of which 1,000 are due, against bare SQL on the same database.

The bare side finds the same obligations and inserts the same rows in one transaction through sqlite3, with the same
durability; it knows no workdays, stages, roles, templates or audit trail. Each round has a fresh copy of the database.
"""

import shutil
import sqlite3
import tempfile
from datetime import date
from pathlib import Path

from bench.run import Comparison, compare
from cycle.lookup import find_cycle
from cycle.reminding import remind
from models import Contact, Cycle, Unit, UnitName
from models.columns import row_id
from models.enums import Role, UnitKind
from models.record import Record, open_record

OPEN, DUE, UNITS, ROUNDS = 100_000, 1_000, 100, 7
CODE = "2026"
START, TODAY = date(2026, 1, 1), date(2026, 4, 13)  # a Monday
SOON, LATER = date(2026, 4, 15), date(2026, 9, 30)  # SOON is two workdays ahead: 即将到期

INSERT_OBLIGATION = """
INSERT INTO obligation (cycle_id, key, kind, title, supplier_id, assessed_id, open_on, due_on, state, late, missed,
                        returns)
VALUES (?, ?, 'self_check', ?, ?, ?, '2026-01-01', ?, 'open', 0, 0, 0)
"""
FIND = """
SELECT id, key, title, supplier_id, due_on, returns FROM obligation
WHERE cycle_id = ? AND state IN ('open', 'returned') AND due_on <= ? ORDER BY id
"""
INSERT_MESSAGE = """
INSERT INTO message (cycle_id, key, unit_id, role, kind, line, obligation_id, due_on, urgent, queued_on, state,
                     state_reason, attempts)
VALUES (?, ?, ?, 'liaison', 'reminder', ?, ?, ?, 0, ?, 'queued', '', 0) ON CONFLICT (key) DO NOTHING
"""


def run() -> dict[str, Comparison | object]:
    """Return both times and how many there were of what."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cycle_id = _fill(folder / "master.db")
        records = [open_record(f"sqlite:///{_copy(folder, f'ours-{i}')}") for i in range(ROUNDS)]
        bare = [_connect(_copy(folder, f"bare-{i}")) for i in range(ROUNDS)]
        to_sweep, to_insert = iter(records), iter(bare)
        sweep = compare(lambda: _ours(next(to_sweep)), lambda: _bare(next(to_insert), cycle_id), aim=2, rounds=ROUNDS)
        assert {_rows(c) for c in bare} == {_rows(_connect(folder / f"ours-{i}.db")) for i in range(ROUNDS)}
        for record in records:
            record.close()
        for connection in bare:
            connection.close()
        return {"sweep": sweep, "open": OPEN, "due": DUE, "units": UNITS}


def _ours(record: Record) -> None:
    with record.writing() as session:
        assert remind(session, find_cycle(session, CODE), today=TODAY) == DUE


def _bare(connection: sqlite3.Connection, cycle_id: int) -> None:
    connection.execute("BEGIN IMMEDIATE")
    rows = [
        (cycle_id, f"{cycle_id}/{unit}/liaison/reminder/{key}#{returns}/{due}/due_soon", unit,
         f"“{title}”应于2026年4月15日前完成，请按期完成。", number, due, TODAY.isoformat())
        for number, key, title, unit, due, returns in connection.execute(FIND, (cycle_id, SOON.isoformat()))
    ]  # fmt: skip
    connection.executemany(INSERT_MESSAGE, rows)
    connection.execute("COMMIT")


def _rows(connection: sqlite3.Connection) -> tuple[object, ...]:
    """Return what stands in the outbox, to be sure that both did the same work."""
    return tuple(
        connection.execute("SELECT key, unit_id, line, obligation_id, due_on, state FROM message ORDER BY key")
    )


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    for setting in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {setting}")
    return connection


def _copy(folder: Path, name: str) -> Path:
    return Path(shutil.copy(folder / "master.db", folder / f"{name}.db"))


def _fill(path: Path) -> int:
    """Make the database to be swept and return the cycle's id; every hundredth obligation is due soon."""
    record = open_record(f"sqlite:///{path}")
    with record.writing() as session:
        units = [Unit(code=f"unit-{i}", kind=UnitKind.DEPARTMENT, valid_from=START) for i in range(UNITS)]
        session.add_all(units)
        session.flush()
        for unit in units:
            session.add(UnitName(unit_id=row_id(unit), name=f"单位{unit.code}", valid_from=START))
        session.add(
            Contact(
                unit_id=row_id(units[0]),
                role=Role.COORDINATOR,
                title="经办",
                address="office@example.com",
                valid_from=START,
            )
        )
        cycle = Cycle(
            code=CODE, name="考核", owner_id=row_id(units[0]), office="质强办", issuing_code="质强办",
            starts=START, ends=date(2026, 12, 31),
        )  # fmt: skip
        session.add(cycle)
        session.flush()
        number, ids = row_id(cycle), [row_id(u) for u in units]
        session.connection().exec_driver_sql(INSERT_OBLIGATION, [
            (number, f"self_check/{i}", f"第{i}项工作的完成情况", ids[i % UNITS], ids[i % UNITS],
             (LATER if i % (OPEN // DUE) else SOON).isoformat())
            for i in range(OPEN)
        ])  # fmt: skip
    record.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return number
