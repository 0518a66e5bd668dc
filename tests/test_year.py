"""The year on `cycle/` without Prefect: twice over, killed again and again, and with nobody there for ten days.

Cut down to what can be lived in seconds: of the example county the office, three departments and five towns, among
them the wrong figure, the objection, the empty report, the merger, the order that goes back and the appeal; from the
import of the plan until the cycle is closed. The whole county is lived in test_simulation.py and by the demo.
"""

import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlmodel import select

from models import Message, Obligation
from models.enums import Role
from models.record import Record, open_record
from simulation.driver import days, last_day, live, without_prefect
from tests.years import letters_sent, trace, world

UNITS = ("KJJ", "WLJ", "NYJ", "T03", "T05", "T10", "T11", "T12")
KILLS = 50


class Year(NamedTuple):
    """A year that nobody disturbed: where it lies, the days that were lived, and what it left behind."""

    home: Path
    days: tuple[date, ...]
    seconds: float
    trace: tuple[str, ...]
    letters: dict[tuple[str, str], int]


@pytest.fixture
def record(home: Path) -> Iterator[Record]:
    """An empty record in a home of its own."""
    opened = open_record()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Year]:
    """The year as it goes when nothing happens to the machine."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with pytest.MonkeyPatch.context() as settings:
        settings.setenv("ZHIQIANG_HOME", str(folder))
        settings.delenv("ZHIQIANG_DATABASE_URL", raising=False)
        record = open_record()
        started = time.perf_counter()
        lived = tuple(days(world(record, units=UNITS), without_prefect(record), until=date.max))
        seconds = time.perf_counter() - started
        with record.reading() as session:
            yield Year(folder, lived, seconds, tuple(trace(session)), dict(letters_sent()))
        record.close()


def test_second_pass_over_the_same_record_changes_nothing(undisturbed: Year, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIQIANG_HOME", str(undisturbed.home))
    record = open_record()
    again = world(record, units=UNITS)
    for day in undisturbed.days:
        live(again, without_prefect(record), day)
    with record.reading() as session:
        assert trace(session) == list(undisturbed.trace)
    assert letters_sent() == undisturbed.letters
    record.close()


def test_fifty_kills_leave_the_same_year(undisturbed: Year, home: Path) -> None:
    seed = random.randrange(10**6)
    print(f"moments drawn with seed {seed}")  # shown when the test fails
    dice = random.Random(seed)
    in_a_day = undisturbed.seconds / len(undisturbed.days)
    # The last tenth of the days is left alone, so that no child comes to the end before its kill on a fast machine.
    killed = sum(
        _live_and_kill(after=undisturbed.days[index], seconds=dice.uniform(0, 1.5 * in_a_day))
        for index in sorted(dice.choices(range(len(undisturbed.days) * 9 // 10), k=KILLS))
    )
    assert killed == KILLS
    assert not _live_and_kill(after=date.max, seconds=0)

    record = open_record()
    with record.reading() as session:
        left = trace(session)
    record.close()
    assert sorted({*undisturbed.trace} ^ {*left}) == []
    assert left == list(undisturbed.trace)
    sent = letters_sent()
    assert sent.keys() == undisturbed.letters.keys()
    repeated = {letter: times - undisturbed.letters[letter] for letter, times in sent.items()}
    assert min(repeated.values()) >= 0
    assert sum(repeated.values()) <= KILLS


def _live_and_kill(*, after: date, seconds: float) -> bool:
    """Go on with the year in a process of its own, kill it `seconds` after that day; False if it came to the end."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _go_on(writing)
    os.close(writing)
    with os.fdopen(reading) as told:
        for line in told:
            if date.fromisoformat(line.strip()) >= after:
                time.sleep(seconds)
                break
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        pytest.fail("the year broke in the child; its traceback is above")
    return os.WIFSIGNALED(status)


def _go_on(tell: int) -> None:
    """Live from where the record stands to the end, telling each day that is over; never returns."""
    try:
        record = open_record()
        here = world(record, units=UNITS)
        os.write(tell, f"{last_day(here)}\n".encode())
        for day in days(here, without_prefect(record), until=date.max):
            os.write(tell, f"{day}\n".encode())
        os._exit(0)
    except BaseException:  # noqa: BLE001  (the process must not go on as a second pytest)
        traceback.print_exc(file=sys.stderr)
        os._exit(1)


def test_ten_days_off_are_made_up_once_by_the_last_stage_reached(record: Record) -> None:
    """Nobody is there from 4 March (Wednesday) to 16 March (Monday): nine workdays and what lies between.

    The reports for February are due on 6 March (Friday). Without the pause the town would have been reminded on the
    4th (due soon), the 9th (overdue), the 11th (urged) and the 13th, when an order is proposed as well.
    """
    here = world(record, units=UNITS, timing={("T03", "2026-02"): None})
    off = (date(2026, 3, 4), date(2026, 3, 16))
    lived = list(days(here, without_prefect(record), until=date(2026, 3, 31), off=off))
    assert date(2026, 3, 17) in lived
    assert not any(off[0] <= day <= off[1] for day in lived)
    with record.reading() as session:
        query = select(Message).join(Obligation).where(Obligation.key == "report/T03/33/2026-02")
        said = [(m.queued_on, m.kind, m.role, m.key.split("/")[-1]) for m in session.exec(query.order_by(Message.id))]
        back = select(Message).where(Message.kind == "reminder", Message.queued_on == off[1] + timedelta(days=1))
        about = [(m.obligation_id, m.role) for m in session.exec(back)]
    assert said == [
        (date(2026, 3, 17), "reminder", Role.LIAISON, "supervised"),
        (date(2026, 3, 17), "reminder", Role.DEPUTY, "supervised"),
        (date(2026, 3, 17), "order_proposed", Role.COORDINATOR, "supervised"),
    ]
    assert len(about) > 2
    assert len(about) == len(set(about))
