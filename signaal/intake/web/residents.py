"""Where a resident reports, and how the form says what is missing."""

import secrets
from dataclasses import dataclass, field, replace
from datetime import timedelta

from flask import redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from signaal.access.model import Purpose
from signaal.errors import TooManyReports, UnknownPlace
from signaal.intake import actions
from signaal.intake.model import (
    TEXT_LIMIT,
    FormReport,
    Kind,
    Since,
    contact_of,
    house_number,
)
from signaal.intake.web.pages import (
    ROOM,
    TOO_MANY,
    UNUSABLE,
    blueprint,
    categories_of,
    codes_of,
    field_of,
    language,
    place_sentence,
    visitor_address,
)
from signaal.places.model import AddressWords, postcode_of
from signaal.web import EVERYONE, Field, clean, open_to, role, services, visitor

LONGEST_STREET = 80
RECEIPT_STAYS = timedelta(minutes=15)
"""So long the receipt can be read in the other language, in the browser that sent the form."""
FORM = (
    Field("form_id", longest=500),
    Field("kind", longest=500),
    Field("category", longest=500),
    Field("postcode", longest=500),
    Field("number", longest=500),
    Field("street", longest=ROOM),
    Field("unsure", longest=500),
    Field("since", longest=500),
    Field("text", longest=ROOM),
    Field("contact", longest=ROOM),
    Field("sure", longest=500),
)


@blueprint.get("/")
@open_to(EVERYONE, purpose=Purpose.REPORT)
def home() -> str:
    """What Signaal does, and the ways in."""
    line = services().settings.line_number
    return render_template("intake/home.html", line_shown=_shown(line))


def _shown(number: str) -> str:
    """A telephone number as people write it."""
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


@blueprint.get("/melden")
@open_to(EVERYONE, purpose=Purpose.REPORT)
def show_form() -> str:
    """The empty form."""
    return _form_page(_Typed(form_id=secrets.token_urlsafe(16)))


@blueprint.get("/melden/bedankt")
@open_to(EVERYONE, purpose=Purpose.REPORT)
def thanked_before() -> Response | str:
    """The receipt once more, for whoever just changes the language; else back to the form."""
    mark, until = session.get("thanked", ("", 0))
    receipt = None
    if services().clock.now().timestamp() < until:
        receipt = actions.receipt_again(services(), mark)
    if receipt is None:
        return redirect(url_for("intake.show_form"), code=303)
    return render_template("intake/thanks.html", code=receipt.code, acute=receipt.acute)


@blueprint.before_app_request
def forget_receipt() -> None:
    """Whoever goes on to another page leaves the receipt behind."""
    stays = request.endpoint in {"static", "intake.thanked_before"}
    if "thanked" in session and not stays:
        session.pop("thanked")


@blueprint.post("/melden/bedankt")
@open_to(EVERYONE, purpose=Purpose.REPORT, takes=FORM)
def take_in_form() -> str | tuple[str, int]:
    """Takes the form in and shows the receipt; or says what is missing, with all that was typed."""
    typed = _typed()
    if typed.errors:
        return _form_page(typed), UNUSABLE
    if not typed.sure and actions.describes_somebody(services(), typed.text):
        return _form_page(typed, prompt=True), UNUSABLE
    report = typed.report()
    try:
        receipt = actions.take_in_form(services(), report, address=_counted_address())
    except UnknownPlace as unknown:
        mend = _("Verbeter het, of kruis aan dat u het niet precies weet.")
        typed.errors[field_of(unknown)] = f"{place_sentence(unknown)} {mend}"
        return _form_page(typed), UNUSABLE
    except TooManyReports:
        return _form_page(typed, too_many=True), TOO_MANY
    until = services().clock.now() + RECEIPT_STAYS
    session["thanked"] = (actions.mark_of(services(), report), until.timestamp())
    return render_template("intake/thanks.html", code=receipt.code, acute=receipt.acute)


def _counted_address() -> str:
    """By whom forms are counted: a resident's internet address, a colleague's account."""
    return str(visitor().person) if role() else visitor_address()


# -- what was typed -------------------------------------------------------------------------


@dataclass
class _Typed:
    """A form as it was typed, and what is wrong with it by field."""

    form_id: str
    kind: str = ""
    category: str = ""
    postcode: str = ""
    number: str = ""
    street: str = ""
    unsure: bool = False
    since: str = ""
    text: str = ""
    contact: str = ""
    sure: bool = False
    errors: dict[str, str] = field(default_factory=dict)

    def report(self) -> FormReport:
        """The report in these fields, once nothing is wrong with them."""
        house = house_number(self.number) or AddressWords()
        kind = Kind(self.kind)
        return FormReport(
            form_id=self.form_id,
            kind=kind,
            category=self.category if self.category in codes_of(kind) else None,
            words=replace(house, postcode=postcode_of(self.postcode), street=self.street or None),
            place_unsure=self.unsure,
            since=Since(self.since),
            text=self.text,
            contact=contact_of(self.contact),
            language=language(),
        )


def _typed() -> _Typed:
    def said(name: str) -> str:
        return clean(request.form.get(name, "")).strip()

    typed = _Typed(
        form_id=said("form_id")[:64] or secrets.token_urlsafe(16),
        kind=said("kind"),
        category=said("category"),
        postcode=said("postcode"),
        number=said("number"),
        street=said("street"),
        unsure=bool(said("unsure")),
        since=said("since"),
        text=said("text").replace("\r\n", "\n"),
        contact=said("contact"),
        sure=bool(said("sure")),
    )
    typed.errors = {name: words for name, is_wrong, words in _checks(typed) if is_wrong}
    return typed


def _checks(typed: _Typed) -> list[tuple[str, bool, str]]:
    """Each thing that can be wrong: the field, whether it is, and the sentence that says so."""
    has_place = bool(typed.postcode or typed.street)
    return [
        ("kind", typed.kind not in set(Kind), _("Kies wat er aan de hand is.")),
        (
            "postcode",
            not has_place and not typed.unsure,
            _("Vul een postcode in, of een straat. Of kruis aan dat u het niet precies weet."),
        ),
        (
            "postcode",
            bool(typed.postcode) and postcode_of(typed.postcode) is None,
            _("Een postcode heeft vier cijfers en twee letters, zoals 8021 AC."),
        ),
        (
            "number",
            bool(typed.number) and house_number(typed.number) is None,
            _("Een huisnummer begint met een getal, zoals 14 of 14a."),
        ),
        (
            "number",
            has_place and not typed.number and not typed.unsure,
            _("Vul ook het huisnummer in. Of kruis aan dat u het niet precies weet."),
        ),
        ("street", len(typed.street) > LONGEST_STREET, _("Deze straatnaam is te lang.")),
        ("since", typed.since not in set(Since), _("Kies sinds wanneer dit zo is.")),
        (
            "text",
            len(typed.text) > TEXT_LIMIT,
            _(
                "Uw tekst heeft %(signs)s tekens. Maak hem korter: hoogstens %(limit)s.",
                signs=len(typed.text),
                limit=TEXT_LIMIT,
            ),
        ),
        (
            "contact",
            bool(typed.contact) and contact_of(typed.contact) is None,
            _("Vul een heel telefoonnummer of e-mailadres in, of laat dit leeg."),
        ),
    ]


def _form_page(typed: _Typed, *, prompt: bool = False, too_many: bool = False) -> str:
    """The form with all that was typed; `prompt` asks whether the text says too much."""
    return render_template(
        "intake/form.html",
        typed=typed,
        prompt=prompt,
        too_many=too_many,
        kinds=list(Kind),
        sinces=list(Since),
        categories={kind: categories_of(kind) for kind in Kind},
        limit=TEXT_LIMIT,
    )
