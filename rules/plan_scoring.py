"""The rows of 评分细则, 加减分 and 等级 as a rule set, and a rule set as rows."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import ValidationError

from models.errors import Problem
from rules.grading import GradeBand
from rules.plan import Basics, Plan, PlanBand, PlanGrade, PlanMerit, PlanRule, UnitCode, columns, sheet_of
from rules.plan_problems import problem
from rules.scoring import KINDS, GradingOptions, Item, MeritRule, RuleSetDoc, read, written
from rules.scoring import columns as parameter_columns
from rules.scoring.bands import Band

BANDS = "分段"
"""The one parameter that is not a column: each interval has a row of its own."""
PARAMETERS = tuple(dict.fromkeys(h for kind in KINDS.values() for h in parameter_columns(kind.params) if h != BANDS))
"""The headings of the columns that belong to kinds of rules, in the order of the catalogue."""
FIRST_BAND = columns(PlanBand)["lower"].heading


OPTIONS = tuple(name for name in columns(Basics) if name in GradingOptions.model_fields)
"""The fields of 基本情况 that are kept with the rules."""


class Built(NamedTuple):
    """An item made from a row, or None and what is wrong with the row's parameters."""

    item: Item | None
    problems: tuple[Problem, ...]


def build(rule: PlanRule) -> Built:
    """Return the item that the row describes. A row with unread cells gives neither an item nor a second complaint."""
    kind = KINDS.get(rule.kind)
    if (
        kind is None
        or not rule.reads(*columns(PlanRule), "params")
        or not all(b.reads(*columns(PlanBand)) for b in rule.bands)
    ):
        return Built(None, ())
    problems = list(_weight_problems(rule))
    bands, faults = _bands(rule)
    given: dict[str, Any] = {**dict(rule.params), **({BANDS: bands} if bands else {})}
    params, findings = read(kind.params, given)
    problems += faults
    problems += [_placed(rule, f.column, f.message) for f in findings if not (faults and f.column == BANDS)]
    if params is None or problems:
        return Built(None, tuple(problems))
    return Built(_item(rule, params), ())


def rule_set(plan: Plan) -> RuleSetDoc:
    """Return the rule set of a plan without problems."""
    items = tuple(built.item for built in map(build, plan.rules) if built.item is not None)
    assert len(items) == len(plan.rules), "a plan is checked before its rules are taken"
    basics = plan.basics
    return RuleSetDoc(
        items=items,
        merits=tuple(MeritRule(number=m.number, title=m.title, points=m.points, cap=m.cap) for m in plan.merits),
        grades=tuple(GradeBand(g.name, g.lower) for g in plan.grades),
        options=GradingOptions(
            full=basics.full,
            published_decimals=basics.published_decimals,
            grade_unrounded=basics.grade_unrounded,
            bonus_cap=basics.bonus_cap,
        ),
    )


def rule_rows(rules: RuleSetDoc) -> tuple[PlanRule, ...]:
    """Return the rows that make the items of `rules` again."""
    return tuple(_row(item) for item in rules.items)


def merit_rows(rules: RuleSetDoc) -> tuple[PlanMerit, ...]:
    """Return the rows that make the merit rules again."""
    return tuple(PlanMerit(number=m.number, title=m.title, points=m.points, cap=m.cap) for m in rules.merits)


def grade_rows(rules: RuleSetDoc) -> tuple[PlanGrade, ...]:
    """Return the rows that make the grades again."""
    return tuple(PlanGrade(name=g.name, lower=g.lower) for g in rules.grades)


def _item(rule: PlanRule, params: Any) -> Item:
    return Item(
        number=rule.number, category=rule.category, title=rule.title, groups=rule.groups, units=rule.units,
        weight=rule.weight, kind=rule.kind, params=params, indicator=rule.indicator or None,
        scorer=rule.scorer or None, missing=rule.missing, base=rule.base,
    )  # fmt: skip


def _row(item: Item) -> PlanRule:
    bands = getattr(item.params, "bands", ())
    stated = item.params.model_dump(exclude_defaults=True)
    cells = {h: text for h, text in written(item.params).items() if parameter_columns(type(item.params))[h] in stated}
    return PlanRule(
        number=item.number, category=item.category, title=item.title, groups=item.groups,
        units=tuple(map(UnitCode, item.units)), weight=item.weight, kind=item.kind, indicator=item.indicator or "",
        scorer=UnitCode(item.scorer or ""), missing=item.missing, base=item.base,
        params=tuple((heading, text) for heading, text in cells.items() if heading != BANDS),
        bands=tuple(PlanBand(**band.model_dump()) for band in bands),
    )  # fmt: skip


def _weight_problems(rule: PlanRule) -> Iterator[Problem]:
    if rule.weight <= 0:
        yield problem(rule, "weight", "应大于 0，请改正；不计分的要点不必列入。")


def _bands(rule: PlanRule) -> tuple[tuple[Band, ...], list[Problem]]:
    bands, problems = [], []
    for row in rule.bands:
        try:
            bands.append(Band(**{name: getattr(row, name) for name in columns(PlanBand)}))
        except ValidationError as error:
            problems += [problem(row, "lower", str(e.get("ctx", {}).get("error", e["msg"]))) for e in error.errors()]
    return tuple(bands), problems


def _placed(rule: PlanRule, heading: str, message: str) -> Problem:
    return Problem(sheet_of(PlanRule), rule.place.row or None, FIRST_BAND if heading == BANDS else heading, message)
