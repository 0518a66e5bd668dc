"""What happens in the year of 示例县, as data. What is not told here the units decide by themselves (behaviour).

Units are named by their code, targets by their number in the plan; an event whose unit has no part in the plan falls
out of the story.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from models.enums import IncidentLevel, ReferenceStatus, Role

IMPORTED_ON = date(2026, 1, 5)
"""The day on which the office imports the plan; the first workday after New Year's holiday."""


class Objection(NamedTuple):
    """A unit does not agree with a draft target, and the office sees it likewise."""

    unit: str
    indicator: str
    reason: str
    proposed: Decimal
    answer: str


class NewPerson(NamedTuple):
    """Somebody else acts for a unit: stated with its filing in the workbook, or entered by the office on a day."""

    unit: str
    role: Role
    title: str
    address: str
    day: date | None = None


class Slip(NamedTuple):
    """A figure that is typed wrongly the first time: a ratio with its parts swapped, any other ten times too large."""

    unit: str
    indicator: str
    window: str


class Correction(NamedTuple):
    """A unit finds a mistake in a figure accepted long ago and reports what share of it was right."""

    unit: str
    indicator: str
    window: str
    day: date
    share: Fraction
    reason: str

    @property
    def key(self) -> str:
        """Return under which key the report is owed."""
        return f"report/{self.unit}/{self.indicator}/{self.window}"


class Extension(NamedTuple):
    """A unit asks, `before` workdays ahead of the due date, for `longer` workdays more."""

    unit: str
    indicator: str
    window: str
    before: int
    longer: int
    reason: str
    answer: str

    @property
    def key(self) -> str:
        """Return under which key the report is owed."""
        return f"report/{self.unit}/{self.indicator}/{self.window}"


class Lag(NamedTuple):
    """A unit falls behind with one target until a day, and then catches up."""

    unit: str
    indicator: str
    until: date
    pace: Fraction


class Adjustment(NamedTuple):
    """A decided target is changed in mid-year."""

    unit: str
    indicator: str
    day: date
    value: Decimal
    reason: str


class Merger(NamedTuple):
    """A unit goes up in another."""

    ended: str
    into: str
    day: date
    reason: str


class Happening(NamedTuple):
    """An incident is put on record; it shows in the unit's own figure of that window."""

    unit: str
    occurred_on: date
    day: date
    level: IncidentLevel
    title: str
    basis: str
    indicator: str = ""
    window: str = ""


class Matter(NamedTuple):
    """A matter that adds or takes points is put on record."""

    unit: str
    number: str
    day: date
    title: str
    basis: str


class Outside(NamedTuple):
    """A value from outside becomes known."""

    indicator: str
    day: date
    value: Decimal
    status: ReferenceStatus
    source: str


class Stray(NamedTuple):
    """A file that is no workbook lands in the inbox."""

    unit: str
    day: date
    name: str
    content: bytes


class Protest(NamedTuple):
    """A unit appeals against the points of one item, and the leading group decides."""

    unit: str
    item: str
    ground: str
    upheld: bool
    decision: str


class Story(NamedTuple):
    """The whole year. `timing` says how many workdays after the due date a unit files for a window; None is never,
    and `blank` names the windows for which it first hands in a workbook with nothing filled in. `verdicts` gives the
    reason why a unit does not meet a judged item; what was filed on the days of `slow_reviews` is reviewed late; the
    targets `by_day` are shares of days."""

    objections: tuple[Objection, ...] = ()
    people: tuple[NewPerson, ...] = ()
    timing: Mapping[tuple[str, str], int | None] = {}
    blank: tuple[tuple[str, str], ...] = ()
    slips: tuple[Slip, ...] = ()
    corrections: tuple[Correction, ...] = ()
    extensions: tuple[Extension, ...] = ()
    lags: tuple[Lag, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    mergers: tuple[Merger, ...] = ()
    happenings: tuple[Happening, ...] = ()
    matters: tuple[Matter, ...] = ()
    outside: tuple[Outside, ...] = ()
    strays: tuple[Stray, ...] = ()
    verdicts: Mapping[tuple[str, str], str] = {}
    protests: tuple[Protest, ...] = ()
    slow_reviews: tuple[date, ...] = ()
    by_day: tuple[str, ...] = ()


OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
"""How a file of the format before .xlsx begins."""

COUNTY = Story(
    objections=(
        Objection(
            "T10", "13", "景区道路改造，3月至8月停止接待，全年接待能力下降约一成", Decimal(18),
            "经核实，景区道路改造属实，同意调整为18万人次",
        ),
    ),
    people=(
        NewPerson("T04", Role.LIAISON, "北坪镇经济发展办负责人", "t04.economy@example.com"),
        NewPerson("JXJ", Role.LIAISON, "企业服务科负责人", "jxj.service@example.com", date(2026, 8, 17)),
    ),
    timing={("T09", "2026-03"): 3, ("T12", "2026-04"): None, ("T11", "2026-02"): 2, ("T08", "2026-10"): 6},
    blank=(("T11", "2026-02"),),
    slips=(Slip("STHJ", "19", "2026-03"), Slip("T03", "13", "2026-05")),
    corrections=(
        Correction(
            "T01", "13", "2026-03", date(2026, 5, 20), Fraction(9, 10), "三月份将过境团队重复计入，经核对票务数据后核减"
        ),
    ),
    extensions=(
        Extension(
            "ZJJ", "8", "2026Q2", 3, 5, "两家企业体系认证年审结果须待认证机构七月中旬出具",
            "认证年审周期确有影响，同意延期",
        ),
    ),
    lags=(Lag("KJJ", "20", date(2026, 7, 1), Fraction(2, 5)),),
    adjustments=(
        Adjustment("T08", "13", date(2026, 8, 6), Decimal(34), "七月洪涝灾害致景区闭园四十日，经领导小组同意调减"),
    ),
    mergers=(Merger("T12", "T11", date(2026, 7, 1), "行政区划调整，撤销小坑乡，并入长岭乡"),),
    happenings=(
        Happening(
            "T02", date(2026, 10, 14), date(2026, 10, 16), IncidentLevel.SYSTEMIC, "辖区豆制品加工点系统性质量安全事件",
            "县市场监管局调查报告", "33", "2026-10",
        ),
        Happening(
            "JTJ", date(2026, 9, 8), date(2026, 9, 10), IncidentLevel.GENERAL, "县道路面工程局部质量缺陷",
            "县交通工程质量抽查记录",
        ),
    ),
    matters=(
        Matter("NYJ", "J1", date(2026, 9, 21), "农产品质量安全监管工作受市级通报表扬", "市政府办公室通报"),
        Matter("T01", "J3", date(2026, 11, 5), "辖区企业获县政府质量奖", "县政府表彰决定"),
        Matter("KJJ", "J2", date(2026, 6, 11), "承担省级技术创新服务试点", "省科技厅批复"),
        Matter("T03", "K2", date(2026, 10, 28), "农贸市场计量问题被媒体曝光并查实", "县市场监管局核查报告"),
    ),
    outside=(
        Outside("32", date(2026, 7, 6), Decimal("95.20"), ReferenceStatus.PROVISIONAL, "上年度全省平均水平，暂用"),
        Outside("32", date(2027, 2, 25), Decimal("95.60"), ReferenceStatus.FINAL, "省市场监管局年度通报"),
    ),
    strays=(Stray("T07", date(2026, 4, 9), "双桥镇三月报表.xls", OLD_EXCEL),),
    verdicts={
        ("T05", "X9"): "未见乡镇质量工作实施意见正式文件",
        ("YCJ", "G9"): "两次联席会议未派员参加",
    },
    protests=(
        Protest(
            "T05", "X9", "实施意见已于四月印发，因文件归档科室变动未及时报送，现补充原件，请予复核", True,
            "经核对发文登记，实施意见印发时间属实，恢复该项得分",
        ),
        Protest(
            "YCJ", "G9", "缺席会议系与专项检查冲突，已书面说明，请求恢复得分", False,
            "未按规定履行请假手续，维持原核定分",
        ),
    ),
    slow_reviews=(date(2026, 9, 3),),
    by_day=("19",),
)  # fmt: skip
"""示例县 in 2026."""
