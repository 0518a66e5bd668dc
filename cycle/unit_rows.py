"""The rows of the units' workbooks other than reports, kind by kind, for many units at a time."""

from collections.abc import Collection, Iterator

from sqlalchemy import ColumnElement
from sqlmodel import col, or_, select

from cycle.rulebook import rules_in_force
from cycle.stage import APPEALABLE
from cycle.target_versions import target_phrase
from cycle.unit_reports import ASKED, Scope, pending_extensions
from documents.unit_facts import (
    AppealRow,
    ContactRow,
    ExtensionRow,
    FilingRow,
    LetterRow,
    OrderRow,
    SelfEvaluationRow,
)
from documents.unit_sheets import FILING_FIGURES
from models import (
    Appeal,
    Assessment,
    Assignment,
    Contact,
    Filing,
    Indicator,
    Letter,
    Mark,
    Obligation,
    Order,
    OrderAnswer,
    Participant,
    ScoreLine,
    Target,
    Unit,
)
from models.columns import row_id
from models.enums import (
    AppealState,
    AssignmentState,
    Decision,
    LetterState,
    MarkColumn,
    ObligationKind,
    OrderState,
    Role,
    TargetForm,
)
from rules.numbers import plain
from rules.scoring import Line

UNIT_ROLES = (Role.LIAISON, Role.DEPUTY, Role.HEAD)
WAITING_LETTERS = (LetterState.ISSUED, LetterState.DELIVERED)


def _asked(scope: Scope, *kinds: ObligationKind) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Obligation.cycle_id) == scope.cycle.id,
        col(Obligation.supplier_id).in_(scope.units),
        col(Obligation.kind).in_(kinds),
        col(Obligation.state).in_(ASKED),
    )


def letter_rows(scope: Scope) -> Iterator[tuple[int, LetterRow]]:
    """Yield by unit the letter that waits for its signature."""
    rows = scope.session.exec(
        select(Letter, col(Obligation.due_on))
        .join(Obligation, col(Obligation.letter_id) == col(Letter.id))
        .where(*_asked(scope, ObligationKind.ACKNOWLEDGEMENT), col(Letter.state).in_(WAITING_LETTERS))
    )
    for letter, due_on in rows:
        assert letter.issued_on
        items = len(letter.content.get("lines", ()))
        yield letter.unit_id, LetterRow(letter.label, f"责任书 {letter.label}", letter.issued_on, items, due_on)


def filing_rows(scope: Scope) -> Iterator[tuple[int, FilingRow]]:
    """Yield by unit its draft targets that wait for an answer."""
    rows = scope.session.exec(
        select(Assignment, Indicator, Target, col(Obligation.due_on))
        .join(Indicator, col(Assignment.indicator_id) == col(Indicator.id))
        .join(Target, col(Target.assignment_id) == col(Assignment.id))
        .join(Obligation, col(Obligation.supplier_id) == col(Assignment.unit_id))
        .where(*_asked(scope, ObligationKind.FILING), Indicator.cycle_id == scope.cycle.id)
        .where(Assignment.state == AssignmentState.SENT, col(Assignment.ended_on).is_(None))
        .order_by(col(Indicator.id), col(Target.version))
    ).all()
    newest = {row_id(a): (a, i, t, due) for a, i, t, due in rows}
    again = set(scope.session.exec(select(Filing.assignment_id).where(col(Filing.assignment_id).in_(newest))))
    for key, (assignment, indicator, target, due_on) in newest.items():
        yield assignment.unit_id, FilingRow(
            indicator.number, indicator.name, target_phrase(indicator, target),
            indicator.measure, due_on, "退回重报" if key in again else "待备案", indicator.decimals,
            FILING_FIGURES if indicator.form is TargetForm.QUALITATIVE else (),
        )  # fmt: skip


def contact_rows(scope: Scope, units: Collection[int]) -> Iterator[tuple[int, ContactRow]]:
    """Yield by unit who acts for it in each role today, several in one role together."""
    people = scope.session.exec(
        select(Contact)
        .where(col(Contact.unit_id).in_(units), col(Contact.valid_from) <= scope.today)
        .where(or_(col(Contact.valid_to).is_(None), col(Contact.valid_to) > scope.today))
        .order_by(col(Contact.id))
    ).all()
    for unit in units:
        for role in UNIT_ROLES:
            acting = [c for c in people if c.unit_id == unit and c.role is role]
            posts, addresses = ("；".join(texts) for texts in ([c.title for c in acting], [c.address for c in acting]))
            yield unit, ContactRow(role.value, role.zh, posts, addresses)


def order_rows(scope: Scope) -> Iterator[tuple[int, OrderRow]]:
    """Yield by unit the supervision orders that wait for its answer."""
    rows = scope.session.exec(
        select(Order, col(Obligation.supplier_id))
        .join(Obligation, col(Obligation.order_id) == col(Order.id))
        .where(*_asked(scope, ObligationKind.ORDER_ANSWER))
        .order_by(col(Order.due_on), col(Order.id))
    ).all()
    answers = select(OrderAnswer).where(OrderAnswer.decision == Decision.RETURN).order_by(col(OrderAnswer.version))
    why = {a.order_id: a.reason for a in scope.session.exec(answers)} if rows else {}
    for order, answers_for_it in rows:
        returned = order.state is OrderState.RETURNED
        yield answers_for_it, OrderRow(
            order.matter, order.label, order.title, order.basis, order.level.zh, order.due_on,
            f"退回补办：{why.get(row_id(order), '')}" if returned else order.state.zh,
            closed=() if order.state is OrderState.ISSUED else ("acknowledged",),
        )  # fmt: skip


def extension_rows(scope: Scope) -> Iterator[tuple[int, ExtensionRow]]:
    """Yield by unit what is owed and not yet past due, unless a later date has been applied for."""
    kinds = [kind for kind in ObligationKind if kind is not ObligationKind.ACKNOWLEDGEMENT]
    rows = scope.session.exec(
        select(Obligation)
        .where(*_asked(scope, *kinds), col(Obligation.due_on) >= scope.today)
        .order_by(col(Obligation.due_on), col(Obligation.id))
    ).all()
    applied = pending_extensions(scope) if rows else {}
    for o in rows:
        if row_id(o) not in applied:
            whose = "" if o.assessed_id == o.supplier_id else f"：{scope.called[o.assessed_id]}"
            yield o.supplier_id, ExtensionRow(o.key, f"{o.title}{whose}", o.due_on)


def self_evaluation_rows(scope: Scope) -> Iterator[tuple[int, SelfEvaluationRow]]:
    """Yield by unit the items it has to mark itself on, with the mark it gave before."""
    owed = scope.session.exec(
        select(Unit, col(Participant.group_name), col(Obligation.due_on))
        .join(Obligation, col(Obligation.supplier_id) == col(Unit.id))
        .join(Participant, col(Participant.unit_id) == col(Unit.id))
        .where(*_asked(scope, ObligationKind.SELF_EVALUATION), Participant.cycle_id == scope.cycle.id)
        .order_by(col(Unit.code))
    ).all()
    if not owed:
        return
    rules = rules_in_force(scope.session, scope.cycle, scope.today).doc
    marks = scope.session.exec(
        select(Mark)
        .where(Mark.cycle_id == scope.cycle.id, Mark.mark_column == MarkColumn.SELF)
        .order_by(col(Mark.version))
    )
    given = {(m.unit_id, m.item): m.points for m in marks}
    for unit, group, due_on in owed:
        for item in rules.items_for(unit.code, group):
            points = given.get((row_id(unit), item.number))
            standing = "待评" if points is None else f"已填 {plain(points)} 分"
            yield row_id(unit), SelfEvaluationRow(item.number, item.title, item.weight, due_on, standing)


def appeal_rows(scope: Scope) -> Iterator[tuple[int, AppealRow]]:
    """Yield by unit the published lines it may still appeal against."""
    assessment = scope.session.exec(
        select(Assessment)
        .where(Assessment.cycle_id == scope.cycle.id, col(Assessment.state).in_(APPEALABLE))
        .where(col(Assessment.appeals_until) >= scope.today)
    ).first()
    if assessment is None:
        return
    lines = scope.session.exec(
        select(ScoreLine)
        .where(ScoreLine.assessment_id == assessment.id, col(ScoreLine.unit_id).in_(scope.units))
        .order_by(col(ScoreLine.unit_id), col(ScoreLine.id), col(ScoreLine.version))
    )
    newest = {(line.unit_id, line.item): line for line in lines}
    filed = select(col(Appeal.unit_id), col(Appeal.item)).where(Appeal.assessment_id == assessment.id)
    waiting = set(scope.session.exec(filed.where(Appeal.state == AppealState.FILED)))
    for (unit, item), line in newest.items():
        if (unit, item) not in waiting:
            said = Line.from_json(line.explanation)
            because = "；".join((*said.arithmetic, *said.notes))
            yield unit, AppealRow(item, said.title, line.full_points, line.points, because, assessment.appeals_until)
