"""What the office does: it decides what waits for it, through the same verbs as its commands, and what the story says.

Like the units it keeps nothing in mind: everything still to be done, with its day, follows from the record.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import partial

from sqlmodel import Session, col, func, select

from cycle import decomposition, extensions, orders, reviewing, supervision
from cycle.lookup import calendar, find_cycle, find_unit
from cycle.obligations import milestones
from models import (
    Assignment,
    Circular,
    Cycle,
    Extension,
    Filing,
    Indicator,
    Obligation,
    Order,
    OrderAnswer,
    Report,
    Target,
    Unit,
)
from models.enums import (
    Aggregation,
    AssignmentState,
    CircularKind,
    ExtensionState,
    OrderState,
    ReportState,
    TargetForm,
)
from simulation.answers import FIRST_ANSWER
from simulation.assessing import assessing
from simulation.story import Story
from simulation.telling import told
from simulation.world import OFFICE, Act, View, World, verb, view

REVIEW_DAYS, SLOW_REVIEW_DAYS = 1, 5
"""Workdays from filing to review, as a rule and where the story has the reviewer away."""
DRAFT_DAYS, ANSWER_DAYS, CIRCULAR_DAYS = 2, 2, 12
"""Workdays until a filing or an answer to an order is decided, and from the supervision to its circular."""
RETURN_DAYS = 5
"""Workdays a unit has to report again."""
TOO_MUCH = 3
"""A figure so many times the whole year's target is not believed."""
NOT_BELIEVED = "填报数明显超出全年目标，疑为单位或小数点错误，请核对原始台账后重报"
NOT_ENOUGH = "未说明具体措施、责任科室和完成时限，请补充后重新反馈"
ENOUGH = "措施具体，已赶上或可望赶上序时进度，予以销号"


def agenda(session: Session, world: World) -> list[Act]:
    """Return everything the office will still do, as the record stands, each with its day, in the order of doing."""
    seen = view(session, world)
    return [act for part in PARTS for act in part(seen)]


def decide(world: World, day: date) -> int:
    """Do what the office has to do by `day`, each act in a transaction of its own, and return how many there were."""
    with world.record.reading() as session:
        due = [act for act in agenda(session, world) if act.day <= day]
    for act in due:
        with world.record.writing() as session:
            act.do(session, find_cycle(session, world.cycle), day)
    return len(due)


# ---- what waits for the office ----


def _drafts(view: View) -> Iterator[Act]:
    """Filings are accepted as they stand, objections with the value the story agrees to."""
    rows = view.session.exec(
        select(col(Unit.code), col(Indicator.number), col(Assignment.state), func.max(col(Filing.filed_on)))
        .join(Assignment, col(Assignment.unit_id) == col(Unit.id))
        .join(Indicator)
        .join(Filing, col(Filing.assignment_id) == col(Assignment.id))
        .where(Indicator.cycle_id == view.cycle.id, col(Assignment.ended_on).is_(None))
        .where(col(Assignment.state).in_([AssignmentState.FILED, AssignmentState.OBJECTED]))
        .group_by(col(Unit.code), col(Indicator.id), col(Assignment.state))
        .order_by(col(Unit.code), col(Indicator.id))
    )
    by_unit: dict[tuple[str, date], list[tuple[str, AssignmentState]]] = {}
    for unit, number, state, filed_on in rows:
        by_unit.setdefault((unit, filed_on), []).append((number, state))
    for (unit, filed_on), items in by_unit.items():
        yield Act(view.later(filed_on, DRAFT_DAYS), partial(_decide_drafts, view.story, unit, items))


def _decide_drafts(
    story: Story, unit: str, items: Iterable[tuple[str, AssignmentState]], session: Session, cycle: Cycle, day: date
) -> None:
    for number, state in items:
        told = next((o for o in story.objections if (o.unit, o.indicator) == (unit, number)), None)
        value, reason = (told.proposed, told.answer) if told and state is AssignmentState.OBJECTED else (None, "")
        decomposition.decide_draft(
            session, cycle, find_unit(session, unit), number,
            accept=True, value=value, reason=reason, by=OFFICE, today=day,
        )  # fmt: skip


def _reviews(view: View) -> Iterator[Act]:
    rows = view.session.exec(
        select(col(Obligation.key), col(Report.filed_on))
        .join(Report)
        .where(Obligation.cycle_id == view.cycle.id, Report.state == ReportState.SUBMITTED)
        .order_by(col(Obligation.id))
    )
    by_day: dict[date, list[str]] = {}
    for key, filed_on in rows:
        slow = filed_on in view.story.slow_reviews
        by_day.setdefault(view.later(filed_on, SLOW_REVIEW_DAYS if slow else REVIEW_DAYS), []).append(key)
    for day, keys in sorted(by_day.items()):
        yield Act(day, partial(_review, keys))


def _review(keys: Iterable[str], session: Session, cycle: Cycle, day: date) -> None:
    doubtful = _doubtful(session, cycle)
    due_on = calendar(cycle).after(day, RETURN_DAYS)
    for key in keys:
        if key in doubtful:
            reviewing.return_report(session, cycle, key, reason=NOT_BELIEVED, due_on=due_on, by=OFFICE, today=day)
        else:
            reviewing.accept_report(session, cycle, key, by=OFFICE, today=day)


def _doubtful(session: Session, cycle: Cycle) -> set[str]:
    """Return the keys of the figures that cannot be right: a running total far above the whole year's target."""
    rows = session.exec(
        select(col(Obligation.key), col(Report.value), col(Target.value))
        .join(Report)
        .join(Assignment, col(Assignment.id) == col(Obligation.assignment_id))
        .join(Indicator)
        .join(Target, col(Target.assignment_id) == col(Assignment.id))
        .where(Obligation.cycle_id == cycle.id, Report.state == ReportState.SUBMITTED, col(Report.value).is_not(None))
        .where(Indicator.aggregation == Aggregation.CUMULATIVE, Indicator.form == TargetForm.AT_LEAST)
        .order_by(col(Target.version))
    )
    newest = {key: (value, target) for key, value, target in rows}
    return {key for key, (value, target) in newest.items() if value and target and value > target * TOO_MUCH}


def _extensions(view: View) -> Iterator[Act]:
    rows = view.session.exec(
        select(col(Obligation.key), col(Extension.applied_on))
        .join(Extension)
        .where(Obligation.cycle_id == view.cycle.id, Extension.state == ExtensionState.APPLIED)
        .order_by(col(Obligation.id))
    )
    for key, applied_on in rows:
        reason = next((e.answer for e in view.story.extensions if e.key == key), "")
        yield Act(view.later(applied_on), verb(extensions.decide_extension, key, grant=True, reason=reason))


# ---- supervision ----


def _new_orders(view: View) -> Iterator[Act]:
    """One order is issued to each unit that is behind, on the first of its matters; the circular names the others."""
    rows = view.session.exec(select(Order).where(Order.cycle_id == view.cycle.id).order_by(col(Order.id))).all()
    served = {o.unit_id for o in rows if o.state is not OrderState.DRAFT}
    first = {o.unit_id: o for o in reversed(rows) if o.unit_id not in served}
    for order in sorted(first.values(), key=lambda o: o.matter):
        yield Act(view.later(order.drafted_on), verb(orders.issue_order, order.matter))


def _answered_orders(view: View) -> Iterator[Act]:
    rows = view.session.exec(
        select(col(Order.matter), OrderAnswer)
        .join(OrderAnswer)
        .where(Order.cycle_id == view.cycle.id, Order.state == OrderState.ANSWERED)
        .where(col(OrderAnswer.decision).is_(None))
        .order_by(col(Order.id))
    )
    for matter, reply in rows:
        enough = reply.version > 1 or reply.answer != FIRST_ANSWER
        close = verb(orders.close_order, matter, reason=ENOUGH)
        yield Act(view.later(reply.answered_on, ANSWER_DAYS), close if enough else partial(_return, matter))


def _return(matter: str, session: Session, cycle: Cycle, day: date) -> None:
    due_on = calendar(cycle).after(day, RETURN_DAYS)
    orders.return_order(session, cycle, matter, reason=NOT_ENOUGH, due_on=due_on, by=OFFICE, today=day)


def _circular(view: View) -> Iterator[Act]:
    on = milestones(view.session, view.cycle).get("supervision_on")
    issued = select(Circular.id).where(Circular.cycle_id == view.cycle.id, Circular.kind == CircularKind.MIDYEAR)
    if on is not None and view.session.exec(issued).first() is None:
        yield Act(view.later(on, CIRCULAR_DAYS), verb(supervision.issue_circular))


PARTS: tuple[Callable[[View], Iterator[Act]], ...] = (
    _drafts,
    _reviews,
    _extensions,
    _new_orders,
    _answered_orders,
    _circular,
    told,
    assessing,
)
