"""What somebody chose to see: the kind, the weeks, and which rows of the table."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from flask import abort, request

from signaal.hotspots import actions
from signaal.hotspots.model import WINDOWS, BlockFigure, Level, MapFigures
from signaal.hotspots.web.signs import SIGNS, Sign, reached_lately, sign_of
from signaal.hotspots.web.words import block_name
from signaal.intake.model import Kind
from signaal.web import services, visitor

LONGEST_SEARCH = 60
YES = "ja"
OUT = frozenset(level for level in Level if level.stands_out)


@dataclass(frozen=True)
class Filter:
    """Which rows of the table are wanted; an empty one wants all.

    Attributes:
        words: Stand in the name, the code, the neighbourhood or the district, in any order.
        district: Code of the only district that is wanted.
        out: Only what stands out.
        sign: Only what has this sign.
    """

    words: str = ""
    district: str = ""
    out: bool = False
    sign: Sign = Sign.NONE

    @property
    def is_empty(self) -> bool:
        """Whether every row is wanted."""
        return self == Filter()

    @property
    def query(self) -> dict[str, str]:
        """The same as fields of an address, without what isn't asked."""
        fields = {
            "zoek": self.words,
            "wijk": self.district,
            "opvallend": YES if self.out else "",
            "teken": self.sign.value,
        }
        return {name: value for name, value in fields.items() if value}

    def wants(self, row: BlockFigure, *, reached: Collection[str]) -> bool:
        """Whether this row is wanted, by nothing but what is shown.

        Args:
            row: One block.
            reached: Codes of blocks that something spread to lately.
        """
        block = row.block
        if self.district and block.district_code != self.district:
            return False
        if self.out and row.level not in OUT:
            return False
        if self.sign and sign_of(row, reached=reached) is not self.sign:
            return False
        if not self.words:
            return True
        names = (block_name(block.code), block.code, block.neighbourhood, block.district)
        told = " ".join(names).casefold()
        return all(word in told for word in self.words.casefold().split())

    def of(self, figures: MapFigures) -> tuple[BlockFigure, ...]:
        """The wanted rows of these figures, in their order."""
        if self.is_empty:
            return figures.rows
        reached = reached_lately(figures)
        return tuple(row for row in figures.rows if self.wants(row, reached=reached))


def asked_for() -> tuple[int, Kind]:
    """Which four weeks and which kind this request asks for."""
    period = request.args.get("periode", "0")
    kinds = actions.kinds_seen(services(), visitor=visitor())
    kind = request.args.get("soort", kinds[0] if kinds else "")
    if kind not in {each.value for each in Kind} or not re.fullmatch(r"[0-9]{1,2}", period):
        abort(400)
    if int(period) >= WINDOWS:
        abort(404)
    return int(period), Kind(kind)


def wanted_rows() -> Filter:
    """Which rows of the table this request asks for."""
    sign = request.args.get("teken", "")
    return Filter(
        words=" ".join(request.args.get("zoek", "").split())[:LONGEST_SEARCH],
        district=request.args.get("wijk", "")[:LONGEST_SEARCH],
        out=request.args.get("opvallend", "") == YES,
        sign=Sign(sign) if sign in {each.value for each in SIGNS} else Sign.NONE,
    )
