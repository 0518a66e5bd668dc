"""How units behave: when they file and what they have to report.

Every draw is keyed by the seed, the unit and the window, so neither the order of the questions nor a restart changes
an answer. Nothing here knows the record.
"""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import NamedTuple

from models.enums import Aggregation, ReportNature, TargetForm
from rules.numbers import rounded
from rules.targets import TargetFigure, threshold
from rules.workdays import Workdays


class Temper(NamedTuple):
    """A kind of unit: how many of a hundred are so, which share of a target (per mille) they tend to reach in the
    year, how many of a hundred judged items they meet, and how often (of a hundred windows) they file how many
    workdays after the due date; None: never."""

    share: int
    reach: tuple[int, int]
    meets: int
    timing: tuple[tuple[int, int | None], ...]


TEMPERS = (
    Temper(40, (1000, 1070), 93, ((58, -2), (39, 0), (3, 1))),
    Temper(40, (950, 1040), 86, ((45, -2), (42, 0), (9, 1), (3, 3), (1, None))),
    Temper(20, (860, 960), 76, ((20, -2), (52, 0), (14, 1), (8, 3), (6, None))),
)
"""Most units do what they owe; a few do not, and those are the ones the office has work with."""

SPREAD = 60
"""By how much (per mille, up and down) a unit's single targets differ from its usual reach."""


def draw(seed: int, unit: str, window: str, what: str) -> Random:
    """Return the dice for one question about one unit in one window."""
    return Random(f"{seed}|{unit}|{window}|{what}")


def temper(seed: int, unit: str) -> Temper:
    """Return what the unit is like all year."""
    dice = draw(seed, unit, "", "temper")
    return dice.choices(TEMPERS, [t.share for t in TEMPERS])[0]


def reach(seed: int, unit: str, indicator: str) -> Fraction:
    """Return which share of the target the unit will have reached at the end of the year."""
    low, high = temper(seed, unit).reach
    usual = draw(seed, unit, "", "reach").randint(low, high)
    return Fraction(usual + draw(seed, unit, indicator, "spread").randint(-SPREAD, SPREAD), 1000)


def meets(seed: int, unit: str, item: str) -> bool:
    """Return whether the unit meets what a scorer judges under the item."""
    return draw(seed, unit, item, "meets").randrange(100) < temper(seed, unit).meets


def filing_day(seed: int, unit: str, window: str, open_on: date, due_on: date, calendar: Workdays) -> date | None:
    """Return the workday on which the unit files what is due on `due_on`, or None when it never will.

    A workbook has to be there before it can be filled in: never before the first workday after `open_on`.
    """
    timing = temper(seed, unit).timing
    offset = draw(seed, unit, window, "day").choices([o for _, o in timing], [w for w, _ in timing])[0]
    if offset is None:
        return None
    day = calendar.after(due_on, offset) if offset >= 0 else calendar.before(due_on, -offset)
    return max(day, calendar.after(open_on, 1))


class Carried(NamedTuple):
    """A target that a unit carries, with what has to be known to put a figure to it."""

    unit: str
    indicator: str
    form: TargetForm
    aggregation: Aggregation
    decimals: int
    target: TargetFigure


class Period(NamedTuple):
    """A reporting window: the shares of the year over at its end and at its beginning, its last day, its days."""

    window: str
    elapsed: Fraction
    before: Fraction
    ends: date
    days: int


class Figure(NamedTuple):
    """What is reported: a value, or numerator and denominator of a ratio, or nothing that happened."""

    nature: ReportNature = ReportNature.VALUE
    value: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None


NOTHING = Figure(ReportNature.NIL)


def figure(
    seed: int, task: Carried, period: Period, *, pace: Fraction = Fraction(1), whole: int | None = None
) -> Figure:
    """Return what the unit truthfully reports for the period; `pace` below 1 is a unit that has fallen behind.

    `whole` is the denominator of a ratio where it cannot be anything, such as a number of days.
    """
    if task.form is TargetForm.ZERO:
        return NOTHING
    if task.form is TargetForm.EXISTS:
        return _first_case(seed, task, period)
    if task.aggregation is Aggregation.RATIO:
        size = whole or draw(seed, task.unit, period.window, task.indicator).randint(60, 240)
        return _ratio(seed, task, size, pace)
    if task.form in (TargetForm.AT_MOST, TargetForm.RANGE) or task.aggregation is Aggregation.STOCK:
        return Figure(value=_level(seed, task, period.elapsed, pace))
    grown = _grown(seed, task, period.elapsed, pace)
    if task.aggregation is Aggregation.FLOW:
        return Figure(value=grown - _grown(seed, task, period.before, pace))
    return Figure(value=grown)


def milestones(seed: int, task: Carried) -> tuple[Decimal, ...]:
    """Return what the unit plans to have reached at the end of each quarter; the last is the target itself."""
    steady = task.aggregation in (Aggregation.RATIO, Aggregation.STOCK) or task.form is TargetForm.AT_MOST
    hundredths = (96, 97, 98, 100) if steady else draw(seed, task.unit, task.indicator, "plan").choice(PLANS)
    return tuple(rounded(aim(task) * h / 100, task.decimals) for h in hundredths)


PLANS = ((20, 45, 70, 100), (25, 50, 75, 100), (15, 45, 70, 100))
"""How a year's target is spread over its quarters, cumulative, in hundredths."""


def last_year(seed: int, task: Carried) -> Decimal:
    """Return what the unit says it reached in the year before."""
    return rounded(aim(task) * draw(seed, task.unit, task.indicator, "last year").randint(88, 99) / 100, task.decimals)


def aim(task: Carried) -> Fraction:
    """Return the value to be reached, or about what it will be where it hangs on an average from outside."""
    known = threshold(task.target)
    return 95 + Fraction(task.target.margin or 0) if known is None else known


def _first_case(seed: int, task: Carried, period: Period) -> Figure:
    """A first case comes in the second half of the year, or not at all."""
    comes = Fraction(draw(seed, task.unit, task.indicator, "first").randint(50, 80), 100)
    there = period.elapsed >= comes and reach(seed, task.unit, task.indicator) >= Fraction(9, 10)
    is_new = there and (task.aggregation is Aggregation.CUMULATIVE or period.before < comes)
    return Figure(value=Decimal(1)) if is_new else NOTHING


def _grown(seed: int, task: Carried, elapsed: Fraction, pace: Fraction) -> Decimal:
    """What has accumulated since January: a straight line to what the unit will reach, in whole units of the figure."""
    return rounded(aim(task) * reach(seed, task.unit, task.indicator) * elapsed * pace, task.decimals)


def _ratio(seed: int, task: Carried, whole: int, pace: Fraction) -> Figure:
    """A part of a whole; of all that passes only a few pieces are missing."""
    share = min(aim(task) / 100 * _dampened(reach(seed, task.unit, task.indicator)) * pace, Fraction(1))
    part = min(int(share * whole) + 1, whole) if share > 0 else 0
    return Figure(numerator=Decimal(part), denominator=Decimal(whole))


def _level(seed: int, task: Carried, elapsed: Fraction, pace: Fraction) -> Decimal:
    """A value at a date: near its aim from the start, and there at the end of the year."""
    goal, sway = aim(task), _dampened(reach(seed, task.unit, task.indicator))
    if task.form is TargetForm.AT_MOST:
        return rounded(goal * (2 - sway), task.decimals)
    if task.form is TargetForm.RANGE:
        high = Fraction(task.target.value_high or task.target.value or 0)
        return rounded((goal + high) / 2 * sway, task.decimals)
    value = goal * (sway - (1 - elapsed) / 20) * pace
    percent = task.target.measure == "%"
    return rounded(min(value, Fraction(100)) if percent else value, task.decimals)


def _dampened(share: Fraction) -> Fraction:
    """Return a share nearer to 1: rates and levels miss their aim by less than counts do."""
    return 1 + (share - 1) / 3
