"""Numbers of papers: per series and year, taken in the issuing transaction, without gaps, never reused."""

from datetime import date

from sqlmodel import Session, func, select

from models import Cycle, IssuedNumber


def take_number(session: Session, series: str, year: int, subject: str, *, today: date) -> int:
    """Return the next number of the series in the year, now taken by `subject` (year.md, Numbers on papers).

    The writing session holds the write lock, so two papers never see the same last number; a rollback gives it back.
    """
    last = session.exec(
        select(func.max(IssuedNumber.number)).where(IssuedNumber.series == series, IssuedNumber.year == year)
    ).one()
    number = (last or 0) + 1
    session.add(IssuedNumber(series=series, year=year, number=number, subject=subject, issued_on=today))
    session.flush()
    return number


def take_label(session: Session, cycle: Cycle, subject: str, *, today: date) -> str:
    """Return a fresh `X质强办〔2026〕3号` for `subject`: code, year, running number without leading zero."""
    number = take_number(session, cycle.issuing_code, today.year, subject, today=today)
    return f"{cycle.issuing_code}〔{today.year}〕{number}号"
