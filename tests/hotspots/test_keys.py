import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from signaal.hotspots.numbers import keys as room
from signaal.hotspots.numbers.keys import places_of

LARGEST = 2**63 - 1
whole = st.integers(-LARGEST - 1, LARGEST) | st.integers(-5, 5) | st.integers(0, 2000)


def ints(values) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def test_a_worked_example_by_hand() -> None:
    assert_array_equal(places_of(ints([70, 20, 50]), ints([50, 70, 60, 50])), [2, 0, -1, 2])


def test_without_keys_everything_is_unknown_and_without_questions_there_is_no_answer() -> None:
    assert_array_equal(places_of(ints([]), ints([1, 2])), [-1, -1])
    assert places_of(ints([1, 2]), ints([])).shape == (0,)


def test_of_a_key_that_occurs_twice_the_first_place_counts() -> None:
    assert_array_equal(places_of(ints([5, 9, 5, 9]), ints([9, 5])), [1, 0])


def test_block_ids_of_any_whole_type_will_do() -> None:
    known, wanted = np.array([3, 1], dtype=np.int32), np.array([1, 0, 3], dtype=np.uint16)

    assert_array_equal(places_of(known, wanted), [1, -1, 0])


@given(known=st.lists(whole, max_size=60), wanted=st.lists(whole, max_size=60))
def test_it_answers_as_a_dictionary_would(known, wanted) -> None:
    place: dict[int, int] = {}
    for at, key in enumerate(known):
        place.setdefault(key, at)
    expected = [place.get(key, -1) for key in wanted]

    assert_array_equal(places_of(ints(known), ints(wanted)), expected)
    if known and wanted:
        assert_array_equal(room._by_order(ints(known), ints(wanted)), expected)


def test_keys_that_fall_in_one_slot_are_still_told_apart() -> None:
    step = 2**40  # multiples share their lowest bits
    known = np.arange(5_000, dtype=np.int64) * step

    assert_array_equal(places_of(known, known[::-1] + 1), np.full(5_000, -1))
    assert_array_equal(places_of(known, known[::-1]), np.arange(5_000)[::-1])
