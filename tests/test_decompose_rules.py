"""Splitting county figures to units: always exactly the county figure."""

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import Refused
from rules.decompose import split

AMOUNTS = st.decimals(0, 10**9, places=2)
WEIGHTS = st.lists(st.decimals(0, 1000, places=3), min_size=1, max_size=30).filter(lambda w: sum(w) > 0)


def parts(total: str, weights: str, decimals: int) -> str:
    result = split(Decimal(total), [Decimal(w) for w in weights.split()], decimals)
    return " ".join(str(p) for p in result)


@pytest.mark.parametrize(
    ("total", "weights", "decimals", "expected"),
    [
        ("500", "1 1 1 1 1 1 1", 0, "72 72 72 71 71 71 71"),  # equal remainders go by position
        ("15", "1 1 1", 0, "5 5 5"),
        ("3", "1 1 1 1 1", 0, "1 1 1 0 0"),
        ("10", "5 3 2", 0, "5 3 2"),
        ("10", "6 6 1", 0, "5 4 1"),  # 4.615 4.615 0.769: the last has the largest remainder
        ("25", "1.5 0 3", 2, "8.33 0.00 16.67"),
        ("0", "1 2", 0, "0 0"),
        ("7", "0 0 4", 0, "0 0 7"),
    ],
)
def test_largest_remainder(total: str, weights: str, decimals: int, expected: str) -> None:
    assert parts(total, weights, decimals) == expected


@given(AMOUNTS, WEIGHTS)
def test_parts_add_up_and_stay_within_one_unit_of_their_share(total: Decimal, weights: list[Decimal]) -> None:
    result = split(total, weights, 2)
    whole = sum(map(Fraction, weights))
    assert sum(map(Fraction, result)) == Fraction(total)
    for part, weight in zip(result, weights, strict=True):
        assert abs(Fraction(part) - Fraction(total) * Fraction(weight) / whole) < Fraction(1, 100)
        assert part >= 0


@given(AMOUNTS, WEIGHTS)
def test_more_weight_never_gets_less(total: Decimal, weights: list[Decimal]) -> None:
    served = sorted(zip(weights, split(total, weights, 2), strict=True))
    tolerance = Decimal("0.01")
    assert all(a[1] <= b[1] + (tolerance if a[0] == b[0] else 0) for a, b in pairwise(served))


@given(AMOUNTS, WEIGHTS, st.integers(1, 9))
def test_only_the_proportion_of_weights_counts(total: Decimal, weights: list[Decimal], factor: int) -> None:
    assert split(total, weights, 2) == split(total, [w * factor for w in weights], 2)


@pytest.mark.parametrize(
    ("total", "weights", "decimals", "message"),
    [
        ("10", "1 -1 3", 0, "权重不能为负数"),
        ("10", "0 0", 0, "权重合计为 0"),
        ("10", "", 0, "没有可分解的单位"),
        ("-1", "1 1", 0, "负数"),
        ("10.5", "1 1", 0, "小数位多于 0 位"),
    ],
)
def test_what_cannot_be_split_is_refused(total: str, weights: str, decimals: int, message: str) -> None:
    with pytest.raises(Refused, match=message):
        parts(total, weights, decimals)
