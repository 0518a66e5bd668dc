"""The errors a person may see. Everything else is a bug and keeps its traceback."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in something a person handed in: where it is and what to do about it, in Chinese."""

    sheet: str
    row: int | None
    column: str
    message: str

    def __str__(self) -> str:
        row = f"第 {self.row} 行" if self.row else ""
        column = f"“{self.column}”" if self.column else ""
        sheet = f"“{self.sheet}”" if self.sheet else ""
        place = f"{sheet}{row}{column}"
        return f"{place}：{self.message}" if place else self.message


class Refused(Exception):
    """A request that was not carried out; the text says what, where, why and what to do. Nothing was changed."""

    def __init__(self, message: str, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join([self.message, *(str(p) for p in self.problems)])


class PartlyRefused(Refused):
    """A batch of which the good parts were taken and the others were not."""
