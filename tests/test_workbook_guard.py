"""Files people hand in: what is read, what is refused, and that refusing costs nothing."""

import io
import re
import struct
import zipfile
from contextlib import suppress
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.styles import Font

from documents.cells import Fault
from documents.workbook import Area, Sheet, open_workbook, read_workbook
from models.errors import Refused


def saved(book: openpyxl.Workbook) -> bytes:
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def one_sheet(**cells: object) -> bytes:
    book = openpyxl.Workbook()
    for place, value in cells.items():
        book.active[place] = value
    return saved(book)


def first_sheet(content: bytes) -> Sheet:
    return read_workbook(content, "表.xlsx").sheets[0]


SMALL = one_sheet(A1="序号", B1="目标值", A2=1, B2=95.5, B3=date(2026, 3, 5))


def test_values_and_kinds() -> None:
    sheet = first_sheet(SMALL)
    assert (sheet.at(1, 1), sheet.at(2, 2), sheet.at(3, 2)) == ("序号", 95.5, date(2026, 3, 5))
    assert sheet.at(9, 9) is None


def test_a_sheet_is_found_whatever_spaces_its_name_has() -> None:
    book = openpyxl.Workbook()
    book.active.title = "评分细则 "
    workbook = read_workbook(saved(book), "表.xlsx")
    assert workbook.sheet("评分细则") is workbook.sheets[0]
    assert workbook.sheet("节点") is None


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("空.xlsx", b"", "空文件"),
        ("说明.xlsx", "这不是工作簿".encode(), "不是 Excel 工作簿"),
        ("旧表.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "旧版 .xls"),
        ("半个.xlsx", SMALL[: len(SMALL) // 2], "没有复制完整"),
        ("网页.xls", b"<html><table></table></html>", "不是 Excel 工作簿"),
    ],
)
def test_what_is_not_a_workbook(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Refused, match=words) as refused:
        open_workbook(tmp_path / name)
    assert name in refused.value.message
    assert refused.value.message.endswith("。")


def test_a_zip_without_a_workbook() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("word/document.xml", "<document/>")
    with pytest.raises(Refused, match="里面没有工作表"):
        read_workbook(content.getvalue(), "通知.docx")


@pytest.mark.parametrize(("name", "words"), [("没有.xlsx", "找不到文件"), ("~$计划.xlsx", "锁文件"), (".", "读不出来")])
def test_files_that_cannot_be_opened(tmp_path: Path, name: str, words: str) -> None:
    if name.startswith("~$"):
        (tmp_path / name).write_bytes(SMALL)
    with pytest.raises(Refused, match=words):
        open_workbook(tmp_path / name)


@given(st.integers(0, len(SMALL) - 1))
def test_a_half_copied_file_is_always_refused(length: int) -> None:
    with pytest.raises(Refused):
        read_workbook(SMALL[:length], "半个.xlsx")


@given(st.integers(0, len(SMALL) - 1), st.integers(1, 255))
def test_a_changed_byte_never_breaks_the_program(place: int, change: int) -> None:
    damaged = bytearray(SMALL)
    damaged[place] ^= change
    with suppress(Refused):  # damage in a part that nobody reads may pass; anything but a refusal may not
        read_workbook(bytes(damaged), "损坏.xlsx")


def test_a_zip_that_declares_300_megabytes() -> None:
    content = io.BytesIO(SMALL)
    with (
        zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("xl/big.xml", "w") as part,
    ):
        for _ in range(300):
            part.write(bytes(1024 * 1024))
    with pytest.raises(Refused, match="300 MB，超过 200 MB"):
        read_workbook(content.getvalue(), "炸弹.xlsx")


def test_a_zip_that_lies_about_its_size() -> None:
    """The directory says 1 kB, the data unpack to 5 MB: only what was declared is unpacked, and it does not check."""
    content = io.BytesIO(SMALL)
    with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/big.xml", bytes(5 * 1024 * 1024))
    lying = content.getvalue().replace(struct.pack("<I", 5 * 1024 * 1024), struct.pack("<I", 1024))
    with pytest.raises(Refused, match="已损坏"):
        read_workbook(lying, "炸弹.xlsx")


@pytest.mark.parametrize("place", ["XFD1048576", "DA1", "A1048576"])
def test_a_cell_far_out_is_refused_before_memory_is_asked_for(place: str) -> None:
    with pytest.raises(Refused, match="多余的行、列"):
        first_sheet(one_sheet(A1=1, **{place: 1}))


def test_formats_far_out_do_no_harm() -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = "序号"
    book.active["A1048576"].font = Font(bold=True)
    assert [list(row) for row in first_sheet(saved(book)).rows] == [["序号"]]


def test_error_values_and_formulas_without_a_result() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"], sheet["B2"], sheet["C3"] = "=1/0", "=SUM(A1:A2)", "#DIV/0!"
    sheet["C3"].data_type = "e"
    read = first_sheet(saved(book))
    for row, column, words in ((1, 1, "公式没有计算结果"), (2, 2, "公式没有计算结果"), (3, 3, "#DIV/0!")):
        cell = read.at(row, column)
        assert isinstance(cell, Fault)
        assert words in cell.message


def test_a_calculated_formula_is_its_result() -> None:
    content = one_sheet(A1=1, A2="=A1+1")
    calculated = _edited(content, lambda xml: xml.replace(b"<f>A1+1</f><v></v>", b"<f>A1+1</f><v>2</v>"))
    assert first_sheet(calculated).at(2, 1) == 2


def test_a_number_under_a_percent_format_is_what_a_person_sees() -> None:
    book = openpyxl.Workbook()
    for place, value, shown in (
        ("A1", 0.985, "0%"),
        ("A2", 1.01, "0.00%"),
        ("A3", 0.07, '0.0"约"%'),
        ("A4", 0.5, "0.00"),
    ):
        book.active[place] = value
        book.active[place].number_format = shown
    assert [row[0] for row in first_sheet(saved(book)).rows] == ["98.5%", "101%", "7%", 0.5]


def test_merged_cells_are_told() -> None:
    book = openpyxl.Workbook()
    book.active["B3"] = "合并"
    book.active.merge_cells("B3:C5")
    (area,) = first_sheet(saved(book)).merged
    assert area == Area(3, 2, 5, 3)
    assert str(area) == "B3:C5"


def test_a_workbook_whose_writer_prefixes_every_tag() -> None:
    """As some .NET programs write: <x:worksheet>, <x:c>, <x:v>."""

    def prefixed(xml: bytes) -> bytes:
        xml = re.sub(rb"<(/?)([a-zA-Z])", rb"<\1x:\2", xml)
        return xml.replace(b"xmlns=", b"xmlns:x=", 1)

    sheet = first_sheet(_edited(one_sheet(A1="序号", B2="=1/0", A2=3), prefixed))
    assert (sheet.at(1, 1), sheet.at(2, 1)) == ("序号", 3)
    assert isinstance(sheet.at(2, 2), Fault)


def _edited(content: bytes, edit: object) -> bytes:
    """Return the workbook with its first sheet's XML changed."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, edit(data) if name == "xl/worksheets/sheet1.xml" else data)  # type: ignore[operator]
    return changed.getvalue()
