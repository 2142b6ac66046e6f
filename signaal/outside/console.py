"""Carries messages and calls to the local fake telephone network: for the demo, never for real."""

import hmac
from datetime import datetime
from hashlib import sha256
from typing import Protocol

from signaal.errors import CarrierError
from signaal.messages.model import STATUS_PATH
from signaal.ports import OutboundCall, OutboundText, ProviderCopy, webhook_signature
from signaal.settings import Settings


class LocalNetwork(Protocol):
    """A telephone network in this same process. All verbs raise `CarrierError`."""

    def send_text(self, *, from_number: str, to_number: str, body: str, callback: str) -> str:
        """Takes a text message; returns its id."""
        ...

    def place_call(
        self,
        *,
        from_number: str,
        to_number: str,
        answer_url: str,
        ring_seconds: int,
        callback: str,
    ) -> str:
        """Takes a call; returns its id."""
        ...

    def find_by_callback(self, callback: str) -> str | None:
        """The id of what was handed over with this callback address."""
        ...

    def forget(self, sid: str) -> None:
        """Forgets a message or call."""
        ...


NOT_FOUND = "20404"
"""The network's refusal to forget what it doesn't have."""


class ConsoleCarrier:
    """Hands messages and calls to a network in this same process."""

    def __init__(self, network: LocalNetwork) -> None:
        self._network = network

    def send_text(self, text: OutboundText) -> str:
        """Hands over one text message; returns the network's id."""
        return self._network.send_text(
            from_number=text.from_number,
            to_number=text.to_number,
            body=text.body,
            callback=_callback(text),
        )

    def place_call(self, call: OutboundCall) -> str:
        """Starts one call; returns the network's id."""
        return self._network.place_call(
            from_number=call.from_number,
            to_number=call.to_number,
            answer_url=call.answer_path,
            ring_seconds=call.ring_seconds,
            callback=_callback(call),
        )

    def sent_before(
        self,
        message: OutboundText | OutboundCall,
        *,
        since: datetime,  # noqa: ARG002 - our own id in the callback says it exactly
        taken: frozenset[str],  # noqa: ARG002 - as above
    ) -> str | None:
        """The network's id if it has this message or call already, else None."""
        return self._network.find_by_callback(_callback(message))

    def forget(self, copy: ProviderCopy) -> None:
        """Has the network forget a message or call; one that is gone is no error."""
        try:
            self._network.forget(copy.sid)
        except CarrierError as refused:
            if str(refused) != NOT_FOUND:
                raise


def _callback(message: OutboundText | OutboundCall) -> str:
    return f"{STATUS_PATH}?m={message.outbox_id}"


def webhook_token(settings: Settings) -> str:
    """The secret with which the local network signs: made from ours, never ours itself."""
    secret = settings.secret_key.get_secret_value().encode()
    return hmac.new(secret, b"signaal local network", sha256).hexdigest()


class ConsoleSignatureCheck:
    """Knows by its signature whether a webhook comes from the local network."""

    def __init__(self, settings: Settings) -> None:
        self._public_url = settings.public_url.rstrip("/")
        self._token = webhook_token(settings)

    def is_genuine(self, *, path: str, form: dict[str, str], signature: str) -> bool:
        """Whether the signature fits our public URL plus this path (with query) and form."""
        try:
            expected = webhook_signature(url=self._public_url + path, form=form, token=self._token)
        except UnicodeError:  # a form that no carrier can have signed
            return False
        return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))
