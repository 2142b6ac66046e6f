"""The lines of the log, its head and its checkpoints; guarded against a second thought."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    ColumnElement,
    Index,
    and_,
    bindparam,
    delete,
    event,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlmodel import Field, Session, SQLModel, col

from signaal.access.model.audit import GENESIS, Entry
from signaal.access.model.chain import Checkpoint, Line
from signaal.db import changed, insert_for

ONLY = 1
"""The log has one head."""


class AuditEntryRow(SQLModel, table=True):
    """One line of the log of acts; never changed, and only destroyed with its whole segment."""

    __tablename__ = "audit_entry"

    seq: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    at: datetime = Field(index=True)
    person_id: UUID | None = None
    role: str
    organisation_id: UUID | None = None
    purpose: str
    # Plain text: a new act needs no migration, and an old one stays readable.
    act: str
    subject: str
    details: str
    previous: bytes
    digest: bytes


# The pages leaf from the newest line back.
Index("ix_audit_entry_person_id_seq", col(AuditEntryRow.person_id), col(AuditEntryRow.seq))
Index("ix_audit_entry_subject_seq", col(AuditEntryRow.subject), col(AuditEntryRow.seq))


class AuditHeadRow(SQLModel, table=True):
    """The newest line's number and sign: who writes the next line locks this row."""

    __tablename__ = "audit_head"

    id: int = Field(primary_key=True)
    seq: int = Field(sa_type=BigInteger)
    digest: bytes


class AuditCheckpointRow(SQLModel, table=True):
    """The end of a segment of the log, signed with a key that the database doesn't hold."""

    __tablename__ = "audit_checkpoint"

    seq: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    first_seq: int = Field(sa_type=BigInteger)
    digest: bytes
    at: datetime
    signature: bytes
    destroyed_at: datetime | None = None
    destroyed_signature: bytes | None = None


# -- guards ---------------------------------------------------------------------------------

_CONDEMNED = (
    "EXISTS (SELECT 1 FROM audit_checkpoint WHERE destroyed_at IS NOT NULL"
    " AND OLD.seq BETWEEN first_seq AND seq)"
)
_SQLITE_GUARDS = {
    "audit_entry": (
        "CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry"
        " BEGIN SELECT RAISE(ABORT, 'the log of acts is append-only'); END",
        "CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry"
        f" WHEN NOT {_CONDEMNED}"
        " BEGIN SELECT RAISE(ABORT, 'the log of acts is append-only'); END",
    ),
    "audit_checkpoint": (
        "CREATE TRIGGER audit_checkpoint_no_update BEFORE UPDATE ON audit_checkpoint"
        " WHEN OLD.destroyed_at IS NOT NULL OR NEW.destroyed_at IS NULL"
        " OR NEW.seq IS NOT OLD.seq OR NEW.first_seq IS NOT OLD.first_seq"
        " OR NEW.digest IS NOT OLD.digest OR NEW.at IS NOT OLD.at"
        " OR NEW.signature IS NOT OLD.signature"
        " BEGIN SELECT RAISE(ABORT, 'a checkpoint stays as it is'); END",
        "CREATE TRIGGER audit_checkpoint_no_delete BEFORE DELETE ON audit_checkpoint"
        " BEGIN SELECT RAISE(ABORT, 'a checkpoint stays as it is'); END",
    ),
}
_POSTGRESQL_GUARDS = {
    "audit_entry": (
        "CREATE OR REPLACE FUNCTION audit_entry_guard() RETURNS trigger LANGUAGE plpgsql AS $$"
        " BEGIN"
        " IF TG_OP = 'DELETE' THEN"
        f" IF {_CONDEMNED} THEN RETURN OLD; END IF;"
        " END IF;"
        " RAISE EXCEPTION 'the log of acts is append-only';"
        " END $$",
        "CREATE TRIGGER audit_entry_guard BEFORE UPDATE OR DELETE ON audit_entry"
        " FOR EACH ROW EXECUTE FUNCTION audit_entry_guard()",
    ),
    "audit_checkpoint": (
        "CREATE OR REPLACE FUNCTION audit_checkpoint_guard() RETURNS trigger LANGUAGE plpgsql AS $$"
        " BEGIN"
        " IF TG_OP = 'UPDATE' THEN"
        " IF OLD.destroyed_at IS NULL AND NEW.destroyed_at IS NOT NULL"
        " AND ROW(NEW.seq, NEW.first_seq, NEW.digest, NEW.at, NEW.signature)"
        " = ROW(OLD.seq, OLD.first_seq, OLD.digest, OLD.at, OLD.signature)"
        " THEN RETURN NEW; END IF;"
        " END IF;"
        " RAISE EXCEPTION 'a checkpoint stays as it is';"
        " END $$",
        "CREATE TRIGGER audit_checkpoint_guard BEFORE UPDATE OR DELETE ON audit_checkpoint"
        " FOR EACH ROW EXECUTE FUNCTION audit_checkpoint_guard()",
    ),
}

for _dialect, _guards in (("sqlite", _SQLITE_GUARDS), ("postgresql", _POSTGRESQL_GUARDS)):
    for _name, _statements in _guards.items():
        for _statement in _statements:
            event.listen(
                SQLModel.metadata.tables[_name],
                "after_create",
                DDL(_statement).execute_if(dialect=_dialect),  # type: ignore[no-untyped-call]
            )


# -- the chain ------------------------------------------------------------------------------


def lock_head(session: Session) -> tuple[int, bytes] | None:
    """Number and sign of the newest line, held until this transaction ends; None before any."""
    found = session.connection().execute(_HEAD_HELD).one_or_none()
    return (found.seq, found.digest) if found else None


def head(session: Session) -> tuple[int, bytes] | None:
    """Number and sign of the newest line; None before any."""
    found = session.execute(_HEAD).one_or_none()
    return (found.seq, found.digest) if found else None


_HEAD = select(col(AuditHeadRow.seq), col(AuditHeadRow.digest)).where(col(AuditHeadRow.id) == ONLY)
_HEAD_HELD = _HEAD.with_for_update()


def make_head(session: Session) -> None:
    """Puts the head of an empty log in, unless somebody was first or there are lines."""
    if session.execute(select(col(AuditEntryRow.seq)).limit(1)).first() is None:
        row = {"id": ONLY, "seq": 0, "digest": GENESIS}
        session.execute(insert_for(session)(AuditHeadRow).values(row).on_conflict_do_nothing())


def append(session: Session, entry: Entry, *, previous: bytes, sign: bytes) -> None:
    """Adds one line and moves the head on to it."""
    line = {
        "seq": entry.seq,
        "at": entry.at,
        "person_id": entry.person,
        "role": entry.role,
        "organisation_id": entry.organisation,
        "purpose": entry.purpose,
        "act": entry.act,
        "subject": entry.subject,
        "details": entry.details,
        "previous": previous,
        "digest": sign,
    }
    connection = session.connection()
    connection.execute(_APPEND, line)
    connection.execute(_MOVE_ON, {"new_seq": entry.seq, "new_digest": sign})


# Made once, and without the ORM: every act waits for these.
_APPEND = insert(SQLModel.metadata.tables["audit_entry"])
_HEAD_TABLE = SQLModel.metadata.tables["audit_head"]
_MOVE_ON = (
    update(_HEAD_TABLE)
    .where(_HEAD_TABLE.c.id == ONLY)
    .values(seq=bindparam("new_seq"), digest=bindparam("new_digest"))
)


def lines(session: Session, *, slice_size: int) -> Iterator[Line]:
    """All lines by their number, read in slices."""
    last: int | None = None
    while True:
        found = select(AuditEntryRow).order_by(col(AuditEntryRow.seq)).limit(slice_size)
        if last is not None:
            found = found.where(col(AuditEntryRow.seq) > last)
        rows = session.execute(found).scalars().all()
        yield from (Line(entry_of(row), row.previous, row.digest) for row in rows)
        if len(rows) < slice_size:
            return
        last = rows[-1].seq
        session.expunge_all()  # a log of years doesn't fit in memory


def entry_of(row: AuditEntryRow) -> Entry:
    """The line as the model knows it."""
    return Entry(
        seq=row.seq,
        at=row.at,
        person=row.person_id,
        role=row.role,
        organisation=row.organisation_id,
        purpose=row.purpose,
        act=row.act,
        subject=row.subject,
        details=row.details,
    )


# -- checkpoints ----------------------------------------------------------------------------


def checkpoints(session: Session) -> list[Checkpoint]:
    """All checkpoints, by their number."""
    found = select(AuditCheckpointRow).order_by(col(AuditCheckpointRow.seq))
    return [_checkpoint(row) for row in session.execute(found).scalars()]


def newest_checkpoint(session: Session) -> Checkpoint | None:
    """The checkpoint that was signed last."""
    found = select(AuditCheckpointRow).order_by(col(AuditCheckpointRow.seq).desc()).limit(1)
    row = session.execute(found).scalar_one_or_none()
    return _checkpoint(row) if row else None


def add_checkpoint(session: Session, checkpoint: Checkpoint) -> None:
    """Keeps a signed checkpoint."""
    session.add(
        AuditCheckpointRow(
            seq=checkpoint.seq,
            first_seq=checkpoint.first_seq,
            digest=checkpoint.digest,
            at=checkpoint.at,
            signature=checkpoint.signature,
        )
    )


def _checkpoint(row: AuditCheckpointRow) -> Checkpoint:
    return Checkpoint(
        first_seq=row.first_seq,
        seq=row.seq,
        digest=row.digest,
        at=row.at,
        signature=row.signature,
        destroyed_at=row.destroyed_at,
        destroyed_signature=row.destroyed_signature,
    )


# -- destruction ----------------------------------------------------------------------------

_IN_SEGMENT = and_(
    col(AuditEntryRow.seq) >= col(AuditCheckpointRow.first_seq),
    col(AuditEntryRow.seq) <= col(AuditCheckpointRow.seq),
)


def outlived(
    session: Session, *, care: Collection[str], care_until: datetime, other_until: datetime
) -> list[Checkpoint]:
    """The segments in which every line has had its time.

    Args:
        session: Any session.
        care: The acts whose lines are kept longest.
        care_until: Lines of these acts up to this instant have had their time.
        other_until: Lines of all other acts up to this instant have had theirs.
    """
    is_care = col(AuditEntryRow.act).in_(care)
    kept = select(col(AuditEntryRow.seq)).where(
        _IN_SEGMENT,
        or_(
            and_(is_care, col(AuditEntryRow.at) > care_until),
            and_(~is_care, col(AuditEntryRow.at) > other_until),
        ),
    )
    found = (
        select(AuditCheckpointRow)
        .where(
            col(AuditCheckpointRow.destroyed_at).is_(None),
            col(AuditCheckpointRow.at) <= max(care_until, other_until),
            ~kept.exists(),
        )
        .order_by(col(AuditCheckpointRow.seq))
    )
    return [_checkpoint(row) for row in session.execute(found).scalars()]


def half_destroyed(session: Session) -> list[Checkpoint]:
    """Destroyed segments of which some lines are still there."""
    left = select(col(AuditEntryRow.seq)).where(_IN_SEGMENT)
    found = select(AuditCheckpointRow).where(
        col(AuditCheckpointRow.destroyed_at).is_not(None), left.exists()
    )
    return [_checkpoint(row) for row in session.execute(found).scalars()]


def count_lines(
    session: Session, checkpoints: Sequence[Checkpoint], *, care: Collection[str]
) -> tuple[int, int]:
    """How many lines these segments hold: of the acts that are kept longest, and others."""
    cared = func.count().filter(col(AuditEntryRow.act).in_(care))
    both = [0, 0]
    for each in checkpoints:
        found = select(cared, func.count()).where(_within(each))
        of_care, of_all = session.execute(found).one()
        both[0] += of_care
        both[1] += of_all - of_care
    return both[0], both[1]


def _within(checkpoint: Checkpoint) -> ColumnElement[bool]:
    return col(AuditEntryRow.seq).between(checkpoint.first_seq, checkpoint.seq)


def condemn(session: Session, seq: int, *, at: datetime, signature: bytes) -> bool:
    """Marks a segment as destroyed; False if somebody was first."""
    done = session.execute(
        update(AuditCheckpointRow)
        .where(col(AuditCheckpointRow.seq) == seq, col(AuditCheckpointRow.destroyed_at).is_(None))
        .values(destroyed_at=at, destroyed_signature=signature)
    )
    return bool(changed(done))


def delete_lines(session: Session, checkpoint: Checkpoint, *, slice_size: int) -> int:
    """Deletes the first lines of a destroyed segment; how many."""
    first = (
        select(col(AuditEntryRow.seq))
        .where(_within(checkpoint))
        .order_by(col(AuditEntryRow.seq))
        .limit(slice_size)
    )
    seqs = session.execute(first).scalars().all()
    if seqs:
        session.execute(
            delete(AuditEntryRow).where(col(AuditEntryRow.seq).between(seqs[0], seqs[-1]))
        )
    return len(seqs)
