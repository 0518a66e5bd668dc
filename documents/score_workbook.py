"""The score workbook 成绩册: every unit's total, every line behind it, and how it was worked out."""

import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from typing import Any, NamedTuple

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from documents.facts import ScoreFacts, ScoreRow, UnitScore
from documents.papers import assessed

Value = str | int | Decimal | None
A4 = 9
LINE_HEIGHT = 15
RAGGED = 1.15
"""Lines that break between words and marks leave some room unused."""
LAST_NARROW = 0x2E7F
"""Beyond this code point a character is as wide as two."""


class Column(NamedTuple):
    """A column of a sheet: its heading, width in characters and format."""

    heading: str
    width: float
    format: str = "text"


SUMMARY = (
    Column("组别", 12, "centre"),
    Column("名次", 6, "whole"),
    Column("单位", 26),
    Column("得分", 10, "points"),
    Column("等级", 7, "centre"),
    Column("备注", 40),
    Column("总分计算", 60),
)
LINES = (
    Column("组别", 9, "centre"),
    Column("单位", 18),
    Column("编号", 6, "centre"),
    Column("指标", 22),
    Column("分值", 6, "amount"),
    Column("目标", 12, "centre"),
    Column("实绩", 10, "centre"),
    Column("自评\n得分", 7, "points"),
    Column("核定分", 7, "points"),
    Column("得分", 7, "points"),
    Column("评分方法", 26),
    Column("扣分原因及计算过程", 36),
    Column("评分单位", 12),
    Column("佐证", 12),
    Column("备注", 14),
)
FORMATS: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"},
    "heading": {"bold": True, "font_size": 16},
    "note": {"font_size": 10, "valign": "vcenter"},
    "head": {
        "bold": True,
        "border": 1,
        "align": "center",
        "valign": "vcenter",
        "text_wrap": True,
        "bg_color": "#DDE6F0",
    },
    "text": {"border": 1, "valign": "vcenter", "text_wrap": True},
    "centre": {"border": 1, "align": "center", "valign": "vcenter", "text_wrap": True},
    "whole": {"border": 1, "align": "center", "valign": "vcenter", "num_format": "0"},
    "amount": {"border": 1, "align": "center", "valign": "vcenter"},
    "points": {"border": 1, "align": "center", "valign": "vcenter", "num_format": "0.00"},
}
HEAD_ROW = 2
"""The headings stand in the third row, under the title and the note."""


def write_score_workbook(facts: ScoreFacts) -> bytes:
    """Return the workbook with the sheets 成绩汇总, 得分明细 and 说明; the same facts give the same bytes.

    Points are numbers, everything else is text, also where it begins with “=”.
    """
    target = BytesIO()
    book = Workbook(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    day = datetime(facts.as_of.year, facts.as_of.month, facts.as_of.day)  # noqa: DTZ001 (xlsxwriter takes naive ones)
    title = f"{assessed(facts.cycle_name)}成绩册"
    book.set_properties({"title": title, "author": facts.office, "created": day})
    formats = {
        name: book.add_format({"font_name": "宋体", "font_size": 10.5, **look}) for name, look in FORMATS.items()
    }
    _table(book.add_worksheet("成绩汇总"), facts, formats, title, SUMMARY, tuple(_summary(facts)))
    _table(book.add_worksheet("得分明细"), facts, formats, f"{title}（得分明细）", LINES, tuple(_lines(facts)))
    _notes(book.add_worksheet("说明"), facts, formats)
    book.close()
    return target.getvalue()


def _summary(facts: ScoreFacts) -> Iterator[tuple[Value, ...]]:
    for group in facts.groups:
        for unit in group.units:
            yield group.name, unit.rank, unit.unit, unit.points, unit.grade, unit.note, unit.working


def _lines(facts: ScoreFacts) -> Iterator[tuple[Value, ...]]:
    for group in facts.groups:
        for unit in group.units:
            for row in unit.rows:
                yield group.name, *_line(unit, row)


def _line(unit: UnitScore, row: ScoreRow) -> tuple[Value, ...]:
    return (
        unit.unit, row.number, row.indicator, row.full_points, row.target, row.actual, row.self_points,
        row.verified_points, row.points, row.rule, row.working, row.scorer, row.evidence, row.remark,
    )  # fmt: skip


def _table(
    sheet: Worksheet, facts: ScoreFacts, formats: dict[str, Format], title: str, columns: Sequence[Column],
    rows: Sequence[tuple[Value, ...]],
) -> None:  # fmt: skip
    last = len(columns) - 1
    sheet.merge_range(0, 0, 0, last, title, formats["title"])
    sheet.set_row(0, 30)
    sheet.write_string(1, 0, _status(facts), formats["note"])
    for at, column in enumerate(columns):
        sheet.set_column(at, at, column.width)
        sheet.write_string(HEAD_ROW, at, column.heading, formats["head"])
    sheet.set_row(HEAD_ROW, 2 * LINE_HEIGHT)
    for number, row in enumerate(rows, start=HEAD_ROW + 1):
        sheet.set_row(number, LINE_HEIGHT * max(map(_lines_needed, columns, row)) + 4)
        for at, (column, value) in enumerate(zip(columns, row, strict=True)):
            _write(sheet, number, at, value, formats[column.format])
    sheet.autofilter(HEAD_ROW, 0, HEAD_ROW + max(len(rows), 1), last)
    sheet.freeze_panes(HEAD_ROW + 1, 3)
    _print_setup(sheet)
    sheet.repeat_rows(0, HEAD_ROW)


def _lines_needed(column: Column, value: Value) -> int:
    """Return how many lines the value takes in its column: not every office program fits the rows by itself."""
    text = value if isinstance(value, str) else ""
    wide = sum(2 if ord(c) > LAST_NARROW else 1 for c in text)
    room = column.width - 1
    return 1 if wide <= room else math.ceil(wide * RAGGED / room)


def _write(sheet: Worksheet, row: int, column: int, value: Value, look: Format) -> None:
    if value is None or value == "":
        sheet.write_blank(row, column, None, look)
    elif isinstance(value, str):
        sheet.write_string(row, column, value, look)
    else:
        sheet.write_number(row, column, value, look)


def _notes(sheet: Worksheet, facts: ScoreFacts, formats: dict[str, Format]) -> None:
    notes: tuple[tuple[str, str], ...] = (
        ("考核周期", facts.cycle_name),
        ("考核单位", facts.office),
        ("截止日期", facts.as_of.isoformat()),
        ("成绩状态", f"{facts.state}{'（暂计，仅供参考）' if facts.provisional else ''}"),
        ("评分细则", f"第 {facts.rule_set_version} 版"),
        ("评分细则校验码", f"SHA-256 {facts.rule_set_sha256}"),
        ("四舍五入", facts.rounding),
        ("名次", "按组排列；得分相同的名次并列，其后名次相应空出"),
        ("数值", "均为计算结果，显示两位小数；逐项计算过程见“得分明细”"),
    )
    sheet.write_string(0, 0, "说明", formats["heading"])
    sheet.set_row(0, 30)
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 1, 90)
    for row, (name, text) in enumerate(notes, start=1):
        sheet.write_string(row, 0, name, formats["head"])
        sheet.write_string(row, 1, text, formats["text"])
    _print_setup(sheet)


def _status(facts: ScoreFacts) -> str:
    kind = "暂计成绩" if facts.provisional else "成绩"
    return f"{kind}（{facts.state}）　截止日期：{facts.as_of.isoformat()}　{facts.office}"


def _print_setup(sheet: Worksheet) -> None:
    sheet.set_paper(A4)
    sheet.set_landscape()
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&C第 &P 页，共 &N 页")
    sheet.center_horizontally()
