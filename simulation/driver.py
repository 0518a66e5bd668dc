"""The moving date: from one day on which something opens, falls due or is decided to the next.

The simulation keeps nothing in mind. Begun again after a crash, it goes on with the day that the record last saw.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import partial

from sqlmodel import col, func, select

from cycle import delivering
from cycle.obligations import milestones
from cycle.outcomes import Outcome, merge
from cycle.plan import import_plan
from cycle.stage import assessment_begun
from cycle.steps import STEPS, last_tick, run_step
from models import AuditEntry, Cycle, Delivery, Intake, Letter, Message, Obligation, Order, Report, Tick
from models.enums import AssessmentState, LetterState, MessageState, ObligationState, OrderState, ReportState
from models.record import Record
from rules.plan import Plan
from rules.reminders import REVIEW_STAGES, STAGES, day_of
from simulation import mail, office, units
from simulation.story import IMPORTED_ON
from simulation.world import OFFICE, Runner, View, World, view

WAITING = (ObligationState.OPEN, ObligationState.RETURNED)
RUNNING = (OrderState.ISSUED, OrderState.ACKNOWLEDGED, OrderState.RETURNED)
DECOMPOSE, COLLECT, REMIND, DELIVER, SUPERVISE, ASSESS = STEPS


def open_year(record: Record, plan: Plan, digest: str) -> None:
    """Import the plan on the first day of the story, unless its cycle is on record already."""
    with record.writing() as session:
        if session.exec(select(Cycle.id).where(Cycle.code == plan.basics.code)).first() is None:
            import_plan(session, plan, digest=digest, by=OFFICE, today=IMPORTED_ON)


def days(world: World, run: Runner, *, until: date, off: tuple[date, date] | None = None) -> Iterator[date]:
    """Live through the year and yield each day that was lived; from `off[0]` to `off[1]` nobody is there."""
    day: date | None = last_day(world)
    while day is not None and day <= until:
        if off and off[0] <= day <= off[1]:
            day = off[1] + timedelta(days=1)
        live(world, run, day)
        yield day
        day = next_day(world, day)


def live(world: World, run: Runner, day: date) -> Outcome:
    """Live through one day: the office decides, the units hand in, the steps run. A second time changes nothing."""
    office.decide(world, day)
    mail.hand_in(world, day)
    outcomes = []
    for step, wanted in STEPS_OF_A_DAY.items():
        with world.record.reading() as session:
            due = wanted(view(session, world), day)
        if due:
            outcomes.append(run(step, world.cycle, day))
    if delivering.parcels(world.record, "", day):
        outcomes.append(run(DELIVER, "", day))
    return merge(outcomes)


def without_prefect(record: Record) -> Runner:
    """Return a runner that does a step and nothing around it; what it queues is delivered at the end of the day."""
    return partial(run_step, record)


def last_day(world: World) -> date:
    """Return the latest day that anything on record or in the inbox bears: the one that was being lived."""
    with world.record.reading() as session:
        latest = (
            session.exec(select(func.max(col(column)))).one()
            for column in (AuditEntry.day, Tick.day, Message.queued_on, Intake.taken_on, Delivery.day)
        )
        seen = [*latest, mail.last_handed_in(world)]
    return max((day for day in seen if day is not None), default=IMPORTED_ON)


def next_day(world: World, day: date) -> date | None:
    """Return the next day on which there is something to do, as the record stands; None when the year is over."""
    with world.record.reading() as session:
        seen = view(session, world)
        to_come = [
            *(entry.day for entry in units.agenda(session, world)),
            *(stray.day for stray in units.strays(session, world)),
            *(act.day for act in office.agenda(session, world)),
            *_openings(seen),
            *_deadlines(seen),
            *_calendar(seen),
            *_unsent(seen, day),
        ]
    return min((d for d in to_come if d > day), default=None)


# ---- what the days are for ----


def _openings(seen: View) -> Iterator[date]:
    planned = select(col(Obligation.open_on)).where(
        Obligation.cycle_id == seen.cycle.id, Obligation.state == ObligationState.PLANNED
    )
    yield from set(seen.session.exec(planned))


def _deadlines(seen: View) -> Iterator[date]:
    """Yield the days of the ladder for all that is owed or unreviewed, and the days after what closes."""
    owed = select(col(Obligation.due_on), col(Obligation.close_on)).where(
        Obligation.cycle_id == seen.cycle.id, col(Obligation.state).in_(WAITING)
    )
    for due_on, close_on in set(seen.session.exec(owed).all()):
        yield from (day_of(stage, due_on, seen.calendar) for stage in STAGES)
        if close_on is not None:
            yield seen.later(close_on)
    filed = (
        select(col(Report.filed_on))
        .join(Obligation)
        .where(Obligation.cycle_id == seen.cycle.id, Report.state == ReportState.SUBMITTED)
    )
    for filed_on in set(seen.session.exec(filed)):
        yield from (day_of(stage, filed_on, seen.calendar) for stage in REVIEW_STAGES)


def _calendar(seen: View) -> Iterator[date]:
    """Yield the days on which the calendar itself asks for something."""
    on = milestones(seen.session, seen.cycle)
    assessment = assessment_begun(seen.session, seen.cycle)
    state = assessment.state if assessment else AssessmentState.OPEN
    yield from (on[code] for code in ("supervision_on", "self_evaluation_open") if code in on)
    if state is AssessmentState.OPEN and "self_evaluation_due" in on:
        yield seen.later(on["self_evaluation_due"])
    if state is AssessmentState.VERIFIED and "verification_due" in on:
        yield on["verification_due"]
    if assessment and assessment.appeals_until and state is not AssessmentState.FINAL:
        yield seen.later(assessment.appeals_until)
    if assessment and assessment.final_on and seen.cycle.closed_on is None:
        yield seen.later(assessment.final_on)


def _unsent(seen: View, day: date) -> Iterator[date]:
    """Yield tomorrow when somebody has had today's message already and more has come up since."""
    if seen.session.exec(select(Message.id).where(Message.state == MessageState.QUEUED)).first() is not None:
        yield seen.later(day)


# ---- which steps have something to do ----


def _anything_to_hand_down(seen: View, day: date) -> bool:
    """After something was decided about targets, and when a letter issued on an earlier day may have arrived."""
    on_its_way = select(Letter.id).where(Letter.cycle_id == seen.cycle.id, Letter.state == LetterState.ISSUED)
    earlier = on_its_way.where(col(Letter.issued_on) < day)
    return _acted(seen, DECOMPOSE, CHANGE_TARGETS) or seen.session.exec(earlier).first() is not None


CHANGE_TARGETS = ("import_plan", "decide_draft", "adjust_target", "merge_units", "note_reference")
"""The acts after which there may be drafts to send or letters to issue."""


def _anything_to_supervise(seen: View, day: date) -> bool:
    running = select(Order.id).where(Order.cycle_id == seen.cycle.id, col(Order.state).in_(RUNNING))
    overdue = running.where(col(Order.due_on) < day, col(Order.late).is_(False))
    return seen.session.exec(overdue).first() is not None or _come(seen, SUPERVISE, day, _calendar(seen))


def _anything_to_collect(seen: View, day: date) -> bool:
    """When a file has come, something opens, falls due or closes, or the units are asked for something else."""
    owed = select(Obligation.id).where(Obligation.cycle_id == seen.cycle.id)
    opens = owed.where(Obligation.state == ObligationState.PLANNED, col(Obligation.open_on) <= day)
    waiting = owed.where(col(Obligation.state).in_(WAITING))
    late = waiting.where(col(Obligation.due_on) < day, col(Obligation.late).is_(False))
    closes = waiting.where(Obligation.state == ObligationState.OPEN, col(Obligation.close_on) < day)
    return (
        _acted(seen, COLLECT, CHANGE_WHAT_IS_ASKED)
        or any(seen.session.exec(query).first() is not None for query in (opens, late, closes))
        or bool(mail.in_inbox())
    )


CHANGE_WHAT_IS_ASKED = (
    "send_draft", "decide_draft", "issue_letter", "adjust_target", "merge_units", "return_report", "decide_extension",
    "issue_order", "return_order", "open_self_evaluation", "publish", "open_windows", "take_workbook", "refuse_file",
)  # fmt: skip
"""The acts after which the units need other workbooks; the last three are the step's own, where it was cut short."""


def _anything_to_remind(seen: View, day: date) -> bool:
    return _come(seen, REMIND, day, _deadlines(seen))


def _anything_to_assess(seen: View, day: date) -> bool:
    return _come(seen, ASSESS, day, _calendar(seen))


def _acted(seen: View, step: str, acts: Sequence[str]) -> bool:
    """Return whether somebody has acted so since the step last ran, which it does after all acts of its day."""
    last = last_tick(seen.session, seen.cycle, step) or date.min
    entries = select(AuditEntry.id).where(AuditEntry.cycle_id == seen.cycle.id, col(AuditEntry.act).in_(acts))
    return seen.session.exec(entries.where(col(AuditEntry.day) > last)).first() is not None


def _come(seen: View, step: str, day: date, moments: Iterator[date]) -> bool:
    """Return whether one of the moments has come since the step last ran."""
    last = last_tick(seen.session, seen.cycle, step) or date.min
    return any(last < moment <= day for moment in moments)


STEPS_OF_A_DAY: Mapping[str, Callable[[View, date], bool]] = {
    DECOMPOSE: _anything_to_hand_down,
    SUPERVISE: _anything_to_supervise,
    ASSESS: _anything_to_assess,
    COLLECT: _anything_to_collect,
    REMIND: _anything_to_remind,
}
"""The steps in the order of a day, each with the question whether it has something to do: a run costs its time."""
