"""Where whoever holds the receipt code follows, adds to, corrects and withdraws a report.

The code travels in the body of a form only: it never stands in an address, and no page that
holds it is stored.
"""

from collections.abc import Mapping

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from signaal.access.model import Purpose
from signaal.errors import (
    SettledPlace,
    TooManyTries,
    UnknownPlace,
    UnknownReceipt,
    UnusableReport,
)
from signaal.intake import actions
from signaal.intake.model import TEXT_LIMIT, Correction, PublicStatus, house_number
from signaal.intake.web.pages import (
    ROOM,
    TOO_MANY,
    UNUSABLE,
    address_words,
    blueprint,
    field_of,
    place_sentence,
    said,
    visitor_address,
)
from signaal.places.model import postcode_of
from signaal.web import EVERYONE, Field, Within, open_to, services

CODE = Field("code", longest=ROOM)
SURE = "sure"

Answer = str | tuple[str, int]


@blueprint.get("/volgen")
@open_to(EVERYONE, purpose=Purpose.FOLLOW)
def ask_code() -> str:
    """Asks for the receipt code."""
    return _page()


@blueprint.get("/volgen/<any(aanvullen, verbeteren, intrekken):step>")
@open_to(EVERYONE, purpose=Purpose.FOLLOW)
def ask_code_again(step: str) -> Response:
    """Back to the code, for whoever comes along here without a form: another language, a reload."""
    del step
    return redirect(url_for("intake.ask_code"), code=303)


@blueprint.post("/volgen")
@open_to(EVERYONE, purpose=Purpose.FOLLOW, within=Within.CODE, takes=(CODE,))
def follow() -> Answer:
    """How the report stands."""
    code = said("code")
    try:
        status = actions.follow(services(), code, address=visitor_address())
    except UnknownReceipt as refused:
        return _refused(refused)
    return _page(status=status, code=code)


@blueprint.post("/volgen/aanvullen")
@open_to(
    EVERYONE,
    purpose=Purpose.FOLLOW,
    within=Within.CODE,
    takes=(CODE, Field("text", longest=ROOM), Field(SURE, longest=10)),
)
def add_to_report() -> Answer:
    """Adds to the report what was heard or seen since."""
    code, text = said("code"), said("text")
    wrong = _wrong_text(text, needed=True)
    prompt = "" if wrong or not _says_too_much(text) else "addition"
    try:
        if wrong or prompt:
            status = actions.follow(services(), code, address=visitor_address())
            errors = {"addition": wrong} if wrong else {}
            return _again(status, code, wrong=errors, typed={"addition": text}, prompt=prompt)
        status = actions.add_to(services(), code, text, address=visitor_address())
    except UnknownReceipt as refused:
        return _refused(refused)
    except UnusableReport:
        return _unchanged(code)
    return _page(status=status, code=code, done="added")


@blueprint.post("/volgen/verbeteren")
@open_to(
    EVERYONE,
    purpose=Purpose.FOLLOW,
    within=Within.CODE,
    takes=(
        CODE,
        Field("postcode", longest=500),
        Field("number", longest=500),
        Field("text", longest=ROOM),
        Field(SURE, longest=10),
    ),
)
def correct_report() -> Answer:
    """Puts another place or text in the report."""
    code = said("code")
    typed = {name: said(name) for name in ("postcode", "number", "text")}
    wrong = _wrong_correction(typed)
    prompt = "" if wrong or not _says_too_much(typed["text"]) else "text"
    try:
        if not (wrong or prompt):
            status = actions.correct(
                services(), code, _correction(typed), address=visitor_address()
            )
            return _page(status=status, code=code, done="corrected")
    except UnknownReceipt as refused:
        return _refused(refused)
    except UnknownPlace as unknown:
        place = "number" if field_of(unknown) == "number" else "postcode"
        wrong = {place: place_sentence(unknown)}
    except SettledPlace:
        return _unchanged(code, done="settled")
    except UnusableReport:
        return _unchanged(code)
    try:
        status = actions.follow(services(), code, address=visitor_address())
    except UnknownReceipt as refused:
        return _refused(refused)
    typed[SURE] = said(SURE)
    return _again(status, code, wrong=wrong, typed=typed, prompt=prompt)


@blueprint.post("/volgen/intrekken")
@open_to(
    EVERYONE,
    purpose=Purpose.FOLLOW,
    within=Within.CODE,
    takes=(CODE, Field(SURE, longest=10)),
)
def withdraw_report() -> Answer:
    """Asks whether the report must go; the second time it goes at once."""
    code = said("code")
    try:
        if said(SURE) != "1":
            status = actions.follow(services(), code, address=visitor_address())
            return render_template("intake/withdraw.html", status=status, code=code)
        actions.withdraw(services(), code, address=visitor_address())
    except UnknownReceipt as refused:
        return _refused(refused)
    return render_template("intake/withdraw.html", status=None, code="")


# -- what is said back ----------------------------------------------------------------------


def _wrong_text(text: str, *, needed: bool) -> str:
    too_long = _(
        "Uw tekst heeft %(signs)s tekens. Maak hem korter: hoogstens %(limit)s.",
        signs=len(text),
        limit=TEXT_LIMIT,
    )
    if len(text) > TEXT_LIMIT:
        return str(too_long)
    return str(_("Schrijf op wat u wilt toevoegen.")) if needed and not text else ""


def _says_too_much(text: str) -> bool:
    """Whether to ask first if somebody's origin, faith or illness must be in it."""
    return said(SURE) != "1" and actions.describes_somebody(services(), text)


def _wrong_correction(typed: Mapping[str, str]) -> dict[str, str]:
    has_place = bool(typed["postcode"] or typed["number"])
    checks = {
        "postcode": _("Een postcode heeft vier cijfers en twee letters, zoals 8021 AC.")
        if has_place and postcode_of(typed["postcode"]) is None
        else "",
        "number": _("Een huisnummer begint met een getal, zoals 14 of 14a.")
        if has_place and house_number(typed["number"]) is None
        else "",
        "text": _wrong_text(typed["text"], needed=False),
    }
    if not any(typed.values()):
        checks["postcode"] = _("Vul in wat er anders moet: de plek, of uw tekst.")
    return {name: words for name, words in checks.items() if words}


def _correction(typed: Mapping[str, str]) -> Correction:
    words = address_words(typed["postcode"], typed["number"]) if typed["postcode"] else None
    return Correction(words=words, text=typed["text"] or None)


def _refused(refused: UnknownReceipt) -> Answer:
    if isinstance(refused, TooManyTries):
        return _page(error="too_many"), TOO_MANY
    return _page(error="unknown"), UNUSABLE


def _unchanged(code: str, *, done: str = "unchanged") -> Answer:
    """The report is closed, was added to so often that one must ring, or its place is settled."""
    try:
        status = actions.follow(services(), code, address=visitor_address())
    except UnknownReceipt as refused:
        return _refused(refused)
    return _page(status=status, code=code, done=done), UNUSABLE


def _again(
    status: PublicStatus,
    code: str,
    *,
    wrong: Mapping[str, str],
    typed: Mapping[str, str],
    prompt: str,
) -> Answer:
    page = _page(status=status, code=code, wrong=wrong, typed=typed, prompt=prompt)
    return page, UNUSABLE


def _page(
    *,
    status: PublicStatus | None = None,
    code: str = "",
    error: str = "",
    done: str = "",
    wrong: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
    prompt: str = "",
) -> str:
    """The page; `prompt` names the field whose text may say too much."""
    return render_template(
        "intake/follow.html",
        status=status,
        code=code,
        error=error,
        done=done,
        wrong=wrong or {},
        typed=typed or {},
        prompt=prompt,
        limit=TEXT_LIMIT,
    )
