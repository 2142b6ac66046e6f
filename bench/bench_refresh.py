"""How long does a whole refresh take, from reports in memory to a frozen file, and how much room?

Against nobody: no other tool does all of it. The issue asks for 25,000 blocks, a million reports,
104 weeks, 3 kinds and groups up to 400 metres: at most 60 s and 1.5 GB, aim 20 s. Beside it: the
same when only the running week changed, and the map's figures from the frozen file.

    python bench/bench_refresh.py [blocks] [reports]
"""

import gc
import resource
import sys
import time
import tomllib
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import TypeVar

import numpy as np

from signaal.hotspots import snapshot as frozen
from signaal.hotspots.actions.showing import View, _map_figures
from signaal.hotspots.model import BlockName, FiguresPolicy, precision_for, stretches_for
from signaal.hotspots.numbers.neighbours import Adjacency
from signaal.hotspots.snapshot import blocks as looking
from signaal.hotspots.snapshot import town as towns
from signaal.hotspots.snapshot import weeks as expecting
from signaal.hotspots.snapshot.working import work_out
from signaal.intake.model import Kind
from signaal.resources import ALERTS

BLOCKS, REPORTS, WEEK = 25_000, 1_000_000, 2967
WEEKS = 104
PER_DISTRICT, PER_NEIGHBOURHOOD = 1_000, 50
SIDE = 100.0
MOST_SECONDS, MOST_MEGABYTES = 60.0, 1_500.0
AIM = 20.0
T = TypeVar("T")


def once(what: str, run: Callable[[], T]) -> tuple[float, T]:
    gc.collect()
    start = time.perf_counter()
    made = run()
    took = time.perf_counter() - start
    print(f"  {what:<34}{took:8.2f} s   {peak():7,.0f} MB at most so far", flush=True)
    return took, made


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def rules() -> FiguresPolicy:
    table = tomllib.loads((ALERTS / FiguresPolicy.FILE).read_text())
    table["review_by"] = date.fromisoformat(table["review_by"])
    table["default_points"] = tuple(table["default_points"])
    return FiguresPolicy(**table)


def town(rng: np.random.Generator, *, blocks: int, reports: int) -> frozen.Input:
    """A square town; a few places have ten times as many reports as the rest."""
    across = int(np.ceil(np.sqrt(blocks)))
    column, row = np.arange(blocks) % across, np.arange(blocks) // across
    right = np.flatnonzero((column < across - 1) & (np.arange(blocks) + 1 < blocks))
    below = np.flatnonzero(np.arange(blocks) + across < blocks)
    first = np.concatenate([right, below])
    second = np.concatenate([right + 1, below + across])
    homes = rng.integers(10, 150, blocks)
    weight = homes * rng.gamma(4.0, 0.25, blocks) * np.where(rng.random(blocks) < 0.002, 10, 1)
    return frozen.Input(
        kinds=tuple(kind.value for kind in Kind),
        blocks=tuple(
            BlockName(
                code=f"BU{place // PER_NEIGHBOURHOOD:08}-{place:06}",
                dwellings=int(size),
                neighbourhood=f"Buurt {place // PER_NEIGHBOURHOOD}",
                neighbourhood_code=f"BU{place // PER_NEIGHBOURHOOD:08}",
                district=f"Wijk {place // PER_DISTRICT}",
                district_code=f"WK{place // PER_DISTRICT:06}",
            )
            for place, size in enumerate(homes)
        ),
        block=rng.choice(blocks, reports, p=weight / weight.sum()),
        week=rng.integers(WEEK - WEEKS + 1, WEEK + 1, reports),
        kind=rng.choice(len(Kind), reports, p=[0.5, 0.4, 0.1]),
        token=np.char.add(b"t", rng.integers(0, 300_000, reports).astype("S")),
        weight=np.ones(reports),
        adjacency=Adjacency.of_pairs(first, second, blocks=blocks),
        centres=np.stack([column, row], axis=1) * SIDE,
    )


def more_this_week(rng: np.random.Generator, given: frozen.Input) -> frozen.Input:
    """The same with a hundred more reports in the running week."""
    from dataclasses import replace

    some = 100
    return replace(
        given,
        block=np.append(given.block, rng.integers(0, len(given.blocks), some)),
        week=np.append(given.week, np.full(some, WEEK)),
        kind=np.append(given.kind, np.zeros(some, dtype=np.int64)),
        token=np.append(given.token, np.char.add(b"n", np.arange(some).astype("S"))),
        weight=np.append(given.weight, np.ones(some)),
    )


def main() -> None:
    """Prints seconds and megabytes of each part, and what was asked."""
    sizes = [each for each in sys.argv[1:] if each.isdigit()]
    blocks, reports = (int(each) for each in (sizes + [BLOCKS, REPORTS][len(sizes) :]))
    rng, by = np.random.default_rng(28992), rules()
    given, now = town(rng, blocks=blocks, reports=reports), datetime(2026, 11, 16, 9, tzinfo=UTC)
    print(f"{blocks:,} blocks, {reports:,} reports, {WEEKS} weeks, {len(Kind)} kinds")
    counting, counted = once("counting", lambda: frozen.count(given, last_week=WEEK, made_at=now))
    if "--parts" in sys.argv:
        parts(counted, given, by)
    working, made = once("working out", lambda: work_out(counted, given, rules=by))
    writing, written = once("writing", lambda: frozen.encode(made))
    print(f"  file of {len(written) / 1e6:.1f} MB; found {made.rolling.found[:, 0].sum()} now")
    whole, room = counting + working + writing, peak()
    more = more_this_week(rng, given)
    again, recounted = once(
        "counting again", lambda: frozen.count(more, last_week=WEEK, made_at=now)
    )
    only, _ = once(
        "only the running week", lambda: work_out(recounted, more, rules=by, previous=made)
    )
    for role in ("policy_officer", "coordinator"):
        view = View(Kind.NUISANCE, precision_for(role, Kind.NUISANCE), stretches_for(role))
        once(f"map, all districts, {role}", lambda view=view: _map_figures(made, 0, view, None))
        here = frozenset({"WK000003"})
        once(
            f"map, one district, {role}",
            lambda view=view, here=here: _map_figures(made, 0, view, here),
        )
    print(f"whole refresh   {whole:6.1f} s, {room:,.0f} MB (at least {MOST_SECONDS:.0f} s and")
    print(
        f"                {MOST_MEGABYTES:,.0f} MB, aim {AIM:.0f} s):"
        f" {MOST_SECONDS / whole:.1f} times inside"
    )
    print(f"running week    {again + only:6.1f} s, {whole / (again + only):.1f} times as quick")


def parts(counted: frozen.Counted, given: frozen.Input, by: FiguresPolicy) -> None:
    """Where the seconds go."""
    middles = given.middles
    _, weeks = once("- weeks", lambda: expecting.weeks_of(counted, centres=middles, rules=by))
    once("- rolling", lambda: looking.view_of(counted, centres=middles, rules=by, weeks=weeks))
    once("- fixed", lambda: looking.view_of(counted, centres=middles, rules=by, weeks=None))
    once("- evenness", lambda: towns.evenness_of(counted))
    once("- together", lambda: towns.together_of(counted))


if __name__ == "__main__":
    main()
