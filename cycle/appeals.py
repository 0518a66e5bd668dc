"""Appeals 申诉 against published lines: filed in time, decided by others, and what follows for everybody's rank."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from sqlmodel import Session, col, func, select

from cycle.corrections import correct
from cycle.lookup import unit_name
from cycle.marks import scorer_of
from cycle.rulebook import rules_of
from cycle.stage import APPEALABLE, assessment_begun
from cycle.trail import note
from models import Appeal, Assessment, Cycle, Mark, Refused, ScoreLine, Unit
from models.columns import row_id
from models.enums import AppealState, AssessmentState, MarkColumn
from notifications.notices import AppealDecided
from notifications.outbox import post
from rules.numbers import plain
from rules.scoring import Item, Line, ruled
from rules.states import move


def file_appeal(session: Session, cycle: Cycle, unit: Unit, item: str, ground: str, *, by: str, today: date) -> Appeal:
    """Take a unit's appeal against one published line and return it.

    Raises:
        Refused: nothing is published, the time is over, the ground is blank, the unit has no such line, or an appeal
            on it is waiting already.
    """
    assessment = _published(session, cycle)
    if assessment.appeals_until is None or today > assessment.appeals_until:
        raise Refused(f"申诉期已于 {assessment.appeals_until} 届满，不再受理。")
    if not ground.strip():
        raise Refused(f"第 {item} 项的申诉没有写理由。请写明理由，并附佐证材料。")
    _line(session, assessment, unit, item)
    if _waiting(session, assessment, unit, item) is not None:
        raise Refused(f"第 {item} 项已有一件申诉待裁定，请等待裁定结果。")
    assessment.state = move(assessment.state, "appeal")
    appeal = Appeal(
        assessment_id=row_id(assessment), unit_id=row_id(unit), item=item, ground=ground.strip(),
        filed_by=by, filed_on=today,
    )  # fmt: skip
    session.add(appeal)
    note(session, cycle_id=cycle.id, day=today, by=by, act="file_appeal", subject=f"{unit.code}/{item}",
         detail={"ground": appeal.ground})  # fmt: skip
    return appeal


def decide_appeal(
    session: Session, cycle: Cycle, unit: Unit, item: str, *, uphold: bool, decision: str,
    points: Decimal | None = None, decider: Unit, by: str, today: date,
) -> Appeal:  # fmt: skip
    """Decide an appeal and return it. Upheld, the line gets a new version, and so does every result it changes.

    Raises:
        Refused: no appeal waits, the decision is blank, the decider is the unit itself or scored the item, or the
            points are missing, unchanged or outside the item.
    """
    assessment = _published(session, cycle)
    appeal = _waiting(session, assessment, unit, item)
    if appeal is None:
        raise Refused(f"单位 {unit.code} 第 {item} 项没有待裁定的申诉。请用 zhiqiang appeal list 查看。")
    if not decision.strip():
        raise Refused("裁定必须写明理由（--decision）。")
    rule = next(i for i in rules_of(session, assessment.rule_set_id or 0).doc.items if i.number == item)
    _require_impartial(session, cycle, unit, rule, decider, today)
    if uphold:
        line = _ruled(_line(session, assessment, unit, item), points, decision.strip())
        correct(session, cycle, assessment, unit, line, reason=f"申诉成立：{decision.strip()}", today=today)
    appeal.decision, appeal.decider_id, appeal.decided_by = decision.strip(), row_id(decider), by
    appeal.decided_on, appeal.points = today, points if uphold else None
    appeal.state = move(appeal.state, "uphold" if uphold else "reject")
    decided = AppealDecided(item=f"第{item}项 {rule.title}", upheld=uphold, decision=appeal.decision)
    post(session, row_id(cycle), row_id(unit), decided, subject=f"{item}#{_rounds(session, appeal)}", today=today)
    detail = {
        "upheld": uphold,
        "decision": appeal.decision,
        "points": "" if appeal.points is None else plain(appeal.points),
    }
    subject = f"{unit.code}/{item}"
    note(session, cycle_id=cycle.id, day=today, by=by, act="decide_appeal", subject=subject, detail=detail)
    return appeal


def default_decider(session: Session, cycle: Cycle) -> Unit:
    """Return the unit that decides where no other is named: the owner of the cycle."""
    return session.get_one(Unit, cycle.owner_id)


def _published(session: Session, cycle: Cycle) -> Assessment:
    assessment = assessment_begun(session, cycle)
    if assessment is None or assessment.state not in APPEALABLE:
        state = assessment.state if assessment else AssessmentState.OPEN
        raise Refused(f"考核周期 {cycle.code} 当前为“{state.zh}”，没有可以申诉的公布结果。")
    return assessment


def _waiting(session: Session, assessment: Assessment, unit: Unit, item: str) -> Appeal | None:
    return session.exec(
        select(Appeal).where(
            Appeal.assessment_id == assessment.id,
            Appeal.unit_id == unit.id,
            Appeal.item == item,
            Appeal.state == AppealState.FILED,
        )
    ).first()


def _line(session: Session, assessment: Assessment, unit: Unit, item: str) -> ScoreLine:
    found = session.exec(
        select(ScoreLine)
        .where(ScoreLine.assessment_id == assessment.id, ScoreLine.unit_id == unit.id, ScoreLine.item == item)
        .order_by(col(ScoreLine.version).desc())
    ).first()
    if found is None:
        raise Refused(f"单位 {unit.code} 的得分明细中没有第 {item} 项。请核对项目编号。")
    return found


def _require_impartial(session: Session, cycle: Cycle, unit: Unit, item: Item, decider: Unit, today: date) -> None:
    """Refuse a decider who is the appellant or who scored the item (year.md, Scorers; scoring.md R18)."""
    marked = session.exec(
        select(Mark.giver_id).where(
            Mark.cycle_id == cycle.id,
            Mark.unit_id == unit.id,
            Mark.item == item.number,
            Mark.mark_column == MarkColumn.VERIFIED,
        )
    ).all()
    scored = {*marked, *([row_id(scorer_of(session, cycle, unit, item))] if item.scorer else [])}
    if decider.id == unit.id or decider.id in scored:
        why = "是申诉单位" if decider.id == unit.id else "参与了该项评分"
        raise Refused(f"{unit_name(session, row_id(decider), today)}{why}，不能裁定这件申诉。请由其他单位裁定。")


def _ruled(row: ScoreLine, points: Decimal | None, decision: str) -> Line:
    """Return the line with the mark of the ruling, which is from now on a mark like any other."""
    if points is None:
        raise Refused(f"裁定成立须写明第 {row.item} 项改判的得分（--points）。")
    if points == row.points:
        raise Refused(f"第 {row.item} 项的得分已经是 {plain(points)} 分，没有变化。不改分的，请裁定为不成立。")
    return replace(ruled(Line.from_json(row.explanation), points, decision), missing=None)


def _rounds(session: Session, appeal: Appeal) -> int:
    """Return which appeal of the unit on this item it is."""
    same = select(func.count(col(Appeal.id))).where(
        Appeal.assessment_id == appeal.assessment_id, Appeal.unit_id == appeal.unit_id, Appeal.item == appeal.item
    )
    return session.exec(same).one()
