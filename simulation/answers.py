"""What a unit types into the rows of its workbook: figures from its behaviour, words as offices write them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

from documents import cells
from documents.unit_pages import Line
from documents.unit_sheets import (
    AGREED,
    APPEALS,
    CONTACTS,
    EXTENSIONS,
    FILINGS,
    LETTERS,
    OBJECTED,
    ORDERS,
    REPORTS,
    SELF_EVALUATIONS,
    YES,
    Sheet,
)
from models.enums import Aggregation, ReportNature, TargetForm
from rules.numbers import rounded
from simulation import behaviour
from simulation.behaviour import Carried, Figure, draw
from simulation.filling import Place, Typed
from simulation.owed import Owed
from simulation.story import Correction, Extension, NewPerson, Protest, Story

Rows = Mapping[Place, Line]
Typing = dict[Place, dict[str, Typed]]
Writing = Callable[[Rows], Typing]
"""What a person types, having read the rows of the workbook."""

WORK_DONE = (
    "本期各项工作按方案推进，已完成阶段性任务",
    "已召开工作推进会，落实责任科室和时间节点，进展正常",
    "对照目标任务开展自查，台账资料齐全，进展符合预期",
    "会同有关单位开展联合检查，问题已建立清单并逐项整改",
)
PROBLEMS = ("个别企业配合进度偏慢", "基层专业人员不足", "部分数据统计口径需进一步统一")
NEXT_STEPS = ("加强调度，按月通报进度", "组织业务培训，补充工作力量", "与县直有关部门建立数据核对机制")
SELF_CHECK = "对照责任书逐项自查：量化目标总体按序时推进，报送材料基本及时；{problem}，下半年将{step}。"
NOTHING_HAPPENED = ("本期未发生", "本期尚无新增，正在培育", "本期没有此类事项")
FIRST_ANSWER = "已收到督办单，正在研究推进，下一步将加快办理。"
FULL_ANSWER = "已逐项分析原因，明确责任科室和完成时限：{step}；预计下季度末赶上序时进度，佐证已留存备查。"
MARKED = ("对照评分标准完成，按标准计分", "完成情况良好，台账齐全", "完成目标任务，个别材料报送不够及时，酌情扣分")


def on(sheet: Sheet, rows: Rows) -> Iterator[tuple[Place, Line]]:
    """Yield the rows of one sheet."""
    return ((place, line) for place, line in rows.items() if place.sheet == sheet.name)


def report(seed: int, story: Story, owed: Owed, *, mistaken: bool) -> Writing:
    """Return what the unit reports for one thing it owes."""

    def write(rows: Rows) -> Typing:
        place = Place(REPORTS.name, owed.key)
        found = None if owed.in_words else truth(seed, story, owed)
        if found is None:
            said = _in_words(seed, owed)
        else:
            said = _in_figures(seed, owed, _mistyped(found) if mistaken else found, rows[place])
        if owed.evidence and "reason" not in said:
            said["evidence"] = ledger(owed.key)
        return {place: said}

    return write


def ledger(key: str) -> str:
    """Return the name of the file that proves what is reported under the key."""
    return f"台账-{key.removeprefix('report/').replace('/', '-')}.txt"


def exhibit(key: str, title: str) -> tuple[str, str]:
    """Return that file: its name and what it says."""
    return ledger(key), f"{title}\n工作台账摘要，原件存本单位备查。\n"


def _in_words(seed: int, owed: Owed) -> dict[str, Typed]:
    dice = draw(seed, owed.unit, owed.key, "words")
    problem, step = dice.choice(PROBLEMS), dice.choice(NEXT_STEPS)
    text = SELF_CHECK.format(problem=problem, step=step) if owed.carried is None else dice.choice(WORK_DONE)
    return {"text": text, "problems": problem, "next_steps": step}


def _in_figures(seed: int, owed: Owed, found: Figure, row: Line) -> dict[str, Typed]:
    if found.nature is ReportNature.NIL:
        reason = draw(seed, owed.unit, owed.key, "nothing").choice(NOTHING_HAPPENED)
        return {"nature": ReportNature.NIL.zh, "reason": reason}
    if owed.carried and owed.carried.aggregation is Aggregation.CUMULATIVE and found.value is not None:
        before = cells.number(row.raw(REPORTS.column("before")))
        found = found._replace(value=max(found.value, before or Decimal(0)))
    figures = {"value": found.value, "numerator": found.numerator, "denominator": found.denominator}
    return {key: value for key, value in figures.items() if value is not None} | _worries(seed, owed)


def _worries(seed: int, owed: Owed) -> dict[str, Typed]:
    """What a unit writes beside a figure now and then: what is difficult, and what it is going to do."""
    dice = draw(seed, owed.unit, owed.key, "worries")
    return {"problems": dice.choice(PROBLEMS), "next_steps": dice.choice(NEXT_STEPS)} if dice.random() < 0.3 else {}


def truth(seed: int, story: Story, owed: Owed) -> Figure:
    """Return the figure that is right: a unit's own behaviour, and what the story says has happened to it."""
    assert owed.carried and owed.period
    task, period = owed.carried, owed.period
    own = (task.unit, task.indicator)
    incidents = sum((h.unit, h.indicator, h.window) == (*own, period.window) for h in story.happenings)
    if task.form is TargetForm.ZERO and incidents:
        return Figure(value=Decimal(incidents))
    lag = next((x for x in story.lags if (x.unit, x.indicator) == own and period.ends < x.until), None)
    pace, whole = lag.pace if lag else Fraction(1), period.days if task.indicator in story.by_day else None
    return behaviour.figure(seed, task, period, pace=pace, whole=whole)


def _mistyped(found: Figure) -> Figure:
    """The parts of a ratio change places; any other figure gets a digit too many."""
    if found.numerator is None or found.denominator is None:
        return found._replace(value=(found.value or Decimal(0)) * 10)
    return found._replace(numerator=found.denominator + 3, denominator=found.numerator)


def filing(seed: int, story: Story, unit: str, drafts: Sequence[Carried]) -> Writing:
    """Return what the unit answers to its draft targets, with the new people who act for it."""
    known = {c.indicator: c for c in drafts}

    def write(rows: Rows) -> Typing:
        typed = {place: _draft(seed, story, known[place.key]) for place, _ in on(FILINGS, rows)}
        for person in story.people:
            if person.unit == unit and person.day is None:
                typed |= new_person(person)
        return typed

    return write


def _draft(seed: int, story: Story, task: Carried) -> dict[str, Typed]:
    objection = next((o for o in story.objections if (o.unit, o.indicator) == (task.unit, task.indicator)), None)
    if objection is not None:
        return {"opinion": OBJECTED, "objection": objection.reason, "proposed": objection.proposed}
    if task.form is TargetForm.QUALITATIVE:
        return {"opinion": AGREED}
    quarters = zip(("q1", "q2", "q3", "q4"), behaviour.milestones(seed, task), strict=True)
    return {"opinion": AGREED, "last_year": behaviour.last_year(seed, task), **dict(quarters)}


def new_person(person: NewPerson) -> Typing:
    """Return what is typed where somebody else acts for the unit."""
    return {Place(CONTACTS.name, person.role.value): {"new_post": person.title, "new_address": person.address}}


def signature(rows: Rows) -> Typing:
    """Return the acknowledgement of the letters in the workbook."""
    return {place: {"acknowledged": YES} for place, _ in on(LETTERS, rows)}


def receipt(matter: str) -> Writing:
    """Return the acknowledgement of an order."""
    return lambda _: {Place(ORDERS.name, matter): {"acknowledged": YES}}


def order_answer(seed: int, story: Story, owed: Owed) -> Writing:
    """Return the answer to an order; whom the story has fallen behind first answers with little more than a promise."""
    step = draw(seed, owed.unit, owed.key, "order").choice(NEXT_STEPS)
    promise = owed.returns == 0 and owed.unit in {lag.unit for lag in story.lags}
    answer = FIRST_ANSWER if promise else FULL_ANSWER.format(step=step)
    return lambda _: {Place(ORDERS.name, owed.key.removeprefix("order/")): {"answer": answer}}


def self_evaluation(seed: int, unit: str) -> Writing:
    """Return the marks a unit gives itself: seldom less than nine tenths."""

    def write(rows: Rows) -> Typing:
        return {place: _mark(seed, unit, place.key, line) for place, line in on(SELF_EVALUATIONS, rows)}

    return write


def _mark(seed: int, unit: str, item: str, line: Line) -> dict[str, Typed]:
    full = cells.number(line.raw(SELF_EVALUATIONS.column("full_points"))) or Decimal(0)
    dice = draw(seed, unit, item, "self")
    tenths = dice.choice((10, 10, 10, 10, 9))
    return {"points": rounded(Fraction(full) * tenths / 10, 1), "reason": MARKED[0 if tenths == 10 else 2]}


def application(told: Extension, wanted_on: date) -> Writing:
    """Return the application for a later date."""
    return lambda _: {Place(EXTENSIONS.name, told.key): {"wanted_on": wanted_on, "reason": told.reason}}


def correction(told: Correction, filed: Decimal) -> Writing:
    """Return the corrected figure of something that was accepted: the share of it that was right."""
    places = -int(filed.as_tuple().exponent)
    said: dict[str, Typed] = {
        "value": rounded(Fraction(filed) * told.share, places), "correction": YES, "reason": told.reason,
        "evidence": ledger(told.key),
    }  # fmt: skip
    return lambda _: {Place(REPORTS.name, told.key): said}


def protest(told: Protest) -> Writing:
    """Return the appeal against one line."""
    return lambda _: {Place(APPEALS.name, told.item): {"ground": told.ground}}


def nothing(_: Rows) -> Typing:
    """Return a workbook in which nothing is filled in."""
    return {}
