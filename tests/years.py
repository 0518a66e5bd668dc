"""Years for tests: the example plan, whole or cut down to a few units, and what a year has left behind."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from sqlmodel import Session

from cycle.canonical import canonical_lines
from documents.plan_workbook import PlanFile, load_plan
from models.home import home
from models.record import Record
from rules.plan import Plan, PlanIndicator, PlanRule, UnitCode
from simulation.driver import open_year
from simulation.story import COUNTY
from simulation.world import World

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "county" / "plan.xlsx"
FRAME = ("SLS", "SLX", "SCJG")
"""The city, the county and the office, without which there is no cycle."""


@cache
def example() -> PlanFile:
    """The plan that the demo runs, read once."""
    return load_plan(EXAMPLE)


def cut_down(plan: Plan, units: Collection[str]) -> Plan:
    """The same plan with these units only: their tasks, their items, their people."""
    kept = {*FRAME, *units}
    return replace(
        plan,
        units=tuple(u for u in plan.units if u.code in kept),
        contacts=tuple(c for c in plan.contacts if c.unit in kept),
        indicators=tuple(_indicator(i, kept) for i in plan.indicators if i.lead in kept),
        rules=tuple(_rule(r, kept) for r in plan.rules if not r.units or kept & set(r.units)),
    )


def _indicator(row: PlanIndicator, kept: set[str]) -> PlanIndicator:
    return replace(
        row,
        cooperating=tuple(u for u in row.cooperating if u in kept),
        weights=tuple((u, w) for u, w in row.weights if u in kept),
        supplier=row.supplier if row.supplier in kept else UnitCode(""),
    )


def _rule(row: PlanRule, kept: set[str]) -> PlanRule:
    scorer = row.scorer if row.scorer in kept else UnitCode("")
    return replace(row, units=tuple(u for u in row.units if u in kept), scorer=scorer)


def world(
    record: Record,
    *,
    units: Collection[str] = (),
    seed: int = 2026,
    timing: Mapping[tuple[str, str], int | None] | None = None,
) -> World:
    """A record with the plan, whole or cut down, and the story of the demo; opened again, the same."""
    file = example()
    open_year(record, cut_down(file.plan, units) if units else file.plan, file.digest)
    return World(record, file.plan.basics.code, seed, COUNTY._replace(timing={**COUNTY.timing, **(timing or {})}))


def trace(session: Session) -> list[str]:
    """Everything on record, in a form that two equal years share."""
    return list(canonical_lines(session))


def letters_sent() -> Counter[tuple[str, str]]:
    """How often each person got which letter, from the files of the demo's channel."""
    files = (home() / "messages").glob("*/*.txt")
    return Counter((path.parent.name, path.read_text(encoding="utf-8")) for path in files)
