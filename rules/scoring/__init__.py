"""Scoring: rules as data, facts in, explained points out. The catalogue of rules is `kinds.KINDS`."""

from rules.numbers import rounded
from rules.scoring.checks import RulesInPlan, find_problems
from rules.scoring.facts import Facts, Points
from rules.scoring.kind import Kind, Need
from rules.scoring.kinds import KINDS
from rules.scoring.lines import Line, explain_text, ruled, score_item, with_group_averages
from rules.scoring.params import Finding, Params, columns, read, written
from rules.scoring.ruleset import GradingOptions, Item, MeritRule, MissingTreatment, RuleSetDoc
from rules.scoring.totals import Matter, Total, total

__all__ = [
    "KINDS",
    "Facts",
    "Finding",
    "GradingOptions",
    "Item",
    "Kind",
    "Line",
    "Matter",
    "MeritRule",
    "MissingTreatment",
    "Need",
    "Params",
    "Points",
    "RuleSetDoc",
    "RulesInPlan",
    "Total",
    "columns",
    "explain_text",
    "find_problems",
    "read",
    "rounded",
    "ruled",
    "score_item",
    "total",
    "with_group_averages",
    "written",
]
