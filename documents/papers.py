"""Official papers as Word files: facts in, .docx bytes out, in the words of templates/papers/."""

import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from documents.facts import LetterFacts, MidyearFacts, OrderFacts, ResultFacts
from models.errors import Refused

FOLDER = Path(__file__).resolve().parents[1] / "templates" / "papers"
Paper = LetterFacts | OrderFacts | MidyearFacts | ResultFacts
PAPERS: Mapping[str, type[Paper]] = {
    "letter": LetterFacts,
    "order": OrderFacts,
    "midyear": MidyearFacts,
    "result": ResultFacts,
}
"""Each paper: the name of its template, and the facts it prints."""

UNPRINTABLE = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML cannot hold."""
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
DIGITS = "零一二三四五六七八九"


def render(name: str, facts: Paper) -> bytes:
    """Return the paper `name` with these facts as a Word file; the same facts give the same bytes.

    Raises:
        Refused: the template is missing, or somebody changed a mark in it so that it cannot be filled in.
        TypeError: the facts are those of another paper.
    """
    if not isinstance(facts, PAPERS[name]):
        raise TypeError(f"{name} is printed from {PAPERS[name].__name__}, not {type(facts).__name__}")
    path = FOLDER / f"{name}.docx"
    if not path.is_file():
        raise Refused(f"文书模板 {path} 不存在。请用 python -m documents.paper_templates 恢复原模板。")
    template = DocxTemplate(path)
    try:
        template.render({f.name: getattr(facts, f.name) for f in fields(facts)}, environment())
    except TemplateError as error:
        raise Refused(
            f"文书模板 {path} 无法填写：{error.message}。请检查 {{{{ }}}} 和 {{% %}} 标记是否被改动，"
            "或用 python -m documents.paper_templates 恢复原模板。"
        ) from error
    return packed(template.save)


def packed(save: Callable[[BytesIO], object]) -> bytes:
    """Return the zip file that `save` writes without its moments of writing: the same content, the same bytes."""
    written, clean = BytesIO(), BytesIO()
    save(written)
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(clean, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            timeless = zipfile.ZipInfo(entry.filename, ZIP_EPOCH)
            timeless.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(timeless, source.read(entry))
    return clean.getvalue()


@cache
def environment() -> SandboxedEnvironment:
    """Return the environment papers are filled in by: no code runs, a misspelt fact is an error, text stays text."""
    made = SandboxedEnvironment(undefined=StrictUndefined, autoescape=True, finalize=printable)
    made.filters.update(day=in_words, points=two_places, han=han, clause=clause, dash=dash, assessed=assessed)
    return made


def printable(value: Any) -> Any:
    """Return `value` without characters that a Word file cannot hold; nothing at all must not be printed as “None”."""
    if value is None:
        raise TemplateError("有一处内容为空值")
    return UNPRINTABLE.sub("", value) if isinstance(value, str) else value


def in_words(day: date) -> str:
    """Return a date as papers write it: 2026年3月5日."""
    return f"{day.year}年{day.month}月{day.day}日"


def two_places(points: Decimal) -> str:
    """Return points with at least two decimals, so that a column of them is even; nothing is rounded away."""
    exponent = points.as_tuple().exponent
    places = max(2, -exponent if isinstance(exponent, int) else 0)
    return f"{points:.{places}f}"


def han(number: int) -> str:
    """Return 1 to 99 as papers count: 一, 十, 十二, 二十三."""
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else f"{DIGITS[tens]}十") + (DIGITS[ones] if ones else "")


def clause(text: str) -> str:
    """Return what somebody wrote without its closing mark, so that the sentence around it can close."""
    return text.strip().rstrip("。；;，,. ")


def dash(text: str) -> str:
    """Return a dash for a cell that has nothing to say."""
    return text or "—"


def assessed(cycle_name: str) -> str:
    """Return the name of the assessment of a cycle, whether or not the cycle's own name says 考核 already."""
    return cycle_name if cycle_name.endswith("考核") else f"{cycle_name}考核"
