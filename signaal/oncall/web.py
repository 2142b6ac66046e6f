"""The line's webhooks, and the page on which staff see what happens tonight."""

from uuid import UUID

import structlog
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from signaal.access.model import Purpose, Role
from signaal.clock import PretendClock
from signaal.errors import ForgedRequest, ImpossibleStep, UnknownCase
from signaal.oncall import actions
from signaal.oncall.model import (
    CaseResult,
    CaseState,
    DialEnd,
    Spoken,
    Voice,
    caller_of,
    sees_night,
)
from signaal.web import (
    EVERYONE,
    Field,
    Within,
    genuine_form,
    open_to,
    role,
    services,
    twiml,
    visitor,
)

blueprint = Blueprint("oncall", __name__)
webhooks = Blueprint("oncall_webhooks", __name__)

NO_CONTENT = 204
FORBIDDEN = 403
ENDED = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})
CALLER_SIDE = "/haak/gesprek"
"""Below this path a neighbour is on the line; on the other paths a duty contact is."""

CALL = (Field("CallSid", longest=64, required=True), Field("CallStatus", longest=20))
"""What the carrier posts of every call, besides much that is never read."""
KEYS = Field("Digits", longest=32)
LEG = (
    Field("DialCallSid", longest=64),
    Field("DialCallStatus", longest=20),
    Field("DialBridged", longest=10),
    Field("DialCallDuration", longest=10),
)

log = structlog.get_logger()


# -- the neighbour --------------------------------------------------------------------------


@webhooks.post("/haak/gesprek")
@open_to(EVERYONE, purpose=Purpose.CARRY, takes=(*CALL, Field("From")))
def answer_call() -> Response:
    """A call comes in."""
    form = genuine_form()
    number = caller_of(form.get("From", ""))
    return twiml(actions.answer_call(services(), sid=_sid(form), number=number))


@webhooks.post("/haak/gesprek/<uuid:case_id>/keuze/<int:turn>")
@open_to(EVERYONE, purpose=Purpose.CARRY, takes=(*CALL, KEYS))
def choose(case_id: UUID, turn: int) -> Response:
    """The caller pressed a key in the menu, or nothing."""
    form = genuine_form()
    keys = form.get("Digits", "")
    return twiml(actions.choose(services(), case_id=case_id, sid=_sid(form), turn=turn, keys=keys))


@webhooks.post("/haak/gesprek/<uuid:case_id>/postcode")
@open_to(EVERYONE, purpose=Purpose.CARRY, takes=(*CALL, KEYS))
def give_postcode(case_id: UUID) -> Response:
    """The caller pressed the digits of a postcode, or nothing."""
    form = genuine_form()
    keys = form.get("Digits", "")
    return twiml(actions.give_postcode(services(), case_id=case_id, sid=_sid(form), keys=keys))


@webhooks.post("/haak/gesprek/<uuid:case_id>/na/<uuid:attempt_id>")
@open_to(EVERYONE, purpose=Purpose.CARRY, takes=(*CALL, *LEG))
def after_dial(case_id: UUID, attempt_id: UUID) -> Response:
    """One leg has ended; the caller is on the line, unless the call is over."""
    form = genuine_form()
    answer = actions.after_dial(
        services(),
        case_id=case_id,
        attempt_id=attempt_id,
        sid=_sid(form),
        end=DialEnd(
            status=form.get("DialCallStatus", ""),
            bridged=form.get("DialBridged", "") == "true",
            seconds=_seconds(form.get("DialCallDuration", "")),
        ),
        left=form.get("CallStatus", "") in ENDED,
        leg=form.get("DialCallSid", ""),
    )
    return twiml(answer)


@webhooks.post("/haak/gesprek/einde")
@open_to(EVERYONE, purpose=Purpose.CARRY, takes=CALL)
def call_ended() -> Response:
    """The caller's call is over."""
    form = genuine_form()
    if form.get("CallStatus", "") in ENDED:
        actions.call_ended(services(), sid=_sid(form))
    return Response(status=NO_CONTENT)


@webhooks.post("/haak/gesprek/storing")
@open_to(EVERYONE, purpose=Purpose.CARRY, takes=LEG)
def after_out_of_order() -> Response:
    """The duty office was rung because we could not reach our rows."""
    form = genuine_form()
    answered = form.get("DialCallStatus", "") == "completed"
    return twiml(actions.after_out_of_order(services(), answered=answered))


# -- the duty contact -----------------------------------------------------------------------


@webhooks.post("/haak/fluister/<uuid:case_id>/<uuid:attempt_id>")
@open_to(EVERYONE, purpose=Purpose.CARRY, takes=CALL)
def whisper(case_id: UUID, attempt_id: UUID) -> Response:
    """A duty contact picked up."""
    sid = _sid(genuine_form())
    return twiml(actions.whisper(services(), case_id=case_id, attempt_id=attempt_id, sid=sid))


@webhooks.post("/haak/fluister/<uuid:case_id>/<uuid:attempt_id>/toets")
@open_to(EVERYONE, purpose=Purpose.CARRY, takes=(*CALL, KEYS))
def press(case_id: UUID, attempt_id: UUID) -> Response:
    """A duty contact pressed a key."""
    form = genuine_form()
    keys = form.get("Digits", "")
    return twiml(
        actions.press(services(), case_id=case_id, attempt_id=attempt_id, sid=_sid(form), keys=keys)
    )


@webhooks.post("/haak/oproep/<uuid:case_id>/<uuid:attempt_id>")
@open_to(EVERYONE, purpose=Purpose.CARRY, takes=CALL)
def hear_page(case_id: UUID, attempt_id: UUID) -> Response:
    """A page call was answered."""
    sid = _sid(genuine_form())
    return twiml(actions.hear_page(services(), case_id=case_id, attempt_id=attempt_id, sid=sid))


@webhooks.post("/haak/oproep/<uuid:case_id>/<uuid:attempt_id>/toets")
@open_to(EVERYONE, purpose=Purpose.CARRY, takes=(*CALL, KEYS))
def press_page(case_id: UUID, attempt_id: UUID) -> Response:
    """A paged person pressed a key."""
    form = genuine_form()
    keys = form.get("Digits", "")
    return twiml(
        actions.press_page(
            services(), case_id=case_id, attempt_id=attempt_id, sid=_sid(form), keys=keys
        )
    )


@webhooks.post("/haak/verbind/<uuid:case_id>")
@open_to(EVERYONE, purpose=Purpose.CARRY, takes=(*CALL, KEYS))
def connect_owner(case_id: UUID) -> Response:
    """Who just took a case wants to be connected with the neighbour."""
    form = genuine_form()
    keys = form.get("Digits", "")
    return twiml(actions.connect_owner(services(), case_id=case_id, sid=_sid(form), keys=keys))


@webhooks.post("/haak/verbind/<uuid:case_id>/code/<int:turn>")
@open_to(EVERYONE, purpose=Purpose.CARRY, takes=(*CALL, KEYS))
def connect_by_code(case_id: UUID, turn: int) -> Response:
    """The owner of a case rang the line, and pressed its code or nothing."""
    form = genuine_form()
    keys = form.get("Digits", "")
    return twiml(
        actions.connect_by_code(services(), case_id=case_id, sid=_sid(form), turn=turn, keys=keys)
    )


@webhooks.post("/haak/verbind/<uuid:case_id>/na")
@open_to(EVERYONE, purpose=Purpose.CARRY, takes=(*CALL, *LEG))
def after_connecting(case_id: UUID) -> Response:
    """The owner and the neighbour have parted."""
    form = genuine_form()
    leg = form.get("DialCallSid", "")
    return twiml(actions.after_connecting(services(), case_id=case_id, sid=_sid(form), leg=leg))


@webhooks.errorhandler(ForgedRequest)
@webhooks.errorhandler(HTTPException)
def refused(error: Exception) -> Response:
    """Who isn't the carrier, or leaves out what a call has, gets no instructions."""
    log.warning("webhook refused", endpoint=request.endpoint)
    return Response(status=getattr(error, "code", None) or FORBIDDEN)


@webhooks.errorhandler(Exception)  # the line's own 500 page
def out_of_order(error: Exception) -> Response:
    """Whatever is broken on our side, somebody on the line always hears where to turn."""
    log.error("line out of order", endpoint=request.endpoint, error=type(error).__name__)
    if not request.path.startswith(CALLER_SIDE):
        return twiml(Spoken(Voice("", "")).hang_up().twiml())
    return twiml(actions.out_of_order(services()))


def _sid(form: dict[str, str]) -> str:
    sid = form.get("CallSid", "")
    if not sid:
        abort(400)
    return sid


def _seconds(text: str) -> float:
    return float(text) if text.isdecimal() else 0.0


# -- the page -------------------------------------------------------------------------------

SEES = (Role.TEAM_MEMBER, Role.COORDINATOR, Role.DUTY_CONTACT, Role.PLANNER)
READS = (Role.TEAM_MEMBER, Role.DUTY_CONTACT)
ACTS = (Role.TEAM_MEMBER, Role.COORDINATOR, Role.DUTY_CONTACT)


@blueprint.get("/nachtlijn")
@open_to(*SEES, purpose=Purpose.TONIGHT, within=Within.DISTRICT)
def show_night() -> str:
    """What happens tonight: alarms, cases, and who has duty; the planner sees only the last."""
    tools = services()
    lines = actions.cases(tools, visitor=visitor())
    line_clock = tools.line_clock
    return render_template(
        "oncall/night.html",
        sees_cases=sees_night(visitor()),
        open_cases=[line for line in lines if line.state is not CaseState.CLOSED],
        closed_cases=[line for line in lines if line.state is CaseState.CLOSED],
        duty=actions.duty_now(tools),
        now=tools.clock.now(),
        line_now=line_clock.now(),
        pretending=isinstance(line_clock, PretendClock) and line_clock.pretending,
        results=list(CaseResult),
        may_act=role() in ACTS,
        may_read=role() in READS,
        has_duty=actions.has_duty(tools, visitor=visitor()),
    )


@blueprint.post("/nachtlijn/<uuid:case_id>/melding")
@open_to(*READS, purpose=Purpose.TONIGHT, within=Within.DISTRICT)
def show_report(case_id: UUID) -> str | Response:
    """Somebody opens what was reported; a form and not a link, because opening is written down."""
    try:
        reading = actions.open_reports(services(), case_id, visitor=visitor())
    except UnknownCase:
        abort(404)
    except ImpossibleStep:
        flash(_("U kunt deze melding niet meer lezen. De zaak is dicht of uw dienst is voorbij."))
        return redirect(url_for("oncall.show_night"), code=303)
    return render_template("oncall/report.html", reading=reading)


@blueprint.post("/nachtlijn/<uuid:case_id>/overnemen")
@open_to(*ACTS, purpose=Purpose.TONIGHT, within=Within.DISTRICT)
def acknowledge(case_id: UUID) -> Response:
    """Somebody takes a case."""
    try:
        taken = actions.acknowledge(services(), case_id, visitor=visitor(), by=_by())
    except UnknownCase:
        abort(404)
    flash(_("U hebt dit overgenomen.") if taken else _("Een collega was u voor."))
    return redirect(url_for("oncall.show_night"), code=303)


RESULT = Field("result", choices=tuple(result.value for result in CaseResult), required=True)


@blueprint.post("/nachtlijn/<uuid:case_id>/sluiten")
@open_to(*ACTS, purpose=Purpose.TONIGHT, within=Within.DISTRICT, takes=(RESULT,))
def close(case_id: UUID) -> Response:
    """Somebody closes a case with one of the results."""
    chosen = request.form.get("result", "")
    if chosen not in set(CaseResult):
        abort(400)
    result = CaseResult(chosen)
    try:
        actions.close(services(), case_id, visitor=visitor(), by=_by(), result=result)
    except UnknownCase:
        abort(404)
    except ImpossibleStep:
        flash(_("Er is nu iemand aan de lijn. Sluit deze zaak na het gesprek."), "warn")
    else:
        flash(_("De zaak is afgesloten."))
    return redirect(url_for("oncall.show_night"), code=303)


def _by() -> str:
    """Under which name somebody acts: as in the rota, or else by their role."""
    by_role = {
        Role.TEAM_MEMBER: "Wijkteam",
        Role.COORDINATOR: "Coördinator",
        Role.DUTY_CONTACT: "Dienstdoende",
    }
    return visitor().duty_name or by_role[Role(role())]
