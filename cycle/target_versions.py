"""The versions of a target: the newest one holds, a change is another version with its reason, none is overwritten."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from sqlmodel import Session, col, select

from models import Assignment, Filing, Indicator, Refused, Target
from models.columns import row_id
from models.enums import Aggregation, TargetForm
from rules.numbers import rounded
from rules.targets import TargetFigure, phrase

WITHOUT_FIGURE = frozenset({TargetForm.ZERO, TargetForm.EXISTS, TargetForm.QUALITATIVE})
"""The forms that say everything without a figure."""
RELATIVE = frozenset({TargetForm.ABOVE_AVERAGE, TargetForm.UP_ON_LAST_YEAR})
"""The forms whose figure is a margin over a value from elsewhere."""

ADDS_UP = frozenset({Aggregation.FLOW, Aggregation.CUMULATIVE})
"""What accumulates over the year: milestones are running totals that never fall."""


def current_target(session: Session, assignment_id: int) -> Target:
    """Return the newest version of an assignment's target."""
    return session.exec(
        select(Target).where(Target.assignment_id == assignment_id).order_by(col(Target.version).desc()).limit(1)
    ).one()


def figure_of(indicator: Indicator, target: Target) -> Decimal | None:
    """Return the figure of the target that a decision may change: its margin where it is relative, else its value."""
    return target.margin if indicator.form in RELATIVE else target.value


def target_phrase(indicator: Indicator, target: Target) -> str:
    """Return the target as papers print it, such as “≥95%”."""
    return phrase(TargetFigure(indicator.form, target.value, target.value_high, target.margin, None, indicator.measure))


Milestones = tuple[Decimal | None, Decimal | None, Decimal | None, Decimal | None]


def filed_milestones(indicator: Indicator, target: Target, filing: Filing | None) -> Milestones:
    """Return the values the unit filed for the four quarter ends, in proportion where the target was changed later."""
    if filing is None:
        return None, None, None, None
    steps = filing.q1, filing.q2, filing.q3, filing.q4
    changed = indicator.form is TargetForm.AT_LEAST and target.decided_on > filing.filed_on
    if not changed or target.value is None or not filing.q4 or indicator.aggregation not in ADDS_UP:
        return steps
    share = Fraction(target.value) / Fraction(filing.q4)
    q1, q2, q3 = (None if q is None else rounded(Fraction(q) * share, indicator.decimals) for q in steps[:3])
    return q1, q2, q3, target.value


def add_target(
    session: Session, assignment: Assignment, indicator: Indicator, figure: Decimal, *, reason: str, today: date
) -> tuple[Target, Target]:
    """Add a version with another figure and return (old, new); everything else is carried over.

    Raises:
        Refused: the target has no figure, it is that figure already, or the figure cannot be one.
    """
    old = current_target(session, row_id(assignment))
    message = _why_not(indicator, old, figure)
    if message:
        raise Refused(f"指标 {indicator.number} {message}")
    relative = indicator.form in RELATIVE
    new = Target(
        assignment_id=row_id(assignment),
        version=old.version + 1,
        value=old.value if relative else figure,
        value_high=old.value_high,
        margin=figure if relative else old.margin,
        reason=reason,
        decided_on=today,
    )
    session.add(new)
    session.flush()
    return old, new


def _why_not(indicator: Indicator, old: Target, figure: Decimal) -> str | None:
    if indicator.form in WITHOUT_FIGURE:
        return f"为“{indicator.form.zh}”，没有可调整的数值。"
    if figure == figure_of(indicator, old):
        return f"的目标已经是 {figure}，没有变化。"
    if figure < 0:
        return f"的目标值 {figure} 为负数。请核对。"
    if indicator.form is TargetForm.RANGE and old.value_high is not None and figure > old.value_high:
        return f"的目标下限 {figure} 大于上限 {old.value_high}。请核对。"
    if indicator.aggregation is Aggregation.RATIO and indicator.form not in RELATIVE and figure > 100:
        return f"为比率，目标值 {figure} 超过 100%。请核对。"
    return None
