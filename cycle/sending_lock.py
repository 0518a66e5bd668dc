"""One sender at a time for one person, across threads, processes and machines; a crash lets go of it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from zlib import crc32

from sqlalchemy import text

from models.record import WRITE_LOCK, Record

SLOTS = 16
"""On SQLite a person's lock is one of this many; two people who share one wait for each other, no more."""

WAIT_SECONDS = 600.0


@contextmanager
def sending_to(record: Record, address: str) -> Iterator[None]:
    """Hold the right to send to this address; wait while somebody else holds it.

    The record itself stays free meanwhile: a mail server may take its time. Whoever has waited must look again at
    what is still to be sent.
    """
    number = crc32(address.encode())
    if record.engine.dialect.name == "postgresql":
        lock = {"space": WRITE_LOCK, "key": number - 2**31}
        with record.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("SELECT pg_advisory_lock(:space, :key)"), lock)
            try:
                yield
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:space, :key)"), lock)
        return
    # An empty database beside the record, locked by SQLite itself: this works wherever the record does.
    folder = Path(f"{record.engine.url.database}-sending")
    folder.mkdir(exist_ok=True)
    with closing(sqlite3.connect(folder / f"{number % SLOTS}", timeout=WAIT_SECONDS, isolation_level=None)) as slot:
        slot.execute("BEGIN EXCLUSIVE")
        yield
