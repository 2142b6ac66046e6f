"""What pages and e-mails get: warnings and the list of the week, as a visitor may see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from signaal.alerting.model.life import Cause, WarningState
from signaal.alerting.model.looks import LookMade
from signaal.hotspots.model import Shown
from signaal.intake.model import Kind

CHANCE_STEPS = (0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""A chance is "at most" one of these: an exact one would tell the count of the blocks around."""
WEEK_STEPS = (0, 4, 13, 26, 52, 104, 260, 520)
"""For who sees classes, a recurrence is "at least" one of these, in weeks."""
MONTHS_PER_YEAR, WEEKS_PER_YEAR = 12, 52
YEARS_FROM = 24
"""Months from which people would rather count in years."""
MOST_YEARS = 100
"""Nobody can tell rarer things apart."""


def chance_at_most(chance: float) -> float:
    """The chance as people may know it."""
    return next(step for step in CHANCE_STEPS if chance <= step or step == CHANCE_STEPS[-1])


def weeks_at_least(weeks: float) -> float:
    """The recurrence as who sees classes may know it."""
    return float(max(step for step in WEEK_STEPS if step <= max(weeks, 0.0)))


def together(parts: Sequence[Shown | None]) -> Shown:
    """The sum of what is shown of the blocks of a group, never the true sum.

    From a true sum the block that is hidden would follow, by taking off the others.

    Args:
        parts: What is shown of each block; None for one that isn't shown at all.
    """
    seen = [each for each in parts if each is not None]
    tops = [each.high for each in seen if each.high is not None]
    low = sum(each.low for each in seen)
    return Shown(low, sum(tops) if parts and len(tops) == len(parts) else None, hidden=low == 0)


class Span(StrEnum):
    """In what a recurrence is told."""

    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True)
class OnceIn:
    """By chance at most once in so many months or years."""

    number: int
    span: Span


def once_per(weeks: float) -> OnceIn | None:
    """A recurrence as people say it, on pages and in mails alike: rounded down, so it stays true.

    Args:
        weeks: By chance once in so many weeks.

    Returns:
        In months, and from two years on in years; None for more often than once a month.
    """
    months = int(weeks * MONTHS_PER_YEAR / WEEKS_PER_YEAR)
    if months < 1:
        return None
    if months < YEARS_FROM:
        return OnceIn(months, Span.MONTH)
    return OnceIn(min(months // MONTHS_PER_YEAR, MOST_YEARS), Span.YEAR)


@dataclass(frozen=True)
class WarningStep:
    """One line of a warning's history, as a visitor may see it.

    Attributes:
        week: When.
        state: Where the warning was from then on.
        cause: What it followed from; the page makes the words.
        codes: All blocks within the visitor's districts.
        since_week: The first week of the group.
        reporters: How many reporters since then, as far as is shown of its blocks.
        expected: How many were expected.
        recurrence_weeks: By chance once in so many weeks ("at least" unless reporters are exact).
        into: The warning in which it went on, where it was merged.
        policy: Fingerprint of the rules.
        snapshot: Fingerprint of the figures.
    """

    week: int
    state: WarningState
    cause: Cause
    codes: tuple[str, ...]
    since_week: int
    reporters: Shown
    expected: float
    recurrence_weeks: float
    into: UUID | None
    policy: str
    snapshot: str


@dataclass(frozen=True)
class WarningShown:
    """A warning as a visitor may see it.

    Attributes:
        id: Which one.
        kind: Which evidence.
        state: Where it is in its life.
        raised_week: When it was raised.
        seen_week: When the group was last found.
        codes: Its blocks within the visitor's districts, in order of code.
        goes_beyond: Whether it has blocks in other districts too.
        since_week: The first week of the group.
        reporters: How many reporters since then, as far as is shown of its blocks.
        expected: How many were expected.
        recurrence_weeks: By chance once in so many weeks ("at least" unless reporters are exact).
        history: What became of it, oldest first.
    """

    id: UUID
    kind: Kind
    state: WarningState
    raised_week: int
    seen_week: int
    codes: tuple[str, ...]
    goes_beyond: bool
    since_week: int
    reporters: Shown
    expected: float
    recurrence_weeks: float
    history: tuple[WarningStep, ...]


@dataclass(frozen=True)
class WeekRow:
    """One place on the list of the week; each has the same sentence of figures.

    Attributes:
        id: Which place, for a judgement.
        kind: Which evidence.
        block: Code of the block.
        neighbourhood: Name of its neighbourhood.
        dwellings: How many it has.
        reporters: Distinct reporters in four weeks, when the list was made.
        expected: How many there would be if all dwellings in town were alike.
        chance: How often so many here and in the blocks beside it by chance, at most; None: not
            tested, or too few reporters here to say so.
        is_new: Came after the list was made.
        looks: The latest judgement of each person.
    """

    id: UUID
    kind: Kind
    block: str
    neighbourhood: str
    dwellings: int
    reporters: Shown
    expected: float
    chance: float | None
    is_new: bool
    looks: tuple[LookMade, ...]

    @property
    def mine(self) -> LookMade | None:
        """The visitor's own judgement."""
        return next((look for look in self.looks if look.is_mine), None)


@dataclass(frozen=True)
class WeekList:
    """The list of the week of one district.

    Attributes:
        week: Which week.
        district: Code of the district.
        made_at: When it was frozen.
        snapshot: Fingerprint of the figures with which it was made.
        random_share: Which share of its places was drawn at random; not which places.
        rows: In the order in which they stand.
    """

    week: int
    district: str
    made_at: datetime
    snapshot: str
    random_share: float
    rows: tuple[WeekRow, ...]
