"""Writes examples/county/plan.xlsx: a county's year 2026, its target figures taken from a published notice.

The figures and short names of the targets are the notice's; points, dates, weights of towns and contacts are ours.
Run it again after a change: python examples/county/make_plan.py
"""

# ruff: noqa: E501  the tables read like the sheets they fill: a row is a line

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from documents.plan_workbook import load_plan
from documents.plan_writer import write_plan
from models.enums import Aggregation, Frequency, QualityField, Role, Split, TargetForm, UnitKind
from rules import decompose
from rules.plan import (
    MILESTONES,
    Basics,
    Plan,
    PlanBand,
    PlanContact,
    PlanGrade,
    PlanIndicator,
    PlanMerit,
    PlanMilestone,
    PlanRule,
    PlanUnit,
    Target,
    UnitCode,
)
from rules.scoring import MissingTreatment

FILE = Path(__file__).with_name("plan.xlsx")
COUNTY, OFFICE, DEPARTMENTS_GROUP, TOWNS_GROUP = "SLX", "SCJG", "县直部门", "乡镇"

DEPARTMENTS = """
SCJG 市场监管局 质监局、工商局、食品药品监管局、质量技术监督局 质强办日常工作，产品质量、标准化与品牌
FGJ 发展和改革局 发改局、发改委 服务质量与信用体系
JXJ 经济和信息化局 经信局、经贸局、盐务局 工业企业质量提升
KJJ 科学技术局 科技局 技术创新
JYJ 教育局 - 质量知识普及与人才培养
GAJ 公安局 - 打击质量违法犯罪
SFJ 司法局 - 质量法治宣传与执法监督
CZJ 财政局 - 质量工作经费
RSJ 人力资源和社会保障局 人社局、人事局 质量人才队伍
STHJ 生态环境局 环保局、环境保护局 环境质量
ZJJ 住房和城乡建设局 建设局、住建局 工程质量
JTJ 交通运输局 交通局 交通工程与运输服务质量
SLJ 水利局 - 水利工程质量
NYJ 农业农村局 农业局 农产品质量安全
SWJ 商务局 外经贸局 商贸服务与出口质量
WLJ 文化和广电旅游体育局 旅游局、文化局 旅游服务质量
WJJ 卫生健康局 卫生局 医疗卫生服务质量
YJJ 应急管理局 安监局 安全生产与质量安全应急
TJJ 统计局 - 质量统计
XCB 宣传部 - 质量宣传
YCJ 烟草专卖局 烟草局 烟草市场监管
KX 科学技术协会 科协 科技服务
XBW 消费者权益保护委员会 消费者协会、消保委 消费维权
"""
TOWNS = "东溪镇 西溪镇 南坪镇 北坪镇 上洋镇 下洋镇 双桥镇 石门镇 青山乡 白云乡 长岭乡 小坑乡"
DUTIES = """
JYJ 质量知识普及教育
GAJ 质量违法犯罪打击协作
SFJ 质量法治宣传
CZJ 质量工作经费保障
RSJ 质量人才培养
WJJ 医疗卫生服务质量改进
YJJ 质量安全应急处置
XCB 质量工作宣传报道
YCJ 烟草市场质量监管
KX 科技咨询服务
XBW 消费维权服务
SLJ 水利工程质量监管
JTJ 交通工程质量监管
"""

AT_LEAST, ZERO, EXISTS, QUALITATIVE = TargetForm.AT_LEAST, TargetForm.ZERO, TargetForm.EXISTS, TargetForm.QUALITATIVE
FLOW, CUMULATIVE, STOCK, RATIO = Aggregation
MONTHLY, QUARTERLY, HALF_YEARLY, YEARLY, ONCE = Frequency
PRODUCT, ENGINEERING, SERVICE, ENVIRONMENT, ECONOMY, FOUNDATION, WORK = QualityField

departments = [line.split() for line in DEPARTMENTS.split("\n") if line]
towns = {name: UnitCode(f"T{number:02}") for number, name in enumerate(TOWNS.split(), start=1)}
codes = [UnitCode(code) for code, *_ in departments]
all_towns = tuple(towns.values())
duties = dict(line.split() for line in DUTIES.split("\n") if line)


def shares(text: str) -> dict[UnitCode, Decimal]:
    """Return the weights of `东溪镇3 西溪镇2`."""
    return {towns[part.rstrip("0123456789")]: Decimal(part.lstrip("".join(towns))) for part in text.split()}


TOURISM = shares("东溪镇12 西溪镇10 南坪镇8 北坪镇6 双桥镇5 石门镇4 青山乡3 白云乡2")
FARMING = shares("上洋镇1 下洋镇1 青山乡1 白云乡1 长岭乡1")
FAMOUS = shares("东溪镇2 西溪镇1 南坪镇1 上洋镇1 双桥镇1 石门镇1")

# key, field, task, name, value, measure, aggregation, frequency, lead, cooperating, supplier, clause of the notice
NUMERIC = (
    ("certified", PRODUCT, "产品质量", "主导产业规上企业质量、环境管理体系认证比例", "50", "%", RATIO, QUARTERLY, "SCJG", "JXJ", "", "二（一）"),
    ("sampled", PRODUCT, "产品质量", "主导产业产品监督抽查合格率", "95", "%", RATIO, QUARTERLY, "SCJG", "JXJ", "", "二（一）"),
    ("rectified", PRODUCT, "产品质量", "抽查不合格企业整改率", "100", "%", RATIO, QUARTERLY, "SCJG", "", "", "二（一）"),
    ("licensed", PRODUCT, "产品质量", "许可证管理产品获证率", "100", "%", RATIO, HALF_YEARLY, "SCJG", "", "", "二（一）"),
    ("food", PRODUCT, "产品质量", "食品监督抽查合格率", "95", "%", RATIO, QUARTERLY, "SCJG", all_towns, "SCJG", "二（一）"),
    ("drugs", PRODUCT, "产品质量", "药品质量抽查合格率", "95", "%", RATIO, QUARTERLY, "SCJG", "WJJ", "", "二（一）"),
    ("adopted", PRODUCT, "产品质量", "规上企业采用国际或国外先进标准比率", "85", "%", RATIO, HALF_YEARLY, "JXJ", "SCJG", "SCJG", "二（一）"),
    ("builders", ENGINEERING, "工程质量", "建筑业企业通过三体系认证", "15", "家", STOCK, QUARTERLY, "ZJJ", "", "", "二（二）"),
    ("works", ENGINEERING, "工程质量", "省级优质工程", "2", "项", CUMULATIVE, HALF_YEARLY, "ZJJ", "", "", "二（二）"),
    ("accepted", ENGINEERING, "工程质量", "工程建设项目交验合格率", "100", "%", RATIO, QUARTERLY, "ZJJ", ("JTJ", "SLJ"), "", "二（二）"),
    ("energy", ENGINEERING, "工程质量", "新建民用建筑节能达标率", "100", "%", RATIO, QUARTERLY, "ZJJ", "", "", "二（二）"),
    ("tertiary", SERVICE, "服务质量", "第三产业增加值占GDP比重", "40", "%", RATIO, QUARTERLY, "FGJ", "SWJ", "TJJ", "二（三）"),
    ("tourists", SERVICE, "服务质量", "旅游接待人次", "500", "万人次", CUMULATIVE, MONTHLY, "WLJ", TOURISM, "", "二（三）"),
    ("spending", SERVICE, "服务质量", "旅游人均消费", "500", "元", STOCK, QUARTERLY, "WLJ", "", "TJJ", "二（三）"),
    ("income", SERVICE, "服务质量", "旅游总收入", "25", "亿元", CUMULATIVE, QUARTERLY, "WLJ", "", "TJJ", "二（三）"),
    ("scenic", SERVICE, "服务质量", "国家4A级旅游景区", "3", "个", STOCK, HALF_YEARLY, "WLJ", "", "", "二（三）"),
    ("hotels", SERVICE, "服务质量", "五星级旅游饭店", "1", "家", STOCK, HALF_YEARLY, "WLJ", "", "", "二（三）"),
    ("wastewater", ENVIRONMENT, "环境质量", "重点污染源工业废水处理率", "100", "%", RATIO, MONTHLY, "STHJ", "", "", "二（四）"),
    ("air", ENVIRONMENT, "环境质量", "空气质量优良天数比例", "90", "%", RATIO, MONTHLY, "STHJ", "", "", "二（四）"),
    ("projects", ECONOMY, "技术创新", "重大科技专项", "8", "个", CUMULATIVE, QUARTERLY, "KJJ", "JXJ", "", "三（一）"),
    ("innovators", ECONOMY, "技术创新", "培育创新型企业", "4", "家", CUMULATIVE, HALF_YEARLY, "KJJ", "JXJ", "", "三（一）"),
    ("national", FOUNDATION, "标准化", "参与制修订国家、行业标准", "2", "项", CUMULATIVE, HALF_YEARLY, "SCJG", "JXJ", "", "三（二）"),
    ("local", FOUNDATION, "标准化", "参与制修订地方标准", "5", "个", CUMULATIVE, HALF_YEARLY, "SCJG", "NYJ", "", "三（二）"),
    ("conduct", FOUNDATION, "标准化", "标准化良好行为确认企业", "4", "家", CUMULATIVE, HALF_YEARLY, "SCJG", "JXJ", "", "三（二）"),
    ("standard", FOUNDATION, "标准化", "标准创新型企业", "1", "家", CUMULATIVE, HALF_YEARLY, "SCJG", "KJJ", "", "三（二）"),
    ("pilots", FOUNDATION, "标准化", "服务业标准化试点项目", "1", "个", CUMULATIVE, HALF_YEARLY, "FGJ", "SCJG", "", "三（二）"),
    ("farming", FOUNDATION, "标准化", "省、市农业标准化项目", "5", "个", CUMULATIVE, HALF_YEARLY, "NYJ", FARMING, "", "三（二）"),
    ("brands", FOUNDATION, "品牌", "市名牌（商标）", "17", "只", CUMULATIVE, QUARTERLY, "SCJG", all_towns, "", "三（三）"),
    ("famous", FOUNDATION, "品牌", "省名牌（商标）", "7", "只", CUMULATIVE, HALF_YEARLY, "SCJG", FAMOUS, "", "三（三）"),
    ("wellknown", FOUNDATION, "品牌", "驰名商标", "1", "只", CUMULATIVE, HALF_YEARLY, "SCJG", "", "", "三（三）"),
    ("training", WORK, "质量培训", "质量培训次数", "2", "次", CUMULATIVE, HALF_YEARLY, "SCJG", (*codes[1:], *all_towns), "", ""),
)  # fmt: skip

# key, field, task, name, form, measure, frequency, day, lead, cooperating, clause of the notice
OTHER = (
    ("average", PRODUCT, "产品质量", "一般产品国家监督抽查合格率", TargetForm.ABOVE_AVERAGE, "%", YEARLY, None, "SCJG", "", "二（一）"),
    ("regional", PRODUCT, "产品质量", "区域性质量问题", ZERO, "起", MONTHLY, None, "SCJG", all_towns, "二（一）"),
    ("produce", PRODUCT, "产品质量", "主要农产品质量安全达到国家标准", QUALITATIVE, "", HALF_YEARLY, None, "NYJ", "", "二（一）"),
    ("model", PRODUCT, "产品质量", "农业标准化示范项目", EXISTS, "个", HALF_YEARLY, None, "NYJ", "", "二（一）"),
    ("green", ENGINEERING, "工程质量", "新建住宅绿色低碳化", QUALITATIVE, "", HALF_YEARLY, None, "ZJJ", "", "二（二）"),
    ("emission", ENVIRONMENT, "环境质量", "工业污染源达标排放", QUALITATIVE, "", HALF_YEARLY, None, "STHJ", "", "二（四）"),
    ("reduction", ENVIRONMENT, "环境质量", "主要污染物减排任务", QUALITATIVE, "", YEARLY, None, "STHJ", "", "二（四）"),
    ("water", ENVIRONMENT, "环境质量", "地表水达到Ⅲ类标准", QUALITATIVE, "", QUARTERLY, None, "STHJ", "SLJ", "二（四）"),
    ("noise", ENVIRONMENT, "环境质量", "城区环境噪声达到功能区要求", QUALITATIVE, "", YEARLY, None, "STHJ", "", "二（四）"),
    ("warning", FOUNDATION, "标准化", "出口企业预警信息推送服务", EXISTS, "项", HALF_YEARLY, None, "SWJ", "SCJG", "三（二）"),
    ("platform", FOUNDATION, "技术支撑", "公共检测服务平台", EXISTS, "个", HALF_YEARLY, None, "SCJG", "KJJ", "三（五）"),
    ("scope", FOUNDATION, "质量统计", "重要质量指标纳入统计范围", QUALITATIVE, "", HALF_YEARLY, None, "TJJ", "SCJG", "四"),
    ("index", FOUNDATION, "质量统计", "质量指标评价体系", EXISTS, "套", HALF_YEARLY, None, "TJJ", "SCJG", "四"),
    ("bodies", WORK, "组织领导", "乡镇质量工作机构和实施意见", QUALITATIVE, "", ONCE, date(2026, 4, 30), "SCJG", all_towns, "五（一）"),
    ("consumer", WORK, "群众性质量活动", "3·15 活动", QUALITATIVE, "", ONCE, date(2026, 3, 31), "XBW", ("SCJG", "XCB", "GAJ", *all_towns), "五（四）"),
    ("month", WORK, "群众性质量活动", "质量月活动", QUALITATIVE, "", ONCE, date(2026, 9, 30), "SCJG", (*codes[1:], *all_towns), "五（四）"),
    ("report", WORK, "年度报告", "年度质量工作报告", QUALITATIVE, "", ONCE, date(2026, 12, 18), "SCJG", (*codes[1:], *all_towns), ""),
)  # fmt: skip
HANDED_DOWN = {"food", "accepted", "training", "regional", "bodies", "consumer", "month", "report"}
EQUAL = {"brands"}

COMPLETION, BANDS, JUDGED = "R4", "R3", ("R1", {"条件": "评判"})
REACHED = ("R1", {"条件": "达标"})


def short(each: str, unit: str = "1") -> tuple[str, dict[str, str]]:
    """Return the rule that takes `each` points for every `unit` short of the target, parts counted in proportion."""
    return "R7", {"计分单位": unit, "每单位扣分": each, "计步方式": "按比例计"}


# unit: (indicator, points, rule); a department's own items make 75, the common ones 25
OWN = {
    "SCJG": (("certified", 6, short("0.5")), ("sampled", 8, short("1")), ("average", 5, REACHED), ("rectified", 6, short("0.5")), ("regional", 8, ("R1", {"条件": "未发生"})), ("licensed", 4, short("0.5")), ("food", 8, short("1")), ("drugs", 6, short("1")), ("national", 4, COMPLETION), ("local", 4, COMPLETION), ("conduct", 3, COMPLETION), ("standard", 3, COMPLETION), ("brands", 5, COMPLETION), ("famous", 2, COMPLETION), ("wellknown", 2, REACHED), ("platform", 1, REACHED)),
    "FGJ": (("tertiary", 40, short("4")), ("pilots", 20, COMPLETION), ("", 15, JUDGED)),
    "JXJ": (("adopted", 45, short("2")), ("", 30, JUDGED)),
    "KJJ": (("projects", 40, COMPLETION), ("innovators", 35, COMPLETION)),
    "STHJ": (("wastewater", 25, short("2")), ("air", 25, short("2")), ("", 25, JUDGED)),
    "ZJJ": (("builders", 15, COMPLETION), ("works", 15, COMPLETION), ("accepted", 20, short("2")), ("energy", 15, short("2")), ("", 10, JUDGED)),
    "NYJ": (("farming", 30, COMPLETION), ("model", 20, REACHED), ("", 25, JUDGED)),
    "SWJ": (("warning", 35, REACHED), ("", 40, JUDGED)),
    "WLJ": (("tourists", 25, (BANDS, {"500": 25, "450": 20, "400": 12, "": 0})), ("spending", 10, COMPLETION), ("income", 20, COMPLETION), ("scenic", 10, COMPLETION), ("hotels", 10, REACHED)),
    "TJJ": (("index", 35, REACHED), ("", 40, JUDGED)),
    "JTJ": (("accepted", 35, short("2")), ("", 40, JUDGED)),
    "SLJ": (("accepted", 35, short("2")), ("", 40, JUDGED)),
}  # fmt: skip
DUTY_PARTS = ("年度任务落实", "重点环节监管", "工作机制建立", "问题整改")
"""What a department's duties are judged by, in parts of at most ten points: one missed matter must not cost a year."""
DUTY_ONLY = tuple(code for code in codes if code not in OWN)
LATE_REPORTS = ("R16", {"迟报每次扣分": "0.5", "漏报每次扣分": "2", "退回每次扣分": "0.5", "空报每次扣分": "1"})
TRAINED = ("R8", {"每次扣分": "2.5", "应有次数": "2"})

# category, title, units, indicator, points, rule, scorer
COMMON = (
    ("基础工作", "报送纪律", None, "", 10, LATE_REPORTS, ""),
    ("基础工作", "质量培训", None, "training", 5, TRAINED, ""),
    ("群众活动", "质量月活动", codes[1:], "month", 5, JUDGED, "SCJG"),
    ("群众活动", "质量月活动", codes[:1], "month", 5, JUDGED, "XCB"),
    ("基础工作", "年度质量工作报告", codes[1:], "report", 5, JUDGED, "SCJG"),
    ("基础工作", "年度质量工作报告", codes[:1], "report", 5, JUDGED, "FGJ"),
    ("履行职责", "上半年职责落实", DUTY_ONLY, "", 8, JUDGED, "SCJG"),
    ("履行职责", "下半年职责落实", DUTY_ONLY, "", 8, JUDGED, "SCJG"),
    ("履行职责", "部门协作配合", DUTY_ONLY, "", 8, JUDGED, "FGJ"),
    ("履行职责", "职责工作成效", DUTY_ONLY, "", 7, JUDGED, "SCJG"),
    ("履行职责", "重点环节质量安全监管", DUTY_ONLY, "", 8, JUDGED, "SCJG"),
    ("履行职责", "专项整治配合", DUTY_ONLY, "", 7, JUDGED, "SCJG"),
    ("履行职责", "工作机制建立", DUTY_ONLY, "", 6, JUDGED, "SCJG"),
    ("履行职责", "质量宣传引导", DUTY_ONLY, "", 6, JUDGED, "SCJG"),
    ("履行职责", "质量帮扶服务", DUTY_ONLY, "", 6, JUDGED, "FGJ"),
    ("履行职责", "问题整改", DUTY_ONLY, "", 6, JUDGED, "SCJG"),
    ("履行职责", "质量信息交流", DUTY_ONLY, "", 5, JUDGED, "SCJG"),
)

# title, indicator, points, rule, scorer, what happens where the item does not fit, base mark
TOWN_ITEMS = (
    ("报送纪律", "", 10, LATE_REPORTS, "", MissingTreatment.NOT_ALLOWED, None),
    ("区域性质量问题", "regional", 15, ("R1", {"条件": "未发生"}), "", MissingTreatment.NOT_ALLOWED, None),
    ("食品监督抽查合格率", "food", 12, short("1"), "", MissingTreatment.GROUP_AVERAGE, None),
    ("市名牌（商标）", "brands", 10, COMPLETION, "", MissingTreatment.NOT_ALLOWED, None),
    ("省名牌（商标）", "famous", 5, COMPLETION, "", MissingTreatment.BASE, Decimal(3)),
    ("农业标准化项目", "farming", 8, COMPLETION, "", MissingTreatment.GROUP_AVERAGE, None),
    ("旅游接待人次", "tourists", 10, COMPLETION, "", MissingTreatment.LEFT_OUT, None),
    ("质量培训", "training", 6, ("R8", {"每次扣分": "3", "应有次数": "2"}), "", MissingTreatment.NOT_ALLOWED, None),
    ("质量工作机构和实施意见", "bodies", 8, JUDGED, "SCJG", MissingTreatment.NOT_ALLOWED, None),
    ("质量月活动", "month", 6, JUDGED, "XCB", MissingTreatment.NOT_ALLOWED, None),
    ("3·15 活动", "consumer", 5, JUDGED, "XBW", MissingTreatment.NOT_ALLOWED, None),
    ("年度质量工作报告", "report", 5, JUDGED, "TJJ", MissingTreatment.FULL, None),
)

DAYS = {
    "filing_due": date(2026, 1, 23), "letter_due": date(2026, 2, 6), "self_check_due": date(2026, 7, 3),
    "supervision_on": date(2026, 7, 9), "self_evaluation_open": date(2026, 11, 16),
    "self_evaluation_due": date(2026, 11, 30), "verification_due": date(2027, 3, 15), "publish_on": date(2027, 4, 15),
}  # fmt: skip
MERITS = (
    ("J1", "受到市级以上通报表扬", "1", "3"),
    ("J2", "承担省级以上质量工作试点", "1", "2"),
    ("J3", "辖区或行业企业获县政府质量奖", "0.5", "2"),
    ("K1", "因质量问题被上级约谈", "-2", "6"),
    ("K2", "质量问题被曝光且查实", "-1", "3"),
)
GRADES = {"A": 90, "B": 80, "C": 60, "D": 0}
TITLES = {Role.LIAISON: "liaison", Role.DEPUTY: "deputy", Role.HEAD: "head"}


def units() -> list[PlanUnit]:
    """Return the county with its parent city, its departments and its towns."""
    found = [
        PlanUnit(code="SLS", name="示例市", kind=UnitKind.CITY),
        PlanUnit(code=COUNTY, name="示例县", kind=UnitKind.COUNTY, parent=UnitCode("SLS")),
    ]
    for code, name, former, duty in departments:
        found.append(PlanUnit(
            code=code, name=name, kind=UnitKind.DEPARTMENT, parent=UnitCode(COUNTY), group=DEPARTMENTS_GROUP, duty=duty,
            former=tuple(f for f in former.split("、") if f != "-"),
        ))  # fmt: skip
    for name, code in towns.items():
        found.append(
            PlanUnit(
                code=code,
                name=name,
                kind=UnitKind.TOWN,
                parent=UnitCode(COUNTY),
                group=TOWNS_GROUP,
                duty="辖区质量工作",
            )
        )
    return found


def contacts(of: list[PlanUnit]) -> list[PlanContact]:
    """Return a liaison officer, a deputy and a head for each assessed unit, and the office's clerk."""
    found = [
        PlanContact(
            unit=UnitCode(OFFICE), role=Role.COORDINATOR, title=Role.COORDINATOR.zh, address="office@example.com"
        )
    ]
    for unit in (u for u in of if u.group):
        for role, mailbox in TITLES.items():
            address = f"{unit.code.lower()}.{mailbox}@example.com"
            found.append(PlanContact(unit=UnitCode(unit.code), role=role, title=unit.name + role.zh, address=address))
    return found


def indicators() -> dict[str, PlanIndicator]:
    """Return the rows of the decomposition table by their key in this script, numbered in order."""
    found: dict[str, PlanIndicator] = {}
    for key, field, task, name, value, measure, aggregation, frequency, lead, with_, supplier, clause in NUMERIC:
        found[key] = PlanIndicator(
            number=str(len(found) + 1), field=field, task=task, name=name, form=AT_LEAST, value=Target(Decimal(value)),
            measure=measure, decimals=2 if measure in ("%", "亿元", "万人次") else 0, aggregation=aggregation,
            frequency=frequency, lead=UnitCode(lead), cooperating=several(with_), split=split(key, with_),
            weights=tuple(with_.items()) if isinstance(with_, dict) else (), supplier=UnitCode(supplier),
            evidence=aggregation is CUMULATIVE, note=source(clause),
        )  # fmt: skip
    for key, field, task, name, form, measure, frequency, day, lead, others, clause in OTHER:
        found[key] = PlanIndicator(
            number=str(len(found) + 1), field=field, task=task, name=name, form=form, measure=measure,
            aggregation=RATIO if form is TargetForm.ABOVE_AVERAGE else FLOW if form is ZERO else CUMULATIVE,
            decimals=2 if measure == "%" else 0, frequency=frequency, due_on=day, lead=UnitCode(lead),
            cooperating=several(others), split=split(key, others), note=source(clause),
        )  # fmt: skip
    for code, name in duties.items():
        found[code] = PlanIndicator(
            number=str(len(found) + 1), field=WORK, task="部门职责", name=name, form=QUALITATIVE, frequency=HALF_YEARLY,
            lead=UnitCode(code), note=source("四"),
        )  # fmt: skip
    return found


def several(units: Any) -> tuple[UnitCode, ...]:
    """Return the cooperating units, however they are listed above."""
    return (UnitCode(units),) if isinstance(units, str) and units else tuple(units or ())


def split(key: str, units: object) -> Split:
    """Return how the county's figure reaches the cooperating units."""
    if isinstance(units, dict):
        return Split.WEIGHTS
    return Split.EQUAL if key in EQUAL else Split.HANDED_DOWN if key in HANDED_DOWN else Split.NONE


def source(clause: str) -> str:
    """Return where the row comes from."""
    return f"通知{clause}" if clause else "县级自定"


def rules(rows: dict[str, PlanIndicator]) -> list[PlanRule]:
    """Return the items: common to departments, of each department, and of all towns."""
    numbers = {"": "", **{key: row.number for key, row in rows.items()}}
    found = [
        PlanRule(
            number=f"G{n}", category=category, title=title, units=tuple(units or ()), groups=() if units else (DEPARTMENTS_GROUP,),
            indicator=numbers[key], scorer=UnitCode(scorer), **scored(points, rule),
        )
        for n, (category, title, units, key, points, rule, scorer) in enumerate(COMMON, start=1)
    ]  # fmt: skip
    found += [
        PlanRule(
            number=f"{code}{n}", category="目标任务", title=rows[key].name if key in rows else key, units=(UnitCode(code),),
            indicator=numbers.get(key, ""), scorer=UnitCode("" if key in rows else OFFICE), **scored(points, rule),
        )
        for code, items in OWN.items()
        for n, (key, points, rule) in enumerate(in_parts(items), start=1)
    ]  # fmt: skip
    found += [
        PlanRule(
            number=f"X{n}", category="乡镇考核", title=title, groups=(TOWNS_GROUP,), indicator=numbers[key],
            scorer=UnitCode(scorer), missing=missing, base=base, **scored(points, rule),
        )
        for n, (title, key, points, rule, scorer, missing, base) in enumerate(TOWN_ITEMS, start=1)
    ]  # fmt: skip
    return found


def in_parts(items: Iterable[tuple[str, int, object]]) -> Iterator[tuple[str, int, object]]:
    """Return a department's items with its judged duties in parts, each under a title of its own."""
    for key, points, rule in items:
        if key:
            yield key, points, rule
            continue
        titles = DUTY_PARTS[: -(-points // 10)]
        for title, part in zip(titles, decompose.split(Decimal(points), [Decimal(1)] * len(titles), 0), strict=True):
            yield title, int(part), rule


def scored(points: int, rule: object) -> dict[str, Any]:
    """Return the cells that say how an item is scored; a rule is its kind, with parameters or bands where it has them."""
    kind, given = rule if isinstance(rule, tuple) else (rule, {})
    if kind == BANDS:
        return {"weight": Decimal(points), "kind": kind, "bands": bands(given)}
    return {"weight": Decimal(points), "kind": kind, "params": tuple(given.items())}


def bands(points: dict[str, int]) -> tuple[PlanBand, ...]:
    """Return the intervals of `from: points`, the highest first; each ends where the one above it begins."""
    ends = [None, *(Decimal(low) for low in points if low)]
    return tuple(
        PlanBand(lower=Decimal(low) if low else None, upper=high, points=Decimal(given))
        for (low, given), high in zip(points.items(), ends, strict=True)
    )


def plan() -> Plan:
    """Return the whole plan."""
    of, rows = units(), indicators()
    return Plan(
        basics=Basics(
            code="2026", name="示例县2026年度质量强县目标考核", owner=UnitCode(COUNTY), office="示例县质量强县工作领导小组办公室",
            issuing_code="示例质强办", starts=date(2026, 1, 1), ends=date(2026, 12, 31), bonus_cap=Decimal(5),
        ),
        units=tuple(of),
        contacts=tuple(contacts(of)),
        indicators=tuple(rows.values()),
        rules=tuple(rules(rows)),
        milestones=tuple(PlanMilestone(code=code, name=MILESTONES[code], due_on=day) for code, day in DAYS.items()),
        merits=tuple(PlanMerit(number=n, title=t, points=Decimal(p), cap=Decimal(cap)) for n, t, p, cap in MERITS),
        grades=tuple(PlanGrade(name=name, lower=Decimal(lower)) for name, lower in GRADES.items()),
    )  # fmt: skip


if __name__ == "__main__":
    write_plan(plan(), FILE)
    load_plan(FILE)
    print(f"已写出 {FILE}")
