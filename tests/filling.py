"""Filling in workbooks as units do, for tests of what comes back."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from sqlmodel import Session

from cycle.decomposition import TargetAnswer, decide_draft, file_target, send_draft
from cycle.letters import issue_letter
from cycle.obligations import open_what_is_due
from documents.unit_sheets import KEY, SHEETS
from models import Assignment, Indicator, Target
from models.columns import row_id
from models.enums import Aggregation, AssignmentRole, Frequency, QualityField, TargetForm
from tests.builders import County, add_county

JANUARY_REPORTS = date(2026, 2, 2)  # Monday, the first workday after January
BRANDS, PASS_RATE, COMPLAINTS, PUBLICITY = "1", "2", "3", "4"


def add_indicator(session: Session, county: County, number: str, name: str, **other: Any) -> Indicator:
    """An indicator of the market bureau, reported every month."""
    indicator = Indicator(**{
        "cycle_id": row_id(county.cycle), "number": number, "field": QualityField.PRODUCT, "name": name,
        "form": TargetForm.AT_LEAST, "measure": "个", "frequency": Frequency.MONTHLY, **other,
    })  # fmt: skip
    session.add(indicator)
    session.flush()
    assignment = Assignment(indicator_id=row_id(indicator), unit_id=row_id(county.market), role=AssignmentRole.LEAD)
    session.add(assignment)
    session.flush()
    value = None if indicator.form is TargetForm.QUALITATIVE else Decimal(12)
    session.add(Target(assignment_id=row_id(assignment), value=value, decided_on=county.cycle.starts))
    session.flush()
    return indicator


def add_tasks(session: Session) -> County:
    """The county, its market bureau with a cumulative figure, a ratio, a count per month and a task in words."""
    county = add_county(session)
    add_indicator(session, county, BRANDS, "新增品牌数")
    add_indicator(session, county, PASS_RATE, "抽检合格率", aggregation=Aggregation.RATIO, measure="%", decimals=1)
    add_indicator(session, county, COMPLAINTS, "投诉举报办结数", aggregation=Aggregation.FLOW, evidence_required=True)
    add_indicator(session, county, PUBLICITY, "质量月宣传", form=TargetForm.QUALITATIVE, measure="")
    return county


def add_reporting_county(session: Session) -> County:
    """The county on the first day of reporting: targets accepted, letter issued, the reports on January open."""
    county = add_tasks(session)
    day = date(2026, 1, 5)  # Monday
    send_draft(session, county.cycle, county.market, by="质强办", today=day)
    for number in (BRANDS, PASS_RATE, COMPLAINTS, PUBLICITY):
        file_target(session, county.cycle, county.market, number, TargetAnswer(), by="市场监管局联络员", today=day)
        decide_draft(session, county.cycle, county.market, number, accept=True, by="质强办", today=day)
    issue_letter(session, county.cycle, county.market, by="质强办", today=day)
    open_what_is_due(session, county.cycle, today=JANUARY_REPORTS)
    return county


def key_of(number: str, window: str = "2026-01") -> str:
    """The key of the market bureau's report on an indicator."""
    return f"report/market/{number}/{window}"


def fill(path: Path, entries: Mapping[tuple[str, str], Mapping[str, object]], save_as: Path | None = None) -> Path:
    """Fill in cells by sheet, row key and column key, save as Excel would, and return the path."""
    book = load_workbook(path)
    for (sheet, key), values in entries.items():
        for column, value in values.items():
            cell_of(book[sheet], key, column).value = value
    target = save_as or path
    target.parent.mkdir(parents=True, exist_ok=True)
    book.save(target)
    return target


def cell_of(page: Worksheet, key: str, column: str) -> Any:
    """The cell of a row, found by its hidden key, under the column with this key."""
    sheet = next(s for s in SHEETS if s.name == page.title)
    heading = sheet.column(column).heading if column != "key" else KEY.heading
    headings = next(row for row in page.iter_rows(max_row=10) if row[0].value == KEY.heading)
    place = next(c.column for c in headings if c.value == heading)
    row = next(row[0].row for row in page.iter_rows() if row[0].value == key)
    return page.cell(row, place)
