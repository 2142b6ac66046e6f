"""Organisations, people, their roles, the links by which they join, and their recovery codes."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Index, UniqueConstraint, text, update
from sqlmodel import Field, Session, SQLModel, and_, col, delete, select
from uuid_utils.compat import uuid7

from signaal.access.model.people import Assignment, Organisation, OrganisationKind, Person
from signaal.access.model.roles import Role
from signaal.db import changed as rows_changed
from signaal.db import insert_for, one_of

SEPARATOR = ","


class OrganisationRow(SQLModel, table=True):
    """Somebody's employer."""

    __tablename__ = "organisation"

    id: UUID = Field(primary_key=True)
    name: str = Field(unique=True)
    kind: OrganisationKind = Field(sa_type=one_of(OrganisationKind, "organisation_kind"))
    made_at: datetime


class PersonRow(SQLModel, table=True):
    """One account; no name is stored, and after a while not even the e-mail address."""

    __tablename__ = "person"

    id: UUID = Field(primary_key=True)
    organisation_id: UUID = Field(foreign_key="organisation.id", index=True)
    email: str | None = None
    subject: str | None = None
    """What the OpenID Connect provider calls them."""
    duty_name: str = ""
    password_hash: str | None = None
    totp_sealed: bytes | None = None
    totp_counter: int = 0
    """The last step of 30 seconds whose code was used."""
    pin_hash: str | None = None
    invited_at: datetime
    joined_at: datetime | None = None
    ended_at: datetime | None = Field(default=None, index=True)


# Who has left gives way to who comes back with the same address.
_LIVE = "ended_at IS NULL"
for _name in ("email", "subject"):
    Index(
        f"uq_person_live_{_name}",
        getattr(PersonRow, _name),
        unique=True,
        sqlite_where=text(_LIVE),
        postgresql_where=text(_LIVE),
    )


class AssignmentRow(SQLModel, table=True):
    """One role of one person."""

    __tablename__ = "assignment"
    __table_args__ = (UniqueConstraint("person_id", "role"),)

    id: UUID = Field(primary_key=True)
    person_id: UUID = Field(foreign_key="person.id")
    role: Role = Field(sa_type=one_of(Role, "assignment_role"))
    districts: str | None = None
    """Codes with commas between them; None for the whole municipality."""


class InvitationRow(SQLModel, table=True):
    """One link by which one person joins, or gets a new second factor."""

    __tablename__ = "invitation"

    token_hash: str = Field(primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    expires_at: datetime = Field(index=True)


class RecoveryCodeRow(SQLModel, table=True):
    """One code that stands in for a lost second factor, once: using it deletes it."""

    __tablename__ = "recovery_code"

    code_hash: str = Field(primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)


def changed(session: Session, statement: Any) -> int:  # noqa: ANN401 - UPDATE and DELETE alike
    """How many rows this statement changed or deleted."""
    return rows_changed(session.execute(statement))


# -- organisations --------------------------------------------------------------------------


def add_organisation(session: Session, organisation: Organisation, *, now: datetime) -> bool:
    """Keeps one organisation; False when one of this name or id is there."""
    added = (
        insert_for(session)(OrganisationRow)
        .values(id=organisation.id, name=organisation.name, kind=organisation.kind, made_at=now)
        .on_conflict_do_nothing()
        .returning(col(OrganisationRow.id))
    )
    return session.connection().scalar(added) is not None


def organisations(session: Session, *, only: UUID | None = None) -> list[Organisation]:
    """All organisations by name, or the one."""
    found = select(OrganisationRow).order_by(col(OrganisationRow.name))
    if only:
        found = found.where(OrganisationRow.id == only)
    return [Organisation(row.id, row.name, row.kind) for row in session.exec(found)]


def organisation_named(session: Session, name: str) -> Organisation | None:
    """The organisation of this name."""
    row = session.exec(select(OrganisationRow).where(OrganisationRow.name == name)).first()
    return Organisation(row.id, row.name, row.kind) if row else None


def hold_organisation(session: Session, organisation_id: UUID) -> None:
    """Lets others who change this organisation's people wait until the transaction ends."""
    session.exec(
        select(OrganisationRow.id).where(OrganisationRow.id == organisation_id).with_for_update()
    ).all()


# -- people ---------------------------------------------------------------------------------


def add_person(session: Session, row: PersonRow) -> bool:
    """Keeps one person; False when the address is somebody's already, or the id is."""
    values = {name: getattr(row, name) for name in PersonRow.model_fields}
    added = (
        insert_for(session)(PersonRow)
        .values(**values)
        .on_conflict_do_nothing()
        .returning(col(PersonRow.id))
    )
    return session.connection().scalar(added) is not None


def person_row(session: Session, person_id: UUID) -> PersonRow | None:
    """One person, joined or not, as long as they haven't left."""
    return _first(session, col(PersonRow.id) == person_id)


def person_by_email(session: Session, email: str) -> PersonRow | None:
    """Who signs in with this address now."""
    return _first(session, col(PersonRow.email) == email)


def person_by_subject(session: Session, subject: str) -> PersonRow | None:
    """Whom the OpenID Connect provider calls this."""
    return _first(session, col(PersonRow.subject) == subject)


def _first(session: Session, condition: ColumnElement[bool]) -> PersonRow | None:
    row = session.exec(
        select(PersonRow).where(condition, col(PersonRow.ended_at).is_(None))
    ).first()
    return _apart(session, row)


def _apart(session: Session, row: PersonRow | None) -> PersonRow | None:
    """The row as it is now: it is looked at after the session, and changed by statements only."""
    if row is not None:
        session.expunge(row)
    return row


def people(
    session: Session, *, organisation: UUID | None = None, person: UUID | None = None
) -> list[Person]:
    """Everybody with an address, by address, as they are now; of one organisation, or the one."""
    found = (
        select(PersonRow, OrganisationRow)
        .join(OrganisationRow, col(OrganisationRow.id) == col(PersonRow.organisation_id))
        .order_by(col(PersonRow.ended_at).is_not(None), col(PersonRow.email), col(PersonRow.id))
    )
    if organisation:
        found = found.where(PersonRow.organisation_id == organisation)
    if person:
        found = found.where(PersonRow.id == person)
    # Whoever waited for a lock reads again, not what the session remembers.
    rows = session.exec(found.execution_options(populate_existing=True)).all()
    held = assignments(session, organisation=organisation, person=person)
    return [
        Person(
            id=row.id,
            organisation=Organisation(of.id, of.name, of.kind),
            email=row.email or "",
            duty_name=row.duty_name,
            assignments=held.get(row.id, ()),
            joined_at=row.joined_at,
            ended_at=row.ended_at,
        )
        for row, of in rows
    ]


def update_person(session: Session, person_id: UUID, values: Mapping[str, object]) -> bool:
    """Changes these columns of one person who has not left; False when there is none."""
    is_live = and_(col(PersonRow.id) == person_id, col(PersonRow.ended_at).is_(None))
    return changed(session, update(PersonRow).where(is_live).values(**values)) == 1


def use_counter(session: Session, person_id: UUID, *, counter: int, sealed: bytes) -> bool:
    """Uses up the code of this step, and those of the steps before; False when it was used.

    Args:
        session: The caller's transaction.
        person_id: Whose.
        counter: The step of 30 seconds.
        sealed: The secret that the code was checked with; another one by now refuses.
    """
    unused = and_(
        col(PersonRow.id) == person_id,
        col(PersonRow.ended_at).is_(None),
        col(PersonRow.totp_counter) < counter,
        col(PersonRow.totp_sealed) == sealed,
    )
    return changed(session, update(PersonRow).where(unused).values(totp_counter=counter)) == 1


def has_administrator(session: Session, organisation: UUID | None, *, but: UUID | None) -> bool:
    """Whether a joined administrator is left besides this person.

    Args:
        session: The caller's transaction.
        organisation: Of which organisation; None for any municipality.
        but: Who doesn't count.
    """
    found = (
        select(PersonRow.id)
        .join(AssignmentRow, col(AssignmentRow.person_id) == col(PersonRow.id))
        .join(OrganisationRow, col(OrganisationRow.id) == col(PersonRow.organisation_id))
        .where(
            AssignmentRow.role == Role.ADMINISTRATOR,
            OrganisationRow.kind == OrganisationKind.MUNICIPALITY,
            col(PersonRow.ended_at).is_(None),
            col(PersonRow.joined_at).is_not(None),
        )
        .limit(1)
    )
    if organisation:
        found = found.where(PersonRow.organisation_id == organisation)
    if but:
        found = found.where(PersonRow.id != but)
    return session.exec(found).first() is not None


# -- roles ----------------------------------------------------------------------------------


def assignments(
    session: Session, *, organisation: UUID | None = None, person: UUID | None = None
) -> dict[UUID, tuple[Assignment, ...]]:
    """The roles of everybody, of one organisation's people, or of the one."""
    found = select(AssignmentRow).order_by(col(AssignmentRow.role))
    if organisation:
        found = found.join(PersonRow, col(PersonRow.id) == col(AssignmentRow.person_id)).where(
            PersonRow.organisation_id == organisation
        )
    if person:
        found = found.where(AssignmentRow.person_id == person)
    held: dict[UUID, tuple[Assignment, ...]] = {}
    for row in session.exec(found.execution_options(populate_existing=True)):
        one = Assignment(row.role, districts_of(row.districts))
        held[row.person_id] = (*held.get(row.person_id, ()), one)
    return held


def assign(session: Session, person_id: UUID, assignments: Iterable[Assignment]) -> None:
    """Gives somebody these roles instead of those they had."""
    session.execute(delete(AssignmentRow).where(col(AssignmentRow.person_id) == person_id))
    for one in assignments:
        codes = None if one.districts is None else SEPARATOR.join(sorted(one.districts))
        values = {"id": uuid7(), "person_id": person_id, "role": one.role, "districts": codes}
        session.execute(insert_for(session)(AssignmentRow).values(values).on_conflict_do_nothing())


def districts_of(codes: str | None) -> frozenset[str] | None:
    """The districts of a row; None for the whole municipality."""
    return None if codes is None else frozenset(codes.split(SEPARATOR)) - {""}


# -- joining --------------------------------------------------------------------------------


def add_invitation(
    session: Session, *, token_hash: str, person_id: UUID, expires_at: datetime
) -> None:
    """Keeps one link; those that the person had before are void."""
    forget_invitations(session, person_id)
    values = {"token_hash": token_hash, "person_id": person_id, "expires_at": expires_at}
    session.execute(insert_for(session)(InvitationRow).values(values))


def invited(session: Session, token_hash: str, *, now: datetime) -> PersonRow | None:
    """Whom this link is for, while it is valid."""
    row = session.exec(
        select(PersonRow)
        .join(InvitationRow, col(InvitationRow.person_id) == col(PersonRow.id))
        .where(
            InvitationRow.token_hash == token_hash,
            InvitationRow.expires_at > now,
            col(PersonRow.ended_at).is_(None),
        )
    ).first()
    return _apart(session, row)


def use_invitation(session: Session, token_hash: str, *, now: datetime) -> bool:
    """Uses the link up; False when somebody was first or it was too late."""
    valid = and_(col(InvitationRow.token_hash) == token_hash, col(InvitationRow.expires_at) > now)
    return changed(session, delete(InvitationRow).where(valid)) == 1


def has_invitation(session: Session, person_id: UUID, *, now: datetime) -> bool:
    """Whether a link for this person is still valid."""
    found = select(col(InvitationRow.token_hash)).where(
        col(InvitationRow.person_id) == person_id, col(InvitationRow.expires_at) > now
    )
    return session.execute(found).first() is not None


def forget_invitations(session: Session, person_id: UUID) -> None:
    """Voids all links of this person."""
    session.execute(delete(InvitationRow).where(col(InvitationRow.person_id) == person_id))


def replace_codes(session: Session, person_id: UUID, code_hashes: Collection[str]) -> None:
    """Keeps these recovery codes instead of those there were."""
    session.execute(delete(RecoveryCodeRow).where(col(RecoveryCodeRow.person_id) == person_id))
    for code_hash in code_hashes:
        session.add(RecoveryCodeRow(code_hash=code_hash, person_id=person_id))
    session.flush()


def use_code(session: Session, person_id: UUID, code_hash: str) -> bool:
    """Uses one recovery code up; False when there is no such code any more."""
    this = and_(
        col(RecoveryCodeRow.person_id) == person_id, col(RecoveryCodeRow.code_hash) == code_hash
    )
    return changed(session, delete(RecoveryCodeRow).where(this)) == 1
