"""Flows run from this process: by `zhiqiang run`, by the demo, one after the other in one event loop.

Without PREFECT_API_URL Prefect starts a server of its own for the process, once, which takes some seconds.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, closing, contextmanager
from datetime import date

from prefect import settings
from prefect.context import AsyncClientContext, SyncClientContext
from prefect.settings import temporary_settings

from cycle.outcomes import Outcome
from flows.collect_completions import collect_completions
from flows.decompose_targets import decompose_targets
from flows.deliver_messages import deliver_messages
from flows.midyear_supervision import midyear_supervision
from flows.send_reminders import send_reminders
from flows.tick import outcome_of, shared
from flows.yearend_assessment import yearend_assessment
from models.record import Record, open_record

FLOWS = {
    flow.name: flow
    for flow in (
        decompose_targets,
        collect_completions,
        send_reminders,
        deliver_messages,
        midyear_supervision,
        yearend_assessment,
    )
}

QUIET = {
    # Events, logs and the history of tasks are for the pages of a server that stays. Here nobody looks at them, while a
    # request that meets one of their writers is answered 503 by SQLite's lock and tried again after 2 s. What a run
    # did and whom it refused stands in its table and its last state.
    settings.PREFECT_SERVER_SERVICES_EVENT_PERSISTER_ENABLED: False,
    settings.PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_ENABLED: False,
    settings.PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED: False,
    settings.PREFECT_LOGGING_TO_API_ENABLED: False,
    settings.PREFECT_SERVER_LOGGING_LEVEL: "CRITICAL",
}

RunStep = Callable[[str, str | None, date | None], Outcome]


@contextmanager
def embedded(record: Record) -> Iterator[RunStep]:
    """Yield `run(step, cycle, day)`, which runs the step's flow on the record and returns what it did and refused.

    No cycle means every open one, no day today. A run that breaks raises what broke it.
    """
    quiet = QUIET if settings.PREFECT_API_URL.value() is None else {}
    logging.getLogger("prefect").setLevel(logging.CRITICAL)  # the caller shows outcomes and raises errors itself
    before = shared.set(record)
    # Prefect makes three clients a run where it finds none, 25 ms each for reading certificates it has no use for.
    with temporary_settings(set_defaults=quiet), SyncClientContext(), asyncio.Runner() as loop:
        clients = AsyncExitStack()
        loop.run(clients.enter_async_context(AsyncClientContext()))

        def run(step: str, cycle: str | None, day: date | None) -> Outcome:
            return loop.run(_run(step, cycle, day))

        try:
            yield run
        finally:
            loop.run(clients.aclose())
            shared.reset(before)


async def _run(step: str, cycle: str | None, day: date | None) -> Outcome:
    return await outcome_of(await FLOWS[step](cycle, day, return_state=True))


def run_flow(step: str, cycle: str | None = None, day: date | None = None) -> Outcome:
    """Return what one run of the step's flow did to the configured record."""
    with closing(open_record()) as record, embedded(record) as run:
        return run(step, cycle, day)
