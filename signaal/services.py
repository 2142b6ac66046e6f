"""What every action may use, put together once by `wiring` and passed on by name."""

from dataclasses import dataclass

from signaal.clock import Clock
from signaal.db import Database, Session
from signaal.policies import Policies
from signaal.ports import Carrier, IdentityProvider, InboundReader, SignatureCheck
from signaal.settings import Settings


@dataclass(frozen=True)
class Services:
    """The tools of the house.

    Attributes:
        settings: What was set from outside.
        database: Where everything is kept.
        clock: The real time: all instants in rows come from here.
        line_clock: The time that the telephone line goes by; the demo can be told another one.
        policies: The policies in force.
        carrier: Who carries messages and calls.
        signatures: Who knows a genuine webhook.
        inbound_readers: Who reads an inbound text message before intake does, in this order.
        identity_provider: The organisation's own sign-in, if there is one.
    """

    settings: Settings
    database: Database
    clock: Clock
    line_clock: Clock
    policies: Policies
    carrier: Carrier
    signatures: SignatureCheck
    inbound_readers: tuple[InboundReader[Session], ...] = ()
    identity_provider: IdentityProvider | None = None
