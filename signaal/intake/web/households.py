"""Where a household asks what is held about it, and where a person answers."""

from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from signaal.access.model import Purpose, Role
from signaal.errors import TooManyReports, UnknownRequest
from signaal.intake import actions
from signaal.intake.model import (
    ANSWER_WITHIN,
    LONGEST_ANSWER,
    TEXT_LIMIT,
    HouseholdRequest,
    Identity,
    contact_of,
    house_number,
)
from signaal.intake.web.pages import (
    ROOM,
    TOO_MANY,
    UNUSABLE,
    address_words,
    blueprint,
    closed_list,
    label_of,
    said,
    visitor_address,
)
from signaal.places.model import postcode_of
from signaal.web import EVERYONE, Field, open_to, services, visitor

ASKED = ("postcode", "number", "contact", "text")


@blueprint.get("/inzage")
@open_to(EVERYONE, purpose=Purpose.ANSWER_HOUSEHOLD)
def show_household_form() -> str:
    """Asks for whose household somebody wants to know what is held."""
    return _ask_page()


@blueprint.post("/inzage")
@open_to(
    EVERYONE,
    purpose=Purpose.ANSWER_HOUSEHOLD,
    takes=tuple(Field(name, longest=ROOM) for name in ASKED),
)
def ask_about_household() -> str | tuple[str, int]:
    """Takes in what a household asks, and shows its number."""
    typed = {name: said(name) for name in ASKED}
    wrong = _wrong(typed)
    if wrong:
        return _ask_page(typed=typed, wrong=wrong), UNUSABLE
    asked = HouseholdRequest(
        address=address_words(typed["postcode"], typed["number"]),
        contact=contact_of(typed["contact"]) or "",
        text=typed["text"],
    )
    try:
        reference = actions.ask(
            services(), asked, purpose=Purpose.ANSWER_HOUSEHOLD, address=visitor_address()
        )
    except TooManyReports:
        return _ask_page(typed=typed, too_many=True), TOO_MANY
    return _ask_page(reference=reference)


def _wrong(typed: dict[str, str]) -> dict[str, str]:
    checks = {
        "postcode": (
            postcode_of(typed["postcode"]) is None,
            _("Een postcode heeft vier cijfers en twee letters, zoals 8021 AC."),
        ),
        "number": (
            house_number(typed["number"]) is None,
            _("Een huisnummer begint met een getal, zoals 14 of 14a."),
        ),
        "contact": (
            contact_of(typed["contact"]) is None,
            _("Vul een heel telefoonnummer of e-mailadres in. Anders kunnen we u niet bereiken."),
        ),
        "text": (
            len(typed["text"]) > TEXT_LIMIT,
            _(
                "Uw tekst heeft %(signs)s tekens. Maak hem korter: hoogstens %(limit)s.",
                signs=len(typed["text"]),
                limit=TEXT_LIMIT,
            ),
        ),
    }
    return {name: words for name, (is_wrong, words) in checks.items() if is_wrong}


def _ask_page(
    *,
    typed: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None,
    too_many: bool = False,
    reference: str = "",
) -> str:
    return render_template(
        "intake/household.html",
        typed=typed or {},
        wrong=wrong or {},
        too_many=too_many,
        reference=reference,
        days=ANSWER_WITHIN.days,
        limit=TEXT_LIMIT,
    )


# -- the data protection officer ------------------------------------------------------------


@blueprint.get("/inzageverzoeken")
@open_to(Role.DATA_PROTECTION_OFFICER, purpose=Purpose.ANSWER_HOUSEHOLD)
def show_household_requests() -> str:
    """Household requests, unopened, with the days that are left."""
    return render_template(
        "intake/household_requests.html", requests=actions.household_requests(services())
    )


@blueprint.get("/inzageverzoeken/<uuid:request_id>")
@open_to(Role.DATA_PROTECTION_OFFICER, purpose=Purpose.ANSWER_HOUSEHOLD)
def show_household_request(request_id: UUID) -> str:
    """One household request, and what is held about that dwelling."""
    return _request_page(request_id)


@blueprint.post("/inzageverzoeken/<uuid:request_id>")
@open_to(
    Role.DATA_PROTECTION_OFFICER,
    purpose=Purpose.ANSWER_HOUSEHOLD,
    takes=(
        Field("identity", choices=tuple(Identity), required=True),
        Field("answer", longest=ROOM, required=True),
    ),
)
def answer_household_request(request_id: UUID) -> Response | tuple[str, int]:
    """Writes down how it was answered, and how it was known who asked."""
    identity, answer = request.form.get("identity", ""), said("answer")
    if identity not in set(Identity):
        abort(400)
    if not answer or len(answer) > LONGEST_ANSWER:
        wrong = _("Schrijf in een paar zinnen op wat u hebt geantwoord.")
        return _request_page(request_id, wrong=wrong, answer=answer), UNUSABLE
    try:
        actions.answer_request(
            services(),
            request_id,
            visitor=visitor(),
            purpose=Purpose.ANSWER_HOUSEHOLD,
            identity=Identity(identity),
            answer=answer,
        )
    except UnknownRequest:
        abort(404)
    flash(_("Het antwoord is bewaard."))
    return redirect(url_for("intake.show_household_requests"), code=303)


def _request_page(request_id: UUID, *, wrong: str = "", answer: str = "") -> str:
    try:
        opened = actions.open_request(
            services(), request_id, visitor=visitor(), purpose=Purpose.ANSWER_HOUSEHOLD
        )
    except UnknownRequest:
        abort(404)
    return render_template(
        "intake/household_request.html",
        opened=opened,
        labels={each.code: label_of(each) for each in closed_list()},
        identities=list(Identity),
        wrong=wrong,
        answer=answer,
        limit=LONGEST_ANSWER,
    )
