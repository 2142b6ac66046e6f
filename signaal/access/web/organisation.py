"""Signing in through one's own organisation (OpenID Connect): there, and back."""

from dataclasses import asdict

import structlog
from flask import abort, redirect, request, session
from werkzeug.wrappers import Response

from signaal.access import actions
from signaal.access.model import Purpose
from signaal.access.web.door import blueprint
from signaal.access.web.signing_in import let_in, refuse_sign_in, say_no
from signaal.errors import NotAllowed, ProviderAway, TooBusy, UntrustedIdentity, WrongSignIn
from signaal.ports import IdentityProvider, SignInRequest
from signaal.web import EVERYONE, clean, open_to, services

BEGUN = "organisation"
"""Under which name the cookie keeps what must come back; gone as soon as it did."""

log = structlog.get_logger()


@blueprint.get("/aanmelden/organisatie")
@open_to(EVERYONE, purpose=Purpose.SIGN_IN)
def go_to_organisation() -> Response | tuple[str, int]:
    """Sends somebody to their own organisation's sign-in."""
    try:
        begun = _provider().begin()
    except ProviderAway as error:
        log.warning("identity provider away", reason=str(error))
        return refuse_sign_in("away")
    session[BEGUN] = asdict(begun) | {"address": ""}
    return redirect(begun.address, code=303)


@blueprint.get("/aanmelden/organisatie/terug")
@open_to(EVERYONE, purpose=Purpose.SIGN_IN)
def come_back_from_organisation() -> Response | tuple[str, int]:
    """Takes in who comes back from there, if everything fits."""
    provider, kept = _provider(), session.pop(BEGUN, None)
    try:
        identity = provider.finish(
            SignInRequest(**kept) if kept else SignInRequest("", "", "", ""),
            state=clean(request.args.get("state", "")),
            code=clean(request.args.get("code", "")),
        )
        begun = actions.sign_in_as(
            services(),
            subject=identity.subject,
            email=identity.email,
            second_factor_given=identity.second_factor,
        )
    except ProviderAway as error:
        log.warning("identity provider away", reason=str(error))
        return refuse_sign_in("away")
    except UntrustedIdentity as error:
        log.warning("identity refused", reason=str(error))
        return refuse_sign_in("untrusted")
    except NotAllowed as error:
        return refuse_sign_in(str(error))
    except (WrongSignIn, TooBusy) as error:
        word = say_no(error)
        return refuse_sign_in("untrusted" if word == "wrong" else word)
    return let_in(begun)


def _provider() -> IdentityProvider:
    provider = services().identity_provider
    if provider is None:
        abort(404)
    return provider
