"""Sessions of staff: one look-up, silence, the end, and what tampered secrets open (nothing)."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from signaal.access import actions
from signaal.access.actions.tokens import hash_of, new_secret
from signaal.access.model import Role, SignInStep
from signaal.access.model.sessions import Times, step_now
from signaal.errors import (
    NotAllowed,
    SessionEnded,
    TooBusy,
    TooManyGuesses,
    UnknownAccount,
    UnusableAccount,
    WrongSignIn,
)
from tests.access.busy import too_busy
from tests.access.colleagues import (
    PASSWORD,
    acts,
    administrator,
    all_at_once,
    code_now,
    for_real,
    hire,
    signed_in,
)
from tests.conftest import MONDAY_MORNING

PIN = "274915"


@pytest.fixture
def real(services):
    return for_real(services)


def statements(services):
    said = []
    event.listen(
        services.database.engine,
        "before_cursor_execute",
        lambda _c, _cur, statement, *_: said.append(statement),
    )
    return said


# -- the demo -------------------------------------------------------------------------------


def test_a_demo_session_knows_role_organisation_districts_and_duty(services):
    secret = actions.start_demo_session(
        services, role=Role.DUTY_CONTACT, districts=frozenset({"WK01", "WK02"}), duty_name="Wijk"
    )

    visitor = actions.visitor_of(services, secret)

    assert visitor.role == Role.DUTY_CONTACT
    assert visitor.person
    assert visitor.organisation
    assert visitor.districts == {"WK01", "WK02"}
    assert visitor.duty_name == "Wijk"
    assert not visitor.has_pin


def test_every_role_can_be_tried_in_the_demo_and_is_the_same_person_each_time(services):
    for role in Role:
        first = actions.visitor_of(services, actions.start_demo_session(services, role=role))
        again = actions.visitor_of(services, actions.start_demo_session(services, role=role))
        assert first.role == role
        assert first.districts is None
        assert first == again


def test_sessions_of_the_demo_do_not_end_by_silence(services, clock):
    secret = actions.start_demo_session(services, role=Role.COORDINATOR)
    clock.turn(hours=7)

    assert actions.visitor_of(services, secret)


def test_the_demo_makes_no_sessions_for_roles_that_do_not_exist(services):
    with pytest.raises(NotAllowed):
        actions.start_demo_session(services, role="mayor")


def test_outside_the_demo_nobody_enters_without_a_password(real):
    with pytest.raises(NotAllowed):
        actions.start_demo_session(real, role=Role.COORDINATOR)


def test_what_the_demo_left_behind_opens_nothing_in_production(services, real):
    secret = actions.start_demo_session(services, role=Role.COORDINATOR)

    assert actions.visitor_of(real, secret) is None


def test_many_begin_in_the_demo_at_once(services):
    outcomes = all_at_once(
        [lambda: actions.start_demo_session(services, role=Role.PLANNER) for _ in range(8)]
    )

    people = {actions.visitor_of(services, secret).person for secret in outcomes}
    assert len(people) == 1


# -- one look-up ----------------------------------------------------------------------------


def test_who_asks_costs_one_statement(real, clock):
    secret = signed_in(real, hire(real, "a@example.nl", Role.COORDINATOR))
    clock.turn(seconds=59)
    said = statements(real)

    assert actions.visitor_of(real, secret)

    assert [one for one in said if not one.startswith("BEGIN")] == said[-1:]
    assert said[-1].startswith("SELECT")


def test_being_there_is_written_down_at_most_once_a_minute(real, clock):
    secret = signed_in(real, hire(real, "a@example.nl", Role.COORDINATOR))
    said = statements(real)
    for _ in range(12):  # two minutes
        clock.turn(seconds=10)
        actions.visitor_of(real, secret)

    assert sum(one.startswith("UPDATE") for one in said) == 2


def test_reading_goes_on_while_nothing_can_be_written(real, clock):
    secret = signed_in(real, hire(real, "a@example.nl", Role.COORDINATOR))
    clock.turn(minutes=2)

    def disk_full(_c, _cur, statement, *_rest):
        if statement.startswith("UPDATE"):
            raise OperationalError(statement, {}, OSError("disk full"))

    event.listen(real.database.engine, "before_cursor_execute", disk_full)
    visitor = actions.visitor_of(real, secret)
    event.remove(real.database.engine, "before_cursor_execute", disk_full)

    assert visitor


@given(st.text(max_size=60) | st.text(alphabet="ab-_", min_size=43, max_size=43))
def test_a_tampered_secret_is_no_secret(secret):
    assert hash_of(secret) is None or len(secret) == 43


def test_odd_secrets_open_nothing_and_end_nothing(real):
    kept = signed_in(real, hire(real, "a@example.nl", Role.COORDINATOR))

    for odd in (
        "",
        "a" * 42,
        "a" * 43,
        "a" * 44,
        "é" * 43,
        "\ud800" * 43,
        "\x00" * 43,
        "a" * 10**6,
    ):
        assert actions.visitor_of(real, odd) is None
        assert actions.roles_of(real, odd) == ()
        actions.sign_out(real, odd)
        with pytest.raises(SessionEnded):
            actions.give_code(real, session_secret=odd, code="123456")
    assert actions.visitor_of(real, kept)


def test_the_database_does_not_hold_what_opens_a_session(real):
    secret = signed_in(real, hire(real, "a@example.nl", Role.COORDINATOR))

    with real.database.reading() as reading:
        kept = reading.connection().scalar(text("SELECT token_hash FROM staff_session"))

    assert kept == hash_of(secret)
    assert actions.visitor_of(real, kept[:43]) is None


def test_secrets_have_256_bits_and_never_come_twice():
    assert len({new_secret() for _ in range(1000)}) == 1000
    assert {len(new_secret()) for _ in range(50)} == {43}


# -- the end --------------------------------------------------------------------------------


def test_a_session_ends_after_a_quarter_of_an_hour_of_silence(real, clock):
    secret = signed_in(real, hire(real, "a@example.nl", Role.COORDINATOR))
    clock.turn(minutes=14, seconds=59)
    assert actions.visitor_of(real, secret)
    clock.turn(minutes=14, seconds=59)
    assert actions.visitor_of(real, secret)
    clock.turn(minutes=15)

    assert actions.visitor_of(real, secret) is None


def test_a_session_ends_after_eight_hours_however_busy(real, clock):
    secret = signed_in(real, hire(real, "a@example.nl", Role.COORDINATOR))
    for _ in range(47):
        clock.turn(minutes=10)
        assert actions.visitor_of(real, secret)
    clock.turn(minutes=10)

    assert actions.visitor_of(real, secret) is None


def test_a_clock_that_was_wrong_keeps_no_session_open(real, clock):
    clock.turn(days=30)
    secret = signed_in(real, hire(real, "a@example.nl", Role.COORDINATOR))
    clock.set(MONDAY_MORNING)

    assert actions.visitor_of(real, secret) is None


def test_a_clock_that_goes_back_a_little_ends_nothing(real, clock):
    secret = signed_in(real, hire(real, "a@example.nl", Role.COORDINATOR))
    clock.turn(minutes=-4)

    assert actions.visitor_of(real, secret)


def test_signing_out_ends_the_session_at_once_and_is_on_record(real):
    secret = signed_in(real, hire(real, "a@example.nl", Role.COORDINATOR))

    actions.sign_out(real, secret)
    actions.sign_out(real, secret)

    assert actions.visitor_of(real, secret) is None
    assert acts(real) == ["signed_in", "signed_out"]


def test_all_sessions_of_somebody_can_be_revoked_at_once(real, clock):
    person = hire(real, "a@example.nl", Role.COORDINATOR)
    first = signed_in(real, person)
    clock.turn(minutes=1)
    second = signed_in(real, person)

    assert actions.revoke(real, email=" A@example.nl") == 2

    assert actions.visitor_of(real, first) is None
    assert actions.visitor_of(real, second) is None


def test_nobodys_sessions_can_not_be_revoked(real):
    with pytest.raises(UnknownAccount):
        actions.revoke(real, email="nobody@example.nl")
    assert acts(real) == []


def test_who_leaves_is_out_at_once(real):
    boss = hire(real, "boss@example.nl", Role.ADMINISTRATOR)
    person = hire(real, "a@example.nl", Role.COORDINATOR)
    secret = signed_in(real, person)

    actions.end_person(real, visitor=administrator(boss), person_id=person.id)

    assert actions.visitor_of(real, secret) is None
    with pytest.raises(WrongSignIn):
        actions.begin_sign_in(real, email=person.email, password=PASSWORD)


def test_a_step_that_is_under_way_does_not_outlive_a_revocation(real, clock):
    person = hire(real, "a@example.nl", Role.COORDINATOR, Role.POLICY_OFFICER)
    for _ in range(4):
        secret = signed_in(real, person)
        outcomes = all_at_once(
            [
                lambda s=secret: actions.choose_role(real, session_secret=s, role=Role.COORDINATOR),
                lambda: actions.revoke(real, email=person.email),
            ]
        )
        begun = outcomes[0]
        assert begun is SessionEnded or actions.visitor_of(real, begun.secret) is None
        clock.turn(minutes=1)


# -- on duty --------------------------------------------------------------------------------


@pytest.fixture
def on_duty(real):
    return hire(real, "dienst@example.nl", Role.DUTY_CONTACT, pin=PIN)


def test_on_duty_silence_locks_the_session_and_the_pin_opens_it_again(real, clock, on_duty):
    secret = signed_in(real, on_duty)
    clock.turn(minutes=15)
    assert actions.visitor_of(real, secret) is None
    assert actions.session_of(real, secret).step is SignInStep.PIN

    opened = actions.give_pin(real, session_secret=secret, pin=PIN)

    assert actions.visitor_of(real, opened.secret).has_pin
    assert actions.session_of(real, secret) is None
    clock.turn(minutes=14)
    assert actions.visitor_of(real, opened.secret).has_pin
    clock.turn(minutes=2)
    assert not actions.visitor_of(real, opened.secret).has_pin


def test_on_duty_a_session_lasts_sixteen_hours_at_most(real, clock, on_duty):
    secret = signed_in(real, on_duty)
    clock.turn(hours=15, minutes=59)
    secret = actions.give_pin(real, session_secret=secret, pin=PIN).secret
    clock.turn(minutes=1)

    assert actions.session_of(real, secret) is None
    with pytest.raises(SessionEnded):
        actions.give_pin(real, session_secret=secret, pin=PIN)


def test_who_has_no_pin_is_not_locked_but_out(real, clock):
    secret = signed_in(real, hire(real, "a@example.nl", Role.DUTY_CONTACT))
    clock.turn(minutes=15)

    assert actions.session_of(real, secret) is None


def test_five_wrong_pins_end_the_session(real, clock, on_duty):
    secret = signed_in(real, on_duty)
    clock.turn(minutes=15)
    for wrong in ("000000", "", "٢٧٤٩١٥", "2749150"):
        with pytest.raises(WrongSignIn):
            actions.give_pin(real, session_secret=secret, pin=wrong)
    with pytest.raises(SessionEnded):
        actions.give_pin(real, session_secret=secret, pin="\ud800")

    with pytest.raises(SessionEnded):
        actions.give_pin(real, session_secret=secret, pin=PIN)
    assert acts(real).count("pin_failed") == 5


def test_being_turned_away_for_others_sake_costs_no_try_of_the_pin(
    real, clock, on_duty, monkeypatch
):
    secret = signed_in(real, on_duty)
    clock.turn(minutes=15)
    with too_busy(monkeypatch):
        for _ in range(6):
            with pytest.raises(TooBusy):
                actions.give_pin(real, session_secret=secret, pin=PIN)

    assert actions.give_pin(real, session_secret=secret, pin=PIN)


def test_setting_a_pin_while_it_is_busy_costs_no_code_and_a_right_one_forgives(
    real, clock, on_duty, monkeypatch
):
    secret = signed_in(real, on_duty)
    clock.turn(minutes=14)
    with too_busy(monkeypatch):
        for _ in range(6):
            with pytest.raises(TooBusy):
                actions.set_pin(real, session_secret=secret, pin="384027", code=code_now(real))
    for _ in range(2):
        for _ in range(4):
            with pytest.raises(WrongSignIn):
                actions.set_pin(real, session_secret=secret, pin="384027", code="000000")
        code = code_now(real)
        secret = actions.set_pin(real, session_secret=secret, pin="384027", code=code).secret
        clock.turn(seconds=30)
    for _ in range(5):
        with pytest.raises(WrongSignIn):
            actions.set_pin(real, session_secret=secret, pin="384027", code="000000")
    with pytest.raises(TooManyGuesses):
        actions.set_pin(real, session_secret=secret, pin="384027", code=code_now(real))


def test_pins_guessed_at_once_count_together(real, clock, on_duty):
    secret = signed_in(real, on_duty)
    clock.turn(minutes=15)

    all_at_once(
        [
            lambda n=n: actions.give_pin(real, session_secret=secret, pin=f"{n:05}x")
            for n in range(30)
        ]
    )

    assert acts(real).count("pin_failed") == 5
    assert actions.session_of(real, secret) is None


def test_a_locked_session_can_not_slip_into_another_role(real, clock):
    person = hire(real, "a@example.nl", Role.DUTY_CONTACT, Role.COORDINATOR, pin=PIN)
    secret = signed_in(real, person)
    secret = actions.choose_role(real, session_secret=secret, role=Role.DUTY_CONTACT).secret
    clock.turn(minutes=15)

    with pytest.raises(SessionEnded):
        actions.choose_role(real, session_secret=secret, role=Role.COORDINATOR)


def test_a_pin_is_set_right_after_signing_in_or_with_a_code(real, clock):
    person = hire(real, "a@example.nl", Role.DUTY_CONTACT)
    secret = signed_in(real, person)
    secret = actions.set_pin(real, session_secret=secret, pin=PIN).secret
    assert actions.visitor_of(real, secret).has_pin
    clock.turn(minutes=14)
    with pytest.raises(WrongSignIn):
        actions.set_pin(real, session_secret=secret, pin="384027")

    secret = actions.set_pin(real, session_secret=secret, pin="384027", code=code_now(real)).secret
    clock.turn(minutes=15)

    assert actions.give_pin(real, session_secret=secret, pin="384027")


def test_a_pin_that_everybody_guesses_is_refused(real):
    secret = signed_in(real, hire(real, "a@example.nl", Role.DUTY_CONTACT))

    with pytest.raises(UnusableAccount):
        actions.set_pin(real, session_secret=secret, pin="123456")


def test_only_who_is_on_duty_has_a_pin(real):
    secret = signed_in(real, hire(real, "a@example.nl", Role.COORDINATOR))

    with pytest.raises(NotAllowed):
        actions.set_pin(real, session_secret=secret, pin=PIN)


@given(
    step=st.sampled_from(SignInStep),
    began=st.integers(0, 24 * 60),
    silent=st.integers(0, 24 * 60),
    can_lock=st.booleans(),
)
def test_no_session_outlives_its_shift(step, began, silent, can_lock):
    now = MONDAY_MORNING
    times = Times(now - timedelta(minutes=began), now - timedelta(minutes=min(silent, began)))

    standing = step_now(step, times, now=now, can_lock=can_lock, never_idles=False)

    if began >= (16 if can_lock else 8) * 60:
        assert standing is None
    if standing is SignInStep.DONE:
        assert min(silent, began) < 15
    if standing is SignInStep.PIN and step is SignInStep.DONE:
        assert can_lock
