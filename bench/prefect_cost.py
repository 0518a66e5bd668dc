"""What Prefect adds to the demo year: against the same steps without it, and against empty flows of the same shape."""

import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bench.run import Comparison, seconds
from cycle.lookup import open_cycles
from cycle.outcomes import Outcome
from cycle.steps import Step, begin
from documents.plan_workbook import load_plan
from models.record import Record, open_record
from simulation.driver import days, open_year, without_prefect
from simulation.story import COUNTY
from simulation.world import Runner, World

PLAN = Path(__file__).parents[1] / "examples" / "county" / "plan.xlsx"
SEED = 1
END = date(2027, 6, 30)

Shape = list[int]
"""Of one flow run: how many tasks each of its split phases has."""


def run() -> dict[str, Comparison | object]:
    """Return the seconds that Prefect adds to the steps of a year, and those of empty flows of the same shape."""
    with county() as record:
        alone = year(record, without_prefect(record))
    with county() as record:
        from flows.embedded import FLOWS, embedded  # reads where Prefect keeps its things

        shapes: list[Shape] = []
        started = time.perf_counter()
        with embedded(record) as through_prefect:
            start = time.perf_counter() - started
            with observed(shapes):
                through = year(record, through_prefect)
            with patch.dict(FLOWS, empty=empty_flow(iter(shapes))):
                empty = sum(seconds(lambda: through_prefect("empty", None, None)) for _ in shapes)
    return {
        "added_by_prefect": Comparison(through - alone, empty, aim=1.25),
        "steps_alone_seconds": round(alone, 2),
        "steps_through_prefect_seconds": round(through, 2),
        "times_the_steps_alone": round(through / alone, 2),
        "server_start_seconds": round(start, 2),
        "flow_runs": len(shapes),
        "tasks": sum(map(sum, shapes)),
    }


@contextmanager
def county() -> Iterator[Record]:
    """The record of the demo's county on its first day, in a home of its own."""
    plan = load_plan(PLAN)
    home = tempfile.TemporaryDirectory()
    with home as folder, patch.dict("os.environ", ZHIQIANG_HOME=folder), closing(open_record()) as record:
        open_year(record, plan.plan, plan.digest)
        yield record


def year(record: Record, work: Runner) -> float:
    """Live through the demo's year and return the seconds spent in its steps."""
    spent = 0.0

    def timed(step: str, cycle: str, day: date) -> Outcome:
        nonlocal spent
        started = time.perf_counter()
        outcome = work(step, cycle, day)
        spent += time.perf_counter() - started
        return outcome

    with record.reading() as session:
        [cycle] = open_cycles(session)
    for _ in days(World(record, cycle, SEED, COUNTY), timed, until=END):
        pass
    return spent


@contextmanager
def observed(shapes: list[Shape]) -> Iterator[None]:
    """Write down the shape of every flow run: it begins once, as there is one cycle, and settles its split phases."""
    from flows import tick

    settle_all = tick.settle_all

    def begun(record: Record, step: Step, cycle: str, day: date) -> bool:
        shapes.append([])
        return begin(record, step, cycle, day)

    async def settled(jobs: Sequence[tick.Job]) -> list[Outcome]:
        shapes[-1] += [len(jobs)] if len(jobs) > 1 else []
        return await settle_all(jobs)

    with patch.object(tick, "begin", begun), patch.object(tick, "settle_all", settled):
        yield


def empty_flow(shapes: Iterator[Shape]) -> Callable[..., Coroutine[Any, Any, Any]]:
    """Return a flow that does nothing, in as many tasks as the next of the shapes says."""
    from prefect import flow, task

    @task
    async def nothing() -> None:
        pass

    @flow
    async def empty(cycle: None, day: None) -> Outcome:  # noqa: ARG001
        for tasks in next(shapes):
            for _ in range(tasks):
                await nothing()
        return Outcome()

    return empty
