"""The plan of a year as frozen data. Each field carries its column heading, so reader, writer and checks agree.

A reference to a unit is the unit's code. `place` says where a row stood in its sheet; it takes no part in comparing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, NamedTuple, NewType, get_type_hints

from models.enums import Aggregation, Frequency, QualityField, Role, Split, TargetForm, UnitKind
from rules.scoring import MissingTreatment

UnitCode = NewType("UnitCode", str)
Target = NewType("Target", Decimal)
"""A figure in the indicator's measure; only here a percent sign is taken, and only where the measure is %."""


class Place(NamedTuple):
    """Where a row stands, and which of its fields could not be read and hold a stand-in.

    `lines` is for 基本情况 alone, where each field has a row of its own.
    """

    row: int = 0
    flawed: frozenset[str] = frozenset()
    lines: Mapping[str, int] = {}


NOWHERE = Place()


@dataclass(frozen=True)
class Column:
    """A column of the workbook: its heading, what else offices call it, and how wide and long it may be."""

    heading: str
    synonyms: tuple[str, ...] = ()
    width: int = 12
    limit: int = 200
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of the plan workbook. A field without a default has to be filled in."""

    place: Place = field(default=NOWHERE, compare=False, repr=False)

    def reads(self, *names: str) -> bool:
        """Return whether all these fields could be read."""
        return self.place.flawed.isdisjoint(names)


@dataclass(frozen=True, kw_only=True)
class Basics(Row):
    """The cycle itself 基本情况; its fields are rows of two cells, not columns."""

    code: Annotated[str, Column("周期代码", limit=40)]
    name: Annotated[str, Column("周期名称", limit=80)]
    owner: Annotated[UnitCode, Column("考核主体", ("考核单位",))]
    office: Annotated[str, Column("办公室名称", limit=80)]
    issuing_code: Annotated[str, Column("发文代字", limit=40)]
    starts: Annotated[date, Column("起始日期", ("开始日期",))]
    ends: Annotated[date, Column("截止日期", ("结束日期",))]
    monthly_due_workdays: Annotated[int, Column("按月填报期限（工作日）", hint="月末后第几个工作日到期")] = 5
    quarterly_due_workdays: Annotated[
        int, Column("按季填报期限（工作日）", hint="季末后第几个工作日到期，半年、年度相同")
    ] = 10
    close_workdays: Annotated[int, Column("关闭（工作日）", hint="到期后第几个工作日停止填报")] = 10
    appeal_workdays: Annotated[int, Column("申诉期限（工作日）", hint="公布后第几个工作日截止")] = 5
    extra_workdays: Annotated[
        tuple[date, ...], Column("另定工作日", ("调休上班",), hint="本县另行规定要上班的休息日")
    ] = ()
    extra_days_off: Annotated[
        tuple[date, ...], Column("另定休息日", ("另行放假",), hint="本县另行规定放假的工作日")
    ] = ()
    full: Annotated[Decimal, Column("考核满分")] = Decimal(100)
    published_decimals: Annotated[int, Column("公布小数位数")] = 2
    grade_unrounded: Annotated[bool, Column("按未舍入总分定级")] = False
    bonus_cap: Annotated[Decimal | None, Column("加分合计上限")] = None

    @property
    def period(self) -> tuple[date, date] | None:
        """The first and last day of the cycle; None while they are not known or contradict each other."""
        return (self.starts, self.ends) if self.reads("starts", "ends") and self.starts <= self.ends else None


@dataclass(frozen=True, kw_only=True)
class PlanUnit(Row):
    """A unit and its place in the cycle; without a group it takes no part."""

    code: Annotated[str, Column("单位编码", ("编码", "单位代码"), limit=40)]
    name: Annotated[str, Column("单位名称", ("名称", "单位"), width=22, limit=80)]
    kind: Annotated[UnitKind, Column("类型", ("单位类型", "单位类别"))]
    parent: Annotated[UnitCode, Column("上级单位", ("上级",), width=14)] = UnitCode("")
    group: Annotated[str, Column("考核分组", ("组别", "考核组别", "分组"), limit=40)] = ""
    assessed: Annotated[bool, Column("是否考核")] = True
    former: Annotated[tuple[str, ...], Column("曾用名", ("原名称", "别名"), width=28)] = ()
    duty: Annotated[str, Column("主要职责", ("职责",), width=40, limit=400)] = ""
    ended: Annotated[date | None, Column("停用日期", hint="由“单位合并”写入，不在此处填写")] = None


@dataclass(frozen=True, kw_only=True)
class PlanContact(Row):
    """A person who acts for a unit in a role."""

    unit: Annotated[UnitCode, Column("单位", ("单位名称", "责任单位"), width=22)]
    role: Annotated[Role, Column("角色", ("身份", "类别"), width=16)]
    title: Annotated[str, Column("称谓", ("姓名", "职务", "联系人"), width=24, limit=40)]
    address: Annotated[str, Column("联系地址", ("邮箱", "电子邮箱", "通知地址"), width=36)]


@dataclass(frozen=True, kw_only=True)
class PlanIndicator(Row):
    """A row of the decomposition table 目标任务分解表."""

    number: Annotated[str, Column("序号", ("编号", "指标序号"), width=8, limit=20)]
    field: Annotated[QualityField, Column("质量领域", ("领域",))]
    task: Annotated[str, Column("目标任务", ("工作任务",), width=24)] = ""
    name: Annotated[str, Column("指标名称", ("量化目标", "指标"), width=36, limit=120)]
    form: Annotated[TargetForm, Column("目标形式", width=14)]
    value: Annotated[Target | None, Column("目标值", ("年度目标值",))] = None
    value_high: Annotated[Target | None, Column("目标上限", ("区间上限",))] = None
    margin: Annotated[Target | None, Column("幅度", ("提高幅度", "高出幅度"))] = None
    measure: Annotated[str, Column("计量单位", limit=20)] = ""
    decimals: Annotated[int, Column("小数位数", ("保留小数",))] = 0
    aggregation: Annotated[Aggregation, Column("汇总方式", ("数据口径",))] = Aggregation.CUMULATIVE
    frequency: Annotated[Frequency, Column("填报频次", ("频次", "报送频次"))]
    due_on: Annotated[date | None, Column("完成时限", ("完成时间",))] = None
    lead: Annotated[UnitCode, Column("牵头单位", ("主办单位",), width=18)]
    cooperating: Annotated[
        tuple[UnitCode, ...], Column("责任（配合）单位", ("配合单位", "责任单位", "协办单位"), width=40)
    ] = ()
    split: Annotated[Split, Column("分解方式")] = Split.NONE
    weights: Annotated[tuple[tuple[UnitCode, Decimal], ...], Column("分解权重", ("权重",), width=40)] = ()
    supplier: Annotated[UnitCode, Column("供数单位", ("数据来源单位", "数据来源"), width=18)] = UnitCode("")
    evidence: Annotated[bool, Column("需佐证", ("佐证材料",))] = False
    note: Annotated[str, Column("备注", width=30, limit=400)] = ""


@dataclass(frozen=True, kw_only=True)
class PlanBand(Row):
    """An interval of values and its points; it stands in the row of its item or in a row below it."""

    lower: Annotated[Decimal | None, Column("区间下限")] = None
    lower_included: Annotated[bool, Column("含下限")] = True
    upper: Annotated[Decimal | None, Column("区间上限")] = None
    upper_included: Annotated[bool, Column("含上限")] = False
    points: Annotated[Decimal, Column("区间得分")]


@dataclass(frozen=True, kw_only=True)
class PlanRule(Row):
    """A row of the scoring table 评分细则. `params` are the cells of the kind's own columns, heading by heading."""

    number: Annotated[str, Column("编号", ("序号", "项目编号"), width=8, limit=20)]
    category: Annotated[str, Column("一级指标", ("考核类别", "考核内容"), width=16)] = ""
    title: Annotated[str, Column("考核要点", ("二级指标", "考核项目", "评分项目"), width=40)]
    groups: Annotated[tuple[str, ...], Column("考核分组", ("适用组别", "组别"))] = ()
    units: Annotated[tuple[UnitCode, ...], Column("适用单位", width=24)] = ()
    indicator: Annotated[str, Column("指标序号", ("指标", "对应指标"))] = ""
    weight: Annotated[Decimal, Column("分值", ("权重", "基础分值"))]
    kind: Annotated[str, Column("计分方式", ("评分方法", "计分方法"))]
    scorer: Annotated[UnitCode, Column("评分单位", ("负责考核部门", "考核部门"), width=18)] = UnitCode("")
    missing: Annotated[MissingTreatment, Column("缺项处理", width=18)] = MissingTreatment.NOT_ALLOWED
    base: Annotated[Decimal | None, Column("基本分")] = None
    params: tuple[tuple[str, str], ...] = ()
    bands: tuple[PlanBand, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PlanMilestone(Row):
    """A dated node of the cycle. Known nodes may leave their code blank."""

    name: Annotated[str, Column("节点", ("节点名称", "名称"), width=24, limit=80)]
    code: Annotated[str, Column("代码", ("节点代码",), width=24, limit=40)] = ""
    due_on: Annotated[date, Column("日期", ("截止日期", "时间"), width=14)]


@dataclass(frozen=True, kw_only=True)
class PlanMerit(Row):
    """A matter outside the items that adds or, below 0, takes points each time."""

    number: Annotated[str, Column("编号", ("序号",), limit=20)]
    title: Annotated[str, Column("事项", ("加减分事项",), width=44)]
    points: Annotated[Decimal, Column("每次分值", ("分值", "加减分"), hint="减分写负数")]
    cap: Annotated[Decimal | None, Column("累计上限", ("上限",), hint="加分或减分累计不超过，写正数")] = None


@dataclass(frozen=True, kw_only=True)
class PlanGrade(Row):
    """A grade and the points from which it is given."""

    name: Annotated[str, Column("等级", ("名称",), limit=8)]
    lower: Annotated[Decimal, Column("分数线", ("最低分", "分数下限"))]


@dataclass(frozen=True)
class Plan:
    """A whole plan. `sheets` of SHEETS names the sheet of each part."""

    basics: Basics
    units: tuple[PlanUnit, ...] = ()
    contacts: tuple[PlanContact, ...] = ()
    indicators: tuple[PlanIndicator, ...] = ()
    rules: tuple[PlanRule, ...] = ()
    milestones: tuple[PlanMilestone, ...] = ()
    merits: tuple[PlanMerit, ...] = ()
    grades: tuple[PlanGrade, ...] = ()


SHEETS: Mapping[str, tuple[str, type[Row]]] = {
    "basics": ("基本情况", Basics),
    "units": ("单位", PlanUnit),
    "contacts": ("联络人", PlanContact),
    "indicators": ("目标任务分解表", PlanIndicator),
    "rules": ("评分细则", PlanRule),
    "milestones": ("节点", PlanMilestone),
    "merits": ("加减分", PlanMerit),
    "grades": ("等级", PlanGrade),
}
"""The sheets in the order of the workbook, by the field of `Plan` they fill."""

MILESTONES: Mapping[str, str] = {
    "filing_due": "备案截止",
    "letter_due": "责任书签收截止",
    "self_check_due": "半年自查截止",
    "supervision_on": "半年督查",
    "self_evaluation_open": "自评开始",
    "self_evaluation_due": "自评截止",
    "verification_due": "核定截止",
    "publish_on": "结果公布",
}
"""The nodes the program acts on, in the order of the year, and what they are called."""


def columns(kind: type[Row]) -> dict[str, Column]:
    """Return the columns of `kind` by the name of their field, in order."""
    return {name: hint.__metadata__[0] for name, hint in _hints(kind) if hasattr(hint, "__metadata__")}


def types(kind: type[Row]) -> dict[str, Any]:
    """Return the type of each column of `kind` by the name of its field."""
    return {name: hint.__origin__ for name, hint in _hints(kind) if hasattr(hint, "__metadata__")}


def _hints(kind: type[Row]) -> Iterable[tuple[str, Any]]:
    return get_type_hints(kind, include_extras=True).items()


def sheet_of(kind: type[Row]) -> str:
    """Return the sheet that the rows of `kind` stand in."""
    wanted = PlanRule if kind is PlanBand else kind
    return next(sheet for sheet, row in SHEETS.values() if row is wanted)


def assessed_units(plan: Plan) -> tuple[PlanUnit, ...]:
    """Return the units that are assessed in this cycle."""
    return tuple(u for u in plan.units if u.group and u.assessed and u.ended is None)


def units_in_use(plan: Plan) -> frozenset[str]:
    """Return the codes that something in the plan besides the list of units and contacts refers to."""
    found: set[str] = {plan.basics.owner, *(u.parent for u in plan.units)}
    for indicator in plan.indicators:
        found |= {indicator.lead, indicator.supplier, *indicator.cooperating}
    for rule in plan.rules:
        found |= {rule.scorer, *rule.units}
    return frozenset(found)
