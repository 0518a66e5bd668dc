"""To whom: the outbox of messages, and the digests that were really sent."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.columns import choice, instant
from models.enums import MessageState, Role


class Delivery(SQLModel, table=True):
    """One digest sent to one person on one day: the text as it went out and the provider's own answer.

    A person is an address; one who acts for several units is several contacts and gets one digest.
    """

    __table_args__ = (UniqueConstraint("address", "day", "round"), CheckConstraint("length(body) > 0", name="body"))
    id: int | None = Field(default=None, primary_key=True)
    contact_id: int = Field(foreign_key="contact.id")
    address: str = Field(max_length=200)
    day: date
    round: int = 1
    title: str = Field(max_length=200)
    body: str
    answer: str = ""
    sent_at: datetime = Field(sa_type=instant())


class Message(SQLModel, table=True):
    """One decided message 通知. `key` holds recipient, kind, subject with its round, due date and stage: never twice.

    The recipient is a unit and a role; the person is looked up at the moment of sending.
    `obligation_id` is checked again then: what is no longer owed is not sent.
    """

    __table_args__ = (
        UniqueConstraint("key"),
        Index("ix_message_state", "state", "unit_id"),
        CheckConstraint("state <> 'sent' OR delivery_id IS NOT NULL", name="sent_has_a_delivery"),
    )
    id: int | None = Field(default=None, primary_key=True)
    cycle_id: int = Field(foreign_key="cycle.id")
    key: str = Field(max_length=200)
    unit_id: int = Field(foreign_key="unit.id")
    role: Role = Field(sa_type=choice(Role))
    kind: str = Field(max_length=40)
    line: str
    obligation_id: int | None = Field(default=None, foreign_key="obligation.id", index=True)
    due_on: date | None = None
    urgent: bool = False
    queued_on: date
    state: MessageState = Field(default=MessageState.QUEUED, sa_type=choice(MessageState))
    state_reason: str = ""
    attempts: int = 0
    delivery_id: int | None = Field(default=None, foreign_key="delivery.id")


class Recipient(SQLModel, table=True):
    """How far a message got to one person: a role may have several, and each is reached or refused on their own."""

    __table_args__ = (UniqueConstraint("message_id", "address"), CheckConstraint("refusals >= 0", name="refusals"))
    id: int | None = Field(default=None, primary_key=True)
    message_id: int = Field(foreign_key="message.id")
    address: str = Field(max_length=200)
    refusals: int = 0
    answer: str = ""
    delivery_id: int | None = Field(default=None, foreign_key="delivery.id", index=True)
