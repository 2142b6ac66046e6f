"""What somebody chose to see: the kind, the weeks, and which rows of the table."""

import re
from dataclasses import dataclass

import numpy as np
from flask import abort, request

from signaal.hotspots import actions
from signaal.hotspots.actions import MapFigures
from signaal.hotspots.model import WINDOWS
from signaal.hotspots.numbers.counts import IntArray
from signaal.hotspots.web.signs import SIGN_PLACE, SIGNS, Sign, reached_lately, signs_of
from signaal.intake.model import Kind
from signaal.web import services, visitor

LONGEST_SEARCH = 60
YES = "ja"


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

    def of(self, figures: MapFigures) -> IntArray:
        """The numbers of the wanted rows of these figures, by nothing but what is shown."""
        rows = figures.rows
        wanted = np.ones(len(rows), dtype=np.bool_)
        if self.district:
            codes, district = rows.names.district
            place = codes.index(self.district) if self.district in codes else -1
            wanted &= district[rows.at] == place
        if self.out:
            wanted &= rows.stands_out
        if self.sign:
            signs = signs_of(rows, reached=reached_lately(figures))
            wanted &= signs == SIGN_PLACE[self.sign]
        left = np.flatnonzero(wanted)
        if not self.words:
            return left
        asked, said = self.words.casefold().split(), rows.names.words
        told = zip(left.tolist(), rows.at[left].tolist(), strict=True)
        found = [row for row, at in told if all(word in said[at] for word in asked)]
        return np.array(found, dtype=np.int64)


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
