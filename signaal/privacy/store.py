"""Wrapped keys: whoever destroys one has destroyed all that it sealed.

Except in a backup from before, which holds the wrapped key itself: that opens with the master key
of its day, until one of the two is destroyed.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, bindparam, delete, func, or_, select, text, update
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Field, Session, SQLModel, col

from signaal.db import insert_for


class KeyGroupRow(SQLModel, table=True):
    """One key that wraps the data keys of one purpose, itself wrapped by the master key."""

    __tablename__ = "key_group"

    id: UUID = Field(primary_key=True)
    purpose: str
    wrapped: bytes
    created_at: datetime
    retired_at: datetime | None = None


_IN_USE = text("retired_at IS NULL")
Index(
    "uq_key_group_in_use",
    col(KeyGroupRow.purpose),
    unique=True,
    sqlite_where=_IN_USE,
    postgresql_where=_IN_USE,
)


class DataKeyRow(SQLModel, table=True):
    """One data key, wrapped by its key group; by the master key itself in rows of version 0.1.0."""

    __tablename__ = "data_key"

    id: UUID = Field(primary_key=True)
    wrapped: bytes
    key_group_id: UUID | None = Field(default=None, foreign_key="key_group.id", index=True)


@dataclass(frozen=True)
class WrappedGroup:
    """A key group as it is kept."""

    id: UUID
    purpose: str
    wrapped: bytes
    is_in_use: bool


@dataclass(frozen=True)
class WrappedKey:
    """A data key as it is kept; without a group the master key itself wraps it."""

    id: UUID
    wrapped: bytes
    group_id: UUID | None


# -- key groups -----------------------------------------------------------------------------


def active_group(session: Session, purpose: str) -> WrappedGroup | None:
    """The group that wraps new keys of this purpose, held against its destruction."""
    row = session.scalars(
        select(KeyGroupRow)
        .where(col(KeyGroupRow.purpose) == purpose, _IN_USE)
        .with_for_update(read=True, key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    return _group(row) if row else None


def groups_of(session: Session, purpose: str) -> list[WrappedGroup]:
    """All groups of this purpose, the retired ones too."""
    found = select(KeyGroupRow).where(col(KeyGroupRow.purpose) == purpose)
    return [_group(row) for row in session.scalars(found)]


def all_groups(session: Session) -> list[WrappedGroup]:
    """All groups of all purposes."""
    return [_group(row) for row in session.scalars(select(KeyGroupRow))]


def _group(row: KeyGroupRow) -> WrappedGroup:
    return WrappedGroup(row.id, row.purpose, row.wrapped, row.retired_at is None)


def add_group_once(session: Session, group: WrappedGroup, *, now: datetime) -> None:
    """Keeps the group, unless somebody else has made one for this purpose meanwhile."""
    values = {
        "id": group.id,
        "purpose": group.purpose,
        "wrapped": group.wrapped,
        "created_at": now,
    }
    insert = insert_for(session)
    session.execute(insert(KeyGroupRow).values(**values).on_conflict_do_nothing())


# -- data keys ------------------------------------------------------------------------------


def add(session: Session, key: WrappedKey) -> None:
    """Keeps one wrapped key."""
    session.add(DataKeyRow(id=key.id, wrapped=key.wrapped, key_group_id=key.group_id))


def wrapped_keys(
    session: Session, key_ids: Collection[UUID]
) -> list[tuple[WrappedKey, WrappedGroup | None]]:
    """Those of these wrapped keys that have not been destroyed, each with its group.

    In one statement: between two a change of groups could destroy the group that the first named.
    """
    found = (
        select(DataKeyRow, KeyGroupRow)
        .outerjoin(KeyGroupRow, col(KeyGroupRow.id) == col(DataKeyRow.key_group_id))
        .where(col(DataKeyRow.id).in_(key_ids))
        .execution_options(populate_existing=True)
    )
    rows = session.execute(found).all() if key_ids else []
    return [(_key(key), _group(group) if group else None) for key, group in rows]


def _key(row: DataKeyRow) -> WrappedKey:
    return WrappedKey(row.id, row.wrapped, row.key_group_id)


def destroy(session: Session, key_ids: Collection[UUID]) -> None:
    """Forgets these keys for good."""
    if key_ids:
        session.execute(delete(DataKeyRow).where(col(DataKeyRow.id).in_(key_ids)))


# -- changing them --------------------------------------------------------------------------


def hold_groups(session: Session) -> None:
    """Keeps others from making or changing groups until the caller's transaction ends."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE key_group IN SHARE ROW EXCLUSIVE MODE"))


def retire_groups(session: Session, *, now: datetime) -> None:
    """Takes the groups that are in use out of use."""
    session.execute(update(KeyGroupRow).where(_IN_USE).values(retired_at=now))


def rewrap_group(session: Session, group_id: UUID, wrapped: bytes) -> None:
    """Keeps the group's key wrapped anew."""
    session.execute(
        update(KeyGroupRow).where(col(KeyGroupRow.id) == group_id).values(wrapped=wrapped)
    )


def wrapped_by_master(
    session: Session, *, limit: int, after: UUID | None = None
) -> list[WrappedKey]:
    """Data keys of version 0.1.0, which no group wraps, by id."""
    return _by_id(session, col(DataKeyRow.key_group_id).is_(None), limit=limit, after=after)


def outdated_keys(session: Session, *, limit: int, after: UUID | None = None) -> list[WrappedKey]:
    """Data keys that no group in use wraps, by id, held against other writers."""
    return _by_id(session, _outdated(), limit=limit, after=after, held=True)


def count_outdated(session: Session) -> int:
    """How many data keys no group in use wraps."""
    return session.scalars(select(func.count()).select_from(DataKeyRow).where(_outdated())).one()


def _outdated() -> ColumnElement[bool]:
    retired = select(col(KeyGroupRow.id)).where(col(KeyGroupRow.retired_at).is_not(None))
    group_id = col(DataKeyRow.key_group_id)
    return or_(group_id.is_(None), group_id.in_(retired))


def _by_id(
    session: Session,
    wanted: ColumnElement[bool],
    *,
    limit: int,
    after: UUID | None,
    held: bool = False,
) -> list[WrappedKey]:
    found = select(DataKeyRow).where(wanted).order_by(col(DataKeyRow.id)).limit(limit)
    if after is not None:
        found = found.where(col(DataKeyRow.id) > after)
    if held:
        found = found.with_for_update()
    keys = [_key(row) for row in session.scalars(found)]
    session.expunge_all()
    return keys


def rewrap(session: Session, keys: Sequence[WrappedKey]) -> None:
    """Keeps these data keys wrapped anew; one that was destroyed meanwhile stays so."""
    if not keys:
        return
    statement = (
        update(DataKeyRow.__table__)  # type: ignore[attr-defined]
        .where(col(DataKeyRow.id) == bindparam("key"))
        .values(wrapped=bindparam("new_wrapped"), key_group_id=bindparam("new_group"))
    )
    session.connection().execute(
        statement,
        [{"key": k.id, "new_wrapped": k.wrapped, "new_group": k.group_id} for k in keys],
    )


def hold_retired(session: Session, *, besides: Collection[str]) -> list[UUID]:
    """The retired groups of other purposes than these; nobody can begin to use one meanwhile."""
    found = (
        select(col(KeyGroupRow.id))
        .where(col(KeyGroupRow.retired_at).is_not(None), col(KeyGroupRow.purpose).not_in(besides))
        .with_for_update()
    )
    return list(session.scalars(found))


def destroy_group_unless_used(session: Session, group_id: UUID) -> bool:
    """Forgets the group for good if no data key is wrapped by it; returns whether it did."""
    users = select(col(DataKeyRow.id)).where(col(DataKeyRow.key_group_id) == group_id).limit(1)
    if session.scalars(users).first() is not None:
        return False
    session.execute(delete(KeyGroupRow).where(col(KeyGroupRow.id) == group_id))
    return True
