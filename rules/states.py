"""What may follow what: one table of state changes per thing. The manual's diagrams are generated from it."""

from collections.abc import Mapping
from typing import TypeVar, cast

from models.enums import (
    AppealState,
    AssessmentState,
    AssignmentState,
    Choice,
    ExtensionState,
    LetterState,
    MessageState,
    ObligationState,
    OrderState,
    ReportState,
)
from models.errors import Refused

S = TypeVar("S", bound=Choice)

VERBS: Mapping[str, str] = {
    "send": "发出",
    "file": "备案",
    "object": "提出异议",
    "accept": "通过",
    "return": "退回",
    "open": "开放填报",
    "submit": "报送",
    "extend": "延期",
    "miss": "记为漏报",
    "reopen": "重新开放",
    "withdraw": "撤销",
    "supersede": "以新换旧",
    "approve": "批准",
    "refuse": "不予批准",
    "recall": "收回",
    "issue": "印发",
    "deliver": "送达",
    "acknowledge": "签收",
    "answer": "反馈",
    "verify": "核定",
    "close": "销号",
    "self_evaluate": "自评",
    "freeze": "封账",
    "publish": "公布",
    "appeal": "申诉",
    "finalise": "终定",
    "uphold": "裁定成立",
    "reject": "裁定不成立",
    "suppress": "免发",
    "fail": "记为发送失败",
    "strand": "记为无人可收",
    "requeue": "重新排队",
}
"""The acts as identifiers, with what an official calls them."""

TRANSITIONS: Mapping[type[Choice], Mapping[tuple[Choice, str], Choice]] = {
    AssignmentState: {
        (AssignmentState.DRAFT, "send"): AssignmentState.SENT,
        (AssignmentState.SENT, "file"): AssignmentState.FILED,
        (AssignmentState.SENT, "object"): AssignmentState.OBJECTED,
        (AssignmentState.FILED, "accept"): AssignmentState.ACCEPTED,
        (AssignmentState.FILED, "return"): AssignmentState.SENT,
        (AssignmentState.OBJECTED, "accept"): AssignmentState.ACCEPTED,
        (AssignmentState.OBJECTED, "return"): AssignmentState.SENT,
        (AssignmentState.SENT, "reopen"): AssignmentState.DRAFT,
        (AssignmentState.FILED, "reopen"): AssignmentState.DRAFT,
        (AssignmentState.OBJECTED, "reopen"): AssignmentState.DRAFT,
        (AssignmentState.ACCEPTED, "reopen"): AssignmentState.DRAFT,
    },
    ObligationState: {
        (ObligationState.PLANNED, "open"): ObligationState.OPEN,
        (ObligationState.OPEN, "submit"): ObligationState.SUBMITTED,
        (ObligationState.OPEN, "extend"): ObligationState.OPEN,
        (ObligationState.OPEN, "miss"): ObligationState.MISSED,
        (ObligationState.SUBMITTED, "submit"): ObligationState.SUBMITTED,
        (ObligationState.SUBMITTED, "accept"): ObligationState.ACCEPTED,
        (ObligationState.SUBMITTED, "return"): ObligationState.RETURNED,
        (ObligationState.RETURNED, "submit"): ObligationState.SUBMITTED,
        (ObligationState.RETURNED, "extend"): ObligationState.RETURNED,
        (ObligationState.RETURNED, "miss"): ObligationState.MISSED,
        (ObligationState.ACCEPTED, "reopen"): ObligationState.SUBMITTED,
        (ObligationState.MISSED, "reopen"): ObligationState.OPEN,
        (ObligationState.PLANNED, "withdraw"): ObligationState.WITHDRAWN,
        (ObligationState.OPEN, "withdraw"): ObligationState.WITHDRAWN,
        (ObligationState.RETURNED, "withdraw"): ObligationState.WITHDRAWN,
        (ObligationState.SUBMITTED, "withdraw"): ObligationState.WITHDRAWN,
        (ObligationState.MISSED, "withdraw"): ObligationState.WITHDRAWN,
    },
    ReportState: {
        (ReportState.SUBMITTED, "accept"): ReportState.ACCEPTED,
        (ReportState.SUBMITTED, "return"): ReportState.RETURNED,
        (ReportState.SUBMITTED, "supersede"): ReportState.SUPERSEDED,
        (ReportState.RETURNED, "supersede"): ReportState.SUPERSEDED,
        (ReportState.ACCEPTED, "supersede"): ReportState.SUPERSEDED,
    },
    ExtensionState: {
        (ExtensionState.APPLIED, "approve"): ExtensionState.APPROVED,
        (ExtensionState.APPLIED, "refuse"): ExtensionState.REFUSED,
        (ExtensionState.APPROVED, "recall"): ExtensionState.RECALLED,
    },
    LetterState: {
        (LetterState.DRAFT, "issue"): LetterState.ISSUED,
        (LetterState.ISSUED, "deliver"): LetterState.DELIVERED,
        (LetterState.ISSUED, "acknowledge"): LetterState.ACKNOWLEDGED,
        (LetterState.DELIVERED, "acknowledge"): LetterState.ACKNOWLEDGED,
        (LetterState.ISSUED, "supersede"): LetterState.SUPERSEDED,
        (LetterState.DELIVERED, "supersede"): LetterState.SUPERSEDED,
        (LetterState.ACKNOWLEDGED, "supersede"): LetterState.SUPERSEDED,
    },
    OrderState: {
        (OrderState.DRAFT, "issue"): OrderState.ISSUED,
        (OrderState.ISSUED, "acknowledge"): OrderState.ACKNOWLEDGED,
        (OrderState.ISSUED, "answer"): OrderState.ANSWERED,
        (OrderState.ACKNOWLEDGED, "answer"): OrderState.ANSWERED,
        (OrderState.ANSWERED, "return"): OrderState.RETURNED,
        (OrderState.RETURNED, "answer"): OrderState.ANSWERED,
        (OrderState.ANSWERED, "verify"): OrderState.VERIFIED,
        (OrderState.VERIFIED, "close"): OrderState.CLOSED,
    },
    AssessmentState: {
        (AssessmentState.OPEN, "self_evaluate"): AssessmentState.SELF_EVALUATED,
        (AssessmentState.SELF_EVALUATED, "verify"): AssessmentState.VERIFIED,
        (AssessmentState.VERIFIED, "freeze"): AssessmentState.FROZEN,
        (AssessmentState.FROZEN, "publish"): AssessmentState.PUBLISHED,
        (AssessmentState.PUBLISHED, "appeal"): AssessmentState.APPEALED,
        (AssessmentState.APPEALED, "appeal"): AssessmentState.APPEALED,
        (AssessmentState.PUBLISHED, "finalise"): AssessmentState.FINAL,
        (AssessmentState.APPEALED, "finalise"): AssessmentState.FINAL,
    },
    AppealState: {
        (AppealState.FILED, "uphold"): AppealState.UPHELD,
        (AppealState.FILED, "reject"): AppealState.REJECTED,
    },
    MessageState: {
        (MessageState.QUEUED, "send"): MessageState.SENT,
        (MessageState.QUEUED, "suppress"): MessageState.SUPPRESSED,
        (MessageState.QUEUED, "fail"): MessageState.FAILED,
        (MessageState.QUEUED, "strand"): MessageState.UNDELIVERABLE,
        (MessageState.FAILED, "requeue"): MessageState.QUEUED,
        (MessageState.UNDELIVERABLE, "requeue"): MessageState.QUEUED,
    },
}
"""From each state by each act to the next state; the first member of a list is where a thing begins."""


def move(state: S, verb: str) -> S:
    """Return the state that `verb` leads to; raises `Refused` naming the acts that are possible instead."""
    reading = VERBS[verb]
    following = TRANSITIONS[type(state)].get((state, verb))
    if following is None:
        raise Refused(f"当前状态为“{state.zh}”，不能“{reading}”；{_possible(state)}")
    return cast(S, following)


def allowed(state: Choice) -> tuple[str, ...]:
    """Return the verbs that are possible in `state`."""
    return tuple(verb for start, verb in TRANSITIONS[type(state)] if start == state)


def mermaid(states: type[Choice]) -> str:
    """Return the table of `states` as a mermaid state diagram with Chinese labels."""
    table = TRANSITIONS[states]
    members = list(states)
    names = [f'    state "{m.zh}" as {m.value}' for m in members]
    arrows = [f"    {a.value} --> {b.value}: {VERBS[verb]}" for (a, verb), b in table.items()]
    ends = [f"    {m.value} --> [*]" for m in members if not allowed(m)]
    return "\n".join(["stateDiagram-v2", *names, f"    [*] --> {members[0].value}", *arrows, *ends]) + "\n"


def _possible(state: Choice) -> str:
    readings = "、".join(f"“{VERBS[verb]}”" for verb in allowed(state))
    return f"可以：{readings}。" if readings else "该状态已是终点，没有后续操作。"
