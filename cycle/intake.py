"""One workbook taken in by command: previewed, or taken with its refusals written into a copy that goes back."""

from datetime import date
from pathlib import Path
from typing import NamedTuple

from cycle.taking import Parcel, Taken, enter, read_parcel
from documents.unit_answers import Answer
from documents.unit_refusal import write_refusal
from documents.unit_sheets import REFUSED_COPY
from models import PartlyRefused, Refused
from models.enums import IntakeOutcome
from models.record import Record


class Preview(NamedTuple):
    """What would become of a workbook; `rows` are the rows that would be taken."""

    result: Taken
    rows: tuple[Answer, ...]


def preview(record: Record, path: Path, *, today: date, cycle: str | None = None, unit: str | None = None) -> Preview:
    """Return what `take` would do with the file today; nothing is written, neither to the record nor to a folder.

    Raises:
        Refused: the file as a whole would be refused.
    """
    parcel = read_parcel(path, keep=False)
    _expect(parcel, cycle, unit)
    with record.writing() as session:
        result = enter(session, parcel, by="", today=today)
        session.rollback()
    refused = {(p.sheet, p.row) for p in result.problems}
    return Preview(result, tuple(a for a in parcel.answers if (a.sheet, a.row) not in refused))


def take(
    record: Record, path: Path, *, today: date, by: str = "", cycle: str | None = None, unit: str | None = None
) -> Taken:
    """Take the workbook and return what became of it; the same content again has no second effect.

    Where a cycle or a unit (by their codes) is expected, another one's workbook is refused.

    Good rows are taken although others are refused; where no row is good, nothing is changed. `report_refusals` makes
    the copy that goes back.

    Raises:
        Refused: the file as a whole is refused. Nothing was changed.
    """
    parcel = read_parcel(path, keep=True)
    _expect(parcel, cycle, unit)
    with record.writing() as session:
        result = enter(session, parcel, by=by, today=today)
        if result.outcome is IntakeOutcome.REFUSED:
            session.rollback()
    return result


def report_refusals(path: Path, result: Taken, *, preview_only: bool = False) -> None:
    """Write the copy that goes back beside the file, and say what was refused; without refusals do nothing.

    Of a preview no copy is written.

    Raises:
        Refused: nothing of the file was taken.
        PartlyRefused: some rows were taken.
    """
    if not result.problems:
        return
    rows = len({(p.sheet, p.row) for p in result.problems})
    nothing = result.outcome is IntakeOutcome.REFUSED
    if preview_only:
        said = f"预检“{path.name}”：可接收 {result.taken} 行，{rows} 行不能接收。请先改正。"
    else:
        copy = path.with_name(f"{path.stem.removesuffix(REFUSED_COPY)}{REFUSED_COPY}.xlsx")
        write_refusal(path, result.problems, copy)
        taken = "没有一行可以接收，未作任何改动" if nothing else f"已接收 {result.taken} 行，{rows} 行未接收"
        said = f"“{path.name}”{taken}。逐行原因已写入副本“{copy}”，请改正后重新报送。"
    raise (Refused if nothing else PartlyRefused)(said, result.problems)


def _expect(parcel: Parcel, cycle: str | None, unit: str | None) -> None:
    returned = parcel.returned
    for what, code, expected, option in (
        ("考核周期", returned.cycle, cycle, "--cycle"),
        ("单位", returned.unit, unit, "--unit"),
    ):
        if expected is not None and code != expected:
            said = f"“{parcel.path.name}”是{what} {code} 的报送工作簿，不是 {expected} 的。"
            raise Refused(f"{said}请核对文件，或改用相应的 {option}。")
