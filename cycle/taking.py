"""One workbook of a unit, read with its evidence and entered into the record: every row through its verb."""

import hashlib
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import NamedTuple

from sqlmodel import Session, select

from cycle import evidence
from cycle.desk import Desk
from cycle.evidence import Exhibit
from cycle.lookup import find_cycle, names, participant
from cycle.trail import note
from cycle.unit_acts import act
from documents.unit_answers import Answer, Returned, read_unit_workbook
from documents.unit_sheets import REPORTS
from models import Cycle, Intake, Problem, Refused, Unit
from models.columns import row_id
from models.enums import IntakeOutcome

EVIDENCE = REPORTS.column("evidence")


class Parcel(NamedTuple):
    """A workbook that was read together with the evidence it names. `digest` covers both."""

    path: Path
    digest: str
    returned: Returned
    answers: tuple[Answer, ...]
    exhibits: dict[str, Exhibit]
    problems: tuple[Problem, ...]


class Taken(NamedTuple):
    """What became of a workbook. `taken` counts rows that changed the record, `unchanged` those it knew already;
    `again` says that the same content had been taken before and nothing was done now."""

    name: str
    cycle: str
    unit: str
    unit_name: str
    taken: int
    unchanged: int
    problems: tuple[Problem, ...]
    again: bool = False

    @property
    def outcome(self) -> IntakeOutcome:
        """Return whether something of the file stands."""
        return IntakeOutcome.REFUSED if self.problems and not self.taken + self.unchanged else IntakeOutcome.ACCEPTED


class Empty(Refused):
    """A unit's workbook in which nothing is filled in: 空报."""


def read_parcel(path: Path, *, keep: bool) -> Parcel:
    """Return the workbook with its evidence measured, or (`keep`) stored: a row whose evidence is missing is a problem.

    Raises:
        Refused: it cannot be read, or it is not a unit's workbook.
        Empty: nothing is filled in.
    """
    returned = read_unit_workbook(path)
    if not returned.answers and not returned.problems:
        raise Empty(f"“{path.name}”里没有填写任何内容。请在浅黄色单元格中填写后再交。")
    exhibits: dict[str, Exhibit] = {}
    problems = list(returned.problems)
    for answer in returned.answers:
        for name in _named(answer):
            try:
                file = evidence.find(path, name)
            except Refused as refusal:
                problems.append(Problem(answer.sheet, answer.row, EVIDENCE.heading, refusal.message))
                continue
            if name not in exhibits:
                exhibits[name] = evidence.keep(file) if keep else evidence.measure(file)
    bad = {(p.sheet, p.row) for p in problems}
    good = tuple(a for a in returned.answers if (a.sheet, a.row) not in bad)
    return Parcel(path, _digest(returned.digest, exhibits), returned, good, exhibits, tuple(problems))


def _named(answer: Answer) -> tuple[str, ...]:
    names_in_cell = answer.values.get(EVIDENCE.key) or ()
    assert isinstance(names_in_cell, tuple)
    return names_in_cell


def _digest(workbook: str, exhibits: dict[str, Exhibit]) -> str:
    """Return the SHA-256 by which the file is known; evidence that is handed in later makes it another one."""
    if not exhibits:
        return workbook
    lines = [workbook, *sorted(f"{x.sha256} {x.name}" for x in exhibits.values())]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def known(session: Session, digest: str) -> Intake | None:
    """Return what became of this content before."""
    return session.exec(select(Intake).where(Intake.sha256 == digest)).first()


def enter(session: Session, parcel: Parcel, *, by: str, today: date) -> Taken:
    """Take the parcel's rows, each through its verb, and put the file on record, in the caller's transaction.

    Raises:
        Refused: the cycle or the unit is not on record, or takes no part (any more).
    """
    returned = parcel.returned
    cycle = find_cycle(session, returned.cycle)
    unit = _sender(session, cycle, returned, today)
    called = names(session, today).get(row_id(unit), unit.code)
    before = known(session, parcel.digest)
    if before is not None and not before.problems:
        return Taken(parcel.path.name, cycle.code, unit.code, called, before.taken, 0, (), again=True)
    intake = before or Intake(
        sha256=parcel.digest, name=stored_name(parcel.path), cycle_id=cycle.id, unit_id=unit.id,
        outcome=IntakeOutcome.ACCEPTED, taken_on=today,
    )  # fmt: skip
    session.add(intake)
    for exhibit in parcel.exhibits.values():
        evidence.enter(session, exhibit, today=today)
    session.flush()
    cited = {name: (x.name, x.sha256) for name, x in parcel.exhibits.items()}
    desk = Desk(session, cycle, unit, by or f"{called[:70]}联络员", today, intake.id, cited)
    taken, unchanged, problems = _act_on(desk, parcel)
    result = Taken(parcel.path.name, cycle.code, unit.code, called, taken, unchanged, problems)
    if before is not None and not taken and before.problems == as_json(problems):
        return result._replace(again=True)
    intake.outcome, intake.taken = result.outcome, taken + intake.taken
    intake.problems = as_json(problems)
    note(session, cycle_id=cycle.id, day=today, by=desk.by, act="take_workbook", subject=unit.code,
         detail={"file": intake.name, "sha256": intake.sha256, "taken": taken, "refused": len(problems)})  # fmt: skip
    return result


def stored_name(path: Path) -> str:
    """Return the file's name at the length that the record keeps."""
    return path.name if len(path.name) <= 200 else f"{path.name[:180]}…{path.suffix[:10]}"


def as_json(problems: Iterable[Problem]) -> list[list[str | int | None]]:
    """Return the problems as the record keeps them."""
    return [[p.sheet, p.row, p.column, p.message] for p in problems]


def _sender(session: Session, cycle: Cycle, returned: Returned, today: date) -> Unit:
    unit = session.exec(select(Unit).where(Unit.code == returned.unit)).first()
    if unit is None:
        raise Refused(f"“{returned.name}”所写的单位编码“{returned.unit}”不存在，文件可能被改动。请重新生成报送工作簿。")
    participant(session, cycle, unit)
    if unit.valid_to is not None and unit.valid_to <= today:
        heir = names(session, today).get(unit.merged_into_id or 0, "")
        into = f"并入{heir}" if heir else "撤销"
        raise Refused(f"“{returned.name}”的报送单位已于 {unit.valid_to} {into}，不再接收。请用现单位的报送工作簿。")
    if cycle.closed_on is not None:
        raise Refused(f"考核周期 {cycle.code} 已于 {cycle.closed_on} 结束，不再接收。如有疑问请联系{cycle.office}。")
    return unit


def _act_on(desk: Desk, parcel: Parcel) -> tuple[int, int, tuple[Problem, ...]]:
    taken = unchanged = 0
    problems = list(parcel.problems)
    for answer in parcel.answers:
        try:
            with desk.session.begin_nested():
                changed = act(desk, answer)
        except Refused as refusal:
            problems.append(Problem(answer.sheet, answer.row, "", str(refusal)))
            continue
        taken, unchanged = taken + changed, unchanged + (not changed)
    return taken, unchanged, tuple(sorted(problems, key=lambda p: (p.sheet, p.row or 0, p.column)))
