"""What a cell says: cleaned, and read as the kind of value its column asks for.

Every reader takes a raw cell and returns None for a blank one; it raises `Unreadable`, whose text says in Chinese
what is wrong and what to write instead. Nothing is guessed: a measure behind a number or a Chinese numeral is refused.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple, TypeVar

from models.enums import Choice


class Fault(NamedTuple):
    """What stands in place of a cell whose value cannot be trusted (an error value, a formula never calculated)."""

    message: str


Raw = str | int | float | bool | date | datetime | time | timedelta | Fault | None
C = TypeVar("C", bound=Choice)


class Unreadable(ValueError):
    """A cell that does not hold what its column asks for."""


class Figure(NamedTuple):
    """A number as it was typed; `percent` when a percent sign (or a percent format) stood behind it."""

    value: Decimal
    percent: bool


INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
SPACES = "\u00a0\u3000\t\r\x0b\x0c" + "".join(map(chr, range(0x2000, 0x200B))) + "\u202f"
WIDE = {chr(c): chr(c - 0xFEE0) for ends in ("０９", "ＡＺ", "ａｚ") for c in range(ord(ends[0]), ord(ends[1]) + 1)}
CLEANED = str.maketrans({**WIDE, **dict.fromkeys(SPACES, " "), **dict.fromkeys(INVISIBLE, None)})
MINUS = str.maketrans("−–﹣", "---")

PLAIN = re.compile(r"[+-]?(?:\d+(?:\.\d+)?|\.\d+)", re.ASCII)
GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?", re.ASCII)
DAYS = (
    re.compile(r"(?P<y>\d{4})(?P<mark>[-/.])(?P<m>\d{1,2})(?P=mark)(?P<d>\d{1,2})", re.ASCII),
    re.compile(r"(?P<y>\d{4})年(?P<m>\d{1,2})月(?P<d>\d{1,2})[日号]?", re.ASCII),
    re.compile(r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)", re.ASCII),
)
LIST_MARKS = re.compile(r"[、，,；;/\s]+")
LARGEST = Decimal(10) ** 15
DECIMALS = 6
YES = frozenset({"是", "有", "对", "√", "✓", "Y", "YES", "TRUE", "1"})
NO = frozenset({"否", "无", "不", "×", "X", "N", "NO", "FALSE", "0"})


def clean(raw: Raw) -> str:
    """Return the cell as text: no invisible characters, plain spaces, half-width digits and letters, ends trimmed.

    Chinese punctuation stays as it was typed. A whole number loses its ".0"; a date is written 2026-03-05.
    """
    if isinstance(raw, str):
        return raw.strip() if raw.isascii() else raw.translate(CLEANED).strip()
    if isinstance(raw, Fault):
        raise Unreadable(raw.message)
    if raw is None:
        return ""
    if isinstance(raw, bool):
        return "是" if raw else "否"
    if isinstance(raw, int | float):
        return format(_exact(raw), "f")
    if isinstance(raw, datetime) and raw.time() == time():
        return raw.date().isoformat()
    return str(raw)


def fold(raw: Raw) -> str:
    """Return the text for comparing: NFKC, upper case, no space. `责任（配合）单位 ` equals `责任(配合)单位`."""
    text = clean(raw)
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).upper()


def text(raw: Raw) -> str | None:
    """Return the cleaned text."""
    return clean(raw) or None


def figure(raw: Raw) -> Figure | None:
    """Return the number a person typed: `９８．５％`, `1,234`, `−3`; at most 15 digits before and 6 after the point."""
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return Figure(_bounded(_exact(raw)), percent=False)
    if isinstance(raw, bool | date | time | timedelta):
        raise Unreadable(f"应为数值，实为{_kind(raw)}“{clean(raw)}”，请把单元格格式设为“数值”后重新填写。")
    shown = clean(raw)
    if not shown:
        return None
    digits = unicodedata.normalize("NFKC", shown).translate(MINUS).replace(" ", "")
    percent = digits.endswith("%")
    digits = digits.removesuffix("%")
    if PLAIN.fullmatch(digits) is None:
        if GROUPED.fullmatch(digits) is None:
            raise Unreadable(f"“{shown}”不是数值，请只填数字（如 98.5），计量单位和说明填在各自的列。")
        digits = digits.replace(",", "")
    return Figure(_bounded(Decimal(digits)), percent)


def number(raw: Raw) -> Decimal | None:
    """Return a number that is not a percentage."""
    found = figure(raw)
    if found is not None and found.percent:
        raise Unreadable(f"“{clean(raw)}”带有百分号，此列应为普通数值，请去掉百分号或改单元格格式。")
    return found.value if found else None


def whole(raw: Raw) -> int | None:
    """Return a whole number, zero or more."""
    found = number(raw)
    if found is not None and (found != found.to_integral_value() or found < 0):
        raise Unreadable(f"“{clean(raw)}”不是非负整数，请填 0、1、2 这样的数。")
    return None if found is None else int(found)


def day(raw: Raw) -> date | None:
    """Return the date: a date cell, or 2026-3-5, 2026/3/5, 2026.3.5, 2026年3月5日, 20260305."""
    if isinstance(raw, datetime):
        return raw.date()
    if isinstance(raw, date):
        return raw
    shown = clean(raw)
    if not shown:
        return None
    digits = unicodedata.normalize("NFKC", shown).replace(" ", "")
    found = next(filter(None, (form.fullmatch(digits) for form in DAYS)), None)
    if found is None:
        raise Unreadable(f"“{shown}”不是日期，请按 2026-03-05 的格式填写年、月、日。")
    try:
        return date(int(found["y"]), int(found["m"]), int(found["d"]))
    except ValueError:
        raise Unreadable(f"“{shown}”这一天不存在，请核对月、日。") from None


def days(raw: Raw) -> tuple[date, ...] | None:
    """Return the dates in the cell, in order of time; 、，； and line breaks separate them."""
    if not isinstance(raw, str):
        single = day(raw)
        return (single,) if single else None
    parts = [part for part in re.split(r"[、，,；;\n]+", clean(raw)) if part.strip()]
    return tuple(sorted({d for d in map(day, parts) if d})) or None


def yes_no(raw: Raw) -> bool | None:
    """Return whether the cell says yes: 是/否, √/×, TRUE/FALSE, 1/0."""
    if isinstance(raw, bool):
        return raw
    shown = fold(raw)
    if not shown:
        return None
    if shown in YES or shown in NO:
        return shown in YES
    raise Unreadable(f"“{clean(raw)}”无法识别，请填“是”或“否”。")


def names(raw: Raw) -> tuple[str, ...] | None:
    """Return the names in the cell in order, each once; 、，；/ spaces and line breaks separate them."""
    found = tuple(dict.fromkeys(part for part in LIST_MARKS.split(clean(raw)) if part))
    return found or None


def weights(raw: Raw) -> tuple[tuple[str, Decimal], ...] | None:
    """Return the pairs of `甲镇:3；乙镇:2` in order, each name once, each weight a number of zero or more."""
    pairs: dict[str, Decimal] = {}
    for part in names(re.sub(r"\s*[:：=]\s*", ":", clean(raw))) or ():
        name, colon, weight = part.rpartition(":")
        if not colon or not name:
            raise Unreadable(f"“{part}”缺少名称或冒号，请按“甲镇:3；乙镇:2”填写。")
        value = number(weight)
        if value is None or value < 0:
            raise Unreadable(f"“{part}”的权重应为不小于 0 的数，请按“甲镇:3；乙镇:2”填写。")
        if name in pairs:
            raise Unreadable(f"“{name}”写了两次，请只保留一次。")
        pairs[name] = value
    return tuple(pairs.items()) or None


def one_of(choices: type[C]) -> Callable[[Raw], C | None]:
    """Return a reader for the Chinese words of a closed list."""
    known = {fold(member.zh): member for member in choices}
    listed = "、".join(member.zh for member in choices)

    def read(raw: Raw) -> C | None:
        shown = fold(raw)
        if shown and shown not in known:
            raise Unreadable(f"“{clean(raw)}”不在可选范围内，可填：{listed}。")
        return known.get(shown)

    return read


def _exact(raw: int | float) -> Decimal:
    """Return the decimal a sheet shows: Excel keeps 15 significant digits, and the rest is binary noise."""
    if isinstance(raw, int) or raw.is_integer():
        return Decimal(int(raw))
    return Decimal(format(raw, ".15g"))


def _bounded(value: Decimal) -> Decimal:
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    if abs(value) >= LARGEST:
        raise Unreadable("数值过大（整数部分超过 15 位），请核对或换用更大的计量单位。")
    if -exponent > DECIMALS and value != round(value, DECIMALS):
        raise Unreadable(f"“{value}”的小数位超过 {DECIMALS} 位，请四舍五入后填写。")
    return value.normalize() + 0 if -exponent > DECIMALS else value


def _kind(raw: Raw) -> str:
    return "是/否值" if isinstance(raw, bool) else "日期" if isinstance(raw, date) else "时间"
