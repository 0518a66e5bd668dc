"""Filing: what is taken, when, and as which version; what contradicts itself is refused with what to do about it."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from cycle.obligations import mark_late_and_missed, open_what_is_due
from cycle.reporting import Filed, file_report
from cycle.reviewing import accept_report, return_report
from models import AuditEntry, Evidence, Obligation, Refused, Report, ReportEvidence
from models.columns import row_id
from models.enums import Aggregation, Frequency, ObligationState, ReportNature, ReportState, TargetForm
from models.record import Record
from tests.builders import County, acts, add_county, add_indicator, add_milestones, ask, messages, owed, sign

SIGNED = date(2026, 1, 20)  # Tuesday
OPEN, DUE, CLOSE = date(2026, 4, 1), date(2026, 4, 15), date(2026, 4, 29)  # Wednesdays: the window of the first quarter
SHA = "a" * 64
INDICATORS: dict[str, dict[str, Any]] = {
    "running": {},
    "flow": {"aggregation": Aggregation.FLOW},
    "ratio": {"aggregation": Aggregation.RATIO, "measure": "%"},
    "share": {"aggregation": Aggregation.STOCK, "measure": "%"},
    "growth": {"aggregation": Aggregation.STOCK, "measure": "%", "form": TargetForm.UP_ON_LAST_YEAR},
    "words": {"form": TargetForm.QUALITATIVE},
    "proved": {"evidence_required": True},
}
"""One indicator of each kind, by its number."""


@pytest.fixture
def place(session: Session) -> County:
    """The county in which the town carries one indicator of each kind and has signed for its letter."""
    return with_a_letter(session)


def with_a_letter(session: Session) -> County:
    county = add_county(session)
    add_milestones(session, county.cycle, self_check_due=date(2026, 7, 3))
    for number, facts in INDICATORS.items():
        ask(session, add_indicator(session, county.cycle, number, **facts), county.town, "20")
    sign(session, county.cycle, county.town, SIGNED)
    return county


def key(number: str, window: str = "2026Q1") -> str:
    return f"report/town/{number}/{window}"


def value(figure: object, **more: Any) -> Filed:
    return Filed(ReportNature.VALUE, Decimal(str(figure)), **more)


def ratio(part: str | None, whole: str | None, **more: Any) -> Filed:
    figures = {"numerator": part, "denominator": whole}
    numbers: dict[str, Any] = {k: None if v is None else Decimal(v) for k, v in figures.items()}
    return Filed(ReportNature.VALUE, **numbers, **more)


def file(
    session: Session, place: County, filed: Filed, number: str = "running", day: date = OPEN, window: str = "2026Q1",
) -> Report:  # fmt: skip
    return file_report(session, place.cycle, key(number, window), filed, by="联络员", today=day)


def accept(session: Session, place: County, number: str = "running", day: date = OPEN, window: str = "2026Q1") -> None:
    accept_report(session, place.cycle, key(number, window), by="质强办", today=day)


def hand_back(session: Session, place: County, day: date, due_on: date) -> None:
    return_report(session, place.cycle, key("running"), reason="口径有误", due_on=due_on, by="质强办", today=day)


def versions(session: Session, place: County, number: str = "running") -> list[tuple[int, ReportState]]:
    obligation = owed(session, place.cycle, key(number))
    rows = session.exec(select(Report).where(Report.obligation_id == obligation.id).order_by(col(Report.version)))
    return [(r.version, r.state) for r in rows]


# ---- when ----


def test_what_is_due_is_opened_and_told_once(session: Session, place: County) -> None:
    assert open_what_is_due(session, place.cycle, today=date(2026, 3, 31)) == 0
    assert open_what_is_due(session, place.cycle, today=OPEN) == len(INDICATORS)
    assert open_what_is_due(session, place.cycle, today=OPEN) == 0
    assert [f"共{len(INDICATORS)}项" in line for line in messages(session, "window_opened")] == [True]
    assert acts(session).count("open_windows") == 1


@pytest.mark.parametrize(
    ("day", "late"),
    [
        (OPEN, False),
        (DUE, False),
        (date(2026, 4, 16), True),  # Thursday, the day after
        (CLOSE, True),
    ],
)
def test_a_report_is_late_after_its_due_date(session: Session, place: County, day: date, late: bool) -> None:
    file(session, place, value(5), day=day)  # whether or not the daily step has opened the window
    filed = owed(session, place.cycle, key("running"))
    assert (filed.state, filed.late, filed.filed_on) == (ObligationState.SUBMITTED, late, day)
    assert acts(session)[-1] == "file_report"


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (date(2026, 3, 31), "自 2026-04-01 起填报"),  # Tuesday, the last day of the quarter
        (date(2026, 4, 30), "已于 2026-04-29 关闭"),  # Thursday, the day after the close
    ],
)
def test_before_it_opens_and_after_it_closes_nothing_is_taken(
    session: Session, place: County, day: date, why: str
) -> None:
    with pytest.raises(Refused, match=why):
        file(session, place, value(5), day=day)
    assert versions(session, place) == []


def test_what_nobody_filed_is_late_then_missed(session: Session, place: County) -> None:
    open_what_is_due(session, place.cycle, today=OPEN)
    asked = len(INDICATORS)
    assert mark_late_and_missed(session, place.cycle, today=DUE) == (0, 0)
    assert mark_late_and_missed(session, place.cycle, today=date(2026, 4, 16)) == (asked, 0)
    assert mark_late_and_missed(session, place.cycle, today=CLOSE) == (0, 0)
    assert mark_late_and_missed(session, place.cycle, today=date(2026, 4, 30)) == (0, asked)
    assert mark_late_and_missed(session, place.cycle, today=date(2026, 4, 30)) == (0, 0)
    missed = owed(session, place.cycle, key("running"))
    session.refresh(missed)
    assert (missed.state, missed.late, missed.missed) == (ObligationState.MISSED, True, True)
    with pytest.raises(Refused, match="已记为漏报"):
        file(session, place, value(5), day=date(2026, 4, 30))
    assert acts(session).count("mark_overdue") == 2


def test_days_on_which_nothing_ran_are_made_up(session: Session, place: County) -> None:
    day = date(2026, 5, 6)
    open_what_is_due(session, place.cycle, today=day)
    assert mark_late_and_missed(session, place.cycle, today=day) == (len(INDICATORS), len(INDICATORS))


def test_a_late_fix_never_turns_a_missed_deadline_into_a_met_one(session: Session, place: County) -> None:
    file(session, place, value(5), day=date(2026, 4, 16))
    hand_back(session, place, date(2026, 4, 17), date(2026, 4, 24))
    file(session, place, value(6), day=date(2026, 4, 20))
    accept(session, place, day=date(2026, 4, 21))
    assert owed(session, place.cycle, key("running")).late


@pytest.mark.parametrize(
    ("filed_again", "late"),
    [
        (date(2026, 4, 20), False),  # Monday, by the date of the return: in time, though past the first due date
        (date(2026, 5, 6), False),  # Wednesday, the date of the return, past the close
        (date(2026, 5, 7), True),
    ],
)
def test_a_returned_report_keeps_to_the_date_of_the_return(
    session: Session, place: County, filed_again: date, late: bool
) -> None:
    file(session, place, value(5), day=DUE)
    hand_back(session, place, date(2026, 4, 16), date(2026, 5, 6))
    file(session, place, value(6), day=filed_again)
    again = owed(session, place.cycle, key("running"))
    assert (again.state, again.late, again.filed_on) == (ObligationState.SUBMITTED, late, DUE)


def test_a_closed_window_still_takes_what_was_returned(session: Session, place: County) -> None:
    file(session, place, value(5), day=DUE)
    hand_back(session, place, date(2026, 4, 28), date(2026, 4, 30))
    long_after = date(2026, 6, 1)
    mark_late_and_missed(session, place.cycle, today=long_after)
    assert owed(session, place.cycle, key("running")).state is ObligationState.RETURNED
    file(session, place, value(6), day=long_after)
    assert owed(session, place.cycle, key("running")).state is ObligationState.SUBMITTED


def test_what_waits_for_review_may_be_replaced_until_the_close(session: Session, place: County) -> None:
    """It came in time, so a better version of it does not make it late."""
    file(session, place, value(5), day=DUE)
    file(session, place, value(6), day=date(2026, 4, 20))
    assert versions(session, place) == [(1, ReportState.SUPERSEDED), (2, ReportState.SUBMITTED)]
    assert not owed(session, place.cycle, key("running")).late
    with pytest.raises(Refused, match="请联系质强办退回后重报"):
        file(session, place, value(7), day=date(2026, 4, 30))


def test_a_correction_mark_does_not_make_a_late_report_timely(session: Session, place: County) -> None:
    file(session, place, value(5, correction=True, reason="首次填报误选"), day=date(2026, 4, 16))
    assert owed(session, place.cycle, key("running")).late


def test_the_same_report_again_is_not_another_one(session: Session, place: County) -> None:
    first = file(session, place, value(5, text="进展顺利"))
    before = acts(session)
    assert file(session, place, value("5.0", text="进展顺利"), day=date(2026, 4, 2)) is first
    accept(session, place)
    assert file(session, place, value(5, text="进展顺利"), day=date(2026, 4, 3)) is first
    assert acts(session) == [*before, "accept_report"]
    assert versions(session, place) == [(1, ReportState.ACCEPTED)]


def test_what_was_withdrawn_is_not_owed(session: Session, place: County) -> None:
    owed(session, place.cycle, key("running")).state = ObligationState.WITHDRAWN
    with pytest.raises(Refused, match="已撤销"):
        file(session, place, value(5))


# ---- corrections ----


def test_the_accepted_version_stands_until_its_correction_is_accepted(session: Session, place: County) -> None:
    file(session, place, value(5))
    accept(session, place)
    with pytest.raises(Refused, match="“更正”栏选“是”"):
        file(session, place, value(6), day=date(2026, 5, 20))
    with pytest.raises(Refused, match="未写理由"):
        file(session, place, value(6, correction=True), day=date(2026, 5, 20))
    file(session, place, value(6, correction=True, reason="重复计入"), day=date(2026, 5, 20))
    assert versions(session, place) == [(1, ReportState.ACCEPTED), (2, ReportState.SUBMITTED)]
    corrected = owed(session, place.cycle, key("running"))
    assert (corrected.state, corrected.late) == (ObligationState.SUBMITTED, False)
    accept(session, place, day=date(2026, 5, 21))
    assert versions(session, place) == [(1, ReportState.SUPERSEDED), (2, ReportState.ACCEPTED)]
    assert corrected.state is ObligationState.ACCEPTED


def test_a_returned_correction_is_still_a_correction(session: Session, place: County) -> None:
    file(session, place, value(5))
    accept(session, place)
    file(session, place, value(6, correction=True, reason="重复计入"))
    hand_back(session, place, date(2026, 4, 2), date(2026, 4, 9))
    assert versions(session, place) == [(1, ReportState.ACCEPTED), (2, ReportState.RETURNED)]
    with pytest.raises(Refused, match="“更正”栏选“是”"):
        file(session, place, value(7), day=date(2026, 4, 3))
    file(session, place, value(7, correction=True, reason="核对票务数据"), day=date(2026, 4, 3))
    assert versions(session, place) == [
        (1, ReportState.ACCEPTED),
        (2, ReportState.SUPERSEDED),
        (3, ReportState.SUBMITTED),
    ]


# ---- running totals ----

Q2 = date(2026, 7, 1)  # Wednesday


def test_a_running_total_does_not_fall(session: Session, place: County) -> None:
    file(session, place, value(5))
    with pytest.raises(Refused, match="累计值 4 小于以前已报的 5"):
        file(session, place, value(4), day=Q2, window="2026Q2")
    file(session, place, value(5), day=Q2, window="2026Q2")
    file(session, place, value(4), number="flow", day=Q2, window="2026Q2")  # a figure of the period itself may


def test_a_running_total_falls_only_as_a_correction_with_a_reason(session: Session, place: County) -> None:
    file(session, place, value(5))
    report = file(session, place, value(4, correction=True, reason="剔除重复"), day=Q2, window="2026Q2")
    assert (report.correction, report.reason) == (True, "剔除重复")


def test_an_earlier_total_filed_late_does_not_exceed_what_came_after(session: Session, place: County) -> None:
    file(session, place, value(5))
    hand_back(session, place, date(2026, 4, 16), date(2026, 7, 3))
    file(session, place, value(8), day=Q2, window="2026Q2")
    with pytest.raises(Refused, match="累计值 9 大于以后各期已报的 8"):
        file(session, place, value(9), day=Q2)
    file(session, place, value(8), day=Q2)


def test_what_was_returned_or_nothing_at_all_does_not_bind_the_next_total(session: Session, place: County) -> None:
    file(session, place, value(50))
    hand_back(session, place, date(2026, 4, 16), date(2026, 7, 3))
    file(session, place, Filed(ReportNature.NIL, reason="本期没有发生"), day=Q2, window="2026Q2")
    file(session, place, value(5), day=Q2)
    assert versions(session, place)[-1] == (2, ReportState.SUBMITTED)


@settings(max_examples=20)
@given(totals=st.lists(st.integers(0, 9), min_size=4, max_size=4))
def test_totals_are_taken_exactly_while_they_do_not_fall(shared_record: Record, totals: list[int]) -> None:
    windows = {"2026Q1": OPEN, "2026Q2": Q2, "2026Q3": date(2026, 10, 9), "2026Q4": date(2027, 1, 5)}
    with shared_record.reading() as session:
        place, highest = with_a_letter(session), 0
        for total, (window, day) in zip(totals, windows.items(), strict=True):
            if total >= highest:
                file(session, place, value(total), day=day, window=window)
                highest = total
                continue
            with pytest.raises(Refused, match="小于以前已报的"):
                file(session, place, value(total), day=day, window=window)


# ---- what ----

NIL = ReportNature.NIL
TEXT = ReportNature.TEXT


@pytest.mark.parametrize(
    ("number", "filed", "why"),
    [
        ("running", Filed(ReportNature.VALUE), "未填数值"),
        ("running", value(-1), "为负数"),
        ("running", ratio("3", "4", value=Decimal(3)), "不填分子和分母"),
        ("running", Filed(TEXT, text="已完成"), "是量化指标，应填数值"),
        ("running", Filed(NIL), "未写理由"),
        ("running", Filed(ReportNature.NOT_APPLICABLE, reason=" "), "未写理由"),
        ("running", Filed(NIL, Decimal(3), reason="没有发生"), "互相矛盾"),
        ("ratio", value(91), "只填分子和分母"),
        ("ratio", ratio("425", None), "只填分子和分母"),
        ("ratio", ratio("425", "456", value=Decimal(91)), "只填分子和分母"),
        ("ratio", ratio("457", "456"), "分子 457 大于分母 456"),
        ("ratio", ratio("0", "0"), "分母应大于零"),
        ("ratio", ratio("-1", "3"), "分子不应为负数"),
        ("share", value(101), "超过 100%"),
        ("words", value(3), "应填文字说明"),
        ("words", Filed(TEXT, text=" "), "没有填写进展情况"),
        ("words", Filed(TEXT, Decimal(3), text="进展"), "互相矛盾"),
        ("proved", value(3), "须附佐证材料"),
        ("proved", value(3, evidence=(("台账.pdf", SHA),)), "尚未存入佐证库"),
    ],
)
def test_what_contradicts_itself_is_refused(
    session: Session, place: County, number: str, filed: Filed, why: str
) -> None:
    with pytest.raises(Refused, match=why), session.begin_nested():
        file(session, place, filed, number=number)
    assert versions(session, place, number) == []
    assert owed(session, place.cycle, key(number)).state is ObligationState.PLANNED


@pytest.mark.parametrize(
    ("number", "filed"),
    [
        ("running", value(0)),
        ("running", Filed(NIL, reason="本期没有发生")),
        ("running", Filed(NIL, Decimal(0), reason="本期没有发生")),
        ("running", Filed(ReportNature.NOT_APPLICABLE, reason="辖区内无此类企业")),
        ("ratio", ratio("456", "456")),
        ("ratio", ratio("0", "3")),
        ("share", value(100)),
        ("growth", value(130)),  # growth in per cent is not a share of anything
        ("growth", value(-3)),
        ("words", Filed(TEXT, text="已印发实施方案")),
        ("proved", Filed(NIL, reason="本期没有发生")),
    ],
)
def test_what_does_not_is_taken(session: Session, place: County, number: str, filed: Filed) -> None:
    assert file(session, place, filed, number=number).version == 1


def test_evidence_is_cited_once_under_each_name(session: Session, place: County) -> None:
    session.add(Evidence(sha256=SHA, size=3, stored_on=OPEN))
    session.flush()
    cited = (("台账.pdf", SHA), ("台账.pdf", SHA), ("第一季度台账.pdf", SHA))
    report = file(session, place, value(3, evidence=cited), number="proved")
    names = session.exec(select(ReportEvidence.name).where(ReportEvidence.report_id == row_id(report))).all()
    assert sorted(names) == ["台账.pdf", "第一季度台账.pdf"]


def test_other_duties_are_done_in_their_own_sheets(session: Session, place: County) -> None:
    with pytest.raises(Refused, match="“责任书签收”表"):
        file_report(session, place.cycle, "letter/town/1", value(1), by="联络员", today=OPEN)
    with pytest.raises(Refused, match="没有编号为"):
        file_report(session, place.cycle, "report/town/9/2026Q1", value(1), by="联络员", today=OPEN)


def test_the_self_check_is_a_report_in_words(session: Session, place: County) -> None:
    filed = Filed(TEXT, text="自查情况", problems="进度偏慢", next_steps="集中攻坚")
    file_report(session, place.cycle, "self_check/town", filed, by="联络员", today=date(2026, 7, 1))
    assert owed(session, place.cycle, "self_check/town").state is ObligationState.SUBMITTED


@pytest.mark.parametrize(
    ("number", "filed", "said"),
    [("running", value(0), "0"), ("running", value("5.50"), "5.5"), ("ratio", ratio("425", "456"), "425/456")],
)
def test_the_trail_says_what_was_filed(session: Session, place: County, number: str, filed: Filed, said: str) -> None:
    file(session, place, filed, number=number)
    entry = session.exec(select(AuditEntry).order_by(col(AuditEntry.id).desc()).limit(1)).one()
    assert (entry.act, entry.actor, entry.subject, entry.detail["value"]) == (
        "file_report",
        "联络员",
        key(number),
        said,
    )


def test_what_a_supplier_files_is_judged_at_the_unit_that_carries_it(session: Session, place: County) -> None:
    supplied = add_indicator(
        session, place.cycle, "supplied", supplier_id=row_id(place.market), frequency=Frequency.YEARLY
    )
    ask(session, supplied, place.farming, "20")
    sign(session, place.cycle, place.farming, SIGNED)
    name = "report/farming/supplied/2026"
    file_report(session, place.cycle, name, value(7), by="市场监管局联络员", today=date(2027, 1, 5))
    found = session.exec(select(Obligation).where(Obligation.key == name)).one()
    assert (found.supplier_id, found.assessed_id) == (place.market.id, place.farming.id)
