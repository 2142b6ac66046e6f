"""Signing in through one's own organisation: there and back, with a provider over HTTP."""

from dataclasses import replace
from urllib.parse import urlsplit

import requests
from pydantic import SecretStr
from pytest import fixture, mark

from signaal.access.model import Role
from signaal.outside.openid import OpenIdProvider
from tests.access.provider import CLIENT_ID, CLIENT_SECRET, Provider, open_provider, query_of
from tests.access.staff import ADDRESS, Browser, app_of, words_of

START, BACK = "/aanmelden/organisatie", "/aanmelden/organisatie/terug"


@fixture
def provider(office):
    with open_provider(Provider(office.services.clock)) as opened:
        yield opened


@fixture
def visitor(office, provider) -> Browser:
    """A browser in a house that knows this provider."""
    settings = office.services.settings.model_copy(
        update={
            "oidc_issuer": provider.issuer,
            "oidc_organisation": "Voorbeeldstad",
            "oidc_client_id": CLIENT_ID,
            "oidc_client_secret": SecretStr(CLIENT_SECRET),
            "oidc_name": "Gemeente <Voorbeeld>",
        }
    )
    door = OpenIdProvider(settings, office.services.clock)
    return Browser(app_of(replace(office.services, settings=settings, identity_provider=door)))


def go_there(visitor: Browser) -> dict[str, str]:
    """To the provider, where everybody is signed in at once; returns what comes back."""
    there = visitor.get(START)
    assert there.status_code == 303
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(there.headers["Location"], allow_redirects=False, timeout=5)
    back = answer.headers["Location"]
    assert back.startswith(ADDRESS + BACK)
    return query_of(back)


def there_and_back(visitor: Browser):
    return visitor.get(BACK, query_string=go_there(visitor))


def is_signed_in(visitor: Browser) -> bool:
    return visitor.get("/aanmelden/rol").status_code == 200


def test_the_button_is_there_only_with_a_provider_and_names_the_organisation(visitor, browser):
    page = visitor.get("/aanmelden").text

    assert "Aanmelden via uw organisatie" in page
    assert "Gemeente &lt;Voorbeeld&gt;" in page
    assert "via uw organisatie" not in browser.get("/aanmelden").text
    assert browser.get(START).status_code == 404
    assert browser.get(BACK).status_code == 404


def test_a_second_factor_there_is_enough(visitor, provider):
    provider.person["amr"] = ["pwd", "mfa"]
    answer = there_and_back(visitor)

    assert answer.headers["Location"] == "/aanmelden/rol"
    assert is_signed_in(visitor)
    with visitor.client.session_transaction(base_url=ADDRESS) as session:
        assert set(session) <= {"sid", "csrf_token"}, "nothing of the way there is kept"


def test_without_a_second_factor_there_ours_is_asked(office, visitor):
    assert there_and_back(visitor).headers["Location"] == "/aanmelden/code"
    assert not is_signed_in(visitor)

    done = visitor.send("/aanmelden/code", code=office.ann.code())
    assert done.headers["Location"] == "/aanmelden/rol"


def test_who_was_invited_joins_through_the_provider(office, visitor, provider):
    office.link(Role.POLICY_OFFICER, email="eve@gemeente.example")
    provider.person |= {"email": "Eve@gemeente.example", "sub": "u-18", "amr": ["mfa"]}

    assert there_and_back(visitor).headers["Location"] == "/kaart"


def test_who_has_no_second_factor_anywhere_hears_whom_to_ask(office, visitor, provider):
    office.link(Role.POLICY_OFFICER, email="eve@gemeente.example")
    provider.person |= {"email": "eve@gemeente.example", "sub": "u-18"}
    answer = there_and_back(visitor)

    assert answer.status_code == 403
    assert "nog geen app met codes" in words_of(answer.text)


def test_after_the_first_time_the_providers_own_id_counts_not_the_address(visitor, provider):
    provider.person["amr"] = ["mfa"]
    there_and_back(visitor)
    provider.person["email"] = "renamed@gemeente.example"
    assert there_and_back(visitor).headers["Location"] == "/aanmelden/rol"

    provider.person |= {"sub": "u-99", "email": "ann@gemeente.example"}
    answer = there_and_back(visitor)
    assert answer.status_code == 403, "an address that was given to somebody else opens nothing"


@mark.parametrize(
    "stranger", [{"email": "nobody@elsewhere.example"}, {"email_verified": False}, {"email": ""}]
)
def test_a_stranger_hears_that_it_did_not_work(visitor, provider, stranger):
    provider.person |= {"amr": ["mfa"]} | stranger
    answer = there_and_back(visitor)

    assert answer.status_code == 403
    assert "Vraag het dan de beheerder" in words_of(answer.text)
    assert not is_signed_in(visitor)


@mark.parametrize(
    "wrong",
    [
        {"claims": {"nonce": "another"}},
        {"claims": {"exp": 1}},
        {"claims": {"aud": "somebody-else"}},
        {"header": {"alg": "none"}},
    ],
    ids=str,
)
def test_an_identity_that_does_not_fit_signs_nobody_in(visitor, provider, wrong):
    provider.person["amr"] = ["mfa"]
    for name, value in wrong.items():
        setattr(provider, name, value)
    answer = there_and_back(visitor)

    assert answer.status_code == 403
    assert "is niet gelukt" in words_of(answer.text)
    assert not is_signed_in(visitor)


@mark.parametrize(
    "changed",
    [{"state": "another"}, {"state": ""}, {"code": "another"}, {"state": "\ud800"}],
    ids=ascii,
)
def test_what_comes_back_must_be_what_went(visitor, provider, changed):
    provider.person["amr"] = ["mfa"]
    back = go_there(visitor)
    path = (
        BACK
        + "?"
        + "&".join(
            f"{name}={value}" for name, value in (back | changed).items() if value.isprintable()
        )
    )

    assert visitor.get(path).status_code == 403
    assert not is_signed_in(visitor)


def test_an_answer_is_taken_once_and_only_in_the_browser_that_asked(visitor, provider):
    provider.person["amr"] = ["mfa"]
    back = go_there(visitor)
    another = Browser(visitor.app)

    assert another.get(BACK, query_string=back).status_code == 403
    assert visitor.get(BACK, query_string=back).status_code == 303
    assert visitor.get(BACK, query_string=back).status_code == 403


def test_who_turns_back_at_the_provider_gets_a_page(visitor):
    go_there(visitor)

    assert visitor.get(BACK, query_string={"error": "access_denied"}).status_code == 403


def test_with_the_provider_away_a_sentence_comes_out_and_the_password_still_works(
    office, visitor, provider
):
    provider.breaks_at = "/.well-known/openid-configuration"
    answer = visitor.get(START)

    assert answer.status_code == 503
    assert "daar komt geen antwoord" in words_of(answer.text)
    assert visitor.sign_in(office.ann).headers["Location"] == "/aanmelden/rol"


def test_with_the_provider_away_on_the_way_back_a_sentence_comes_out_too(visitor, provider):
    back = go_there(visitor)
    provider.breaks_at = "/token"

    assert visitor.get(BACK, query_string=back).status_code == 503


def test_the_address_to_which_people_go_is_the_providers(visitor, provider):
    there = urlsplit(visitor.get(START).headers["Location"])

    assert f"{there.scheme}://{there.netloc}" == provider.issuer
