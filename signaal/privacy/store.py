"""Wrapped data keys: whoever destroys one has destroyed all that it sealed."""

from collections.abc import Collection
from uuid import UUID

from sqlmodel import Field, Session, SQLModel, col, delete, select


class DataKeyRow(SQLModel, table=True):
    """One data key, wrapped by the installation's master key."""

    __tablename__ = "data_key"

    id: UUID = Field(primary_key=True)
    wrapped: bytes


def add(session: Session, *, key_id: UUID, wrapped: bytes) -> None:
    """Keeps one wrapped key."""
    session.add(DataKeyRow(id=key_id, wrapped=wrapped))


def wrapped_key(session: Session, key_id: UUID) -> bytes | None:
    """The wrapped key, unless it has been destroyed."""
    row = session.get(DataKeyRow, key_id)
    return row.wrapped if row else None


def wrapped_keys(session: Session, key_ids: Collection[UUID]) -> dict[UUID, bytes]:
    """Those of these wrapped keys that have not been destroyed."""
    found = select(DataKeyRow).where(col(DataKeyRow.id).in_(key_ids))
    return {row.id: row.wrapped for row in session.exec(found)}


def destroy(session: Session, key_id: UUID) -> None:
    """Forgets the key for good."""
    session.exec(delete(DataKeyRow).where(DataKeyRow.id == key_id))  # type: ignore[arg-type]
