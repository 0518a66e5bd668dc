"""What is due, overdue, returned or waiting for review is put into the outbox, stage by stage.

The last flow of the morning: what all of them have queued then goes out as one message to each person.
"""

from datetime import date

from prefect import State, flow

from cycle.outcomes import Outcome
from flows.deliver_messages import deliver_waiting
from flows.tick import POLICY, business_day, conclude, publish, work_off


@flow(name="send-reminders", **POLICY)
async def send_reminders(cycle: str | None = None, today: date | None = None) -> State[Outcome]:
    """提醒催办：对临期、逾期、退回、待审的事项按台阶提醒并逐级上报，并发送当天的通知；是否工作日由日历决定。"""
    day = business_day(today)
    outcomes = await work_off("send-reminders", cycle, day)
    sent = await deliver_waiting(day)
    await publish("send-reminders", outcomes)
    return conclude(*outcomes.values(), sent)
