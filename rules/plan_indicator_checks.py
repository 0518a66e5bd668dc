"""What has to be right in the decomposition table 目标任务分解表."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal

from models.enums import Aggregation, Frequency, Split, TargetForm
from models.errors import Problem
from rules.numbers import plain
from rules.plan import Plan, PlanIndicator
from rules.plan_problems import duplicates, problem
from rules.targets import PERCENT

FIGURES = ("value", "value_high", "margin")
USED: Mapping[TargetForm, tuple[str, ...]] = {
    TargetForm.AT_LEAST: ("value",),
    TargetForm.AT_MOST: ("value",),
    TargetForm.RANGE: ("value", "value_high"),
    TargetForm.ZERO: (),
    TargetForm.EXISTS: (),
    TargetForm.ABOVE_AVERAGE: ("margin",),
    TargetForm.UP_ON_LAST_YEAR: ("margin",),
    TargetForm.QUALITATIVE: (),
}
"""The figures each form of target uses; a margin may be left blank (not below the reference)."""
DIVISIBLE = frozenset({TargetForm.AT_LEAST, TargetForm.AT_MOST})
"""The forms whose figure can be split so that the parts add up."""
ADDS_UP = frozenset({Aggregation.FLOW, Aggregation.CUMULATIVE})
SHARED_OUT = frozenset({Split.EQUAL, Split.WEIGHTS})


def numbers_are_unique(plan: Plan) -> Iterator[Problem]:
    """Yield numbers used twice, and indicators that stand in the table twice."""
    yield from duplicates(plan.indicators, "number", lambda i: [i.number])
    yield from duplicates(plan.indicators, "name", lambda i: [i.name], lambda i: i.task)


def figures_fit_the_form(plan: Plan) -> Iterator[Problem]:
    """Yield figures that the form of the target needs and lacks, or does not use, or that contradict each other."""
    for row in plan.indicators:
        if not row.reads("form", *FIGURES):
            continue
        for name in FIGURES:
            figure, used = getattr(row, name), name in USED[row.form]
            if used and figure is None and name != "margin":
                yield problem(row, name, f"目标形式为“{row.form.zh}”，必须填写。")
            elif not used and figure is not None:
                yield problem(row, name, f"目标形式为“{row.form.zh}”，不使用此列，请清空或改正目标形式。")
        if row.form is TargetForm.RANGE and row.value is not None and row.value_high is not None:
            if row.value_high < row.value:
                yield problem(row, "value_high", f"{row.value_high} 小于目标值 {row.value}，请改正。")
        elif row.form is TargetForm.AT_LEAST and row.value is not None and row.value <= 0:
            yield problem(row, "value", f"“不低于 {row.value}”没有约束力，请填写大于 0 的数，或改用其他目标形式。")


def figures_fit_the_measure(plan: Plan) -> Iterator[Problem]:
    """Yield missing measures, shares outside 0 to 100, percentages that would be added up, and surplus decimals."""
    for row in plan.indicators:
        if not row.reads("form", "measure", "aggregation", "decimals", *FIGURES):
            continue
        if row.form is not TargetForm.QUALITATIVE and not row.measure:
            yield problem(row, "measure", "必须填写（定性目标除外），例如 %、家、万人次。")
        if row.decimals > 6:
            yield problem(row, "decimals", "最多 6 位，请改正。")
        percent = row.measure == PERCENT
        if row.aggregation is Aggregation.RATIO and not percent:
            yield problem(row, "measure", "汇总方式为“比率”的，计量单位应为 %。")
        elif percent and row.aggregation in ADDS_UP and row.form is not TargetForm.QUALITATIVE:
            text = f"百分比不能按“{row.aggregation.zh}”汇总，请改为“比率”（填报分子、分母）或“时点数”。"
            yield problem(row, "aggregation", text)
        for name in FIGURES:
            figure = getattr(row, name)
            if figure is None:
                continue
            if row.aggregation is Aggregation.RATIO and name != "margin" and not 0 <= figure <= 100:
                yield problem(row, name, f"比率应在 0 至 100 之间，现为 {plain(figure)}，请改正。")
            if (places := _places(figure)) > row.decimals:
                yield problem(
                    row, name, f"{plain(figure)} 有 {places} 位小数，多于“小数位数”{row.decimals}，请改正其中一处。"
                )


def dates_fit_the_cycle(plan: Plan) -> Iterator[Problem]:
    """Yield one-time items without a date, and dates outside the cycle."""
    period = plan.basics.period
    for row in plan.indicators:
        if not row.reads("frequency", "due_on"):
            continue
        if row.frequency is Frequency.ONCE and row.due_on is None:
            yield problem(row, "due_on", "填报频次为“一次性”，必须填写完成时限。")
        elif row.due_on and period and not period[0] <= row.due_on <= period[1]:
            yield problem(row, "due_on", f"{row.due_on} 不在考核周期 {period[0]} 至 {period[1]} 之内，请改正。")


def units_carry_it(plan: Plan) -> Iterator[Problem]:
    """Yield rows whose units are not assessed, or that name the lead unit a second time."""
    units = {u.code: u for u in plan.units}
    for row in plan.indicators:
        for name, codes in (("lead", (row.lead,)), ("cooperating", row.cooperating)):
            for code in codes:
                unit = units.get(code)
                if unit and row.reads(name) and unit.reads("group") and not unit.group:
                    text = f"“{unit.name}”没有考核分组，不能承担指标，请在“单位”表中填写考核分组。"
                    yield problem(row, name, text)
                elif unit and unit.ended is not None:
                    yield problem(row, name, f"“{unit.name}”已于 {unit.ended} 停用，请改为承接的单位。")
        if row.lead and row.lead in row.cooperating:
            name = units[row.lead].name if row.lead in units else row.lead
            yield problem(row, "cooperating", f"“{name}”已是牵头单位，请从本列删去。")


def splits_are_possible(plan: Plan) -> Iterator[Problem]:
    """Yield figures that cannot be shared out as the table says."""
    for row in plan.indicators:
        if not row.reads("split", "form", "aggregation", "cooperating", "weights"):
            continue
        if row.split is not Split.NONE and not row.cooperating:
            yield problem(row, "split", f"没有责任（配合）单位，不能“{row.split.zh}”，请补上单位或改为“不分解”。")
        if row.split in SHARED_OUT and (row.form not in DIVISIBLE or row.aggregation is Aggregation.RATIO):
            what = "比率" if row.aggregation is Aggregation.RATIO else f"“{row.form.zh}”的目标"
            yield problem(row, "split", f"{what}不能拆分，请改为“{Split.HANDED_DOWN.zh}”或“{Split.NONE.zh}”。")
        if row.split in SHARED_OUT and row.value is not None and row.value < 0:
            yield problem(row, "value", "负数不能分解，请改正。")
        yield from _weight_problems(plan, row)


def _weight_problems(plan: Plan, row: PlanIndicator) -> Iterator[Problem]:
    if row.split is not Split.WEIGHTS:
        if row.weights:
            yield problem(row, "weights", f"分解方式为“{row.split.zh}”，不使用权重，请清空或改为“{Split.WEIGHTS.zh}”。")
        return
    units = {u.code: u.name for u in plan.units}
    given = dict(row.weights)
    for text, codes in (
        ("缺少{}的权重，请补上。", [c for c in row.cooperating if c not in given]),
        ("{}不在责任（配合）单位中，请删去或补列。", [c for c in given if c not in row.cooperating]),
    ):
        if codes:
            yield problem(row, "weights", text.format("、".join(f"“{units.get(c, c)}”" for c in codes)))
    if given and sum(given.values()) == 0:
        yield problem(row, "weights", "权重合计为 0，请改正。")


def _places(figure: Decimal) -> int:
    exponent = figure.normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return max(0, -exponent)


INDICATOR_CHECKS: tuple[Callable[[Plan], Iterable[Problem]], ...] = (
    numbers_are_unique,
    figures_fit_the_form,
    figures_fit_the_measure,
    dates_fit_the_cycle,
    units_carry_it,
    splits_are_possible,
)
