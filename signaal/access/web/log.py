"""The auditor's pages: the log of acts, what stands out, dated questions; and one's own address."""

import re
from datetime import date
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask_babel import format_date
from werkzeug.wrappers import Response

from signaal.access import actions
from signaal.access.model import STAFF, Act, Purpose, Role
from signaal.access.model.review import LONGEST_REASON, READS_LOG, Wanted
from signaal.clock import AMSTERDAM
from signaal.errors import UnknownInquiry, UnknownPlace, UnusableInquiry
from signaal.visitor import HOUSE
from signaal.web import Field, Within, clean, open_to, services, visitor

log_pages = Blueprint("log", __name__)

_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
_LARGEST_SEQ = 2**63 - 1
_DIGITS = 19
_MONTHS = 12
ROLES = (*(role.value for role in Role), HOUSE.role)
"""In which roles something can have been done."""


@log_pages.get("/logboek")
@open_to(*READS_LOG, purpose=Purpose.AUDIT, within=Within.ORGANISATION)
def show_log() -> str:
    """Who looked at what, and for which purpose; the newest line first."""
    wanted = Wanted(
        month=_month(),
        act=_choice("handeling", frozenset(Act)),
        role=_choice("rol", frozenset(ROLES)),
        person=_person(),
        subject=clean(request.args.get("over", ""))[:120].strip(),
    )
    page = actions.entries(services(), visitor=visitor(), wanted=wanted, before=_before())
    chosen = {key: value for key, value in request.args.items() if key in _FILTERS and value}
    return render_template(
        "access/log.html",
        page=page,
        wanted=wanted,
        chosen=chosen,
        acts=list(Act),
        roles=ROLES,
    )


@log_pages.get("/logboek/opvallend")
@open_to(*READS_LOG, purpose=Purpose.AUDIT, within=Within.ORGANISATION)
def show_striking() -> str:
    """What stands out in one month; this one unless another is asked for."""
    month = _month() or services().clock.now().astimezone(AMSTERDAM).date().replace(day=1)
    found = actions.striking(services(), visitor=visitor(), year=month.year, month=month.month)
    return render_template(
        "access/log_striking.html", found=found, month=month, before=_neighbour(month, -1)
    )


@log_pages.get("/logboek/vragen")
@open_to(*READS_LOG, purpose=Purpose.AUDIT, within=Within.ORGANISATION)
def show_inquiries() -> str:
    """The dated questions that wait or are open."""
    return _inquiries_page()


@log_pages.post("/logboek/vragen")
@open_to(
    *READS_LOG,
    purpose=Purpose.AUDIT,
    within=Within.ORGANISATION,
    takes=(
        Field("reference", longest=20, required=True),
        Field("reason", longest=LONGEST_REASON, required=True),
    ),
)
def ask() -> Response | tuple[str, int]:
    """Asks to read the text of one report."""
    reference = clean(request.form.get("reference", ""))
    reason = clean(request.form.get("reason", ""))
    try:
        actions.ask_inquiry(services(), visitor=visitor(), reference=reference, reason=reason)
    except UnusableInquiry as wrong:
        typed = {"reference": reference, "reason": reason}
        return _inquiries_page(error=str(wrong), typed=typed), 422
    return redirect(url_for("log.show_inquiries"), code=303)


@log_pages.post("/logboek/vragen/<uuid:inquiry>/akkoord")
@open_to(*READS_LOG, purpose=Purpose.AUDIT, within=Within.ORGANISATION)
def agree(inquiry: UUID) -> Response | tuple[str, int]:
    """Agrees to somebody else's question, which opens the text for both."""
    try:
        actions.agree_inquiry(services(), visitor=visitor(), inquiry=inquiry)
    except UnknownInquiry:
        abort(404)
    except UnusableInquiry as wrong:
        return _inquiries_page(error=str(wrong)), 409
    return redirect(url_for("log.show_inquiries"), code=303)


def _inquiries_page(*, error: str = "", typed: dict[str, str] | None = None) -> str:
    found, emails = actions.open_inquiries(services(), visitor=visitor())
    return render_template(
        "access/log_inquiries.html",
        inquiries=found,
        emails=emails,
        now=services().clock.now(),
        me=visitor().person,
        error=error,
        typed=typed or {},
    )


@log_pages.get("/eigen-adres")
@open_to(*STAFF, purpose=Purpose.AUDIT)
def show_home() -> str:
    """Where staff say where they live, so that looks at their own address stand out."""
    return _home_page()


@log_pages.post("/eigen-adres")
@open_to(
    *STAFF,
    purpose=Purpose.AUDIT,
    takes=(
        Field("step", choices=("keep", "forget"), required=True),
        Field("postcode", longest=10),
        Field("number", longest=16),
    ),
)
def take_home() -> Response | tuple[str, int]:
    """Keeps the address as a keyed hash, or forgets it."""
    if request.form.get("step") == "forget":
        actions.forget_home(services(), visitor=visitor())
        return redirect(url_for("log.show_home"), code=303)
    postcode, number = (clean(request.form.get(name, "")) for name in ("postcode", "number"))
    try:
        actions.register_home(services(), visitor=visitor(), postcode=postcode, number=number)
    except UnknownPlace:
        return _home_page(wrong=True, postcode=postcode, number=number), 422
    return redirect(url_for("log.show_home"), code=303)


def _home_page(*, wrong: bool = False, postcode: str = "", number: str = "") -> str:
    return render_template(
        "access/log_home.html",
        kept=actions.has_home(services(), visitor=visitor()),
        wrong=wrong,
        postcode=postcode,
        number=number,
    )


# -- what is asked for in the address -------------------------------------------------------

_FILTERS = ("maand", "handeling", "rol", "wie", "over")


@log_pages.app_template_filter()
def month_words(year: int, month: int) -> str:
    """A month as people say it, for every page that names one."""
    return str(format_date(date(year, month, 1), "MMMM y"))


def _month() -> date | None:
    asked = request.args.get("maand", "")
    if not asked:
        return None
    found = _MONTH.fullmatch(asked)
    if not found:
        abort(400)
    return date(int(found[1]), int(found[2]), 1)


def _neighbour(month: date, step: int) -> date:
    years, rest = divmod(month.year * _MONTHS + month.month - 1 + step, _MONTHS)
    return date(years, rest + 1, 1)


def _choice(name: str, known: frozenset[Act] | frozenset[str]) -> str:
    asked = request.args.get(name, "")
    if asked and asked not in known:
        abort(400)
    return asked


def _person() -> UUID | None:
    asked = request.args.get("wie", "")
    try:
        return UUID(asked) if asked else None
    except ValueError:
        abort(400)


def _before() -> int | None:
    asked = request.args.get("voor", "")
    if not asked:
        return None
    if len(asked) > _DIGITS or not (asked.isascii() and asked.isdigit()):
        abort(400)
    return min(int(asked), _LARGEST_SEQ)
