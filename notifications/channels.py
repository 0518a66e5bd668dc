"""In which channel: Apprise, one message at a time, with the provider's own answer.

Apprise says True, False or None and keeps the answer of a mail server to its log; the log of the one message is read
here so that the record holds what the server said.
"""

import logging
import os
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from threading import get_ident
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from apprise import Apprise, AppriseAsset, NotifyFormat
from apprise.decorators import notify

from models.errors import Refused
from models.home import home

SETTING = "ZHIQIANG_CHANNEL"
PLACE = "{address}"
FOLDER_SCHEME = "zqfile"
SERVERS = ("mailto", "mailtos")
"""The channels whose refusals are known to be seen. Others answer HTTP 200 to what they reject and are not offered."""

EXAMPLE = "mailtos://用户:口令@smtp.example.com?from=zhiqiang@example.com&to={address}"
ASSET = AppriseAsset(app_id="zhiqiang", app_desc="质强", secure_logging=True)


class Answer(NamedTuple):
    """What the provider said to one message. `retry`: it said nothing final, a later try may succeed."""

    accepted: bool
    text: str
    retry: bool = False


Sender = Callable[[str, str, str], Answer]
"""Sends one message: (address, title, body) -> Answer. It does not raise for what a provider does."""


def configured_sender() -> Sender:
    """Return the sender of the channel in ZHIQIANG_CHANNEL, by default files in the program's own folder."""
    return channel(os.environ.get(SETTING) or folder_channel(home() / "messages"))


def folder_channel(folder: Path) -> str:
    """Return the channel that writes each message into a folder: FOLDER/ADDRESS/0001.txt and so on."""
    return f"{FOLDER_SCHEME}://{quote(str(folder.absolute()), safe='')}/{PLACE}"


def channel(template: str) -> Sender:
    """Return a sender over an Apprise URL in which {address} stands for the recipient.

    Raises:
        Refused: the URL is of no known kind, cannot be read, or has no place for the address. It is never repeated
            in the message, because it may hold a password.
    """
    scheme, mark, _ = template.partition("://")
    if scheme not in (*SERVERS, FOLDER_SCHEME):
        wrong = f"“{scheme}”不受支持" if mark else "无法识别"
        offered = "、".join(SERVERS)
        raise Refused(f"{SETTING} 的发送渠道{wrong}。可用 {offered}，例如 {EXAMPLE}；不设置则写入文件夹。")
    _teach_apprise_the_folder()
    if PLACE not in template or not _has_server(template) or _service(template, "test@example.com") is None:
        raise Refused(f"{SETTING} 的发送渠道地址无法识别。请按 {EXAMPLE} 的格式填写，其中须有 {PLACE}。")

    def send(address: str, title: str, body: str) -> Answer:
        service = _service(template, address)
        if service is None or not getattr(service, "targets", True):
            return Answer(False, f"地址“{address}”无法用于该渠道")
        service.request_rate_per_sec = 0  # otherwise it sleeps 5.5 s before each message
        service.notify_format = NotifyFormat.TEXT  # otherwise text is turned into HTML
        service.logger = said = _Said("apprise-answer", logging.DEBUG)
        everyone = Apprise(asset=ASSET)
        everyone.add(service)
        accepted = everyone.notify(body=body, title=title, body_format=NotifyFormat.TEXT)
        return _answer(scheme, template, accepted is True, said.lines)

    return send


def _has_server(template: str) -> bool:
    """Return whether the URL names a host: Apprise would log one that does not, password and all."""
    try:
        return urlsplit(template).hostname is not None
    except ValueError:
        return False


def _service(template: str, address: str) -> Any:
    """Return Apprise's object for one recipient, None when the URL does not make one."""
    try:
        # Apprise would log what it suppresses, with the URL.
        return Apprise.instantiate(
            template.replace(PLACE, quote(address, safe="@")), asset=ASSET, suppress_exceptions=False
        )
    except TypeError:
        return None


def _answer(scheme: str, template: str, accepted: bool, said: list[str]) -> Answer:
    if accepted and scheme == FOLDER_SCHEME:
        return Answer(True, "已写入文件夹")
    if accepted:
        return Answer(True, f"邮件服务器 {urlsplit(template).hostname} 已受理")
    reason = next((line.partition(EXCEPTION)[2] for line in reversed(said) if EXCEPTION in line), "未说明原因")
    to_this_recipient = any(line.startswith(REFUSED_HERE) for line in said)
    final = to_this_recipient and re.search(r"\(5\d\d, ", reason) is not None
    return Answer(False, _decoded(reason), retry=not final)


EXCEPTION = " Exception: "
REFUSED_HERE = "Sending email to"


def _decoded(reason: str) -> str:
    """Return a server's reply without Python's marks around bytes, cut to what a list can show."""
    return re.sub(r"b'([^']*)'", r"\1", reason)[:300]


class _Said(logging.Logger):
    """A logger of one message's own: it keeps what is said and prints nothing."""

    def __init__(self, name: str, level: int) -> None:
        super().__init__(name, level)
        self.lines: list[str] = []

    def handle(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@cache
def _teach_apprise_the_folder() -> None:
    """Done once and only when a channel is wanted: Apprise then loads all its plugins, which takes a while."""
    notify(on=FOLDER_SCHEME, name="文件夹")(write_into_folder)  # type: ignore[no-untyped-call]


def write_into_folder(body: str, title: str, *_: Any, meta: dict[str, Any], **__: Any) -> bool:
    """Write a message as the next file of its recipient's folder; the files of a person are numbered in order.

    A message is there whole or not at all, and none replaces another.
    """
    folder = Path(unquote(str(meta["host"]))) / (quote(_last_part(meta), safe="@").lstrip(".") or "_")
    folder.mkdir(parents=True, exist_ok=True)
    half = folder / f".{os.getpid()}-{get_ident()}"
    half.write_text(f"{title}\n\n{body}\n", encoding="utf-8")
    number = sum(1 for _ in folder.glob("[!.]*.txt")) + 1
    while True:
        try:
            os.link(half, folder / f"{number:04}.txt")
        except FileExistsError:
            number += 1
        else:
            half.unlink()
            return True


def _last_part(meta: dict[str, Any]) -> str:
    return unquote(str(meta["fullpath"])).strip("/")
