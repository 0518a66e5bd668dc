"""A small plan without problems, and ways to spoil its workbook."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from documents.plan_writer import write_plan
from models.enums import Aggregation, Frequency, QualityField, Role, Split, TargetForm, UnitKind
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

COUNTY, SJ, ZJ, TJ = UnitCode("SLX"), UnitCode("SJ"), UnitCode("ZJ"), UnitCode("TJ")
JIA, YI = UnitCode("T1"), UnitCode("T2")
DAYS = (
    date(2026, 1, 23), date(2026, 2, 6), date(2026, 7, 3), date(2026, 7, 9), date(2026, 11, 16), date(2026, 11, 30),
    date(2027, 3, 15), date(2027, 4, 15),
)  # fmt: skip

PEOPLE = ((SJ, "市监局"), (ZJ, "住建局"), (TJ, "统计局"), (JIA, "甲镇"), (YI, "乙镇"))
DEPARTMENT: dict[str, Any] = {"kind": UnitKind.DEPARTMENT, "parent": COUNTY}
Edit = Callable[[openpyxl.Workbook], None]


def number(text: str) -> Target:
    return Target(Decimal(text))


def small_plan() -> Plan:
    """Two departments and two towns, three indicators, each unit's items adding up to 100."""
    return Plan(
        basics=Basics(
            code="2026", name="示例县2026年考核", owner=COUNTY, office="示例县质强办", issuing_code="示例质强办",
            starts=date(2026, 1, 1), ends=date(2026, 12, 31), extra_workdays=(date(2026, 2, 14),),
        ),
        units=(
            PlanUnit(code="SLX", name="示例县", kind=UnitKind.COUNTY),
            PlanUnit(code="SJ", name="市监局", former=("质监局", "工商局"), **DEPARTMENT, group="部门"),
            PlanUnit(code="ZJ", name="住建局", duty="工程质量", **DEPARTMENT, group="部门"),
            PlanUnit(code="TJ", name="统计局", **DEPARTMENT),
            PlanUnit(code="T1", name="甲镇", kind=UnitKind.TOWN, parent=COUNTY, group="乡镇"),
            PlanUnit(code="T2", name="乙镇", kind=UnitKind.TOWN, parent=COUNTY, group="乡镇"),
        ),
        contacts=(
            PlanContact(unit=SJ, role=Role.COORDINATOR, title="质强办经办人", address="office@example.com"),
            *(
                PlanContact(unit=unit, role=Role.LIAISON, title=f"{name}联络员", address=f"{unit.lower()}@example.com")
                for unit, name in PEOPLE
            ),
        ),
        indicators=small_indicators(),
        rules=small_rules(),
        milestones=tuple(
            PlanMilestone(code=code, name=name, due_on=day)
            for (code, name), day in zip(MILESTONES.items(), DAYS, strict=True)
        ),
        merits=(PlanMerit(number="J1", title="市级表扬", points=Decimal(1), cap=Decimal(3)),),
        grades=tuple(PlanGrade(name=name, lower=Decimal(lower)) for name, lower in (("A", 90), ("B", 80), ("D", 0))),
    )  # fmt: skip


def small_indicators() -> tuple[PlanIndicator, ...]:
    """A ratio handed down and supplied by another unit, a number split by weights, a one-time task."""
    return (
        PlanIndicator(
            number="1", field=QualityField.PRODUCT, name="抽查合格率", form=TargetForm.AT_LEAST, value=number("95.5"),
            measure="%", decimals=2, aggregation=Aggregation.RATIO, frequency=Frequency.QUARTERLY,
            lead=SJ, cooperating=(JIA, YI), split=Split.HANDED_DOWN, supplier=TJ,
        ),
        PlanIndicator(
            number="2", field=QualityField.FOUNDATION, task="品牌", name="市名牌", form=TargetForm.AT_LEAST,
            value=number("17"), measure="只", frequency=Frequency.MONTHLY, lead=SJ, cooperating=(JIA, YI),
            split=Split.WEIGHTS, weights=((JIA, Decimal(3)), (YI, Decimal("1.5"))), evidence=True,
        ),
        PlanIndicator(
            number="3", field=QualityField.WORK, name="质量月活动", form=TargetForm.QUALITATIVE,
            frequency=Frequency.ONCE, due_on=date(2026, 9, 30), lead=ZJ, note="含启动仪式",
        ),
    )  # fmt: skip


def small_rules() -> tuple[PlanRule, ...]:
    """One item of each kind, in rows 2 to 8 of the sheet."""
    return (
        PlanRule(
            number="B1", title="合格率", units=(SJ,), weight=Decimal(60), kind="R7", indicator="1",
            params=(("计分单位", "1"), ("每单位扣分", "0.5"), ("计步方式", "按比例计")),
        ),
        PlanRule(
            number="B2", category="目标", title="市名牌", units=(SJ,), weight=Decimal(40), kind="R3", indicator="2",
            bands=(
                PlanBand(lower=Decimal(17), points=Decimal(40)),
                PlanBand(lower=Decimal(10), upper=Decimal(17), points=Decimal("20.5")),
                PlanBand(upper=Decimal(10), points=Decimal(0)),
            ),
        ),
        PlanRule(
            number="B3", title="质量月活动", units=(ZJ,), weight=Decimal(100), kind="R1", indicator="3", scorer=SJ,
            params=(("条件", "评判"),),
        ),
        PlanRule(
            number="X1", title="市名牌", groups=("乡镇",), weight=Decimal(70), kind="R4", indicator="2",
            missing=MissingTreatment.BASE, base=Decimal(35),
        ),
        PlanRule(
            number="X2", title="报送纪律", groups=("乡镇",), weight=Decimal(30), kind="R16",
            params=(("迟报每次扣分", "0.5"), ("漏报每次扣分", "2")),
        ),
    )  # fmt: skip


def spoiled(path: Path, *edits: Edit, plan: Plan | None = None) -> Path:
    """Write the small plan, change its workbook as an office program would, and return the file."""
    write_plan(plan or small_plan(), path)
    book = openpyxl.load_workbook(path)
    for edit in edits:
        edit(book)
    book.save(path)
    return path


def put(sheet: str, row: int, heading: str, value: object, shown: str = "") -> Edit:
    """Return the edit that types `value` into a cell."""

    def edit(book: openpyxl.Workbook) -> None:
        cell = book[sheet].cell(row, place(book[sheet], heading))
        cell.value = value  # type: ignore[assignment]
        if shown:
            cell.number_format = shown

    return edit


def answer(heading: str, value: object) -> Edit:
    """Return the edit that types `value` beside a heading of 基本情况."""

    def edit(book: openpyxl.Workbook) -> None:
        sheet = book["基本情况"]
        row = next(row for row in range(1, sheet.max_row + 1) if sheet.cell(row, 1).value == heading)
        sheet.cell(row, 2).value = value  # type: ignore[assignment]

    return edit


def place(sheet: Worksheet, heading: str) -> int:
    """Return the column with this heading."""
    return next(cell.column for cell in sheet[1] if cell.value == heading)
