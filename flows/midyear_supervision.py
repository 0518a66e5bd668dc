"""Progress is held against the plan at mid-year, and orders are followed until they are closed."""

from datetime import date

from prefect import State, flow

from cycle.outcomes import Outcome
from flows.tick import POLICY, business_day, conclude, publish, work_off


@flow(name="midyear-supervision", **POLICY)
async def midyear_supervision(cycle: str | None = None, today: date | None = None) -> State[Outcome]:
    """半年督查：对照序时进度亮灯，拟督办单和督查通报；平日跟踪督办单直至销号。"""
    day = business_day(today)
    outcomes = await work_off("midyear-supervision", cycle, day)
    await publish("midyear-supervision", outcomes)
    return conclude(*outcomes.values())
