"""Plain ways, used until the numbers rooms hold them."""

from dataclasses import dataclass

import numpy as np
from scipy.special import pdtrc


@dataclass(frozen=True)
class StandOut:
    pooled: np.ndarray
    pooled_expected: np.ndarray
    chance: np.ndarray
    adjusted: np.ndarray
    found: np.ndarray
    tested: int


def excess_chance(observed, expected, *, dispersion=1.0):
    with np.errstate(invalid="ignore"):
        upper = np.where(observed > 0, pdtrc(np.maximum(observed - 1, 0), expected), 1.0)
        return np.where(expected > 0, (upper + pdtrc(observed, expected)) / 2, np.nan)


def dispersion_of(history, expected):
    return 1.0


def stand_out(voices, expected, *, adjacency, own_past, dispersion=1.0, least=5, rate=0.05):
    known = np.isfinite(expected) & (expected > 0)
    pooled = adjacency.pooled(np.where(known, voices, 0.0))
    usual = np.where(known, adjacency.pooled(np.where(known, expected, 0.0)), np.nan)
    chance = excess_chance(pooled, usual)
    adjusted = np.full(chance.shape, np.nan)
    p = chance[known]
    order = np.argsort(p)
    m = p.size
    if m:
        back = np.minimum.accumulate((p[order] * m / np.arange(1, m + 1))[::-1])[::-1]
        whole = np.empty(m)
        whole[order] = np.minimum(back, 1)
        adjusted[known] = whole
    found = (adjusted <= rate) & (voices >= least) & (voices > own_past)
    return StandOut(pooled, usual, chance, adjusted, found, int(m))


def getis_ord_star(values, *, adjacency, with_self=True):
    return np.zeros(values.shape)


def follow(hot, *, adjacency, centres, dwellings):
    return ()


def windows_of(centres, dwellings, *, radius=400.0, share=0.05):
    return None


@dataclass(frozen=True)
class Scan:
    clusters: tuple
    maxima: np.ndarray


def prospective_scan(counts, expected, *, windows, longest=8, simulations=999, seed, **more):
    return Scan((), np.zeros(simulations))
