"""What all commands share: the open record, the cycle meant, the day, who acts, and how results are shown."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from sqlmodel import Session

from cycle.clock import parse_day, today
from cycle.lookup import find_cycle, open_cycles
from models import Cycle, Refused
from models.record import Record, open_record

CycleOption = Annotated[str | None, typer.Option("--cycle", help="考核周期代码；只有一个未结束的周期时可不填")]
TodayOption = Annotated[str | None, typer.Option("--today", help="业务日期，如 2026-07-01；默认今天")]
ByOption = Annotated[str, typer.Option("--by", help="经办人，记入留痕")]
JsonOption = Annotated[bool, typer.Option("--json", help="输出 JSON，供其他程序读取")]
OFFICE = "质强办"


@contextmanager
def opened() -> Iterator[Record]:
    """Yield the configured record and close it afterwards."""
    record = open_record()
    try:
        yield record
    finally:
        record.close()


@contextmanager
def acting(cycle: str | None) -> Iterator[tuple[Session, Cycle]]:
    """Yield a writing session and the cycle meant: one act, one transaction."""
    with opened() as record, record.writing() as session:
        yield session, pick_cycle(session, cycle)


@contextmanager
def looking(cycle: str | None) -> Iterator[tuple[Session, Cycle]]:
    """Yield a reading session and the cycle meant."""
    with opened() as record, record.reading() as session:
        yield session, pick_cycle(session, cycle)


def pick_cycle(session: Session, code: str | None) -> Cycle:
    """Return the cycle with this code, or the only open one when no code is given."""
    if code is not None:
        return find_cycle(session, code)
    running = open_cycles(session)
    if len(running) != 1:
        state = f"未结束的周期有：{'、'.join(running)}" if running else "目前没有未结束的考核周期，请先导入计划"
        raise Refused(f"请用 --cycle 指明考核周期。{state}。")
    return find_cycle(session, running[0])


def day_of(text: str | None) -> date:
    """Return the business date meant: the one given, or today in Asia/Shanghai."""
    return today() if text is None else parse_day(text)


def say(text: str) -> None:
    """Print one line for a person."""
    Console(highlight=False).print(text, markup=False, soft_wrap=True)


def show_json(value: Any) -> None:
    """Print a value for programs: UTF-8, dates and figures as text."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def show_table(title: str, headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows for a person, or say that there are none."""
    if not rows:
        say(f"{title}：无。")
        return
    table = Table(title=title, title_justify="left")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    Console(highlight=False).print(table)
