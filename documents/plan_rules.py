"""Reading the sheet 评分细则: an item in a row, its intervals in that row and the ones below it."""

from collections.abc import Sequence
from typing import Any

from documents.cells import Raw, Unreadable, clean, fold, number
from documents.plan_columns import Spec, Units, specs
from documents.plan_tables import Table, Taken, data_rows, locate, take
from documents.workbook import Sheet
from models.errors import Problem
from rules.numbers import plain
from rules.plan import Column, Place, PlanBand, PlanRule
from rules.plan_scoring import PARAMETERS
from rules.scoring import KINDS

KIND_NAMES = {fold(text): kind.id for kind in KINDS.values() for text in (kind.id, kind.name, f"{kind.id}{kind.name}")}


def read_rules(sheet: Sheet, units: Units) -> tuple[tuple[PlanRule, ...], tuple[Problem, ...]]:
    """Return the items of the scoring table with their intervals, and everything that is wrong with the cells."""
    rule_specs = tuple(s._replace(parse=_kind) if s.name == "kind" else s for s in specs(PlanRule, units))
    band_specs = specs(PlanBand, units)
    parameters = tuple(Spec(h, Column(h), _parameter, False, None, None) for h in PARAMETERS)
    table, problems = locate(sheet, (*rule_specs, *parameters, *(s._replace(required=False) for s in band_specs)))
    if table is None:
        return (), problems
    found: list[Problem] = list(problems)
    items: list[tuple[int, Taken, Taken]] = []
    bands: list[list[PlanBand]] = []
    for row, cells in data_rows(table):
        if _filled(table, cells, (*rule_specs, *parameters)):
            items.append((row, take(table, row, cells, rule_specs), take(table, row, cells, parameters)))
            bands.append([])
            found += [*items[-1][1].problems, *items[-1][2].problems]
        if not _filled(table, cells, band_specs):
            continue
        band = take(table, row, cells, band_specs)
        found += band.problems
        if bands:
            bands[-1].append(PlanBand(place=Place(row, band.flawed), **band.values))
        else:
            found.append(
                Problem(sheet.name, row, band_specs[0].column.heading, "区间上方没有评分项目，请移到所属项目下面。")
            )
    return tuple(_rule(*item, own) for item, own in zip(items, bands, strict=True)), tuple(found)


def _rule(row: int, taken: Taken, parameters: Taken, bands: Sequence[PlanBand]) -> PlanRule:
    flawed = taken.flawed | ({"params"} if parameters.flawed else set())
    given = tuple((heading, text) for heading, text in parameters.values.items() if text is not None)
    return PlanRule(place=Place(row, flawed), params=given, bands=tuple(bands), **taken.values)


def _filled(table: Table, cells: Sequence[Raw], wanted: Sequence[Spec]) -> bool:
    places = (table.where[s.name] for s in wanted if s.name in table.where)
    return any(
        not isinstance(cells[p], str) or clean(cells[p]) for p in places if p < len(cells) and cells[p] is not None
    )


def _kind(raw: Raw) -> Any:
    found = KIND_NAMES.get(fold(raw))
    if found is None:
        listed = "、".join(f"{kind.id} {kind.name}" for kind in KINDS.values())
        raise Unreadable(f"没有计分方式“{clean(raw)}”，可填：{listed}。")
    return found


def _parameter(raw: Raw) -> str | None:
    """Return the parameter as text, a number in its one form: 0.50 and 0.5 are the same rule."""
    try:
        value = number(raw)
    except Unreadable:
        return clean(raw) or None
    return None if value is None else plain(value)
