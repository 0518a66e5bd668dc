"""R7 so much off per unit short of the target: 每低 1 个百分点扣 0.1 分."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Annotated

from pydantic import Field

from models.enums import Choice
from rules.numbers import Amount, plain
from rules.scoring.facts import Facts, Points, bounded, no_data, no_reference, required_target, target_inputs
from rules.scoring.kind import Kind, Need
from rules.scoring.params import Params, chosen
from rules.targets import shortfall


class Step(Choice):
    """How a part of a unit counts. Published tables never say, so it has to be chosen."""

    EXACT = "exact", "按比例计"
    FLOOR = "floor", "不足一个单位不计"
    CEIL = "ceil", "不足一个单位按一个计"


STEPS: Mapping[Step, Callable[[Fraction], Fraction]] = {
    Step.EXACT: lambda units: units,
    Step.FLOOR: lambda units: Fraction(floor(units)),
    Step.CEIL: lambda units: Fraction(ceil(units)),
}


class PerUnitShort(Params):
    unit: Amount = Field(title="计分单位", gt=0)
    deduction: Amount = Field(title="每单位扣分", gt=0)
    step: Annotated[Step, chosen(Step)] = Field(title="计步方式")
    lowest: Amount = Field(default=Decimal(0), title="最低分")


def compute(params: PerUnitShort, w: Fraction, facts: Facts) -> Points:
    """Return `clip(w − d·step(shortfall/u), lo, w)`; for a ceiling the shortfall is the excess over it."""
    target = required_target(facts)
    inputs = target_inputs(target, facts.actual)
    if facts.actual is None:
        return no_data(inputs)
    short = shortfall(target, facts.actual)
    if short is None:
        return no_reference(inputs)
    if short == 0:
        return Points(w, inputs, (f"达到目标，不扣分，得 {plain(w)} 分",))
    unit, each = Fraction(params.unit), Fraction(params.deduction)
    units = STEPS[params.step](short / unit)
    value = w - each * units
    points, note = bounded(value, Fraction(params.lowest), w)
    steps = (
        f"与目标相差 {plain(short)}，折合 {plain(short)}÷{plain(unit)}＝{plain(short / unit)} 个计分单位",
        f"{params.step.zh}，计 {plain(units)} 个，扣 {plain(units)}×{plain(each)}＝{plain(each * units)} 分",
        f"得分：{plain(w)}－{plain(each * units)}＝{plain(value)}",
    )
    return Points(points, inputs, (*steps, *note))


def rule(params: PerUnitShort, w: Decimal) -> str:
    """Return the rule as a sentence."""
    return (
        f"达到目标得 {plain(w)} 分；未达到的，每相差 {plain(params.unit)} 扣 {plain(params.deduction)} 分"
        f"（{params.step.zh}），最低 {plain(params.lowest)} 分"
    )


def check(params: PerUnitShort, weight: Decimal) -> tuple[str, ...]:
    """Return the complaint about a lowest mark above the full marks."""
    return () if params.lowest <= weight else (f"最低分 {plain(params.lowest)} 高于本项分值 {plain(weight)}，请改正。",)


KIND = Kind(
    id="R7",
    name="未达标逐单位扣分",
    params=PerUnitShort,
    needs=lambda _: Need.TARGET,
    compute=compute,
    rule=rule,
    check=check,
)
