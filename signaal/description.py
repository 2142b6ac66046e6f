"""What Signaal's routes are, told from their one declaration: for machines and for the matrix."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from inspect import getdoc

from flask import Blueprint, Flask, Response, current_app, jsonify
from werkzeug.routing import (
    AnyConverter,
    BaseConverter,
    IntegerConverter,
    Rule,
    UnicodeConverter,
    UUIDConverter,
)

from signaal.access.model import Purpose
from signaal.web import EVERYONE, Field, RouteRule, Within, open_to, rule_of

Json = dict[str, object]

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
FORM = "application/x-www-form-urlencoded"
TOKEN = Field("csrf_token", longest=200, required=True)
"""Stands in every form that a person sends."""
SIGNATURE = "X-Twilio-Signature"
LONGEST_CODE = 100
CONVERTERS: Mapping[type[BaseConverter], Json] = {
    UnicodeConverter: {"type": "string", "minLength": 1, "maxLength": LONGEST_CODE},
    UUIDConverter: {"type": "string", "format": "uuid"},
    IntegerConverter: {"type": "integer", "minimum": 0},
}
"""What an argument in a path looks like, by the converter that reads it."""
ANSWERS: Mapping[int, str] = {
    200: "Done, or a page.",
    204: "Taken in; nothing to say.",
    302: "Goes on to another page.",
    303: "Done; goes on to another page.",
    400: "The request misses something, or holds what can't be chosen.",
    403: "This role may not do this, or not here.",
    404: "Nothing here, or nothing within the visitor's reach.",
    409: "Somebody was first.",
    413: "Too large.",
    422: "Something must be mended; the page says what.",
    429: "Too many tries.",
    503: "The database or the figures are not there yet.",
}
_ALWAYS = (200, 302, 303, 400, 403, 404, 503)
_ON_SENDING = (409, 413, 422, 429)
_TO_THE_CARRIER = (200, 204, 400, 403, 404, 413, 503)

blueprint = Blueprint("description", __name__)


@dataclass(frozen=True)
class RouteLine:
    """One route as it was declared.

    Attributes:
        endpoint: Its name in the program.
        path: With its arguments in angle brackets.
        methods: GET, POST.
        rule: Who may use it, what for, within what, and which fields it takes.
        words: What it does, in one sentence.
    """

    endpoint: str
    path: str
    methods: tuple[str, ...]
    rule: RouteRule
    words: str


def routes(app: Flask) -> tuple[RouteLine, ...]:
    """Every declared route, ordered by path."""
    return tuple(line for _, line in _declared(app))


def describe(app: Flask) -> Json:
    """The description of all routes.

    Returns:
        An OpenAPI 3.1.0 document as plain values.

    Source: OpenAPI Initiative (2021), OpenAPI Specification 3.1.0.
    """
    paths: dict[str, Json] = {}
    for rule, line in _declared(app):
        described = paths.setdefault(_template(rule), {})
        described.update({method.lower(): _operation(rule, line) for method in line.methods})
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Signaal",
            "version": version("signaal"),
            "description": "Every route, from the one declaration that its guard goes by.",
        },
        "paths": paths,
        "components": {
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": _cookie(app)},
                "signature": {"type": "apiKey", "in": "header", "name": SIGNATURE},
            }
        },
    }


@blueprint.get("/openapi.json")
@open_to(EVERYONE, purpose=Purpose.EXPLAIN)
def show_description() -> Response:
    """The description of all routes, for programs."""
    return jsonify(describe(current_app))


def _declared(app: Flask) -> Iterator[tuple[Rule, RouteLine]]:
    for rule in sorted(app.url_map.iter_rules(), key=lambda each: (each.rule, each.endpoint)):
        view = app.view_functions[rule.endpoint]
        declared = rule_of(view)
        if declared is not None:
            methods = tuple(each for each in METHODS if each in (rule.methods or ()))
            words = (getdoc(view) or "").partition("\n")[0]
            yield rule, RouteLine(rule.endpoint, rule.rule, methods, declared, words)


def _template(rule: Rule) -> str:
    """The path with its arguments in braces."""
    return "".join(
        f"{{{part}}}" if is_dynamic else part
        for is_dynamic, part in rule._trace  # noqa: SLF001 - how werkzeug itself writes a rule out
        if part != "|"
    )


def _operation(rule: Rule, line: RouteLine) -> Json:
    sends = line.methods[0] != "GET"
    told: Json = {
        "operationId": line.endpoint,
        "summary": line.words,
        "tags": [line.endpoint.partition(".")[0]],
        "parameters": [*_arguments(rule), *([] if sends else _questions(line.rule))],
        "responses": _answers(line),
        "security": _security(line.rule),
        "x-signaal-roles": sorted(str(role) for role in line.rule.roles),
        "x-signaal-purpose": str(line.rule.purpose),
        "x-signaal-within": line.rule.within.value,
    }
    if sends:
        told["requestBody"] = _body(line.rule)
    return told


def _arguments(rule: Rule) -> list[Json]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": _schema_of(rule, name),
        }
        for name in sorted(rule.arguments)
    ]


def _schema_of(rule: Rule, name: str) -> Json:
    converter = rule._converters[name]  # noqa: SLF001 - kept nowhere else
    if isinstance(converter, AnyConverter):
        return {"type": "string", "enum": sorted(converter.items)}
    return dict(CONVERTERS.get(type(converter), CONVERTERS[UnicodeConverter]))


def _questions(rule: RouteRule) -> list[Json]:
    return [
        {"name": each.name, "in": "query", "required": each.required, "schema": _schema(each)}
        for each in rule.takes
    ]


def _schema(field: Field) -> Json:
    if field.choices:
        return {"type": "string", "enum": [str(choice) for choice in field.choices]}
    return {"type": "string", "maxLength": field.longest}


def _body(rule: RouteRule) -> Json:
    fields = (*rule.takes, *(() if rule.purpose == Purpose.CARRY else (TOKEN,)))
    schema: Json = {
        "type": "object",
        "properties": {each.name: _schema(each) for each in fields},
        "required": [each.name for each in fields if each.required],
    }
    return {"required": bool(schema["required"]), "content": {FORM: {"schema": schema}}}


def _answers(line: RouteLine) -> Json:
    codes: tuple[int, ...] = _ALWAYS
    if line.rule.purpose == Purpose.CARRY:
        codes = _TO_THE_CARRIER
    elif line.methods[0] != "GET":
        codes = (*_ALWAYS, *_ON_SENDING)
    return {str(code): {"description": ANSWERS[code]} for code in sorted(codes)}


def _security(rule: RouteRule) -> list[Json]:
    if rule.purpose == Purpose.CARRY:
        return [{"signature": []}]
    if EVERYONE in rule.roles and rule.within is not Within.ORGANISATION:
        return []
    return [{"session": []}]


def _cookie(app: Flask) -> str:
    return str(app.config["SESSION_COOKIE_NAME"])
