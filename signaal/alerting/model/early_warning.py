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

WEEKS_PER_QUARTER = 13
LEAST_FALSE, MOST_FALSE = 0.05, 26.0
"""False alarms per quarter: once in five years, or twice a week."""
LEAST_REPORTERS = 2
"""Fewer than two would be one person's word (numbers.md, section 6)."""
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

    def __post_init__(self) -> None:
        """Refuses rules that can't be kept; says all that is wrong at once."""
        faults = [fault for is_wrong, fault in (*self._warning(), *self._telling()) if is_wrong]
        if faults:
            raise ValueError("; ".join(faults))

    def _warning(self) -> list[tuple[bool, str]]:
        return [
            (
                not self.owner.strip(),
                "owner: noem wie hiervoor staat / name who answers for this",
            ),
            (
                not self.kinds or len(set(self.kinds)) < len(self.kinds),
                "kinds: noem minstens een soort, en elke soort een keer / name at least one kind,"
                " and each kind once",
            ),
            (
                not LEAST_FALSE <= self.false_alarms_per_quarter <= MOST_FALSE,
                f"false_alarms_per_quarter: kies {LEAST_FALSE} tot {MOST_FALSE:.0f} (gewoon is 1)."
                " Nul kan niet: wie nooit vals alarm wil, wordt nooit gewaarschuwd / choose"
                f" {LEAST_FALSE} to {MOST_FALSE:.0f} (1 is usual). Zero is impossible: who wants no"
                " false alarm ever is never warned",
            ),
            (
                self.least_reporters < LEAST_REPORTERS,
                f"least_reporters: kies {LEAST_REPORTERS} of meer; een enkele melder is geen groep"
                f" / choose {LEAST_REPORTERS} or more; one reporter is no group",
            ),
            (
                not 1 <= self.fading_after_weeks < self.ended_after_weeks <= MOST_WEEKS,
                "fading_after_weeks, ended_after_weeks: eerst zwakker (1 week of later), daarna"
                f" pas voorbij (hoogstens {MOST_WEEKS} weken) / first fading (1 week or later),"
                f" only then ended (at most {MOST_WEEKS} weeks)",
            ),
        ]

    def _telling(self) -> list[tuple[bool, str]]:
        strangers = sorted(set(self.told) - set(TOLD_ROLES))
        return [
            (
                not LEAST_ROWS <= self.list_length <= MOST_ROWS,
                f"list_length: kies {LEAST_ROWS} tot {MOST_ROWS} regels / choose {LEAST_ROWS} to"
                f" {MOST_ROWS} rows",
            ),
            (
                not LEAST_SHARE <= self.random_share <= MOST_SHARE,
                f"random_share: kies {LEAST_SHARE} (een op de vijf) tot {MOST_SHARE}; met minder"
                " loting is niet te zien of waarschuwingen iets zeggen / choose"
                f" {LEAST_SHARE} (one in five) to {MOST_SHARE}; with fewer draws nobody can see"
                " whether warnings mean anything",
            ),
            (
                bool(strangers) or not self.told,
                f"told: kies uit {', '.join(TOLD_ROLES)}; andere rollen zien geen weekcijfers /"
                f" choose from {', '.join(TOLD_ROLES)}; other roles see no weekly figures",
            ),
            (
                self.digest_weekday not in WEEKDAYS,
                "digest_weekday: kies 1 (maandag) tot 7 (zondag) / choose 1 (Monday) to 7 (Sunday)",
            ),
            (
                self.digest_hour not in HOURS or self.digest_hour == HOUR_OF_CHANGE,
                "digest_hour: kies 0 tot 23, maar niet 2: tussen twee en drie wordt de klok"
                " verzet / choose 0 to 23, but not 2: between two and three the clock is changed",
            ),
        ]

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
