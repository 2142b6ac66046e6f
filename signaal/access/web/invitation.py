"""Joining: a link, a password, a second factor, and the recovery codes, shown once."""

from datetime import timedelta
from http import HTTPStatus
from secrets import token_urlsafe

from flask import redirect, render_template, request, session, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from signaal.access import actions
from signaal.access.model import Purpose
from signaal.access.model.people import LONGEST_PASSWORD, SHORTEST_PASSWORD
from signaal.access.web.door import INVITATION, blueprint, forget, forget_invitation
from signaal.access.web.signing_in import LONGEST_CODE, say_no
from signaal.errors import TooBusy, UnknownLink, UnusableAccount, WrongSignIn
from signaal.web import EVERYONE, Field, Within, clean, open_to, services

LASTS = timedelta(hours=1)
"""So long the cookie keeps the link, unless joining is done or broken off before."""
LONGEST_LINK = 64
QUIET_ZONE = 4
"""Modules of white around a QR code (ISO/IEC 18004)."""
GROUP = 4
"""Signs between two spaces in the key, for who types it."""


@blueprint.get("/uitnodiging/<secret>")
@open_to(EVERYONE, purpose=Purpose.SIGN_IN, within=Within.CODE)
def follow_link(secret: str) -> Response:
    """Takes the secret out of the address at once: addresses are kept and shown in many places."""
    now = services().clock.now()
    session[INVITATION] = {
        "secret": secret[:LONGEST_LINK],
        "mark": token_urlsafe(),
        "at": int(now.timestamp()),
    }
    return redirect(url_for("access.join"), code=303)


@blueprint.get("/uitnodiging")
@open_to(EVERYONE, purpose=Purpose.SIGN_IN, within=Within.CODE)
def join() -> str | tuple[str, int]:
    """The form to join with: a password, and a second factor."""
    return _form()


@blueprint.post("/uitnodiging")
@open_to(
    EVERYONE,
    purpose=Purpose.SIGN_IN,
    within=Within.CODE,
    takes=(
        Field("password", longest=LONGEST_PASSWORD, required=True),
        Field("again", longest=LONGEST_PASSWORD, required=True),
        Field("code", longest=LONGEST_CODE, required=True),
    ),
)
def take_join() -> str | tuple[str, int]:
    """Makes the account usable, and shows the recovery codes this one time."""
    kept, form = _kept(), request.form
    if form.get("password", "") != form.get("again", ""):
        return _form("password_differs")
    try:
        codes = actions.accept(
            services(),
            secret=kept["secret"],
            password=form.get("password", ""),
            totp_secret=kept["key"],
            totp_code=clean(form.get("code", "")),
        )
    except UnknownLink:
        return _gone()
    except UnusableAccount as error:
        return _form(*error.faults)
    except (WrongSignIn, TooBusy) as error:
        return _form(say_no(error))
    forget()
    return render_template("access/recovery_codes.html", codes=codes)


def _form(*faults: str) -> str | tuple[str, int]:
    kept = _kept()
    email = actions.invited(services(), kept["secret"])
    if email is None:
        return _gone()
    key = kept["key"]
    page = render_template(
        "access/join.html",
        email=email,
        faults=faults,
        key=" ".join(key[start : start + GROUP] for start in range(0, len(key), GROUP)),
        picture=_picture(key, email=email),
        shortest=SHORTEST_PASSWORD,
    )
    return (page, HTTPStatus.UNPROCESSABLE_ENTITY) if faults else page


def _gone() -> tuple[str, int]:
    forget_invitation()
    return render_template("access/link_gone.html"), HTTPStatus.NOT_FOUND


def _kept() -> dict[str, str]:
    """Link and app key of who is joining; the cookie's signature says that we wrote it."""
    kept = session.get(INVITATION)
    if not isinstance(kept, dict) or not _is_fresh(kept.get("at", 0)):
        return {"secret": "", "key": ""}
    link, mark = kept.get("secret", ""), kept.get("mark", "")
    return {"secret": link, "key": actions.totp_secret_for(services(), link=link, mark=mark)}


def _is_fresh(since: int) -> bool:
    return abs(services().clock.now().timestamp() - since) < LASTS.total_seconds()


def _picture(key: str, *, email: str) -> Markup:
    """The key as a QR code for an app, drawn without any style."""
    import segno

    drawn = segno.make(actions.totp_address(key, email=email), micro=False).svg_inline(
        scale=4, border=QUIET_ZONE, dark="#000", light="#fff", svgclass="qr", omitsize=True
    )
    return Markup(drawn)  # noqa: S704 - squares and numbers, made by us
