"""What the index page of an exported folder says of each unit: its result, its letters, and where it went."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

from sqlmodel import Session, col, select

from cycle.paper_facts import called
from cycle.scoring import CycleScore, Scored
from documents.index_page import FileLink, GroupEntry, UnitEntry
from models import Cycle, Participant, Unit

UNRANKED = 10**6
"""Where a unit without a rank is listed: after all others, as in the plan."""


def index_groups(
    session: Session,
    cycle: Cycle,
    letters: Mapping[int, tuple[FileLink, ...]],
    score: CycleScore | None,
    *,
    today: date,
) -> tuple[GroupEntry, ...]:
    """Return the units of the cycle group by group, best first, with their letters; without a score, as in the plan."""
    results = {unit.place.unit_id: unit for unit in score.units} if score else {}
    unit_names = called(session, today)
    places = session.exec(
        select(Participant, Unit).join(Unit).where(Participant.cycle_id == cycle.id).order_by(col(Participant.id))
    )
    groups: dict[str, list[UnitEntry]] = defaultdict(list)
    for place, unit in places:
        name, note = unit_names[place.unit_id], _standing(place, unit, unit_names)
        groups[place.group_name].append(_entry(name, letters.get(place.unit_id, ()), results.get(place.unit_id), note))
    return tuple(
        GroupEntry(name, tuple(sorted(entries, key=lambda e: e.rank or UNRANKED))) for name, entries in groups.items()
    )


def _standing(place: Participant, unit: Unit, unit_names: Mapping[int, str]) -> str:
    if unit.merged_into_id is not None and unit.valid_to is not None:
        return f"{unit.valid_to} 并入{unit_names[unit.merged_into_id]}"
    return "" if place.assessed else "不参加考核"


def _entry(name: str, letters: tuple[FileLink, ...], result: Scored | None, note: str) -> UnitEntry:
    if result is None:
        return UnitEntry(name, letters, note=note)
    return UnitEntry(name, letters, result.points, result.grade.grade, result.rank, result.grade.reason or note)
