"""Importing the plan: one transaction, only the difference, nothing overwritten; exporting gives the same plan back."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlmodel import Session, SQLModel, col
from typer.testing import CliRunner

from cli.main import app
from cycle.canonical import digest as canonical_digest
from cycle.decomposition import TargetAnswer, decide_draft, file_target, send_draft
from cycle.letters import issue_letter, letter_in_force
from cycle.lookup import find_cycle, find_unit, names
from cycle.plan import ImportSummary, export_plan, import_plan
from cycle.units import merge_units
from documents.cells import clean
from documents.plan_workbook import load_plan, read_plan
from documents.plan_writer import write_plan
from models import (
    Assessment,
    Assignment,
    AuditEntry,
    Contact,
    Cycle,
    Indicator,
    Message,
    Milestone,
    Obligation,
    Participant,
    Refused,
    RuleSet,
    Target,
    Unit,
    Window,
)
from models.enums import (
    AssessmentState,
    AssignmentRole,
    AssignmentState,
    Direction,
    QualityField,
    Role,
    Split,
    TargetForm,
)
from models.record import Record, open_record
from rules.plan import Plan, PlanContact, PlanIndicator, PlanUnit, UnitCode
from rules.plan import Target as Figure
from rules.plan_scoring import rule_set
from tests.plans import JIA, SJ, YI, ZJ, number, small_plan, spoiled

JANUARY, JUNE = date(2026, 1, 5), date(2026, 6, 8)  # both Mondays
SHA = "0" * 64


@pytest.fixture
def record(sqlite_url: str) -> Iterator[Record]:
    opened = open_record(sqlite_url)
    yield opened
    opened.close()


@pytest.fixture
def either(database_url: str) -> Iterator[Record]:
    """The record on SQLite, then on PostgreSQL."""
    opened = open_record(database_url)
    yield opened
    opened.close()


def bring(record: Record, plan: Plan, *, today: date = JANUARY, reason: str = "", digest: str = SHA) -> ImportSummary:
    with record.writing() as session:
        return import_plan(session, plan, digest=digest, by="质强办", today=today, reason=reason)


def count(session: Session, table: type[SQLModel]) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def row(plan: Plan, wanted: str, **changed: object) -> Plan:
    """The plan with some cells of one row of the decomposition table changed."""
    rows = (replace(i, **changed) if i.number == wanted else i for i in plan.indicators)  # type: ignore[arg-type]
    return replace(plan, indicators=tuple(rows))


def targets(session: Session, wanted: str, unit: str) -> list[tuple[int, Decimal | None, str]]:
    """Version, value and reason of every target of a unit for an indicator."""
    found = session.execute(
        select(col(Target.version), col(Target.value), col(Target.reason))
        .join(Assignment, col(Assignment.id) == col(Target.assignment_id))
        .join(Indicator, col(Indicator.id) == col(Assignment.indicator_id))
        .join(Unit, col(Unit.id) == col(Assignment.unit_id))
        .where(col(Indicator.number) == wanted, col(Unit.code) == unit)
        .order_by(col(Target.version))
    )
    return [tuple(r) for r in found]  # type: ignore[misc]


def test_a_first_import_lays_down_the_year(either: Record) -> None:
    summary = bring(either, small_plan(), digest="ab" * 32)
    assert summary.first
    assert dict(summary.added) == {"单位": 6, "参加考核的单位": 4, "联络人": 6, "指标": 3, "节点": 8}
    with either.reading() as session:
        cycle = find_cycle(session, "2026")
        assert (cycle.name, cycle.issuing_code, cycle.workdays) == (
            "示例县2026年考核",
            "示例质强办",
            {"2026-02-14": True},
        )
        assert find_unit(session, "工商局").code == "SJ"
        assert {p.group_name for p in session.scalars(select(Participant))} == {"部门", "乡镇"}
        assert {c.valid_from for c in session.scalars(select(Contact))} == {date(2026, 1, 1)}
        assert {a.state for a in session.scalars(select(Assignment))} == {AssignmentState.DRAFT}
        assert session.scalars(select(Assessment)).one().state is AssessmentState.OPEN
        rules = session.scalars(select(RuleSet)).one()
        assert (rules.version, rules.sha256, rules.signed_by) == (1, rule_set(small_plan()).sha256(), "质强办")
        (entry,) = session.scalars(select(AuditEntry))
        assert (entry.act, entry.actor, entry.subject, entry.detail["digest"]) == (
            "import_plan",
            "质强办",
            "2026",
            "ab" * 32,
        )
        assert [count(session, table) for table in (Window, Obligation, Message)] == [0, 0, 0]


def test_county_figures_are_shared_out_and_ratios_handed_down(record: Record) -> None:
    bring(record, small_plan())
    with record.reading() as session:
        assert targets(session, "2", "SJ") == [(1, Decimal(17), "")]
        assert targets(session, "2", "T1") == [(1, Decimal(11), "")]  # 17 × 3 ÷ 4.5 = 11.33
        assert targets(session, "2", "T2") == [(1, Decimal(6), "")]  # 17 × 1.5 ÷ 4.5 = 5.67, the larger remainder
        assert [targets(session, "1", unit) for unit in ("SJ", "T1", "T2")] == [[(1, Decimal("95.5"), "")]] * 3
        ratio = session.scalars(select(Indicator).where(col(Indicator.number) == "1")).one()
        assert session.get_one(Unit, ratio.supplier_id).code == "TJ"
        assert ratio.direction is Direction.HIGHER


def test_an_import_before_the_cycle_starts_holds_from_the_day_it_was_made(record: Record) -> None:
    bring(record, small_plan(), today=date(2025, 12, 22))
    with record.reading() as session:
        assert {c.valid_from for c in session.scalars(select(Contact))} == {date(2025, 12, 22)}
        assert session.scalars(select(RuleSet)).one().effective_on == date(2025, 12, 22)


def test_the_same_plan_again_changes_nothing(either: Record) -> None:
    bring(either, small_plan())
    with either.reading() as session:
        before = canonical_digest(session)
    assert bring(either, small_plan(), today=JUNE).nothing
    with either.reading() as session:
        assert canonical_digest(session) == before


def test_a_changed_target_needs_a_reason_and_says_what_changed(record: Record) -> None:
    bring(record, small_plan())
    changed = row(small_plan(), "2", value=number("20"))
    with pytest.raises(Refused, match="有 1 处变动，必须写明理由") as refused:
        bring(record, changed, today=JUNE)
    assert "“目标任务分解表”“目标值”：由“17”改为“20”。" in str(refused.value)
    with record.reading() as session:
        assert count(session, Target) == 7


def test_a_changed_target_becomes_a_new_version_and_the_old_one_stays(either: Record) -> None:
    bring(either, small_plan())
    summary = bring(either, row(small_plan(), "2", value=number("20")), today=JUNE, reason="省里加码")
    assert summary.changes == ("“目标任务分解表”“目标值”：由“17”改为“20”。",)
    with either.reading() as session:
        assert targets(session, "2", "SJ") == [(1, Decimal(17), ""), (2, Decimal(20), "省里加码")]
        assert targets(session, "2", "T1") == [(1, Decimal(11), ""), (2, Decimal(13), "省里加码")]  # 13.33
        assert targets(session, "2", "T2") == [(1, Decimal(6), ""), (2, Decimal(7), "省里加码")]  # 6.67
        entry = session.scalars(select(AuditEntry).order_by(col(AuditEntry.id).desc())).first()
        assert entry is not None
        assert (entry.detail["reason"], entry.detail["target_versions"]) == ("省里加码", 3)
    assert bring(either, row(small_plan(), "2", value=number("20")), today=JUNE).nothing


def test_a_note_alone_makes_no_new_target(record: Record) -> None:
    bring(record, small_plan())
    bring(record, row(small_plan(), "2", note="以公告为准"), today=JUNE, reason="补充说明")
    with record.reading() as session:
        assert count(session, Target) == 7
        assert session.scalars(select(Indicator).where(col(Indicator.number) == "2")).one().note == "以公告为准"


def test_a_new_row_is_added_without_a_reason(record: Record) -> None:
    bring(record, small_plan())
    fresh = replace(small_plan().indicators[1], number="4", name="省名牌", value=number("3"))
    plan = replace(small_plan(), indicators=(*small_plan().indicators, fresh))
    assert dict(bring(record, plan, today=JUNE).added)["指标"] == 1
    with record.reading() as session:
        assert targets(session, "4", "T1") == [(1, Decimal(2), "")]
        assert targets(session, "2", "T1") == [(1, Decimal(11), "")]


@pytest.mark.parametrize(
    ("part", "kept", "words"),
    [
        ("indicators", 2, "现行计划中的“3 质量月活动”不在文件中。指标不能从计划中删去"),
        ("units", 5, "“T2 乙镇”不在文件中。单位不能从计划中删去：撤并请用 zhiqiang unit merge"),
        ("milestones", 7, "“publish_on 结果公布”不在文件中。节点不能从计划中删去"),
    ],
)
def test_what_is_gone_from_the_file_is_refused(record: Record, part: str, kept: int, words: str) -> None:
    bring(record, small_plan())
    short = replace(small_plan(), **{part: getattr(small_plan(), part)[:kept]})
    with pytest.raises(Refused, match="不能通过导入办理") as refused:
        bring(record, short, today=JUNE, reason="精简")
    assert words in str(refused.value)


def test_changed_rules_become_a_new_version(record: Record) -> None:
    bring(record, small_plan())
    stricter = replace(small_plan(), rules=tuple(replace(r, title=r.title + "（修订）") for r in small_plan().rules))
    with pytest.raises(Refused, match="评分细则、加减分、等级或总分设置有变动"):
        bring(record, stricter, today=JUNE)
    bring(record, stricter, today=JUNE, reason="年中修订")
    bring(
        record, replace(stricter, basics=replace(stricter.basics, bonus_cap=Decimal(5))), today=JUNE, reason="加分封顶"
    )
    with record.reading() as session:
        rules = session.scalars(select(RuleSet).order_by(col(RuleSet.version))).all()
        assert [(r.version, r.reason, r.effective_on) for r in rules] == [
            (1, "", date(2026, 1, 1)),
            (2, "年中修订", JUNE),
            (3, "加分封顶", JUNE),
        ]
        assert len({r.sha256 for r in rules}) == 3


def test_a_renamed_unit_keeps_its_old_name_for_the_old_days(record: Record) -> None:
    bring(record, small_plan())
    units = (replace(u, name="市场监管局") if u.code == "SJ" else u for u in small_plan().units)
    renamed = replace(small_plan(), units=tuple(units))
    bring(record, renamed, today=JUNE, reason="机构改革")
    with record.reading() as session:
        sj = find_unit(session, "市场监管局")
        assert find_unit(session, "市监局").id == sj.id
        assert sj.id is not None
        assert (names(session, date(2026, 3, 2))[sj.id], names(session, date(2026, 9, 1))[sj.id]) == (
            "市监局",
            "市场监管局",
        )
        exported = next(u for u in export_plan(session, "2026").units if u.code == "SJ")
        assert exported.former == ("市监局", "质监局", "工商局")
    assert bring(record, renamed, today=JUNE).nothing


def test_people_come_and_go_with_a_reason(either: Record) -> None:
    bring(either, small_plan())
    old = next(c for c in small_plan().contacts if c.unit == ZJ)
    new = replace(old, title="住建局新联络员", address="zj2@example.com")
    plan = replace(small_plan(), contacts=tuple(new if c == old else c for c in small_plan().contacts))
    with pytest.raises(Refused, match=r"“住建局联络员”（联络员，zj@example\.com）不再担任"):
        bring(either, plan, today=JUNE)
    bring(either, plan, today=JUNE, reason="人员调整")
    with either.reading() as session:
        found = session.scalars(select(Contact).where(col(Contact.title).contains("住建局")).order_by(col(Contact.id)))
        assert [(c.title, c.valid_from, c.valid_to) for c in found] == [
            ("住建局联络员", date(2026, 1, 1), JUNE),
            ("住建局新联络员", JUNE, None),
        ]
    bring(either, small_plan(), today=JUNE, reason="改回")
    bring(either, plan, today=JUNE, reason="再改")  # to and fro on one day
    assert bring(either, plan, today=JUNE).nothing


def test_units_join_leave_and_change_the_lead(either: Record) -> None:
    bring(either, small_plan())
    plan = row(small_plan(), "2", lead=ZJ, cooperating=(SJ, JIA), weights=((SJ, Decimal(1)), (JIA, Decimal(1))))
    bring(either, plan, today=JUNE, reason="职责划转")
    with either.reading() as session:
        found = session.execute(
            select(col(Unit.code), col(Assignment.role), col(Assignment.ended_on))
            .join(Assignment, col(Assignment.unit_id) == col(Unit.id))
            .join(Indicator, col(Indicator.id) == col(Assignment.indicator_id))
            .where(col(Indicator.number) == "2")
        )
        assert {code: (role, ended) for code, role, ended in found} == {
            "ZJ": (AssignmentRole.LEAD, None),
            "SJ": (AssignmentRole.COOPERATE, None),
            "T1": (AssignmentRole.COOPERATE, None),
            "T2": (AssignmentRole.COOPERATE, JUNE),
        }
        assert targets(session, "2", "SJ")[-1] == (2, Decimal(9), "职责划转")  # 8.5 each, the first remainder first
    assert bring(either, plan, today=JUNE).nothing
    bring(either, small_plan(), today=JUNE, reason="恢复")
    assert bring(either, small_plan(), today=JUNE).nothing


def test_what_an_indicator_asks_for_is_fixed_once_a_unit_was_sent_it(record: Record) -> None:
    bring(record, small_plan())
    plan = row(small_plan(), "3", due_on=date(2026, 9, 25))
    bring(record, plan, today=JANUARY, reason="核对日期")
    with record.writing() as session:
        cycle = find_cycle(session, "2026")
        send_draft(session, cycle, find_unit(session, "ZJ"), by="质强办", today=JANUARY)
    with pytest.raises(Refused, match="该指标已下发给单位，口径不能再改"):
        bring(record, row(plan, "3", due_on=date(2026, 9, 28)), today=JUNE, reason="再改")


def test_identity_and_end_are_not_a_matter_of_importing(record: Record) -> None:
    bring(record, small_plan())
    longer = replace(small_plan(), basics=replace(small_plan().basics, ends=date(2027, 6, 30)))
    with pytest.raises(Refused, match="“基本情况”“截止日期”：不能由“2026-12-31”改为“2027-06-30”"):
        bring(record, longer, today=JUNE, reason="延长")


def test_other_basics_and_nodes_change_with_a_reason(record: Record) -> None:
    bring(record, small_plan())
    basics = replace(small_plan().basics, office="示例县质量强县办", quarterly_due_workdays=8)
    nodes = tuple(
        replace(m, due_on=date(2026, 7, 7)) if m.code == "self_check_due" else m for m in small_plan().milestones
    )
    plan = replace(small_plan(), basics=basics, milestones=nodes)
    bring(record, plan, today=JUNE, reason="会议决定")
    with record.reading() as session:
        cycle = session.scalars(select(Cycle)).one()
        assert (cycle.office, cycle.quarterly_due_workdays) == ("示例县质量强县办", 8)
        assert session.scalars(select(Milestone).where(col(Milestone.code) == "self_check_due")).one().due_on == date(
            2026, 7, 7
        )
    assert bring(record, plan, today=JUNE).nothing


def test_a_settled_cycle_takes_no_more_plans(record: Record) -> None:
    bring(record, small_plan())
    with record.writing() as session:
        assessment = session.scalars(select(Assessment)).one()
        assessment.rule_set_id = session.scalars(select(RuleSet)).one().id
        assessment.state = AssessmentState.FROZEN
    with pytest.raises(Refused, match="考核周期 2026 已封账，计划不能再改"):
        bring(record, row(small_plan(), "2", value=number("20")), today=JUNE, reason="补改")
    assert bring(record, small_plan(), today=JUNE).nothing


def test_the_next_cycle_takes_the_same_units_without_a_reason(record: Record) -> None:
    bring(record, small_plan())
    basics = replace(small_plan().basics, code="2027", starts=date(2027, 1, 1), ends=date(2027, 12, 31))
    nodes = tuple(replace(m, due_on=m.due_on.replace(year=m.due_on.year + 1)) for m in small_plan().milestones)
    summary = bring(record, row(replace(small_plan(), basics=basics, milestones=nodes), "3", due_on=date(2027, 9, 30)))
    assert dict(summary.added) == {"单位": 0, "参加考核的单位": 4, "联络人": 0, "指标": 3, "节点": 8}
    with record.reading() as session:
        assert count(session, Unit) == 6
    assert bring(record, small_plan()).nothing


def test_a_merged_unit_is_exported_as_ended_and_an_older_file_is_refused(record: Record) -> None:
    bring(record, small_plan())
    with record.writing() as session:
        jia, yi = find_unit(session, "甲镇"), find_unit(session, "乙镇")
        merge_units(session, find_cycle(session, "2026"), yi, jia, reason="区划调整", by="质强办", today=JUNE)
    with record.reading() as session:
        exported = export_plan(session, "2026")
    assert next(u.ended for u in exported.units if u.code == "T2") == JUNE
    assert [i.cooperating for i in exported.indicators] == [(JIA,), (JIA,), ()]
    assert bring(record, exported, today=JUNE).nothing
    with pytest.raises(Refused, match="单位停用由 zhiqiang unit merge 办理。请先用 zhiqiang plan export 导出现行计划"):
        bring(record, small_plan(), today=JUNE, reason="旧表")


def test_a_target_changed_after_the_letter_supersedes_the_letter(record: Record) -> None:
    bring(record, small_plan())
    with record.writing() as session:
        cycle, jia = find_cycle(session, "2026"), find_unit(session, "甲镇")
        send_draft(session, cycle, jia, by="质强办", today=JANUARY)
        for indicator in ("1", "2"):
            file_target(session, cycle, jia, indicator, TargetAnswer(), by="甲镇联络员", today=JANUARY)
            decide_draft(session, cycle, jia, indicator, accept=True, by="质强办", today=JANUARY)
        issue_letter(session, cycle, jia, by="质强办", today=JANUARY)
    bring(record, row(small_plan(), "2", value=number("20")), today=JUNE, reason="省里加码")
    with record.reading() as session:
        letter = letter_in_force(session, find_cycle(session, "2026"), find_unit(session, "甲镇"))
        assert letter is not None
        assert (letter.version, letter.reason) == (2, "计划调整：省里加码")
        kinds = {m.kind for m in session.scalars(select(Message)) if m.queued_on == JUNE}
        assert kinds == {"target_adjusted", "letter_issued", "letter_superseded"}


NOTES = st.text("质量=+-（）、，：;%0１ a\n'\"<&", max_size=12).map(clean)
FIGURES = st.decimals(min_value="0.01", max_value="99.99", places=2)
WITHOUT_FIGURES = st.sampled_from([TargetForm.ZERO, TargetForm.EXISTS, TargetForm.QUALITATIVE])


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """The small plan with other figures, texts, weights, flags and rows."""
    plan = row(small_plan(), "1", value=Figure(draw(FIGURES)), note=draw(NOTES), evidence=draw(st.booleans()))
    weights = tuple((unit, Decimal(draw(st.integers(1, 9)))) for unit in (JIA, YI))
    plan = row(plan, "2", value=Figure(Decimal(draw(st.integers(1, 10**6)))), weights=weights)
    extra = [
        PlanIndicator(
            number=f"4.{n}0",
            field=draw(st.sampled_from(QualityField)),
            task=f"另{n}",
            name=f"项{n}{draw(NOTES)}",
            form=form,
            frequency=plan.indicators[0].frequency,
            lead=draw(st.sampled_from([SJ, ZJ])),
            note=draw(NOTES),
            measure="" if form is TargetForm.QUALITATIVE else "起",
            split=Split.HANDED_DOWN,
            cooperating=(YI, JIA),
        )
        for n, form in enumerate(draw(st.lists(WITHOUT_FIGURES, max_size=3)))
    ]
    basics = replace(
        plan.basics,
        office=draw(NOTES) or "办",
        grade_unrounded=draw(st.booleans()),
        appeal_workdays=draw(st.integers(1, 20)),
    )
    return replace(plan, basics=basics, indicators=(*plan.indicators, *extra))


@given(plan=plans())
@settings(max_examples=40)
def test_writing_then_reading_is_the_identity(tmp_path_factory: pytest.TempPathFactory, plan: Plan) -> None:
    file = tmp_path_factory.mktemp("plan") / "计划.xlsx"
    write_plan(plan, file)
    assert load_plan(file).plan == plan


@given(plan=plans())
@settings(max_examples=12)
def test_export_then_import_changes_nothing(tmp_path_factory: pytest.TempPathFactory, plan: Plan) -> None:
    folder = tmp_path_factory.mktemp("record")
    record = open_record(f"sqlite:///{folder / 'record.sqlite3'}")
    bring(record, plan)
    with record.reading() as session:
        exported = export_plan(session, "2026")
    assert exported == plan
    write_plan(exported, folder / "计划.xlsx")
    assert bring(record, load_plan(folder / "计划.xlsx").plan, today=JUNE).nothing
    record.close()


SHEETS = ("单位", "联络人", "目标任务分解表", "评分细则", "节点", "加减分", "等级")
TYPED: tuple[object, ...] = (
    None, " ", 0, 1, -1, 2.5, 100, 1e20, "50%", "５０％", "五", "是", "否", True, date(2026, 3, 5), "2026.3.5", "=1+1",
    "#N/A", "市监局", "甲镇", "甲镇、乙镇", "甲镇:3；乙镇:2", "SJ", "部门", "乡镇", "%", "家", "当期数", "时点数",
    "比率", "按月", "一次性", "R1", "R4", "R16", "未发生", "得满分", "长" * 300, "合计",
    *(form.zh for form in TargetForm), *(split.zh for split in Split),
)  # fmt: skip
TYPING = st.tuples(st.sampled_from(SHEETS), st.integers(1, 8), st.integers(1, 20), st.sampled_from(TYPED))


@given(typed=st.lists(TYPING, min_size=1, max_size=2))
@settings(max_examples=60)
def test_whatever_is_typed_the_check_answers_and_what_it_passes_can_be_imported(
    tmp_path_factory: pytest.TempPathFactory, typed: list[tuple[str, int, int, object]]
) -> None:
    folder = tmp_path_factory.mktemp("typed")

    def edit(book: openpyxl.Workbook) -> None:
        for sheet, line, column, value in typed:
            book[sheet].cell(line, column).value = value  # type: ignore[assignment]

    file = read_plan(spoiled(folder / "计划.xlsx", edit))
    if file.problems:
        return
    record = open_record(f"sqlite:///{folder / 'record.sqlite3'}")
    bring(record, file.plan)
    assert bring(record, file.plan, today=JUNE).nothing
    record.close()


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["plan", *arguments])
    return result.exit_code, result.output


def test_the_commands(home: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "计划.xlsx", tmp_path / "导出.xlsx"
    write_plan(small_plan(), first)
    code, said = run("import", str(first), "--today", "2026-01-05")
    assert (code, said.splitlines()[1:4]) == (0, ["  新增单位 6", "  新增参加考核的单位 4", "  新增联络人 6"])
    assert run("import", str(first)) == (0, "“计划.xlsx”与现行计划一致，没有任何变动。\n")
    assert run("export", str(second))[0] == 0
    assert run("import", str(second)) == (0, "“导出.xlsx”与现行计划一致，没有任何变动。\n")
    code, said = run("export", str(second))
    assert (code, "已存在，没有导出" in said) == (1, True)
    write_plan(row(small_plan(), "2", value=number("20")), first)
    code, said = run("import", str(first), "--today", "2026-06-08")
    assert code == 1
    assert "“目标任务分解表”第 3 行“目标值”：由“17”改为“20”。" in said
    code, said = run("import", str(first), "--today", "2026-06-08", "--reason", "省里加码")
    assert (code, "  变动 “目标任务分解表”第 3 行“目标值”：由“17”改为“20”。" in said) == (0, True)
    assert (home / "zhiqiang.db").exists()


def test_a_unit_new_to_the_plan_joins_in_mid_year(record: Record) -> None:
    bring(record, small_plan())
    unit = PlanUnit(code="T3", name="丙镇", kind=small_plan().units[-1].kind, parent=UnitCode("SLX"), group="乡镇")
    person = PlanContact(unit=UnitCode("T3"), role=Role.LIAISON, title="丙镇联络员", address="t3@example.com")
    plan = replace(small_plan(), units=(*small_plan().units, unit), contacts=(*small_plan().contacts, person))
    summary = bring(record, plan, today=JUNE)
    assert (dict(summary.added)["单位"], dict(summary.added)["联络人"]) == (1, 1)
    with record.reading() as session:
        assert session.scalars(select(Unit).where(col(Unit.code) == "T3")).one().valid_from == JUNE
