"""Keeps what must be said until it has arrived: enqueue, deliver, hear what became of it."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import structlog
from uuid_utils.compat import uuid7

from signaal.db import Session
from signaal.errors import BrokenSeal, CarrierError
from signaal.messages import store
from signaal.messages.actions import copies, words
from signaal.messages.model import (
    FINISHED,
    LEASE,
    OPERATOR_PAUSE,
    MessageChannel,
    OutboxState,
    Queued,
    SentText,
    Words,
    after_status,
    later,
    wait_after,
)
from signaal.ports import CopyKind, OutboundCall, OutboundMail, OutboundText
from signaal.privacy.actions import destroy_key
from signaal.services import Services
from signaal.settings import Settings

LONGEST_ERROR = 200

log = structlog.get_logger()


def enqueue_text(
    session: Session,
    *,
    key: str,
    line: str,
    to: str,
    body: str,
    urgent: bool,
    settings: Settings,
    now: datetime,
    drop_after: datetime | None = None,
) -> UUID:
    """Puts a text message in the outbox, in the caller's transaction; once for each key.

    Args:
        session: The caller's session, in its transaction.
        key: What makes this message the same one when it is asked for again.
        line: The number it is sent from, E.164.
        to: Who gets it, E.164.
        body: What it says.
        urgent: Goes before all that isn't.
        settings: Hold the master key, by which words and number are sealed from the first row on.
        now: The present instant.
        drop_after: After this instant it is no longer worth sending.

    Returns:
        The id of the message that is kept under this key.
    """
    row = _row(
        MessageChannel.SMS, key=key, line=line, urgent=urgent, now=now, drop_after=drop_after
    )
    return _keep(session, row, Words(to=to, body=body), settings=settings)


def enqueue_call(
    session: Session,
    *,
    key: str,
    line: str,
    to: str,
    answer_path: str,
    ring_seconds: int,
    settings: Settings,
    now: datetime,
    drop_after: datetime | None = None,
) -> UUID:
    """Puts a call in the outbox, in the caller's transaction; once for each key, always urgent.

    Args:
        session: The caller's session, in its transaction.
        key: What makes this call the same one when it is asked for again.
        line: The number that is shown, E.164.
        to: Who is rung, E.164.
        answer_path: Path on our public URL that says what is heard; ids only.
        ring_seconds: How long to let it ring.
        settings: Hold the master key, by which the number is sealed from the first row on.
        now: The present instant.
        drop_after: After this instant it is no longer worth making.

    Returns:
        The id of the call that is kept under this key.
    """
    row = _row(MessageChannel.CALL, key=key, line=line, urgent=True, now=now, drop_after=drop_after)
    row.answer_path, row.ring_seconds = answer_path, ring_seconds
    return _keep(session, row, Words(to=to, body=""), settings=settings)


def enqueue_mail(
    session: Session,
    *,
    key: str,
    to: str,
    subject: str,
    body: str,
    settings: Settings,
    now: datetime,
    drop_after: datetime | None = None,
) -> UUID:
    """Puts an e-mail in the outbox, in the caller's transaction; once for each key, never urgent.

    Args:
        session: The caller's session, in its transaction.
        key: What makes this mail the same one when it is asked for again.
        to: The address.
        subject: What it is about, on one line.
        body: What it says, in plain text.
        settings: Hold the master key, by which words and address are sealed from the first row on.
        now: The present instant.
        drop_after: After this instant it is no longer worth sending.

    Returns:
        The id of the mail that is kept under this key.
    """
    row = _row(MessageChannel.MAIL, key=key, line="", urgent=False, now=now, drop_after=drop_after)
    return _keep(session, row, Words(to=to, body=body, subject=subject), settings=settings)


def _row(
    channel: MessageChannel,
    *,
    key: str,
    line: str,
    urgent: bool,
    now: datetime,
    drop_after: datetime | None,
) -> store.OutboxRow:
    """A message that is due now; number and words come to it sealed."""
    return store.OutboxRow(
        id=uuid7(),
        key=key,
        channel=channel,
        state=OutboxState.QUEUED,
        line=line,
        urgent=urgent,
        next_attempt_at=now,
        created_at=now,
        drop_after=drop_after,
    )


def _keep(session: Session, row: store.OutboxRow, said: Words, *, settings: Settings) -> UUID:
    words.seal(session, row, said, settings=settings)
    kept = store.add_once(session, row)
    if kept != row.id:
        destroy_key(session, row.id)
    return kept


def drop(session: Session, *, key_prefix: str) -> int:
    """Drops what still waits under keys that begin so; returns how many.

    Raises:
        ValueError: The prefix is empty: that would drop everything.
    """
    if not key_prefix:
        raise ValueError("an empty prefix would drop every message")
    return store.drop(session, key_prefix=key_prefix)


def known_keys(session: Session, keys: Collection[str]) -> set[str]:
    """Those of these keys under which a message was put in the outbox."""
    return store.known_keys(session, keys)


def state_of(session: Session, key: str) -> OutboxState | None:
    """How far the message with this key has come; None if there is none."""
    return store.state_of(session, key)


def texts_to(session: Session, number: str, *, settings: Settings) -> list[SentText]:
    """The text messages to this number, oldest first, while their words are kept."""
    rows = store.texts_to(session, number, sign=words.sign_of(number, settings=settings))
    opened = words.open_all(session, rows, settings=settings)
    return [
        SentText(body=opened[row.id].body, created_at=row.created_at, state=row.state)
        for row in rows
        if row.id in opened
    ]


def deliver_due(services: Services, *, limit: int = 50) -> int:
    """Hands what is due to the carrier, urgent first; returns how many the carrier has taken.

    1. A message is claimed with a lease, and the transaction is committed.
    2. The session is closed: a slow carrier never holds up the database.
    3. From the second attempt on the carrier is asked whether it has the message already: the
       first try may have arrived although we never heard so.
    4. The carrier is called.
    5. A second transaction stores what came of it, unless somebody else has taken over.

    Args:
        services: The tools of the house.
        limit: How many messages to try at most in this run.
    """
    taken = 0
    for _ in range(limit):
        message = _claim(services)
        if message is None:
            break
        try:
            taken += _deliver(services, message)
        except CarrierError as error:
            _refused(services, message, error)
    return taken


def _claim(services: Services) -> Queued | None:
    """Claims the most pressing message whose seal can be opened."""
    now, mark = services.clock.now(), uuid7()
    with services.database.session() as session, session.begin():
        while row := store.claim_next(session, now=now, lease_until=now + LEASE, claimed_by=mark):
            try:
                said = words.open_one(session, row, settings=services.settings)
            except BrokenSeal:
                _set_aside(row, now=now)
                session.flush()
                continue
            return store.queued(row, said)
    return None


def _set_aside(row: store.OutboxRow, *, now: datetime) -> None:
    """Lets a message wait whose seal is broken: with the right master key it can still be sent."""
    words.tell_broken(row)
    row.state = OutboxState.QUEUED
    row.last_error = "seal"
    row.next_attempt_at = now + wait_after(row.attempts)


def _deliver(services: Services, message: Queued) -> int:
    if message.drop_after is not None and message.drop_after <= services.clock.now():
        _settle(services, message, state=OutboxState.DROPPED)
        return 0
    if message.channel is MessageChannel.MAIL:
        _hand_over_mail(services, message)
        _settle(services, message, state=OutboxState.SENT)
        return 1
    outbound = _outbound(message)
    sid = _found_at_carrier(services, message, outbound) if message.attempts > 1 else None
    if sid is None:
        sid = _hand_over(services, outbound)
    _settle(services, message, state=OutboxState.SENT, sid=sid)
    return 1


def _outbound(message: Queued) -> OutboundText | OutboundCall:
    if message.channel is MessageChannel.SMS:
        return OutboundText(
            outbox_id=message.id,
            from_number=message.line,
            to_number=message.words.to,
            body=message.words.body,
        )
    return OutboundCall(
        outbox_id=message.id,
        from_number=message.line,
        to_number=message.words.to,
        answer_path=message.answer_path,
        ring_seconds=message.ring_seconds,
    )


def _hand_over(services: Services, outbound: OutboundText | OutboundCall) -> str:
    if isinstance(outbound, OutboundCall):
        return services.carrier.place_call(outbound)
    return services.carrier.send_text(outbound)


def _hand_over_mail(services: Services, message: Queued) -> None:
    """No mail server can be asked whether it has a mail already: the mail's own id says so."""
    if services.mailer is None:
        raise CarrierError("no mail server is set", permanent=False, operator=True)
    said = message.words
    services.mailer.send_mail(OutboundMail(message.id, said.to, said.subject, said.body))


def _found_at_carrier(
    services: Services, message: Queued, outbound: OutboundText | OutboundCall
) -> str | None:
    with services.database.reading() as session:
        sign = words.sign_of(message.words.to, settings=services.settings)
        taken = store.sids_to(session, message.words.to, sign=sign)
    return services.carrier.sent_before(outbound, since=message.created_at, taken=taken)


def _settle(
    services: Services, message: Queued, *, state: OutboxState, sid: str | None = None
) -> None:
    """Stores the outcome of an attempt. That it was sent is true whoever holds the claim now."""
    with services.database.session() as session, session.begin():
        row = store.locked(session, message.id)
        if row is None or (state is not OutboxState.SENT and row.claimed_by != message.claimed_by):
            return
        _advance(row, later(row.state, state), at=services.clock.now(), sid=sid)
        _note_copy(session, row, sid=sid, now=services.clock.now())


def _refused(services: Services, message: Queued, error: CarrierError) -> None:
    """Stores that the carrier refused: for good, or until the next attempt."""
    if error.operator:
        log.error("carrier account refused", outbox_id=str(message.id), error=str(error))
    else:
        log.warning("carrier refused", outbox_id=str(message.id), error=str(error))
    now = services.clock.now()
    with services.database.session() as session, session.begin():
        row = store.locked(session, message.id)
        if row is None or row.claimed_by != message.claimed_by:
            return
        row.last_error = str(error)[:LONGEST_ERROR]
        if error.permanent:
            _advance(row, later(row.state, OutboxState.FAILED), at=now)
        elif row.state is OutboxState.CLAIMED:
            pause = OPERATOR_PAUSE if error.operator else wait_after(row.attempts)
            row.state = OutboxState.QUEUED
            row.next_attempt_at = now + pause
        if error.operator and not error.permanent:
            store.hold_back(session, message.channel, until=now + OPERATOR_PAUSE)


def note_status(
    services: Services,
    *,
    outbox_id: UUID,
    sid: str,
    status: str,
    at: datetime,
    error: str | None = None,
) -> None:
    """Hears from the carrier how far a message has come; in any order, any number of times.

    Args:
        services: The tools of the house.
        outbox_id: Our own id, from the address of the callback; an unknown one changes nothing.
        sid: The carrier's id.
        status: The carrier's own word, such as "undelivered" or "no-answer".
        at: When we heard it.
        error: The carrier's error code, if it gave one.
    """
    with services.database.session() as session, session.begin():
        row = store.locked(session, outbox_id)
        if row is None:
            log.info("status of an unknown message", outbox_id=str(outbox_id))
            return
        if row.provider_sid != sid:
            # Two texts with the same words: the one that was looked for may have been taken for
            # the one that was sent. The callback knows better.
            store.give_up_sid(session, sid, of_another_than=outbox_id, now=at)
        state = after_status(row.state, status)
        if state is OutboxState.FAILED and row.state is not OutboxState.FAILED:
            row.last_error = (error or status)[:LONGEST_ERROR]
        _advance(row, state, at=at, sid=sid)
        _note_copy(session, row, sid=sid, now=at)


def _note_copy(session: Session, row: store.OutboxRow, *, sid: str | None, now: datetime) -> None:
    """Remembers what the provider keeps of a message; one that was sent twice it keeps twice."""
    if sid:
        copies.note_copy(session, sid=sid, kind=CopyKind(row.channel.value), now=now)


def _advance(
    row: store.OutboxRow, state: OutboxState, *, at: datetime, sid: str | None = None
) -> None:
    """Writes a state that has been decided upon, and the instants that go with it."""
    if sid and row.provider_sid is None:
        row.provider_sid = sid
    if sid and row.sent_at is None:
        row.sent_at = at
    if state in FINISHED and row.state is not state:
        row.finished_at = at
    if state is OutboxState.SENT and row.state is OutboxState.DROPPED:
        row.finished_at = None
    row.state = state
