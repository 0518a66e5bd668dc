"""The outbox: messages are queued by the transaction that decides something, each under its own key, once."""

from collections.abc import Iterable
from dataclasses import fields
from datetime import date
from typing import Any, NamedTuple

from sqlmodel import Session

from models.enums import MessageState, Role
from notifications.notices import NOTICES, Notice
from notifications.wording import render_line


class Queued(NamedTuple):
    """One message on its way into the outbox: columns of the table, with plain values that need no conversion."""

    cycle_id: int
    key: str
    unit_id: int
    role: str
    kind: str
    line: str
    obligation_id: int | None
    due_on: str | None
    urgent: bool
    queued_on: str


def post(
    session: Session,
    cycle_id: int,
    unit_id: int,
    notice: Notice,
    *,
    subject: str,
    today: date,
    roles: tuple[Role, ...] = (),
    obligation_id: int | None = None,
    due_on: date | None = None,
) -> None:
    """Queue the notice for each role (default: those of its kind) of the unit, in the caller's transaction.

    `subject` names what it is about together with its version or round ("2026Q1/3#2" for a second return): the same
    unit, role, kind, subject and due date are queued once, whatever the text says. `due_on` is the notice's own unless
    given.
    """
    kind = NOTICES[type(notice)]
    due = due_on or {f.name: getattr(notice, f.name) for f in fields(notice)}.get("due_on")
    line = render_line(notice)
    queue(
        session,
        (
            Queued(
                cycle_id=cycle_id,
                key=message_key(cycle_id, unit_id, role, kind.name, subject, due),
                unit_id=unit_id,
                role=role.value,
                kind=kind.name,
                line=line,
                obligation_id=obligation_id,
                due_on=due.isoformat() if due else None,
                urgent=kind.urgent,
                queued_on=today.isoformat(),
            )
            for role in roles or kind.roles
        ),
    )


def message_key(
    cycle_id: int, unit_id: int, role: Role, kind: str, subject: str, due_on: date | None, stage: str = ""
) -> str:
    """Return the key under which a message exists once; a stage of the reminder ladder makes another message."""
    return f"{cycle_id}/{unit_id}/{role}/{kind}/{subject}/{due_on or ''}/{stage}"


def queue(session: Session, messages: Iterable[Queued]) -> int:
    """Insert the messages that are not there yet and return how many those were."""
    rows: list[tuple[Any, ...]] = list(messages)
    if not rows:
        return 0
    connection = session.connection()
    session.flush()
    return connection.exec_driver_sql(INSERT[connection.dialect.name], rows).rowcount


def _insert(mark: str) -> str:
    """Return the statement in plain SQL that both databases understand: here is where a sweep spends its time."""
    return (
        f"INSERT INTO message ({', '.join(Queued._fields)}, state, state_reason, attempts) "
        f"VALUES ({', '.join([mark] * len(Queued._fields))}, '{MessageState.QUEUED.value}', '', 0) "
        "ON CONFLICT (key) DO NOTHING"
    )


INSERT = {"sqlite": _insert("?"), "postgresql": _insert("%s")}
