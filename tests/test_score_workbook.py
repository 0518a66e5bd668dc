"""The score workbook: points are numbers, words stay words, and an official can filter and print it."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from io import BytesIO

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from documents.examples import SCORES
from documents.score_workbook import write_score_workbook

HEAD = 3


def sheet(name: str) -> Worksheet:
    return openpyxl.load_workbook(BytesIO(write_score_workbook(SCORES)))[name]


def row(of: Worksheet, number: int) -> dict[str, object]:
    """A row by its headings."""
    return {str(h.value).replace("\n", ""): of.cell(number, h.column).value for h in of[HEAD]}


def test_sheets() -> None:
    book = openpyxl.load_workbook(BytesIO(write_score_workbook(SCORES)))
    assert book.sheetnames == ["成绩汇总", "得分明细", "说明"]
    assert book["成绩汇总"]["A1"].value == "2026年度质量强县工作考核成绩册"
    assert book["成绩汇总"]["A2"].value == "成绩（已公布）　截止日期：2027-03-10　示例县质量强县工作领导小组办公室"


def test_the_summary_lists_each_group_by_rank() -> None:
    summary = sheet("成绩汇总")
    found = [tuple(c.value for c in line)[:6] for line in summary.iter_rows(min_row=HEAD + 1)]
    assert found == [
        ("县直部门", 1, "县市场监督管理局", 17.38, "A", None),
        ("乡镇", 1, "青石镇", -0.5, "D", "发生系统性质量安全事件，一律评为D级（按得分为D级）"),
    ]


def test_a_line_says_what_was_given_and_why() -> None:
    lines = sheet("得分明细")
    assert row(lines, HEAD + 1) == {
        "组别": "县直部门",
        "单位": "县市场监督管理局",
        "编号": "1",
        "指标": "产品质量监督抽查合格率",
        "分值": 10,
        "目标": "≥95%",
        "实绩": "88.8%",
        "自评得分": 10,
        "核定分": None,
        "得分": 9.38,
        "评分方法": "R7 差额扣分：每低1个百分点扣0.1分，按实际差额计",
        "扣分原因及计算过程": "差额 95－88.8＝6.2；10－0.1×6.2＝9.38",
        "评分单位": None,
        "佐证": "抽查结果汇总表.xlsx",
        "备注": None,
    }
    assert row(lines, HEAD + 3)["核定分"] == 3


def test_text_that_begins_with_an_equals_sign_stays_text() -> None:
    lines = sheet("得分明细")
    assert [(c.value, c.data_type) for c in lines[HEAD + 4] if str(c.value).startswith("=")] == [
        ("=农产品质量安全", "s"),
        ("=2+3", "s"),
    ]


@pytest.mark.parametrize(("name", "reach"), [("成绩汇总", "A3:G5"), ("得分明细", "A3:O7")])
def test_a_table_can_be_filtered_and_printed(name: str, reach: str) -> None:
    table = sheet(name)
    assert table.auto_filter.ref == reach
    assert table.freeze_panes == "D4"
    assert (table.page_setup.paperSize, table.page_setup.orientation) == (9, "landscape")
    assert table.sheet_properties.pageSetUpPr.fitToPage
    assert table.page_setup.fitToHeight == 0  # as many pages as it takes, one page wide
    assert table.print_title_rows == "$1:$3"


def test_the_notes_name_the_rules() -> None:
    notes = dict(sheet("说明").iter_rows(min_row=2, max_col=2, values_only=True))
    assert notes["评分细则校验码"] == f"SHA-256 {SCORES.rule_set_sha256}"
    assert notes["成绩状态"] == "已公布"
    assert notes["四舍五入"] == SCORES.rounding


def test_a_provisional_score_says_so() -> None:
    book = openpyxl.load_workbook(BytesIO(write_score_workbook(replace(SCORES, state="未开始", provisional=True))))
    assert str(book["成绩汇总"]["A2"].value).startswith("暂计成绩（未开始）")
    assert book["说明"]["B5"].value == "未开始（暂计，仅供参考）"


def test_points_are_written_as_they_are() -> None:
    """15 digits survive in a spreadsheet; points have two decimals and items rarely more."""
    group = SCORES.groups[0]
    points: Sequence[str] = ("0", "2.675", "89.99", "90.00", "1234567.89", "-12.5")
    units = tuple(replace(group.units[0], points=Decimal(p)) for p in points)
    facts = replace(SCORES, groups=(replace(group, units=units),))
    summary = openpyxl.load_workbook(BytesIO(write_score_workbook(facts)))["成绩汇总"]
    assert [Decimal(str(summary.cell(HEAD + 1 + i, 4).value)) for i in range(len(points))] == [
        Decimal(p) for p in points
    ]


def test_a_row_is_as_high_as_its_longest_cell_needs() -> None:
    group = SCORES.groups[0]
    unit = group.units[0]
    rows = tuple(replace(unit.rows[0], working="差" * characters) for characters in (10, 100, 200))
    facts = replace(SCORES, groups=(replace(group, units=(replace(unit, rows=rows),)),))
    lines = openpyxl.load_workbook(BytesIO(write_score_workbook(facts)))["得分明细"]
    heights = [lines.row_dimensions[HEAD + n].height for n in (1, 2, 3)]
    assert all(height >= 15 * lines for height, lines in zip(heights, (1, 6, 12), strict=True))  # 17 to a line
    assert heights == sorted(heights)


def test_no_units_still_give_a_workbook() -> None:
    empty = write_score_workbook(replace(SCORES, groups=()))
    assert openpyxl.load_workbook(BytesIO(empty))["成绩汇总"].max_row == HEAD


def test_the_same_facts_give_the_same_bytes() -> None:
    assert write_score_workbook(SCORES) == write_score_workbook(SCORES)
