"""What every page shares: the declared rule of a route, the services, the signed webhook."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar, cast

from flask import Response, current_app, g, make_response, request

from signaal.errors import ForgedRequest
from signaal.services import Services
from signaal.visitor import RESIDENT, Visitor

ViewT = TypeVar("ViewT", bound=Callable[..., object])

EVERYONE = "everyone"
"""The rule of a page that needs no role."""


class Within(StrEnum):
    """What a route keeps its visitors within, on top of their role."""

    NOTHING = "nothing"
    """The same for everybody who may come in."""
    DISTRICT = "district"
    """Only what lies in the visitor's own districts."""
    ORGANISATION = "organisation"
    """Only what belongs to the visitor's own organisation."""
    CASE = "case"
    """Only while the visitor has a task in this one case."""
    CODE = "code"
    """Only for who holds the code of this one report, or the link of this one invitation."""


@dataclass(frozen=True)
class Field:
    """One field of a form: its name, how long it may be, and what can be chosen."""

    name: str
    longest: int = 100
    choices: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True)
class RouteRule:
    """Who may use a route, what for, within what, and which fields it takes: plain values.

    The guard, the matrix in the documentation, the description of the interface and the test of
    all routes are made from this.
    """

    roles: frozenset[str]
    purpose: str
    within: Within = Within.NOTHING
    takes: tuple[Field, ...] = ()


def open_to(
    *roles: str, purpose: str, within: Within = Within.NOTHING, takes: tuple[Field, ...] = ()
) -> Callable[[ViewT], ViewT]:
    """Declares who may use a route and for which purpose; a route without this doesn't start.

    Args:
        roles: Who may come in.
        purpose: What for; written down with every look at personal data.
        within: What the visitor is kept within; the action sees to it.
        takes: The fields that a form may hold; longer ones are refused before the view is called.
    """

    def declare(view: ViewT) -> ViewT:
        rule = RouteRule(frozenset(roles), purpose, within, takes)
        view.signaal_rule = rule  # type: ignore[attr-defined]
        return view

    return declare


def rule_of(view: object) -> RouteRule | None:
    """The declared rule of a view, if it has one."""
    return getattr(view, "signaal_rule", None)


def services() -> Services:
    """The services of this application."""
    return cast("Services", current_app.extensions["signaal"])


def visitor() -> Visitor:
    """Who asks for this page; the guard found out."""
    return cast("Visitor", g.get("visitor", RESIDENT))


def role() -> str:
    """The role in which the visitor works now; empty for a resident."""
    return visitor().role


def visitor_address() -> str:
    """The internet address of the visitor, as far as our own proxies say so."""
    return request.remote_addr or "unknown"


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
