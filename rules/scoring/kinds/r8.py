"""R8 so much off per event, down to nothing: 出现一次扣 2 分，扣完为止；每少一次扣 0.5 分."""

from decimal import Decimal
from fractions import Fraction

from pydantic import Field

from rules.numbers import Amount, plain
from rules.scoring.facts import Facts, Points, bounded, no_data
from rules.scoring.kind import Kind, Need
from rules.scoring.params import Params


class PerEvent(Params):
    deduction: Amount = Field(title="每次扣分", gt=0)
    required: Amount | None = Field(default=None, title="应有次数", gt=0)
    lowest: Amount = Field(default=Decimal(0), title="最低分")


def compute(params: PerEvent, w: Fraction, facts: Facts) -> Points:
    """Return `max(w − d·n, lo)`; where a number is required, `n` is what is short of it."""
    count = facts.actual if facts.count is None else Fraction(facts.count)
    inputs = _inputs(params, count)
    if count is None:
        return no_data(inputs)
    n, reason = _events(params, count)
    off = Fraction(params.deduction) * n
    points, note = bounded(w - off, Fraction(params.lowest))
    steps = (
        reason,
        f"扣分：{plain(n)}×{plain(params.deduction)}＝{plain(off)}",
        f"得分：{plain(w)}－{plain(off)}＝{plain(w - off)}",
    )
    return Points(points, inputs, (*steps, *note))


def _inputs(params: PerEvent, count: Fraction | None) -> tuple[tuple[str, str], ...]:
    actual = ("实际次数", "无记录" if count is None else plain(count))
    return (actual,) if params.required is None else (("应有次数", plain(params.required)), actual)


def _events(params: PerEvent, count: Fraction) -> tuple[Fraction, str]:
    if params.required is None:
        return count, f"发生 {plain(count)} 次"
    short = max(Fraction(params.required) - count, Fraction(0))
    return short, f"应有 {plain(params.required)} 次，实有 {plain(count)} 次，少 {plain(short)} 次"


def rule(params: PerEvent, w: Decimal) -> str:
    """Return the rule as a sentence."""
    event = "每发生一次" if params.required is None else f"应有 {plain(params.required)} 次，每少一次"
    end = "扣完为止" if params.lowest == 0 else f"最低 {plain(params.lowest)} 分"
    return f"满分 {plain(w)} 分；{event}扣 {plain(params.deduction)} 分，{end}"


def check(params: PerEvent, weight: Decimal) -> tuple[str, ...]:
    """Return the complaint about a lowest mark above the full marks."""
    return () if params.lowest <= weight else (f"最低分 {plain(params.lowest)} 高于本项分值 {plain(weight)}，请改正。",)


KIND = Kind(
    id="R8",
    name="按次扣分",
    params=PerEvent,
    needs=lambda _: Need.COUNT,
    compute=compute,
    rule=rule,
    check=check,
)
