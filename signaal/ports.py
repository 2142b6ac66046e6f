"""What Signaal needs of the outside world, as plain protocols."""

import base64
import hmac
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeVar
from uuid import UUID

SessionT_contra = TypeVar("SessionT_contra", contravariant=True)


@dataclass(frozen=True)
class OutboundText:
    """One text message on its way out.

    Attributes:
        outbox_id: Our own id; travels in the status callback, so that a lost answer is found again.
        from_number: The line it is sent from, E.164.
        to_number: Who gets it, E.164.
        body: What it says.
    """

    outbox_id: UUID
    from_number: str
    to_number: str
    body: str


@dataclass(frozen=True)
class OutboundCall:
    """One call that Signaal makes.

    Attributes:
        outbox_id: Our own id; travels in the status callback.
        from_number: The line that is shown, E.164.
        to_number: Who is rung, E.164.
        answer_path: Path on our public URL that says what is heard; holds ids only.
        ring_seconds: How long to let it ring.
    """

    outbox_id: UUID
    from_number: str
    to_number: str
    answer_path: str
    ring_seconds: int


@dataclass(frozen=True)
class OutboundMail:
    """One e-mail on its way out, in plain text.

    Attributes:
        outbox_id: Our own id; the mail carries it, so that one that is sent twice is known again.
        to_address: Who gets it.
        subject: What it is about, on one line.
        body: What it says.
    """

    outbox_id: UUID
    to_address: str
    subject: str
    body: str


class CopyKind(StrEnum):
    """What a telephone provider keeps of us."""

    SMS = "sms"
    CALL = "call"


@dataclass(frozen=True)
class ProviderCopy:
    """What the provider keeps of one message or call: its numbers, its words, its times.

    Attributes:
        sid: The provider's id.
        kind: A text message or a call.
    """

    sid: str
    kind: CopyKind


class Carrier(Protocol):
    """A telephone provider; all verbs raise `CarrierError`."""

    def send_text(self, text: OutboundText) -> str:
        """Hands over one text message."""
        ...

    def place_call(self, call: OutboundCall) -> str:
        """Starts one call."""
        ...

    def sent_before(
        self, message: OutboundText | OutboundCall, *, since: datetime, taken: frozenset[str]
    ) -> str | None:
        """The provider's id if it has this message or call already, else None.

        Args:
            message: What may have been handed over although we never heard so.
            since: It can't have been handed over before this instant.
            taken: The provider's ids of other messages to this number.
        """
        ...

    def forget(self, copy: ProviderCopy) -> None:
        """Deletes what the provider keeps of a message or call; one that is gone is no error."""
        ...


class Mailer(Protocol):
    """A server that carries e-mail."""

    def send_mail(self, mail: OutboundMail) -> None:
        """Hands over one e-mail.

        Raises:
            CarrierError: It was not taken.
        """
        ...


class SignatureCheck(Protocol):
    """Knows whether a webhook really comes from the carrier."""

    def is_genuine(self, *, path: str, form: dict[str, str], signature: str) -> bool:
        """Whether the signature fits our public URL plus this path (with query) and form."""
        ...


def webhook_signature(*, url: str, form: dict[str, str], token: str) -> str:
    """The carrier's signature of a webhook: what a signature check expects.

    Args:
        url: The full address that was called, query included.
        form: The fields that were posted.
        token: The secret that we share with the carrier.

    Returns:
        Base64 of an HMAC-SHA1 over the address and the sorted fields.

    Source: Twilio, "Webhooks Security", validating signatures.
    """
    text = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.digest(token.encode(), text.encode(), "sha1")).decode()


@dataclass(frozen=True)
class InboundText:
    """One text message that came in.

    Attributes:
        provider_sid: The provider's id, unique.
        from_number: Who sent it, E.164.
        to_number: The line it came in on, E.164.
        body: What it says, NFC, without NUL or lone surrogates.
        received_at: Aware, UTC.
    """

    provider_sid: str
    from_number: str
    to_number: str
    body: str
    received_at: datetime


class InboundReader(Protocol[SessionT_contra]):
    """Somebody who may know what an inbound text message is about, before intake does."""

    def read(self, session: SessionT_contra, text: InboundText) -> bool:
        """Deals with the message inside the given transaction; True if it was for this reader."""
        ...


@dataclass(frozen=True)
class SignInRequest:
    """A sign-in that was begun at an organisation's own provider; lives in the visitor's cookie.

    Attributes:
        address: Where the visitor goes now.
        state: Comes back unchanged, so that nobody can end a sign-in that they did not begin.
        nonce: Must stand in the identity that comes back, so that an old one is of no use.
        verifier: Proves that who fetches the identity is who began (PKCE, RFC 7636).
    """

    address: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Identity:
    """Who somebody is, according to their own organisation.

    Attributes:
        subject: The provider's own id of this person, with the provider before it; never changes.
        email: Their address, if the provider has checked it; else empty.
        second_factor: Whether they gave a second factor there.
    """

    subject: str
    email: str
    second_factor: bool


class IdentityProvider(Protocol):
    """An organisation's own sign-in. Both verbs use the network."""

    @property
    def name(self) -> str:
        """What the organisation is called."""
        ...

    def begin(self) -> SignInRequest:
        """Begins a sign-in.

        Raises:
            ProviderAway: The provider doesn't answer.
        """
        ...

    def finish(self, begun: SignInRequest, *, state: str, code: str) -> Identity:
        """Who came back, after everything has been checked.

        Raises:
            ProviderAway: The provider doesn't answer.
            UntrustedIdentity: Something doesn't fit.
        """
        ...
