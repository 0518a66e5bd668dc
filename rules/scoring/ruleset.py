"""The rule set 评分细则 of a cycle: items, merit rules, grades and how totals are put together, as data."""

import hashlib
import json
from decimal import Decimal
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny, model_validator

from models.enums import Choice, IncidentLevel
from rules.grading import VETO_LEVELS, GradeBand
from rules.numbers import Amount
from rules.scoring.kind import Kind
from rules.scoring.kinds import KINDS
from rules.scoring.params import Params


class MissingTreatment(Choice):
    """What a unit gets for an item that does not fit it (缺项)."""

    NOT_ALLOWED = "not_allowed", "不允许缺项"
    FULL = "full", "得满分"
    BASE = "base", "得基本分"
    GROUP_AVERAGE = "group_average", "取同组平均分"
    LEFT_OUT = "left_out", "不计并按比例折算"


class Item(BaseModel):
    """One row of the rules. `units` empty means every unit of `groups`; `base` is the mark under 得基本分."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: str = Field(min_length=1, max_length=20)
    category: str = ""
    title: str = Field(min_length=1)
    groups: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    weight: Amount = Field(gt=0)
    kind: str
    params: SerializeAsAny[Params]
    indicator: str | None = None
    scorer: str | None = None
    missing: MissingTreatment = MissingTreatment.NOT_ALLOWED
    base: Amount | None = None

    @model_validator(mode="before")
    @classmethod
    def _typed_params(cls, data: Any) -> Any:
        if not isinstance(data, dict) or isinstance(data.get("params"), Params):
            return data
        kind = KINDS.get(str(data.get("kind")))
        return {**data, "params": kind.params.model_validate(data.get("params", {}))} if kind else data

    @model_validator(mode="after")
    def _params_of_this_kind(self) -> Self:
        if self.kind not in KINDS:
            raise ValueError(f"没有评分方法“{self.kind}”，可用：{'、'.join(KINDS)}")
        if not isinstance(self.params, KINDS[self.kind].params):
            raise ValueError(f"参数不是评分方法 {self.kind} 的参数")
        return self

    @property
    def rule(self) -> Kind[Any]:
        """The kind of rule the item is scored by."""
        return KINDS[self.kind]

    def applies_to(self, unit: str, group: str) -> bool:
        """Return whether `unit` of `group` is assessed by this item."""
        return unit in self.units if self.units else group in self.groups


class MeritRule(BaseModel):
    """A matter outside the items that adds (or, below 0, takes) points, each time up to `cap` in all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: str = Field(min_length=1, max_length=20)
    title: str = Field(min_length=1)
    points: Amount
    cap: Amount | None = Field(default=None, gt=0)


class GradingOptions(BaseModel):
    """How totals become grades. `full` is what a unit's items must add up to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    full: Amount = Field(default=Decimal(100), gt=0)
    published_decimals: int = Field(default=2, ge=0, le=6)
    grade_unrounded: bool = False
    bonus_cap: Amount | None = Field(default=None, ge=0)
    veto_levels: tuple[IncidentLevel, ...] = tuple(sorted(VETO_LEVELS))


class RuleSetDoc(BaseModel):
    """A version of the rules that is never changed: the same rules always give the same bytes and hash."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    items: tuple[Item, ...]
    merits: tuple[MeritRule, ...] = ()
    grades: tuple[GradeBand, ...]
    options: GradingOptions = GradingOptions()

    def items_for(self, unit: str, group: str) -> tuple[Item, ...]:
        """Return the items `unit` of `group` is assessed by, in the order of the table."""
        return tuple(item for item in self.items if item.applies_to(unit, group))

    def canonical_json(self) -> str:
        """Return the one text of these rules: sorted keys, no spaces, exact amounts as text."""
        data = self.model_dump(mode="json")
        return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def sha256(self) -> str:
        """Return the hash of the canonical text."""
        return hashlib.sha256(self.canonical_json().encode()).hexdigest()
