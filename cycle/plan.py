"""The plan comes in: one transaction that writes what is new, versions what has changed and refuses what may not."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col, func

from cycle.lookup import find_cycle
from cycle.plan_on_record import contacts_on_record, plan_on_record, units_on_record
from cycle.plan_revisions import Revision, sent_numbers
from cycle.plan_targets import add_indicators
from cycle.plan_units import add_participants, add_units, change_contacts, change_units, unit_ids
from cycle.trail import note
from models import Assessment, Cycle, Milestone, Participant, Problem, Refused, RuleSet
from models.columns import row_id
from models.enums import AssessmentState
from rules.plan import Basics, Plan, PlanUnit, columns
from rules.plan_changes import EXPORT_FIRST, Changes, compare, explained, not_allowed
from rules.plan_scoring import rule_set

SETTLED = frozenset(
    {AssessmentState.FROZEN, AssessmentState.PUBLISHED, AssessmentState.APPEALED, AssessmentState.FINAL}
)
"""From here on the plan is what the result was reckoned by."""


@dataclass(frozen=True)
class ImportSummary:
    """What an import did: how many rows of each kind it added, and every change as a sentence."""

    cycle: str
    digest: str
    first: bool
    added: tuple[tuple[str, int], ...] = ()
    changes: tuple[str, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether the file said nothing that was not on record."""
        return not self.first and not self.changes and not any(count for _, count in self.added)


def import_plan(session: Session, plan: Plan, *, digest: str, by: str, today: date, reason: str = "") -> ImportSummary:
    """Bring the record up to the plan and return what that took; the same plan again takes nothing.

    The plan must have been checked (`documents.plan_workbook.load_plan`); `digest` is the SHA-256 of its file. A first
    import opens the cycle with drafts that are still to be sent. Later ones add what is new and version what changed.

    Raises:
        Refused: something changed and no reason is given, something changed that may not, or the cycle is settled.
    """
    cycle = session.scalars(select(Cycle).where(col(Cycle.code) == plan.basics.code)).first()
    old = _on_record(session, cycle, plan)
    changes = compare(old, plan)
    joining = _joining(session, cycle, plan)
    added = _added(changes, len(joining))
    if cycle is not None and changes.none and not joining:
        return ImportSummary(plan.basics.code, digest, first=False)
    changed = tuple(explained(changes))
    _expect_allowed(session, cycle, changes, changed, reason)
    act = _Act(session, plan, changes, by, today, reason.strip(), first=cycle is None)
    cycle, written = act.write(cycle, [u for u in plan.units if u.code in joining])
    said = tuple(map(str, changed))
    detail = {"digest": digest, "first": act.first, "added": dict(added), "changes": list(said), "reason": act.reason}
    note(
        session,
        cycle_id=row_id(cycle),
        day=today,
        by=by,
        act="import_plan",
        subject=cycle.code,
        detail={**detail, **written},
    )
    return ImportSummary(cycle.code, digest, act.first, added, said)


def export_plan(session: Session, cycle_code: str) -> Plan:
    """Return the plan of the cycle as it stands; importing it again changes nothing.

    Raises:
        Refused: there is no such cycle.
    """
    return plan_on_record(session, find_cycle(session, cycle_code))


def _on_record(session: Session, cycle: Cycle | None, plan: Plan) -> Plan:
    """Return what the plan is compared with; units known from elsewhere join the cycle without counting as changed."""
    codes = {u.code for u in plan.units}
    if cycle is None:
        units, contacts = units_on_record(session, None, codes), contacts_on_record(session, codes)
        old = Plan(basics=plan.basics, units=units, contacts=contacts)
    else:
        old = plan_on_record(session, cycle, codes)
    given = {u.code: u for u in plan.units}
    placed = [
        u if u.group or u.code not in given
        else replace(u, group=given[u.code].group, assessed=given[u.code].assessed, duty=given[u.code].duty)
        for u in old.units
    ]  # fmt: skip
    return replace(old, units=tuple(placed))


def _joining(session: Session, cycle: Cycle | None, plan: Plan) -> set[str]:
    """Return the codes of the units that get a place in the cycle with this import."""
    wanted = {u.code for u in plan.units if u.group}
    if cycle is None:
        return wanted
    taken = set(session.scalars(select(col(Participant.unit_id)).where(col(Participant.cycle_id) == cycle.id)))
    ids = unit_ids(session)
    return {code for code in wanted if ids.get(code) not in taken}


def _added(changes: Changes, joining: int) -> tuple[tuple[str, int], ...]:
    return (
        ("单位", len(changes.units.added)),
        ("参加考核的单位", joining),
        ("联络人", len(changes.contacts.added)),
        ("指标", len(changes.indicators.added)),
        ("节点", len(changes.milestones.added)),
    )


def _expect_allowed(
    session: Session, cycle: Cycle | None, changes: Changes, changed: tuple[Problem, ...], reason: str
) -> None:
    if cycle is not None:
        state = session.scalars(select(col(Assessment.state)).where(col(Assessment.cycle_id) == cycle.id)).one()
        if state in SETTLED or cycle.closed_on is not None:
            raise Refused(f"考核周期 {cycle.code} {state.zh}，计划不能再改，没有导入。", changed)
    wrong = tuple(not_allowed(changes, sent_numbers(session, cycle) if cycle else ()))
    if wrong:
        raise Refused(f"计划中有 {len(wrong)} 处改动不能通过导入办理，没有导入。{EXPORT_FIRST}", wrong)
    if changed and not reason.strip():
        raise Refused(f"计划有 {len(changed)} 处变动，必须写明理由（--reason）后再导入。变动如下：", changed)


@dataclass(frozen=True)
class _Act:
    """An import that is allowed: what it writes, on whose word, from which day and why."""

    session: Session
    plan: Plan
    changes: Changes
    by: str
    today: date
    reason: str
    first: bool

    def write(self, cycle: Cycle | None, joining: Sequence[PlanUnit]) -> tuple[Cycle, dict[str, Any]]:
        """Write everything and return the cycle with what the trail should say beside the changes."""
        session, changes, today = self.session, self.changes, self.today
        since = min(today, self.plan.basics.starts) if self.first else today  # a first import holds from the start
        add_units(session, changes.units.added, since=since)
        cycle = cycle or self._open_cycle()
        change_units(session, cycle, changes.units.changed, today=today)
        add_participants(session, cycle, joining)
        change_contacts(session, changes.contacts, since=since, today=today)
        self._change_cycle(cycle)
        if self.first or changes.rules:
            self._add_rules(cycle, since)
        add_indicators(session, cycle, changes.indicators.added, today=today)
        revision = Revision(session, cycle, today, self.reason)
        versions = revision.apply(changes.indicators.changed)
        return cycle, {"target_versions": versions, "letters": revision.letters}

    def _open_cycle(self) -> Cycle:
        basics = self.plan.basics
        owner_id = unit_ids(self.session)[basics.owner]
        cycle = Cycle(code=basics.code, owner_id=owner_id, **_cycle_fields(basics))
        self.session.add(cycle)
        self.session.flush()
        self.session.add(Assessment(cycle_id=row_id(cycle), state=AssessmentState.OPEN))
        return cycle

    def _change_cycle(self, cycle: Cycle) -> None:
        if self.changes.basics is not None:
            for name, value in _cycle_fields(self.plan.basics).items():
                setattr(cycle, name, value)
        delta = self.changes.milestones
        for new in delta.added:
            self.session.add(Milestone(cycle_id=row_id(cycle), code=new.code, name=new.name, due_on=new.due_on))
        nodes = self.session.scalars(select(Milestone).where(col(Milestone.cycle_id) == cycle.id))
        rows = {node.code: node for node in nodes}
        for _, new in delta.changed:
            rows[new.code].name, rows[new.code].due_on = new.name, new.due_on
        self.session.flush()

    def _add_rules(self, cycle: Cycle, effective_on: date) -> None:
        rules = rule_set(self.plan)
        newest = select(func.max(col(RuleSet.version))).where(col(RuleSet.cycle_id) == cycle.id)
        version = (self.session.scalar(newest) or 0) + 1
        row = RuleSet(
            cycle_id=row_id(cycle),
            version=version,
            document=rules.canonical_json(),
            sha256=rules.sha256(),
            reason=self.reason,
            effective_on=effective_on,
            signed_by=self.by,
        )
        self.session.add(row)
        self.session.flush()


def _cycle_fields(basics: Basics) -> dict[str, Any]:
    """Return the columns of the cycle's table; whose it is and its code are set once."""
    workdays = {day.isoformat(): True for day in basics.extra_workdays}
    workdays |= {day.isoformat(): False for day in basics.extra_days_off}
    names = (set(columns(Basics)) & set(Cycle.model_fields)) - {"code"}
    return {**{name: getattr(basics, name) for name in names}, "workdays": workdays}
