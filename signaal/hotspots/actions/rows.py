"""The rows of the map as arrays; a row is made of them only where somebody reads it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import overload

import numpy as np
from numpy.typing import NDArray

from signaal.hotspots.model import (
    BlockFigure,
    BlockName,
    Level,
    MovementFigure,
    Pattern,
    Rate,
    Shown,
    SnapshotInfo,
    Stretches,
    Window,
    short_name,
)
from signaal.hotspots.numbers.counts import FloatArray, IntArray
from signaal.intake.model import Kind
from signaal.privacy.model import Precision

NO_END = -1
"""Stands for an upper end that isn't said."""
LEVELS = tuple(Level)


@dataclass(frozen=True, eq=False)
class Names:
    """The blocks within some districts, in order of code, the same for every kind and window.

    Attributes:
        blocks: Which blocks.
        places: Where each of them stands in the figures, shape (blocks,).
    """

    blocks: tuple[BlockName, ...]
    places: IntArray

    @cached_property
    def index(self) -> dict[str, int]:
        """Where each block stands here, by its code."""
        return {block.code: at for at, block in enumerate(self.blocks)}

    @cached_property
    def dwellings(self) -> IntArray:
        """Dwellings of each block."""
        return np.array([block.dwellings for block in self.blocks], dtype=np.int64)

    @cached_property
    def district(self) -> tuple[tuple[str, ...], IntArray]:
        """The codes of the districts in order, and which of them each block lies in."""
        codes = sorted({block.district_code for block in self.blocks})
        place = {code: at for at, code in enumerate(codes)}
        at = [place[block.district_code] for block in self.blocks]
        return tuple(codes), np.array(at, dtype=np.int64)

    @cached_property
    def districts(self) -> tuple[tuple[str, str], ...]:
        """Code and name of each district, in order of name."""
        named = {(block.district, block.district_code) for block in self.blocks}
        return tuple((code, name) for name, code in sorted(named))

    @cached_property
    def area(self) -> IntArray:
        """The rank of each block's district and neighbourhood, by their names."""
        areas = [(block.district, block.neighbourhood) for block in self.blocks]
        rank = {area: at for at, area in enumerate(sorted(set(areas)))}
        return np.array([rank[area] for area in areas], dtype=np.int64)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """All names of each block, in small letters, to search in."""
        return tuple(
            " ".join(
                (short_name(each.code), each.code, each.neighbourhood, each.district)
            ).casefold()
            for each in self.blocks
        )


@dataclass(frozen=True, eq=False)
class Rows(Sequence[BlockFigure]):
    """Figures of blocks as one role may see them: arrays, of which each row can be made.

    Attributes:
        names: All blocks that the visitor may see.
        at: Which of them stands in each row, shape (rows,), as all that follow.
        low: Reporters, at least.
        high: Reporters, at most; NO_END where that isn't said.
        hidden: Too few to say more.
        rate_low: Reporters per 1,000 dwellings, at least; not a number where there are too few.
        rate_high: At most; not a number where that isn't said.
        level: Rank of the comparison with the town.
        pattern: How it went, as `Pattern`.
    """

    names: Names
    at: IntArray
    low: IntArray
    high: IntArray
    hidden: NDArray[np.bool_]
    rate_low: FloatArray
    rate_high: FloatArray
    level: NDArray[np.int8]
    pattern: NDArray[np.int8]

    def __len__(self) -> int:
        """How many rows."""
        return int(self.at.size)

    @overload
    def __getitem__(self, which: int) -> BlockFigure: ...
    @overload
    def __getitem__(self, which: slice) -> "Rows": ...
    def __getitem__(self, which: int | slice) -> "BlockFigure | Rows":
        """One row, or some of them."""
        if isinstance(which, slice):
            return self.some(np.arange(len(self))[which])
        return next(iter(self.some(np.array([range(len(self))[which]]))))

    def __iter__(self) -> Iterator[BlockFigure]:
        """Each row in turn."""
        seen: dict[tuple[int, int, bool], Shown] = {}
        columns = (self.at, self.low, self.high, self.hidden, self.rate_low, self.rate_high)
        for at, low, high, hidden, least, most, level, pattern in zip(
            *(column.tolist() for column in (*columns, self.level, self.pattern)), strict=True
        ):
            key = low, high, hidden
            if key not in seen:
                seen[key] = Shown(low, None if high == NO_END else high, hidden=hidden)
            yield BlockFigure(
                block=self.names.blocks[at],
                reporters=seen[key],
                rate=None if hidden else Rate(least, None if high == NO_END else most),
                level=LEVELS[level],
                pattern=Pattern(pattern),
            )

    def some(self, chosen: IntArray) -> "Rows":
        """The rows with these numbers, in this order."""
        return Rows(
            names=self.names,
            at=self.at[chosen],
            low=self.low[chosen],
            high=self.high[chosen],
            hidden=self.hidden[chosen],
            rate_low=self.rate_low[chosen],
            rate_high=self.rate_high[chosen],
            level=self.level[chosen],
            pattern=self.pattern[chosen],
        )

    @property
    def stands_out(self) -> NDArray[np.bool_]:
        """Whether each row is reliably above the town."""
        return np.asarray(self.level >= Level.MORE.rank)

    def by(self, *keys: NDArray[np.generic]) -> IntArray:
        """The numbers of the rows in order of these keys, the first first; then of their code."""
        return np.lexsort((self.at, *reversed(keys)))

    def by_attention(self) -> IntArray:
        """First what stands out, by nothing but what is shown; as `BlockFigure.attention`."""
        return self.by(-self.level, -self.low)

    def with_codes(self, codes: frozenset[str]) -> NDArray[np.bool_]:
        """Whether each row is of one of these blocks."""
        index = self.names.index
        inside = [index[code] for code in codes if code in index]
        wanted = np.zeros(len(self.names.blocks), dtype=np.bool_)
        wanted[inside] = True
        return wanted[self.at]


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
        tested: How many blocks of the whole town were looked at; the chance of a false colour is
            held over all of them.
        movements: What spreads or moved within the visitor's districts, in the latest window;
            else none.
        snapshot: Which frozen figures.
    """

    kind: Kind
    precision: Precision
    stretches: Stretches
    window: Window
    windows: tuple[Window, ...]
    rows: Rows
    all_districts: bool
    town_rate: float
    tested: int
    movements: tuple[MovementFigure, ...]
    snapshot: SnapshotInfo
