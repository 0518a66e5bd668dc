"""One letter for one person: everything there is to say to them on a day, by unit and by what has to be done."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import NamedTuple

from models.enums import Role
from notifications.notices import BY_NAME, Part
from notifications.wording import in_words, template


class Line(NamedTuple):
    """One message of a digest: to whom, from which office, in which cycle, and what it says."""

    unit: str
    role: Role
    office: str
    cycle: str
    kind: str
    text: str
    due_on: date | None


class Digest(NamedTuple):
    """A letter ready to be sent."""

    title: str
    body: str


class Block(NamedTuple):
    """What concerns one unit in one cycle: headings, each with its sentences."""

    unit: str
    cycle: str
    sections: tuple[tuple[str, tuple[str, ...]], ...]


class Section(NamedTuple):
    """Lines that are treated alike: the word of the title line and the heading of the letter."""

    short: str
    heading: str


RETURNED = Section("退回", "退回事项，请改正后重新报送")
OVERDUE = Section("逾期", "逾期事项，尚未办理的请立即办理")
DUE = Section("待办", "待办事项，请按期办理")
INFORMATION = Section("通知", "有关通知")
SECTIONS = (RETURNED, OVERDUE, DUE, INFORMATION)
"""In the order of the letter: what was returned must never be lost among the rest."""

TITLE_LENGTH = 200


def compose(lines: Sequence[Line], day: date) -> Digest:
    """Return the digest of the lines for the day; the same lines in any order give the same letter.

    What reaches a person in two roles of one unit is said once.
    """
    ordered = sorted(
        set(lines), key=lambda e: (e.unit, e.cycle, SECTIONS.index(section(e, day)), _due(e), e.text, e.role)
    )
    said = list({(e.unit, e.cycle, e.kind, e.text): e for e in ordered}.values())
    blocks = [
        Block(unit, cycle, _sections(list(of_block), day))
        for (unit, cycle), of_block in groupby(said, key=lambda e: (e.unit, e.cycle))
    ]
    offices = "、".join(dict.fromkeys(e.office for e in ordered))
    body = template("digest").render(
        greeting=_greeting(ordered),
        day=day,
        blocks=blocks,
        one_unit=len({e.unit for e in ordered}) == 1,
        to_do=any(section(e, day) is not INFORMATION for e in said),
        to_office=any(e.role is Role.COORDINATOR for e in ordered),
        to_units=any(e.role is not Role.COORDINATOR for e in ordered),
        offices=offices,
    )
    return Digest(f"【{offices}】{in_words(day)}质量工作事项：{_counts(said, day)}"[:TITLE_LENGTH], body.strip())


def section(line: Line, day: date) -> Section:
    """Return where the line stands: a thing to do is overdue from the day after its due date."""
    part = BY_NAME[line.kind].part
    if part is Part.TO_DO:
        return OVERDUE if line.due_on is not None and line.due_on < day else DUE
    return RETURNED if part is Part.RETURNED else INFORMATION


def _sections(lines: Sequence[Line], day: date) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple(
        (part.heading, tuple(e.text for e in of_part))
        for part, of_part in groupby(lines, key=lambda e: section(e, day))
    )


def _greeting(lines: Sequence[Line]) -> str:
    """Return whom the letter addresses: 市场监管局联络员、分管领导；甲镇联络员."""
    return "；".join(
        unit + "、".join(role.zh for role in Role if any(e.role is role for e in of_unit))
        for unit, of_unit in ((unit, list(group)) for unit, group in groupby(lines, key=lambda e: e.unit))
    )


def _counts(lines: Sequence[Line], day: date) -> str:
    counts = ((s.short, sum(section(e, day) is s for e in lines)) for s in SECTIONS)
    return "、".join(f"{short}{count}项" for short, count in counts if count)


def _due(line: Line) -> date:
    return line.due_on or date.max
