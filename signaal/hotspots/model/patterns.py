"""How a block went over the last twelve periods of four weeks."""

from enum import IntEnum


class Pattern(IntEnum):
    """The category of an emerging hot spot; the cold ones are negative."""

    NONE = 0
    NEW = 1
    CONSECUTIVE = 2
    INTENSIFYING = 3
    PERSISTENT = 4
    DIMINISHING = 5
    SPORADIC = 6
    OSCILLATING = 7
    HISTORICAL = 8
    COLD_NEW = -1
    COLD_CONSECUTIVE = -2
    COLD_INTENSIFYING = -3
    COLD_PERSISTENT = -4
    COLD_DIMINISHING = -5
    COLD_SPORADIC = -6
    COLD_OSCILLATING = -7
    COLD_HISTORICAL = -8
