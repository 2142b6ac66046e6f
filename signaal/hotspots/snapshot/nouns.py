"""What a snapshot holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from signaal.clock import AMSTERDAM, period_of
from signaal.hotspots.model import PERIODS, BlockName, SnapshotInfo, Stretches, WarnedWeeks
from signaal.hotspots.numbers.counts import FloatArray, IntArray, stretch_voices, whole_voices
from signaal.hotspots.numbers.neighbours import Adjacency

HALVES = 2
NO_BAND = np.iinfo(np.uint16).max
"""Stands in a band where nothing is expected, because nothing is known."""
HUNDREDTHS = 100

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Input:
    """Everything that goes into a snapshot.

    Attributes:
        kinds: Names of the kinds.
        blocks: The blocks, each with at least one dwelling, in order of code.
        block: Index of the block of each report, shape (reports,).
        week: Week of each report, shape (reports,).
        kind: Index of the kind of each report, shape (reports,).
        token: Reporter's token of each report.
        weight: Weight of each report: 0, one half or 1, shape (reports,).
        adjacency: Who lies beside whom; None: nobody beside anybody.
        centres: Metres in EPSG:28992, shape (blocks, 2); None: all in one place.
        rules: Fingerprint of the rules by which the figures are made.
        warned: Blocks and weeks of earlier warnings.
    """

    kinds: tuple[str, ...]
    blocks: tuple[BlockName, ...]
    block: IntArray
    week: IntArray
    kind: IntArray
    token: Sequence[str]
    weight: FloatArray
    adjacency: Adjacency | None = None
    centres: FloatArray | None = None
    rules: str = ""
    warned: tuple[WarnedWeeks, ...] = ()

    @property
    def beside(self) -> Adjacency:
        """Who lies beside whom."""
        nobody = np.zeros(0, dtype=np.int64)
        return self.adjacency or Adjacency.of_pairs(nobody, nobody, blocks=len(self.blocks))

    @property
    def middles(self) -> FloatArray:
        """Where the blocks lie, metres, shape (blocks, 2)."""
        return np.zeros((len(self.blocks), 2)) if self.centres is None else self.centres


class Track(NamedTuple):
    """A group of blocks that stand out, followed over windows; blocks by their place.

    Attributes:
        blocks: The blocks that it holds in the latest window.
        first: In which window it began, counted from the oldest, 0.
        reached: From which block, to which, in which window, and after how many weeks.
        more_blocks: How many blocks more than when it began.
        more_dwellings: The same in dwellings.
        bearing: Degrees from north by east; below zero when its centre stayed.
        speed: Metres per four weeks.
    """

    blocks: tuple[int, ...]
    first: int
    reached: tuple[tuple[int, int, int, int], ...]
    more_blocks: int
    more_dwellings: int
    bearing: float
    speed: float


class Group(NamedTuple):
    """A group of blocks with more than expected in the last weeks; blocks by their place.

    Attributes:
        blocks: Its blocks.
        weeks: How many weeks back it began; 1 for the running week.
        observed: Reporters.
        expected: How many were expected.
        ratio: Logarithm of how many times as likely the counts are with a rise there.
        chance: Of such a group anywhere in town, in one look.
        recurrence: By chance a new one once in so many weekly looks.
    """

    blocks: tuple[int, ...]
    weeks: int
    observed: int
    expected: float
    ratio: float
    chance: float
    recurrence: float


@dataclass(frozen=True, eq=False)
class View:
    """Statistics of one sort of four weeks; windows with the latest first.

    ROLLING from true counts, FIXED from the lower ends of the published classes and from nothing
    else. Blocks that are left out have no chance (not a number) and no band.

    Attributes:
        rate: Voices per dwelling in the town, with which is compared, shape (kinds, windows).
        variance: Between the rates of blocks, beyond chance, same shape.
        dispersion: Variance over mean, at least 1, shape (kinds,).
        pooled: Voices in the block and its neighbours, shape (kinds, windows, blocks).
        chance: Of so many there by chance, same shape.
        found: Whether the difference is reliable, same shape.
        tested: How many blocks were looked at, shape (kinds, windows).
        needed: How many pooled voices would be found in the latest window, shape (kinds, blocks).
        pattern: How it went over the last twelve complete periods, shape (kinds, blocks).
        band_low: Four weeks have at least so many in 95 of 100, shape (kinds, windows, blocks),
            of the windows that a block's page shows.
        band_high: At most so many, same shape.
        movements: What was followed, for each kind.
    """

    rate: FloatArray
    variance: FloatArray
    dispersion: FloatArray
    pooled: NDArray[np.uint16]
    chance: NDArray[np.float32]
    found: BoolArray
    tested: NDArray[np.int64]
    needed: NDArray[np.uint16]
    pattern: NDArray[np.int8]
    band_low: NDArray[np.uint16]
    band_high: NDArray[np.uint16]
    movements: tuple[tuple[Track, ...], ...]


@dataclass(frozen=True, eq=False)
class Weeks:
    """What was expected of each week, and what stood out; from true counts.

    Attributes:
        hundredths: A hundred times the voices expected, for the last 26 weeks, the running one
            last; NO_BAND where nothing is known, shape (kinds, blocks, weeks).
        dispersion: Variance over mean of weekly counts, shape (kinds,).
        short: Whether the surroundings stand in for a short history, shape (kinds, blocks).
        band_low: A week has at least so many in 95 of 100, shape (kinds, blocks, weeks).
        band_high: At most so many, same shape.
        alarm: Blocks that a method for single blocks flags in the running week (EARS C2, EARS C3,
            Poisson CUSUM), shape (kinds, blocks, 3).
        groups: Groups of blocks, most likely first, for each kind.
        maxima: The largest ratio in each town drawn without a group, shape (kinds, simulations).
        unusual: Weeks in which the whole town had more than usual, for each kind.
    """

    hundredths: NDArray[np.uint16]
    dispersion: FloatArray
    short: BoolArray
    band_low: NDArray[np.uint16]
    band_high: NDArray[np.uint16]
    alarm: BoolArray
    groups: tuple[tuple[Group, ...], ...]
    maxima: FloatArray
    unusual: tuple[tuple[int, ...], ...]

    def is_usual_in(self, hundredths: NDArray[np.uint16], dispersion: FloatArray) -> bool:
        """Whether just this was expected, so that the bands are the same as well."""
        same = np.array_equal(self.dispersion, dispersion)
        return same and np.array_equal(self.hundredths, hundredths)

    @property
    def expected(self) -> FloatArray:
        """Voices expected per kind, block and week; NaN where nothing is known."""
        known = self.hundredths != NO_BAND
        return np.where(known, self.hundredths / HUNDREDTHS, np.nan)


@dataclass(frozen=True, eq=False)
class Counted:
    """What was counted at one moment, before any statistic.

    Attributes:
        info: Which figures.
        kinds: Names of the kinds, in the order of the first axis.
        blocks: Names of the blocks, in the order of the second axis.
        half_voices: Twice the voices per kind, block and week, in stretches of four weeks that
            end with the last week, shape (kinds, blocks, weeks).
        fixed_half_voices: The same in fixed four-week periods, of which the last is running,
            shape (kinds, blocks, weeks).
        adjacency: Who lies beside whom.
        known: Blocks that are looked at: ten dwellings or more, and no default point, (blocks,).
    """

    info: SnapshotInfo
    kinds: tuple[str, ...]
    blocks: tuple[BlockName, ...]
    half_voices: NDArray[np.uint16]
    fixed_half_voices: NDArray[np.uint16]
    adjacency: Adjacency
    known: BoolArray

    @cached_property
    def dwellings(self) -> FloatArray:
        """Dwellings per block, shape (blocks,)."""
        return np.array([block.dwellings for block in self.blocks], dtype=np.float64)

    @cached_property
    def index(self) -> dict[str, int]:
        """The place of each block on the second axis, by code."""
        return {block.code: place for place, block in enumerate(self.blocks)}

    @cached_property
    def pooled_dwellings(self) -> FloatArray:
        """Dwellings of each block and its neighbours, without those that are left out."""
        return np.asarray(self.adjacency.pooled(np.where(self.known, self.dwellings, 0.0)))

    @property
    def running_period(self) -> int:
        """The fixed period that isn't complete yet."""
        return period_of(self.info.week)

    def place_of(self, kind: str) -> int:
        """The place of a kind on the first axis."""
        return self.kinds.index(kind)

    def weekly(self, kind: str) -> NDArray[np.int64]:
        """Whole voices per block and week, oldest first, shape (blocks, weeks)."""
        return whole_voices(self._voices(self.half_voices, kind))

    def windows(self, kind: str) -> NDArray[np.int64]:
        """Whole voices per block and window, the latest first, shape (blocks, windows)."""
        return whole_voices(stretch_voices(self._voices(self.half_voices, kind)))[:, ::-1]

    def periods(self, kind: str) -> NDArray[np.int64]:
        """Whole voices per block and complete fixed period, the latest first.

        Returns:
            Shape (blocks, complete periods).
        """
        fixed = whole_voices(stretch_voices(self._voices(self.fixed_half_voices, kind)))
        return fixed[:, -2::-1]

    def counts(self, kind: str, stretches: Stretches) -> NDArray[np.int64]:
        """Whole voices per block and four weeks of this sort, the latest first."""
        return self.windows(kind) if stretches is Stretches.ROLLING else self.periods(kind)

    def _voices(self, halves: NDArray[np.uint16], kind: str) -> FloatArray:
        return np.asarray(halves[self.place_of(kind)], dtype=np.float64) / HALVES


@dataclass(frozen=True, eq=False)
class Snapshot(Counted):
    """The figures of one moment: counts, and all that was worked out from them.

    Attributes:
        rolling: Statistics of true counts in stretches that end with the running week.
        fixed: Statistics of what is published, in complete fixed periods.
        weeks: What was expected of each week, groups of blocks, and alarms.
        evenness: Gini with its ends and the share of the busiest 5 % with its ends, per window,
            shape (kinds, windows, 6).
        together: Pairs seen against pairs by chance, and how often by chance, per ring and lag,
            shape (kinds, 3, 2, 2).
    """

    rolling: View
    fixed: View
    weeks: Weeks
    evenness: FloatArray
    together: FloatArray

    def __eq__(self, other: object) -> bool:
        """Whether these are the same figures, found to be up to date on the same day.

        Whatever was made of them still holds: the days of the running week end on that day.
        """
        if not isinstance(other, Snapshot):
            return NotImplemented
        same = self.half_voices is other.half_voices and self.rolling is other.rolling
        return same and self._day == other._day

    def __hash__(self) -> int:
        """The same for the same figures."""
        return hash((self.info.fingerprint, self.info.week))

    @property
    def _day(self) -> date:
        return self.info.made_at.astimezone(AMSTERDAM).date()

    def view(self, stretches: Stretches) -> View:
        """The statistics of this sort of four weeks."""
        return self.rolling if stretches is Stretches.ROLLING else self.fixed


STRETCHES = PERIODS
"""Stretches of four weeks that are kept: thirteen to choose from, and a year before the oldest."""
