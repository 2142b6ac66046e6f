"""Plain ways, used until the numbers rooms hold them."""

from dataclasses import dataclass

import numpy as np


def getis_ord_star(values, *, adjacency, with_self=True):
    return np.zeros(values.shape)


def windows_of(centres, dwellings, *, radius=400.0, share=0.05):
    return None


@dataclass(frozen=True)
class Scan:
    clusters: tuple
    maxima: np.ndarray


def prospective_scan(counts, expected, *, windows, longest=8, simulations=999, seed, **more):
    return Scan((), np.zeros(simulations))
