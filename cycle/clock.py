"""The one place that reads the clock. Rules and verbs take `today` as an argument."""

from datetime import date

import pendulum

from models.errors import Refused

ZONE = "Asia/Shanghai"


def now() -> pendulum.DateTime:
    """Return this moment, aware, in Asia/Shanghai."""
    return pendulum.now(ZONE)


def today() -> date:
    """Return the business date: the calendar day in Asia/Shanghai."""
    return now().date()


def parse_day(text: str) -> date:
    """Return the date written as 2026-07-01.

    Raises:
        Refused: the text is not such a date.
    """
    try:
        return pendulum.Date.fromisoformat(text)
    except ValueError:
        raise Refused(f"日期“{text}”无法识别。请按 2026-07-01 的格式填写。") from None


def not_before(day: date, earliest: date | None, what: str) -> None:
    """Refuse a business date on which `what` cannot have happened yet; a paper is not signed for before it is issued.

    Raises:
        Refused: `day` lies before `earliest`.
    """
    if earliest is not None and day < earliest:
        raise Refused(f"{what}的日期 {day} 早于 {earliest}，前后矛盾。请核对日期（--today）。")


def moment(day: date) -> pendulum.DateTime:
    """Return an instant on the business date `day`: now when it is today, else nine in the morning of that day."""
    present = now()
    if day == present.date():
        return present
    return pendulum.datetime(day.year, day.month, day.day, 9, tz=ZONE)
