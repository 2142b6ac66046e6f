"""By which rules the figures are made: when is a difference reliable, how far does one look."""

import json
from collections.abc import Container, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import ClassVar

from signaal.hotspots.model.figures import REPORTERS_FOR_COLOUR
from signaal.rules import OWNER, Condition, between, holds, refuse

LEAST_FALSE, MOST_FALSE = 0.001, 0.2
"""A false discovery rate above this would make one colour in five a false one."""
MOST_REPORTERS = 50
"""More distinct reporters than a block of usual size has dwellings."""
LEAST_RADIUS, MOST_RADIUS = 50, 2_000
LEAST_SHARE, MOST_SHARE = 0.001, 0.5
"""A group of more than half the dwellings is not a group any more (Kulldorff 1997)."""
MOST_WEEKS = 26
LEAST_SIMULATIONS, MOST_SIMULATIONS = 99, 9_999
LONGEST_GAP = timedelta(days=366)


@dataclass(frozen=True)
class Gap:
    """Weeks in which the line was down, so that few reports say nothing.

    Attributes:
        first: Its first day.
        last: Its last day.
        reason: Why.
    """

    first: date
    last: date
    reason: str


@dataclass(frozen=True)
class FiguresPolicy:
    """The rules by which the figures are made (alerts/figures.toml).

    Attributes:
        owner: Who answers for these rules.
        review_by: When they are looked at again.
        false_discovery_rate: Which share of the coloured blocks may be coloured by chance.
        least_reporters: Distinct reporters below which a block stays grey.
        radius_metres: How far a group of blocks may reach.
        share_of_dwellings: How large a group may be, as a share of the town's dwellings.
        longest_weeks: Over how many last weeks a group is looked for, at most.
        simulations: How many towns without a group are drawn to know what chance does.
        gaps: Weeks in which the line was down.
        default_points: Codes of blocks to which addresses go that could not be found: left out.
    """

    FILE: ClassVar[str] = "figures.toml"

    owner: str
    review_by: date
    false_discovery_rate: float
    least_reporters: int
    radius_metres: float
    share_of_dwellings: float
    longest_weeks: int
    simulations: int
    gaps: tuple[Gap, ...] = ()
    default_points: tuple[str, ...] = ()

    CONDITIONS: ClassVar[tuple[Condition, ...]] = (
        OWNER,
        between(
            "false_discovery_rate",
            LEAST_FALSE,
            MOST_FALSE,
            why="gewoon is 0.05. Met minder krijgt geen blok ooit een kleur / 0.05 is usual. With"
            " less no block ever gets a colour",
        ),
        between(
            "least_reporters",
            REPORTERS_FOR_COLOUR,
            MOST_REPORTERS,
            of="melders / reporters",
            why="met minder kleurt een blok door een paar mensen, met meer kleurt er nooit een"
            " / with fewer a few people colour a block, with more none ever gets a colour",
        ),
        between("radius_metres", LEAST_RADIUS, MOST_RADIUS, of="meter / metres"),
        between(
            "share_of_dwellings",
            LEAST_SHARE,
            MOST_SHARE,
            why="gewoon is 0.05. Minder is kleiner dan een blok, meer is geen groep / 0.05 is"
            " usual. Less is smaller than a block, more is no group",
        ),
        between("longest_weeks", 1, MOST_WEEKS, of="weken / weeks"),
        between(
            "simulations",
            LEAST_SIMULATIONS,
            MOST_SIMULATIONS,
            why="gewoon is 999 / 999 is usual",
        ),
        Condition(("gaps",), lambda policy: _faults_of_gaps(policy.gaps)),
        holds(
            "default_points",
            lambda policy: (
                len(set(policy.default_points)) == len(policy.default_points)
                and all(code.strip() for code in policy.default_points)
            ),
            "noem elk blok een keer, met zijn code / name each block once, by its code",
        ),
    )

    def __post_init__(self) -> None:
        """Refuses rules that promise what figures cannot keep."""
        refuse(self)

    @property
    def fingerprint(self) -> str:
        """Tells one version of the rules from another; it is part of the figures' fingerprint."""
        return sha256(json.dumps(asdict(self), default=str, sort_keys=True).encode()).hexdigest()


def unknown_points(policy: FiguresPolicy, codes: Container[str]) -> tuple[str, ...]:
    """The default points that are no block at all.

    Args:
        policy: The rules in force.
        codes: The codes of all blocks.
    """
    return tuple(code for code in policy.default_points if code not in codes)


def _faults_of_gaps(gaps: Iterable[Gap]) -> Iterator[tuple[str, str]]:
    for number, gap in enumerate(gaps):
        if gap.last < gap.first:
            yield (
                f"gaps.{number}.last",
                "een storing eindigt niet voor ze begint; draai de dagen om / a gap doesn't end"
                " before it begins; swap the days",
            )
        if gap.last - gap.first > LONGEST_GAP:
            yield (
                f"gaps.{number}.last",
                "een storing duurt hoogstens een jaar: daarna weet niemand meer wat gewoon is /"
                " a gap lasts a year at most: after that nobody knows what is usual",
            )
        if not gap.reason.strip():
            yield f"gaps.{number}.reason", "schrijf de reden / write the reason"
