"""Figures as they may be shown, and how they compare with the town."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from signaal.clock import WEEKS_PER_PERIOD
from signaal.privacy.model import CLASS_BORDERS, Precision

EXACT_FROM = 3
"""Counts below this are hidden from a coordinator too (trust.md, section 2)."""
REPORTERS_FOR_COLOUR = 5
"""Distinct reporters below which a block stays grey (trust.md, section 4)."""
SMALLEST_SHOWN = 10
"""Dwellings below which a block's figures are not shown (trust.md, section 2)."""


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
    NO_DIFFERENCE = "no_difference"
    """No reliable difference: chance explains it, or it was so before."""
    MORE = "more"
    THREEFOLD = "threefold"
    SIXFOLD = "sixfold"
    TWELVEFOLD = "twelvefold"

    @property
    def rank(self) -> int:
        """0 for nothing to say, then upwards."""
        return _RANKS[self]

    @property
    def stands_out(self) -> bool:
        """Whether the block is reliably above the town."""
        return self.rank >= Level.MORE.rank


_RANKS = {level: rank for rank, level in enumerate(Level)}
AT_LEAST = {Level.TWELVEFOLD: 12.0, Level.SIXFOLD: 6.0, Level.THREEFOLD: 3.0, Level.MORE: 1.5}
"""Times the town's rate, at least; the steps among blocks that reliably stand out. Doubling,
because five reporters in a block of forty dwellings are some ten times a usual town."""


def level_of(count: Shown, *, found: bool, crude: float, ratio: float) -> Level:
    """How a block compares with the town, as far as its class allows.

    Args:
        count: The count as it is shown.
        found: Whether the difference is reliable (`numbers.concentration.stand_out`).
        crude: Times the town's rate at the lower end of the class, so that what is said holds for
            every count in it.
        ratio: The same, smoothed: the step of the colour. Where smoothing takes it away, because
            a town's blocks differ by chance only, a reliable difference has the first step.
    """
    if count.hidden or count.low < REPORTERS_FOR_COLOUR:
        return Level.TOO_FEW
    if not found or crude < AT_LEAST[Level.MORE]:
        return Level.NO_DIFFERENCE
    return next((level for level, times in AT_LEAST.items() if ratio >= times), Level.MORE)


@dataclass(frozen=True)
class Band:
    """Between which two numbers of reporters 95 of 100 weeks (or four weeks) lie by chance."""

    low: int
    high: int


@dataclass(frozen=True)
class Interval:
    """An estimate, and the ends between which it lies in 95 of 100 draws."""

    value: float
    low: float
    high: float


ONCE_IN = (20, 100, 1_000, 10_000, 100_000, 1_000_000)
"""The steps in which chances are told: "at most once in a thousand"."""


def once_in(chance: float) -> int | None:
    """A chance in words-ready steps: at most once in so many; None when it is no rarity.

    Steps, because an exact chance gives the exact count behind it away.

    Args:
        chance: Between 0 and 1; not a number where nothing could be tested.
    """
    return max((step for step in ONCE_IN if chance * step <= 1.0), default=None)
