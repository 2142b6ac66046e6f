"""The rules of accounts, without a database: addresses, passwords, PINs, roles that go together."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaal.access.model import (
    READS_CASES,
    ROLES_OF,
    Assignment,
    OrganisationKind,
    Role,
    faults_in,
)
from signaal.access.model.people import (
    COMMON_PASSWORDS,
    WATCHES,
    fault_in_password,
    fault_in_pin,
    faults_in_assignments,
    login_of,
    name_of,
    password_bytes,
)

LOGIN = "jos@example.nl"


# -- roles ----------------------------------------------------------------------------------


def test_every_role_belongs_to_some_kind_of_organisation():
    assert frozenset().union(*ROLES_OF.values()) == frozenset(Role)
    assert set(ROLES_OF) == set(OrganisationKind)


def test_every_organisation_can_manage_its_own_people():
    assert all(Role.ADMINISTRATOR in roles for roles in ROLES_OF.values())


@given(st.sets(st.sampled_from(Role)))
def test_nobody_both_manages_or_watches_and_works_on_cases(roles):
    working = roles & READS_CASES - WATCHES
    if not faults_in(roles):
        assert roles
        assert not (working and roles & (WATCHES | {Role.ADMINISTRATOR}))
        assert not (Role.ADMINISTRATOR in roles and roles & WATCHES)


@pytest.mark.parametrize("role", Role)
def test_each_role_alone_is_fine(role):
    assert faults_in({role}) == ()


@pytest.mark.parametrize(
    ("assignments", "fault"),
    [
        ((), "no_role"),
        ((Assignment(Role.PLANNER), Assignment(Role.PLANNER)), "role_twice"),
        ((Assignment(Role.POLICE_OFFICER),), "role_of_other_kind"),
        ((Assignment(Role.PLANNER, frozenset()),), "no_district"),
        ((Assignment(Role.PLANNER, frozenset({"WK01,WK02"})),), "district_unreadable"),
        ((Assignment(Role.ADMINISTRATOR), Assignment(Role.AUDITOR)), "administrator_reads_cases"),
        ((Assignment(Role.AUDITOR), Assignment(Role.TEAM_MEMBER)), "watcher_works_on_cases"),
    ],
)
def test_an_impossible_assignment_says_why(assignments, fault):
    assert faults_in_assignments(assignments, OrganisationKind.MUNICIPALITY) == (fault,)


# -- addresses ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "email",
    [
        "",
        "no address",
        "a@b@c",
        "a b@c.nl",
        "@b.nl",
        "a@",
        "a@" + "b" * 300,
        "a" * 65 + "@b.nl",
        "\ud800@c.nl",
        "a\x00@c.nl",
        "a\u200b@c.nl",
        "a\u202e@c.nl",
    ],
)
def test_what_is_no_address_is_none(email):
    assert login_of(email) is None


@given(st.text(max_size=30), st.text(max_size=30))
def test_an_address_is_read_the_same_way_each_time(local, domain):
    login = login_of(f"{local}@{domain}")

    if login is not None:
        assert login_of(login) == login
        assert login_of(unicodedata.normalize("NFD", login)) == login


@given(st.text(max_size=120))
def test_a_name_is_kept_as_it_can_be_read(text):
    name = name_of(text)

    if name is not None:
        assert name_of(name) == name
        assert unicodedata.is_normalized("NFC", name)


# -- passwords and PINs ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("elf tekens!", "password_too_short"),
        ("x" * 201, "password_too_long"),
        ("Jos@Example.nl", "password_is_email"),
        ("Wachtwoord123", "password_common"),
        ("aaaaaaaaaaaaaa", "password_common"),
        ("abababababab", "password_common"),
        ("half \ud800 teken dan", "password_unreadable"),
        ("nul \x00 in het midden", "password_unreadable"),
        ("e\u0301" * 11, "password_too_short"),
        ("vier rustige straten", None),
        ("twaalf teken", None),
        ("пароль из слов", None),
    ],
)
def test_a_password_is_judged_by_length_and_by_what_is_tried_first(password, fault):
    assert fault_in_password(password, login=LOGIN) == fault


def test_every_common_password_on_the_list_could_have_been_chosen_otherwise():
    assert all(12 <= len(one) <= 200 and one == one.casefold() for one in COMMON_PASSWORDS)


@given(st.text(max_size=300))
def test_any_text_can_be_compared_with_a_password(text):
    assert password_bytes(text) == password_bytes(unicodedata.normalize("NFD", text)) or any(
        unicodedata.category(sign) == "Cs" for sign in text
    )


@pytest.mark.parametrize(
    ("pin", "fault"),
    [
        ("000000", "pin_common"),
        ("123456", "pin_common"),
        ("987654", "pin_common"),
        ("135791", "pin_common"),
        ("121212", "pin_common"),
        ("123123", "pin_common"),
        ("12345", "pin_unreadable"),
        ("1234567", "pin_unreadable"),
        ("٢٧٤٩١٥", "pin_unreadable"),
        ("²²²²²²", "pin_unreadable"),
        ("", "pin_unreadable"),
        ("274915", None),
    ],
)
def test_a_pin_has_six_digits_that_are_not_the_first_to_be_tried(pin, fault):
    assert fault_in_pin(pin) == fault
