"""Supervision orders: one matter, one order, followed until it is closed; what was late stays late."""

from datetime import date
from typing import Any

import pytest
from sqlmodel import Session, col, select

from cycle.obligations import mark_late_and_missed
from cycle.orders import (
    acknowledge_order,
    answer_order,
    close_order,
    draft_order,
    find_order,
    issue_order,
    mark_overdue,
    return_order,
)
from models import IssuedNumber, Order, OrderAnswer, Refused, Unit
from models.enums import Decision, ObligationState, OrderLevel, OrderState
from tests.builders import County, acts, add_unit, messages, owed

DRAFTED, ISSUED = date(2026, 7, 1), date(2026, 7, 3)  # Wednesday, Friday
DUE = date(2026, 7, 17)  # Friday, the tenth workday after the issue
LATE = date(2026, 7, 20)  # Monday
MATTER = "midyear/town/1"


def draft(session: Session, place: County, matter: str = MATTER, unit: Unit | None = None, **facts: Any) -> Order:
    said: dict[str, Any] = {"title": "指标1未达序时进度", "basis": "半年督查", **facts}
    return draft_order(session, place.cycle, unit or place.town, matter, **said, by="质强办", today=DRAFTED)


def issue(
    session: Session, place: County, matter: str = MATTER, day: date = ISSUED, due_on: date | None = None
) -> Order:
    return issue_order(session, place.cycle, matter, due_on=due_on, by="质强办", today=day)


def answer(session: Session, place: County, said: str = "已制定整改方案", day: date = ISSUED) -> OrderAnswer:
    return answer_order(session, place.cycle, MATTER, said, by="联络员", today=day)


def hand_back(session: Session, place: County, reason: str, due_on: date, day: date) -> None:
    return_order(session, place.cycle, MATTER, reason=reason, due_on=due_on, by="质强办", today=day)


def close(session: Session, place: County, day: date) -> None:
    close_order(session, place.cycle, MATTER, reason="整改到位", by="质强办", today=day)


def test_the_life_of_an_order(session: Session, place: County) -> None:
    order = draft(session, place)
    assert (order.state, order.label, order.level) == (OrderState.DRAFT, "", OrderLevel.YELLOW)
    issue(session, place)
    assert (order.state, order.label, order.due_on) == (OrderState.ISSUED, "示质强办〔2026〕1号", DUE)
    assert owed(session, place.cycle, f"order/{MATTER}").state is ObligationState.OPEN
    acknowledge_order(session, place.cycle, MATTER, by="联络员", today=ISSUED)
    answer(session, place)
    assert owed(session, place.cycle, f"order/{MATTER}").state is ObligationState.SUBMITTED
    close(session, place, date(2026, 7, 8))
    assert (order.state, order.closed_on, order.late) == (OrderState.CLOSED, date(2026, 7, 8), False)
    assert owed(session, place.cycle, f"order/{MATTER}").state is ObligationState.ACCEPTED
    assert acts(session) == ["draft_order", "issue_order", "acknowledge_order", "answer_order", "close_order"]
    for kind in ("order_issued", "order_closed"):
        assert order.label in messages(session, kind)[0]


def test_one_matter_is_ordered_once(session: Session, place: County) -> None:
    order = draft(session, place)
    assert draft(session, place, title="另一说法") is order
    assert (order.title, acts(session)) == ("指标1未达序时进度", ["draft_order"])
    with pytest.raises(Refused, match="已用于另一单位"):
        draft(session, place, unit=place.farming)


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"title": " "}, "须写明事项编号、事项和依据"),
        ({"basis": ""}, "须写明事项编号、事项和依据"),
        ({"title": "事" * 121}, "事项不超过 120 个字"),
    ],
)
def test_an_order_says_what_and_why(session: Session, place: County, facts: dict[str, Any], why: str) -> None:
    with pytest.raises(Refused, match=why):
        draft(session, place, **facts)


def test_an_order_is_for_a_unit_that_takes_part_and_goes_on(session: Session, place: County) -> None:
    stranger = add_unit(session, "other", "外单位", parent=place.county)
    with pytest.raises(Refused, match="不在考核周期"):
        draft(session, place, unit=stranger)
    place.town.valid_to = DRAFTED
    with pytest.raises(Refused, match="已于 2026-07-01 停用"):
        draft(session, place)


def test_an_order_is_named_by_its_matter_or_its_number(session: Session, place: County) -> None:
    draft(session, place)
    order = issue(session, place)
    assert find_order(session, place.cycle, "示质强办〔2026〕1号") is order
    with pytest.raises(Refused, match="没有事项或文号"):
        find_order(session, place.cycle, "示质强办〔2026〕2号")


def test_a_number_is_taken_at_the_issue_and_not_by_a_draft(session: Session, place: County) -> None:
    draft(session, place, "a")
    draft(session, place, "b")
    assert issue(session, place, "b").label == "示质强办〔2026〕1号"
    with pytest.raises(Refused, match="早于今天"):
        issue(session, place, "a", due_on=date(2026, 7, 2))
    assert issue(session, place, "a").label == "示质强办〔2026〕2号"
    with pytest.raises(Refused, match="已下达"):
        issue(session, place, "a")
    assert sorted(session.exec(select(IssuedNumber.number))) == [1, 2]


def test_nothing_happens_before_what_it_follows(session: Session, place: County) -> None:
    draft(session, place)
    with pytest.raises(Refused, match="早于 2026-07-01"):
        issue(session, place, day=date(2026, 6, 30))
    issue(session, place)
    before = date(2026, 7, 2)
    with pytest.raises(Refused, match="早于 2026-07-03"):
        acknowledge_order(session, place.cycle, MATTER, by="联络员", today=before)
    with pytest.raises(Refused, match="早于 2026-07-03"):
        answer(session, place, day=before)
    answer(session, place)
    with pytest.raises(Refused, match="早于 2026-07-03"), session.begin_nested():
        close(session, place, before)


@pytest.mark.parametrize(("day", "late"), [(DUE, False), (LATE, True)])
def test_an_answer_past_the_date_is_late_for_good(session: Session, place: County, day: date, late: bool) -> None:
    draft(session, place)
    order = issue(session, place)
    answer(session, place, day=day)
    hand_back(session, place, "未说明完成时间", date(2026, 7, 31), day)
    answer(session, place, "月底前完成", date(2026, 7, 31))
    close(session, place, date(2026, 8, 3))
    assert (order.late, owed(session, place.cycle, f"order/{MATTER}").late) == (late, late)


def test_an_order_nobody_answers_is_marked_once(session: Session, place: County) -> None:
    draft(session, place)
    order = issue(session, place)
    assert mark_overdue(session, place.cycle, today=DUE) == []
    assert mark_overdue(session, place.cycle, today=LATE) == [order]
    assert mark_overdue(session, place.cycle, today=LATE) == []
    assert acts(session)[-1] == "orders_overdue"
    assert mark_late_and_missed(session, place.cycle, today=LATE) == (1, 0)  # late, and owed until it is answered


def test_a_returned_answer_has_a_reason_and_another_date(session: Session, place: County) -> None:
    draft(session, place)
    order = issue(session, place)
    answer(session, place)
    for reason, due_on, why in ((" ", LATE, "必须写明理由"), ("太笼统", date(2026, 7, 2), "早于今天")):
        with pytest.raises(Refused, match=why):
            hand_back(session, place, reason, due_on, ISSUED)
    hand_back(session, place, "太笼统", LATE, ISSUED)
    again = owed(session, place.cycle, f"order/{MATTER}")
    assert (order.state, order.due_on) == (OrderState.RETURNED, LATE)
    assert (again.state, again.due_on, again.returns) == (ObligationState.RETURNED, LATE, 1)
    assert "太笼统" in messages(session, "order_returned")[0]
    answer(session, place, "已整改", LATE)
    close(session, place, LATE)
    replies = session.exec(select(OrderAnswer).order_by(col(OrderAnswer.version))).all()
    assert [(r.version, r.answer, r.decision, r.reason) for r in replies] == [
        (1, "已制定整改方案", Decision.RETURN, "太笼统"),
        (2, "已整改", Decision.ACCEPT, "整改到位"),
    ]


def test_what_cannot_follow_is_refused(session: Session, place: County) -> None:
    draft(session, place)
    with pytest.raises(Refused, match="拟稿"):
        answer(session, place)
    issue(session, place)
    with pytest.raises(Refused, match="已下达"):
        close(session, place, ISSUED)
    with pytest.raises(Refused, match="反馈内容为空"):
        answer(session, place, " ")
    answer(session, place)
    with pytest.raises(Refused, match="已反馈"):
        answer(session, place)
    close(session, place, ISSUED)
    with pytest.raises(Refused, match="已销号"):
        close(session, place, ISSUED)
    assert len(session.exec(select(OrderAnswer)).all()) == 1
