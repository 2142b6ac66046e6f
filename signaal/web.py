"""What every page shares: the declared rule of a route, the services, the signed webhook."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, cast

from flask import Response, current_app, g, make_response, request

from signaal.errors import ForgedRequest
from signaal.services import Services

ViewT = TypeVar("ViewT", bound=Callable[..., object])

EVERYONE = "everyone"
"""The rule of a page that needs no role."""


@dataclass(frozen=True)
class RouteRule:
    """Who may use a route, and what for; plain values, checked by `access`."""

    roles: frozenset[str]
    purpose: str


def open_to(*roles: str, purpose: str) -> Callable[[ViewT], ViewT]:
    """Declares who may use a route and for which purpose; a route without this doesn't start."""

    def declare(view: ViewT) -> ViewT:
        view.signaal_rule = RouteRule(frozenset(roles), purpose)  # type: ignore[attr-defined]
        return view

    return declare


def rule_of(view: object) -> RouteRule | None:
    """The declared rule of a view, if it has one."""
    return getattr(view, "signaal_rule", None)


def services() -> Services:
    """The services of this application."""
    return cast("Services", current_app.extensions["signaal"])


def role() -> str:
    """The role in which the visitor works now; empty for a resident."""
    return cast("str", g.get("role", ""))


def clean(text: str) -> str:
    """Text as it may be stored: NFC, without NUL and lone surrogates."""
    whole = text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")
    return unicodedata.normalize("NFC", whole)


def genuine_form() -> dict[str, str]:
    """The form of a webhook, after its signature has been checked.

    Raises:
        ForgedRequest: The signature is missing or doesn't fit.
    """
    path = request.full_path.rstrip("?")
    form = request.form.to_dict()
    signature = request.headers.get("X-Twilio-Signature", "")
    if not services().signatures.is_genuine(path=path, form=form, signature=signature):
        raise ForgedRequest(request.path)
    return {key: clean(value) for key, value in form.items()}


def twiml(text: str) -> Response:
    """An answer to the carrier."""
    response = make_response(text)
    response.headers["Content-Type"] = "text/xml; charset=utf-8"
    return response
