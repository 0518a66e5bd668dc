"""Splitting a county figure so that the parts add up to it exactly."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import floor

from models.errors import Refused


def split(total: Decimal, weights: Sequence[Decimal], decimals: int) -> tuple[Decimal, ...]:
    """Return one part per weight, each with `decimals` places, adding up exactly to `total` (largest remainder).

    Every part is within one unit of its exact share; equal remainders are served in order of position. Equal weights
    give the equal split. Raises `Refused` for a negative total or weight, weights that are all zero, and a total with
    more places than the parts may have.
    """
    if total < 0:
        raise Refused(f"分解总数 {total} 为负数，不能分解。")
    if any(w < 0 for w in weights):
        raise Refused("分解权重不能为负数，请改正。")
    if sum(weights) == 0:
        raise Refused("没有可分解的单位，或分解权重合计为 0，请填写权重。")
    units = Fraction(total) * 10**decimals
    if units.denominator != 1:
        raise Refused(f"总数 {total} 的小数位多于 {decimals} 位，分解后无法与总数一致，请调整总数或保留小数位数。")
    whole = sum(Fraction(w) for w in weights)
    shares = [units * Fraction(w) / whole for w in weights]
    parts = [floor(s) for s in shares]
    by_remainder = sorted(range(len(shares)), key=lambda i: (parts[i] - shares[i], i))
    for i in by_remainder[: int(units) - sum(parts)]:
        parts[i] += 1
    return tuple(Decimal(p).scaleb(-decimals) for p in parts)
