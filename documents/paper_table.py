"""Tables of official papers: columns in millimetres inside the text area, rows that do not break, repeated heads."""

from collections.abc import Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

from docx.document import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from documents.paper_style import CELL, KEEP_SPACE, Style, style_id

TEXT_WIDTH = 156
TWIPS_PER_MM = 1440 / 25.4
ROW_HEIGHT = 7


class Cell(NamedTuple):
    """A table cell: one paragraph per line of text. `merged` is "restart" or "continue" down a column."""

    text: str = ""
    style: Style = CELL
    span: int = 1
    merged: str = ""
    top: bool = False


class Row(NamedTuple):
    """A table row that does not break across pages: a `header` is repeated on each, `keep` holds it to the next row."""

    cells: tuple[Cell, ...]
    header: bool = False
    height: float = 0
    keep: bool = False


def table(paper: Document, widths: Sequence[float], rows: Sequence[Row], *, lined: bool = True, pad: float = 1) -> None:
    """Append a table with columns of these widths, and `pad` left and right of the text of a cell, in millimetres.

    Raises:
        ValueError: the columns are wider than the text area, or a row does not fill them.
    """
    if sum(widths) > TEXT_WIDTH:
        raise ValueError(f"table of {sum(widths)} mm in a text area of {TEXT_WIDTH} mm")
    line = "single" if lined else "none"
    sides = ("top", "left", "bottom", "right", "insideH", "insideV")
    borders = "".join(f'<w:{side} w:val="{line}" w:sz="4" w:space="0" w:color="000000"/>' for side in sides)
    pads = (("top", 0.7), ("left", pad), ("bottom", 0.7), ("right", pad))
    margins = "".join(f'<w:{side} w:w="{_twips(width)}" w:type="dxa"/>' for side, width in pads)
    columns = "".join(f'<w:gridCol w:w="{_twips(w)}"/>' for w in widths)
    xml = (
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="{_twips(sum(widths))}" w:type="dxa"/><w:jc w:val="center"/>'
        f'<w:tblBorders>{borders}</w:tblBorders><w:tblLayout w:type="fixed"/><w:tblCellMar>{margins}</w:tblCellMar>'
        f"</w:tblPr><w:tblGrid>{columns}</w:tblGrid>{''.join(_row_xml(r, widths) for r in rows)}</w:tbl>"
    )
    paper.element.body.insert_element_before(parse_xml(xml), "w:sectPr")


def _row_xml(row: Row, widths: Sequence[float]) -> str:
    if sum(c.span for c in row.cells) != len(widths):
        raise ValueError(f"row {[c.text for c in row.cells]} does not fill {len(widths)} columns")
    height = f'<w:trHeight w:val="{_twips(row.height)}" w:hRule="atLeast"/>' if row.height else ""
    cells, at = [], 0
    for cell in row.cells:
        cells.append(_cell_xml(cell, sum(widths[at : at + cell.span]), keep=row.keep))
        at += cell.span
    header = "<w:tblHeader/>" if row.header else ""
    return f"<w:tr><w:trPr><w:cantSplit/>{height}{header}</w:trPr>{''.join(cells)}</w:tr>"


def _cell_xml(cell: Cell, width: float, *, keep: bool) -> str:
    span = f'<w:gridSpan w:val="{cell.span}"/>' if cell.span > 1 else ""
    merged = f'<w:vMerge w:val="{cell.merged}"/>' if cell.merged else ""
    kept = "<w:keepNext/>" if keep else ""
    paragraphs = "".join(
        f'<w:p><w:pPr><w:pStyle w:val="{style_id(cell.style)}"/>{kept}</w:pPr>'
        f"<w:r>{KEEP_SPACE}{escape(text)}</w:t></w:r></w:p>"
        for text in cell.text.split("\n")
    )
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{_twips(width)}" w:type="dxa"/>{span}{merged}'
        f'<w:vAlign w:val="{"top" if cell.top else "center"}"/></w:tcPr>{paragraphs}</w:tc>'
    )


def _twips(millimetres: float) -> int:
    return round(millimetres * TWIPS_PER_MM)


def looped(
    paper: Document, widths: Sequence[float], loop: str, cells: tuple[Cell, ...], *heads: Row,
    last: tuple[Cell, ...] = (), pad: float = 1,
) -> None:  # fmt: skip
    """Append a table with one row of these cells for each turn of the template's loop."""
    begin, end = (Row((Cell(f"{{%tr {words} %}}", span=len(widths)),)) for words in (f"for {loop}", "endfor"))
    closing = (Row(last, height=ROW_HEIGHT),) if last else ()
    rows = (*heads, begin, Row(cells, height=ROW_HEIGHT, keep=bool(last)), end, *closing)
    table(paper, widths, rows, pad=pad)
