"""What a kind of rule is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Generic, TypeVar

from models.enums import Choice, TargetForm
from rules.scoring.facts import Facts, Points
from rules.scoring.params import Params
from rules.targets import TargetFigure

P = TypeVar("P", bound=Params)


class Need(Choice):
    """What has to be known about a unit before an item can be scored."""

    TARGET = "target", "完成值与目标"
    ACTUAL = "actual", "完成值"
    COUNT = "count", "次数"
    DISCIPLINE = "discipline", "报送记录"
    JUDGED = "judged", "评分单位评判"


def fine(_params: Params, _weight: Decimal) -> tuple[str, ...]:
    """Return no complaint: the types of the parameters say everything."""
    return ()


def quantified(target: TargetFigure) -> str | None:
    """Return the complaint about a target without a figure, which only a scorer can judge."""
    return "定性目标不能按数值计分，请改为由评分单位评判。" if target.form is TargetForm.QUALITATIVE else None


@dataclass(frozen=True)
class Kind(Generic[P]):
    """A kind of rule: its number in the catalogue, its parameters and what it makes of facts.

    `compute` takes parameters, full marks and facts and is exact. `rule` says the rule in Chinese, `needs` which facts
    it asks for, `check` what an import must report, `misfit` why a target cannot be scored by it (None: it can).
    """

    id: str
    name: str
    params: type[P]
    needs: Callable[[P], Need]
    compute: Callable[[P, Fraction, Facts], Points]
    rule: Callable[[P, Decimal], str]
    check: Callable[[P, Decimal], Iterable[str]] = fine
    misfit: Callable[[TargetFigure], str | None] = quantified
