"""In which words: the templates of messages, filled in strictly and kept to one line each."""

from dataclasses import fields
from datetime import date
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from notifications.notices import NOTICES, Notice

FOLDER = Path(__file__).resolve().parents[1] / "templates" / "messages"


def render_line(notice: Notice) -> str:
    """Return the notice as one Chinese sentence or two, without a line break."""
    facts = {f.name: getattr(notice, f.name) for f in fields(notice)}
    return " ".join(template(NOTICES[type(notice)].name).render(facts).split())


GAP = "\x1a"
"""Stands in a notice for a fact that comes later; nobody types it."""


def render_around(notice: Notice) -> tuple[str, str]:
    """Return the words before and after the GAP in the notice, for a sweep that says the same of many things."""
    before, after = render_line(notice).split(GAP)
    return before, after


@cache
def template(name: str) -> Template:
    """Return the compiled template of this name from templates/messages/."""
    return _environment().get_template(f"{name}.txt.j2")


def in_words(day: date) -> str:
    """Return a date as papers write it: 2026年3月5日."""
    return f"{day.year}年{day.month}月{day.day}日"


def clause(text: str) -> str:
    """Return what somebody wrote without its closing mark, so that the sentence around it can close."""
    return " ".join(text.split()).rstrip("。；;，,. ")


@cache
def _environment() -> Environment:
    # Plain text: nothing to escape. A fact that a template misspells is an error, never a gap in a message.
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(day=in_words, clause=clause)
    return environment
