"""Who acts for a unit: a change ends the old contact and begins the new one; the history stays."""

from datetime import date

from sqlmodel import Session, col, or_, select

from cycle.trail import note
from models import Contact, Cycle, Refused, Unit
from models.columns import row_id
from models.enums import Role
from notifications.notices import ContactChanged
from notifications.outbox import post


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
    session: Session, cycle: Cycle, unit: Unit, role: Role, *, title: str, address: str, by: str, today: date
) -> bool:
    """Let `title` at `address` act for the unit in `role` from today on; return False when that is so already.

    Raises:
        Refused: the title or the address is blank, or the address cannot be one.
    """
    title, address = title.strip(), address.strip()
    if not title or not address or any(c.isspace() for c in address):
        raise Refused(f"单位 {unit.code} 的{role.zh}信息不完整：职务“{title}”、地址“{address}”。请补全后重报。")
    present = contacts_on(session, row_id(unit), role, today)
    if any(c.title == title and c.address == address for c in present):
        return False
    for old in present:
        old.valid_to = today
    session.add(Contact(unit_id=row_id(unit), role=role, title=title, address=address, valid_from=today))
    session.flush()
    post(
        session,
        row_id(cycle),
        row_id(unit),
        ContactChanged(role=role.zh, title=title),
        subject=f"{role.value}-{address}-{today.isoformat()}",
        today=today,
    )
    note(
        session,
        cycle_id=row_id(cycle),
        day=today,
        by=by,
        act="change_contact",
        subject=unit.code,
        detail={"role": role.value, "title": title},
    )
    return True
