"""Targets are asked of each unit: sent as drafts, filed or objected to, decided, and reminded like any duty."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import Session, col, select

from cycle.decomposition import TargetAnswer, decide_draft, file_target, filed_numbers, send_draft
from models import Assignment, Contact, Filing, Message, Refused, Target
from models.columns import row_id
from models.enums import Aggregation, AssignmentRole, AssignmentState, ObligationState, Split, TargetForm
from tests.builders import County, acts, add_indicator, add_milestones, ask, messages, owed

SENT = date(2026, 1, 5)  # Monday
DUE = date(
    2026, 1, 19
)  # Monday, the tenth workday after it (New Year's holiday ends on 3 January, 4 January is worked)
FILING = "filing/town"


@pytest.fixture
def part(session: Session, place: County) -> Assignment:
    """The town's part in indicator 1: at least 20, a running total."""
    return ask(session, add_indicator(session, place.cycle, "1"), place.town, "20")


def send(session: Session, place: County, day: date = SENT) -> int:
    return send_draft(session, place.cycle, place.town, by="系统", today=day)


def file(session: Session, place: County, day: date = SENT, number: str = "1", **answer: Any) -> Filing:
    figures: dict[str, Any] = {k: v if k == "objection" else Decimal(str(v)) for k, v in answer.items()}
    return file_target(
        session,
        place.cycle,
        place.town,
        number,
        TargetAnswer(**figures),
        by="联络员",
        today=day,
    )


def decide(session: Session, place: County, day: date = SENT, number: str = "1", **decision: Any) -> None:
    decision.setdefault("accept", True)
    decide_draft(session, place.cycle, place.town, number, by="质强办", today=day, **decision)


def test_a_draft_is_sent_filed_and_accepted(session: Session, place: County, part: Assignment) -> None:
    assert send(session, place) == 1
    assert part.state is AssignmentState.SENT
    assert owed(session, place.cycle, FILING).state is ObligationState.OPEN
    assert "共1项" in messages(session, "draft_sent")[0]

    file(session, place, last_year=18, q1=5, q2=10, q3=15, q4=20)
    assert (part.state, owed(session, place.cycle, FILING).state) == (AssignmentState.FILED, ObligationState.SUBMITTED)
    assert filed_numbers(session, place.cycle, place.town) == ["1"]

    decide(session, place)
    assert (part.state, owed(session, place.cycle, FILING).state) == (
        AssignmentState.ACCEPTED,
        ObligationState.ACCEPTED,
    )
    assert filed_numbers(session, place.cycle, place.town) == []
    assert acts(session) == ["send_draft", "file_target", "decide_draft"]


def test_sending_again_sends_only_what_is_new(session: Session, place: County, part: Assignment) -> None:
    send(session, place)
    assert send(session, place) == 0
    ask(session, add_indicator(session, place.cycle, "2"), place.town, "3")
    assert send(session, place, date(2026, 1, 6)) == 1
    assert acts(session) == ["send_draft", "send_draft"]


def test_a_unit_without_anybody_is_sent_its_draft_all_the_same(
    session: Session, place: County, part: Assignment
) -> None:
    for contact in session.exec(select(Contact).where(Contact.unit_id == place.town.id)):
        session.delete(contact)
    session.flush()
    assert send(session, place) == 1
    assert owed(session, place.cycle, FILING).state is ObligationState.OPEN
    assert len(session.exec(select(Message).where(Message.unit_id == place.town.id)).all()) == 1


@pytest.mark.parametrize(
    ("stated", "due_on"),
    [
        (None, DUE),
        (date(2026, 1, 30), date(2026, 1, 30)),  # Friday, named by the plan
        (date(2026, 1, 2), DUE),  # named and past when the draft goes out: ten workdays all the same
    ],
)
def test_the_filing_is_due_when_the_plan_says_or_in_ten_workdays(
    session: Session, place: County, part: Assignment, stated: date | None, due_on: date
) -> None:
    if stated:
        add_milestones(session, place.cycle, filing_due=stated)
    send(session, place)
    assert owed(session, place.cycle, FILING).due_on == due_on


@pytest.mark.parametrize(
    ("filed_on", "late"), [(DUE, False), (date(2026, 1, 20), True)]
)  # Monday the due date, Tuesday after it
def test_a_filing_is_late_after_its_due_date(
    session: Session, place: County, part: Assignment, filed_on: date, late: bool
) -> None:
    send(session, place)
    file(session, place, filed_on)
    assert owed(session, place.cycle, FILING).late is late


def test_a_returned_filing_has_three_workdays_more_and_never_less_than_it_had(
    session: Session, place: County, part: Assignment
) -> None:
    send(session, place)
    file(session, place, date(2026, 1, 7))
    decide(session, place, date(2026, 1, 8), accept=False, reason="上年实绩漏填")
    returned = owed(session, place.cycle, FILING)
    assert (returned.state, returned.returns, returned.due_on) == (ObligationState.RETURNED, 1, DUE)

    file(session, place, DUE)
    decide(session, place, DUE, accept=False, reason="仍有误")
    assert (returned.returns, returned.due_on) == (2, date(2026, 1, 22))  # Thursday
    file(session, place, date(2026, 1, 22))
    assert not returned.late
    assert ["上年实绩漏填" in line for line in messages(session, "draft_decided")] == [True, False]


def test_a_late_filing_stays_late_whatever_comes_afterwards(session: Session, place: County, part: Assignment) -> None:
    send(session, place)
    file(session, place, date(2026, 1, 20))
    decide(session, place, date(2026, 1, 20), accept=False, reason="有误")
    file(session, place, date(2026, 1, 21))
    decide(session, place, date(2026, 1, 22))
    settled = owed(session, place.cycle, FILING)
    assert (settled.state, settled.late, settled.filed_on) == (ObligationState.ACCEPTED, True, date(2026, 1, 20))


def test_the_filing_is_complete_when_the_last_target_is_answered(
    session: Session, place: County, part: Assignment
) -> None:
    ask(session, add_indicator(session, place.cycle, "2"), place.town, "3")
    send(session, place)
    file(session, place)
    assert owed(session, place.cycle, FILING).state is ObligationState.OPEN
    file(session, place, number="2")
    assert owed(session, place.cycle, FILING).state is ObligationState.SUBMITTED
    decide(session, place)
    assert owed(session, place.cycle, FILING).state is ObligationState.SUBMITTED
    decide(session, place, number="2")
    assert owed(session, place.cycle, FILING).state is ObligationState.ACCEPTED


def test_a_new_target_asks_for_a_filing_again_and_is_no_return(
    session: Session, place: County, part: Assignment
) -> None:
    send(session, place)
    file(session, place)
    late_comer = ask(session, add_indicator(session, place.cycle, "2"), place.town, "3")
    decide(session, place)  # the new one is not sent yet: nothing is the unit's fault
    waiting = owed(session, place.cycle, FILING)
    assert (waiting.state, waiting.returns) == (ObligationState.SUBMITTED, 0)
    send(session, place, date(2026, 2, 2))  # Monday
    assert (waiting.state, waiting.returns, waiting.due_on) == (ObligationState.RETURNED, 0, date(2026, 2, 14))  # 调休
    file(session, place, date(2026, 2, 3), number="2")
    decide(session, place, date(2026, 2, 3), number="2")
    assert (late_comer.state, waiting.state) == (AssignmentState.ACCEPTED, ObligationState.ACCEPTED)


# ---- objections ----


def test_an_objection_that_is_upheld_is_another_version_of_the_target(
    session: Session, place: County, part: Assignment
) -> None:
    send(session, place)
    objection = file(session, place, objection="景区停业", proposed=18)
    assert (objection.objected, objection.proposed, part.state) == (True, Decimal(18), AssignmentState.OBJECTED)
    assert owed(session, place.cycle, FILING).state is ObligationState.SUBMITTED
    decide(session, place, value=Decimal(18), reason="情况属实")
    versions = session.exec(select(Target).where(Target.assignment_id == part.id).order_by(col(Target.version))).all()
    assert [(t.version, t.value, t.reason) for t in versions] == [(1, Decimal(20), ""), (2, Decimal(18), "情况属实")]
    assert "情况属实" in messages(session, "draft_decided")[0]


def test_an_objection_that_is_not_upheld_comes_back_with_the_reason(
    session: Session, place: County, part: Assignment
) -> None:
    send(session, place)
    file(session, place, objection="任务过重")
    decide(session, place, accept=False, reason="与去年持平，维持原目标")
    assert part.state is AssignmentState.SENT
    file(session, place)
    decide(session, place)
    rounds = session.exec(select(Filing).where(Filing.assignment_id == part.id).order_by(col(Filing.version))).all()
    assert [(f.version, f.objected) for f in rounds] == [(1, True), (2, False)]


@pytest.mark.parametrize(
    ("decision", "why"),
    [
        ({"accept": True}, "缺少理由"),
        ({"accept": False}, "缺少理由"),
        ({"accept": False, "reason": "不同意", "value": Decimal(18)}, "不能同时改定目标值"),
        ({"reason": "同意", "value": Decimal(-1)}, "为负数"),
    ],
)
def test_what_is_refused_when_an_objection_is_answered(
    session: Session, place: County, part: Assignment, decision: dict[str, Any], why: str
) -> None:
    send(session, place)
    file(session, place, objection="任务过重")
    with pytest.raises(Refused, match=why):
        decide(session, place, **decision)
    assert part.state is AssignmentState.OBJECTED


def test_nothing_is_decided_or_filed_twice(session: Session, place: County, part: Assignment) -> None:
    with pytest.raises(Refused, match="待下发"):
        file(session, place)
    send(session, place)
    with pytest.raises(Refused, match="待备案"):
        decide(session, place)
    file(session, place)
    with pytest.raises(Refused, match="已备案待审"):
        file(session, place)
    decide(session, place)
    with pytest.raises(Refused, match="已确认"):
        decide(session, place)


def test_another_figure_without_an_objection_is_told_and_has_a_reason(
    session: Session, place: County, part: Assignment
) -> None:
    send(session, place)
    file(session, place)
    decide(session, place, value=Decimal(22))
    assert "目标改定为 22" in messages(session, "draft_decided")[0]
    newest = session.exec(select(Target).where(Target.assignment_id == part.id, Target.version == 2)).one()
    assert (newest.value, newest.reason) == (Decimal(22), "按备案意见调整")


def test_accepting_with_the_figure_it_has_makes_no_version(session: Session, place: County, part: Assignment) -> None:
    send(session, place)
    file(session, place)
    decide(session, place, value=Decimal("20.0"))
    assert len(session.exec(select(Target).where(Target.assignment_id == part.id)).all()) == 1
    assert messages(session, "draft_decided") == []


def test_the_figure_of_a_relative_target_is_its_margin(session: Session, place: County) -> None:
    indicator = add_indicator(session, place.cycle, "1", form=TargetForm.UP_ON_LAST_YEAR)
    part = ask(session, indicator, place.town, margin="5")
    send(session, place)
    file(session, place, objection="基数过高")
    decide(session, place, value=Decimal(3), reason="同意")
    newest = session.exec(select(Target).where(Target.assignment_id == row_id(part), Target.version == 2)).one()
    assert (newest.value, newest.margin) == (None, Decimal(3))


# ---- figures that contradict each other ----

RATIO = {"aggregation": Aggregation.RATIO, "measure": "%"}


@pytest.mark.parametrize(
    ("facts", "answer", "why"),
    [
        ({}, {"q1": 5, "q2": 4}, "后一季度不能小于前一季度"),
        ({}, {"q1": -1}, "不能为负数"),
        ({}, {"q1": 5, "q4": 19}, "达不到全年目标（≥20个）"),
        ({"form": TargetForm.AT_MOST}, {"q4": 21}, "达不到全年目标（≤20个）"),
        ({"form": TargetForm.UP_ON_LAST_YEAR}, {"last_year": 100, "q4": 119}, "达不到全年目标"),
        (RATIO, {"q1": 101}, "不能超过 100%"),
    ],
)
def test_a_filing_that_contradicts_itself_is_refused(
    session: Session, place: County, facts: dict[str, Any], answer: dict[str, Any], why: str
) -> None:
    relative = facts.get("form") is TargetForm.UP_ON_LAST_YEAR
    indicator = add_indicator(session, place.cycle, "1", **facts)
    part = ask(session, indicator, place.town, None if relative else "20", margin="20" if relative else None)
    send(session, place)
    with pytest.raises(Refused, match=why):
        file(session, place, **answer)
    assert (part.state, acts(session)) == (AssignmentState.SENT, ["send_draft"])


@pytest.mark.parametrize(
    ("facts", "answer"),
    [
        ({}, {}),
        ({}, {"q1": 0, "q2": 5, "q4": 20}),
        ({}, {"q1": 9, "q2": 4, "objection": "口径不清"}),  # an objection is read by people
        ({"form": TargetForm.AT_MOST}, {"q4": 3}),
        ({"form": TargetForm.UP_ON_LAST_YEAR}, {"q4": 3}),  # without last year's value nobody can tell
        (RATIO, {"q1": 96, "q2": 95}),  # a ratio may fall
    ],
)
def test_a_filing_that_does_not_is_taken(
    session: Session, place: County, facts: dict[str, Any], answer: dict[str, Any]
) -> None:
    ask(session, add_indicator(session, place.cycle, "1", **facts), place.town, "20")
    send(session, place)
    assert file(session, place, **answer).version == 1


def test_a_unit_answers_only_for_what_it_carries(session: Session, place: County, part: Assignment) -> None:
    ask(session, add_indicator(session, place.cycle, "2", split=Split.EQUAL), place.farming, "3")
    with pytest.raises(Refused, match="不承担指标 2"):
        file(session, place, number="2")
    with pytest.raises(Refused, match="没有序号“9”"):
        file(session, place, number="9")


def test_cooperating_units_are_asked_too(session: Session, place: County) -> None:
    part = ask(session, add_indicator(session, place.cycle, "1"), place.town, "3", role=AssignmentRole.COOPERATE)
    assert send(session, place) == 1
    assert part.state is AssignmentState.SENT
