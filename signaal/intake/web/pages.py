"""What the pages of intake share: their blueprints, their status codes, and words for places."""

from dataclasses import replace

from flask import Blueprint, request
from flask_babel import get_locale
from flask_babel import gettext as _

from signaal.errors import UnknownPlace
from signaal.intake.model import Categories, Category, Kind, Language, house_number
from signaal.places.model import AddressWords, PlaceReason, postcode_of
from signaal.web import clean, services

blueprint = Blueprint("intake", __name__)
webhooks = Blueprint("intake_webhooks", __name__)

UNUSABLE = 422
TOO_MANY = 429
ROOM = 30_000
"""Signs of a text that are read: who typed too much hears how much, and loses nothing."""


def visitor_address() -> str:
    """The internet address of the visitor, as far as our own proxies say so; "" if unknown."""
    return request.remote_addr or ""


def said(name: str) -> str:
    """What was typed in a field, without what can't be stored."""
    return clean(request.form.get(name, "")).strip().replace("\r\n", "\n")


def address_words(postcode: str, number: str) -> AddressWords:
    """The address in the two fields in which people type one."""
    house = house_number(number) or AddressWords()
    return replace(house, postcode=postcode_of(postcode) or postcode or None)


def place_sentence(unknown: UnknownPlace) -> str:
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


def field_of(unknown: UnknownPlace) -> str:
    """The field in which the place must be mended."""
    fields = {
        PlaceReason.UNKNOWN_STREET: "street",
        PlaceReason.SEVERAL_STREETS: "postcode",
        PlaceReason.UNKNOWN_NUMBER: "number",
        PlaceReason.NUMBER_MISSING: "number",
        PlaceReason.ADDITION_MISSING: "number",
    }
    return fields.get(unknown.args[0], "postcode")


def categories_of(kind: Kind) -> list[tuple[str, str]]:
    """Code and label of each category of this kind, in the visitor's language."""
    return [(each.code, label_of(each)) for each in closed_list() if each.kind is kind]


def codes_of(kind: Kind) -> set[str]:
    return {each.code for each in closed_list() if each.kind is kind}


def closed_list() -> tuple[Category, ...]:
    return services().policies[Categories].categories


def label_of(category: Category) -> str:
    return category.label_en if language() is Language.EN else category.label_nl


def language() -> Language:
    locale = get_locale()
    return Language.EN if locale and locale.language == Language.EN else Language.NL
