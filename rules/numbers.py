"""Exact numbers: how amounts are read, kept and printed. Nothing here is ever a binary float."""

from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, PlainSerializer

SHOWN_PLACES = 12
"""A figure that ends within so many decimals is printed in full."""


def rounded(value: Fraction, places: int = 2) -> Decimal:
    """Return `value` at `places` decimals, halves away from zero: 2.665 gives 2.67, −0.605 gives −0.61."""
    units = (2 * abs(value.numerator) * 10**places + value.denominator) // (2 * value.denominator)
    return Decimal((int(value < 0 and units > 0), tuple(int(d) for d in str(units)), -places))


def plain(value: Decimal | Fraction | int) -> str:
    """Return `value` as an official writes it: no exponent, no trailing zeros, “约” where the decimals do not end."""
    exact = Fraction(value)
    for places in range(SHOWN_PLACES + 1):
        if 10**places % exact.denominator == 0:
            return format(rounded(exact, places), "f")
    return f"约{_trim(rounded(exact, 6))}"


def canonical(value: Decimal) -> Decimal:
    """Return the one way of writing an amount, so that 5, 5.0 and 5.00 give the same bytes."""
    return Decimal(_trim(value))


def _trim(value: Decimal) -> str:
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _no_float(value: Any) -> Any:
    if isinstance(value, float):
        raise ValueError("不接受浮点数，请以文本或整数给出")
    return value


Amount = Annotated[
    Decimal,
    BeforeValidator(_no_float),
    AfterValidator(canonical),
    PlainSerializer(lambda v: format(v, "f"), return_type=str, when_used="json"),
]
"""An exact amount in a rule: read from text or integers, written in its canonical form."""
