"""A town of four blocks, and a neighbour with a telephone."""

from itertools import count

import pytest

from signaal.intake import actions, store
from signaal.ports import InboundText
from signaal.privacy import actions as sealing
from tests.intake.town import build_town

LINE = "+3197010200300"
NEIGHBOUR = "+31612345001"


@pytest.fixture
def town(services) -> dict[str, int]:
    """Ids of the blocks by their lowest postcode."""
    return build_town(services)


@pytest.fixture
def texts_in(services, clock, town):
    """Takes a text message in, as the carrier's webhook would."""
    numbers = count(1)

    def take_in(body, *, sender=NEIGHBOUR, sid=None):
        sid = sid or f"SM{next(numbers)}"
        actions.take_in_sms(services, InboundText(sid, sender, LINE, body, clock.now()))

    return take_in


@pytest.fixture
def replies(services):
    """What Signaal answered to a number, oldest first."""
    from signaal.messages import actions as messages

    def to(number=NEIGHBOUR):
        settings = services.settings
        with services.database.reading() as session:
            return [text.body for text in messages.texts_to(session, number, settings=settings)]

    return to


@pytest.fixture
def reports(services):
    """All reports, oldest first."""

    def read():
        from sqlmodel import select

        with services.database.reading() as session:
            found = session.exec(select(store.ReportRow)).all()
            session.expunge_all()
            return sorted(found, key=lambda row: row.id)

    return read


@pytest.fixture
def opened(services):
    """Text, contact and place of a report, opened from the seal."""

    def read(row):
        with services.database.reading() as session:
            sealed = store.sealed(session, [row.id])[row.id]
            key = sealing.find_key(
                session, key_id=sealed.key_id, master_key=services.settings.master_key
            )
            parts = (sealed.text, sealed.contact, sealed.dwelling)
            return tuple(key.open(part) if part else None for part in parts)

    return read


def acts(services, act=None):
    """The lines of the log of acts, oldest first; of one act if it is given."""
    from sqlmodel import select

    from signaal.access.store.audit import AuditEntryRow

    with services.database.reading() as session:
        found = session.exec(select(AuditEntryRow).order_by(AuditEntryRow.seq)).all()
        session.expunge_all()
    return [row for row in found if act in {None, row.act}]
