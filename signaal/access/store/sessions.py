"""Sessions of staff and the devices that they signed in with; only hashes of the secrets."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.exc import OperationalError
from sqlmodel import Field, Session, SQLModel, and_, col

from signaal.access.model.roles import Role
from signaal.access.model.sessions import SignInStep, Times
from signaal.access.store.people import (
    AssignmentRow,
    PersonRow,
    changed,
    districts_of,
)
from signaal.db import insert_for, one_of

DatabaseAway = OperationalError
"""What a statement raises while the database can't be written."""


class StaffSessionRow(SQLModel, table=True):
    """One session; whoever has its secret is this person, as far as the step says."""

    __tablename__ = "staff_session"

    id: UUID = Field(primary_key=True)
    token_hash: str = Field(unique=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    step: SignInStep = Field(sa_type=one_of(SignInStep, "staff_session_step"))
    role: Role | None = Field(
        default=None, sa_type=one_of(Role, "staff_session_role"), nullable=True
    )
    device_hash: str | None = None
    """By which device that signed in before; it has a count of wrong guesses of its own."""
    started_at: datetime = Field(index=True)
    last_seen_at: datetime
    pin_tries: int = 0
    pin_given_at: datetime | None = None


class DeviceRow(SQLModel, table=True):
    """One browser from which somebody signed in before."""

    __tablename__ = "device"

    token_hash: str = Field(primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    seen_at: datetime = Field(index=True)


@dataclass(frozen=True)
class Found:
    """One session with whose it is and what they may.

    Attributes:
        session: The session's own row.
        organisation: For whom its owner works.
        duty_name: Under which name they stand in the rota.
        pin_hash: Of their PIN, if they have one.
        has_joined: Whether they accepted an invitation; in the demo nobody has.
        holds_role: Whether they still have the role of the session.
        districts: In which districts; None for the whole municipality.
    """

    session: StaffSessionRow
    organisation: UUID
    duty_name: str
    pin_hash: str | None
    has_joined: bool
    holds_role: bool
    districts: frozenset[str] | None

    @property
    def times(self) -> Times:
        """When what happened in it."""
        row = self.session
        return Times(row.started_at, row.last_seen_at, row.pin_given_at)


def find(session: Session, token_hash: str) -> Found | None:
    """The session of this secret, in one statement; None when its owner has left."""
    found = session.execute(
        select(
            StaffSessionRow,
            col(PersonRow.organisation_id),
            col(PersonRow.duty_name),
            col(PersonRow.pin_hash),
            col(PersonRow.joined_at),
            col(AssignmentRow.role),
            col(AssignmentRow.districts),
        )
        .join(PersonRow, col(PersonRow.id) == col(StaffSessionRow.person_id))
        .outerjoin(
            AssignmentRow,
            and_(
                col(AssignmentRow.person_id) == col(StaffSessionRow.person_id),
                col(AssignmentRow.role) == col(StaffSessionRow.role),
            ),
        )
        .where(col(StaffSessionRow.token_hash) == token_hash, col(PersonRow.ended_at).is_(None))
    ).first()
    if found is None:
        return None
    row, organisation, duty_name, pin_hash, joined_at, role, districts = found
    session.expunge(row)  # it is looked at after the session
    return Found(
        session=row,
        organisation=organisation,
        duty_name=duty_name,
        pin_hash=pin_hash,
        has_joined=joined_at is not None,
        holds_role=role is not None,
        districts=districts_of(districts),
    )


def begin(session: Session, row: StaffSessionRow) -> None:
    """Keeps a new session."""
    session.execute(insert_for(session)(StaffSessionRow).values(row.model_dump()))


def advance(
    session: Session, token_hash: str, *, at_step: SignInStep, values: Mapping[str, object]
) -> bool:
    """Changes one session, its secret too; False when it is gone or another step by now.

    One statement on one row: of parallel steps with one secret one is made, and a revocation
    waits for it and still finds the row.
    """
    there = and_(
        col(StaffSessionRow.token_hash) == token_hash, col(StaffSessionRow.step) == at_step
    )
    return changed(session, update(StaffSessionRow).where(there).values(**values)) == 1


def note_seen(session: Session, token_hash: str, *, now: datetime, seen_at: datetime) -> None:
    """Writes down that somebody is still there, unless another request just did."""
    this = and_(
        col(StaffSessionRow.token_hash) == token_hash,
        col(StaffSessionRow.last_seen_at) == seen_at,
    )
    session.execute(update(StaffSessionRow).where(this).values(last_seen_at=now))


def count_pin_try(session: Session, token_hash: str, *, limit: int) -> int | None:
    """Counts one try of a PIN, parallel ones too; None when there were enough."""
    table = StaffSessionRow
    this = and_(
        col(table.token_hash) == token_hash,
        col(table.step) == SignInStep.DONE,
        col(table.pin_tries) < limit,
    )
    counted = (
        update(table)
        .where(this)
        .values(pin_tries=col(table.pin_tries) + 1)
        .returning(col(table.pin_tries))
    )
    return session.connection().scalar(counted)


def take_pin_try_back(session: Session, token_hash: str) -> None:
    """Takes one counted try of a PIN back that was never made."""
    table = StaffSessionRow
    this = and_(col(table.token_hash) == token_hash, col(table.pin_tries) > 0)
    session.execute(update(table).where(this).values(pin_tries=col(table.pin_tries) - 1))


def end(session: Session, token_hash: str) -> bool:
    """Ends one session; False when there was none."""
    ended = delete(StaffSessionRow).where(col(StaffSessionRow.token_hash) == token_hash)
    return changed(session, ended) == 1


def end_all(session: Session, person_id: UUID) -> int:
    """Ends all sessions of somebody."""
    return changed(
        session, delete(StaffSessionRow).where(col(StaffSessionRow.person_id) == person_id)
    )


# -- devices --------------------------------------------------------------------------------


def device_owner(session: Session, token_hash: str, *, since: datetime) -> UUID | None:
    """Who signed in with this device, and has been there since."""
    return session.scalar(
        select(col(DeviceRow.person_id)).where(
            col(DeviceRow.token_hash) == token_hash, col(DeviceRow.seen_at) >= since
        )
    )


def add_device(session: Session, *, token_hash: str, person_id: UUID, now: datetime) -> None:
    """Keeps one device."""
    session.add(DeviceRow(token_hash=token_hash, person_id=person_id, seen_at=now))
    session.flush()


def note_device(session: Session, token_hash: str, *, now: datetime) -> bool:
    """Writes down that a device was used again; False when it isn't known any more."""
    this = update(DeviceRow).where(col(DeviceRow.token_hash) == token_hash)
    return changed(session, this.values(seen_at=now)) == 1


def forget_devices(session: Session, person_id: UUID) -> None:
    """Forgets all devices of somebody."""
    session.execute(delete(DeviceRow).where(col(DeviceRow.person_id) == person_id))
