"""Papers say what they should, word for word, and nothing in the facts or in a template can break out of them."""

import json
import re
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import fields, replace
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml.ns import qn
from docx.table import Table
from docxtpl import DocxTemplate
from hypothesis import given
from hypothesis import strategies as st

from documents import examples, papers
from documents.facts import (
    CountRow,
    GroupResult,
    LetterFacts,
    OrderFacts,
    ResultFacts,
    ResultRow,
    from_json,
    to_json,
)
from documents.paper_templates import TEMPLATES
from documents.papers import PAPERS, assessed, environment, han, packed, render, two_places
from models import Refused
from tests.golden_files import expect_golden
from tests.services import need

EXAMPLES: dict[str, tuple[str, Any]] = {
    "letter": ("letter", examples.LETTER),
    "letter_reissued": ("letter", examples.LETTER_REISSUED),
    "order": ("order", examples.ORDER),
    "order_closed": ("order", examples.ORDER_CLOSED),
    "midyear": ("midyear", examples.MIDYEAR),
    "result": ("result", examples.RESULT),
    "result_final": ("result", examples.RESULT_FINAL),
}
TWIPS_PER_MM = 1440 / 25.4


def lines_of(content: bytes) -> Iterator[str]:
    """The text of a Word file in reading order, a table row as one line."""
    for block in docx.Document(BytesIO(content)).iter_inner_content():
        if isinstance(block, Table):
            for row in block.rows:
                cells = {cell._tc: cell for cell in row.cells}.values()  # a cell that spans columns is said once
                yield " | ".join(cell.text.replace("\n", " / ") for cell in cells)
        else:
            yield block.text


def text_of(content: bytes) -> str:
    return "\n".join(lines_of(content)) + "\n"


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_paper_reads_as_agreed(name: str) -> None:
    paper, facts = EXAMPLES[name]
    expect_golden(f"{name}.txt", text_of(render(paper, facts)))


def test_every_paper_has_an_example() -> None:
    assert {paper for paper, _ in EXAMPLES.values()} == set(PAPERS) == set(TEMPLATES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_same_facts_give_the_same_bytes(name: str) -> None:
    paper, facts = EXAMPLES[name]
    assert render(paper, facts) == render(paper, facts)


# ---- facts are kept with the paper and come back whole ----


@pytest.mark.parametrize("facts", [*(f for _, f in EXAMPLES.values()), examples.SCORES], ids=repr)
def test_frozen_facts_come_back(facts: Any) -> None:
    assert from_json(type(facts), json.loads(json.dumps(to_json(facts)))) == facts


EXACT = st.decimals(allow_nan=False, allow_infinity=False)
RESULTS = st.builds(
    ResultFacts,
    groups=st.lists(st.builds(GroupResult, rows=st.tuples(st.builds(ResultRow, points=EXACT))), max_size=2).map(tuple),
)


@given(st.one_of(st.builds(LetterFacts), st.builds(OrderFacts), RESULTS))
def test_any_facts_come_back(facts: LetterFacts | OrderFacts | ResultFacts) -> None:
    assert from_json(type(facts), json.loads(json.dumps(to_json(facts)))) == facts


def test_facts_frozen_before_a_field_was_added_take_its_default() -> None:
    old = {key: value for key, value in to_json(examples.LETTER).items() if key not in ("grades", "replaces")}
    assert from_json(LetterFacts, old) == replace(examples.LETTER, grades=(), replaces="")


@pytest.mark.parametrize("change", [{"unheard_of": 1}, {"label": None}])
def test_facts_that_do_not_fit_are_an_error(change: dict[str, Any]) -> None:
    data = {k: v for k, v in (to_json(examples.LETTER) | change).items() if v is not None}
    with pytest.raises(TypeError):
        from_json(LetterFacts, data)


@pytest.mark.parametrize(
    "change",
    [
        {"by_group": (CountRow("县直部门", (5, 7, 31, 2, 9)),)},
        {"by_field": (CountRow("产品质量", (6, 11, 58, 4, 12)),)},
        {"counts": examples.MIDYEAR.counts[:4]},
    ],
    ids=["group missing", "field one short", "state missing"],
)
def test_a_circular_whose_counts_do_not_add_up_cannot_be_made(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="add up"):
        replace(examples.MIDYEAR, **change)


def test_a_circular_may_have_no_rows_at_all() -> None:
    empty = replace(examples.MIDYEAR, behind=(), orders=(), discipline=(), praised=())
    text = text_of(render("midyear", empty))
    assert "没有欠序时的目标任务。" in text
    assert "本期没有下达督办单。" in text
    assert "应报0件" in text


def test_own_next_steps_replace_the_standing_words() -> None:
    text = text_of(render("midyear", replace(examples.MIDYEAR, next_steps=("倒排时间，逐项销号；",))))
    assert "（一）倒排时间，逐项销号。" in text
    assert "抓好督办落实" not in text


# ---- nothing breaks out ----


@pytest.mark.parametrize("unit", ["A&B <县>", "{{ 7*7 }}", "{% raw %}", "“引号”'x'", "二级\n单位"])
def test_what_a_unit_is_called_is_printed_as_it_is(unit: str) -> None:
    assert unit.replace("\n", " / ") in text_of(render("order", replace(examples.ORDER, unit=unit)))


def test_characters_that_word_cannot_hold_are_left_out() -> None:
    assert "住建局 |" in text_of(render("order", replace(examples.ORDER, unit="住\x0b建\x00局")))


def test_facts_of_another_paper_are_a_mistake() -> None:
    with pytest.raises(TypeError, match="LetterFacts"):
        render("letter", examples.ORDER)


@pytest.fixture
def own_templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of templates that an office has edited."""
    monkeypatch.setattr(papers, "FOLDER", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "words",
    ["{{ untis }}", "{{ unit", "{% for x in lines %}", "{{ ''.__class__.__mro__ }}", "{{ unit|nonsense }}"],
    ids=["misspelt", "cut off", "not closed", "code", "no such filter"],
)
def test_a_template_that_was_spoilt_is_named(own_templates: Path, words: str) -> None:
    _save(own_templates / "letter.docx", words)
    with pytest.raises(Refused, match=r"letter\.docx 无法填写.*恢复原模板"):
        render("letter", examples.LETTER)


def test_a_fact_that_is_not_there_is_never_printed_as_none(own_templates: Path) -> None:
    _save(own_templates / "order.docx", "{{ closed_on }}")
    with pytest.raises(Refused, match="空值"):
        render("order", examples.ORDER)


def _save(path: Path, words: str) -> None:
    paper = docx.Document()
    paper.add_paragraph(words)
    paper.save(str(path))


def test_a_template_that_is_missing_is_named(own_templates: Path) -> None:
    with pytest.raises(Refused, match=r"letter\.docx 不存在"):
        render("letter", examples.LETTER)


# ---- the templates ----


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_committed_template_is_the_one_that_is_made(name: str) -> None:
    made = packed(TEMPLATES[name]().save)
    committed = (papers.FOLDER / f"{name}.docx").read_bytes()
    assert _parts(made) == _parts(committed)


def _parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_uses_every_fact_and_no_other(name: str) -> None:
    template = DocxTemplate(papers.FOLDER / f"{name}.docx")
    used = template.get_undeclared_template_variables(jinja_env=environment())
    assert used == {f.name for f in fields(PAPERS[name])}


@pytest.mark.parametrize("name", EXAMPLES)
def test_page_and_tables_keep_to_the_standard(name: str) -> None:
    """GB/T 9704-2012, 5.2: A4, 37 mm above, 28 mm left, a text area of 156 × 225 mm that no table leaves."""
    paper = docx.Document(BytesIO(render(*EXAMPLES[name])))
    section = paper.sections[0]
    sizes = (
        section.page_width, section.page_height, section.top_margin, section.left_margin,
        section.right_margin, section.bottom_margin,
    )  # fmt: skip
    assert [round(size.mm) for size in sizes if size is not None] == [210, 297, 37, 28, 26, 35]
    for table in paper.element.body.iter(qn("w:tbl")):
        columns = [int(c.get(qn("w:w"))) for c in table.iter(qn("w:gridCol"))]
        assert sum(columns) / TWIPS_PER_MM <= 156.1
        for row in table.iter(qn("w:tr")):
            widths = [int(width.get(qn("w:w"))) for width in row.iter(qn("w:tcW"))]
            assert abs(sum(widths) - sum(columns)) <= len(columns)  # rounding of each to a twentieth of a point


@pytest.mark.parametrize("name", ["midyear", "result", "result_final"])
def test_the_signature_is_never_alone_on_a_page(name: str) -> None:
    """GB/T 9704-2012, 7.3.5: every line before the date is held to the next one, back to words of the text."""
    end = docx.Document(BytesIO(render(*EXAMPLES[name]))).paragraphs[-4:]
    assert [b.text for b in end] == ["特此通报。", "", examples.OFFICE, end[-1].text]
    assert all(b.style is not None and b.style.paragraph_format.keep_with_next for b in end[:-1])


# ---- as they come out of the printer ----


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Every example as LibreOffice prints it: the words of each page with their places."""
    soffice, fonts = need("soffice", "libreoffice-writer"), need("fc-list", "fontconfig")
    need("pdftotext", "poppler-utils")
    if not subprocess.run([fonts, ":lang=zh"], check=True, capture_output=True).stdout:
        pytest.skip("本机没有中文字体，请先安装：apt install fonts-noto-cjk")
    folder = tmp_path_factory.mktemp("printed")
    for name, (paper, facts) in EXAMPLES.items():
        (folder / f"{name}.docx").write_bytes(render(paper, facts))
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    files = [str(folder / f"{name}.docx") for name in EXAMPLES]
    convert = [soffice, profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder), *files]
    subprocess.run(convert, check=True, capture_output=True, timeout=120)
    return {name: _pages(folder / f"{name}.pdf") for name in EXAMPLES}


def _pages(path: Path) -> list[str]:
    boxes = subprocess.run(["pdftotext", "-bbox", str(path), "-"], check=True, capture_output=True, timeout=60)
    return re.findall(r"<page .*?</page>", boxes.stdout.decode(), re.DOTALL)


@pytest.mark.parametrize("name", EXAMPLES)
def test_nothing_is_printed_outside_the_text_area(printed: dict[str, list[str]], name: str) -> None:
    """28 mm left and 26 mm right of the page stay white; a closing mark may hang over by half a character."""
    points = 72 / 25.4
    for page in printed[name]:
        lefts, rights = ([float(x) for x in re.findall(rf'{side}="([\d.]+)"', page)] for side in ("xMin", "xMax"))
        assert min(lefts) >= 28 * points - 1
        assert max(rights) <= 184 * points + 8


@pytest.mark.parametrize("name", ["order", "order_closed"])
def test_an_order_fits_on_one_page(printed: dict[str, list[str]], name: str) -> None:
    assert len(printed[name]) == 1


@pytest.mark.parametrize("name", ["letter", "letter_reissued", "midyear", "result", "result_final"])
def test_the_last_page_holds_words_of_the_text_too(printed: dict[str, list[str]], name: str) -> None:
    words = "".join(re.findall(r">([^<>]+)</word>", printed[name][-1]))
    assert "特此通报" in words or "本责任书一式两份" in words


# ---- small words ----


@pytest.mark.parametrize(("number", "said"), [(1, "一"), (10, "十"), (12, "十二"), (20, "二十"), (23, "二十三")])
def test_counting_in_han(number: int, said: str) -> None:
    assert han(number) == said


@pytest.mark.parametrize(
    ("points", "said"), [("93.8", "93.80"), ("90", "90.00"), ("-0.5", "-0.50"), ("1.125", "1.125")]
)
def test_points_in_a_column_are_even_and_never_rounded(points: str, said: str) -> None:
    assert two_places(Decimal(points)) == said


def test_the_name_of_an_assessment_does_not_say_it_twice() -> None:
    assert assessed("2026年度质量工作") == assessed("2026年度质量工作考核") == "2026年度质量工作考核"


def test_a_supervision_circular_is_counted_not_numbered() -> None:
    assert examples.MIDYEAR.label == "督查通报（第 1 期）"
