"""Workbooks that come back: every row through its verb, good rows taken, the others sent back, nothing twice."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlmodel import Session, SQLModel, select
from typer.testing import CliRunner

from cli.main import app
from cycle import inbox
from cycle.canonical import digest
from cycle.decomposition import send_draft
from cycle.extensions import decide_extension
from cycle.inbox import inbox_parcels, take_parcel
from cycle.intake import preview, report_refusals, take
from cycle.lookup import find_cycle, find_obligation, find_unit
from cycle.obligations import mark_late_and_missed, open_what_is_due
from cycle.orders import draft_order, issue_order
from cycle.outcomes import Outcome, merge
from cycle.reviewing import accept_report, return_report
from cycle.unit_sheets import unit_folder, unit_workbooks, write_workbook, write_workbooks
from documents.unit_answers import read_unit_workbook
from documents.unit_facts import UnitWorkbook
from documents.unit_sheets import TAKEN
from models import (
    Appeal,
    Assessment,
    Assignment,
    Contact,
    Cycle,
    Extension,
    Filing,
    Intake,
    Letter,
    Mark,
    Message,
    Order,
    OrderAnswer,
    PartlyRefused,
    Refused,
    Report,
    RuleSet,
    ScoreLine,
    Unit,
)
from models.columns import row_id
from models.enums import (
    AssessmentState,
    AssignmentState,
    IntakeOutcome,
    LetterState,
    ObligationKind,
    ObligationState,
    OrderState,
    ReportState,
    Role,
)
from models.home import inbox_folder
from models.record import Record, open_record
from rules.grading import DEFAULT_BANDS
from rules.scoring import Item, Line, RuleSetDoc
from tests.builders import add_cycle, add_obligation
from tests.filling import (
    BRANDS,
    COMPLAINTS,
    JANUARY_REPORTS,
    PASS_RATE,
    PUBLICITY,
    add_reporting_county,
    add_tasks,
    cell_of,
    fill,
    key_of,
)

DAY = JANUARY_REPORTS
LETTER = "示质强办〔2026〕1号"
Entries = dict[tuple[str, str], dict[str, object]]
GOOD: Entries = {
    ("填报", key_of(BRANDS)): {"value": 3, "text": "新增三个"},
    ("填报", key_of(PASS_RATE)): {"numerator": 425, "denominator": 456},
    ("签收", LETTER): {"acknowledged": "是"},
}
BAD: Entries = {("填报", key_of(PUBLICITY)): {"nature": "零报告"}}


@pytest.fixture
def record(home: Path) -> Iterator[Record]:
    """示例县 on the first day on which January is reported; the market bureau owes four reports and a signature."""
    opened = open_record()
    with opened.writing() as session:
        add_reporting_county(session)
    yield opened
    opened.close()


@pytest.fixture
def on_both(home: Path, database_url: str) -> Iterator[Record]:
    """The same record, on SQLite and on PostgreSQL."""
    opened = open_record(database_url)
    with opened.writing() as session:
        add_reporting_county(session)
    yield opened
    opened.close()


def template(record: Record, folder: Path, day: date = DAY, **options: Any) -> Path:
    """The market bureau's workbook of the day."""
    return write_workbook(asked_of_market(record, day, **options), folder).path


def asked_of_market(record: Record, day: date, **options: Any) -> UnitWorkbook:
    """What the market bureau is asked for on the day."""
    with record.reading() as session:
        return unit_workbooks(session, find_cycle(session, "2026"), today=day, **options)["market"]


def send_back(record: Record, number: str, reason: str, day: date) -> None:
    """The office returns the report on January."""
    with record.writing() as session:
        cycle = find_cycle(session, "2026")
        return_report(session, cycle, key_of(number), reason=reason, due_on=day, by="质强办", today=day)


def returned(record: Record, folder: Path, entries: Entries, day: date = DAY, name: str = "市场监管局.xlsx") -> Path:
    """The workbook as it comes back, filled in."""
    return fill(template(record, folder / "sent", day), entries, folder / name)


def rows(record: Record, model: type[SQLModel]) -> list[Any]:
    with record.reading() as session:
        found = list(session.exec(select(model)))
        session.expunge_all()
    return found


def state_of(record: Record, key: str) -> ObligationState:
    with record.reading() as session:
        return find_obligation(session, find_cycle(session, "2026"), key).state


def canonical(record: Record) -> str:
    with record.reading() as session:
        return digest(session)


def acting(record: Record, act: Callable[[Session, Cycle, Unit], object]) -> None:
    with record.writing() as session:
        act(session, find_cycle(session, "2026"), find_unit(session, "market"))


# ---- every sheet has its act ----


def test_the_template_asks_for_what_is_owed_today_and_nothing_else(record: Record) -> None:
    with record.reading() as session:
        cycle = session.exec(select(Cycle)).one()
        books = unit_workbooks(session, cycle, today=DAY)
    assert set(books) == {"market"}
    asked = books["market"]
    assert [row.key for row in asked.reports] == [key_of(n) for n in (BRANDS, PASS_RATE, COMPLAINTS, PUBLICITY)]
    assert [row.key for row in asked.letters] == [LETTER]
    first = asked.reports[0]
    assert (first.period, first.target, first.before) == ("2026年1月", "≥12个", None)
    assert {row.key for row in asked.extensions} == {row.key for row in asked.reports}
    assert (asked.filings, asked.contacts, asked.orders, asked.self_evaluations, asked.appeals) == ((), (), (), (), ())


def test_reports_and_signature_are_taken(record: Record, tmp_path: Path) -> None:
    result = take(record, returned(record, tmp_path, GOOD), today=DAY)
    assert (result.taken, result.unchanged, result.problems) == (3, 0, ())
    filed = {report.value or report.numerator: report for report in rows(record, Report)}
    assert set(filed) == {Decimal(3), Decimal(425)}
    assert filed[Decimal(3)].filed_by == "市场监管局联络员"
    assert filed[Decimal(425)].denominator == Decimal(456)
    (letter,) = rows(record, Letter)
    assert letter.state is LetterState.ACKNOWLEDGED
    (entered,) = rows(record, Intake)
    assert (entered.outcome, entered.taken, filed[Decimal(3)].intake_id) == (IntakeOutcome.ACCEPTED, 3, entered.id)


def test_evidence_lies_beside_the_workbook(record: Record, tmp_path: Path) -> None:
    cited: Entries = {("填报", key_of(COMPLAINTS)): {"value": 40, "evidence": "台账.xlsx；照片.jpg"}}
    path = returned(record, tmp_path, cited)
    (missing,) = take(record, path, today=DAY).problems[:1]
    assert (missing.row, missing.column, "没有找到佐证文件“台账.xlsx”" in missing.message) == (6, "佐证文件", True)
    for folder, name in (("市场监管局", "台账.xlsx"), ("佐证", "照片.jpg")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(name)
    assert take(record, path, today=DAY).taken == 1


def test_filing_objection_and_liaison_officer(home: Path, tmp_path: Path) -> None:
    record = open_record()
    with record.writing() as session:
        county = add_tasks(session)
        send_draft(session, county.cycle, county.market, by="质强办", today=DAY)
    path = returned(record, tmp_path, {
        ("备案", BRANDS): {"last_year": 10, "q1": 2, "q2": 5, "q3": 8, "q4": 12, "opinion": "同意"},
        ("备案", PASS_RATE): {"opinion": "有异议", "objection": "上年仅为91%", "proposed": "93%"},
        ("备案", PUBLICITY): {"opinion": "同意"},
        ("联络员", Role.LIAISON.value): {"new_post": "质量科科长", "new_address": "quality@market.example.com"},
    })  # fmt: skip
    assert take(record, path, today=DAY).taken == 4
    filings = {(f.objected, f.q4, f.proposed) for f in rows(record, Filing)}
    assert filings == {(False, Decimal(12), None), (True, None, Decimal(93)), (False, None, None)}
    states = [a.state for a in rows(record, Assignment)]
    assert sorted(s.value for s in states) == ["filed", "filed", "objected", "sent"]
    assert AssignmentState.SENT in states
    liaison = [c for c in rows(record, Contact) if c.role is Role.LIAISON and "market" in c.address]
    assert [(c.title, c.valid_to) for c in liaison] == [("联络员岗位", DAY), ("质量科科长", None)]
    assert take(record, path, today=DAY).again
    record.close()


def test_an_extension_is_applied_for_and_a_date_outside_the_cycle_refused(record: Record, tmp_path: Path) -> None:
    path = returned(record, tmp_path, {
        ("延期申请", key_of(BRANDS)): {"wanted_on": "2026-02-13", "reason": "等待部门会审"},
        ("延期申请", key_of(PASS_RATE)): {"wanted_on": "2062-02-13", "reason": "等待抽检结果"},
    })  # fmt: skip
    result = take(record, path, today=DAY)
    assert result.taken == 1
    assert [(e.wanted_on, e.reason) for e in rows(record, Extension)] == [(date(2026, 2, 13), "等待部门会审")]
    (problem,) = result.problems
    assert (problem.sheet, problem.row, "2062-02-13，不在本考核周期" in problem.message) == ("延期申请", 5, True)


def test_an_order_is_acknowledged_and_answered(record: Record, tmp_path: Path) -> None:
    def issue(session: Session, cycle: Cycle, unit: Unit) -> None:
        draft_order(
            session, cycle, unit, "H1/1", title="新增品牌数欠序时", basis="督查通报第1期", by="质强办", today=DAY
        )
        issue_order(session, cycle, "H1/1", by="质强办", today=DAY)

    acting(record, issue)
    path = returned(record, tmp_path, {("督办反馈", "H1/1"): {"acknowledged": "是"}})
    assert take(record, path, today=DAY).taken == 1
    (order,) = rows(record, Order)
    assert order.state is OrderState.ACKNOWLEDGED
    path = returned(record, tmp_path, {("督办反馈", "H1/1"): {"answer": "已约谈责任科室，3月底前补齐。"}})
    assert take(record, path, today=DAY).taken == 1
    (answer,), (order,) = rows(record, OrderAnswer), rows(record, Order)
    assert (answer.answer[:3], order.state) == ("已约谈", OrderState.ANSWERED)


def add_rules(session: Session, cycle: Cycle) -> RuleSet:
    item = Item.model_validate(
        {
            "number": "1",
            "title": "组织领导",
            "groups": ["部门"],
            "weight": "5",
            "kind": "R1",
            "params": {"condition": "judged"},
        }
    )
    doc = RuleSetDoc(items=(item,), grades=DEFAULT_BANDS)
    rules = RuleSet(
        cycle_id=row_id(cycle), document=doc.canonical_json(), sha256=doc.sha256(), effective_on=cycle.starts
    )  # fmt: skip
    session.add(rules)
    session.flush()
    return rules


def test_a_unit_marks_itself(record: Record, tmp_path: Path) -> None:
    def open_it(session: Session, cycle: Cycle, unit: Unit) -> None:
        add_rules(session, cycle)
        kind = ObligationKind.SELF_EVALUATION
        add_obligation(session, cycle, unit, date(2026, 12, 1), key="self_evaluation/market", kind=kind)  # Tuesday

    acting(record, open_it)
    path = returned(record, tmp_path, {("自评", "1"): {"points": 6, "reason": "全部落实"}})
    assert "应在 0 至 5 分之间" in str(take(record, path, today=DAY).problems)
    path = returned(record, tmp_path, {("自评", "1"): {"points": "4.5", "reason": "一次会议纪要缺失"}})
    assert take(record, path, today=DAY).taken == 1
    (mark,) = rows(record, Mark)
    assert (mark.points, mark.reason) == (Decimal("4.5"), "一次会议纪要缺失")
    assert state_of(record, "self_evaluation/market") is ObligationState.ACCEPTED


def test_a_unit_appeals_against_a_published_line(record: Record, tmp_path: Path) -> None:
    until = DAY + timedelta(days=4)

    def publish(session: Session, cycle: Cycle, unit: Unit) -> None:
        assessment = Assessment(
            cycle_id=row_id(cycle), state=AssessmentState.PUBLISHED, rule_set_id=add_rules(session, cycle).id,
            published_on=DAY, appeals_until=until,
        )  # fmt: skip
        session.add(assessment)
        session.flush()
        line = Line("1", "组织领导", Decimal(0), Fraction(0), Decimal(5), "R1", (), ("评分单位认定不符合，不得分",))
        session.add(ScoreLine(
            assessment_id=row_id(assessment), unit_id=row_id(unit), item="1", points=Decimal(0), full_points=Decimal(5),
            explanation=line.to_json(), decided_on=DAY,
        ))  # fmt: skip

    acting(record, publish)
    path = returned(record, tmp_path, {("申诉", "1"): {"ground": "已召开两次领导小组会议，附会议纪要"}})
    assert take(record, path, today=until + timedelta(days=1)).outcome is IntakeOutcome.REFUSED
    assert take(record, path, today=until).taken == 1
    (appeal,) = rows(record, Appeal)
    assert appeal.ground.startswith("已召开两次")
    assert "申诉" not in load_workbook(template(record, tmp_path / "after")).sheetnames


# ---- once, and all or by row ----


@pytest.mark.parametrize(("entries", "taken"), [(GOOD, 3), (GOOD | BAD, 0)])
def test_taken_twice_has_no_second_effect(record: Record, tmp_path: Path, entries: Entries, taken: int) -> None:
    path = returned(record, tmp_path, entries)
    first = take(record, path, today=DAY)
    before = canonical(record)
    again = take(record, path.rename(tmp_path / "另存.xlsx"), today=DAY)
    assert (again.again, again.taken, again.problems) == (True, taken, first.problems)
    assert canonical(record) == before


def test_saved_again_without_a_change_has_no_second_effect_either(record: Record, tmp_path: Path) -> None:
    path = returned(record, tmp_path, GOOD)
    take(record, path, today=DAY)
    resaved = take(record, fill(path, {("填报", key_of(PUBLICITY)): {"text": "已部署"}}), today=DAY)
    assert (resaved.taken, resaved.unchanged) == (1, 3)
    assert len(rows(record, Report)) == 3


def test_a_preview_says_the_same_and_changes_nothing(record: Record, tmp_path: Path, home: Path) -> None:
    cited: Entries = {("填报", key_of(COMPLAINTS)): {"value": 40, "evidence": "台账.txt"}}
    path = returned(record, tmp_path, GOOD | BAD | cited)
    (tmp_path / "佐证").mkdir()
    (tmp_path / "佐证" / "台账.txt").write_text("四十件")
    before = canonical(record)
    seen = preview(record, path, today=DAY)
    assert (canonical(record), (home / "evidence").exists()) == (before, False)
    assert len(seen.rows) == 4
    assert take(record, path, today=DAY)[4:] == seen.result[4:]


def test_good_rows_are_taken_and_the_others_go_back_with_reasons(on_both: Record, tmp_path: Path) -> None:
    record = on_both
    path = returned(record, tmp_path, GOOD | BAD)
    result = take(record, path, today=DAY)
    assert (result.taken, result.outcome) == (3, IntakeOutcome.ACCEPTED)
    with pytest.raises(PartlyRefused, match="已接收 3 行，1 行未接收"):
        report_refusals(path, result)
    copy = tmp_path / "市场监管局（退回）.xlsx"
    page = load_workbook(copy)["填报"]
    assert cell_of(page, key_of(BRANDS), "value").row in [r[0].row for r in page.iter_rows() if r[-1].value == TAKEN]
    fill(copy, {("填报", key_of(PUBLICITY)): {"reason": "宣传安排在九月"}})
    assert [answer.key for answer in read_unit_workbook(copy).answers] == [key_of(PUBLICITY)]
    assert (take(record, copy, today=DAY).taken, len(rows(record, Report))) == (1, 3)


def test_when_no_row_is_good_nothing_is_changed(record: Record, tmp_path: Path) -> None:
    path = returned(record, tmp_path, BAD)
    before = canonical(record)
    with pytest.raises(Refused, match="没有一行可以接收，未作任何改动") as refusal:
        report_refusals(path, take(record, path, today=DAY))
    assert not isinstance(refusal.value, PartlyRefused)
    assert canonical(record) == before


# ---- what came before, and too late ----


def test_the_later_of_two_differing_files_is_a_new_version_until_it_is_reviewed(record: Record, tmp_path: Path) -> None:
    key = ("填报", key_of(BRANDS))
    earlier, later = (returned(record, tmp_path, {key: {"value": v}}, name=f"{v}.xlsx") for v in (3, 4))
    assert [take(record, path, today=DAY).taken for path in (earlier, later)] == [1, 1]
    versions = [(r.version, r.value, r.state) for r in rows(record, Report)]
    assert versions == [(1, Decimal(3), ReportState.SUPERSEDED), (2, Decimal(4), ReportState.SUBMITTED)]
    acting(record, lambda s, c, _: accept_report(s, c, key_of(BRANDS), by="质强办", today=DAY))
    changed = fill(later, {key: {"value": 5}})
    assert "已审核通过" in str(take(record, changed, today=DAY).problems)
    corrected = fill(changed, {key: {"correction": "是", "reason": "漏计一个"}})
    assert take(record, corrected, today=DAY).taken == 1


def test_what_was_accepted_is_in_the_workbook_when_corrections_are_asked_for(record: Record, tmp_path: Path) -> None:
    take(record, returned(record, tmp_path, GOOD), today=DAY)
    plain, wide = (asked_of_market(record, DAY, corrections=wanted) for wanted in (False, True))
    assert {r.key for r in wide.reports} - {r.key for r in plain.reports} == {key_of(BRANDS), key_of(PASS_RATE)}


def test_a_cumulative_figure_must_not_fall_unless_it_is_a_correction(record: Record, tmp_path: Path) -> None:
    march = date(2026, 3, 2)  # Monday, the first workday after February
    take(record, returned(record, tmp_path, GOOD), today=DAY)
    acting(record, lambda s, c, _: open_what_is_due(s, c, today=march))
    february = ("填报", key_of(BRANDS, "2026-02"))
    facts = asked_of_market(record, march)
    known = {row.key: row.before for row in facts.reports}
    assert (known[february[1]], known[key_of(PASS_RATE, "2026-02")]) == (Decimal(3), "425/456")
    path = returned(record, tmp_path, {february: {"value": 2}}, day=march)
    (problem,) = take(record, path, today=march).problems
    assert "累计值 2 小于以前已报的 3" in problem.message
    assert take(record, fill(path, {february: {"correction": "是", "reason": "撤销一个"}}), today=march).taken == 1


def test_a_window_that_has_closed_takes_only_what_was_returned(on_both: Record, tmp_path: Path) -> None:
    record = on_both
    path = returned(record, tmp_path, GOOD)
    half: Entries = {("填报", key_of(PASS_RATE)): {"numerator": 1, "denominator": 2}}
    take(record, returned(record, tmp_path, half, name="合格率.xlsx"), today=DAY)
    late = date(2026, 4, 1)  # Wednesday, weeks after January has closed
    acting(record, lambda s, c, _: mark_late_and_missed(s, c, today=late))
    send_back(record, PASS_RATE, "分母有误", late)
    result = take(record, path, today=late)
    assert result.taken == 2  # the returned ratio and the letter
    (problem,) = result.problems
    with record.reading() as session:
        closed = find_obligation(session, find_cycle(session, "2026"), key_of(BRANDS)).close_on
    assert f"填报期已于 {closed} 关闭" in problem.message
    assert "请向质强办申请" in problem.message
    assert state_of(record, key_of(PASS_RATE)) is ObligationState.SUBMITTED


def test_a_returned_report_that_comes_back_unchanged_is_refused(record: Record, tmp_path: Path) -> None:
    path = returned(record, tmp_path, {("填报", key_of(BRANDS)): {"value": 3}})
    take(record, path, today=DAY)
    acting(
        record,
        lambda s, c, _: return_report(s, c, key_of(BRANDS), reason="缺少名单", due_on=DAY, by="质强办", today=DAY),
    )
    with record.reading() as session:
        facts = unit_workbooks(session, session.exec(select(Cycle)).one(), today=DAY)["market"]
    assert facts.reports[0].standing == "退回：缺少名单"
    (problem,) = take(record, fill(path, {}), today=DAY).problems
    assert "退回意见：缺少名单" in problem.message
    assert take(record, fill(path, {("填报", key_of(BRANDS)): {"text": "名单：甲、乙、丙"}}), today=DAY).taken == 1


# ---- files that cannot be taken ----


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        ({"cycle": "2027"}, "是考核周期 2026 的报送工作簿，不是 2027 的"),
        ({"unit": "farming"}, "是单位 market 的报送工作簿，不是 farming 的"),
    ],
)
def test_another_cycles_or_units_workbook_is_refused(
    record: Record, tmp_path: Path, expected: dict[str, str], message: str
) -> None:
    path = returned(record, tmp_path, GOOD)
    before = canonical(record)
    with pytest.raises(Refused, match=message):
        take(record, path, today=DAY, **expected)
    assert canonical(record) == before


def test_an_unfilled_workbook_is_refused(record: Record, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="没有填写任何内容"):
        take(record, template(record, tmp_path), today=DAY)


def test_a_workbook_of_a_unit_that_has_ended_is_refused(record: Record, tmp_path: Path) -> None:
    def merge_into(session: Session, _: Cycle, unit: Unit) -> None:
        unit.valid_to, unit.merged_into_id = DAY, session.exec(select(Unit.id).where(Unit.code == "farming")).one()

    path = returned(record, tmp_path, GOOD)
    acting(record, merge_into)
    with pytest.raises(Refused, match="已于 2026-02-02 并入农业农村局"):
        take(record, path, today=DAY)


def test_a_workbook_of_a_closed_cycle_is_refused(record: Record, tmp_path: Path) -> None:
    path = returned(record, tmp_path, GOOD)
    acting(record, lambda _s, c, _u: setattr(c, "closed_on", date(2027, 5, 6)))
    with pytest.raises(Refused, match="已于 2027-05-06 结束"):
        take(record, path, today=DAY)


# ---- the inbox ----


def tick(record: Record, day: date = DAY, cycle: str = "2026") -> Outcome:
    """What the daily step does with the inbox."""
    return merge(take_parcel(record, cycle, day, parcel) for parcel in inbox_parcels(record, cycle, day))


def handed_in(record: Record, entries: Entries, name: str = "市场监管局.xlsx") -> Path:
    return returned(record, inbox_folder().parent / "made", entries, name=f"../inbox/{name}")


def left() -> set[str]:
    return {path.name for path in inbox_folder().iterdir()} - {"accepted", "refused"}


def put(name: str, content: bytes, *, minutes_old: int = 60) -> Path:
    path = inbox_folder() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    then = path.stat().st_mtime - 60 * minutes_old
    os.utime(path, (then, then))
    return path


def test_a_file_in_the_inbox_is_taken_and_moved(record: Record) -> None:
    handed_in(record, GOOD)
    outcome = tick(record)
    assert [(d.n, d.unit) for d in outcome.done] == [(3, "市场监管局")]
    assert outcome.refused == ()
    assert left() == set()
    assert len(list((inbox_folder() / "accepted").iterdir())) == 1
    assert tick(record) == Outcome()


def test_refused_rows_are_told_once_and_the_copy_goes_back(record: Record) -> None:
    path = handed_in(record, GOOD | BAD)
    content = path.read_bytes()
    outcome = tick(record)
    assert [f.unit for f in outcome.refused] == ["市场监管局"]
    assert "“填报”第 7 行“原因说明”" in outcome.refused[0].message
    assert [p.name.endswith("（退回）.xlsx") for p in (inbox_folder() / "refused").iterdir()] == [True]
    assert any(p.name.endswith("（退回）.xlsx") for p in unit_folder("2026", "market").iterdir())
    told = [m for m in rows(record, Message) if m.kind == "file_refused"]
    assert [m.role for m in told] == [Role.LIAISON]
    path.write_bytes(content)
    before = canonical(record)
    assert tick(record).refused == ()
    assert canonical(record) == before


@pytest.mark.parametrize("step", ["_send_back", "_file_away"])
def test_a_crash_after_the_transaction_harms_nothing(
    record: Record, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    handed_in(record, GOOD | BAD)

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(inbox, step, crash)
        with pytest.raises(KeyboardInterrupt):
            tick(record)
    before = canonical(record)
    outcome = tick(record)
    assert ([d.n for d in outcome.done], len(outcome.refused)) == ([3], 1)
    assert (canonical(record), left()) == (before, set())
    assert len([m for m in rows(record, Message) if m.kind == "file_refused"]) == 1


def test_locked_and_hidden_files_and_folders_are_left_alone(record: Record) -> None:
    for name in ("~$市场监管局.xlsx", ".~lock.市场监管局.xlsx#", ".DS_Store"):
        put(name, b"x")
    (inbox_folder() / "市场监管局").mkdir()
    assert tick(record) == Outcome()
    assert len(left()) == 4


@pytest.fixture
def just_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """The business day is the day on which the files are written."""
    monkeypatch.setattr(inbox, "today", lambda: DAY)


@pytest.mark.usefixtures("just_now")
def test_a_half_copied_file_is_waited_for_and_then_refused(record: Record, tmp_path: Path) -> None:
    half = returned(record, tmp_path, GOOD).read_bytes()[:5000]
    path = put("市场监管局.xlsx", half, minutes_old=0)
    assert (tick(record), left()) == (Outcome(), {"市场监管局.xlsx"})
    put(path.name, half)
    outcome = tick(record)
    assert "已损坏，或者没有复制完整" in outcome.refused[0].message
    assert left() == set()


@pytest.mark.usefixtures("just_now")
def test_a_workbook_waits_for_its_evidence(record: Record) -> None:
    path = handed_in(record, {("填报", key_of(COMPLAINTS)): {"value": 40, "evidence": "台账.txt"}})
    assert tick(record) == Outcome()
    put("市场监管局/台账.txt", b"x")
    assert [d.n for d in tick(record).done] == [1]
    assert not path.exists()
    kept = [p.name for p in (inbox_folder() / "accepted").rglob("*.txt")]
    assert (kept, left()) == (["台账.txt"], set())


def test_a_workbook_handed_in_empty_is_put_on_record_as_such(record: Record) -> None:
    handed_in(record, {})
    assert "没有填写任何内容" in tick(record).refused[0].message
    (entered,) = rows(record, Intake)
    assert (entered.empty, entered.outcome, entered.taken) == (True, IntakeOutcome.REFUSED, 0)
    assert [m.role for m in rows(record, Message) if m.kind == "file_refused"] == [Role.LIAISON]


UNREADABLE = [
    ("空.xlsx", b"", "空文件"),
    ("旧版.xls", b"\xd0\xcf\x11\xe0 an old workbook", "旧版 .xls 格式"),
    ("通知.docx", b"plain text", "不是 Excel 工作簿"),
]


@pytest.mark.parametrize(("name", "content", "message"), UNREADABLE)
def test_what_is_no_workbook_is_refused_once_and_the_office_is_told(
    record: Record, name: str, content: bytes, message: str
) -> None:
    put(name, content)
    outcome = tick(record)
    assert message in outcome.refused[0].message
    told = [m for m in rows(record, Message) if m.kind == "file_refused"]
    assert [(m.role, message in m.line) for m in told] == [(Role.COORDINATOR, True)]
    before = canonical(record)
    put(name, content)
    assert (tick(record).refused, canonical(record) == before, left()) == ((), True, set())


def test_a_file_belongs_to_the_cycle_it_names(record: Record) -> None:
    def open_another(session: Session, cycle: Cycle, _: Unit) -> None:
        add_cycle(session, session.get_one(Unit, cycle.owner_id), "2027")

    acting(record, open_another)
    handed_in(record, GOOD)
    assert (tick(record, cycle="2027"), left()) == (Outcome(), {"市场监管局.xlsx"})
    assert [d.n for d in tick(record, cycle="2026").done] == [3]


def test_a_file_that_no_cycle_can_take_is_refused_once(record: Record) -> None:
    handed_in(record, GOOD)
    acting(record, lambda s, c, _: add_cycle(s, s.get_one(Unit, c.owner_id), "2027"))
    acting(record, lambda _s, c, _u: setattr(c, "closed_on", date(2027, 5, 6)))
    outcome = tick(record, cycle="2027")
    assert [f.unit for f in outcome.refused] == ["市场监管局"]
    assert "已于 2027-05-06 结束" in outcome.refused[0].message


def test_a_units_files_stay_together_in_the_order_they_came(record: Record) -> None:
    for minutes, value in ((30, 3), (20, 4), (10, 5)):
        path = handed_in(record, {("填报", key_of(BRANDS)): {"value": value}}, name=f"{9 - value}.xlsx")
        then = path.stat().st_mtime - 60 * minutes
        os.utime(path, (then, then))
    assert inbox_parcels(record, "2026", DAY) == [("6.xlsx", "5.xlsx", "4.xlsx")]
    tick(record)
    assert [r.value for r in rows(record, Report)] == [Decimal(3), Decimal(4), Decimal(5)]


def test_many_files_make_at_most_four_parcels(record: Record) -> None:
    for n in range(9):
        put(f"{n}.xls", b"\xd0\xcf\x11\xe0" + bytes([n]))
    parcels = inbox_parcels(record, "2026", DAY)
    assert len(parcels) <= 4
    assert sorted(name for parcel in parcels for name in parcel) == [f"{n}.xls" for n in range(9)]
    assert len(tick(record).refused) == 9


def test_a_file_that_another_run_has_taken_is_no_error(record: Record) -> None:
    handed_in(record, GOOD)
    (parcel,) = inbox_parcels(record, "2026", DAY)
    take_parcel(record, "2026", DAY, parcel)
    assert take_parcel(record, "2026", DAY, parcel) == Outcome()


def test_a_file_that_may_not_be_moved_stays_and_is_named(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    handed_in(record, GOOD)

    def forbidden(*_: object) -> None:
        raise PermissionError

    with monkeypatch.context() as locked:
        locked.setattr(os, "replace", forbidden)
        (failure,) = tick(record).refused
    assert ("没有读取或移动“市场监管局.xlsx”的权限" in failure.message, left()) == (True, {"市场监管局.xlsx"})
    assert [d.n for d in tick(record).done] == [3]


# ---- out again ----


def test_a_workbook_is_written_once_for_the_same_facts(record: Record, tmp_path: Path) -> None:
    assert write_workbooks(record, "2026", DAY, ("market", "town")) == 1
    assert write_workbooks(record, "2026", DAY + timedelta(days=1), ("market",)) == 0
    take(record, returned(record, tmp_path, GOOD), today=DAY)
    assert write_workbooks(record, "2026", DAY, ("market",)) == 1
    assert len(list(unit_folder("2026", "market").glob("*报送工作簿-20260202-*.xlsx"))) == 2


def test_facts_that_come_again_are_written_again(record: Record, tmp_path: Path) -> None:
    """The newest workbook of a unit is always the one that is right."""
    now = asked_of_market(record, DAY)
    other = replace(now, letters=())
    assert write_workbook(now, tmp_path).new
    assert write_workbook(replace(other, made_on=DAY + timedelta(days=1)), tmp_path).new
    again = write_workbook(replace(now, made_on=DAY + timedelta(days=2)), tmp_path)
    assert (again.new, again.path.name.split("-")[1]) == (True, "20260204")
    assert not write_workbook(replace(now, made_on=DAY + timedelta(days=3)), tmp_path).new


def test_a_pending_application_shows_and_is_not_asked_again(record: Record, tmp_path: Path) -> None:
    entries: Entries = {("延期申请", key_of(BRANDS)): {"wanted_on": "2026-02-13", "reason": "等待会审"}}
    path = returned(record, tmp_path, entries)
    take(record, path, today=DAY)
    facts = asked_of_market(record, DAY)
    assert facts.reports[0].standing == "已申请延至 2026-02-13，待批"
    assert key_of(BRANDS) not in {row.key for row in facts.extensions}
    acting(record, lambda s, c, _: decide_extension(s, c, key_of(BRANDS), grant=True, by="质强办", today=DAY))
    assert take(record, fill(path, {}), today=DAY).unchanged == 1


# ---- by command ----


def run(*words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["report", *words])
    return result.exit_code, result.stdout, result.stderr


def test_the_commands_template_import_and_list(record: Record, tmp_path: Path) -> None:
    code, out, _ = run("template", "--cycle", "2026", "--today", "2026-02-02", "--out", str(tmp_path), "--json")
    (made,) = json.loads(out)
    assert (code, made["unit"]) == (0, "market")
    filled = str(fill(Path(made["file"]), GOOD, tmp_path / "市场监管局.xlsx"))
    assert run("import", filled, "--today", "2026-02-02", "--dry-run")[:2] == (
        0, "“市场监管局.xlsx”（市场监管局）：预检通过，可接收 3 行。\n",
    )  # fmt: skip
    code, out, _ = run("import", filled, "--today", "2026-02-02", "--json")
    assert (code, json.loads(out)["taken"], json.loads(out)["problems"]) == (0, 3, [])
    assert "此前已接收" in run("import", filled, "--today", "2026-02-02")[1]
    code, out, _ = run("list", "--cycle", "2026", "--unit", "市场监管局", "--today", "2026-02-02", "--json")
    owed = {row["编号"]: row["状态"] for row in json.loads(out)}
    assert (code, owed[key_of(BRANDS)], owed[key_of(PUBLICITY)]) == (0, "已报待审", "待报")


@pytest.mark.parametrize(("entries", "code", "taken"), [(GOOD | BAD, 3, 3), (BAD, 1, 0)])
def test_refusals_set_the_exit_code(record: Record, tmp_path: Path, entries: Entries, code: int, taken: int) -> None:
    path = str(returned(record, tmp_path, entries))
    exit_code, out, err = run("import", path, "--today", "2026-02-02", "--json")
    result = json.loads(out)
    assert (exit_code, result["taken"]) == (code, taken)
    assert result["problems"] == [
        {"sheet": "填报", "row": 7, "column": "原因说明", "message": "填报性质选了“零报告”，必须在此写明原因。"}
    ]
    assert "（退回）.xlsx" in err


def test_no_file_is_refused_without_a_traceback(record: Record, tmp_path: Path) -> None:
    code, out, err = run("import", str(tmp_path / "没有.xlsx"), "--today", "2026-02-02")
    assert (code, out) == (1, "")
    assert err.startswith("找不到文件")
    assert "Traceback" not in err
