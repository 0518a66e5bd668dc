"""The six steps of the daily work as data: what each does, in which order, and what it is split by.

A flow runs a step through Prefect; `run_step` runs the same step without it. There is no second composition.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple

from sqlmodel import Session, col, select

from cycle import (
    assessment,
    decomposition,
    delivering,
    inbox,
    letters,
    obligations,
    orders,
    reminding,
    supervision,
    unit_sheets,
)
from cycle.lookup import find_cycle, find_unit, unit_name
from cycle.outcomes import Done, Failure, Outcome, Parcel, merge
from models import Assignment, Cycle, Indicator, Participant, Refused, Tick, Unit
from models.columns import row_id
from models.enums import AssignmentState
from models.record import Record

ACTOR = "系统"
WHOLE: list[Parcel] = [()]
"""The parcels of a phase that is not split."""


class Phase(NamedTuple):
    """A part of a step: `parcels` lists the work of the day by keys, `work` does one parcel in its own transaction."""

    name: str
    zh: str
    parcels: Callable[[Record, str, date], list[Parcel]]
    work: Callable[[Record, str, date, Parcel], Outcome]
    fan_out: bool = False


class Step(NamedTuple):
    """A step of the daily work. Doing it twice, late, or at the same time as itself comes to the same."""

    name: str
    zh: str
    phases: tuple[Phase, ...]
    per_cycle: bool = True


def whole(_record: Record, _cycle: str, _day: date) -> list[Parcel]:
    """Return the one parcel of a phase that is not split."""
    return WHOLE


def counted(what: str, act: Callable[[Session, Cycle, date], int]) -> Callable[[Record, str, date, Parcel], Outcome]:
    """Return the work of an unsplit phase: `act` in one transaction, reported as `what` and how many."""

    def work(record: Record, cycle: str, day: date, _parcel: Parcel) -> Outcome:
        with record.writing() as session:
            count = act(session, find_cycle(session, cycle), day)
        return Outcome((Done(what, count),) if count else ())

    return work


def by_unit(
    what: str, act: Callable[[Session, Cycle, Unit, date], int]
) -> Callable[[Record, str, date, Parcel], Outcome]:
    """Return the work of a phase split by unit: `act` for one unit in one transaction; a refusal names the unit."""

    def work(record: Record, cycle: str, day: date, parcel: Parcel) -> Outcome:
        (code,) = parcel
        with record.reading() as session:
            name = unit_name(session, row_id(find_unit(session, code)), day)
        try:
            with record.writing() as session:
                count = act(session, find_cycle(session, cycle), find_unit(session, code), day)
        except Refused as refusal:
            return Outcome(refused=(Failure(name, str(refusal)),))
        return Outcome((Done(what, count, name),) if count else ())

    return work


def units_with_drafts(record: Record, cycle: str, _day: date) -> list[Parcel]:
    """Return the units that have targets they have not been sent."""
    with record.reading() as session:
        rows = session.exec(
            select(Unit.code)
            .join(Assignment)
            .join(Indicator)
            .join(Cycle)
            .where(Cycle.code == cycle, Assignment.state == AssignmentState.DRAFT, col(Assignment.ended_on).is_(None))
            .distinct()
            .order_by(Unit.code)
        )
        return [(code,) for code in rows]


def units_ready_for_letter(record: Record, cycle: str, _day: date) -> list[Parcel]:
    """Return the units whose targets are all decided and that have no letter yet."""
    with record.reading() as session:
        found = find_cycle(session, cycle)
        units = session.exec(
            select(Unit)
            .join(Participant)
            .where(Participant.cycle_id == found.id, Participant.assessed)
            .order_by(Unit.code)
        )
        return [(u.code,) for u in units.all() if letters.ready_for_letter(session, found, u)]


def _send(session: Session, cycle: Cycle, unit: Unit, day: date) -> int:
    return decomposition.send_draft(session, cycle, unit, by=ACTOR, today=day)


def _issue(session: Session, cycle: Cycle, unit: Unit, day: date) -> int:
    letters.issue_letter(session, cycle, unit, by=ACTOR, today=day)
    return 1


def _windows(session: Session, cycle: Cycle, _day: date) -> int:
    return obligations.lay_out_windows(session, cycle)


def _delivered(session: Session, cycle: Cycle, day: date) -> int:
    return letters.mark_delivered(session, cycle, today=day)


def _open(session: Session, cycle: Cycle, day: date) -> int:
    return obligations.open_what_is_due(session, cycle, today=day)


def _late(session: Session, cycle: Cycle, day: date) -> int:
    return sum(obligations.mark_late_and_missed(session, cycle, today=day))


def _remind(session: Session, cycle: Cycle, day: date) -> int:
    return reminding.remind(session, cycle, today=day)


def _follow(session: Session, cycle: Cycle, day: date) -> int:
    return len(orders.mark_overdue(session, cycle, today=day))


def _advance(session: Session, cycle: Cycle, day: date) -> int:
    return assessment.advance(session, cycle, today=day, by=ACTOR)


def units_to_supervise(record: Record, cycle: str, day: date) -> list[Parcel]:
    """Return the assessed units on the first tick on or after the day of supervision, nobody before or later."""
    with record.reading() as session:
        found = find_cycle(session, cycle)
        on = supervision.supervision_day(session, found)
        if on is None or day < on or (last_tick(session, found, "midyear-supervision") or date.min) >= on:
            return []
        units = select(Unit.code).join(Participant).where(Participant.cycle_id == found.id, Participant.assessed)
        return [(code,) for code in session.exec(units.order_by(Unit.code))]


def _supervise(session: Session, cycle: Cycle, unit: Unit, day: date) -> int:
    return supervision.draft_orders(session, cycle, unit, by=ACTOR, today=day)


def _workbooks(record: Record, cycle: str, day: date, _parcel: Parcel) -> Outcome:
    written = unit_sheets.write_workbooks(record, cycle, day)
    return Outcome((Done("生成报送工作簿", written),) if written else ())


STEPS: Mapping[str, Step] = {
    step.name: step
    for step in (
        Step(
            "decompose-targets",
            "目标分解",
            (
                Phase("windows", "排定填报期", whole, counted("排定填报期", _windows)),
                Phase("drafts", "下发目标草案", units_with_drafts, by_unit("下发目标草案", _send), fan_out=True),
                Phase("letters", "印发责任书", units_ready_for_letter, by_unit("印发责任书", _issue), fan_out=True),
                Phase("delivered", "登记送达", whole, counted("登记送达", _delivered)),
            ),
        ),
        Step(
            "collect-completions",
            "填报收集",
            (
                Phase("open", "开放填报", whole, counted("开放填报事项", _open)),
                Phase("intake", "接收报送工作簿", inbox.inbox_parcels, inbox.take_parcel, fan_out=True),
                Phase("late", "登记逾期和漏报", whole, counted("登记逾期和漏报", _late)),
                Phase("workbooks", "生成报送工作簿", whole, _workbooks),
            ),
        ),
        Step("send-reminders", "提醒催办", (Phase("remind", "排队提醒", whole, counted("排队提醒", _remind)),)),
        Step(
            "deliver-messages",
            "发送通知",
            (
                Phase("recipients", "核对收件人", whole, delivering.check_recipients),
                Phase("deliver", "发送通知", delivering.parcels, delivering.deliver_parcel, fan_out=True),
            ),
            per_cycle=False,
        ),
        Step(
            "midyear-supervision",
            "半年督查",
            (
                Phase("assess", "对照序时拟督办单", units_to_supervise, by_unit("拟督办单", _supervise), fan_out=True),
                Phase("follow", "跟踪督办单", whole, counted("督办逾期", _follow)),
            ),
        ),
        Step("yearend-assessment", "年终考核", (Phase("advance", "推进考核", whole, counted("推进考核", _advance)),)),
    )
}
"""The steps by name; the names are those of the flows and deployments."""


def last_tick(session: Session, cycle: Cycle, step: str) -> date | None:
    """Return the last business day on which the step ran to its end for the cycle."""
    return session.exec(select(col(Tick.day)).where(Tick.cycle_id == cycle.id, Tick.step == step)).first()


def begin(record: Record, step: Step, cycle: str, day: date) -> bool:
    """Return whether the step may run on `day`; a day before the last tick changes nothing."""
    if not step.per_cycle:
        return True
    with record.reading() as session:
        last = last_tick(session, find_cycle(session, cycle), step.name)
    return last is None or day >= last


def finish(record: Record, step: Step, cycle: str, day: date) -> None:
    """Write down that the step ran to its end on `day`. Without this a crashed step is simply done again."""
    if not step.per_cycle:
        return
    with record.writing() as session:
        found = find_cycle(session, cycle)
        tick = session.exec(select(Tick).where(Tick.cycle_id == found.id, Tick.step == step.name)).first()
        if tick is None:
            session.add(Tick(cycle_id=row_id(found), step=step.name, day=day))
        else:
            tick.day = max(tick.day, day)


def run_step(record: Record, name: str, cycle: str, day: date) -> Outcome:
    """Return what the whole step did for the cycle on `day`, done without Prefect: phase by phase, parcel by parcel."""
    step = STEPS[name]
    if not begin(record, step, cycle, day):
        return Outcome()
    outcomes = [
        phase.work(record, cycle, day, parcel) for phase in step.phases for parcel in phase.parcels(record, cycle, day)
    ]
    finish(record, step, cycle, day)
    return merge(outcomes)
