"""The pages that lead through an exported folder; they open from the file system, without scripts or a network."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from documents.papers import in_words, two_places

FOLDER = Path(__file__).resolve().parents[1] / "templates"


@dataclass(frozen=True)
class FileLink:
    """A file in the folder: what it is called, its path from the index page, and what is said beside it."""

    title: str
    path: str
    note: str = ""


@dataclass(frozen=True)
class UnitEntry:
    """A unit with its result, as far as there is one, and its letters."""

    unit: str
    letters: tuple[FileLink, ...] = ()
    points: Decimal | None = None
    grade: str = ""
    rank: int | None = None
    note: str = ""


@dataclass(frozen=True)
class GroupEntry:
    """The units that are ranked together, in the order they are listed."""

    name: str
    units: tuple[UnitEntry, ...]


@dataclass(frozen=True)
class SentFacts:
    """One digest as it went out, and what the provider answered."""

    day: date
    title: str
    body: str
    answer: str


@dataclass(frozen=True)
class SeatFacts:
    """A post somebody holds in a unit; `valid_to` is the first day without."""

    unit: str
    role: str
    title: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True)
class PersonFacts:
    """An address, the seats it acts at, and what was sent to it, in order."""

    address: str
    seats: tuple[SeatFacts, ...]
    sent: tuple[SentFacts, ...] = ()

    @property
    def name(self) -> str:
        """Return the first seat in words: people are known by their posts."""
        return f"{self.seats[0].unit}{self.seats[0].role}"


class PersonEntry(NamedTuple):
    """A line of the list of people; `path` is "" where nothing was sent and there is no page."""

    person: PersonFacts
    path: str


@dataclass(frozen=True)
class IndexFacts:
    """The folder's contents. `state` is that of the assessment; a `provisional` score is marked as one."""

    office: str
    cycle_name: str
    as_of: date
    state: str
    provisional: bool
    groups: tuple[GroupEntry, ...]
    papers: tuple[FileLink, ...] = ()
    orders: tuple[FileLink, ...] = ()
    people: tuple[PersonEntry, ...] = ()


def render_index(facts: IndexFacts) -> str:
    """Return the index page as HTML."""
    return _environment().get_template("index.html.j2").render(index=facts)


def render_received(person: PersonFacts, *, cycle_name: str, index_path: str) -> str:
    """Return the page of what a person received as HTML; `index_path` leads back."""
    page = _environment().get_template("received.html.j2")
    return page.render(person=person, cycle_name=cycle_name, index_path=index_path)


@cache
def _environment() -> Environment:
    # Jinja does not take *.html.j2 for HTML by itself: escaping is switched on for all.
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(day=in_words, points=two_places, href=quote)
    return made
