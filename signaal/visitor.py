"""Who asks: the capacity in which somebody looks, passed on from page to action."""

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from uuid import UUID

_SUBSCRIBER_BITS = 64


@dataclass(frozen=True)
class Visitor:
    """Somebody in one role, within one organisation and some districts.

    Attributes:
        role: A `Role` of `access`; empty for a resident.
        person: Whose account it is; None for a resident.
        organisation: For which organisation they work; None for a resident.
        districts: Codes of the districts that they work in; None for the whole municipality.
        duty_name: Under which name they stand in the rota; empty for who has no duty.
        has_pin: Whether they gave their PIN in this session a moment ago.
    """

    role: str = ""
    person: UUID | None = None
    organisation: UUID | None = None
    districts: frozenset[str] | None = frozenset()
    duty_name: str = ""
    has_pin: bool = False

    def covers(self, district: str) -> bool:
        """Whether this district is within their reach."""
        return self.districts is None or district in self.districts


RESIDENT = Visitor()
"""Somebody who has not signed in."""
HOUSE = Visitor(role="signaal")
"""Signaal itself, by the clock or at its command line: nobody's role, and no route lets it in."""


def network_of(address: str) -> str:
    """What stands for one subscriber: an IPv4 address, or the first half of an IPv6 address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ip_network((int(parsed), _SUBSCRIBER_BITS), strict=False))
    return str(parsed)
