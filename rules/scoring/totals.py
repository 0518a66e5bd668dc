"""Totals: items, bonus and deduction put together exactly and rounded once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from models.errors import Refused
from rules.numbers import plain, rounded
from rules.scoring.lines import Line
from rules.scoring.ruleset import MeritRule, MissingTreatment


class Matter(NamedTuple):
    """A recorded matter 加减分事项: the number of its rule and what it was."""

    number: str
    title: str


@dataclass(frozen=True)
class Total:
    """A unit's total: `exact` is base + bonus − deduction, `total` is that rounded once, `arithmetic` says how."""

    base: Fraction
    bonus: Fraction
    deduction: Fraction
    exact: Fraction
    total: Decimal
    arithmetic: tuple[str, ...]
    provisional: bool

    def to_json(self) -> dict[str, Any]:
        """Return the total as JSON values without a float."""
        fractions = {n: str(getattr(self, n)) for n in ("base", "bonus", "deduction", "exact")}
        return {
            **fractions,
            "total": str(self.total),
            "arithmetic": list(self.arithmetic),
            "provisional": self.provisional,
        }


def total(
    lines: Sequence[Line],
    matters: Iterable[Matter] = (),
    rules: Iterable[MeritRule] = (),
    *,
    bonus_cap: Decimal | None = None,
    decimals: int = 2,
) -> Total:
    """Return the total of one unit, whatever the order of lines and matters.

    Items left out are made up for by scaling the rest (`Σw·Σs/Σw of the rest`). One matter counts once, at its highest
    points; bonus points stop at each rule's cap and at `bonus_cap`.
    """
    base, steps = _base(lines)
    bonus, deduction, merit_steps = _merits(matters, {r.number: r for r in rules}, bonus_cap)
    exact = base + bonus - deduction
    final = rounded(exact, decimals)
    summary = f"总分：{plain(base)}＋加分 {plain(bonus)}－减分 {plain(deduction)}＝{plain(exact)}，四舍五入为 {final}"
    provisional = any(line.provisional for line in lines)
    return Total(base, bonus, deduction, exact, final, (*steps, *merit_steps, summary), provisional)


def _base(lines: Sequence[Line]) -> tuple[Fraction, tuple[str, ...]]:
    waiting = [x.item for x in lines if x.left_out and x.missing is MissingTreatment.GROUP_AVERAGE]
    if waiting:
        raise Refused(f"第 {'、'.join(waiting)} 项尚未取同组平均分，请先算出同组各单位得分。")
    counted = [x for x in lines if not x.left_out]
    points = sum((x.exact for x in counted), Fraction(0))
    step = f"各项得分合计：{plain(points)}（{len(counted)} 项，按未四舍五入的得分相加）"
    if len(counted) == len(lines):
        return points, (step,)
    if not counted:
        raise Refused("所有评分项目都不涉及本单位，无法计算总分，请为该单位另设评分项目。")
    whole = sum((Fraction(x.full) for x in lines), Fraction(0))
    rest = sum((Fraction(x.full) for x in counted), Fraction(0))
    scaled = whole * points / rest
    left_out = "、".join(x.item for x in lines if x.left_out)
    scaling = f"第 {left_out} 项不涉及，折算：{plain(whole)}×{plain(points)}÷{plain(rest)}＝{plain(scaled)}"
    return scaled, (step, scaling)


def _merits(
    matters: Iterable[Matter], rules: Mapping[str, MeritRule], bonus_cap: Decimal | None
) -> tuple[Fraction, Fraction, tuple[str, ...]]:
    steps: list[str] = []
    sums = {1: Fraction(0), -1: Fraction(0)}
    for rule, count in _counted(tuple(matters), rules):
        sign = 1 if rule.points > 0 else -1
        points = abs(Fraction(rule.points)) * count
        kept = points if rule.cap is None else min(points, Fraction(rule.cap))
        capped = f"，累计上限 {plain(rule.cap)} 分" if rule.cap is not None and points > kept else ""
        word = "加" if sign > 0 else "减"
        product = f"{count} 件×{plain(abs(rule.points))}{capped}"
        steps.append(f"{rule.number} {rule.title}：{product}，{word} {plain(kept)} 分")
        sums[sign] += kept
    if bonus_cap is not None and sums[1] > bonus_cap:
        steps.append(f"加分合计 {plain(sums[1])} 分，超过加分上限，按 {plain(bonus_cap)} 分计")
        sums[1] = Fraction(bonus_cap)
    return sums[1], sums[-1], tuple(steps)


def _counted(matters: Sequence[Matter], rules: Mapping[str, MeritRule]) -> list[tuple[MeritRule, int]]:
    """Return each rule with the number of matters it counts: a matter recorded twice counts once, at its highest."""
    unknown = sorted({m.number for m in matters} - set(rules))
    if unknown:
        raise Refused(f"加减分事项编号 {'、'.join(unknown)} 不在“加减分”表中，请改正。")
    best: dict[tuple[str, bool], MeritRule] = {}
    for matter in sorted(matters):
        rule = rules[matter.number]
        key = (matter.title, rule.points > 0)
        if key not in best or abs(rule.points) > abs(best[key].points):
            best[key] = rule
    counts = {number: sum(r.number == number for r in best.values()) for number in rules}
    return [(rules[number], n) for number, n in counts.items() if n]
