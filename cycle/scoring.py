"""Scoring a whole cycle as of a date: points, grades and ranks with every step explained. Nothing is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from sqlmodel import Session, select

from cycle.facts import Event, Known, facts_for, known
from cycle.lookup import names
from cycle.rulebook import InForce, Place, assessed_units, is_judged, rules_in_force, scorer_code
from models import Cycle, Problem, Refused, Unit
from models.columns import row_id
from rules.grading import Grade, graded, ranks
from rules.scoring import Item, Line, Matter, RuleSetDoc, score_item, total, with_group_averages


@dataclass(frozen=True)
class Scored:
    """What a unit comes to: `points` as published, `exact` the same unrounded, `arithmetic` how they add up."""

    place: Place
    points: Decimal
    exact: str
    grade: Grade
    rank: int
    arithmetic: tuple[str, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class CycleScore:
    """A cycle's score on a day; `provisional` until the facts are closed. Groups stand as in the plan."""

    as_of: date
    provisional: bool
    rules: InForce
    units: tuple[Scored, ...]


class Outside(NamedTuple):
    """What counts beside the items: matters that add or take points, and incidents that may be a veto."""

    merits: Mapping[int, tuple[Matter, ...]]
    incidents: Mapping[int, tuple[Event, ...]]


def score_cycle(
    session: Session, cycle: Cycle, *, as_of: date, closed: bool = False, rules: InForce | None = None
) -> CycleScore:
    """Return the score of every ranked unit from what the record said on `as_of`.

    Raises:
        Refused: no rules were in force, or an item cannot be scored; every such unit and item is named.
    """
    called = names(session, as_of)
    rules = rules or rules_in_force(session, cycle, as_of)
    places = assessed_units(session, cycle, day=as_of)
    record = known(session, cycle, called, as_of=as_of, closed=closed)
    owner = session.get_one(Unit, cycle.owner_id).code
    scorers = {u.code: called[row_id(u)] for u in session.exec(select(Unit)) if row_id(u) in called}
    problems: list[Problem] = []
    lines = {p.code: tuple(_lines(rules.doc, p, record, scorers, owner, problems)) for p in places}
    if problems:
        raise Refused(f"有 {len(problems)} 项不能计分，请逐项处理后重新计分：", tuple(problems))
    outside = Outside(record.merits, record.incidents)
    return CycleScore(as_of, not closed, rules, put_together(rules.doc, places, lines, outside))


def _lines(
    doc: RuleSetDoc, place: Place, record: Known, names: Mapping[str, str], owner: str, problems: list[Problem]
) -> Sequence[Line]:
    lines = []
    for item in doc.items_for(place.code, place.group):
        try:
            line = score_item(item, facts_for(item, place, record))
        except Refused as refusal:
            problems.append(Problem("", None, "", f"{place.name}{refusal.message}"))
        else:
            lines.append(replace(line, scorer=_scorer(item, place, names, owner)))
    return lines


def _scorer(item: Item, place: Place, names: Mapping[str, str], owner: str) -> str | None:
    if not item.scorer and not is_judged(item):
        return None
    code = scorer_code(item, place.code, owner)
    return names.get(code, code)


def put_together(
    doc: RuleSetDoc, places: Sequence[Place], lines: Mapping[str, tuple[Line, ...]], outside: Outside
) -> tuple[Scored, ...]:
    """Return totals, grades and ranks made of the lines; groups stand in the order in which the units name them."""
    groups: dict[str, list[Place]] = {}
    for place in places:
        groups.setdefault(place.group, []).append(place)
    return tuple(scored for members in groups.values() for scored in _group(doc, members, lines, outside))


def _group(
    doc: RuleSetDoc, members: Sequence[Place], lines: Mapping[str, tuple[Line, ...]], outside: Outside
) -> Sequence[Scored]:
    filled = with_group_averages({p.code: lines[p.code] for p in members})
    units = [_unit(doc, p, filled[p.code], outside) for p in members]
    rank = ranks({u.place.code: u.points for u in units})
    ranked = [replace(u, rank=rank[u.place.code]) for u in units]
    return sorted(ranked, key=lambda u: (u.rank, u.place.code))


def _unit(doc: RuleSetDoc, place: Place, lines: tuple[Line, ...], outside: Outside) -> Scored:
    options = doc.options
    decimals = options.published_decimals
    matters = outside.merits.get(place.unit_id, ())
    result = total(lines, matters, doc.merits, bonus_cap=options.bonus_cap, decimals=decimals)
    grade = graded(
        result.exact,
        doc.grades,
        [e.level for e in outside.incidents.get(place.unit_id, ())],
        published_decimals=decimals,
        grade_unrounded=options.grade_unrounded,
        veto_levels=options.veto_levels,
    )
    return Scored(place, result.total, str(result.exact), grade, 1, result.arithmetic, lines)
