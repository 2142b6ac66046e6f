"""Loops that are compiled where numba is there; the only door to it."""

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar, cast

LoopT = TypeVar("LoopT", bound=Callable[..., object])


@lru_cache(maxsize=64)
def compiled(loop: LoopT, *, parallel: bool = False) -> LoopT | None:
    """The loop as machine code, kept on disk after the first time; None where there is no numba.

    Whoever calls this has a slower way in plain numpy that gives the same. Numba is imported here,
    on first use: by the worker and by commands, never by a page.

    Args:
        loop: A function at module level, of numbers and arrays only.
        parallel: Whether its `prange` loops may use all cores.
    """
    try:
        from numba import njit
    except ImportError:
        return None
    return cast("LoopT", njit(cache=True, nogil=True, parallel=parallel)(loop))
