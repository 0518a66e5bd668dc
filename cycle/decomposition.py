"""Decomposition as work asked of each unit: a draft goes out, a filing or an objection comes back, and is decided."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from sqlmodel import Session, col, func, select

from cycle.lookup import calendar, find_indicator
from cycle.obligations import milestones, owe
from cycle.target_versions import ADDS_UP, add_target, current_target, figure_of
from cycle.trail import note
from models import Assignment, Cycle, Filing, Indicator, Obligation, Refused, Target, Unit
from models.columns import row_id
from models.enums import Aggregation, AssignmentState, ObligationKind, ObligationState, TargetForm
from notifications.notices import DraftDecided, DraftSent
from notifications.outbox import post
from rules.numbers import plain
from rules.states import move
from rules.targets import TargetFigure, met, phrase

FILING_WORKDAYS = 10
"""How long a unit has for its filing where the plan names no day."""
REFILING_WORKDAYS = 3
"""How long a unit has for what was sent back to it; never less than it had anyway."""


class TargetAnswer(NamedTuple):
    """What a unit answers to one draft target: last year's value and cumulative milestones, or a reasoned objection."""

    last_year: Decimal | None = None
    q1: Decimal | None = None
    q2: Decimal | None = None
    q3: Decimal | None = None
    q4: Decimal | None = None
    objection: str = ""
    proposed: Decimal | None = None


def assignments_of(session: Session, cycle: Cycle, unit: Unit) -> list[tuple[Assignment, Indicator]]:
    """Return the unit's running assignments in the order of the table."""
    rows = session.exec(
        select(Assignment, Indicator)
        .join(Indicator)
        .where(Indicator.cycle_id == cycle.id, Assignment.unit_id == unit.id, col(Assignment.ended_on).is_(None))
        .order_by(col(Indicator.id))
    )
    return [(a, i) for a, i in rows]


def filing_key(unit: Unit) -> str:
    """Return the key of the unit's filing in the list of obligations."""
    return f"{ObligationKind.FILING.value}/{unit.code}"


def send_draft(session: Session, cycle: Cycle, unit: Unit, *, by: str, today: date) -> int:
    """Send the unit the targets it has not yet been sent; return how many. Again changes nothing."""
    fresh = [a for a, _ in assignments_of(session, cycle, unit) if a.state is AssignmentState.DRAFT]
    if not fresh:
        return 0
    for assignment in fresh:
        assignment.state = move(assignment.state, "send")
    obligation = _ask_for_filing(session, cycle, unit, today)
    post(
        session,
        row_id(cycle),
        row_id(unit),
        DraftSent(items=len(fresh), due_on=obligation.due_on),
        subject=f"draft-{today.isoformat()}",
        today=today,
        obligation_id=row_id(obligation),
        due_on=obligation.due_on,
    )
    note(
        session,
        cycle_id=row_id(cycle),
        day=today,
        by=by,
        act="send_draft",
        subject=unit.code,
        detail={"items": len(fresh)},
    )
    return len(fresh)


def _ask_for_filing(session: Session, cycle: Cycle, unit: Unit, today: date) -> Obligation:
    """Return the unit's filing obligation, open from today; one that was settled before is asked for again."""
    stated = milestones(session, cycle).get("filing_due")
    due_on = stated if stated and stated >= today else calendar(cycle).after(today, FILING_WORKDAYS)
    known = _filing(session, cycle, unit)
    if known is None:
        fresh = Obligation(
            cycle_id=row_id(cycle),
            key=filing_key(unit),
            kind=ObligationKind.FILING,
            title="量化质量目标备案",
            supplier_id=row_id(unit),
            assessed_id=row_id(unit),
            open_on=today,
            due_on=due_on,
            state=ObligationState.OPEN,
        )
        owe(session, [fresh])
        return fresh
    if known.state is ObligationState.ACCEPTED:
        known.state = move(known.state, "reopen")
    if known.state is ObligationState.SUBMITTED:
        known.state = move(known.state, "return")
    known.due_on = max(known.due_on, due_on)
    return known


def _filing(session: Session, cycle: Cycle, unit: Unit) -> Obligation | None:
    return session.exec(
        select(Obligation).where(Obligation.cycle_id == cycle.id, Obligation.key == filing_key(unit))
    ).first()


def file_target(
    session: Session, cycle: Cycle, unit: Unit, indicator_no: str, answer: TargetAnswer, *, by: str, today: date
) -> Filing:
    """Take the unit's filing or objection for one draft target and return it.

    Raises:
        Refused: the unit does not carry the indicator, the draft is not open, or the figures run backwards.
    """
    indicator = find_indicator(session, cycle, indicator_no)
    assignment = _assignment(session, indicator, unit)
    _check(indicator, current_target(session, row_id(assignment)), answer)
    assignment.state = move(assignment.state, "object" if answer.objection.strip() else "file")
    filing = Filing(
        assignment_id=row_id(assignment),
        version=_rounds(session, assignment) + 1,
        objected=bool(answer.objection.strip()),
        reason=answer.objection.strip(),
        proposed=answer.proposed,
        last_year=answer.last_year,
        q1=answer.q1,
        q2=answer.q2,
        q3=answer.q3,
        q4=answer.q4,
        filed_by=by,
        filed_on=today,
    )
    session.add(filing)
    note(
        session,
        cycle_id=row_id(cycle),
        day=today,
        by=by,
        act="file_target",
        subject=f"{unit.code}/{indicator_no}",
        detail={"version": filing.version, "objection": filing.reason, "last_year": _text(answer.last_year)},
    )
    _settle(session, cycle, unit, today=today)
    return filing


def decide_draft(
    session: Session,
    cycle: Cycle,
    unit: Unit,
    indicator_no: str,
    *,
    accept: bool,
    reason: str = "",
    value: Decimal | None = None,
    by: str,
    today: date,
) -> None:
    """Decide a filing or an objection: accepted as it stands or with a new value, or sent back with a reason.

    Raises:
        Refused: nothing is waiting to be decided, or a reason is missing where one is owed.
    """
    indicator = find_indicator(session, cycle, indicator_no)
    assignment = _assignment(session, indicator, unit)
    objected = assignment.state is AssignmentState.OBJECTED
    if not reason.strip() and (not accept or objected):
        raise Refused(f"指标 {indicator_no} 的处理意见缺少理由。退回备案或答复异议必须写明理由（--reason）。")
    if not accept and value is not None:
        raise Refused(f"指标 {indicator_no} 退回重报时不能同时改定目标值。请去掉目标值，或改为同意（--accept）。")
    state = move(assignment.state, "accept" if accept else "return")
    changed = value is not None and value != figure_of(indicator, current_target(session, row_id(assignment)))
    if value is not None and changed:
        add_target(session, assignment, indicator, value, reason=reason.strip() or "按备案意见调整", today=today)
    assignment.state = state
    if objected or changed or not accept:
        decided = DraftDecided(indicator=indicator.name, accepted=accept, reason=reason or f"目标改定为 {_text(value)}")
        subject = f"{indicator_no}-{_rounds(session, assignment)}"
        post(session, row_id(cycle), row_id(unit), decided, subject=subject, today=today)
    note(
        session,
        cycle_id=row_id(cycle),
        day=today,
        by=by,
        act="decide_draft",
        subject=f"{unit.code}/{indicator_no}",
        detail={"accept": accept, "value": _text(value), "reason": reason},
    )
    _settle(session, cycle, unit, today=today)


def _rounds(session: Session, assignment: Assignment) -> int:
    return session.exec(select(func.max(Filing.version)).where(Filing.assignment_id == assignment.id)).one() or 0


def _assignment(session: Session, indicator: Indicator, unit: Unit) -> Assignment:
    found = session.exec(
        select(Assignment).where(
            Assignment.indicator_id == indicator.id, Assignment.unit_id == unit.id, col(Assignment.ended_on).is_(None)
        )
    ).first()
    if found is None:
        raise Refused(f"单位 {unit.code} 不承担指标 {indicator.number} {indicator.name}。请核对序号。")
    return found


def _check(indicator: Indicator, target: Target, answer: TargetAnswer) -> None:
    """Refuse figures that contradict each other or the target; an objection says why itself."""
    if answer.objection.strip() or indicator.form is TargetForm.QUALITATIVE:
        return
    steps = [q for q in (answer.q1, answer.q2, answer.q3, answer.q4) if q is not None]
    if any(q < 0 for q in steps):
        raise Refused(f"指标 {indicator.number} 的季度节点不能为负数。请核对后重报。")
    if indicator.aggregation is Aggregation.RATIO and any(q > 100 for q in steps):
        raise Refused(f"指标 {indicator.number} 为比率，季度节点不能超过 100%。请核对后重报。")
    if indicator.aggregation not in ADDS_UP:
        return
    if any(a > b for a, b in pairwise(steps)):
        raise Refused(f"指标 {indicator.number} 的季度节点应填累计数，后一季度不能小于前一季度。请核对后重报。")
    asked = TargetFigure(
        indicator.form, target.value, target.value_high, target.margin, answer.last_year, indicator.measure
    )
    if answer.q4 is not None and met(asked, Fraction(answer.q4)) is False:
        raise Refused(
            f"指标 {indicator.number} 的四季度节点 {answer.q4} 达不到全年目标（{phrase(asked)}）。"
            "请核对后重报；不同意目标的，请提出异议并写明理由。"
        )


def _settle(session: Session, cycle: Cycle, unit: Unit, *, today: date) -> None:
    """Keep the unit's filing obligation in step with its drafts."""
    session.flush()
    states = {a.state for a, _ in assignments_of(session, cycle, unit)}
    obligation = _filing(session, cycle, unit)
    assert obligation is not None  # a draft is only answered after it was sent
    waiting_for_unit = AssignmentState.SENT in states
    if not waiting_for_unit and obligation.state in (ObligationState.OPEN, ObligationState.RETURNED):
        obligation.state = move(obligation.state, "submit")
        obligation.filed_on = obligation.filed_on or today
        obligation.late = obligation.late or today > obligation.due_on
    elif waiting_for_unit and obligation.state is ObligationState.SUBMITTED:
        obligation.state = move(obligation.state, "return")
        obligation.returns += 1
        obligation.due_on = max(obligation.due_on, calendar(cycle).after(today, REFILING_WORKDAYS))
    if states == {AssignmentState.ACCEPTED} and obligation.state is ObligationState.SUBMITTED:
        obligation.state = move(obligation.state, "accept")
    session.flush()


def _text(value: Decimal | None) -> str:
    return "" if value is None else plain(value)


def filed_numbers(session: Session, cycle: Cycle, unit: Unit) -> list[str]:
    """Return the numbers of the unit's targets that were filed without objection and wait for the office."""
    return [i.number for a, i in assignments_of(session, cycle, unit) if a.state is AssignmentState.FILED]
