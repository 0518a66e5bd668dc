"""Runs the migrations on the connection it is given (models/schema.py) or, for developers, on the configured record."""

from alembic import context
from sqlalchemy import Connection, create_engine
from sqlmodel import SQLModel

import models  # noqa: F401  (the tables register themselves)
from models.home import database_url


def run(connection: Connection) -> None:
    """Run the migrations in the transaction of `connection`."""
    context.configure(connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with create_engine(database_url()).begin() as own:
        run(own)
