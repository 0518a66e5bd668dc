"""Targets go down to the units: from the plan's figures to the signed letters of responsibility."""

from datetime import date

from prefect import State, flow

from cycle.outcomes import Outcome
from flows.tick import POLICY, business_day, conclude, publish, work_off


@flow(name="decompose-targets", **POLICY)
async def decompose_targets(cycle: str | None = None, today: date | None = None) -> State[Outcome]:
    """目标分解：下发目标草案，备案确认后印发责任书；再次运行只办缺少或变更的部分。"""
    day = business_day(today)
    outcomes = await work_off("decompose-targets", cycle, day)
    await publish("decompose-targets", outcomes)
    return conclude(*outcomes.values())
