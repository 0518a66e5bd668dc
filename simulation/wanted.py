"""Which steps have something to do on a day: a flow run costs its time, and an empty one tells nobody anything."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date

from sqlmodel import col, select

from cycle.steps import STEPS, last_tick
from models import AuditEntry, Letter, Obligation, Order
from models.enums import LetterState, ObligationState, OrderState
from simulation.mail import in_inbox
from simulation.moments import WAITING, calendar_days, deadlines
from simulation.world import View

DECOMPOSE, COLLECT, REMIND, DELIVER, SUPERVISE, ASSESS = STEPS
RUNNING = (OrderState.ISSUED, OrderState.ACKNOWLEDGED, OrderState.RETURNED)


def _anything_to_hand_down(seen: View, day: date) -> bool:
    """After something was decided about targets, and when a letter issued on an earlier day may have arrived."""
    on_its_way = select(Letter.id).where(Letter.cycle_id == seen.cycle.id, Letter.state == LetterState.ISSUED)
    earlier = on_its_way.where(col(Letter.issued_on) < day)
    return _acted(seen, DECOMPOSE, CHANGE_TARGETS) or seen.session.exec(earlier).first() is not None


CHANGE_TARGETS = ("import_plan", "decide_draft", "adjust_target", "merge_units", "note_reference")
"""The acts after which there may be drafts to send or letters to issue."""


def _anything_to_supervise(seen: View, day: date) -> bool:
    running = select(Order.id).where(Order.cycle_id == seen.cycle.id, col(Order.state).in_(RUNNING))
    overdue = running.where(col(Order.due_on) < day, col(Order.late).is_(False))
    return seen.session.exec(overdue).first() is not None or _come(seen, SUPERVISE, day, calendar_days(seen))


def _anything_to_collect(seen: View, day: date) -> bool:
    """When a file has come, something opens, falls due or closes, or the units are asked for something else."""
    owed = select(Obligation.id).where(Obligation.cycle_id == seen.cycle.id)
    opens = owed.where(Obligation.state == ObligationState.PLANNED, col(Obligation.open_on) <= day)
    waiting = owed.where(col(Obligation.state).in_(WAITING))
    late = waiting.where(col(Obligation.due_on) < day, col(Obligation.late).is_(False))
    closes = waiting.where(Obligation.state == ObligationState.OPEN, col(Obligation.close_on) < day)
    return (
        _acted(seen, COLLECT, CHANGE_WHAT_IS_ASKED)
        or any(seen.session.exec(query).first() is not None for query in (opens, late, closes))
        or bool(in_inbox())
    )


CHANGE_WHAT_IS_ASKED = (
    "send_draft", "decide_draft", "issue_letter", "adjust_target", "merge_units", "return_report", "decide_extension",
    "issue_order", "return_order", "open_self_evaluation", "publish",
    "open_windows", "take_workbook", "refuse_file", "mark_overdue",
)  # fmt: skip
"""The acts after which the units need other workbooks; the last four are the step's own, where it was cut short."""


def _anything_to_remind(seen: View, day: date) -> bool:
    return _come(seen, REMIND, day, deadlines(seen))


def _anything_to_assess(seen: View, day: date) -> bool:
    return _come(seen, ASSESS, day, calendar_days(seen))


def _acted(seen: View, step: str, acts: Sequence[str]) -> bool:
    """Return whether somebody has acted so since the step last ran, which it does after all acts of its day."""
    last = last_tick(seen.session, seen.cycle, step) or date.min
    entries = select(AuditEntry.id).where(AuditEntry.cycle_id == seen.cycle.id, col(AuditEntry.act).in_(acts))
    return seen.session.exec(entries.where(col(AuditEntry.day) > last)).first() is not None


def _come(seen: View, step: str, day: date, moments: Iterator[date]) -> bool:
    """Return whether one of the moments has come since the step last ran."""
    last = last_tick(seen.session, seen.cycle, step) or date.min
    return any(last < moment <= day for moment in moments)


STEPS_OF_A_DAY: Mapping[str, Callable[[View, date], bool]] = {
    DECOMPOSE: _anything_to_hand_down,
    SUPERVISE: _anything_to_supervise,
    ASSESS: _anything_to_assess,
    COLLECT: _anything_to_collect,
    REMIND: _anything_to_remind,
}
"""The steps in the order of a day, each with the question whether it has something to do: a run costs its time."""
