"""What the XML of a sheet tells beyond its values: errors, formulas never calculated, percentages, its extent."""

import io
import re
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree

from documents.cells import Fault, Raw

FORMULA = (b"<f>", b"<f ", b"<f/", b":f>", b":f ", b":f/")
ERROR = (b't="e"', b"t='e'")
CELL = re.compile(rb'\sr="[A-Z]{1,3}(\d{1,7})"')
FAR_RIGHT = re.compile(rb'r="(?:[A-Z]{3}|[D-Z][A-Z])\d')
PERCENT_FORMATS = frozenset({"9", "10"})  # built in: 0% and 0.00% (ECMA-376 part 1, 18.8.30)


def sheet_parts(parts: Mapping[str, bytes]) -> dict[str, str]:
    """Return the path of each sheet's part by the sheet's name."""
    book = ElementTree.fromstring(parts["xl/workbook.xml"])
    links = parts.get("xl/_rels/workbook.xml.rels")
    targets = {} if links is None else {r.get("Id"): r.get("Target", "") for r in ElementTree.fromstring(links)}
    found = {}
    for sheet in book.iterfind("{*}sheets/{*}sheet"):
        link = next((value for key, value in sheet.items() if key.endswith("}id")), None)
        target = targets.get(link, "")
        found[sheet.get("name", "")] = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
    return found


def percent_styles(xml: bytes | None) -> frozenset[str]:
    """Return the cell styles that show a number times 100 and a percent sign."""
    if xml is None or (b"%" not in xml and b'numFmtId="9"' not in xml and b'numFmtId="10"' not in xml):
        return frozenset()
    styles = ElementTree.fromstring(xml)
    own = {f.get("numFmtId") for f in styles.iterfind("{*}numFmts/{*}numFmt") if "%" in f.get("formatCode", "")}
    formats = PERCENT_FORMATS | own
    return frozenset(
        str(i) for i, xf in enumerate(styles.iterfind("{*}cellXfs/{*}xf")) if xf.get("numFmtId") in formats
    )


def last_row(xml: bytes) -> int:
    """Return the row of the last cell that has a value; 0 when none has."""
    end = max(xml.rfind(mark) for mark in (b"<v>", b":v>", b"<is>", b":is>"))
    places = CELL.findall(xml, max(0, end - 4000), max(0, end))
    return int(places[-1]) if places else xml.count(b"<row")


def reaches_far_right(xml: bytes) -> bool:
    """Return whether a cell stands right of column CZ, the 104th."""
    return FAR_RIGHT.search(xml) is not None


def distrusted_cells(xml: bytes, percent: frozenset[str]) -> Iterator[tuple[tuple[int, int], Raw]]:
    """Yield place (row and column from 1) and replacement of each cell whose bare value would mislead.

    An error value and a formula without a result become a `Fault`; a number under a percent format becomes the text
    a person sees (0.985 → 98.5%). A sheet that has none of them is not parsed at all.
    """
    styled = percent and re.search(rb'\ss="(?:%s)"' % b"|".join(s.encode() for s in percent), xml)
    if not (styled or any(mark in xml for mark in (*FORMULA, *ERROR))):
        return
    row = column = 0
    for event, element in ElementTree.iterparse(io.BytesIO(xml), events=("start", "end")):
        tag = element.tag.rpartition("}")[2]
        if event == "start":
            if tag == "row":
                row, column = int(element.get("r", row + 1)), 0
            elif tag == "c":
                column = _column(element.get("r", "").rstrip("0123456789")) or column + 1
        elif tag == "c":
            replacement = _replacement(element, percent)
            if replacement is not None:
                yield (row, column), replacement
        elif tag == "row":
            element.clear()


def _replacement(cell: ElementTree.Element, percent: frozenset[str]) -> Raw:
    kind, value = cell.get("t", "n"), cell.findtext("{*}v")
    if kind == "e":
        return Fault(f"单元格是错误值 {value}，请改正公式，或者直接填写数值。")
    if cell.find("{*}f") is not None and not value and kind != "str":
        return Fault("公式没有计算结果，请用 Excel 或 WPS 打开后保存一次，或者直接填写数值。")
    if kind == "n" and value and cell.get("s") in percent:
        return f"{float(value) * 100:.13g}%"
    return None


def _column(letters: str) -> int:
    """Return the number of the column with these letters: A is 1, AA is 27; none is 0."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
