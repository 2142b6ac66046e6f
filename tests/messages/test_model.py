from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaal.messages.model import (
    FINISHED,
    LEASE,
    STATES_BY_STATUS,
    OutboxState,
    after_status,
    later,
    wait_after,
)
from signaal.outside.twilio import HTTP_SECONDS

STATUSES = st.sampled_from([*STATES_BY_STATUS, "a word of next year", ""])


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 5), (2, 15), (3, 30), (4, 60), (5, 60), (1000, 60)]
)
def test_the_pause_grows_and_then_stays_at_a_minute(attempts, seconds):
    assert wait_after(attempts) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("told", "state"),
    [
        (["sent", "delivered"], OutboxState.DELIVERED),
        (["queued", "sending", "sent", "undelivered"], OutboxState.FAILED),
        (["initiated", "ringing", "in-progress", "completed"], OutboxState.DELIVERED),
        (["initiated", "ringing", "no-answer"], OutboxState.FAILED),
        (["initiated", "busy"], OutboxState.FAILED),
    ],
)
def test_callbacks_in_any_order_end_in_the_same_state(told, state):
    for order in permutations(told):
        reached = OutboxState.CLAIMED
        for status in order:
            reached = after_status(reached, status)
        assert reached is state, order


@given(st.lists(STATUSES), st.randoms())
def test_neither_order_nor_repetition_of_callbacks_matters(told, random):
    shuffled = told * 2
    random.shuffle(shuffled)
    ends = []
    for order in (told, shuffled):
        state = OutboxState.SENT
        for status in order:
            state = after_status(state, status)
        ends.append(state)

    assert ends[0] is ends[1]


@given(st.sampled_from(list(OutboxState)), STATUSES)
def test_what_the_person_got_is_never_taken_back(state, status):
    reached = after_status(state, status)

    assert later(reached, state) is reached
    if state is OutboxState.DELIVERED:
        assert reached is OutboxState.DELIVERED


@pytest.mark.parametrize("status", ["", "nonsense", "SENT ", "partially_delivered"])
def test_an_unknown_word_changes_nothing(status):
    for state in OutboxState:
        assert after_status(state, status) is state


def test_a_call_or_text_that_was_found_at_the_carrier_after_all_is_not_dropped():
    assert after_status(OutboxState.DROPPED, "sent") is OutboxState.SENT
    assert OutboxState.DROPPED in FINISHED


def test_a_claim_outlasts_the_slowest_carrier():
    """One list and one request may each take as long as the time-out."""
    assert timedelta(seconds=2 * HTTP_SECONDS) < LEASE
