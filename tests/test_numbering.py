"""Numbers of papers: per series and year, without gaps, never twice, on both databases."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from sqlmodel import Session, select

from cycle.lookup import find_cycle
from cycle.numbering import take_label, take_number
from models import IssuedNumber
from models.record import Record, open_record
from tests.builders import County, add_county

DAY = date(2026, 3, 2)


@pytest.fixture
def record(database_url: str) -> Iterator[Record]:
    opened = open_record(database_url)
    with opened.writing() as session:
        add_county(session)
    yield opened
    opened.close()


def test_papers_issued_at_the_same_time_take_numbers_without_gaps(record: Record) -> None:
    def issue(n: int) -> int:
        with record.writing() as session:
            return take_number(session, "示质强办", 2026, f"paper/{n}", today=DAY)

    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(issue, range(24)))
    assert sorted(numbers) == list(range(1, 25))


def test_a_paper_that_fails_gives_its_number_back(record: Record) -> None:
    def issue(n: int) -> str:
        with record.writing() as session:
            label = take_label(session, find_cycle(session, "2026"), f"paper/{n}", today=DAY)
            if n % 3 == 0:
                raise LookupError(n)
        return label

    labels: list[Any] = []
    for n in range(9):
        try:
            labels.append(issue(n))
        except LookupError:
            labels.append(None)
    assert [x for x in labels if x] == [f"示质强办〔2026〕{n}号" for n in range(1, 7)]


def test_each_series_and_year_counts_for_itself(session: Session, place: County) -> None:
    cycle = place.cycle
    numbers = [
        take_label(session, cycle, "a", today=DAY),
        take_label(session, cycle, "b", today=date(2026, 12, 31)),
        take_label(session, cycle, "c", today=date(2027, 1, 4)),  # the year of issue, not of the cycle
        take_number(session, "示质强办督查通报", 2026, "d", today=DAY),
        take_label(session, cycle, "e", today=DAY),
    ]
    assert numbers == ["示质强办〔2026〕1号", "示质强办〔2026〕2号", "示质强办〔2027〕1号", 1, "示质强办〔2026〕3号"]


def test_a_number_says_what_took_it(session: Session, place: County) -> None:
    take_label(session, place.cycle, "letter/2026/town/1", today=DAY)
    taken = session.exec(select(IssuedNumber)).one()
    assert (taken.series, taken.year, taken.number, taken.subject, taken.issued_on) == (
        "示质强办",
        2026,
        1,
        "letter/2026/town/1",
        DAY,
    )
