"""Appeals against published lines: in time, decided by others, and what follows for everybody's rank."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import Session, select
from typer.testing import CliRunner

from cli.main import app
from cycle.appeals import decide_appeal, file_appeal
from cycle.assessment import advance, official_score, publish
from documents.facts import ResultFacts, from_json
from models import Appeal, Assessment, Circular, Message, Refused, ScoreLine, Unit, UnitResult
from models.columns import row_id
from models.enums import AppealState, AssessmentState
from models.record import open_record
from tests.builders import County
from tests.test_assessment import FINAL, LAST_APPEAL, OFFICE, PUBLISHED, frozen, state, town_b, year_to_be_assessed

TUESDAY = date(2027, 3, 23)
DECIDED = date(2027, 3, 25)  # Thursday


@pytest.fixture
def place(session: Session) -> County:
    """The result is published: 乙镇 first with 100 points, 甲镇 second with 94."""
    return published(session)


def published(session: Session) -> County:
    place = year_to_be_assessed(session)
    frozen(session, place)
    publish(session, place.cycle, by=OFFICE, today=PUBLISHED)
    return place


def appeal(
    session: Session, place: County, *, item: str = "T1", day: date = TUESDAY, ground: str = "漏计认证"
) -> Appeal:
    return file_appeal(session, place.cycle, place.town, item, ground, by="联络员", today=day)


def decide(session: Session, place: County, **what: Any) -> Appeal:
    ruling: dict[str, Any] = {
        "uphold": True, "decision": "证书属实，补计完成值", "points": Decimal(60), "decider": place.county, **what,
    }  # fmt: skip
    return decide_appeal(session, place.cycle, place.town, "T1", by="领导小组", today=DECIDED, **ruling)


def standings(session: Session, place: County, day: date = FINAL) -> list[tuple[str, str, str, int]]:
    score = official_score(session, place.cycle, as_of=day)
    return [(u.place.name, str(u.points), u.grade.grade, u.rank) for u in score.units]


def results(session: Session, unit: Unit) -> list[tuple[int, str, int]]:
    rows = session.exec(select(UnitResult).where(UnitResult.unit_id == unit.id).order_by(UnitResult.version))  # type: ignore[arg-type]
    return [(r.version, str(r.points), r.rank) for r in rows]


# ---- filing ----


def test_an_appeal_is_taken_up_to_the_last_day_and_not_after(session: Session, place: County) -> None:
    assert appeal(session, place, day=LAST_APPEAL).state is AppealState.FILED
    assert state(session) is AssessmentState.APPEALED
    with pytest.raises(Refused, match="申诉期已于 2027-03-29 届满"):
        appeal(session, place, item="T2", day=FINAL)


@pytest.mark.parametrize(
    ("item", "ground", "message"),
    [("T1", " ", "没有写理由"), ("T9", "漏计", "得分明细中没有第 T9 项")],
)
def test_an_appeal_without_ground_or_line_is_refused(
    session: Session, place: County, item: str, ground: str, message: str
) -> None:
    with pytest.raises(Refused, match=message):
        appeal(session, place, item=item, ground=ground)


def test_one_appeal_waits_per_item_and_another_may_follow_its_decision(session: Session, place: County) -> None:
    appeal(session, place)
    with pytest.raises(Refused, match="已有一件申诉待裁定"):
        appeal(session, place)
    decide(session, place, uphold=False, points=None)
    assert appeal(session, place, day=DECIDED).state is AppealState.FILED


def test_nothing_can_be_appealed_before_it_is_published(session: Session) -> None:
    place = year_to_be_assessed(session)
    frozen(session, place)
    with pytest.raises(Refused, match="当前为“已封账”，没有可以申诉的公布结果"):
        appeal(session, place)


# ---- deciding ----


def test_an_upheld_appeal_adds_a_line_and_every_result_that_changes(session: Session, place: County) -> None:
    appeal(session, place)
    decide(session, place)
    assert standings(session, place) == [("乙镇", "100.00", "A", 1), ("甲镇", "100.00", "A", 1)]
    lines = session.exec(select(ScoreLine).where(ScoreLine.unit_id == place.town.id, ScoreLine.item == "T1")).all()
    assert [(x.version, x.points, x.reason) for x in lines] == [
        (1, Decimal("54.00"), ""),
        (2, Decimal("60.00"), "申诉成立：证书属实，补计完成值"),
    ]
    assert "得分：60×90÷100＝54" in lines[1].explanation["arithmetic"]
    assert results(session, place.town) == [(1, "94.00", 2), (2, "100.00", 1)]
    assert results(session, town_b(session)) == [(1, "100.00", 1)]


def test_a_rank_that_others_lose_is_a_new_result_of_theirs(session: Session, place: County) -> None:
    file_appeal(session, place.cycle, town_b(session), "T1", "数据有误", by="联络员", today=TUESDAY)
    decide_appeal(
        session, place.cycle, town_b(session), "T1", uphold=True, decision="重复计算，核减", points=Decimal(30),
        decider=place.county, by="领导小组", today=DECIDED,
    )  # fmt: skip
    assert standings(session, place) == [("甲镇", "94.00", "A", 1), ("乙镇", "70.00", "C", 2)]
    assert results(session, place.town) == [(1, "94.00", 2), (2, "94.00", 1)]


def test_the_result_before_the_decision_is_still_what_it_was(session: Session, place: County) -> None:
    appeal(session, place)
    decide(session, place)
    assert standings(session, place, TUESDAY) == [("乙镇", "100.00", "A", 1), ("甲镇", "94.00", "A", 2)]
    lines = official_score(session, place.cycle, as_of=TUESDAY).units[1].lines
    assert [x.points for x in lines] == [Decimal("54.00"), Decimal("40.00")]


def test_a_rejected_appeal_changes_no_point(session: Session, place: County) -> None:
    appeal(session, place)
    decided = decide(session, place, uphold=False, points=None, decision="证书不在考核年度内")
    assert (decided.state, decided.points) == (AppealState.REJECTED, None)
    assert standings(session, place) == [("乙镇", "100.00", "A", 1), ("甲镇", "94.00", "A", 2)]
    assert not session.exec(select(ScoreLine).where(ScoreLine.version > 1)).all()


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ({"decision": " "}, "裁定必须写明理由"),
        ({"points": None}, "须写明第 T1 项改判的得分"),
        ({"points": Decimal(54)}, "已经是 54 分，没有变化"),
        ({"points": Decimal(61)}, "不在 0 至 60 分之间"),
    ],
)
def test_a_ruling_that_says_too_little_is_refused(
    session: Session, place: County, what: dict[str, Any], message: str
) -> None:
    appeal(session, place)
    with pytest.raises(Refused, match=message):
        decide(session, place, **what)


def test_neither_the_appellant_nor_the_scorer_decides(session: Session, place: County) -> None:
    appeal(session, place, item="T2")
    for decider, message in ((place.town, "甲镇是申诉单位"), (place.market, "市场监管局参与了该项评分")):
        with pytest.raises(Refused, match=message):
            decide_appeal(
                session, place.cycle, place.town, "T2", uphold=True, decision="属实", points=Decimal(0),
                decider=decider, by="领导小组", today=DECIDED,
            )  # fmt: skip


def test_what_nobody_appealed_against_is_not_decided(session: Session, place: County) -> None:
    with pytest.raises(Refused, match="没有待裁定的申诉"):
        decide(session, place)


# ---- what follows ----


def test_the_appellant_learns_the_ruling_and_every_unit_its_new_result(session: Session, place: County) -> None:
    appeal(session, place)
    decide(session, place)
    ruling = session.exec(select(Message).where(Message.kind == "appeal_decided")).all()
    assert {m.unit_id for m in ruling} == {row_id(place.town)}
    assert "成立" in ruling[0].line
    again = session.exec(select(Message).where(Message.kind == "result_corrected")).all()
    assert {m.unit_id for m in again} == {row_id(place.town)}
    assert {m.line for m in again} == {
        "考核结果（示质强办〔2027〕1号）已更正：本单位得分100.00分，等级A，位列本组第1名。"
        "原因：申诉成立：证书属实，补计完成值。"
    }


def test_the_result_is_final_only_when_every_appeal_is_decided(session: Session, place: County) -> None:
    appeal(session, place)
    assert advance(session, place.cycle, today=FINAL, by="系统") == 0
    decide(session, place)
    assert advance(session, place.cycle, today=FINAL, by="系统") == 1
    assert state(session) is AssessmentState.FINAL


def test_the_final_circular_lists_what_the_appeals_changed(session: Session, place: County) -> None:
    appeal(session, place)
    decide(session, place)
    advance(session, place.cycle, today=FINAL, by="系统")
    final = from_json(ResultFacts, session.exec(select(Circular).where(Circular.period == "final")).one().content)
    assert final.corrections == (
        "甲镇第T1项“考核要点T1”由54.00分改为60.00分：申诉成立：证书属实，补计完成值",
        "甲镇总分由94.00分改为100.00分，位次由第2名改为第1名",
    )
    assert final.procedure == ("受理申诉1件，由未参与评分的单位裁定，成立1件",)
    assert [(r.rank, r.unit) for r in final.groups[0].rows] == [(1, "乙镇"), (1, "甲镇")]


def test_appeals_by_command_on_both_databases(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIQIANG_DATABASE_URL", database_url)
    record = open_record(database_url)
    with record.writing() as session:
        published(session)
    record.close()
    commands = (
        ("file", "甲镇", "T1", "--ground", "漏计认证", "--today", "2027-03-23"),
        ("decide", "甲镇", "T1", "--uphold", "--points", "60", "--decision", "证书属实", "--today", "2027-03-25"),
    )
    for command in commands:
        done = CliRunner().invoke(app, ["appeal", *command, "--cycle", "2026"])
        assert done.exit_code == 0, done.output
    record = open_record(database_url)
    with record.reading() as session:
        assert session.exec(select(Assessment.state)).one() is AssessmentState.APPEALED
        assert session.exec(select(Appeal.state)).one() is AppealState.UPHELD
    record.close()
