"""Reading the log, which is an act itself; dated questions of two people; where staff live."""

from contextlib import suppress
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from signaal.access.actions.audit import record
from signaal.access.model.audit import Act, place_key
from signaal.access.model.people import OrganisationKind
from signaal.access.model.review import (
    LAPSES_AFTER,
    OPEN_FOR,
    PAGE,
    READS_LOG,
    Inquiry,
    LogPage,
    Wanted,
    usable_home,
    usable_reason,
    usable_reference,
)
from signaal.access.model.roles import Purpose
from signaal.access.model.striking import RELEVANT, MonthlyList, month_bounds
from signaal.access.model.striking import striking as stands_out
from signaal.access.store import audit_review as store
from signaal.access.store import people as people_store
from signaal.db import Session
from signaal.errors import BrokenSeal, NotAllowed, UnknownInquiry, UnusableInquiry
from signaal.privacy import actions as privacy
from signaal.privacy.model import KeyPurpose
from signaal.services import Services
from signaal.visitor import Visitor


def entries(
    services: Services, *, visitor: Visitor, wanted: Wanted, before: int | None = None
) -> LogPage:
    """One page of the log, after writing down that it was read.

    Args:
        services: The services.
        visitor: An auditor or data protection officer.
        wanted: Which lines; those of other organisations only for who works for a municipality.
        before: Only lines with a lower number.

    Raises:
        NotAllowed: This role doesn't read the log.
    """
    _note_reading(services, visitor, subject=_loggable(wanted), month=wanted.month)
    with services.database.reading() as session:
        found = store.page(
            session,
            wanted,
            within=_reach(session, visitor),
            between=_bounds(wanted),
            before=before,
            limit=PAGE + 1,
        )
        lines = tuple(found[:PAGE])
        people = {line.person for line in lines if line.person}
        emails = store.emails(session, people)
    return LogPage(lines, lines[-1].seq if len(found) > PAGE else None, emails)


def striking(services: Services, *, visitor: Visitor, year: int, month: int) -> MonthlyList:
    """What stands out in a month, after writing down that it was asked.

    Raises:
        NotAllowed: This role doesn't read the log.
    """
    _note_reading(services, visitor, subject="striking", month=datetime(year, month, 1))  # noqa: DTZ001 - a month has no zone
    with services.database.reading() as session:
        rows = stands_out(
            store.month(
                session,
                acts=RELEVANT,
                within=_reach(session, visitor),
                between=month_bounds(year, month),
            )
        )
        emails = store.emails(session, {row.person for row in rows if row.person})
    return MonthlyList(year, month, tuple(rows), emails)


def _note_reading(
    services: Services, visitor: Visitor, *, subject: str, month: object = None
) -> None:
    """A look at the log is an act; it is committed before anything is shown."""
    _require_reader(visitor)
    details = {"month": f"{month:%Y-%m}"} if month else {}
    with services.database.session() as session, session.begin():
        record(
            session,
            visitor=visitor,
            act=Act.LOG_READ,
            purpose=Purpose.AUDIT,
            subject=subject,
            now=services.clock.now(),
            details=details,
        )


def _require_reader(visitor: Visitor) -> None:
    if visitor.role not in READS_LOG:
        raise NotAllowed("log")


def _loggable(wanted: Wanted) -> str:
    """Whose or what lines were asked for, as the log itself may hold it."""
    if wanted.person:
        return str(wanted.person)
    with suppress(ValueError):
        return str(UUID(wanted.subject))
    with suppress(UnusableInquiry):
        return usable_reference(wanted.subject)
    return ""  # whatever else was typed may be a name or a number


def _bounds(wanted: Wanted) -> tuple[datetime, datetime] | None:
    return month_bounds(wanted.month.year, wanted.month.month) if wanted.month else None


def _reach(session: Session, visitor: Visitor) -> UUID | None:
    """A municipality's people read everybody's lines, others those of their own organisation.

    Raises:
        NotAllowed: Nobody knows for whom they work.
    """
    if visitor.organisation is None:
        raise NotAllowed("organisation")
    own = people_store.organisations(session, only=visitor.organisation)
    is_municipality = any(each.kind is OrganisationKind.MUNICIPALITY for each in own)
    return None if is_municipality else visitor.organisation


# -- dated questions ------------------------------------------------------------------------


def ask_inquiry(services: Services, *, visitor: Visitor, reference: str, reason: str) -> UUID:
    """Asks to read one report's text; nothing opens until a second person agrees.

    Args:
        services: The services.
        visitor: An auditor or data protection officer.
        reference: The report's public reference.
        reason: Why, in a sentence; it is kept sealed.

    Raises:
        NotAllowed: This role asks no such questions.
        UnusableInquiry: No reference, or no reason.
    """
    person, organisation = _watcher(visitor)
    about, why = usable_reference(reference), usable_reason(reason)
    now = services.clock.now()
    inquiry_id = uuid7()
    with services.database.session() as session, session.begin():
        row = store.InquiryRow(
            id=inquiry_id,
            organisation_id=organisation,
            reference=about,
            reason_sealed=_key(session, services).seal(why, about=_place_of(inquiry_id)),
            asked_at=now,
            asked_by=person,
        )
        store.add_inquiry(session, row)
        _note_inquiry(session, visitor, act=Act.INQUIRY_ASKED, row=row, now=now)
    return inquiry_id


def agree_inquiry(services: Services, *, visitor: Visitor, inquiry: UUID) -> str:
    """Agrees to somebody else's question; returns the reference of the report that opens.

    Raises:
        NotAllowed: This role agrees to no such questions.
        UnknownInquiry: No question of this organisation waits under this id.
        UnusableInquiry: It is the asker's own.
    """
    person, organisation = _watcher(visitor)
    now = services.clock.now()
    with services.database.session() as session, session.begin():
        row = store.inquiry(session, inquiry, organisation=organisation)
        if row is None or row.agreed_at or row.asked_at <= now - LAPSES_AFTER:
            raise UnknownInquiry
        if row.asked_by == person:
            raise UnusableInquiry("same_person")
        if not store.agree(session, inquiry, person=person, now=now):
            raise UnknownInquiry  # somebody was first, this very moment
        _note_inquiry(session, visitor, act=Act.INQUIRY_AGREED, row=row, now=now)
        return row.reference


def open_inquiries(
    services: Services, *, visitor: Visitor
) -> tuple[list[Inquiry], dict[UUID, str]]:
    """The questions that wait or are open, with their reasons, after writing down who looked.

    Returns:
        The questions, the newest first; and the e-mail addresses of those in them.

    Raises:
        NotAllowed: This role doesn't see them.
    """
    _person, organisation = _watcher(visitor)
    _note_reading(services, visitor, subject="inquiries")
    now = services.clock.now()
    with services.database.reading() as session:
        rows = store.inquiries(
            session,
            organisation=organisation,
            asked_after=now - LAPSES_AFTER,
            agreed_after=now - OPEN_FOR,
        )
        key = _key(session, services) if rows else None
        found = [_inquiry(row, key) for row in rows]
        people = {person for row in rows for person in (row.asked_by, row.agreed_by) if person}
        return found, store.emails(session, people)


def may_open_on_question(
    session: Session, *, visitor: Visitor, reference: str, now: datetime
) -> bool:
    """Whether two people agreed, in the last seven days, that this one of them reads this text."""
    return (
        visitor.role in READS_LOG
        and visitor.person is not None
        and store.is_agreed(
            session,
            reference=reference,
            person=visitor.person,
            agreed_after=now - OPEN_FOR,
            now=now,
        )
    )


def _watcher(visitor: Visitor) -> tuple[UUID, UUID]:
    """Person and organisation of who may ask and agree."""
    _require_reader(visitor)
    if visitor.person is None or visitor.organisation is None:
        raise NotAllowed("organisation")
    return visitor.person, visitor.organisation


def _note_inquiry(
    session: Session, visitor: Visitor, *, act: Act, row: store.InquiryRow, now: datetime
) -> None:
    record(
        session,
        visitor=visitor,
        act=act,
        purpose=Purpose.AUDIT,
        subject=row.reference,
        now=now,
        details={"inquiry": str(row.id)},
    )


def _inquiry(row: store.InquiryRow, key: privacy.GroupKey | None) -> Inquiry:
    try:
        reason = key.open(row.reason_sealed, about=_place_of(row.id)) if key else ""
    except BrokenSeal:
        reason = ""
    return Inquiry(
        id=row.id,
        reference=row.reference,
        asked_at=row.asked_at,
        asked_by=row.asked_by,
        reason=reason,
        agreed_at=row.agreed_at,
        agreed_by=row.agreed_by,
    )


def _place_of(inquiry_id: UUID) -> str:
    return f"inquiry {inquiry_id} reason"


def _key(session: Session, services: Services) -> privacy.GroupKey:
    return privacy.group_key(
        session, purpose=KeyPurpose.LOG, master_key=services.settings.master_key
    )


# -- homes ----------------------------------------------------------------------------------


def register_home(services: Services, *, visitor: Visitor, postcode: str, number: str) -> None:
    """Keeps where somebody of the staff lives, as a keyed hash that can only be compared.

    Raises:
        NotAllowed: Nobody has signed in.
        UnknownPlace: This can't be an address.
    """
    person = _somebody(visitor)
    code, house = usable_home(postcode, number)
    key = place_key(
        postcode=code,
        number=house,
        pepper=services.settings.reporter_pepper.get_secret_value(),
    )
    with services.database.session() as session, session.begin():
        store.set_home(session, person, key)
        _note_home(session, services, visitor=visitor, act=Act.HOME_REGISTERED)


def forget_home(services: Services, *, visitor: Visitor) -> None:
    """Forgets where somebody of the staff lives."""
    person = _somebody(visitor)
    with services.database.session() as session, session.begin():
        store.forget_home(session, person)
        _note_home(session, services, visitor=visitor, act=Act.HOME_FORGOTTEN)


def has_home(services: Services, *, visitor: Visitor) -> bool:
    """Whether somebody has said where they live."""
    with services.database.reading() as session:
        return visitor.person is not None and store.has_home(session, visitor.person)


def _somebody(visitor: Visitor) -> UUID:
    if visitor.person is None:
        raise NotAllowed("person")
    return visitor.person


def _note_home(session: Session, services: Services, *, visitor: Visitor, act: Act) -> None:
    record(
        session,
        visitor=visitor,
        act=act,
        purpose=Purpose.AUDIT,
        subject=str(visitor.person),
        now=services.clock.now(),
    )
