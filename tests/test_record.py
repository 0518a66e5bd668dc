"""What must never be false is refused by the database itself, on both databases, whatever a program tries."""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlmodel import Session, SQLModel, select

import models as m
from cycle.trail import first_break, note
from models.enums import (
    AppealState,
    AssignmentRole,
    Decision,
    ExtensionState,
    Frequency,
    IncidentLevel,
    IntakeOutcome,
    LetterState,
    MarkColumn,
    MessageState,
    ObligationKind,
    ObligationState,
    QualityField,
    ReportNature,
    ReportState,
    Role,
    TargetForm,
    UnitKind,
)
from models.record import Record, open_record

DAY = date(2026, 3, 2)
LATER = date(2026, 3, 9)
SHA = "a" * 64


@pytest.fixture
def record(database_url: str) -> Iterator[Record]:
    opened = open_record(database_url)
    with opened.writing() as session:
        for rows in BASE:
            session.add_all(make() for make in rows)
            session.flush()
        if opened.engine.dialect.name == "postgresql":  # the ids above were given by hand: let the counters go on
            for table in SQLModel.metadata.tables:
                session.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), 100)"))
    yield opened
    opened.close()


BASE: tuple[tuple[Callable[[], SQLModel], ...], ...] = (
    (
        lambda: m.Unit(id=1, code="X", kind=UnitKind.COUNTY, valid_from=DAY),
        lambda: m.Evidence(id=1, sha256=SHA, size=3, stored_on=DAY),
    ),
    (
        lambda: m.Unit(id=2, code="X-A", kind=UnitKind.DEPARTMENT, parent_id=1, valid_from=DAY),
        lambda: m.Unit(id=3, code="X-B", kind=UnitKind.TOWN, parent_id=1, valid_from=DAY),
        lambda: m.UnitName(id=1, unit_id=1, name="示例县", valid_from=DAY),
        lambda: m.Contact(id=1, unit_id=1, role=Role.LIAISON, title="联络员", address="a@example.com", valid_from=DAY),
        lambda: m.Cycle(
            id=1,
            code="2026",
            name="2026年度",
            owner_id=1,
            office="质强办",
            issuing_code="示例质强办",
            starts=DAY,
            ends=LATER,
        ),
    ),
    (
        lambda: m.Participant(id=1, cycle_id=1, unit_id=2, group_name="部门"),
        lambda: m.Window(
            id=1,
            cycle_id=1,
            code="2026-03",
            frequency=Frequency.MONTHLY,
            starts=DAY,
            ends=DAY,
            open_on=DAY,
            due_on=DAY,
            close_on=DAY,
        ),
        lambda: m.Indicator(
            id=1,
            cycle_id=1,
            number="1",
            field=QualityField.PRODUCT,
            name="合格率",
            form=TargetForm.AT_LEAST,
            measure="%",
            frequency=Frequency.MONTHLY,
        ),
        lambda: m.RuleSet(id=1, cycle_id=1, document="{}", sha256=SHA, effective_on=DAY),
        lambda: m.Assessment(id=1, cycle_id=1),
        lambda: m.Letter(id=1, cycle_id=1, unit_id=2, state=LetterState.ISSUED, label="示例质强办〔2026〕1号"),
        lambda: m.Order(
            id=1, cycle_id=1, unit_id=2, matter="a", title="事项", basis="依据", drafted_on=DAY, due_on=LATER
        ),
        lambda: m.IssuedNumber(id=1, series="示例质强办", year=2026, number=1, subject="letter/1", issued_on=DAY),
    ),
    (lambda: m.Assignment(id=1, indicator_id=1, unit_id=2, role=AssignmentRole.LEAD),),
    (
        lambda: m.Target(id=1, assignment_id=1, value=Decimal(95), decided_on=DAY),
        lambda: m.Obligation(
            id=1,
            cycle_id=1,
            key="report/1",
            kind=ObligationKind.REPORT,
            title="合格率",
            supplier_id=2,
            assessed_id=2,
            assignment_id=1,
            window_id=1,
            open_on=DAY,
            due_on=DAY,
        ),
    ),
    (
        lambda: m.Report(
            id=1,
            obligation_id=1,
            version=1,
            state=ReportState.ACCEPTED,
            nature=ReportNature.VALUE,
            value=Decimal(1),
            filed_by="联络员",
            filed_on=DAY,
        ),
    ),
)


def report(**facts: Any) -> m.Report:
    return m.Report(
        **{
            "obligation_id": 1,
            "version": 2,
            "nature": ReportNature.VALUE,
            "value": Decimal(1),
            "filed_by": "联络员",
            "filed_on": DAY,
            **facts,
        }
    )


def owed(**facts: Any) -> m.Obligation:
    return m.Obligation(
        **{
            "cycle_id": 1,
            "key": "k",
            "kind": ObligationKind.FILING,
            "title": "备案",
            "supplier_id": 2,
            "assessed_id": 2,
            "open_on": DAY,
            "due_on": LATER,
            **facts,
        }
    )


def mark(**facts: Any) -> m.Mark:
    return m.Mark(
        **{
            "cycle_id": 1,
            "unit_id": 2,
            "item": "1",
            "mark_column": MarkColumn.VERIFIED,
            "giver_id": 3,
            "given_by": "评分人",
            "points": Decimal(1),
            "given_on": DAY,
            **facts,
        }
    )


def appeal(**facts: Any) -> m.Appeal:
    return m.Appeal(
        **{
            "assessment_id": 1,
            "unit_id": 2,
            "item": "1",
            "ground": "漏计一项",
            "filed_by": "联络员",
            "filed_on": DAY,
            **facts,
        }
    )


FALSEHOODS: dict[str, Callable[[], SQLModel]] = {
    "a unit ends before it begins": lambda: m.Unit(code="Y", kind=UnitKind.TOWN, valid_from=LATER, valid_to=DAY),
    "two units with one code": lambda: m.Unit(code="X-A", kind=UnitKind.TOWN, valid_from=DAY),
    "a unit without a code": lambda: m.Unit(code=" ", kind=UnitKind.TOWN, valid_from=DAY),
    "a merged unit that goes on": lambda: m.Unit(code="Y", kind=UnitKind.TOWN, valid_from=DAY, merged_into_id=2),
    "a unit under a unit that is not there": lambda: m.Unit(code="Y", kind=UnitKind.TOWN, valid_from=DAY, parent_id=99),
    "two present names of one unit": lambda: m.UnitName(unit_id=1, name="另名", valid_from=LATER),
    "a contact without an address": lambda: m.Contact(
        unit_id=1, role=Role.HEAD, title="领导", address="", valid_from=DAY
    ),
    "a contact that ends before it begins": lambda: m.Contact(
        unit_id=1, role=Role.HEAD, title="领导", address="b@example.com", valid_from=LATER, valid_to=DAY
    ),
    "a cycle that ends before it starts": lambda: m.Cycle(
        code="Z", name="Z", owner_id=1, office="办", issuing_code="办", starts=LATER, ends=DAY
    ),
    "a unit twice in a cycle": lambda: m.Participant(cycle_id=1, unit_id=2, group_name="乡镇"),
    "a window due before it opens": lambda: m.Window(
        cycle_id=1,
        code="2026-04",
        frequency=Frequency.MONTHLY,
        starts=DAY,
        ends=DAY,
        open_on=LATER,
        due_on=DAY,
        close_on=LATER,
    ),
    "two windows for one month": lambda: m.Window(
        cycle_id=1,
        code="2026-03",
        frequency=Frequency.MONTHLY,
        starts=DAY,
        ends=DAY,
        open_on=DAY,
        due_on=DAY,
        close_on=DAY,
    ),
    "a figure without a unit of measure": lambda: m.Indicator(
        cycle_id=1,
        number="2",
        field=QualityField.PRODUCT,
        name="数",
        form=TargetForm.AT_LEAST,
        frequency=Frequency.MONTHLY,
    ),
    "a one-off without a date": lambda: m.Indicator(
        cycle_id=1,
        number="2",
        field=QualityField.PRODUCT,
        name="活动",
        form=TargetForm.QUALITATIVE,
        frequency=Frequency.ONCE,
    ),
    "two indicators with one number": lambda: m.Indicator(
        cycle_id=1,
        number="1",
        field=QualityField.PRODUCT,
        name="另",
        form=TargetForm.QUALITATIVE,
        frequency=Frequency.MONTHLY,
    ),
    "two lead units": lambda: m.Assignment(indicator_id=1, unit_id=3, role=AssignmentRole.LEAD),
    "one unit twice on one indicator": lambda: m.Assignment(indicator_id=1, unit_id=2, role=AssignmentRole.COOPERATE),
    "two targets of one version": lambda: m.Target(assignment_id=1, version=1, value=Decimal(96), decided_on=DAY),
    "a changed target without a reason": lambda: m.Target(
        assignment_id=1, version=2, value=Decimal(96), decided_on=DAY
    ),
    "a range upside down": lambda: m.Target(
        assignment_id=1, version=2, value=Decimal(96), value_high=Decimal(95), reason="调整", decided_on=DAY
    ),
    "an objection without a reason": lambda: m.Filing(assignment_id=1, objected=True, filed_by="联络员", filed_on=DAY),
    "two obligations with one key": lambda: owed(key="report/1"),
    "a report owed for nothing": lambda: owed(kind=ObligationKind.REPORT),
    "an obligation due before it opens": lambda: owed(open_on=LATER, due_on=DAY),
    "something filed on no day": lambda: owed(state=ObligationState.SUBMITTED),
    "a report of a version that is taken": lambda: report(version=1),
    "two accepted reports for one thing": lambda: report(state=ReportState.ACCEPTED),
    "a nil report without a reason": lambda: report(nature=ReportNature.NIL, value=None),
    "a figure that is none": lambda: report(value=None),
    "a numerator without a denominator": lambda: report(value=None, numerator=Decimal(1)),
    "a part larger than the whole": lambda: report(value=None, numerator=Decimal(456), denominator=Decimal(425)),
    "a ratio of nothing": lambda: report(value=None, numerator=Decimal(0), denominator=Decimal(0)),
    "a correction without a reason": lambda: report(correction=True),
    "evidence with a short hash": lambda: m.Evidence(sha256="abc", size=1, stored_on=DAY),
    "evidence stored twice": lambda: m.Evidence(sha256=SHA, size=3, stored_on=DAY),
    "a return without a reason": lambda: m.Review(
        report_id=1, decision=Decision.RETURN, due_on=LATER, reviewer="经办", reviewed_on=DAY
    ),
    "a return without a date": lambda: m.Review(
        report_id=1, decision=Decision.RETURN, reason="数据有误", reviewer="经办", reviewed_on=DAY
    ),
    "an extension without a reason": lambda: m.Extension(
        obligation_id=1, reason=" ", applied_by="联络员", applied_on=DAY, old_due_on=DAY, wanted_on=LATER
    ),
    "an extension granted to no day": lambda: m.Extension(
        obligation_id=1,
        state=ExtensionState.APPROVED,
        reason="汛期",
        applied_by="联络员",
        applied_on=DAY,
        old_due_on=DAY,
        wanted_on=LATER,
    ),
    "a number used twice": lambda: m.IssuedNumber(
        series="示例质强办", year=2026, number=1, subject="letter/2", issued_on=DAY
    ),
    "two numbers on one paper": lambda: m.IssuedNumber(
        series="示例质强办", year=2026, number=2, subject="letter/1", issued_on=DAY
    ),
    "number nought": lambda: m.IssuedNumber(
        series="示例质强办", year=2026, number=0, subject="letter/3", issued_on=DAY
    ),
    "two letters in force": lambda: m.Letter(
        cycle_id=1, unit_id=2, version=2, state=LetterState.ISSUED, label="示例质强办〔2026〕2号", reason="调整"
    ),
    "an issued letter without a number": lambda: m.Letter(cycle_id=1, unit_id=3, state=LetterState.ISSUED),
    "a replaced letter without a reason": lambda: m.Letter(cycle_id=1, unit_id=3, version=2),
    "two orders on one matter": lambda: m.Order(
        cycle_id=1, unit_id=3, matter="a", title="事项", basis="依据", drafted_on=DAY, due_on=LATER
    ),
    "an order without a basis": lambda: m.Order(
        cycle_id=1, unit_id=3, matter="b", title="事项", basis="", drafted_on=DAY, due_on=LATER
    ),
    "a blank answer": lambda: m.OrderAnswer(order_id=1, answer=" ", answered_by="联络员", answered_on=DAY),
    "a changed rule without a reason": lambda: m.RuleSet(
        cycle_id=1, version=2, document="{}", sha256=SHA, effective_on=DAY
    ),
    "a scorer marking the own unit": lambda: mark(giver_id=2),
    "a self-mark given by another": lambda: mark(mark_column=MarkColumn.SELF, giver_id=3),
    "a mark that says nothing": lambda: mark(points=None),
    "an incident that is nothing": lambda: m.Incident(
        cycle_id=1,
        unit_id=2,
        occurred_on=DAY,
        level=IncidentLevel.GENERAL,
        title="",
        recorded_by="经办",
        recorded_on=DAY,
    ),
    "rank nought": lambda: m.UnitResult(
        assessment_id=1,
        unit_id=2,
        group_name="部门",
        points=Decimal(90),
        grade_by_score="A",
        grade="A",
        rank=0,
        explanation={},
        decided_on=DAY,
    ),
    "an adjusted score without a reason": lambda: m.ScoreLine(
        assessment_id=1,
        unit_id=2,
        item="1",
        version=2,
        points=Decimal(1),
        full_points=Decimal(5),
        explanation={},
        decided_on=DAY,
    ),
    "an appeal on no ground": lambda: appeal(ground=""),
    "an appeal decided by the own unit": lambda: appeal(
        state=AppealState.UPHELD, decision="成立", decider_id=2, decided_on=DAY
    ),
    "an appeal decided without words": lambda: appeal(state=AppealState.REJECTED, decider_id=3, decided_on=DAY),
    "a message sent by nothing": lambda: m.Message(
        cycle_id=1,
        key="k",
        unit_id=2,
        role=Role.LIAISON,
        kind="reminder",
        line="请报",
        queued_on=DAY,
        state=MessageState.SENT,
    ),
    "a file taken in with a short hash": lambda: m.Intake(
        sha256="abc", name="a.xlsx", outcome=IntakeOutcome.ACCEPTED, taken_on=DAY
    ),
}
"""What somebody might try to store, and must not."""


@pytest.mark.parametrize("falsehood", FALSEHOODS)
def test_the_database_refuses(record: Record, falsehood: str) -> None:
    with pytest.raises(IntegrityError) as refusal, record.writing() as session:
        session.add(FALSEHOODS[falsehood]())
    assert "pk_" not in str(refusal.value)


def test_an_assessment_is_frozen_only_with_its_rules(record: Record) -> None:
    with pytest.raises(IntegrityError), record.writing() as session:
        session.execute(text("UPDATE assessment SET state = 'frozen'"))


def test_a_word_outside_the_list_is_refused(record: Record) -> None:
    with pytest.raises(IntegrityError), record.writing() as session:
        session.execute(text("UPDATE letter SET state = 'lost'"))


def test_exact_values_come_back_exactly(record: Record) -> None:
    exact = Decimal("93.8200000000000000001")
    with record.writing() as session:
        session.add(m.Target(assignment_id=1, version=2, value=exact, reason="核实", decided_on=DAY))
    with record.reading() as session:
        assert session.exec(select(m.Target).where(m.Target.version == 2)).one().value == exact


def test_what_a_reader_changes_is_thrown_away(record: Record) -> None:
    with record.reading() as session:
        session.get_one(m.Unit, 2).code = "gone"
        session.flush()
    with record.reading() as session:
        assert session.get_one(m.Unit, 2).code == "X-A"


@pytest.mark.parametrize("sql", ["UPDATE audit_entry SET actor = '他人'", "DELETE FROM audit_entry"])
def test_the_audit_trail_only_grows(record: Record, sql: str) -> None:
    with record.writing() as session:
        note(session, cycle_id=1, day=DAY, by="质强办", act="test", subject="甲")
        note(session, cycle_id=1, day=DAY, by="质强办", act="test", subject="乙")
    with pytest.raises(DatabaseError), record.writing() as session:
        session.execute(text(sql))
    with record.reading() as session:
        assert first_break(session) is None


def test_a_forged_audit_entry_is_found(record: Record) -> None:
    with record.writing() as session:
        for subject in "甲乙丙":
            note(session, cycle_id=1, day=DAY, by="质强办", act="test", subject=subject)
    _forge(record)
    with record.reading() as session:
        assert first_break(session) == ids(session)[1]


def ids(session: Session) -> list[int]:
    return [entry.id or 0 for entry in session.exec(select(m.AuditEntry).order_by(text("id")))]


def _forge(record: Record) -> None:
    """Change an entry as somebody with the database's own password would: triggers out of the way first."""
    with record.writing() as session:
        if record.engine.dialect.name == "sqlite":
            session.execute(text("DROP TRIGGER audit_entry_no_UPDATE"))
        else:
            session.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_append_only"))
        second = ids(session)[1]
        session.execute(text("UPDATE audit_entry SET subject = '丁' WHERE id = :id"), {"id": second})


def test_migrations_make_the_tables_of_the_program(database_url: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    opened = open_record(database_url)
    with opened.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []
    opened.close()


def test_a_newer_database_is_left_alone(database_url: str) -> None:
    open_record(database_url).close()
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(m.Refused, match="更新版本的程序"):
        open_record(database_url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"
    engine.dispose()


def test_an_unreachable_database_is_named_without_its_password() -> None:
    with pytest.raises(m.Refused, match="连接不上") as refusal:
        open_record("postgresql+psycopg://office:secret@127.0.0.1:9/zhiqiang")
    assert "secret" not in str(refusal.value)


def test_a_url_that_is_none_is_refused() -> None:
    with pytest.raises(m.Refused, match="无法识别"):
        open_record("not a url")


def test_writers_take_turns(record: Record) -> None:
    """Two acts at once are two acts in a row: each sees what the other did, and no audit entry is lost."""
    from concurrent.futures import ThreadPoolExecutor

    def act(subject: str) -> None:
        with record.writing() as session:
            note(session, cycle_id=1, day=DAY, by="质强办", act="test", subject=subject)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(act, [str(n) for n in range(20)]))
    with Session(record.engine) as session:
        assert first_break(session) is None
        assert len(session.exec(select(m.AuditEntry)).all()) == 20
