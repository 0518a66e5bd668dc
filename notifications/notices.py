"""The notices of the year: for each kind its facts, and in one table who gets it and how it is treated.

The words are in templates/messages/, one template per kind, named after it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import NamedTuple

from models.enums import ObligationState, Role


@dataclass(frozen=True)
class DraftSent:
    items: int
    due_on: date


@dataclass(frozen=True)
class DraftDecided:
    indicator: str
    accepted: bool
    reason: str


@dataclass(frozen=True)
class LetterIssued:
    label: str
    due_on: date


@dataclass(frozen=True)
class LetterSuperseded:
    label: str
    reason: str


@dataclass(frozen=True)
class WindowOpened:
    window: str
    items: int
    due_on: date


@dataclass(frozen=True)
class Returned:
    title: str
    reason: str
    due_on: date


@dataclass(frozen=True)
class ExtensionDecided:
    title: str
    granted: bool
    until: date | None
    reason: str


@dataclass(frozen=True)
class OrderIssued:
    label: str
    title: str
    due_on: date


@dataclass(frozen=True)
class OrderReturned:
    label: str
    reason: str
    due_on: date


@dataclass(frozen=True)
class OrderClosed:
    label: str
    title: str


@dataclass(frozen=True)
class CircularIssued:
    label: str
    title: str


@dataclass(frozen=True)
class TargetAdjusted:
    indicator: str
    old: str
    new: str
    reason: str


@dataclass(frozen=True)
class ContactChanged:
    role: str
    title: str


@dataclass(frozen=True)
class SelfEvaluationOpened:
    due_on: date


@dataclass(frozen=True)
class ResultPublished:
    label: str
    points: Decimal | str
    grade: str
    rank: int
    appeals_until: date


@dataclass(frozen=True)
class ResultCorrected:
    label: str
    points: Decimal | str
    grade: str
    rank: int
    reason: str


@dataclass(frozen=True)
class AppealDecided:
    item: str
    upheld: bool
    decision: str


@dataclass(frozen=True)
class FileRefused:
    name: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Reminder:
    title: str
    due_on: date
    stage: str


@dataclass(frozen=True)
class ReviewPending:
    title: str
    unit: str
    since: date


@dataclass(frozen=True)
class OrderProposed:
    title: str
    unit: str
    due_on: date


Notice = (
    DraftSent | DraftDecided | LetterIssued | LetterSuperseded | WindowOpened | Returned | ExtensionDecided
    | OrderIssued | OrderReturned | OrderClosed | CircularIssued | TargetAdjusted | ContactChanged
    | SelfEvaluationOpened | ResultPublished | ResultCorrected | AppealDecided | FileRefused | Reminder | ReviewPending
    | OrderProposed
)  # fmt: skip


class Part(Enum):
    """Where a notice stands in the digest; a thing to do stands under overdue or due soon by its date."""

    RETURNED = "returned"
    TO_DO = "to_do"
    INFORMATION = "information"


class Kind(NamedTuple):
    """How a notice is treated.

    `roles` get it unless the poster names others; an `urgent` one need not wait for tomorrow's digest. It is sent
    only while its obligation is in one of the states `while_in`; empty means that nothing can overtake it.
    """

    name: str
    zh: str
    roles: tuple[Role, ...]
    urgent: bool
    part: Part
    while_in: frozenset[ObligationState]
    example: Notice


LIAISON = (Role.LIAISON,)
IN_CHARGE = (Role.LIAISON, Role.DEPUTY)
ALL = (Role.LIAISON, Role.DEPUTY, Role.HEAD)
OFFICE = (Role.COORDINATOR,)

ALWAYS: frozenset[ObligationState] = frozenset()
OWED = frozenset({ObligationState.PLANNED, ObligationState.OPEN, ObligationState.RETURNED})
DUE = frozenset({ObligationState.OPEN, ObligationState.RETURNED})
STILL_RETURNED = frozenset({ObligationState.RETURNED})
UNREVIEWED = frozenset({ObligationState.SUBMITTED})

DAY = date(2026, 4, 15)
LABEL = "示质强办〔2026〕3号"

NOTICES: Mapping[type, Kind] = {
    DraftSent: Kind("draft_sent", "目标任务下达", LIAISON, False, Part.TO_DO, OWED, DraftSent(12, DAY)),
    DraftDecided: Kind("draft_decided", "备案审核", LIAISON, False, Part.INFORMATION, ALWAYS,
                       DraftDecided("规模以上工业产品质量抽检合格率", False, "目标值低于上年实绩")),
    LetterIssued: Kind("letter_issued", "责任书印发", IN_CHARGE, False, Part.TO_DO, OWED, LetterIssued(LABEL, DAY)),
    LetterSuperseded: Kind("letter_superseded", "责任书更换", IN_CHARGE, False, Part.INFORMATION, ALWAYS,
                           LetterSuperseded(LABEL, "机构合并")),
    WindowOpened: Kind("window_opened", "填报期开放", LIAISON, False, Part.TO_DO, OWED,
                       WindowOpened("2026年第一季度应报事项", 7, DAY)),
    Returned: Kind("returned", "填报退回", LIAISON, True, Part.RETURNED, STILL_RETURNED,
                   Returned("主要农产品监测合格率（2026年第一季度）", "分子大于监测批次总数", DAY)),
    ExtensionDecided: Kind("extension_decided", "延期审批", LIAISON, False, Part.INFORMATION, ALWAYS,
                           ExtensionDecided("质量月活动总结", True, DAY, "")),
    OrderIssued: Kind("order_issued", "督办单下达", ALL, True, Part.TO_DO, OWED,
                      OrderIssued("示质强督〔2026〕2号", "工程竣工验收一次合格率落后于序时进度", DAY)),
    OrderReturned: Kind("order_returned", "督办退回补办", IN_CHARGE, True, Part.RETURNED, OWED,
                        OrderReturned("示质强督〔2026〕2号", "未说明整改完成时间", DAY)),
    OrderClosed: Kind("order_closed", "督办销号", IN_CHARGE, False, Part.INFORMATION, ALWAYS,
                      OrderClosed("示质强督〔2026〕2号", "工程竣工验收一次合格率落后于序时进度")),
    CircularIssued: Kind("circular_issued", "通报印发", ALL, False, Part.INFORMATION, ALWAYS,
                         CircularIssued("第1期", "2026年上半年质量工作督查通报")),
    TargetAdjusted: Kind("target_adjusted", "目标调整", IN_CHARGE, False, Part.INFORMATION, ALWAYS,
                         TargetAdjusted("新增名牌产品", "不低于3个", "不低于2个", "评选周期变更")),
    ContactChanged: Kind("contact_changed", "联络人变更", LIAISON, False, Part.INFORMATION, ALWAYS,
                         ContactChanged("联络员", "质量科负责人")),
    SelfEvaluationOpened: Kind("self_evaluation_opened", "自评开始", LIAISON, False, Part.TO_DO, OWED,
                               SelfEvaluationOpened(DAY)),
    ResultPublished: Kind("result_published", "结果公布", ALL, True, Part.INFORMATION, ALWAYS,
                          ResultPublished("示质强〔2027〕1号", Decimal("93.25"), "A", 2, DAY)),
    ResultCorrected: Kind("result_corrected", "结果更正", ALL, True, Part.INFORMATION, ALWAYS,
                          ResultCorrected("示质强〔2027〕1号", Decimal("93.75"), "A", 1, "申诉成立：补计监测批次")),
    AppealDecided: Kind("appeal_decided", "申诉裁定", IN_CHARGE, False, Part.INFORMATION, ALWAYS,
                        AppealDecided("主要农产品监测合格率", True, "按复核后的监测批次重新计分")),
    FileRefused: Kind("file_refused", "文件退回", LIAISON, True, Part.RETURNED, ALWAYS,
                      FileRefused("第一季度填报表.xlsx", ("“填报”第 6 行“本期完成值”：应填数字。",))),
    Reminder: Kind("reminder", "催报", LIAISON, False, Part.TO_DO, DUE, Reminder("质量月活动总结", DAY, "due_soon")),
    ReviewPending: Kind("review_pending", "待审提醒", OFFICE, False, Part.TO_DO, UNREVIEWED,
                        ReviewPending("质量月活动总结", "农业农村局", DAY)),
    OrderProposed: Kind("order_proposed", "督办建议", OFFICE, False, Part.TO_DO, DUE,
                        OrderProposed("质量月活动总结", "农业农村局", DAY)),
}  # fmt: skip
"""Every kind of notice. The example feeds the preview and the tests."""

BY_NAME: Mapping[str, Kind] = {kind.name: kind for kind in NOTICES.values()}
