"""What is read of the log, dated questions, and where staff live (as a keyed hash)."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlmodel import Field, Session, SQLModel, col

from signaal.access.model.audit import OWN_ADDRESS, Act, Entry, read_details
from signaal.access.model.review import Wanted
from signaal.access.model.striking import Seen
from signaal.access.store.audit import AuditEntryRow, entry_of
from signaal.access.store.people import PersonRow
from signaal.db import changed, insert_for


class PersonHomeRow(SQLModel, table=True):
    """Somebody of the staff lives at the address behind this keyed hash; they said so themselves.

    Nothing can be read from it but that a report is about the same address.
    """

    __tablename__ = "person_home"

    person_id: UUID = Field(primary_key=True)
    address_key: str


class InquiryRow(SQLModel, table=True):
    """A dated question about one report, and who agreed to it."""

    __tablename__ = "inquiry"

    id: UUID = Field(primary_key=True)
    organisation_id: UUID
    reference: str = Field(index=True)
    reason_sealed: bytes
    asked_at: datetime = Field(index=True)
    asked_by: UUID
    agreed_at: datetime | None = None
    agreed_by: UUID | None = None


# -- reading the log ------------------------------------------------------------------------


def page(
    session: Session,
    wanted: Wanted,
    *,
    within: UUID | None,
    between: tuple[datetime, datetime] | None,
    before: int | None,
    limit: int,
) -> list[Entry]:
    """The newest lines that were asked for.

    Args:
        session: Any session.
        wanted: What to look for, the month aside.
        within: Of which organisation; None for everybody's.
        between: The instants at which the month begins and ends; None for all time.
        before: Only lines with a lower number; None from the newest.
        limit: How many at most.
    """
    exact = (
        (AuditEntryRow.act, wanted.act),
        (AuditEntryRow.role, wanted.role),
        (AuditEntryRow.person_id, wanted.person),
        (AuditEntryRow.organisation_id, within),
    )
    found = select(AuditEntryRow).order_by(col(AuditEntryRow.seq).desc()).limit(limit)
    found = found.where(*(col(column) == value for column, value in exact if value))
    if wanted.subject:
        found = found.where(_is_about(wanted.subject))
    if between:
        found = found.where(*_within_month(between))
    if before is not None:
        found = found.where(col(AuditEntryRow.seq) < before)
    return [entry_of(row) for row in session.execute(found).scalars()]


def _is_about(subject: str) -> ColumnElement[bool]:
    """A line about this subject, or about several at once of which the details name this one."""
    return or_(
        col(AuditEntryRow.subject) == subject,
        and_(
            col(AuditEntryRow.subject) == "",
            col(AuditEntryRow.details).contains(subject, autoescape=True),
        ),
    )


def _within_month(between: tuple[datetime, datetime]) -> tuple[ColumnElement[bool], ...]:
    begin, end = between
    return col(AuditEntryRow.at) >= begin, col(AuditEntryRow.at) < end


def month(
    session: Session,
    *,
    acts: Collection[str],
    within: UUID | None,
    between: tuple[datetime, datetime],
) -> Iterator[Seen]:
    """The lines of a month with one of these acts, as the rules need them."""
    columns: tuple[Any, ...] = (
        AuditEntryRow.at,
        AuditEntryRow.person_id,
        AuditEntryRow.role,
        AuditEntryRow.act,
        AuditEntryRow.subject,
        AuditEntryRow.details,
    )
    found = select(*columns).where(col(AuditEntryRow.act).in_(acts), *_within_month(between))
    if within:
        found = found.where(col(AuditEntryRow.organisation_id) == within)
    for at, person, role, act, subject, details in session.execute(found):
        told = read_details(details)
        yield Seen(
            at=at,
            person=person or (_account(subject) if act == Act.SIGN_IN_FAILED else None),
            role=role,
            act=act,
            subject=subject,
            own_address=bool(told.get(OWN_ADDRESS)),
        )


def _account(subject: str) -> UUID | None:
    """Whose sign-in failed: nobody had signed in, so the account is the subject."""
    try:
        return UUID(subject)
    except ValueError:
        return None


def emails(session: Session, people: Collection[UUID]) -> dict[UUID, str]:
    """With what these people sign in, as far as it is still known."""
    found = select(PersonRow.id, PersonRow.email).where(col(PersonRow.id).in_(people))  # type: ignore[call-overload]
    return {person: email for person, email in session.execute(found) if email}


# -- homes ----------------------------------------------------------------------------------


def lives_at(session: Session, person: UUID, address_keys: Collection[str]) -> bool:
    """Whether this person said that they live at one of these."""
    found = select(col(PersonHomeRow.person_id)).where(
        col(PersonHomeRow.person_id) == person, col(PersonHomeRow.address_key).in_(address_keys)
    )
    return session.execute(found).first() is not None


def has_home(session: Session, person: UUID) -> bool:
    """Whether this person has said where they live."""
    found = select(col(PersonHomeRow.person_id)).where(col(PersonHomeRow.person_id) == person)
    return session.execute(found).first() is not None


def set_home(session: Session, person: UUID, address_key: str) -> None:
    """Keeps where this person lives, instead of what they said before."""
    row = {"person_id": person, "address_key": address_key}
    adding = insert_for(session)(PersonHomeRow).values(row)
    session.execute(
        adding.on_conflict_do_update(
            index_elements=["person_id"], set_={"address_key": address_key}
        )
    )


def forget_home(session: Session, person: UUID) -> None:
    """Forgets where this person lives."""
    session.execute(delete(PersonHomeRow).where(col(PersonHomeRow.person_id) == person))


_HAS_LEFT = ~(
    select(col(PersonRow.id))
    .where(col(PersonRow.id) == col(PersonHomeRow.person_id), col(PersonRow.ended_at).is_(None))
    .exists()
)


def count_homes_of_leavers(session: Session) -> int:
    """How many addresses are kept of people who have left."""
    counted = select(func.count()).select_from(PersonHomeRow).where(_HAS_LEFT)
    return int(session.execute(counted).scalar_one())


def forget_homes_of_leavers(session: Session) -> None:
    """Forgets where people lived who have left."""
    session.execute(delete(PersonHomeRow).where(_HAS_LEFT))


# -- dated questions ------------------------------------------------------------------------


def add_inquiry(session: Session, row: InquiryRow) -> None:
    """Keeps a question."""
    session.add(row)


def inquiry(session: Session, inquiry_id: UUID, *, organisation: UUID) -> InquiryRow | None:
    """The question, if it was asked within this organisation."""
    row = session.get(InquiryRow, inquiry_id)
    return row if row and row.organisation_id == organisation else None


def agree(session: Session, inquiry_id: UUID, *, person: UUID, now: datetime) -> bool:
    """Notes who agreed; False if somebody was first, or it is the asker."""
    done = session.execute(
        update(InquiryRow)
        .where(
            col(InquiryRow.id) == inquiry_id,
            col(InquiryRow.agreed_at).is_(None),
            col(InquiryRow.asked_by) != person,
        )
        .values(agreed_at=now, agreed_by=person)
    )
    return bool(changed(done))


def inquiries(
    session: Session, *, organisation: UUID, asked_after: datetime, agreed_after: datetime
) -> list[InquiryRow]:
    """The questions that wait or are open, the newest first."""
    found = (
        select(InquiryRow)
        .where(
            col(InquiryRow.organisation_id) == organisation,
            or_(
                col(InquiryRow.agreed_at) > agreed_after,
                col(InquiryRow.agreed_at).is_(None) & (col(InquiryRow.asked_at) > asked_after),
            ),
        )
        .order_by(col(InquiryRow.asked_at).desc())
    )
    return list(session.execute(found).scalars())


def is_agreed(
    session: Session, *, reference: str, person: UUID, agreed_after: datetime, now: datetime
) -> bool:
    """Whether this person asked or agreed to an open question about this report."""
    found = select(col(InquiryRow.id)).where(
        col(InquiryRow.reference) == reference,
        col(InquiryRow.agreed_at) > agreed_after,
        col(InquiryRow.agreed_at) <= now,
        or_(col(InquiryRow.asked_by) == person, col(InquiryRow.agreed_by) == person),
    )
    return session.execute(found).first() is not None


def _outlived(asked_before: datetime, lapsed_before: datetime) -> ColumnElement[bool]:
    return or_(
        col(InquiryRow.asked_at) <= asked_before,
        col(InquiryRow.agreed_at).is_(None) & (col(InquiryRow.asked_at) <= lapsed_before),
    )


def count_outlived_inquiries(
    session: Session, *, asked_before: datetime, lapsed_before: datetime
) -> int:
    """How many questions have had their time."""
    counted = select(func.count()).select_from(InquiryRow)
    return int(session.execute(counted.where(_outlived(asked_before, lapsed_before))).scalar_one())


def delete_outlived_inquiries(
    session: Session, *, asked_before: datetime, lapsed_before: datetime
) -> None:
    """Deletes the questions that have had their time; there are never many."""
    session.execute(delete(InquiryRow).where(_outlived(asked_before, lapsed_before)))
