"""Brought, not found: two equal blocks must not drift apart because a team looks at one of them.

Source: trust.md, section 4, rules 2 and 6; Ensign et al. (2018), Runaway Feedback Loops in
Predictive Policing, PMLR 81, 1-12; Lum & Isaac (2016), To predict and serve?, Significance 13(5).
"""

from collections import Counter, deque
from functools import lru_cache
from math import exp, factorial
from random import Random

from pytest import mark

from signaal.alerting.model import Room, list_of_week
from signaal.hotspots.model import BlockName, WeekFigure
from signaal.intake.model import Channel, Kind, voice_weight

WEEKS, WARM_UP, SEEN = 208, 26, 26
BUSY, QUIET = ("A", "B"), ("C", "D")
PER_WEEK = dict.fromkeys(BUSY, 2.5) | dict.fromkeys(QUIET, 0.3)
EXPECTED = 4.0
"""Of a block like the town in four weeks; the two busy ones bring ten."""
FOUND_ON_A_VISIT = 4
TIME_FOR = Room(length=2, random_share=0.2)
"""A team with time for two places a week: one that the figures point at, and one drawn."""
LEAST, MOST = 0.35, 0.65
NAMES = {code: BlockName(code, 40, "Buurt", "BU1", "Wijk", "WK1") for code in PER_WEEK}
FOUND_WEIGHT = voice_weight(channel=Channel.STAFF, identified=True, brought=False)


@lru_cache
def chance(reporters: int) -> float:
    """Mid-p of so many or more."""
    point = [exp(-EXPECTED) * EXPECTED**k / factorial(k) for k in range(reporters + 1)]
    return 1 - sum(point) + point[-1] / 2


def draw_poisson(dice: Random, mean: float) -> int:
    count, left = 0, dice.random()
    while (left := left - exp(-mean) * mean**count / factorial(count)) > 0:
        count += 1
    return count


def figure(code: str, weekly: tuple[int, ...]) -> WeekFigure:
    four = sum(weekly[-4:])
    return WeekFigure(
        block=NAMES[code],
        reporters=four,
        expected=EXPECTED,
        pooled=four,
        pooled_expected=EXPECTED,
        chance=chance(four),
        found=four >= 5 and chance(four) < 0.05,
        weekly=weekly,
    )


def share_of_visits(seed: int, *, found_weight: float) -> float:
    """The share of one of two equal blocks in the visits to both, in four years."""
    dice = Random(seed)  # noqa: S311 - reproducible
    voices = {code: deque([0] * SEEN, maxlen=SEEN) for code in PER_WEEK}
    visits: Counter[str] = Counter()
    brought_back = Counter()
    for week in range(WARM_UP + WEEKS):
        for code, mean in PER_WEEK.items():
            found = int(found_weight * brought_back[code])
            voices[code].append(draw_poisson(dice, mean) + found)
        brought_back.clear()
        if week < WARM_UP:
            continue
        rows = [figure(code, tuple(voices[code])) for code in PER_WEEK]
        figures = {Kind.NUISANCE: rows}
        for place in list_of_week(figures, (), room=TIME_FOR, seed=f"{seed}:{week}"):
            visits[place.figure.block.code] += 1
            brought_back[place.figure.block.code] += FOUND_ON_A_VISIT
    return visits["A"] / (visits["A"] + visits["B"])


def fair_share(runs: int, *, found_weight: float) -> float:
    shares = [share_of_visits(seed, found_weight=found_weight) for seed in range(runs)]
    return sum(LEAST <= share <= MOST for share in shares) / runs


def test_what_a_team_finds_weighs_nothing() -> None:
    assert FOUND_WEIGHT == 0


def test_two_equal_blocks_are_visited_alike_whatever_the_team_finds_there() -> None:
    assert fair_share(30, found_weight=FOUND_WEIGHT) >= 0.95


def test_with_weight_for_what_is_found_the_same_two_blocks_drift_apart() -> None:
    assert fair_share(20, found_weight=1.0) <= 0.5


@mark.soak
def test_in_four_hundred_runs_of_four_years_two_equal_blocks_are_visited_alike() -> None:
    assert fair_share(400, found_weight=FOUND_WEIGHT) >= 0.98
    assert fair_share(400, found_weight=1.0) <= 0.2
