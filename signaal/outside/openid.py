"""Signs in through an organisation's own provider (OpenID Connect); the only user of Authlib."""

import hmac
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import requests

from signaal.clock import Clock
from signaal.errors import ProviderAway, UntrustedIdentity
from signaal.ports import Identity, SignInRequest
from signaal.settings import LOOPBACK, Settings

if TYPE_CHECKING:
    from authlib.integrations.requests_client import OAuth2Session

RETURN_PATH = "/aanmelden/organisatie/terug"
"""Where the provider sends people back to; must be registered there with our public address."""
HTTP_SECONDS = 5.0
"""Longest wait for each of at most three questions to the provider."""
LEEWAY_SECONDS = 60
"""How much the provider's clock may differ from ours."""
SCOPE = "openid email"
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
"""How an identity may be signed: with a key of the provider's own. Never "none", never with a
secret that both sides know."""
SECOND_FACTORS = frozenset({"mfa", "otp", "hwk", "swk", "sc", "fido"})
"""Ways of signing in that count as a second factor. Source: RFC 8176, section 2 (fido: a common
addition). A code by text message ("sms") doesn't count: our own second factor then follows."""
RANDOM_BYTES = 48
LONGEST_SUBJECT = 255
"""Source: OpenID Connect Core 1.0, section 2, "sub"."""


class OpenIdProvider:
    """One organisation's own sign-in: the authorization code flow with PKCE, state and nonce.

    Args:
        settings: Hold the issuer, our id and secret there, and our public address.
        clock: Says whether an identity has expired.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock

    @property
    def name(self) -> str:
        """What the organisation is called."""
        return self._settings.oidc_name

    def begin(self) -> SignInRequest:
        """Begins a sign-in: where to go, and what must come back.

        Raises:
            ProviderAway: The provider doesn't answer, or not in a way that can be used.
        """
        from authlib.common.security import generate_token

        nonce, verifier = generate_token(RANDOM_BYTES), generate_token(RANDOM_BYTES)
        with _told_as_away(), self._session() as session:
            there = self._description(session)
            address, state = session.create_authorization_url(
                _safe(there["authorization_endpoint"]), nonce=nonce, code_verifier=verifier
            )
        return SignInRequest(address=address, state=state, nonce=nonce, verifier=verifier)

    def finish(self, begun: SignInRequest, *, state: str, code: str) -> Identity:
        """Who came back, after state, signature, issuer, audience, time and nonce were checked.

        Args:
            begun: What `begin` gave, as kept in the visitor's own cookie.
            state: What came back with the visitor.
            code: For which the provider hands over the identity, once.

        Raises:
            ProviderAway: The provider doesn't answer, or not in a way that can be used.
            UntrustedIdentity: Something doesn't fit; the text says what.
        """
        if not begun.state or not hmac.compare_digest(begun.state.encode(), state.encode()):
            raise UntrustedIdentity("state")
        with _told_as_away(), self._session() as session:
            there = self._description(session)
            token = _token(session, there, code=code, verifier=begun.verifier)
            keys = _answer(session, _safe(there["jwks_uri"]))
        return self._identity(self._claims(token, keys, nonce=begun.nonce))

    def _session(self) -> "OAuth2Session":
        from authlib.integrations.requests_client import OAuth2Session

        return OAuth2Session(
            self._settings.oidc_client_id,
            self._settings.oidc_client_secret.get_secret_value(),
            scope=SCOPE,
            redirect_uri=self._settings.public_url.rstrip("/") + RETURN_PATH,
            code_challenge_method="S256",
            default_timeout=HTTP_SECONDS,
        )

    def _description(self, session: "OAuth2Session") -> Mapping[str, Any]:
        """What the provider says of itself, under the address that we were given."""
        issuer = self._settings.oidc_issuer
        there = _answer(session, issuer.rstrip("/") + "/.well-known/openid-configuration")
        if there.get("issuer") != issuer:
            raise ProviderAway("issuer")
        return there

    def _claims(
        self, token: Mapping[str, Any], keys: Mapping[str, Any], *, nonce: str
    ) -> Mapping[str, Any]:
        """What the provider signed, checked."""
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet
        from joserfc.jws import JWSRegistry

        settings = self._settings
        expected = {
            "iss": {"essential": True, "value": settings.oidc_issuer},
            "aud": {"essential": True, "value": settings.oidc_client_id},
        }
        given = {
            "nonce": nonce,
            "client_id": settings.oidc_client_id,
            "access_token": token.get("access_token"),
        }
        try:
            read = jwt.decode(
                str(token.get("id_token", "")),
                key=KeySet.import_key_set(cast("Any", keys)),
                registry=JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False),
            )
            claims = CodeIDToken(read.claims, read.header, expected, given)
            claims.validate(now=int(self._clock.now().timestamp()), leeway=LEEWAY_SECONDS)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise UntrustedIdentity(type(error).__name__) from None
        return cast("Mapping[str, Any]", claims)

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
            raise UntrustedIdentity("sub")
        email = claims.get("email", "")
        is_checked = claims.get("email_verified") is True and isinstance(email, str)
        ways = claims.get("amr") or []
        return Identity(
            subject=f"{self._settings.oidc_issuer} {subject}",
            email=email if is_checked else "",
            second_factor=any(way in SECOND_FACTORS for way in ways if isinstance(way, str)),
        )


def _token(
    session: "OAuth2Session", there: Mapping[str, Any], *, code: str, verifier: str
) -> Mapping[str, Any]:
    """Hands in the code; a code that the provider refuses is the visitor's, not a breakdown."""
    from authlib.integrations.base_client import OAuthError

    ways = there.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    if "client_secret_basic" not in ways:
        session.token_endpoint_auth_method = "client_secret_post"  # noqa: S105 - a way, no secret
    try:
        token = session.fetch_token(
            _safe(there["token_endpoint"]),
            grant_type="authorization_code",
            code=code,
            code_verifier=verifier,
        )
    except OAuthError:
        raise UntrustedIdentity("code") from None
    if not isinstance(token, Mapping):
        raise ProviderAway("token")
    return token


def _answer(session: "OAuth2Session", address: str) -> Mapping[str, Any]:
    answer = session.request("GET", address, withhold_token=True)
    answer.raise_for_status()
    told = answer.json()
    if not isinstance(told, Mapping):
        raise ProviderAway("json")
    return told


def _safe(address: object) -> str:
    """The same address, if it is one that secrets may be sent to."""
    parts = urlsplit(address) if isinstance(address, str) else urlsplit("")
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return cast("str", address)
    raise ProviderAway("address")


@contextmanager
def _told_as_away() -> Iterator[None]:
    """Whatever goes wrong on the way there is the same to the visitor: not now."""
    try:
        yield
    except (requests.RequestException, KeyError, ValueError) as error:
        raise ProviderAway(type(error).__name__) from None
