"""Stand-ins that keep the promises of what they stand for."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from signaal.errors import CarrierError
from signaal.ports import OutboundCall, OutboundMail, OutboundText, ProviderCopy
from signaal.services import HashCost

QUICK_HASH = HashCost(passes=1, memory_kib=8, lanes=1)
"""For passwords that protect nothing."""


class SetClock:
    """A clock that stands still until it is turned."""

    def __init__(self, instant: datetime) -> None:
        self.instant = instant.astimezone(UTC)

    def now(self) -> datetime:
        return self.instant

    def turn(self, **by: float) -> None:
        self.instant += timedelta(**by)

    def set(self, instant: datetime) -> None:
        self.instant = instant.astimezone(UTC)


@dataclass
class RecordingPhone:
    """A carrier that writes down what it was asked to carry; `fail_next` makes it refuse."""

    texts: list[OutboundText] = field(default_factory=list)
    calls: list[OutboundCall] = field(default_factory=list)
    fail_next: list[CarrierError] = field(default_factory=list)
    known: dict[UUID, str] = field(default_factory=dict)
    forgotten: list[ProviderCopy] = field(default_factory=list)

    def send_text(self, text: OutboundText) -> str:
        self._maybe_fail()
        self.texts.append(text)
        return self._sid("SM", text.outbox_id)

    def place_call(self, call: OutboundCall) -> str:
        self._maybe_fail()
        self.calls.append(call)
        return self._sid("CA", call.outbox_id)

    def sent_before(
        self, message: OutboundText | OutboundCall, *, since: datetime, taken: frozenset[str]
    ) -> str | None:
        return self.known.get(message.outbox_id)

    def forget(self, copy: ProviderCopy) -> None:
        self._maybe_fail()
        self.forgotten.append(copy)

    def _maybe_fail(self) -> None:
        if self.fail_next:
            raise self.fail_next.pop(0)

    def _sid(self, kind: str, outbox_id: UUID) -> str:
        sid = kind + outbox_id.hex
        self.known[outbox_id] = sid
        return sid


@dataclass
class RecordingMailer:
    """A mail server that writes down what it was asked to carry; `fail_next` makes it refuse."""

    mails: list[OutboundMail] = field(default_factory=list)
    fail_next: list[CarrierError] = field(default_factory=list)

    def send_mail(self, mail: OutboundMail) -> None:
        if self.fail_next:
            raise self.fail_next.pop(0)
        self.mails.append(mail)


class TrustingCheck:
    """Takes every webhook signed "genuine" for genuine, and no other."""

    def is_genuine(self, *, path: str, form: dict[str, str], signature: str) -> bool:
        return signature == "genuine"
