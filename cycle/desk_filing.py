"""What a unit files: reports, and answers to its draft targets; the same content again changes nothing."""

from sqlmodel import col, select

from cycle.decomposition import TargetAnswer, file_target
from cycle.desk import Desk, figure, owed, text
from cycle.lookup import find_indicator
from cycle.reporting import Filed, file_report
from documents.unit_answers import Answer
from documents.unit_sheets import OBJECTED, YES
from models import Assignment, Evidence, Filing, Refused, Report, ReportEvidence, Review
from models.enums import AssignmentState, ReportNature, ReportState


def report(desk: Desk, answer: Answer) -> bool:
    """File a row of 填报; return False where the newest version says the same."""
    obligation = owed(desk, answer.key)
    filed = _filed(desk, answer)
    last = desk.session.exec(
        select(Report).where(Report.obligation_id == obligation.id).order_by(col(Report.version).desc())
    ).first()
    if last is not None and _same(desk, last, filed):
        if last.state is not ReportState.RETURNED:
            return False
        why = desk.session.exec(select(Review.reason).where(Review.report_id == last.id)).first()
        raise Refused(f"与被退回的一版完全相同，没有改动。退回意见：{why}。请改正后重报。")
    file_report(
        desk.session, desk.cycle, answer.key, filed, by=desk.by, today=desk.today, intake_id=desk.intake_id
    )  # fmt: skip
    return True


def _filed(desk: Desk, answer: Answer) -> Filed:
    """Return the row as what is filed; where no 填报性质 was chosen, a figure is a value and words are text."""
    said = answer.values
    value, part, whole = (figure(said[key]) for key in ("value", "numerator", "denominator"))
    implied = ReportNature.TEXT if value is None and part is None and whole is None else ReportNature.VALUE
    names = said["evidence"]
    assert isinstance(names, tuple)
    return Filed(
        nature=ReportNature.of_zh(text(said["nature"])) or implied,
        value=value,
        numerator=part,
        denominator=whole,
        text=text(said["text"]),
        problems=text(said["problems"]),
        next_steps=text(said["next_steps"]),
        correction=said["correction"] == YES,
        reason=text(said["reason"]),
        evidence=tuple(desk.exhibits[name] for name in names),
    )


def _same(desk: Desk, last: Report, filed: Filed) -> bool:
    cited = desk.session.exec(
        select(col(ReportEvidence.name), col(Evidence.sha256)).join(Evidence).where(ReportEvidence.report_id == last.id)
    )
    rest = [name for name in Filed._fields if name != "evidence"]
    return {*cited} == {*filed.evidence} and all(getattr(last, name) == getattr(filed, name) for name in rest)


def filing(desk: Desk, answer: Answer) -> bool:
    """File a row of 备案; return False where the same waits for its decision or was decided."""
    values = answer.values
    target = TargetAnswer(
        **{key: figure(values[key]) for key in ("last_year", "q1", "q2", "q3", "q4", "proposed")},
        objection=text(values["objection"]) if values["opinion"] == OBJECTED else "",
    )
    indicator = find_indicator(desk.session, desk.cycle, answer.key)
    last = desk.session.exec(
        select(Filing)
        .join(Assignment)
        .where(Assignment.indicator_id == indicator.id, Assignment.unit_id == desk.unit.id)
        .where(Assignment.state != AssignmentState.SENT)
        .order_by(col(Filing.version).desc())
    ).first()
    if last is not None and last.reason == target.objection:
        figures = [name for name in TargetAnswer._fields if name != "objection"]
        if all(getattr(last, name) == getattr(target, name) for name in figures):
            return False
    file_target(desk.session, desk.cycle, desk.unit, answer.key, target, by=desk.by, today=desk.today)
    return True
