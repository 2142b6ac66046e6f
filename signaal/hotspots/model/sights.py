"""Who sees which figures, how exactly, and of which weeks."""

from collections.abc import Mapping
from enum import StrEnum

from signaal.access.model import MATRIX, sight_of
from signaal.errors import NotAllowed
from signaal.intake.model import Kind
from signaal.privacy.model import Precision

AREA_KINDS = (Kind.NUISANCE, Kind.CONCERN)
"""The kinds of evidence of which there are figures of areas; arrears for nobody."""


class Stretches(StrEnum):
    """Which four weeks are counted."""

    ROLLING = "rolling"
    """The last four weeks, up to the running one."""
    FIXED = "fixed"
    """Complete periods of four weeks that are the same for everybody, always."""


def _sees(role: str) -> Mapping[str, Precision]:
    """A role with a ticket sees one block of one vacancy, and nothing before there are tickets."""
    block = sight_of(role).block
    return {} if block.with_ticket else block.kinds


LOOKERS = tuple(role for role in MATRIX if _sees(role))
"""The roles that see figures per block at all."""


def kinds_for(role: str, *, arrears: bool = True) -> tuple[Kind, ...]:
    """The kinds of evidence of which this role sees figures per block, in a fixed order.

    Args:
        role: Who asks.
        arrears: Whether this municipality has the layer of arrears switched on.
    """
    return tuple(
        kind for kind in Kind if kind in _sees(role) and (arrears or kind is not Kind.ARREARS)
    )


def precision_for(role: str, kind: Kind, *, arrears: bool = True) -> Precision:
    """How exactly this role sees this kind per block.

    Raises:
        NotAllowed: This role doesn't see it at all.
    """
    if kind not in kinds_for(role, arrears=arrears):
        raise NotAllowed("kind")
    return _sees(role)[kind]


def stretches_for(role: str) -> Stretches:
    """Which four weeks this role sees."""
    return Stretches.ROLLING if sight_of(role).block.weekly else Stretches.FIXED
