"""Signing in: who you are, a second factor, in which role; in the demo only the role."""

import re
from http import HTTPStatus

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from signaal.access import actions
from signaal.access.model import Purpose, Role
from signaal.access.model.people import LONGEST_EMAIL, LONGEST_NAME, LONGEST_PASSWORD
from signaal.access.model.sessions import SignIn, SignInStep, StaffSession
from signaal.access.web.door import (
    blueprint,
    enter,
    first_page,
    forget,
    forget_invitation,
    known_device,
    remember_device,
    session_secret,
)
from signaal.errors import SessionEnded, TooBusy, TooManyGuesses, UnusableAccount, WrongSignIn
from signaal.web import EVERYONE, Field, clean, open_to, services, visitor_address

LONGEST_CODE = 40
"""Of a second factor or a recovery code, with whatever somebody typed between the signs."""
LONGEST_DISTRICT = 20
DISTRICT = re.compile(r"[A-Za-z0-9_-]{0,20}")
STEP_PAGE = {
    SignInStep.PASSWORD: "access.sign_in",
    SignInStep.SECOND_FACTOR: "access.ask_code",
    SignInStep.ROLE: "access.ask_role",
    SignInStep.PIN: "access.ask_pin",
}
STATUS = {
    "wrong": HTTPStatus.UNPROCESSABLE_ENTITY,
    "too_many": HTTPStatus.TOO_MANY_REQUESTS,
    "busy": HTTPStatus.SERVICE_UNAVAILABLE,
    "away": HTTPStatus.SERVICE_UNAVAILABLE,
    "untrusted": HTTPStatus.FORBIDDEN,
    "no_second_factor": HTTPStatus.FORBIDDEN,
}


def say_no(error: WrongSignIn | TooBusy) -> str:
    """The word under which the pages know this refusal."""
    if isinstance(error, TooBusy):
        return "busy"
    return "too_many" if isinstance(error, TooManyGuesses) else "wrong"


# -- who you are ----------------------------------------------------------------------------


@blueprint.get("/aanmelden")
@open_to(EVERYONE, purpose=Purpose.SIGN_IN)
def sign_in() -> str | Response:
    """The form to sign in with; in the demo one button for each role."""
    if services().settings.is_demo:
        return render_template("access/roles.html", roles=list(Role))
    forget_invitation()  # whoever was joining has gone elsewhere
    current = session_now()
    if current and current.step is SignInStep.PIN:  # their own session, locked: not from the start
        return redirect(url_for("access.ask_pin"), code=303)
    return render_template("access/sign_in.html", provider=provider_name())


@blueprint.post("/aanmelden")
@open_to(
    EVERYONE,
    purpose=Purpose.SIGN_IN,
    takes=(
        Field("email", longest=LONGEST_EMAIL),
        Field("password", longest=LONGEST_PASSWORD),
        Field("role", choices=tuple(Role)),
        Field("district", longest=LONGEST_DISTRICT),
        Field("duty_name", longest=LONGEST_NAME),
    ),
)
def take_sign_in() -> Response | tuple[str, int]:
    """Checks address and password; in the demo takes a role."""
    if services().settings.is_demo:
        return _take_demo_role()
    try:
        begun = actions.begin_sign_in(
            services(),
            email=clean(request.form.get("email", "")),
            password=request.form.get("password", ""),
            device=known_device(),
            address=visitor_address(),
        )
    except (WrongSignIn, TooBusy) as error:
        return refuse_sign_in(say_no(error))
    return let_in(begun)


def _take_demo_role() -> Response:
    chosen = request.form.get("role", "")
    district = request.form.get("district", "")
    if chosen not in set(Role) or not DISTRICT.fullmatch(district):
        abort(400)
    secret = actions.start_demo_session(
        services(),
        role=chosen,
        districts=frozenset({district}) if district else None,
        duty_name=clean(request.form.get("duty_name", "")),
    )
    _leave_former_session()
    enter(secret)
    return redirect(first_page(chosen), code=303)


def provider_name() -> str | None:
    """What the organisation's own sign-in is called; None without one."""
    provider = services().identity_provider
    return provider.name if provider else None


def refuse_sign_in(word: str) -> tuple[str, int]:
    """The form again, with a sentence; it repeats nothing of what was typed."""
    page = render_template("access/sign_in.html", provider=provider_name(), error=word)
    return page, STATUS[word]


def let_in(begun: SignIn) -> Response:
    """Goes on to the next step, in a cookie that holds a new secret."""
    _leave_former_session()
    enter(begun.secret)
    response = redirect(page_of(begun), code=303)
    return remember_device(response, begun.device) if begun.device else response


def page_of(begun: SignIn) -> str:
    """Where somebody goes on who came this far."""
    if begun.step is not SignInStep.DONE:
        return url_for(STEP_PAGE[begun.step])
    found = actions.visitor_of(services(), begun.secret)
    return first_page(found.role if found else "")


def _leave_former_session() -> None:
    former = session_secret()
    if former:
        actions.sign_out(services(), former)


# -- the second factor ----------------------------------------------------------------------


@blueprint.get("/aanmelden/code")
@open_to(EVERYONE, purpose=Purpose.SIGN_IN)
def ask_code() -> str | Response:
    """Asks for the code of the app, or a recovery code."""
    return _elsewhere(SignInStep.SECOND_FACTOR) or render_template("access/code.html")


@blueprint.post("/aanmelden/code")
@open_to(
    EVERYONE,
    purpose=Purpose.SIGN_IN,
    takes=(Field("code", longest=LONGEST_CODE, required=True),),
)
def take_code() -> Response | tuple[str, int]:
    """Checks the code; it works once."""
    code = clean(request.form.get("code", ""))
    try:
        begun = actions.give_code(services(), session_secret=session_secret(), code=code)
    except (WrongSignIn, TooBusy) as error:
        word = say_no(error)
        return render_template("access/code.html", error=word), STATUS[word]
    except SessionEnded:
        return _begin_again()
    return _step_on(begun)


def _step_on(begun: SignIn) -> Response:
    """A gain of rights: a new secret; the earlier one is void already."""
    enter(begun.secret)
    response = redirect(page_of(begun), code=303)
    return remember_device(response, begun.device) if begun.device else response


def _begin_again() -> Response:
    forget()
    return redirect(url_for("access.sign_in"), code=303)


def _elsewhere(step: SignInStep) -> Response | None:
    """The way to where this session really is; None if it is here."""
    current = session_now()
    if current is None:
        return redirect(url_for("access.sign_in"), code=303)
    if current.step is step:
        return None
    if current.step in STEP_PAGE:
        return redirect(url_for(STEP_PAGE[current.step]), code=303)
    return redirect(first_page(current.visitor.role if current.visitor else ""), code=303)


def session_now() -> StaffSession | None:
    """The session of this browser as it stands, also half-way or locked."""
    return actions.session_of(services(), session_secret())


# -- in which role --------------------------------------------------------------------------


@blueprint.get("/aanmelden/rol")
@open_to(EVERYONE, purpose=Purpose.SIGN_IN)
def ask_role() -> str | Response:
    """The roles that somebody has, one button each; also to change to another one later."""
    current = session_now()
    if current is None or current.step not in {SignInStep.ROLE, SignInStep.DONE}:
        return _elsewhere(SignInStep.ROLE) or _begin_again()
    roles = actions.roles_of(services(), session_secret())
    return render_template("access/role.html", roles=roles)


@blueprint.post("/aanmelden/rol")
@open_to(
    EVERYONE,
    purpose=Purpose.SIGN_IN,
    takes=(Field("role", choices=tuple(Role), required=True),),
)
def take_role() -> Response:
    """Works on in this role, and in no other."""
    chosen = request.form.get("role", "")
    if chosen not in set(Role):
        abort(400)
    try:
        begun = actions.choose_role(services(), session_secret=session_secret(), role=Role(chosen))
    except SessionEnded:
        return _begin_again()
    return _step_on(begun)


# -- the PIN of who is on duty --------------------------------------------------------------


@blueprint.get("/aanmelden/pin")
@open_to(EVERYONE, purpose=Purpose.SIGN_IN)
def ask_pin() -> str | Response:
    """Asks for the PIN: the session was locked after a while of silence."""
    return _no_pin_here() or render_template("access/pin.html")


@blueprint.post("/aanmelden/pin")
@open_to(
    EVERYONE,
    purpose=Purpose.SIGN_IN,
    takes=(Field("pin", longest=LONGEST_CODE, required=True),),
)
def take_pin() -> Response | tuple[str, int]:
    """Checks the PIN, and opens the session again."""
    try:
        begun = actions.give_pin(
            services(), session_secret=session_secret(), pin=request.form.get("pin", "").strip()
        )
    except (WrongSignIn, TooBusy) as error:
        word = say_no(error)
        return render_template("access/pin.html", error=word), STATUS[word]
    except SessionEnded:
        return _begin_again()
    return _step_on(begun)


def _no_pin_here() -> Response | None:
    """Who is on duty may give the PIN before it is asked for: some things need it afresh."""
    current = session_now()
    if current and current.visitor and current.visitor.role == Role.DUTY_CONTACT:
        return None
    return _elsewhere(SignInStep.PIN)


@blueprint.get("/aanmelden/pin/nieuw")
@open_to(Role.DUTY_CONTACT, purpose=Purpose.SIGN_IN)
def ask_new_pin() -> str:
    """Asks whoever has duty for a PIN of their own choice."""
    return render_template("access/new_pin.html")


@blueprint.post("/aanmelden/pin/nieuw")
@open_to(
    Role.DUTY_CONTACT,
    purpose=Purpose.SIGN_IN,
    takes=(
        Field("pin", longest=LONGEST_CODE, required=True),
        Field("again", longest=LONGEST_CODE, required=True),
        Field("code", longest=LONGEST_CODE),
    ),
)
def take_new_pin() -> Response | tuple[str, int]:
    """Keeps the new PIN."""
    form = request.form
    if form.get("pin", "") != form.get("again", ""):
        return _refuse_new_pin("pin_differs")
    try:
        begun = actions.set_pin(
            services(),
            session_secret=session_secret(),
            pin=form.get("pin", "").strip(),
            code=clean(form.get("code", "")),
        )
    except UnusableAccount as error:
        return _refuse_new_pin(*error.faults)
    except (WrongSignIn, TooBusy) as error:
        return _refuse_new_pin(say_no(error))
    except SessionEnded:
        return _begin_again()
    return _step_on(begun)


def _refuse_new_pin(*faults: str) -> tuple[str, int]:
    page = render_template("access/new_pin.html", faults=faults)
    return page, STATUS.get(faults[0], HTTPStatus.UNPROCESSABLE_ENTITY)


@blueprint.post("/afmelden")
@open_to(EVERYONE, purpose=Purpose.SIGN_IN)
def sign_out() -> Response:
    """Ends the session here and on the server."""
    _leave_former_session()
    forget()
    return redirect("/", code=303)
