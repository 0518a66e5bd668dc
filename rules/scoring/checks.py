"""What an import must report about a rule set, all at once and with the place."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from rules.numbers import plain
from rules.scoring.kind import Need
from rules.scoring.params import Finding
from rules.scoring.ruleset import MissingTreatment, RuleSetDoc
from rules.targets import TargetFigure


class RulesInPlan(NamedTuple):
    """A rule set beside what it refers to: the group of each assessed unit and the target of each indicator."""

    rules: RuleSetDoc
    units: Mapping[str, str]
    targets: Mapping[str, TargetFigure]


def find_problems(plan: RulesInPlan) -> tuple[Finding, ...]:
    """Return everything that is wrong with the rules of a plan, in the order of the checks."""
    return tuple(finding for check in CHECKS for finding in check(plan))


def numbers_are_unique(plan: RulesInPlan) -> Iterator[Finding]:
    """Yield items, merit rules and grades whose number or name is used twice."""
    rules = plan.rules
    for what, numbers in (
        ("评分项目编号", [i.number for i in rules.items]),
        ("加减分编号", [m.number for m in rules.merits]),
        ("等级名称", [g.name for g in rules.grades]),
        ("等级分数线", [plain(g.lower) for g in rules.grades]),
    ):
        for number, times in Counter(numbers).items():
            if times > 1:
                yield Finding("duplicate_number", number, "编号", f"{what}“{number}”重复 {times} 次，请改正。")


def references_exist(plan: RulesInPlan) -> Iterator[Finding]:
    """Yield items for groups or units that are not assessed, and items for nobody."""
    groups = set(plan.units.values())
    for item in plan.rules.items:
        for group in sorted(set(item.groups) - groups):
            yield Finding("unknown_group", item.number, "考核分组", f"没有分组“{group}”，请改正。")
        for unit in sorted(set(item.units) - set(plan.units)):
            yield Finding("unknown_unit", item.number, "适用单位", f"没有参加考核的单位“{unit}”，请改正。")
        if not item.groups and not item.units:
            yield Finding("nobody", item.number, "考核分组", "没有填写考核分组或适用单位，请补上。")


def weights_add_up(plan: RulesInPlan) -> Iterator[Finding]:
    """Yield groups whose items do not add up for any unit, else the single units for which they do not."""
    full = plan.rules.options.full
    for group in dict.fromkeys(plan.units.values()):
        sums = {u: _sum(plan.rules, u, g) for u, g in plan.units.items() if g == group}
        if len(set(sums.values())) == 1:
            sums = {group: next(iter(sums.values()))}
        for name, weight in sums.items():
            if weight != full:
                yield Finding(
                    "weights",
                    "",
                    "分值",
                    f"“{name}”各项分值合计 {plain(weight)}，应为 {plain(full)}，{_off(weight, full)}。",
                )


def kinds_are_sound(plan: RulesInPlan) -> Iterator[Finding]:
    """Yield what each kind of rule reports about its own parameters, such as overlapping bands."""
    for item in plan.rules.items:
        for message in item.rule.check(item.params, item.weight):
            yield Finding("params", item.number, "", message)


def indicators_fit(plan: RulesInPlan) -> Iterator[Finding]:
    """Yield items without the indicator their rule needs, or with a target it cannot be applied to."""
    for item in plan.rules.items:
        needed = item.rule.needs(item.params) in (Need.TARGET, Need.ACTUAL)
        if item.indicator is None:
            if needed:
                message = f"评分方法 {item.kind} 需要对应指标，请填写指标序号。"
                yield Finding("no_indicator", item.number, "指标", message)
        elif item.indicator not in plan.targets:
            yield Finding(
                "unknown_indicator", item.number, "指标", f"目标任务分解表中没有指标“{item.indicator}”，请改正。"
            )
        elif needed and (complaint := item.rule.misfit(plan.targets[item.indicator])):
            yield Finding("misfit", item.number, "评分方法", complaint)


def missing_items_are_settled(plan: RulesInPlan) -> Iterator[Finding]:
    """Yield base marks that are missing, not used, or above the full marks."""
    for item in plan.rules.items:
        wanted = item.missing is MissingTreatment.BASE
        if wanted and item.base is None:
            yield Finding("no_base", item.number, "基本分", "缺项得基本分，请填写基本分。")
        elif not wanted and item.base is not None:
            yield Finding("unused_base", item.number, "基本分", "缺项处理不是“得基本分”，请清空基本分。")
        elif item.base is not None and not 0 <= item.base <= item.weight:
            yield Finding("base", item.number, "基本分", f"基本分应在 0 至 {plain(item.weight)} 分之间，请改正。")


def merits_count(plan: RulesInPlan) -> Iterator[Finding]:
    """Yield merit rules that neither add nor take anything."""
    for merit in plan.rules.merits:
        if merit.points == 0:
            yield Finding("no_points", merit.number, "分值", "加减分分值不能为 0，请改正。")


def grades_cover(plan: RulesInPlan) -> Iterator[Finding]:
    """Yield a table of grades that is empty or leaves the lowest totals without a grade."""
    if not plan.rules.grades:
        yield Finding("no_grades", "", "等级", "没有设置考核等级，请填写。")
    elif min(g.lower for g in plan.rules.grades) > 0:
        lowest = min(plan.rules.grades, key=lambda g: g.lower)
        yield Finding(
            "grades", lowest.name, "分数线", f"{plain(lowest.lower)} 分以下没有等级，最低一级的分数线应为 0。"
        )


CHECKS: tuple[Callable[[RulesInPlan], Iterable[Finding]], ...] = (
    numbers_are_unique,
    references_exist,
    weights_add_up,
    kinds_are_sound,
    indicators_fit,
    missing_items_are_settled,
    merits_count,
    grades_cover,
)


def _sum(rules: RuleSetDoc, unit: str, group: str) -> Decimal:
    return sum((i.weight for i in rules.items_for(unit, group)), Decimal(0))


def _off(weight: Decimal, full: Decimal) -> str:
    return f"多 {plain(weight - full)}" if weight > full else f"少 {plain(full - weight)}"
