"""What each paper says, as frozen facts: the words around them stand in templates/, the examples in examples.py.

Facts are kept with the paper they were printed on (the record's `content`), so a paper can be printed again as it was.
`to_json` gives plain JSON, `from_json` gives the same facts back. Figures that are only read are text as printed
(“≥95%”); points are Decimal.
"""

import types
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints


@dataclass(frozen=True)
class LetterLine:
    """One target of a unit. `milestones` are the planned values at the ends of the four quarters, "" where none."""

    number: str
    field: str
    indicator: str
    role: str
    target: str
    frequency: str
    last_year: str = ""
    milestones: tuple[str, str, str, str] = ("", "", "", "")


@dataclass(frozen=True)
class LetterFacts:
    """质量工作目标责任书 of one unit. From version 2 on it says why, and which letter it replaces."""

    label: str
    office: str
    cycle_name: str
    starts: date
    ends: date
    unit: str
    group: str
    issued_on: date
    lines: tuple[LetterLine, ...]
    duty: str = ""
    monthly_due_workdays: int = 5
    quarterly_due_workdays: int = 10
    grades: tuple[str, ...] = ()
    version: int = 1
    reason: str = ""
    replaces: str = ""


@dataclass(frozen=True)
class OrderStep:
    """One answer to an order and the office's reply 批复; no reply yet is "" and None."""

    answered_on: date
    answer: str
    decision: str = ""
    reason: str = ""
    decided_on: date | None = None


@dataclass(frozen=True)
class OrderFacts:
    """督办单: one matter for one unit, with what came of it so far."""

    label: str
    office: str
    unit: str
    title: str
    basis: str
    level: str
    issued_on: date
    due_on: date
    requirements: tuple[str, ...] = ()
    frequency: str = "办结时反馈"
    cooperating: tuple[str, ...] = ()
    steps: tuple[OrderStep, ...] = ()
    closed_on: date | None = None
    late: bool = False


@dataclass(frozen=True)
class Count:
    """How many targets are in one of the five states of progress."""

    state: str
    n: int


@dataclass(frozen=True)
class CountRow:
    """The counts of one group or quality field, in the order of `MidyearFacts.counts`."""

    name: str
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        """Return how many targets the row stands for."""
        return sum(self.counts)


@dataclass(frozen=True)
class BehindLine:
    """A target behind its schedule 欠序时, figures as printed."""

    unit: str
    number: str
    indicator: str
    target: str
    actual: str
    expected: str
    gap: str


@dataclass(frozen=True)
class DisciplineLine:
    """How a unit kept its reporting duties: owed, filed in time or late, late, missing, times returned."""

    unit: str
    owed: int
    filed: int
    late: int
    missing: int
    returned: int


@dataclass(frozen=True)
class OrderLine:
    """An order named in a circular."""

    label: str
    unit: str
    title: str
    due_on: date


@dataclass(frozen=True)
class MidyearFacts:
    """督查通报（第 N 期）. `issue` is its N; all counts add up to the same total.

    `discipline` holds every unit: the totals are taken from it, and those without fault are not printed.
    Without `next_steps` the paper's own words stand.

    Raises:
        ValueError: the counts by group or by field do not add up to the counts of all.
    """

    issue: int
    office: str
    cycle_name: str
    period: str
    as_of: date
    issued_on: date
    counts: tuple[Count, ...]
    by_group: tuple[CountRow, ...]
    by_field: tuple[CountRow, ...]
    behind: tuple[BehindLine, ...] = ()
    discipline: tuple[DisciplineLine, ...] = ()
    praised: tuple[str, ...] = ()
    orders: tuple[OrderLine, ...] = ()
    next_steps: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        whole = [c.n for c in self.counts]
        for rows in (self.by_group, self.by_field):
            columns = [sum(column) for column in zip(*(r.counts for r in rows), strict=True)]
            if rows and columns != whole:
                raise ValueError(f"counts do not add up: {columns} is not {whole}")

    @property
    def label(self) -> str:
        """Return what the circular is called: circulars on supervision are counted, not numbered (year.md, Numbers)."""
        return f"督查通报（第 {self.issue} 期）"


@dataclass(frozen=True)
class ResultRow:
    """A unit in the published list; `note` says why a grade differs from the points."""

    rank: int
    unit: str
    points: Decimal
    grade: str
    note: str = ""


@dataclass(frozen=True)
class GroupResult:
    """The units ranked together, best first."""

    name: str
    rows: tuple[ResultRow, ...]


@dataclass(frozen=True)
class ResultFacts:
    """考核结果通报: published with a time for appeals, or final with what the appeals changed."""

    label: str
    office: str
    cycle_name: str
    published_on: date
    basis: str
    procedure: tuple[str, ...]
    groups: tuple[GroupResult, ...]
    vetoes: tuple[str, ...] = ()
    appeals_until: date | None = None
    use_of_results: tuple[str, ...] = ()
    corrections: tuple[str, ...] = ()
    final: bool = False


@dataclass(frozen=True)
class ScoreRow:
    """One item of a unit's score: what was given, by which rule, from what, and the arithmetic in words."""

    number: str
    indicator: str
    full_points: Decimal
    points: Decimal
    target: str = ""
    actual: str = ""
    self_points: Decimal | None = None
    verified_points: Decimal | None = None
    rule: str = ""
    working: str = ""
    evidence: str = ""
    remark: str = ""
    scorer: str = ""


@dataclass(frozen=True)
class UnitScore:
    """A unit's total with its items."""

    unit: str
    points: Decimal
    grade: str
    rank: int
    rows: tuple[ScoreRow, ...]
    working: str = ""
    note: str = ""


@dataclass(frozen=True)
class ScoreGroup:
    """The units ranked together, best first."""

    name: str
    units: tuple[UnitScore, ...]


@dataclass(frozen=True)
class ScoreFacts:
    """The score workbook 成绩册; `provisional` until the result is published."""

    office: str
    cycle_name: str
    as_of: date
    state: str
    provisional: bool
    rule_set_version: int
    rule_set_sha256: str
    rounding: str
    groups: tuple[ScoreGroup, ...]


Facts = TypeVar("Facts")


def to_json(facts: Any) -> dict[str, Any]:
    """Return the facts as plain JSON: dates as 2026-07-01, points as text."""
    return {f.name: _plain(getattr(facts, f.name)) for f in fields(facts)}


def from_json(kind: type[Facts], data: Mapping[str, Any]) -> Facts:
    """Return the facts of `kind` that `to_json` made `data` from; what was added since has its default.

    Raises:
        TypeError: a field is unknown, or one without a default is missing.
    """
    hints = get_type_hints(kind)
    return kind(**{name: _typed(hints.get(name, object), value) for name, value in data.items()})


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return to_json(value)
    if isinstance(value, tuple):
        return [_plain(v) for v in value]
    if isinstance(value, date):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else value


def _typed(hint: Any, value: Any) -> Any:
    if get_origin(hint) in (Union, types.UnionType):
        return None if value is None else _typed(next(a for a in get_args(hint) if a is not type(None)), value)
    if get_origin(hint) is tuple:
        return tuple(_typed(get_args(hint)[0], v) for v in value)
    if is_dataclass(hint) and isinstance(hint, type):
        return from_json(hint, value)
    if hint is date:
        return date.fromisoformat(value)
    return Decimal(value) if hint is Decimal else value
