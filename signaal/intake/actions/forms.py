"""A filled-in form comes in: sent twice, it still is one report with one receipt."""

from dataclasses import replace

import structlog

from signaal.access import actions as access
from signaal.access.model import Act, Purpose
from signaal.clock import AMSTERDAM
from signaal.db import Session
from signaal.errors import TooManyReports, UnknownPlace
from signaal.intake import reading as words_read
from signaal.intake import store
from signaal.intake.actions import keeping
from signaal.intake.model import (
    Categories,
    Channel,
    FormReport,
    PromptWords,
    Reading,
    Receipt,
    SealedPlace,
    Since,
    Urgency,
    keepable,
    keyed,
    more_urgent,
    receipt_from,
)
from signaal.places.model import AddressWords, PlaceFound, PlaceUnclear
from signaal.services import Services
from signaal.visitor import RESIDENT

log = structlog.get_logger()


def take_in_form(services: Services, form: FormReport, *, address: str = "") -> Receipt:
    """Takes in one filled-in form.

    The receipt follows from the form's own random sign, so that a form sent twice gets the same
    one; a form that was changed before it was sent again is another report.

    Args:
        services: The tools of the house.
        form: What was filled in.
        address: The internet address that it came from, where that is to be counted.

    Returns:
        The receipt, which is acute when the numbers that help must stand beside it.

    Raises:
        UnknownPlace: The place can't be found and the reporter did not say to be unsure; the
            reason is a `PlaceReason`. Nothing was kept.
        TooManyReports: So many forms came from this internet address within the hour that this
            one was not kept.
    """
    mark = mark_of(services, form)
    secret = _secret_of(services, mark)
    with services.database.session() as session, session.begin():
        reading = _read(services, session, form)
        place = _place_of(session, form, reading.words)
        row = _draft(services, form, reading, place=place, mark=mark)
        row.receipt_hash = keeping.receipt_hash(services, row.id, secret)
        known = _keep(session, row)
        if known is None:
            _count(services, session, address)
            _seal(services, session, form, row=row, place=place, words=reading.words)
            access.record(
                session,
                visitor=RESIDENT,
                act=Act.REPORT_TAKEN_IN,
                purpose=Purpose.REPORT,
                subject=row.reference,
                now=services.clock.now(),
            )
    log.info("form taken in", report=str((known or row).id), repeated=known is not None)
    acute = reading.urgency is Urgency.ACUTE
    return Receipt((known or row).reference, secret, acute=acute)


def _count(services: Services, session: Session, address: str) -> None:
    limit = services.settings.reports_per_hour
    if not keeping.may_again(services, session, what="report", address=address, limit=limit):
        raise TooManyReports


def describes_somebody(services: Services, text: str) -> bool:
    """Whether the text seems to describe somebody's origin, faith or illness."""
    return words_read.describes_somebody(text, services.policies[PromptWords])


def mark_of(services: Services, form: FormReport) -> str:
    """Stands for this form as it was filled in; without the house's secret it says nothing."""
    return keyed(keeping.pepper_of(services), "form", form.says)


def _secret_of(services: Services, mark: str) -> str:
    return receipt_from(bytes.fromhex(keyed(keeping.pepper_of(services), "secret", mark))).secret


def receipt_again(services: Services, mark: str) -> Receipt | None:
    """The receipt of a form that came in, for whoever holds its mark; None when it isn't there."""
    secret = _secret_of(services, mark)
    with services.database.reading() as session:
        row = store.by_provider_key(session, mark)
        if row is None or row.receipt_hash != keeping.receipt_hash(services, row.id, secret):
            return None
        return Receipt(row.reference, secret, acute=row.urgency is Urgency.ACUTE)


def _read(services: Services, session: Session, form: FormReport) -> Reading:
    """What was filled in, completed by what the free text says."""
    said = keeping.read(services, session, form.text, kind=form.kind)
    words = form.words if form.words.postcode or form.words.street else said.words
    reading = replace(said, language=form.language, words=words)
    if form.category is None:
        return reading
    chosen = services.policies[Categories].of(form.category)
    urgency = more_urgent(chosen.urgency, said.urgency)
    return replace(reading, category=chosen.code, urgency=urgency)


def _place_of(session: Session, form: FormReport, words: AddressWords) -> PlaceFound | PlaceUnclear:
    place = keeping.find(session, words)
    if isinstance(place, PlaceUnclear) and not form.place_unsure:
        raise UnknownPlace(place.reason)
    return place


def _draft(
    services: Services,
    form: FormReport,
    reading: Reading,
    *,
    place: PlaceFound | PlaceUnclear,
    mark: str,
) -> store.ReportRow:
    now = services.clock.now()
    row = keeping.draft(
        services,
        reading,
        channel=Channel.WEB,
        received_at=now,
        reporter=form.contact or f"form:{form.form_id}",
        identified=False,  # nobody has checked whether the address is theirs
        place=place,
        provider_key=mark,
    )
    row.since = form.since
    if form.since is Since.TODAY:
        row.occurred_on = now.astimezone(AMSTERDAM).date()
    return row


def _keep(session: Session, row: store.ReportRow) -> store.ReportRow | None:
    """Keeps the report; returns the one that is there already when this form came in before."""
    while not store.add_report(session, row):
        known = store.by_provider_key(session, row.provider_key or "")
        if known:
            return known
        row.reference = keeping.random_receipt().public
    return None


def _seal(
    services: Services,
    session: Session,
    form: FormReport,
    *,
    row: store.ReportRow,
    place: PlaceFound | PlaceUnclear,
    words: AddressWords,
) -> None:
    keeping.seal(
        services,
        session,
        row.id,
        text=keepable(form.text),
        contact=form.contact,
        place=SealedPlace(words, place.dwelling_id if isinstance(place, PlaceFound) else None),
    )
