"""Changing a decided target: a new version with its reason, and letters that say the new figure."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from sqlmodel import Session, col, select

from cycle.decomposition import assignments_of
from cycle.letters import letter_in_force, put_in_force
from cycle.target_versions import add_target, current_target, figure_of, target_phrase
from cycle.trail import note
from models import Assignment, Cycle, Indicator, Letter, Refused, Unit
from models.columns import row_id
from models.enums import AssignmentRole, AssignmentState, Split
from notifications.notices import TargetAdjusted
from notifications.outbox import post


def adjust_target(
    session: Session, cycle: Cycle, unit: Unit, indicator_no: str, value: Decimal, *, reason: str, by: str, today: date
) -> list[Letter]:
    """Change a decided target and return the letters that were issued anew; the old version and letter stay on record.

    A target that is not shared out is one figure for all who carry it: the lead's change is everybody's.

    Raises:
        Refused: the reason is blank, the unit does not carry the indicator or only cooperates in it, the target is
            not decided yet, or the figure does not change or cannot be one.
    """
    if not reason.strip():
        raise Refused("调整目标必须写明理由（--reason）。")
    assignment, indicator = _carried(session, cycle, unit, indicator_no)
    old, new = add_target(session, assignment, indicator, value, reason=reason.strip(), today=today)
    carriers = [assignment, *_with_the_same_target(session, assignment, indicator)]
    for other in carriers[1:]:
        if figure_of(indicator, current_target(session, row_id(other))) != value:
            add_target(session, other, indicator, value, reason=reason.strip(), today=today)
    was, now = target_phrase(indicator, old), target_phrase(indicator, new)
    adjusted = TargetAdjusted(indicator=indicator.name, old=was, new=now, reason=reason.strip())
    for carrier in carriers:
        subject = f"{indicator_no}-v{current_target(session, row_id(carrier)).version}"
        post(session, row_id(cycle), carrier.unit_id, adjusted, subject=subject, today=today)
    letters = _new_letters(session, cycle, carriers, f"目标调整：{reason.strip()}", today)
    note(
        session,
        cycle_id=row_id(cycle),
        day=today,
        by=by,
        act="adjust_target",
        subject=f"{unit.code}/{indicator_no}",
        detail={"old": was, "new": now, "reason": reason.strip(), "letters": [letter.label for letter in letters]},
    )
    return letters


def _carried(session: Session, cycle: Cycle, unit: Unit, number: str) -> tuple[Assignment, Indicator]:
    pair = next(((a, i) for a, i in assignments_of(session, cycle, unit) if i.number == number), None)
    if pair is None:
        raise Refused(f"单位 {unit.code} 不承担序号为“{number}”的指标。请核对。")
    assignment, indicator = pair
    if assignment.state is not AssignmentState.ACCEPTED:
        raise Refused(
            f"单位 {unit.code} 的指标 {number} 当前为“{assignment.state.zh}”，尚未确认。"
            "请用 zhiqiang draft decide 审定，可同时改定目标值。"
        )
    if indicator.split is Split.NONE and assignment.role is not AssignmentRole.LEAD:
        raise Refused(f"指标 {number} 不分解，配合单位与牵头单位同一目标。请调整牵头单位的目标。")
    return assignment, indicator


def _with_the_same_target(session: Session, assignment: Assignment, indicator: Indicator) -> Sequence[Assignment]:
    if indicator.split is not Split.NONE:
        return ()
    return session.exec(
        select(Assignment)
        .where(Assignment.indicator_id == indicator.id, Assignment.id != assignment.id)
        .where(col(Assignment.ended_on).is_(None))
        .order_by(col(Assignment.id))
    ).all()


def _new_letters(
    session: Session, cycle: Cycle, carriers: Sequence[Assignment], reason: str, today: date
) -> list[Letter]:
    """Supersede the letters in force; a unit whose other targets are still undecided gets its new letter after them."""
    letters = []
    for carrier in carriers:
        unit = session.get_one(Unit, carrier.unit_id)
        decided = all(a.state is AssignmentState.ACCEPTED for a, _ in assignments_of(session, cycle, unit))
        if decided and letter_in_force(session, cycle, unit) is not None:
            letters.append(put_in_force(session, cycle, unit, today=today, reason=reason))
    return letters
