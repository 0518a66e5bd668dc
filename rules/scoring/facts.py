"""What is known about one unit for one item, and what a rule makes of it."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from models.errors import Refused
from rules.numbers import plain
from rules.targets import TargetFigure, phrase, threshold


@dataclass(frozen=True)
class Facts:
    """The inputs of a score. A figure that is None is not there; it is never the same as 0.

    `applies` is False where the item does not fit the unit (缺项). `evidence` names what proves the figures,
    `provisional` says in Chinese which of them may still change, `notes` is said beside the inputs.
    """

    actual: Fraction | None = None
    target: TargetFigure | None = None
    count: int | None = None
    late: int = 0
    missing: int = 0
    returned: int = 0
    empty: int = 0
    judged: bool | None = None
    applies: bool = True
    evidence: tuple[str, ...] = ()
    provisional: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Points(NamedTuple):
    """The exact points, the inputs they came from and each step in Chinese; `pending` says what is still to come."""

    value: Fraction
    inputs: tuple[tuple[str, str], ...]
    steps: tuple[str, ...]
    pending: tuple[str, ...] = ()


def required_target(facts: Facts) -> TargetFigure:
    """Return the target; raises `Refused` where the plan has none, because no target is neither 0 nor full marks."""
    if facts.target is None:
        raise Refused("没有对应的目标，无法计分；请在目标任务分解表中补上指标和目标值。")
    return facts.target


def target_inputs(target: TargetFigure, actual: Fraction | None) -> tuple[tuple[str, str], ...]:
    """Return target, threshold (where it follows from a reference) and actual value as they are shown."""
    shown = [("目标", phrase(target))]
    needed = threshold(target)
    if target.reference is not None and needed is not None:
        shown += [("参照值", _measured(target.reference, target)), ("折合目标值", _measured(needed, target))]
    shown.append(("完成值", "无" if actual is None else _measured(actual, target)))
    return tuple(shown)


def no_data(inputs: tuple[tuple[str, str], ...]) -> Points:
    """Return 0 points for a unit of which nothing that counts is on record."""
    return Points(Fraction(0), inputs, ("没有可以计分的数据，得 0 分",))


def no_reference(inputs: tuple[tuple[str, str], ...]) -> Points:
    """Return 0 points for now: last year's value or the outside average is not known yet."""
    return Points(Fraction(0), inputs, ("参照值尚未取得，暂计 0 分",), ("参照值尚未取得，取得后重新计分",))


def bounded(value: Fraction, low: Fraction, high: Fraction | None = None) -> tuple[Fraction, tuple[str, ...]]:
    """Return `value` kept between `low` and `high`, with the step that says so where it was changed."""
    if high is not None and value > high:
        return high, (f"超过上限，按 {plain(high)} 分计",)
    if value < low:
        return low, (f"低于下限，按 {plain(low)} 分计",)
    return value, ()


def _measured(value: Decimal | Fraction, target: TargetFigure) -> str:
    return f"{plain(value)}{target.measure}"
