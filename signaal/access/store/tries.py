"""How often something was tried lately, under keyed hashes, and forgotten after a silence."""

from datetime import datetime

from sqlalchemy import update
from sqlmodel import Field, Session, SQLModel, case, col, delete, or_

from signaal.db import insert_for


class TryCountRow(SQLModel, table=True):
    """How often one thing was tried since the last silence."""

    __tablename__ = "try_count"

    key: str = Field(primary_key=True)
    tries: int
    forget_at: datetime = Field(index=True)


def count(session: Session, *, key: str, limit: int, forget_at: datetime, now: datetime) -> bool:
    """Counts one try, parallel ones too; a try beyond the limit doesn't lengthen the wait.

    Returns:
        Whether it was within the limit.
    """
    quiet = col(TryCountRow.forget_at) <= now
    counted = (
        insert_for(session)(TryCountRow)
        .values(key=key, tries=1, forget_at=forget_at)
        .on_conflict_do_update(
            index_elements=["key"],
            set_={
                "tries": case((quiet, 1), else_=col(TryCountRow.tries) + 1),
                "forget_at": forget_at,
            },
            where=or_(quiet, col(TryCountRow.tries) < limit),
        )
        .returning(col(TryCountRow.tries))
    )
    return session.connection().scalar(counted) is not None


def take_back(session: Session, key: str) -> None:
    """Takes one counted try back that was never made."""
    counted = update(TryCountRow).where(col(TryCountRow.key) == key, col(TryCountRow.tries) > 0)
    session.execute(counted.values(tries=col(TryCountRow.tries) - 1))


def forgive(session: Session, key: str) -> None:
    """Forgets the tries of this key."""
    session.execute(delete(TryCountRow).where(col(TryCountRow.key) == key))
