"""The fake telephone network: telephones, Signaal's lines, and a carrier that forgives nothing.

The demo's telephone page and the tests use this same network. It signs webhooks, carries out
instructions, and writes down everything that a real carrier would have swallowed in silence.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from signaal.clock import Clock
from signaal.simulator.agenda import Agenda, Deliver
from signaal.simulator.calls import Exchange
from signaal.simulator.legs import Leg, LineSetup, with_call
from signaal.simulator.phones import (
    MANUAL,
    QUIET,
    Device,
    Disturbance,
    Fault,
    Phone,
    PhoneView,
    Record,
    voicemail,
)
from signaal.simulator.refusals import check_call, refusal
from signaal.simulator.texting import TextExchange

if TYPE_CHECKING:
    from signaal.simulator.rest import WSGI

T = TypeVar("T")

ACCOUNT_SID = "AC" + "0" * 32
CALL_EVENTS = frozenset({"initiated", "ringing", "answered", "completed"})
KEYS = frozenset("0123456789*#")


@dataclass(frozen=True)
class CallHandle:
    """A call that somebody made: its id, and the telephone that made it."""

    sid: str
    number: str


class FakeNetwork:
    """Telephones by number, and the carrier between them and Signaal.

    Args:
        clock: Tells the network's time when nobody advances it.
        deliver: Posts a webhook; may be connected later.
        token: The secret that signs webhooks.
        base_url: Signaal's public address.
        lines: Signaal's own numbers.
        turn: Told each instant that the network has come to; a test's clock goes along.
        voice_path: Where a call that comes in is announced.
        text_path: Where a text message that comes in is announced.
        voice_status_path: Where the end of such a call is told; empty: nowhere.
        fallback_twiml: What is done when the voice webhook fails; empty: nothing.
    """

    def __init__(
        self,
        clock: Clock,
        deliver: Deliver | None = None,
        *,
        token: str,
        base_url: str,
        lines: tuple[str, ...],
        turn: Callable[[datetime], None] | None = None,
        voice_path: str = "/haak/gesprek",
        text_path: str = "/haak/sms",
        voice_status_path: str = "",
        fallback_twiml: str = "",
    ) -> None:
        self.token = token
        self.faults: list[Fault] = []
        self.phones: dict[str, Phone] = {}
        self._first_line = lines[0]
        self._setup = LineSetup(
            lines=frozenset(lines),
            account_sid=ACCOUNT_SID,
            voice_path=voice_path,
            text_path=text_path,
            voice_status_path=voice_status_path,
            fallback_twiml=fallback_twiml,
        )
        self._agenda = Agenda(clock, token=token, base_url=base_url, turn=turn)
        self._agenda.deliver = deliver
        self._exchange = Exchange(self._agenda, setup=self._setup, phones=self.phones)
        self._texting = TextExchange(self._agenda, setup=self._setup, phones=self.phones)

    # -- setting the stage -------------------------------------------------------------------

    def connect(self, deliver: Deliver) -> None:
        """From now on webhooks are posted by this."""
        self._agenda.deliver = deliver

    def add_phone(self, number: str, device: Device = MANUAL) -> None:
        """A telephone with this number; one that exists gets another device."""
        with self._agenda.lock:
            self.phones.setdefault(number, Phone(number)).device = device

    def disturb(self, number: str, disturbance: Disturbance = QUIET) -> None:
        """From now on this happens to the status callbacks about this telephone."""
        self.phones[number].disturbance = disturbance

    def fail_next(self, *faults: Fault) -> None:
        """The next requests to the carrier go wrong in these ways, one each."""
        self.faults.extend(faults)

    def repeat_webhooks(self) -> None:
        """From now on every webhook is posted twice; both answers must be the same."""
        self._agenda.repeat_webhooks = True

    # -- time --------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        """The network's own time."""
        return self._agenda.now

    def advance(self, seconds: float) -> None:
        """Lets this much time pass, with everything that happens in it."""
        self._agenda.run_until(self._agenda.now + timedelta(seconds=seconds))

    def advance_to(self, instant: datetime) -> None:
        """Lets time pass until this instant."""
        self._agenda.run_until(instant)

    def catch_up(self) -> None:
        """Does everything that was due by the clock's present instant; the demo's heartbeat."""
        self._agenda.catch_up()

    # -- what somebody does with a telephone -------------------------------------------------

    def text(self, from_number: str, to_number: str, body: str) -> str:
        """Somebody sends a text message to a line; returns the carrier's id."""
        with self._agenda.lock:
            self._phone(from_number)
            record = self._texting.text_line(
                from_number=from_number, to_number=to_number, body=body
            )
        self.catch_up()
        return record.sid

    def send_again(self, sid: str) -> None:
        """The carrier announces a text message that came in once more."""
        with self._agenda.lock:
            self._texting.announce(self._texting.records[sid])
        self.catch_up()

    def call(self, from_number: str, to_number: str | None = None) -> CallHandle:
        """Somebody calls a line, the first one unless told otherwise.

        Raises:
            ValueError: The telephone is in a call already.
        """
        with self._agenda.lock:
            if from_number in self.phones and self._exchange.current(from_number):
                raise ValueError("this telephone is in a call already")
            leg = self._exchange.call_line(
                from_number=from_number, to_number=to_number or self._first_line
            )
        self.catch_up()
        return CallHandle(leg.sid, from_number)

    def answer(self, number: str) -> bool:
        """Somebody picks up the telephone that rings; False when it doesn't."""
        return self._with_leg(number, self._exchange.answer, ringing=True)

    def decline(self, number: str) -> bool:
        """Somebody declines the call that rings; False when none does."""
        return self._with_leg(number, lambda leg: self._exchange.end(leg, "busy"), ringing=True)

    def hang_up(self, number: str) -> bool:
        """Somebody ends the call that they are in; False when they are in none."""

        def end(leg: Leg) -> None:
            self._exchange.end(leg, "completed" if leg.answered_at else "canceled")

        return self._with_leg(number, end, ringing=False)

    def let_voicemail_answer(self, number: str) -> bool:
        """The machine of the telephone that rings picks up; False when it doesn't ring."""
        machine = voicemail()
        return self._with_leg(
            number, lambda leg: self._exchange.answer(leg, device=machine), ringing=True
        )

    def press(self, call_id: str, digit: str) -> bool:
        """Somebody presses a key in this call (its id, or the number of a telephone).

        Returns:
            Whether anything listens for it.
        """
        if digit not in KEYS:
            return False
        self.catch_up()
        with self._agenda.lock:
            leg = self._exchange.legs.get(call_id) or self._exchange.current(call_id)
            pressed = leg is not None and self._exchange.press(leg, digit)
        self.catch_up()
        return pressed

    def _with_leg(self, number: str, action: Callable[[Leg], None], *, ringing: bool) -> bool:
        self.catch_up()
        with self._agenda.lock:
            leg = self._exchange.current(number)
            if leg is None or leg.rings is not ringing:
                return False
            action(leg)
        self.catch_up()
        return True

    # -- what somebody sees and hears ---------------------------------------------------------

    def view(self, number: str) -> PhoneView:
        """What the owner of this telephone sees and hears now."""
        self.catch_up()
        with self._agenda.lock:
            phone = self.phones.get(number)
            view = PhoneView(number, texts=tuple(phone.lines) if phone else ())
            legs = [leg for leg in self._exchange.legs.values() if leg.phone == number]
            leg = self._exchange.current(number) or (legs[-1] if legs else None)
            return with_call(view, leg) if leg else view

    def texts(self, number: str) -> list[str]:
        """What the text messages say that this telephone received, oldest first."""
        return [line.body for line in self._phone(number).lines if not line.outgoing]

    def heard(self, number: str) -> list[str]:
        """All that was ever said into this telephone."""
        return list(self._phone(number).heard)

    def times_rung(self, number: str) -> int:
        """How often this telephone has rung."""
        return self._phone(number).rung

    def call_status(self, call_id: str) -> str:
        """The carrier's word for how far this call is."""
        return self._exchange.legs[call_id].status

    # -- what a test asks ----------------------------------------------------------------------

    @property
    def unexpected(self) -> list[str]:
        """All that should not have happened; a test asserts that this is empty."""
        return self._agenda.unexpected

    def take_unexpected(self) -> list[str]:
        """What should not have happened, and a clean page; for a test that breaks things."""
        found = list(self.unexpected)
        self.unexpected.clear()
        return found

    def read_text(self, number: str, *words: str) -> str:
        """The oldest unread text to this telephone, which must hold these words.

        Raises:
            AssertionError: There is none, or it says something else.
        """
        phone = self._phone(number)
        found = next((entry for entry in phone.unread if entry.startswith("text: ")), None)
        if found is None:
            raise AssertionError(f"no unread text on {number}")
        body = found.removeprefix("text: ")
        missing = [word for word in words if word not in body]
        if missing:
            raise AssertionError(f"{missing} not in {body!r}")
        phone.unread.remove(found)
        return body

    def read_ring(self, number: str) -> None:
        """Takes note that this telephone has rung once.

        Raises:
            AssertionError: It hasn't, or that was noted already.
        """
        phone = self._phone(number)
        found = next((entry for entry in phone.unread if entry.startswith("call ")), None)
        if found is None:
            raise AssertionError(f"{number} did not ring")
        phone.unread.remove(found)

    def unread(self) -> list[str]:
        """Texts and calls that no test has read: each is one too many."""
        return [
            f"{number}: {entry}" for number, phone in self.phones.items() for entry in phone.unread
        ]

    # -- what Signaal asks of the carrier ------------------------------------------------------

    def send_text(self, *, from_number: str, to_number: str, body: str, callback: str) -> str:
        """Takes a text message from Signaal; returns the carrier's id.

        Raises:
            CarrierError: It was refused, or no answer came.
        """
        return self._through_fault(
            lambda: self.accept_text(
                from_number=from_number, to_number=to_number, body=body, callback=callback
            )
        )

    def place_call(
        self,
        *,
        from_number: str,
        to_number: str,
        answer_url: str,
        ring_seconds: int,
        callback: str,
    ) -> str:
        """Takes a call from Signaal; returns the carrier's id.

        Raises:
            CarrierError: It was refused, or no answer came.
        """
        return self._through_fault(
            lambda: self.accept_call(
                from_number=from_number,
                to_number=to_number,
                answer_url=answer_url,
                ring_seconds=ring_seconds,
                callback=callback,
            )
        )

    def find_by_callback(self, callback: str) -> str | None:
        """The id of the message or call that was handed over with this callback address."""

        def find() -> str | None:
            made = [(one.callback, one.sid) for one in self._texting.records.values()]
            made += [(one.callback, one.sid) for one in self._exchange.legs.values()]
            return next((sid for address, sid in made if address == callback), None)

        return self._through_fault(find)

    def forget(self, sid: str) -> None:
        """Deletes the carrier's record of a message or call; telephones keep what they got.

        Raises:
            CarrierError: It isn't there, is still on its way, or no answer came.
        """
        self._through_fault(lambda: self.accept_forget(sid))

    def take_fault(self) -> Fault | None:
        """What goes wrong with the present request to the carrier, if anything."""
        return self.faults.pop(0) if self.faults else None

    def _through_fault(self, request: Callable[[], T]) -> T:
        fault = self.take_fault()
        if fault is None:
            return request()
        if fault.takes_request:
            request()
        raise refusal(fault.value[1])

    def accept_text(self, *, from_number: str, to_number: str, body: str, callback: str) -> str:
        """As `send_text`, on a good day."""
        with self._agenda.lock:
            return self._texting.accept(
                from_number=from_number, to_number=to_number, body=body, callback=callback
            ).sid

    def accept_call(
        self,
        *,
        from_number: str,
        to_number: str,
        answer_url: str,
        ring_seconds: int,
        callback: str,
        callback_events: frozenset[str] = CALL_EVENTS,
    ) -> str:
        """As `place_call`, on a good day."""
        with self._agenda.lock:
            check_call(lines=self._setup.lines, from_number=from_number, to_number=to_number)
            leg = self._exchange.call_out(
                from_number=from_number,
                to_number=to_number,
                answer_path=answer_url,
                ring_seconds=ring_seconds,
                callback=callback,
                callback_events=callback_events,
            )
        return leg.sid

    def accept_forget(self, sid: str) -> None:
        """As `forget`, on a good day."""
        with self._agenda.lock:
            if not (self._texting.forget(sid) or self._exchange.forget(sid)):
                raise refusal(20404)

    def rest_app(self) -> "WSGI":
        """The carrier's own web service in front of this network, for the official SDK."""
        from signaal.simulator.rest import rest_app

        return rest_app(self, account_sid=ACCOUNT_SID)

    def all_texts(self) -> list[Record]:
        """All text messages that were ever sent, both ways, newest first."""
        return list(reversed(self._texting.records.values()))

    def all_calls(self) -> list[Leg]:
        """All calls that were ever made, newest first."""
        return list(reversed(self._exchange.legs.values()))

    def _phone(self, number: str) -> Phone:
        return self.phones.setdefault(number, Phone(number))
