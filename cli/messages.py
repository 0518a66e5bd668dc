"""`zhiqiang messages`: what was queued and what came of it, what would go out now, and another try for what failed."""

from typing import Annotated

import typer

from cli.context import (
    OFFICE,
    ByOption,
    CycleOption,
    JsonOption,
    TodayOption,
    acting,
    day_of,
    looking,
    opened,
    say,
    show_json,
    show_table,
)
from cycle.clock import moment
from cycle.delivering import preview, retry_failed
from cycle.lookup import find_unit
from cycle.message_list import list_messages
from models import Refused
from models.enums import MessageState
from notifications.notices import NOTICES
from notifications.wording import render_line

app = typer.Typer(help="通知：清单、预览、补发、类别", no_args_is_help=True)


@app.command("list")
def list_(
    cycle: CycleOption = None,
    unit: Annotated[str | None, typer.Option("--unit", help="单位编码、现名或曾用名；不填为全部单位")] = None,
    state: Annotated[str | None, typer.Option("--state", help="只看某一状态，如 待发、发送失败、无人可收")] = None,
    today: TodayOption = None,
    as_json: JsonOption = False,
) -> None:
    """应发、已发、未发成的通知，连同收件人和渠道的答复"""
    with looking(cycle) as (session, found):
        only = None if unit is None else find_unit(session, unit)
        rows = list_messages(session, found, today=day_of(today), unit=only, state=_state(state))
    if as_json:
        show_json(rows)
    else:
        show_table("通知", list(rows[0]) if rows else [], [list(r.values()) for r in rows])


@app.command("preview")
def preview_(today: TodayOption = None, as_json: JsonOption = False) -> None:
    """现在发送的话，每人会收到什么；只看，不发"""
    with opened() as record:
        letters = preview(record, moment(day_of(today)))
    if as_json:
        show_json([{"address": address, "title": digest.title, "body": digest.body} for address, digest in letters])
        return
    for address, digest in letters:
        say(f"收件人：{address}\n标题：{digest.title}\n\n{digest.body}\n{'─' * 40}")
    say(f"共 {len(letters)} 人。以上均未发送。" if letters else "目前没有待发的通知。")


@app.command("retry")
def retry(cycle: CycleOption = None, today: TodayOption = None, by: ByOption = OFFICE) -> None:
    """发送失败的通知重新排队，下次发送时补发给没有收到的人"""
    with acting(cycle) as (session, found):
        count = retry_failed(session, found, by=by, today=day_of(today))
    say(f"已将 {count} 条发送失败的通知重新排队。" if count else "没有发送失败的通知。")


@app.command("kinds")
def kinds(as_json: JsonOption = False) -> None:
    """通知的类别、默认收件人和文字样例"""
    headings = ("类别", "默认收件人", "当日加发", "样例")
    rows = [
        (k.zh, "、".join(r.zh for r in k.roles), "是" if k.urgent else "否", render_line(k.example))
        for k in NOTICES.values()
    ]
    if as_json:
        show_json([dict(zip(headings, row, strict=True)) for row in rows])
    else:
        show_table("通知类别", headings, rows)


def _state(text: str | None) -> MessageState | None:
    if text is None:
        return None
    state = MessageState.of_zh(text)
    if state is None:
        raise Refused(f"没有“{text}”这种通知状态。可用：{'、'.join(s.zh for s in MessageState)}。")
    return state
