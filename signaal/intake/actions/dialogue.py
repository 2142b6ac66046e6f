"""A text message comes in, and Signaal answers: one transaction for all of it."""

from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from signaal.access import actions as access
from signaal.access.model import Act, Purpose
from signaal.db import Session
from signaal.intake import store
from signaal.intake.actions import keeping
from signaal.intake.model import (
    ASKS,
    DANGER_IS_NEWS_AFTER,
    ENDED,
    TALK_LASTS,
    WITH_CODE,
    Answer,
    Categories,
    Channel,
    Reading,
    Receipt,
    SealedPlace,
    Urgency,
    answer_to,
    bound_of,
    fits,
    has_room,
    is_stop_word,
    is_telephone,
    is_wordless,
    joins_open_report,
    keepable,
    keyed,
    merged,
    more_urgent,
    recent,
)
from signaal.messages import actions as messages
from signaal.messages import texts
from signaal.places.model import AddressWords, PlaceFound, PlaceUnclear
from signaal.ports import InboundText
from signaal.privacy import actions as sealing
from signaal.services import Services
from signaal.visitor import RESIDENT

log = structlog.get_logger()


@dataclass(frozen=True)
class _Heard:
    """What came in, and what was understood of it."""

    text: InboundText
    provider_key: str
    kept: str
    reading: Reading
    words: AddressWords
    place: PlaceFound | PlaceUnclear

    @property
    def speaks_of_a_place(self) -> bool:
        return bool(self.reading.words.postcode or self.reading.words.street)

    @property
    def found(self) -> PlaceFound | None:
        return self.place if isinstance(self.place, PlaceFound) else None

    @property
    def acute(self) -> bool:
        return self.reading.urgency is Urgency.ACUTE


@dataclass(frozen=True)
class _Open:
    """The report that a conversation is about, opened so that a message can be added."""

    row: store.ReportRow
    sealed: store.SealedReportRow
    key: sealing.DataKey
    text: str
    place: SealedPlace

    @property
    def waits_for_place(self) -> bool:
        return self.row.block_id is None


@dataclass(frozen=True)
class _Reply:
    """What will be said back; with the secret of a new receipt, where it tells one."""

    answer: Answer
    secret: str | None


def take_in_sms(services: Services, text: InboundText) -> None:
    """Takes in one text message: report, sealed parts, dialogue and reply in one transaction.

    Signaal has one line: whatever number the provider says that was texted, the answer comes
    from that line.

    1. The message is claimed by its provider's id: a repeat, or a twin at the same moment, ends
       here without an effect.
    2. Who else may be meant (a duty contact's "ja 482") is asked first.
    3. The conversation with this number is held, so that two messages never pass each other by.
    4. The message completes the open report, is added to it, or begins a new one.
    5. The reply goes into the outbox, and the act into the log.

    Args:
        services: The tools of the house.
        text: The message; kept whatever it says.
    """
    text = replace(text, to_number=services.settings.line_number)
    pepper = keeping.pepper_of(services)
    provider_key = keyed(pepper, "provider", text.provider_sid)
    talk_key = keyed(pepper, "conversation", text.from_number, text.to_number)
    with services.database.session() as session, session.begin():
        if not store.claim_message(
            session,
            provider_key=provider_key,
            received_at=text.received_at,
        ):
            return
        messages.note_copy(session, sid=text.provider_sid, kind="sms", now=services.clock.now())
        if any(reader.read(session, text) for reader in services.inbound_readers):
            return
        talk = store.conversation(session, key=talk_key, now=text.received_at)
        if is_stop_word(text.body):
            talk.expires_at = text.received_at
            return
        with session.no_autoflush:  # the conversation points at a report that must be there first
            act, reference = _take_in(services, session, text, talk=talk, provider_key=provider_key)
        access.record(
            session,
            visitor=RESIDENT,
            act=act,
            purpose=Purpose.REPORT,
            subject=reference,
            now=services.clock.now(),
        )


def _take_in(
    services: Services,
    session: Session,
    text: InboundText,
    *,
    talk: store.ConversationRow,
    provider_key: str,
) -> tuple[Act, str]:
    """What was done, and to which report."""
    opened = _open_report(services, session, talk, at=text.received_at)
    heard = _understand(services, session, text, opened=opened, provider_key=provider_key)
    was_acute = opened is not None and opened.row.urgency is Urgency.ACUTE
    act = Act.REPORT_ADDED_TO if opened and _joins(opened, heard) else Act.REPORT_TAKEN_IN
    if opened and act is Act.REPORT_ADDED_TO:
        row = opened.row
        _join(services, opened, heard)
        reply = _choose_reply(services, talk, heard, row=row, first_danger=not was_acute)
    else:
        flows_over = opened is not None and not heard.speaks_of_a_place
        if opened and flows_over and not opened.waits_for_place:
            words = opened.place.words
            heard = replace(heard, words=words, place=keeping.find(session, words))
        row = _draft(services, heard)
        talk.report_id, talk.asks = row.id, 0
        again = opened is not None and flows_over and not _is_news(opened, heard)
        first_danger = not (was_acute and again)
        reply = _choose_reply(services, talk, heard, row=row, first_danger=first_danger)
        _keep(services, session, heard, row=row)
    talk.expires_at = text.received_at + TALK_LASTS
    store.note_report(session, provider_key=provider_key, report_id=row.id)
    if reply:
        _say(services, session, heard, row=row, reply=reply)
    log.info("text message taken in", report=str(row.id), placed=row.block_id is not None)
    return act, row.reference


def _open_report(
    services: Services, session: Session, talk: store.ConversationRow, *, at: datetime
) -> _Open | None:
    """The report that the conversation is about, unless that is over."""
    if talk.report_id is None or talk.expires_at <= at:
        return None
    row = store.report(session, talk.report_id)
    sealed = store.sealed(session, [talk.report_id]).get(talk.report_id)
    if row is None or sealed is None or sealed.text is None or row.status in ENDED:
        return None
    with keeping.despite_a_broken_seal(row.id):
        key = keeping.key_of(services, session, sealed)
        if key is not None:
            return _Open(row, sealed, key, key.open(sealed.text), keeping.place_in(key, sealed))
    return None


def _understand(
    services: Services,
    session: Session,
    text: InboundText,
    *,
    opened: _Open | None,
    provider_key: str,
) -> _Heard:
    """Reads the message; an answer about the place is read with what was said of it before."""
    reading = keeping.read(services, session, text.body)
    words = reading.words
    if opened and opened.waits_for_place:
        if not (words.postcode or words.street):
            words = keeping.read_answer(session, text.body)
        words = merged(opened.place.words, words)
    place = keeping.find(session, words)
    return _Heard(text, provider_key, keepable(text.body), reading, words, place)


# -- the message and its report -------------------------------------------------------------


def _is_news(opened: _Open, heard: _Heard) -> bool:
    """Danger told again, so long after somebody was warned that a person must be warned anew."""
    considered_at = opened.row.considered_at
    return (
        heard.acute
        and opened.row.urgency is Urgency.ACUTE
        and considered_at is not None
        and heard.text.received_at - considered_at >= DANGER_IS_NEWS_AFTER
    )


def _joins(opened: _Open, heard: _Heard) -> bool:
    found = heard.found
    return not _is_news(opened, heard) and joins_open_report(
        waits_for_place=opened.waits_for_place,
        placed=found is not None,
        own_place=heard.speaks_of_a_place,
        same_place=found is not None
        and found.block_id == opened.row.block_id
        and opened.place.dwelling_id in {found.dwelling_id, None},
        fits=fits(opened.text, heard.kept),
    )


def _join(services: Services, opened: _Open, heard: _Heard) -> None:
    """Adds the message to the open report, which may get its place and be more urgent by it."""
    row, reading = opened.row, heard.reading
    placed_now = opened.waits_for_place and heard.found is not None
    _seal_more(opened, heard)
    if heard.found and placed_now:
        row.block_id = heard.found.block_id
    if row.category == services.policies[Categories].unclear and reading.said_what:
        row.kind, row.category = reading.kind, reading.category
    urgency = more_urgent(row.urgency, reading.urgency)
    if urgency is not row.urgency or (placed_now and urgency is Urgency.ACUTE):
        # More urgent, or the night case, and pages yet to come, must name the place.
        row.urgency, row.considered_at = urgency, None
    row.changed_at = services.clock.now()


def _seal_more(opened: _Open, heard: _Heard) -> None:
    """Puts the message, and the place where it was still missing, under the report's seal."""
    place = opened.place
    if fits(opened.text, heard.kept):
        opened.sealed.text = opened.key.seal(f"{opened.text}\n{heard.kept}".strip())
    else:
        place = replace(place, said=heard.kept)
    if opened.waits_for_place:
        dwelling_id = heard.found.dwelling_id if heard.found else None
        place = replace(place, words=heard.words, dwelling_id=dwelling_id)
    if place != opened.place:
        opened.sealed.dwelling = opened.key.seal(place.to_json())


def _draft(services: Services, heard: _Heard) -> store.ReportRow:
    return keeping.draft(
        services,
        heard.reading,
        channel=Channel.SMS,
        received_at=heard.text.received_at,
        reporter=heard.text.from_number,
        identified=True,
        place=heard.place,
        provider_key=heard.provider_key,
    )


def _keep(services: Services, session: Session, heard: _Heard, *, row: store.ReportRow) -> None:
    while not store.add_report(session, row):  # the random reference was taken
        row.reference = keeping.random_receipt().public
    keeping.seal(
        services,
        session,
        row.id,
        text=heard.kept,
        contact=heard.text.from_number,
        place=SealedPlace(heard.words, heard.found.dwelling_id if heard.found else None),
    )


# -- the reply ------------------------------------------------------------------------------


def _choose_reply(
    services: Services,
    talk: store.ConversationRow,
    heard: _Heard,
    *,
    row: store.ReportRow,
    first_danger: bool,
) -> _Reply | None:
    """What to say back, written down in the conversation; None when it is better to be silent."""
    text = heard.text
    if not is_telephone(text.from_number) or text.from_number == text.to_number:
        return None
    said = recent(talk.replies, now=text.received_at)
    answers = _answers(talk, heard, row=row)
    bounds = [bound_of(each, asks=talk.asks, first_danger=first_danger) for each in answers]
    for answer, bound in zip(answers, bounds, strict=True):
        if has_room(said, bound, now=text.received_at):
            talk.replies = [*said, (text.received_at.timestamp(), bound)]
            return _reply(services, talk, row=row, answer=answer)
    return None


def _answers(
    talk: store.ConversationRow, heard: _Heard, *, row: store.ReportRow
) -> tuple[Answer, ...]:
    """What there is to say, best first: a receipt is owed, also when nothing else may be said."""
    best = answer_to(
        acute=heard.acute,
        placed=row.block_id is not None,
        asks=talk.asks,
        has_receipt=row.receipt_hash is not None,
        wordless=is_wordless(heard.kept),
    )
    if row.receipt_hash is not None or best in WITH_CODE:
        return (best,)
    return (best, Answer.LISTED if row.block_id is None else Answer.RECEIPT)


def _reply(
    services: Services, talk: store.ConversationRow, *, row: store.ReportRow, answer: Answer
) -> _Reply:
    """The answer, with a receipt's secret where it tells one; a question is counted."""
    asks = answer in ASKS or (answer is Answer.ACUTE and row.block_id is None)
    talk.asks += asks
    if row.receipt_hash is not None or not (answer in WITH_CODE or answer is Answer.ACUTE) or asks:
        return _Reply(answer, None)
    secret = keeping.random_receipt().secret
    row.receipt_hash = keeping.receipt_hash(services, row.id, secret)
    return _Reply(answer, secret)


def _say(
    services: Services,
    session: Session,
    heard: _Heard,
    *,
    row: store.ReportRow,
    reply: _Reply,
) -> None:
    """Puts the reply in the outbox."""
    answer = reply.answer
    code = Receipt(row.reference, reply.secret).code if reply.secret else ""
    body = texts.render(
        f"sms/{answer}",
        language=row.language,
        code=code,
        placed=row.block_id is not None,
        reason=heard.place.reason if isinstance(heard.place, PlaceUnclear) else "",
        follow_url=f"{services.settings.public_url.rstrip('/')}/volgen",
    )
    key = f"report:{row.id}:{answer}"
    messages.enqueue_text(
        session,
        key=key if answer in WITH_CODE else f"{key}:{heard.provider_key[:16]}",
        line=heard.text.to_number,
        to=heard.text.from_number,
        body=body,
        urgent=answer is Answer.ACUTE,
        settings=services.settings,
        now=services.clock.now(),
    )
