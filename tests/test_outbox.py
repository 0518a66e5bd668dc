"""Notices and the outbox: every kind has facts, words and an example, and a message is queued once."""

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import date
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError
from sqlmodel import select

from models import Cycle, Message, Refused, Unit
from models.columns import row_id
from models.enums import MessageState, Role, UnitKind
from models.record import Record, open_record
from notifications.notices import BY_NAME, NOTICES, FileRefused, Kind, Notice, Reminder, Returned, WindowOpened
from notifications.outbox import post
from notifications.wording import FOLDER, render_line, template
from rules.reminders import STAGES, Stage
from tests.builders import add_county

DAY, DUE = date(2026, 4, 13), date(2026, 4, 15)


@pytest.fixture
def record(database_url: str) -> Iterator[Record]:
    opened = open_record(database_url)
    yield opened
    opened.close()


@pytest.fixture
def town(record: Record) -> tuple[int, int]:
    """The ids of the cycle and of a unit in it."""
    with record.writing() as session:
        county = add_county(session)
        return row_id(county.cycle), row_id(county.town)


def queued(record: Record) -> list[Message]:
    with record.reading() as session:
        found = list(session.exec(select(Message).order_by(Message.id)))  # type: ignore[arg-type]
        session.expunge_all()
        return found


# ---- the table of notices ----


def test_every_notice_is_in_the_table() -> None:
    assert set(get_args(Notice)) == set(NOTICES)
    assert len(BY_NAME) == len(NOTICES)


def test_every_template_belongs_to_a_notice_or_is_the_letter() -> None:
    assert {file.name.removesuffix(".txt.j2") for file in FOLDER.iterdir()} == {*BY_NAME, "digest"}


@pytest.mark.parametrize("kind", NOTICES.values(), ids=lambda kind: kind.name)
def test_example_reads_as_one_finished_line(kind: Kind) -> None:
    line = render_line(kind.example)
    assert line.endswith("。")
    assert "\n" not in line
    assert "None" not in line
    assert "。。" not in line
    assert kind.roles
    assert kind.zh


@pytest.mark.parametrize("kind", NOTICES.values(), ids=lambda kind: kind.name)
def test_every_fact_is_said_or_decides_what_is_said(kind: Kind) -> None:
    """A fact that changes nothing in the sentence is either useless or forgotten in the template."""
    others: dict[type, object] = {
        str: "另一种说法",
        int: 99,
        bool: None,
        date: date(2026, 12, 24),
        tuple: ("另一个原因",),
    }
    said = render_line(kind.example)
    for fact in fields(kind.example):
        value = getattr(kind.example, fact.name)
        other = (
            not value if isinstance(value, bool) else next((o for t, o in others.items() if isinstance(value, t)), 99)
        )
        if kind.example.__class__ is Reminder and fact.name == "stage":
            other = "overdue"
        changed = replace(kind.example, **{fact.name: other})  # type: ignore[arg-type]
        assert render_line(changed) != said, fact.name


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.code)
def test_every_stage_of_the_ladder_has_its_words(stage: Stage) -> None:
    assert "“自查报告”应于2026年4月15日前完成，" in render_line(Reminder("自查报告", DUE, stage.code))


def test_a_template_that_misspells_a_fact_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        template("returned").render(title="自查报告", reason="数据有误")


@given(st.text())
def test_whatever_somebody_writes_stays_on_one_line(reason: str) -> None:
    line = render_line(Returned(title="自查报告", reason=reason, due_on=DUE))
    assert line.splitlines() == [line]
    assert line.startswith("“自查报告”经审核退回，原因：")


@pytest.mark.parametrize("count", [1, 5, 6])
def test_a_refused_file_names_at_most_five_reasons(count: int) -> None:
    line = render_line(FileRefused("填报表.xlsx", tuple(f"第{i}处有误" for i in range(count))))
    assert line.count("处有误") == min(count, 5)
    assert ("共6处问题" in line) == (count == 6)


# ---- the queue ----


def test_a_message_goes_to_the_roles_of_its_kind(record: Record, town: tuple[int, int]) -> None:
    with record.writing() as session:
        post(session, *town, Returned("自查报告", "数据有误", DUE), subject="self_check/town-1", today=DAY)
    (message,) = queued(record)
    assert message.role is Role.LIAISON
    assert message.line == "“自查报告”经审核退回，原因：数据有误。请改正后于2026年4月15日前重新报送。"
    assert (message.state, message.due_on, message.urgent, message.queued_on) == (MessageState.QUEUED, DUE, True, DAY)


def test_named_roles_replace_those_of_the_kind(record: Record, town: tuple[int, int]) -> None:
    with record.writing() as session:
        post(session, *town, WindowOpened("四月", 3, DUE), subject="四月", today=DAY, roles=(Role.HEAD, Role.DEPUTY))
    assert [m.role for m in queued(record)] == [Role.HEAD, Role.DEPUTY]


SAME: dict[str, Any] = {"notice": Returned("自查报告", "数据有误", DUE), "subject": "self_check/town-1", "today": DAY}


@pytest.mark.parametrize(
    ("again", "messages"),
    [
        (SAME, 1),
        (SAME | {"today": date(2026, 4, 14)}, 1),  # queued on another day: still the same message
        (SAME | {"notice": Returned("自查报告", "另一个理由", DUE)}, 1),  # the subject names the round, not the words
        (SAME | {"subject": "self_check/town-2"}, 2),  # a second return
        (SAME | {"notice": Returned("自查报告", "数据有误", date(2026, 4, 20))}, 2),  # a due date that moved
        (SAME | {"roles": (Role.DEPUTY,)}, 2),
    ],
)
def test_a_message_is_queued_once_under_its_key(
    record: Record, town: tuple[int, int], again: dict[str, Any], messages: int
) -> None:
    for arguments in (SAME, again):
        with record.writing() as session:
            post(session, *town, **arguments)
    assert len(queued(record)) == messages


def test_what_is_rolled_back_was_never_queued(record: Record, town: tuple[int, int]) -> None:
    def decide() -> None:
        with record.writing() as session:
            post(session, *town, WindowOpened("四月", 3, DUE), subject="四月", today=DAY)
            raise Refused("后来发现不行")

    with pytest.raises(Refused):
        decide()
    assert queued(record) == []


def test_a_notice_may_follow_a_row_that_is_not_stored_yet(record: Record, town: tuple[int, int]) -> None:
    """The queue writes plain SQL; what the session still holds back must be written first."""
    with record.writing() as session:
        session.add(Unit(code="new", kind=UnitKind.TOWN, valid_from=DAY))
        post(session, *town, WindowOpened("四月", 3, DUE), subject="四月", today=DAY)
        assert session.exec(select(Cycle)).one()
    assert len(queued(record)) == 1
