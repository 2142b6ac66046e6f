"""Carries text messages and calls by Twilio; the only code that knows its SDK."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import Enum
from itertools import takewhile
from typing import TYPE_CHECKING, Protocol, cast
from urllib.parse import urlsplit

from signaal.errors import CarrierError
from signaal.messages.model import STATUS_PATH
from signaal.ports import CopyKind, OutboundCall, OutboundText, ProviderCopy
from signaal.settings import Settings

if TYPE_CHECKING:
    from twilio.http import HttpClient
    from twilio.http.response import Response
    from twilio.rest import Client

TWILIO = "https://api.twilio.com"
HTTP_SECONDS = 10.0
"""Longest wait for Twilio; the SDK by itself would wait for ever."""
CLOCK_MARGIN = timedelta(seconds=60)
"""How much Twilio's clock may differ from ours."""
LONGEST_LOOK_BACK = 200
"""How many messages to one number are looked through; nobody gets more within a retry."""
CALL_EVENTS = ["initiated", "ringing", "answered", "completed"]
NOT_FOUND = 404
UNAUTHORISED = frozenset({401, 403})
TOO_BUSY = frozenset({408, 425, 429})
CLIENT_ERRORS = range(400, 500)


class Outcome(Enum):
    """What a refusal means: (permanent for this number, the fault is in our account)."""

    RETRY = (False, False)
    NUMBER = (True, False)
    OPERATOR = (False, True)
    BOTH = (True, True)
    """This number can't be reached until somebody changes the account."""


# Source: Twilio, "Error and Warning Dictionary". What isn't here is judged by its HTTP status.
OUTCOMES: dict[int, Outcome] = {
    13223: Outcome.NUMBER,  # Dial: invalid phone number format
    13224: Outcome.NUMBER,  # Dial: invalid phone number
    13225: Outcome.BOTH,  # Dial: forbidden phone number
    13227: Outcome.BOTH,  # Geo permissions for calls
    20003: Outcome.OPERATOR,  # Authentication
    20005: Outcome.OPERATOR,  # Account not active
    20006: Outcome.OPERATOR,  # Access denied
    20008: Outcome.OPERATOR,  # Test credentials
    20009: Outcome.RETRY,  # Can't be deleted before it is complete
    20404: Outcome.OPERATOR,  # Unknown account
    20429: Outcome.RETRY,  # Too many requests
    20500: Outcome.RETRY,  # Internal server error
    20503: Outcome.RETRY,  # Service unavailable
    21210: Outcome.OPERATOR,  # From number not verified
    21211: Outcome.NUMBER,  # Invalid To number
    21212: Outcome.OPERATOR,  # Invalid From number
    21214: Outcome.NUMBER,  # To number can't be reached
    21215: Outcome.BOTH,  # Geo permissions for calls
    21216: Outcome.BOTH,  # Account not allowed to call this number
    21217: Outcome.NUMBER,  # Number does not appear to be valid
    21219: Outcome.BOTH,  # To number not verified (trial account)
    21408: Outcome.BOTH,  # Geo permissions for messages
    21602: Outcome.NUMBER,  # Message body is required
    21603: Outcome.OPERATOR,  # From number is required
    21606: Outcome.OPERATOR,  # From number can't send messages
    21608: Outcome.BOTH,  # To number not verified (trial account)
    21610: Outcome.NUMBER,  # The person has opted out (STOP)
    21611: Outcome.RETRY,  # Queue of this From number is full
    21612: Outcome.NUMBER,  # No route to this number
    21614: Outcome.NUMBER,  # Not a mobile number
    21617: Outcome.NUMBER,  # Message too long
    21659: Outcome.OPERATOR,  # From number is not a Twilio number
    21660: Outcome.OPERATOR,  # From number belongs to another account
}


class TwilioCarrier:
    """Hands over messages and calls, and finds back what was handed over before a crash.

    Args:
        settings: Holds the account, its token and our public address.
        http_client: Another way to reach Twilio; its own unless told otherwise.
    """

    def __init__(self, settings: Settings, http_client: "HttpClient | None" = None) -> None:
        self._settings = settings
        self._http_client = http_client
        self._made: Client | None = None

    def send_text(self, text: OutboundText) -> str:
        """Hands over one text message; returns Twilio's id.

        Raises:
            CarrierError: Twilio refused it, or didn't answer.
        """
        with _told_as_carrier_error():
            message = self._client.messages.create(
                to=text.to_number,
                from_=text.from_number,
                body=text.body,
                status_callback=self._callback(text),
            )
        return _sid(message.sid)

    def place_call(self, call: OutboundCall) -> str:
        """Starts one call; returns Twilio's id.

        Raises:
            CarrierError: Twilio refused it, or didn't answer.
        """
        with _told_as_carrier_error():
            made = self._client.calls.create(
                to=call.to_number,
                from_=call.from_number,
                url=self._public(call.answer_path),
                timeout=call.ring_seconds,
                status_callback=self._callback(call),
                status_callback_event=CALL_EVENTS,
            )
        return _sid(made.sid)

    def sent_before(
        self, message: OutboundText | OutboundCall, *, since: datetime, taken: frozenset[str]
    ) -> str | None:
        """Twilio's id if it has this message or call already, else None.

        Twilio's lists don't give back the address of the callback, which holds our own id. So a
        text is known by its numbers, its words and its time; a call by its numbers and its time.
        What we know to be another message is left out.

        Args:
            message: What may have been handed over although we never heard so.
            since: It can't have been handed over before this instant.
            taken: Twilio's ids of other messages to this number.

        Raises:
            CarrierError: Twilio refused to say, or didn't answer.
        """
        with _told_as_carrier_error():
            listed = self._listed(message)
            recent = takewhile(lambda one: _made_since(one, since - CLOCK_MARGIN), listed)
            ours = [one.sid for one in recent if _is_like(one, message) and one.sid not in taken]
        return ours[-1] if ours else None

    def forget(self, copy: ProviderCopy) -> None:
        """Deletes Twilio's own record of a message or call; one that is gone is no error.

        Raises:
            CarrierError: Twilio refused it, or didn't answer.
        """
        from twilio.base.exceptions import TwilioRestException

        records = self._client.messages if copy.kind is CopyKind.SMS else self._client.calls
        with _told_as_carrier_error():
            try:
                records(copy.sid).delete()
            except TwilioRestException as refused:
                if refused.status != NOT_FOUND:
                    raise

    def _listed(self, message: OutboundText | OutboundCall) -> "Iterable[_Listed]":
        """All that went from our number to this one, newest first."""
        if isinstance(message, OutboundText):
            collection = self._client.messages
        else:
            collection = self._client.calls
        listed = collection.stream(
            to=message.to_number, from_=message.from_number, limit=LONGEST_LOOK_BACK
        )
        return cast("Iterable[_Listed]", listed)

    @property
    def _client(self) -> "Client":
        if self._made is None:
            self._made = _new_client(self._settings, self._http_client)
        return self._made

    def _callback(self, message: OutboundText | OutboundCall) -> str:
        return self._public(f"{STATUS_PATH}?m={message.outbox_id}")

    def _public(self, path: str) -> str:
        return self._settings.public_url.rstrip("/") + path


class _Listed(Protocol):
    """What lists of messages and of calls have in common."""

    sid: str | None
    direction: object
    date_created: datetime | None


def _made_since(one: _Listed, since: datetime) -> bool:
    return one.date_created is None or one.date_created >= since


def _is_like(one: _Listed, message: OutboundText | OutboundCall) -> bool:
    if str(one.direction) != "outbound-api":
        return False
    if isinstance(message, OutboundCall):
        return True
    return str(getattr(one, "body", "")).split() == message.body.split()


def _new_client(settings: Settings, http_client: "HttpClient | None") -> "Client":
    from twilio.rest import Client

    return Client(
        settings.twilio_account_sid,
        settings.twilio_auth_token.get_secret_value(),
        http_client=http_client or _new_http_client(settings.twilio_api_url),
    )


def _new_http_client(api_url: str) -> "HttpClient":
    """Reaches Twilio, or in a rehearsal whatever stands in for it at another address."""
    from twilio.http.http_client import TwilioHttpClient

    class Rehearsal(TwilioHttpClient):  # type: ignore[misc]  # ships no types
        def request(self, method: str, url: str, **more: object) -> "Response":
            there = urlsplit(api_url)
            moved = urlsplit(url)._replace(scheme=there.scheme, netloc=there.netloc)
            return super().request(method, moved.geturl(), **more)

    # The SDK and its HTTP library write numbers into the log; ours holds ids only.
    silent = logging.getLogger("signaal.outside.twilio.requests")
    silent.disabled = True
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    kind = TwilioHttpClient if api_url.rstrip("/") == TWILIO else Rehearsal
    return kind(timeout=HTTP_SECONDS, logger=silent)


@contextmanager
def _told_as_carrier_error() -> Iterator[None]:
    """Whatever goes wrong at Twilio or on the way there becomes a `CarrierError`."""
    import requests
    from twilio.base.exceptions import TwilioException

    try:
        yield
    except requests.RequestException as error:
        raise CarrierError(f"network: {type(error).__name__}", permanent=False) from None
    except TwilioException as error:
        raise _refusal(error) from None
    except ValueError:  # an answer that isn't JSON: somebody else's page stands in between
        raise CarrierError("unreadable answer", permanent=False) from None


def _refusal(error: Exception) -> CarrierError:
    # A refused list has its HTTP response as second argument, and no code.
    response = error.args[1] if len(error.args) > 1 else None
    status = int(getattr(error, "status", 0) or getattr(response, "status_code", 0))
    code = int(getattr(error, "code", 0) or status)
    outcome = OUTCOMES.get(code) or _outcome_of_status(status)
    permanent, operator = outcome.value
    return CarrierError(str(code or "unknown"), permanent=permanent, operator=operator)


def _outcome_of_status(status: int) -> Outcome:
    """The safe choice for a code we don't know: when in doubt, another way to reach somebody."""
    if status in UNAUTHORISED:
        return Outcome.OPERATOR
    if status in CLIENT_ERRORS and status not in TOO_BUSY:
        return Outcome.NUMBER
    return Outcome.RETRY


def _sid(sid: str | None) -> str:
    if not sid:
        raise CarrierError("answer without an id", permanent=False)
    return sid


class TwilioSignatureCheck:
    """Knows by its signature whether a webhook comes from Twilio.

    While a token is being changed both are good; a token that isn't set never is.
    """

    def __init__(self, settings: Settings) -> None:
        self._public_url = settings.public_url.rstrip("/")
        tokens = (settings.twilio_auth_token, settings.twilio_previous_auth_token)
        self._tokens = [token.get_secret_value() for token in tokens if token.get_secret_value()]

    def is_genuine(self, *, path: str, form: dict[str, str], signature: str) -> bool:
        """Whether the signature fits our public URL plus this path (with query) and form."""
        from twilio.request_validator import RequestValidator

        if not signature:
            return False
        try:
            return any(
                RequestValidator(token).validate(self._public_url + path, form, signature)
                for token in self._tokens
            )
        except ValueError:  # a path or form that no carrier can have signed
            return False
