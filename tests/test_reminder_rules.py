"""The ladder of reminders: the last stage that has been reached, on any day, whatever days were missed."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.enums import Role
from rules.reminders import REVIEW_STAGES, STAGES, Stage, horizon, reached, stage_reached
from rules.workdays import Workdays

CALENDAR = Workdays()
DAYS = st.dates(date(2025, 6, 1), date(2027, 6, 1))
LADDERS = st.sampled_from([STAGES, REVIEW_STAGES])


def code(stage: Stage | None) -> str | None:
    return stage.code if stage else None


@pytest.mark.parametrize(
    ("today", "weekday", "stage"),
    [
        ("2026-09-25", "Fri", None),  # Mid-Autumn
        ("2026-09-28", "Mon", None),
        ("2026-09-29", "Tue", "due_soon"),  # two workdays before 8 October: the holiday lies between
        ("2026-09-30", "Wed", "due_soon"),
        ("2026-10-05", "Mon", "due_soon"),
        ("2026-10-08", "Thu", "due_soon"),  # the due date itself
        ("2026-10-09", "Fri", "overdue"),
        ("2026-10-10", "Sat", "overdue"),  # a working Saturday
        ("2026-10-11", "Sun", "overdue"),
        ("2026-10-12", "Mon", "urged"),
        ("2026-10-13", "Tue", "urged"),
        ("2026-10-14", "Wed", "supervised"),
        ("2026-12-31", "Thu", "supervised"),
    ],
)
def test_the_ladder_around_a_due_date_of_8_october(today: str, weekday: str, stage: str | None) -> None:
    day = date.fromisoformat(today)
    assert f"{day:%a}" == weekday
    assert code(stage_reached(date(2026, 10, 8), day, CALENDAR)) == stage


@pytest.mark.parametrize(
    ("today", "weekday", "stage"),
    [("2026-03-04", "Wed", None), ("2026-03-05", "Thu", "unreviewed"), ("2026-03-09", "Mon", "unreviewed_long")],
)
def test_the_reviewer_is_reminded_too(today: str, weekday: str, stage: str | None) -> None:
    day = date.fromisoformat(today)
    assert f"{day:%a}" == weekday
    found = stage_reached(date(2026, 3, 2), day, CALENDAR, REVIEW_STAGES)
    assert code(found) == stage
    assert found is None or found.roles == (Role.COORDINATOR,)


def test_each_step_up_reaches_further_up() -> None:
    assert [(s.zh, s.offset, [r.zh for r in s.roles]) for s in STAGES] == [
        ("即将到期", -2, ["联络员"]),
        ("提醒", 1, ["联络员"]),
        ("催办", 3, ["联络员", "分管领导"]),
        ("督办", 5, ["联络员", "分管领导", "主要领导"]),
    ]


@given(DAYS, st.integers(0, 40), st.integers(1, 40), LADDERS)
def test_time_never_takes_a_stage_back(due: date, wait: int, more: int, stages: tuple[Stage, ...]) -> None:
    today = due - timedelta(days=10) + timedelta(days=wait)
    earlier = stage_reached(due, today, CALENDAR, stages)
    later = stage_reached(due, today + timedelta(days=more), CALENDAR, stages)
    assert earlier is None or (later is not None and later.offset >= earlier.offset)


@given(DAYS, LADDERS)
def test_the_horizon_is_the_last_date_with_a_stage(today: date, stages: tuple[Stage, ...]) -> None:
    last = horizon(today, CALENDAR, stages)
    assert stage_reached(last, today, CALENDAR, stages)
    assert stage_reached(last + timedelta(days=1), today, CALENDAR, stages) is None


@given(DAYS, st.lists(DAYS, max_size=20))
def test_a_sweep_gives_the_same_stages(today: date, due_dates: list[date]) -> None:
    sweep = reached(today, CALENDAR)
    assert [sweep(d) for d in due_dates] == [stage_reached(d, today, CALENDAR) for d in due_dates]


def test_a_sweep_works_out_each_date_once() -> None:
    asked: list[date] = []

    class Counting(Workdays):
        def is_workday(self, day: date) -> bool:
            asked.append(day)
            return super().is_workday(day)

    sweep = reached(date(2026, 10, 12), Counting())
    sweep(date(2026, 10, 8))
    once = len(asked)
    for _ in range(1000):
        sweep(date(2026, 10, 8))
    assert len(asked) == once > 0
