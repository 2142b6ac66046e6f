"""Shows warnings and the list of the week, as far as a visitor may see them."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import TypedDict
from uuid import UUID

from signaal.alerting.model import (
    TOLD_ROLES,
    LookMade,
    LookOnBlock,
    WarningShown,
    WarningStep,
    WeekList,
    WeekRow,
    chance_at_most,
    together,
    weeks_at_least,
)
from signaal.alerting.store import (
    EarlyWarningRow,
    EarlyWarningStepRow,
    LookRow,
    WeekPlaceRow,
)
from signaal.alerting.store import lists as list_store
from signaal.alerting.store import warnings as warning_store
from signaal.clock import week_of
from signaal.errors import NotAllowed, UnknownWeekPlace
from signaal.hotspots.model import (
    REPORTERS_FOR_COLOUR,
    SMALLEST_SHOWN,
    Shown,
    WarnedWeeks,
    kinds_for,
    precision_for,
    shown,
)
from signaal.intake.model import Kind
from signaal.privacy.model import Precision
from signaal.services import Services
from signaal.visitor import Visitor


class _GroupFigures(TypedDict):
    since_week: int
    reporters: Shown
    expected: float
    recurrence_weeks: float


def warned_weeks(services: Services) -> tuple[WarnedWeeks, ...]:
    """The blocks and weeks of all warnings that are kept, whatever people made of them.

    Args:
        services: The tools of the house.
    """
    with services.database.reading() as session:
        return tuple(
            WarnedWeeks(
                kind=row.kind,
                codes=tuple(sorted(warning_store.districts_of(row.places))),
                first_week=row.since_week,
                last_week=row.seen_week,
            )
            for row in warning_store.everything(session)
        )


def warnings(
    services: Services,
    *,
    visitor: Visitor,
    code: str | None = None,
    ended_within: timedelta | None = None,
) -> tuple[WarningShown, ...]:
    """The warnings in the visitor's districts, the newest first.

    Args:
        services: The tools of the house.
        visitor: Who asks.
        code: Only those with this block in them, now or when they ended; None for all.
        ended_within: Also those that ended within this time; None for none of them.

    Raises:
        NotAllowed: This role sees no weekly figures.
    """
    kinds = _kinds(services, visitor)
    since = None if ended_within is None else services.clock.now() - ended_within
    with services.database.reading() as session:
        rows = [
            row
            for row in warning_store.recent(session, ended_since=since)
            if row.kind in kinds and _inside(row.places, visitor, code=code)
        ]
        histories = warning_store.histories(session, [row.id for row in rows])
        return tuple(_warning(row, histories[row.id], visitor=visitor) for row in rows)


def warnings_for_each(
    services: Services, *, visitors: Sequence[Visitor]
) -> list[tuple[WarningShown, ...]]:
    """For each visitor the warnings that haven't ended, as `warnings` shows them; read once.

    Without their history: a mail tells how it is now.

    Raises:
        NotAllowed: A role sees no weekly figures.
    """
    with services.database.reading() as session:
        rows = warning_store.recent(session, ended_since=None)
        told = []
        for visitor in visitors:
            kinds = _kinds(services, visitor)
            seen = [
                row for row in rows if row.kind in kinds and _inside(row.places, visitor, code=None)
            ]
            told.append(tuple(_warning(row, (), visitor=visitor) for row in seen))
        return told


def list_lengths_for_each(
    services: Services, *, week: int, visitors: Sequence[Visitor]
) -> list[dict[str, int]]:
    """For each visitor how many places there are on each list of this week; read once.

    Raises:
        NotAllowed: A role sees no weekly figures.
    """
    with services.database.reading() as session:
        codes = sorted(list_store.frozen(session, week=week))
        places = Counter(list_store.listed_in(session, week=week))
    told = []
    for visitor in visitors:
        kinds = _kinds(services, visitor)
        covered = (code for code in codes if visitor.covers(code))
        told.append({code: sum(places[code, kind] for kind in kinds) for code in covered})
    return told


def list_districts(services: Services, *, visitor: Visitor) -> tuple[str, ...]:
    """The codes of the visitor's districts that have lists, in order.

    Raises:
        NotAllowed: This role sees no weekly figures.
    """
    _kinds(services, visitor)
    with services.database.reading() as session:
        codes = list_store.districts_with_lists(session)
    return tuple(code for code in codes if visitor.covers(code))


def week_list(
    services: Services, *, district: str, visitor: Visitor, week: int | None = None
) -> WeekList:
    """The list of the week of one district.

    Args:
        services: The tools of the house.
        district: Code of the district.
        visitor: Who asks.
        week: Which week; None for the latest.

    Raises:
        NotAllowed: This role sees no weekly figures, or the district isn't the visitor's.
        UnknownWeekPlace: There is no such list.
    """
    kinds = _kinds(services, visitor)
    if not visitor.covers(district):
        raise NotAllowed("district")
    with services.database.reading() as session:
        found = list_store.find_list(session, week=week, district=district)
        if found is None:
            raise UnknownWeekPlace(district)
        places = list_store.listed(session, week=found.week, district=district)
        looks = list_store.looks(session, [place.id for place in places])
        return WeekList(
            week=found.week,
            district=district,
            made_at=found.made_at,
            snapshot=found.snapshot,
            random_share=found.random_share,
            rows=tuple(
                _row(place, looks.get(place.id, ()), visitor=visitor)
                for place in places
                if place.kind in kinds
            ),
        )


def looks_of_block(
    services: Services, *, visitor: Visitor, code: str, weeks: int
) -> tuple[LookOnBlock, ...]:
    """What people made of this block when it was on a list of the week, the newest list first.

    Args:
        services: The tools of the house.
        visitor: Who asks.
        code: Which block.
        weeks: How many weeks back.

    Raises:
        NotAllowed: This role sees no weekly figures.
    """
    kinds = _kinds(services, visitor)
    since = week_of(services.clock.now()) - weeks
    with services.database.reading() as session:
        return tuple(
            LookOnBlock(place.week, place.kind, _look(look, person=visitor.person))
            for place, look in list_store.looks_at_block(session, code, since_week=since)
            if place.kind in kinds and visitor.covers(place.district_code)
        )


def _kinds(services: Services, visitor: Visitor) -> tuple[Kind, ...]:
    if visitor.role not in TOLD_ROLES:
        raise NotAllowed("weekly figures")
    return kinds_for(visitor.role, arrears=services.settings.arrears_layer)


def _inside(places: str, visitor: Visitor, *, code: str | None) -> tuple[str, ...]:
    """The blocks that the visitor may see, if the block that is asked for is among them."""
    codes = tuple(
        sorted(
            block
            for block, district in warning_store.districts_of(places).items()
            if visitor.covers(district)
        )
    )
    return codes if code is None or code in codes else ()


def _warning(
    row: EarlyWarningRow, history: Sequence[EarlyWarningStepRow], *, visitor: Visitor
) -> WarningShown:
    codes = _inside(row.places, visitor, code=None)
    return WarningShown(
        id=row.id,
        kind=row.kind,
        state=row.state,
        raised_week=row.raised_week,
        seen_week=row.seen_week,
        codes=codes,
        goes_beyond=len(codes) < len(warning_store.districts_of(row.places)),
        history=tuple(_step(each, row.kind, visitor=visitor) for each in history),
        **_figures(row, row.kind, visitor=visitor),
    )


def _step(row: EarlyWarningStepRow, kind: Kind, *, visitor: Visitor) -> WarningStep:
    return WarningStep(
        week=row.week,
        state=row.state,
        cause=row.cause,
        codes=_inside(row.places, visitor, code=None),
        into=row.merged_into,
        policy=row.policy,
        snapshot=row.snapshot,
        **_figures(row, kind, visitor=visitor),
    )


def _figures(
    row: EarlyWarningRow | EarlyWarningStepRow, kind: Kind, *, visitor: Visitor
) -> _GroupFigures:
    """The figures of a group; an exact recurrence would tell an exact number of reporters."""
    precision = precision_for(visitor.role, kind)
    members = warning_store.members_of(row.places).values()
    reporters = together([_part(each, precision, visitor=visitor) for each in members])
    weeks = row.recurrence_weeks
    return {
        "since_week": row.since_week,
        "reporters": reporters,
        "expected": row.expected,
        "recurrence_weeks": weeks if reporters.is_exact else weeks_at_least(weeks),
    }


def _part(member: warning_store.Member, precision: Precision, *, visitor: Visitor) -> Shown | None:
    if member.reporters is None or not visitor.covers(member.district):
        return None
    return shown(member.reporters, precision=precision)


def _row(place: WeekPlaceRow, looks: Sequence[LookRow], *, visitor: Visitor) -> WeekRow:
    precision = precision_for(visitor.role, place.kind)
    # A block with too few dwellings shows what a block without reports shows.
    counted = place.reporters if place.dwellings >= SMALLEST_SHOWN else 0
    reporters = shown(counted, precision=precision)
    return WeekRow(
        id=place.id,
        kind=place.kind,
        block=place.block_code,
        neighbourhood=place.neighbourhood,
        dwellings=place.dwellings,
        reporters=reporters,
        expected=place.expected,
        chance=_chance(place, reporters),
        is_new=place.is_new,
        looks=tuple(_look(each, person=visitor.person) for each in looks),
    )


def _chance(place: WeekPlaceRow, reporters: Shown) -> float | None:
    """In steps and beside enough reporters only: it is the chance of the blocks around as well."""
    if place.chance is None or reporters.low < REPORTERS_FOR_COLOUR:
        return None
    return chance_at_most(place.chance)


def _look(row: LookRow, *, person: UUID | None) -> LookMade:
    return LookMade(row.verdict, row.reason, row.role, is_mine=row.person_id == person)
