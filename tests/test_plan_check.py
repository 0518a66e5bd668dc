"""What `plan check` finds: every mistake at once, by sheet, row and column, and nothing in a plan that is right."""

import json
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from cli.main import app
from documents.plan_workbook import load_plan, read_plan
from documents.plan_writer import write_plan
from models.errors import Refused
from rules.plan import SHEETS
from tests.plans import Edit, answer, place, put, small_plan, spoiled

UNITS, PEOPLE, TARGETS, RULES, NODES, GRADES, MERITS = (
    "单位",
    "联络人",
    "目标任务分解表",
    "评分细则",
    "节点",
    "等级",
    "加减分",
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "计划.xlsx"


def test_a_plan_that_is_right_has_no_problems(file: Path) -> None:
    write_plan(small_plan(), file)
    assert read_plan(file).problems == ()


# where it is, what is typed there, where it is reported, and words of the message
MISTAKES: list[tuple[Edit, tuple[str, int | None, str], str]] = [
    (put(UNITS, 4, "单位编码", "SJ"), (UNITS, 4, "单位编码"), "与第 3 行重复"),
    (put(UNITS, 4, "单位名称", "市监局"), (UNITS, 4, "单位名称"), "与第 3 行重复"),
    (put(UNITS, 4, "曾用名", "质监局"), (UNITS, 4, "曾用名"), "也是第 3 行“市监局”的名称"),
    (put(UNITS, 4, "曾用名", "甲镇"), (UNITS, 4, "曾用名"), "也是第 6 行“甲镇”的名称"),
    (put(UNITS, 4, "单位名称", "住建 局"), (UNITS, 4, "单位名称"), "分隔符号"),
    (put(UNITS, 4, "类型", "局"), (UNITS, 4, "类型"), "可填：省、市、县、部门、乡镇"),
    (put(UNITS, 4, "上级单位", "外县"), (UNITS, 4, "上级单位"), "不在“单位”表中"),
    (put(UNITS, 2, "上级单位", "住建局"), (UNITS, 2, "上级单位"), "绕了一圈"),
    (put(UNITS, 4, "是否考核", "看情况"), (UNITS, 4, "是否考核"), "请填“是”或“否”"),
    (put(PEOPLE, 4, "角色", "分管领导"), (UNITS, 4, "单位名称"), "“住建局”没有联络员"),
    (put(PEOPLE, 2, "角色", "主要领导"), (PEOPLE, None, "角色"), "质强办经办人"),
    (put(PEOPLE, 4, "联系地址", "办公室转"), (PEOPLE, 4, "联系地址"), "不是可用的地址"),
    (put(PEOPLE, 4, "单位", "住建委"), (PEOPLE, 4, "单位"), "是否为“住建局”"),
    (put(TARGETS, 4, "序号", 2), (TARGETS, 4, "序号"), "与第 3 行重复"),
    (put(TARGETS, 2, "牵头单位", None), (TARGETS, 2, "牵头单位"), "必须填写"),
    (put(TARGETS, 2, "牵头单位", "市监局、住建局"), (TARGETS, 2, "牵头单位"), "写了 2 个单位"),
    (put(TARGETS, 2, "牵头单位", "环保局"), (TARGETS, 2, "牵头单位"), "不在“单位”表中"),
    (put(TARGETS, 2, "牵头单位", "统计局"), (TARGETS, 2, "牵头单位"), "没有考核分组"),
    (put(TARGETS, 2, "责任（配合）单位", "甲镇、市监局"), (TARGETS, 2, "责任（配合）单位"), "已是牵头单位"),
    (put(TARGETS, 2, "责任（配合）单位", None), (TARGETS, 2, "分解方式"), "没有责任（配合）单位"),
    (put(TARGETS, 2, "目标值", "五"), (TARGETS, 2, "目标值"), "不是数值"),
    (put(TARGETS, 2, "目标值", "95家"), (TARGETS, 2, "目标值"), "不是数值"),
    (put(TARGETS, 2, "目标值", date(2026, 9, 5)), (TARGETS, 2, "目标值"), "应为数值，实为日期"),
    (put(TARGETS, 2, "目标值", "=1/0"), (TARGETS, 2, "目标值"), "公式没有计算结果"),
    (put(TARGETS, 2, "目标值", 101), (TARGETS, 2, "目标值"), "0 至 100 之间"),
    (put(TARGETS, 2, "目标值", 1.01, "0%"), (TARGETS, 2, "目标值"), "0 至 100 之间"),
    (put(TARGETS, 3, "目标值", "50%"), (TARGETS, 3, "目标值"), "计量单位却是“只”"),
    (put(TARGETS, 2, "目标值", 95.555), (TARGETS, 2, "目标值"), "有 3 位小数"),
    (put(TARGETS, 2, "目标值", None), (TARGETS, 2, "目标值"), "必须填写"),
    (put(TARGETS, 4, "目标值", 1), (TARGETS, 4, "目标值"), "不使用此列"),
    (put(TARGETS, 3, "目标值", 0), (TARGETS, 3, "目标值"), "没有约束力"),
    (put(TARGETS, 2, "目标形式", "区间"), (TARGETS, 2, "目标上限"), "必须填写"),
    (put(TARGETS, 2, "计量单位", None), (TARGETS, 2, "计量单位"), "必须填写"),
    (put(TARGETS, 2, "汇总方式", "累计数"), (TARGETS, 2, "汇总方式"), "百分比不能按“累计数”汇总"),
    (put(TARGETS, 2, "分解方式", "平均分解"), (TARGETS, 2, "分解方式"), "比率不能拆分"),
    (put(TARGETS, 3, "分解权重", "甲镇:3"), (TARGETS, 3, "分解权重"), "缺少“乙镇”的权重"),
    (put(TARGETS, 3, "分解权重", "甲镇:3；乙镇:1；住建局:1"), (TARGETS, 3, "分解权重"), "“住建局”不在责任"),
    (put(TARGETS, 3, "分解权重", "甲镇:0；乙镇:0"), (TARGETS, 3, "分解权重"), "合计为 0"),
    (put(TARGETS, 2, "分解权重", "甲镇:1；乙镇:1"), (TARGETS, 2, "分解权重"), "不使用权重"),
    (put(TARGETS, 4, "完成时限", None), (TARGETS, 4, "完成时限"), "必须填写完成时限"),
    (put(TARGETS, 4, "完成时限", "2027年1月5日"), (TARGETS, 4, "完成时限"), "不在考核周期"),
    (put(TARGETS, 4, "完成时限", "九月底"), (TARGETS, 4, "完成时限"), "不是日期"),
    (put(TARGETS, 4, "指标名称", "长" * 121), (TARGETS, 4, "指标名称"), "超过 120 字"),
    (put(RULES, 2, "分值", 58), (RULES, 3, "分值"), "本表合计 98，应为 100，少 2"),
    (put(RULES, 8, "分值", "３２"), (RULES, 8, "分值"), "多 2"),
    (put(RULES, 7, "分值", "三十"), (RULES, 7, "分值"), "不是数值"),
    (put(RULES, 6, "编号", "B1"), (RULES, 6, "编号"), "与第 2 行重复"),
    (put(RULES, 2, "计分方式", "R99"), (RULES, 2, "计分方式"), "可填：R1 达标得分"),
    (put(RULES, 2, "计步方式", None), (RULES, 2, "计步方式"), "必须填写此列"),
    (put(RULES, 2, "每次扣分", 1), (RULES, 2, "每次扣分"), "不使用此列"),
    (put(RULES, 2, "指标序号", 9), (RULES, 2, "指标序号"), "没有指标“9”"),
    (put(RULES, 2, "指标序号", None), (RULES, 2, "指标序号"), "需要对应指标"),
    (put(RULES, 4, "区间上限", 18), (RULES, 3, "区间下限"), "第 4 行“10（含）～18（不含）”与第 3 行“17（含）以上”重叠"),
    (put(RULES, 4, "含上限", "是"), (RULES, 3, "区间下限"), "都包含 17"),
    (put(RULES, 5, "区间上限", 8), (RULES, 4, "区间下限"), "之间 8 至 10 没有规定得分"),
    (put(RULES, 4, "区间下限", 20), (RULES, 4, "区间下限"), "不包含任何数值"),
    (put(RULES, 6, "评分单位", "住建局"), (RULES, 6, "评分单位"), "不能给自己评分"),
    (put(RULES, 6, "评分单位", None), (RULES, 6, "评分单位"), "必须填写评分单位"),
    (put(RULES, 6, "适用单位", "统计局"), (RULES, 6, "适用单位"), "“统计局”不参加考核"),
    (put(RULES, 7, "考核分组", "街道"), (RULES, 7, "考核分组"), "没有分组“街道”"),
    (put(RULES, 7, "基本分", None), (RULES, 7, "基本分"), "请填写基本分"),
    (put(NODES, 3, "日期", date(2026, 1, 9)), (NODES, 3, "日期"), "早于“备案截止”"),
    (put(NODES, 3, "日期", date(2024, 1, 9)), (NODES, 3, "日期"), "不在考核周期"),
    (put(MERITS, 2, "每次分值", 0), (MERITS, 2, "每次分值"), "不能为 0"),
    (put(MERITS, 2, "累计上限", -3), (MERITS, 2, "累计上限"), "应大于 0"),
    (put(GRADES, 4, "分数线", 60), (GRADES, 4, "分数线"), "60 分以下没有等级"),
    (answer("截止日期", "2025-12-31"), ("基本情况", 8, "截止日期"), "早于起始日期"),
    (answer("起始日期", "年初"), ("基本情况", 7, "起始日期"), "不是日期"),
    (answer("考核主体", "外县"), ("基本情况", 4, "考核主体"), "不在“单位”表中"),
    (answer("关闭（工作日）", 0), ("基本情况", 11, "关闭（工作日）"), "至少为 1 个工作日"),
    (answer("发文代字", None), ("基本情况", 6, "发文代字"), "必须填写"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("mistake", "where", "words"), MISTAKES, ids=[f"{w[0]}-{w[2]}-{words}" for _, w, words in MISTAKES]
)
def test_a_mistake_is_found_where_it_is(
    file: Path, mistake: Edit, where: tuple[str, int | None, str], words: str
) -> None:
    problems = read_plan(spoiled(file, mistake)).problems
    assert [p for p in problems if (p.sheet, p.row, p.column) == where and words in p.message], "\n".join(
        map(str, problems)
    )


def test_all_mistakes_are_reported_at_once_in_the_order_of_the_workbook(file: Path) -> None:
    problems = read_plan(
        spoiled(
            file,
            put(GRADES, 4, "分数线", 60),
            put(RULES, 2, "分值", 58),
            put(TARGETS, 4, "完成时限", None),
            put(TARGETS, 2, "目标值", "五"),
            put(PEOPLE, 4, "联系地址", "办公室转"),
            answer("发文代字", None),
        )
    ).problems
    assert [(p.sheet, p.row, p.column) for p in problems] == [
        ("基本情况", 6, "发文代字"),
        (PEOPLE, 4, "联系地址"),
        (TARGETS, 2, "目标值"),
        (TARGETS, 4, "完成时限"),
        (RULES, 3, "分值"),
        (GRADES, 4, "分数线"),
    ]


def test_a_cell_that_cannot_be_read_is_reported_once(file: Path) -> None:
    """An unreadable weight does not also make the sum wrong; a misspelt unit is not also missing elsewhere."""
    mistakes = put(RULES, 7, "分值", "三十"), put(UNITS, 4, "类型", "局"), put(TARGETS, 2, "目标形式", "大于")
    problems = read_plan(spoiled(file, *mistakes)).problems
    assert [(p.sheet, p.row) for p in problems] == [(UNITS, 4), (TARGETS, 2), (RULES, 7)]


def test_merged_cells_are_reported_for_each_cell_they_cover(file: Path) -> None:
    def merge(book: openpyxl.Workbook) -> None:
        column = place(book[TARGETS], "质量领域")
        book[TARGETS].merge_cells(start_row=2, end_row=4, start_column=column, end_column=column)

    problems = read_plan(spoiled(file, merge)).problems
    assert [(p.row, p.column) for p in problems] == [(3, "质量领域"), (4, "质量领域")]
    assert all("合并单元格 B2:B4" in p.message for p in problems)


def test_a_missing_sheet_and_a_missing_column(file: Path) -> None:
    def remove(book: openpyxl.Workbook) -> None:
        del book[NODES]
        book[TARGETS].delete_cols(place(book[TARGETS], "牵头单位"))

    problems = read_plan(spoiled(file, remove)).problems
    assert [str(p)[:24] for p in problems if p.sheet == NODES and not p.column] == [
        "“节点”：缺少此工作表，请补上（可先用 zhiq"
    ]
    assert [(p.row, p.message) for p in problems if p.column == "牵头单位"] == [(1, "缺少此列，请补上。")]


def test_a_misspelt_heading_is_told_from_an_extra_column(file: Path) -> None:
    def rename(book: openpyxl.Workbook) -> None:
        book[TARGETS].cell(1, place(book[TARGETS], "分解方式")).value = "分解方试"
        book[TARGETS].cell(1, 30).value = "牵头县领导"
        book[TARGETS].cell(2, 30).value = "分管副县长"

    problems = read_plan(spoiled(file, rename)).problems
    assert [(p.row, p.column) for p in problems if "是否为“分解方式”" in p.message] == [(1, "分解方试")]
    assert not any(p.column == "牵头县领导" for p in problems)


def test_headings_notes_and_digits_as_offices_write_them(file: Path) -> None:
    """A title above the headings, other words for them, blank columns and rows, full-width digits, a note below."""

    def rewrite(book: openpyxl.Workbook) -> None:
        sheet = book[TARGETS]
        for heading, other in (("责任（配合）单位", " 配合单位"), ("指标名称", "量化目标"), ("分解权重", "分解 权重")):
            sheet.cell(1, place(sheet, heading)).value = other
        sheet.cell(3, place(sheet, "目标值")).value = "１７"
        sheet.cell(4, place(sheet, "完成时限")).value = "2026.9.30"
        sheet.cell(2, place(sheet, "牵头单位")).value = " 质监局\u3000"
        sheet.insert_cols(3)
        sheet.insert_rows(3)
        sheet.insert_rows(1, 2)
        sheet["A1"] = "示例县2026年质量强县目标任务分解表"
        sheet.merge_cells("A1:T1")
        sheet.cell(sheet.max_row + 2, 1).value = "注：目标值以年末核定数为准。"
        sheet.merge_cells(start_row=sheet.max_row, end_row=sheet.max_row, start_column=1, end_column=8)
        book["评分细则"].cell(book["评分细则"].max_row + 1, 1).value = "合计"

    file = spoiled(file, rewrite)
    assert read_plan(file).problems == ()
    assert load_plan(file).plan == small_plan()


def test_importing_a_plan_with_problems_is_refused_with_all_of_them(file: Path) -> None:
    spoiled(file, put(PEOPLE, 4, "联系地址", "办公室转"), put(TARGETS, 2, "目标值", "五"))
    with pytest.raises(Refused, match="有 2 处问题，没有导入") as refused:
        load_plan(file)
    assert len(refused.value.problems) == 2
    assert "“目标任务分解表”第 2 行“目标值”：“五”不是数值" in str(refused.value)


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["plan", "check", *arguments])
    return result.exit_code, result.output


def test_the_command_says_each_problem_and_exits_with_1(file: Path) -> None:
    code, output = run(str(spoiled(file, put(RULES, 2, "分值", 58))))
    assert code == 1
    assert "“评分细则”第 3 行“分值”：本表合计 98，应为 100，少 2。" in output
    write_plan(small_plan(), file)
    assert run(str(file)) == (0, "“计划.xlsx”没有问题，可以导入。\n")


def test_the_command_gives_problems_to_other_programs(file: Path) -> None:
    code, output = run(str(spoiled(file, put(TARGETS, 2, "目标值", "五"))), "--json")
    problem = {
        "sheet": TARGETS,
        "row": 2,
        "column": "目标值",
        "message": "“五”不是数值，请只填数字（如 98.5），计量单位和说明填在各自的列。",
    }
    assert (code, json.loads(output)) == (1, {"problems": [problem]})
    write_plan(small_plan(), file)
    assert run(str(file), "--json") == (0, '{\n  "problems": []\n}\n')


def test_the_command_refuses_what_is_no_workbook(tmp_path: Path) -> None:
    (tmp_path / "计划.xlsx").write_text("不是工作簿", encoding="utf-8")
    code, output = run(str(tmp_path / "计划.xlsx"))
    assert code == 1
    assert "不是 Excel 工作簿" in output
    code, output = run(str(tmp_path / "计划.xlsx"), "--json")
    assert code == 1
    assert "不是 Excel 工作簿" in json.loads(output)["problems"][0]["message"]


def test_every_sheet_of_the_issue_is_there() -> None:
    assert [sheet for sheet, _ in SHEETS.values()] == ["基本情况", UNITS, PEOPLE, TARGETS, RULES, NODES, MERITS, GRADES]
