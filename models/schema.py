"""The tables of the database at the version of this program, by Alembic migrations that ship with it."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine

from models.errors import Refused

MIGRATIONS = Path(__file__).parent / "migrations"


def alembic_config(connection: Connection | None = None) -> Config:
    """Return the configuration of the migrations, bound to `connection` where one is given."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


@cache  # the migration files do not change while the program runs, and reading them takes longer than a short act
def head() -> str:
    """Return the revision this program works with."""
    revision = ScriptDirectory.from_config(alembic_config()).get_current_head()
    assert revision is not None
    return revision


def bring_up_to_date(engine: Engine) -> None:
    """Create or upgrade the tables; a database that is up to date is only looked at.

    Raises:
        Refused: the database was made by a newer program.
    """
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current == head():
        return
    with engine.connect().execution_options(zhiqiang_writes=True) as connection, connection.begin():
        try:
            command.upgrade(alembic_config(connection), "head")
        except CommandError as error:
            if "Can't locate revision" not in str(error):
                raise
            raise Refused(
                f"数据库由更新版本的程序建立（版本号 {current}），本程序无法打开，数据未作改动。请升级质强程序后重试。"
            ) from None
