"""What may be said about a block, to whom, and how it compares with the town."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from signaal.access.model import MATRIX, sight_of
from signaal.clock import WEEKS_PER_PERIOD
from signaal.errors import NotAllowed
from signaal.intake.model import Kind
from signaal.privacy.model import CLASS_BORDERS, Precision

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
EXACT_FROM = 3
"""Counts below this are hidden from a coordinator too (trust.md, section 2)."""
REPORTERS_FOR_COLOUR = 5
"""Distinct reporters below which a block stays grey (trust.md, section 4)."""
SMALLEST_SHOWN = 10
"""Dwellings below which a block's figures are not shown (trust.md, section 2)."""


class Stretches(StrEnum):
    """Which four weeks are counted."""

    ROLLING = "rolling"
    """The last four weeks, up to the running one."""
    FIXED = "fixed"
    """Complete periods of four weeks that are the same for everybody, always."""


class FileKind(StrEnum):
    """In which shape a table is taken away."""

    CSV = "csv"
    XLSX = "xlsx"


# -- who sees what --------------------------------------------------------------------------


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


# -- figures as they may be shown -----------------------------------------------------------


@dataclass(frozen=True)
class Shown:
    """A count as one may see it: between low and high, both included; equal when exact.

    Attributes:
        low: At least so many.
        high: At most so many; None: no upper end.
        hidden: Too few to say more, never said to be other than zero; or, without an upper end,
            withheld, because it would tell such a number elsewhere.
    """

    low: int
    high: int | None
    hidden: bool

    @property
    def is_exact(self) -> bool:
        """Whether this is one number."""
        return not self.hidden and self.low == self.high


@dataclass(frozen=True)
class Rate:
    """Reporters per 1,000 dwellings in four weeks, between low and high; equal when exact."""

    low: float
    high: float | None


def shown(count: int, *, precision: Precision) -> Shown:
    """A count of distinct reporters as this precision allows: every count passes through here.

    This hides small counts by themselves, not what follows from a sum that stands beside them.
    Single weeks stand beside their sum of four, and go through `shown_weeks`; areas of several
    blocks go through `privacy.suppression`. No other sums are shown: the town's rate is made
    from what is shown (`numbers.censored`).

    Args:
        count: Whole voices in one block, kind and period.
        precision: How exactly it may be seen.
    """
    if precision is Precision.EXACT:
        hidden = count < EXACT_FROM
        return (
            Shown(0, EXACT_FROM - 1, hidden=True) if hidden else Shown(count, count, hidden=False)
        )
    if count < CLASS_BORDERS[0]:
        return Shown(0, CLASS_BORDERS[0] - 1, hidden=True)
    low = max(border for border in CLASS_BORDERS if border <= count)
    above = [border for border in CLASS_BORDERS if border > count]
    return Shown(low, above[0] - 1 if above else None, hidden=False)


WITHHELD = Shown(0, None, hidden=True)
"""A count that isn't shown, however large, because others would follow from it."""


def shown_weeks(counts: Sequence[int], *, precision: Precision) -> tuple[Shown, ...]:
    """Single weeks beside their sums of four: all four of a window, or none.

    With the sum of four known, one hidden week would follow from the other three, and two or
    three hidden weeks nearly so. So no week is shown in a window with a hidden one.

    Args:
        counts: Whole voices per week, oldest first, in whole windows of four.
        precision: How exactly they may be seen.
    """
    weeks: list[Shown] = []
    for start in range(0, len(counts), WEEKS_PER_PERIOD):
        four = [shown(each, precision=precision) for each in counts[start:][:WEEKS_PER_PERIOD]]
        weeks += [WITHHELD] * len(four) if any(each.hidden for each in four) else four
    return tuple(weeks)


class Level(StrEnum):
    """How a block compares with the town; the colours of the map."""

    TOO_FEW = "too_few"
    """Too few reporters, or too few dwellings, to say anything."""
    LESS = "less"
    LIKE_TOWN = "like_town"
    """No clear difference."""
    MORE = "more"
    THREEFOLD = "threefold"
    SIXFOLD = "sixfold"
    TWELVEFOLD = "twelvefold"

    @property
    def rank(self) -> int:
        """0 for nothing to say, then upwards."""
        return list(Level).index(self)

    @property
    def stands_out(self) -> bool:
        """Whether the block is above the town."""
        return self.rank >= Level.MORE.rank


AT_LEAST = {Level.TWELVEFOLD: 12.0, Level.SIXFOLD: 6.0, Level.THREEFOLD: 3.0, Level.MORE: 1.5}
"""Times the town's rate, at least; steps of the legend, for orientation and not a test. Doubling,
because five reporters in a block of forty dwellings are some ten times a usual town."""
AT_MOST_FOR_LESS = 1 / 1.5
"""Times the town's rate, at most, to be less than the town: as far below as MORE is above."""


def level_of(count: Shown, *, low_ratio: float, high_ratio: float | None) -> Level:
    """The strongest comparison with the town that holds for every count in the class shown.

    So a colour says no more than the class beside it.

    Args:
        count: The count as it is shown.
        low_ratio: Times the town's rate at the lower end of the class.
        high_ratio: Times the town's rate at its upper end; None: no upper end.
    """
    if count.hidden or count.low < REPORTERS_FOR_COLOUR:
        return Level.TOO_FEW
    for level, times in AT_LEAST.items():
        if low_ratio >= times:
            return level
    is_less = high_ratio is not None and high_ratio <= AT_MOST_FOR_LESS
    return Level.LESS if is_less else Level.LIKE_TOWN


# -- what the pages get ---------------------------------------------------------------------


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


# -- areas ----------------------------------------------------------------------------------

AREA_KINDS = (Kind.NUISANCE, Kind.CONCERN)
"""The kinds of evidence of which there are figures of areas; arrears for nobody."""


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
