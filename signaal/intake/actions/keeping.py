"""What every way in shares: a new row, the seal, the place, the receipt's keyed hash."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import structlog
from uuid_utils.compat import uuid7

from signaal.access import actions as access
from signaal.clock import week_of
from signaal.db import Session
from signaal.errors import BrokenSeal
from signaal.intake import store
from signaal.intake.model import (
    ADDRESS_WINDOW,
    RECEIPT_BYTES,
    Categories,
    Channel,
    Kind,
    Reading,
    Receipt,
    ReportStatus,
    SealedPlace,
    keyed,
    network_of,
    receipt_from,
)
from signaal.intake.reading import read_followup, read_message
from signaal.places import actions as places
from signaal.places.model import AddressWords, PlaceFound, PlaceReason, PlaceUnclear
from signaal.privacy import actions as sealing
from signaal.privacy.model import reporter_token
from signaal.services import Services

log = structlog.get_logger()


def pepper_of(services: Services) -> str:
    """The installation's secret behind tokens and keyed hashes."""
    return services.settings.reporter_pepper.get_secret_value()


def random_receipt() -> Receipt:
    """A receipt that nobody can guess."""
    return receipt_from(os.urandom(RECEIPT_BYTES))


def receipt_hash(services: Services, report_id: UUID, secret: str) -> str:
    """What is kept of a receipt's secret."""
    return keyed(pepper_of(services), "receipt", str(report_id), secret)


def may_again(services: Services, session: Session, *, what: str, address: str, limit: int) -> bool:
    """Counts what one internet address asks for; False beyond the limit within an hour.

    Args:
        services: The tools of the house.
        session: The transaction of what is asked for.
        what: Which count it is.
        address: The visitor's internet address; kept for an hour as a keyed hash. Where it isn't
            known, nothing is counted.
        limit: How often within an hour.
    """
    if not address:
        return True
    return access.count_try(
        session,
        key=keyed(pepper_of(services), "address", what, network_of(address)),
        limit=limit,
        silence=ADDRESS_WINDOW,
        now=services.clock.now(),
    )


def read(services: Services, session: Session, body: str, *, kind: Kind | None = None) -> Reading:
    """Reads a text; the town's streets are fetched only where no postcode says enough."""
    categories = services.policies[Categories]
    reading = read_message(body, categories=categories, streets=(), kind=kind)
    if _says_enough(reading.words) or not body.strip():
        return reading
    streets = places.street_names(session)
    return read_message(body, categories=categories, streets=streets, kind=kind)


def read_answer(session: Session, body: str) -> AddressWords:
    """Reads the answer to the question where it is."""
    words = read_followup(body)
    if _says_enough(words) or not body.strip():
        return words
    return read_followup(body, streets=places.street_names(session))


def _says_enough(words: AddressWords) -> bool:
    return words.postcode is not None and words.number is not None


def find(session: Session, words: AddressWords) -> PlaceFound | PlaceUnclear:
    """The place that these words mean; without postcode or street nothing was said."""
    if words.postcode or words.street:
        return places.find_place(session, words)
    return PlaceUnclear(PlaceReason.NOTHING_SAID)


def draft(
    services: Services,
    reading: Reading,
    *,
    channel: Channel,
    received_at: datetime,
    reporter: str,
    identified: bool,
    place: PlaceFound | PlaceUnclear,
    provider_key: str,
) -> store.ReportRow:
    """A new report, not kept yet; `reporter` is a lasting sign of one: a number, an address."""
    week = week_of(received_at)
    return store.ReportRow(
        id=uuid7(),
        reference=random_receipt().public,
        channel=channel,
        kind=reading.kind,
        category=reading.category,
        urgency=reading.urgency,
        received_at=received_at,
        week=week,
        block_id=place.block_id if isinstance(place, PlaceFound) else None,
        reporter_token=reporter_token(reporter, week=week, pepper=pepper_of(services)),
        identified=identified,
        status=ReportStatus.RECEIVED,
        language=reading.language,
        changed_at=services.clock.now(),
        provider_key=provider_key,
    )


def seal(
    services: Services,
    session: Session,
    report_id: UUID,
    *,
    text: str,
    contact: str | None,
    place: SealedPlace,
) -> None:
    """Seals what only a case may open, with a data key of this report's own."""
    key = sealing.new_key(session, key_id=uuid7(), master_key=services.settings.master_key)
    store.add_sealed(
        session,
        store.SealedReportRow(
            report_id=report_id,
            key_id=key.id,
            text=key.seal(text),
            contact=key.seal(contact) if contact else None,
            dwelling=key.seal(place.to_json()),
        ),
    )


def key_of(
    services: Services, session: Session, sealed: store.SealedReportRow
) -> sealing.DataKey | None:
    """The report's data key, or None when it was destroyed.

    Raises:
        BrokenSeal: The key itself can't be opened.
    """
    return sealing.find_key(session, key_id=sealed.key_id, master_key=services.settings.master_key)


@contextmanager
def despite_a_broken_seal(report_id: UUID) -> Iterator[None]:
    """Ends what is opened here where a seal is broken, and says so: one report stops no other."""
    try:
        yield
    except BrokenSeal:
        log.exception("seal broken", report=str(report_id))


@dataclass(frozen=True)
class Opened:
    """All that is sealed of one report, opened.

    Attributes:
        text: What was said; None when it was destroyed.
        contact: How to reach the reporter; None without one.
        place: Where it is; None when it was destroyed.
        additions: What was added later, oldest first, with the rows that hold it.
    """

    text: str | None
    contact: str | None
    place: SealedPlace | None
    additions: tuple[tuple[store.ReportAdditionRow, str], ...] = ()

    def with_text(self, text: str | None) -> "Opened":
        """The same with another text, or none: older words about the place go along."""
        place = replace(self.place, said="") if self.place else None
        return replace(self, text=text, place=place)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to seal."""
        return self.text is None and self.contact is None and self.place is None


def open_all(services: Services, session: Session, report_id: UUID) -> Opened | None:
    """All that is sealed of one report; None when nothing is, or its key was destroyed.

    Raises:
        BrokenSeal: A part of it can't be opened.
    """
    sealed = store.sealed(session, [report_id]).get(report_id)
    key = key_of(services, session, sealed) if sealed else None
    if sealed is None or key is None:
        return None
    return Opened(
        text=key.open(sealed.text) if sealed.text is not None else None,
        contact=key.open(sealed.contact) if sealed.contact is not None else None,
        place=place_in(key, sealed) if sealed.dwelling is not None else None,
        additions=tuple((row, key.open(row.text)) for row in store.additions(session, [report_id])),
    )


def seal_anew(services: Services, session: Session, report_id: UUID, opened: Opened) -> None:
    """Seals what is left of a report with a new key, and destroys the old one.

    So what was left out, or said otherwise, can't be opened any more: not in a backup either.
    """
    sealed = store.sealed(session, [report_id])[report_id]
    if opened.is_empty:
        unseal(session, report_id)
        return
    sealing.destroy_key(session, sealed.key_id)
    key = sealing.new_key(session, key_id=uuid7(), master_key=services.settings.master_key)
    sealed.key_id = key.id
    sealed.text = key.seal(opened.text) if opened.text is not None else None
    sealed.contact = key.seal(opened.contact) if opened.contact is not None else None
    sealed.dwelling = key.seal(opened.place.to_json()) if opened.place is not None else None
    for row, text in opened.additions:
        row.text = key.seal(text)


def unseal(session: Session, report_id: UUID) -> None:
    """Destroys all that was sealed of a report: the key first, and then the rows."""
    sealed = store.sealed(session, [report_id]).get(report_id)
    if sealed:
        sealing.destroy_key(session, sealed.key_id)
    store.drop_sealed(session, report_id)


def place_in(key: sealing.DataKey, sealed: store.SealedReportRow) -> SealedPlace:
    """The place under the seal."""
    if sealed.dwelling is None:
        return SealedPlace(AddressWords())
    return SealedPlace.from_json(key.open(sealed.dwelling))
