"""R3 bands: 10 万以上（含）得 5 分，5～10 万得 2.5 分."""

from decimal import Decimal
from fractions import Fraction
from typing import Annotated

from pydantic import BeforeValidator, Field

from models.errors import Refused
from rules.numbers import plain
from rules.scoring.bands import Band, complaints, interval, parse
from rules.scoring.facts import Facts, Points, no_data
from rules.scoring.kind import Kind, Need
from rules.scoring.params import Params


class Bands(Params):
    bands: Annotated[tuple[Band, ...], BeforeValidator(lambda v: parse(v) if isinstance(v, str) else v)] = Field(
        title="分段", min_length=1
    )


def compute(params: Bands, _w: Fraction, facts: Facts) -> Points:
    """Return the points of the band the value falls into; raises `Refused` where no band claims it."""
    if facts.actual is None:
        return no_data((("完成值", "无"),))
    band = next((b for b in params.bands if facts.actual in b), None)
    if band is None:
        raise Refused(f"完成值 {plain(facts.actual)} 不在任何一个分段内，请补全分段。")
    measure = facts.target.measure if facts.target else ""
    step = f"{plain(facts.actual)} 属于“{interval(band)}”，得 {plain(band.points)} 分"
    return Points(Fraction(band.points), (("完成值", f"{plain(facts.actual)}{measure}"),), (step,))


def rule(params: Bands, _w: Decimal) -> str:
    """Return the rule as a sentence."""
    return "按完成值分段计分：" + "；".join(f"{interval(b)}得 {plain(b.points)} 分" for b in params.bands)


KIND = Kind(
    id="R3",
    name="分段得分",
    params=Bands,
    needs=lambda _: Need.ACTUAL,
    compute=compute,
    rule=rule,
    check=lambda params, weight: complaints(params.bands, weight),
)
