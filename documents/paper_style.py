"""The look of official papers: page and paragraph styles of GB/T 9704-2012.

Fonts are named as the standard names them, so an office machine uses its own. All formatting stands in named styles
that the office can change in Word.
"""

from typing import NamedTuple

import docx
from docx.document import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm

TITLE_FONT, BODY_FONT, HEADING_FONT, SUBHEADING_FONT, NUMBER_FONT = (
    "方正小标宋简体", "仿宋_GB2312", "黑体", "楷体_GB2312", "宋体",
)  # fmt: skip
LINE = 28.95
"""Points from line to line: 22 lines fill the 225 mm of the text area (GB/T 9704-2012, 5.2.3)."""
TIGHTER = -5
"""Twentieths of a point between characters: 28 of them fill the 156 mm of a line (5.2.3)."""
RED = "E60012"


class Style(NamedTuple):
    """A paragraph style. Indents are in characters, `line` in points (0: single); only LINE keeps to the grid."""

    name: str
    font: str
    size: float
    align: str = "both"
    first: int = 0
    right: int = 0
    left: int = 0
    line: float = LINE
    keep: bool = False
    colour: str = ""
    scale: int = 100
    ruled: bool = False


BODY = Style("公文正文", BODY_FONT, 16, first=2)
BODY_KEPT = Style("公文正文（与下段同页）", BODY_FONT, 16, first=2, keep=True)
FLUSH = Style("公文顶格", BODY_FONT, 16)
TITLE = Style("公文标题", TITLE_FONT, 22, "center", line=34, keep=True)
SUBTITLE = Style("公文副标题", SUBHEADING_FONT, 16, "center", keep=True)
HEADING = Style("公文一级标题", HEADING_FONT, 16, first=2, keep=True)
SUBHEADING = Style("公文二级标题", SUBHEADING_FONT, 16, first=2, keep=True)
MARK = Style("发文机关标志", TITLE_FONT, 36, "center", line=0, colour=RED, scale=60)
BULLETIN_MARK = Style("简报标志", TITLE_FONT, 48, "center", line=0, colour=RED)
NUMBER = Style("发文字号", BODY_FONT, 16, "center")
NUMBER_RIGHT = Style("编号", BODY_FONT, 14, "right")
RED_RULE = Style("红色分隔线", BODY_FONT, 10.5, line=12, ruled=True)
OFFICE = Style("落款署名", BODY_FONT, 16, "right", right=2, keep=True)
DATE = Style("落款日期", BODY_FONT, 16, "right", right=4)
CELL = Style("表格居中", BODY_FONT, 10.5, "center", line=0)
CELL_LEFT = Style("表格左对齐", BODY_FONT, 10.5, "left", line=0)
CELL_HEAD = Style("表头", HEADING_FONT, 10.5, "center", line=0, keep=True)
CAPTION = Style("表题", HEADING_FONT, 12, "center", line=24, keep=True)
NOTE = Style("表注", BODY_FONT, 10.5, "left", line=18)
FORM = Style("表单正文", BODY_FONT, 14, "left", line=0)
FORM_HEAD = Style("表单栏目", HEADING_FONT, 14, "center", line=0)
PAGE_RIGHT = Style("页码（单页）", NUMBER_FONT, 14, "right", right=1, line=0)
PAGE_LEFT = Style("页码（双页）", NUMBER_FONT, 14, "left", left=1, line=0)
STYLES = (
    BODY, BODY_KEPT, FLUSH, TITLE, SUBTITLE, HEADING, SUBHEADING, MARK, BULLETIN_MARK, NUMBER, NUMBER_RIGHT, RED_RULE,
    OFFICE, DATE, CELL, CELL_LEFT, CELL_HEAD, CAPTION, NOTE, FORM, FORM_HEAD, PAGE_RIGHT, PAGE_LEFT,
)  # fmt: skip


def new_paper(title: str) -> Document:
    """Return an empty A4 paper: 37 mm above, 28 mm left, a text area of 156 × 225 mm (GB/T 9704-2012, 5.2.1)."""
    paper = docx.Document()
    paper.core_properties.title, paper.core_properties.author, paper.core_properties.comments = title, "", ""
    paper.settings.element.find(qn("w:themeFontLang")).set(qn("w:eastAsia"), "zh-CN")
    section = paper.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = (
        Mm(37),
        Mm(35),
        Mm(28),
        Mm(26),
    )
    section.footer_distance = Mm(23)  # the page number stands 7 mm below the text area (7.5)
    grid = section._sectPr.find(qn("w:docGrid"))
    grid.set(qn("w:type"), "lines")
    grid.set(qn("w:linePitch"), str(round(LINE * 20)))
    for style in STYLES:
        paper.styles.element.append(parse_xml(_style_xml(style)))
    paper.settings.odd_and_even_pages_header_footer = True
    for footer, style in ((section.footer, PAGE_RIGHT), (section.even_page_footer, PAGE_LEFT)):
        number = footer.paragraphs[0]
        number.style = paper.styles[style.name]
        for part in ("<w:t>— </w:t>", *_PAGE_FIELD, "<w:t> —</w:t>"):
            number._p.append(parse_xml(f"<w:r {nsdecls('w')}>{part.replace('<w:t>', KEEP_SPACE)}</w:r>"))
    return paper


KEEP_SPACE = '<w:t xml:space="preserve">'
_PAGE_FIELD = (
    '<w:fldChar w:fldCharType="begin"/>',
    "<w:instrText>PAGE</w:instrText>",
    '<w:fldChar w:fldCharType="separate"/>',
    "<w:t>1</w:t>",
    '<w:fldChar w:fldCharType="end"/>',
)


def _style_xml(s: Style) -> str:
    before = [f"<w:pBdr>{_side('bottom', 12, RED)}</w:pBdr>"] if s.ruled else []
    before += [] if s.line == LINE else ['<w:snapToGrid w:val="0"/>']
    line = f'w:line="{round(s.line * 20)}" w:lineRule="exact"' if s.line else 'w:line="240" w:lineRule="auto"'
    indents = "".join(
        f' w:{side}Chars="{chars * 100}" w:{side}="{round(chars * s.size * 20)}"'
        for side, chars in (("left", s.left), ("right", s.right), ("firstLine", s.first))
        if chars
    )
    colour = f'<w:color w:val="{s.colour}"/>' if s.colour else ""
    return (
        f'<w:style {nsdecls("w")} w:type="paragraph" w:customStyle="1" w:styleId="{style_id(s)}">'
        f'<w:name w:val="{s.name}"/><w:qFormat/><w:pPr>{"<w:keepNext/>" if s.keep else ""}{"".join(before)}'
        f'<w:spacing w:before="0" w:after="0" {line}/><w:ind{indents}/><w:jc w:val="{s.align}"/></w:pPr>'
        f'<w:rPr><w:rFonts w:ascii="{s.font}" w:hAnsi="{s.font}" w:eastAsia="{s.font}" w:cs="{s.font}"/>{colour}'
        f'<w:spacing w:val="{TIGHTER if s.line == LINE else 0}"/><w:w w:val="{s.scale}"/>'
        f'<w:sz w:val="{round(s.size * 2)}"/><w:szCs w:val="{round(s.size * 2)}"/></w:rPr></w:style>'
    )


def style_id(style: Style) -> str:
    """Return the id under which a paragraph names the style."""
    return f"zq{STYLES.index(style)}"


def _side(side: str, eighths: int, colour: str) -> str:
    return f'<w:{side} w:val="single" w:sz="{eighths}" w:space="1" w:color="{colour}"/>'


def write(paper: Document, style: Style, *texts: str) -> None:
    """Append one paragraph for each text."""
    for text in texts:
        paper.add_paragraph(text, style=style.name)
