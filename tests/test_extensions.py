"""Extensions: applied for before the deadline with a reason; granted until a date that ends by itself, or not."""

from datetime import date
from decimal import Decimal

import pytest
from sqlmodel import Session, col, select

from cycle.extensions import apply_extension, decide_extension, recall_extension, waiting_extensions
from cycle.obligations import mark_late_and_missed, open_what_is_due
from cycle.orders import answer_order, draft_order, issue_order, mark_overdue
from cycle.reporting import Filed, file_report
from cycle.reviewing import return_report
from models import Extension, Refused
from models.enums import ExtensionState, ObligationState, ReportNature
from tests.builders import County, acts, add_county, add_indicator, ask, messages, owed, sign

KEY = "report/town/1/2026Q1"
OPEN, DUE, CLOSE = date(2026, 4, 1), date(2026, 4, 15), date(2026, 4, 29)  # Wednesdays
WANTED = date(2026, 4, 22)  # Wednesday, seven days more
APPLIED = date(2026, 4, 13)  # Monday


@pytest.fixture
def place(session: Session) -> County:
    """The county in which the town owes its first quarter."""
    county = add_county(session)
    ask(session, add_indicator(session, county.cycle, "1"), county.town, "20")
    sign(session, county.cycle, county.town, date(2026, 1, 20))
    open_what_is_due(session, county.cycle, today=OPEN)
    return county


def apply(
    session: Session, place: County, wanted_on: date = WANTED, reason: str = "年审结果未出", day: date = APPLIED,
    key: str = KEY,
) -> Extension:  # fmt: skip
    return apply_extension(session, place.cycle, key, wanted_on, reason, by="联络员", today=day)


def decide(
    session: Session, place: County, grant: bool = True, until: date | None = None, reason: str = "情况属实",
    day: date = APPLIED, key: str = KEY,
) -> None:  # fmt: skip
    decide_extension(session, place.cycle, key, grant=grant, until=until, reason=reason, by="质强办", today=day)


def recall(session: Session, place: County, day: date, reason: str = "条件已具备") -> None:
    recall_extension(session, place.cycle, KEY, reason=reason, by="质强办", today=day)


def file(session: Session, place: County, day: date) -> None:
    file_report(session, place.cycle, KEY, Filed(ReportNature.VALUE, Decimal(5)), by="联络员", today=day)


def dates(session: Session, place: County) -> tuple[date, date | None]:
    found = owed(session, place.cycle, KEY)
    session.refresh(found)
    return found.due_on, found.close_on


def test_a_granted_extension_moves_due_date_and_close(session: Session, place: County) -> None:
    extension = apply(session, place)
    assert dates(session, place) == (DUE, CLOSE)
    assert [(o.key, e.wanted_on) for o, e in waiting_extensions(session, place.cycle)] == [(KEY, WANTED)]
    decide(session, place)
    assert dates(session, place) == (WANTED, date(2026, 5, 6))
    assert (extension.state, extension.old_due_on, extension.granted_on) == (ExtensionState.APPROVED, DUE, WANTED)
    assert waiting_extensions(session, place.cycle) == []
    assert "期限延至2026年4月22日" in messages(session, "extension_decided")[0]
    assert acts(session)[-2:] == ["apply_extension", "decide_extension"]


@pytest.mark.parametrize(
    ("filed_on", "late"), [(WANTED, False), (date(2026, 4, 23), True)]
)  # the last day, and the day after it
def test_an_extension_ends_by_itself(session: Session, place: County, filed_on: date, late: bool) -> None:
    apply(session, place)
    decide(session, place)
    mark_late_and_missed(session, place.cycle, today=filed_on)
    file(session, place, filed_on)
    assert owed(session, place.cycle, KEY).late is late


def test_the_office_may_grant_another_date(session: Session, place: County) -> None:
    apply(session, place)
    decide(session, place, until=date(2026, 4, 17))
    assert dates(session, place) == (date(2026, 4, 17), date(2026, 5, 1))


def test_a_refused_application_leaves_the_date_and_says_why(session: Session, place: County) -> None:
    apply(session, place)
    with pytest.raises(Refused, match="必须写明理由"):
        decide(session, place, grant=False, reason="")
    decide(session, place, grant=False, reason="理由不充分")
    assert dates(session, place) == (DUE, CLOSE)
    assert "理由不充分" in messages(session, "extension_decided")[0]


@pytest.mark.parametrize(
    ("wanted_on", "reason", "day", "why"),
    [
        (WANTED, "未出", date(2026, 4, 16), "应在期限前申请"),  # Thursday, the day after the due date
        (DUE, "未出", APPLIED, "不晚于现期限"),
        (WANTED, " ", APPLIED, "没有写理由"),
    ],
)
def test_an_application_comes_before_the_deadline_with_a_reason(
    session: Session, place: County, wanted_on: date, reason: str, day: date, why: str
) -> None:
    with pytest.raises(Refused, match=why):
        apply(session, place, wanted_on, reason, day)


def test_on_the_due_date_itself_one_may_still_apply(session: Session, place: County) -> None:
    apply(session, place, day=DUE)
    decide(session, place, day=DUE)
    assert dates(session, place)[0] == WANTED


def test_one_application_at_a_time(session: Session, place: County) -> None:
    apply(session, place)
    with pytest.raises(Refused, match="已有一份待批的延期申请"):
        apply(session, place)
    decide(session, place)
    with pytest.raises(Refused, match="没有待批的延期申请"):
        decide(session, place)
    apply(session, place, date(2026, 4, 28), "仍未出", date(2026, 4, 21))
    decide(session, place, day=date(2026, 4, 21))
    assert dates(session, place) == (date(2026, 4, 28), date(2026, 5, 12))
    assert len(messages(session, "extension_decided")) == 2


def test_what_is_filed_needs_no_extension(session: Session, place: County) -> None:
    file(session, place, APPLIED)
    with pytest.raises(Refused, match="不需要延期"):
        apply(session, place)


@pytest.mark.parametrize(
    ("until", "day", "why"),
    [
        (DUE, APPLIED, "不晚于现期限"),
        (date(2026, 4, 17), date(2026, 4, 20), "已经过去"),
        (WANTED, date(2026, 4, 10), "早于 2026-04-13"),  # decided before it was applied for
    ],
)
def test_a_grant_is_for_a_later_day_to_come(session: Session, place: County, until: date, day: date, why: str) -> None:
    apply(session, place)
    with pytest.raises(Refused, match=why):
        decide(session, place, until=until, day=day)
    assert dates(session, place) == (DUE, CLOSE)


def test_while_the_office_has_not_decided_nobody_is_late(session: Session, place: County) -> None:
    """The unit applied in time; that the office takes a week is not the unit's delay."""
    apply(session, place, day=DUE)
    assert mark_late_and_missed(session, place.cycle, today=date(2026, 4, 20)) == (0, 0)
    assert mark_late_and_missed(session, place.cycle, today=date(2026, 5, 6)) == (0, 0)
    decide(session, place, until=date(2026, 5, 8), day=date(2026, 5, 6))
    file(session, place, date(2026, 5, 8))
    assert not owed(session, place.cycle, KEY).late


def test_once_it_is_refused_the_old_date_counts(session: Session, place: County) -> None:
    apply(session, place, day=DUE)
    decide(session, place, grant=False, reason="理由不充分", day=date(2026, 4, 20))
    assert mark_late_and_missed(session, place.cycle, today=date(2026, 4, 20)) == (1, 0)


def test_a_return_date_may_be_extended_too(session: Session, place: County) -> None:
    file(session, place, APPLIED)
    return_report(session, place.cycle, KEY, reason="有误", due_on=DUE, by="质强办", today=APPLIED)
    apply(session, place)
    decide(session, place)
    extended = owed(session, place.cycle, KEY)
    assert (extended.state, extended.due_on) == (ObligationState.RETURNED, WANTED)


def test_what_is_not_open_yet_may_be_extended(session: Session, place: County) -> None:
    later = "report/town/1/2026Q2"
    apply(session, place, date(2026, 7, 22), key=later)
    decide(session, place, key=later)
    planned = owed(session, place.cycle, later)
    assert (planned.state, planned.due_on) == (ObligationState.PLANNED, date(2026, 7, 22))


# ---- recall ----


def test_a_recalled_extension_gives_the_old_date_back(session: Session, place: County) -> None:
    extension = apply(session, place)
    decide(session, place)
    recall(session, place, date(2026, 4, 14))
    assert (extension.state, dates(session, place)) == (ExtensionState.RECALLED, (DUE, CLOSE))
    assert "已收回，期限恢复为2026年4月15日" in messages(session, "extension_decided")[-1]
    assert acts(session)[-1] == "recall_extension"
    with pytest.raises(Refused, match="没有可收回的延期"):
        recall(session, place, date(2026, 4, 14))


def test_a_recall_never_gives_a_date_that_has_passed(session: Session, place: County) -> None:
    apply(session, place)
    decide(session, place)
    recall(session, place, date(2026, 4, 20))  # Monday, after the old date
    assert dates(session, place)[0] == date(2026, 4, 20)
    file(session, place, date(2026, 4, 20))
    assert not owed(session, place.cycle, KEY).late


def test_the_newest_extension_is_the_one_that_is_recalled(session: Session, place: County) -> None:
    apply(session, place)
    decide(session, place)
    apply(session, place, date(2026, 4, 28), "仍未出")
    decide(session, place)
    recall(session, place, APPLIED)
    assert dates(session, place)[0] == WANTED
    recall(session, place, APPLIED)
    assert dates(session, place)[0] == DUE
    states = session.exec(select(Extension.state).order_by(col(Extension.id))).all()
    assert set(states) == {ExtensionState.RECALLED}
    assert len(messages(session, "extension_decided")) == 4


def test_an_extension_that_was_used_or_has_run_out_is_not_recalled(session: Session, place: County) -> None:
    apply(session, place)
    decide(session, place)
    with pytest.raises(Refused, match="没有可收回的延期"):
        recall(session, place, date(2026, 4, 23))  # it ended yesterday; the date must not come back to life
    file(session, place, date(2026, 4, 21))
    with pytest.raises(Refused, match="没有可收回的延期"):
        recall(session, place, date(2026, 4, 21))
    return_report(
        session, place.cycle, KEY, reason="有误", due_on=date(2026, 4, 27), by="质强办", today=date(2026, 4, 21)
    )
    with pytest.raises(Refused, match="没有可收回的延期"):
        recall(session, place, date(2026, 4, 21))


def test_a_recall_has_a_reason(session: Session, place: County) -> None:
    apply(session, place)
    decide(session, place)
    with pytest.raises(Refused, match="必须写明理由"):
        recall(session, place, APPLIED, " ")


# ---- orders ----


def test_an_order_is_as_late_as_its_answer(session: Session, place: County) -> None:
    """An order and the answer owed for it have one date."""
    draft_order(session, place.cycle, place.town, "m", title="事项", basis="依据", by="质强办", today=date(2026, 4, 1))
    order = issue_order(session, place.cycle, "m", due_on=DUE, by="质强办", today=date(2026, 4, 1))
    apply(session, place, key="order/m")
    assert mark_overdue(session, place.cycle, today=date(2026, 4, 16)) == []
    decide(session, place, key="order/m")
    assert order.due_on == WANTED
    assert mark_overdue(session, place.cycle, today=date(2026, 4, 20)) == []
    answer_order(session, place.cycle, "m", "已整改", by="联络员", today=WANTED)
    assert not order.late
