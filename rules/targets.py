"""Targets: how each form is said, what it demands, and whether an actual value meets it."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from models.enums import TargetForm
from rules.numbers import plain

PERCENT = "%"


class TargetFigure(NamedTuple):
    """A target as figures. `reference` is last year's value or the outside average, None while unknown.

    The `margin` over a reference is in percentage points for a measure of %; over last year's value of anything else
    it is growth in per cent, over an outside average it is in the measure itself.
    """

    form: TargetForm
    value: Decimal | None
    value_high: Decimal | None
    margin: Decimal | None
    reference: Decimal | None
    measure: str


def phrase(figure: TargetFigure) -> str:
    """Return the target as it is printed in letters and tables, such as “≥95%” or “零发生”."""
    return PHRASES[figure.form](figure)


def threshold(figure: TargetFigure) -> Fraction | None:
    """Return the value that has to be reached (or, for at most and zero, kept); None while it cannot be known.

    The lower end stands for a range; a qualitative target has none.
    """
    return THRESHOLDS[figure.form](figure)


def shortfall(figure: TargetFigure, actual: Fraction) -> Fraction | None:
    """Return by how much `actual` misses the target, in its measure, and 0 when it is met; None while unknown."""
    needed = threshold(figure)
    if needed is None:
        return None
    if figure.form in CEILINGS:
        return max(actual - needed, Fraction(0))
    if figure.form is TargetForm.RANGE and figure.value_high is not None and actual > figure.value_high:
        return actual - Fraction(figure.value_high)
    return max(needed - actual, Fraction(0))


def met(figure: TargetFigure, actual: Fraction) -> bool | None:
    """Return whether `actual` meets the target, end points included; None while that cannot be known."""
    missing = shortfall(figure, actual)
    return None if missing is None else missing == 0


CEILINGS = frozenset({TargetForm.AT_MOST, TargetForm.ZERO})
"""The forms that an actual value must not exceed."""


def _fraction(value: Decimal | None) -> Fraction | None:
    return None if value is None else Fraction(value)


def _above_reference(figure: TargetFigure) -> Fraction | None:
    return None if figure.reference is None else Fraction(figure.reference) + Fraction(figure.margin or 0)


def _up_on_reference(figure: TargetFigure) -> Fraction | None:
    if figure.measure == PERCENT or figure.reference is None:
        return _above_reference(figure)
    return Fraction(figure.reference) * (100 + Fraction(figure.margin or 0)) / 100


THRESHOLDS: Mapping[TargetForm, Callable[[TargetFigure], Fraction | None]] = {
    TargetForm.AT_LEAST: lambda f: _fraction(f.value),
    TargetForm.AT_MOST: lambda f: _fraction(f.value),
    TargetForm.RANGE: lambda f: _fraction(f.value),
    TargetForm.ZERO: lambda _: Fraction(0),
    TargetForm.EXISTS: lambda _: Fraction(1),
    TargetForm.ABOVE_AVERAGE: _above_reference,
    TargetForm.UP_ON_LAST_YEAR: _up_on_reference,
    TargetForm.QUALITATIVE: lambda _: None,
}


def _amount(value: Decimal | None, measure: str) -> str:
    return "（待定）" if value is None else f"{plain(value)}{measure}"


def _above_average(figure: TargetFigure) -> str:
    if not figure.margin:
        return "不低于全省平均水平"
    measure = "个百分点" if figure.measure == PERCENT else figure.measure
    return f"高于全省平均{_amount(figure.margin, measure)}以上"


def _up_on_last_year(figure: TargetFigure) -> str:
    if not figure.margin:
        return "不低于上年"
    return f"比上年提高{_amount(figure.margin, '个百分点' if figure.measure == PERCENT else PERCENT)}"


def _at_least(figure: TargetFigure) -> str:
    """A share cannot exceed 100%, so “≥100%” is said as officials say it."""
    everything = figure.measure == PERCENT and figure.value == 100
    return ("" if everything else "≥") + _amount(figure.value, figure.measure)


PHRASES: Mapping[TargetForm, Callable[[TargetFigure], str]] = {
    TargetForm.AT_LEAST: _at_least,
    TargetForm.AT_MOST: lambda f: f"≤{_amount(f.value, f.measure)}",
    TargetForm.RANGE: lambda f: f"{_amount(f.value, f.measure)}～{_amount(f.value_high, f.measure)}",
    TargetForm.ZERO: lambda _: "零发生",
    TargetForm.EXISTS: lambda _: "实现零的突破",
    TargetForm.ABOVE_AVERAGE: _above_average,
    TargetForm.UP_ON_LAST_YEAR: _up_on_last_year,
    TargetForm.QUALITATIVE: lambda _: "定性评价",
}
