"""What an imported plan changes against the one on record, and what it may not change."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Generic, NamedTuple, TypeVar

from models.enums import Choice
from models.errors import Problem
from rules.numbers import plain
from rules.plan import Basics, Plan, PlanContact, PlanIndicator, PlanMilestone, PlanUnit, Row, columns, sheet_of
from rules.plan_problems import problem
from rules.plan_scoring import OPTIONS, rule_set

R = TypeVar("R", bound=Row)
EXPORT_FIRST = "请先用 zhiqiang plan export 导出现行计划，在其上修改后再导入。"


class Pair(NamedTuple, Generic[R]):
    """A row as it is on record and as the file has it."""

    old: R
    new: R


@dataclass(frozen=True)
class Delta(Generic[R]):
    """The rows of one sheet that are new, changed or gone."""

    added: tuple[R, ...] = ()
    changed: tuple[Pair[R], ...] = ()
    gone: tuple[R, ...] = ()


@dataclass(frozen=True)
class Changes:
    """Everything in which a file differs from the record."""

    basics: Pair[Basics] | None
    units: Delta[PlanUnit]
    contacts: Delta[PlanContact]
    indicators: Delta[PlanIndicator]
    milestones: Delta[PlanMilestone]
    rules: bool

    @property
    def none(self) -> bool:
        """Whether file and record say the same."""
        nothing = Delta[Any]()
        parts = (self.units, self.contacts, self.indicators, self.milestones)
        return self.basics is None and not self.rules and all(part == nothing for part in parts)


FIXED: Mapping[type[Row], tuple[str, ...]] = {
    Basics: ("owner", "starts", "ends"),
    PlanUnit: ("ended",),
}
"""What never changes by importing: whose cycle it is and when, and the end of a unit (that is `unit merge`)."""

FIXED_ONCE_SENT = ("form", "measure", "decimals", "aggregation", "frequency", "due_on", "split", "supplier")
"""What an indicator asks for; it stays as it is from the day the first unit was sent its draft."""

GONE: Mapping[type[Row], str] = {
    PlanUnit: "单位不能从计划中删去：撤并请用 zhiqiang unit merge，今年不考核请把“是否考核”填“否”。",
    PlanIndicator: "指标不能从计划中删去，请恢复该行；不再考核的，请从“评分细则”中删去引用它的项目并在“备注”中写明。",
    PlanMilestone: "节点不能从计划中删去，请恢复该行；时间有变的，请修改日期。",
}


def compare(old: Plan, new: Plan) -> Changes:
    """Return in what the file `new` differs from the record `old`; the order of rows does not matter, except of rules.

    Former names are history: a file that leaves one out does not take it away.
    """
    known = {u.code: u.former for u in old.units}
    units = [replace(u, former=_united(known.get(u.code, ()), u.former)) for u in new.units]
    basics = Pair(old.basics, new.basics)
    return Changes(
        basics=basics if any(name not in OPTIONS for name, _, _ in differences(basics)) else None,
        units=_delta(old.units, units, lambda u: u.code),
        contacts=_delta(old.contacts, new.contacts, lambda c: (c.unit, c.role, c.title, c.address)),
        indicators=_delta(old.indicators, new.indicators, lambda i: i.number),
        milestones=_delta(old.milestones, new.milestones, lambda m: m.code),
        rules=bool(old.rules or old.grades) and rule_set(old) != rule_set(new),
    )


def not_allowed(changes: Changes, sent: Iterable[str]) -> Iterator[Problem]:
    """Yield what an import may not change; `sent` are the numbers of indicators that units have been sent."""
    out = frozenset(sent)
    deltas: tuple[Delta[Any], ...] = (changes.units, changes.indicators, changes.milestones)
    for delta in deltas:
        for row in delta.gone:
            yield Problem(
                sheet_of(type(row)),
                None,
                _first_heading(row),
                f"现行计划中的“{_label(row)}”不在文件中。{GONE[type(row)]}",
            )
    for pair in _pairs(changes):
        fixed = FIXED.get(type(pair.new), ())
        if isinstance(pair.new, PlanIndicator) and pair.new.number in out:
            fixed = FIXED_ONCE_SENT
        for name, was, now in differences(pair):
            if name in fixed:
                yield problem(pair.new, name, f"不能由“{was}”改为“{now}”。{_why(pair.new)}")
    for unit in (p.new for p in changes.units.changed if p.old.group and not p.new.group):
        yield problem(unit, "group", "已参加本周期考核，不能清空考核分组；今年不考核请把“是否考核”填“否”。")


def explained(changes: Changes) -> Iterator[Problem]:
    """Yield every change of something on record, with the old and the new value: each needs a reason."""
    for pair in _pairs(changes):
        for name, was, now in differences(pair):
            yield problem(pair.new, name, f"由“{was}”改为“{now}”。")
    for contact in changes.contacts.gone:
        yield Problem(
            sheet_of(PlanContact), None, "称谓", f"“{contact.title}”（{contact.role.zh}，{contact.address}）不再担任。"
        )
    if changes.rules:
        yield Problem("评分细则", None, "", "评分细则、加减分、等级或总分设置有变动，将作为新版本。")


def differences(pair: Pair[Any]) -> Iterator[tuple[str, str, str]]:
    """Yield field, old and new value of each difference, as a person writes them."""
    for name in columns(type(pair.new)):
        was, now = getattr(pair.old, name), getattr(pair.new, name)
        if _comparable(was) != _comparable(now):
            yield name, shown(was), shown(now)


def shown(value: Any) -> str:
    """Return a value as a person writes it."""
    if isinstance(value, tuple):
        return "、".join(":".join(map(shown, v)) if isinstance(v, tuple) else shown(v) for v in value) or "（空）"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Choice):
        return value.zh
    if isinstance(value, Decimal):
        return plain(value)
    return str(value) if value not in (None, "") else "（空）"


def _pairs(changes: Changes) -> Iterator[Pair[Any]]:
    if changes.basics is not None:
        yield changes.basics
    yield from changes.units.changed
    yield from changes.indicators.changed
    yield from changes.milestones.changed


def _delta(old: Iterable[R], new: Iterable[R], key: Callable[[R], Hashable]) -> Delta[R]:
    before, after = {key(r): r for r in old}, {key(r): r for r in new}
    pairs = (Pair(before[k], r) for k, r in after.items() if k in before)
    return Delta(
        added=tuple(r for k, r in after.items() if k not in before),
        changed=tuple(p for p in pairs if any(differences(p))),
        gone=tuple(r for k, r in before.items() if k not in after),
    )


def _comparable(value: Any) -> Any:
    """Return the value without the order in which units, names or days were listed."""
    return frozenset(value) if isinstance(value, tuple) else value


def _united(known: tuple[str, ...], given: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*known, *given)))


def _first_heading(row: Row) -> str:
    return next(iter(columns(type(row)).values())).heading


def _label(row: Row) -> str:
    return f"{getattr(row, 'number', getattr(row, 'code', ''))} {getattr(row, 'name', '')}".strip()


def _why(row: Row) -> str:
    if isinstance(row, PlanIndicator):
        return "该指标已下发给单位，口径不能再改；确需改变的，请用新序号另起一行。"
    if isinstance(row, PlanUnit):
        return f"单位停用由 zhiqiang unit merge 办理。{EXPORT_FIRST}"
    return "这是周期的身份，请恢复原值；另一周期请使用新的周期代码。"
