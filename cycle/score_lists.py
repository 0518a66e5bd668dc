"""Lists around the score for commands: what still waits for a scorer's mark, and the appeals."""

from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from cycle.lookup import names
from cycle.rulebook import assessed_units, is_judged, rules_in_force, scorer_code
from models import Appeal, Assessment, Cycle, Mark, Unit
from models.enums import MarkColumn
from rules.numbers import plain

Rows = list[dict[str, Any]]


def list_marks(session: Session, cycle: Cycle, *, today: date, everything: bool = False) -> Rows:
    """Return the judged items that wait for a mark, with who gives it; with `everything` also the marked ones."""
    called, owner = names(session, today), session.get_one(Unit, cycle.owner_id).code
    by_code = {u.code: called[u.id or 0] for u in session.exec(select(Unit))}
    doc = rules_in_force(session, cycle, today).doc
    marks = session.exec(select(Mark).where(Mark.cycle_id == cycle.id).order_by(col(Mark.version)))
    given = {(m.unit_id, m.item, m.mark_column): m for m in marks}
    rows = []
    for place in assessed_units(session, cycle, day=today):
        for item in filter(is_judged, doc.items_for(place.code, place.group)):
            mark = given.get((place.unit_id, item.number, MarkColumn.VERIFIED))
            own = given.get((place.unit_id, item.number, MarkColumn.SELF))
            if mark is not None and not everything:
                continue
            scorer = scorer_code(item, place.code, owner)
            rows.append({
                "编码": place.code, "单位": place.name, "项目": item.number, "考核要点": item.title,
                "分值": plain(item.weight), "评分单位编码": scorer, "评分单位": by_code.get(scorer, scorer),
                "自评": _points(own), "核定": _points(mark), "理由": mark.reason if mark else "",
            })  # fmt: skip
    return rows


def _points(mark: Mark | None) -> str:
    return "" if mark is None or mark.points is None else plain(mark.points)


def list_appeals(session: Session, cycle: Cycle, *, today: date) -> Rows:
    """Return every appeal in the order of filing."""
    called = names(session, today)
    rows = session.exec(
        select(Appeal, Unit)
        .join(Assessment, col(Appeal.assessment_id) == col(Assessment.id))
        .join(Unit, col(Appeal.unit_id) == col(Unit.id))
        .where(Assessment.cycle_id == cycle.id)
        .order_by(col(Appeal.id))
    )
    return [
        {
            "编码": u.code, "单位": called[a.unit_id], "项目": a.item, "理由": a.ground, "提出": a.filed_on,
            "状态": a.state.zh, "改判得分": "" if a.points is None else plain(a.points), "裁定": a.decision,
            "裁定单位": called[a.decider_id] if a.decider_id else "", "裁定日期": a.decided_on,
        }
        for a, u in rows
    ]  # fmt: skip
