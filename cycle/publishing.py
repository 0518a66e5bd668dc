"""The result as a paper: the circular with its content frozen, and the notices that go with it."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import groupby

from sqlmodel import Session, col, select

from cycle.lookup import names
from cycle.numbering import take_label
from cycle.results import latest_results
from cycle.scoring import CycleScore, Scored
from documents.facts import GroupResult, ResultFacts, ResultRow, to_json
from models import Appeal, Assessment, Circular, Cycle, ScoreLine, UnitResult
from models.columns import row_id
from models.enums import AppealState, AssessmentState, CircularKind
from notifications.notices import CircularIssued, ResultPublished
from notifications.outbox import post

PUBLISHED, FINAL = AssessmentState.PUBLISHED.value, AssessmentState.FINAL.value
"""The periods under which the two circulars of a result are kept."""
USE_OF_RESULTS = (
    "考核结果送考核办，纳入县综合考核",
    "各单位在结果公布后一个月内提出整改措施，失分事项列入下一周期首批任务",
)


def issue_result(session: Session, cycle: Cycle, assessment: Assessment, score: CycleScore, *, today: date) -> str:
    """Issue the circular of the published result, tell every unit, and return its label."""
    label = take_label(session, cycle, f"circular/{cycle.code}/{PUBLISHED}", today=today)
    facts = ResultFacts(
        label=label,
        office=cycle.office,
        cycle_name=cycle.name,
        published_on=today,
        basis=(
            f"根据{cycle.name}评分细则（第{score.rules.version}版，{_chinese(score.rules.effective_on)}起施行），"
            f"{cycle.office}对{len(score.units)}个责任单位进行了考核"
        ),
        procedure=tuple(_procedure(assessment, score)),
        groups=_groups(score),
        vetoes=_vetoes(score),
        appeals_until=assessment.appeals_until,
        use_of_results=USE_OF_RESULTS,
    )
    _put_on_record(session, cycle, PUBLISHED, facts)
    for unit in score.units:
        _tell(session, cycle, assessment, unit, label, today)
    return label


def issue_final(session: Session, cycle: Cycle, assessment: Assessment, score: CycleScore, *, today: date) -> str:
    """Issue the circular of the final result with what the appeals changed, tell every unit, and return its label."""
    label = take_label(session, cycle, f"circular/{cycle.code}/{FINAL}", today=today)
    first = published_label(session, cycle)
    facts = ResultFacts(
        label=label,
        office=cycle.office,
        cycle_name=cycle.name,
        published_on=today,
        basis=f"{first}公布的考核结果申诉期已满，申诉事项已全部裁定",
        procedure=(_appeals_in_words(session, assessment),),
        groups=_groups(score),
        vetoes=_vetoes(score),
        use_of_results=USE_OF_RESULTS,
        corrections=tuple(corrections(session, assessment, today=today)),
        final=True,
    )
    _put_on_record(session, cycle, FINAL, facts)
    told = CircularIssued(label=label, title=f"{cycle.name}最终考核结果的通报")
    for unit in score.units:
        post(session, row_id(cycle), unit.place.unit_id, told, subject=label, today=today)
    return label


def _tell(session: Session, cycle: Cycle, assessment: Assessment, unit: Scored, label: str, today: date) -> None:
    assert assessment.appeals_until is not None
    notice = ResultPublished(
        label=label, points=unit.points, grade=unit.grade.grade, rank=unit.rank, appeals_until=assessment.appeals_until
    )
    post(session, row_id(cycle), unit.place.unit_id, notice, subject=label, today=today)


def published_label(session: Session, cycle: Cycle) -> str:
    """Return the number of the circular that published the result."""
    return session.exec(
        select(Circular.label).where(
            Circular.cycle_id == cycle.id, Circular.kind == CircularKind.RESULT, Circular.period == PUBLISHED
        )
    ).one()


def corrections(session: Session, assessment: Assessment, *, today: date) -> Iterator[str]:
    """Yield in words each line that an appeal changed, then each unit whose total, grade or rank changed with it."""
    called = names(session, today)
    lines = session.exec(
        select(ScoreLine).where(ScoreLine.assessment_id == assessment.id).order_by(col(ScoreLine.id))
    ).all()
    before = {(x.unit_id, x.item, x.version): x.points for x in lines}
    for line in lines:
        if line.version > 1:
            old = before[line.unit_id, line.item, line.version - 1]
            title = line.explanation["title"]
            yield f"{called[line.unit_id]}第{line.item}项“{title}”由{old}分改为{line.points}分：{line.reason}"
    first = session.exec(
        select(UnitResult).where(UnitResult.assessment_id == assessment.id, UnitResult.version == 1)
    ).all()
    latest = latest_results(session, assessment, as_of=today)
    for was in sorted(first, key=lambda r: (r.group_name, r.rank, r.unit_id)):
        yield from _change(called, was, latest[was.unit_id])


def _change(called: Mapping[int, str], was: UnitResult, now: UnitResult) -> Iterator[str]:
    changes = [
        f"{what}由{old}{unit}改为{new}{unit}"
        for what, old, new, unit in (
            ("总分", was.points, now.points, "分"),
            ("等级", was.grade, now.grade, "级"),
            ("位次", f"第{was.rank}", f"第{now.rank}", "名"),
        )
        if old != new
    ]
    if changes:
        yield f"{called[was.unit_id]}{'，'.join(changes)}"


def _put_on_record(session: Session, cycle: Cycle, period: str, facts: ResultFacts) -> None:
    session.add(
        Circular(
            cycle_id=row_id(cycle),
            kind=CircularKind.RESULT,
            period=period,
            label=facts.label,
            content=to_json(facts),
            issued_on=facts.published_on,
        )
    )
    session.flush()


def _procedure(assessment: Assessment, score: CycleScore) -> Iterator[str]:
    if assessment.self_evaluated_on:
        yield f"各责任单位逐项自评，{_chinese(assessment.self_evaluated_on)}结束"
    if assessment.verified_on:
        yield f"评分单位逐项评分，不评本单位，{_chinese(assessment.verified_on)}核定完毕"
    if assessment.frozen_on:
        places = score.rules.doc.options.published_decimals
        frozen = f"{_chinese(assessment.frozen_on)}封账计分"
        yield f"{frozen}，总分四舍五入保留{places}位小数后评定等级，按组排定位次，同分同位次"


def _groups(score: CycleScore) -> tuple[GroupResult, ...]:
    return tuple(
        GroupResult(name, tuple(_rows(units))) for name, units in groupby(score.units, key=lambda u: u.place.group)
    )


def _rows(units: Iterable[Scored]) -> Iterator[ResultRow]:
    for u in units:
        yield ResultRow(u.rank, u.place.name, u.points, u.grade.grade, u.grade.reason)


def _vetoes(score: CycleScore) -> tuple[str, ...]:
    return tuple(f"{u.place.name}{u.grade.reason}" for u in score.units if u.grade.reason)


def _appeals_in_words(session: Session, assessment: Assessment) -> str:
    appeals = session.exec(select(Appeal).where(Appeal.assessment_id == assessment.id)).all()
    if not appeals:
        return "申诉期内没有单位提出申诉"
    upheld = sum(a.state is AppealState.UPHELD for a in appeals)
    return f"受理申诉{len(appeals)}件，由未参与评分的单位裁定，成立{upheld}件"


def _chinese(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
