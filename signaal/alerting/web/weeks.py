"""The list of the week, what people make of its places, and the sheet for the meeting."""

from dataclasses import dataclass, replace
from uuid import UUID

from flask import Response, abort, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from signaal.access.model import Purpose
from signaal.alerting import actions
from signaal.alerting.model import LONGEST_REASON, TOLD_ROLES, Verdict, WeekList
from signaal.alerting.web.door import blueprint
from signaal.errors import UnknownWeekPlace, UnusableLook
from signaal.places import actions as places
from signaal.web import Field, Within, clean, open_to, services, visitor

SEE_OTHER, UNUSABLE = 303, 422
LONGEST_WEEK = 6
"""Digits of the number of a week."""
MOST_BLOCKS = 2
"""Blocks of a warning that the sheet names: each warning is one line there."""


@dataclass(frozen=True)
class DistrictName:
    """A district that has a list."""

    code: str
    name: str


@dataclass(frozen=True)
class Fault:
    """What was filled in for a place, and why it wasn't kept."""

    place: UUID
    verdict: str
    reason: str
    sentence: str
    has_verdict: bool


@blueprint.get("/lijst")
@open_to(*TOLD_ROLES, purpose=Purpose.EARLY_WARNING, within=Within.DISTRICT)
def show_lists() -> Response:
    """Goes to the list of the first of the visitor's districts."""
    districts = _districts()
    if not districts:
        return make_response(render_template("alerting/no_list.html"))
    there = url_for("alerting.show_list", district=districts[0].code)
    return make_response(redirect(there, SEE_OTHER))


@blueprint.get("/lijst/<district>")
@open_to(*TOLD_ROLES, purpose=Purpose.EARLY_WARNING, within=Within.DISTRICT)
def show_list(district: str) -> Response:
    """The list of the week of one district."""
    return _page(_list(district), saved=request.args.get("opgeslagen", ""))


@blueprint.post("/lijst/<district>/<uuid:place>/gekeken")
@open_to(
    *TOLD_ROLES,
    purpose=Purpose.EARLY_WARNING,
    within=Within.DISTRICT,
    takes=(
        Field("verdict", choices=tuple(verdict.value for verdict in Verdict), required=True),
        Field("reason", longest=LONGEST_REASON * 2, required=True),
        Field("week", longest=LONGEST_WEEK),
    ),
)
def judge_place(district: str, place: UUID) -> Response:
    """Keeps what the visitor makes of one place."""
    verdict = clean(request.form.get("verdict", ""))
    # Browsers send the end of a line as two signs, and count it as one.
    reason = clean(request.form.get("reason", "")).replace("\r\n", "\n")
    sentence = _kept(place, verdict=verdict, reason=reason)
    if sentence:
        known = _list(district, week=_week_filled_in())
        if place not in {row.id for row in known.rows}:
            abort(404)
        has_verdict = verdict in set(Verdict)
        return _page(known, fault=Fault(place, verdict, reason, sentence, has_verdict))
    there = url_for("alerting.show_list", district=district, opgeslagen=place)
    return make_response(redirect(f"{there}#plek-{place}", SEE_OTHER))


@blueprint.get("/lijst/<district>/blad")
@open_to(*TOLD_ROLES, purpose=Purpose.EARLY_WARNING, within=Within.DISTRICT)
def show_sheet(district: str) -> Response:
    """The list on one page to print, with room for what is agreed."""
    known = _list(district)
    # Who sees more districts prints of each what belongs to its own meeting.
    alive = actions.warnings(
        services(), visitor=replace(visitor(), districts=frozenset({district}))
    )
    named = next(each for each in _districts() if each.code == district)
    page = render_template(
        "alerting/sheet.html", list=known, district=named, warnings=alive, most_blocks=MOST_BLOCKS
    )
    return make_response(page)


def _list(district: str, *, week: int | None = None) -> WeekList:
    """One list, the latest where no week is given."""
    try:
        return actions.week_list(services(), district=district, visitor=visitor(), week=week)
    except UnknownWeekPlace:
        abort(404)


def _week_filled_in() -> int | None:
    """The week of the list that was filled in: a new one may have come since it was opened."""
    typed = request.form.get("week", "")
    return int(typed) if typed.isascii() and typed.isdecimal() else None


def _page(known: WeekList, *, saved: str = "", fault: Fault | None = None) -> Response:
    districts = _districts()
    page = render_template(
        "alerting/week.html",
        list=known,
        district=next(each for each in districts if each.code == known.district),
        districts=districts,
        verdicts=list(Verdict),
        longest_reason=LONGEST_REASON,
        saved=saved,
        fault=fault,
    )
    return make_response(page, UNUSABLE if fault else 200)


def _kept(place: UUID, *, verdict: str, reason: str) -> str:
    """Keeps the judgement; else says what is missing."""
    if verdict not in set(Verdict):
        return str(_("Kies eerst een van de drie antwoorden."))
    try:
        actions.look_at(
            services(), visitor=visitor(), item=place, verdict=Verdict(verdict), reason=reason
        )
    except UnknownWeekPlace:
        abort(404)
    except UnusableLook:
        return str(_("Schrijf op waarom, in hoogstens %(number)s tekens.", number=LONGEST_REASON))
    return ""


def _districts() -> list[DistrictName]:
    """The visitor's districts that have a list, in order of name."""
    tools = services()
    listed = actions.list_districts(tools, visitor=visitor())
    with tools.database.reading() as session:
        names = places.district_names(session)
    past = (code for code in listed if code not in names)
    current = [DistrictName(code, name) for code, name in names.items() if code in listed]
    return [*current, *(DistrictName(code, code) for code in past)]
