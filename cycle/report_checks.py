"""The checks of what is filed, each a sentence for the person who filed, or None."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from cycle.target_versions import ADDS_UP
from models import Indicator, Obligation
from models.enums import Aggregation, ObligationKind, ObligationState, ReportNature, TargetForm
from rules.targets import PERCENT

FILED_AS_TEXT = (ObligationKind.REPORT, ObligationKind.SELF_CHECK)
"""The kinds of obligation that are answered by a report; the others have acts of their own."""


class Filed(NamedTuple):
    """What was filed for one obligation, as typed in a workbook row or given to a command."""

    nature: ReportNature
    value: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    text: str = ""
    problems: str = ""
    next_steps: str = ""
    correction: bool = False
    reason: str = ""
    evidence: tuple[tuple[str, str], ...] = ()


class Case(NamedTuple):
    """What the checks look at."""

    obligation: Obligation
    indicator: Indicator | None
    filed: Filed
    today: date
    accepted: bool  # a version of it was accepted before
    before: Decimal | None  # the running total of the window before
    after: Decimal | None  # that of the window after, where one was filed already


def _can_be_filed_now(case: Case) -> str | None:
    o, day = case.obligation, case.today
    if o.kind not in FILED_AS_TEXT:
        return f"“{o.title}”不在填报表中办理，请在工作簿的“{o.kind.zh}”表中办理。"
    if o.state is ObligationState.WITHDRAWN:
        return f"“{o.title}”已撤销，不需填报。"
    if day < o.open_on:
        return f"“{o.title}”自 {o.open_on} 起填报，现在尚未开放。请届时再报。"
    if case.accepted:
        return None if case.filed.correction else f"“{o.title}”已审核通过。确需更改的，请在“更正”栏选“是”并写明理由。"
    return _still_open(o, day)


def _still_open(o: Obligation, day: date) -> str | None:
    """Return why the window takes nothing any more; what was returned is taken whenever it comes."""
    closed = f"“{o.title}”的填报期已于 {o.close_on} 关闭"
    if o.state is ObligationState.MISSED:
        return f"{closed}，已记为漏报。确需补报的，请向质强办申请重新开放。"
    if o.close_on is None or day <= o.close_on or o.state is ObligationState.RETURNED:
        return None
    if o.state is ObligationState.SUBMITTED:
        return f"{closed}，已报内容待审。确需更改的，请联系质强办退回后重报。"
    return f"{closed}。确需补报的，请向质强办申请重新开放。"


def _nothing_has_a_reason(case: Case) -> str | None:
    if case.filed.nature in (ReportNature.NIL, ReportNature.NOT_APPLICABLE) and not case.filed.reason.strip():
        return f"“{case.obligation.title}”选择了“{case.filed.nature.zh}”但未写理由。请在“原因说明”栏填写。"
    if case.filed.correction and not case.filed.reason.strip():
        return f"“{case.obligation.title}”为更正但未写理由。请在“原因说明”栏写明更正原因。"
    return None


def _says_something(case: Case) -> str | None:
    filed, indicator = case.filed, case.indicator
    if filed.nature is ReportNature.TEXT and not filed.text.strip():
        return f"“{case.obligation.title}”没有填写进展情况。请填写，或选择“零报告”“不适用”并说明理由。"
    if filed.nature is ReportNature.TEXT and indicator is not None and indicator.form is not TargetForm.QUALITATIVE:
        return f"“{case.obligation.title}”是量化指标，应填数值。请填写数值，或选择“零报告”“不适用”并说明理由。"
    if filed.nature is ReportNature.VALUE and (indicator is None or indicator.form is TargetForm.QUALITATIVE):
        return f"“{case.obligation.title}”应填文字说明，不填数值。请将填报性质改为“填报文字”。"
    return None


def _right_kind_of_figure(case: Case) -> str | None:
    filed, title = case.filed, f"“{case.obligation.title}”"
    ratio = filed.numerator is not None or filed.denominator is not None
    if filed.nature is not ReportNature.VALUE or case.indicator is None:
        nothing = filed.value is None or (filed.value == 0 and filed.nature is ReportNature.NIL)
        return f"{title}选择了“{filed.nature.zh}”又填了数值，互相矛盾。请改其中一处。" if ratio or not nothing else None
    if case.indicator.aggregation is not Aggregation.RATIO:
        if filed.value is None:
            return f"{title}未填数值。请在数值栏填写。"
        return f"{title}不是比率指标，不填分子和分母。请清空这两栏。" if ratio else None
    if filed.numerator is None or filed.denominator is None or filed.value is not None:
        return f"{title}是比率指标，只填分子和分母，由系统计算比率。请补全分子、分母，并清空数值栏。"
    if filed.denominator <= 0 or filed.numerator < 0:
        return f"{title}分母应大于零、分子不应为负数。没有发生的，请选择“零报告”或“不适用”并说明理由。"
    if filed.numerator > filed.denominator:
        return f"{title}分子 {filed.numerator} 大于分母 {filed.denominator}，比率不能超过 100%。请核对后重报。"
    return None


def _within_bounds(case: Case) -> str | None:
    value, indicator = case.filed.value, case.indicator
    if value is None or indicator is None:
        return None
    if value < 0 and indicator.aggregation in ADDS_UP:
        return f"“{case.obligation.title}”填报值 {value} 为负数。请核对后重报。"
    if indicator.measure == PERCENT and indicator.form is not TargetForm.UP_ON_LAST_YEAR and value > 100:
        return f"“{case.obligation.title}”填报值 {value}% 超过 100%。请核对后重报。"
    return None


def _does_not_fall(case: Case) -> str | None:
    value, title = case.filed.value, f"“{case.obligation.title}”"
    if value is None or case.filed.correction:
        return None
    how = "累计数不应减少；确属更正的，请在“更正”栏选“是”并写明理由。"
    if case.before is not None and value < case.before:
        return f"{title}累计值 {value} 小于以前已报的 {case.before}。{how}"
    if case.after is not None and value > case.after:
        return f"{title}累计值 {value} 大于以后各期已报的 {case.after}。{how}"
    return None


def _has_evidence(case: Case) -> str | None:
    wanted = case.indicator is not None and case.indicator.evidence_required
    if wanted and case.filed.nature in (ReportNature.VALUE, ReportNature.TEXT) and not case.filed.evidence:
        return f"“{case.obligation.title}”须附佐证材料。请在“佐证文件”栏写明文件名，并将文件放入佐证文件夹。"
    return None


CHECKS: tuple[Callable[[Case], str | None], ...] = (
    _can_be_filed_now,
    _nothing_has_a_reason,
    _says_something,
    _right_kind_of_figure,
    _within_bounds,
    _does_not_fall,
    _has_evidence,
)
