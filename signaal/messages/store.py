"""The outbox: all that Signaal says to anyone, kept until it has arrived; and its copies."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, and_, delete, func, or_, select, text, update
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Field, Session, SQLModel, col

from signaal.db import changed, insert_for, one_of
from signaal.messages.model import (
    FINISHED,
    MessageChannel,
    OutboxState,
    Queued,
    Words,
)
from signaal.ports import CopyKind


class OutboxRow(SQLModel, table=True):
    """One message or call on its way out."""

    __tablename__ = "outbox"

    id: UUID = Field(primary_key=True)
    key: str = Field(unique=True)
    channel: MessageChannel = Field(sa_type=one_of(MessageChannel, "outbox_channel"))
    state: OutboxState = Field(sa_type=one_of(OutboxState, "outbox_state"))
    line: str
    to_number: str = Field(default="", index=True)
    """Only in rows of version 0.1.0; since then sealed."""
    body: str = ""
    """As above."""
    sealed: bytes | None = None
    """Number and words, with a data key under the id of this row; None once they are destroyed."""
    number_sign: str | None = Field(default=None, index=True)
    """A keyed hash of the number, by which what was sent to it is found; goes with the words."""
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
) -> OutboxRow | None:
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
    return session.scalars(
        update(OutboxRow)
        .where(col(OutboxRow.id) == most_pressing, _due(now))
        .values(
            state=OutboxState.CLAIMED,
            lease_until=lease_until,
            claimed_by=claimed_by,
            attempts=col(OutboxRow.attempts) + 1,
        )
        .returning(OutboxRow)
        .execution_options(synchronize_session=False, populate_existing=True)
    ).one_or_none()


def _due(now: datetime) -> ColumnElement[bool]:
    waiting = and_(
        col(OutboxRow.state) == OutboxState.QUEUED, col(OutboxRow.next_attempt_at) <= now
    )
    lapsed = and_(col(OutboxRow.state) == OutboxState.CLAIMED, col(OutboxRow.lease_until) < now)
    return or_(waiting, lapsed)


def queued(row: OutboxRow, words: Words) -> Queued:
    """The claimed message, with what was sealed of it."""
    if row.claimed_by is None:  # the claim has just been written
        raise AssertionError(row.id)
    return Queued(
        id=row.id,
        channel=row.channel,
        line=row.line,
        words=words,
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


def sids_to(session: Session, number: str, *, sign: str) -> frozenset[str]:
    """The provider's ids of all that is known to have been sent to this number."""
    found = select(col(OutboxRow.provider_sid)).where(
        _went_to(number, sign), col(OutboxRow.provider_sid).is_not(None)
    )
    return frozenset(sid for sid in session.scalars(found) if sid)


def _went_to(number: str, sign: str) -> ColumnElement[bool]:
    return or_(col(OutboxRow.number_sign) == sign, col(OutboxRow.to_number) == number)


def give_up_sid(session: Session, sid: str, *, of_another_than: UUID, now: datetime) -> None:
    """Queues again whatever was taken for sent under this id, which turns out to be another's."""
    session.execute(
        update(OutboxRow)
        .where(
            col(OutboxRow.provider_sid) == sid,
            col(OutboxRow.id) != of_another_than,
            _holds_words(),
        )
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
    return changed(dropped)


def known_keys(session: Session, keys: Collection[str]) -> set[str]:
    """Those of these keys under which a message is kept."""
    return set(session.scalars(select(col(OutboxRow.key)).where(col(OutboxRow.key).in_(keys))))


def state_of(session: Session, key: str) -> OutboxState | None:
    """How far the message with this key has come."""
    return session.scalars(
        select(col(OutboxRow.state)).where(col(OutboxRow.key) == key)
    ).one_or_none()


def texts_to(session: Session, number: str, *, sign: str) -> list[OutboxRow]:
    """The text messages to this number, oldest first."""
    return list(
        session.scalars(
            select(OutboxRow)
            .where(_went_to(number, sign), col(OutboxRow.channel) == MessageChannel.SMS)
            .order_by(col(OutboxRow.created_at), col(OutboxRow.id))
        )
    )


# -- letting go -----------------------------------------------------------------------------


def plain(session: Session, *, limit: int) -> list[OutboxRow]:
    """Messages of version 0.1.0 that still hold number and words as they are."""
    return list(
        session.scalars(
            select(OutboxRow)
            .where(col(OutboxRow.to_number) > "")
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    )


def count_wordy(session: Session, *, before: datetime, came_before: datetime) -> int:
    """How many messages still hold number and words although they have had their time."""
    wordy = _wordy(before=before, came_before=came_before)
    return session.scalars(select(func.count()).select_from(OutboxRow).where(wordy)).one()


def wordy(session: Session, *, before: datetime, came_before: datetime, limit: int) -> list[UUID]:
    """As `count_wordy`: which, held against other writers."""
    found = (
        select(col(OutboxRow.id))
        .where(_wordy(before=before, came_before=came_before))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(session.scalars(found))


def _wordy(*, before: datetime, came_before: datetime) -> ColumnElement[bool]:
    ended = and_(col(OutboxRow.state).in_(FINISHED), col(OutboxRow.finished_at) < before)
    # A message of which the carrier never told the end has ended too, by then.
    silent = and_(col(OutboxRow.state) == OutboxState.SENT, col(OutboxRow.sent_at) < before)
    return and_(_holds_words(), or_(ended, silent, col(OutboxRow.created_at) < came_before))


def _holds_words() -> ColumnElement[bool]:
    return or_(col(OutboxRow.sealed).is_not(None), col(OutboxRow.to_number) > "")


def take_words_out(session: Session, ids: Collection[UUID], *, now: datetime) -> None:
    """Leaves only the shells of these messages; what was never sent is dropped."""
    these = col(OutboxRow.id).in_(ids)
    session.execute(
        update(OutboxRow)
        .where(these, _UNSENT)
        .values(state=OutboxState.DROPPED)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(OutboxRow)
        .where(these)
        .values(
            sealed=None,
            number_sign=None,
            to_number="",
            body="",
            finished_at=func.coalesce(col(OutboxRow.finished_at), now),
        )
        .execution_options(synchronize_session=False)
    )


def count_shells(session: Session, *, before: datetime) -> int:
    """How many shells ended before this instant."""
    old = _shells(before)
    return session.scalars(select(func.count()).select_from(OutboxRow).where(old)).one()


def forget_shells(session: Session, *, before: datetime, limit: int) -> int:
    """Deletes so many shells that ended before this instant; returns how many there were."""
    some = select(col(OutboxRow.id)).where(_shells(before)).limit(limit)
    return changed(session.execute(delete(OutboxRow).where(col(OutboxRow.id).in_(some))))


def _shells(before: datetime) -> ColumnElement[bool]:
    return and_(col(OutboxRow.finished_at) < before, col(OutboxRow.sealed).is_(None))


# -- what the provider keeps ----------------------------------------------------------------


class ProviderCopyRow(SQLModel, table=True):
    """What the telephone provider keeps of one message or call, until it has forgotten it."""

    __tablename__ = "provider_copy"

    sid: str = Field(primary_key=True)
    kind: CopyKind = Field(sa_type=one_of(CopyKind, "provider_copy_kind"))
    made_at: datetime
    tries: int = 0
    next_try_at: datetime = Field(index=True)


def add_copy_once(session: Session, row: ProviderCopyRow) -> None:
    """Keeps the copy's id unless it is there already."""
    insert = insert_for(session)
    session.execute(insert(ProviderCopyRow).values(**row.model_dump()).on_conflict_do_nothing())


def next_copy(session: Session, *, now: datetime) -> ProviderCopyRow | None:
    """The copy that has been due for longest, held against other writers."""
    return session.scalars(
        select(ProviderCopyRow)
        .where(col(ProviderCopyRow.next_try_at) <= now)
        .order_by(col(ProviderCopyRow.next_try_at), col(ProviderCopyRow.sid))
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()


def remove_copy(session: Session, sid: str) -> None:
    """The provider has forgotten it, and so do we."""
    session.execute(delete(ProviderCopyRow).where(col(ProviderCopyRow.sid) == sid))
