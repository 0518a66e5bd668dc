"""What a simulated year came to, counted from the record."""

from typing import Any

from sqlmodel import Session, col, func, select

from models import (
    Appeal,
    AuditEntry,
    Cycle,
    Delivery,
    Extension,
    Filing,
    Intake,
    Letter,
    Obligation,
    Order,
    Report,
    Review,
    Target,
)
from models.enums import Decision, IntakeOutcome, LetterState, OrderState

COUNTS: tuple[tuple[str, Any, tuple[Any, ...]], ...] = (
    ("应报事项", Obligation, ()),
    ("填报（含各次重报）", Report, ()),
    ("其中更正", Report, (col(Report.correction),)),
    ("退回", Review, (col(Review.decision) == Decision.RETURN,)),
    ("迟报", Obligation, (col(Obligation.late), ~col(Obligation.missed))),
    ("漏报", Obligation, (col(Obligation.missed),)),
    ("收到报送工作簿", Intake, ()),
    ("其中退回", Intake, (col(Intake.outcome) == IntakeOutcome.REFUSED,)),
    ("目标异议", Filing, (col(Filing.objected),)),
    ("目标调整", Target, (col(Target.version) > 1,)),
    ("责任书", Letter, ()),
    ("其中已失效（换发、并入）", Letter, (col(Letter.state) == LetterState.SUPERSEDED,)),
    ("延期申请", Extension, ()),
    ("督办单", Order, (col(Order.state) != OrderState.DRAFT,)),
    ("其中已销号", Order, (col(Order.state) == OrderState.CLOSED,)),
    ("申诉", Appeal, ()),
    ("发出通知（封）", Delivery, ()),
    ("留痕（条）", AuditEntry, ()),
)
"""What is counted, in the order of the year. The record of a demo holds one cycle only."""


def year_in_counts(session: Session, cycle: Cycle) -> list[tuple[str, int]]:
    """Return how much of what the year saw, in Chinese words."""
    assert cycle.id is not None
    return [
        (name, session.exec(select(func.count()).select_from(table).where(*conditions)).one())
        for name, table, conditions in COUNTS
    ]
