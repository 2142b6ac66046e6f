"""What every action may use, put together once by `wiring` and passed on by name."""

from dataclasses import dataclass

from signaal.clock import Clock
from signaal.db import Database, Session
from signaal.policies import Policies
from signaal.ports import Carrier, IdentityProvider, InboundReader, Mailer, SignatureCheck
from signaal.settings import Settings


@dataclass(frozen=True)
class HashCost:
    """What it costs to hash a password or PIN once, with Argon2id.

    Source: RFC 9106 (2021), section 4, the second recommended option (for memory-constrained
    places). No setting makes it less: only a test, where nothing real is kept, may.

    Attributes:
        passes: Over the memory.
        memory_kib: So much memory.
        lanes: Worked through side by side.
    """

    passes: int = 3
    memory_kib: int = 64 * 1024
    lanes: int = 4


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
        mailer: Who carries e-mail, if anybody does.
        hash_cost: What guessing a password costs, were its hash ever to leak.
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
    mailer: Mailer | None = None
    hash_cost: HashCost = HashCost()
