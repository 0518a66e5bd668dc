"""Responsibility letters: numbered, frozen, signed for, and superseded when what they say changes."""

from datetime import date
from decimal import Decimal

import pytest
from sqlmodel import Session, col, select

from cycle.clock import moment
from cycle.decomposition import TargetAnswer, decide_draft, file_target, send_draft
from cycle.letters import (
    acknowledge_letter,
    issue_letter,
    letter_in_force,
    mark_delivered,
    ready_for_letter,
)
from cycle.targets import adjust_target
from models import Assignment, AuditEntry, Delivery, Letter, Message, Obligation, Refused, Target, UnitName
from models.columns import row_id
from models.enums import (
    Aggregation,
    AssignmentRole,
    Frequency,
    LetterState,
    MessageState,
    ObligationKind,
    ObligationState,
    Role,
    Split,
    TargetForm,
)
from tests.builders import (
    NEW_YEAR,
    County,
    acts,
    add_contact,
    add_indicator,
    add_milestones,
    agree,
    ask,
    messages,
    owed,
    sign,
)

DAY = date(2026, 1, 20)  # Tuesday
LATER = date(2026, 8, 6)  # Thursday


@pytest.fixture
def part(session: Session, place: County) -> Assignment:
    """The town's decided part in indicator 1: at least 20 by the end of the year."""
    part = ask(session, add_indicator(session, place.cycle, "1"), place.town, "20")
    agree(session, place.cycle, place.town, DAY)
    return part


def issue(session: Session, place: County, day: date = DAY, reason: str = "") -> Letter:
    return issue_letter(session, place.cycle, place.town, by="质强办", today=day, reason=reason)


def adjust(session: Session, place: County, value: str, day: date = LATER, number: str = "1") -> list[Letter]:
    return adjust_target(
        session, place.cycle, place.town, number, Decimal(value), reason="洪涝灾害", by="质强办", today=day
    )


def of_the_town(session: Session, place: County) -> list[Letter]:
    return list(session.exec(select(Letter).where(Letter.unit_id == place.town.id).order_by(col(Letter.version))))


def test_a_letter_is_issued_when_every_target_is_decided(session: Session, place: County, part: Assignment) -> None:
    assert ready_for_letter(session, place.cycle, place.town)
    letter = issue(session, place)
    assert (letter.label, letter.state, letter.version) == ("示质强办〔2026〕1号", LetterState.ISSUED, 1)
    assert not ready_for_letter(session, place.cycle, place.town)
    printed = letter.content
    assert (printed["unit"], printed["group"], printed["issued_on"]) == ("甲镇", "乡镇", "2026-01-20")
    assert [(x["number"], x["target"]) for x in printed["lines"]] == [("1", "≥20个")]
    assert acts(session)[-1] == "issue_letter"
    assert "示质强办〔2026〕1号" in messages(session, "letter_issued")[0]


def test_no_letter_while_a_target_is_undecided(session: Session, place: County, part: Assignment) -> None:
    ask(session, add_indicator(session, place.cycle, "2"), place.town, "3")
    assert not ready_for_letter(session, place.cycle, place.town)
    with pytest.raises(Refused, match="未确认的目标（序号 2）"):
        issue(session, place)


def test_no_letter_for_a_unit_that_carries_nothing(session: Session, place: County) -> None:
    assert not ready_for_letter(session, place.cycle, place.town)
    with pytest.raises(Refused, match="没有承担目标任务"):
        issue(session, place)


def test_each_letter_takes_the_next_number_of_its_year(session: Session, place: County, part: Assignment) -> None:
    first = issue(session, place)
    ask(session, add_indicator(session, place.cycle, "2"), place.farming, "3")
    second = sign(session, place.cycle, place.farming, DAY)
    next_year = issue(session, place, date(2027, 1, 4), reason="换发")
    assert [first.label, second.label, next_year.label] == [
        "示质强办〔2026〕1号",
        "示质强办〔2026〕2号",
        "示质强办〔2027〕1号",
    ]


def test_a_letter_carries_the_name_of_its_day(session: Session, place: County, part: Assignment) -> None:
    letter = issue(session, place)
    former = session.exec(select(UnitName).where(UnitName.unit_id == place.town.id)).one()
    former.valid_to = date(2026, 3, 1)
    session.flush()
    session.add(UnitName(unit_id=row_id(place.town), name="甲街道", valid_from=date(2026, 3, 1)))
    session.flush()
    assert letter.content["unit"] == "甲镇"
    assert issue(session, place, date(2026, 2, 28), reason="更正").content["unit"] == "甲镇"  # the last day of the name
    assert issue(session, place, date(2026, 3, 1), reason="更名").content["unit"] == "甲街道"


# ---- signing ----


@pytest.mark.parametrize(
    ("signed_on", "late"),
    [
        (date(2026, 1, 27), False),  # Tuesday, the fifth workday
        (date(2026, 1, 28), True),
    ],
)
def test_a_letter_is_signed_for_within_five_workdays(
    session: Session, place: County, part: Assignment, signed_on: date, late: bool
) -> None:
    issue(session, place)
    letter = acknowledge_letter(session, place.cycle, place.town, by="联络员", today=signed_on)
    assert (letter.state, letter.acknowledged_on, letter.acknowledged_by) == (
        LetterState.ACKNOWLEDGED,
        signed_on,
        "联络员",
    )
    signature = owed(session, place.cycle, "letter/town/1")
    assert (signature.state, signature.due_on, signature.late) == (
        ObligationState.ACCEPTED,
        date(2026, 1, 27),
        late,
    )


def test_the_plan_may_give_more_time_to_sign(session: Session, place: County, part: Assignment) -> None:
    add_milestones(session, place.cycle, letter_due=date(2026, 2, 6))
    issue(session, place)
    assert owed(session, place.cycle, "letter/town/1").due_on == date(2026, 2, 6)


def test_nobody_signs_twice_before_its_date_or_for_nothing(session: Session, place: County, part: Assignment) -> None:
    with pytest.raises(Refused, match="没有待签收的责任书"):
        acknowledge_letter(session, place.cycle, place.town, by="联络员", today=DAY)
    issue(session, place)
    with pytest.raises(Refused, match="早于 2026-01-20"):
        acknowledge_letter(session, place.cycle, place.town, by="联络员", today=date(2026, 1, 19))
    acknowledge_letter(session, place.cycle, place.town, by="联络员", today=DAY)
    with pytest.raises(Refused, match="已签收"):
        acknowledge_letter(session, place.cycle, place.town, by="联络员", today=DAY)
    assert acts(session).count("acknowledge_letter") == 1


def test_a_letter_is_delivered_when_a_provider_has_taken_its_message(
    session: Session, place: County, part: Assignment
) -> None:
    letter = issue(session, place)
    assert mark_delivered(session, place.cycle, today=DAY) == 0
    message = session.exec(select(Message).where(Message.kind == "letter_issued", Message.role == Role.LIAISON)).one()
    contact = add_contact(session, place.town, address="other@town.example.com")
    delivery = Delivery(
        contact_id=row_id(contact), address=contact.address, day=DAY, title="通知", body="正文", sent_at=moment(DAY)
    )  # fmt: skip
    session.add(delivery)
    session.flush()
    message.delivery_id = delivery.id
    message.state = MessageState.SENT
    session.flush()
    assert mark_delivered(session, place.cycle, today=date(2026, 1, 21)) == 1
    assert (letter.state, letter.delivered_on) == (LetterState.DELIVERED, date(2026, 1, 21))
    assert mark_delivered(session, place.cycle, today=date(2026, 1, 22)) == 0


# ---- what a letter sets in motion ----


def test_with_its_letter_a_unit_owes_every_report_of_the_year(session: Session, place: County) -> None:
    add_milestones(session, place.cycle, self_check_due=date(2026, 7, 3), self_evaluation_due=date(2026, 11, 16))
    ask(session, add_indicator(session, place.cycle, "1"), place.town, "20")
    ask(session, add_indicator(session, place.cycle, "2", frequency=Frequency.MONTHLY), place.town, "20")
    ask(
        session,
        add_indicator(session, place.cycle, "3", frequency=Frequency.ONCE, due_on=date(2026, 3, 16)),
        place.town,
    )
    alone = add_indicator(session, place.cycle, "4", frequency=Frequency.YEARLY)
    ask(session, alone, place.town, "3", role=AssignmentRole.COOPERATE)
    shared = add_indicator(session, place.cycle, "5", frequency=Frequency.HALF_YEARLY, split=Split.EQUAL)
    ask(session, shared, place.town, "3", role=AssignmentRole.COOPERATE)
    sign(session, place.cycle, place.town, DAY)
    rows = session.exec(select(Obligation).where(Obligation.supplier_id == place.town.id)).all()
    keys = sorted(o.key for o in rows if o.state is ObligationState.PLANNED)
    months = [f"report/town/2/2026-{m:02}" for m in range(1, 13)]
    assert keys == sorted([
        *(f"report/town/1/2026Q{n}" for n in range(1, 5)), *months, "report/town/3/2026-03-16",
        "report/town/5/2026H1", "report/town/5/2026H2", "self_check/town", "self_evaluation/town",
    ])  # fmt: skip
    assert not any(o.key.startswith("report/town/4/") for o in rows)  # a cooperating unit reports only its own share


def test_the_supplier_owes_what_the_carrier_is_judged_by(session: Session, place: County) -> None:
    ask(session, add_indicator(session, place.cycle, "1", supplier_id=row_id(place.market)), place.town, "20")
    sign(session, place.cycle, place.town, DAY)
    report = owed(session, place.cycle, "report/town/1/2026Q1")
    assert (report.supplier_id, report.assessed_id) == (place.market.id, place.town.id)


def test_a_late_letter_asks_for_nothing_that_was_due_before(session: Session, place: County, part: Assignment) -> None:
    issue(session, place, date(2026, 4, 16))  # Thursday, the day after the first quarter fell due
    keys = session.exec(select(Obligation.key).where(Obligation.kind == ObligationKind.REPORT)).all()
    assert sorted(keys) == ["report/town/1/2026Q2", "report/town/1/2026Q3", "report/town/1/2026Q4"]


# ---- another letter ----


def test_a_second_letter_needs_a_reason_or_a_change(session: Session, place: County, part: Assignment) -> None:
    issue(session, place)
    with pytest.raises(Refused, match="内容没有变化"):
        issue(session, place)
    with pytest.raises(Refused, match="早于 2026-01-20"):
        issue(session, place, date(2026, 1, 19), reason="更正")
    assert issue(session, place, reason="更正笔误").version == 2


def test_an_adjusted_target_supersedes_the_letter_and_asks_for_another_signature(
    session: Session, place: County, part: Assignment
) -> None:
    sign(session, place.cycle, place.town, DAY)
    before = {o.key for o in session.exec(select(Obligation))}
    (new,) = adjust(session, place, "18")
    old, _ = of_the_town(session, place)
    assert (old.state, new.state) == (LetterState.SUPERSEDED, LetterState.ISSUED)
    assert (new.label, new.version, new.reason) == ("示质强办〔2026〕2号", 2, "目标调整：洪涝灾害")
    assert (old.content["lines"][0]["target"], new.content["lines"][0]["target"]) == ("≥20个", "≥18个")
    assert new.content["replaces"] == old.label
    versions = session.exec(select(Target).where(Target.assignment_id == part.id).order_by(col(Target.version))).all()
    assert [(t.value, t.reason, t.decided_on) for t in versions] == [
        (Decimal(20), "", NEW_YEAR),
        (Decimal(18), "洪涝灾害", LATER),
    ]
    assert {o.key for o in session.exec(select(Obligation))} - before == {"letter/town/2"}
    assert owed(session, place.cycle, "letter/town/1").state is ObligationState.ACCEPTED
    assert owed(session, place.cycle, "letter/town/2").state is ObligationState.OPEN
    assert old.label in messages(session, "letter_superseded")[0]
    assert "≥20个" in messages(session, "target_adjusted")[0]
    acknowledge_letter(session, place.cycle, place.town, by="联络员", today=LATER)
    assert new.state is LetterState.ACKNOWLEDGED


def test_one_act_is_one_entry_on_the_trail(session: Session, place: County, part: Assignment) -> None:
    issue(session, place)  # not signed for yet: its signature is withdrawn by the act as well
    before = len(acts(session))
    adjust(session, place, "18")
    assert acts(session)[before:] == ["adjust_target"]
    assert owed(session, place.cycle, "letter/town/1").state is ObligationState.WITHDRAWN
    said = session.exec(select(AuditEntry).order_by(col(AuditEntry.id).desc()).limit(1)).one().detail
    assert (said["old"], said["new"], said["letters"]) == ("≥20个", "≥18个", ["示质强办〔2026〕2号"])


def test_a_letter_that_no_longer_says_the_targets_is_due_for_another(
    session: Session, place: County, part: Assignment
) -> None:
    """A plan that is imported again may add a task: it is asked for, decided, and then the letter names it."""
    issue(session, place)
    ask(session, add_indicator(session, place.cycle, "2", frequency=Frequency.YEARLY), place.town, "3")
    assert not ready_for_letter(session, place.cycle, place.town)
    agree(session, place.cycle, place.town, date(2026, 3, 2))
    assert ready_for_letter(session, place.cycle, place.town)
    letter = issue(session, place, date(2026, 3, 2))
    assert [line["number"] for line in letter.content["lines"]] == ["1", "2"]
    assert letter.reason == "目标任务有调整"
    assert owed(session, place.cycle, "report/town/2/2026").state is ObligationState.PLANNED
    assert not ready_for_letter(session, place.cycle, place.town)


# ---- adjusting targets ----


@pytest.mark.parametrize(
    ("facts", "value", "why"),
    [
        ({}, "20", "没有变化"),
        ({}, "-1", "为负数"),
        ({"form": TargetForm.ZERO}, "1", "没有可调整的数值"),
        ({"form": TargetForm.RANGE}, "31", "大于上限 30"),
        ({"aggregation": Aggregation.RATIO, "measure": "%"}, "101", "超过 100%"),
    ],
)
def test_a_figure_that_cannot_be_one_is_refused(
    session: Session, place: County, facts: dict[str, object], value: str, why: str
) -> None:
    ask(session, add_indicator(session, place.cycle, "1", **facts), place.town, "20", high="30")
    agree(session, place.cycle, place.town, DAY)
    with pytest.raises(Refused, match=why):
        adjust(session, place, value)
    assert session.exec(select(Target.version)).all() == [1]


def test_an_undecided_target_is_decided_and_not_adjusted(session: Session, place: County) -> None:
    ask(session, add_indicator(session, place.cycle, "1"), place.town, "20")
    with pytest.raises(Refused, match="draft decide"):
        adjust(session, place, "18")


def test_adjusting_needs_a_reason_and_a_task(session: Session, place: County, part: Assignment) -> None:
    with pytest.raises(Refused, match="必须写明理由"):
        adjust_target(session, place.cycle, place.town, "1", Decimal(1), reason=" ", by="质强办", today=LATER)
    with pytest.raises(Refused, match="不承担序号为“2”"):
        adjust(session, place, "18", number="2")


def test_before_the_first_letter_an_adjustment_makes_none(session: Session, place: County, part: Assignment) -> None:
    assert adjust(session, place, "18") == []
    assert of_the_town(session, place) == []
    assert issue(session, place, LATER).content["lines"][0]["target"] == "≥18个"


def test_one_target_for_all_who_carry_it_is_adjusted_with_the_lead(session: Session, place: County) -> None:
    """Cooperating units stand with the lead's figure (scoring.md): their letters name the same target."""
    indicator = add_indicator(session, place.cycle, "1")
    ask(session, indicator, place.town, "20")
    ask(session, indicator, place.farming, "20", role=AssignmentRole.COOPERATE)
    for unit in (place.town, place.farming):
        sign(session, place.cycle, unit, DAY)
    with pytest.raises(Refused, match="请调整牵头单位的目标"):
        adjust_target(session, place.cycle, place.farming, "1", Decimal(18), reason="调整", by="质强办", today=LATER)
    letters = adjust(session, place, "18")
    assert {x.unit_id for x in letters} == {place.town.id, place.farming.id}
    assert {x.content["lines"][0]["target"] for x in letters} == {"≥18个"}
    assert len(messages(session, "target_adjusted")) == 2


def test_milestones_keep_their_proportion_to_an_adjusted_target(session: Session, place: County) -> None:
    ask(session, add_indicator(session, place.cycle, "1"), place.town, "20")
    send_draft(session, place.cycle, place.town, by="系统", today=DAY)
    q1, q2, q3, q4 = (Decimal(n) for n in (2, 6, 10, 20))
    answer = TargetAnswer(q1=q1, q2=q2, q3=q3, q4=q4)
    file_target(session, place.cycle, place.town, "1", answer, by="联络员", today=DAY)
    decide_draft(session, place.cycle, place.town, "1", accept=True, by="质强办", today=DAY)
    assert issue(session, place).content["lines"][0]["milestones"] == ["2", "6", "10", "20"]
    adjust(session, place, "30")
    letter = letter_in_force(session, place.cycle, place.town)
    assert letter is not None
    assert letter.content["lines"][0]["milestones"] == ["3", "9", "15", "30"]
