"""Text messages on the fake network, in both directions."""

from dataclasses import replace
from uuid import uuid4
from xml.etree import ElementTree as ET

from signaal.errors import CarrierError
from signaal.simulator.agenda import SUCCESS, Agenda, WebhookAnswer
from signaal.simulator.legs import LineSetup
from signaal.simulator.phones import QUIET, Phone, Record, TextLine
from signaal.simulator.refusals import check_text, refusal
from signaal.simulator.twiml import BadTwiml, DocumentKind, read_twiml

SENT_AFTER = 0.5
ARRIVED_AFTER = 1.5
STOP_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"})
START_WORDS = frozenset({"START", "YES", "UNSTOP"})
UNDELIVERED = 30003
"""The carrier's code for a telephone that can't be reached."""
NO_CONTENT = 204


class TextExchange:
    """Carries text messages as the carrier would."""

    def __init__(self, agenda: Agenda, *, setup: LineSetup, phones: dict[str, Phone]) -> None:
        self.records: dict[str, Record] = {}
        self._agenda = agenda
        self._setup = setup
        self._phones = phones

    def text_line(self, *, from_number: str, to_number: str, body: str) -> Record:
        """A telephone sends a text message to one of the lines."""
        phone = self._phones[from_number]
        record = self._record("inbound", from_number=from_number, to_number=to_number, body=body)
        record.status = "received"
        now = self._agenda.now
        phone.lines.append(TextLine(now, outgoing=True, other=to_number, body=body))
        word = body.strip().upper()
        if word in STOP_WORDS | START_WORDS:
            phone.device = replace(phone.device, opted_out=word in STOP_WORDS)
        if to_number in self._setup.lines:
            self.announce(record)
        return record

    def accept(self, *, from_number: str, to_number: str, body: str, callback: str) -> Record:
        """A line sends a text message to a telephone.

        Raises:
            CarrierError: With the carrier's own code.
        """
        phone = self._phones.get(to_number)
        check_text(
            lines=self._setup.lines,
            from_number=from_number,
            to_number=to_number,
            body=body,
            opted_out=phone is not None and phone.device.opted_out,
        )
        record = self._record(
            "outbound-api", from_number=from_number, to_number=to_number, body=body
        )
        record.callback = callback
        self._agenda.after(SENT_AFTER, lambda: self._set(record, "sent"))
        self._agenda.after(ARRIVED_AFTER, lambda: self._arrive(record))
        return record

    def forget(self, sid: str) -> bool:
        """Deletes the record of a text message; False if there is none.

        Raises:
            CarrierError: It is still on its way.
        """
        record = self.records.get(sid)
        if record and record.status == "queued":
            raise refusal(20009)
        return self.records.pop(sid, None) is not None

    def announce(self, record: Record) -> None:
        """Tells Signaal of a text message that came in."""
        form = self._form(record) | {"Body": record.body, "NumMedia": "0", "NumSegments": "1"}
        self._agenda.ask(
            self._setup.text_path, form, then=lambda answer: self._reply(record, answer)
        )

    def _record(self, direction: str, *, from_number: str, to_number: str, body: str) -> Record:
        record = Record(
            sid=f"SM{uuid4().hex}",
            from_number=from_number,
            to_number=to_number,
            body=body,
            direction=direction,
            status="queued",
            created_at=self._agenda.now,
        )
        self.records[record.sid] = record
        return record

    def _form(self, record: Record) -> dict[str, str]:
        return {
            "AccountSid": self._setup.account_sid,
            "ApiVersion": "2010-04-01",
            "MessageSid": record.sid,
            "SmsSid": record.sid,
            "From": record.from_number,
            "To": record.to_number,
        }

    def _reply(self, record: Record, answer: WebhookAnswer) -> None:
        """Carries out the answer to a text message; when it is wrong the carrier does nothing."""
        try:
            messages = _messages_in(answer)
        except BadTwiml as slips:
            self._agenda.unexpected.append(f"{self._setup.text_path}: {slips}")
            return
        for message in messages:
            self._send_reply(record, message)

    def _send_reply(self, record: Record, message: ET.Element) -> None:
        try:
            self.accept(
                from_number=message.get("from", record.to_number),
                to_number=message.get("to", record.from_number),
                body="".join(message.itertext()).strip(),
                callback="",
            )
        except CarrierError as refused:
            self._agenda.unexpected.append(f"a reply was refused: {refused}")

    def _arrive(self, record: Record) -> None:
        phone = self._phones.get(record.to_number)
        if phone is None:
            self._agenda.unexpected.append(f"a text to an unknown number {record.to_number}")
        status = phone.device.text_status if phone else "undelivered"
        if phone and status in {"delivered", "sent"}:
            now, body = self._agenda.now, record.body
            phone.lines.append(TextLine(now, outgoing=False, other=record.from_number, body=body))
            phone.unread.append(f"text: {body}")
        if status != "sent":
            self._set(record, status)

    def _set(self, record: Record, status: str) -> None:
        record.status = status
        failed = status in {"undelivered", "failed"}
        record.error_code = UNDELIVERED if failed else None
        if not record.callback:
            return
        form = self._form(record) | {"MessageStatus": status, "SmsStatus": status}
        phone = self._phones.get(record.to_number)
        self._agenda.tell(
            record.callback,
            form | ({"ErrorCode": str(UNDELIVERED)} if failed else {}),
            about=record.sid,
            status=status,
            is_last=status != "sent",
            disturbance=phone.disturbance if phone else QUIET,
        )


def _messages_in(answer: WebhookAnswer) -> list[ET.Element]:
    if answer.status not in SUCCESS:
        raise BadTwiml(f"answered with {answer.status}")
    if answer.status == NO_CONTENT and not answer.body:
        return []
    if "xml" not in answer.content_type:
        raise BadTwiml(f"content type {answer.content_type!r} is not XML")
    return read_twiml(answer.body, DocumentKind.SMS)
