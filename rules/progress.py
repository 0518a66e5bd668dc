"""How period values make a year's value, and whether a unit is ahead of, on or behind its schedule."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from models.enums import Aggregation, Progress, ReportNature, TargetForm
from rules.numbers import plain, rounded
from rules.targets import CEILINGS, TargetFigure, met, threshold


class PeriodValue(NamedTuple):
    """What was filed for one period. A ratio carries numerator and denominator, everything else a value."""

    period_end: date
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    nature: ReportNature


@dataclass(frozen=True)
class Actual:
    """A year's value so far and, in one Chinese sentence, how it was made. A ratio is in per cent."""

    value: Fraction
    numerator: Decimal | None
    denominator: Decimal | None
    basis: str


def actual(aggregation: Aggregation, values: Sequence[PeriodValue]) -> Actual | None:
    """Return the value of the year so far, whatever the order of `values`; None when no figure was filed.

    A nil report counts as 0, except that it leaves a cumulative value as it was. 不适用 and text without a figure are
    left out: nothing is ever counted as zero for being absent.
    """
    kept = (v for v in values if v.nature is ReportNature.NIL or _has_figure(aggregation, v))
    figures = sorted(kept, key=lambda v: v.period_end)
    return AGGREGATIONS[aggregation](figures) if figures else None


def _has_figure(aggregation: Aggregation, v: PeriodValue) -> bool:
    if v.nature is not ReportNature.VALUE:
        return False
    return v.numerator is not None if aggregation is Aggregation.RATIO else v.value is not None


def _sum(figures: Sequence[PeriodValue]) -> Actual:
    terms = [_figure(v) for v in figures]
    total = sum((Fraction(t) for t in terms), Fraction(0))
    nil = sum(v.nature is ReportNature.NIL for v in figures)
    note = f"（共{len(terms)}期，其中零报告{nil}期）" if nil else f"（共{len(terms)}期）"
    return Actual(total, None, None, f"各期当期数相加：{'＋'.join(plain(t) for t in terms)}＝{plain(total)}{note}")


def _last_cumulative(figures: Sequence[PeriodValue]) -> Actual:
    reported = [v for v in figures if v.nature is ReportNature.VALUE]
    if not reported:
        return Actual(Fraction(0), None, None, f"各期均为零报告（共{len(figures)}期），累计数为0")
    return _last(reported, "累计数")


def _last_stock(figures: Sequence[PeriodValue]) -> Actual:
    return _last(figures, "时点数")


def _last(figures: Sequence[PeriodValue], name: str) -> Actual:
    last = figures[-1]
    value = _figure(last)
    return Actual(Fraction(value), None, None, f"取截至{_day(last.period_end)}的{name}：{plain(value)}")


def _ratio(figures: Sequence[PeriodValue]) -> Actual | None:
    numerator = sum((v.numerator or Decimal(0) for v in figures), Decimal(0))
    denominator = sum((v.denominator or Decimal(0) for v in figures), Decimal(0))
    if denominator == 0:
        return None
    value = Fraction(numerator) / Fraction(denominator) * 100
    top, bottom, percent = plain(numerator), plain(denominator), rounded(value)
    basis = f"各期分子合计÷各期分母合计：{top}÷{bottom}＝{percent}%（共{len(figures)}期，不取各期百分比的平均数）"
    return Actual(value, numerator, denominator, basis)


def _figure(v: PeriodValue) -> Decimal:
    return Decimal(0) if v.nature is ReportNature.NIL or v.value is None else v.value


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


AGGREGATIONS: Mapping[Aggregation, Callable[[Sequence[PeriodValue]], Actual | None]] = {
    Aggregation.FLOW: _sum,
    Aggregation.CUMULATIVE: _last_cumulative,
    Aggregation.STOCK: _last_stock,
    Aggregation.RATIO: _ratio,
}


@dataclass(frozen=True)
class Standing:
    """What is known of one target on one day. `milestones` are the planned values at the quarter ends."""

    aggregation: Aggregation
    figure: TargetFigure
    actual: Fraction | None
    today: date
    start: date
    end: date
    milestones: Mapping[date, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class Thresholds:
    """From which share of the expected value a unit is ahead 超序时 or on schedule 达序时."""

    ahead: Fraction = Fraction(11, 10)
    on_track: Fraction = Fraction(1)


def pace(standing: Standing, thresholds: Thresholds = Thresholds()) -> Progress:
    """Return where the unit stands against its schedule on `standing.today`.

    A target that is worked towards is 已完成 once the year's value is reached. One that has to hold (a ratio, at most,
    zero, a range) is 达序时 while it holds and 已完成 only on the last day of the cycle. 其他 where there is no figure
    to judge by.
    """
    reached = None if standing.actual is None else met(standing.figure, standing.actual)
    if standing.actual is None or reached is None:
        return Progress.OTHER
    over = standing.today >= standing.end
    if reached and (over or not _has_to_hold(standing)):
        return Progress.DONE
    if over or _past_saving(standing):
        return Progress.ON_TRACK if reached else Progress.BEHIND
    if reached and standing.figure.form is TargetForm.RANGE:
        return Progress.ON_TRACK
    return _against(expected(standing), standing, thresholds)


def expected(standing: Standing) -> Fraction | None:
    """Return the value that should be there on `standing.today`; None where the plan does not say.

    What accumulates over the year runs in straight lines from 0 through the milestones to the target. A level (a ratio
    or a value at a date) and a first case keep to the last milestone passed; without milestones a level is compared
    with the target itself.
    """
    target = threshold(standing.figure)
    if target is None:
        return None
    if standing.figure.form is TargetForm.EXISTS or standing.aggregation in (Aggregation.RATIO, Aggregation.STOCK):
        return _last_milestone(standing, target)
    return _interpolated(standing, target)


HOLDING = CEILINGS | {TargetForm.RANGE}
"""The forms that may be met in June and missed in December; so may any ratio."""


def _has_to_hold(standing: Standing) -> bool:
    return standing.aggregation is Aggregation.RATIO or standing.figure.form in HOLDING


def _past_saving(standing: Standing) -> bool:
    """Return whether schedule plays no part: a ceiling holds or not, and a range once passed is missed."""
    figure, value = standing.figure, standing.actual
    if figure.form is TargetForm.RANGE and figure.value_high is not None and value is not None:
        return value > figure.value_high
    return figure.form in CEILINGS


def _last_milestone(standing: Standing, target: Fraction) -> Fraction | None:
    passed = [day for day in standing.milestones if day <= standing.today]
    if passed:
        return Fraction(standing.milestones[max(passed)])
    return None if standing.milestones or standing.figure.form is TargetForm.EXISTS else target


def _interpolated(standing: Standing, target: Fraction) -> Fraction:
    points = {standing.start - timedelta(days=1): Fraction(0), standing.end: target}
    points |= {day: Fraction(value) for day, value in standing.milestones.items()}
    earlier = max((d for d in points if d <= standing.today), default=min(points))
    later = min((d for d in points if d > standing.today), default=earlier)
    if later == earlier:
        return points[earlier]
    share = Fraction((standing.today - earlier).days, (later - earlier).days)
    return points[earlier] + (points[later] - points[earlier]) * max(share, Fraction(0))


def _against(expected_now: Fraction | None, standing: Standing, thresholds: Thresholds) -> Progress:
    if expected_now is None or standing.actual is None:
        return Progress.OTHER
    if standing.actual < expected_now * thresholds.on_track:
        return Progress.BEHIND
    if standing.aggregation is Aggregation.RATIO or standing.actual < expected_now * thresholds.ahead:
        return Progress.ON_TRACK
    return Progress.AHEAD if expected_now else Progress.ON_TRACK
