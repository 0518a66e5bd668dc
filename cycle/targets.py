"""Changing a decided target: a new version with its reason, and a letter that says the new figure."""

from datetime import date
from decimal import Decimal

from sqlmodel import Session

from cycle.decomposition import add_target, assignments_of, current_target
from cycle.letters import issue_letter, letter_in_force, target_phrase
from cycle.trail import note
from models import Assignment, Cycle, Indicator, Refused, Unit
from models.columns import row_id
from models.enums import TargetForm
from notifications.notices import TargetAdjusted
from notifications.outbox import post

WITHOUT_VALUE = (TargetForm.ZERO, TargetForm.EXISTS, TargetForm.QUALITATIVE)


def adjust_target(
    session: Session, cycle: Cycle, unit: Unit, indicator_no: str, value: Decimal, *, reason: str, by: str, today: date
) -> None:
    """Change a decided target; the old version stays, and a letter in force is superseded by one with the new figure.

    Raises:
        Refused: the reason is blank, the unit does not carry the indicator, or the figure does not change.
    """
    if not reason.strip():
        raise Refused("调整目标必须写明理由（--reason）。")
    assignment, indicator = _carried(session, cycle, unit, indicator_no)
    present = current_target(session, row_id(assignment))
    relative = indicator.form in (TargetForm.ABOVE_AVERAGE, TargetForm.UP_ON_LAST_YEAR)
    if indicator.form in WITHOUT_VALUE:
        raise Refused(f"指标 {indicator_no} 为“{indicator.form.zh}”，没有可调整的数值。")
    if value == (present.margin if relative else present.value):
        raise Refused(f"指标 {indicator_no} 的目标已经是 {value}{indicator.measure}，没有变化。")
    old, new = add_target(session, assignment, value, reason=reason.strip(), today=today)
    if relative:
        new.value, new.margin = None, value
    was, now = (target_phrase(session, indicator, assignment, t) for t in (old, new))
    adjusted = TargetAdjusted(indicator=indicator.name, old=was, new=now, reason=reason)
    post(session, row_id(cycle), row_id(unit), adjusted, subject=f"{indicator_no}-v{new.version}", today=today)
    note(
        session,
        cycle_id=row_id(cycle),
        day=today,
        by=by,
        act="adjust_target",
        subject=f"{unit.code}/{indicator_no}",
        detail={"old": was, "new": now, "reason": reason},
    )
    if letter_in_force(session, cycle, unit) is not None:
        issue_letter(session, cycle, unit, by=by, today=today, reason=f"目标调整：{reason}")


def _carried(session: Session, cycle: Cycle, unit: Unit, number: str) -> tuple[Assignment, Indicator]:
    pair = next(((a, i) for a, i in assignments_of(session, cycle, unit) if i.number == number), None)
    if pair is None:
        raise Refused(f"单位 {unit.code} 不承担序号为“{number}”的指标。请核对。")
    return pair
