"""Bands 分段: written as offices write them, with end points that are included (含) or not."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

from rules.numbers import Amount, plain

NUMBER = r"(-?\d+(?:\.\d+)?)"
CLOSED = r"(\(含\)|\(不含\))?"
BETWEEN = re.compile(rf"{NUMBER}{CLOSED}[~〜至–—-]{NUMBER}{CLOSED}")
UPWARDS = re.compile(rf"{NUMBER}{CLOSED}以上{CLOSED}")
DOWNWARDS = re.compile(rf"{NUMBER}{CLOSED}以下{CLOSED}")
SIGNED = re.compile(rf"(>=|>|<=|<|≥|≤|少于|低于|高于|超过){NUMBER}")
SIGNS = {">=": "≥", "<=": "≤", "少于": "<", "低于": "<", "高于": ">", "超过": ">"}


class Band(BaseModel):
    """An interval of values and its points; an end that is None is open-ended. Left-closed unless stated."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lower: Amount | None = None
    upper: Amount | None = None
    lower_included: bool = True
    upper_included: bool = False
    points: Amount

    @model_validator(mode="after")
    def _holds_something(self) -> Self:
        if self.lower is None or self.upper is None or self.lower < self.upper:
            return self
        if self.lower == self.upper and self.lower_included and self.upper_included:
            return self
        raise ValueError(f"分段“{self}”不包含任何数值，请检查起止值")

    def __contains__(self, value: Fraction) -> bool:
        above = self.lower is None or value > self.lower or (self.lower_included and value == self.lower)
        below = self.upper is None or value < self.upper or (self.upper_included and value == self.upper)
        return above and below

    def __str__(self) -> str:
        return f"{interval(self)}：{plain(self.points)}"


def interval(band: Band) -> str:
    """Return the interval in words, with each end point's 含 or 不含 written out."""
    low = "" if band.lower is None else f"{plain(band.lower)}（{'含' if band.lower_included else '不含'}）"
    high = "" if band.upper is None else f"{plain(band.upper)}（{'含' if band.upper_included else '不含'}）"
    if low and high:
        return f"{low}～{high}"
    return f"{low}以上" if low else f"{high}以下" if high else "任何数值"


def parse(text: str) -> tuple[Band, ...]:
    """Return the bands in a cell such as “10以上：5；5～10：2.5；5以下：0”; raises ValueError naming the bad part."""
    cleaned = unicodedata.normalize("NFKC", text).replace(" ", "").replace("\n", ";")
    return tuple(_band(part) for part in cleaned.split(";") if part)


def _band(part: str) -> Band:
    words, _, points = part.rpartition(":")
    if not re.fullmatch(NUMBER, points):
        raise ValueError(f"分段“{part}”没有写成“范围：得分”，例如“5～10：2.5”")
    if words == "任何数值":
        return Band(points=Decimal(points))
    if m := BETWEEN.fullmatch(words):
        low, low_closed, high, high_closed = m.groups()
        return Band(
            lower=Decimal(low),
            upper=Decimal(high),
            lower_included=low_closed != "(不含)",
            upper_included=high_closed == "(含)",
            points=Decimal(points),
        )
    if m := UPWARDS.fullmatch(words):
        return Band(lower=Decimal(m[1]), lower_included="(不含)" not in m.groups(), points=Decimal(points))
    if m := DOWNWARDS.fullmatch(words):
        return Band(upper=Decimal(m[1]), upper_included="(含)" in m.groups(), points=Decimal(points))
    if m := SIGNED.fullmatch(words):
        return _signed(SIGNS.get(m[1], m[1]), Decimal(m[2]), Decimal(points))
    raise ValueError(f"分段“{words}”看不懂，请写成“10以上”“5～10”“5以下”，必要时注明（含）（不含）")


def _signed(sign: str, end: Decimal, points: Decimal) -> Band:
    if sign in "≥>":
        return Band(lower=end, lower_included=sign == "≥", points=points)
    return Band(upper=end, upper_included=sign == "≤", points=points)


def complaints(bands: Sequence[Band], weight: Decimal) -> Iterable[str]:
    """Yield what is wrong with the bands of one item: overlaps and gaps name both rows."""
    named = [(i, b) for i, b in enumerate(bands, start=1)]
    ordered = sorted(named, key=lambda n: (n[1].lower is not None, n[1].lower or 0, not n[1].lower_included))
    for (i, a), (j, b) in pairwise(ordered):
        yield from _between(f"第 {i} 段“{interval(a)}”与第 {j} 段“{interval(b)}”", a, b)
    first, last = ordered[0][1], max((b for _, b in ordered), key=_upper_end)
    if first.lower is not None and not (first.lower == 0 and first.lower_included):
        yield f"低于第 {ordered[0][0]} 段“{interval(first)}”的数值没有规定得分，请补上。"
    if last.upper is not None and not (last.upper == 100 and last.upper_included):
        yield f"高于“{interval(last)}”的数值没有规定得分，请补上。"
    if (best := max(b.points for b in bands)) != weight:
        yield f"最高一段得 {plain(best)} 分，与本项分值 {plain(weight)} 不一致，请改正。"


def _upper_end(band: Band) -> tuple[bool, Decimal, bool]:
    return band.upper is None, band.upper or Decimal(0), band.upper_included


def _between(both: str, a: Band, b: Band) -> Iterable[str]:
    if a.upper is None or b.lower is None or a.upper > b.lower:
        yield f"{both}重叠，请改正。"
    elif a.upper < b.lower:
        yield f"{both}之间 {plain(a.upper)} 至 {plain(b.lower)} 没有规定得分，请补上。"
    elif a.upper_included and b.lower_included:
        yield f"{both}都包含 {plain(a.upper)}，请在其中一段注明（不含）。"
    elif not a.upper_included and not b.lower_included:
        yield f"{both}都不包含 {plain(a.upper)}，请在其中一段注明（含）。"
