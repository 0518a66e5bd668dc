"""What has to be right in 评分细则, 加减分 and 等级."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from models.errors import Problem
from rules.grading import GradeBand
from rules.numbers import plain
from rules.plan import Plan, PlanGrade, PlanMerit, PlanRule, PlanUnit, Row, assessed_units, columns, sheet_of
from rules.plan_problems import duplicates, problem
from rules.plan_scoring import build
from rules.scoring import Finding, MeritRule, Need, RuleSetDoc
from rules.scoring.checks import RulesInPlan
from rules.scoring.checks import find_problems as find_rule_problems
from rules.targets import TargetFigure

INTERVAL = re.compile(r"第 (\d+) 段")
NAMED = 3
"""How many units are named before the rest is only counted."""

FOUND_HERE = frozenset({"weights", "duplicate_number", "nobody", "unknown_unit"})
"""What the rule set's own checks find too, but without a row; the checks below say it with its place."""

PLACES: Mapping[str, tuple[type[Row], str]] = {
    "unknown_group": (PlanRule, "groups"),
    "no_indicator": (PlanRule, "indicator"),
    "unknown_indicator": (PlanRule, "indicator"),
    "no_base": (PlanRule, "base"),
    "unused_base": (PlanRule, "base"),
    "base": (PlanRule, "base"),
    "no_points": (PlanMerit, "points"),
    "no_grades": (PlanGrade, "lower"),
    "grades": (PlanGrade, "lower"),
}
"""The column of each finding of the rule set; everything else is about how an item is scored."""


def numbers_are_unique(plan: Plan) -> Iterator[Problem]:
    """Yield items, merits and grades entered twice."""
    yield from duplicates(plan.rules, "number", lambda r: [r.number])
    yield from duplicates(plan.merits, "number", lambda m: [m.number])
    yield from duplicates(plan.grades, "name", lambda g: [g.name])
    yield from duplicates(plan.grades, "lower", lambda g: [plain(g.lower)])


def items_are_for_somebody(plan: Plan) -> Iterator[Problem]:
    """Yield items for nobody, and items for units that are not assessed."""
    assessed = {u.code for u in assessed_units(plan)}
    names = {u.code: u.name for u in plan.units if u.reads("group")}
    for rule in plan.rules:
        if not rule.groups and not rule.units and rule.reads("groups", "units"):
            yield problem(rule, "groups", "考核分组和适用单位都没有填写，请至少填写一处。")
        for code in rule.units:
            if code in names and code not in assessed:
                yield problem(rule, "units", f"“{names[code]}”不参加考核，请删去或在“单位”表中改正。")


def weights_add_up(plan: Plan) -> Iterator[Problem]:
    """Yield the units whose items do not add up to full marks, and by how much."""
    if not plan.rules or not all(r.reads("groups", "units") for r in plan.rules) or not plan.basics.reads("full"):
        return
    full, assessed = plan.basics.full, assessed_units(plan)
    tables: dict[tuple[str, Decimal], list[PlanUnit]] = {}
    for unit in assessed:
        own = [r for r in plan.rules if applies(r, unit)]
        if not own:
            yield Problem(sheet_of(PlanRule), None, "分值", f"“{unit.name}”没有任何评分项目，请补上。")
        elif all(r.reads("weight") for r in own):
            tables.setdefault((unit.group, sum((r.weight for r in own), Decimal(0))), []).append(unit)
    for (group, total), units in tables.items():
        if total != full:
            off = f"多 {plain(total - full)}" if total > full else f"少 {plain(full - total)}"
            whole = f"“{group}”的全部 {len(units)} 个单位" if units == _members(assessed, group) else _names(units)
            text = f"本表合计 {plain(total)}，应为 {plain(full)}，{off}。涉及：{whole}。请调整各项分值。"
            yield problem(_last_of_table(plan, units), "weight", text)


def scorers_are_others(plan: Plan) -> Iterator[Problem]:
    """Yield judged items without a scorer, and items that a unit would score for itself."""
    names = {u.code: u.name for u in plan.units}
    units = assessed_units(plan)
    for rule in plan.rules:
        item = build(rule).item
        if item is not None and item.rule.needs(item.params) is Need.JUDGED and not rule.scorer:
            yield problem(rule, "scorer", "由人评判的项目必须填写评分单位。")
        if rule.scorer and any(u.code == rule.scorer and applies(rule, u) for u in units):
            text = f"“{names.get(rule.scorer, rule.scorer)}”也适用本项，不能给自己评分，请另列一项并换评分单位。"
            yield problem(rule, "scorer", text)


def rules_are_sound(plan: Plan) -> Iterator[Problem]:
    """Yield wrong parameters, overlapping bands (both rows named), rules that do not fit their target, bad grades."""
    built = [build(rule) for rule in plan.rules]
    yield from (found for b in built for found in b.problems)
    items = tuple(b.item for b in built if b.item is not None)
    for merit in plan.merits:
        if merit.reads("cap") and merit.cap is not None and merit.cap <= 0:
            yield problem(merit, "cap", "应大于 0，减分的上限也写正数；不设上限的请留空。")
    rules = RuleSetDoc(
        items=items,
        merits=tuple(
            MeritRule(number=m.number, title=m.title, points=m.points)
            for m in plan.merits
            if m.reads("number", "title", "points")
        ),
        grades=tuple(GradeBand(g.name, g.lower) for g in plan.grades if g.reads("name", "lower")),
    )
    rows = {r.number: r for r in reversed(plan.rules)}
    for finding in find_rule_problems(RulesInPlan(rules, _groups(plan), _targets(plan))):
        if finding.code not in FOUND_HERE:
            yield _placed(plan, rows, finding)


def applies(rule: PlanRule, unit: PlanUnit) -> bool:
    """Return whether the unit is assessed by this row."""
    return unit.code in rule.units if rule.units else unit.group in rule.groups


def _groups(plan: Plan) -> dict[str, str]:
    return {u.code: u.group for u in assessed_units(plan)}


def _targets(plan: Plan) -> dict[str, TargetFigure]:
    return {
        i.number: TargetFigure(i.form, i.value, i.value_high, i.margin, None, i.measure)
        for i in plan.indicators
    }  # fmt: skip


def _placed(plan: Plan, rules: Mapping[str, PlanRule], finding: Finding) -> Problem:
    kind, name = PLACES.get(finding.code, (PlanRule, "kind"))
    if kind is PlanRule:
        return _placed_in_rule(rules[finding.item], name, finding.message)
    rows: Iterable[Row] = plan.merits if kind is PlanMerit else plan.grades
    row = next((r for r in rows if finding.item in (getattr(r, "number", ""), getattr(r, "name", ""))), None)
    if row is None:
        return Problem(sheet_of(kind), None, columns(kind)[name].heading, finding.message)
    return problem(row, name, finding.message)


def _placed_in_rule(rule: PlanRule, name: str, message: str) -> Problem:
    """Return the problem at the item's row; intervals that are counted from 1 are named by the rows they stand in."""
    counted = [rule.bands[int(n) - 1] for n in INTERVAL.findall(message)]
    if not counted:
        return problem(rule, name, message)
    text = INTERVAL.sub(lambda m: f"第 {rule.bands[int(m[1]) - 1].place.row} 行", message)
    return problem(min(counted, key=lambda band: band.place.row), "lower", text)


def _last_of_table(plan: Plan, units: list[PlanUnit]) -> PlanRule:
    """Return the last row that all the units share, or the last of any of them."""
    shared = [r for r in plan.rules if all(applies(r, u) for u in units)]
    return shared[-1] if shared else [r for r in plan.rules if any(applies(r, u) for u in units)][-1]


def _members(units: Sequence[PlanUnit], group: str) -> list[PlanUnit]:
    return [u for u in units if u.group == group]


def _names(units: list[PlanUnit]) -> str:
    rest = f"等 {len(units)} 个单位" if len(units) > NAMED else ""
    return "、".join(f"“{u.name}”" for u in units[:NAMED]) + rest


RULE_CHECKS: tuple[Callable[[Plan], Iterable[Problem]], ...] = (
    numbers_are_unique,
    items_are_for_somebody,
    weights_add_up,
    scorers_are_others,
    rules_are_sound,
)
