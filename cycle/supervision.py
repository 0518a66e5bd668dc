"""Supervision at mid-year: every target against its pace, a draft order for each one behind, one circular."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from fractions import Fraction

import pendulum
from sqlmodel import Session, col, or_, select

from cycle.discipline import FAULTLESS, REPORTING, faults
from cycle.lookup import names
from cycle.numbering import take_number
from cycle.obligations import milestones
from cycle.orders import draft_order
from cycle.standing import Carried, carried
from cycle.trail import note
from documents.facts import BehindLine, Count, CountRow, DisciplineLine, MidyearFacts, OrderLine, to_json
from models import Circular, Cycle, Obligation, Order, Participant, Refused, Unit
from models.columns import row_id
from models.enums import CircularKind, ObligationState, OrderState, Progress
from notifications.notices import CircularIssued
from notifications.outbox import post
from rules.numbers import plain, rounded
from rules.progress import expected, pace
from rules.targets import phrase

PERIOD = "H1"
NEXT_STEPS = (
    "欠序时单位对照短板逐项分析原因，按督办单要求限期整改并反馈；",
    "迟报、漏报单位明确专人负责，按期完整报送；",
    "各单位对照全年目标倒排时间，确保年底前全面完成。",
)


def supervision_day(session: Session, cycle: Cycle) -> date | None:
    """Return the day from which mid-year supervision is made, or None where the plan names none."""
    return milestones(session, cycle).get("supervision_on")


def behind(session: Session, cycle: Cycle, *, as_of: date) -> list[Carried]:
    """Return what is behind its pace on `as_of`, in the order of the table."""
    return [c for c in carried(session, cycle, as_of=as_of) if pace(c.standing) is Progress.BEHIND]


def draft_orders(session: Session, cycle: Cycle, unit: Unit, *, by: str, today: date) -> int:
    """Draft an order for each target of the unit that is behind; return how many are new. Again drafts nothing."""
    known = set(session.exec(select(Order.matter).where(Order.cycle_id == cycle.id)))
    drafted = 0
    for line in behind(session, cycle, as_of=today):
        matter = f"midyear/{unit.code}/{line.indicator.number}"
        if line.unit_id != unit.id or matter in known:
            continue
        basis = f"半年督查：目标{phrase(line.standing.figure)}，应达 {_expected(line)}，实际 {_actual(line)}，欠序时。"
        draft_order(
            session,
            cycle,
            unit,
            matter,
            title=f"{line.indicator.name}未达序时进度",
            basis=basis,
            assignment_id=line.assignment_id,
            by=by,
            today=today,
        )
        drafted += 1
    return drafted


def half_year(cycle: Cycle) -> str:
    """Return what the first half of the cycle is called: 2026年1—6月, or 2026年10月—2027年3月 across New Year."""
    first = pendulum.Date(cycle.starts.year, cycle.starts.month, 1)
    last = min(first.add(months=6).subtract(days=1), cycle.ends)
    if first.year == last.year:
        return f"{first.year}年{first.month}—{last.month}月"
    return f"{first.year}年{first.month}月—{last.year}年{last.month}月"


def midyear_facts(session: Session, cycle: Cycle, *, as_of: date, issue: int) -> MidyearFacts:
    """Return what the circular says on `as_of`; its counts by group and by field add up to the same total."""
    called = names(session, as_of)
    lines = carried(session, cycle, as_of=as_of)
    states = [pace(c.standing) for c in lines]
    places = select(col(Participant.unit_id), col(Participant.group_name)).where(Participant.cycle_id == cycle.id)
    groups = dict(session.exec(places).all())
    late = [c for c, state in zip(lines, states, strict=True) if state is Progress.BEHIND]
    orders = session.exec(
        select(Order).where(Order.cycle_id == cycle.id, Order.state != OrderState.DRAFT).order_by(col(Order.id))
    ).all()
    return MidyearFacts(
        issue=issue,
        office=cycle.office,
        cycle_name=cycle.name,
        period=half_year(cycle),
        as_of=as_of,
        issued_on=as_of,
        counts=tuple(Count(p.zh, states.count(p)) for p in Progress),
        by_group=_rows(lines, states, lambda c: groups[c.unit_id]),
        by_field=_rows(lines, states, lambda c: c.indicator.field.zh),
        behind=tuple(_behind_line(c, called[c.unit_id]) for c in late),
        discipline=_discipline(session, cycle, as_of, called),
        praised=_praised(lines, states, set(faults(session, cycle, as_of=as_of)), called),
        orders=tuple(OrderLine(o.label, called[o.unit_id], o.title, o.due_on) for o in orders),
        next_steps=NEXT_STEPS,
    )


def issue_circular(session: Session, cycle: Cycle, *, by: str, today: date) -> Circular:
    """Issue the mid-year circular 督查通报（第 N 期）, its content frozen, every unit told; return it.

    Raises:
        Refused: it was issued before, or the day of supervision has not come.
    """
    day = supervision_day(session, cycle)
    if day is None or today < day:
        raise Refused(f"半年督查时间为 {day or '（计划未定）'}，现在不能印发督查通报。")
    if session.exec(
        select(Circular).where(Circular.cycle_id == cycle.id, Circular.kind == CircularKind.MIDYEAR)
    ).first():
        raise Refused("本周期的半年督查通报已经印发。")
    issue = take_number(
        session, f"{cycle.issuing_code}督查通报", today.year, f"circular/{cycle.code}/{PERIOD}", today=today
    )
    facts = midyear_facts(session, cycle, as_of=today, issue=issue)
    circular = Circular(
        cycle_id=row_id(cycle),
        kind=CircularKind.MIDYEAR,
        period=PERIOD,
        label=facts.label,
        content=to_json(facts),
        issued_on=today,
    )
    session.add(circular)
    told = CircularIssued(label=facts.label, title=f"{facts.period}质量工作督查通报")
    assessed = select(Participant.unit_id).where(Participant.cycle_id == cycle.id, Participant.assessed)
    for unit_id in session.exec(assessed):
        post(session, row_id(cycle), unit_id, told, subject=f"{cycle.code}-{facts.label}", today=today)
    note(
        session, cycle_id=cycle.id, day=today, by=by, act="issue_circular", subject=facts.label, detail={"issue": issue}
    )
    return circular


def _rows(lines: Sequence[Carried], states: Sequence[Progress], of: Callable[[Carried], str]) -> tuple[CountRow, ...]:
    tally: dict[str, Counter[Progress]] = {}
    for line, state in zip(lines, states, strict=True):
        tally.setdefault(of(line), Counter())[state] += 1
    return tuple(CountRow(name, tuple(counts[p] for p in Progress)) for name, counts in tally.items())


def _behind_line(line: Carried, unit: str) -> BehindLine:
    due, value = expected(line.standing), line.standing.actual
    gap = "" if due is None or value is None else _shown(abs(due - value), line)
    return BehindLine(
        unit=unit,
        number=line.indicator.number,
        indicator=line.indicator.name,
        target=phrase(line.standing.figure),
        actual=_actual(line),
        expected=_expected(line),
        gap=gap,
    )


def _actual(line: Carried) -> str:
    return "未报" if line.standing.actual is None else _shown(line.standing.actual, line)


def _shown(value: Fraction, line: Carried) -> str:
    """Return the value as a circular prints it, at most at two decimals."""
    return f"{plain(rounded(value))}{line.indicator.measure}"


def _expected(line: Carried) -> str:
    due = expected(line.standing)
    return "" if due is None else _shown(due, line)


def _praised(
    lines: Sequence[Carried], states: Sequence[Progress], at_fault: set[int], called: dict[int, str]
) -> tuple[str, ...]:
    """Return the units that are nowhere behind, somewhere ahead, and reported everything in time and in order."""
    by_unit: dict[int, set[Progress]] = {}
    for line, state in zip(lines, states, strict=True):
        by_unit.setdefault(line.unit_id, set()).add(state)
    good = {Progress.AHEAD, Progress.DONE, Progress.ON_TRACK, Progress.OTHER}
    well = {Progress.AHEAD, Progress.DONE}
    return tuple(called[u] for u, had in by_unit.items() if had <= good and had & well and u not in at_fault)


def _discipline(session: Session, cycle: Cycle, as_of: date, called: dict[int, str]) -> tuple[DisciplineLine, ...]:
    """Return every unit that owed a report by then, with what went wrong: the same faults as cost points (R16)."""
    rows = session.exec(
        select(col(Obligation.supplier_id), col(Obligation.filed_on))
        .where(Obligation.cycle_id == cycle.id, col(Obligation.kind).in_(REPORTING))
        .where(Obligation.state != ObligationState.WITHDRAWN)
        .where(or_(col(Obligation.due_on) <= as_of, col(Obligation.filed_on) <= as_of))
        .order_by(col(Obligation.supplier_id))
    )
    owed: dict[int, list[bool]] = {}
    for unit_id, filed_on in rows:
        owed.setdefault(unit_id, []).append(filed_on is not None and filed_on <= as_of)
    wrong = faults(session, cycle, as_of=as_of)
    return tuple(
        DisciplineLine(
            unit=called[unit_id],
            owed=len(filed),
            filed=sum(filed),
            late=len(wrong.get(unit_id, FAULTLESS).late),
            missing=len(wrong.get(unit_id, FAULTLESS).missing),
            returned=len(wrong.get(unit_id, FAULTLESS).returned),
        )
        for unit_id, filed in owed.items()
    )
