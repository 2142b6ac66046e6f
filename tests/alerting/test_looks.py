from math import isclose

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from pytest import approx, mark
from scipy.stats import beta, fisher_exact
from uuid_utils.compat import uuid7

from signaal.alerting.model import (
    Judged,
    Lead,
    Origin,
    Verdict,
    evaluate,
    exact_interval,
    fisher_more,
    quarter_of,
)
from signaal.intake.model import Kind
from tests.alerting.warnings import WEEK

YES, NO, UNCLEAR = Verdict.WORTH_IT, Verdict.NOT_WORTH_IT, Verdict.UNCLEAR
N = Kind.NUISANCE


def judged(origin, *verdicts, week=WEEK, kind=N, about=None) -> Judged:
    """A place on a list; about something else than all others unless it is said."""
    return Judged(week, kind, origin, verdicts, about or uuid7())


def items(origin, *, right, wrong, week=WEEK) -> list[Judged]:
    made_of_it = [YES] * right + [NO] * wrong
    return [judged(origin, verdict, week=week) for verdict in made_of_it]


def year(found, leads=()):
    (score,) = evaluate(found, leads, week=WEEK, kinds=(N,)).year
    return score


def test_the_exact_interval_of_nought_out_of_ten_ends_at_the_rule_of_three() -> None:
    # By hand: (1 - p)^10 = 0.025 gives p = 1 - 0.025^(1/10) = 0.3085.
    assert exact_interval(0, 10) == (0.0, approx(0.30849710781876083, abs=1e-12))
    assert exact_interval(10, 10) == (approx(0.6915028921812392, abs=1e-12), 1.0)
    assert exact_interval(0, 0) == (0.0, 1.0)


@given(st.integers(1, 60), st.data())
def test_the_exact_interval_is_that_of_the_beta_distribution(of, data) -> None:
    right = data.draw(st.integers(0, of))
    low, high = exact_interval(right, of)
    assert isclose(low, beta.ppf(0.025, right, of - right + 1) if right else 0, abs_tol=1e-9)
    assert isclose(high, beta.ppf(0.975, right + 1, of - right) if right < of else 1, abs_tol=1e-9)


def test_fishers_lady_who_tastes_every_cup_right_does_so_by_chance_once_in_seventy() -> None:
    assert fisher_more(4, 4, 0, 4) == approx(1 / 70)
    assert fisher_more(3, 4, 1, 4) == approx(17 / 70)
    assert fisher_more(0, 0, 0, 0) == 1.0


@given(st.integers(0, 25), st.integers(0, 25), st.integers(0, 25), st.integers(0, 25))
def test_the_one_sided_chance_is_that_of_scipy(right, wrong, other_right, other_wrong) -> None:
    ours = fisher_more(right, right + wrong, other_right, other_right + other_wrong)
    table = [[right, wrong], [other_right, other_wrong]]
    assert isclose(ours, fisher_exact(table, alternative="greater")[1], rel_tol=1e-9)


@mark.parametrize(
    ("verdicts", "made_of_it"),
    [
        ((), UNCLEAR),
        ((YES,), YES),
        ((YES, NO), UNCLEAR),
        ((YES, NO, NO), NO),
        ((YES, UNCLEAR, UNCLEAR), YES),
    ],
)
def test_a_place_is_what_most_people_who_were_clear_say(verdicts, made_of_it) -> None:
    assert judged(Origin.WARNING, *verdicts).verdict is made_of_it


def test_warnings_stand_beside_the_draw_with_intervals_and_what_was_left_open() -> None:
    found = [
        *items(Origin.WARNING, right=12, wrong=8),
        *items(Origin.DRAWN, right=3, wrong=17),
        judged(Origin.WARNING, YES, NO),
        judged(Origin.WARNING),
    ]
    score = year(found)
    warnings = score.scores[Origin.WARNING]
    assert (warnings.right, warnings.judged, warnings.unclear, warnings.listed) == (12, 20, 1, 22)
    assert warnings.share == 0.6
    assert warnings.low < 0.6 < warnings.high
    assert score.chance < 0.01
    assert not score.told_no_better


def test_it_is_told_when_warnings_do_no_better_than_chance_after_enough_judgements() -> None:
    draws = items(Origin.DRAWN, right=5, wrong=15)
    assert year([*items(Origin.WARNING, right=6, wrong=14), *draws]).told_no_better
    few = items(Origin.WARNING, right=6, wrong=13)
    assert not year([*few, *draws]).told_no_better
    long_ago = items(Origin.WARNING, right=6, wrong=14, week=WEEK - 60)
    assert not year([*long_ago, *draws]).told_no_better


def test_a_warning_that_was_looked_at_for_weeks_is_one_of_which_the_last_word_counts() -> None:
    looks = [(NO,), (NO, UNCLEAR), (YES,), ()]
    weeks = [
        judged(Origin.WARNING, *verdicts, week=WEEK - 4 + number, about="the same")
        for number, verdicts in enumerate(looks)
    ]
    warnings = year([*weeks, *items(Origin.WARNING, right=0, wrong=1)]).scores[Origin.WARNING]
    assert (warnings.right, warnings.judged, warnings.unclear, warnings.listed) == (1, 2, 0, 2)


def test_long_warnings_no_truer_than_the_draw_are_seldom_said_to_be_better() -> None:
    # Each of 25 warnings stands 8 weeks; it is as often true as a drawn place, 3 in 10.
    rng, better = np.random.default_rng(8), 0
    for _ in range(300):
        true = rng.random((2, 25)) < 0.3
        found = [
            judged(origin, YES if is_true else NO, week=WEEK - ago, about=f"{number}")
            for origin, row in zip((Origin.WARNING, Origin.DRAWN), true, strict=True)
            for number, is_true in enumerate(row)
            for ago in range(8 if origin is Origin.WARNING else 1)
        ]
        better += year(found).chance <= 0.05
    assert better <= 300 * 0.05


def test_each_kind_and_quarter_stands_by_itself_the_latest_first() -> None:
    found = [
        judged(Origin.WARNING, YES),
        judged(Origin.DRAWN, NO, kind=Kind.CONCERN),
        judged(Origin.WARNING, NO, week=WEEK - 13),
    ]
    quarters = evaluate(found, (), week=WEEK, kinds=(N, Kind.CONCERN)).quarters
    assert [(each.first_week // 13, each.kind) for each in quarters] == [
        (quarter_of(WEEK), N),
        (quarter_of(WEEK), Kind.CONCERN),
        (quarter_of(WEEK) - 1, N),
    ]
    assert quarters[0].scores[Origin.WARNING].share == 1.0
    assert quarters[2].scores[Origin.WARNING].share == 0.0


def test_before_anything_is_judged_nothing_is_said() -> None:
    score = year([])
    assert score.scores[Origin.WARNING].share is None
    assert (score.chance, score.told_no_better, score.lead_weeks) == (1.0, False, None)


def test_the_lead_is_the_middle_number_of_weeks_before_the_first_colour() -> None:
    leads = [Lead(N, WEEK - 9, WEEK - 9), Lead(N, WEEK - 9, WEEK - 6), Lead(N, WEEK - 9, WEEK - 7)]
    score = year([], [*leads, Lead(N, WEEK - 1, None), Lead(N, WEEK - 90, WEEK - 10)])
    assert (score.lead_weeks, score.coloured, score.raised) == (2.0, 3, 4)
