"""Text messages that came in, and the conversations they belong to."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlmodel import Session, col

from signaal.db import insert_for
from signaal.intake.store.rows import ConversationRow, InboundTextRow, ReportRow


def claim_message(session: Session, *, provider_key: str, received_at: datetime) -> bool:
    """Keeps that this message came in; False when it had come in already.

    A twin in a parallel transaction waits here until that one has ended.
    """
    claimed = session.connection().scalars(
        insert_for(session)(InboundTextRow)
        .values(provider_key=provider_key, received_at=received_at, report_id=None)
        .on_conflict_do_nothing()
        .returning(col(InboundTextRow.provider_key))
    )
    return claimed.first() is not None


def note_report(session: Session, *, provider_key: str, report_id: UUID) -> None:
    """Writes down in which report the message ended."""
    session.connection().execute(
        update(InboundTextRow)
        .where(col(InboundTextRow.provider_key) == provider_key)
        .values(report_id=report_id)
    )


def conversation(session: Session, *, key: str, now: datetime) -> ConversationRow:
    """The conversation, held against other messages from this number until the transaction ends."""
    return session.scalars(
        insert_for(session)(ConversationRow)
        .values(key=key, report_id=None, asks=0, expires_at=now, replies=[])
        .on_conflict_do_update(index_elements=["key"], set_={"key": key})
        .returning(ConversationRow)
        .execution_options(populate_existing=True)
    ).one()


def hold_talk_of(session: Session, report: UUID | str) -> None:
    """Holds the conversation about a report until the transaction ends; before the report itself.

    A message that comes in holds the two in this order as well, or each would wait for the other.

    Args:
        session: The transaction that is going to take the report away.
        report: Its id, or its public reference.
    """
    known_by = ReportRow.reference if isinstance(report, str) else ReportRow.id
    about = select(col(ReportRow.id)).where(col(known_by) == report)
    session.scalars(
        select(ConversationRow)
        .where(col(ConversationRow.report_id).in_(about))
        .with_for_update(of=ConversationRow)
    ).all()


def forget_conversations(session: Session, *, before: datetime, limit: int) -> int:
    """Forgets so many conversations at most that ended before this instant."""
    some = (
        select(col(ConversationRow.key))
        .where(col(ConversationRow.expires_at) < before)
        .limit(limit)
    )
    gone = session.connection().execute(
        delete(ConversationRow).where(col(ConversationRow.key).in_(some))
    )
    return gone.rowcount


def count_conversations(session: Session, *, before: datetime) -> int:
    """How many conversations ended before this instant."""
    wanted = select(func.count()).where(col(ConversationRow.expires_at) < before)
    return session.scalar(wanted) or 0
