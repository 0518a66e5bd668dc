"""Score lines 得分明细: the points of one unit for one item, with everything that explains them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, Self

from models.errors import Refused
from rules.numbers import plain, rounded
from rules.scoring.facts import Facts, Points
from rules.scoring.ruleset import Item, MissingTreatment

POINT_PLACES = 2


@dataclass(frozen=True)
class Line:
    """`exact` is the mark, `points` the mark as shown (two decimals). A line that is `left_out` has no mark.

    `provisional` says what may still change; `missing` is how an item that does not fit the unit was treated.
    """

    item: str
    title: str
    points: Decimal
    exact: Fraction
    full: Decimal
    rule: str
    inputs: tuple[tuple[str, str], ...]
    arithmetic: tuple[str, ...]
    evidence: tuple[str, ...] = ()
    provisional: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    scorer: str | None = None
    missing: MissingTreatment | None = None
    left_out: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the line as JSON values without a float; the same line always gives the same value."""
        data = {name: _json(getattr(self, name)) for name in self.__dataclass_fields__}
        return {**data, "exact": f"{self.exact.numerator}/{self.exact.denominator}"}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the line that `to_json` wrote."""
        texts = {n: tuple(data[n]) for n in ("arithmetic", "evidence", "provisional", "notes")}
        amounts = {n: Decimal(data[n]) for n in ("points", "full")}
        inputs = tuple((label, value) for label, value in data["inputs"])
        missing = next((m for m in MissingTreatment if m.value == data["missing"]), None)
        return cls(
            **{**data, **texts, **amounts, "inputs": inputs, "missing": missing, "exact": Fraction(data["exact"])}
        )


def _json(value: object) -> object:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, MissingTreatment):
        return value.value
    return [_json(v) for v in value] if isinstance(value, tuple) else value


def score_item(item: Item, facts: Facts) -> Line:
    """Return the line of one unit for `item`; raises `Refused` naming the item where the rule cannot be applied."""
    try:
        if not facts.applies:
            return TREATMENTS[item.missing](item, facts)
        return _line(item, facts, item.rule.compute(item.params, Fraction(item.weight), facts))
    except Refused as refusal:
        raise Refused(f"第 {item.number} 项“{item.title}”：{refusal.message}") from refusal


def _line(item: Item, facts: Facts, points: Points) -> Line:
    return Line(
        item=item.number,
        title=item.title,
        points=rounded(points.value, POINT_PLACES),
        exact=points.value,
        full=item.weight,
        rule=f"{item.kind} {item.rule.name}：{item.rule.rule(item.params, item.weight)}",
        inputs=points.inputs,
        arithmetic=points.steps,
        evidence=facts.evidence,
        provisional=(*facts.provisional, *points.pending),
        notes=facts.notes,
        scorer=item.scorer,
    )


def _full_marks(item: Item, facts: Facts) -> Line:
    return _missing(item, facts, Fraction(item.weight), f"本单位不涉及本项，按规定得满分 {plain(item.weight)} 分")


def _base_marks(item: Item, facts: Facts) -> Line:
    if item.base is None:
        raise Refused("缺项得基本分，但没有填写基本分，请补上。")
    return _missing(item, facts, Fraction(item.base), f"本单位不涉及本项，按规定得基本分 {plain(item.base)} 分")


def _left_out(item: Item, facts: Facts) -> Line:
    line = _missing(item, facts, Fraction(0), "本单位不涉及本项，不计分，总分按其余各项折算")
    return replace(line, left_out=True)


def _group_average(item: Item, facts: Facts) -> Line:
    return replace(_missing(item, facts, Fraction(0), "本单位不涉及本项，按规定取同组平均分"), left_out=True)


def _not_allowed(_item: Item, _facts: Facts) -> Line:
    raise Refused("本项不允许缺项，不能对该单位记“不涉及”，请为该单位另设评分项目。")


def _missing(item: Item, facts: Facts, value: Fraction, step: str) -> Line:
    line = _line(item, facts, Points(value, (("适用情况", "不涉及"),), (step,)))
    return replace(line, missing=item.missing)


TREATMENTS: Mapping[MissingTreatment, Callable[[Item, Facts], Line]] = {
    MissingTreatment.NOT_ALLOWED: _not_allowed,
    MissingTreatment.FULL: _full_marks,
    MissingTreatment.BASE: _base_marks,
    MissingTreatment.GROUP_AVERAGE: _group_average,
    MissingTreatment.LEFT_OUT: _left_out,
}


def with_group_averages(group: Mapping[str, Sequence[Line]]) -> dict[str, tuple[Line, ...]]:
    """Return the lines of every unit of one group with the averages filled in that wait for the others' marks.

    Raises `Refused` where nobody in the group has a mark for an item: there is no average then.
    """
    marks: dict[str, list[Fraction]] = {}
    for line in (line for lines in group.values() for line in lines if line.missing is None):
        marks.setdefault(line.item, []).append(line.exact)
    return {unit: tuple(_averaged(line, marks.get(line.item, [])) for line in lines) for unit, lines in group.items()}


def _averaged(line: Line, marks: Sequence[Fraction]) -> Line:
    if line.missing is not MissingTreatment.GROUP_AVERAGE:
        return line
    if not marks:
        raise Refused(f"第 {line.item} 项“{line.title}”：同组没有单位得分，无法取平均分，请改用其他缺项处理办法。")
    mean = sum(marks, Fraction(0)) / len(marks)
    step = f"同组 {len(marks)} 个单位得分合计 {plain(sum(marks, Fraction(0)))}，平均 {plain(mean)} 分"
    return replace(
        line, exact=mean, points=rounded(mean, POINT_PLACES), arithmetic=(*line.arithmetic, step), left_out=False
    )


def ruled(line: Line, points: Decimal, ground: str) -> Line:
    """Return `line` with the mark that a ruling on an appeal gave it; the arithmetic keeps what was there before."""
    if not 0 <= points <= line.full:
        raise Refused(f"裁定得分 {plain(points)} 不在 0 至 {plain(line.full)} 分之间，请改正。")
    step = f"经申诉裁定，由 {line.points} 分改为 {plain(points)} 分：{ground}"
    return replace(
        line,
        exact=Fraction(points),
        points=rounded(Fraction(points), POINT_PLACES),
        arithmetic=(*line.arithmetic, step),
        left_out=False,
    )


def explain_text(line: Line) -> str:
    """Return the line as a reader without the system in front of him can follow it."""
    mark = "不计分" if line.left_out else f"得 {line.points} 分"
    parts = [f"第 {line.item} 项 {line.title}：{mark}（满分 {plain(line.full)} 分）", f"评分方法：{line.rule}"]
    parts.append("依据：" + "；".join(f"{label} {value}" for label, value in line.inputs))
    parts += ["计算："] + [f"  {i}. {step}" for i, step in enumerate(line.arithmetic, start=1)]
    if line.evidence:
        parts.append("佐证：" + "；".join(line.evidence))
    if line.notes:
        parts.append("说明：" + "；".join(line.notes))
    if line.provisional:
        parts.append("暂计：" + "；".join(line.provisional))
    if line.scorer:
        parts.append(f"评分单位：{line.scorer}")
    return "\n".join(parts)
