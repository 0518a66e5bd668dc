"""What the units will fill in and when, worked out from the record each time it is asked.

What has been done is no longer owed, so a restart at any moment goes on where it was.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlmodel import Session, col, select

from cycle.lookup import find_cycle
from models import Appeal, Assessment, Cycle, Extension, Intake, Obligation, Order, Report, Unit
from models.enums import AssessmentState, AssignmentState, ObligationKind, OrderState
from rules.workdays import Workdays
from simulation import answers, behaviour
from simulation.answers import Writing
from simulation.owed import Owed, carried, in_plan, owed
from simulation.story import Story, Stray
from simulation.world import World, view

BLANK, CORRECTED = "空表", "更正"
"""What a unit hands in beside the workbook it was given for the day."""


class Entry(NamedTuple):
    """Something a unit will fill in on `day`; what bears the same `file` goes into the same workbook."""

    unit: str
    day: date
    write: Writing
    file: str = ""
    exhibit: tuple[str, str] | None = None


class Sight(NamedTuple):
    """What the entries are worked out from."""

    session: Session
    cycle: Cycle
    calendar: Workdays
    seed: int
    story: Story
    owed: Sequence[Owed]
    came_back: Mapping[str, Sequence[date]]  # by unit, the days on which something it handed in was refused


def agenda(session: Session, world: World) -> list[Entry]:
    """Return everything the units will still fill in, as the record stands, each with its day."""
    seen = view(session, world)
    sight = Sight(*seen, owed=owed(session, seen.cycle), came_back=_came_back(session, seen.cycle, seen.story))
    return [entry for part in PARTS for entry in part(sight)]


def _came_back(session: Session, cycle: Cycle, story: Story) -> dict[str, list[date]]:
    """Return the days on which something was refused of those units that do something about it."""
    careless = {*(slip.unit for slip in story.slips), *(unit for unit, _ in story.blank)}
    rows = session.exec(
        select(col(Unit.code), Intake)
        .join(Intake, col(Intake.unit_id) == col(Unit.id))
        .where(Intake.cycle_id == cycle.id, col(Unit.code).in_(careless))
    )
    days: dict[str, list[date]] = {}
    for code, intake in rows:
        if intake.problems:
            days.setdefault(code, []).append(intake.taken_on)
    return days


def _filing_day(sight: Sight, item: Owed) -> date | None:
    """Return the day on which the unit files the item, or None when it never does."""
    timing, own = sight.story.timing, (item.unit, item.window)
    refused = [d for d in sight.came_back.get(item.unit, ()) if d >= item.open_on]
    if refused and (own in sight.story.blank or _slip(sight, item)):
        return sight.calendar.after(max(refused), 2)
    if item.again:
        return sight.calendar.before(item.due_on, 1)
    if own in timing:
        offset = timing[own]
        return None if offset is None else sight.calendar.after(item.due_on, offset)
    window = item.window_due.isoformat() if item.window_due else item.key
    day = behaviour.filing_day(sight.seed, item.unit, window, item.open_on, item.due_on, sight.calendar)
    # In the end everybody signs, answers and evaluates; only reports are missed for good.
    return sight.calendar.after(item.due_on, 4) if day is None and item.kind is not ObligationKind.REPORT else day


def _slip(sight: Sight, item: Owed) -> bool:
    """Return whether the figure is typed wrongly, until it has come back once."""
    number = item.carried.indicator if item.carried else ""
    return any((s.unit, s.indicator, s.window) == (item.assessed, number, item.window) for s in sight.story.slips)


# ---- what ----


def _reports(sight: Sight) -> Iterator[Entry]:
    for item in sight.owed:
        day = _filing_day(sight, item) if item.kind in (ObligationKind.REPORT, ObligationKind.SELF_CHECK) else None
        if day is not None:
            back = item.again or any(d >= item.open_on for d in sight.came_back.get(item.unit, ()))
            write = answers.report(sight.seed, sight.story, item, mistaken=_slip(sight, item) and not back)
            exhibit = answers.exhibit(item.key, item.title) if item.evidence else None
            yield Entry(item.unit, day, write, exhibit=exhibit)


def _blanks(sight: Sight) -> Iterator[Entry]:
    for unit, window in sight.story.blank:
        item = next((o for o in sight.owed if (o.unit, o.window) == (unit, window)), None)
        if item is not None and not any(d >= item.open_on for d in sight.came_back.get(unit, ())):
            yield Entry(unit, sight.calendar.before(item.due_on, 1), answers.nothing, BLANK)


def _filings(sight: Sight) -> Iterator[Entry]:
    items = [o for o in sight.owed if o.kind is ObligationKind.FILING]
    drafts = carried(sight.session, sight.cycle, AssignmentState.SENT) if items else []
    for item in items:
        day = _filing_day(sight, item)
        if day is not None:
            own = [c for c in drafts if c.unit == item.unit]
            yield Entry(item.unit, day, answers.filing(sight.seed, sight.story, item.unit, own))


def _signatures(sight: Sight) -> Iterator[Entry]:
    for item in sight.owed:
        day = _filing_day(sight, item) if item.kind is ObligationKind.ACKNOWLEDGEMENT else None
        if day is not None:
            yield Entry(item.unit, day, answers.signature)


def _orders(sight: Sight) -> Iterator[Entry]:
    items = [o for o in sight.owed if o.kind is ObligationKind.ORDER_ANSWER]
    unsigned = select(Order.matter).where(Order.cycle_id == sight.cycle.id, Order.state == OrderState.ISSUED)
    new = set(sight.session.exec(unsigned)) if items else set()
    for item in items:
        matter, day = item.key.removeprefix("order/"), _filing_day(sight, item)
        if matter in new:
            yield Entry(item.unit, sight.calendar.after(item.open_on, 1), answers.receipt(matter))
        elif day is not None:
            yield Entry(item.unit, day, answers.order_answer(sight.seed, sight.story, item))


def _self_evaluations(sight: Sight) -> Iterator[Entry]:
    for item in sight.owed:
        day = _filing_day(sight, item) if item.kind is ObligationKind.SELF_EVALUATION else None
        if day is not None:
            yield Entry(item.unit, day, answers.self_evaluation(sight.seed, item.unit))


def _applications(sight: Sight) -> Iterator[Entry]:
    keys = select(Obligation.key).join(Extension).where(Obligation.cycle_id == sight.cycle.id)
    for told in sight.story.extensions:
        item = next((o for o in sight.owed if o.key == told.key), None)
        if item is not None and told.key not in set(sight.session.exec(keys)):
            write = answers.application(told, sight.calendar.after(item.due_on, told.longer))
            yield Entry(told.unit, sight.calendar.before(item.due_on, told.before), write)


def _corrections(sight: Sight) -> Iterator[Entry]:
    for told in sight.story.corrections:
        reports = select(Report).join(Obligation)
        of_key = reports.where(Obligation.cycle_id == sight.cycle.id, Obligation.key == told.key)
        filed = sight.session.exec(of_key.order_by(col(Report.version).desc())).first()
        if filed is not None and not filed.correction and filed.value is not None:
            write = answers.correction(told, filed.value)
            yield Entry(told.unit, told.day, write, CORRECTED, answers.exhibit(told.key, told.reason))


def _protests(sight: Sight) -> Iterator[Entry]:
    open_states = (AssessmentState.PUBLISHED, AssessmentState.APPEALED)
    assessment = sight.session.exec(
        select(Assessment).where(Assessment.cycle_id == sight.cycle.id, col(Assessment.state).in_(open_states))
    ).first()
    if assessment is None or assessment.published_on is None:
        return
    appealed = select(Unit.code).join(Appeal, col(Appeal.unit_id) == col(Unit.id))
    known = set(sight.session.exec(appealed.where(Appeal.assessment_id == assessment.id)))
    units = in_plan(sight.session, sight.cycle)
    for told in sight.story.protests:
        if told.unit in units - known:
            yield Entry(told.unit, sight.calendar.after(assessment.published_on, 2), answers.protest(told))


PARTS: tuple[Callable[[Sight], Iterator[Entry]], ...] = (
    _reports,
    _blanks,
    _filings,
    _signatures,
    _orders,
    _self_evaluations,
    _applications,
    _corrections,
    _protests,
)


def strays(session: Session, world: World) -> list[Stray]:
    """Return the files that are no workbooks and have not landed in the inbox yet."""
    came = set(session.exec(select(Intake.name)))
    units = in_plan(session, find_cycle(session, world.cycle))
    return [s for s in world.story.strays if s.name not in came and s.unit in units]
