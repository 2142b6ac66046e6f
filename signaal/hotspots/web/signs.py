"""How a block goes, as four signs: new, growing, spreading, fading."""

from collections.abc import Collection
from datetime import timedelta
from enum import StrEnum

import numpy as np
from flask_babel import gettext as _
from numpy.typing import NDArray

from signaal.hotspots.actions import MapFigures, Rows
from signaal.hotspots.model import BlockFigure
from signaal.hotspots.model.patterns import Pattern
from signaal.hotspots.web.door import blueprint

LATELY = timedelta(weeks=8)
"""A block that was reached so long before the four weeks of the map is no news any more."""


class Sign(StrEnum):
    """What is drawn on a block, beside its colour."""

    NONE = ""
    NEW = "new"
    GROWING = "growing"
    SPREADING = "spreading"
    FADING = "fading"


SIGNS = tuple(sign for sign in Sign if sign is not Sign.NONE)
_OF_PATTERN = {
    Pattern.NEW: Sign.NEW,
    Pattern.INTENSIFYING: Sign.GROWING,
    Pattern.DIMINISHING: Sign.FADING,
    Pattern.HISTORICAL: Sign.FADING,
}
SIGN_PLACE = {sign: place for place, sign in enumerate(Sign)}
_LEAST = -min(Pattern)
_SIGN_CODES = np.zeros(_LEAST + max(Pattern) + 1, dtype=np.int8)
for _pattern, _sign in _OF_PATTERN.items():
    _SIGN_CODES[_pattern + _LEAST] = SIGN_PLACE[_sign]


def sign_of(row: BlockFigure, *, reached: Collection[str]) -> Sign:
    """The sign of a block; that something has come from next door is said before all else.

    Args:
        row: The block.
        reached: Codes of the blocks that were reached from a block beside them, lately.
    """
    if row.level.stands_out and row.block.code in reached:
        return Sign.SPREADING
    sign = _OF_PATTERN.get(row.pattern, Sign.NONE)
    # What isn't reliably more than elsewhere is called neither new nor growing.
    return sign if row.level.stands_out or sign is Sign.FADING else Sign.NONE


def signs_of(rows: Rows, *, reached: Collection[str]) -> NDArray[np.int8]:
    """The sign of each row, by its place in `Sign`; as `sign_of` gives it.

    Args:
        rows: Any rows.
        reached: Codes of the blocks that were reached from a block beside them, lately.
    """
    signs = _SIGN_CODES[rows.pattern + _LEAST]
    said = rows.stands_out | (signs == SIGN_PLACE[Sign.FADING])
    signs = np.where(said, signs, SIGN_PLACE[Sign.NONE])
    spread = rows.stands_out & rows.with_codes(frozenset(reached))
    return np.where(spread, SIGN_PLACE[Sign.SPREADING], signs).astype(np.int8)


def reached_lately(figures: MapFigures) -> frozenset[str]:
    """Codes of the blocks that something spread to in the weeks before."""
    return frozenset(
        each.block.code
        for movement in figures.movements
        for each in movement.reached
        if each.since >= figures.window.first_day - LATELY
    )


@blueprint.app_template_filter()
def sign_name(sign: Sign) -> str:
    """A sign in words."""
    names = {
        Sign.NONE: "",
        Sign.NEW: _("nieuw"),
        Sign.GROWING: _("neemt toe"),
        Sign.SPREADING: _("breidt zich uit"),
        Sign.FADING: _("neemt af"),
    }
    return str(names[sign])


@blueprint.app_template_filter()
def sign_story(sign: Sign) -> str:
    """What a sign stands for, for the legend."""
    stories = {
        Sign.NONE: "",
        Sign.NEW: _("nieuw: valt voor het eerst op"),
        Sign.GROWING: _("neemt toe: valt lang op, en steeds meer"),
        Sign.SPREADING: _("breidt zich uit: kwam van een blok ernaast"),
        Sign.FADING: _("neemt af: viel lang op, en steeds minder"),
    }
    return str(stories[sign])
