"""Where a resident reports and follows, where a colleague places, and where a text comes in."""

import secrets
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from signaal.access.model import Purpose, Role
from signaal.errors import (
    AlreadyPlaced,
    TooManyTries,
    UnknownPlace,
    UnknownReceipt,
    UnusableReport,
)
from signaal.intake import actions
from signaal.intake.model import (
    MOST_READ,
    TEXT_LIMIT,
    Categories,
    Category,
    FormReport,
    Kind,
    Language,
    ReportStatus,
    Since,
    contact_of,
    house_number,
)
from signaal.places.model import AddressWords, PlaceReason, postcode_of
from signaal.ports import InboundText
from signaal.web import EVERYONE, clean, genuine_form, open_to, role, services, twiml

blueprint = Blueprint("intake", __name__)
webhooks = Blueprint("intake_webhooks", __name__)

UNUSABLE = 422
TOO_MANY = 429
NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
LONGEST_STREET = 80
RECEIPT_STAYS = timedelta(minutes=15)
"""So long the receipt can be read in the other language, in the browser that sent the form."""


# -- residents ------------------------------------------------------------------------------


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
@open_to(EVERYONE, purpose=Purpose.REPORT)
def take_in_form() -> str | tuple[str, int]:
    """Takes the form in and shows the receipt; or says what is missing, with all that was typed."""
    typed = _typed()
    if not typed.errors:
        try:
            report = typed.report()
            receipt = actions.take_in_form(services(), report)
        except UnknownPlace as unknown:
            mend = _("Verbeter het, of kruis aan dat u het niet precies weet.")
            typed.errors[_field_of(unknown)] = f"{_place_sentence(unknown)} {mend}"
        else:
            until = services().clock.now() + RECEIPT_STAYS
            session["thanked"] = (actions.mark_of(services(), report), until.timestamp())
            return render_template("intake/thanks.html", code=receipt.code, acute=receipt.acute)
    return _form_page(typed), UNUSABLE


@blueprint.get("/volgen")
@open_to(EVERYONE, purpose=Purpose.FOLLOW)
def ask_code() -> str:
    """Asks for the receipt code."""
    return render_template("intake/follow.html", status=None, error="")


@blueprint.post("/volgen")
@open_to(EVERYONE, purpose=Purpose.FOLLOW)
def follow() -> str | tuple[str, int]:
    """How the report stands."""
    try:
        status = actions.follow(services(), clean(request.form.get("code", "")))
    except TooManyTries:
        return render_template("intake/follow.html", status=None, error="too_many"), TOO_MANY
    except UnknownReceipt:
        return render_template("intake/follow.html", status=None, error="unknown"), UNUSABLE
    return render_template("intake/follow.html", status=status, error="")


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
    errors: dict[str, str] = field(default_factory=dict)

    def report(self) -> FormReport:
        """The report in these fields, once nothing is wrong with them."""
        house = house_number(self.number) or AddressWords()
        kind = Kind(self.kind)
        return FormReport(
            form_id=self.form_id,
            kind=kind,
            category=self.category if self.category in _codes_of(kind) else None,
            words=replace(house, postcode=postcode_of(self.postcode), street=self.street or None),
            place_unsure=self.unsure,
            since=Since(self.since),
            text=self.text,
            contact=contact_of(self.contact),
            language=_language(),
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


def _form_page(typed: _Typed) -> str:
    return render_template(
        "intake/form.html",
        typed=typed,
        kinds=list(Kind),
        sinces=list(Since),
        categories={kind: _categories_of(kind) for kind in Kind},
        limit=TEXT_LIMIT,
    )


def _place_sentence(unknown: UnknownPlace) -> str:
    sentences: dict[object, str] = {
        PlaceReason.UNKNOWN_POSTCODE: _("Deze postcode kennen we niet in deze gemeente."),
        PlaceReason.UNKNOWN_NUMBER: _("Dit huisnummer kennen we daar niet."),
        PlaceReason.UNKNOWN_STREET: _("Deze straat kennen we niet in deze gemeente."),
        PlaceReason.SEVERAL_STREETS: _("Er zijn meer straten die zo heten. Vul de postcode in."),
        PlaceReason.NUMBER_MISSING: _("Vul ook het huisnummer in."),
        PlaceReason.ADDITION_MISSING: _("Vul ook de letter of toevoeging bij het huisnummer in."),
    }
    nowhere: str = _("Deze plek vinden we niet.")
    return sentences.get(unknown.args[0], nowhere)


def _field_of(unknown: UnknownPlace) -> str:
    """The field in which the place must be mended."""
    fields = {
        PlaceReason.UNKNOWN_STREET: "street",
        PlaceReason.SEVERAL_STREETS: "postcode",
        PlaceReason.UNKNOWN_NUMBER: "number",
        PlaceReason.NUMBER_MISSING: "number",
        PlaceReason.ADDITION_MISSING: "number",
    }
    return fields.get(unknown.args[0], "postcode")


def _categories_of(kind: Kind) -> list[tuple[str, str]]:
    """Code and label of each category of this kind, in the visitor's language."""
    return [(each.code, _label(each)) for each in _list() if each.kind is kind]


def _codes_of(kind: Kind) -> set[str]:
    return {each.code for each in _list() if each.kind is kind}


def _list() -> tuple[Category, ...]:
    return services().policies[Categories].categories


def _label(category: Category) -> str:
    return category.label_en if _language() is Language.EN else category.label_nl


def _language() -> Language:
    locale = get_locale()
    return Language.EN if locale and locale.language == Language.EN else Language.NL


# -- colleagues -----------------------------------------------------------------------------


@blueprint.get("/te-plaatsen")
@open_to(Role.TEAM_MEMBER, Role.COORDINATOR, purpose=Purpose.OFFER_HELP)
def show_unplaced() -> str:
    """Reports for which a person must find the place."""
    return _unplaced_page()


@blueprint.post("/te-plaatsen/<uuid:report_id>")
@open_to(Role.TEAM_MEMBER, Role.COORDINATOR, purpose=Purpose.OFFER_HELP)
def place(report_id: UUID) -> Response | tuple[str, int]:
    """Gives a report the place that a colleague found."""
    postcode = clean(request.form.get("postcode", "")).strip()
    number = clean(request.form.get("number", "")).strip()
    house = house_number(number) or AddressWords()
    words = replace(house, postcode=postcode_of(postcode) or postcode or None)
    try:
        found = actions.place_by_hand(services(), report_id, words, role=role())
    except UnknownPlace as unknown:
        sentence = _place_sentence(unknown)
        return _unplaced_page(
            wrong=report_id, sentence=sentence, postcode=postcode, number=number
        ), UNUSABLE
    except AlreadyPlaced:
        flash(_("Deze melding heeft al een plaats. Iemand was u voor."))
        return redirect(url_for("intake.show_unplaced"), code=303)
    except UnusableReport:
        abort(404)
    flash(_("De melding staat nu in %(place)s.", place=found.neighbourhood_name))
    return redirect(url_for("intake.show_unplaced"), code=303)


def _unplaced_page(
    *, wrong: UUID | None = None, sentence: str = "", postcode: str = "", number: str = ""
) -> str:
    labels = {each.code: _label(each) for each in _list()}
    return render_template(
        "intake/unplaced.html",
        reports=actions.open_unplaced(services(), role=role(), purpose=Purpose.OFFER_HELP),
        labels=labels,
        wrong=wrong,
        sentence=sentence,
        postcode=postcode,
        number=number,
    )


@blueprint.get("/meldingen")
@open_to(Role.TEAM_MEMBER, Role.COORDINATOR, purpose=Purpose.OFFER_HELP)
def show_reports() -> str:
    """Reports that came in, and those that a colleague looks at."""
    opened = actions.open_reports(services(), role=role(), purpose=Purpose.OFFER_HELP)
    return render_template(
        "intake/reports.html",
        received=opened[ReportStatus.RECEIVED],
        watched=opened[ReportStatus.BEING_LOOKED_AT],
        labels={each.code: _label(each) for each in _list()},
        limit=MOST_READ,
    )


@blueprint.post("/meldingen/<uuid:report_id>")
@open_to(Role.TEAM_MEMBER, Role.COORDINATOR, purpose=Purpose.OFFER_HELP)
def move_on(report_id: UUID) -> Response:
    """Says that a colleague looks at a report, or is done with it."""
    status = request.form.get("status", "")
    if status not in set(ReportStatus):
        abort(400)
    try:
        actions.move_on(services(), report_id, ReportStatus(status), role=role())
    except UnusableReport:
        abort(404)
    flash(_("Dat is bewaard. De melder kan het nu zien."))
    return redirect(url_for("intake.show_reports"), code=303)


# -- the carrier ----------------------------------------------------------------------------


@webhooks.post("/haak/sms")
@open_to(EVERYONE, purpose=Purpose.CARRY)
def take_in_sms() -> Response:
    """Takes in one text message; the answer to the carrier comes only after the commit."""
    form = genuine_form()
    sid, sender = form.get("MessageSid", ""), form.get("From", "")
    if not sid or not sender:
        abort(400)
    tools = services()
    actions.take_in_sms(
        tools,
        InboundText(
            provider_sid=sid,
            from_number=sender,
            to_number=form.get("To") or tools.settings.line_number,
            body=form.get("Body", ""),
            received_at=tools.clock.now(),
        ),
    )
    return twiml(NOTHING_TO_SAY)
