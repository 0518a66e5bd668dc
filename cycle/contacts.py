"""Who acts for a unit: a change ends the old contact and begins the new one; the history stays."""

from datetime import date

from sqlmodel import Session, col, or_, select

from cycle.trail import note
from models import Contact, Cycle, Refused, Unit
from models.columns import row_id
from models.enums import Role
from notifications.notices import ContactChanged
from notifications.outbox import post

LONGEST_TITLE, LONGEST_ADDRESS = 40, 200


def contacts_on(session: Session, unit_id: int, role: Role, day: date) -> list[Contact]:
    """Return the people who act for the unit in the role on `day`, in the order they were entered."""
    return list(
        session.exec(
            select(Contact)
            .where(Contact.unit_id == unit_id, Contact.role == role, col(Contact.valid_from) <= day)
            .where(or_(col(Contact.valid_to).is_(None), col(Contact.valid_to) > day))
            .order_by(col(Contact.id))
        )
    )


def change_contact(
    session: Session,
    cycle: Cycle,
    unit: Unit,
    role: Role,
    *,
    title: str,
    address: str,
    replaces: str | None = None,
    by: str,
    today: date,
) -> bool:
    """Let `title` at `address` act for the unit in `role` from today on; return False when that is so already.

    Everybody who acted in the role ends; of several people only the one at the address `replaces`, and with
    `replaces` blank nobody: then one more person acts.

    Raises:
        Refused: the title or the address is blank or too long, the address cannot be one, nobody is at the address
            to be replaced, or the unit has ended.
    """
    title, address = title.strip(), address.strip()
    if not title or not address or any(c.isspace() for c in address):
        raise Refused(f"单位 {unit.code} 的{role.zh}信息不完整：职务“{title}”、地址“{address}”。请补全后重报。")
    if len(title) > LONGEST_TITLE or len(address) > LONGEST_ADDRESS:
        raise Refused(f"职务不超过 {LONGEST_TITLE} 个字，地址不超过 {LONGEST_ADDRESS} 个字符。请核对后重报。")
    if unit.valid_to is not None and unit.valid_to <= today:
        raise Refused(f"单位 {unit.code} 已于 {unit.valid_to} 停用，不再登记联络人。请在并入的单位办理。")
    present = contacts_on(session, row_id(unit), role, today)
    if any(c.title == title and c.address == address for c in present):
        return False
    ended = [c for c in present if replaces is None or c.address == replaces.strip()]
    if replaces and replaces.strip() and not ended:
        raise Refused(f"单位 {unit.code} 现任{role.zh}中没有地址为“{replaces}”的人。请用 zhiqiang contact list 核对。")
    for old in ended:
        old.valid_to = today
    _begin(session, Contact(unit_id=row_id(unit), role=role, title=title, address=address, valid_from=today))
    post(
        session,
        row_id(cycle),
        row_id(unit),
        ContactChanged(role=role.zh, title=title),
        subject=f"{role.value}-{title}-{today.isoformat()}",
        today=today,
    )
    note(
        session,
        cycle_id=row_id(cycle),
        day=today,
        by=by,
        act="change_contact",
        subject=unit.code,
        detail={"role": role.value, "title": title, "address": address, "before": [c.title for c in ended]},
    )
    return True


def _begin(session: Session, contact: Contact) -> None:
    """Let the person act from now on; one who was entered and replaced on the same day is back."""
    again = session.exec(
        select(Contact).where(
            Contact.unit_id == contact.unit_id,
            Contact.role == contact.role,
            Contact.title == contact.title,
            Contact.address == contact.address,
            Contact.valid_from == contact.valid_from,
        )
    ).first()
    if again is None:
        session.add(contact)
    else:
        again.valid_to = None
    session.flush()
