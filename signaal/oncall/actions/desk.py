"""What colleagues do with a night case on its page; each act is in the log of acts."""

from uuid import UUID

from signaal.access.actions import record
from signaal.access.model import Purpose
from signaal.access.model.audit import Act
from signaal.db import Session
from signaal.errors import ImpossibleStep, NotAllowed
from signaal.intake.actions.night import report_at_night
from signaal.oncall import store
from signaal.oncall.actions.cases import caller_number, end, held, take
from signaal.oncall.actions.overview import REPORT_KEY, duty_of
from signaal.oncall.model import (
    OWING,
    CaseResult,
    CaseSource,
    CaseState,
    NightReading,
    Why,
    masked_number,
    may_read_still,
    may_see,
    sees_address,
    sees_masked_number,
)
from signaal.oncall.store import NightCaseRow
from signaal.places.model import AddressWords
from signaal.services import Services
from signaal.visitor import Visitor


def acknowledge(services: Services, case_id: UUID, *, visitor: Visitor, by: str) -> bool:
    """Somebody takes the case on the page; the alarm and the paging stop.

    Args:
        services: The tools of the house.
        case_id: Which case.
        visitor: Who acts.
        by: Under which name they stand in its history.

    Returns:
        Whether this person has it now; False when somebody else was first.

    Raises:
        UnknownCase: There is no such case.
        NotAllowed: It is out of this visitor's reach.
    """
    with services.database.session() as session, session.begin():
        case = _within(session, services, case_id, visitor=visitor)
        taken = take(session, services, case, who=by, why=Why.TAKES_ON_PAGE)
        if taken:
            _record(session, services, visitor, act=Act.ALARM_ACKNOWLEDGED, case=case)
        return taken


def close(
    services: Services, case_id: UUID, *, visitor: Visitor, by: str, result: CaseResult
) -> None:
    """Somebody closes a case with one of the results; closing twice changes nothing.

    Raises:
        UnknownCase: There is no such case.
        NotAllowed: It is out of this visitor's reach.
        ImpossibleStep: A caller is on the line.
    """
    with services.database.session() as session, session.begin():
        case = _within(session, services, case_id, visitor=visitor)
        if case.state is CaseState.CLOSED:
            return
        if case.state in OWING:
            take(session, services, case, who=by, why=Why.TAKES_ON_PAGE)
        end(session, services, case, who=by, result=result)
        _record(session, services, visitor, act=Act.NIGHT_CASE_MOVED_ON, case=case)


def open_reports(services: Services, case_id: UUID, *, visitor: Visitor) -> NightReading:
    """What the reports of an open case say; that it was opened is written down first.

    Args:
        services: The tools of the house.
        case_id: Which case.
        visitor: Who reads. A duty contact also sees the end of the neighbour's number and, after
            the PIN, the address.

    Raises:
        UnknownCase: There is no such case.
        NotAllowed: It is out of this visitor's reach.
        ImpossibleStep: The case is closed, or a duty contact's hours for it are over.
    """
    with services.database.session() as session, session.begin():
        case = _within(session, services, case_id, visitor=visitor)
        still = may_read_still(visitor, opened_at=case.opened_at, now=services.clock.now())
        if case.state is CaseState.CLOSED or not still:
            raise ImpossibleStep(f"{case.id}: not readable for {visitor.role}")
        reading, about = _read(session, services, case, visitor=visitor)
        _record_reading(session, services, visitor, case=case, reading=reading, about=about)
    return reading


def _read(
    session: Session, services: Services, case: NightCaseRow, *, visitor: Visitor
) -> tuple[NightReading, frozenset[str]]:
    """What is shown, and keyed hashes of the addresses that it is about."""
    contacts = store.contacts_of(session, [case.id])
    keys = [each.key for each in contacts if each.source is CaseSource.REPORT]
    with_place = sees_address(visitor) and visitor.has_pin
    opened = [
        report_at_night(session, services, key.removeprefix(REPORT_KEY), with_place=with_place)
        for key in keys
    ]
    number = caller_number(session, services, case) if sees_masked_number(visitor) else None
    reading = NightReading(
        texts=tuple(report.text for report in opened),
        additions=tuple(report.additions for report in opened),
        number=masked_number(number) if number else None,
        addresses=tuple(dict.fromkeys(_in_words(each.place) for each in opened if each.place)),
        asks_pin=bool(keys) and sees_address(visitor) and not visitor.has_pin,
    )
    return reading, frozenset().union(*(report.about for report in opened))


def _in_words(place: AddressWords) -> str:
    number = "" if place.number is None else str(place.number)
    house = " ".join(part for part in (number + (place.letter or ""), place.addition) if part)
    return " ".join(part for part in (place.street, house, place.postcode) if part)


def _record_reading(
    session: Session,
    services: Services,
    visitor: Visitor,
    *,
    case: NightCaseRow,
    reading: NightReading,
    about: frozenset[str],
) -> None:
    shown = {
        Act.NIGHT_TEXT_OPENED: bool(reading.texts),
        Act.NIGHT_CONTACT_OPENED: reading.number is not None,
        Act.NIGHT_DWELLING_OPENED: any(reading.addresses),
    }
    for act in (each for each, is_shown in shown.items() if is_shown):
        _record(session, services, visitor, act=act, case=case, about=about)


def _within(
    session: Session, services: Services, case_id: UUID, *, visitor: Visitor
) -> NightCaseRow:
    """The case, held, if it is within this visitor's reach."""
    case = held(session, case_id)
    allowed = may_see(
        visitor,
        district=case.district,
        opened_at=case.opened_at,
        now=services.clock.now(),
        duty=duty_of(services, visitor, opened_at=case.opened_at),
    )
    if not allowed:
        raise NotAllowed("night_case")
    return case


def _record(
    session: Session,
    services: Services,
    visitor: Visitor,
    *,
    act: Act,
    case: NightCaseRow,
    about: frozenset[str] = frozenset(),
) -> None:
    record(
        session,
        visitor=visitor,
        act=act,
        purpose=Purpose.TONIGHT,
        subject=str(case.id),
        now=services.clock.now(),
        places=about,
    )
