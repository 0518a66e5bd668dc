"""The servers that other tests rely on are real: what is sent arrives, what is refused does not."""

import json
import os
import smtplib
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
import sqlalchemy

from tests.services import Mailbox, Sink


@pytest.mark.parametrize("time", ["first", "second"])
def test_every_test_gets_an_empty_database(database_url: str, time: str) -> None:
    engine = sqlalchemy.create_engine(database_url)
    assert sqlalchemy.inspect(engine).get_table_names() == []
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE unit (name TEXT)"))
        connection.execute(sqlalchemy.text("INSERT INTO unit VALUES ('市场监管局')"))
        assert connection.execute(sqlalchemy.text("SELECT name FROM unit")).scalar() == "市场监管局"
    engine.dispose()


def test_mail_reaches_all_but_the_refused(smtp: Mailbox) -> None:
    smtp.refuse("left@example.com")
    message = EmailMessage()
    message["Subject"] = "填报提醒"
    message.set_content("请于 4 月 10 日前报送。")
    with smtplib.SMTP(smtp.host, smtp.port) as client:
        refused = client.send_message(message, "office@example.com", ["unit@example.com", "left@example.com"])
    assert refused == {"left@example.com": (550, b"5.1.1 no such mailbox")}
    [mail] = smtp.mails
    assert (mail.sender, mail.recipients) == ("office@example.com", ("unit@example.com",))
    assert mail.message["Subject"] == "填报提醒"
    assert mail.text.strip() == "请于 4 月 10 日前报送。"


def test_sink_records_and_answers(sink: Sink) -> None:
    sink.answer = {"errcode": 310000, "errmsg": "关键词不匹配"}
    request = Request(f"{sink.url}/robot/send", json.dumps({"content": "提醒"}).encode(), method="POST")
    with urlopen(request, timeout=5) as response:
        assert json.load(response) == sink.answer
    [received] = sink.requests
    assert received.path == "/robot/send"
    assert received.json() == {"content": "提醒"}


SKIPPING = """
import pytest
def test_skipped(): pytest.skip("本机没有 soffice")
@pytest.mark.xfail
def test_known_to_fail(): assert False
"""


@pytest.mark.parametrize(("ci", "code", "said"), [("", 0, "1 skipped, 1 xfailed"), ("true", 1, "1 failed, 1 xfailed")])
def test_a_skip_fails_in_ci_only(tmp_path: Path, ci: str, code: int, said: str) -> None:
    (tmp_path / "test_skipping.py").write_text(SKIPPING, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", "-rfs", str(tmp_path)]
    done = subprocess.run(command, env={**os.environ, "CI": ci}, capture_output=True, text=True)
    assert done.returncode == code, done.stdout
    assert said in done.stdout
    assert "本机没有 soffice" in done.stdout
