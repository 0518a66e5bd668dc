"""Typed parameters of rules, and their way from and to the columns of the sheet 评分细则."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from models.enums import Choice
from rules.numbers import plain


class Params(BaseModel):
    """The parameters of a kind of rule; each field's title is its column heading in the sheet."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Finding(NamedTuple):
    """A mistake in a rule set: a code for programs, the item's number, the column, and what to do in Chinese."""

    code: str
    item: str
    column: str
    message: str


def chosen(members: type[Choice]) -> BeforeValidator:
    """Return a validator that also takes the Chinese reading of a member."""
    return BeforeValidator(lambda v: (members.of_zh(v) or v) if isinstance(v, str) else v)


def columns(params: type[Params]) -> dict[str, str]:
    """Return the column headings of `params` with the field each one fills, in order."""
    return {f.title or name: name for name, f in params.model_fields.items()}


def read(params: type[Params], cells: Mapping[str, object]) -> tuple[Params | None, tuple[Finding, ...]]:
    """Return the parameters in a row's `cells` (heading to cleaned value), or None and everything wrong with them.

    Blank cells take the default. A filled column that the rule does not use is reported: it was meant for something.
    """
    headings = columns(params)
    filled = {h: v for h, v in cells.items() if v is not None and v != ""}
    found = [Finding("unused_column", "", h, "本评分方法不使用此列，请清空。") for h in filled if h not in headings]
    try:
        read_params = params.model_validate({headings[h]: v for h, v in filled.items() if h in headings})
    except ValidationError as error:
        titles = {name: heading for heading, name in headings.items()}
        return None, (*found, *(_finding(e, titles) for e in error.errors()))
    return (None if found else read_params), tuple(found)


def written(params: Params) -> dict[str, str]:
    """Return the cells from which `read` makes the same parameters again."""
    fields = {h: getattr(params, name) for h, name in columns(type(params)).items()}
    return {h: _cell(v) for h, v in fields.items() if v is not None}


def _cell(value: object) -> str:
    if isinstance(value, Choice):
        return value.zh
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, tuple):
        return "；".join(str(v) for v in value)
    raise TypeError(f"no cell text for {type(value).__name__}")


MESSAGES: Mapping[str, Callable[[ErrorDetails], str]] = {
    "missing": lambda _: "本评分方法必须填写此列。",
    "decimal_parsing": lambda e: f"“{e['input']}”不是数字，请改正。",
    "decimal_type": lambda e: f"“{e['input']}”不是数字，请改正。",
    "greater_than": lambda e: f"“{e['input']}”应大于 {e['ctx']['gt']}。",
    "greater_than_equal": lambda e: f"“{e['input']}”不应小于 {e['ctx']['ge']}。",
    "enum": lambda e: f"“{e['input']}”不是可选项。",
    "value_error": lambda e: str(e["ctx"]["error"]),
}


def _finding(error: ErrorDetails, titles: Mapping[str, str]) -> Finding:
    column = titles.get(str(error["loc"][0]), "") if error["loc"] else ""
    message: Any = MESSAGES.get(error["type"], lambda e: f"“{e['input']}”不符合要求。")
    return Finding(error["type"], "", column, message(error))
