"""What lies in the outbox goes to the people: one digest a person and day, each item checked again before that."""

from datetime import date

from prefect import State, flow
from sqlmodel import col

from cycle.outcomes import Outcome
from cycle.packing import waiting_messages
from flows.tick import POLICY, business_day, conclude, outcome_of, publish, the_record, work_off
from models import Message
from models.enums import MessageState


@flow(name="deliver-messages", **POLICY)
async def deliver_messages(cycle: str | None = None, today: date | None = None) -> State[Outcome]:  # noqa: ARG001
    """发送通知：将待发通知按人按日合并发送并登记结果。一人一份，各考核周期合并，不按周期分开。"""
    day = business_day(today)
    outcomes = await work_off("deliver-messages", None, day)
    await publish("deliver-messages", outcomes)
    return conclude(*outcomes.values())


async def deliver_waiting(day: date) -> Outcome:
    """Return what a run of its own has sent right now; where nothing is queued there is no run."""
    with the_record() as record, record.reading() as session:
        queued = waiting_messages(day).where(col(Message.state) == MessageState.QUEUED).limit(1)
        waiting = session.exec(queued).first() is not None
    return await outcome_of(await deliver_messages(today=day, return_state=True)) if waiting else Outcome()
