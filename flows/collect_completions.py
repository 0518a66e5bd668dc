"""What units return is taken in, and what they owe opens, is late, or is missed, by the calendar of the windows."""

from datetime import date

from prefect import State, flow

from cycle.outcomes import Outcome
from flows.tick import POLICY, business_day, conclude, publish, work_off


@flow(name="collect-completions", **POLICY)
async def collect_completions(cycle: str | None = None, today: date | None = None) -> State[Outcome]:
    """填报收集：开放填报期，接收收件夹中的报送工作簿，登记迟报和漏报，统计报送情况。"""
    day = business_day(today)
    outcomes = await work_off("collect-completions", cycle, day)
    await publish("collect-completions", outcomes)
    return conclude(*outcomes.values())
