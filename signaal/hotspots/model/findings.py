"""What the figures found: groups of blocks, movements, evenness; as other floors get them."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from signaal.hotspots.model.figures import Interval
from signaal.hotspots.model.nouns import BlockName, SnapshotInfo, Window
from signaal.intake.model import Kind


class SingleMethod(StrEnum):
    """A method that looks at one block by itself, in the order in which they are frozen."""

    C2 = "c2"
    """EARS C2: the running week beside the weeks before it."""
    C3 = "c3"
    """EARS C3: the last three weeks together beside those before them."""
    CUSUM = "cusum"
    """Poisson CUSUM: what is above the usual, added up week by week."""


@dataclass(frozen=True)
class Reached:
    """A block became hot beside one that was hot already.

    Attributes:
        origin: The block beside it.
        block: The block that was reached.
        weeks: How many weeks lie between the first colour of the one and of the other.
        since: The first day of the four weeks in which it was reached.
    """

    origin: BlockName
    block: BlockName
    weeks: int
    since: date


@dataclass(frozen=True)
class MovementFigure:
    """A group of neighbouring blocks that stand out, followed over the periods.

    Attributes:
        blocks: The blocks that it holds now, in order of code; within the visitor's districts.
        since: The first day of the four weeks in which it began.
        periods: In how many stretches of four weeks it was there, the present one included.
        reached: What it reached since it began, oldest first.
        more_blocks: How many blocks more than when it began; less than zero when it shrank.
        more_dwellings: The same in dwellings.
        bearing: Where its centre went, in degrees from north by east; None when it stayed.
        speed: How far the centre went, in metres per four weeks.
    """

    blocks: tuple[BlockName, ...]
    since: date
    periods: int
    reached: tuple[Reached, ...]
    more_blocks: int
    more_dwellings: int
    bearing: float | None
    speed: float

    @property
    def grows(self) -> bool:
        """Whether it reached a block in the latest four weeks or holds more than at first."""
        return self.more_blocks > 0


@dataclass(frozen=True)
class ClusterFigure:
    """A group of blocks with more reporters than expected, in the last weeks; for warnings only.

    It holds true counts: never on a page of somebody who sees classes.

    Attributes:
        kind: Which evidence.
        codes: The blocks, in order of code.
        districts: Codes of the districts that they lie in.
        since_week: The first week of the group, counted from Monday 1970-01-05.
        last_week: The running week.
        observed: Reporters in these blocks and weeks.
        expected: How many were expected.
        ratio: Logarithm of how many times as likely the counts are with a rise there.
        chance: The chance to find such a group anywhere in town in one look.
        recurrence_weeks: By chance once in so many weekly looks.
    """

    kind: Kind
    codes: tuple[str, ...]
    districts: tuple[str, ...]
    since_week: int
    last_week: int
    observed: int
    expected: float
    ratio: float
    chance: float
    recurrence_weeks: float


@dataclass(frozen=True)
class WeekFigure:
    """One block in the last four weeks for the list of the week: true counts, for alerting only.

    Attributes:
        block: Which block.
        reporters: Distinct reporters in the last four weeks.
        expected: How many there would be if all dwellings in town were alike.
        pooled: Reporters in the block and its neighbours.
        pooled_expected: How many there would be there.
        chance: How often so many by chance; not a number for a block that isn't tested.
        found: Whether the difference is reliable.
        weekly: Reporters in each of the last 26 weeks, oldest first.
    """

    block: BlockName
    reporters: int
    expected: float
    pooled: int
    pooled_expected: float
    chance: float
    found: bool
    weekly: tuple[int, ...]


@dataclass(frozen=True)
class EvennessFigure:
    """How evenly reports are spread over dwellings in four weeks.

    Attributes:
        window: Which four weeks.
        gini: 0 for all dwellings alike, 1 for all reports in one place.
        top_share: Share of all reporters in the busiest 5 % of the blocks.
    """

    window: Window
    gini: Interval
    top_share: Interval


@dataclass(frozen=True)
class RingFigure:
    """Whether reports follow each other in place and time more than by chance.

    Attributes:
        ring: 0 in the same block, 1 in a neighbour, 2 in a neighbour's neighbour.
        lag: 0 for 1 to 4 weeks later, 1 for 5 to 8 weeks later.
        ratio: Pairs that were seen against pairs by chance.
        chance: How often by chance.
    """

    ring: int
    lag: int
    ratio: float
    chance: float


@dataclass(frozen=True)
class EvennessFigures:
    """Of one kind in the whole town, over a year.

    Attributes:
        kind: Which evidence.
        periods: The latest window first.
        rings: Whether reports follow each other in place and time.
        unusual_weeks: Mondays of weeks in which the whole town had more than usual.
    """

    kind: Kind
    periods: tuple[EvennessFigure, ...]
    rings: tuple[RingFigure, ...]
    unusual_weeks: tuple[date, ...]
    snapshot: SnapshotInfo
