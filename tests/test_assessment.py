"""From self-evaluation to the published result: what the calendar does, what people do, and what is refused."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import Session, col, select

from cycle import marks, merits
from cycle.assessment import advance, official_score, publish, replayed, verify
from cycle.marks import give_mark, self_evaluate
from cycle.results import digest
from cycle.rulebook import item_of
from documents.facts import ResultFacts, from_json
from models import (
    Assessment,
    Assignment,
    AuditEntry,
    Circular,
    Incident,
    Mark,
    Merit,
    Message,
    Milestone,
    Obligation,
    Participant,
    Refused,
    ScoreLine,
    Unit,
    UnitResult,
    Window,
)
from models.columns import row_id
from models.enums import AssessmentState, AssignmentRole, IncidentLevel, MarkColumn, ObligationState, Role, Split
from models.record import open_record
from tests.builders import (
    County,
    add_county,
    add_indicator,
    add_report,
    add_rules,
    add_town,
    add_windows,
    assign,
    rule,
)

OFFICE = "质强办"
OPENS = date(2026, 12, 1)  # Tuesday
SELF_DUE = date(2026, 12, 18)  # Friday
SATURDAY = date(2026, 12, 19)
VERIFIED = date(2027, 3, 10)  # Wednesday
VERIFY_DUE = date(2027, 3, 15)  # Monday
PUBLISHED = date(2027, 3, 22)  # Monday
LAST_APPEAL = date(2027, 3, 29)  # Monday, the fifth workday after
FINAL = date(2027, 3, 30)


@pytest.fixture
def place(session: Session) -> County:
    return year_to_be_assessed(session)


def year_to_be_assessed(session: Session) -> County:
    """Two towns: 甲镇 reached 90 of 100, 乙镇 all; each has one item by figures and one judged by the market bureau."""
    place = add_county(session)
    for unit in (place.market, place.farming):
        session.exec(select(Participant).where(Participant.unit_id == unit.id)).one().assessed = False
    for code, name, day in (
        ("self_evaluation_open", "自评开始", OPENS),
        ("self_evaluation_due", "自评截止", SELF_DUE),
        ("verification_due", "核定截止", VERIFY_DUE),
    ):
        session.add(Milestone(cycle_id=row_id(place.cycle), code=code, name=name, due_on=day))
    add_rules(
        session, place.cycle,
        rule("T1", "60", "R4", indicator="1"), rule("T2", "40", "R1", scorer="market", params={"condition": "judged"}),
        merits=({"number": "J1", "title": "获省级以上表彰", "points": "2"},),
    )  # fmt: skip
    indicator = add_indicator(session, place.cycle, "1", split=Split.EQUAL)
    window = add_windows(session, place.cycle)["2026Q4"]
    for town, value in ((place.town, "90"), (add_town(session, place, "b", "乙镇"), "100")):
        task = assign(session, indicator, town, "100", role=AssignmentRole.COOPERATE)
        add_report(session, task, window, value, accepted_on=date(2027, 1, 20))
    return place


def town_b(session: Session) -> Unit:
    return session.exec(select(Unit).where(Unit.code == "b")).one()


def tick(session: Session, place: County, day: date) -> int:
    return advance(session, place.cycle, today=day, by="系统")


def state(session: Session) -> AssessmentState | None:
    return session.exec(select(Assessment.state)).first()  # type: ignore[return-value]


def judge(session: Session, place: County, town: Unit, *, met: bool = True, day: date = VERIFIED) -> Mark:
    reason = "" if met else "未按方案组织活动"
    return give_mark(
        session, place.cycle, town, "T2", giver=place.market, met=met, reason=reason, by="评分人", today=day
    )


def correct(session: Session, town: Unit) -> None:
    """The town files a correction that nobody has reviewed."""
    task = session.exec(select(Assignment).where(Assignment.unit_id == town.id)).one()
    window = session.exec(select(Window).where(Window.code == "2026Q4")).one()
    add_report(session, task, window, "95", filed_on=date(2027, 3, 8), correction=True, reason="漏计一项")


def judged(session: Session, place: County) -> None:
    for town in (place.town, town_b(session)):
        judge(session, place, town)


def frozen(session: Session, place: County) -> None:
    tick(session, place, SATURDAY)
    judged(session, place)
    verify(session, place.cycle, by=OFFICE, today=VERIFIED)
    tick(session, place, VERIFY_DUE)


# ---- the course of the year ----


def test_the_calendar_moves_the_assessment_and_a_second_tick_does_nothing(session: Session, place: County) -> None:
    seen = []
    for day in (date(2026, 11, 30), OPENS, SELF_DUE, SATURDAY):
        first, again = tick(session, place, day), tick(session, place, day)
        seen.append((first, again, state(session)))
    assert seen == [
        (0, 0, None),
        (2, 0, None),  # both towns are asked
        (0, 0, None),  # the last day is still theirs
        (1, 0, AssessmentState.SELF_EVALUATED),
    ]
    judged(session, place)
    verify(session, place.cycle, by=OFFICE, today=VERIFIED)
    assert (tick(session, place, date(2027, 3, 12)), state(session)) == (0, AssessmentState.VERIFIED)
    assert (tick(session, place, VERIFY_DUE), state(session)) == (2, AssessmentState.FROZEN)
    assert tick(session, place, VERIFY_DUE) == 0
    publish(session, place.cycle, by=OFFICE, today=PUBLISHED)
    assert (tick(session, place, LAST_APPEAL), state(session)) == (0, AssessmentState.PUBLISHED)
    assert (tick(session, place, FINAL), state(session)) == (1, AssessmentState.FINAL)
    assert tick(session, place, date(2027, 6, 1)) == 1  # the cycle is closed
    assert place.cycle.closed_on == date(2027, 6, 1)
    assert tick(session, place, date(2027, 6, 2)) == 0


def test_a_late_tick_catches_up_in_order(session: Session, place: County) -> None:
    assert tick(session, place, date(2027, 1, 4)) == 3
    assert state(session) is AssessmentState.SELF_EVALUATED
    assert len(session.exec(select(Message).where(Message.kind == "self_evaluation_opened")).all()) == 2


def test_the_whole_course_on_both_databases(database_url: str) -> None:
    record = open_record(database_url)
    with record.writing() as session:
        place = year_to_be_assessed(session)
        frozen(session, place)
        publish(session, place.cycle, by=OFFICE, today=PUBLISHED)
        tick(session, place, FINAL)
        score = official_score(session, place.cycle, as_of=FINAL)
        assert [(u.place.name, str(u.points), u.grade.grade, u.rank) for u in score.units] == [
            ("乙镇", "100.00", "A", 1),
            ("甲镇", "94.00", "A", 2),
        ]
        assert state(session) is AssessmentState.FINAL
    record.close()


# ---- self-evaluation ----


def test_each_unit_is_told_once_when_self_evaluation_opens(session: Session, place: County) -> None:
    tick(session, place, OPENS)
    tick(session, place, date(2026, 12, 2))
    told = session.exec(select(Message).where(Message.kind == "self_evaluation_opened")).all()
    assert sorted((m.unit_id, m.due_on) for m in told) == [
        (row_id(place.town), SELF_DUE), (row_id(town_b(session)), SELF_DUE)
    ]  # fmt: skip


def test_with_its_last_item_the_self_evaluation_is_filed(session: Session, place: County) -> None:
    tick(session, place, OPENS)
    own: dict[str, Any] = {"by": "联络员", "today": SELF_DUE}
    self_evaluate(session, place.cycle, place.town, "T1", Decimal(58), **own)
    owed = session.exec(select(Obligation).where(Obligation.key == "self_evaluation/town")).one()
    assert owed.state is ObligationState.OPEN
    self_evaluate(session, place.cycle, place.town, "T2", Decimal(40), **own)
    assert (owed.state, owed.filed_on, owed.late) == (ObligationState.ACCEPTED, SELF_DUE, False)


def test_a_self_evaluation_after_its_day_is_late_and_still_taken(session: Session, place: County) -> None:
    tick(session, place, SATURDAY)
    for item in ("T1", "T2"):
        self_evaluate(session, place.cycle, place.town, item, Decimal(40), by="联络员", today=date(2026, 12, 21))
    owed = session.exec(select(Obligation).where(Obligation.key == "self_evaluation/town")).one()
    assert (owed.state, owed.late) == (ObligationState.ACCEPTED, True)


def test_the_same_mark_again_is_no_new_version_and_another_needs_a_reason(session: Session, place: County) -> None:
    def evaluate(points: int, reason: str = "") -> Mark:
        return self_evaluate(
            session, place.cycle, place.town, "T1", Decimal(points), reason, by="联络员", today=SELF_DUE
        )

    tick(session, place, OPENS)
    first = evaluate(58)
    assert evaluate(58).id == first.id
    with pytest.raises(Refused, match="更改须写明理由"):
        evaluate(57)
    assert evaluate(57, "核对后核减").version == 2


@pytest.mark.parametrize(
    ("item", "points", "message"),
    [
        ("T1", "61", "应在 0 至 60 分之间"),
        ("T1", "-1", "应在 0 至 60 分之间"),
        ("T9", "1", "没有编号为“T9”的评分项目。该单位的项目：T1、T2"),
    ],
)
def test_a_self_evaluation_outside_the_rules_is_refused(
    session: Session, place: County, item: str, points: str, message: str
) -> None:
    tick(session, place, OPENS)
    with pytest.raises(Refused, match=message):
        self_evaluate(session, place.cycle, place.town, item, Decimal(points), by="联络员", today=SELF_DUE)


def test_a_self_evaluation_does_not_count_in_the_score(session: Session, place: County) -> None:
    tick(session, place, OPENS)
    self_evaluate(session, place.cycle, place.town, "T2", Decimal(40), by="联络员", today=SELF_DUE)
    score = official_score(session, place.cycle, as_of=VERIFIED)
    assert next(u.points for u in score.units if u.place.code == "town") == Decimal("54.00")


# ---- marks ----


@pytest.mark.parametrize(
    ("giver", "item", "what", "message"),
    [
        ("town", "T2", {"met": True}, "不能给本单位评分"),
        ("farming", "T2", {"met": True}, "评分单位是市场监管局"),
        ("market", "T1", {"met": True}, "由系统按填报数据计分"),
        ("market", "T2", {"met": False}, "须写明扣分原因"),
        ("market", "T2", {}, "没有评判结果"),
        ("market", "T2", {"points": Decimal(20)}, "只能得 0 分或 40 分，不能得 20 分"),
        ("market", "T2", {"met": True, "points": Decimal(0)}, "互相矛盾"),
    ],
)
def test_a_mark_against_the_rules_is_refused(
    session: Session, place: County, giver: str, item: str, what: dict[str, Any], message: str
) -> None:
    with pytest.raises(Refused, match=message):
        give_mark(
            session, place.cycle, place.town, item, giver=getattr(place, giver), by="评分人", today=VERIFIED, **what
        )


def test_full_points_stand_for_fulfilled(session: Session, place: County) -> None:
    mark = give_mark(
        session, place.cycle, place.town, "T2", giver=place.market, points=Decimal("40.0"), by="评分人", today=VERIFIED
    )
    assert mark.met
    assert mark.points == 40
    assert mark.mark_column is MarkColumn.VERIFIED


def test_a_scorer_that_is_assessed_by_its_own_item_is_marked_by_the_owner_of_the_cycle(
    session: Session, place: County
) -> None:
    session.exec(select(Participant).where(Participant.unit_id == place.market.id)).one().assessed = True
    judged_by_market = rule("D1", "100", "R1", "部门", scorer="market", params={"condition": "judged"})
    add_rules(session, place.cycle, judged_by_market, version=2)
    item = item_of(session, place.cycle, place.market, "D1", day=VERIFIED)
    assert marks.scorer_of(session, place.cycle, place.market, item).id == place.county.id


# ---- verification ----


def test_verification_waits_for_the_end_of_self_evaluation(session: Session, place: County) -> None:
    for town in (place.town, town_b(session)):
        judge(session, place, town, day=SELF_DUE)
    with pytest.raises(Refused, match="当前状态为“未开始”，不能“核定”"):
        verify(session, place.cycle, by=OFFICE, today=SELF_DUE)
    assert verify(session, place.cycle, by=OFFICE, today=SATURDAY).state is AssessmentState.VERIFIED


def test_everything_open_is_named_at_once_with_unit_item_and_scorer(session: Session, place: County) -> None:
    judge(session, place, town_b(session))
    correct(session, place.town)
    with pytest.raises(Refused) as refused:
        verify(session, place.cycle, by=OFFICE, today=VERIFIED)
    assert refused.value.message.startswith("尚有 2 项没有办结")
    assert [str(p) for p in refused.value.problems] == [
        "甲镇第 T1 项“考核要点T1”：2026Q4 已报待审，未计入",
        "甲镇第 T2 项“考核要点T2”：评分单位尚未评判（评分单位：市场监管局）",
    ]


def test_verification_waits_for_what_is_not_yet_due(session: Session, place: County) -> None:
    for town in (place.town, town_b(session)):
        judge(session, place, town, day=SELF_DUE)
    owed = session.exec(select(Obligation).where(Obligation.assessed_id == place.town.id)).one()
    owed.state = ObligationState.PLANNED
    with pytest.raises(Refused) as refused:
        verify(session, place.cycle, by=OFFICE, today=owed.due_on)  # the last day is still the unit's
    assert str(refused.value.problems[0]) == f"甲镇有 1 项填报尚未到期，最晚 {owed.due_on}"


# ---- freezing ----


def test_frozen_lines_say_what_they_rest_on_and_replay_to_the_same_bytes(session: Session, place: County) -> None:
    frozen(session, place)
    lines = session.exec(select(ScoreLine).order_by(col(ScoreLine.unit_id), ScoreLine.item)).all()
    assert [(x.unit_id, x.item, x.version, x.points, x.full_points) for x in lines][:2] == [
        (row_id(place.town), "T1", 1, Decimal("54.00"), Decimal(60)),
        (row_id(place.town), "T2", 1, Decimal("40.00"), Decimal(40)),
    ]
    assert "得分：60×90÷100＝54" in lines[0].explanation["arithmetic"]
    sealed = session.exec(select(AuditEntry).where(AuditEntry.act == "freeze")).one().detail["digest"]
    assert digest(official_score(session, place.cycle, as_of=VERIFY_DUE).units) == sealed
    session.expire_all()
    assert digest(replayed(session, place.cycle).units) == sealed


def test_a_frozen_result_does_not_move_with_what_comes_later(session: Session, place: County) -> None:
    frozen(session, place)
    before = digest(official_score(session, place.cycle, as_of=PUBLISHED).units)
    session.add(Incident(
        cycle_id=row_id(place.cycle), unit_id=row_id(place.town), occurred_on=date(2026, 9, 1),
        level=IncidentLevel.SYSTEMIC, title="迟报的事件", recorded_by=OFFICE, recorded_on=PUBLISHED,
    ))  # fmt: skip
    session.flush()
    assert digest(official_score(session, place.cycle, as_of=PUBLISHED).units) == before
    assert digest(replayed(session, place.cycle).units) == before


def test_after_the_freeze_nothing_is_recorded_that_would_count(session: Session, place: County) -> None:
    frozen(session, place)
    with pytest.raises(Refused, match="已封账"):
        judge(session, place, place.town, met=False, day=VERIFY_DUE)
    with pytest.raises(Refused, match="已封账"):
        merits.record_merit(
            session, place.cycle, place.town, "J1", "省级表彰", basis="表彰文件", by=OFFICE, today=VERIFY_DUE
        )
    with pytest.raises(Refused, match="已封账"):
        merits.record_incident(
            session, place.cycle, place.town, "质量事件", level=IncidentLevel.GENERAL, occurred_on=date(2026, 9, 1),
            basis="调查报告", by=OFFICE, today=VERIFY_DUE,
        )  # fmt: skip


def test_what_opened_again_after_verification_stops_the_freeze(session: Session, place: County) -> None:
    tick(session, place, SATURDAY)
    judged(session, place)
    verify(session, place.cycle, by=OFFICE, today=VERIFIED)
    correct(session, place.town)
    with pytest.raises(Refused, match="尚有 1 项没有办结"):
        tick(session, place, VERIFY_DUE)


# ---- publishing ----


def test_publishing_issues_a_numbered_circular_and_tells_every_unit(session: Session, place: County) -> None:
    frozen(session, place)
    assessment = publish(session, place.cycle, by=OFFICE, today=PUBLISHED)
    assert assessment.appeals_until == LAST_APPEAL
    circular = session.exec(select(Circular)).one()
    facts = from_json(ResultFacts, circular.content)
    assert (circular.label, facts.published_on, facts.appeals_until) == ("示质强办〔2027〕1号", PUBLISHED, LAST_APPEAL)
    assert [(r.rank, r.unit, str(r.points), r.grade) for r in facts.groups[0].rows] == [
        (1, "乙镇", "100.00", "A"),
        (2, "甲镇", "94.00", "A"),
    ]
    told = session.exec(
        select(Message).where(Message.kind == "result_published", Message.unit_id == place.town.id)
    ).all()
    assert {m.role for m in told} == {Role.LIAISON, Role.DEPUTY, Role.HEAD}
    assert "94.00分" in told[0].line
    with pytest.raises(Refused, match="当前状态为“已公布”，不能“公布”"):
        publish(session, place.cycle, by=OFFICE, today=PUBLISHED)


def test_nothing_is_published_or_replayed_before_it_is_frozen(session: Session, place: County) -> None:
    with pytest.raises(Refused, match="尚未封账，没有可以重算的结果"):
        replayed(session, place.cycle)
    with pytest.raises(Refused, match="不能“公布”"):
        publish(session, place.cycle, by=OFFICE, today=PUBLISHED)


def test_the_final_circular_comes_after_the_time_for_appeals(session: Session, place: County) -> None:
    frozen(session, place)
    publish(session, place.cycle, by=OFFICE, today=PUBLISHED)
    tick(session, place, FINAL)
    final = from_json(ResultFacts, session.exec(select(Circular).where(Circular.period == "final")).one().content)
    assert (final.final, final.label, final.corrections) == (True, "示质强办〔2027〕2号", ())
    assert final.procedure == ("申诉期内没有单位提出申诉",)
    assert len(session.exec(select(UnitResult)).all()) == 2


def test_a_veto_is_named_in_the_circular(session: Session, place: County) -> None:
    merits.record_incident(
        session, place.cycle, place.town, "农产品质量安全事件", level=IncidentLevel.SYSTEMIC,
        occurred_on=date(2026, 9, 1), basis="市级调查报告", by=OFFICE, today=date(2026, 9, 10),
    )  # fmt: skip
    frozen(session, place)
    publish(session, place.cycle, by=OFFICE, today=PUBLISHED)
    facts = from_json(ResultFacts, session.exec(select(Circular)).one().content)
    assert facts.vetoes == ("甲镇发生系统性质量安全事件，一律评为 D 级（按得分为 A 级）",)


# ---- matters and incidents ----


def test_a_matter_is_recorded_once_and_only_under_a_number_of_the_rules(session: Session, place: County) -> None:
    def record(number: str, title: str, basis: str = "表彰文件") -> Merit:
        return merits.record_merit(
            session, place.cycle, place.town, number, title, basis=basis, by=OFFICE, today=VERIFIED
        )

    assert record("J1", "省级表彰").number == "J1"
    for number, title, basis, message in (
        ("J1", "省级表彰", "表彰文件", "同一事项只计一次"),
        ("J9", "市级表彰", "表彰文件", "“加减分”表中没有编号“J9”。现有：J1 获省级以上表彰"),
        ("J1", "市级表彰", " ", "须写明事项和依据"),
    ):
        with pytest.raises(Refused, match=message):
            record(number, title, basis)


@pytest.mark.parametrize(
    ("occurred_on", "title", "message"),
    [
        (date(2025, 12, 31), "事件", "不在本周期已过的日期内"),
        (date(2026, 9, 11), "事件", "不在本周期已过的日期内"),
        (date(2026, 9, 1), " ", "须写明事件名称和认定依据"),
    ],
)
def test_an_incident_outside_the_cycle_or_without_words_is_refused(
    session: Session, place: County, occurred_on: date, title: str, message: str
) -> None:
    with pytest.raises(Refused, match=message):
        merits.record_incident(
            session, place.cycle, place.town, title, level=IncidentLevel.GENERAL, occurred_on=occurred_on,
            basis="调查报告", by=OFFICE, today=date(2026, 9, 10),
        )  # fmt: skip


def test_the_same_incident_is_recorded_once(session: Session, place: County) -> None:
    def record() -> Incident:
        return merits.record_incident(
            session, place.cycle, place.town, "事件", level=IncidentLevel.GENERAL, occurred_on=date(2026, 9, 1),
            basis="调查报告", by=OFFICE, today=VERIFIED,
        )  # fmt: skip

    record()
    with pytest.raises(Refused, match="已经登记"):
        record()
