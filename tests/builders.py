"""Records for tests, put together directly: a county with its units, people, one cycle and what is owed in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select

from cycle.decomposition import TargetAnswer, assignments_of, decide_draft, file_target, send_draft
from cycle.letters import acknowledge_letter, issue_letter
from models import (
    Assignment,
    AuditEntry,
    Contact,
    Cycle,
    Indicator,
    Letter,
    Message,
    Milestone,
    Obligation,
    Participant,
    Report,
    Review,
    RuleSet,
    Target,
    Unit,
    UnitName,
    Window,
)
from models.columns import row_id
from models.enums import (
    AssignmentRole,
    AssignmentState,
    Decision,
    Frequency,
    ObligationKind,
    ObligationState,
    QualityField,
    ReportNature,
    ReportState,
    Role,
    TargetForm,
    UnitKind,
)
from rules.grading import DEFAULT_BANDS
from rules.plan import MILESTONES
from rules.scoring import RuleSetDoc
from rules.windows import windows
from rules.workdays import Workdays

NEW_YEAR = date(2026, 1, 1)


def add_unit(session: Session, code: str, name: str, *, parent: Unit | None = None,
             kind: UnitKind = UnitKind.DEPARTMENT, since: date = NEW_YEAR) -> Unit:  # fmt: skip
    """A unit with its name from a day on."""
    unit = Unit(code=code, kind=kind, parent_id=parent.id if parent else None, valid_from=since)
    session.add(unit)
    session.flush()
    session.add(UnitName(unit_id=row_id(unit), name=name, valid_from=since))
    session.flush()
    return unit


def add_contact(session: Session, unit: Unit, role: Role = Role.LIAISON, address: str | None = None, *,
                since: date = NEW_YEAR, until: date | None = None) -> Contact:  # fmt: skip
    """Somebody who acts for the unit; the address is made from role and unit unless given."""
    contact = Contact(
        unit_id=row_id(unit), role=role, title=f"{role.zh}岗位",
        address=address or f"{role.value}@{unit.code}.example.com",
        valid_from=since, valid_to=until,
    )  # fmt: skip
    session.add(contact)
    session.flush()
    return contact


@dataclass
class County:
    """示例县 with its office in the market bureau, an agriculture bureau and a town, and the cycle of 2026."""

    county: Unit
    market: Unit
    farming: Unit
    town: Unit
    cycle: Cycle


def add_county(session: Session, code: str = "2026") -> County:
    """A county whose units all have a liaison officer, a deputy and a head; the market bureau houses the office."""
    county = add_unit(session, "county", "示例县", kind=UnitKind.COUNTY)
    market = add_unit(session, "market", "市场监管局", parent=county)
    farming = add_unit(session, "farming", "农业农村局", parent=county)
    town = add_unit(session, "town", "甲镇", parent=county, kind=UnitKind.TOWN)
    for unit in (market, farming, town):
        for role in (Role.LIAISON, Role.DEPUTY, Role.HEAD):
            add_contact(session, unit, role)
    add_contact(session, market, Role.COORDINATOR)
    cycle = add_cycle(session, county, code)
    for unit in (market, farming, town):
        session.add(Participant(cycle_id=row_id(cycle), unit_id=row_id(unit), group_name=unit.kind.zh))
    session.flush()
    return County(county, market, farming, town, cycle)


def add_cycle(session: Session, owner: Unit, code: str = "2026", **other: Any) -> Cycle:
    """A cycle over the calendar year 2026, with the published workdays."""
    cycle = Cycle(**{
        "code": code, "name": f"示例县{code}年度质量工作考核", "owner_id": owner.id, "office": "示例县质强办",
        "issuing_code": "示质强办", "starts": NEW_YEAR, "ends": date(2026, 12, 31), **other,
    })  # fmt: skip
    session.add(cycle)
    session.flush()
    return cycle


def add_milestones(session: Session, cycle: Cycle, **days: date) -> None:
    """The dated nodes of the cycle by their code."""
    session.add_all(
        Milestone(cycle_id=row_id(cycle), code=code, name=MILESTONES.get(code, code), due_on=day)
        for code, day in days.items()
    )
    session.flush()


def add_obligation(
    session: Session, cycle: Cycle, unit: Unit, due_on: date, *, key: str = "", title: str = "",
    state: ObligationState = ObligationState.OPEN, kind: ObligationKind = ObligationKind.SELF_CHECK, **other: Any,
) -> Obligation:  # fmt: skip
    """Something the unit owes by a day; open since New Year unless stated otherwise."""
    key = key or f"{kind.value}/{unit.code}/{due_on}"
    if state in (ObligationState.SUBMITTED, ObligationState.RETURNED, ObligationState.ACCEPTED):
        other.setdefault("filed_on", NEW_YEAR)
    obligation = Obligation(
        cycle_id=row_id(cycle), key=key, kind=kind, title=title or f"{kind.zh}（{key}）", supplier_id=row_id(unit),
        assessed_id=row_id(unit), open_on=NEW_YEAR, due_on=due_on, state=state, **other,
    )  # fmt: skip
    session.add(obligation)
    session.flush()
    return obligation


# ---- targets, reports and rules, for scores ----


def add_windows(session: Session, cycle: Cycle) -> dict[str, Window]:
    """The four quarterly windows of the cycle by code."""
    plans = windows(
        cycle.starts, cycle.ends, Frequency.QUARTERLY, due_workdays=10, close_workdays=10, calendar=Workdays()
    )  # fmt: skip
    found = {plan.code: Window(cycle_id=row_id(cycle), **plan._asdict()) for plan in plans}
    session.add_all(found.values())
    session.flush()
    return found


def add_indicator(session: Session, cycle: Cycle, number: str, **other: Any) -> Indicator:
    """An indicator at least to be reached, a running total of pieces, reported by quarter unless stated otherwise."""
    indicator = Indicator(**{
        "cycle_id": row_id(cycle), "number": number, "field": QualityField.PRODUCT, "name": f"指标{number}",
        "form": TargetForm.AT_LEAST, "measure": "个", "frequency": Frequency.QUARTERLY, **other,
    })  # fmt: skip
    session.add(indicator)
    session.flush()
    return indicator


def assign(
    session: Session, indicator: Indicator, unit: Unit, value: str | None = None, *, margin: str | None = None,
    role: AssignmentRole = AssignmentRole.LEAD, on: date = NEW_YEAR,
) -> Assignment:  # fmt: skip
    """The unit's accepted part in the indicator, with its target."""
    assignment = Assignment(
        indicator_id=row_id(indicator), unit_id=row_id(unit), role=role, state=AssignmentState.ACCEPTED
    )
    session.add(assignment)
    session.flush()
    session.add(Target(
        assignment_id=row_id(assignment), value=Decimal(value) if value else None,
        margin=Decimal(margin) if margin else None, decided_on=on,
    ))  # fmt: skip
    session.flush()
    return assignment


def add_report(
    session: Session, assignment: Assignment, window: Window, value: str = "", *, filed_on: date | None = None,
    accepted_on: date | None = None, returned_on: date | None = None, supplier: Unit | None = None, **other: Any,
) -> Report:  # fmt: skip
    """The next version of what was filed for the window (on its due date unless stated), reviewed if a day is given."""
    key = f"report/{assignment.id}/{window.code}"
    day = filed_on or window.due_on
    owed = session.exec(select(Obligation).where(Obligation.cycle_id == window.cycle_id, Obligation.key == key)).first()
    if owed is None:
        owed = Obligation(
            cycle_id=window.cycle_id, key=key, kind=ObligationKind.REPORT, title=key,
            supplier_id=row_id(supplier) if supplier else assignment.unit_id, assessed_id=assignment.unit_id,
            assignment_id=assignment.id, window_id=window.id, open_on=window.open_on, due_on=window.due_on,
            close_on=window.close_on, state=ObligationState.SUBMITTED, filed_on=day,
        )  # fmt: skip
        session.add(owed)
        session.flush()
    earlier = session.exec(select(Report).where(Report.obligation_id == owed.id)).all()
    for report in earlier if accepted_on else ():
        report.state = ReportState.SUPERSEDED
    session.flush()
    figures = {"value": Decimal(value)} if value else {}
    report = Report(**{
        "obligation_id": row_id(owed), "version": len(earlier) + 1, "nature": ReportNature.VALUE, "filed_by": "联络员",
        "filed_on": day, **figures, **other,
    })  # fmt: skip
    session.add(report)
    session.flush()
    reviewed_on = accepted_on or returned_on
    if reviewed_on:
        decision = Decision.ACCEPT if accepted_on else Decision.RETURN
        report.state = ReportState.ACCEPTED if accepted_on else ReportState.RETURNED
        owed.state = ObligationState.ACCEPTED if accepted_on else ObligationState.RETURNED
        owed.returns += decision is Decision.RETURN
        session.add(Review(
            report_id=row_id(report), decision=decision, reason="数据有误", due_on=window.close_on, reviewer="经办人",
            reviewed_on=reviewed_on,
        ))  # fmt: skip
    session.flush()
    return report


def rule(number: str, weight: str, kind: str, *groups: str, **other: Any) -> dict[str, Any]:
    """An item of the rules for the groups (towns unless stated), its parameters under `params`."""
    return {
        "number": number, "title": f"考核要点{number}", "weight": weight, "kind": kind,
        "groups": groups or ("乡镇",), "params": {}, **other,
    }  # fmt: skip


def add_rules(
    session: Session, cycle: Cycle, *items: dict[str, Any], merits: Sequence[dict[str, Any]] = (), version: int = 1,
    on: date = NEW_YEAR, **options: Any,
) -> RuleSet:  # fmt: skip
    """The rules of the cycle from a day on, with the usual grades A, B, C and D."""
    doc = RuleSetDoc.model_validate({
        "items": items, "merits": merits, "grades": DEFAULT_BANDS, "options": {"full": "100", **options},
    })  # fmt: skip
    row = RuleSet(
        cycle_id=row_id(cycle), version=version, document=doc.canonical_json(), sha256=doc.sha256(),
        reason="" if version == 1 else "细则修订", effective_on=on,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def add_town(session: Session, place: County, code: str, name: str) -> Unit:
    """One more town that takes part in the cycle, with its liaison officer."""
    town = add_unit(session, code, name, parent=place.county, kind=UnitKind.TOWN)
    add_contact(session, town)
    session.add(Participant(cycle_id=row_id(place.cycle), unit_id=row_id(town), group_name=UnitKind.TOWN.zh))
    session.flush()
    return town


# ---- the year as the verbs play it ----


def ask(
    session: Session, indicator: Indicator, unit: Unit, value: str | None = None, *, margin: str | None = None,
    high: str | None = None, weight: str | None = None, role: AssignmentRole = AssignmentRole.LEAD, on: date = NEW_YEAR,
) -> Assignment:  # fmt: skip
    """The unit's part in the indicator as a draft that is still to be sent, with its target."""
    figures = {"value": value, "value_high": high, "margin": margin}
    assignment = Assignment(
        indicator_id=row_id(indicator), unit_id=row_id(unit), role=role, weight=Decimal(weight) if weight else None
    )
    session.add(assignment)
    session.flush()
    target: dict[str, Any] = {name: Decimal(figure) for name, figure in figures.items() if figure}
    session.add(Target(assignment_id=row_id(assignment), decided_on=on, **target))
    session.flush()
    return assignment


def agree(session: Session, cycle: Cycle, unit: Unit, day: date) -> None:
    """All drafts of the unit sent, filed and accepted on the day."""
    send_draft(session, cycle, unit, by="系统", today=day)
    for assignment, indicator in assignments_of(session, cycle, unit):
        if assignment.state is AssignmentState.SENT:
            file_target(session, cycle, unit, indicator.number, TargetAnswer(), by="联络员", today=day)
            decide_draft(session, cycle, unit, indicator.number, accept=True, by="质强办", today=day)


def sign(session: Session, cycle: Cycle, unit: Unit, day: date) -> Letter:
    """The unit's drafts agreed to and its letter issued and signed for, all on the day."""
    agree(session, cycle, unit, day)
    letter = issue_letter(session, cycle, unit, by="质强办", today=day)
    acknowledge_letter(session, cycle, unit, by="联络员", today=day)
    return letter


def owed(session: Session, cycle: Cycle, key: str) -> Obligation:
    """What is owed under the key, as it stands now."""
    session.flush()
    return session.exec(select(Obligation).where(Obligation.cycle_id == cycle.id, Obligation.key == key)).one()


def acts(session: Session) -> list[str]:
    """The acts on the audit trail, in order."""
    session.flush()
    return list(session.exec(select(AuditEntry.act).order_by(col(AuditEntry.id))))


def messages(session: Session, kind: str) -> list[str]:
    """The lines of the messages of this kind to liaison officers and coordinators, in the order they were queued."""
    rows = session.exec(select(Message).where(Message.kind == kind).order_by(col(Message.id)))
    return [m.line for m in rows if m.role in (Role.LIAISON, Role.COORDINATOR)]
