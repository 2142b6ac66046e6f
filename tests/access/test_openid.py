"""An identity from an organisation's own sign-in is believed only when everything fits."""

import re
from dataclasses import replace

import requests
from joserfc.jwk import OctKey
from pydantic import SecretStr
from pytest import fixture, mark, raises

from signaal.errors import ProviderAway, UntrustedIdentity
from signaal.outside.openid import SECOND_FACTORS, OpenIdProvider
from signaal.settings import Settings
from tests.access.provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    STRANGE_KEY,
    Provider,
    open_provider,
    query_of,
)


@fixture
def provider(clock):
    with open_provider(Provider(clock)) as opened:
        yield opened


def door_to(provider, clock, **changed) -> OpenIdProvider:
    known = {
        "oidc_issuer": provider.issuer,
        "oidc_client_id": CLIENT_ID,
        "oidc_client_secret": SecretStr(CLIENT_SECRET),
        "oidc_name": "Gemeente Voorbeeld",
    }
    return OpenIdProvider(Settings(**(known | changed)), clock)


def come_back(begun) -> dict[str, str]:
    """What the provider sends the visitor's browser back with."""
    with requests.Session() as browser:
        browser.trust_env = False
        answer = browser.get(begun.address, allow_redirects=False, timeout=5)
    return query_of(answer.headers["Location"])


def signed_in(provider, clock, **changed):
    door = door_to(provider, clock, **changed)
    begun = door.begin()
    back = come_back(begun)
    return door.finish(begun, state=back["state"], code=back["code"])


def test_who_signed_in_there_is_known_here(provider, clock):
    identity = signed_in(provider, clock)

    assert identity.subject == f"{provider.issuer} u-17"
    assert identity.email == "ann@gemeente.example"
    assert not identity.second_factor


def test_the_visitor_goes_with_state_nonce_and_a_challenge_and_never_with_our_secret(
    provider, clock
):
    begun, another = (door_to(provider, clock).begin() for _ in range(2))
    asked = query_of(begun.address)

    assert asked["redirect_uri"] == "http://127.0.0.1:8000/aanmelden/organisatie/terug"
    assert asked["scope"] == "openid email"
    assert asked["code_challenge_method"] == "S256"
    assert begun.verifier not in begun.address
    assert CLIENT_SECRET not in begun.address
    assert {begun.state, begun.nonce, begun.verifier}.isdisjoint(
        {another.state, another.nonce, another.verifier}
    )


@mark.parametrize("way", sorted(SECOND_FACTORS))
def test_a_second_factor_there_counts_here(provider, clock, way):
    provider.person["amr"] = ["pwd", way]

    assert signed_in(provider, clock).second_factor


@mark.parametrize("ways", [[], ["pwd"], ["sms"], ["pwd", "MFA"], [["mfa"]], [7]])
def test_what_is_no_second_factor_does_not_count(provider, clock, ways):
    provider.person["amr"] = ways

    assert not signed_in(provider, clock).second_factor


@mark.parametrize("checked", [False, None, "true", 1])
def test_an_address_that_the_provider_did_not_check_says_nothing(provider, clock, checked):
    provider.person["email_verified"] = checked

    assert signed_in(provider, clock).email == ""


@mark.parametrize(
    "wrong",
    [
        {"claims": {"nonce": "another"}},
        {"left_out": ("nonce",)},
        {"claims": {"exp": 1}},
        {"left_out": ("exp",)},
        {"claims": {"aud": "somebody-else"}},
        {"claims": {"aud": "somebody-else", "azp": CLIENT_ID}},
        {"claims": {"aud": [CLIENT_ID, "somebody-else"]}},
        {"claims": {"azp": "somebody-else"}},
        {"left_out": ("aud",)},
        {"claims": {"iss": "https://elsewhere.example"}},
        {"left_out": ("iss",)},
        {"left_out": ("sub",)},
        {"claims": {"sub": ""}},
        {"claims": {"sub": "x" * 256}},
        {"claims": {"sub": 17}},
        {"claims": {"amr": "mfa"}},
        {"claims": {"at_hash": "nonsense"}},
        {"claims": {"iat": 10**12}},
        {"header": {"alg": "none"}},
        {"header": {"alg": "HS256"}, "signs_with": OctKey.import_key(CLIENT_SECRET)},
        {"header": {"alg": "ES256", "kid": "two"}},
        {"signs_with": STRANGE_KEY},
        {"token_text": '{"access_token": "a", "id_token": "not.a.token"}'},
        {"token_text": '{"access_token": "a"}'},
        {"token_text": '{"error": "access_denied"}'},
    ],
    ids=lambda wrong: re.sub(r" object at 0x[0-9a-f]+", "", str(wrong)),
)
@mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_an_identity_that_does_not_fit_is_not_believed(provider, clock, wrong):
    for name, value in wrong.items():
        setattr(provider, name, value)

    with raises(UntrustedIdentity):
        signed_in(provider, clock)


@mark.parametrize("state", ["", "another", "é"])
def test_nobody_ends_a_sign_in_that_they_did_not_begin(provider, clock, state):
    door = door_to(provider, clock)
    begun = door.begin()
    back = come_back(begun)
    asked = len(provider.asked)

    with raises(UntrustedIdentity, match="state"):
        door.finish(begun, state=state, code=back["code"])
    assert len(provider.asked) == asked, "the provider isn't even asked"


def test_without_a_state_of_ones_own_an_empty_one_does_not_fit_either(provider, clock):
    door = door_to(provider, clock)
    begun = replace(door.begin(), state="")

    with raises(UntrustedIdentity, match="state"):
        door.finish(begun, state="", code="code-0")


def test_a_code_works_once_and_only_for_who_began(provider, clock):
    door = door_to(provider, clock)
    begun = door.begin()
    back = come_back(begun)
    stolen = replace(begun, verifier=door.begin().verifier)

    with raises(UntrustedIdentity, match="code"):
        door.finish(stolen, state=back["state"], code=back["code"])

    back = come_back(begun)
    door.finish(begun, state=back["state"], code=back["code"])
    with raises(UntrustedIdentity, match="code"):
        door.finish(begun, state=back["state"], code=back["code"])


@mark.parametrize("place", ["/.well-known/openid-configuration", "/token", "/keys"])
def test_a_provider_that_breaks_is_away(provider, clock, place):
    provider.breaks_at = place

    with raises(ProviderAway):
        signed_in(provider, clock)


@mark.parametrize("words", ["nonsense", "[]", '"text"'])
def test_a_provider_that_talks_nonsense_is_away(provider, clock, words):
    provider.token_text = words

    with raises(ProviderAway):
        signed_in(provider, clock)


def test_a_provider_that_is_not_there_is_away(clock):
    with open_provider(Provider(clock)) as closed:
        door = door_to(closed, clock)

    with raises(ProviderAway):
        door.begin()


def test_a_provider_that_calls_itself_something_else_is_not_used(provider, clock):
    provider.says_issuer = "https://elsewhere.example"

    with raises(ProviderAway, match="issuer"):
        door_to(provider, clock).begin()
