"""Responsibility letters 责任书: numbered, frozen at issue, acknowledged, and superseded when what they say changes."""

from datetime import date

from sqlmodel import Session, col, select

from cycle.clock import not_before
from cycle.decomposition import assignments_of
from cycle.letter_facts import letter_facts, still_says
from cycle.lookup import calendar
from cycle.numbering import take_label
from cycle.obligations import lay_out_unit, milestones, owe
from cycle.trail import SYSTEM, note
from documents.facts import to_json
from models import Cycle, Letter, Message, Obligation, Refused, Unit
from models.columns import row_id
from models.enums import AssignmentState, LetterState, MessageState, ObligationKind, ObligationState
from notifications.notices import NOTICES, LetterIssued, LetterSuperseded
from notifications.outbox import post
from rules.states import move

IN_FORCE = (LetterState.ISSUED, LetterState.DELIVERED, LetterState.ACKNOWLEDGED)
ACKNOWLEDGE_WORKDAYS = 5
CHANGED = "目标任务有调整"
"""Why a letter is replaced where the change itself says no more."""


def letter_in_force(session: Session, cycle: Cycle, unit: Unit) -> Letter | None:
    """Return the unit's letter that holds now, or None before the first."""
    return session.exec(
        select(Letter).where(
            Letter.cycle_id == cycle.id, Letter.unit_id == unit.id, col(Letter.state).in_([s.value for s in IN_FORCE])
        )
    ).first()


def ready_for_letter(session: Session, cycle: Cycle, unit: Unit) -> bool:
    """Return whether all of the unit's targets are decided and no letter in force says them."""
    if {a.state for a, _ in assignments_of(session, cycle, unit)} != {AssignmentState.ACCEPTED}:
        return False
    letter = letter_in_force(session, cycle, unit)
    return letter is None or not still_says(session, cycle, unit, letter.content)


def issue_letter(session: Session, cycle: Cycle, unit: Unit, *, by: str, today: date, reason: str = "") -> Letter:
    """Issue the unit's letter, superseding one in force (then with a reason), and return it.

    The number is taken, the content frozen, the unit told, the acknowledgement put on the list of what is owed, and
    with the first letter all the reports of the year.

    Raises:
        Refused: the unit carries nothing, targets are undecided, or the letter in force says the same and no reason
            is given for another.
    """
    letter = put_in_force(session, cycle, unit, today=today, reason=reason)
    note(
        session,
        cycle_id=row_id(cycle),
        day=today,
        by=by,
        act="issue_letter",
        subject=unit.code,
        detail={"label": letter.label, "version": letter.version, "reason": letter.reason},
    )
    return letter


def put_in_force(session: Session, cycle: Cycle, unit: Unit, *, today: date, reason: str = "") -> Letter:
    """Do what `issue_letter` does as a part of another act, which keeps the trail."""
    _expect_decided(session, cycle, unit)
    old = letter_in_force(session, cycle, unit)
    if old is not None and not reason.strip() and still_says(session, cycle, unit, old.content):
        raise Refused(f"单位 {unit.code} 已有责任书 {old.label}，内容没有变化。确需换发的，请写明理由（--reason）。")
    letter = _next_letter(session, cycle, unit, reason.strip() or CHANGED, today)
    if old is not None:
        _supersede(session, old)
    letter.label = take_label(session, cycle, f"letter/{cycle.code}/{unit.code}/{letter.version}", today=today)
    letter.state = move(letter.state, "issue")
    letter.issued_on = today
    letter.content = to_json(letter_facts(session, cycle, unit, letter, replaces=old.label if old else ""))
    session.add(letter)
    session.flush()
    _ask_to_sign(session, cycle, unit, letter, today)
    if old is not None:
        replaced = LetterSuperseded(label=old.label, reason=letter.reason)
        post(session, row_id(cycle), row_id(unit), replaced, subject=old.label, today=today)
    lay_out_unit(session, cycle, unit, today=today)
    return letter


def _expect_decided(session: Session, cycle: Cycle, unit: Unit) -> None:
    carried = assignments_of(session, cycle, unit)
    if not carried:
        raise Refused(f"单位 {unit.code} 在考核周期 {cycle.code} 中没有承担目标任务，不印发责任书。请核对单位。")
    undecided = [i.number for a, i in carried if a.state is not AssignmentState.ACCEPTED]
    if undecided:
        numbers = "、".join(undecided)
        raise Refused(f"单位 {unit.code} 尚有未确认的目标（序号 {numbers}），不能印发责任书。请先办结备案。")


def _next_letter(session: Session, cycle: Cycle, unit: Unit, reason: str, today: date) -> Letter:
    """Return the draft of the unit's next version; from the second on it says why."""
    own = select(Letter).where(Letter.cycle_id == cycle.id, Letter.unit_id == unit.id)
    last = session.exec(own.order_by(col(Letter.version).desc())).first()
    if last is None:
        return Letter(cycle_id=row_id(cycle), unit_id=row_id(unit))
    not_before(today, last.issued_on, "换发责任书")
    return Letter(cycle_id=row_id(cycle), unit_id=row_id(unit), version=last.version + 1, reason=reason)


def _ask_to_sign(session: Session, cycle: Cycle, unit: Unit, letter: Letter, today: date) -> None:
    """Put the acknowledgement on the list of what is owed, and tell the unit."""
    due_on = _acknowledge_by(session, cycle, today)
    acknowledgement = Obligation(
        cycle_id=row_id(cycle),
        key=letter_key(unit, letter.version),
        kind=ObligationKind.ACKNOWLEDGEMENT,
        title=f"签收责任书 {letter.label}",
        supplier_id=row_id(unit),
        assessed_id=row_id(unit),
        letter_id=row_id(letter),
        open_on=today,
        due_on=due_on,
        state=ObligationState.OPEN,
    )
    owe(session, [acknowledgement])
    post(
        session,
        row_id(cycle),
        row_id(unit),
        LetterIssued(label=letter.label, due_on=due_on),
        subject=letter.label,
        today=today,
        obligation_id=row_id(acknowledgement),
        due_on=due_on,
    )


def letter_key(unit: Unit, version: int) -> str:
    """Return the key of a letter's acknowledgement in the list of obligations."""
    return f"letter/{unit.code}/{version}"


def acknowledge_letter(session: Session, cycle: Cycle, unit: Unit, *, by: str, today: date) -> Letter:
    """Record that the unit has signed for its letter 签收 and return it; a second time is refused.

    Raises:
        Refused: there is no letter in force, or it is signed for already.
    """
    letter = letter_in_force(session, cycle, unit)
    if letter is None:
        raise Refused(f"单位 {unit.code} 没有待签收的责任书。请先由质强办印发。")
    not_before(today, letter.issued_on, "签收责任书")
    letter.state = move(letter.state, "acknowledge")
    letter.acknowledged_on, letter.acknowledged_by = today, by
    obligation = session.exec(select(Obligation).where(Obligation.letter_id == letter.id)).one()
    obligation.state = move(move(obligation.state, "submit"), "accept")
    obligation.filed_on = today
    obligation.late = obligation.late or today > obligation.due_on
    note(
        session,
        cycle_id=row_id(cycle),
        day=today,
        by=by,
        act="acknowledge_letter",
        subject=unit.code,
        detail={"label": letter.label},
    )
    return letter


def mark_delivered(session: Session, cycle: Cycle, *, today: date) -> int:
    """Mark every issued letter as delivered whose message a provider has accepted; return how many."""
    told = (
        select(Obligation.letter_id)
        .join(Message, col(Message.obligation_id) == col(Obligation.id))
        .where(Message.kind == NOTICES[LetterIssued].name, Message.state == MessageState.SENT)
    )
    rows = session.exec(
        select(Letter)
        .where(Letter.cycle_id == cycle.id, Letter.state == LetterState.ISSUED, col(Letter.id).in_(told))
        .order_by(col(Letter.id))
    ).all()
    for letter in rows:
        letter.state = move(letter.state, "deliver")
        letter.delivered_on = today
    if rows:
        labels = {"labels": [letter.label for letter in rows]}
        note(session, cycle_id=cycle.id, day=today, by=SYSTEM, act="mark_delivered", subject=cycle.code, detail=labels)
    return len(rows)


def end_letter(session: Session, cycle: Cycle, unit: Unit) -> Letter | None:
    """Put the unit's letter out of force without another, as when the unit ends; return it, or None without one."""
    letter = letter_in_force(session, cycle, unit)
    if letter is not None:
        _supersede(session, letter)
    return letter


def _supersede(session: Session, letter: Letter) -> None:
    letter.state = move(letter.state, "supersede")
    pending = session.exec(select(Obligation).where(Obligation.letter_id == letter.id)).one()
    if pending.state is ObligationState.OPEN:
        pending.state = move(pending.state, "withdraw")
    session.flush()


def _acknowledge_by(session: Session, cycle: Cycle, today: date) -> date:
    stated = milestones(session, cycle).get("letter_due")
    earliest = calendar(cycle).after(today, ACKNOWLEDGE_WORKDAYS)
    return stated if stated and stated >= earliest else earliest
