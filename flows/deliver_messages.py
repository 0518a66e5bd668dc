"""What lies in the outbox goes to the people: one digest a person and day, each item checked again before that."""

from datetime import date

from prefect import State, flow

from cycle.outcomes import Outcome
from cycle.steps import STEPS
from flows.tick import business_day, conclude, outcome_of, publish, run_name, work_off
from models.record import open_record


@flow(name="deliver-messages", flow_run_name=run_name, persist_result=False)
async def deliver_messages(cycle: str | None = None, today: date | None = None) -> State[Outcome]:  # noqa: ARG001
    """发送通知：将待发通知按人按日合并发送并登记结果。一人一份，各考核周期合并，不按周期分开。"""
    day = business_day(today)
    outcomes = await work_off("deliver-messages", None, day)
    await publish("deliver-messages", outcomes)
    return conclude(*outcomes.values())


async def deliver_waiting(day: date) -> Outcome:
    """Return what was sent right now; where nothing waits there is no run for it."""
    record = open_record()
    try:
        waiting = any(phase.parcels(record, "", day) for phase in STEPS["deliver-messages"].phases)
    finally:
        record.close()
    return await outcome_of(await deliver_messages(today=day, return_state=True)) if waiting else Outcome()
