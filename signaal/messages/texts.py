"""Fills the texts that people read or hear on a telephone, and counts what they cost."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from signaal.resources import TEMPLATES

# GSM 03.38 default alphabet and its extension table (3GPP TS 23.038, section 6.2.1).
_GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM7_ESCAPED = frozenset("\f^{}\\[~]|€")
# Room in one message, and in each part of a longer one, in septets or UTF-16 units.
_GSM7_ROOM = (160, 153)
_UCS2_ROOM = (70, 67)


def render(name: str, *, language: str, **values: object) -> str:
    """The text of this name in this language, filled in, on one line.

    Args:
        name: Folder and name below templates/, such as "sms/receipt".
        language: "nl" or "en".
        values: What the text leaves open; a missing one is an error, never a blank.

    Raises:
        jinja2.TemplateNotFound: There is no such text.
        jinja2.UndefinedError: A value is missing.
    """
    return render_from(TEMPLATES, name, language=language, values=values)


def render_from(folder: Path, name: str, *, language: str, values: dict[str, object]) -> str:
    """As `render`, with the templates of another folder."""
    kind, _, short = name.partition("/")
    template = _environment(folder).get_template(f"{kind}/{language}/{short}.txt")
    filled = template.render(values)
    if kind == "mail":
        return filled.strip()
    return " ".join(filled.split())


@cache
def _environment(folder: Path) -> Environment:
    return Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - plain text; what is spoken is escaped as it becomes XML
    )


def segments(text: str) -> int:
    """How many parts the carrier cuts this text message into; each part is paid for.

    A single sign outside the GSM-7 alphabet (ë, ï and emoji are) halves the room of every part.

    Source: 3GPP TS 23.038 section 6.2.1 (alphabet), TS 23.040 section 9.2.3.24.1 (parts).
    """
    plain = all(sign in _GSM7 or sign in _GSM7_ESCAPED for sign in text)
    widths = [_gsm7_width(sign) if plain else _ucs2_width(sign) for sign in text]
    single, part = _GSM7_ROOM if plain else _UCS2_ROOM
    if sum(widths) <= single:
        return 1 if widths else 0
    parts, used = 1, 0
    for width in widths:  # an escaped sign or an emoji is never cut in two
        if used + width > part:
            parts, used = parts + 1, 0
        used += width
    return parts


def _gsm7_width(sign: str) -> int:
    return 2 if sign in _GSM7_ESCAPED else 1


def _ucs2_width(sign: str) -> int:
    return 2 if ord(sign) > 0xFFFF else 1  # noqa: PLR2004 - last sign of the basic plane
