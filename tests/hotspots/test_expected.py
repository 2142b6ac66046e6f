import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from pytest import approx, mark

from signaal.hotspots.numbers.counts import ReportColumns, Span, weekly_voices
from signaal.hotspots.numbers.expected import Expected, expected_weeks
from signaal.hotspots.numbers.neighbours import Adjacency
from signaal.hotspots.numbers.season import by_turn, season_of, turns_of, years_of

NAN = float("nan")


def street(blocks: int) -> Adjacency:
    return Adjacency.of_pairs(np.arange(blocks - 1), np.arange(1, blocks), blocks=blocks)


def usual(history: np.ndarray, dwellings: np.ndarray | None = None, **more: object) -> Expected:
    homes = np.full(len(history), 40.0) if dwellings is None else dwellings
    return expected_weeks(history, homes, adjacency=street(len(history)), **more)  # type: ignore[arg-type]


def test_a_worked_example_by_hand() -> None:
    # Two blocks of 10 dwellings with 1 and 3 voices in each of 104 weeks. Exposure 1,040 each;
    # rate (104 + 312) / 2,080 = 0.2. Weeks don't differ: dispersion 1. Between blocks:
    # ((104 - 208)^2 + (312 - 208)^2) / 1,040 / 2,080 = 0.01, less chance 0.2 / 1,040.
    # Level: (0.04 + A x own) / (0.2 + A x 1,040) with A = 0.01 - 0.0001923 = 0.0098077.
    found = usual(np.array([[1.0] * 108, [3.0] * 108]), np.array([10.0, 10.0]))
    a = 0.01 - 0.2 / 1040
    wanted = [10 * (0.04 + a * 104) / (0.2 + a * 1040), 10 * (0.04 + a * 312) / (0.2 + a * 1040)]
    assert_allclose(wanted, [1.0192308, 2.9807692])
    assert_allclose(found.mu, np.repeat(wanted, 26).reshape(2, 26), rtol=1e-6)
    assert (found.dispersion, found.short.tolist()) == (1.0, [False, False])


def test_blocks_that_are_all_alike_expect_what_they_always_had() -> None:
    found = usual(np.full((5, 108), 2.0))
    assert_allclose(found.mu, np.full((5, 26), 2.0))
    assert found.dispersion == 1.0
    assert_allclose(found.season.by_turn, np.ones(4))
    assert_allclose(found.season.by_week, np.ones(53))


def test_a_block_is_pulled_to_the_town_as_in_the_straightforward_way() -> None:
    # Without ups and downs: Marshall's moments and Buehlmann's weights, block by block.
    rng = np.random.default_rng(11)
    levels = rng.gamma(4.0, 0.25 / 4.0, 60)
    history = np.repeat(rng.poisson(levels * 27.0)[:, None] / 27.0, 30, axis=1)
    found = usual(history, leave_out=3)
    e, y = 40.0 * 27, history[:, :27].sum(axis=1)
    rate = y.sum() / (60 * e)
    between = np.mean([e * (v / e - rate) ** 2 for v in y]) / e - rate / e
    weight = e / (e + rate / between)
    for block in range(60):
        level = weight * y[block] / e + (1 - weight) * rate
        assert found.level[block] == approx(level, rel=1e-6)


def test_the_running_weeks_tell_nothing_about_what_is_ordinary() -> None:
    quiet, loud = np.full((4, 108), 1.0), np.full((4, 108), 1.0)
    loud[2, -4:] = 50.0
    assert_array_equal(usual(quiet).mu, usual(loud).mu)


def test_a_season_that_comes_back_is_expected_again() -> None:
    rng = np.random.default_rng(5)
    wave = 1 + 0.5 * np.sin(2 * np.pi * np.arange(108) / 52)
    history = rng.poisson(np.full((300, 1), 1.0) * wave).astype(float)
    found = usual(history)
    assert_allclose(found.mu.sum(axis=0), 300 * wave[-26:], rtol=0.12)
    assert found.dispersion < 1.1


def test_a_rise_that_was_seen_once_is_no_season() -> None:
    history = np.full((50, 60), 1.0)
    history[:, 5:12] = 3.0
    assert_array_equal(usual(history).season.by_week, np.ones(53))


def test_a_town_that_reports_more_than_a_year_ago_expects_what_it_has_now() -> None:
    history = np.full((50, 108), 2.0)
    history[:, :52] = 1.0
    found = usual(history)
    assert_allclose(found.mu, np.full((50, 26), 2.0), rtol=0.03)
    assert found.season.pace[1] < 0.55


def test_the_first_week_of_four_is_fuller_because_people_count_once_in_four_weeks() -> None:
    # Each reporter calls in any week with one chance in two: first counted in week 1 to 4 with
    # chance 1/2, 1/4, 1/8, 1/16; beside their mean: 32/15, 16/15, 8/15, 4/15.
    rng = np.random.default_rng(9)
    span, blocks, people = Span(last_week=2999, stretches=27), 30, 20
    called = rng.random((blocks, people, span.weeks)) < 0.5
    block, person, week = np.nonzero(called)
    reports = ReportColumns(
        block=block,
        week=week + span.first_week,
        kind=np.zeros_like(block),
        reporter=block * people + person,
        weight=np.ones(block.size),
    )
    (voices,) = weekly_voices(reports, span=span, blocks=blocks, kinds=1)
    found = usual(voices)
    assert_allclose(found.season.by_turn, np.array([32, 16, 8, 4]) / 15, rtol=0.05)
    assert_allclose(
        found.mu[:, -4:].sum(axis=0) / blocks / people, [8, 4, 2, 1] / np.float64(16), rtol=0.06
    )
    assert_array_equal(turns_of(6), [2, 3, 0, 1, 2, 3])


def test_only_whole_stretches_of_four_tell_which_week_is_full() -> None:
    totals = np.array([9.0, 40, 20, 20, 20, 40, 0, 20, 20])
    seen = np.array([1.0, 1, 1, 1, 1, 1, 0, 1, 1])
    turns = np.array([3, 0, 1, 2, 3, 0, 1, 2, 3])
    # 40, 20, 20 and 20, each with 25 more: 65 and three times 45, mean 50.
    assert_allclose(by_turn(totals, turns=turns, seen=seen), [1.3, 0.9, 0.9, 0.9])


def test_weeks_without_the_line_are_missing_not_zero() -> None:
    rng = np.random.default_rng(2)
    history = rng.poisson(2.0, (80, 108)).astype(float)
    gaps = np.zeros(108, dtype=bool)
    gaps[[20, 21, 22, 60, 100]] = True
    broken = np.where(gaps, 0.0, history)
    found, whole = usual(broken, gaps=gaps), usual(history)
    assert np.isnan(found.mu[:, 100 - 82]).all()
    assert_allclose(np.nanmean(found.mu), whole.mu.mean(), rtol=0.02)
    assert found.dispersion == approx(whole.dispersion, abs=0.03)
    assert_array_equal(usual(np.where(gaps, 99.0, history), gaps=gaps).mu, found.mu)


def test_weeks_with_a_warning_weigh_a_quarter() -> None:
    # Ten of 56 weeks hold 8 instead of 2: (46 x 2 + 10 x 8 / 4) / (46 + 10 / 4) = 2.3093.
    history = np.full((2, 60), 2.0)
    flagged = np.zeros((2, 60), dtype=bool)
    history[:, 30:40], flagged[:, 30:40] = 8.0, True
    assert_allclose(usual(history, flagged=flagged).mu, 112 / 48.5)


def test_a_short_history_borrows_from_its_surroundings() -> None:
    rng = np.random.default_rng(1)
    levels = np.repeat([0.5, 4.0], 20)
    history = rng.poisson(levels[:, None], (40, 108)).astype(float)
    history[35, :-10] = NAN
    history[35, -10:] = 0.0
    found = usual(history)
    assert found.short.nonzero()[0].tolist() == [35]
    assert 3.0 < found.mu[35, -1] < 5.0


@mark.parametrize("weeks", [5, 10, 25, 26, 27, 53, 78, 105, 130])
def test_any_length_of_history_gives_an_expectation(weeks: int) -> None:
    found = usual(np.full((6, weeks), 1.0))
    assert found.mu.shape == (6, min(weeks, 26))
    assert_allclose(found.mu, 1.0)
    assert found.short.all() == (weeks < 26)


def test_a_year_of_53_weeks_has_a_week_53() -> None:
    weeks_of_year = np.r_[np.arange(30, 53), np.arange(1, 54), np.arange(1, 33)]
    history = np.full((20, len(weeks_of_year)), 3.0)
    found = usual(history, weeks_of_year=weeks_of_year)
    assert_allclose(found.mu, 3.0)
    assert_allclose(found.season.by_week, np.ones(53))


def test_blocks_without_dwellings_are_missing_and_tell_nothing() -> None:
    history = np.full((4, 108), 1.0)
    history[1:3] = 500.0
    found = usual(history, np.array([40.0, 0.0, NAN, 40.0]))
    assert np.isnan(found.mu[1:3]).all()
    assert_allclose(found.mu[[0, 3]], 1.0)
    assert not found.short.any()


def test_no_history_no_expectation_and_no_blocks_no_answer() -> None:
    assert np.isnan(usual(np.ones((3, 4))).mu).all()
    assert usual(np.zeros((0, 108))).mu.shape == (0, 26)
    assert usual(np.ones((3, 0))).mu.shape == (3, 0)


def test_in_a_town_that_never_reported_a_voice_is_unlikely_but_not_impossible() -> None:
    found = usual(np.zeros((10, 108)))
    assert 0 < found.mu.sum() < 0.5
    assert np.all(found.mu > 0)


@mark.parametrize("wanted", [1.0, 2.0, 4.0])
def test_the_dispersion_of_history_is_found_again(wanted: float) -> None:
    rng = np.random.default_rng(3)
    mean = rng.gamma(4.0, 0.2, (400, 1)) * np.ones((1, 108))
    share = 1.0 / wanted
    history = (
        rng.poisson(mean) if wanted == 1.0 else rng.negative_binomial(mean / (wanted - 1.0), share)
    )
    assert usual(history.astype(float)).dispersion == approx(wanted, rel=0.06)


def test_one_point_that_swallows_reports_changes_little_for_the_others() -> None:
    rng = np.random.default_rng(6)
    history = rng.poisson(0.5, (200, 108)).astype(float)
    before = usual(history).mu
    history[0] += rng.poisson(10.0, 108)
    after = usual(history).mu
    assert np.abs(after[1:] / before[1:] - 1.0).max() < 0.35
    assert after[1:].sum() == approx(before[1:].sum(), rel=0.1)


@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_blocks_and_the_unit_of_dwellings_change_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    history, homes = rng.poisson(1.0, (12, 60)).astype(float), rng.integers(5, 90, 12) * 1.0
    history[3, :-5] = NAN
    adjacency, order = street(12), rng.permutation(12)
    place = np.argsort(order)
    shuffled = Adjacency.of_pairs(place[np.arange(11)], place[np.arange(1, 12)], blocks=12)
    found = expected_weeks(history, homes, adjacency=adjacency)
    other = expected_weeks(history[order], homes[order] * 10.0, adjacency=shuffled)
    assert_allclose(other.mu, found.mu[order], rtol=1e-9)
    assert other.dispersion == approx(found.dispersion)


def test_years_are_counted_back_from_the_last_week() -> None:
    assert_array_equal(np.bincount(years_of(100)), [52, 48])
    assert_array_equal(np.bincount(years_of(77)), [77])


def test_years_and_weeks_are_told_apart() -> None:
    # Weeks 0 to 51 twice, the first year at half the pace; what is expected is the mean.
    slots, wave = np.arange(104) % 52, 1 + 0.3 * np.sin(2 * np.pi * np.arange(104) / 52)
    years = years_of(104)
    totals = 1e6 * wave * np.where(years == 1, 0.5, 1.0)
    week, pace = season_of(totals, np.full(104, totals.mean()), slots=slots, years=years)
    assert_allclose(pace, [1.0, 0.5], rtol=1e-3)
    assert_allclose(week[:52], wave[:52], rtol=0.03)
