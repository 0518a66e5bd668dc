"""Marks people give: the unit's own evaluation of itself, and the scorer's mark. Nobody marks the own unit."""

from datetime import date
from decimal import Decimal

from sqlmodel import Session, col, select

from cycle.lookup import find_obligation, unit_name
from cycle.rulebook import is_judged, item_of, items_of, scorer_code
from cycle.self_evaluation import self_evaluation_key
from cycle.stage import is_past, require_open_facts
from cycle.trail import note
from models import Cycle, Mark, Obligation, Refused, Unit
from models.columns import row_id
from models.enums import AssessmentState, MarkColumn, ObligationState
from rules.numbers import plain
from rules.scoring import Item
from rules.states import move


def scorer_of(session: Session, cycle: Cycle, unit: Unit, item: Item) -> Unit:
    """Return the unit that marks `item` for `unit`: its scorer, or the owner of the cycle where it may not."""
    owner = session.get_one(Unit, cycle.owner_id)
    code = scorer_code(item, unit.code, owner.code)
    return session.exec(select(Unit).where(Unit.code == code)).one()


def give_mark(
    session: Session, cycle: Cycle, unit: Unit, item: str, *, giver: Unit, points: Decimal | None = None,
    met: bool | None = None, reason: str = "", by: str, today: date,
) -> Mark:  # fmt: skip
    """Record a scorer's judgement on a judged item, as its next version, and return it; the same again changes nothing.

    `met` says whether the requirement is fulfilled; `points` may stand for it, all or nothing.

    Raises:
        Refused: the giver is the unit itself or not the item's scorer, the item is not judged, a deduction or a change
            has no reason, or the facts are closed.
    """
    require_open_facts(session, cycle)
    if giver.id == unit.id:
        raise Refused(f"第 {item} 项：评分单位不能给本单位评分。请由其他单位评分。")
    judged = item_of(session, cycle, unit, item, day=today)
    if not is_judged(judged):
        raise Refused(f"第 {item} 项“{judged.title}”由系统按填报数据计分，不需要评分。对数据有疑问的，请退回填报。")
    scorer = scorer_of(session, cycle, unit, judged)
    if giver.id != scorer.id:
        name = unit_name(session, row_id(scorer), today)
        raise Refused(f"第 {item} 项“{judged.title}”的评分单位是{name}。请由该单位评分。")
    verdict = _verdict(judged, points, met)
    if not verdict and not reason.strip():
        raise Refused(f"第 {item} 项“{judged.title}”不得分，须写明扣分原因（--reason）。")
    mark = Mark(
        cycle_id=row_id(cycle),
        unit_id=row_id(unit),
        item=item,
        mark_column=MarkColumn.VERIFIED,
        giver_id=row_id(giver),
        given_by=by,
        points=judged.weight if verdict else Decimal(0),
        met=verdict,
        reason=reason.strip(),
        given_on=today,
    )
    return _put_on_record(session, cycle, unit, mark)


def _verdict(item: Item, points: Decimal | None, met: bool | None) -> bool:
    of = f"第 {item.number} 项“{item.title}”"
    by_points = None if points is None else {Decimal(0): False, item.weight: True}.get(points)
    if points is not None and by_points is None:
        raise Refused(f"{of}只能得 0 分或 {plain(item.weight)} 分，不能得 {plain(points)} 分。")
    if met is None and by_points is None:
        raise Refused(f"{of}没有评判结果。请写明符合或不符合（--met / --not-met）。")
    if met is not None and by_points is not None and met is not by_points:
        raise Refused(f"{of}的评判与得分 {plain(points or 0)} 互相矛盾。请改其中一处。")
    return bool(by_points if met is None else met)


def self_evaluate(
    session: Session, cycle: Cycle, unit: Unit, item: str, points: Decimal, reason: str = "", *, by: str, today: date
) -> Mark:
    """Record what the unit gives itself for an item and return it; with its last item the self-evaluation is filed.

    Raises:
        Refused: self-evaluation is not open for the unit, the points lie outside the item, or a change has no reason.
    """
    owed = find_obligation(session, cycle, self_evaluation_key(unit.code))
    _require_open(session, cycle, owed)
    own = item_of(session, cycle, unit, item, day=today)
    if not 0 <= points <= own.weight:
        given = f"自评 {plain(points)} 分，应在 0 至 {plain(own.weight)} 分之间"
        raise Refused(f"第 {item} 项“{own.title}”{given}。请改正。")
    mark = Mark(
        cycle_id=row_id(cycle),
        unit_id=row_id(unit),
        item=item,
        mark_column=MarkColumn.SELF,
        giver_id=row_id(unit),
        given_by=by,
        points=points,
        reason=reason.strip(),
        given_on=today,
    )
    recorded = _put_on_record(session, cycle, unit, mark)
    _file_when_complete(session, cycle, unit, owed, today)
    return recorded


def _require_open(session: Session, cycle: Cycle, owed: Obligation) -> None:
    if owed.state is ObligationState.PLANNED:
        raise Refused(f"自评自 {owed.open_on} 起办理，现在尚未开放。请届时再填。")
    if owed.state in (ObligationState.MISSED, ObligationState.WITHDRAWN):
        raise Refused(
            f"自评已于 {owed.close_on or owed.due_on} 截止，当前为“{owed.state.zh}”。确需补报的，请与质强办联系。"
        )
    if is_past(session, cycle, AssessmentState.SELF_EVALUATED):
        raise Refused("本周期已完成核定，不能再填自评得分。对公布的得分有异议的，请在申诉期内提出申诉。")


def _put_on_record(session: Session, cycle: Cycle, unit: Unit, mark: Mark) -> Mark:
    last = session.exec(
        select(Mark)
        .where(Mark.cycle_id == mark.cycle_id, Mark.unit_id == mark.unit_id, Mark.item == mark.item)
        .where(Mark.mark_column == mark.mark_column, Mark.giver_id == mark.giver_id)
        .order_by(col(Mark.version).desc())
    ).first()
    if last is not None:
        if (last.points, last.met, last.reason) == (mark.points, mark.met, mark.reason):
            return last
        if not mark.reason:
            raise Refused(f"第 {mark.item} 项已有{mark.mark_column.zh}，更改须写明理由。")
        mark.version = last.version + 1
    session.add(mark)
    detail = {"points": plain(mark.points or 0), "version": mark.version, "reason": mark.reason}
    note(session, cycle_id=cycle.id, day=mark.given_on, by=mark.given_by, act=f"mark_{mark.mark_column.value}",
         subject=f"{unit.code}/{mark.item}", detail=detail)  # fmt: skip
    return mark


def _file_when_complete(session: Session, cycle: Cycle, unit: Unit, owed: Obligation, today: date) -> None:
    if owed.state is ObligationState.ACCEPTED:
        return
    marked = session.exec(
        select(Mark.item).where(
            Mark.cycle_id == cycle.id, Mark.unit_id == unit.id, Mark.mark_column == MarkColumn.SELF
        )
    ).all()  # fmt: skip
    if {i.number for i in items_of(session, cycle, unit, day=today)} <= set(marked):
        owed.state = move(move(owed.state, "submit"), "accept")
        owed.filed_on = owed.filed_on or today
        owed.late = owed.late or today > owed.due_on
        session.flush()
