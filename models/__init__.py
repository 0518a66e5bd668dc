"""What is on record: the tables, their closed lists, sessions and migrations."""

from models import columns  # noqa: F401  (sets the naming convention before the first table)
from models.assessment import Appeal, Assessment, Incident, Mark, Merit, RuleSet, ScoreLine, UnitResult
from models.audit import AuditEntry
from models.cycles import Cycle, Milestone, Participant, Tick, Window
from models.errors import PartlyRefused, Problem, Refused
from models.outbox import Delivery, Message, Recipient
from models.papers import Circular, IssuedNumber, Letter, Order, OrderAnswer
from models.reports import Evidence, Extension, Intake, Obligation, Report, ReportEvidence, Review
from models.targets import Assignment, Filing, Indicator, Reference, Target
from models.units import Contact, Unit, UnitName

__all__ = [
    "Appeal",
    "Assessment",
    "Assignment",
    "AuditEntry",
    "Circular",
    "Contact",
    "Cycle",
    "Delivery",
    "Evidence",
    "Extension",
    "Filing",
    "Incident",
    "Indicator",
    "Intake",
    "IssuedNumber",
    "Letter",
    "Mark",
    "Merit",
    "Message",
    "Milestone",
    "Obligation",
    "Order",
    "OrderAnswer",
    "Participant",
    "PartlyRefused",
    "Problem",
    "Recipient",
    "Reference",
    "Refused",
    "Report",
    "ReportEvidence",
    "Review",
    "RuleSet",
    "ScoreLine",
    "Target",
    "Tick",
    "Unit",
    "UnitName",
    "UnitResult",
    "Window",
]
