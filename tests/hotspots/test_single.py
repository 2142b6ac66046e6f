import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from pytest import approx
from scipy.optimize import minimize

from signaal.hotspots.numbers.single import ears, farrington, poisson_cusum

NAN = float("nan")
COUNTS = arrays(
    np.float64,
    st.tuples(st.integers(1, 3), st.integers(1, 20)),
    elements=st.one_of(st.integers(0, 8).map(float), st.just(NAN)),
)


def test_ears_by_hand() -> None:
    # Weeks 1 2 3 4 3 2 6: mean 3, squares of the differences 4+1+0+1+0+1+9 = 16, variance
    # 16/6, deviation 1.63299. Two weeks of guard (9, 9), then 7: (7 - 3) / 1.63299 = 2.44949.
    found = ears(np.array([[1.0, 2, 3, 4, 3, 2, 6, 9, 9, 7]]))
    assert found.c2[0, -1] == approx(4 / np.sqrt(16 / 6))


def straight_ears(row: list[float]) -> tuple[list[float], list[float]]:
    """Written down as the paper says it, week by week."""
    c2 = []
    for week, count in enumerate(row):
        before = [row[w] for w in range(week - 9, week - 2) if w >= 0 and not np.isnan(row[w])]
        if len(before) < 4:
            c2.append(NAN)
            continue
        c2.append((count - np.mean(before)) / max(np.std(before, ddof=1), 0.5))
    over = [0.0 if np.isnan(each) else max(0.0, each - 1) for each in c2]
    c3 = [NAN if np.isnan(each) else sum(over[max(0, w - 2) : w + 1]) for w, each in enumerate(c2)]
    return c2, c3


@settings(max_examples=30)
@given(COUNTS)
def test_ears_is_what_the_paper_says(counts: np.ndarray) -> None:
    found = ears(counts)
    for place, row in enumerate(counts.tolist()):
        c2, c3 = straight_ears(row)
        assert_allclose(found.c2[place], c2, atol=1e-9)
        assert_allclose(found.c3[place], c3, atol=1e-9)


def test_ears_says_nothing_where_all_weeks_are_equal_or_none_were_seen() -> None:
    quiet = ears(np.full((2, 12), 3.0))
    assert_array_equal(quiet.c2[:, 9:], np.zeros((2, 3)))
    assert_array_equal(quiet.c3[:, 9:], np.zeros((2, 3)))
    assert np.isnan(ears(np.full((1, 12), NAN)).c2).all()
    assert ears(np.zeros((0, 12))).c2.shape == (0, 12)
    assert ears(np.zeros((3, 0))).c3.shape == (3, 0)


def test_a_cusum_by_hand() -> None:
    # Ordinary 1 a week, looking for 2: each voice adds ln 2 = 0.6931, each week takes 1.
    # 3 voices: 2.0794 - 1 = 1.0794; none: 0.0794; none: 0; 2: 0.3863.
    sums = poisson_cusum(np.array([[3.0, 0, 0, 2]]), np.ones((1, 4)))
    assert_allclose(sums, [[1.0794415, 0.0794415, 0.0, 0.3862944]], atol=1e-7)
    assert_allclose(
        poisson_cusum(np.array([[3.0]]), np.ones((1, 1)), dispersion=2.0), [[0.5397208]]
    )


def test_a_cusum_waits_in_weeks_that_were_not_seen() -> None:
    sums = poisson_cusum(np.array([[3.0, NAN, 0]]), np.array([[1.0, 1, NAN]]))
    assert_allclose(sums, np.full((1, 3), 3 * np.log(2) - 1))


def test_a_cusum_stays_at_nothing_where_all_is_ordinary() -> None:
    assert_array_equal(poisson_cusum(np.ones((2, 9)), np.ones((2, 9))), np.zeros((2, 9)))
    assert poisson_cusum(np.zeros((0, 4)), np.zeros((0, 4))).shape == (0, 4)


@settings(max_examples=30)
@given(arrays(np.float64, (2, 12), elements=st.integers(0, 5).map(float)), st.integers(0, 11))
def test_one_voice_more_never_lowers_a_cusum(counts: np.ndarray, week: int) -> None:
    more = counts.copy()
    more[:, week] += 1
    expected = np.full(counts.shape, 0.7)
    assert np.all(poisson_cusum(more, expected) >= poisson_cusum(counts, expected))


def test_farrington_by_hand() -> None:
    # The same week lies 52 and 104 weeks back. Around the one, 3 and 5 by turns, 3 four times;
    # around the other 5 four times: mean 4 over 14 weeks. Variance 1 is less than chance gives:
    # dispersion 1; the mean's own variance is 4 / 14. One in a hundred is 2.326348 deviations.
    totals = np.where(np.arange(110) % 2 == 0, 3.0, 5.0)
    totals[:30] = 8.0 - totals[:30]
    totals[-1] = 8.0
    found = farrington(totals, years=2, chance=0.01)
    assert (found.expected[0], found.dispersion[0]) == (approx(4.0), 1.0)
    upper = 4 * (1 + 2 / 3 * 2.3263479 * np.sqrt(4 + 4 / 14) / 4) ** 1.5
    assert found.upper[0] == approx(upper, rel=1e-7)
    assert found.score[0] == approx((8 - 4) / (upper - 4))


def straight_fit(heard: np.ndarray, design: np.ndarray, weight: np.ndarray):  # type: ignore[no-untyped-def]
    """Weighted Poisson likelihood, maximised by a general optimiser."""

    def minus(b: np.ndarray) -> tuple[float, np.ndarray]:
        mu = np.exp(design @ b)
        return (
            float((weight * (mu - heard * (design @ b))).sum()),
            design.T @ (weight * (mu - heard)),
        )

    start = np.zeros(design.shape[1])
    start[0] = np.log(heard.mean())
    b = minimize(minus, start, jac=True, method="BFGS", options={"gtol": 1e-9}).x
    mu = np.exp(design @ b)
    phi = max(1.0, float((weight * (heard - mu) ** 2 / mu).sum()) / (len(mu) - len(b)))
    root = np.sqrt(weight * mu)[:, None] * design
    inverse = np.linalg.inv(root.T @ root)
    return b, mu, phi, inverse * phi, np.diag(root @ inverse @ root.T)


def straight_farrington(totals: np.ndarray, z: float) -> tuple[float, float]:
    """Written down as the paper says it, for five years and three weeks on both sides."""
    now = len(totals) - 1
    weeks = [now - 52 * y + w for y in (5, 4, 3, 2, 1) for w in range(-3, 4)]
    heard, ago = totals[weeks], (np.array(weeks) - now) / 52
    chosen = None
    for design in (np.column_stack([np.ones(35), ago]), np.ones((35, 1))):
        _, mu, phi, _, h = straight_fit(heard, design, np.ones(35))
        s = 1.5 / np.sqrt(phi) * (heard ** (2 / 3) - mu ** (2 / 3)) / mu ** (1 / 6) / np.sqrt(1 - h)
        w = np.array([each**-2 if each > 1 else 1.0 for each in s])
        b, mu, phi, v, _ = straight_fit(heard, design, 35 * w / w.sum())
        chosen = b, phi, v
        if len(b) == 2 and abs(b[1]) / np.sqrt(v[1, 1]) > 1.959964 and np.exp(b[0]) <= heard.max():
            break
    assert chosen is not None
    b, phi, v = chosen
    mu0 = float(np.exp(b[0]))
    tau = phi + mu0 * v[0, 0]
    return mu0, mu0 * (1 + 2 / 3 * z * np.sqrt(tau / mu0)) ** 1.5


def test_farrington_is_what_the_paper_says() -> None:
    rng = np.random.default_rng(17)
    trends = 0
    for growth in (0.0, 0.0, 0.3, 0.5):
        mean = 20 * np.exp(growth * np.arange(-270, 0) / 52)
        totals = rng.negative_binomial(mean, 0.5).astype(float)
        totals[[8, 9, 115]] *= 4
        found = farrington(totals)
        mu0, upper = straight_farrington(totals, z=2.5758293)
        assert_allclose([found.expected[0], found.upper[0]], [mu0, upper], rtol=1e-5)
        trends += growth > 0
    assert trends == 2


def test_an_outbreak_of_an_earlier_year_weighs_less_than_it_would() -> None:
    totals = np.full(270, 10.0)
    plain = farrington(totals).expected[0]
    totals[5:8] = 60.0
    assert plain < farrington(totals).expected[0] < totals[5:12].mean()


def test_farrington_in_quiet_towns_short_histories_and_gaps() -> None:
    quiet = farrington(np.full(270, 10.0), weeks=4)
    assert_allclose(quiet.expected, np.full(4, 10.0))
    assert_allclose(quiet.score, np.zeros(4), atol=1e-9)
    silent = farrington(np.zeros(270))
    assert (silent.expected[0], silent.upper[0], silent.score[0]) == (0.0, 0.0, 0.0)
    assert np.isnan(farrington(np.ones(27)).expected[0])
    assert farrington(np.zeros(0)).expected.shape == (0,)
    gaps = np.full(270, 10.0)
    gaps[5:12] = NAN
    assert farrington(gaps).expected[0] == approx(10.0)


def test_few_of_many_ordinary_weeks_pass_the_limit() -> None:
    totals = np.random.default_rng(5).poisson(30, 500).astype(float)
    found = farrington(totals, weeks=200, chance=0.05)
    assert 0.01 <= np.mean(found.score > 1.0) <= 0.10
