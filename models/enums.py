"""The closed lists of the record. The stored value is the English word; `zh` is what an official reads."""

from enum import StrEnum
from typing import Self


class Choice(StrEnum):
    """A stored word with its Chinese reading."""

    zh: str

    def __new__(cls, value: str, zh: str) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.zh = zh
        return member

    @classmethod
    def of_zh(cls, text: str) -> Self | None:
        """Return the member an official means by `text`, or None."""
        return next((m for m in cls if m.zh == text), None)


class UnitKind(Choice):
    PROVINCE = "province", "省"
    CITY = "city", "市"
    COUNTY = "county", "县"
    DEPARTMENT = "department", "部门"
    TOWN = "town", "乡镇"


class NameKind(Choice):
    CURRENT = "current", "现名"
    FORMER = "former", "曾用名"


class Role(Choice):
    """Whom a message is for (year.md, Who)."""

    LIAISON = "liaison", "联络员"
    DEPUTY = "deputy", "分管领导"
    HEAD = "head", "主要领导"
    COORDINATOR = "coordinator", "质强办经办人"


class QualityField(Choice):
    PRODUCT = "product", "产品质量"
    ENGINEERING = "engineering", "工程质量"
    SERVICE = "service", "服务质量"
    ENVIRONMENT = "environment", "环境质量"
    ECONOMY = "economy", "经济运行质量"
    FOUNDATION = "foundation", "质量基础"
    WORK = "work", "质量工作"


class TargetForm(Choice):
    """How a target is stated; the plan workbook's column 目标形式 uses the Chinese word."""

    AT_LEAST = "at_least", "不低于"
    AT_MOST = "at_most", "不高于"
    RANGE = "range", "区间"
    ZERO = "zero", "零发生"
    EXISTS = "exists", "零的突破"
    ABOVE_AVERAGE = "above_average", "高于外部平均"
    UP_ON_LAST_YEAR = "up_on_last_year", "比上年提高"
    QUALITATIVE = "qualitative", "定性"


class Direction(Choice):
    HIGHER = "higher", "越高越好"
    LOWER = "lower", "越低越好"


class Aggregation(Choice):
    """How period values make a year: see rules/progress.py."""

    FLOW = "flow", "当期数"
    CUMULATIVE = "cumulative", "累计数"
    STOCK = "stock", "时点数"
    RATIO = "ratio", "比率"


class Frequency(Choice):
    MONTHLY = "monthly", "按月"
    QUARTERLY = "quarterly", "按季"
    HALF_YEARLY = "half_yearly", "按半年"
    YEARLY = "yearly", "年度"
    ONCE = "once", "一次性"


class Split(Choice):
    """How a county figure reaches the cooperating units."""

    NONE = "none", "不分解"
    EQUAL = "equal", "平均分解"
    WEIGHTS = "weights", "按权重分解"
    HANDED_DOWN = "handed_down", "同标下达"


class AssignmentRole(Choice):
    LEAD = "lead", "牵头"
    COOPERATE = "cooperate", "责任（配合）"


class AssignmentState(Choice):
    DRAFT = "draft", "待下发"
    SENT = "sent", "待备案"
    FILED = "filed", "已备案待审"
    OBJECTED = "objected", "有异议待审"
    ACCEPTED = "accepted", "已确认"


class ObligationKind(Choice):
    FILING = "filing", "备案"
    REPORT = "report", "填报"
    ACKNOWLEDGEMENT = "acknowledgement", "责任书签收"
    SELF_CHECK = "self_check", "自查"
    ORDER_ANSWER = "order_answer", "督办反馈"
    SELF_EVALUATION = "self_evaluation", "自评"


class ObligationState(Choice):
    PLANNED = "planned", "未到填报期"
    OPEN = "open", "待报"
    SUBMITTED = "submitted", "已报待审"
    RETURNED = "returned", "退回待改"
    ACCEPTED = "accepted", "已通过"
    MISSED = "missed", "漏报"
    WITHDRAWN = "withdrawn", "已撤销"


class ReportNature(Choice):
    VALUE = "value", "填报数值"
    TEXT = "text", "填报文字"
    NIL = "nil", "零报告"
    NOT_APPLICABLE = "not_applicable", "不适用"


class ReportState(Choice):
    SUBMITTED = "submitted", "已报待审"
    RETURNED = "returned", "已退回"
    ACCEPTED = "accepted", "已通过"
    SUPERSEDED = "superseded", "已被更正"


class Decision(Choice):
    ACCEPT = "accept", "通过"
    RETURN = "return", "退回"


class ExtensionState(Choice):
    APPLIED = "applied", "待批"
    APPROVED = "approved", "已批准"
    REFUSED = "refused", "未批准"
    RECALLED = "recalled", "已收回"


class LetterState(Choice):
    DRAFT = "draft", "拟稿"
    ISSUED = "issued", "已印发"
    DELIVERED = "delivered", "已送达"
    ACKNOWLEDGED = "acknowledged", "已签收"
    SUPERSEDED = "superseded", "已被替代"


class OrderState(Choice):
    DRAFT = "draft", "拟稿"
    ISSUED = "issued", "已下达"
    ACKNOWLEDGED = "acknowledged", "已签收"
    ANSWERED = "answered", "已反馈"
    RETURNED = "returned", "退回补办"
    VERIFIED = "verified", "已核实"
    CLOSED = "closed", "已销号"


class OrderLevel(Choice):
    REMIND = "remind", "蓝牌"
    YELLOW = "yellow", "黄牌"
    RED = "red", "红牌"


class IncidentLevel(Choice):
    GENERAL = "general", "一般"
    REGIONAL = "regional", "区域性"
    SYSTEMIC = "systemic", "系统性"


class ReferenceKind(Choice):
    LAST_YEAR = "last_year", "上年实绩"
    OUTSIDE_AVERAGE = "outside_average", "外部平均"


class ReferenceStatus(Choice):
    PROVISIONAL = "provisional", "暂用"
    FINAL = "final", "确定"


class AssessmentState(Choice):
    OPEN = "open", "未开始"
    SELF_EVALUATED = "self_evaluated", "已自评"
    VERIFIED = "verified", "已核定"
    FROZEN = "frozen", "已封账"
    PUBLISHED = "published", "已公布"
    APPEALED = "appealed", "申诉中"
    FINAL = "final", "终定"


class MarkColumn(Choice):
    SELF = "self", "自评得分"
    VERIFIED = "verified", "核定分"


class AppealState(Choice):
    FILED = "filed", "待裁定"
    UPHELD = "upheld", "成立"
    REJECTED = "rejected", "不成立"


class CircularKind(Choice):
    MIDYEAR = "midyear", "督查通报"
    RESULT = "result", "考核结果通报"


class Progress(Choice):
    """The five states of progress used in circulars (year.md)."""

    AHEAD = "ahead", "超序时"
    ON_TRACK = "on_track", "达序时"
    BEHIND = "behind", "欠序时"
    DONE = "done", "已完成"
    OTHER = "other", "其他"


class MessageState(Choice):
    QUEUED = "queued", "待发"
    SENT = "sent", "已受理"
    SUPPRESSED = "suppressed", "已免发"
    FAILED = "failed", "发送失败"
    UNDELIVERABLE = "undeliverable", "无人可收"


class IntakeOutcome(Choice):
    ACCEPTED = "accepted", "已接收"
    REFUSED = "refused", "已退回"
