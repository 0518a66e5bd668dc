"""Records for tests, put together directly: a county with its units, people, one cycle and what is owed in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlmodel import Session, select

from models import (
    Assignment,
    Contact,
    Cycle,
    Indicator,
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
