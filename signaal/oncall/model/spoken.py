"""What a telephone hears, as TwiML: the few verbs that the night line uses."""

from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring


@dataclass(frozen=True)
class Voice:
    """Who speaks: the provider's name of a voice, and its language tag."""

    name: str
    language: str


class Spoken:
    """One answer to the carrier, built verb by verb.

    URLs are paths on our own address and hold ids only.
    """

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self._root = Element("Response")

    def say(self, text: str, *, voice: Voice | None = None) -> "Spoken":
        """Says one text."""
        self._say(self._root, text, voice or self._voice)
        return self

    def gather(
        self, *says: tuple[str, Voice | None], action: str, digits: int, seconds: int
    ) -> "Spoken":
        """Says texts and waits for keys, which may come early; they are posted to the action."""
        gather = SubElement(
            self._root,
            "Gather",
            input="dtmf",
            numDigits=str(digits),
            timeout=str(seconds),
            action=action,
            method="POST",
        )
        for text, voice in says:
            self._say(gather, text, voice or self._voice)
        return self

    def dial(
        self, number: str, *, caller_id: str, seconds: int, action: str, whisper: str = ""
    ) -> "Spoken":
        """Rings one number; who picks up hears the whisper before they are connected."""
        dial = SubElement(
            self._root,
            "Dial",
            answerOnBridge="true",
            timeout=str(seconds),
            callerId=caller_id,
            action=action,
            method="POST",
        )
        first = {"url": whisper, "method": "POST"} if whisper else {}
        SubElement(dial, "Number", first).text = number
        return self

    def redirect(self, path: str) -> "Spoken":
        """Goes on at another path of ours."""
        SubElement(self._root, "Redirect", method="POST").text = path
        return self

    def hang_up(self) -> "Spoken":
        """Ends the call."""
        SubElement(self._root, "Hangup")
        return self

    def twiml(self) -> str:
        """The answer as text."""
        head = '<?xml version="1.0" encoding="UTF-8"?>'
        return head + tostring(self._root, encoding="unicode")

    @staticmethod
    def _say(parent: Element, text: str, voice: Voice) -> None:
        SubElement(parent, "Say", voice=voice.name, language=voice.language).text = text
