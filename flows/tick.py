"""One tick of a step through Prefect: its phases in order, named tasks for the parts of a split one, and a report."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from contextvars import ContextVar
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypedDict
from zoneinfo import ZoneInfo

from prefect import State, task
from prefect.artifacts import acreate_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run
from prefect.states import Completed, Failed
from sqlmodel import select

from cycle.clock import ZONE
from cycle.lookup import names, open_cycles
from cycle.outcomes import Failure, Outcome, Parcel, merge
from cycle.steps import STEPS, Phase, Step, begin, finish
from flows.runtime import prefect_home
from models import Refused, Unit
from models.record import Record, open_record

Outcomes = Mapping[str, Outcome]
"""What a tick did, by the code of the cycle; the code is empty for a step that takes all cycles at once."""


shared: ContextVar[Record | None] = ContextVar("shared", default=None)
"""The record that the runs of this process have in common, where there are several."""


class Job(NamedTuple):
    """A part of a tick that can go wrong by itself; its label is what people know it by."""

    label: str
    work: Callable[[], Coroutine[Any, Any, Outcome]]


def business_day(today: date | None) -> date:
    """Return the day meant: the one given, else that of the run's planned start, which may lie just ahead of now."""
    return today or flow_run.scheduled_start_time.astimezone(ZoneInfo(ZONE)).date()


def run_name() -> str:
    """Return what a run is called: step, cycle, day."""
    given = flow_run.parameters
    return " ".join(
        (STEPS[flow_run.flow_name].zh, given.get("cycle") or "全部周期", str(business_day(given.get("today"))))
    )


@contextmanager
def the_record() -> Iterator[Record]:
    """Yield the shared record, or one opened for this run alone."""
    if (common := shared.get()) is not None:
        yield common
        return
    with closing(open_record()) as record:
        yield record


class Policy(TypedDict):
    """What all flows have in common, as Prefect's decorator takes it."""

    flow_run_name: Callable[[], str]
    persist_result: bool
    result_storage: Path


POLICY = Policy(
    flow_run_name=run_name,
    persist_result=False,
    result_storage=prefect_home() / "storage",  # never written; without a name Prefect asks the server for one, twice
)


async def work_off(name: str, cycle: str | None, day: date) -> Outcomes:
    """Return what the step did on `day` for the cycle, or for every open one; a cycle that breaks stops no other.

    Raises:
        ExceptionGroup: a part broke; the message names which, the others were done.
    """
    step = STEPS[name]
    with the_record() as record:
        cycles = _cycles(record, step, cycle)
        works = [partial(_one_cycle, record, step, code, day) for code in cycles]
        if len(works) == 1:
            return {cycles[0]: await works[0]()}
        return dict(zip(cycles, await settle_all([Job(*one) for one in zip(cycles, works, strict=True)]), strict=True))


def _cycles(record: Record, step: Step, cycle: str | None) -> list[str]:
    if not step.per_cycle:
        return [""]
    if cycle is not None:
        return [cycle]
    with record.reading() as session:
        return open_cycles(session)


async def _one_cycle(record: Record, step: Step, cycle: str, day: date) -> Outcome:
    if not await asyncio.to_thread(begin, record, step, cycle, day):
        return Outcome()
    outcomes = [await _one_phase(record, phase, cycle, day) for phase in step.phases]
    await asyncio.to_thread(finish, record, step, cycle, day)
    return merge(outcomes)


async def _one_phase(record: Record, phase: Phase, cycle: str, day: date) -> Outcome:
    """Do the phase's work in a thread, so that a long act holds up neither heartbeat nor lease of the run."""
    parcels = await asyncio.to_thread(phase.parcels, record, cycle, day)
    works = [partial(phase.work, record, cycle, day, parcel) for parcel in parcels]
    if not phase.fan_out or not works:
        return merge([await asyncio.to_thread(work) for work in works])
    named = zip(_labels(record, phase, day, parcels), works, strict=True)
    return merge(await settle_all([Job(label, partial(_part, label, work)) for label, work in named]))


async def _part(label: str, work: Callable[[], Outcome]) -> Outcome:
    try:
        return await asyncio.to_thread(work)
    except Refused as refusal:
        return Outcome(refused=(Failure(label, str(refusal)),))


def _labels(record: Record, phase: Phase, day: date, parcels: Sequence[Parcel]) -> list[str]:
    """Return what to call each parcel: the phase and the unit, or the first key and how many there are."""
    with record.reading() as session:
        called = names(session, day)
        by_code = {code: called.get(unit or 0, code) for unit, code in session.exec(select(Unit.id, Unit.code))}
    keys = [[by_code.get(key, key) for key in parcel] for parcel in parcels]
    return [" ".join([phase.zh, *some[:1], *([f"等 {len(some)} 项"] if len(some) > 1 else [])]) for some in keys]


async def settle_all(jobs: Sequence[Job]) -> list[Outcome]:
    """Return the outcomes of all jobs in their order; several are a task each, so that one that breaks stops no other.

    One after the other: writing is serial anyway, and papers are then numbered in the order of the units.

    Raises:
        ExceptionGroup: some broke; the message names them, the others were done.
    """
    done: list[Outcome] = []
    broken: dict[str, Exception] = {}
    for job in jobs:
        try:
            done.append(await (portion(*job) if len(jobs) > 1 else job.work()))
        except Exception as error:  # noqa: BLE001 - raised below, with the others
            broken[job.label] = error
    if broken:
        reasons = "；".join(f"{label}（{error!r}）" for label, error in broken.items())
        raise ExceptionGroup(f"程序出错：{reasons}", list(broken.values()))
    return done


@task(task_run_name="{label}", cache_policy=NO_CACHE, persist_result=False)
async def portion(label: str, work: Callable[[], Coroutine[Any, Any, Outcome]]) -> Outcome:  # noqa: ARG001
    """Return what one part of a split phase did; the label is the name of the task run."""
    return await work()


async def publish(name: str, outcomes: Outcomes) -> None:
    """Keep a table of what was done, and what was not and why, with the run."""
    rows = [
        {"周期": cycle, "单位": unit, "事项": what, "数量": count, "结果": result}
        for cycle, outcome in outcomes.items()
        for unit, what, count, result in (
            *((done.unit, done.what, done.n, "已办") for done in outcome.done),
            *((refused.unit, "", 0, f"未办成：{refused.message}") for refused in outcome.refused),
        )
    ]
    await acreate_table_artifact(rows or [{"结果": "无事项"}], key=name, description=flow_run.name)


def conclude(*outcomes: Outcome) -> State[Outcome]:
    """Return the state the run ends in: Failed and naming the units when something was refused, else Completed."""
    outcome = merge(outcomes)
    if outcome.refused:
        reasons = "；".join(f"{one.unit}（{one.message}）" for one in outcome.refused)
        return Failed(data=outcome, message=f"{len(outcome.refused)} 项未办成：{reasons}")
    return Completed(data=outcome, message=f"已办 {sum(done.n for done in outcome.done)} 项")


async def outcome_of(state: State[Any]) -> Outcome:
    """Return what a finished run did and could not do; a run that broke raises what broke it."""
    found = await state.aresult(raise_on_failure=False)
    if isinstance(found, BaseException):
        raise found
    assert isinstance(found, Outcome)
    return found
