"""Responsibility letters 责任书: numbered, frozen at issue, acknowledged, and superseded when what they say changes."""

from datetime import date
from decimal import Decimal

from sqlmodel import Session, col, select

from cycle.decomposition import assignments_of, current_target
from cycle.lookup import calendar, participant, unit_name
from cycle.numbering import take_label
from cycle.obligations import lay_out_unit, milestones, owe, withdraw
from cycle.trail import note
from documents.facts import LetterFacts, LetterLine, to_json
from models import (
    Assignment,
    Cycle,
    Filing,
    Indicator,
    Letter,
    Message,
    Obligation,
    Reference,
    Refused,
    RuleSet,
    Target,
    Unit,
)
from models.columns import row_id
from models.enums import (
    AssignmentState,
    LetterState,
    MessageState,
    ObligationKind,
    ObligationState,
    ReferenceKind,
    TargetForm,
)
from notifications.notices import LetterIssued, LetterSuperseded
from notifications.outbox import post
from rules.numbers import plain
from rules.scoring import RuleSetDoc
from rules.states import move
from rules.targets import TargetFigure, phrase

IN_FORCE = (LetterState.ISSUED, LetterState.DELIVERED, LetterState.ACKNOWLEDGED)
ACKNOWLEDGE_WORKDAYS = 5


def letter_in_force(session: Session, cycle: Cycle, unit: Unit) -> Letter | None:
    """Return the unit's letter that holds now, or None before the first."""
    return session.exec(
        select(Letter).where(
            Letter.cycle_id == cycle.id, Letter.unit_id == unit.id, col(Letter.state).in_([s.value for s in IN_FORCE])
        )
    ).first()


def ready_for_letter(session: Session, cycle: Cycle, unit: Unit) -> bool:
    """Return whether all of the unit's targets are decided and no letter is in force."""
    states = {a.state for a, _ in assignments_of(session, cycle, unit)}
    return states == {AssignmentState.ACCEPTED} and letter_in_force(session, cycle, unit) is None


def issue_letter(session: Session, cycle: Cycle, unit: Unit, *, by: str, today: date, reason: str = "") -> Letter:
    """Issue the unit's letter, superseding one in force (then with a reason), and return it.

    The number is taken, the content frozen, the unit told, the acknowledgement put on the list of what is owed, and
    with the first letter all the reports of the year.

    Raises:
        Refused: targets are undecided, or a letter is in force and no reason is given.
    """
    open_items = [i.number for a, i in assignments_of(session, cycle, unit) if a.state is not AssignmentState.ACCEPTED]
    if open_items:
        raise Refused(
            f"单位 {unit.code} 尚有未确认的目标（序号 {'、'.join(open_items)}），不能印发责任书。请先办结备案。"
        )
    old = letter_in_force(session, cycle, unit)
    if old is not None and not reason.strip():
        raise Refused(f"单位 {unit.code} 已有责任书 {old.label}。换发必须写明理由（--reason）。")
    version = 1 if old is None else old.version + 1
    if old is not None:
        _supersede(session, old, by=by, today=today, reason=reason)
    letter = Letter(cycle_id=row_id(cycle), unit_id=row_id(unit), version=version, reason=reason if version > 1 else "")
    letter.label = take_label(session, cycle, f"letter/{cycle.code}/{unit.code}/{version}", today=today)
    letter.state = move(letter.state, "issue")
    letter.issued_on = today
    letter.content = to_json(letter_facts(session, cycle, unit, letter, replaces=old.label if old else ""))
    session.add(letter)
    session.flush()
    due_on = _acknowledge_by(session, cycle, today)
    owe(
        session,
        [
            Obligation(
                cycle_id=row_id(cycle),
                key=letter_key(unit, version),
                kind=ObligationKind.ACKNOWLEDGEMENT,
                title=f"签收责任书 {letter.label}",
                supplier_id=row_id(unit),
                assessed_id=row_id(unit),
                letter_id=row_id(letter),
                open_on=today,
                due_on=due_on,
                state=ObligationState.OPEN,
            )
        ],
    )
    lay_out_unit(session, cycle, unit, today=today)
    if old is None:
        post(
            session,
            row_id(cycle),
            row_id(unit),
            LetterIssued(label=letter.label, due_on=due_on),
            subject=letter.label,
            today=today,
            due_on=due_on,
        )
    else:
        post(
            session,
            row_id(cycle),
            row_id(unit),
            LetterSuperseded(label=letter.label, reason=reason),
            subject=letter.label,
            today=today,
            due_on=due_on,
        )
    note(
        session,
        cycle_id=row_id(cycle),
        day=today,
        by=by,
        act="issue_letter",
        subject=unit.code,
        detail={"label": letter.label, "version": version, "reason": reason},
    )
    return letter


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
    rows = session.exec(
        select(Letter)
        .join(Message, (col(Message.unit_id) == col(Letter.unit_id)) & (col(Message.cycle_id) == col(Letter.cycle_id)))
        .where(Letter.cycle_id == cycle.id, Letter.state == LetterState.ISSUED, Message.state == MessageState.SENT)
        .where(
            col(Message.kind).in_(["letter_issued", "letter_superseded"]), col(Message.key).contains(col(Letter.label))
        )
        .distinct()
    ).all()
    for letter in rows:
        letter.state = move(letter.state, "deliver")
        letter.delivered_on = today
    return len(rows)


def _supersede(session: Session, letter: Letter, *, by: str, today: date, reason: str) -> None:
    letter.state = move(letter.state, "supersede")
    pending = session.exec(select(Obligation).where(Obligation.letter_id == letter.id)).one()
    if pending.state is ObligationState.OPEN:
        withdraw(session, pending, by=by, today=today, reason=f"责任书换发：{reason}")
    session.flush()


def end_letter(session: Session, cycle: Cycle, unit: Unit, *, by: str, today: date, reason: str) -> None:
    """Put the unit's letter out of force without another, as when the unit ends."""
    letter = letter_in_force(session, cycle, unit)
    if letter is not None:
        _supersede(session, letter, by=by, today=today, reason=reason)


def _acknowledge_by(session: Session, cycle: Cycle, today: date) -> date:
    stated = milestones(session, cycle).get("letter_due")
    earliest = calendar(cycle).after(today, ACKNOWLEDGE_WORKDAYS)
    return stated if stated and stated >= earliest else earliest


def letter_facts(session: Session, cycle: Cycle, unit: Unit, letter: Letter, *, replaces: str) -> LetterFacts:
    """Return what the unit's letter says on its day of issue."""
    assert letter.issued_on
    place = participant(session, cycle, unit)
    rules = session.exec(
        select(RuleSet).where(RuleSet.cycle_id == cycle.id).order_by(col(RuleSet.version).desc())
    ).first()
    grades = RuleSetDoc.model_validate_json(rules.document).grades if rules else ()
    return LetterFacts(
        label=letter.label,
        office=cycle.office,
        cycle_name=cycle.name,
        starts=cycle.starts,
        ends=cycle.ends,
        unit=unit_name(session, row_id(unit), letter.issued_on),
        group=place.group_name,
        issued_on=letter.issued_on,
        lines=tuple(_line(session, a, i) for a, i in assignments_of(session, cycle, unit)),
        duty=place.duty,
        monthly_due_workdays=cycle.monthly_due_workdays,
        quarterly_due_workdays=cycle.quarterly_due_workdays,
        grades=tuple(f"{g.name}级：{plain(g.lower)}分以上" for g in grades),
        version=letter.version,
        reason=letter.reason,
        replaces=replaces,
    )


def _line(session: Session, assignment: Assignment, indicator: Indicator) -> LetterLine:
    filing = session.exec(
        select(Filing).where(Filing.assignment_id == assignment.id).order_by(col(Filing.version).desc())
    ).first()
    steps = [filing.q1, filing.q2, filing.q3, filing.q4] if filing else [None] * 4
    q1, q2, q3, q4 = (_plain(v) for v in steps)
    return LetterLine(
        number=indicator.number,
        field=indicator.field.zh,
        indicator=indicator.name,
        role=assignment.role.zh,
        target=target_phrase(session, indicator, assignment, current_target(session, row_id(assignment))),
        frequency=indicator.frequency.zh,
        last_year=_plain(filing.last_year) if filing else "",
        milestones=(q1, q2, q3, q4),
    )


def _plain(value: Decimal | None) -> str:
    return "" if value is None else plain(value)


REFERENCE_OF = {
    TargetForm.ABOVE_AVERAGE: ReferenceKind.OUTSIDE_AVERAGE,
    TargetForm.UP_ON_LAST_YEAR: ReferenceKind.LAST_YEAR,
}


def target_phrase(session: Session, indicator: Indicator, assignment: Assignment, target: Target) -> str:
    """Return the target as the letter prints it, such as “≥95%”."""
    kind = REFERENCE_OF.get(indicator.form)
    known = session.exec(
        select(col(Reference.value))
        .where(Reference.indicator_id == indicator.id, Reference.kind == kind)
        .where((col(Reference.unit_id) == assignment.unit_id) | col(Reference.unit_id).is_(None))
        .order_by(col(Reference.unit_id).is_(None), col(Reference.version).desc())
    ).first()
    return phrase(
        TargetFigure(indicator.form, target.value, target.value_high, target.margin, known, indicator.measure)
    )
