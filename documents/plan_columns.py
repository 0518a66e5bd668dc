"""How each column of the plan workbook is read, worked out from the type its field declares."""

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields
from datetime import date
from decimal import Decimal
from types import NoneType
from typing import Any, NamedTuple, get_args

from documents import cells
from documents.cells import Raw, Unreadable, clean, fold
from models.enums import Choice
from rules.plan import Column, PlanUnit, Row, Target, UnitCode, columns, types

Parser = Callable[[Raw], Any]


class Units:
    """The units by everything they are called. Where the sheet 单位 is missing (None) every name passes."""

    def __init__(self, units: Iterable[PlanUnit] | None) -> None:
        named = ((name, u.code) for u in units or () for name in (u.code, u.name, *u.former) if name)
        self._codes = None if units is None else {fold(name): code for name, code in reversed(list(named))}

    def one(self, raw: Raw) -> UnitCode | None:
        """Return the code of the one unit in the cell."""
        found = self.several(raw)
        if found and len(found) > 1:
            raise Unreadable(f"写了 {len(found)} 个单位（{clean(raw)}），此列只能填一个，请只保留一个。")
        return found[0] if found else None

    def several(self, raw: Raw) -> tuple[UnitCode, ...] | None:
        """Return the codes of the units in the cell, each once."""
        found = cells.names(raw)
        return tuple(dict.fromkeys(self.code(name) for name in found)) if found else None

    def weighted(self, raw: Raw) -> tuple[tuple[UnitCode, Decimal], ...] | None:
        """Return the codes with their weights."""
        found = cells.weights(raw)
        return tuple((self.code(name), weight) for name, weight in found) if found else None

    def code(self, name: str) -> UnitCode:
        """Return the code of the unit called `name`; Unreadable suggests the nearest name when there is none."""
        if self._codes is None:
            return UnitCode(name)
        found = self._codes.get(fold(name))
        if found is None:
            near = difflib.get_close_matches(fold(name), self._codes, n=1)
            hint = f"是否为“{near[0]}”？" if near else ""
            raise Unreadable(f"“{name}”不在“单位”表中。{hint}请核对名称，或在“单位”表中补上该单位（曾用名也可以）。")
        return UnitCode(found)


class Spec(NamedTuple):
    """How one column is read. `default` is taken for a blank cell, `stand_in` for one that cannot be read."""

    name: str
    column: Column
    parse: Parser
    required: bool
    default: Any
    stand_in: Any


def specs(kind: type[Row], units: Units) -> tuple[Spec, ...]:
    """Return how each column of `kind` is read."""
    defaults = {f.name: f.default for f in fields(kind)}
    found = []
    for name, column in columns(kind).items():
        of, optional = _bare(types(kind)[name])
        required, default = defaults[name] is MISSING, defaults[name]
        stand_in = None if optional else STAND_INS.get(of, next(iter(of), None) if _is_choice(of) else None)
        found.append(Spec(name, column, parser(of, column, units), required, None if required else default, stand_in))
    return tuple(found)


def parser(of: Any, column: Column, units: Units) -> Parser:
    """Return what reads a cell of type `of`."""
    if of is str:
        return lambda raw: _limited(cells.text(raw), column.limit)
    if _is_choice(of):
        return _remembering(cells.one_of(of))
    by_unit: Mapping[Any, Parser] = {
        UnitCode: units.one,
        tuple[UnitCode, ...]: units.several,
        tuple[tuple[UnitCode, Decimal], ...]: units.weighted,
    }
    return _remembering(by_unit[of]) if of in by_unit else PARSERS[of]


def _remembering(parse: Parser) -> Parser:
    """Return `parse` for columns in which few texts stand in many rows."""
    known: dict[str, Any] = {}

    def read(raw: Raw) -> Any:
        if type(raw) is not str:  # 1, 1.0 and True would be taken for each other
            return parse(raw)
        if raw not in known:
            known[raw] = parse(raw)
        return known[raw]

    return read


PARSERS: Mapping[Any, Parser] = {
    int: cells.whole,
    bool: cells.yes_no,
    date: cells.day,
    Decimal: cells.number,
    Target: cells.figure,
    tuple[str, ...]: cells.names,
    tuple[date, ...]: cells.days,
}
STAND_INS: Mapping[Any, Any] = {
    str: "", UnitCode: "", int: 0, bool: False, Decimal: Decimal(0), date: date.min,
    tuple[str, ...]: (), tuple[UnitCode, ...]: (), tuple[tuple[UnitCode, Decimal], ...]: (), tuple[date, ...]: (),
}  # fmt: skip


def _limited(text: str | None, limit: int) -> str | None:
    if text is not None and len(text) > limit:
        raise Unreadable(f"共 {len(text)} 字，超过 {limit} 字，请压缩，细节可写入备注或附件。")
    return text


def _is_choice(of: Any) -> bool:
    return isinstance(of, type) and issubclass(of, Choice)


def _bare(of: Any) -> tuple[Any, bool]:
    """Return the type without "or None", and whether None was allowed."""
    kinds = [k for k in get_args(of) if k is not NoneType]
    return (kinds[0], True) if NoneType in get_args(of) else (of, False)
