"""What goes into a unit's workbook 报送工作簿: one row per thing asked, as frozen facts.

The fields of a row bear the keys of the fixed columns of its sheet (unit_sheets). `closed` are the keys of asked
columns that do not apply to the row, `decimals` how its figures are shown.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple


class ReportRow(NamedTuple):
    """One thing owed in figures or words; `closed` are the keys of asked columns that do not apply to it."""

    key: str
    number: str
    title: str
    period: str
    assessed: str
    due_on: date
    standing: str
    target: str
    measure: str
    before: Decimal | str | None
    basis: str
    decimals: int = 0
    closed: tuple[str, ...] = ()


class FilingRow(NamedTuple):
    """One draft target to be filed or objected to."""

    key: str
    title: str
    target: str
    measure: str
    due_on: date
    standing: str
    decimals: int = 0
    closed: tuple[str, ...] = ()


class ContactRow(NamedTuple):
    """Who acts for the unit in one role, as it is on record."""

    key: str
    title: str
    post: str
    address: str
    decimals: int = 0
    closed: tuple[str, ...] = ()


class LetterRow(NamedTuple):
    """One responsibility letter to be acknowledged."""

    key: str
    title: str
    issued_on: date
    items: int
    due_on: date | None
    decimals: int = 0
    closed: tuple[str, ...] = ()


class ExtensionRow(NamedTuple):
    """One thing owed for which a later date may still be applied for."""

    key: str
    title: str
    due_on: date
    decimals: int = 0
    closed: tuple[str, ...] = ()


class OrderRow(NamedTuple):
    """One supervision order to be acknowledged or answered."""

    key: str
    label: str
    title: str
    basis: str
    level: str
    due_on: date
    standing: str
    decimals: int = 0
    closed: tuple[str, ...] = ()


class SelfEvaluationRow(NamedTuple):
    """One item of the scoring rules for the unit to mark itself on."""

    key: str
    title: str
    full_points: Decimal
    due_on: date | None
    standing: str
    decimals: int = 2
    closed: tuple[str, ...] = ()


class AppealRow(NamedTuple):
    """One published line that the unit may appeal against."""

    key: str
    title: str
    full_points: Decimal
    points: Decimal
    because: str
    until: date | None
    decimals: int = 2
    closed: tuple[str, ...] = ()


Row = (
    ReportRow | FilingRow | ContactRow | LetterRow | ExtensionRow | OrderRow | SelfEvaluationRow | AppealRow
)  # fmt: skip


@dataclass(frozen=True)
class UnitWorkbook:
    """All that one unit is asked for in one cycle on one day. The fields of rows are named in `unit_sheets.SHEETS`."""

    cycle: str
    cycle_name: str
    unit: str
    unit_name: str
    office: str
    made_on: date
    letters: tuple[LetterRow, ...] = ()
    filings: tuple[FilingRow, ...] = ()
    contacts: tuple[ContactRow, ...] = ()
    reports: tuple[ReportRow, ...] = ()
    extensions: tuple[ExtensionRow, ...] = ()
    orders: tuple[OrderRow, ...] = ()
    self_evaluations: tuple[SelfEvaluationRow, ...] = ()
    appeals: tuple[AppealRow, ...] = ()
