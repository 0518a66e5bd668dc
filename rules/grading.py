"""Grades and ranks of totals (scoring.md: Groups, ranks, grades; R20)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from models.enums import IncidentLevel
from models.errors import Refused
from rules.numbers import Amount, plain, rounded

VETO_LEVELS = frozenset({IncidentLevel.REGIONAL, IncidentLevel.SYSTEMIC})
"""The incidents that put a unit in the lowest grade whatever its points."""


class GradeBand(NamedTuple):
    """A grade and the points from which it is given; the next higher band begins where it ends."""

    name: str
    lower: Amount


DEFAULT_BANDS = (
    GradeBand("A", Decimal(90)),
    GradeBand("B", Decimal(80)),
    GradeBand("C", Decimal(60)),
    GradeBand("D", Decimal(0)),
)


class Grade(NamedTuple):
    """The grade a unit gets, the grade its points alone would give, and why they differ (or what was graded)."""

    grade_by_score: str
    grade: str
    reason: str
    basis: str


def grade(
    points: Fraction | Decimal,
    bands: Sequence[GradeBand],
    *,
    published_decimals: int = 2,
    grade_unrounded: bool = False,
) -> str:
    """Return the name of the band that `points` fall into; below every band the lowest one.

    What is published is graded: points are rounded to `published_decimals` first, unless `grade_unrounded`.
    """
    if not bands:
        raise Refused("没有设置考核等级，请在“等级”表中填写。")
    exact = Fraction(points)
    judged = exact if grade_unrounded else Fraction(rounded(exact, published_decimals))
    ordered = sorted(bands, key=lambda b: b.lower, reverse=True)
    return next((b.name for b in ordered if judged >= b.lower), ordered[-1].name)


def graded(
    points: Fraction | Decimal,
    bands: Sequence[GradeBand],
    incidents: Iterable[IncidentLevel] = (),
    *,
    published_decimals: int = 2,
    grade_unrounded: bool = False,
    veto_levels: Collection[IncidentLevel] = VETO_LEVELS,
) -> Grade:
    """Return the grade with the veto applied: a regional or systemic incident gives the lowest grade.

    The grade by points is kept beside it, and the reason and the figure that was graded are said.
    """
    by_score = grade(points, bands, published_decimals=published_decimals, grade_unrounded=grade_unrounded)
    basis = (
        f"按未四舍五入的总分 {plain(points)} 评定等级"
        if grade_unrounded
        else f"按公布的总分 {rounded(Fraction(points), published_decimals)} 评定等级"
    )
    vetoes = sorted({level for level in incidents if level in veto_levels}, key=list(IncidentLevel).index)
    if not vetoes:
        return Grade(by_score, by_score, "", basis)
    lowest = min(bands, key=lambda b: b.lower).name
    kinds = "、".join(level.zh for level in vetoes)
    reason = f"发生{kinds}质量安全事件，一律评为 {lowest} 级（按得分为 {by_score} 级）"
    return Grade(by_score, lowest, reason, basis)


def ranks(points: Mapping[str, Decimal]) -> dict[str, int]:
    """Return the rank of each unit of one group; equal points share a rank and the next is skipped: 1, 1, 3."""
    return {unit: 1 + sum(other > mine for other in points.values()) for unit, mine in points.items()}
