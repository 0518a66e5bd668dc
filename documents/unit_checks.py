"""What can be seen to be wrong on one row of a unit's workbook by itself; what the record knows, the act checks."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal

from documents.unit_sheets import CLOSED_BY_BASIS, CONTACTS, EXTENSIONS, FILINGS, OBJECTED, REPORTS, YES
from models.enums import ReportNature

Value = str | Decimal | date | tuple[str, ...] | None
"""What a unit wrote into a cell; None where it left it blank."""
Values = Mapping[str, Value]
"""What was filled in, by the keys of the columns."""
Asked = Mapping[str, str]
"""What stands on the row already, by the keys of the columns."""


def contradictions(sheet: str, asked: Asked, values: Values) -> Iterator[tuple[str, str]]:
    """Yield the key of each column that contradicts the rest of its row, and what to do about it."""
    for check in CHECKS.get(sheet, ()):
        yield from check(asked, values)


def _closed_figures(asked: Asked, values: Values) -> Iterator[tuple[str, str]]:
    basis = asked["basis"]
    for key in CLOSED_BY_BASIS.get(basis, ()):
        if values[key] is not None:
            yield key, f"这一项的填报口径是“{basis}”，此格不用填，请清空。"


def _part_of_whole(_: Asked, values: Values) -> Iterator[tuple[str, str]]:
    part, whole = values["numerator"], values["denominator"]
    if isinstance(part, Decimal) and isinstance(whole, Decimal) and part > whole:
        yield "numerator", f"分子 {part} 大于分母 {whole}，比率不能超过 100%。请核对后重填。"


def _share(asked: Asked, values: Values) -> Iterator[tuple[str, str]]:
    value = values["value"]
    if asked["measure"] == "%" and isinstance(value, Decimal) and value > 100:
        yield "value", f"比率 {value}% 超过 100%。请核对后重填。"


NEEDS_REASON = {ReportNature.NIL.zh, ReportNature.NOT_APPLICABLE.zh}


def _reason_given(_: Asked, values: Values) -> Iterator[tuple[str, str]]:
    if values["nature"] in NEEDS_REASON and not values["reason"]:
        yield "reason", f"填报性质选了“{values['nature']}”，必须在此写明原因。"
    elif values["correction"] == YES and not values["reason"]:
        yield "reason", "“更正”选了“是”，必须在此写明更正原因。"
    if values["nature"] in NEEDS_REASON and any(values[key] for key in ("value", "numerator", "denominator")):
        yield "nature", f"填了数，又选“{values['nature']}”，互相矛盾。请改其中一处。"


def _objection_given(_: Asked, values: Values) -> Iterator[tuple[str, str]]:
    if values["opinion"] == OBJECTED and not values["objection"]:
        yield "objection", "意见为“有异议”，必须写明理由。"
    if values["opinion"] != OBJECTED and (values["objection"] or values["proposed"] is not None):
        yield "opinion", "写了异议理由或建议目标值，意见却不是“有异议”。请改其中一处。"
    elif values["opinion"] is None:
        yield "opinion", "没有选择意见。请选“同意”或“有异议”。"


def _extension_complete(_: Asked, values: Values) -> Iterator[tuple[str, str]]:
    for key, what in (("wanted_on", "申请延至哪一天"), ("reason", "理由")):
        if values[key] is None:
            yield key, f"申请延期必须写明{what}。"


LONGEST = {"new_post": 40, "new_address": 200}


def _fits_the_record(_: Asked, values: Values) -> Iterator[tuple[str, str]]:
    for key, longest in LONGEST.items():
        if len(str(values[key] or "")) > longest:
            yield key, f"超过 {longest} 个字，请缩短。"


Check = Callable[[Asked, Values], Iterator[tuple[str, str]]]
CHECKS: Mapping[str, tuple[Check, ...]] = {
    REPORTS.name: (_closed_figures, _part_of_whole, _share, _reason_given),
    FILINGS.name: (_objection_given,),
    EXTENSIONS.name: (_extension_complete,),
    CONTACTS.name: (_fits_the_record,),
}
