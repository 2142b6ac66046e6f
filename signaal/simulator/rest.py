"""The carrier's own web service (Twilio's REST API), as far as Signaal uses it."""

import json
import socket
from collections.abc import Callable, Iterable
from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from signaal.errors import CarrierError
from signaal.simulator.legs import Leg
from signaal.simulator.phones import Fault, Record
from signaal.simulator.refusals import REFUSALS

if TYPE_CHECKING:
    from signaal.simulator.network import FakeNetwork

VERSION = "/2010-04-01"
PAGE_SIZE = 50
CREATED = 201
NO_CONTENT = 204
NO_ID = " "
_PREFIXES = {"Messages": "SM", "Calls": "CA"}
"""What ids begin with, by the folder they lie in."""
GATEWAY_TIMEOUT = 504
NOT_FOUND = 20404
UNAUTHORISED = 20003
DEFAULT_EVENT = "completed"

WSGI = Callable[[dict[str, Any], Any], Iterable[bytes]]


def rest_app(network: "FakeNetwork", *, account_sid: str) -> WSGI:
    """A web service that the official SDK can talk to, in front of this network."""

    @Request.application
    def application(request: Request) -> Response:
        fault = network.take_fault()
        if fault is None:
            return _answer(network, request, account_sid)
        if fault.takes_request:
            _answer(network, request, account_sid)
        return _go_wrong(fault, request)

    return application


def _answer(network: "FakeNetwork", request: Request, account_sid: str) -> Response:
    login = request.authorization
    if login is None or (login.username, login.password) != (account_sid, network.token):
        return _refused(UNAUTHORISED)
    folder = f"{VERSION}/Accounts/{account_sid}/"
    verb = _ROUTES.get((request.method, request.path.removeprefix(folder)))
    try:
        return verb(network, request) if verb else _found(network, request, folder)
    except CarrierError as refused:
        return _refused(int(str(refused)))


def _go_wrong(fault: Fault, request: Request) -> Response:
    status, code = fault.value
    if status:
        return _refused(code)
    connection = request.environ.get("werkzeug.socket")
    request.get_data()
    if isinstance(connection, socket.socket):
        if fault is not Fault.LOST_RESPONSE:
            connection.recv(1)  # nothing more comes: this waits until the other side gives up
        connection.close()
    return Response(status=GATEWAY_TIMEOUT)


def _refused(code: int) -> Response:
    status, message, _permanent, _operator = REFUSALS[code]
    more = f"https://www.twilio.com/docs/errors/{code}"
    return _json(
        {"code": code, "message": message, "more_info": more, "status": status}, status=status
    )


def _json(content: object, *, status: int = 200) -> Response:
    return Response(json.dumps(content), status=status, content_type="application/json")


def _send_text(network: "FakeNetwork", request: Request) -> Response:
    sid = network.accept_text(
        from_number=request.form.get("From", ""),
        to_number=request.form.get("To", ""),
        body=request.form.get("Body", ""),
        callback=request.form.get("StatusCallback", ""),
    )
    made = next(record for record in network.all_texts() if record.sid == sid)
    return _json(_text_json(made), status=CREATED)


def _place_call(network: "FakeNetwork", request: Request) -> Response:
    events = request.form.getlist("StatusCallbackEvent") or [DEFAULT_EVENT]
    sid = network.accept_call(
        from_number=request.form.get("From", ""),
        to_number=request.form.get("To", ""),
        answer_url=request.form.get("Url", ""),
        ring_seconds=int(request.form.get("Timeout", "60")),
        callback=request.form.get("StatusCallback", ""),
        callback_events=frozenset(events),
    )
    made = next(leg for leg in network.all_calls() if leg.sid == sid)
    return _json(_call_json(made), status=CREATED)


def _list_texts(network: "FakeNetwork", request: Request) -> Response:
    return _page(request, "messages", [_text_json(record) for record in network.all_texts()])


def _list_calls(network: "FakeNetwork", request: Request) -> Response:
    return _page(request, "calls", [_call_json(leg) for leg in network.all_calls()])


_ROUTES: dict[tuple[str, str], Callable[["FakeNetwork", Request], Response]] = {
    ("POST", "Messages.json"): _send_text,
    ("POST", "Calls.json"): _place_call,
    ("GET", "Messages.json"): _list_texts,
    ("GET", "Calls.json"): _list_calls,
}


def _found(network: "FakeNetwork", request: Request, folder: str) -> Response:
    """One message or call by its id: told, or deleted."""
    kind, _slash, name = request.path.removeprefix(folder).partition("/")
    sid = name.removesuffix(".json")
    if request.method == "DELETE":
        if not sid.startswith(_PREFIXES.get(kind, NO_ID)):
            return _refused(NOT_FOUND)
        network.accept_forget(sid)
        return Response(status=NO_CONTENT)
    for record in network.all_texts():
        if record.sid == sid:
            return _json(_text_json(record))
    for leg in network.all_calls():
        if leg.sid == sid:
            return _json(_call_json(leg))
    return _refused(NOT_FOUND)


def _page(request: Request, name: str, entries: list[dict[str, object]]) -> Response:
    asked = {key: request.args.get(key.title()) for key in ("to", "from")}
    wanted = [
        entry
        for entry in entries
        if all(value in {None, entry[key]} for key, value in asked.items())
    ]
    size = request.args.get("PageSize", PAGE_SIZE, type=int)
    page = request.args.get("Page", 0, type=int)
    start, end = page * size, (page + 1) * size
    query = "".join(f"&{key.title()}={value}" for key, value in asked.items() if value)
    more = f"{request.path}?PageSize={size}&Page={page + 1}{query.replace('+', '%2B')}"
    return _json(
        {
            name: wanted[start:end],
            "page": page,
            "page_size": size,
            "start": start,
            "end": min(end, len(wanted)),
            "uri": request.path,
            "first_page_uri": request.path,
            "next_page_uri": more if end < len(wanted) else None,
            "previous_page_uri": None,
        }
    )


def _text_json(record: Record) -> dict[str, object]:
    return {
        "sid": record.sid,
        "account_sid": None,
        "from": record.from_number,
        "to": record.to_number,
        "body": record.body,
        "direction": record.direction,
        "status": record.status,
        "error_code": record.error_code,
        "date_created": _date(record.created_at),
        "date_sent": _date(record.created_at),
        "date_updated": _date(record.created_at),
        "num_media": "0",
        "num_segments": "1",
    }


def _call_json(leg: Leg) -> dict[str, object]:
    return {
        "sid": leg.sid,
        "account_sid": None,
        "parent_call_sid": leg.parent.sid if leg.parent else None,
        "from": leg.from_number,
        "to": leg.to_number,
        "direction": leg.direction,
        "status": leg.status,
        "duration": str(leg.seconds) if leg.ended else None,
        "date_created": _date(leg.created_at),
        "date_updated": _date(leg.ended_at or leg.created_at),
        "start_time": _date(leg.answered_at),
        "end_time": _date(leg.ended_at),
    }


def _date(instant: datetime | None) -> str | None:
    return format_datetime(instant) if instant else None
