"""Reading the plan workbook: every sheet, every cell, and every problem at once."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from documents.cells import Figure, Raw, fold
from documents.plan_columns import Units, specs
from documents.plan_rules import read_rules
from documents.plan_tables import Settle, Table, locate, read_rows, take
from documents.workbook import Sheet, Workbook, open_workbook
from models.errors import Problem, Refused
from rules.plan import (
    MILESTONES,
    SHEETS,
    Basics,
    Place,
    Plan,
    PlanContact,
    PlanGrade,
    PlanIndicator,
    PlanMerit,
    PlanMilestone,
    PlanUnit,
    Target,
    columns,
)
from rules.plan_checks import find_problems
from rules.plan_indicator_checks import FIGURES
from rules.targets import PERCENT

OPTIONAL_SHEETS = frozenset({"加减分"})
ORDER = {sheet: position for position, (sheet, _) in enumerate(SHEETS.values())}
CODES = {name: code for code, name in MILESTONES.items()}


@dataclass(frozen=True)
class PlanFile:
    """A plan workbook that was read. `plan` holds stand-ins where there are problems."""

    name: str
    digest: str
    plan: Plan
    problems: tuple[Problem, ...]


def load_plan(path: Path) -> PlanFile:
    """Return the plan in the file.

    Raises:
        Refused: the file cannot be opened as a workbook, or the plan has problems; all of them are listed.
    """
    file = read_plan(path)
    if file.problems:
        raise Refused(f"“{file.name}”有 {len(file.problems)} 处问题，没有导入。请逐条改正后重试。", file.problems)
    return file


def read_plan(path: Path) -> PlanFile:
    """Return the plan in the file with all its problems, in the order of the sheets and rows.

    Raises:
        Refused: the file cannot be opened as a workbook.
    """
    book = open_workbook(path)
    reader = _Reader(book)
    plan = reader.plan()
    problems = {*reader.problems, *find_problems(plan)}
    return PlanFile(book.name, book.digest, plan, tuple(sorted(problems, key=_order)))


class _Reader:
    """The sheets of one workbook, and the problems found so far."""

    def __init__(self, book: Workbook) -> None:
        self.book = book
        self.problems: list[Problem] = []

    def plan(self) -> Plan:
        units = self._units()
        named = Units(units)
        basics_sheet, rules_sheet = self._sheet("基本情况"), self._sheet("评分细则")
        basics, found = read_basics(basics_sheet, named)
        self.problems += found
        rules, found = read_rules(rules_sheet, named) if rules_sheet else ((), ())
        self.problems += found
        return Plan(
            basics=basics,
            units=units or (),
            contacts=self._rows(PlanContact, named) or (),
            indicators=self._rows(PlanIndicator, named, _figures) or (),
            rules=rules,
            milestones=self._rows(PlanMilestone, named, _code) or (),
            merits=self._rows(PlanMerit, named) or (),
            grades=self._rows(PlanGrade, named) or (),
        )

    def _units(self) -> tuple[PlanUnit, ...] | None:
        """Return the units, read twice: what they are called has to be known before a superior can be looked up."""
        known = len(self.problems)
        first = self._rows(PlanUnit, Units(None))
        if first is None:
            return None
        del self.problems[known:]
        return self._rows(PlanUnit, Units(first))

    def _rows(self, kind: type[Any], units: Units, settle: Settle = lambda _: ()) -> tuple[Any, ...] | None:
        title = next(sheet for sheet, row in SHEETS.values() if row is kind)
        sheet = self._sheet(title)
        if sheet is None:
            return None
        wanted = specs(kind, units)
        table, found = locate(sheet, wanted)
        self.problems += found
        if table is None:
            return None
        rows, found = read_rows(table, kind, wanted, settle)
        self.problems += found
        return rows

    def _sheet(self, title: str) -> Sheet | None:
        sheet = self.book.sheet(title)
        if sheet is None and title not in OPTIONAL_SHEETS:
            self.problems.append(
                Problem(title, None, "", "缺少此工作表，请补上（可先用 zhiqiang plan export 导出样表）。")
            )
        return sheet


def read_basics(sheet: Sheet | None, units: Units) -> tuple[Basics, tuple[Problem, ...]]:
    """Return the sheet 基本情况, whose fields are rows: what is asked in one cell, the answer in the next."""
    wanted = specs(Basics, units)
    known = {fold(text): s.name for s in wanted for text in (s.column.heading, *s.column.synonyms)}
    lines: dict[str, int] = {}
    answers: dict[str, Raw] = {}
    for number, row in enumerate(sheet.rows if sheet else (), start=1):
        asked = next(((i, known[k]) for i, k in enumerate(map(_key, row)) if k in known), None)
        if asked and asked[1] not in lines:
            lines[asked[1]] = number
            answers[asked[1]] = row[asked[0] + 1] if asked[0] + 1 < len(row) else None
    names = [s.name for s in wanted]
    table = Table("基本情况", (), 0, {name: i for i, name in enumerate(names)})
    values, flawed, problems = take(table, 0, [answers.get(name) for name in names], wanted)
    basics = Basics(place=Place(0, flawed, lines), **values)
    fields = {c.heading: name for name, c in columns(Basics).items()}
    placed = tuple(replace(p, row=lines.get(fields[p.column])) for p in problems)
    return basics, placed if sheet else ()


def _key(raw: Raw) -> str:
    return fold(raw) if isinstance(raw, str) else ""


def _figures(values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Turn figures into numbers in the measure of the row; a percent sign must agree with it."""
    for name in FIGURES:
        figure = values[name]
        if isinstance(figure, Figure):
            values[name] = Target(figure.value)
            if figure.percent and values["measure"] != PERCENT:
                yield name, f"填的是百分数，计量单位却是“{values['measure']}”，请改正其中一处。"


def _code(values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Give a node that the program knows its code."""
    values["code"] = values["code"] or CODES.get(values["name"], "")
    yield from ()


def _order(problem: Problem) -> tuple[int, int]:
    return ORDER.get(problem.sheet, len(ORDER)), problem.row or 0
