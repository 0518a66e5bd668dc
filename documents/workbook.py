"""Opening a workbook somebody handed in: guarded against damage and size, with every untrustworthy cell marked."""

import hashlib
import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, cast

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum
from xlsxwriter.utility import xl_range

from documents.cells import Raw, fold
from documents.sheet_xml import distrusted_cells, last_row, percent_styles, reaches_far_right, sheet_parts
from models.errors import Refused

MEGABYTE = 1024 * 1024
MAX_FILE = 50 * MEGABYTE
MAX_UNPACKED = 200 * MEGABYTE
MAX_ROWS = 200_000
LOCK_PREFIXES = ("~$", ".~lock.")
OLD_OFFICE = b"\xd0\xcf\x11\xe0"
ZIP = b"PK"
SAVE_AS = "请用 Excel 或 WPS 打开，“另存为”Excel 工作簿（.xlsx）后重新提交。"


class Area(NamedTuple):
    """A rectangle of cells, counted from 1, ends included."""

    top: int
    left: int
    bottom: int
    right: int

    def __str__(self) -> str:
        return str(xl_range(self.top - 1, self.left - 1, self.bottom - 1, self.right - 1))


@dataclass(frozen=True)
class Sheet:
    """The values of a sheet, from its first row and column on; a cell that cannot be trusted is a `Fault`."""

    name: str
    rows: Sequence[Sequence[Raw]]
    merged: tuple[Area, ...]

    def at(self, row: int, column: int) -> Raw:
        """Return the cell, counted from 1; outside of what is written it is blank."""
        if row > len(self.rows) or column > len(self.rows[row - 1]):
            return None
        return self.rows[row - 1][column - 1]


@dataclass(frozen=True)
class Workbook:
    """A workbook that was read: the file's name, the SHA-256 of its bytes, and its sheets in order."""

    name: str
    digest: str
    sheets: tuple[Sheet, ...]

    def sheet(self, name: str) -> Sheet | None:
        """Return the sheet called `name`, spaces and letter width aside."""
        return next((s for s in self.sheets if fold(s.name) == fold(name)), None)


def open_workbook(path: Path) -> Workbook:
    """Return the workbook in the file.

    Raises:
        Refused: there is no such file, or `read_workbook` refuses its content.
    """
    if path.name.startswith(LOCK_PREFIXES):
        real = path.name.removeprefix("~$").removeprefix(".~lock.").removesuffix("#")
        raise Refused(f"“{path.name}”是表格程序打开文件时留下的锁文件，不是工作簿。请先关闭表格程序，再提交“{real}”。")
    try:
        if path.stat().st_size > MAX_FILE:
            raise Refused(f"“{path.name}”超过 {MAX_FILE // MEGABYTE} MB，不予读取。请删去图片和无关内容后重新提交。")
        content = path.read_bytes()
    except FileNotFoundError:
        raise Refused(f"找不到文件“{path}”。请核对路径和文件名。") from None
    except OSError as error:
        raise Refused(f"文件“{path}”读不出来（{error.strerror}）。请检查它是不是文件、有没有读取权限。") from None
    return read_workbook(content, path.name)


def read_workbook(content: bytes, name: str) -> Workbook:
    """Return the workbook in `content`; `name` is only used to speak of it.

    Raises:
        Refused: not a workbook, an old or encrypted one, damaged, or one that unpacks to more than 200 MB,
            200,000 rows or 104 columns. Nothing is unpacked before its declared size has been looked at.
    """
    _expect_zip(content, name)
    parts = _unpack(content, name)
    styles = percent_styles(parts.get("xl/styles.xml"))
    where = sheet_parts(parts)
    for title, part in where.items():
        _expect_size(parts.get(part, b""), title, name)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            titles = [m.name for m in book.sheets_metadata if m.typ == SheetTypeEnum.WorkSheet]
            sheets = tuple(_sheet(book, title, parts.get(where.get(title, ""), b""), styles) for title in titles)
    except (CalamineError, SyntaxError) as error:  # ElementTree's ParseError is a SyntaxError
        raise _damaged(name) from error
    return Workbook(name, hashlib.sha256(content).hexdigest(), sheets)


def _expect_zip(content: bytes, name: str) -> None:
    if not content:
        raise Refused(f"“{name}”是空文件（0 字节）。请重新复制或导出后再提交。")
    if content.startswith(OLD_OFFICE):
        raise Refused(f"“{name}”是旧版 .xls 格式，或者加了打开密码，无法读取。{SAVE_AS}如有密码，请先取消。")
    if not content.startswith(ZIP):
        raise Refused(f"“{name}”不是 Excel 工作簿（.xlsx）。{SAVE_AS}")


def _unpack(content: bytes, name: str) -> Mapping[str, bytes]:
    """Return the XML parts by path, each verified against its declared size and checksum."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            declared = sum(member.file_size for member in members)
            if declared > MAX_UNPACKED:
                raise Refused(
                    f"“{name}”解压后约 {declared // MEGABYTE} MB，超过 {MAX_UNPACKED // MEGABYTE} MB 的上限，不予读取。"
                    "请删去无关内容后重新提交。"
                )
            if "xl/workbook.xml" not in archive.namelist():
                raise Refused(f"“{name}”不是 Excel 工作簿（里面没有工作表）。{SAVE_AS}")
            return {m.filename: archive.read(m) for m in members if m.filename.endswith((".xml", ".rels"))}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise _damaged(name) from error


def _expect_size(xml: bytes, title: str, name: str) -> None:
    """Refuse a sheet so far spread out that a dense copy of it would not fit into memory."""
    if last_row(xml) > MAX_ROWS or reaches_far_right(xml):
        raise Refused(
            f"“{name}”的工作表“{title}”用到了 第 {MAX_ROWS} 行以下或 CZ 列以右的单元格，不予读取。"
            "请删去表格右侧和下方多余的行、列后重新提交。"
        )


def _sheet(book: CalamineWorkbook, title: str, xml: bytes, styles: frozenset[str]) -> Sheet:
    source = book.get_sheet_by_name(title)
    rows = cast("list[list[Raw]]", source.to_python(skip_empty_area=False))
    for (row, column), value in distrusted_cells(xml, styles):
        _put(rows, row, column, value)
    merged = tuple(Area(t + 1, l + 1, b + 1, r + 1) for (t, l), (b, r) in source.merged_cell_ranges or ())  # noqa: E741
    return Sheet(title, rows, merged)


def _put(rows: list[list[Raw]], row: int, column: int, value: Raw) -> None:
    rows.extend([] for _ in range(row - len(rows)))
    cells = rows[row - 1]
    cells.extend(None for _ in range(column - len(cells)))
    cells[column - 1] = value


def _damaged(name: str) -> Refused:
    return Refused(
        f"“{name}”已损坏，或者没有复制完整。请重新复制；如果仍然打不开，请用 Excel 或 WPS 打开原件另存一份后提交。"
    )
