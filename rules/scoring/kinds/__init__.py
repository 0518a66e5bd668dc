"""The catalogue of rules, one module per kind. A new kind is a new module and its name in this table."""

from collections.abc import Mapping
from typing import Any

from rules.scoring.kind import Kind
from rules.scoring.kinds import r1, r3, r4, r7, r8, r16

KINDS: Mapping[str, Kind[Any]] = {k.id: k for k in (r1.KIND, r3.KIND, r4.KIND, r7.KIND, r8.KIND, r16.KIND)}
