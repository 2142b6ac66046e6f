"""What the pages get."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from signaal.hotspots.model.figures import Band, Level, Rate, Shown
from signaal.hotspots.model.findings import MovementFigure, SingleMethod
from signaal.hotspots.model.nouns import BlockName, SnapshotInfo, Window
from signaal.hotspots.model.patterns import Pattern
from signaal.hotspots.model.sights import Stretches
from signaal.intake.model import Kind
from signaal.privacy.model import Precision

WINDOWS = 13
"""Stretches of four weeks that can be chosen: a year."""
PERIODS = 26
"""Complete fixed periods in a snapshot: two years, of which at least one whole fixed year."""
PERIODS_PER_YEAR = 13
"""Fixed periods in a fixed year of 52 weeks: period // 13."""
MOST_ROWS_OUT = 5000
"""Rows of a table that is taken away (trust.md, section 6)."""
TREND_WINDOWS = 7
"""Stretches of four weeks in the trend of a block: 28 weeks, so that 26 are covered."""
TREND_WEEKS = 26


class FileKind(StrEnum):
    """In which shape a table is taken away."""

    CSV = "csv"
    XLSX = "xlsx"
    GPKG = "gpkg"


@dataclass(frozen=True)
class BlockFigure:
    """One block in one window and kind, as the role may see it.

    Attributes:
        block: Which block.
        reporters: Distinct reporters.
        rate: Reporters per 1,000 dwellings, smoothed; None when there are too few.
        level: The comparison with the town: a colour only where the difference is reliable.
        pattern: How it went over the last twelve complete periods (new, growing, fading), in the
            latest window and where it says something; else Pattern.NONE.
    """

    block: BlockName
    reporters: Shown
    rate: Rate | None
    level: Level
    pattern: Pattern = Pattern.NONE

    @property
    def attention(self) -> tuple[int, int, str]:
        """Sorts what stands out first, by nothing but what is shown."""
        return (-self.level.rank, -self.reporters.low, self.block.code)


@dataclass(frozen=True)
class PeriodFigure:
    """One stretch of weeks of one block: its days and its reporters as they may be seen.

    Attributes:
        first_day: Its first day.
        last_day: Its last day.
        reporters: Distinct reporters.
        expected: Between which numbers 95 of 100 such stretches lie when nothing is going on;
            None where that is not known or not for this role.
    """

    first_day: date
    last_day: date
    reporters: Shown
    expected: Band | None = None


@dataclass(frozen=True)
class Change:
    """What would change a colour, in whole reporters; each is "at most so many".

    Attributes:
        fewer: With so many fewer in the block the colour is gone for certain; None when grey.
        more: With so many more in the block it gets a colour, beside the town's rate as it is now
            (in a small town more reporters raise that too); None when it has one, or where
            nothing can be compared.
    """

    fewer: int | None
    more: int | None


@dataclass(frozen=True)
class Surroundings:
    """A block together with its neighbours: this is what is tested.

    Attributes:
        reporters: In all of them together: the sum of the ends that are shown, and no more.
        expected: How many there would be if all dwellings in town were alike.
        dwellings: In all of them together.
        neighbours: Each as it may be seen, in order of code; none outside the visitor's districts.
        outside: How many neighbours lie outside the visitor's districts.
        once_in: By chance at most once in so many blocks like this (20, 100, 1,000 ...); None when
            it is no rarity.
    """

    reporters: Shown
    expected: float
    dwellings: int
    neighbours: tuple["BlockFigure", ...]
    outside: int
    once_in: int | None


@dataclass(frozen=True)
class KindStory:
    """What lies behind one colour of one block.

    Attributes:
        kind: Which evidence.
        precision: How exactly the role sees it.
        figure: The latest four weeks that the role sees.
        before: Reporters in the four weeks before those.
        crude: Reporters per 1,000 dwellings without smoothing; None when there are too few.
        town_rate: Reporters per 1,000 dwellings in the whole town, estimated from what is shown.
        own_share: How much the block's own figure weighs in the smoothed rate, in per cent.
        fours: Stretches of four weeks, oldest first.
        weeks: Single weeks, oldest first; empty where only classes are seen. Withheld in each
            window of four that has a hidden week.
        around: The block with its neighbours, and how often by chance; None for a block that is
            not tested (fewer than ten dwellings, or a town without a rate).
        own_past: Reporters per 1,000 dwellings in four weeks, mean of the 52 weeks before, between
            the ends that are shown.
        change: What would change the outcome.
        tested: How many blocks of the town were looked at.
        movement: The movement that this block is part of.
        dispersion: How much more the town's counts vary than chance alone; 1 for no more.
        short_history: Whether the expected band comes from the surroundings, because the block has
            less than 26 weeks of its own.
        by_itself: Which methods find the running week unusual for this block alone; None where
            nothing is said: for who sees complete periods, with fewer than five reporters, or
            without a past to compare with.
    """

    kind: Kind
    precision: Precision
    figure: BlockFigure
    before: Shown
    crude: Rate | None
    town_rate: float
    own_share: int
    fours: tuple[PeriodFigure, ...]
    weeks: tuple[PeriodFigure, ...]
    around: Surroundings | None
    own_past: Rate
    change: Change
    tested: int
    movement: MovementFigure | None
    dispersion: float
    short_history: bool
    by_itself: tuple[SingleMethod, ...] | None = None

    @property
    def has_open_weeks(self) -> bool:
        """Whether any single week can be shown."""
        return any(not week.reporters.hidden for week in self.weeks)


@dataclass(frozen=True)
class BlockStory:
    """One block with all kinds that the role may see, side by side and never added up.

    Attributes:
        block: Which block.
        stretches: Which kind of four weeks the role sees.
        window: The latest of them.
        chosen: The kind that was asked for.
        kinds: One story per kind.
        snapshot: Which frozen figures.
    """

    block: BlockName
    stretches: Stretches
    window: Window
    chosen: KindStory
    kinds: tuple[KindStory, ...]
    snapshot: SnapshotInfo


@dataclass(frozen=True)
class AreaFigure:
    """One area in one fixed year.

    Attributes:
        code: Code of the neighbourhood or district; empty for the whole town.
        name: Its name; empty for the whole town.
        dwellings: How many dwellings its blocks hold.
        voices: Sum of the voices of its blocks and periods, as it may be seen, for each kind.
    """

    code: str
    name: str
    dwellings: int
    voices: Mapping[Kind, Shown]


@dataclass(frozen=True)
class DistrictFigures:
    """A district with its neighbourhoods, in order of name."""

    district: AreaFigure
    neighbourhoods: tuple[AreaFigure, ...]


@dataclass(frozen=True)
class YearFigures:
    """What everybody may know of all areas in one fixed year of 52 weeks.

    Attributes:
        year: Its days.
        districts: In order of name.
        town: All districts together.
        snapshot: Which frozen figures.
    """

    year: Window
    districts: tuple[DistrictFigures, ...]
    town: AreaFigure
    snapshot: SnapshotInfo
