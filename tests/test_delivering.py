"""Delivery: one digest per person and day, looked at again before sending, nothing lost, at most one repeated."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from threading import Barrier, Thread

import pendulum
import pytest
from pendulum import DateTime
from sqlmodel import col, select

from cycle import delivering, settling
from cycle.delivering import check_recipients, deliver, parcels, plan_deliveries, preview, retry_failed
from cycle.outcomes import Outcome
from cycle.reminding import remind
from models import AuditEntry, Contact, Cycle, Delivery, Message, Obligation, Recipient, Unit
from models.columns import row_id
from models.enums import ObligationState, Role
from models.record import Record, open_record
from notifications.channels import Answer, Sender, channel
from notifications.notices import Notice, OrderClosed, Returned, WindowOpened
from notifications.outbox import post
from tests.builders import add_contact, add_county, add_cycle, add_obligation, add_unit
from tests.services import Mailbox

DUE = date(2026, 4, 15)  # Wednesday
MONDAY = pendulum.datetime(2026, 4, 13, 9, tz="Asia/Shanghai")
THAT_DAY = MONDAY.date()
TUESDAY = MONDAY.add(days=1)
TOWN, FARMING, MARKET = (f"liaison@{code}.example.com" for code in ("town", "farming", "market"))

ACCEPTED = Answer(True, "已受理")
REFUSED = Answer(False, "550 没有这个信箱")
OUTAGE = Answer(False, "connection refused", retry=True)


@dataclass
class Provider:
    """A provider with a memory; what it answers to an address can be set."""

    got: list[tuple[str, str]] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)

    def __call__(self, address: str, title: str, body: str) -> Answer:
        answer = self.answers.get(address, ACCEPTED)
        if answer.accepted:
            self.got.append((address, body))
        return answer

    @property
    def addresses(self) -> list[str]:
        return [address for address, _ in self.got]


@pytest.fixture
def record(sqlite_url: str) -> Iterator[Record]:
    with county_at(sqlite_url) as opened:
        yield opened


@pytest.fixture
def either(database_url: str) -> Iterator[Record]:
    """The same on SQLite and on PostgreSQL, for what depends on the database."""
    with county_at(database_url) as opened:
        yield opened


@contextmanager
def county_at(url: str) -> Iterator[Record]:
    opened = open_record(url)
    with opened.writing() as session:
        add_county(session)
    yield opened
    opened.close()


@pytest.fixture
def provider() -> Provider:
    return Provider()


def queue(record: Record, unit: str, notice: Notice, *, subject: str = "1", cycle: str = "2026",
          roles: tuple[Role, ...] = (), owed: str | None = None, today: date = THAT_DAY) -> None:  # fmt: skip
    with record.writing() as session:
        cycle_id = row_id(session.exec(select(Cycle).where(Cycle.code == cycle)).one())
        unit_id = row_id(session.exec(select(Unit).where(Unit.code == unit)).one())
        obligation = session.exec(select(Obligation).where(Obligation.key == owed)).first()
        post(session, cycle_id, unit_id, notice, subject=subject, today=today, roles=roles,
             obligation_id=obligation.id if obligation else None)  # fmt: skip


def owe(record: Record, key: str, state: ObligationState = ObligationState.OPEN, due_on: date = DUE) -> None:
    with record.writing() as session:
        cycle = session.exec(select(Cycle)).one()
        town = session.exec(select(Unit).where(Unit.code == "town")).one()
        add_obligation(session, cycle, town, due_on, key=key, title=key, state=state)


def change(record: Record, key: str, **new: object) -> None:
    with record.writing() as session:
        obligation = session.exec(select(Obligation).where(Obligation.key == key)).one()
        for name, value in new.items():
            setattr(obligation, name, value)


def sweep(record: Record, today: date = THAT_DAY) -> None:
    with record.writing() as session:
        remind(session, session.exec(select(Cycle)).one(), today=today)


def tick(record: Record, provider: Sender, now: DateTime = MONDAY) -> Outcome:
    return deliver(record, plan_deliveries(record, now), now=now, sender=provider)


def messages(record: Record) -> list[tuple[str, str]]:
    """State and reason of every message, in the order they were queued."""
    with record.reading() as session:
        return [(m.state.zh, m.state_reason) for m in session.exec(select(Message).order_by(col(Message.id)))]


WINDOW = WindowOpened("四月应报事项", 3, DUE)
RETURN = Returned("自查报告", "数据有误", DUE)


# ---- one digest per person and day ----


def test_everything_for_one_person_in_one_letter(record: Record, provider: Provider) -> None:
    with record.writing() as session:
        county = session.exec(select(Unit).where(Unit.code == "county")).one()
        zone = add_unit(session, "zone", "开发区", parent=county)
        add_contact(session, zone, address=TOWN)  # the town's officer acts for the zone too
        add_cycle(session, county, "2025")
    queue(record, "town", WINDOW)
    queue(record, "town", OrderClosed("示质强督〔2026〕1号", "事项"), roles=(Role.LIAISON,))
    queue(record, "zone", WINDOW)
    queue(record, "town", WINDOW, cycle="2025")
    assert tick(record, provider).done[0].n == 1
    ((address, body),) = provider.got
    assert address == TOWN
    assert body.startswith("开发区联络员；甲镇联络员：")
    assert body.count("四月应报事项已开放填报") == 3
    assert {state for state, _ in messages(record)} == {"已受理"}


def test_the_letter_is_on_record_as_it_went_out(either: Record, provider: Provider) -> None:
    queue(either, "town", WINDOW)
    tick(either, provider)
    with either.reading() as session:
        sent = session.exec(select(Delivery)).one()
        assert (sent.address, sent.day, sent.round, sent.answer) == (TOWN, MONDAY.date(), 1, "已受理")
        assert sent.body == provider.got[0][1]
        assert session.exec(select(Message.delivery_id)).one() == sent.id


def test_a_tick_twice_sends_nothing(either: Record, provider: Provider) -> None:
    queue(either, "town", WINDOW)
    queue(either, "farming", WINDOW)
    tick(either, provider)
    assert tick(either, provider) == Outcome()
    assert sorted(provider.addresses) == [FARMING, TOWN]


def test_the_rest_of_the_day_waits_for_tomorrow_unless_urgent(record: Record, provider: Provider) -> None:
    queue(record, "town", WINDOW, subject="1")
    tick(record, provider)
    queue(record, "town", WINDOW, subject="2")
    assert tick(record, provider, MONDAY.add(hours=1)) == Outcome()
    queue(record, "town", RETURN)
    tick(record, provider, MONDAY.add(hours=2))
    assert "自查报告" in provider.got[1][1]
    assert "四月应报事项" not in provider.got[1][1]
    tick(record, provider, TUESDAY)
    assert "四月应报事项" in provider.got[2][1]
    with record.reading() as session:
        sent = [(d.day, d.round) for d in session.exec(select(Delivery).order_by(col(Delivery.id)))]
    assert sent == [(date(2026, 4, 13), 1), (date(2026, 4, 13), 2), (date(2026, 4, 14), 1)]


def test_nothing_goes_out_on_a_day_before_it_was_queued(record: Record, provider: Provider) -> None:
    queue(record, "town", WINDOW, today=TUESDAY.date())
    assert tick(record, provider, MONDAY) == Outcome()
    assert len(tick(record, provider, TUESDAY).done) == 2


def test_a_preview_says_what_would_go_out_and_changes_nothing(record: Record, provider: Provider) -> None:
    queue(record, "town", WINDOW)
    before = messages(record)
    ((address, digest),) = preview(record, MONDAY)
    assert messages(record) == before
    tick(record, provider)
    assert provider.got == [(address, digest.body)]


# ---- looked at again at the moment of sending ----


@pytest.mark.parametrize(
    ("change_to", "reason"),
    [
        ({"state": ObligationState.SUBMITTED, "filed_on": MONDAY.date()}, "发送前核对：该事项为“已报待审”"),
        ({"state": ObligationState.ACCEPTED, "filed_on": MONDAY.date()}, "发送前核对：该事项为“已通过”"),
        ({"state": ObligationState.WITHDRAWN}, "发送前核对：该事项为“已撤销”"),
        ({"due_on": date(2026, 4, 30)}, "发送前核对：期限已改为2026-04-30"),
    ],
)
def test_what_was_settled_in_between_is_not_sent(
    record: Record, provider: Provider, change_to: dict[str, object], reason: str
) -> None:
    owe(record, "自查报告")
    sweep(record)
    planned = plan_deliveries(record, MONDAY)
    change(record, "自查报告", **change_to)
    outcome = deliver(record, planned, now=MONDAY, sender=provider)
    assert provider.got == []
    assert messages(record) == [("已免发", reason)]
    assert [(d.what, d.n) for d in outcome.done] == [("免发（已办理或已变更）", 1)]


def test_what_is_still_owed_goes_out_beside_what_is_not(either: Record, provider: Provider) -> None:
    for key in ("自查报告", "季度总结"):
        owe(either, key)
    sweep(either)
    change(either, "自查报告", state=ObligationState.SUBMITTED, filed_on=MONDAY.date())
    tick(either, provider)
    assert "季度总结" in provider.got[0][1]
    assert "自查报告" not in provider.got[0][1]


def test_a_return_answered_in_between_is_not_sent(record: Record, provider: Provider) -> None:
    owe(record, "自查报告", ObligationState.RETURNED)
    queue(record, "town", RETURN, owed="自查报告")
    change(record, "自查报告", state=ObligationState.SUBMITTED)
    tick(record, provider)
    assert provider.got == []


def test_only_the_last_stage_of_a_reminder_is_sent(record: Record, provider: Provider) -> None:
    """Nothing was delivered from Monday 13 to Thursday 16 April."""
    owe(record, "自查报告")
    sweep(record, date(2026, 4, 13))
    sweep(record, date(2026, 4, 16))
    tick(record, provider, MONDAY.add(days=3))
    assert messages(record) == [("已免发", "已有新一级的催报"), ("已受理", "")]
    assert "现已逾期" in provider.got[0][1]


# ---- who receives it ----


def replace_liaison(record: Record, unit: str, address: str | None, on: date) -> None:
    with record.writing() as session:
        found = session.exec(select(Unit).where(Unit.code == unit)).one()
        old = select(Contact).where(Contact.unit_id == found.id, Contact.role == Role.LIAISON)
        for contact in session.exec(old):
            contact.valid_to = on
        if address:
            add_contact(session, found, address=address, since=on)


def test_a_new_officer_gets_what_was_decided_for_the_old_one(record: Record, provider: Provider) -> None:
    queue(record, "town", WINDOW)
    replace_liaison(record, "town", "new@town.example.com", TUESDAY.date())
    tick(record, provider, TUESDAY)
    assert provider.addresses == ["new@town.example.com"]


def test_an_officer_who_left_after_the_plan_was_made_gets_nothing(record: Record, provider: Provider) -> None:
    queue(record, "town", WINDOW)
    planned = plan_deliveries(record, MONDAY)
    replace_liaison(record, "town", "new@town.example.com", MONDAY.date())
    deliver(record, planned, now=MONDAY, sender=provider)
    assert provider.got == []
    tick(record, provider)
    assert provider.addresses == ["new@town.example.com"]


def test_nobody_to_receive_it_is_shown_and_made_good(either: Record, provider: Provider) -> None:
    queue(either, "town", WINDOW)
    replace_liaison(either, "town", None, MONDAY.date())
    outcome = check_recipients(either, "", MONDAY.date(), ())
    assert [str(f.unit) for f in outcome.refused] == ["甲镇"]
    assert "没有在任的联络员，1条通知无人可收" in outcome.refused[0].message
    assert messages(either) == [("无人可收", "没有在任的联络员")]
    assert tick(either, provider) == Outcome()
    replace_liaison(either, "town", "new@town.example.com", TUESDAY.date())
    tick(either, provider, TUESDAY)
    assert provider.addresses == ["new@town.example.com"]
    assert messages(either) == [("已受理", "")]


def test_a_unit_without_a_head_is_reported_but_nothing_has_failed(record: Record) -> None:
    queue(record, "county", WINDOW, roles=(Role.HEAD,))
    outcome = check_recipients(record, "", MONDAY.date(), ())
    assert outcome.refused == ()
    assert [(d.what, d.n, d.unit) for d in outcome.done] == [("无人可收（没有在任的主要领导）", 1, "示例县")]


def test_two_officers_both_get_it(either: Record, provider: Provider) -> None:
    with either.writing() as session:
        add_contact(
            session, session.exec(select(Unit).where(Unit.code == "town")).one(), address="second@town.example.com"
        )
    queue(either, "town", WINDOW)
    first, second = plan_deliveries(either, MONDAY)
    deliver(either, [first], now=MONDAY, sender=provider)
    assert messages(either) == [("待发", "")]
    deliver(either, [second], now=MONDAY, sender=provider)
    assert messages(either) == [("已受理", "")]
    assert provider.addresses == [TOWN, "second@town.example.com"]


def test_a_message_for_two_is_closed_when_one_of_them_leaves(record: Record, provider: Provider) -> None:
    with record.writing() as session:
        town = session.exec(select(Unit).where(Unit.code == "town")).one()
        add_contact(session, town, address="second@town.example.com", until=TUESDAY.date())
    queue(record, "town", WINDOW)
    deliver(record, plan_deliveries(record, MONDAY)[:1], now=MONDAY, sender=provider)
    assert tick(record, provider, TUESDAY) == Outcome()
    assert messages(record) == [("已受理", "")]


def test_a_merged_units_messages_go_to_its_successor(record: Record, provider: Provider) -> None:
    queue(record, "town", WINDOW)
    with record.writing() as session:
        town = session.exec(select(Unit).where(Unit.code == "town")).one()
        heir = session.exec(select(Unit).where(Unit.code == "farming")).one()
        town.valid_to, town.merged_into_id = TUESDAY.date(), heir.id
    replace_liaison(record, "town", None, TUESDAY.date())
    tick(record, provider, TUESDAY)
    assert provider.addresses == [FARMING]
    assert provider.got[0][1].startswith("农业农村局联络员：")


# ---- refusals and outages ----


def test_three_refusals_and_the_message_has_failed(either: Record, provider: Provider) -> None:
    provider.answers[TOWN] = REFUSED
    queue(either, "town", WINDOW)
    for expected in ("待发", "待发", "发送失败"):
        outcome = tick(either, provider)
        assert [(f.unit, f.message) for f in outcome.refused] == [("甲镇", f"{TOWN}：550 没有这个信箱")]
        assert messages(either) == [(expected, f"{TOWN}：550 没有这个信箱")]
    assert tick(either, provider) == Outcome()


def test_an_outage_never_fails_a_message(record: Record, provider: Provider) -> None:
    provider.answers[TOWN] = OUTAGE
    queue(record, "town", WINDOW)
    for _ in range(5):
        tick(record, provider)
    assert messages(record) == [("待发", f"{TOWN}：connection refused")]
    provider.answers.clear()
    tick(record, provider)
    assert provider.addresses == [TOWN]
    assert messages(record) == [("已受理", "")]


def test_a_dead_channel_is_not_tried_for_everybody(record: Record) -> None:
    asked: list[str] = []

    def dead(address: str, title: str, body: str) -> Answer:
        asked.append(address)
        return OUTAGE

    for unit in ("town", "farming", "market"):
        queue(record, unit, WINDOW, roles=(Role.LIAISON, Role.DEPUTY))
    outcome = tick(record, dead)
    assert len(asked) == 3
    assert "其余通知留待下次发送" in outcome.refused[-1].message
    assert {state for state, _ in messages(record)} == {"待发"}


def test_one_bad_address_does_not_silence_the_others(record: Record, provider: Provider) -> None:
    with record.writing() as session:
        add_contact(
            session, session.exec(select(Unit).where(Unit.code == "town")).one(), address="gone@town.example.com"
        )
    provider.answers["gone@town.example.com"] = REFUSED
    queue(record, "town", WINDOW)
    queue(record, "farming", WINDOW)
    for _ in range(3):
        tick(record, provider)
    assert sorted(provider.addresses) == [FARMING, TOWN]
    assert messages(record) == [("发送失败", "gone@town.example.com：550 没有这个信箱"), ("已受理", "")]


def test_a_second_try_reaches_only_those_who_have_not_got_it(record: Record, provider: Provider) -> None:
    with record.writing() as session:
        add_contact(
            session, session.exec(select(Unit).where(Unit.code == "town")).one(), address="gone@town.example.com"
        )
    provider.answers["gone@town.example.com"] = REFUSED
    queue(record, "town", WINDOW)
    for _ in range(3):
        tick(record, provider)
    provider.answers.clear()
    with record.writing() as session:
        cycle = session.exec(select(Cycle)).one()
        assert [retry_failed(session, cycle, by="质强办", today=MONDAY.date()) for _ in range(2)] == [1, 0]
        assert [e.act for e in session.exec(select(AuditEntry))] == ["retry_messages"]
    tick(record, provider)
    assert provider.addresses == [TOWN, "gone@town.example.com"]
    assert messages(record) == [("已受理", "")]


# ---- crashes and two at once ----


class Killed(BaseException):
    """Stands for the end of the process."""


def test_killed_after_sending_repeats_only_the_one_in_flight(
    either: Record, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    for unit in ("town", "farming", "market"):
        queue(either, unit, WINDOW)
    put_down, calls = settling.put_down, iter(range(10))

    def dies_on_the_second(*arguments: object) -> None:
        if next(calls) == 1:
            raise Killed
        put_down(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(delivering, "put_down", dies_on_the_second)
    with pytest.raises(Killed):
        tick(either, provider)
    in_flight = provider.addresses[1]
    tick(either, provider)
    assert sorted(provider.addresses) == sorted([TOWN, FARMING, MARKET, in_flight])
    assert {state for state, _ in messages(either)} == {"已受理"}
    with either.reading() as session:
        assert len(session.exec(select(Delivery)).all()) == 3
        assert len(session.exec(select(Recipient)).all()) == 3


def test_killed_before_sending_loses_nothing(record: Record, provider: Provider) -> None:
    def killed(*_: object) -> Answer:
        raise Killed

    queue(record, "town", WINDOW)
    with pytest.raises(Killed):
        tick(record, killed)
    tick(record, provider)
    assert provider.addresses == [TOWN]


def test_two_ticks_at_once_send_each_letter_once(either: Record, provider: Provider) -> None:
    for unit in ("town", "farming", "market"):
        queue(either, unit, WINDOW, roles=(Role.LIAISON, Role.DEPUTY))
    planned = plan_deliveries(either, MONDAY)
    together = Barrier(2)

    def run(order: list[int]) -> None:
        together.wait()
        deliver(either, order, now=MONDAY, sender=provider)

    threads = [Thread(target=run, args=(order,)) for order in (planned, planned[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(planned) == 6
    assert sorted(provider.addresses) == sorted(set(provider.addresses))
    assert len(provider.addresses) == 6


# ---- the step ----


@pytest.mark.parametrize(("people", "sizes"), [(1, [1]), (25, [25]), (26, [13, 13]), (99, [25, 25, 25, 24])])
def test_a_tick_sends_in_at_most_four_portions(sqlite_url: str, people: int, sizes: list[int]) -> None:
    record = open_record(sqlite_url)
    with record.writing() as session:
        county = add_county(session)
        for i in range(people):
            unit = add_unit(session, f"unit-{i}", f"单位{i}", parent=county.county)
            add_contact(session, unit)
            post(session, row_id(county.cycle), row_id(unit), WINDOW, subject="1", today=MONDAY.date())
    portions = parcels(record, "", MONDAY.date())
    assert [len(p) for p in portions] == sizes
    assert len({number for p in portions for number in p}) == people
    record.close()


def test_through_a_real_mail_server(sqlite_url: str, smtp: Mailbox) -> None:
    record = open_record(sqlite_url)
    with record.writing() as session:
        add_county(session)
    smtp.refuse(FARMING)
    sender = channel(f"mailto://{smtp.host}:{smtp.port}/?from=zhiqiang@example.com&to={{address}}")
    for unit in ("town", "farming"):
        queue(record, unit, WINDOW)
    outcome = tick(record, sender)
    assert [m.recipients for m in smtp.mails] == [(TOWN,)]
    assert "四月应报事项已开放填报" in smtp.mails[0].text
    assert "550" in outcome.refused[0].message
    assert [state for state, _ in messages(record)] == ["已受理", "待发"]
    record.close()
