"""What the pages of access share: one blueprint, and the cookies that open the door."""

from flask import Blueprint, request, session
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response

from signaal.access.model import Role
from signaal.privacy.periods import Kept, period
from signaal.web import services

blueprint = Blueprint("access", __name__)

SESSION_SECRET = "sid"  # noqa: S105 - the name under which the secret lies in the cookie
LONGEST_DEVICE = 64
INVITATION = "invitation"
"""Under which name the cookie keeps the link of who is joining."""

FIRST_PAGE = {
    Role.TEAM_MEMBER: "/kaart",
    Role.COORDINATOR: "/kaart",
    Role.POLICE_OFFICER: "/kaart",
    Role.POLICY_OFFICER: "/kaart",
    Role.DUTY_CONTACT: "/nachtlijn",
    Role.PLANNER: "/nachtlijn",
    Role.ADMINISTRATOR: "/beheer",
}
"""Where a role begins its work; all others begin at the start."""


def first_page(role: str) -> str:
    """Where somebody in this role begins."""
    return FIRST_PAGE.get(Role(role), "/") if role in set(Role) else "/"


def session_secret() -> str:
    """The secret by which the server knows this session; empty without one."""
    kept = session.get(SESSION_SECRET, "")
    return kept if isinstance(kept, str) else ""


def enter(secret: str) -> None:
    """A new cookie for each gain of rights: nothing of before is kept but the language.

    The cookie holds its form token from the start: pages opened side by side after it have the
    same one, whichever of their answers comes last.
    """
    forget()
    session[SESSION_SECRET] = secret
    generate_csrf()


def forget() -> None:
    """Forgets whoever was here; only the chosen language stays."""
    language = session.get("language")
    session.clear()
    if language:
        session["language"] = language


def forget_invitation() -> None:
    """Forgets the link of who was joining here; following it again begins anew."""
    session.pop(INVITATION, None)


def _device_cookie() -> str:
    return "signaal-device" if services().settings.is_demo else "__Host-signaal-device"


def known_device() -> str | None:
    """What this browser was given at an earlier sign-in, if anything."""
    kept = request.cookies.get(_device_cookie(), "")
    return kept if 0 < len(kept) <= LONGEST_DEVICE else None


def remember_device(response: Response, device: str) -> Response:
    """Lets this browser be known again: guessing elsewhere then doesn't lock its owner out."""
    response.set_cookie(
        _device_cookie(),
        device,
        max_age=period(Kept.DEVICE).live,
        secure=not services().settings.is_demo,
        httponly=True,
        samesite="Strict",
    )
    return response
