"""What each unit is to reach of an indicator: the lead keeps the county's figure, the others get their share."""

from decimal import Decimal
from typing import NamedTuple

from models.enums import AssignmentRole, Split
from rules.decompose import split
from rules.plan import PlanIndicator


class Figures(NamedTuple):
    """A target as it is recorded for one unit."""

    value: Decimal | None
    value_high: Decimal | None
    margin: Decimal | None


class Share(NamedTuple):
    """A unit's part in an indicator."""

    unit: str
    role: AssignmentRole
    weight: Decimal | None
    figures: Figures


def shares(row: PlanIndicator) -> tuple[Share, ...]:
    """Return the parts in the order of the row: the lead unit first, then the cooperating ones.

    A figure that is split adds up exactly to the county's (largest remainder); a ratio is handed down as it is.
    """
    whole = Figures(row.value, row.value_high, row.margin)
    given = dict(row.weights)
    parts = [whole] * len(row.cooperating)
    if row.split in (Split.EQUAL, Split.WEIGHTS) and row.value is not None:
        weights = [given.get(unit, Decimal(1)) for unit in row.cooperating]
        parts = [whole._replace(value=part) for part in split(row.value, weights, row.decimals)]
    lead = Share(row.lead, AssignmentRole.LEAD, None, whole)
    return lead, *(
        Share(unit, AssignmentRole.COOPERATE, given.get(unit), figures)
        for unit, figures in zip(row.cooperating, parts, strict=True)
    )
