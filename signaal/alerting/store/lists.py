"""The lists of the week, and what people made of the places on them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from math import isfinite
from uuid import UUID

from sqlalchemy import String, UniqueConstraint, cast, delete, func, select, update
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Field, Session, SQLModel, col
from uuid_utils.compat import uuid7

from signaal.alerting.model import Judged, Origin, Place, Verdict
from signaal.db import insert_for, one_of
from signaal.intake.model import Kind


class WeekListRow(SQLModel, table=True):
    """That the list of one district was frozen, with which figures and rules."""

    __tablename__ = "week_list"

    week: int = Field(primary_key=True)
    district_code: str = Field(primary_key=True)
    made_at: datetime = Field(index=True)
    snapshot: str
    policy: str
    random_share: float


class WeekPlaceRow(SQLModel, table=True):
    """One place on a list, with its figures of that moment."""

    __tablename__ = "week_place"
    __table_args__ = (UniqueConstraint("week", "district_code", "block_code", "kind"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    week: int
    district_code: str
    position: int
    block_code: str
    kind: Kind = Field(sa_type=one_of(Kind, "week_place_kind"))
    listed_as: Origin = Field(sa_type=one_of(Origin, "week_place_listed_as"))
    warning_id: UUID | None = None
    is_new: bool
    neighbourhood: str
    dwellings: int
    reporters: int
    expected: float
    chance: float | None = None


class LookRow(SQLModel, table=True):
    """What somebody made of a place; a correction is a new row, and the latest counts."""

    __tablename__ = "place_look"

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    place_id: UUID = Field(foreign_key="week_place.id", index=True)
    person_id: UUID
    role: str
    verdict: Verdict = Field(sa_type=one_of(Verdict, "place_look_verdict"))
    reason: str
    at: datetime = Field(index=True)


class NoBetterToldRow(SQLModel, table=True):
    """That it was said in this month that warnings do no better than chance."""

    __tablename__ = "no_better_told"

    month: int = Field(primary_key=True)
    """Months since the year 0."""
    at: datetime


def frozen(session: Session, *, week: int) -> set[str]:
    """The districts of which the list of this week was frozen."""
    query = select(col(WeekListRow.district_code)).where(col(WeekListRow.week) == week)
    return set(session.scalars(query))


def freeze(session: Session, row: WeekListRow, places: Sequence[Place]) -> None:
    """Keeps a list."""
    session.add(row)
    session.flush()
    append(session, row, places, is_new=False)


def append(
    session: Session, to: WeekListRow, places: Sequence[Place], *, is_new: bool = True
) -> None:
    """Puts places at the end of a list."""
    query = select(func.max(col(WeekPlaceRow.position))).where(*_on(to.week, to.district_code))
    last = session.scalars(query).one()
    first = 1 if last is None else last + 1
    for position, place in enumerate(places, start=first):
        session.add(_place_row(to, place, position=position, is_new=is_new))
    session.flush()


def listed(session: Session, *, week: int, district: str) -> list[WeekPlaceRow]:
    """The places on one list, in their order."""
    query = select(WeekPlaceRow).where(*_on(week, district)).order_by(col(WeekPlaceRow.position))
    return list(session.scalars(query))


def listed_in(session: Session, *, week: int) -> list[tuple[str, Kind]]:
    """The district and the kind of each place on the lists of one week."""
    query = select(col(WeekPlaceRow.district_code), col(WeekPlaceRow.kind))
    return [
        (code, kind) for code, kind in session.execute(query.where(col(WeekPlaceRow.week) == week))
    ]


def find_list(session: Session, *, week: int | None, district: str) -> WeekListRow | None:
    """The list of one district in one week; the latest for no week."""
    query = select(WeekListRow).where(col(WeekListRow.district_code) == district)
    if week is not None:
        query = query.where(col(WeekListRow.week) == week)
    return session.scalars(query.order_by(col(WeekListRow.week).desc()).limit(1)).one_or_none()


def districts_with_lists(session: Session) -> list[str]:
    """Districts that have a list, in order of code."""
    query = select(col(WeekListRow.district_code)).distinct()
    return list(session.scalars(query.order_by(col(WeekListRow.district_code))))


def find_place(session: Session, place_id: UUID) -> WeekPlaceRow | None:
    """One place on a list."""
    return session.get(WeekPlaceRow, place_id)


def looks(session: Session, place_ids: Collection[UUID]) -> dict[UUID, list[LookRow]]:
    """The latest judgement of each person about these places, in the order in which they came."""
    latest: dict[tuple[UUID, UUID], LookRow] = {}
    query = select(LookRow).where(col(LookRow.place_id).in_(place_ids))
    for row in session.scalars(query.order_by(col(LookRow.at), col(LookRow.id))):
        latest[row.place_id, row.person_id] = row
    told: dict[UUID, list[LookRow]] = {}
    for row in latest.values():
        told.setdefault(row.place_id, []).append(row)
    return told


def looks_at_block(
    session: Session, code: str, *, since_week: int
) -> list[tuple[WeekPlaceRow, LookRow]]:
    """The latest judgement of each person about this block on each list, the newest list first."""
    latest: dict[tuple[UUID, UUID], tuple[WeekPlaceRow, LookRow]] = {}
    query = (
        select(WeekPlaceRow, LookRow)
        .join(LookRow, col(LookRow.place_id) == col(WeekPlaceRow.id))
        .where(col(WeekPlaceRow.week) >= since_week, col(WeekPlaceRow.block_code) == code)
        .order_by(col(WeekPlaceRow.week).desc(), col(LookRow.at), col(LookRow.id))
    )
    for place, look in session.execute(query):
        latest[place.id, look.person_id] = (place, look)
    return list(latest.values())


def add_look(session: Session, row: LookRow) -> None:
    """Keeps a judgement."""
    session.add(row)
    session.flush()


def judged(session: Session, *, districts: Collection[str] | None, since_week: int) -> list[Judged]:
    """All places on lists from this week on, with the latest judgement of each person.

    Args:
        session: Within whose transaction.
        districts: Of which districts; None: all.
        since_week: The first week.
    """
    wanted = col(WeekPlaceRow.week) >= since_week
    if districts is not None:
        wanted &= col(WeekPlaceRow.district_code).in_(districts)
    verdicts: dict[UUID, dict[UUID, Verdict]] = {}
    spoken = (
        select(col(LookRow.place_id), col(LookRow.person_id), col(LookRow.verdict))
        .join(WeekPlaceRow, col(WeekPlaceRow.id) == col(LookRow.place_id))
        .where(wanted)
        .order_by(col(LookRow.at), col(LookRow.id))
    )
    for place, person, verdict in session.execute(spoken):
        verdicts.setdefault(place, {})[person] = verdict
    places = select(
        col(WeekPlaceRow.id),
        col(WeekPlaceRow.week),
        col(WeekPlaceRow.kind),
        col(WeekPlaceRow.listed_as),
        func.coalesce(cast(WeekPlaceRow.warning_id, String), col(WeekPlaceRow.block_code)),
    ).where(wanted)
    return [
        Judged(week, kind, origin, tuple(verdicts.get(place, {}).values()), about)
        for place, week, kind, origin, about in session.execute(places)
    ]


def tell_once(session: Session, *, month: int, at: datetime) -> bool:
    """Whether this is the first time in this month; it is marked."""
    row = {"month": month, "at": at}
    statement = insert_for(session)(NoBetterToldRow).values(row).on_conflict_do_nothing()
    told = session.execute(statement.returning(NoBetterToldRow.month))  # type: ignore[call-overload]
    return told.one_or_none() is not None


# -- letting go -----------------------------------------------------------------------------


def wordy(session: Session, *, until: datetime, limit: int) -> Sequence[UUID]:
    """Some of the judgements that came until then and still hold words."""
    query = select(col(LookRow.id)).where(col(LookRow.at) <= until, col(LookRow.reason) != "")
    return session.scalars(query.order_by(col(LookRow.id)).limit(limit).with_for_update()).all()


def count_wordy(session: Session, *, until: datetime) -> int:
    """How many judgements that came until then still hold words."""
    query = select(func.count()).where(col(LookRow.at) <= until, col(LookRow.reason) != "")
    return session.scalars(query.select_from(LookRow)).one()


def blank(session: Session, look_ids: Collection[UUID]) -> None:
    """Takes the words out of these judgements."""
    session.execute(update(LookRow).where(col(LookRow.id).in_(look_ids)).values(reason=""))


def old_lists(session: Session, *, until: datetime, limit: int) -> Sequence[tuple[int, str]]:
    """Some of the lists that were made until then."""
    query = (
        select(col(WeekListRow.week), col(WeekListRow.district_code))
        .where(col(WeekListRow.made_at) <= until)
        .order_by(col(WeekListRow.week), col(WeekListRow.district_code))
        .limit(limit)
    )
    return [(week, code) for week, code in session.execute(query.with_for_update())]


def count_old_lists(session: Session, *, until: datetime) -> int:
    """How many lists were made until then."""
    query = select(func.count()).where(col(WeekListRow.made_at) <= until)
    return session.scalars(query.select_from(WeekListRow)).one()


def delete_list(session: Session, *, week: int, district: str) -> None:
    """Removes a list with its places and all that was made of them."""
    places = select(col(WeekPlaceRow.id)).where(*_on(week, district))
    session.execute(delete(LookRow).where(col(LookRow.place_id).in_(places)))
    session.execute(delete(WeekPlaceRow).where(*_on(week, district)))
    session.execute(
        delete(WeekListRow).where(
            col(WeekListRow.week) == week, col(WeekListRow.district_code) == district
        )
    )


def _on(week: int, district: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(WeekPlaceRow.week) == week, col(WeekPlaceRow.district_code) == district


def _place_row(to: WeekListRow, place: Place, *, position: int, is_new: bool) -> WeekPlaceRow:
    figure = place.figure
    return WeekPlaceRow(
        week=to.week,
        district_code=to.district_code,
        position=position,
        block_code=figure.block.code,
        kind=place.kind,
        listed_as=place.origin,
        warning_id=place.warning,
        is_new=is_new,
        neighbourhood=figure.block.neighbourhood,
        dwellings=figure.block.dwellings,
        reporters=figure.reporters,
        expected=figure.expected,
        chance=figure.chance if isfinite(figure.chance) else None,
    )
