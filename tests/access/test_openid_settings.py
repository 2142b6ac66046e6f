"""A half or unsafe set-up of the organisation's own sign-in doesn't start."""

from pytest import mark, raises

from signaal.errors import UnsafeSetting
from signaal.settings import read_settings

WHOLE = {
    "SIGNAAL_OIDC_ISSUER": "https://sign-in.example/voorbeeldstad",
    "SIGNAAL_OIDC_CLIENT_ID": "signaal",
    "SIGNAAL_OIDC_ORGANISATION": "Gemeente Voorbeeldstad",
    "SIGNAAL_OIDC_CLIENT_SECRET": "a secret that both know",
}


def read_with(monkeypatch, **values: str):
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return read_settings()


def test_without_any_of_the_three_there_is_no_such_sign_in(monkeypatch):
    assert read_with(monkeypatch).oidc_issuer == ""


@mark.parametrize("issuer", [WHOLE["SIGNAAL_OIDC_ISSUER"], "http://127.0.0.1:9000"])
def test_a_whole_set_is_taken(monkeypatch, issuer):
    given = read_with(monkeypatch, **(WHOLE | {"SIGNAAL_OIDC_ISSUER": issuer}))

    assert given.oidc_issuer == issuer
    assert "both know" not in repr(given)


@mark.parametrize("nobody", ["", "  "])
def test_an_issuer_that_signs_in_for_no_organisation_is_refused(monkeypatch, nobody):
    with raises(UnsafeSetting, match="SIGNAAL_OIDC_ORGANISATION"):
        read_with(monkeypatch, **(WHOLE | {"SIGNAAL_OIDC_ORGANISATION": nobody}))


@mark.parametrize("missing", sorted(set(WHOLE) - {"SIGNAAL_OIDC_ORGANISATION"}))
def test_two_of_the_three_are_refused(monkeypatch, missing):
    with raises(UnsafeSetting, match="SIGNAAL_OIDC_CLIENT_SECRET") as caught:
        read_with(monkeypatch, **(WHOLE | {missing: ""}))
    assert "both know" not in str(caught.value)


@mark.parametrize(
    "issuer",
    [
        "http://sign-in.example",
        "sign-in.example",
        "ftp://127.0.0.1",
        "https://sign-in.example/?a=b",
        "https://sign-in.example/#a",
        "https://",
        "http://127.0.0.1.elsewhere.example",
        "https://[::1",
    ],
)
def test_an_address_over_which_secrets_can_leak_is_refused(monkeypatch, issuer):
    with raises(UnsafeSetting, match="SIGNAAL_OIDC_ISSUER"):
        read_with(monkeypatch, **(WHOLE | {"SIGNAAL_OIDC_ISSUER": issuer}))
