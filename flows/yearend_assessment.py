"""The year is closed: self-evaluation, verification, frozen scores, grades and ranks, results, appeals."""

from datetime import date

from prefect import State, flow

from cycle.outcomes import Outcome
from flows.tick import POLICY, business_day, conclude, publish, work_off


@flow(name="yearend-assessment", **POLICY)
async def yearend_assessment(cycle: str | None = None, today: date | None = None) -> State[Outcome]:
    """年终考核：自评、核定、封账、计分、定等、排位、公布、申诉，直至终定。"""
    day = business_day(today)
    outcomes = await work_off("yearend-assessment", cycle, day)
    await publish("yearend-assessment", outcomes)
    return conclude(*outcomes.values())
