"""The tables of intake."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import JSON, Index, text
from sqlmodel import Field, SQLModel, col

from signaal.db import one_of
from signaal.intake.model import (
    Channel,
    Ending,
    Identity,
    Kind,
    Language,
    Outcome,
    ReportStatus,
    RequestState,
    Said,
    Since,
    Urgency,
)


class ReportRow(SQLModel, table=True):
    """One report; nothing in it says who reported or about whom."""

    __tablename__ = "report"

    id: UUID = Field(primary_key=True)
    reference: str = Field(unique=True)
    channel: Channel = Field(sa_type=one_of(Channel, "channel"))
    kind: Kind = Field(sa_type=one_of(Kind, "kind"))
    category: str
    urgency: Urgency = Field(sa_type=one_of(Urgency, "urgency"))
    received_at: datetime = Field(index=True)
    week: int
    occurred_on: date | None = None
    since: Since | None = Field(default=None, sa_type=one_of(Since, "since"))
    block_id: int | None = Field(default=None, foreign_key="block.id")
    reporter_token: str = Field(index=True)
    identified: bool
    brought: bool = True
    status: ReportStatus = Field(sa_type=one_of(ReportStatus, "status"))
    outcome: Outcome | None = Field(default=None, sa_type=one_of(Outcome, "outcome"))
    closed_at: datetime | None = None
    language: Language = Field(sa_type=one_of(Language, "language"))
    considered_at: datetime | None = None
    changed_at: datetime
    provider_key: str | None = Field(default=None, unique=True)
    receipt_hash: str | None = None


# Only what waits is ever looked through: small indexes, however many reports there are.
_UNCONSIDERED = text("considered_at IS NULL")
Index(
    "ix_report_unconsidered",
    col(ReportRow.received_at),
    sqlite_where=_UNCONSIDERED,
    postgresql_where=_UNCONSIDERED,
)
_UNPLACED = text("block_id IS NULL")
Index(
    "ix_report_unplaced",
    col(ReportRow.received_at),
    sqlite_where=_UNPLACED,
    postgresql_where=_UNPLACED,
)
Index("ix_report_status_received_at", col(ReportRow.status), col(ReportRow.received_at))
Index("ix_report_block_id_week", col(ReportRow.block_id), col(ReportRow.week))


class SealedReportRow(SQLModel, table=True):
    """What only a case may open, each part sealed with the report's own data key.

    A part that was destroyed is None; what was left of the others was then sealed anew with
    another key, and the old key destroyed.
    """

    __tablename__ = "sealed_report"

    report_id: UUID = Field(primary_key=True, foreign_key="report.id", ondelete="CASCADE")
    key_id: UUID
    text: bytes | None = None
    contact: bytes | None = None
    dwelling: bytes | None = None


class ReportAdditionRow(SQLModel, table=True):
    """What whoever reported added later, sealed with the report's own data key."""

    __tablename__ = "report_addition"

    id: UUID = Field(primary_key=True)
    report_id: UUID = Field(foreign_key="report.id", ondelete="CASCADE", index=True)
    added_at: datetime
    text: bytes


class EndedCountRow(SQLModel, table=True):
    """All that is left of reports that were taken away before their time: how many, by kind."""

    __tablename__ = "ended_count"

    kind: Kind = Field(primary_key=True, sa_type=one_of(Kind, "ended_kind"))
    ending: Ending = Field(primary_key=True, sa_type=one_of(Ending, "ending"))
    period: int = Field(primary_key=True)
    count: int


class NeighbourhoodYearRow(SQLModel, table=True):
    """All that is left of reports of more than three years ago."""

    __tablename__ = "neighbourhood_year"

    neighbourhood_code: str = Field(primary_key=True, foreign_key="neighbourhood.code")
    kind: Kind = Field(primary_key=True, sa_type=one_of(Kind, "year_kind"))
    category: str = Field(primary_key=True)
    year: int = Field(primary_key=True)
    voices: float


class HouseholdRequestRow(SQLModel, table=True):
    """A household asks what is held about it; who and where only under the request's own seal."""

    __tablename__ = "household_request"

    id: UUID = Field(primary_key=True)
    reference: str = Field(unique=True)
    key_id: UUID
    asked: bytes | None
    asked_at: datetime
    due_at: datetime = Field(index=True)
    state: RequestState = Field(sa_type=one_of(RequestState, "request_state"))
    answered_at: datetime | None = None
    identity: Identity | None = Field(default=None, sa_type=one_of(Identity, "identity"))
    answer: bytes | None = None
    shouted_at: datetime | None = None


class AnsweredCountRow(SQLModel, table=True):
    """All that is left of household requests that were answered long ago."""

    __tablename__ = "answered_count"

    year: int = Field(primary_key=True)
    late: bool = Field(primary_key=True)
    count: int


class InboundTextRow(SQLModel, table=True):
    """A text message that was taken in: keyed hashes only, kept so that a replay has no effect."""

    __tablename__ = "inbound_text"

    provider_key: str = Field(primary_key=True)
    received_at: datetime = Field(index=True)
    report_id: UUID | None = Field(
        default=None, foreign_key="report.id", ondelete="SET NULL", index=True
    )


class ConversationRow(SQLModel, table=True):
    """Where the dialogue with one number on one line stands."""

    __tablename__ = "conversation"

    key: str = Field(primary_key=True)
    report_id: UUID | None = Field(
        default=None, foreign_key="report.id", ondelete="SET NULL", index=True
    )
    asks: int = 0
    expires_at: datetime = Field(index=True)
    replies: list[Said] = Field(sa_type=JSON)
