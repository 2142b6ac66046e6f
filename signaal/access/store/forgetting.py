"""What has had its time: sessions, links, tries, browsers, and who left or never came."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import ColumnElement, delete, exists, func, select, update
from sqlmodel import Session, and_, col

from signaal.access.store.people import (
    AssignmentRow,
    InvitationRow,
    PersonRow,
    changed,
)
from signaal.access.store.sessions import DeviceRow, StaffSessionRow
from signaal.access.store.tries import TryCountRow

Forget = Callable[[Session, datetime, int], int]
"""Forgets so many rows at most of which the time was up before an instant; says how many."""
Count = Callable[[Session, datetime], int]


def _old_sessions(before: datetime) -> ColumnElement[bool]:
    return col(StaffSessionRow.started_at) <= before


def _old_links(before: datetime) -> ColumnElement[bool]:
    return col(InvitationRow.expires_at) <= before


def _old_tries(before: datetime) -> ColumnElement[bool]:
    return col(TryCountRow.forget_at) <= before


def _old_devices(before: datetime) -> ColumnElement[bool]:
    return col(DeviceRow.seen_at) <= before


def _left(before: datetime) -> ColumnElement[bool]:
    """Who left, and whose address is still there."""
    return and_(col(PersonRow.ended_at) <= before, col(PersonRow.email).is_not(None))


def _never_came(before: datetime) -> ColumnElement[bool]:
    """Who was invited, and has no link any more."""
    return and_(
        col(PersonRow.invited_at) <= before,
        col(PersonRow.joined_at).is_(None),
        col(PersonRow.ended_at).is_(None),
        col(PersonRow.email).is_not(None),  # the demo's people have none, and stay
        ~exists().where(col(InvitationRow.person_id) == col(PersonRow.id)),
    )


def count_sessions(session: Session, before: datetime) -> int:
    """How many sessions began before this."""
    return _count(session, _old_sessions(before))


def forget_sessions(session: Session, before: datetime, at_most: int) -> int:
    """Forgets sessions that began before this."""
    some = select(col(StaffSessionRow.id)).where(_old_sessions(before)).limit(at_most)
    return changed(session, delete(StaffSessionRow).where(col(StaffSessionRow.id).in_(some)))


def count_links(session: Session, before: datetime) -> int:
    """How many links were valid until before this."""
    return _count(session, _old_links(before))


def forget_links(session: Session, before: datetime, at_most: int) -> int:
    """Forgets links that were valid until before this."""
    key = col(InvitationRow.token_hash)
    some = select(key).where(_old_links(before)).limit(at_most)
    return changed(session, delete(InvitationRow).where(key.in_(some)))


def count_tries(session: Session, before: datetime) -> int:
    """How many counts of tries were to be forgotten before this."""
    return _count(session, _old_tries(before))


def forget_tries(session: Session, before: datetime, at_most: int) -> int:
    """Forgets counts of tries that were to be forgotten before this."""
    key = col(TryCountRow.key)
    some = select(key).where(_old_tries(before)).limit(at_most)
    return changed(session, delete(TryCountRow).where(key.in_(some)))


def count_devices(session: Session, before: datetime) -> int:
    """How many browsers were last used before this."""
    return _count(session, _old_devices(before))


def forget_devices(session: Session, before: datetime, at_most: int) -> int:
    """Forgets browsers that were last used before this."""
    key = col(DeviceRow.token_hash)
    some = select(key).where(_old_devices(before)).limit(at_most)
    return changed(session, delete(DeviceRow).where(key.in_(some)))


def count_left(session: Session, before: datetime) -> int:
    """How many addresses are kept of people who left before this."""
    return _count(session, _left(before))


def forget_left(session: Session, before: datetime, at_most: int) -> int:
    """Forgets the address of who left before this; the log knows them by their id alone."""
    key = col(PersonRow.id)
    left = session.scalars(select(key).where(_left(before)).limit(at_most)).all()
    nothing = {"email": None, "subject": None, "duty_name": ""}
    session.execute(delete(AssignmentRow).where(col(AssignmentRow.person_id).in_(left)))
    return changed(session, update(PersonRow).where(key.in_(left)).values(**nothing))


def count_strangers(session: Session, before: datetime) -> int:
    """How many people were invited before this and never came."""
    return _count(session, _never_came(before))


def forget_strangers(session: Session, before: datetime, at_most: int) -> int:
    """Forgets who was invited before this and never came: nothing of them is in the log."""
    key = col(PersonRow.id)
    strangers = session.scalars(select(key).where(_never_came(before)).limit(at_most)).all()
    session.execute(delete(AssignmentRow).where(col(AssignmentRow.person_id).in_(strangers)))
    return changed(session, delete(PersonRow).where(key.in_(strangers)))


def _count(session: Session, condition: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).where(condition)) or 0
