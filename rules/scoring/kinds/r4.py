"""R4 completion ratio, capped: 基本分×完成率，最高基本分，最低零分."""

from decimal import Decimal
from fractions import Fraction

from models.enums import TargetForm
from models.errors import Refused
from rules.numbers import plain
from rules.scoring.facts import Facts, Points, bounded, no_data, no_reference, required_target, target_inputs
from rules.scoring.kind import Kind, Need
from rules.scoring.params import Params
from rules.targets import TargetFigure, phrase, threshold

FORMS = frozenset({TargetForm.AT_LEAST, TargetForm.EXISTS, TargetForm.ABOVE_AVERAGE, TargetForm.UP_ON_LAST_YEAR})
"""A ratio to the target says something only where more is better."""


class Completion(Params):
    pass


def compute(_params: Completion, w: Fraction, facts: Facts) -> Points:
    """Return `clip(w·x/T, 0, w)`; raises `Refused` for a target of 0, below 0, or of a form without a ratio."""
    target = required_target(facts)
    inputs = target_inputs(target, facts.actual)
    needed = threshold(target)
    if (complaint := misfit(target)) is not None:
        raise Refused(complaint)
    if needed is None:
        return no_reference(inputs)
    if facts.actual is None:
        return no_data(inputs)
    value = w * facts.actual / needed
    points, note = bounded(value, Fraction(0), w)
    steps = (
        f"完成率：{plain(facts.actual)}÷{plain(needed)}＝{plain(facts.actual / needed * 100)}%",
        f"得分：{plain(w)}×{plain(facts.actual)}÷{plain(needed)}＝{plain(value)}",
    )
    return Points(points, inputs, (*steps, *note))


def misfit(target: TargetFigure) -> str | None:
    """Return why there is no completion ratio to `target`: its form has none, or it is not above 0."""
    if target.form not in FORMS:
        return f"目标“{phrase(target)}”不能按完成率计分，请改用其他评分方法。"
    needed = threshold(target)
    if needed is not None and needed <= 0:
        return f"目标值为 {plain(needed)}，不能计算完成率，请改正目标值或改用其他评分方法。"
    return None


def rule(_params: Completion, w: Decimal) -> str:
    """Return the rule as a sentence."""
    return f"按完成率计分：{plain(w)} 分×完成值÷目标值，最高 {plain(w)} 分，最低 0 分"


KIND = Kind(
    id="R4",
    name="完成率得分",
    params=Completion,
    needs=lambda _: Need.TARGET,
    compute=compute,
    rule=rule,
    misfit=misfit,
)
