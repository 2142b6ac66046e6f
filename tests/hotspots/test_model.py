from bisect import bisect

from hypothesis import given
from hypothesis import strategies as st
from pytest import mark, raises

from signaal.access.model import CaseText, Role, sight_of
from signaal.errors import NotAllowed
from signaal.hotspots.model import (
    LOOKERS,
    WITHHELD,
    Level,
    Shown,
    Stretches,
    kinds_for,
    level_of,
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
    ("count", "low", "high", "level"),
    [
        (Shown(0, 4, hidden=True), 9.0, 9.0, Level.TOO_FEW),
        (Shown(4, 4, hidden=False), 9.0, 9.0, Level.TOO_FEW),
        (Shown(5, 5, hidden=False), 0.6, 0.6, Level.LESS),
        (Shown(5, 5, hidden=False), 0.7, 0.7, Level.LIKE_TOWN),
        (Shown(5, 5, hidden=False), 1.49, 1.49, Level.LIKE_TOWN),
        (Shown(5, 5, hidden=False), 1.5, 1.5, Level.MORE),
        (Shown(5, 5, hidden=False), 3.0, 3.0, Level.THREEFOLD),
        (Shown(5, 5, hidden=False), 6.0, 6.0, Level.SIXFOLD),
        (Shown(5, 5, hidden=False), 12.0, 12.0, Level.TWELVEFOLD),
        (Shown(5, 9, hidden=False), 1.2, 2.1, Level.LIKE_TOWN),
        (Shown(5, 9, hidden=False), 0.4, 0.6, Level.LESS),
        (Shown(5, 9, hidden=False), 0.4, 0.8, Level.LIKE_TOWN),
        (Shown(40, None, hidden=False), 0.4, None, Level.LIKE_TOWN),
        (Shown(40, None, hidden=False), 3.3, None, Level.THREEFOLD),
    ],
)
def test_a_colour_says_what_holds_for_every_count_in_the_class(count, low, high, level) -> None:
    assert level_of(count, low_ratio=low, high_ratio=high) is level


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
