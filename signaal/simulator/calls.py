"""Calls on the fake network: legs that ring, listen to instructions, and are put through."""

from collections import deque
from collections.abc import Callable
from functools import partial
from uuid import uuid4
from xml.etree import ElementTree as ET

from signaal.simulator.agenda import Agenda, WebhookAnswer
from signaal.simulator.legs import (
    DIALLED,
    ENDINGS,
    INBOUND,
    OUTBOUND,
    Leg,
    LineSetup,
    spoken,
)
from signaal.simulator.phones import QUIET, Caption, Device, Phone
from signaal.simulator.refusals import refusal
from signaal.simulator.twiml import BadTwiml, DocumentKind, read_twiml

RING_AFTER = 0.5
REFUSED_AFTER = 1.0
GATHER_TIMEOUT = "5"
DIAL_TIMEOUT = "30"
DIAL_TIME_LIMIT = "14400"
_EVENT_OF = {"in-progress": "answered"} | dict.fromkeys(ENDINGS, "completed")
OK, NO_CONTENT = 200, 204


class Exchange:
    """Puts calls through as the carrier would, and carries out its instructions."""

    def __init__(self, agenda: Agenda, *, setup: LineSetup, phones: dict[str, Phone]) -> None:
        self.legs: dict[str, Leg] = {}
        self._agenda = agenda
        self._setup = setup
        self._phones = phones
        self._verbs: dict[str, Callable[[Leg, ET.Element], None]] = {
            "Say": self._say,
            "Play": self._say,
            "Pause": self._say,
            "Gather": self._gather,
            "Dial": self._dial,
            "Redirect": self._redirect,
            "Hangup": self._hang_up,
            "Reject": self._reject,
        }

    # -- beginning ---------------------------------------------------------------------------

    def call_line(self, *, from_number: str, to_number: str) -> Leg:
        """A telephone calls one of the lines."""
        leg = self._new(INBOUND, from_number=from_number, to_number=to_number)
        leg.status = "ringing"
        leg.callback = self._setup.voice_status_path
        self._fetch(leg, self._setup.voice_path)
        return leg

    def call_out(
        self,
        *,
        from_number: str,
        to_number: str,
        answer_path: str,
        ring_seconds: float,
        callback: str,
        callback_events: frozenset[str],
    ) -> Leg:
        """A line calls a telephone; what is heard is asked for when it is answered."""
        leg = self._new(OUTBOUND, from_number=from_number, to_number=to_number)
        leg.answer_path, leg.callback = answer_path, callback
        leg.callback_events = callback_events
        self._ring(leg, seconds=ring_seconds)
        return leg

    def current(self, number: str) -> Leg | None:
        """The call that goes on at this telephone."""
        going = (leg for leg in reversed(self.legs.values()) if leg.phone == number)
        return next((leg for leg in going if not leg.ended and leg.status != "queued"), None)

    def forget(self, sid: str) -> bool:
        """Deletes the record of a call; False if there is none.

        Raises:
            CarrierError: It still goes on.
        """
        leg = self.legs.get(sid)
        if leg and not leg.ended:
            raise refusal(20009)
        return self.legs.pop(sid, None) is not None

    def _new(
        self, direction: str, *, from_number: str, to_number: str, parent: Leg | None = None
    ) -> Leg:
        sid = f"CA{uuid4().hex}"
        leg = Leg(sid, direction, from_number, to_number, self._agenda.now, parent=parent)
        self.legs[sid] = leg
        return leg

    # -- ringing, answering, ending ----------------------------------------------------------

    def _ring(self, leg: Leg, *, seconds: float) -> None:
        phone = self._phones.get(leg.to_number)
        refusal = phone.device.refuses if phone else "failed"
        if phone is None:
            self._agenda.unexpected.append(f"a call to an unknown number {leg.to_number}")
        elif not refusal and self.current(leg.to_number):
            refusal = "busy"
        self._set(leg, "initiated")
        if refusal or phone is None:
            self._agenda.after(REFUSED_AFTER, self._while_at(leg, lambda: self.end(leg, refusal)))
            return
        self._agenda.after(RING_AFTER, self._while_at(leg, lambda: self._set(leg, "ringing")))
        phone.rung += 1
        phone.unread.append(f"call from {leg.from_number}")
        if phone.device.answers_after is not None:
            pick_up = self._while_at(leg, lambda: self.answer(leg))
            self._agenda.after(RING_AFTER + phone.device.answers_after, pick_up)
        give_up = self._while_at(leg, lambda: self.end(leg, "no-answer"))
        self._agenda.after(RING_AFTER + seconds, give_up)

    def answer(self, leg: Leg, *, device: Device | None = None) -> None:
        """Somebody or something picks up: the telephone's own device unless told otherwise."""
        leg.step += 1
        leg.answered_at = self._agenda.now
        self._set(leg, "in-progress")
        self._let_device_act(leg, device)
        for other in leg.parent.children if leg.parent else ():
            if other is not leg:
                self.end(other, "canceled")
        if leg.answer_path:
            self._fetch(leg, leg.answer_path)
        elif leg.parent:
            self._bridge(leg)

    def _let_device_act(self, leg: Leg, device: Device | None = None) -> None:
        if device is None and leg.phone in self._phones:
            device = self._phones[leg.phone].device
        if device is None:
            return
        for seconds, key in device.presses:
            self._agenda.after(seconds, lambda key=key: self._press_quietly(leg, key))  # type: ignore[misc]
        if device.hangs_up_after is not None:
            self._agenda.after(device.hangs_up_after, lambda: self.end(leg, "completed"))

    def _press_quietly(self, leg: Leg, key: str) -> None:
        self.press(leg, key)

    def end(self, leg: Leg, status: str) -> None:
        """The leg is over; whoever depends on it hears so."""
        if leg.ended:
            return
        leg.step += 1
        leg.ended_at = self._agenda.now
        leg.gathering = None
        self._set(leg, status)
        for child in leg.children:
            self.end(child, "completed" if child.answered_at else "canceled")
        if leg.parent and all(child.ended for child in leg.parent.children):
            self._dial_is_over(leg.parent)

    def _set(self, leg: Leg, status: str) -> None:
        leg.status = status
        event = _EVENT_OF.get(status, status)
        if not leg.callback or event not in leg.callback_events:
            return
        form = self._form(leg) | {
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(leg.told),
            "Timestamp": self._agenda.now.strftime("%a, %d %b %Y %H:%M:%S +0000"),
        }
        if leg.ended:
            form["CallDuration"] = str(leg.seconds)
        leg.told += 1
        phone = self._phones.get(leg.phone)
        self._agenda.tell(
            leg.callback,
            form,
            about=leg.sid,
            status=event,
            is_last=leg.ended,
            disturbance=phone.disturbance if phone else QUIET,
        )

    def _while_at(self, leg: Leg, action: Callable[[], None]) -> Callable[[], None]:
        """The action, void as soon as the leg has gone on to something else."""
        step = leg.step

        def guarded() -> None:
            if leg.step == step and not leg.ended:
                action()

        return guarded

    # -- asking for instructions -------------------------------------------------------------

    def _form(self, leg: Leg) -> dict[str, str]:
        form = {
            "AccountSid": self._setup.account_sid,
            "ApiVersion": "2010-04-01",
            "CallSid": leg.sid,
            "CallStatus": leg.status,
            "Direction": leg.direction,
            "From": leg.from_number,
            "Caller": leg.from_number,
            "To": leg.to_number,
            "Called": leg.to_number,
        }
        return form | ({"ParentCallSid": leg.parent.sid} if leg.parent else {})

    def _fetch(
        self, leg: Leg, url: str, *, extra: dict[str, str] | None = None, again: bool = False
    ) -> None:
        leg.step += 1
        leg.gathering = None
        path = self._agenda.path_of(url)
        if path is None:
            self._fall_back(leg)
            return

        def take(answer: WebhookAnswer) -> None:
            if answer.status == 0 and not again:  # no answer at all: the carrier's single retry
                self._fetch(leg, url, extra=extra, again=True)
            else:
                self._take(leg, path, answer)

        self._agenda.ask(path, self._form(leg) | (extra or {}), then=take)

    def _take(self, leg: Leg, path: str, answer: WebhookAnswer) -> None:
        if leg.ended and answer.status == NO_CONTENT and not answer.body:
            return
        try:
            verbs = self._read(leg, answer)
        except BadTwiml as slips:
            self._agenda.unexpected.append(f"{path.partition('?')[0]}: {slips}")
            self._fall_back(leg)
            return
        if not leg.ended:
            leg.program = deque(verbs)
            self._proceed(leg)

    def _read(self, leg: Leg, answer: WebhookAnswer) -> list[ET.Element]:
        if answer.status != OK:
            raise BadTwiml(f"answered with {answer.status}")
        if "xml" not in answer.content_type:
            raise BadTwiml(f"content type {answer.content_type!r} is not XML")
        kind = DocumentKind.WHISPER if leg.direction == DIALLED else DocumentKind.VOICE
        return read_twiml(answer.body, kind)

    def _fall_back(self, leg: Leg) -> None:
        if leg.ended:
            return
        if self._setup.fallback_twiml and not leg.on_fallback and leg.direction != DIALLED:
            leg.on_fallback = True
            leg.program = deque(read_twiml(self._setup.fallback_twiml, DocumentKind.VOICE))
            self._proceed(leg)
            return
        self._hear(leg, Caption("An application error has occurred.", "en-US"))
        self.end(leg, "completed" if leg.answered_at else "failed")

    def _proceed(self, leg: Leg) -> None:
        leg.step += 1
        leg.gathering = None
        if leg.program:
            verb = leg.program.popleft()
            self._verbs[verb.tag](leg, verb)
        elif leg.direction == DIALLED:
            self._bridge(leg)
        else:
            self.end(leg, "completed")

    # -- carrying them out -------------------------------------------------------------------

    def _pick_up(self, leg: Leg) -> None:
        if leg.direction == INBOUND and leg.answered_at is None:
            leg.answered_at = self._agenda.now
            self._set(leg, "in-progress")
            self._let_device_act(leg)

    def _hear(self, leg: Leg, caption: Caption) -> None:
        leg.heard.append(caption)
        if leg.phone in self._phones:
            self._phones[leg.phone].heard.append(caption.words)

    def _say(self, leg: Leg, verb: ET.Element) -> None:
        self._pick_up(leg)
        caption, seconds = spoken(verb)
        if caption:
            self._hear(leg, caption)
        self._agenda.after(seconds, self._while_at(leg, lambda: self._proceed(leg)))

    def _gather(self, leg: Leg, verb: ET.Element) -> None:
        self._pick_up(leg)
        leg.gathering, leg.digits = verb, ""
        until = 0.0
        for prompt in verb:
            caption, seconds = spoken(prompt)
            if caption:
                self._agenda.after(until, self._while_at(leg, partial(self._hear, leg, caption)))
            until += seconds
        self._wait_for_key(leg, until + float(verb.get("timeout", GATHER_TIMEOUT)))
        phone = self._phones.get(leg.phone)
        key = phone.press_next() if phone else ""
        if phone and key:
            press = self._while_at(leg, lambda: self._press_quietly(leg, key))
            self._agenda.after(phone.device.thinks, press)

    def _wait_for_key(self, leg: Leg, seconds: float) -> None:
        self._agenda.after(seconds, self._while_at(leg, lambda: self._gathered(leg)))

    def press(self, leg: Leg, key: str) -> bool:
        """A key is pressed; returns whether anything listens for it."""
        verb = leg.gathering
        if verb is None or leg.ended:
            return False
        leg.step += 1  # the voice stops, the waiting begins anew
        if key in verb.get("finishOnKey", "#"):
            self._gathered(leg, finished_on=key)
            return True
        leg.digits += key
        if len(leg.digits) >= int(verb.get("numDigits", "999")):
            self._gathered(leg)
        else:
            self._wait_for_key(leg, float(verb.get("timeout", GATHER_TIMEOUT)))
        return True

    def _gathered(self, leg: Leg, *, finished_on: str = "") -> None:
        verb = leg.gathering
        if verb is None:
            return
        if not leg.digits and verb.get("actionOnEmptyResult") != "true":
            self._proceed(leg)
            return
        extra = {"Digits": leg.digits} | ({"FinishedOnKey": finished_on} if finished_on else {})
        self._fetch(leg, verb.attrib["action"], extra=extra)

    def _dial(self, leg: Leg, verb: ET.Element) -> None:
        if verb.get("answerOnBridge") != "true":
            self._pick_up(leg)
        leg.dialling = verb
        shown = verb.get("callerId", leg.from_number)
        if shown not in self._setup.lines:
            self._agenda.unexpected.append("a telephone would show a number that is not a line")
        leg.children = [self._child(leg, number, shown=shown) for number in verb]
        for child in leg.children:
            self._ring(child, seconds=float(verb.get("timeout", DIAL_TIMEOUT)))

    def _child(self, parent: Leg, number: ET.Element, *, shown: str) -> Leg:
        target = (number.text or "").strip()
        child = self._new(DIALLED, from_number=shown, to_number=target, parent=parent)
        child.answer_path = number.get("url", "")
        child.callback = number.get("statusCallback", "")
        events = number.get("statusCallbackEvent", "completed").split()
        child.callback_events = frozenset(events)
        return child

    def _bridge(self, child: Leg) -> None:
        parent = child.parent
        if parent is None or parent.dialling is None or parent.ended:
            self.end(child, "completed")
            return
        child.step += 1
        child.bridged = True
        self._pick_up(parent)
        longest = float(parent.dialling.get("timeLimit", DIAL_TIME_LIMIT))
        cut = self._while_at(child, lambda: self.end(child, "completed"))
        self._agenda.after(longest, cut)

    def _dial_is_over(self, leg: Leg) -> None:
        verb, leg.dialling = leg.dialling, None
        if verb is None:
            return
        told = next((child for child in leg.children if child.answered_at), leg.children[-1])
        extra = {
            "DialCallSid": told.sid,
            "DialCallStatus": told.status,
            "DialBridged": "true" if told.bridged else "false",
        }
        if told.answered_at:
            extra["DialCallDuration"] = str(told.seconds)
        self._fetch(leg, verb.attrib["action"], extra=extra)

    def _redirect(self, leg: Leg, verb: ET.Element) -> None:
        self._fetch(leg, (verb.text or "").strip())

    def _hang_up(self, leg: Leg, _verb: ET.Element) -> None:
        self._pick_up(leg)
        self.end(leg, "completed")

    def _reject(self, leg: Leg, verb: ET.Element) -> None:
        self.end(leg, "busy" if verb.get("reason") == "busy" else "failed")
