"""From period values to a year's value, from there to the states of progress, and the forms of targets."""

import random
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.enums import Aggregation, Progress, ReportNature, TargetForm
from rules.progress import PeriodValue, Standing, Thresholds, actual, expected, pace
from rules.targets import TargetFigure, met, phrase, shortfall, threshold

ENDS = [date(2026, m, d) for m, d in ((3, 31), (6, 30), (9, 30), (12, 31))]
START, END = date(2026, 1, 1), date(2026, 12, 31)
NATURES = {"零": ReportNature.NIL, "不": ReportNature.NOT_APPLICABLE, "文": ReportNature.TEXT}


def filed(*entries: str) -> list[PeriodValue]:
    """Quarterly reports: a number, “1/2” for numerator and denominator, 零报告, 不适用, 文字."""
    return [_filed(end, entry) for end, entry in zip(ENDS, entries, strict=False)]


def _filed(end: date, entry: str) -> PeriodValue:
    if entry[0] in NATURES:
        return PeriodValue(end, None, None, None, NATURES[entry[0]])
    if "/" in entry:
        top, bottom = map(Decimal, entry.split("/"))
        return PeriodValue(end, None, top, bottom, ReportNature.VALUE)
    return PeriodValue(end, Decimal(entry), None, None, ReportNature.VALUE)


def figure(
    form: TargetForm, value: str = "", high: str = "", margin: str = "", ref: str = "", measure: str = "件"
) -> TargetFigure:
    a, b, c, d = (Decimal(text) if text else None for text in (value, high, margin, ref))
    return TargetFigure(form, a, b, c, d, measure)


@pytest.mark.parametrize(
    ("aggregation", "entries", "value"),
    [
        (Aggregation.FLOW, ["12", "15", "零报告", "3"], "30"),
        (Aggregation.FLOW, ["零报告"], "0"),
        (Aggregation.FLOW, ["12", "不适用", "文字"], "12"),
        (Aggregation.CUMULATIVE, ["12", "27", "30"], "30"),
        (Aggregation.CUMULATIVE, ["12", "27", "零报告"], "27"),  # nothing new in the third quarter
        (Aggregation.CUMULATIVE, ["零报告", "零报告"], "0"),
        (Aggregation.CUMULATIVE, ["12", "不适用"], "12"),
        (Aggregation.STOCK, ["80", "85", "82"], "82"),
        (Aggregation.STOCK, ["80", "零报告"], "0"),
        (Aggregation.RATIO, ["1/2", "9/10"], "250/3"),  # 10 of 12, not the mean of 50% and 90%
        (Aggregation.RATIO, ["425/456"], "42500/456"),
        (Aggregation.RATIO, ["1/2", "零报告", "不适用"], "50"),
    ],
)
def test_the_value_of_the_year(aggregation: Aggregation, entries: list[str], value: str) -> None:
    found = actual(aggregation, filed(*entries))
    assert found is not None
    assert found.value == Fraction(value)
    assert found.basis


@pytest.mark.parametrize("aggregation", Aggregation)
@pytest.mark.parametrize("entries", [[], ["不适用"], ["文字"]])
def test_nothing_filed_is_not_zero(aggregation: Aggregation, entries: list[str]) -> None:
    assert actual(aggregation, filed(*entries)) is None


def test_a_ratio_of_nothing_is_unknown() -> None:
    assert actual(Aggregation.RATIO, filed("零报告")) is None


def test_the_basis_says_how_the_value_was_made() -> None:
    def basis(aggregation: Aggregation, *entries: str) -> str:
        found = actual(aggregation, filed(*entries))
        assert found is not None
        return found.basis

    assert basis(Aggregation.FLOW, "12", "零报告", "1.5") == "各期当期数相加：12＋0＋1.5＝13.5（共3期，其中零报告1期）"
    assert basis(Aggregation.CUMULATIVE, "12", "27") == "取截至2026年6月30日的累计数：27"
    assert basis(Aggregation.RATIO, "200/206", "225/250") == (
        "各期分子合计÷各期分母合计：425÷456＝93.20%（共2期，不取各期百分比的平均数）"
    )


@given(
    st.sampled_from([Aggregation.FLOW, Aggregation.CUMULATIVE, Aggregation.STOCK]),
    st.lists(st.sampled_from(["1", "2.5", "7", "零报告", "不适用"]), min_size=1, max_size=4),
    st.randoms(),
)
def test_the_order_of_filing_does_not_matter(
    aggregation: Aggregation, entries: list[str], shuffled: random.Random
) -> None:
    values = filed(*entries)
    mixed = shuffled.sample(values, len(values))
    assert actual(aggregation, mixed) == actual(aggregation, values)


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(1, 500)), min_size=1, max_size=4))
def test_a_ratio_lies_between_the_ratios_of_its_periods(pairs: list[tuple[int, int]]) -> None:
    found = actual(Aggregation.RATIO, filed(*(f"{min(a, b)}/{b}" for a, b in pairs)))
    percents = [Fraction(min(a, b) * 100, b) for a, b in pairs]
    assert found is not None
    assert min(percents) <= found.value <= max(percents)


AT_LEAST_100 = figure(TargetForm.AT_LEAST, "100")
AT_LEAST_95_PERCENT = figure(TargetForm.AT_LEAST, "95", measure="%")
AT_MOST_5 = figure(TargetForm.AT_MOST, "5")
PLAN = dict(zip(ENDS, map(Decimal, (10, 40, 80, 100)), strict=True))
FLOW, STOCK, RATIO = Aggregation.FLOW, Aggregation.STOCK, Aggregation.RATIO


def on(day: str, aggregation: Aggregation, target: TargetFigure, value: str | None, plan: bool = False) -> Standing:
    today = date.fromisoformat(f"2026-{day}")
    reached = None if value is None else Fraction(value)
    return Standing(aggregation, target, reached, today, START, END, PLAN if plan else {})


@pytest.mark.parametrize(
    ("standing", "progress"),
    [
        # works towards 100 in a straight line: 181 of 365 days gone on 30 June, 49.59 expected
        (on("06-30", FLOW, AT_LEAST_100, "55"), Progress.AHEAD),
        (on("06-30", FLOW, AT_LEAST_100, "50"), Progress.ON_TRACK),
        (on("06-30", FLOW, AT_LEAST_100, "49"), Progress.BEHIND),
        (on("06-30", FLOW, AT_LEAST_100, "100"), Progress.DONE),
        (on("12-31", FLOW, AT_LEAST_100, "99"), Progress.BEHIND),
        (on("06-30", FLOW, AT_LEAST_100, None), Progress.OTHER),
        # with milestones 10, 40, 80, 100
        (on("06-30", FLOW, AT_LEAST_100, "44", plan=True), Progress.AHEAD),
        (on("06-30", FLOW, AT_LEAST_100, "43.99", plan=True), Progress.ON_TRACK),
        (on("06-30", FLOW, AT_LEAST_100, "40", plan=True), Progress.ON_TRACK),
        (on("06-30", FLOW, AT_LEAST_100, "39.99", plan=True), Progress.BEHIND),
        # a ratio holds or does not
        (on("06-30", RATIO, AT_LEAST_95_PERCENT, "99"), Progress.ON_TRACK),
        (on("06-30", RATIO, AT_LEAST_95_PERCENT, "94.9"), Progress.BEHIND),
        (on("12-31", RATIO, AT_LEAST_95_PERCENT, "95"), Progress.DONE),
        # a stock keeps to the last milestone passed, without milestones to the target
        (on("06-30", STOCK, AT_LEAST_100, "80"), Progress.BEHIND),
        (on("06-30", STOCK, AT_LEAST_100, "40", plan=True), Progress.ON_TRACK),
        (on("03-15", STOCK, AT_LEAST_100, "40", plan=True), Progress.OTHER),
        (on("06-30", STOCK, AT_LEAST_100, "100"), Progress.DONE),
        # ceilings hold until the year is over
        (on("06-30", FLOW, AT_MOST_5, "5"), Progress.ON_TRACK),
        (on("06-30", FLOW, AT_MOST_5, "6"), Progress.BEHIND),
        (on("12-31", FLOW, AT_MOST_5, "5"), Progress.DONE),
        (on("06-30", FLOW, figure(TargetForm.ZERO), "0"), Progress.ON_TRACK),
        (on("06-30", FLOW, figure(TargetForm.ZERO), "1"), Progress.BEHIND),
        # a range may still be left at the top
        (on("06-30", FLOW, figure(TargetForm.RANGE, "100", "120"), "50"), Progress.ON_TRACK),
        (on("06-30", FLOW, figure(TargetForm.RANGE, "100", "120"), "110"), Progress.ON_TRACK),
        (on("06-30", FLOW, figure(TargetForm.RANGE, "100", "120"), "121"), Progress.BEHIND),
        (on("12-31", FLOW, figure(TargetForm.RANGE, "100", "120"), "110"), Progress.DONE),
        # the first case ever
        (on("06-30", FLOW, figure(TargetForm.EXISTS), "0"), Progress.OTHER),
        (on("06-30", FLOW, figure(TargetForm.EXISTS), "1"), Progress.DONE),
        (on("12-31", FLOW, figure(TargetForm.EXISTS), "0"), Progress.BEHIND),
        # no figure to judge by
        (on("06-30", FLOW, figure(TargetForm.QUALITATIVE), "1"), Progress.OTHER),
        (on("06-30", RATIO, figure(TargetForm.ABOVE_AVERAGE, margin="1", measure="%"), "96"), Progress.OTHER),
    ],
)
def test_pace(standing: Standing, progress: Progress) -> None:
    assert pace(standing) is progress


def test_thresholds_can_be_set() -> None:
    standing = on("06-30", FLOW, AT_LEAST_100, "38", plan=True)
    assert pace(standing) is Progress.BEHIND
    assert pace(standing, Thresholds(on_track=Fraction(9, 10))) is Progress.ON_TRACK


def test_between_milestones_the_expectation_is_a_straight_line() -> None:
    assert expected(on("03-31", FLOW, AT_LEAST_100, None, plan=True)) == 10
    assert expected(on("04-30", FLOW, AT_LEAST_100, None, plan=True)) == 10 + 30 * Fraction(30, 91)
    assert expected(on("01-01", FLOW, AT_LEAST_100, None)) == Fraction(100, 365)
    assert expected(on("12-31", FLOW, AT_LEAST_100, None)) == 100


@given(st.integers(1, 12), st.fractions(0, 200), st.fractions(0, 50), st.booleans())
def test_more_is_never_worse(month: int, value: Fraction, more: Fraction, plan: bool) -> None:
    order = [Progress.BEHIND, Progress.ON_TRACK, Progress.AHEAD, Progress.DONE]
    less, greater = (
        order.index(pace(on(f"{month:02}-15", FLOW, AT_LEAST_100, str(v), plan=plan))) for v in (value, value + more)
    )
    assert less <= greater


@pytest.mark.parametrize(
    ("target", "text", "needed"),
    [
        (figure(TargetForm.AT_LEAST, "95", measure="%"), "≥95%", "95"),
        (figure(TargetForm.AT_LEAST, "1.50", measure="万人次"), "≥1.5万人次", "1.5"),
        (figure(TargetForm.AT_MOST, "5"), "≤5件", "5"),
        (figure(TargetForm.RANGE, "90", "95", measure="%"), "90%～95%", "90"),
        (figure(TargetForm.ZERO), "零发生", "0"),
        (figure(TargetForm.EXISTS), "实现零的突破", "1"),
        (
            figure(TargetForm.ABOVE_AVERAGE, margin="1", ref="93.5", measure="%"),
            "高于全省平均1个百分点以上",
            "94.5",
        ),
        (figure(TargetForm.ABOVE_AVERAGE, margin="0", ref="93.5", measure="%"), "不低于全省平均水平", "93.5"),
        (figure(TargetForm.ABOVE_AVERAGE, margin="1", measure="%"), "高于全省平均1个百分点以上", None),
        (figure(TargetForm.UP_ON_LAST_YEAR, margin="5", ref="200"), "比上年提高5%", "210"),
        (figure(TargetForm.UP_ON_LAST_YEAR, margin="5", ref="80", measure="%"), "比上年提高5个百分点", "85"),
        (figure(TargetForm.UP_ON_LAST_YEAR, ref="80"), "不低于上年", "80"),
        (figure(TargetForm.QUALITATIVE), "定性评价", None),
        (figure(TargetForm.AT_LEAST), "≥（待定）", None),
    ],
)
def test_how_targets_are_said_and_what_they_demand(target: TargetFigure, text: str, needed: str | None) -> None:
    assert phrase(target) == text
    assert threshold(target) == (None if needed is None else Fraction(needed))


@pytest.mark.parametrize(
    ("target", "value", "short"),
    [
        (AT_LEAST_100, "100", "0"),
        (AT_LEAST_100, "99.5", "0.5"),
        (AT_MOST_5, "5", "0"),
        (AT_MOST_5, "7", "2"),
        (figure(TargetForm.RANGE, "90", "95"), "95", "0"),
        (figure(TargetForm.RANGE, "90", "95"), "96", "1"),
        (figure(TargetForm.RANGE, "90", "95"), "88", "2"),
        (figure(TargetForm.ZERO), "1", "1"),
        (figure(TargetForm.EXISTS), "0", "1"),
        (figure(TargetForm.QUALITATIVE), "1", None),
    ],
)
def test_by_how_much_a_target_is_missed(target: TargetFigure, value: str, short: str | None) -> None:
    assert shortfall(target, Fraction(value)) == (None if short is None else Fraction(short))
    assert met(target, Fraction(value)) == (None if short is None else short == "0")
