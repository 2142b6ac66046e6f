"""Signing in, as somebody would who wants to get past it."""

from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from argon2 import extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from signaal import wiring
from signaal.access import actions
from signaal.access.actions.joining import make_link
from signaal.access.actions.second_factor import is_totp_secret, step_of
from signaal.access.actions.tokens import code_hash_of, new_code
from signaal.access.model import OrganisationKind, Role, SignInStep
from signaal.access.store import people as store
from signaal.errors import (
    BrokenSeal,
    NotAllowed,
    SessionEnded,
    TooBusy,
    TooManyGuesses,
    WrongSignIn,
)
from signaal.services import HashCost
from signaal.settings import Settings
from tests.access.busy import too_busy
from tests.access.colleagues import (
    KEY,
    PASSWORD,
    acts,
    all_at_once,
    code_now,
    for_real,
    found,
    hire,
    quick_hash,
    signed_in,
    slow_hash,
    waiting_for_code,
)
from tests.conftest import MONDAY_MORNING

EMAIL = "jos@example.nl"


@pytest.fixture
def real(services):
    return for_real(services)


def try_password(services, password=PASSWORD, *, email=EMAIL, device=None):
    return actions.begin_sign_in(services, email=email, password=password, device=device)


def refusal(verb):
    with pytest.raises(WrongSignIn) as refused:
        verb()
    return type(refused.value), str(refused.value)


# -- the password ---------------------------------------------------------------------------


def test_signing_in_takes_password_and_second_factor(real):
    hire(real, EMAIL, Role.COORDINATOR, districts=frozenset({"WK01"}))

    begun = try_password(real)
    assert begun.step is SignInStep.SECOND_FACTOR
    assert actions.visitor_of(real, begun.secret) is None
    done = actions.give_code(real, session_secret=begun.secret, code=code_now(real))

    assert done.step is SignInStep.DONE
    visitor = actions.visitor_of(real, done.secret)
    assert (visitor.role, visitor.districts) == (Role.COORDINATOR, {"WK01"})
    assert acts(real) == ["signed_in"]


def test_address_and_password_may_be_typed_as_keyboards_do(real):
    person = hire(real, EMAIL, Role.COORDINATOR)
    with real.database.session() as session, session.begin():
        store.update_person(
            session, person.id, {"password_hash": quick_hash("caf\u00e9 op de hoek")}
        )

    assert try_password(real, "cafe\u0301 op de hoek", email="  JOS@Example.NL ")


def test_known_and_unknown_accounts_get_the_same_answer(real):
    hire(real, EMAIL, Role.COORDINATOR)

    answers = {
        refusal(lambda e=email, p=password: try_password(real, p, email=e))
        for email, password in [
            (EMAIL, "not the password"),
            ("nobody@example.nl", "not the password"),
            (EMAIL, PASSWORD + "x" * 200),
            ("no address", ""),
            ("\ud800@\x00", "\ud800"),
        ]
    }

    assert len(answers) == 1
    assert acts(real) == ["sign_in_failed"] * 5


def test_known_and_unknown_accounts_take_the_same_steps(real):
    hire(real, EMAIL, Role.COORDINATOR)
    said = []
    event.listen(
        real.database.engine,
        "before_cursor_execute",
        lambda _c, _cur, statement, *_: said.append(statement),
    )
    refusal(lambda: try_password(real, "the first line of the log", email="else@example.nl"))
    steps = []
    for email in (EMAIL, "nobody@example.nl"):
        said.clear()
        refusal(lambda e=email: try_password(real, "not the password", email=e))
        steps.append(list(said))

    assert steps[0] == steps[1]


def test_guessing_stops_after_five_tries_and_goes_on_after_a_silence(real, clock):
    hire(real, EMAIL, Role.COORDINATOR)
    for guess in range(5):
        assert refusal(lambda g=guess: try_password(real, f"guess {g} of many"))[0] is WrongSignIn

    assert refusal(lambda: try_password(real))[0] is TooManyGuesses
    clock.turn(minutes=15)
    assert try_password(real)


def test_guessing_at_nobody_is_counted_alike(real):
    for _ in range(5):
        refusal(lambda: try_password(real, "guess", email="nobody@example.nl"))

    assert (
        refusal(lambda: try_password(real, "guess", email="Nobody@example.nl"))[0] is TooManyGuesses
    )


def test_guessing_elsewhere_does_not_lock_the_owner_out(real):
    hire(real, EMAIL, Role.COORDINATOR)
    begun = try_password(real)
    device = actions.give_code(real, session_secret=begun.secret, code=code_now(real)).device
    for _ in range(6):
        refusal(lambda: try_password(real, "guess"))

    assert refusal(lambda: try_password(real))[0] is TooManyGuesses
    assert try_password(real, device=device)


def test_a_known_device_has_five_guesses_of_its_own_and_only_for_its_owner(real, clock):
    hire(real, EMAIL, Role.COORDINATOR)
    hire(real, "other@example.nl", Role.COORDINATOR)
    begun = try_password(real)
    device = actions.give_code(real, session_secret=begun.secret, code=code_now(real)).device
    for _ in range(5):
        refusal(lambda: try_password(real, "guess", device=device))
    assert refusal(lambda: try_password(real, device=device))[0] is TooManyGuesses
    clock.turn(minutes=15)
    for _ in range(5):
        refusal(lambda: try_password(real, "guess", email="other@example.nl"))

    # The device of somebody else is no device: the account's own count goes on.
    assert (
        refusal(lambda: try_password(real, email="other@example.nl", device=device))[0]
        is TooManyGuesses
    )


def test_a_device_is_known_for_ninety_days(real, clock):
    hire(real, EMAIL, Role.COORDINATOR)
    begun = try_password(real)
    device = actions.give_code(real, session_secret=begun.secret, code=code_now(real)).device
    clock.turn(days=89)
    again = try_password(real, device=device)
    assert actions.give_code(real, session_secret=again.secret, code=code_now(real)).device is None
    clock.turn(days=91)
    again = try_password(real, device=device)

    assert actions.give_code(real, session_secret=again.secret, code=code_now(real)).device


def guess_from(services, address, *, email, password="a guess", device=None):  # noqa: S107
    return actions.begin_sign_in(
        services, email=email, password=password, address=address, device=device
    )


def test_sixty_wrong_guesses_from_one_address_are_enough_known_or_not(real, clock):
    hire(real, EMAIL, Role.COORDINATOR)
    begun = try_password(real)
    device = actions.give_code(real, session_secret=begun.secret, code=code_now(real)).device
    for number in range(60):
        net = f"2001:db8:0:1::{number + 1:x}"  # all of one subscriber
        refusal(lambda n=number, a=net: guess_from(real, a, email=f"{n}@example.nl"))
    written = acts(real).count("sign_in_failed")

    for email in (EMAIL, "nobody@example.nl"):
        with pytest.raises(TooManyGuesses):
            guess_from(real, "2001:db8:0:1::ffff", email=email, password=PASSWORD)
    assert acts(real).count("sign_in_failed") == written == 60
    assert guess_from(real, "192.0.2.7", email=EMAIL, password=PASSWORD)
    assert guess_from(real, "2001:db8:0:1::1", email=EMAIL, password=PASSWORD, device=device)
    clock.turn(minutes=15)
    assert guess_from(real, "2001:db8:0:1::1", email=EMAIL, password=PASSWORD)


def test_a_town_hall_behind_one_address_is_not_kept_out_by_signing_in(real):
    hire(real, EMAIL, Role.COORDINATOR)

    for _ in range(61):
        assert guess_from(real, "192.0.2.7", email=EMAIL, password=PASSWORD)


def test_many_guesses_at_once_get_five_answers(real):
    hire(real, EMAIL, Role.COORDINATOR)

    outcomes = all_at_once(
        [lambda g=g: try_password(real, f"guess {g} of many") for g in range(30)], hands=6
    )

    # Who is turned away for being too busy has tried nothing.
    assert outcomes.count(WrongSignIn) <= 5
    assert set(outcomes) <= {WrongSignIn, TooManyGuesses, TooBusy}


def test_who_has_not_joined_or_has_left_can_not_sign_in(real):
    person = hire(real, EMAIL, Role.COORDINATOR)
    with real.database.session() as session, session.begin():
        store.update_person(session, person.id, {"ended_at": real.clock.now()})

    assert refusal(lambda: try_password(real))[0] is WrongSignIn


# -- the slow hash --------------------------------------------------------------------------


def test_passwords_are_hashed_as_rfc_9106_recommends():
    used, recommended = extract_parameters(slow_hash(PASSWORD)), RFC_9106_LOW_MEMORY

    assert (used.type, used.time_cost, used.memory_cost, used.parallelism, used.hash_len) == (
        recommended.type,
        recommended.time_cost,
        recommended.memory_cost,
        recommended.parallelism,
        recommended.hash_len,
    )


def test_an_installation_hashes_at_that_cost_whatever_its_settings(tmp_path):
    house = wiring.build(Settings(data_dir=tmp_path))
    house.services.database.close()

    assert house.services.hash_cost == HashCost()
    assert not [name for name in Settings.model_fields if "hash" in name]


def test_never_more_than_two_hashes_are_made_at_once_and_waiting_has_an_end(real, monkeypatch):
    hire(real, EMAIL, Role.COORDINATOR)
    with too_busy(monkeypatch):
        for _ in range(7):
            with pytest.raises(TooBusy):
                try_password(real)

    # Being turned away was no guess.
    assert try_password(real)


# -- the second factor ----------------------------------------------------------------------


def test_fifty_parallel_posts_of_one_code_let_one_in(real):
    person = hire(real, EMAIL, Role.COORDINATOR)
    secret, code = waiting_for_code(real, person), code_now(real)

    outcomes = all_at_once(
        [lambda: actions.give_code(real, session_secret=secret, code=code) for _ in range(50)]
    )

    assert sum(not isinstance(one, type) for one in outcomes) == 1
    assert acts(real).count("signed_in") == 1


def test_one_code_in_many_sessions_lets_one_in(real):
    person = hire(real, EMAIL, Role.COORDINATOR)
    secrets, code = [waiting_for_code(real, person) for _ in range(5)], code_now(real)

    outcomes = all_at_once(
        [lambda s=s: actions.give_code(real, session_secret=s, code=code) for s in secrets]
    )

    assert sum(not isinstance(one, type) for one in outcomes) == 1
    assert outcomes.count(WrongSignIn) == 4


def test_the_counter_is_used_up_once_whoever_is_first(real):
    person = hire(real, EMAIL, Role.COORDINATOR)
    with real.database.reading() as reading:
        sealed = store.person_row(reading, person.id).totp_sealed

    def use():
        with real.database.session() as session, session.begin():
            return store.use_counter(session, person.id, counter=1_000, sealed=sealed)

    assert all_at_once([use] * 50).count(True) == 1


def test_a_code_checked_with_a_secret_that_was_replaced_meanwhile_is_refused(real):
    person = hire(real, EMAIL, Role.COORDINATOR)

    with real.database.session() as session, session.begin():
        assert not store.use_counter(session, person.id, counter=1_000, sealed=b"the former")


def test_a_code_is_no_good_again_nor_are_those_before_it(real, clock):
    person = hire(real, EMAIL, Role.COORDINATOR)
    earlier = code_now(real)
    clock.turn(seconds=30)
    code = code_now(real)
    assert actions.give_code(real, session_secret=waiting_for_code(real, person), code=code)

    for replayed in (code, earlier):
        secret = waiting_for_code(real, person)
        assert (
            refusal(lambda s=secret, c=replayed: actions.give_code(real, session_secret=s, code=c))[
                0
            ]
            is WrongSignIn
        )
    clock.turn(seconds=30)
    assert actions.give_code(
        real, session_secret=waiting_for_code(real, person), code=code_now(real)
    )


@pytest.mark.parametrize(("seconds", "fits"), [(-60, 0), (-30, 1), (0, 1), (30, 1), (60, 0)])
def test_a_telephones_clock_may_be_one_step_off(clock, seconds, fits):
    code = pyotp.TOTP(KEY).at(clock.now() + timedelta(seconds=seconds))

    assert (step_of(KEY, code, now=clock.now()) is not None) == bool(fits)


@given(st.text(max_size=40))
def test_odd_texts_are_no_codes(text):
    if not (text.replace(" ", "").isascii() and text.replace(" ", "").isdigit()):
        assert step_of(KEY, text, now=MONDAY_MORNING) is None
    assert len(code_hash_of(text)) == 64
    is_totp_secret(text)


def test_codes_can_be_guessed_five_times(real):
    person = hire(real, EMAIL, Role.COORDINATOR)
    secret = waiting_for_code(real, person)
    for code in ("000000", "", "\ud800", "٠٠٠٠٠٠", "9" * 1000):
        with pytest.raises(WrongSignIn):
            actions.give_code(real, session_secret=secret, code=code)

    with pytest.raises(TooManyGuesses):
        actions.give_code(real, session_secret=secret, code=code_now(real))
    with pytest.raises(TooManyGuesses):  # another sign-in gives no new guesses
        actions.give_code(real, session_secret=waiting_for_code(real, person), code=code_now(real))


def test_there_is_a_quarter_of_an_hour_to_find_the_code(real, clock):
    secret = waiting_for_code(real, hire(real, EMAIL, Role.COORDINATOR))
    clock.turn(minutes=15)

    with pytest.raises(SessionEnded):
        actions.give_code(real, session_secret=secret, code=code_now(real))


def with_codes(services, person):
    codes = [new_code() for _ in range(10)]
    with services.database.session() as session, session.begin():
        store.replace_codes(session, person.id, [code_hash_of(code) for code in codes])
    return codes


def test_a_recovery_code_works_once_however_it_is_typed(real):
    person = hire(real, EMAIL, Role.COORDINATOR)
    code = with_codes(real, person)[0]
    typed = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert actions.give_code(real, session_secret=waiting_for_code(real, person), code=typed)

    with pytest.raises(WrongSignIn):
        actions.give_code(real, session_secret=waiting_for_code(real, person), code=code)


def test_a_recovery_code_works_once_also_in_parallel(real):
    person = hire(real, EMAIL, Role.COORDINATOR)
    code = with_codes(real, person)[0]
    secrets = [waiting_for_code(real, person) for _ in range(5)]

    outcomes = all_at_once(
        [lambda s=s: actions.give_code(real, session_secret=s, code=code) for s in secrets]
    )

    assert sum(not isinstance(one, type) for one in outcomes) == 1


def test_somebody_elses_recovery_code_is_of_no_use(real):
    codes = with_codes(real, hire(real, "other@example.nl", Role.COORDINATOR))
    person = hire(real, EMAIL, Role.COORDINATOR)

    with pytest.raises(WrongSignIn):
        actions.give_code(real, session_secret=waiting_for_code(real, person), code=codes[0])


def test_the_apps_secret_is_sealed_for_one_persons_row(real):
    one = hire(real, EMAIL, Role.COORDINATOR)
    other = hire(real, "other@example.nl", Role.COORDINATOR)
    with real.database.session() as session, session.begin():
        sealed = store.person_row(session, one.id).totp_sealed
        assert KEY.encode() not in sealed
        store.update_person(session, other.id, {"totp_sealed": sealed})
    with pytest.raises(BrokenSeal):
        actions.give_code(real, session_secret=waiting_for_code(real, other), code=code_now(real))


# -- the role -------------------------------------------------------------------------------


def test_who_has_several_roles_chooses_one_and_each_step_has_a_new_secret(real):
    person = hire(real, EMAIL, Role.COORDINATOR, Role.POLICY_OFFICER)
    first = waiting_for_code(real, person)
    second = actions.give_code(real, session_secret=first, code=code_now(real))
    assert second.step is SignInStep.ROLE
    assert set(second.roles) == {Role.COORDINATOR, Role.POLICY_OFFICER}
    assert set(actions.roles_of(real, second.secret)) == set(second.roles)
    assert actions.visitor_of(real, second.secret) is None
    third = actions.choose_role(real, session_secret=second.secret, role=Role.COORDINATOR)
    fourth = actions.choose_role(real, session_secret=third.secret, role=Role.POLICY_OFFICER)

    assert actions.visitor_of(real, fourth.secret).role == Role.POLICY_OFFICER
    for void in (first, second.secret, third.secret):  # no fixation: an earlier secret is void
        assert actions.session_of(real, void) is None
        with pytest.raises(SessionEnded):
            actions.choose_role(real, session_secret=void, role=Role.COORDINATOR)
    assert acts(real) == ["signed_in", "role_chosen"]


def test_only_ones_own_roles_can_be_chosen(real):
    secret = signed_in(real, hire(real, EMAIL, Role.COORDINATOR, Role.POLICY_OFFICER))

    for role in (Role.ADMINISTRATOR, "mayor", "", "\ud800"):
        with pytest.raises(NotAllowed):
            actions.choose_role(real, session_secret=secret, role=role)
    assert actions.session_of(real, secret).step is SignInStep.ROLE


def test_two_choices_at_once_give_one_session(real):
    secret = signed_in(real, hire(real, EMAIL, Role.COORDINATOR, Role.POLICY_OFFICER))

    outcomes = all_at_once(
        [
            lambda r=role: actions.choose_role(real, session_secret=secret, role=r)
            for role in [Role.COORDINATOR, Role.POLICY_OFFICER] * 5
        ]
    )

    assert outcomes.count(SessionEnded) == 9


# -- the organisation's own provider --------------------------------------------------------


def vouched(services, *, subject="https://id.example|42", email=EMAIL, second=True):
    return actions.sign_in_as(services, subject=subject, email=email, second_factor_given=second)


def test_a_provider_lets_in_who_was_invited_and_is_remembered(real):
    person = hire(real, EMAIL, Role.COORDINATOR)

    first = vouched(real)
    again = vouched(real, email="another@example.nl")

    assert actions.visitor_of(real, first.secret).person == person.id
    assert actions.visitor_of(real, again.secret).person == person.id


def test_an_address_that_the_provider_gave_to_somebody_else_opens_nothing(real):
    hire(real, EMAIL, Role.COORDINATOR)
    vouched(real)

    with pytest.raises(WrongSignIn):
        vouched(real, subject="https://id.example|43")


def test_a_provider_lets_nobody_in_who_was_not_invited(real):
    hire(real, EMAIL, Role.COORDINATOR)

    for subject, email in (
        ("", EMAIL),
        ("https://id.example|42", ""),
        ("https://id.example|42", "nobody@example.nl"),
    ):
        with pytest.raises(WrongSignIn):
            vouched(real, subject=subject, email=email)
    assert acts(real) == ["sign_in_failed"] * 3


def test_a_provider_vouches_for_its_own_organisation_only(real):
    corporation = found(real, "Corporatie", OrganisationKind.CORPORATION)
    hire(real, EMAIL, Role.BACK_OFFICE, organisation=corporation)
    with pytest.raises(WrongSignIn):
        vouched(real)
    vouched(of_provider(real, "Corporatie"))

    for named in ("Gemeente", "Nergens", ""):  # nor for who came before it was bound
        with pytest.raises(WrongSignIn):
            vouched(of_provider(real, named))
    assert acts(real).count("sign_in_failed") == 4


def of_provider(services, organisation):
    settings = services.settings.model_copy(update={"oidc_organisation": organisation})
    return replace(services, settings=settings)


def test_without_the_providers_second_factor_ours_is_asked(real):
    hire(real, EMAIL, Role.COORDINATOR)
    begun = vouched(real, second=False)
    assert begun.step is SignInStep.SECOND_FACTOR
    assert actions.visitor_of(real, begun.secret) is None

    done = actions.give_code(real, session_secret=begun.secret, code=code_now(real))
    assert actions.visitor_of(real, done.secret)


def test_who_has_no_second_factor_anywhere_stays_out(real):
    person = hire(real, EMAIL, Role.COORDINATOR)
    with real.database.session() as session, session.begin():
        store.update_person(session, person.id, {"totp_sealed": None})

    with pytest.raises(NotAllowed):
        vouched(real, second=False)


def test_a_provider_may_vouch_many_times_at_once(real):
    hire(real, EMAIL, Role.COORDINATOR)

    outcomes = all_at_once([lambda: vouched(real) for _ in range(6)])

    assert all(actions.visitor_of(real, one.secret) for one in outcomes)


def test_a_provider_lets_nobody_in_on_an_invitation_that_ran_out(real, clock):
    person = hire(real, EMAIL, Role.COORDINATOR)
    with real.database.session() as session, session.begin():
        store.update_person(session, person.id, {"joined_at": None})
        make_link(session, person.id, now=clock.now())
    clock.turn(days=8)

    with pytest.raises(WrongSignIn):
        vouched(real)
    clock.turn(days=-2)
    assert vouched(real).secret
