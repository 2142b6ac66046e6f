"""When is a group of blocks a warning, how long, and what does the list of the week hold."""

import json
from dataclasses import asdict, dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import ClassVar

from signaal.access.model import MATRIX
from signaal.clock import AMSTERDAM
from signaal.hotspots.model import ClusterFigure
from signaal.intake.model import Kind
from signaal.rules import OWNER, Condition, between, holds, refuse

WEEKS_PER_QUARTER = 13
LEAST_FALSE, MOST_FALSE = 0.05, 26.0
"""False alarms per quarter: once in five years, or twice a week."""
LEAST_REPORTERS, MOST_REPORTERS = 3, 500
"""The scan knows no smaller group (`bayes_scan.LEAST`); no group of blocks has more reporters."""
LEAST_ROWS, MOST_ROWS = 5, 50
LEAST_SHARE, MOST_SHARE = 0.2, 0.5
"""One in five places is drawn at random (trust.md, section 4, rule 6)."""
MOST_WEEKS = 26
"""After so many weeks nothing weighs in the order of attention (trust.md, section 4, rule 7)."""
WEEKDAYS, HOURS = range(1, 8), range(24)
HOUR_OF_CHANGE = 2
"""Between two and three the clock is put forward or back."""
HOLDS = 0.5
"""A warning that is there lives on with a group half as rare as one that raises it: or it would
flicker on the border."""

TOLD_ROLES = tuple(role for role, sight in MATRIX.items() if role and sight.block.weekly)
"""The roles that see weekly figures, and so warnings and the list of the week."""


@dataclass(frozen=True)
class EarlyWarningPolicy:
    """The rules in force for warnings and the list of the week (alerts/early_warning.toml).

    Attributes:
        owner: Who answers for these rules.
        review_by: When they are looked at again.
        kinds: The kinds of evidence that are watched.
        false_alarms_per_quarter: How many warnings by chance the whole town bears in 13 weeks,
            all kinds together.
        least_reporters: Distinct reporters that a warning needs.
        fading_after_weeks: So many weeks without the group, and the warning fades.
        ended_after_weeks: So many weeks without the group, and it has ended.
        list_length: Rows of the list of the week, for each district.
        random_share: Which share of the rows is drawn at random.
        told: The roles that are told by e-mail.
        digest_weekday: When the e-mail goes: 1 for Monday to 7 for Sunday.
        digest_hour: At which hour, Europe/Amsterdam.
    """

    FILE: ClassVar[str] = "early_warning.toml"

    owner: str
    review_by: date
    kinds: tuple[Kind, ...]
    false_alarms_per_quarter: float
    least_reporters: int
    fading_after_weeks: int
    ended_after_weeks: int
    list_length: int
    random_share: float
    told: tuple[str, ...]
    digest_weekday: int
    digest_hour: int

    CONDITIONS: ClassVar[tuple[Condition, ...]] = (
        OWNER,
        holds(
            "kinds",
            lambda policy: bool(policy.kinds) and len(set(policy.kinds)) == len(policy.kinds),
            "noem minstens een soort, en elke soort een keer / name at least one kind, and each"
            " kind once",
        ),
        between(
            "false_alarms_per_quarter",
            LEAST_FALSE,
            MOST_FALSE,
            why="gewoon is 1. Nul kan niet: wie nooit vals alarm wil, wordt nooit gewaarschuwd"
            " / 1 is usual. Zero is impossible: who wants no false alarm ever is never warned",
        ),
        between(
            "least_reporters",
            LEAST_REPORTERS,
            MOST_REPORTERS,
            of="melders / reporters",
            why="met minder is er geen groep, met meer is er nooit een waarschuwing / with fewer"
            " there is no group, with more there never is a warning",
        ),
        between("fading_after_weeks", 1, MOST_WEEKS - 1, of="weken / weeks"),
        between("ended_after_weeks", 2, MOST_WEEKS, of="weken / weeks"),
        holds(
            "fading_after_weeks, ended_after_weeks",
            lambda policy: policy.fading_after_weeks < policy.ended_after_weeks,
            "eerst zwakker, daarna pas voorbij; maak het eerste getal kleiner of het tweede groter"
            " / first fading, only then ended; make the first number smaller or the second larger",
        ),
        between("list_length", LEAST_ROWS, MOST_ROWS, of="regels / rows"),
        between(
            "random_share",
            LEAST_SHARE,
            MOST_SHARE,
            why="0.2 is een op de vijf; met minder loting is niet te zien of waarschuwingen iets"
            " zeggen / 0.2 is one in five; with fewer draws nobody can see whether warnings mean"
            " anything",
        ),
        holds(
            "told",
            lambda policy: (
                0 < len(policy.told) == len(set(policy.told)) and set(policy.told) <= {*TOLD_ROLES}
            ),
            f"kies uit {', '.join(TOLD_ROLES)}, elk een keer; andere rollen zien geen weekcijfers /"
            f" choose from {', '.join(TOLD_ROLES)}, each once; other roles see no weekly figures",
        ),
        holds(
            "digest_weekday",
            lambda policy: policy.digest_weekday in WEEKDAYS,
            "kies 1 (maandag) tot 7 (zondag) / choose 1 (Monday) to 7 (Sunday)",
        ),
        holds(
            "digest_hour",
            lambda policy: policy.digest_hour in HOURS and policy.digest_hour != HOUR_OF_CHANGE,
            "kies 0 tot 23, maar niet 2: tussen twee en drie wordt de klok verzet / choose 0 to"
            " 23, but not 2: between two and three the clock is changed",
        ),
    )

    def __post_init__(self) -> None:
        """Refuses rules that can't be kept; says all that is wrong at once."""
        refuse(self)

    @property
    def fingerprint(self) -> str:
        """Tells one version of the rules from another; written down with each step."""
        return sha256(json.dumps(asdict(self), default=str, sort_keys=True).encode()).hexdigest()

    @property
    def recurrence_weeks(self) -> float:
        """A group of one kind is a warning when chance brings it once in so many weeks, or less.

        All kinds share what the town bears: with three kinds and one false alarm in 13 weeks,
        each kind may raise one in 39 weeks.
        """
        return WEEKS_PER_QUARTER * len(self.kinds) / self.false_alarms_per_quarter


def raised_by(policy: EarlyWarningPolicy, cluster: ClusterFigure) -> bool:
    """Whether this group of blocks raises a warning by these rules."""
    return _counts(policy, cluster) and cluster.recurrence_weeks >= policy.recurrence_weeks


def held_by(policy: EarlyWarningPolicy, cluster: ClusterFigure) -> bool:
    """Whether this group of blocks keeps a warning going that is there already."""
    return _counts(policy, cluster) and cluster.recurrence_weeks >= HOLDS * policy.recurrence_weeks


def _counts(policy: EarlyWarningPolicy, cluster: ClusterFigure) -> bool:
    return (
        cluster.kind in policy.kinds
        and cluster.observed >= policy.least_reporters
        and cluster.observed > cluster.expected
    )


def digest_due(policy: EarlyWarningPolicy, now: datetime) -> bool:
    """Whether this week's e-mail about the list may go: from its weekday and hour on.

    Args:
        policy: The rules in force.
        now: The present instant.
    """
    local = now.astimezone(AMSTERDAM)
    return (local.isoweekday(), local.hour) >= (policy.digest_weekday, policy.digest_hour)
