"""What a duty contact answers by text message, read forgivingly but never guessed."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum


class ReplyKind(StrEnum):
    """What a duty contact says by text message."""

    TAKE = "take"
    DONE = "done"
    UNCLEAR = "unclear"
    """Meant for the line, but neither a clear yes nor a clear ending."""


@dataclass(frozen=True)
class Reply:
    """One reply.

    Attributes:
        kind: What it says.
        codes: All that may be a code in it; only one that was given out can be meant. Without any
            the reply is meant for the only case there is.
    """

    kind: ReplyKind
    codes: tuple[str, ...]


_THUMB = "\N{THUMBS UP SIGN}"
_YES = rf"(?:ja+h?|yes|yep|ok|oke+|oké+|okay|akkoord|{_THUMB}|1(?!\d))(?![^\W\d_])"
_DONE = r"(?:klaar|gedaan|afgerond|done|finished)(?![^\W\d_])"
_BEGINS_DONE = re.compile(rf"(?:{_YES}\W*)?{_DONE}")
_BEGINS_YES = re.compile(_YES)
_ENDS = re.compile(rf"(?P<code>\d{{3,4}})\W*(?:(?P<done>{_DONE})|{_YES})")
_HOLDS = re.compile(rf"\b(?:ja+|yes|{_DONE})\W*\d{{3,4}}\b")
_BEGINS_NO = re.compile(r"(?:nee+n?|nope?|niet|not)\b")
_TAKES_BACK = re.compile(
    r"\b(?:nee+n?|niet|niets|geen|nog|maar|no|not|never|cannot|(?:ca|do|wo)n['’]?t|but|yet)\b"
)
_HAS_DONE = re.compile(rf"\b{_DONE}")
_SIGNATURE = re.compile(
    r"\n\s*(?:--|>|(?:verstuurd|verzonden) (?:vanaf|vanuit|met|via)|sent (?:from|with|via)"
    r"|download |get outlook|outlook voor).*",
    re.DOTALL,
)
_DRESS = re.compile("[\N{VARIATION SELECTOR-15}\N{VARIATION SELECTOR-16}\U0001f3fb-\U0001f3ff]")
"""What changes only how an emoji looks."""
_RUN = re.compile(r"\d(?:[\s.-]?\d)*")
_CODE = re.compile(r"[1-9]\d{2,3}")
LONGEST_REPLY = 400
"""Of a longer message nothing more is read: a reply is short."""


def read_reply(text: str) -> Reply | None:
    """A forgiving reading of "ja 482", "JA 48 2", "1 482", "ja ik doe het 482" or "klaar 482".

    A code alone is a yes, because the page asked for nothing else. A yes that takes something
    back ("ja, maar 482 kan ik niet doen") is unclear: nobody is given a case on a guess.

    Returns:
        None when the text isn't meant for the line at all.
    """
    plain = _plain(text)
    if done := _BEGINS_DONE.match(plain):
        return _said(ReplyKind.DONE, plain[done.end() :])
    if yes := _BEGINS_YES.match(plain):
        return _said(ReplyKind.TAKE, plain[yes.end() :], word=yes[0])
    if ends := _ENDS.fullmatch(plain):
        return Reply(ReplyKind.DONE if ends["done"] else ReplyKind.TAKE, (ends["code"],))
    if _codes(plain) and not re.search(r"[^\W\d_]", plain):
        return Reply(ReplyKind.TAKE, _codes(plain))
    if _BEGINS_NO.match(plain) or _HOLDS.search(plain):
        return Reply(ReplyKind.UNCLEAR, _codes(plain))
    return None


def _plain(text: str) -> str:
    folded = _DRESS.sub("", unicodedata.normalize("NFKC", text[:LONGEST_REPLY])).casefold()
    whole = _SIGNATURE.sub("", "\n" + folded)
    return " ".join(whole.split()).strip(" '\"`‘’“”«».,;:!()<>[]-")


def _said(kind: ReplyKind, rest: str, *, word: str = "") -> Reply | None:
    codes = _codes(rest)
    if kind is ReplyKind.TAKE and _HAS_DONE.search(rest):
        return Reply(ReplyKind.UNCLEAR, codes)
    if codes:
        return Reply(ReplyKind.UNCLEAR if _TAKES_BACK.search(rest) else kind, codes)
    if re.search(r"\w", rest):
        return None
    return Reply(ReplyKind.UNCLEAR if word == _THUMB else kind, ())


def _codes(text: str) -> tuple[str, ...]:
    """All that may be a code: digits together, and digits that stand apart ("48 2")."""
    found: dict[str, None] = {}
    for run in _RUN.finditer(text):
        for digits in (re.sub(r"\D", "", run[0]), *re.findall(r"\d+", run[0])):
            if _CODE.fullmatch(digits):
                found[digits] = None
    return tuple(found)
