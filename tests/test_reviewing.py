"""Review: what was filed is accepted, or returned with a reason and a date; a missed item may be opened again."""

from datetime import date
from decimal import Decimal

import pytest
from sqlmodel import Session, col, select

from cycle.obligations import mark_late_and_missed, open_what_is_due
from cycle.reporting import Filed, file_report
from cycle.reviewing import accept_report, reopen, return_report, waiting_for_review
from models import Message, Refused, Report, Review
from models.enums import Decision, ObligationState, ReportNature, ReportState
from tests.builders import County, acts, add_county, add_indicator, ask, messages, owed, sign

KEY = "report/town/1/2026Q1"
FILED, REVIEWED = date(2026, 4, 8), date(2026, 4, 10)  # Wednesday, Friday
DUE, CLOSE, CLOSED = date(2026, 4, 15), date(2026, 4, 29), date(2026, 4, 30)


@pytest.fixture
def place(session: Session) -> County:
    """The county in which the town has filed 5 for the first quarter."""
    county = add_county(session)
    for number in ("1", "2"):
        ask(session, add_indicator(session, county.cycle, number), county.town, "20")
    sign(session, county.cycle, county.town, date(2026, 1, 20))
    file(session, county, 5)
    return county


def file(session: Session, place: County, figure: int, day: date = FILED, key: str = KEY) -> Report:
    filed = Filed(ReportNature.VALUE, Decimal(figure))
    return file_report(session, place.cycle, key, filed, by="甲镇联络员", today=day)


def accept(session: Session, place: County, day: date = REVIEWED, key: str = KEY) -> None:
    accept_report(session, place.cycle, key, by="质强办", today=day)


def hand_back(
    session: Session, place: County, due_on: date = date(2026, 4, 17), reason: str = "口径有误", day: date = REVIEWED
) -> None:
    return_report(session, place.cycle, KEY, reason=reason, due_on=due_on, by="质强办", today=day)


def open_again(
    session: Session, place: County, until: date = date(2026, 5, 8), reason: str = "系统故障", day: date = CLOSED
) -> None:
    reopen(session, place.cycle, KEY, until=until, reason=reason, by="质强办", today=day)


def test_what_waits_for_review_is_listed_in_the_order_it_was_asked(session: Session, place: County) -> None:
    file(session, place, 3, key="report/town/2/2026Q1")
    assert waiting_for_review(session, place.cycle) == [KEY, "report/town/2/2026Q1"]
    accept(session, place)
    assert waiting_for_review(session, place.cycle) == ["report/town/2/2026Q1"]


def test_the_filer_stays_the_filer(session: Session, place: County) -> None:
    accept(session, place)
    report = session.exec(select(Report)).one()
    review = session.exec(select(Review)).one()
    assert (report.state, report.filed_by, report.filed_on) == (ReportState.ACCEPTED, "甲镇联络员", FILED)
    assert (review.decision, review.reviewer, review.reviewed_on) == (Decision.ACCEPT, "质强办", REVIEWED)
    assert acts(session)[-2:] == ["file_report", "accept_report"]


def test_a_return_has_a_reason_and_a_date_and_is_told(session: Session, place: County) -> None:
    hand_back(session, place)
    returned = owed(session, place.cycle, KEY)
    assert (returned.state, returned.returns, returned.due_on) == (ObligationState.RETURNED, 1, date(2026, 4, 17))
    assert (returned.late, returned.close_on) == (False, CLOSE)
    review = session.exec(select(Review)).one()
    assert (review.decision, review.reason, review.due_on) == (Decision.RETURN, "口径有误", date(2026, 4, 17))
    assert "口径有误" in messages(session, "returned")[0]
    assert acts(session)[-1] == "return_report"


def test_every_return_is_a_message_of_its_own(session: Session, place: County) -> None:
    hand_back(session, place)
    file(session, place, 6, date(2026, 4, 13))
    hand_back(session, place, day=date(2026, 4, 13))  # the same reason, the same date
    assert owed(session, place.cycle, KEY).returns == 2
    assert len(messages(session, "returned")) == 2


def test_a_return_past_the_close_keeps_the_window_open_for_it(session: Session, place: County) -> None:
    hand_back(session, place, due_on=date(2026, 5, 8))
    assert owed(session, place.cycle, KEY).close_on == date(2026, 5, 8)


@pytest.mark.parametrize(
    ("reason", "due_on", "day", "why"),
    [
        (" ", date(2026, 4, 17), REVIEWED, "必须写明理由"),
        ("口径有误", date(2026, 4, 9), REVIEWED, "早于今天"),
        ("口径有误", date(2026, 4, 17), date(2026, 4, 7), "早于 2026-04-08"),  # the day before it was filed
    ],
)
def test_a_return_without_reason_date_or_report_is_refused(
    session: Session, place: County, reason: str, due_on: date, day: date, why: str
) -> None:
    with pytest.raises(Refused, match=why):
        hand_back(session, place, due_on, reason, day)
    assert owed(session, place.cycle, KEY).state is ObligationState.SUBMITTED
    assert messages(session, "returned") == []


def test_nothing_is_reviewed_twice(session: Session, place: County) -> None:
    accept(session, place)
    before = acts(session)
    with pytest.raises(Refused, match="没有待审的填报"):
        accept(session, place)
    with pytest.raises(Refused, match="没有待审的填报"):
        hand_back(session, place)
    assert acts(session) == before


def test_nothing_is_reviewed_before_it_was_filed(session: Session, place: County) -> None:
    with pytest.raises(Refused, match="早于 2026-04-08"):
        accept(session, place, date(2026, 4, 7))
    with pytest.raises(Refused, match="没有待审的填报"):
        accept(session, place, key="report/town/2/2026Q1")


def test_a_resubmitted_report_is_the_next_version(session: Session, place: County) -> None:
    hand_back(session, place)
    file(session, place, 6, date(2026, 4, 13))
    accept(session, place, date(2026, 4, 14))
    rows = session.exec(select(Report).order_by(col(Report.version))).all()
    assert [(r.version, r.value, r.state) for r in rows] == [
        (1, Decimal(5), ReportState.SUPERSEDED),
        (2, Decimal(6), ReportState.ACCEPTED),
    ]


# ---- opening a missed item again ----


@pytest.fixture
def missed(session: Session) -> County:
    """The county in which the town has filed nothing by the close."""
    county = add_county(session)
    ask(session, add_indicator(session, county.cycle, "1"), county.town, "20")
    sign(session, county.cycle, county.town, date(2026, 1, 20))
    open_what_is_due(session, county.cycle, today=date(2026, 4, 1))
    mark_late_and_missed(session, county.cycle, today=CLOSED)
    return county


def test_a_missed_item_is_opened_again_until_a_date_and_stays_missed(session: Session, missed: County) -> None:
    open_again(session, missed)
    again = owed(session, missed.cycle, KEY)
    assert (again.state, again.due_on, again.close_on) == (
        ObligationState.OPEN,
        date(2026, 5, 8),
        date(2026, 5, 8),
    )
    file(session, missed, 5, date(2026, 5, 8))
    accept(session, missed, date(2026, 5, 9))
    session.refresh(again)
    assert (again.state, again.missed, again.late) == (ObligationState.ACCEPTED, True, True)
    told = session.exec(select(Message).where(col(Message.key).contains("reopened"))).one()
    assert (told.due_on, told.obligation_id) == (date(2026, 5, 8), again.id)
    assert "reopen" in acts(session)


def test_an_item_opened_again_and_not_filed_is_missed_again(session: Session, missed: County) -> None:
    open_again(session, missed)
    assert mark_late_and_missed(session, missed.cycle, today=date(2026, 5, 9))[1] == 1
    assert owed(session, missed.cycle, KEY).state is ObligationState.MISSED


@pytest.mark.parametrize(
    ("until", "reason", "why"),
    [(date(2026, 5, 8), "", "必须写明理由"), (date(2026, 4, 29), "故障", "早于今天")],
)
def test_opening_again_has_a_reason_and_a_date(
    session: Session, missed: County, until: date, reason: str, why: str
) -> None:
    with pytest.raises(Refused, match=why):
        open_again(session, missed, until, reason)


def test_only_missed_items_are_opened_again(session: Session, place: County) -> None:
    with pytest.raises(Refused, match="只有漏报事项可以重新开放"):
        open_again(session, place)
