"""Between which two whole numbers do 95 of 100 counts lie? For many expectations at once."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, pdtr

from signaal.hotspots.numbers.counts import FloatArray
from signaal.hotspots.snapshot.nouns import HUNDREDTHS, NO_BAND

LOWER, UPPER = 0.025, 0.975
FAR = 12.0
"""Standard deviations above the mean beyond which nothing is looked for."""
AT_ONCE = 2_000

Ends = tuple[NDArray[np.uint16], NDArray[np.uint16]]


def hundredths(expected: FloatArray) -> NDArray[np.uint16]:
    """Expectations as whole hundredths; NO_BAND where nothing is known."""
    known = np.isfinite(expected)
    rounded = np.round(np.where(known, expected, 0.0) * HUNDREDTHS)
    most = NO_BAND - 1
    return np.where(known, np.minimum(rounded, most), NO_BAND).astype(np.uint16)


def bands(expected: NDArray[np.uint16], *, dispersion: float) -> Ends:
    """The lowest and the highest count that are still usual.

    Args:
        expected: Whole hundredths, any shape; NO_BAND where nothing is known.
        dispersion: Variance over mean, at least 1: Poisson at 1, else negative binomial.

    Returns:
        Lower and upper ends, of the same shape, NO_BAND where nothing is known: at most 2.5 % lie
        below and at most 2.5 % above.

    Source: quantiles of the Poisson distribution, and of the negative binomial with variance
    dispersion x mean, by the regularised incomplete beta function (Abramowitz and Stegun 1964,
    26.5.26).
    """
    different, which = np.unique(expected, return_inverse=True)
    low, high = np.full((2, different.size), NO_BAND, dtype=np.uint16)
    known = np.flatnonzero(different != NO_BAND)
    for start in range(0, known.size, AT_ONCE):
        some = known[start : start + AT_ONCE]
        low[some], high[some] = _quantiles(different[some] / HUNDREDTHS, dispersion)
    return low[which].reshape(expected.shape), high[which].reshape(expected.shape)


def _quantiles(mean: FloatArray, dispersion: float) -> tuple[FloatArray, FloatArray]:
    far = float(mean.max(initial=0.0))
    counts = np.arange(int(far + FAR * np.sqrt(dispersion * far + 1.0)) + 2)
    if dispersion > 1.0:
        size = np.maximum(mean, 1.0 / HUNDREDTHS / HUNDREDTHS) / (dispersion - 1.0)
        chances = betainc(size[:, None], counts + 1.0, 1.0 / dispersion)
    else:
        chances = pdtr(counts[None, :], mean[:, None])
    low = (chances <= LOWER).sum(axis=1)
    return low.astype(np.float64), (chances < UPPER).sum(axis=1).astype(np.float64)
