"""What reporters wrote, opened for who may read it; the opening is written in the log of acts."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from signaal.access import actions as access
from signaal.access.model import Act, place_key
from signaal.db import Session
from signaal.errors import BrokenSeal
from signaal.intake import store
from signaal.intake.actions import keeping
from signaal.intake.model import UnplacedReport
from signaal.places.model import AddressWords
from signaal.privacy import actions as sealing
from signaal.services import Services
from signaal.visitor import Visitor

REFERENCES_PER_DETAIL = 17
"""So many references fit in one detail of a line in the log of acts."""


@dataclass(frozen=True)
class Said:
    """What could be opened of some reports.

    Attributes:
        texts: What was said, by report.
        additions: What was added since, by report.
        places: Keyed hashes of the addresses that they are about, for the log of acts.
    """

    texts: Mapping[UUID, str] = field(default_factory=dict)
    additions: Mapping[UUID, tuple[str, ...]] = field(default_factory=dict)
    places: frozenset[str] = frozenset()


def note_texts(
    services: Services,
    session: Session,
    rows: Sequence[store.ReportRow] | Sequence[UnplacedReport],
    *,
    said: Said,
    visitor: Visitor,
    purpose: str,
) -> None:
    """One line in the log of acts for all texts that are shown at once."""
    opened = [row.reference for row in rows if row.id in said.texts]
    if opened:
        access.record(
            session,
            visitor=visitor,
            act=Act.TEXT_OPENED,
            purpose=purpose,
            subject=opened[0] if len(opened) == 1 else "",
            now=services.clock.now(),
            details=dict(_details(opened)),
            places=said.places,
        )


def _details(references: Sequence[str]) -> Iterator[tuple[str, str | int]]:
    yield "count", len(references)
    for start in range(0, len(references), REFERENCES_PER_DETAIL):
        some = references[start : start + REFERENCES_PER_DETAIL]
        yield f"references_{start // REFERENCES_PER_DETAIL + 1}", ",".join(some)


def open_texts(services: Services, session: Session, report_ids: Sequence[UUID]) -> Said:
    """The texts that can be opened: without those destroyed, and those whose seal is broken."""
    sealed = store.sealed(session, report_ids)
    key_ids = [row.key_id for row in sealed.values()]
    keys = sealing.find_keys(session, key_ids, master_key=services.settings.master_key)
    added = defaultdict(list)
    for addition in store.additions(session, report_ids):
        added[addition.report_id].append(addition.text)
    texts: dict[UUID, str] = {}
    additions: dict[UUID, tuple[str, ...]] = {}
    about: set[str] = set()
    for report_id, row in sealed.items():
        if row.key_id in keys and row.text is not None:
            with keeping.despite_a_broken_seal(report_id):
                key = _whole(keys[row.key_id])
                texts[report_id] = key.open(row.text)
                additions[report_id] = tuple(key.open(each) for each in added[report_id])
                about |= address_keys(services, keeping.place_in(key, row).words)
    return Said(texts, additions, frozenset(about))


def address_keys(services: Services, words: AddressWords) -> set[str]:
    """The keyed hash of this address, where it was said as a postcode with a number."""
    if not (words.postcode and words.number):
        return set()
    number = f"{words.number}{words.letter or ''}{words.addition or ''}"
    pepper = keeping.pepper_of(services)
    return {place_key(postcode=words.postcode, number=number, pepper=pepper)}


def _whole(key: sealing.DataKey | None) -> sealing.DataKey:
    if key is None:
        raise BrokenSeal
    return key
