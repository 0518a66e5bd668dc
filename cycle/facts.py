"""From the record to the facts that rules are applied to: per unit and item, as of a date, nothing written.

Figures come from accepted reports only. While the facts are open, what is missing or may still change is said with
each item; once they are closed, what is missing is missing.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, TypeVar

from sqlalchemy import select
from sqlmodel import Session, col

from cycle.discipline import FAULTLESS, Faults, faults
from cycle.figures import Figure, figures
from cycle.rulebook import Place
from models import Cycle, Incident, Mark, Merit
from models.enums import IncidentLevel, MarkColumn
from rules.scoring import Facts, Item, Matter, MissingTreatment, Need

NO_DATA = "尚无数据，暂计 0 分"
T = TypeVar("T")


class Judgement(NamedTuple):
    """The newest mark a scorer gave."""

    met: bool | None
    reason: str
    giver_id: int


class Event(NamedTuple):
    """An incident on record."""

    level: IncidentLevel
    said: str


@dataclass(frozen=True)
class Known:
    """All that the record says about a cycle's units as of a date, read with one query per table."""

    as_of: date
    closed: bool
    names: Mapping[int, str]
    figures: Mapping[tuple[int, str], Figure]
    faults: Mapping[int, Faults]
    judgements: Mapping[tuple[int, str], Judgement]
    incidents: Mapping[int, tuple[Event, ...]]
    merits: Mapping[int, tuple[Matter, ...]]


def known(session: Session, cycle: Cycle, names: Mapping[int, str], *, as_of: date, closed: bool) -> Known:
    """Return what the record says as of a date; `closed` when nothing is to come any more."""
    return Known(
        as_of=as_of,
        closed=closed,
        names=names,
        figures=figures(session, cycle, names, as_of=as_of),
        faults=faults(session, cycle, as_of=as_of),
        judgements=_judgements(session, cycle, as_of),
        incidents=incidents(session, cycle, as_of=as_of),
        merits=merits(session, cycle, as_of=as_of),
    )


def facts_for(item: Item, unit: Place, record: Known) -> Facts:
    """Return the facts about one unit for one item."""
    return SOURCES[item.rule.needs(item.params)](item, unit, record)


def _from_figure(item: Item, unit: Place, record: Known) -> Facts:
    figure = record.figures.get((unit.unit_id, item.indicator or ""))
    if figure is None:
        return Facts(applies=False)
    if figure.not_applicable and item.missing is not MissingTreatment.NOT_ALLOWED:
        return Facts(applies=False, evidence=figure.evidence, notes=figure.notes)
    said_not = ("所报“不适用”已审核通过，但本项不允许缺项",) if figure.not_applicable else ()
    missing = () if figure.actual or record.closed else (NO_DATA,)
    return Facts(
        actual=figure.actual.value if figure.actual else None,
        target=figure.target,
        evidence=figure.evidence,
        notes=(*figure.notes, *said_not),
        provisional=(*missing, *figure.open_points),
    )


def _count(item: Item, unit: Place, record: Known) -> Facts:
    """A count is reported where the item names an indicator; otherwise it is that of the unit's incidents."""
    if item.indicator:
        return _from_figure(item, unit, record)
    events = record.incidents.get(unit.unit_id, ())
    return Facts(count=len(events), evidence=tuple(e.said for e in events), notes=("次数为已登记的质量安全事件",))


def _discipline(_item: Item, unit: Place, record: Known) -> Facts:
    found = record.faults.get(unit.unit_id, FAULTLESS)
    named = (("迟报", found.late), ("漏报", found.missing), ("退回", found.returned), ("空报", found.empty))
    notes = [f"{what}：{'、'.join(titles)}" for what, titles in named if titles]
    return Facts(
        late=len(found.late),
        missing=len(found.missing),
        returned=len(found.returned),
        empty=len(found.empty),
        notes=(f"统计截至 {record.as_of} 的应报事项", *notes),
    )


def _judged(item: Item, unit: Place, record: Known) -> Facts:
    figure = record.figures.get((unit.unit_id, item.indicator or ""))
    evidence = figure.evidence if figure else ()
    mark = record.judgements.get((unit.unit_id, item.number))
    if mark is None:
        return Facts(evidence=evidence)
    reason = (f"评分理由：{mark.reason}",) if mark.reason else ()
    return Facts(judged=mark.met, evidence=evidence, notes=(f"由{record.names[mark.giver_id]}评分", *reason))


SOURCES: Mapping[Need, Callable[[Item, Place, Known], Facts]] = {
    Need.TARGET: _from_figure,
    Need.ACTUAL: _from_figure,
    Need.COUNT: _count,
    Need.DISCIPLINE: _discipline,
    Need.JUDGED: _judged,
}
"""Where each kind of need finds its facts."""


def incidents(session: Session, cycle: Cycle, *, as_of: date) -> dict[int, tuple[Event, ...]]:
    """Return by unit the incidents that were on record by then, in the order they occurred."""
    rows = session.scalars(
        select(Incident)
        .where(col(Incident.cycle_id) == cycle.id, col(Incident.recorded_on) <= as_of)
        .order_by(col(Incident.occurred_on), col(Incident.id))
    )
    return _by_unit((i.unit_id, Event(i.level, f"{i.occurred_on} {i.title}（{i.level.zh}）")) for i in rows)


def merits(session: Session, cycle: Cycle, *, as_of: date) -> dict[int, tuple[Matter, ...]]:
    """Return by unit the matters that were on record by then 加减分事项."""
    rows = session.scalars(
        select(Merit).where(col(Merit.cycle_id) == cycle.id, col(Merit.recorded_on) <= as_of).order_by(col(Merit.id))
    )
    return _by_unit((m.unit_id, Matter(m.number, m.title)) for m in rows)


def _by_unit(rows: Iterable[tuple[int, T]]) -> dict[int, tuple[T, ...]]:
    found: dict[int, tuple[T, ...]] = {}
    for unit, row in rows:
        found[unit] = (*found.get(unit, ()), row)
    return found


def _judgements(session: Session, cycle: Cycle, as_of: date) -> dict[tuple[int, str], Judgement]:
    rows = session.scalars(
        select(Mark)
        .where(col(Mark.cycle_id) == cycle.id, col(Mark.mark_column) == MarkColumn.VERIFIED)
        .where(col(Mark.given_on) <= as_of)
        .order_by(col(Mark.given_on), col(Mark.version), col(Mark.id))
    )
    return {(m.unit_id, m.item): Judgement(m.met, m.reason, m.giver_id) for m in rows}
