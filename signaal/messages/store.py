"""The outbox table: everything Signaal says to anyone, kept until it has arrived."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CursorResult, Index, and_, func, or_, select, text, update
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Field, Session, SQLModel, col

from signaal.db import insert_for, one_of
from signaal.messages.model import (
    FINISHED,
    MessageChannel,
    OutboxState,
    Queued,
    SentText,
)


class OutboxRow(SQLModel, table=True):
    """One message or call on its way out."""

    __tablename__ = "outbox"

    id: UUID = Field(primary_key=True)
    key: str = Field(unique=True)
    channel: MessageChannel = Field(sa_type=one_of(MessageChannel, "outbox_channel"))
    state: OutboxState = Field(sa_type=one_of(OutboxState, "outbox_state"))
    line: str
    to_number: str = Field(index=True)
    body: str = ""
    answer_path: str = ""
    ring_seconds: int = 0
    urgent: bool = False
    attempts: int = 0
    next_attempt_at: datetime
    lease_until: datetime | None = None
    claimed_by: UUID | None = None
    provider_sid: str | None = Field(default=None, index=True)
    created_at: datetime
    sent_at: datetime | None = None
    finished_at: datetime | None = Field(default=None, index=True)
    drop_after: datetime | None = None
    last_error: str | None = None


# Only unsent rows are looked through every half second: a small index, however long the outbox
# grows. SQLite uses it only for a query that holds these very words.
_UNSENT = text("state IN ('queued', 'claimed')")
Index(
    "ix_outbox_unsent",
    col(OutboxRow.next_attempt_at),
    sqlite_where=_UNSENT,
    postgresql_where=_UNSENT,
)


def add_once(session: Session, row: OutboxRow) -> UUID:
    """Keeps the message unless its key is there already; returns the id of the one that is kept."""
    insert = insert_for(session)
    values = {name: getattr(row, name) for name in OutboxRow.model_fields}
    session.execute(insert(OutboxRow).values(**values).on_conflict_do_nothing())
    return session.scalars(select(col(OutboxRow.id)).where(col(OutboxRow.key) == row.key)).one()


def claim_next(
    session: Session,
    *,
    now: datetime,
    lease_until: datetime,
    claimed_by: UUID,
) -> Queued | None:
    """Claims the most pressing message that is due, or one whose claim has lapsed.

    Urgent before the rest; then what was tried least, so that a message that keeps failing
    never stands before one that would succeed.
    """
    most_pressing = (
        select(col(OutboxRow.id))
        .where(_UNSENT, _due(now))
        .order_by(
            col(OutboxRow.urgent).desc(),
            col(OutboxRow.attempts),
            col(OutboxRow.created_at),
            col(OutboxRow.id),
        )
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    claimed = session.scalars(
        update(OutboxRow)
        .where(col(OutboxRow.id) == most_pressing, _due(now))
        .values(
            state=OutboxState.CLAIMED,
            lease_until=lease_until,
            claimed_by=claimed_by,
            attempts=col(OutboxRow.attempts) + 1,
        )
        .returning(OutboxRow)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    return _queued(claimed) if claimed else None


def _due(now: datetime) -> ColumnElement[bool]:
    waiting = and_(
        col(OutboxRow.state) == OutboxState.QUEUED, col(OutboxRow.next_attempt_at) <= now
    )
    lapsed = and_(col(OutboxRow.state) == OutboxState.CLAIMED, col(OutboxRow.lease_until) < now)
    return or_(waiting, lapsed)


def _queued(row: OutboxRow) -> Queued:
    if row.claimed_by is None:  # the claim has just been written
        raise AssertionError(row.id)
    return Queued(
        id=row.id,
        channel=row.channel,
        line=row.line,
        to_number=row.to_number,
        body=row.body,
        answer_path=row.answer_path,
        ring_seconds=row.ring_seconds,
        attempts=row.attempts,
        created_at=row.created_at,
        drop_after=row.drop_after,
        claimed_by=row.claimed_by,
    )


def locked(session: Session, outbox_id: UUID) -> OutboxRow | None:
    """The row, held against other writers until the caller's transaction ends."""
    return session.get(OutboxRow, outbox_id, with_for_update=True, populate_existing=True)


def sids_to(session: Session, number: str) -> frozenset[str]:
    """The provider's ids of all that is known to have been sent to this number."""
    found = select(col(OutboxRow.provider_sid)).where(
        col(OutboxRow.to_number) == number, col(OutboxRow.provider_sid).is_not(None)
    )
    return frozenset(sid for sid in session.scalars(found) if sid)


def give_up_sid(session: Session, sid: str, *, of_another_than: UUID, now: datetime) -> None:
    """Queues again whatever was taken for sent under this id, which turns out to be another's."""
    session.execute(
        update(OutboxRow)
        .where(col(OutboxRow.provider_sid) == sid, col(OutboxRow.id) != of_another_than)
        .values(
            state=OutboxState.QUEUED,
            provider_sid=None,
            sent_at=None,
            finished_at=None,
            next_attempt_at=now,
        )
    )


def hold_back(session: Session, channel: MessageChannel, *, until: datetime) -> None:
    """Lets everything that waits on this channel rest until then."""
    session.execute(
        update(OutboxRow)
        .where(
            _UNSENT,
            col(OutboxRow.channel) == channel,
            col(OutboxRow.state) == OutboxState.QUEUED,
            col(OutboxRow.next_attempt_at) < until,
        )
        .values(next_attempt_at=until)
    )


def drop(session: Session, *, key_prefix: str) -> int:
    """Drops what is queued under keys that begin so, and keeps claimed ones from a next attempt."""
    begins_so = func.substr(col(OutboxRow.key), 1, len(key_prefix)) == key_prefix
    session.execute(
        update(OutboxRow)
        .where(_UNSENT, begins_so, col(OutboxRow.state) == OutboxState.CLAIMED)
        .values(drop_after=col(OutboxRow.created_at))
    )
    dropped = session.execute(
        update(OutboxRow)
        .where(_UNSENT, begins_so, col(OutboxRow.state) == OutboxState.QUEUED)
        .values(state=OutboxState.DROPPED, finished_at=col(OutboxRow.next_attempt_at))
    )
    return _count(dropped)


def _count(result: object) -> int:
    return result.rowcount if isinstance(result, CursorResult) else 0


def state_of(session: Session, key: str) -> OutboxState | None:
    """How far the message with this key has come."""
    return session.scalars(
        select(col(OutboxRow.state)).where(col(OutboxRow.key) == key)
    ).one_or_none()


def texts_to(session: Session, number: str) -> list[SentText]:
    """The text messages to this number, oldest first."""
    rows = session.scalars(
        select(OutboxRow)
        .where(
            col(OutboxRow.to_number) == number,
            col(OutboxRow.channel) == MessageChannel.SMS,
        )
        .order_by(col(OutboxRow.created_at), col(OutboxRow.id))
    )
    return [SentText(body=row.body, created_at=row.created_at, state=row.state) for row in rows]


def blank_finished(session: Session, *, before: datetime) -> int:
    """Takes words and numbers out of messages that ended before this instant."""
    ended = and_(col(OutboxRow.state).in_(FINISHED), col(OutboxRow.finished_at) < before)
    # A message of which the carrier never told the end has ended too, by then.
    silent = and_(col(OutboxRow.state) == OutboxState.SENT, col(OutboxRow.sent_at) < before)
    result = session.execute(
        update(OutboxRow)
        .where(or_(ended, silent), col(OutboxRow.to_number) != "")
        .values(body="", to_number="")
    )
    return _count(result)
