"""R16 reporting discipline: the system counts late, missing, returned and empty reports itself."""

from decimal import Decimal
from fractions import Fraction

from pydantic import Field

from rules.numbers import Amount, plain
from rules.scoring.facts import Facts, Points, bounded
from rules.scoring.kind import Kind, Need
from rules.scoring.params import Params


class Discipline(Params):
    late: Amount = Field(default=Decimal(0), title="迟报每次扣分", ge=0)
    missing: Amount = Field(default=Decimal(0), title="漏报每次扣分", ge=0)
    returned: Amount = Field(default=Decimal(0), title="退回每次扣分", ge=0)
    empty: Amount = Field(default=Decimal(0), title="空报每次扣分", ge=0)
    lowest: Amount = Field(default=Decimal(0), title="最低分")


FAULTS = (("late", "迟报"), ("missing", "漏报"), ("returned", "退回"), ("empty", "空报"))


def compute(params: Discipline, w: Fraction, facts: Facts) -> Points:
    """Return `max(w − Σ d·n, lo)` over the faults the obligations show."""
    inputs = tuple((name, f"{getattr(facts, fault)} 次") for fault, name in FAULTS)
    lost = [(name, getattr(facts, fault), getattr(params, fault)) for fault, name in FAULTS]
    terms = [(name, n, each) for name, n, each in lost if n and each]
    if not terms:
        return Points(w, inputs, (f"没有应扣分的报送问题，得满分 {plain(w)} 分",))
    off = sum((Fraction(each) * n for _, n, each in terms), Fraction(0))
    points, note = bounded(w - off, Fraction(params.lowest))
    steps = [f"{name} {n} 次×{plain(each)}＝{plain(Fraction(each) * n)}" for name, n, each in terms]
    steps.append(f"得分：{plain(w)}－{plain(off)}＝{plain(w - off)}")
    return Points(points, inputs, (*steps, *note))


def rule(params: Discipline, w: Decimal) -> str:
    """Return the rule as a sentence."""
    each = "，".join(
        f"{name}每次扣 {plain(getattr(params, fault))} 分" for fault, name in FAULTS if getattr(params, fault)
    )
    end = "扣完为止" if params.lowest == 0 else f"最低 {plain(params.lowest)} 分"
    return f"按时足额报送得 {plain(w)} 分；{each}，{end}（次数由系统按应报事项统计）"


def check(params: Discipline, weight: Decimal) -> tuple[str, ...]:
    """Return complaints about rules that never deduct, or that cannot go below full marks."""
    found = []
    if not any(getattr(params, fault) for fault, _ in FAULTS):
        found.append("迟报、漏报、退回、空报的扣分都没有填写，请至少填写一项。")
    if params.lowest > weight:
        found.append(f"最低分 {plain(params.lowest)} 高于本项分值 {plain(weight)}，请改正。")
    return tuple(found)


KIND = Kind(
    id="R16",
    name="报送纪律",
    params=Discipline,
    needs=lambda _: Need.DISCIPLINE,
    compute=compute,
    rule=rule,
    check=check,
)
