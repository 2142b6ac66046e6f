"""How a place has been over the last year: newly hot, growing, fading; in one word each."""

from enum import IntEnum


class Pattern(IntEnum):
    """What became of a place over the last periods; cold ones are the same, below zero.

    Source: the categories of ArcGIS Pro, "How Emerging Hot Spot Analysis works" (Esri), in its
    present wording: all but the historical ones stand out in the last period.
    """

    NONE = 0
    """Nothing that stands out in the last period, or too little to tell."""
    NEW = 1
    """Stands out for the first time."""
    CONSECUTIVE = 2
    """Stands out since some periods without a break, and never before."""
    INTENSIFYING = 3
    """Stood out in at least nine periods of ten, and ever more."""
    PERSISTENT = 4
    """Stood out in at least nine periods of ten, neither more nor less."""
    DIMINISHING = 5
    """Stood out in at least nine periods of ten, and ever less."""
    SPORADIC = 6
    """Stands out on and off."""
    OSCILLATING = 7
    """Stands out now, and did so the other way round before."""
    HISTORICAL = 8
    """Stood out in at least nine periods of ten, but not in the last one."""
    COLD_NEW = -1
    COLD_CONSECUTIVE = -2
    COLD_INTENSIFYING = -3
    COLD_PERSISTENT = -4
    COLD_DIMINISHING = -5
    COLD_SPORADIC = -6
    COLD_OSCILLATING = -7
    COLD_HISTORICAL = -8
