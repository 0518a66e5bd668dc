"""Points, grades and ranks, and the acts that lead to them: marks, matters, incidents, verifying, publishing, appeals."""

from datetime import date
from typing import Annotated, Any

import typer
from rich.markup import escape

from cli.context import (
    OFFICE,
    ByOption,
    CycleOption,
    JsonOption,
    TodayOption,
    acting,
    day_of,
    looking,
    say,
    show_json,
    show_table,
)
from cli.office import ReasonOption, UnitArgument, figure
from cycle import appeals, assessment, marks, merits, references
from cycle.clock import parse_day
from cycle.clock import today as this_day
from cycle.listing import list_appeals, list_unmarked
from cycle.lookup import find_unit
from cycle.rulebook import item_of
from cycle.scoring import CycleScore, Scored
from models import Refused
from models.enums import IncidentLevel, ReferenceStatus
from rules.scoring import explain_text
