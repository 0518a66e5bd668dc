"""What Prefect adds to the demo year: against the same steps without it, and against empty flows of the same shape."""

import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bench.run import Comparison, seconds
from cycle.outcomes import Outcome
from documents.plan_workbook import load_plan
from models.record import Record, open_record
from simulation.driver import days, open_year, without_prefect
from simulation.story import COUNTY
from simulation.world import Runner, World

PLAN = Path(__file__).parents[1] / "examples" / "county" / "plan.xlsx"
SEED = 1
END = date(2026, 11, 30)

Shape = list[int]
"""Of one flow run: how many tasks each of its split phases has."""


def run() -> dict[str, Comparison | object]:
    """Return the seconds that Prefect adds to the steps of a year, and those of empty flows of the same shape."""
    with tempfile.TemporaryDirectory() as folder, patch.dict("os.environ", ZHIQIANG_HOME=folder):
        alone = year(without_prefect)

        from flows.embedded import FLOWS, embedded

        shapes: list[Shape] = []
        started = time.perf_counter()
        with embedded() as through_prefect:
            start = time.perf_counter() - started
            with observed(shapes):
                through = year(lambda _: through_prefect)
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


def year(runner: Callable[[Record], Runner]) -> float:
    """Live through the demo's year on a record of its own and return the seconds spent in its steps."""
    plan = load_plan(PLAN)
    spent = 0.0
    with tempfile.TemporaryDirectory() as home, patch.dict("os.environ", ZHIQIANG_HOME=home):
        record = open_record()
        open_year(record, plan.plan, plan.digest)
        work = runner(record)

        def timed(step: str, cycle: str, day: date) -> Outcome:
            nonlocal spent
            started = time.perf_counter()
            outcome = work(step, cycle, day)
            spent += time.perf_counter() - started
            return outcome

        world = World(record, plan.plan.basics.code, SEED, COUNTY)
        for _ in days(world, timed, until=END):
            pass
        record.close()
    return spent


@contextmanager
def observed(shapes: list[Shape]) -> Iterator[None]:
    """Write down the shape of every flow run: what it does is settled once for its cycles, and once for each phase."""
    from flows import tick

    settle_all = tick.settle_all
    inside = False

    async def watched(jobs: Sequence[tick.Job]) -> list[Outcome]:
        nonlocal inside
        if inside:
            shapes[-1] += [len(jobs)] if len(jobs) > 1 else []
            return await settle_all(jobs)
        shapes.append([])
        inside = True
        try:
            return await settle_all(jobs)
        finally:
            inside = False

    with patch.object(tick, "settle_all", watched):
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
