from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from pytest import approx

from signaal.alerting.model import Origin, Room, added, attention, list_of_week
from signaal.intake.model import Kind
from tests.alerting.warnings import figure, warning

ROOM = Room(10, 0.2)
N, C = Kind.NUISANCE, Kind.CONCERN


def hot(code, *weekly):
    return figure(code, weekly=weekly, found=True)


def quiet(size):
    return [figure(f"Q{number:02}") for number in range(size)]


def rows(places) -> list[tuple]:
    return [(place.figure.block.code, place.kind, place.origin) for place in places]


def pointed(places) -> list[str]:
    return [place.figure.block.code for place in places if place.origin is not Origin.DRAWN]


def test_weight_halves_every_four_weeks_and_is_gone_after_twenty_six() -> None:
    now = attention(figure("A", weekly=(8,)))
    assert attention(figure("A", weekly=(8, 0, 0, 0, 0))) == approx(now / 2)
    assert attention(figure("A", weekly=(8, *(0,) * 25))) > 0
    oldest = figure("A", weekly=(0,) * 26)
    assert attention(oldest) == 0
    assert attention(figure("A", weekly=(0.5,) * 26)) == approx(1.0)


def test_one_in_five_is_rounded_up_and_never_a_hair_more() -> None:
    assert [Room(length, 0.2).drawn for length in (5, 6, 10, 15)] == [1, 2, 2, 3]
    assert Room(10, 0.3).drawn == 3
    assert [Room(10, 0.2).beside(pointed) for pointed in (0, 1, 4, 5, 8)] == [1, 1, 1, 2, 2]


def test_the_list_holds_warnings_then_hotspots_and_two_of_ten_drawn() -> None:
    figures = {
        N: [*(hot(f"H{n:02}", 5, n) for n in range(12)), figure("W", weekly=(4,)), *quiet(9)]
    }
    places = list_of_week(figures, [warning(1, "W")], room=ROOM, seed="1")
    origins = Counter(place.origin for place in places)
    assert origins == {Origin.WARNING: 1, Origin.HOTSPOT: 7, Origin.DRAWN: 2}
    assert pointed(places) == ["H11", "H10", "H09", "H08", "H07", "H06", "H05", "W"]


def test_the_same_seed_draws_the_same_and_another_seed_others() -> None:
    figures = {N: [hot("H", 6), *quiet(40)]}
    first, again, other = (
        list_of_week(figures, (), room=ROOM, seed=seed) for seed in ("1", "1", "2")
    )
    assert rows(first) == rows(again) != rows(other)


def test_every_other_block_is_drawn_as_often_and_a_draw_stands_anywhere() -> None:
    figures = {N: [hot("H", 6), hot("I", 7), *quiet(8)]}
    drawn, where = Counter(), Counter()
    for seed in range(2000):
        places = list_of_week(figures, (), room=Room(5, 0.2), seed=str(seed))
        ((place, row),) = [each for each in enumerate(places) if each[1].origin is Origin.DRAWN]
        drawn[row.figure.block.code] += 1
        where[place] += 1
    assert set(drawn) == {f"Q{number:02}" for number in range(8)}
    assert all(190 <= count <= 310 for count in drawn.values())
    assert set(where) == {0, 1, 2}
    assert all(580 <= count <= 750 for count in where.values())


def test_kinds_take_turns_and_are_never_added_up() -> None:
    figures = {
        N: [hot("A", 50), hot("B", 40), figure("D", weekly=(30,))],
        C: [hot("C", 5), figure("D", weekly=(30,))],
    }
    assert pointed(list_of_week(figures, (), room=ROOM, seed="1")) == ["A", "C", "B"]


def test_a_block_of_a_warning_is_not_there_twice_for_the_same_kind() -> None:
    figures = {N: [hot("A", 9), hot("B", 20)], C: [hot("A", 6)]}
    places = list_of_week(figures, [warning(1, "A", "B")], room=ROOM, seed="1")
    assert set(rows(places)) == {("B", N, Origin.WARNING), ("A", C, Origin.HOTSPOT)}


def test_a_warning_of_another_district_is_passed_over() -> None:
    assert list_of_week({N: []}, [warning(1, "Z")], room=ROOM, seed="1") == ()


def test_a_quiet_district_gets_one_drawn_place() -> None:
    places = list_of_week({N: quiet(30), C: quiet(30)}, (), room=ROOM, seed="1")
    assert [place.origin for place in places] == [Origin.DRAWN]


def test_a_district_with_fewer_blocks_than_rows_holds_each_at_most_once() -> None:
    assert len(list_of_week({N: quiet(1)}, (), room=ROOM, seed="1")) == 1
    places = list_of_week({N: [hot("A", 6), hot("B", 5)]}, (), room=ROOM, seed="1")
    assert [place.origin for place in places] == [Origin.HOTSPOT] * 2
    assert list_of_week({}, (), room=ROOM, seed="1") == ()


def test_a_warning_raised_since_comes_at_the_end_unless_its_place_is_there() -> None:
    figures = {N: [hot("A", 9), hot("B", 20)]}
    both = [warning(1, "A"), warning(2, "B")]
    assert [place.warning for place in added(figures, both, listed=frozenset())] == [
        both[1].id,
        both[0].id,
    ]
    assert [p.key for p in added(figures, both, listed=frozenset({("B", N)}))] == [("A", N)]


sizes = st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(5, 15))


@given(sizes, st.integers(0, 3), st.text(max_size=5))
def test_a_list_is_never_too_long_holds_nothing_twice_and_enough_draws(size, warned, seed):
    many, others, length = size
    figures = {N: [*(hot(f"H{n:02}", n + 5) for n in range(many)), *quiet(others)]}
    warnings = [warning(number, f"H{number:02}") for number in range(warned)]
    room = Room(length, 0.2)
    places = list_of_week(figures, warnings, room=room, seed=seed)
    assert len(places) <= length
    assert len({place.key for place in places}) == len(places)
    drawn = sum(place.origin is Origin.DRAWN for place in places)
    left = many + others - (len(places) - drawn)
    assert drawn == min(room.beside(len(places) - drawn), left)
    if left:
        assert 5 * drawn >= len(places) or drawn == left
