"""Importing a plan of 50,000 indicators, checks and writes included, against reading the same file with openpyxl."""

import tempfile
from datetime import date
from decimal import Decimal
from itertools import count
from pathlib import Path

import openpyxl

from bench.run import compare
from cycle.plan import import_plan
from documents.plan_workbook import load_plan
from documents.plan_writer import write_plan
from models.enums import Aggregation, Frequency, QualityField, Role, Split, TargetForm, UnitKind
from models.record import open_record
from rules.plan import (
    MILESTONES,
    Basics,
    Plan,
    PlanContact,
    PlanGrade,
    PlanIndicator,
    PlanMilestone,
    PlanRule,
    PlanUnit,
    Target,
    UnitCode,
)

ROWS, UNITS = 50_000, 40
DAY = date(2026, 1, 5)
AIM = 2.0
ROUNDS = 3


def run() -> dict[str, object]:
    """Return the comparison and the size of the file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plan.xlsx"
        write_plan(_plan(), file)
        fresh = (f"sqlite:///{folder}/record{n}.sqlite3" for n in count())
        return {
            "import_of_50000_indicators_to_openpyxl_read_only": compare(
                lambda: _import(file, next(fresh)), lambda: _read_with_openpyxl(file), aim=AIM, rounds=ROUNDS
            ),
            "indicators": ROWS,
            "cells": _read_with_openpyxl(file),
            "file_bytes": file.stat().st_size,
        }


def _read_with_openpyxl(file: Path) -> int:
    book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    return sum(len(row) for sheet in book.worksheets for row in sheet.iter_rows(values_only=True))


def _import(file: Path, url: str) -> None:
    record = open_record(url)
    read = load_plan(file)
    with record.writing() as session:
        import_plan(session, read.plan, digest=read.digest, by="bench", today=DAY)
    record.close()


def _plan() -> Plan:
    codes = [UnitCode(f"U{n:02}") for n in range(UNITS)]
    units = [
        PlanUnit(code=c, name=f"第{c}局", kind=UnitKind.DEPARTMENT, parent=UnitCode("X"), group="部门") for c in codes
    ]
    contacts = [
        PlanContact(unit=c, role=role, title=f"{c}{role.zh}", address=f"{c.lower()}.{role}@example.com")
        for c in codes
        for role in (Role.LIAISON, Role.COORDINATOR)
    ]
    dates = [date(2026, 1, 20), date(2026, 2, 6), date(2026, 7, 3), date(2026, 7, 9), date(2026, 11, 16),
            date(2026, 11, 30), date(2027, 3, 15), date(2027, 4, 15)]  # fmt: skip
    return Plan(
        basics=Basics(
            code="2026", name="大县2026年度考核", owner=UnitCode("X"), office="质强办", issuing_code="大质强办",
            starts=date(2026, 1, 1), ends=date(2026, 12, 31),
        ),
        units=(PlanUnit(code="X", name="大县", kind=UnitKind.COUNTY), *units),
        contacts=tuple(contacts),
        indicators=tuple(_indicator(n, codes) for n in range(1, ROWS + 1)),
        rules=(PlanRule(number="1", title="目标", groups=("部门",), weight=Decimal(100), kind="R4", indicator="1"),),
        milestones=tuple(
            PlanMilestone(code=code, name=name, due_on=day)
            for (code, name), day in zip(MILESTONES.items(), dates, strict=True)
        ),
        grades=(PlanGrade(name="A", lower=Decimal(90)), PlanGrade(name="D", lower=Decimal(0))),
    )  # fmt: skip


def _indicator(n: int, codes: list[UnitCode]) -> PlanIndicator:
    lead, one, two = (codes[(n + step) % UNITS] for step in range(3))
    shared = n % 10 == 0
    return PlanIndicator(
        number=str(n),
        field=QualityField.PRODUCT,
        task=f"任务{n // 10}",
        name=f"第{n}项指标的完成数",
        form=TargetForm.AT_LEAST,
        value=Target(Decimal(n)),
        measure="家",
        aggregation=Aggregation.CUMULATIVE,
        frequency=Frequency.QUARTERLY,
        lead=lead,
        cooperating=(one, two) if shared else (),
        split=Split.EQUAL if shared else Split.NONE,
        note="县级自定",
    )
