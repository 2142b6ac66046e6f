"""By which rules the figures are made: when is a difference reliable, how far does one look."""

import json
from dataclasses import asdict, dataclass
from datetime import date
from hashlib import sha256
from typing import ClassVar

from signaal.hotspots.model.figures import REPORTERS_FOR_COLOUR

MOST_FALSE = 0.2
"""A false discovery rate above this would make one colour in five a false one."""
LEAST_RADIUS, MOST_RADIUS = 50, 2_000
MOST_SHARE = 0.5
"""A group of more than half the dwellings is not a group any more (Kulldorff 1997)."""
MOST_WEEKS = 26
LEAST_SIMULATIONS, MOST_SIMULATIONS = 99, 9_999


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

    def __post_init__(self) -> None:
        """Refuses rules that promise what figures cannot keep."""
        faults = [fault for is_wrong, fault in self._faults() if is_wrong]
        if faults:
            raise ValueError("; ".join(faults))

    def _faults(self) -> list[tuple[bool, str]]:
        return [
            (
                not self.owner.strip(),
                "owner: noem wie hiervoor staat / name who answers for this",
            ),
            (
                not 0 < self.false_discovery_rate <= MOST_FALSE,
                "false_discovery_rate: kies meer dan 0 en hoogstens 0.2 (gewoon is 0.05) / choose"
                " more than 0 and at most 0.2 (0.05 is usual)",
            ),
            (
                self.least_reporters < REPORTERS_FOR_COLOUR,
                f"least_reporters: kies {REPORTERS_FOR_COLOUR} of meer, anders kleurt een blok door"
                f" een paar mensen / choose {REPORTERS_FOR_COLOUR} or more, or a few people"
                " colour a block",
            ),
            (
                not LEAST_RADIUS <= self.radius_metres <= MOST_RADIUS,
                f"radius_metres: kies {LEAST_RADIUS} tot {MOST_RADIUS} meter / choose"
                f" {LEAST_RADIUS} to {MOST_RADIUS} metres",
            ),
            (
                not 0 < self.share_of_dwellings <= MOST_SHARE,
                "share_of_dwellings: kies meer dan 0 en hoogstens 0.5 (gewoon is 0.05) / choose"
                " more than 0 and at most 0.5 (0.05 is usual)",
            ),
            (
                not 1 <= self.longest_weeks <= MOST_WEEKS,
                f"longest_weeks: kies 1 tot {MOST_WEEKS} weken / choose 1 to {MOST_WEEKS} weeks",
            ),
            (
                not LEAST_SIMULATIONS <= self.simulations <= MOST_SIMULATIONS,
                f"simulations: kies {LEAST_SIMULATIONS} tot {MOST_SIMULATIONS} (gewoon is 999) /"
                f" choose {LEAST_SIMULATIONS} to {MOST_SIMULATIONS} (999 is usual)",
            ),
            (
                any(gap.last < gap.first for gap in self.gaps),
                "gaps: een storing eindigt niet voor ze begint; draai de dagen om / a gap doesn't"
                " end before it begins; swap the days",
            ),
            (
                any(not gap.reason.strip() for gap in self.gaps),
                "gaps: schrijf bij elke storing de reden / write the reason beside each gap",
            ),
            (
                len(set(self.default_points)) < len(self.default_points),
                "default_points: noem elk blok een keer / name each block once",
            ),
        ]

    @property
    def fingerprint(self) -> str:
        """Tells one version of the rules from another; it is part of the figures' fingerprint."""
        return sha256(json.dumps(asdict(self), default=str, sort_keys=True).encode()).hexdigest()
