from bisect import bisect
from datetime import date

from hypothesis import given
from hypothesis import strategies as st
from pytest import mark, raises

from signaal.access.model import CaseText, Role, sight_of
from signaal.errors import NotAllowed
from signaal.hotspots.model import (
    LOOKERS,
    WITHHELD,
    FiguresPolicy,
    Gap,
    Level,
    Shown,
    Stretches,
    kinds_for,
    level_of,
    once_in,
    precision_for,
    shown,
    shown_weeks,
    stretches_for,
)
from signaal.intake.model import Kind
from signaal.privacy.model import CLASS_BORDERS, Precision

EXACT, CLASSES = Precision.EXACT, Precision.CLASSES


@mark.parametrize(
    ("role", "sees"),
    [
        (Role.COORDINATOR, {"nuisance": EXACT, "concern": EXACT, "arrears": CLASSES}),
        (Role.TEAM_MEMBER, {"nuisance": CLASSES, "concern": CLASSES, "arrears": CLASSES}),
        (Role.POLICE_OFFICER, {"nuisance": CLASSES}),
        *[
            (role, {"nuisance": CLASSES, "concern": CLASSES})
            for role in (
                Role.HOUSING_CONSULTANT,
                Role.POLICY_OFFICER,
                Role.AUDITOR,
                Role.DATA_PROTECTION_OFFICER,
            )
        ],
        *[
            (role, {})
            for role in (
                "",
                Role.CARE_WORKER,
                Role.DEBT_HELPER,
                Role.DUTY_CONTACT,
                Role.ALLOCATOR,
                Role.PLANNER,
                Role.BACK_OFFICE,
                Role.ADMINISTRATOR,
            )
        ],
    ],
)
def test_each_role_sees_the_kinds_that_are_promised_and_no_other(role, sees) -> None:
    assert {kind: precision_for(role, kind) for kind in kinds_for(role)} == sees
    for kind in set(Kind) - set(sees):
        with raises(NotAllowed, match="kind"):
            precision_for(role, kind)


def test_only_who_reads_the_reports_themselves_sees_the_running_weeks() -> None:
    rolling = {role for role in LOOKERS if stretches_for(role) is Stretches.ROLLING}
    assert rolling == {Role.COORDINATOR, Role.TEAM_MEMBER}
    reads = {CaseText.OWN_DISTRICT, CaseText.UNTRIAGED}
    assert all(sight_of(role).case_text in reads for role in rolling)


@mark.parametrize(
    ("count", "exact", "classes"),
    [
        (0, Shown(0, 2, hidden=True), Shown(0, 4, hidden=True)),
        (2, Shown(0, 2, hidden=True), Shown(0, 4, hidden=True)),
        (3, Shown(3, 3, hidden=False), Shown(0, 4, hidden=True)),
        (4, Shown(4, 4, hidden=False), Shown(0, 4, hidden=True)),
        (5, Shown(5, 5, hidden=False), Shown(5, 9, hidden=False)),
        (19, Shown(19, 19, hidden=False), Shown(10, 19, hidden=False)),
        (39, Shown(39, 39, hidden=False), Shown(20, 39, hidden=False)),
        (40, Shown(40, 40, hidden=False), Shown(40, None, hidden=False)),
        (900, Shown(900, 900, hidden=False), Shown(40, None, hidden=False)),
    ],
)
def test_counts_are_shown_exactly_from_three_or_in_classes_from_five(count, exact, classes) -> None:
    assert shown(count, precision=EXACT) == exact
    assert shown(count, precision=CLASSES) == classes


@given(st.integers(0, 500), st.integers(0, 500))
def test_counts_of_one_class_look_the_same(one, other) -> None:
    same = bisect(CLASS_BORDERS, one) == bisect(CLASS_BORDERS, other)
    assert same == (shown(one, precision=CLASSES) == shown(other, precision=CLASSES))


@mark.parametrize(
    ("count", "found", "crude", "ratio", "level"),
    [
        (Shown(0, 4, hidden=True), True, 9.0, 9.0, Level.TOO_FEW),
        (Shown(4, 4, hidden=False), True, 9.0, 9.0, Level.TOO_FEW),
        (Shown(5, 5, hidden=False), False, 99.0, 99.0, Level.NO_DIFFERENCE),
        (Shown(5, 5, hidden=False), True, 1.49, 1.49, Level.NO_DIFFERENCE),
        (Shown(5, 5, hidden=False), True, 1.5, 1.0, Level.MORE),
        (Shown(5, 5, hidden=False), True, 9.0, 2.99, Level.MORE),
        (Shown(5, 5, hidden=False), True, 9.0, 3.0, Level.THREEFOLD),
        (Shown(5, 9, hidden=False), True, 9.0, 6.0, Level.SIXFOLD),
        (Shown(40, None, hidden=False), True, 20.0, 12.0, Level.TWELVEFOLD),
    ],
)
def test_only_a_reliable_difference_has_a_colour(count, found, crude, ratio, level) -> None:
    assert level_of(count, found=found, crude=crude, ratio=ratio) is level


@mark.parametrize(
    ("chance", "times"),
    [(0.2, None), (0.051, None), (0.05, 20), (0.011, 20), (0.0009, 1_000), (0.0, 1_000_000)],
)
def test_a_chance_is_told_in_steps(chance, times) -> None:
    assert once_in(chance) == times
    assert once_in(float("nan")) is None


RULES = {
    "owner": "Coördinator",
    "review_by": date(2027, 6, 1),
    "false_discovery_rate": 0.05,
    "least_reporters": 5,
    "radius_metres": 400.0,
    "share_of_dwellings": 0.05,
    "longest_weeks": 8,
    "simulations": 999,
}


@mark.parametrize(
    ("key", "value"),
    [
        ("owner", " "),
        ("false_discovery_rate", 0.0),
        ("false_discovery_rate", 0.5),
        ("least_reporters", 4),
        ("radius_metres", 10.0),
        ("share_of_dwellings", 0.7),
        ("longest_weeks", 0),
        ("longest_weeks", 104),
        ("simulations", 9),
        ("gaps", (Gap(date(2026, 3, 8), date(2026, 3, 2), "storing"),)),
        ("gaps", (Gap(date(2026, 3, 2), date(2026, 3, 8), ""),)),
        ("default_points", ("B1", "B1")),
    ],
)
def test_rules_that_promise_too_much_are_refused_with_a_sentence_in_two_languages(
    key, value
) -> None:
    with raises(ValueError, match=rf"^{key}[.\w]*: .+ / .+"):
        FiguresPolicy(**{**RULES, key: value})


def test_all_that_is_wrong_with_the_rules_is_said_at_once() -> None:
    with raises(ValueError, match=r"least_reporters.*simulations"):
        FiguresPolicy(**{**RULES, "least_reporters": 1, "simulations": 1})


def test_other_rules_have_another_fingerprint() -> None:
    one, other = FiguresPolicy(**RULES), FiguresPolicy(**{**RULES, "longest_weeks": 4})
    assert one.fingerprint == FiguresPolicy(**RULES).fingerprint != other.fingerprint


@given(st.lists(st.integers(0, 9), min_size=8, max_size=8))
def test_four_weeks_are_shown_all_or_none(counts) -> None:
    seen = shown_weeks(counts, precision=EXACT)
    for four, true in ((seen[:4], counts[:4]), (seen[4:], counts[4:])):
        exact = tuple(Shown(count, count, hidden=False) for count in true)
        assert four == (exact if min(true) >= 3 else (WITHHELD,) * 4)


def test_the_map_is_open_to_whoever_sees_figures_and_to_nobody_else() -> None:
    assert set(LOOKERS) == {role for role in Role if kinds_for(role)}


def test_only_the_four_upper_levels_stand_out() -> None:
    assert [level for level in Level if level.stands_out] == [
        Level.MORE,
        Level.THREEFOLD,
        Level.SIXFOLD,
        Level.TWELVEFOLD,
    ]


def test_a_municipality_that_switches_arrears_off_shows_them_to_nobody():
    for role in LOOKERS:
        assert Kind.ARREARS not in kinds_for(role, arrears=False)
        with raises(NotAllowed, match="kind"):
            precision_for(role, Kind.ARREARS, arrears=False)
    assert kinds_for(Role.TEAM_MEMBER, arrears=False) == (Kind.NUISANCE, Kind.CONCERN)
