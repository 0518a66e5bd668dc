"""The record: one database, opened once, read by many and written by one at a time.

A writing session holds the database's write lock from its first statement (BEGIN IMMEDIATE on SQLite, an advisory
lock on PostgreSQL). So acts are serial: a number is taken without gaps, the audit chain has one head, and a check
made in a transaction still holds when it commits.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import Session

from models.errors import Refused
from models.home import database_url
from models.schema import bring_up_to_date

WRITE_LOCK = 0x5A51  # any constant that only this program uses
BUSY_TIMEOUT_MS = 30_000
DRIVERS = {
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
"""How a URL may begin, and the driver that ships with the program for it."""
UNKNOWN_URL = (
    "数据库地址无法识别。请检查环境变量 ZHIQIANG_DATABASE_URL，例如 sqlite:///zhiqiang.db 或 "
    "postgresql+psycopg://用户@主机/库名。"
)


class Record:
    """An open database whose tables are those of this program's version."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Yield a session that is alone in writing; commit at the end, roll everything back on any error."""
        with Session(self.engine) as session:
            session.connection(execution_options={"zhiqiang_writes": True})
            if self.engine.dialect.name == "postgresql":
                session.connection().execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": WRITE_LOCK})
            yield session
            session.commit()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a session for looking only; whatever it changes is thrown away."""
        with Session(self.engine) as session:
            yield session
            session.rollback()

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()


def open_record(url: str | None = None) -> Record:
    """Return the record at `url` (default: the configured one), created or upgraded to this program's tables.

    Raises:
        Refused: the URL cannot be read, the database cannot be reached, or it is newer than the program.
    """
    address = url or database_url()
    try:
        parsed = make_url(address)
    except ArgumentError:
        raise Refused(UNKNOWN_URL) from None
    if parsed.drivername not in DRIVERS:
        raise Refused(UNKNOWN_URL)
    parsed = parsed.set(drivername=DRIVERS[parsed.drivername])
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        _make_folder(Path(parsed.database).parent)
    engine = create_engine(parsed)
    if engine.dialect.name == "sqlite":
        _tune_sqlite(engine)
    try:
        bring_up_to_date(engine)
    except OperationalError as error:
        engine.dispose()
        where = parsed.render_as_string(hide_password=True)
        reason = str(error.orig).strip().splitlines()[0] if error.orig else ""
        raise Refused(
            f"数据库 {where} 连接不上（{reason}）。请检查数据库服务是否启动、地址和权限是否正确，然后重试。"
        ) from None
    except DatabaseError as error:
        engine.dispose()
        if type(error.orig) is not sqlite3.DatabaseError:  # SQLite's way of saying that it cannot read the file
            raise
        raise Refused(f"文件 {parsed.database} 不是质强的数据库，或已损坏。请核对位置，或用备份恢复。") from None
    return Record(engine)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(f"文件夹无法建立：{folder}（{error.strerror}）。请检查权限和 ZHIQIANG_HOME。") from None


def _tune_sqlite(engine: Engine) -> None:
    """Make SQLite durable and strict, and leave BEGIN to us (the driver would begin too late)."""

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("zhiqiang_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
