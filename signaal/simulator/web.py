"""The demo's telephones: you play the neighbour and everybody on duty; nothing leaves the house."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from flask_babel import format_datetime
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from signaal.access.model import Purpose
from signaal.clock import AMSTERDAM, PretendClock
from signaal.oncall import actions as oncall
from signaal.oncall.model import DutyTarget, Rota
from signaal.simulator.network import FakeNetwork
from signaal.simulator.phones import NEIGHBOURS, PhoneView
from signaal.web import EVERYONE, Field, clean, open_to, services

blueprint = Blueprint("simulator", __name__)

NEIGHBOUR_KEYS = ("buurtbewoner", "buurvrouw")
SATURDAY = 5
NIGHT_HOUR = 2
KEYS = frozenset("0123456789*#")
"""What stands on a telephone."""
LONGEST_TEXT = 10_000
LONGEST_KEY = 40
"""Of a telephone's short name, with what is pressed on it."""


@dataclass(frozen=True)
class Handset:
    """One telephone on the page.

    Attributes:
        key: Its short name in forms and in the page.
        name: Whose it is.
        number: E.164.
        view: What its owner sees and hears now.
    """

    key: str
    name: str
    number: str
    view: PhoneView

    @property
    def is_neighbour(self) -> bool:
        """Whether a neighbour holds it, and nobody who is on duty."""
        return self.key in NEIGHBOUR_KEYS

    @property
    def state(self) -> str:
        """What it is doing: ringing, talking, listening (to the line), or idle."""
        if self.view.ringing:
            return "ringing"
        if not self.view.in_call:
            return "idle"
        return "talking" if self.view.talking_with else "listening"

    @property
    def look(self) -> str:
        """The classes of its frame, which show its state."""
        return " ".join(
            word
            for word, is_so in (
                ("phone", True),
                ("neighbour", self.is_neighbour),
                (f"is-{self.state}", self.state != "idle"),
            )
            if is_so
        )

    @property
    def shown_number(self) -> str:
        """Its number as people write it."""
        return _as_people_write(self.number)


@blueprint.get("/telefoon")
@open_to(EVERYONE, purpose=Purpose.SHOW)
def telephone() -> str:
    """The page with all telephones."""
    return render_template("simulator/telephone.html", **_page())


@blueprint.get("/telefoon/toestellen")
@open_to(EVERYONE, purpose=Purpose.SHOW)
def handsets() -> str:
    """The parts of the page that change by themselves."""
    return render_template("simulator/phones.html", **_page())


@blueprint.post("/telefoon/doe")
@open_to(EVERYONE, purpose=Purpose.SHOW, takes=(Field("do", longest=LONGEST_KEY, required=True),))
def act() -> Response:
    """Somebody presses a button: `verb:telephone` or `press:telephone:digit`."""
    verb, _colon, rest = request.form.get("do", "").partition(":")
    key, _colon, digit = rest.partition(":")
    if verb == "clock":
        _set_clock(key)
        return _back()
    number = _number_of(key)
    if verb == "press" and digit in KEYS:
        _network().press(_network().view(number).call_id, digit)
    elif verb in _VERBS:
        _VERBS[verb](_network(), number)
    else:
        abort(400)
    return _back(key)


@blueprint.post("/telefoon/sms")
@open_to(
    EVERYONE,
    purpose=Purpose.SHOW,
    takes=(
        Field("phone", longest=LONGEST_KEY, required=True),
        Field("body", longest=LONGEST_TEXT, required=True),
    ),
)
def text() -> Response:
    """Somebody sends a text message to the line."""
    key = request.form.get("phone", "")
    body = clean(request.form.get("body", ""))[:LONGEST_TEXT]
    _network().text(_number_of(key), services().settings.line_number, body)
    return _back(key)


def _call_the_line(network: FakeNetwork, number: str) -> None:
    seen = network.view(number)
    if not (seen.in_call or seen.ringing):
        network.call(number, services().settings.line_number)


_VERBS: dict[str, Callable[[FakeNetwork, str], object]] = {
    "call": _call_the_line,
    "answer": lambda network, number: network.answer(number),
    "decline": lambda network, number: network.decline(number),
    "voicemail": lambda network, number: network.let_voicemail_answer(number),
    "hang_up": lambda network, number: network.hang_up(number),
}


def _page() -> dict[str, object]:
    network = _network()
    clock = services().line_clock
    phones = [
        Handset(key, name, number, network.view(number))
        for key, (name, number) in _numbers().items()
    ]
    line_now = clock.now().astimezone(AMSTERDAM)
    return {
        "phones": phones,
        "neighbours": [phone for phone in phones if phone.is_neighbour],
        "on_duty": [phone for phone in phones if not phone.is_neighbour],
        "pretending": isinstance(clock, PretendClock) and clock.pretending,
        "line_now": line_now,
        "line_now_words": format_datetime(line_now, "EEEE d MMMM HH:mm"),
        "shown_line": _as_people_write(services().settings.line_number),
    }


def _numbers() -> dict[str, tuple[str, str]]:
    """Whose telephones stand on the page: the neighbours', and everybody's on the rota."""
    names = (_("Buurtbewoner"), _("Buurvrouw"))
    numbers = dict(zip(NEIGHBOUR_KEYS, zip(names, NEIGHBOURS, strict=True), strict=True))
    for at, target in enumerate(_on_the_rota(oncall.rota_of(services())), start=1):
        numbers[f"dienst-{at}"] = (target.name, target.number)
    return numbers


def _on_the_rota(rota: Rota) -> list[DutyTarget]:
    everybody = [target for week in rota.weeks for target in week] + [rota.day, rota.fallback]
    return list({target.number: target for target in everybody}.values())


def _number_of(key: str) -> str:
    numbers = _numbers()
    if key not in numbers:
        abort(400)
    return numbers[key][1]


def _set_clock(moment: str) -> None:
    clock = services().line_clock
    if not isinstance(clock, PretendClock):
        abort(400)
    if moment == "saturday":
        clock.pretend(_saturday_night(services().clock.now()))
    elif moment == "ordinary":
        clock.stop_pretending()
    else:
        abort(400)


def _saturday_night(now: datetime) -> datetime:
    """Saturday 02:00 in Amsterdam, in the week of this instant."""
    local = now.astimezone(AMSTERDAM)
    saturday = local + timedelta(days=SATURDAY - local.weekday())
    return saturday.replace(hour=NIGHT_HOUR, minute=0, second=0, microsecond=0)


def _network() -> FakeNetwork:
    return cast("FakeNetwork", current_app.extensions["network"])


def _back(key: str = "") -> Response:
    return redirect(url_for("simulator.telephone", _anchor=key or None), code=303)


def _as_people_write(number: str) -> str:
    import phonenumbers

    parsed = phonenumbers.parse(number)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
