"""The unit's workbook: what may be filled in, what is read back, and what goes back with reasons."""

import shutil
import subprocess
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from documents.unit_answers import Answer, Returned, read_unit_workbook
from documents.unit_facts import (
    AppealRow,
    ContactRow,
    ExtensionRow,
    FilingRow,
    LetterRow,
    OrderRow,
    ReportRow,
    SelfEvaluationRow,
    UnitWorkbook,
)
from documents.unit_refusal import write_refusal
from documents.unit_sheets import ABOUT, BASIS_IN_WORDS, BASIS_OF, CLOSED_BY_BASIS, HOW_TO, SHEETS, TAKEN, VERDICT, Cell
from documents.unit_workbook import write_unit_workbook
from models.enums import Aggregation
from models.errors import Problem, Refused
from tests.filling import cell_of, fill

DUE = date(2026, 4, 17)  # Friday
SUM, YEAR, STOCK, RATIO, WORDS = "1", "2", "3", "4", "5"


def report_row(key: str, basis: str, measure: str = "个") -> ReportRow:
    return ReportRow(
        key, f"1.{key}", f"第{key}项指标", "2026年一季度", "本单位", DUE, "待报", "≥12个", measure, Decimal(3), basis,
        closed=CLOSED_BY_BASIS[basis],
    )  # fmt: skip


FACTS = UnitWorkbook(
    cycle="2026", cycle_name="2026年度质量工作考核", unit="market", unit_name="市场监管局", office="示例县质强办",
    made_on=date(2026, 4, 1),
    reports=(
        report_row(SUM, BASIS_OF[Aggregation.FLOW]), report_row(YEAR, BASIS_OF[Aggregation.CUMULATIVE]),
        report_row(STOCK, BASIS_OF[Aggregation.STOCK], "%"), report_row(RATIO, BASIS_OF[Aggregation.RATIO], "%"),
        report_row(WORDS, BASIS_IN_WORDS, ""),
    ),
    letters=(LetterRow("示质强办〔2026〕3号", "责任书", date(2026, 3, 2), 5, DUE),),
    filings=(
        FilingRow("1.1", "新增品牌数", "≥12个", "个", DUE, "待备案"),
        FilingRow("1.2", "合格率", "≥95%", "%", DUE, "待备案"),
    ),
    contacts=(ContactRow("liaison", "联络员", "办公室副主任", "office@example.com"),),
    orders=(OrderRow("H1/1", "示质强办〔2026〕9号", "新增品牌数欠序时", "督查通报第1期", "黄牌", DUE, "已下达"),),
    extensions=(ExtensionRow(SUM, "第1项指标", DUE),),
    self_evaluations=(SelfEvaluationRow("1", "质量发展", Decimal("5.5"), DUE, "待评"),),
    appeals=(AppealRow("1", "质量发展", Decimal("5.5"), Decimal("4.65"), "每低1个百分点扣0.1分", DUE),),
)  # fmt: skip

EMPTY = UnitWorkbook("2026", "2026年度质量工作考核", "market", "市场监管局", "示例县质强办", date(2026, 4, 1))


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A workbook with every kind of sheet, nothing filled in."""
    path = tmp_path / "市场监管局.xlsx"
    write_unit_workbook(FACTS, path)
    return path


def one(returned: Returned) -> Answer:
    assert returned.problems == ()
    (answer,) = returned.answers
    return answer


def the_problem(path: Path) -> Problem:
    returned = read_unit_workbook(path)
    assert returned.answers == ()
    (problem,) = returned.problems
    return problem


# ---- what a unit receives ----


def test_a_workbook_says_whom_it_is_for_and_comes_back_empty_when_nothing_is_filled_in(template: Path) -> None:
    returned = read_unit_workbook(template)
    assert (returned.cycle, returned.unit, returned.answers, returned.problems) == ("2026", "market", (), ())


def test_the_same_facts_give_the_same_bytes(template: Path, tmp_path: Path) -> None:
    write_unit_workbook(FACTS, tmp_path / "again.xlsx")
    assert (tmp_path / "again.xlsx").read_bytes() == template.read_bytes()


def test_only_what_is_asked_can_be_filled_in(template: Path) -> None:
    book = load_workbook(template)
    for sheet in SHEETS:
        page = book[sheet.name]
        assert page.protection.sheet
        for row in getattr(FACTS, sheet.rows):
            for column in sheet.columns:
                free = column.asked and column.key not in row.closed
                assert cell_of(page, row.key, column.key).protection.locked is not free, (sheet.name, column.heading)


def test_choices_are_dropdowns_and_numbers_are_checked_while_typing(template: Path) -> None:
    book = load_workbook(template)
    for sheet in SHEETS:
        rules = book[sheet.name].data_validations.dataValidation
        ruled = [c for c in sheet.asked if c.hint or c.cell not in (Cell.TEXT, Cell.NAMES)]
        for column, rule in zip(ruled, rules, strict=True):
            if column.cell is Cell.CHOICE:
                assert rule.formula1 == f'"{",".join(column.choices)}"'
            assert (rule.type == "decimal") is (column.cell is Cell.NUMBER)


def test_numbers_and_keys_are_out_of_sight(template: Path) -> None:
    book = load_workbook(template)
    assert book[ABOUT].sheet_state == "hidden"
    for sheet in SHEETS:
        assert book[sheet.name].column_dimensions["A"].hidden
        assert book[sheet.name].column_dimensions["B"].hidden or book[sheet.name].column_dimensions["A"].max == 2


def test_a_sheet_is_there_only_when_something_is_asked(tmp_path: Path) -> None:
    path = tmp_path / "letter.xlsx"
    write_unit_workbook(
        UnitWorkbook("2026", "2026年度", "market", "市场监管局", "质强办", DUE, letters=FACTS.letters), path
    )
    assert load_workbook(path).sheetnames == [HOW_TO, "签收", ABOUT]


def test_a_text_that_looks_like_a_formula_stays_a_text(tmp_path: Path) -> None:
    path = tmp_path / "formula.xlsx"
    row = ExtensionRow("1", '=HYPERLINK("http://example.com")', DUE)
    write_unit_workbook(replace(EMPTY, unit_name="=1+1", extensions=(row,)), path)
    cell = cell_of(load_workbook(path)["延期申请"], "1", "title")
    assert (cell.data_type, cell.value) == ("s", row.title)


# ---- what is read back ----

READ = [
    ("填报", SUM, "value", 12, Decimal(12)),
    ("填报", SUM, "value", "１，２３４．５", Decimal("1234.5")),
    ("填报", SUM, "value", "1,234.5", Decimal("1234.5")),
    ("填报", SUM, "value", " １２ ", Decimal(12)),
    ("填报", STOCK, "value", "９８．５％", Decimal("98.5")),
    ("填报", STOCK, "value", 98.5, Decimal("98.5")),
    ("填报", SUM, "nature", " 填报数值", "填报数值"),
    ("填报", WORDS, "text", "  已开展宣传\u00a0", "已开展宣传"),
    ("填报", WORDS, "text", "第一行_x000D_\n第二行_x0000_", "第一行\n第二行"),
    ("填报", WORDS, "evidence", "通知 终稿.pdf； 照片.jpg;通知 终稿.pdf", ("通知 终稿.pdf", "照片.jpg")),
    ("签收", "示质强办〔2026〕3号", "acknowledged", "√", "是"),
    ("自评", "1", "points", "5", Decimal(5)),
    ("申诉", "1", "ground", "数据有误", "数据有误"),
    ("督办反馈", "H1/1", "answer", "已整改", "已整改"),
    ("联络员", "liaison", "new_post", "质量科科长", "质量科科长"),
]  # fmt: skip


@pytest.mark.parametrize(("sheet", "key", "column", "typed", "read"), READ)
def test_what_is_typed_is_read(template: Path, sheet: str, key: str, column: str, typed: Any, read: Any) -> None:
    answer = one(read_unit_workbook(fill(template, {(sheet, key): {column: typed}})))
    assert (answer.sheet, answer.key, answer.values[column]) == (sheet, key, read)


@pytest.mark.parametrize("typed", ["2026-5-8", "2026.5.8", "2026年5月8日", datetime(2026, 5, 8), "20260508"])  # noqa: DTZ001
def test_a_date_is_read_however_it_is_written(template: Path, typed: object) -> None:
    fill(template, {("延期申请", SUM): {"wanted_on": typed, "reason": "数据来源单位尚未提供"}})
    assert one(read_unit_workbook(template)).values["wanted_on"] == date(2026, 5, 8)


MISTAKES = [
    ("填报", SUM, {"value": "N/A"}, "完成数", "不是数值"),
    ("填报", SUM, {"value": "12个"}, "完成数", "不是数值"),
    ("填报", SUM, {"value": "12%"}, "完成数", "百分号"),
    ("填报", SUM, {"value": date(2026, 4, 1)}, "完成数", "日期"),
    ("填报", SUM, {"value": "=1+1"}, "完成数", "公式没有计算结果"),
    ("填报", STOCK, {"value": "101%"}, "完成数", "101% 超过 100%"),
    ("填报", RATIO, {"value": 91}, "完成数", "不用填"),
    ("填报", RATIO, {"numerator": 456, "denominator": 425}, "分子", "分子 456 大于分母 425"),
    ("填报", SUM, {"nature": "没有"}, "填报性质", "填报数值、填报文字、零报告、不适用"),
    ("填报", SUM, {"nature": "零报告"}, "原因说明", "必须在此写明原因"),
    ("填报", SUM, {"nature": "不适用", "value": 5, "reason": "无此业务"}, "填报性质", "互相矛盾"),
    ("填报", YEAR, {"value": 2, "correction": "是"}, "原因说明", "更正原因"),
    ("备案", "1.1", {"last_year": 10}, "意见", "没有选择意见"),
    ("备案", "1.1", {"opinion": "有异议"}, "异议理由", "必须写明理由"),
    ("备案", "1.1", {"opinion": "同意", "proposed": 8}, "意见", "改其中一处"),
    ("延期申请", SUM, {"reason": "来不及"}, "申请延至", "必须写明"),
    ("延期申请", SUM, {"wanted_on": "2026-02-30", "reason": "来不及"}, "申请延至", "这一天不存在"),
    ("签收", "示质强办〔2026〕3号", {"acknowledged": "收到了"}, "签收", "请填“是”或“否”"),
]  # fmt: skip


@pytest.mark.parametrize(("sheet", "key", "typed", "column", "message"), MISTAKES)
def test_a_mistake_is_named_by_sheet_row_and_column(
    template: Path, sheet: str, key: str, typed: dict[str, object], column: str, message: str
) -> None:
    problem = the_problem(fill(template, {(sheet, key): typed}))
    row = cell_of(load_workbook(template)[sheet], key, "key").row
    assert (problem.sheet, problem.row, problem.column) == (sheet, row, column)
    assert message in problem.message


FILLED = st.fixed_dictionaries(
    {},
    optional={
        SUM: st.decimals(0, 10**9, places=2), YEAR: st.integers(0, 10**9).map(Decimal),
        STOCK: st.decimals(0, 100, places=1),
    },
)  # fmt: skip


@settings(max_examples=15)
@given(values=FILLED, text=st.text("质量强县=+-@０1 \n", max_size=30))
def test_what_goes_in_comes_out(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, Decimal], text: str
) -> None:
    path = tmp_path_factory.mktemp("books") / "市场监管局.xlsx"
    write_unit_workbook(FACTS, path)
    entries: dict[tuple[str, str], dict[str, object]] = {("填报", key): {"value": v} for key, v in values.items()}
    words = f"进展：{text}"
    fill(path, entries | {("填报", WORDS): {"text": words}})
    returned = read_unit_workbook(path)
    assert returned.problems == ()
    read = {answer.key: answer.values for answer in returned.answers}
    assert {key: v["value"] for key, v in read.items() if key != WORDS} == values
    assert read[WORDS]["text"] == "\n".join(line.strip() for line in words.replace("０", "0").split("\n")).strip()


# ---- what was tampered with ----


def test_a_changed_number_is_refused(template: Path) -> None:
    book = load_workbook(template)
    cell_of(book["填报"], SUM, "value").value = 5
    cell_of(book["填报"], SUM, "key").value = "9"
    book.save(template)
    assert "编号或事项被改动" in the_problem(template).message


def test_numbers_that_changed_places_are_both_refused(template: Path) -> None:
    book = load_workbook(template)
    first, second = (cell_of(book["填报"], key, "key") for key in (SUM, YEAR))
    for key in (SUM, YEAR):
        cell_of(book["填报"], key, "value").value = 5
    first.value, second.value = YEAR, SUM
    book.save(template)
    returned = read_unit_workbook(template)
    assert (len(returned.problems), returned.answers) == (2, ())


def test_a_duplicated_number_is_refused_on_both_rows(template: Path) -> None:
    book = load_workbook(template)
    page = book["填报"]
    cell_of(page, SUM, "value").value = 5
    first, last = cell_of(page, SUM, "key").row, page.max_row + 1
    for column in range(1, page.max_column + 1):
        page.cell(last, column).value = page.cell(first, column).value
    book.save(template)
    returned = read_unit_workbook(template)
    assert [p.row for p in returned.problems] == [first, last]
    assert f"第 {last} 行的编号重复" in returned.problems[0].message


def test_a_row_pasted_from_another_units_workbook_is_refused(template: Path, tmp_path: Path) -> None:
    other = tmp_path / "农业农村局.xlsx"
    write_unit_workbook(replace(FACTS, unit="farming", unit_name="农业农村局"), other)
    book = load_workbook(template)
    page, pasted = book["填报"], load_workbook(other)["填报"]
    row = cell_of(page, SUM, "key").row
    for column in range(1, page.max_column + 1):
        page.cell(row, column).value = pasted.cell(row, column).value
    cell_of(page, SUM, "value").value = 5
    book.save(template)
    assert "来自别的工作簿" in the_problem(template).message


def test_an_added_row_is_refused(template: Path) -> None:
    book = load_workbook(template)
    page = book["填报"]
    page.cell(page.max_row + 1, cell_of(page, SUM, "value").column).value = 5
    book.save(template)
    assert "这一行没有编号" in the_problem(template).message


def test_a_deleted_column_is_named(template: Path) -> None:
    book = load_workbook(template)
    book["填报"].delete_cols(cell_of(book["填报"], SUM, "denominator").column)
    book.save(template)
    assert (the_problem(template).column, the_problem(template).row) == ("分母", 3)


def test_rows_that_were_sorted_are_read_by_their_numbers(template: Path) -> None:
    book = load_workbook(template)
    page = book["备案"]
    rows = [[c.value for c in row] for row in page.iter_rows(min_row=4, max_row=5)]
    for r, values in enumerate(reversed(rows), start=4):
        for c, value in enumerate(values, start=1):
            page.cell(r, c).value = value
    book.save(template)
    assert one(read_unit_workbook(fill(template, {("备案", "1.2"): {"opinion": "同意"}}))).key == "1.2"


def test_a_workbook_of_somebody_else_is_no_units_workbook(tmp_path: Path, template: Path) -> None:
    book = load_workbook(template)
    book[ABOUT]["B1"] = "0"
    book.save(tmp_path / "old.xlsx")
    del book[ABOUT]
    book.save(tmp_path / "foreign.xlsx")
    with pytest.raises(Refused, match="模板版本为“0”"):
        read_unit_workbook(tmp_path / "old.xlsx")
    with pytest.raises(Refused, match="不是本系统生成的报送工作簿"):
        read_unit_workbook(tmp_path / "foreign.xlsx")


# ---- what goes back ----


def test_the_copy_that_goes_back_says_why_and_needs_only_the_refused_rows(template: Path, tmp_path: Path) -> None:
    fill(template, {("填报", SUM): {"value": 5}, ("填报", YEAR): {"value": "N/A", "text": "进展"}})
    problems = read_unit_workbook(template).problems
    copy = tmp_path / "copy.xlsx"
    write_refusal(template, problems, copy)
    page = load_workbook(copy)["填报"]
    verdicts = {row[0].value: str(row[-1].value or "") for row in page.iter_rows(min_row=4)}
    assert page.cell(3, page.max_column).value == VERDICT
    assert (verdicts[SUM], verdicts[STOCK]) == (TAKEN, "")
    assert verdicts[YEAR].startswith("退回：完成数：“N/A”不是数值")
    wrong = cell_of(page, YEAR, "value")
    assert wrong.comment.text.endswith(problems[0].message)
    assert wrong.fill.start_color.rgb != cell_of(page, YEAR, "text").fill.start_color.rgb
    assert cell_of(page, SUM, "value").protection.locked
    assert not wrong.protection.locked
    corrected = one(read_unit_workbook(fill(copy, {("填报", YEAR): {"value": 7}})))
    assert (corrected.key, corrected.values["value"], corrected.values["text"]) == (YEAR, Decimal(7), "进展")


def test_of_a_file_that_cannot_be_read_the_reasons_go_back(tmp_path: Path) -> None:
    damaged, copy = tmp_path / "damaged.xlsx", tmp_path / "copy.xlsx"
    damaged.write_bytes(b"PK\x03\x04 half a workbook")
    write_refusal(damaged, [Problem("", None, "", "文件已损坏。")], copy)
    book = load_workbook(copy)
    assert [c.value for c in book["退回说明"][4]][-1] == "文件已损坏。"
    assert book.sheetnames == ["退回说明", ABOUT]


def test_a_refused_file_has_no_rows_that_were_taken(template: Path, tmp_path: Path) -> None:
    fill(template, {("填报", SUM): {"value": 5}})
    write_refusal(template, [Problem("", None, "", "考核周期已结束。")], tmp_path / "copy.xlsx")
    assert one(read_unit_workbook(tmp_path / "copy.xlsx")).key == SUM


# ---- other office programs ----


@pytest.mark.skipif(shutil.which("soffice") is None, reason="需要 LibreOffice：apt install libreoffice-calc")
def test_a_workbook_saved_by_libreoffice_is_read_alike(template: Path, tmp_path: Path) -> None:
    fill(template, {
        ("填报", SUM): {"value": 1234.5, "text": "已完成", "evidence": "台账.pdf"},
        ("填报", RATIO): {"numerator": 425, "denominator": 456},
        ("延期申请", SUM): {"wanted_on": date(2026, 5, 8), "reason": "等待统计数据"},
        ("签收", "示质强办〔2026〕3号"): {"acknowledged": "是"},
        ("自评", "1"): {"points": "5.5", "reason": "全部完成"},
    })  # fmt: skip
    (tmp_path / "saved").mkdir()
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    subprocess.run(
        ["soffice", profile, "--headless", "--convert-to", "xlsx", "--outdir", tmp_path / "saved", template],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    ours, theirs = read_unit_workbook(template), read_unit_workbook(tmp_path / "saved" / template.name)
    assert ours.problems == ()
    assert len(ours.answers) == 5
    assert (theirs.cycle, theirs.unit, theirs.answers, theirs.problems) == ("2026", "market", ours.answers, ())
