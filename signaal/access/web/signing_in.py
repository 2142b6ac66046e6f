"""The demo's role switch: choose in which role you look at the invented town."""

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from signaal.access import actions as access
from signaal.access.model import Purpose, Role
from signaal.access.web.door import blueprint, enter, first_page, forget
from signaal.web import EVERYONE, open_to, services


@blueprint.get("/aanmelden")
@open_to(EVERYONE, purpose=Purpose.SIGN_IN)
def choose_role() -> str:
    """The roles of the demo, one button each."""
    return render_template("access/roles.html", roles=list(Role), demo=services().settings.is_demo)


@blueprint.post("/aanmelden")
@open_to(EVERYONE, purpose=Purpose.SIGN_IN)
def take_role() -> Response:
    """Takes a role; only in the demo, where nobody real can be seen."""
    if not services().settings.is_demo:
        abort(403)
    chosen = request.form.get("role", "")
    if chosen not in set(Role):
        abort(400)
    enter(access.start_demo_session(services(), role=chosen))
    return redirect(first_page(chosen), code=303)


@blueprint.post("/afmelden")
@open_to(EVERYONE, purpose=Purpose.SIGN_IN)
def leave_role() -> Response:
    """Goes back to being a resident."""
    forget()
    return redirect(url_for("intake.home"), code=303)
