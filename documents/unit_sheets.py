"""The unit's workbook 报送工作簿 as data: its sheets, its columns, and what is written above them.

A fixed column bears the name of a field of the sheet's rows (unit_facts); what the unit fills in comes back under the
column's key. The writer and the reader both work from these tables and know nothing else about a sheet.
"""

import hashlib
from enum import StrEnum
from typing import NamedTuple

from documents.cells import fold
from models.enums import Aggregation, ReportNature

FORMAT_VERSION = "1"
ABOUT = "工作簿信息"
"""The hidden sheet that says which cycle and unit the workbook is for."""
HOW_TO = "填写说明"
VERDICT = "处理结果"
"""The column that is added to a workbook that goes back."""
TAKEN = "已接收"
REFUSED_COPY = "（退回）"
"""What the name of a copy that goes back ends in."""

EVIDENCE_FOLDER = "佐证"
"""A folder beside the workbook where evidence may lie, besides the one that bears the workbook's name."""

YES = "是"
AGREED, OBJECTED = "同意", "有异议"


class Cell(StrEnum):
    """What a cell holds; a choice is a text from the column's list, names are file names separated by “；”."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"
    NAMES = "names"


class Column(NamedTuple):
    """One column; `asked` says that the unit fills it in."""

    key: str
    heading: str
    width: float
    cell: Cell = Cell.TEXT
    asked: bool = False
    choices: tuple[str, ...] = ()
    hint: str = ""


class Sheet(NamedTuple):
    """One kind of act: the name of its sheet, the field of `UnitWorkbook` with its rows, and how it is filled in."""

    name: str
    rows: str
    how: str
    columns: tuple[Column, ...]

    @property
    def asked(self) -> tuple[Column, ...]:
        """Return the columns the unit fills in."""
        return tuple(c for c in self.columns if c.asked)

    def column(self, key: str) -> Column:
        """Return the column with this key; KeyError when there is none."""
        return {c.key: c for c in self.columns}[key]


KEY = Column("key", "编号", 4)
STAMP = Column("stamp", "校验码", 4)
"""The two hidden columns in front of every sheet."""

TITLE = Column("title", "事项", 30)
DUE = Column("due_on", "截止日期", 11.5, Cell.DATE)
STANDING = Column("standing", "状态", 18)

LETTERS = Sheet(
    "签收", "letters", "责任书送达后请签收：在“签收”栏选“是”，交回即为签收。",
    (
        Column("title", "责任书", 34),
        Column("issued_on", "印发日期", 11.5, Cell.DATE),
        Column("items", "指标项数", 9, Cell.NUMBER),
        DUE,
        Column("acknowledged", "签收", 9, Cell.CHOICE, True, (YES,), "选“是”即为签收"),
    ),
)  # fmt: skip

FILINGS = Sheet(
    "备案", "filings",
    "逐项填上年实绩和四个季度节点（按本年累计填，后一季度不小于前一季度），“意见”选“同意”；"
    "选“有异议”的，写明理由和建议目标值。",
    (
        Column("key", "序号", 7), TITLE,
        Column("target", "本年目标", 18), Column("measure", "计量单位", 9), DUE, STANDING,
        Column("last_year", "上年实绩", 11, Cell.NUMBER, True),
        Column("q1", "一季度", 10, Cell.NUMBER, True), Column("q2", "二季度", 10, Cell.NUMBER, True),
        Column("q3", "三季度", 10, Cell.NUMBER, True), Column("q4", "四季度", 10, Cell.NUMBER, True),
        Column("opinion", "意见", 9, Cell.CHOICE, True, (AGREED, OBJECTED)),
        Column("objection", "异议理由", 26, asked=True, hint="选“有异议”时必填"),
        Column("proposed", "建议目标值", 11, Cell.NUMBER, True),
    ),
)  # fmt: skip

FILING_FIGURES = ("last_year", "q1", "q2", "q3", "q4", "proposed")
"""The figures of a filing that a target in words has none of."""

CONTACTS = Sheet(
    "联络员", "contacts", "请核对本单位在册人员。无变化的不填；有变化的在“变更为”两栏填新的职务和联系地址。",
    (
        Column("title", "角色", 12), Column("post", "职务", 20), Column("address", "联系地址", 34),
        Column("new_post", "变更为（职务）", 20, asked=True),
        Column("new_address", "变更为（联系地址）", 34, asked=True, hint="电子邮箱等，变更后的通知发往此处"),
    ),
)  # fmt: skip

REPORTS = Sheet(
    "填报", "reports",
    "只填浅黄色单元格。按“填报口径”填数；没有发生的选“零报告”，与本单位无关的选“不适用”，都要在“原因说明”中写明。"
    "暂时不报的行整行留空。",
    (
        Column("number", "序号", 7), TITLE, Column("period", "填报期", 13),
        Column("assessed", "考核对象", 12), DUE, STANDING,
        Column("target", "目标", 14), Column("measure", "计量单位", 9),
        Column("before", "上期累计", 10, Cell.NUMBER), Column("basis", "填报口径", 13),
        Column("value", "完成数", 11, Cell.NUMBER, True, hint="按“填报口径”填数字，不带单位"),
        Column("numerator", "分子", 10, Cell.NUMBER, True, hint="比率类指标填分子和分母，由系统计算比率"),
        Column("denominator", "分母", 10, Cell.NUMBER, True, hint="比率类指标填分子和分母，由系统计算比率"),
        Column("nature", "填报性质", 11, Cell.CHOICE, True, tuple(n.zh for n in ReportNature)),
        Column("text", "进展情况", 28, asked=True), Column("problems", "存在问题", 20, asked=True),
        Column("next_steps", "下步措施", 20, asked=True),
        Column("correction", "更正", 7, Cell.CHOICE, True, (YES, "否"), "更正以前报过的数时选“是”，并写明原因"),
        Column("reason", "原因说明", 20, asked=True, hint="零报告、不适用、更正时必填"),
        Column("evidence", "佐证文件", 24, Cell.NAMES, True, hint="文件名，多个用“；”隔开；文件放进同名文件夹"),
    ),
)  # fmt: skip

EXTENSIONS = Sheet(
    "延期申请", "extensions", "确有困难不能按期报送的，在截止日期前申请：填“申请延至”和“理由”。不申请的留空。",
    (
        TITLE._replace(width=44), DUE,
        Column("wanted_on", "申请延至", 13, Cell.DATE, True, hint="日期，如 2026-04-20"),
        Column("reason", "理由", 44, asked=True),
    ),
)  # fmt: skip

ORDERS = Sheet(
    "督办反馈", "orders", "收到督办单请先签收（选“是”）；办理后在“办理情况”中反馈，可只签收、稍后反馈。",
    (
        Column("label", "督办单号", 22), TITLE, Column("basis", "依据", 28), Column("level", "级别", 7),
        Column("due_on", "反馈期限", 11.5, Cell.DATE), STANDING,
        Column("acknowledged", "签收", 9, Cell.CHOICE, True, (YES,)),
        Column("answer", "办理情况", 48, asked=True, hint="办了什么、结果如何、还有什么困难"),
    ),
)  # fmt: skip

SELF_EVALUATIONS = Sheet(
    "自评", "self_evaluations", "逐项填自评得分，不得超过分值所允许的范围；在“得分及扣分原因”中写明依据。",
    (
        Column("key", "序号", 7), TITLE._replace(heading="考核内容", width=40),
        Column("full_points", "分值", 8, Cell.NUMBER), DUE, STANDING,
        Column("points", "自评得分", 10, Cell.NUMBER, True),
        Column("reason", "得分及扣分原因", 44, asked=True),
    ),
)  # fmt: skip

APPEALS = Sheet(
    "申诉", "appeals", "对公布的得分有异议的，在申诉截止日前写明理由；无异议的留空。",
    (
        Column("key", "序号", 7), TITLE._replace(heading="考核内容", width=34),
        Column("full_points", "分值", 8, Cell.NUMBER), Column("points", "得分", 8, Cell.NUMBER),
        Column("because", "得分说明", 40), Column("until", "申诉截止", 11.5, Cell.DATE),
        Column("ground", "申诉理由", 44, asked=True),
    ),
)  # fmt: skip

BASIS_OF = {
    Aggregation.FLOW: "本期数（填本期发生数）",
    Aggregation.CUMULATIVE: "本期累计（填年初至期末）",
    Aggregation.STOCK: "期末数（填期末时点）",
    Aggregation.RATIO: "比率（填分子、分母）",
}
BASIS_IN_WORDS = "文字（填进展情况）"
CLOSED_BY_BASIS = dict.fromkeys(BASIS_OF.values(), ("numerator", "denominator")) | {
    BASIS_OF[Aggregation.RATIO]: ("value",),
    BASIS_IN_WORDS: ("value", "numerator", "denominator"),
}
"""What is asked under 填报口径, and which figures are then not to be filled in."""

SHEETS = (REPORTS, LETTERS, FILINGS, CONTACTS, ORDERS, EXTENSIONS, SELF_EVALUATIONS, APPEALS)
"""In the order in which they stand in the workbook."""

RULES = (
    "只有浅黄色单元格可以填写，其余已锁定；灰色单元格与该项无关，不用填。",
    "请勿增删表、行、列，请勿改动编号；可以只填一部分，没填的行视为本次不报。",
    "数字只填数字，不带单位；日期填成 2026-07-01 的样子。",
    "没有发生的填“零报告”，与本单位无关的填“不适用”，都要写明原因；空着不等于零。",
    "佐证材料与工作簿放在一起：建一个与工作簿同名的文件夹（或名为“佐证”的文件夹），放入文件，在“佐证文件”栏写文件名。",
    "填好后保存为 .xlsx，交回质强办或放入收件文件夹。有不能接收的行，系统会退回一份写明原因的副本，照改后再交即可。",
)
"""What the sheet 填写说明 says, in numbered lines."""


def stamp(cycle: str, unit: str, sheet: str, key: str, title: str) -> str:
    """Return the check code of a row: it shows when a key was changed or a row comes from another workbook.

    It guards against slips of the hand, not against forgery: anybody can compute it.
    """
    return hashlib.sha256("\x1f".join((cycle, unit, sheet, key, fold(title))).encode()).hexdigest()[:10]
