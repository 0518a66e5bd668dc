"""The rows of a unit's workbook as acts: each sheet's answer goes through the same verb as a command does.

Every act returns whether it changed the record: an answer that is on record already is left alone, so that a workbook
that comes back a second time, whole or corrected, has no second effect.
"""

from collections.abc import Callable, Mapping
from datetime import date

from sqlmodel import col, func, select

from cycle.appeals import file_appeal
from cycle.contacts import change_contact, contacts_on
from cycle.desk import Desk, figure, owed, text
from cycle.desk_filing import filing, report
from cycle.extensions import apply_extension
from cycle.letters import acknowledge_letter, letter_in_force
from cycle.marks import self_evaluate
from cycle.orders import acknowledge_order, answer_order, find_order, order_key
from documents.unit_answers import Answer
from documents.unit_sheets import (
    APPEALS,
    CONTACTS,
    EXTENSIONS,
    FILINGS,
    LETTERS,
    ORDERS,
    REPORTS,
    SELF_EVALUATIONS,
    YES,
)
from models import (
    Appeal,
    Assessment,
    Extension,
    Mark,
    Obligation,
    OrderAnswer,
    Refused,
)
from models.columns import row_id
from models.enums import (
    LetterState,
    MarkColumn,
    OrderState,
    Role,
)


def act(desk: Desk, answer: Answer) -> bool:
    """Do what the row says; return False where the record says so already.

    Raises:
        Refused: the verb refuses it; the text says why and what to do.
    """
    return ACTS[answer.sheet](desk, answer)


# ---- 联络员 ----


def _contact(desk: Desk, answer: Answer) -> bool:
    role = {role.value: role for role in Role}[answer.key]
    present = contacts_on(desk.session, row_id(desk.unit), role, desk.today)
    old = present[0] if len(present) == 1 else None
    title = text(answer.values["new_post"]) or (old.title if old else "")
    address = text(answer.values["new_address"]) or (old.address if old else "")
    return change_contact(
        desk.session, desk.cycle, desk.unit, role, title=title, address=address, by=desk.by, today=desk.today
    )


# ---- 签收、延期、督办 ----


def _letter(desk: Desk, answer: Answer) -> bool:
    letter = letter_in_force(desk.session, desk.cycle, desk.unit)
    if letter is not None and letter.label != answer.key:
        raise Refused(f"责任书 {answer.key} 已由 {letter.label} 替代。请用新的报送工作簿签收 {letter.label}。")
    if letter is not None and letter.state is LetterState.ACKNOWLEDGED:
        return False
    acknowledge_letter(desk.session, desk.cycle, desk.unit, by=desk.by, today=desk.today)
    return True


def _extension(desk: Desk, answer: Answer) -> bool:
    obligation = owed(desk, answer.key)
    wanted_on, reason = answer.values["wanted_on"], text(answer.values["reason"])
    assert isinstance(wanted_on, date)
    known = desk.session.exec(
        select(Extension.id).where(
            Extension.obligation_id == obligation.id, Extension.wanted_on == wanted_on, Extension.reason == reason
        )
    ).first()
    if known is not None:
        return False
    last = desk.session.exec(select(func.max(Obligation.close_on)).where(Obligation.cycle_id == desk.cycle.id)).one()
    latest = max(desk.cycle.ends, last or desk.cycle.ends)
    if not desk.cycle.starts <= wanted_on <= latest:
        raise Refused(
            f"申请延至 {wanted_on}，不在本考核周期之内（{desk.cycle.starts} 至 {latest}）。请核对年、月、日。"
        )
    apply_extension(desk.session, desk.cycle, answer.key, wanted_on, reason, by=desk.by, today=desk.today)
    return True


def _order(desk: Desk, answer: Answer) -> bool:
    order = find_order(desk.session, desk.cycle, answer.key)
    owed(desk, order_key(order))
    changed = False
    if answer.values["acknowledged"] == YES and order.state is OrderState.ISSUED:
        acknowledge_order(desk.session, desk.cycle, answer.key, by=desk.by, today=desk.today)
        changed = True
    said = text(answer.values["answer"])
    last = desk.session.exec(
        select(OrderAnswer).where(OrderAnswer.order_id == order.id).order_by(col(OrderAnswer.version).desc())
    ).first()
    if not said or (last is not None and last.answer == said and order.state is not OrderState.RETURNED):
        return changed
    answer_order(desk.session, desk.cycle, answer.key, said, by=desk.by, today=desk.today)
    return True


# ---- 自评、申诉 ----


def _self_evaluation(desk: Desk, answer: Answer) -> bool:
    points, reason = figure(answer.values["points"]), text(answer.values["reason"])
    if points is None:
        raise Refused("写了得分及扣分原因，没有填自评得分。请补填。")
    last = desk.session.exec(
        select(Mark)
        .where(Mark.cycle_id == desk.cycle.id, Mark.unit_id == desk.unit.id, Mark.item == answer.key)
        .where(Mark.mark_column == MarkColumn.SELF)
        .order_by(col(Mark.version).desc())
    ).first()
    if last is not None and last.points == points and last.reason == reason:
        return False
    self_evaluate(desk.session, desk.cycle, desk.unit, answer.key, points, reason, by=desk.by, today=desk.today)
    return True


def _appeal(desk: Desk, answer: Answer) -> bool:
    ground = text(answer.values["ground"])
    known = desk.session.exec(
        select(Appeal.id)
        .join(Assessment)
        .where(Assessment.cycle_id == desk.cycle.id, Appeal.unit_id == desk.unit.id)
        .where(Appeal.item == answer.key, Appeal.ground == ground)
    ).first()
    if known is not None:
        return False
    file_appeal(desk.session, desk.cycle, desk.unit, answer.key, ground, by=desk.by, today=desk.today)
    return True


ACTS: Mapping[str, Callable[[Desk, Answer], bool]] = {
    REPORTS.name: report,
    LETTERS.name: _letter,
    FILINGS.name: filing,
    CONTACTS.name: _contact,
    ORDERS.name: _order,
    EXTENSIONS.name: _extension,
    SELF_EVALUATIONS.name: _self_evaluation,
    APPEALS.name: _appeal,
}
"""The act of each sheet."""
