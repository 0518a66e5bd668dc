"""What officials type into cells, and what is read from it."""

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents import cells
from documents.cells import Fault, Figure, Raw, Unreadable
from models.enums import TargetForm

D = Decimal
MIDNIGHT, HALF_PAST_EIGHT = datetime(2026, 3, 5), datetime(2026, 3, 5, 8, 30)  # noqa: DTZ001  a cell has no zone


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (500, "500"), (25.0, "25"), (98.5, "98.5"), (0.1 + 0.2, "0.3"), (-3, "-3"), (0, "0"),
        ("98.5", "98.5"), ("９８．５", "98.5"), (" 98.5\u00a0", "98.5"), ("\u30001，234.5", "1234.5"),
        ("1,234,567", "1234567"),
        ("−3", "-3"), ("－3", "-3"), ("+3", "3"), (".5", "0.5"), ("007", "7"), ("1 000", "1000"),
    ],
)  # fmt: skip
def test_numbers_as_they_are_typed(raw: Raw, value: str) -> None:
    assert cells.number(raw) == D(value)


@pytest.mark.parametrize(
    "raw",
    ["五", "5家", "约5", "1e5", "５万", "1,23", "3-5", "N/A", "无", "٥", "—", "1.2.3", "95%", "1.1234567", 1e15,
     True, date(2026, 3, 5), time(8)],
)  # fmt: skip
def test_what_is_not_a_number(raw: Raw) -> None:
    with pytest.raises(Unreadable):
        cells.number(raw)


@pytest.mark.parametrize(
    ("raw", "figure"),
    [
        ("95%", Figure(D(95), True)),
        ("９８．５％", Figure(D("98.5"), True)),
        (95, Figure(D(95), False)),
        ("", None),
        (None, None),
    ],
)
def test_a_figure_knows_its_percent_sign(raw: Raw, figure: Figure | None) -> None:
    assert cells.figure(raw) == figure


@pytest.mark.parametrize(
    "raw",
    ["2026-03-05", "2026-3-5", "2026/3/5", "2026.3.5", "2026年3月5日", "2026年3月5号", "２０２６．３．５", "20260305",
     20260305.0, " 2026 年 3 月 5 日 ", date(2026, 3, 5), HALF_PAST_EIGHT],
)  # fmt: skip
def test_days_as_they_are_typed(raw: Raw) -> None:
    assert cells.day(raw) == date(2026, 3, 5)


@pytest.mark.parametrize(
    "raw", ["3月5日", "2026年3月", "2026.3", 2026.3, 46086, "2026-02-30", "2026/3-5", "三月底", "2026-13-01"]
)
def test_what_is_not_a_day(raw: Raw) -> None:
    with pytest.raises(Unreadable):
        cells.day(raw)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (" 市场监管局 ", "市场监管局"), ("\u3000市监\u200b局\ufeff", "市监局"), ("ＱＥＯ（含）", "QEO（含）"),
        (3.0, "3"), (1.1, "1.1"), (True, "是"), (date(2026, 3, 5), "2026-03-05"), (MIDNIGHT, "2026-03-05"),
        ("  ", None), (None, None),
    ],
)  # fmt: skip
def test_text_keeps_chinese_punctuation_and_loses_what_nobody_sees(raw: Raw, text: str | None) -> None:
    assert cells.text(raw) == text


@given(st.text())
def test_cleaning_twice_is_cleaning_once(raw: str) -> None:
    assert cells.clean(cells.clean(raw)) == cells.clean(raw)


@given(st.decimals(min_value=-(10**14), max_value=10**14, places=6, allow_nan=False))
def test_a_written_number_is_read_back(value: Decimal) -> None:
    assert cells.number(format(value, "f")) == value


def test_headings_are_the_same_in_full_and_half_width() -> None:
    assert cells.fold("责任（配合）单位 ") == cells.fold("责任(配合)\u3000单位")


@pytest.mark.parametrize(
    ("raw", "names"),
    [("市监局、住建局", ("市监局", "住建局")), ("、", None),
     ("甲镇，乙镇；丙镇/丁镇\n戊镇", ("甲镇", "乙镇", "丙镇", "丁镇", "戊镇")),
     ("甲镇 甲镇", ("甲镇",))],
)  # fmt: skip
def test_lists_of_names(raw: str, names: tuple[str, ...] | None) -> None:
    assert cells.names(raw) == names


def test_weights() -> None:
    assert cells.weights("甲镇：3；乙镇: 2.5") == (("甲镇", D(3)), ("乙镇", D("2.5")))
    for wrong in ("甲镇3", "甲镇:", "甲镇:三", "甲镇:-1", "甲镇:1；甲镇:2"):
        with pytest.raises(Unreadable):
            cells.weights(wrong)


@pytest.mark.parametrize(
    ("raw", "yes"), [("是", True), ("√", True), ("否", False), ("×", False), (True, True), (1.0, True), ("", None)]
)
def test_yes_and_no(raw: Raw, yes: bool | None) -> None:
    assert cells.yes_no(raw) is yes


def test_whole_numbers() -> None:
    assert cells.whole("１０") == 10
    for wrong in (1.5, -1, "两"):
        with pytest.raises(Unreadable):
            cells.whole(wrong)


def test_several_days_in_one_cell() -> None:
    assert cells.days("2026.10.10；2026-02-14") == (date(2026, 2, 14), date(2026, 10, 10))
    assert cells.days(date(2026, 2, 14)) == (date(2026, 2, 14),)


def test_a_closed_list_names_its_words() -> None:
    read = cells.one_of(TargetForm)
    assert read(" 零的突破 ") is TargetForm.EXISTS
    with pytest.raises(Unreadable, match="可填：不低于、不高于"):
        read("大于")


@pytest.mark.parametrize(
    "read",
    [
        cells.text,
        cells.number,
        cells.figure,
        cells.whole,
        cells.day,
        cells.days,
        cells.yes_no,
        cells.names,
        cells.weights,
    ],
)
def test_a_faulty_cell_says_its_fault_whatever_is_asked_of_it(read: Callable[[Raw], object]) -> None:
    with pytest.raises(Unreadable, match="错误值"):
        read(Fault("单元格是错误值 #DIV/0!"))
