"""Counting tries: a limit that holds in parallel, waits that nobody can lengthen."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signaal.access import actions
from tests.access.colleagues import all_at_once

SILENCE = timedelta(minutes=15)


def tried(services, key="k", limit=5):
    with services.database.session() as session, session.begin():
        return actions.count_try(
            session, key=key, limit=limit, silence=SILENCE, now=services.clock.now()
        )


def test_five_tries_are_allowed_and_the_sixth_is_not(services):
    assert [tried(services) for _ in range(7)] == [True] * 5 + [False] * 2


def test_other_keys_count_for_themselves(services):
    for _ in range(6):
        tried(services)

    assert tried(services, "another")


def test_after_a_silence_counting_begins_anew(services, clock):
    for _ in range(6):
        tried(services)
    clock.turn(minutes=15)

    assert [tried(services) for _ in range(6)] == [True] * 5 + [False]


def test_who_tries_on_and_on_does_not_make_the_wait_longer(services, clock):
    for _ in range(5):
        tried(services)
    for _ in range(14):
        clock.turn(minutes=1)
        assert not tried(services)
    clock.turn(minutes=1)

    assert tried(services)


def test_who_knew_the_answer_is_forgiven(services):
    for _ in range(5):
        tried(services)
    with services.database.session() as session, session.begin():
        actions.forgive_tries(session, "k")

    assert tried(services)


def test_parallel_tries_count_together(services):
    outcomes = all_at_once([lambda: tried(services) for _ in range(40)])

    assert outcomes.count(True) == 5


def test_the_key_of_a_try_tells_nobody_what_was_tried(services):
    key = actions.key_of_tries(services, "password", "a@example.nl")

    assert "example" not in key
    assert len(key) == 64
    assert key != actions.key_of_tries(services, "password", "b@example.nl")
    assert actions.key_of_tries(services, "a", "bc") != actions.key_of_tries(services, "ab", "c")
    assert actions.key_of_tries(services, "\ud800")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(st.lists(st.integers(0, 12), min_size=1, max_size=20), st.uuids())
def test_in_no_quarter_of_an_hour_are_there_more_than_the_limit(services, clock, waits, key):
    allowed = []
    for minutes in waits:
        clock.turn(minutes=minutes)
        if tried(services, str(key), limit=2):
            allowed.append(clock.now())

    for at in allowed:
        assert sum(at <= other < at + SILENCE for other in allowed) <= 2
