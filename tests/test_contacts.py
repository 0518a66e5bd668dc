"""Contacts change often: from its day the new person acts, the old one stays on record."""

from datetime import date

import pytest
from sqlmodel import Session, col, select

from cycle.contacts import change_contact, contacts_on
from models import Contact, Refused
from models.columns import row_id
from models.enums import Role
from tests.builders import NEW_YEAR, County, acts, messages

DAY, NEXT = date(2026, 8, 17), date(2026, 8, 18)  # Monday, Tuesday
OLD = "liaison@town.example.com"


def change(
    session: Session, place: County, title: str = "经济办负责人", address: str = "b@example.com", day: date = DAY
) -> bool:
    return change_contact(
        session, place.cycle, place.town, Role.LIAISON, title=title, address=address, by="质强办", today=day
    )


def acting(session: Session, place: County, day: date, role: Role = Role.LIAISON) -> list[str]:
    return [c.address for c in contacts_on(session, row_id(place.town), role, day)]


def test_the_new_person_acts_from_the_day_of_the_change(session: Session, place: County) -> None:
    assert change(session, place)
    assert acting(session, place, date(2026, 8, 16)) == [OLD]
    assert acting(session, place, DAY) == ["b@example.com"]
    assert acting(session, place, DAY, Role.HEAD) == ["head@town.example.com"]
    assert acts(session) == ["change_contact"]
    assert "经济办负责人" in messages(session, "contact_changed")[0]


def test_what_is_so_already_is_no_change(session: Session, place: County) -> None:
    change(session, place)
    assert not change(session, place, " 经济办负责人 ")
    assert not change(session, place, day=NEXT)
    assert acts(session) == ["change_contact"]


def test_two_changes_on_one_day_leave_the_second(session: Session, place: County) -> None:
    change(session, place)
    change(session, place, "办公室主任", "c@example.com")
    assert acting(session, place, DAY) == ["c@example.com"]
    first = session.exec(select(Contact).where(Contact.address == "b@example.com")).one()
    assert (first.valid_from, first.valid_to) == (DAY, DAY)  # it held on no day and stays on record


def test_a_change_that_is_taken_back_on_the_same_day(session: Session, place: County) -> None:
    change(session, place)
    change(session, place, "办公室主任", "c@example.com")
    assert change(session, place)
    assert acting(session, place, DAY) == ["b@example.com"]
    assert len(session.exec(select(Contact).where(Contact.address == "b@example.com")).all()) == 1


def test_one_who_comes_back_later_begins_again(session: Session, place: County) -> None:
    change(session, place)
    change(session, place, "联络员岗位", OLD, NEXT)
    rows = session.exec(select(Contact).where(Contact.address == OLD).order_by(col(Contact.id))).all()
    assert [(c.valid_from, c.valid_to) for c in rows] == [(NEW_YEAR, DAY), (NEXT, None)]


@pytest.mark.parametrize(
    ("title", "address", "why"),
    [
        (" ", "b@example.com", "信息不完整"),
        ("主任", "", "信息不完整"),
        ("主任", "b @example.com", "信息不完整"),
        ("主" * 41, "b@example.com", "不超过 40 个字"),
    ],
)
def test_a_contact_has_a_title_and_an_address(
    session: Session, place: County, title: str, address: str, why: str
) -> None:
    with pytest.raises(Refused, match=why):
        change(session, place, title, address)
    assert acting(session, place, DAY) == [OLD]


def test_a_unit_that_has_ended_has_nobody(session: Session, place: County) -> None:
    place.town.valid_to = DAY
    with pytest.raises(Refused, match="已于 2026-08-17 停用"):
        change(session, place)


def replace(session: Session, place: County, replaces: str | None) -> None:
    change_contact(
        session, place.cycle, place.town, Role.LIAISON, title="经济办干部", address="c@example.com", replaces=replaces,
        by="质强办", today=NEXT,
    )  # fmt: skip


def test_of_several_people_only_the_one_named_is_replaced(session: Session, place: County) -> None:
    change_contact(
        session, place.cycle, place.town, Role.LIAISON, title="经济办负责人", address="b@example.com", replaces="",
        by="质强办", today=DAY,
    )  # fmt: skip
    assert acting(session, place, DAY) == [OLD, "b@example.com"]
    replace(session, place, OLD)
    assert acting(session, place, NEXT) == ["b@example.com", "c@example.com"]


def test_replacing_somebody_who_does_not_act_is_refused(session: Session, place: County) -> None:
    with pytest.raises(Refused, match="没有地址为"):
        replace(session, place, "nobody@example.com")
