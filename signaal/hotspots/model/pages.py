"""What the pages get."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from signaal.hotspots.model.figures import Level, Rate, Shown
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


@dataclass(frozen=True)
class SnapshotInfo:
    """Which frozen figures these are.

    Attributes:
        fingerprint: SHA-256 of everything that went in, in hexadecimal.
        week: The last week in it, counted from Monday 1970-01-05.
        made_at: When it was last found to be up to date, aware, UTC.
        reports: How many placed reports went in.
        blocks: How many blocks it covers.
    """

    fingerprint: str
    week: int
    made_at: datetime
    reports: int
    blocks: int


@dataclass(frozen=True)
class Window:
    """Four weeks: 0 for the latest that somebody may see, 1 for the four before, and so on."""

    number: int
    first_day: date
    last_day: date


@dataclass(frozen=True)
class BlockName:
    """Which block, and where."""

    code: str
    dwellings: int
    neighbourhood: str
    neighbourhood_code: str
    district: str
    district_code: str


@dataclass(frozen=True)
class BlockFigure:
    """One block in one window and kind, as the role may see it.

    Attributes:
        block: Which block.
        reporters: Distinct reporters.
        rate: Reporters per 1,000 dwellings, smoothed; None when there are too few.
        level: The comparison with the town.
    """

    block: BlockName
    reporters: Shown
    rate: Rate | None
    level: Level

    @property
    def attention(self) -> tuple[int, int, str]:
        """Sorts what stands out first, by nothing but what is shown."""
        return (-self.level.rank, -self.reporters.low, self.block.code)


@dataclass(frozen=True, eq=False)
class MapFigures:
    """The figures of the map and of the table beside it.

    Attributes:
        kind: Which evidence.
        precision: How exactly the role sees it.
        stretches: Which kind of four weeks the role sees.
        window: Which four weeks.
        windows: All that can be chosen.
        rows: One per block within the visitor's districts, in order of code.
        all_districts: Whether these are all blocks of the town.
        town_rate: Reporters per 1,000 dwellings in the whole town, estimated from what is shown.
        snapshot: Which frozen figures.
    """

    kind: Kind
    precision: Precision
    stretches: Stretches
    window: Window
    windows: tuple[Window, ...]
    rows: tuple[BlockFigure, ...]
    all_districts: bool
    town_rate: float
    snapshot: SnapshotInfo


@dataclass(frozen=True)
class PeriodFigure:
    """One stretch of weeks of one block: its days and its reporters as they may be seen."""

    first_day: date
    last_day: date
    reporters: Shown


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
