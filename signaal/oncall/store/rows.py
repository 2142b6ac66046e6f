"""Night cases, every attempt and every change on record, and what each webhook was answered."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel, col

from signaal.db import one_of
from signaal.oncall.model import (
    AttemptMethod,
    AttemptOutcome,
    CaseResult,
    CaseSource,
    CaseState,
    Why,
)


class NightCaseRow(SQLModel, table=True):
    """What is owed to one neighbour."""

    __tablename__ = "night_case"

    id: UUID = Field(primary_key=True)
    state: CaseState = Field(sa_type=one_of(CaseState, "night_case_state"))
    source: CaseSource = Field(sa_type=one_of(CaseSource, "night_case_source"))
    code: str
    language: str
    urgency: str
    neighbourhood: str | None = None
    district: str | None = None
    """Code of the district in which that neighbourhood lies, where it is known for sure."""
    caller_token: str | None = Field(default=None, index=True)
    caller_sealed: bytes | None = None
    targets_sealed: bytes
    """The duty list as it was when the case began, sealed with the case's own data key."""
    wants_callback: bool = False
    promised: bool = False
    """Whether the caller was told that somebody will ring back."""
    live_call: str | None = None
    """Keyed hash of the call that is on the line now."""
    live_attempt: UUID | None = None
    """The one leg that may be accepted now."""
    loop: int = 0
    """How often the paging has begun anew because an owner did not call back."""
    step: int = 0
    """How many steps of paging have been made in this loop."""
    first_target: int = 0
    """Who is paged first, by position on the duty list."""
    owner: str | None = None
    due_at: datetime | None = None
    next_action_at: datetime | None = None
    version: int = 0
    opened_at: datetime
    closed_at: datetime | None = None
    result: CaseResult | None = Field(
        default=None, sa_type=one_of(CaseResult, "night_case_result"), nullable=True
    )
    alarm_since: datetime | None = None
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None


# Few cases wait or alarm at any time: small indexes, however long the history grows.
Index(
    "ix_night_case_due",
    col(NightCaseRow.next_action_at),
    sqlite_where=text("next_action_at IS NOT NULL"),
    postgresql_where=text("next_action_at IS NOT NULL"),
)
_ALARMING = "alarm_since IS NOT NULL AND acknowledged_at IS NULL"
Index(
    "ix_night_case_alarm",
    col(NightCaseRow.alarm_since),
    sqlite_where=text(_ALARMING),
    postgresql_where=text(_ALARMING),
)
_CLOSED = "closed_at IS NOT NULL"
Index(
    "ix_night_case_closed",
    col(NightCaseRow.closed_at),
    sqlite_where=text(_CLOSED),
    postgresql_where=text(_CLOSED),
)
_OPEN = "closed_at IS NULL"
Index(
    "ix_night_case_open",
    col(NightCaseRow.opened_at),
    sqlite_where=text(_OPEN),
    postgresql_where=text(_OPEN),
)


class AttemptRow(SQLModel, table=True):
    """One leg to one person."""

    __tablename__ = "night_attempt"

    id: UUID = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="night_case.id", index=True)
    position: int
    target_name: str
    service: str
    method: AttemptMethod = Field(sa_type=one_of(AttemptMethod, "night_attempt_method"))
    started_at: datetime
    heard_at: datetime | None = None
    accepted_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: AttemptOutcome | None = Field(
        default=None, sa_type=one_of(AttemptOutcome, "night_attempt_outcome"), nullable=True
    )
    keys: str = ""


class NightEventRow(SQLModel, table=True):
    """One line of a case's history; never changed, never removed before the case is."""

    __tablename__ = "night_event"
    __table_args__ = (UniqueConstraint("case_id", "version"),)

    id: UUID = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="night_case.id")
    version: int
    state: CaseState = Field(sa_type=one_of(CaseState, "night_event_state"))
    who: str
    why: Why = Field(sa_type=one_of(Why, "night_event_why"))
    whom: str = ""
    at: datetime


class NightContactRow(SQLModel, table=True):
    """One call or report that came in; several may belong to one case."""

    __tablename__ = "night_contact"

    key: str = Field(primary_key=True)
    """Keyed hash of the call's id, or the report's public reference: it outlives the text."""
    case_id: UUID = Field(foreign_key="night_case.id", index=True)
    source: CaseSource = Field(sa_type=one_of(CaseSource, "night_contact_source"))
    at: datetime
    ended_at: datetime | None = None


class CallStepRow(SQLModel, table=True):
    """What one webhook of one call was answered, so that asking again changes nothing."""

    __tablename__ = "night_call_step"

    call: str = Field(primary_key=True)
    step: str = Field(primary_key=True)
    case_id: UUID | None = Field(default=None, index=True)
    answer_sealed: bytes | None = None
    at: datetime = Field(index=True)


class ReplyCodeRow(SQLModel, table=True):
    """Which case a short code stands for."""

    __tablename__ = "night_reply_code"

    code: str = Field(primary_key=True)
    case_id: UUID = Field(index=True)
    given_at: datetime
