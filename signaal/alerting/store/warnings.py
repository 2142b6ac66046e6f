"""Warnings as they stand, and their history, of which no line is ever changed."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Text, delete, func, or_, select, update
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Field, Session, SQLModel, col
from uuid_utils.compat import uuid7

from signaal.alerting.model import Because, Cause, EarlyWarning, Step, WarningState
from signaal.db import insert_for, one_of
from signaal.intake.model import Kind

ONLY = 1


class Member(NamedTuple):
    """What is kept of one block of a warning.

    Attributes:
        district: Code of its district.
        reporters: How many of the group's reporters it brought in; None: not known.
    """

    district: str
    reporters: int | None = None


class WarningHeadRow(SQLModel, table=True):
    """The figures that were considered last; who considers the next ones holds this row."""

    __tablename__ = "warning_head"

    id: int = Field(primary_key=True)
    week: int
    snapshot: str
    policy: str


class EarlyWarningRow(SQLModel, table=True):
    """One warning as it stands."""

    __tablename__ = "early_warning"

    id: UUID = Field(primary_key=True)
    kind: Kind = Field(sa_type=one_of(Kind, "early_warning_kind"))
    places: str = Field(sa_type=Text)
    """JSON: the code of each block, with the code of its district and its reporters."""
    state: WarningState = Field(sa_type=one_of(WarningState, "early_warning_state"))
    raised_week: int = Field(index=True)
    seen_week: int
    step_week: int
    most_per_week: float
    since_week: int
    observed: int
    expected: float
    chance: float
    recurrence_weeks: float
    coloured_week: int | None = None
    """When one of its blocks first had a colour."""
    ended_at: datetime | None = Field(default=None, index=True)


class EarlyWarningStepRow(SQLModel, table=True):
    """One line of a warning's history."""

    __tablename__ = "early_warning_step"

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    warning_id: UUID = Field(foreign_key="early_warning.id", index=True)
    week: int
    at: datetime
    state: WarningState = Field(sa_type=one_of(WarningState, "early_warning_step_state"))
    cause: Cause = Field(sa_type=one_of(Cause, "early_warning_step_cause"))
    places: str = Field(sa_type=Text)
    since_week: int
    observed: int
    expected: float
    chance: float
    recurrence_weeks: float
    merged_into: UUID | None = None
    policy: str
    """Fingerprint of the rules in force."""
    snapshot: str
    """Fingerprint of the figures."""


def hold_head(session: Session) -> WarningHeadRow:
    """What was considered last, held until the commit: two processes take turns."""
    empty = {"id": ONLY, "week": 0, "snapshot": "", "policy": ""}
    session.execute(insert_for(session)(WarningHeadRow).values(empty).on_conflict_do_nothing())
    query = select(WarningHeadRow).where(col(WarningHeadRow.id) == ONLY).with_for_update()
    return session.scalars(query).one()


def latest(session: Session) -> tuple[str, str] | None:
    """The fingerprints of the figures and the rules that were considered last."""
    query = select(col(WarningHeadRow.snapshot), col(WarningHeadRow.policy))
    found = session.execute(query).one_or_none()
    return (found.snapshot, found.policy) if found else None


def alive(session: Session) -> list[EarlyWarning]:
    """All warnings that haven't ended."""
    query = select(EarlyWarningRow).where(col(EarlyWarningRow.ended_at).is_(None))
    return [warning_of(row) for row in session.scalars(query.order_by(col(EarlyWarningRow.id)))]


def keep_step(
    session: Session,
    step: Step,
    *,
    districts: Mapping[str, str],
    reporters: Mapping[str, int],
    at: datetime,
    policy: str,
    snapshot: str,
) -> None:
    """Writes down how a warning stands now, and a line of history where there is one.

    Args:
        session: The caller's session.
        step: What became of the warning.
        districts: The code of the district of each block on the map.
        reporters: How many each block brought in, if the group was found in this look; else empty,
            and what was kept of its blocks stays.
        at: When.
        policy: Fingerprint of the rules.
        snapshot: Fingerprint of the figures.
    """
    warning = step.warning
    counts = reporters or _kept(session, warning.id)
    places = json.dumps(
        {code: Member(districts.get(code, ""), counts.get(code)) for code in warning.codes}
    )
    figures = vars(warning.because)
    if step.is_new:
        session.add(_row(warning, places))
    else:
        values = {
            "places": places,
            "state": warning.state,
            "seen_week": warning.seen_week,
            "step_week": warning.step_week,
            "most_per_week": warning.most_per_week,
            "ended_at": at if warning.state is WarningState.ENDED else None,
            **figures,
        }
        if not warning.codes:
            del values["places"]  # the last blocks it had say where it was
        session.execute(
            update(EarlyWarningRow).where(col(EarlyWarningRow.id) == warning.id).values(values)
        )
    session.flush()
    if step.cause is not None:
        line = EarlyWarningStepRow(
            warning_id=warning.id,
            week=warning.step_week,
            at=at,
            state=warning.state,
            cause=step.cause,
            places=places,
            merged_into=step.into,
            policy=policy,
            snapshot=snapshot,
            **figures,
        )
        session.add(line)


def mark_coloured(session: Session, warning_ids: Collection[UUID], *, week: int) -> None:
    """Writes down when one of their blocks first had a colour."""
    if warning_ids:
        session.execute(
            update(EarlyWarningRow)
            .where(col(EarlyWarningRow.id).in_(warning_ids))
            .where(col(EarlyWarningRow.coloured_week).is_(None))
            .values(coloured_week=week)
        )


def recent(session: Session, *, ended_since: datetime | None) -> list[EarlyWarningRow]:
    """Warnings that haven't ended, and those that ended since then, the newest first."""
    there: ColumnElement[bool] = col(EarlyWarningRow.ended_at).is_(None)
    if ended_since is not None:
        there = or_(there, col(EarlyWarningRow.ended_at) > ended_since)
    newest = (col(EarlyWarningRow.raised_week).desc(), col(EarlyWarningRow.id).desc())
    return list(session.scalars(select(EarlyWarningRow).where(there).order_by(*newest)))


def everything(session: Session) -> list[EarlyWarningRow]:
    """All warnings that are kept."""
    return list(session.scalars(select(EarlyWarningRow).order_by(col(EarlyWarningRow.id))))


def histories(
    session: Session, warning_ids: Collection[UUID]
) -> Mapping[UUID, list[EarlyWarningStepRow]]:
    """The history of each of these warnings, oldest first."""
    told: dict[UUID, list[EarlyWarningStepRow]] = {each: [] for each in warning_ids}
    query = select(EarlyWarningStepRow).where(col(EarlyWarningStepRow.warning_id).in_(warning_ids))
    for row in session.scalars(query.order_by(col(EarlyWarningStepRow.id))):
        told[row.warning_id].append(row)
    return told


def members_of(places: str) -> Mapping[str, Member]:
    """What is kept of each block, by its code."""
    kept = json.loads(places)
    # Warnings of before their blocks were counted one by one hold the district alone.
    return {
        code: Member(each) if isinstance(each, str) else Member(*each)
        for code, each in kept.items()
    }


def districts_of(places: str) -> Mapping[str, str]:
    """The code of each block, with the code of its district."""
    return {code: each.district for code, each in members_of(places).items()}


def ended(session: Session, *, until: datetime, limit: int) -> Sequence[UUID]:
    """Some of the warnings that ended so long ago, held for this transaction."""
    query = (
        select(col(EarlyWarningRow.id))
        .where(col(EarlyWarningRow.ended_at) <= until)
        .order_by(col(EarlyWarningRow.id))
        .limit(limit)
    )
    return session.scalars(query.with_for_update()).all()


def count_ended(session: Session, *, until: datetime) -> int:
    """How many warnings ended so long ago."""
    query = select(func.count()).where(col(EarlyWarningRow.ended_at) <= until)
    return session.scalars(query.select_from(EarlyWarningRow)).one()


def delete_warnings(session: Session, warning_ids: Collection[UUID]) -> None:
    """Removes these warnings with their history."""
    session.execute(
        delete(EarlyWarningStepRow).where(col(EarlyWarningStepRow.warning_id).in_(warning_ids))
    )
    session.execute(delete(EarlyWarningRow).where(col(EarlyWarningRow.id).in_(warning_ids)))


def _kept(session: Session, warning_id: UUID) -> dict[str, int | None]:
    query = select(col(EarlyWarningRow.places)).where(col(EarlyWarningRow.id) == warning_id)
    places = session.scalars(query).one_or_none()
    return {code: each.reporters for code, each in members_of(places or "{}").items()}


def _row(warning: EarlyWarning, places: str) -> EarlyWarningRow:
    return EarlyWarningRow(
        id=warning.id,
        kind=warning.kind,
        places=places,
        state=warning.state,
        raised_week=warning.raised_week,
        seen_week=warning.seen_week,
        step_week=warning.step_week,
        most_per_week=warning.most_per_week,
        since_week=warning.because.since_week,
        observed=warning.because.observed,
        expected=warning.because.expected,
        chance=warning.because.chance,
        recurrence_weeks=warning.because.recurrence_weeks,
    )


def because_of(row: EarlyWarningRow | EarlyWarningStepRow) -> Because:
    """The figures in a row."""
    return Because(
        since_week=row.since_week,
        observed=row.observed,
        expected=row.expected,
        chance=row.chance,
        recurrence_weeks=row.recurrence_weeks,
    )


def warning_of(row: EarlyWarningRow) -> EarlyWarning:
    """The warning in a row."""
    return EarlyWarning(
        id=row.id,
        kind=row.kind,
        codes=tuple(sorted(districts_of(row.places))),
        state=row.state,
        raised_week=row.raised_week,
        seen_week=row.seen_week,
        step_week=row.step_week,
        most_per_week=row.most_per_week,
        because=because_of(row),
    )
