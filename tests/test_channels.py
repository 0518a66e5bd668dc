"""Channels against real servers: what arrives, what is refused and in whose words, and files in a folder."""

import time
from pathlib import Path

import pytest

from models import Refused
from notifications.channels import Answer, channel, configured_sender, folder_channel
from tests.services import Mailbox, free_port

ADDRESS = "liaison@town.example.com"
TITLE = "【示例县质强办】2026年4月16日质量工作事项：退回1项"
BODY = "甲镇联络员：\n\n一、退回事项\n1．“产品<抽检>合格率”& 其他。\n   - 缩进 * 不是列表\n\n示例县质强办"


def mail(server: Mailbox, **more: str) -> str:
    extra = "".join(f"&{key}={value}" for key, value in more.items())
    return f"mailto://{server.host}:{server.port}/?from=zhiqiang@example.com&to={{address}}{extra}"


# ---- e-mail ----


def test_what_a_person_receives(smtp: Mailbox) -> None:
    assert channel(mail(smtp))(ADDRESS, TITLE, BODY) == Answer(True, "邮件服务器 127.0.0.1 已受理")
    (got,) = smtp.mails
    assert got.recipients == (ADDRESS,)
    assert got.sender == "zhiqiang@example.com"
    assert got.message["Subject"] == TITLE
    assert got.message.get_content_type() == "text/plain"
    assert got.text.replace("\r\n", "\n").strip() == BODY


@pytest.mark.parametrize(
    ("reply", "retry"),
    [
        ("550 5.1.1 no such mailbox", False),
        ("554 5.7.1 rejected", False),
        ("451 4.3.0 try again later", True),
        ("452 4.2.2 mailbox full", True),
    ],
)
def test_refusal_in_the_words_of_the_server(smtp: Mailbox, reply: str, retry: bool) -> None:
    smtp.refuse(ADDRESS, reply)
    answer = channel(mail(smtp))(ADDRESS, TITLE, BODY)
    assert not answer.accepted
    assert reply.partition(" ")[2] in answer.text
    assert reply[:3] in answer.text
    assert answer.retry is retry
    assert smtp.mails == []


def test_one_refusal_does_not_spoil_the_next_answer(smtp: Mailbox) -> None:
    send = channel(mail(smtp))
    smtp.refuse("gone@town.example.com")
    assert [send(a, TITLE, BODY).accepted for a in ("gone@town.example.com", ADDRESS)] == [False, True]


def test_a_server_that_is_not_there_is_worth_another_try() -> None:
    gone = Mailbox("127.0.0.1", free_port())
    answer = channel(mail(gone))(ADDRESS, TITLE, BODY)
    assert (answer.accepted, answer.retry) == (False, True)
    assert "refused" in answer.text


def test_an_address_that_is_none_is_refused_for_good(smtp: Mailbox) -> None:
    answer = channel(mail(smtp))("质量科", TITLE, BODY)
    assert (answer.accepted, answer.retry) == (False, False)
    assert smtp.mails == []


def test_messages_do_not_wait_for_each_other(smtp: Mailbox) -> None:
    """Apprise sleeps 5.5 s before each message unless told otherwise."""
    send, started = channel(mail(smtp)), time.monotonic()
    for _ in range(5):
        assert send(ADDRESS, TITLE, BODY).accepted
    assert time.monotonic() - started < 5
    assert len(smtp.mails) == 5


# ---- a folder ----


def test_a_folder_keeps_what_each_person_got_in_order(tmp_path: Path) -> None:
    folder = tmp_path / "通知 2026"
    send = channel(folder_channel(folder))
    for title in ("第一封", "第二封"):
        assert send(ADDRESS, title, BODY) == Answer(True, "已写入文件夹")
    send("deputy@town.example.com", "第一封", BODY)
    files = sorted(str(f.relative_to(folder)) for f in folder.rglob("*.txt"))
    assert files == ["deputy@town.example.com/0001.txt", f"{ADDRESS}/0001.txt", f"{ADDRESS}/0002.txt"]
    assert (folder / ADDRESS / "0002.txt").read_text(encoding="utf-8") == f"第二封\n\n{BODY}\n"


@pytest.mark.parametrize("address", ["../../etc/passwd", "..", ".", "a/b@example.com", "甲镇联络员", "a+b@example.com"])
def test_no_address_leads_out_of_the_folder(tmp_path: Path, address: str) -> None:
    folder = tmp_path / "sent"
    assert channel(folder_channel(folder))(address, TITLE, BODY).accepted
    assert [f.parent.parent for f in tmp_path.rglob("*.txt")] == [folder]


def test_a_folder_that_cannot_be_written_is_worth_another_try(tmp_path: Path) -> None:
    (tmp_path / "sent").write_text("a file stands in the way")
    answer = channel(folder_channel(tmp_path / "sent"))(ADDRESS, TITLE, BODY)
    assert (answer.accepted, answer.retry) == (False, True)
    assert "sent" in answer.text


# ---- the setting ----


def test_without_a_setting_messages_are_files_in_the_home_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ZHIQIANG_CHANNEL", raising=False)
    assert configured_sender()(ADDRESS, TITLE, BODY).accepted
    assert (home / "messages" / ADDRESS / "0001.txt").exists()


def test_the_setting_names_the_channel(smtp: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIQIANG_CHANNEL", mail(smtp))
    assert configured_sender()(ADDRESS, TITLE, BODY).accepted
    assert len(smtp.mails) == 1


@pytest.mark.parametrize(
    "template",
    [
        "mailtos://clerk:S3cret@smtp.example.com?from=zhiqiang@example.com",  # no place for the address
        "mailto://clerk:S3cret@?to={address}",  # no server
        "mailto://clerk:S3cret@[::1?to={address}",
        "mailto://clerk:S3cret@smtp.example.com:port?to={address}",
        "mailtos://clerk:S3cret@smtp.example.com?from=nobody&mode=wrong&to={address}",
        "dingtalk://S3cret/{address}",  # answers 200 to what it rejects
        "S3cret",
    ],
)
def test_a_wrong_setting_is_refused_without_telling_the_password(
    template: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(Refused, match="ZHIQIANG_CHANNEL") as refusal:
        channel(template)
    assert "clerk" not in str(refusal.value)
    assert "S3cret" not in str(refusal.value) + caplog.text


def test_an_answer_never_tells_the_password(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    gone = f"mailto://clerk:S3cret@127.0.0.1:{free_port()}/?from=zhiqiang@example.com&to={{address}}"
    answer = channel(gone)(ADDRESS, TITLE, BODY)
    assert not answer.accepted
    assert "S3cret" not in answer.text + caplog.text
