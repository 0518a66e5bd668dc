"""`zhiqiang messages`: what an official and another program see of the outbox."""

import json
from datetime import date
from pathlib import Path

import pendulum
import pytest
from typer.testing import CliRunner, Result

from cli.messages import app
from cycle.delivering import deliver, plan_deliveries
from models import Refused
from models.columns import row_id
from models.record import Record, open_record
from notifications.channels import Answer
from notifications.notices import NOTICES, WindowOpened
from notifications.outbox import post
from tests.builders import add_county

MONDAY = pendulum.datetime(2026, 4, 13, 9, tz="Asia/Shanghai")


@pytest.fixture
def record(home: Path) -> Record:
    """The configured record with one message for a town's liaison officer."""
    opened = open_record()
    with opened.writing() as session:
        county = add_county(session)
        notice = WindowOpened("四月应报事项", 3, date(2026, 4, 15))
        post(session, row_id(county.cycle), row_id(county.town), notice, subject="1", today=MONDAY.date())
    return opened


def call(*words: str) -> Result:
    return CliRunner().invoke(app, words, catch_exceptions=False)


def send(record: Record, answer: Answer) -> None:
    for _ in range(3):
        deliver(record, plan_deliveries(record, MONDAY), now=MONDAY, sender=lambda *_: answer)


def test_list_says_what_came_of_each(record: Record) -> None:
    assert [(row["单位"], row["状态"], row["送达"]) for row in json.loads(call("list", "--json").stdout)] == [
        ("甲镇", "待发", "")
    ]
    send(record, Answer(True, "已受理"))
    (row,) = json.loads(call("list", "--json").stdout)
    assert row == {
        "单位": "甲镇", "收件人": "联络员", "类别": "填报期开放",
        "内容": "四月应报事项已开放填报，共3项，请于2026年4月15日前报送。没有发生的作零报告，确不适用的写明理由。",
        "期限": "2026-04-15", "生成日期": "2026-04-13", "状态": "已受理", "说明": "",
        "送达": "liaison@town.example.com 2026-04-13 已受理",
    }  # fmt: skip
    assert "甲镇" in call("list").stdout


@pytest.mark.parametrize(
    ("options", "rows"),
    [(("--unit", "甲镇"), 1), (("--unit", "农业农村局"), 0), (("--state", "待发"), 1), (("--state", "发送失败"), 0)],
)
def test_list_can_be_narrowed(record: Record, options: tuple[str, str], rows: int) -> None:
    assert len(json.loads(call("list", *options, "--json").stdout)) == rows


def test_an_unknown_state_is_refused_with_those_there_are(record: Record) -> None:
    with pytest.raises(Refused, match=r"没有“丢失”这种通知状态。可用：待发、已受理、已免发、发送失败、无人可收。"):
        call("list", "--state", "丢失")


def test_preview_shows_the_letter_and_sends_nothing(record: Record) -> None:
    text = call("preview", "--today", "2026-04-13").stdout
    assert "收件人：liaison@town.example.com" in text
    assert "共 1 人。以上均未发送。" in text
    (letter,) = json.loads(call("preview", "--today", "2026-04-13", "--json").stdout)
    assert letter["body"].startswith("甲镇联络员：")
    assert json.loads(call("list", "--json").stdout)[0]["状态"] == "待发"


def test_nothing_to_preview(record: Record) -> None:
    assert call("preview", "--today", "2026-04-12").stdout == "目前没有待发的通知。\n"


def test_retry_queues_what_failed(record: Record) -> None:
    send(record, Answer(False, "550 没有这个信箱"))
    assert json.loads(call("list", "--state", "发送失败", "--json").stdout)[0]["说明"].endswith("550 没有这个信箱")
    assert call("retry").stdout == "已将 1 条发送失败的通知重新排队。\n"
    assert call("retry").stdout == "没有发送失败的通知。\n"


def test_kinds_shows_every_notice_with_an_example() -> None:
    rows = json.loads(call("kinds", "--json").stdout)
    assert [row["类别"] for row in rows] == [kind.zh for kind in NOTICES.values()]
    assert "催报" in call("kinds").stdout
