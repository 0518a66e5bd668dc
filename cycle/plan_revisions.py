"""What an import changes of indicators on record: new versions of targets, units that join or leave, new letters."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select
from sqlmodel import Session, col

from cycle.decomposition import assignments_of
from cycle.letters import letter_in_force, put_in_force
from cycle.plan_targets import indicator_fields
from cycle.plan_units import unit_ids
from cycle.target_versions import target_phrase
from models import Assignment, Cycle, Indicator, Obligation, Target, Unit
from models.columns import row_id
from models.enums import AssignmentRole, AssignmentState, ObligationState
from notifications.notices import TargetAdjusted
from notifications.outbox import post
from rules.plan import PlanIndicator
from rules.plan_changes import Pair, differences
from rules.plan_shares import Figures, Share, shares
from rules.states import move

RESHARED = frozenset({"value", "value_high", "margin", "split", "weights", "cooperating", "lead", "decimals"})
"""The columns whose change may change a unit's share."""
UNFILED = (ObligationState.PLANNED, ObligationState.OPEN, ObligationState.RETURNED)


@dataclass
class Revision:
    """One import's changes of targets: from which day, why, and which units they reach, which letters are new."""

    session: Session
    cycle: Cycle
    today: date
    reason: str
    units: dict[str, int] = field(default_factory=dict)
    reached: set[int] = field(default_factory=set)
    letters: list[str] = field(default_factory=list)

    def apply(self, pairs: Iterable[Pair[PlanIndicator]]) -> int:
        """Write the changes and return how many targets have a new version; letters in force are issued anew."""
        self.units = unit_ids(self.session)
        versions = sum(self._row(pair) for pair in pairs)
        for unit_id in sorted(self.reached):
            self._reissue(self.session.get_one(Unit, unit_id))
        return versions

    def _row(self, pair: Pair[PlanIndicator]) -> int:
        indicator = self.session.scalars(
            select(Indicator).where(col(Indicator.cycle_id) == self.cycle.id, col(Indicator.number) == pair.new.number)
        ).one()
        for name, value in indicator_fields(pair.new, self.units).items():
            setattr(indicator, name, value)
        if RESHARED.isdisjoint(name for name, _, _ in differences(pair)):
            return 0
        wanted = {self.units[share.unit]: share for share in shares(pair.new)}
        carried = {
            a.unit_id: a
            for a in self.session.scalars(select(Assignment).where(col(Assignment.indicator_id) == indicator.id))
        }
        self._release({unit: a for unit, a in carried.items() if unit not in wanted and a.ended_on is None})
        self._demote(carried, wanted)
        return sum(self._carry(indicator, unit, share, carried.get(unit)) for unit, share in wanted.items())

    def _release(self, leaving: dict[int, Assignment]) -> None:
        """End the part of units that are no longer named, and take what they still owe for it off the list."""
        for unit_id, assignment in leaving.items():
            assignment.ended_on = self.today
            self.reached.add(unit_id)
            owed = select(Obligation).where(
                col(Obligation.assignment_id) == assignment.id, col(Obligation.state).in_([s.value for s in UNFILED])
            )
            for obligation in self.session.scalars(owed).all():
                obligation.state = move(obligation.state, "withdraw")
        self.session.flush()

    def _demote(self, carried: dict[int, Assignment], wanted: dict[int, Share]) -> None:
        """Let the old lead step back first: the record allows one lead at a time."""
        for unit_id, share in wanted.items():
            if unit_id in carried and share.role is AssignmentRole.COOPERATE:
                carried[unit_id].role = share.role
        self.session.flush()

    def _carry(self, indicator: Indicator, unit_id: int, share: Share, assignment: Assignment | None) -> int:
        """Give the unit its part; return 1 where a target that was there has another version."""
        if assignment is None:
            assignment = Assignment(indicator_id=row_id(indicator), unit_id=unit_id, role=share.role)
            self.session.add(assignment)
        elif assignment.ended_on is not None:  # it left before and is asked again
            assignment.ended_on = None
            if assignment.state is not AssignmentState.DRAFT:
                assignment.state = move(assignment.state, "reopen")
        assignment.role, assignment.weight = share.role, share.weight
        self.session.flush()
        old = self.session.scalars(
            select(Target)
            .where(col(Target.assignment_id) == assignment.id)
            .order_by(col(Target.version).desc())
            .limit(1)
        ).first()
        if old is not None and Figures(old.value, old.value_high, old.margin) == share.figures:
            return 0
        new = Target(
            assignment_id=row_id(assignment), version=old.version + 1 if old else 1,
            reason=self.reason if old else "", decided_on=self.today, **share.figures._asdict(),
        )  # fmt: skip
        self.session.add(new)
        self.session.flush()
        if old is None:
            return 0
        self._tell(indicator, assignment, old, new)
        return 1

    def _tell(self, indicator: Indicator, assignment: Assignment, old: Target, new: Target) -> None:
        if assignment.state is AssignmentState.DRAFT:  # the unit has not seen the old figure
            return
        was, now = (target_phrase(indicator, target) for target in (old, new))
        notice = TargetAdjusted(indicator=indicator.name, old=was, new=now, reason=self.reason)
        subject = f"{indicator.number}-v{new.version}"
        post(self.session, row_id(self.cycle), assignment.unit_id, notice, subject=subject, today=self.today)
        self.reached.add(assignment.unit_id)

    def _reissue(self, unit: Unit) -> None:
        """Issue a letter with the new figures where one is in force and nothing waits for the unit's filing."""
        states = {a.state for a, _ in assignments_of(self.session, self.cycle, unit)}
        if states == {AssignmentState.ACCEPTED} and letter_in_force(self.session, self.cycle, unit) is not None:
            letter = put_in_force(self.session, self.cycle, unit, today=self.today, reason=f"计划调整：{self.reason}")
            self.letters.append(letter.label)


def sent_numbers(session: Session, cycle: Cycle) -> set[str]:
    """Return the numbers of the indicators of which some unit has been sent its draft."""
    numbers = (
        select(col(Indicator.number))
        .distinct()
        .join(Assignment, col(Assignment.indicator_id) == col(Indicator.id))
        .where(col(Indicator.cycle_id) == cycle.id, col(Assignment.state) != AssignmentState.DRAFT)
    )
    return set(session.scalars(numbers))
