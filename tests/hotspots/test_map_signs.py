"""Four signs, and what stands behind them."""

from pytest import mark

from signaal.hotspots.model import BlockFigure, BlockName, Level, Shown
from signaal.hotspots.model.patterns import Pattern
from signaal.hotspots.web.signs import Sign, sign_of

BLOCK = BlockName("BU01930100-8021AA", 40, "Rozenbuurt", "BU01930100", "Noord", "WK019301")


def figure(level: Level, pattern: Pattern) -> BlockFigure:
    return BlockFigure(BLOCK, Shown(10, 19, hidden=False), None, level, pattern)


@mark.parametrize(
    ("pattern", "sign"),
    [
        (Pattern.NEW, Sign.NEW),
        (Pattern.INTENSIFYING, Sign.GROWING),
        (Pattern.DIMINISHING, Sign.FADING),
        (Pattern.HISTORICAL, Sign.FADING),
        (Pattern.PERSISTENT, Sign.NONE),
        (Pattern.NONE, Sign.NONE),
        (Pattern.COLD_NEW, Sign.NONE),
    ],
)
def test_a_pattern_has_one_sign_or_none(pattern, sign) -> None:
    assert sign_of(figure(Level.MORE, pattern), reached=()) is sign


def test_what_came_from_next_door_is_said_first() -> None:
    row = figure(Level.MORE, Pattern.NEW)
    assert sign_of(row, reached={BLOCK.code}) is Sign.SPREADING


@mark.parametrize("level", [Level.TOO_FEW, Level.NO_DIFFERENCE])
def test_a_grey_block_is_neither_new_nor_growing_nor_spreading(level) -> None:
    for pattern in (Pattern.NEW, Pattern.INTENSIFYING):
        assert sign_of(figure(level, pattern), reached={BLOCK.code}) is Sign.NONE
    assert sign_of(figure(level, Pattern.DIMINISHING), reached=()) is Sign.FADING
