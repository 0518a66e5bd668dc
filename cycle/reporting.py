"""Filing: what a unit reports for one obligation, checked, and kept version by version."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from sqlmodel import Session, col, func, select

from cycle.lookup import find_obligation
from cycle.trail import note
from models import Assignment, Cycle, Evidence, Indicator, Obligation, Refused, Report, ReportEvidence, Window
from models.columns import row_id
from models.enums import Aggregation, ObligationKind, ObligationState, ReportNature, ReportState, TargetForm
from rules.states import move

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
    before: Decimal | None  # the last value of an earlier window


def file_report(
    session: Session, cycle: Cycle, key: str, filed: Filed, *, by: str, today: date, intake_id: int | None = None
) -> Report:
    """Take a report for the obligation `key` as its next version and return it.

    Raises:
        Refused: it cannot be filed now, or what is filed contradicts the indicator; the text says what to do.
    """
    obligation = find_obligation(session, cycle, key)
    indicator = _indicator(session, obligation)
    case = Case(obligation, indicator, filed, today, _before(session, obligation, indicator))
    for check in CHECKS:
        message = check(case)
        if message:
            raise Refused(message)
    if obligation.state is ObligationState.ACCEPTED:
        obligation.state = move(obligation.state, "reopen")
    else:
        obligation.state = move(obligation.state, "submit")
    obligation.filed_on = obligation.filed_on or today
    obligation.late = obligation.late or (today > obligation.due_on and not filed.correction)
    report = _next_version(session, obligation, filed, by=by, today=today, intake_id=intake_id)
    note(
        session,
        cycle_id=row_id(cycle),
        day=today,
        by=by,
        act="file_report",
        subject=key,
        detail={
            "version": report.version,
            "nature": filed.nature.value,
            "value": str(filed.value or filed.numerator or ""),
        },
    )
    return report


def _indicator(session: Session, obligation: Obligation) -> Indicator | None:
    if obligation.assignment_id is None:
        return None
    return session.exec(select(Indicator).join(Assignment).where(Assignment.id == obligation.assignment_id)).one()


def _before(session: Session, obligation: Obligation, indicator: Indicator | None) -> Decimal | None:
    if indicator is None or indicator.aggregation is not Aggregation.CUMULATIVE:
        return None
    this = session.get_one(Window, obligation.window_id)
    return session.exec(
        select(col(Report.value))
        .join(Obligation)
        .join(Window)
        .where(Obligation.assignment_id == obligation.assignment_id, Window.ends < this.ends)
        .where(col(Report.state).in_([ReportState.SUBMITTED, ReportState.ACCEPTED]), col(Report.value).is_not(None))
        .order_by(col(Window.ends).desc(), col(Report.version).desc())
        .limit(1)
    ).first()


def _next_version(
    session: Session, obligation: Obligation, filed: Filed, *, by: str, today: date, intake_id: int | None
) -> Report:
    earlier = session.exec(
        select(Report).where(
            Report.obligation_id == obligation.id,
            col(Report.state).in_([ReportState.SUBMITTED, ReportState.RETURNED]),
        )
    )
    for old in earlier:
        old.state = move(old.state, "supersede")
    session.flush()
    version = session.exec(select(func.max(Report.version)).where(Report.obligation_id == obligation.id)).one() or 0
    report = Report(
        obligation_id=row_id(obligation),
        version=version + 1,
        **{f: getattr(filed, f) for f in Filed._fields if f != "evidence"},
        filed_by=by,
        filed_on=today,
        intake_id=intake_id,
    )
    session.add(report)
    session.flush()
    for name, sha256 in filed.evidence:
        stored = session.exec(select(Evidence).where(Evidence.sha256 == sha256)).one()
        session.add(ReportEvidence(report_id=row_id(report), evidence_id=row_id(stored), name=name))
    session.flush()
    return report


# ---- the checks, each a sentence for the person who filed, or None ----


def _can_be_filed_now(case: Case) -> str | None:
    o, day = case.obligation, case.today
    if o.kind not in FILED_AS_TEXT:
        return f"“{o.title}”不在填报表中办理，请在工作簿的“{o.kind.zh}”表中办理。"
    closed = f"“{o.title}”的填报期已于 {o.close_on} 关闭"
    refusals: dict[ObligationState, str | None] = {
        ObligationState.PLANNED: f"“{o.title}”自 {o.open_on} 起填报，现在尚未开放。请届时再报。",
        ObligationState.MISSED: f"{closed}，已记为漏报。确需补报的，请向质强办申请重新开放。",
        ObligationState.WITHDRAWN: f"“{o.title}”已撤销，不需填报。",
        ObligationState.ACCEPTED: None
        if case.filed.correction
        else f"“{o.title}”已审核通过。确需更改的，请在“更正”栏选“是”并写明理由。",
        ObligationState.OPEN: f"{closed}。确需补报的，请向质强办申请重新开放。"
        if o.close_on and day > o.close_on
        else None,
    }
    return refusals.get(o.state)


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
    filed, indicator = case.filed, case.indicator
    if filed.nature is not ReportNature.VALUE or indicator is None:
        return None
    if indicator.aggregation is not Aggregation.RATIO:
        return f"“{case.obligation.title}”未填数值。请在数值栏填写。" if filed.value is None else None
    if filed.numerator is None or filed.denominator is None:
        return f"“{case.obligation.title}”是比率指标，请同时填写分子和分母，由系统计算比率。"
    if filed.denominator <= 0 or filed.numerator < 0:
        return (
            f"“{case.obligation.title}”分母应大于零、分子不应为负数。没有发生的，请选择“零报告”或“不适用”并说明理由。"
        )
    if filed.numerator > filed.denominator:
        return f"“{case.obligation.title}”分子 {filed.numerator} 大于分母 {filed.denominator}。请核对后重报。"
    return None


def _within_bounds(case: Case) -> str | None:
    value, indicator = case.filed.value, case.indicator
    if value is None or indicator is None:
        return None
    if value < 0 and indicator.aggregation in (Aggregation.FLOW, Aggregation.CUMULATIVE):
        return f"“{case.obligation.title}”填报值 {value} 为负数。请核对后重报。"
    if indicator.measure == "%" and indicator.aggregation is Aggregation.STOCK and value > 100:
        return f"“{case.obligation.title}”填报值 {value}% 超过 100%。请核对后重报。"
    return None


def _does_not_fall(case: Case) -> str | None:
    value = case.filed.value
    if case.before is None or value is None or value >= case.before or case.filed.correction:
        return None
    return (
        f"“{case.obligation.title}”累计值 {value} 小于以前已报的 {case.before}。"
        "累计数不应减少；确属更正的，请在“更正”栏选“是”并写明理由。"
    )


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
