"""What has to be right in a plan before it is imported: a list of checks that return problems with their place."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from itertools import pairwise

from models.enums import Role
from models.errors import Problem
from rules.plan import (
    MILESTONES,
    Plan,
    PlanContact,
    PlanMilestone,
    PlanUnit,
    assessed_units,
    sheet_of,
    units_in_use,
)
from rules.plan_indicator_checks import INDICATOR_CHECKS
from rules.plan_problems import duplicates, problem
from rules.plan_rule_checks import RULE_CHECKS

ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+|[a-z][a-z0-9+.-]*://\S+")
SEPARATOR = re.compile(r"[、，,；;/:：=\s]")
"""What stands between the names in a cell, and so cannot stand in a name."""
LONGEST_CYCLE = timedelta(days=2 * 366)
LATEST_RESULT = timedelta(days=366)
"""How long after the cycle its last node may lie (year.md: results appear until the next December)."""
OPTIONAL_MILESTONES = frozenset({"self_evaluation_open"})


def find_problems(plan: Plan) -> tuple[Problem, ...]:
    """Return everything that is wrong with the plan, in the order of the checks."""
    return tuple(found for check in CHECKS for found in check(plan))


def dates_of_the_cycle(plan: Plan) -> Iterator[Problem]:
    """Yield a cycle that ends before it starts, lasts too long, or gives no time to file."""
    basics = plan.basics
    if basics.reads("starts", "ends"):
        if basics.ends < basics.starts:
            yield problem(basics, "ends", f"截止日期 {basics.ends} 早于起始日期 {basics.starts}，请改正。")
        elif basics.ends - basics.starts > LONGEST_CYCLE:
            yield problem(basics, "ends", "考核周期超过两年，请核对年份。")
    for name in ("monthly_due_workdays", "quarterly_due_workdays", "close_workdays", "appeal_workdays"):
        if basics.reads(name) and getattr(basics, name) < 1:
            yield problem(basics, name, "至少为 1 个工作日，请改正。")
    for day in sorted(set(basics.extra_workdays) & set(basics.extra_days_off)):
        yield problem(basics, "extra_days_off", f"{day} 同时列为另定工作日和另定休息日，请只保留一处。")


def options_of_the_total(plan: Plan) -> Iterator[Problem]:
    """Yield settings of the total that no total can have."""
    basics = plan.basics
    if basics.reads("full") and basics.full <= 0:
        yield problem(basics, "full", "应大于 0，请改正。")
    if basics.reads("published_decimals") and basics.published_decimals > 6:
        yield problem(basics, "published_decimals", "最多 6 位，请改正。")
    if basics.bonus_cap is not None and basics.bonus_cap < 0:
        yield problem(basics, "bonus_cap", "不应为负数，请改正；不设上限的请留空。")


def units_are_told_apart(plan: Plan) -> Iterator[Problem]:
    """Yield codes used twice and names, present or former, that stand for two units."""
    yield from duplicates(plan.units, "code", lambda u: [u.code])
    yield from duplicates(plan.units, "name", lambda u: [u.name])
    for unit in plan.units:
        for name in ("code", "name", "group"):
            if SEPARATOR.search(getattr(unit, name)):
                yield problem(
                    unit, name, f"“{getattr(unit, name)}”中不能有空格、顿号、逗号、分号、冒号等分隔符号，请删去。"
                )
    names = {u.name: u for u in plan.units}
    owners: dict[str, PlanUnit] = {}
    for unit in plan.units:
        for former in unit.former:
            other = names.get(former) or owners.setdefault(former, unit)
            if other is not unit:
                text = f"“{former}”也是第 {other.place.row} 行“{other.name}”的名称，无法区分，请删去其中一处。"
                yield problem(unit, "former", text)


def units_form_a_tree(plan: Plan) -> Iterator[Problem]:
    """Yield units that are their own superior, directly or in a circle."""
    parents: dict[str, str] = {u.code: u.parent for u in plan.units}
    for unit in plan.units:
        seen: set[str] = {unit.code}
        above: str = unit.parent
        while above and above not in seen:
            seen.add(above)
            above = parents.get(above, "")
        if above == unit.code and unit.code:
            yield problem(unit, "parent", "上级单位绕了一圈又回到本单位，请改正。")


def units_have_a_place(plan: Plan) -> Iterator[Problem]:
    """Yield units that are neither assessed nor needed by anything else in the plan."""
    if not assessed_units(plan) and plan.units:
        yield Problem(sheet_of(PlanUnit), None, "考核分组", "没有一个单位填写了考核分组，请至少填写一个被考核单位。")
    needed = units_in_use(plan)
    for unit in plan.units:
        if unit.reads("code", "group") and not unit.group and unit.code not in needed:
            yield problem(unit, "group", f"“{unit.name}”没有考核分组，计划中也没有用到，请填写分组或删去此行。")


def contacts_can_be_reached(plan: Plan) -> Iterator[Problem]:
    """Yield addresses nothing can be sent to, and people entered twice."""
    for contact in plan.contacts:
        if contact.reads("address") and ADDRESS.fullmatch(contact.address) is None:
            text = (
                f"“{contact.address}”不是可用的地址，请填邮箱（如 abc@example.com）或通知渠道地址（如 mailtos://…）。"
            )
            yield problem(contact, "address", text)
    whole = [c for c in plan.contacts if c.reads("unit", "role", "title", "address")]
    yield from duplicates(
        whole, "title", lambda c: [f"{c.title}（{c.role.zh}，{c.address}）"], lambda c: (c.unit, c.role)
    )


def everyone_can_be_told(plan: Plan) -> Iterator[Problem]:
    """Yield units without a liaison officer, and a plan without anyone at the office."""
    liaisons = {c.unit for c in plan.contacts if c.role is Role.LIAISON or not c.reads("role")}
    needed = units_in_use(plan) - {plan.basics.owner} - {u.parent for u in plan.units}
    for unit in plan.units:
        acts = bool(unit.group) or unit.code in needed
        if acts and unit.ended is None and unit.code not in liaisons and unit.reads("code", "group"):
            yield problem(unit, "name", f"“{unit.name}”没有联络员，请在“联络人”表中补上角色为“联络员”的一行。")
    if not any(c.role is Role.COORDINATOR or not c.reads("role") for c in plan.contacts):
        text = f"没有角色为“{Role.COORDINATOR.zh}”的联络人，审核提醒无人可收，请补上一行。"
        yield Problem(sheet_of(PlanContact), None, "角色", text)


def milestones_are_complete(plan: Plan) -> Iterator[Problem]:
    """Yield nodes without a code, entered twice or missing."""
    for milestone in plan.milestones:
        if not milestone.code and milestone.reads("name", "code"):
            text = f"“{milestone.name}”不是通用节点，请在此列填写一个英文代码（如 quality_month）。"
            yield problem(milestone, "code", text)
    yield from duplicates([m for m in plan.milestones if m.code], "code", lambda m: [m.code])
    if not all(m.reads("name", "code") for m in plan.milestones):
        return
    present = {m.code for m in plan.milestones}
    for code, name in MILESTONES.items():
        if code not in present and code not in OPTIONAL_MILESTONES:
            yield Problem(sheet_of(PlanMilestone), None, "节点", f"缺少节点“{name}”（{code}），请补上一行和日期。")


def milestones_are_in_order(plan: Plan) -> Iterator[Problem]:
    """Yield nodes outside the cycle, and common nodes that come before the one they follow."""
    period = plan.basics.period
    dated = [m for m in plan.milestones if m.reads("due_on")]
    for milestone in dated:
        if period and not period[0] <= milestone.due_on <= period[1] + LATEST_RESULT:
            text = f"{milestone.due_on} 不在考核周期（{period[0]} 至 {period[1]}）及其后一年之内，请改正。"
            yield problem(milestone, "due_on", text)
    common = {m.code: m for m in dated if m.code in MILESTONES}
    ordered = [common[code] for code in MILESTONES if code in common]
    for earlier, later in pairwise(ordered):
        if later.due_on < earlier.due_on:
            text = f"“{later.name}”（{later.due_on}）早于“{earlier.name}”（{earlier.due_on}），请改正。"
            yield problem(later, "due_on", text)


CHECKS: tuple[Callable[[Plan], Iterable[Problem]], ...] = (
    dates_of_the_cycle,
    options_of_the_total,
    units_are_told_apart,
    units_form_a_tree,
    units_have_a_place,
    contacts_can_be_reached,
    everyone_can_be_told,
    *INDICATOR_CHECKS,
    *RULE_CHECKS,
    milestones_are_complete,
    milestones_are_in_order,
)
