"""Is the early warning early? The short run; the long one is in `make soak`."""

import itertools

import numpy as np
from pytest import approx, mark

from bench.warning_quality import (
    GROUP,
    MEMORY,
    WARM_UP,
    Campaign,
    campaign_at,
    critical_value,
    found_in,
    looks_on_end,
    measured,
    oddities,
    raised,
    stated_chances,
)
from bench.warning_quality_methods import (
    METHODS,
    Look,
    Place,
    RiseScan,
    Scan,
    ears_c2,
    ears_c3,
    gi_star,
    last_year,
    per_block,
    usual_of,
)
from signaal.hotspots.numbers.bayes_scan import recent_rise
from signaal.hotspots.numbers.scan import prospective_scan, windows_of
from signaal.hotspots.simulate import Habits, Outbreak, Shape, grid_map, invent, plant

SMALL = Campaign(grid_map(36, askew=0.2), Habits(rate=1.5, dispersion=1.0), towns=10, seed=11)


def place(score, *blocks):
    return Place(score, frozenset(blocks), frozenset(blocks))


def looking(counts):
    return Look(grid_map(len(counts)), np.array(counts))


def test_a_warning_that_goes_on_is_one_and_one_that_comes_back_later_is_another() -> None:
    here, beside, elsewhere = place(9.0, 1, 2), place(9.0, 2, 3), place(9.0, 7)

    assert raised([[here], [beside], [here]], 5.0, warm_up=0) == 1
    assert raised([[here, elsewhere], [here]], 5.0, warm_up=0) == 2
    assert raised([[here], *[[]] * MEMORY, [here]], 5.0, warm_up=0) == 2
    assert raised([[here], *[[]] * (MEMORY - 1), [here]], 5.0, warm_up=0) == 1
    assert raised([[place(4.0, 1)]], 5.0, warm_up=0) == 0
    assert raised([[here], [here, elsewhere]], 5.0, warm_up=1) == 1


def test_the_critical_value_lets_one_false_alarm_through_in_a_quarter() -> None:
    rest = [[] for _ in range(WARM_UP)]
    weeks = [*rest, [place(3.0, 1)], [place(8.0, 5)], [place(6.0, 9)], *[[] for _ in range(23)]]

    critical = critical_value([weeks])  # 26 weeks: two may be raised

    assert critical == 6.0
    assert raised(weeks, critical) == 2


def test_found_is_the_first_week_in_which_a_flagged_place_holds_the_trouble() -> None:
    town = grid_map(25)
    outbreak = Outbreak(Shape.DOUBLING, start=2, size=1, origin=12)
    truth = plant(outbreak, town, weeks=9, chance=np.random.default_rng(0))
    weekly = [[place(9.0, 3)], [place(4.0, 12)], [place(8.0, 12, 13)]]

    found = found_in(weekly, truth, 5.0, start=2)

    assert (found.delay, found.jaccard) == (2, 0.5)
    assert found_in(weekly[:2], truth, 5.0, start=2).delay == np.inf
    assert found_in(weekly[2:], truth, 5.0, start=2).delay == 0


def test_how_long_a_false_alarm_lasts_by_hand() -> None:
    one = [[place(9.0, 1)], [place(8.0, 1)], [], [place(9.0, 7)]]
    assert looks_on_end([one], 5.0) == 1.5


def test_ears_by_hand() -> None:
    counts = [[1, 2, 3, 1, 2, 3, 2, 9, 9, 5]]  # seven weeks: mean 2, spread sqrt(4 / 6)

    assert ears_c2(looking(counts))[0] == approx((5 - 2) / np.sqrt(4 / 6))
    flat = [[1] * 12]
    assert ears_c3(looking(flat))[0] == 0


def test_gi_star_is_as_other_programs_have_it() -> None:
    counts = np.random.default_rng(1).poisson(3.0, (25, 4))
    town = grid_map(25)
    rate = counts.sum(axis=1) / 40
    weights = town.adjacency.with_self.toarray()
    spread = np.sqrt((rate**2).mean() - rate.mean() ** 2)
    near = weights.sum(axis=1)
    by_hand = (weights @ rate - rate.mean() * near) / (
        spread * np.sqrt((25 * (weights**2).sum(axis=1) - near**2) / 24)
    )

    assert gi_star(Look(town, counts)) == approx(by_hand, rel=1e-12)


def test_twice_last_year_by_hand() -> None:
    counts = np.zeros((1, 60), dtype=int)
    counts[0, -4:] = 2
    counts[0, -56:-52] = 1

    assert last_year(looking(counts))[0] == 8.5 / 4.5


def test_the_scan_is_the_best_of_all_windows() -> None:
    rng = np.random.default_rng(3)
    town, scan = grid_map(30, askew=0.3), Scan(radius=200.0, share=0.2)
    mu = rng.uniform(0.2, 2.0, (30, 26))
    counts = rng.poisson(mu)
    best, _ = scan.best(town, counts, mu)

    for centre in range(30):
        apart = np.hypot(*(town.centres - town.centres[centre]).T)
        order = np.argsort(apart, kind="stable")
        values = [0.0]
        for size, weeks in itertools.product(range(1, 31), range(1, 9)):
            blocks = order[:size]
            if apart[blocks[-1]] <= 200.0 and size <= 6:
                c, e = counts[blocks, -weeks:].sum(), mu[blocks, -weeks:].sum()
                if c > e and c >= 3:
                    values.append(c * np.log(c / e) + e - c)
        assert best[centre] == approx(max(values), rel=1e-4)


def test_the_product_weighs_windows_as_it_is_measured_here() -> None:
    town = grid_map(60, askew=0.25)
    stream = invent(town, habits=Habits(rate=1.0), weeks=112, seed=4)
    look = Look(town, stream.counts)
    _, expected = usual_of(look)
    found = recent_rise(
        stream.counts[:, -8:],
        expected.mu[:, -8:],
        windows=windows_of(town.centres, town.dwellings),
        dispersion=expected.dispersion,
        simulations=5,
        seed=1,
    )
    here = RiseScan()(look)
    assert [set(group.blocks) for group in found.clusters[:8]] == [one.blocks for one in here]
    assert [group.llr for group in found.clusters[:8]] == approx([one.score for one in here])


def test_the_plain_scan_is_as_it_is_measured_here() -> None:
    town = grid_map(60, askew=0.25)
    stream = invent(town, habits=Habits(rate=1.0), weeks=40, seed=4)
    best, _ = Scan(share=0.1).best(town, stream.counts, stream.usual)
    windows = windows_of(town.centres, town.dwellings, share=0.1)
    found = prospective_scan(
        stream.counts[:, -8:],
        stream.usual[:, -8:],
        windows=windows,
        simulations=19,
        seed=1,
        least=3,
    )
    assert found.clusters[0].llr == approx(best.max(), rel=1e-4)


def test_places_of_a_scan_share_no_block_and_the_highest_comes_first() -> None:
    stream = invent(grid_map(60), habits=Habits(), weeks=112, seed=2)
    places = RiseScan()(Look(grid_map(60), stream.counts))
    blocks = [block for one in places for block in one.blocks]

    assert len(blocks) == len(set(blocks))
    assert [one.score for one in places] == sorted((p.score for p in places), reverse=True)


def test_ties_are_broken_by_chance() -> None:
    method = per_block(lambda look: np.zeros(look.town.blocks))
    town = grid_map(50)
    first, second = (
        method(Look(town, np.zeros((50, 9)), np.random.default_rng(seed)))[0] for seed in (1, 2)
    )
    assert first.blocks != second.blocks


def test_a_silent_town_raises_nothing() -> None:
    silent = Campaign(grid_map(9), Habits(rate=0.0), towns=1, seed=1, quiet_weeks=10)

    assert not any(week for week in silent.quiet(RiseScan())[0])


def test_a_sixfold_outbreak_is_found_at_once_and_sooner_than_others_find_it() -> None:
    outbreak = Outbreak(Shape.DOUBLING, start=0, size=4, times=6.0)
    found = {}
    for name, method in METHODS.items():
        critical = critical_value(SMALL.quiet(method))
        found[name] = SMALL.judged(name, method, outbreak, critical=critical, horizon=8)
    ours = found.pop("Signaal")

    assert ours.share == 1.0
    assert ours.delay <= 3
    assert ours.jaccard > 0.4
    assert all(ours.share >= other.share for other in found.values())
    assert all(ours.delay <= other.delay for other in found.values())


@mark.soak
def test_the_table_of_the_docs_holds_at_two_hundred_towns() -> None:
    ours = RiseScan()
    for rate, least in ((1.0, 0.8), (0.5, 0.5), (0.25, 0.0)):
        campaign = campaign_at(rate, towns=200, seed=31415)
        quiet = campaign.quiet(ours)
        results = measured(campaign, kinds=[GROUP], quiet={"Signaal": quiet})
        found = {result.method: result for _, result in results}
        signaal = found.pop("Signaal")
        assert signaal.share >= least, (rate, signaal.share)
        for other in found.values():
            assert signaal.share >= other.share, (rate, other.method)
            assert signaal.delay <= other.delay - 1 or signaal.delay == np.inf, (rate, other.method)
        (alone, straw), (sunk, sunk_straw) = oddities(campaign, ours, signaal.critical)
        assert (alone, sunk, sunk_straw) == (0, 0, 0), rate
        assert straw <= 2, rate
        chances = stated_chances(campaign, quiet)
        assert 0.03 <= np.mean(chances <= 0.05) <= 0.07, rate
