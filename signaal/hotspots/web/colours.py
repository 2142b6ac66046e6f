"""The colours of the map."""

from signaal.hotspots.model import Level

COLOURS = {
    Level.TOO_FEW: "#efece4",
    Level.NO_DIFFERENCE: "#d8d5cc",
    Level.MORE: "#a5d0cc",
    Level.THREEFOLD: "#6db2ae",
    Level.SIXFOLD: "#3a8c8b",
    Level.TWELVEFOLD: "#0f5f66",
}
"""One hue from light to dark, which asks for no colour vision; grey where nothing can be said."""
