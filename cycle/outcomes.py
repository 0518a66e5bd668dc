"""What a step or a part of it did, and what it could not do: plain values that flows print and commands show."""

from collections.abc import Iterable
from itertools import chain
from typing import NamedTuple

Parcel = tuple[str, ...]
"""The keys of one portion of a step's work; plain text, so that it can travel to a worker."""


class Done(NamedTuple):
    """Something a step did, for its report."""

    what: str
    n: int
    unit: str = ""


class Failure(NamedTuple):
    """A refusal inside a step: whose, and why."""

    unit: str
    message: str


class Outcome(NamedTuple):
    """What a step or a part of it did and what it could not do."""

    done: tuple[Done, ...] = ()
    refused: tuple[Failure, ...] = ()


def merge(outcomes: Iterable[Outcome]) -> Outcome:
    """Return one outcome that says all of `outcomes`, in their order."""
    all_of = tuple(outcomes)
    return Outcome(tuple(chain(*(o.done for o in all_of))), tuple(chain(*(o.refused for o in all_of))))
