"""R1 all or nothing: 达到得满分，否则不得分."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Annotated

from pydantic import Field

from models.enums import Choice
from rules.numbers import plain
from rules.scoring.facts import Facts, Points, no_data, no_reference, required_target, target_inputs
from rules.scoring.kind import Kind, Need
from rules.scoring.params import Params, chosen
from rules.targets import met


class Condition(Choice):
    """What decides between full marks and none."""

    MET = "met", "达标"
    NONE = "none", "未发生"
    SOME = "some", "至少一次"
    JUDGED = "judged", "评判"


class AllOrNothing(Params):
    condition: Annotated[Condition, chosen(Condition)] = Field(title="条件")


NEEDS: Mapping[Condition, Need] = {
    Condition.MET: Need.TARGET,
    Condition.NONE: Need.COUNT,
    Condition.SOME: Need.COUNT,
    Condition.JUDGED: Need.JUDGED,
}

RULES: Mapping[Condition, str] = {
    Condition.MET: "达到目标得 {w} 分，否则不得分",
    Condition.NONE: "未发生得 {w} 分，发生不得分",
    Condition.SOME: "有 1 次及以上得 {w} 分，没有不得分",
    Condition.JUDGED: "评分单位认定符合得 {w} 分，否则不得分",
}


def compute(params: AllOrNothing, w: Fraction, facts: Facts) -> Points:
    """Return `w` where the condition holds, else 0."""
    return CONDITIONS[params.condition](w, facts)


def _target(w: Fraction, facts: Facts) -> Points:
    target = required_target(facts)
    inputs = target_inputs(target, facts.actual)
    if facts.actual is None:
        return no_data(inputs)
    reached = met(target, facts.actual)
    if reached is None:
        return no_reference(inputs)
    return _either(reached, w, inputs, "达到目标", "未达到目标")


def _none(w: Fraction, facts: Facts) -> Points:
    count = _times(facts)
    inputs = (("发生次数", _shown(count)),)
    return no_data(inputs) if count is None else _either(count == 0, w, inputs, "未发生", f"发生 {plain(count)} 次")


def _some(w: Fraction, facts: Facts) -> Points:
    count = _times(facts)
    inputs = (("次数", _shown(count)),)
    return no_data(inputs) if count is None else _either(count >= 1, w, inputs, f"有 {plain(count)} 次", "没有")


def _judged(w: Fraction, facts: Facts) -> Points:
    if facts.judged is None:
        return Points(Fraction(0), (("评判", "尚未评判"),), ("尚未评判，暂计 0 分",), ("评分单位尚未评判",))
    verdict = "符合" if facts.judged else "不符合"
    return _either(facts.judged, w, (("评判", verdict),), "评分单位认定符合", "评分单位认定不符合")


def _times(facts: Facts) -> Fraction | None:
    return facts.actual if facts.count is None else Fraction(facts.count)


def _shown(count: Fraction | None) -> str:
    return "无记录" if count is None else plain(count)


def _either(holds: bool, w: Fraction, inputs: tuple[tuple[str, str], ...], yes: str, no: str) -> Points:
    return (
        Points(w, inputs, (f"{yes}，得满分 {plain(w)} 分",))
        if holds
        else Points(Fraction(0), inputs, (f"{no}，得 0 分",))
    )


CONDITIONS: Mapping[Condition, Callable[[Fraction, Facts], Points]] = {
    Condition.MET: _target,
    Condition.NONE: _none,
    Condition.SOME: _some,
    Condition.JUDGED: _judged,
}


def rule(params: AllOrNothing, w: Decimal) -> str:
    """Return the rule as a sentence."""
    return RULES[params.condition].format(w=plain(w))


KIND = Kind(
    id="R1",
    name="达标得分",
    params=AllOrNothing,
    needs=lambda params: NEEDS[params.condition],
    compute=compute,
    rule=rule,
)
