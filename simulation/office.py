"""What the office does: it decides what waits for it, through the same verbs as its commands, and what the story says.

Like the units it keeps nothing in mind: everything still to be done, with its day, follows from the record.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from decimal import Decimal
from functools import partial
from typing import NamedTuple

from sqlmodel import Session, col, func, select

from cycle import contacts, decomposition, extensions, merits, orders, references, reviewing, supervision, targets, units
from cycle.lookup import calendar, find_cycle, find_unit
from cycle.obligations import milestones
from models import (
    Assignment,
    Circular,
    Contact,
    Cycle,
    Extension,
    Filing,
    Incident,
    Indicator,
    Merit,
    Obligation,
    Order,
    OrderAnswer,
    Reference,
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
from rules.workdays import Workdays
from simulation.assessing import assessment
from simulation.owed import carried
from simulation.story import Story
from simulation.world import Act, World

OFFICE = "质强办"
REVIEW_DAYS, SLOW_REVIEW_DAYS = 1, 5
"""Workdays from filing to review, as a rule and where the story has the reviewer away."""
RETURN_DAYS = 5
"""Workdays a unit has to report again."""
TOO_MUCH = 3
"""A figure so many times the whole year's target is not believed."""
NOT_BELIEVED = "填报数明显超出全年目标，疑为单位或小数点错误，请核对原始台账后重报"
NOT_ENOUGH = "未说明具体措施、责任科室和完成时限，请补充后重新反馈"


class Sight(NamedTuple):
    """What the acts are worked out from."""

    session: Session
    cycle: Cycle
    calendar: Workdays
    seed: int
    story: Story

    def later(self, day: date, workdays: int = 1) -> date:
        """Return the day so many workdays after `day`."""
        return self.calendar.after(day, workdays)


def agenda(session: Session, world: World) -> list[Act]:
    """Return everything the office will still do, as the record stands, each with its day, in the order of doing."""
    cycle = find_cycle(session, world.cycle)
    sight = Sight(session, cycle, calendar(cycle), world.seed, world.story)
    return [act for part in PARTS for act in part(sight)]


def decide(world: World, day: date) -> int:
    """Do what the office has to do by `day`, each act in a transaction of its own, and return how many there were."""
    with world.record.reading() as session:
        due = [act for act in agenda(session, world) if act.day <= day]
    for act in due:
        with world.record.writing() as session:
            act.do(session, find_cycle(session, world.cycle), day)
    return len(due)


# ---- what waits for the office ----


def _drafts(sight: Sight) -> Iterator[Act]:
    """Filings are accepted as they stand, objections with the value the story agrees to."""
    rows = sight.session.exec(
        select(Unit.code, Indicator.number, Assignment.state, func.max(Filing.filed_on))
        .join(Assignment, col(Assignment.unit_id) == col(Unit.id))
        .join(Indicator)
        .join(Filing, col(Filing.assignment_id) == col(Assignment.id))
        .where(Indicator.cycle_id == sight.cycle.id, col(Assignment.ended_on).is_(None))
        .where(col(Assignment.state).in_([AssignmentState.FILED, AssignmentState.OBJECTED]))
        .group_by(Unit.code, col(Indicator.id), col(Assignment.state))
        .order_by(Unit.code, col(Indicator.id))
    )
    by_unit: dict[tuple[str, date], list[tuple[str, AssignmentState]]] = {}
    for unit, number, state, filed_on in rows:
        by_unit.setdefault((unit, filed_on), []).append((number, state))
    for (unit, filed_on), items in by_unit.items():
        yield Act(sight.later(filed_on, 2), partial(_decide_drafts, sight.story, unit, items))


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


def _reviews(sight: Sight) -> Iterator[Act]:
    rows = sight.session.exec(
        select(Obligation.key, Report.filed_on)
        .join(Report)
        .where(Obligation.cycle_id == sight.cycle.id, Report.state == ReportState.SUBMITTED)
        .order_by(col(Obligation.id))
    )
    by_day: dict[date, list[str]] = {}
    for key, filed_on in rows:
        slow = filed_on in sight.story.slow_reviews
        by_day.setdefault(sight.later(filed_on, SLOW_REVIEW_DAYS if slow else REVIEW_DAYS), []).append(key)
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
        select(Obligation.key, Report.value, func.max(Target.version), Target.value)
        .join(Report)
        .join(Assignment, col(Assignment.id) == Obligation.assignment_id)
        .join(Indicator)
        .join(Target, col(Target.assignment_id) == Assignment.id)
        .where(Obligation.cycle_id == cycle.id, Report.state == ReportState.SUBMITTED, col(Report.value).is_not(None))
        .where(Indicator.aggregation == Aggregation.CUMULATIVE, Indicator.form == TargetForm.AT_LEAST)
        .group_by(Obligation.key, Report.value, Target.value)
    )
    return {key for key, value, _, target in rows if value and target and value > target * TOO_MUCH}


def _extensions(sight: Sight) -> Iterator[Act]:
    rows = sight.session.exec(
        select(Obligation.key, Extension.applied_on)
        .join(Extension)
        .where(Obligation.cycle_id == sight.cycle.id, Extension.state == ExtensionState.APPLIED)
        .order_by(col(Obligation.id))
    )
    for key, applied_on in rows:
        told = next((e for e in sight.story.extensions if key == e.key), None)
        reason = told.answer if told else ""
        yield Act(
            sight.later(applied_on),
            lambda s, c, d, key=key, reason=reason: extensions.decide_extension(
                s, c, key, grant=True, reason=reason, by=OFFICE, today=d
            ),
        )


# ---- supervision ----


def _new_orders(sight: Sight) -> Iterator[Act]:
    """One order is issued to each unit that is behind, on the first of its matters; the circular names the others."""
    rows = sight.session.exec(select(Order).where(Order.cycle_id == sight.cycle.id).order_by(col(Order.id))).all()
    served = {o.unit_id for o in rows if o.state is not OrderState.DRAFT}
    first = {o.unit_id: o for o in reversed(rows) if o.unit_id not in served}
    for order in sorted(first.values(), key=lambda o: o.matter):
        yield Act(
            sight.later(order.drafted_on),
            lambda s, c, d, matter=order.matter: orders.issue_order(s, c, matter, by=OFFICE, today=d),
        )


def _answered_orders(sight: Sight) -> Iterator[Act]:
    rows = sight.session.exec(
        select(Order.matter, OrderAnswer)
        .join(OrderAnswer)
        .where(Order.cycle_id == sight.cycle.id, Order.state == OrderState.ANSWERED)
        .where(col(OrderAnswer.decision).is_(None))
        .order_by(col(Order.id))
    )
    for matter, reply in rows:
        enough = reply.version > 1 or reply.answer != FIRST_ANSWER
        yield Act(sight.later(reply.answered_on, 2), partial(_close if enough else _return, matter))


def _close(matter: str, session: Session, cycle: Cycle, day: date) -> None:
    orders.close_order(session, cycle, matter, reason=ENOUGH, by=OFFICE, today=day)


def _return(matter: str, session: Session, cycle: Cycle, day: date) -> None:
    due_on = calendar(cycle).after(day, RETURN_DAYS)
    orders.return_order(session, cycle, matter, reason=NOT_ENOUGH, due_on=due_on, by=OFFICE, today=day)


def _circular(sight: Sight) -> Iterator[Act]:
    on = milestones(sight.session, sight.cycle).get("supervision_on")
    issued = select(Circular.id).where(Circular.cycle_id == sight.cycle.id, Circular.kind == CircularKind.MIDYEAR)
    if on is not None and sight.session.exec(issued).first() is None:
        yield Act(
            sight.later(on, CIRCULAR_DAYS), lambda s, c, d: supervision.issue_circular(s, c, by=OFFICE, today=d)
        )


# ---- what the story says ----


def _told(sight: Sight) -> Iterator[Act]:
    known = {c.unit for c in carried(sight.session, sight.cycle)}
    for teller in TELLERS:
        yield from (act for unit, act in teller(sight) if unit is None or unit in known)


def _people(sight: Sight) -> Iterator[tuple[str | None, Act]]:
    there = set(sight.session.exec(select(Contact.address)))
    for p in sight.story.people:
        if p.day is not None and p.address not in there:
            yield p.unit, Act(
                p.day,
                lambda s, c, d, p=p: contacts.change_contact(
                    s, c, find_unit(s, p.unit), p.role, title=p.title, address=p.address, by=OFFICE, today=d
                ),
            )


def _adjustments(sight: Sight) -> Iterator[tuple[str | None, Act]]:
    done = set(sight.session.exec(select(Target.reason)))
    for a in sight.story.adjustments:
        if a.reason not in done:
            yield a.unit, Act(
                a.day,
                lambda s, c, d, a=a: targets.adjust_target(
                    s, c, find_unit(s, a.unit), a.indicator, a.value, reason=a.reason, by=OFFICE, today=d
                ),
            )


def _mergers(sight: Sight) -> Iterator[tuple[str | None, Act]]:
    running = set(sight.session.exec(select(Unit.code).where(col(Unit.valid_to).is_(None))))
    for m in sight.story.mergers:
        if {m.ended, m.into} <= running:
            yield m.ended, Act(
                m.day,
                lambda s, c, d, m=m: units.merge_units(
                    s, c, find_unit(s, m.ended), find_unit(s, m.into), reason=m.reason, by=OFFICE, today=d
                ),
            )


def _happenings(sight: Sight) -> Iterator[tuple[str | None, Act]]:
    done = set(sight.session.exec(select(Incident.title)))
    for h in sight.story.happenings:
        if h.title not in done:
            yield h.unit, Act(
                h.day,
                lambda s, c, d, h=h: merits.record_incident(
                    s, c, find_unit(s, h.unit), h.title,
                    level=h.level, occurred_on=h.occurred_on, basis=h.basis, by=OFFICE, today=d,
                ),
            )  # fmt: skip


def _matters(sight: Sight) -> Iterator[tuple[str | None, Act]]:
    done = set(sight.session.exec(select(Merit.title)))
    for m in sight.story.matters:
        if m.title not in done:
            yield m.unit, Act(
                m.day,
                lambda s, c, d, m=m: merits.record_merit(
                    s, c, find_unit(s, m.unit), m.number, m.title, basis=m.basis, by=OFFICE, today=d
                ),
            )


def _outside(sight: Sight) -> Iterator[tuple[str | None, Act]]:
    done = set(sight.session.exec(select(Reference.source)))
    numbers = {c.indicator for c in carried(sight.session, sight.cycle)}
    for o in sight.story.outside:
        if o.source not in done and o.indicator in numbers:
            yield None, Act(
                o.day,
                lambda s, c, d, o=o: references.note_reference(
                    s, c, o.indicator, o.value, status=o.status, source=o.source, by=OFFICE, today=d
                ),
            )


TELLERS: tuple[Callable[[Sight], Iterator[tuple[str | None, Act]]], ...] = (
    _people,
    _adjustments,
    _mergers,
    _happenings,
    _matters,
    _outside,
)
