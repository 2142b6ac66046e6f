"""What a carrier may be told to do (TwiML): a small table, and the check of every answer by it.

The real carrier skips what it doesn't understand, in silence. Here the smallest slip is named.

Source: Twilio, "TwiML for Programmable Voice" and "TwiML for Programmable Messaging"; only what
Signaal uses stands in the table.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from xml.etree import ElementTree as ET

LARGEST_DOCUMENT = 64 * 1024
E164 = r"\+[1-9]\d{6,14}"
_LINK = r"(/|https?://)\S+"
_SECONDS = r"[1-9]\d{0,2}"
_FLAG = r"true|false"
_POST = r"POST"  # a signature covers the form of a POST; a GET would put it in the log
_EVENTS = r"(initiated|ringing|answered|completed)( (initiated|ringing|answered|completed))*"


class DocumentKind(StrEnum):
    """Which conversation a document is an answer in."""

    VOICE = "voice"
    WHISPER = "whisper"
    """What the one who is called hears before being connected."""
    SMS = "sms"


@dataclass(frozen=True)
class Rule:
    """What one element may hold.

    Attributes:
        attributes: Allowed attributes, each with the pattern its value must fit.
        children: Allowed elements inside.
        text: The pattern its own text must fit; empty: it has none.
        required: Attributes that must be there.
    """

    attributes: dict[str, str] = field(default_factory=dict)
    children: frozenset[str] = frozenset()
    text: str = ""
    required: frozenset[str] = frozenset()


_VOICE_VERBS = frozenset({"Say", "Play", "Pause", "Gather", "Redirect", "Hangup"})
TOP: dict[DocumentKind, frozenset[str]] = {
    DocumentKind.VOICE: _VOICE_VERBS | {"Dial", "Reject"},
    DocumentKind.WHISPER: _VOICE_VERBS,
    DocumentKind.SMS: frozenset({"Message"}),
}
RULES: dict[str, Rule] = {
    "Say": Rule(
        attributes={"language": r"[a-z]{2}-[A-Z]{2}", "voice": r"\S+", "loop": r"[1-9]|10"},
        text=r"(?s).*\S.*",
        required=frozenset({"language"}),
    ),
    "Play": Rule(attributes={"loop": r"[1-9]|10"}, text=_LINK),
    "Pause": Rule(attributes={"length": _SECONDS}),
    "Gather": Rule(
        attributes={
            "action": _LINK,
            "method": _POST,
            "input": r"dtmf",
            "timeout": _SECONDS,
            "numDigits": _SECONDS,
            "finishOnKey": r"[0-9*#]{0,12}",
            "language": r"[a-z]{2}-[A-Z]{2}",
            "actionOnEmptyResult": _FLAG,
        },
        children=frozenset({"Say", "Play", "Pause"}),
        required=frozenset({"action"}),
    ),
    "Dial": Rule(
        attributes={
            "action": _LINK,
            "method": _POST,
            "timeout": _SECONDS,
            "timeLimit": r"[1-9]\d{0,4}",
            "answerOnBridge": _FLAG,
            "callerId": E164,
        },
        children=frozenset({"Number"}),
        required=frozenset({"action"}),
    ),
    "Number": Rule(
        attributes={
            "url": _LINK,
            "method": _POST,
            "statusCallback": _LINK,
            "statusCallbackEvent": _EVENTS,
            "statusCallbackMethod": _POST,
        },
        text=E164,
    ),
    "Redirect": Rule(attributes={"method": _POST}, text=_LINK),
    "Hangup": Rule(),
    "Reject": Rule(attributes={"reason": r"busy|rejected"}),
    "Message": Rule(
        attributes={"to": E164, "from": E164}, children=frozenset({"Body"}), text=r"(?s).*"
    ),
    "Body": Rule(text=r"(?s).*"),
}
_LAST_WORDS = frozenset({"Redirect", "Hangup", "Reject"})


class BadTwiml(ValueError):
    """A document that the carrier would refuse or misread; the text names each slip."""


def read_twiml(text: str, kind: DocumentKind) -> list[ET.Element]:
    """The verbs of a document, in order, after the check by the table.

    Raises:
        BadTwiml: Every slip in the document.
    """
    if len(text) > LARGEST_DOCUMENT or "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise BadTwiml("too large, or with a document type")
    try:
        response = ET.fromstring(text)  # noqa: S314 - no document type, so no entities
    except ET.ParseError as error:
        raise BadTwiml(f"not XML: {error}") from None
    slips = [*_slips_of_response(response, kind)]
    if slips:
        raise BadTwiml("; ".join(slips))
    return list(response)


def _slips_of_response(response: ET.Element, kind: DocumentKind) -> Iterator[str]:
    if response.tag != "Response" or response.attrib:
        yield "the outermost element must be a bare <Response>"
    yield from _stray_text(response)
    verbs = list(response)
    for place, verb in enumerate(verbs, start=1):
        if verb.tag not in TOP[kind]:
            yield f"<{verb.tag}> may not stand in a {kind} document"
        else:
            yield from _slips(verb)
        if verb.tag in _LAST_WORDS and place < len(verbs):
            yield f"nothing after <{verb.tag}> is ever reached"


def _slips(element: ET.Element) -> Iterator[str]:
    rule = RULES[element.tag]
    yield from _slips_of_attributes(element, rule)
    if rule.text and not re.fullmatch(rule.text, (element.text or "").strip()):
        yield f"<{element.tag}> holds the wrong text"
    if not rule.text:
        yield from _stray_text(element)
    for child in element:
        if child.tag not in rule.children:
            yield f"<{child.tag}> may not stand in <{element.tag}>"
        else:
            yield from _slips(child)
    if element.tag == "Dial" and not len(element):
        yield "<Dial> calls nobody"


def _slips_of_attributes(element: ET.Element, rule: Rule) -> Iterator[str]:
    for name in sorted(rule.required - element.attrib.keys()):
        yield f"<{element.tag}> lacks {name}"
    for name, value in element.attrib.items():
        pattern = rule.attributes.get(name)
        if pattern is None:
            yield f"<{element.tag}> knows no {name}"
        elif not re.fullmatch(pattern, value):
            yield f"<{element.tag} {name}> can't be {value!r}"


def _stray_text(element: ET.Element) -> Iterator[str]:
    loose = (element.text or "") + "".join(child.tail or "" for child in element)
    if loose.strip():
        yield f"loose text in <{element.tag}>"
