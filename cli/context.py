"""What all commands share: the open record, the cycle meant, the day, who acts, and how results are shown."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from sqlmodel import Session

from cycle.clock import parse_day, today
from cycle.lookup import find_cycle, open_cycles
from models import Cycle, PartlyRefused, Problem, Refused
from models.record import Record, open_record

CycleOption = Annotated[str | None, typer.Option("--cycle", help="考核周期代码；只有一个未结束的周期时可不填")]
TodayOption = Annotated[str | None, typer.Option("--today", help="业务日期，如 2026-07-01；默认今天")]
ByOption = Annotated[str, typer.Option("--by", help="经办人，记入留痕")]
JsonOption = Annotated[bool, typer.Option("--json", help="输出 JSON，供其他程序读取")]
ReasonOption = Annotated[str, typer.Option("--reason", help="理由")]
UnitArgument = Annotated[str, typer.Argument(help="单位编码、现名或曾用名")]
KeyArgument = Annotated[str, typer.Argument(help="应报事项编号，见 zhiqiang report list")]
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


def figure(text: str | None) -> Decimal | None:
    """Return the number typed; Refused when it is none."""
    if text is None:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise Refused(f"“{text}”不是数值。请填写数字，如 95 或 93.5。")
    return number


def each(subjects: Sequence[str], act: Callable[[Record, str], None]) -> None:
    """Do the act for each subject in a transaction of its own.

    Raises:
        Refused: all were refused, each with its reason.
        PartlyRefused: some were; the others are done.
    """
    refused = []
    with opened() as record:
        for subject in subjects:
            try:
                act(record, subject)
            except Refused as refusal:
                refused.append(Problem("", None, subject, str(refusal)))
    if len(refused) == len(subjects) and refused:
        raise Refused(f"{len(refused)} 项均未办理：", tuple(refused))
    if refused:
        raise PartlyRefused(f"已办理 {len(subjects) - len(refused)} 项，{len(refused)} 项未办理：", tuple(refused))


def say(text: str) -> None:
    """Print one line for a person."""
    Console(highlight=False).print(text, markup=False, soft_wrap=True)


def show_json(value: Any) -> None:
    """Print a value for programs: UTF-8, dates and figures as text."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def show_rows(title: str, rows: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    """Print rows with the same headings, for programs or for a person."""
    if as_json:
        show_json(rows)
    else:
        show_table(title, list(rows[0]) if rows else [], [list(row.values()) for row in rows])


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
    Console(highlight=False, markup=False).print(table)
