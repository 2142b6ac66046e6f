"""The lines of the log, its head and its checkpoints; guarded against a second thought."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DDL, BigInteger, Column, Index, event, insert, select, update
from sqlmodel import Field, Session, SQLModel, col

from signaal.access.model.audit import GENESIS, Entry
from signaal.db import insert_for

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
    head = select(AuditHeadRow.seq, AuditHeadRow.digest).where(AuditHeadRow.id == ONLY)  # type: ignore[call-overload]
    found = session.execute(head.with_for_update()).one_or_none()
    return (found.seq, found.digest) if found else None


def make_head(session: Session) -> bool:
    """Puts the head of an empty log in, unless somebody was first; False if there are lines."""
    if session.execute(select(col(AuditEntryRow.seq)).limit(1)).first():
        return False
    row = {"id": ONLY, "seq": 0, "digest": GENESIS}
    session.execute(insert_for(session)(AuditHeadRow).values(row).on_conflict_do_nothing())
    return True


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
    session.execute(insert(AuditEntryRow).values(line))
    session.execute(
        update(AuditHeadRow).where(col(AuditHeadRow.id) == ONLY).values(seq=entry.seq, digest=sign)
    )
