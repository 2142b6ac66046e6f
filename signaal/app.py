"""Puts the pages together: guard, headers, languages, and pages for when something is wrong."""

import secrets
from datetime import datetime

import structlog
from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    g,
    make_response,
    render_template,
    request,
    session,
)
from flask_babel import Babel, get_locale
from flask_wtf.csrf import CSRFError, CSRFProtect
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from signaal import description, wiring
from signaal.access import actions as access
from signaal.access import web as access_web
from signaal.access.model import Purpose, may_enter
from signaal.access.web import accountability
from signaal.access.web.door import session_secret
from signaal.access.web.log import log_pages
from signaal.alerting import web as alerting_web
from signaal.clock import AMSTERDAM
from signaal.errors import ForgedRequest, NotAllowed, UndeclaredRoute, UnsafeSetting
from signaal.hotspots import web as hotspots_web
from signaal.intake import web as intake_web
from signaal.messages import web as messages_web
from signaal.oncall import actions as oncall
from signaal.oncall import web as oncall_web
from signaal.oncall.model import Alarm
from signaal.places import actions as places
from signaal.resources import STATIC, TEMPLATES, TRANSLATIONS
from signaal.services import Services
from signaal.settings import Settings, read_settings
from signaal.simulator import web as simulator_web
from signaal.simulator.delivery import over_wsgi
from signaal.simulator.network import FakeNetwork
from signaal.visitor import RESIDENT, Visitor
from signaal.web import EVERYONE, RouteRule, open_to, role, rule_of, services, visitor

LANGUAGES = ("nl", "en")
LARGEST_BODY = 64 * 1024
RETRY_SECONDS = "5"
FORM_SECONDS = 8 * 3600
MAP_PAGE = "hotspots.show_map"
"""The one page that may fetch the tiles of another host, where an operator has set one."""
"""How long somebody may take to fill in a form."""
PAGES = (
    access_web.blueprint,
    log_pages,
    accountability.blueprint,
    intake_web.blueprint,
    messages_web.blueprint,
    hotspots_web.blueprint,
    oncall_web.blueprint,
    alerting_web.blueprint,
)
WEBHOOKS = (intake_web.webhooks, messages_web.webhooks, oncall_web.webhooks)

log = structlog.get_logger()


health = Blueprint("health", __name__)


@health.get("/gezond")
@open_to(EVERYONE, purpose=Purpose.RUN)
def is_healthy() -> tuple[str, int]:
    """For monitoring: 200 while the database answers, else 503."""
    services().database.is_up()
    return "gezond\n", 200


def production() -> Flask:
    """The application as a production server starts it, from the environment."""
    wiring.configure_logging()
    settings = read_settings()
    if settings.is_demo:
        raise UnsafeSetting(
            "De demo heeft geen echt aanmelden en draait met `signaal serve`; zet"
            " SIGNAAL_MODE=production. / The demo has no real sign-in and runs with"
            " `signaal serve`; set SIGNAAL_MODE=production."
        )
    house = wiring.build(settings)
    wiring.require_ready(house.services)
    return create_app(house.services)


def create_app(tools: Services, network: FakeNetwork | None = None) -> Flask:
    """The web application around these services.

    Args:
        tools: Everything that actions may use.
        network: The fake telephone network; with it comes the demo's telephone page.

    Raises:
        UndeclaredRoute: A route says neither who may come in nor for which purpose.
    """
    app = Flask("signaal", template_folder=str(TEMPLATES), static_folder=str(STATIC))
    app.config.update(_configuration(tools.settings))
    app.extensions["signaal"] = tools
    hops = tools.settings.trusted_proxies
    if hops:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=0
        )
    Babel(app, locale_selector=_language)
    app.before_request(_guard)  # before the forms are checked: a refusal is a page too
    _register(app, network)
    _refuse_undeclared_routes(app)
    app.after_request(_security_headers)
    app.context_processor(_shell)
    app.template_filter("moment")(_moment)
    _when_something_is_wrong(app)
    return app


def _configuration(settings: Settings) -> dict[str, object]:
    return {
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "MAX_CONTENT_LENGTH": LARGEST_BODY,
        "MAX_FORM_MEMORY_SIZE": LARGEST_BODY,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": not settings.is_demo,
        "SESSION_COOKIE_NAME": "signaal" if settings.is_demo else "__Host-signaal",
        "BABEL_DEFAULT_LOCALE": "nl",
        "BABEL_DEFAULT_TIMEZONE": str(AMSTERDAM),
        "BABEL_TRANSLATION_DIRECTORIES": str(TRANSLATIONS),
        "WTF_CSRF_TIME_LIMIT": FORM_SECONDS,
        "WTF_CSRF_SSL_STRICT": False,  # we send no referrer; the token and SameSite stand guard
    }


def _register(app: Flask, network: FakeNetwork | None) -> None:
    protection = CSRFProtect(app)
    for blueprint in (*PAGES, health, description.blueprint):
        app.register_blueprint(blueprint)
    for webhooks in WEBHOOKS:
        app.register_blueprint(webhooks)
        protection.exempt(webhooks)
    if network is not None:
        network.connect(over_wsgi(app, app.extensions["signaal"].settings.public_url))
        app.extensions["network"] = network
        app.register_blueprint(simulator_web.blueprint)


def _language() -> str:
    asked = request.args.get("taal", "")
    if asked in LANGUAGES:
        session["language"] = asked
    kept = session.get("language")
    return kept or request.accept_languages.best_match(LANGUAGES, default="nl") or "nl"


def _refuse_undeclared_routes(app: Flask) -> None:
    for endpoint, view in app.view_functions.items():
        if endpoint != "static" and rule_of(view) is None:
            raise UndeclaredRoute(f"{endpoint}: say with @open_to who may come in, and why")


def _guard() -> Response | None:
    g.csp_nonce = secrets.token_urlsafe(16)
    if (request.content_length or 0) > LARGEST_BODY:
        abort(413)  # before anything of it is read, also where nobody would read it
    if request.endpoint is None or request.endpoint == "static":
        return None
    g.visitor = _who_asks()
    get_locale()  # a language that is chosen now is kept, also by a page that goes on to another
    rule = rule_of(current_app.view_functions[request.endpoint])
    if rule is None or not _may_use(rule):
        return _why_not(rule)
    _refuse_too_long(rule)
    return None


def _who_asks() -> Visitor:
    secret = session_secret()
    return (access.visitor_of(services(), secret) if secret else None) or RESIDENT


def _may_use(rule: RouteRule) -> bool:
    return may_enter(role=role(), allowed=rule.roles, everyone=EVERYONE)


def _why_not(rule: RouteRule | None, reason: str = "") -> Response:
    """The page that says why somebody can't see this, and what they can do."""
    words = render_template("errors/not_allowed.html", rule=rule, reason=reason)
    return make_response(words, 403)


def _refuse_too_long(rule: RouteRule) -> None:
    """A field beyond its declared length can only come from a program, and goes no further."""
    for each in rule.takes:
        for values in (request.form, request.args):
            if any(len(value) > each.longest for value in values.getlist(each.name)):
                abort(413)


def _security_headers(response: Response) -> Response:
    nonce = g.get("csp_nonce", "")
    tiles = services().settings.tiles_origin if request.endpoint == MAP_PAGE else ""
    images = f"'self' data: {tiles}".strip()
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}';"
        f" img-src {images}; connect-src 'self'; font-src 'self'; form-action 'self';"
        " base-uri 'none'; frame-ancestors 'none'"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "geolocation=(), camera=(), microphone=()"
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if request.endpoint != "static" and "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    return response


def _shell() -> dict[str, object]:
    """What the shell of every page needs: the role, the nonce, and the alarms that stand."""
    settings = services().settings
    return {
        "csp_nonce": g.get("csp_nonce", ""),
        "role": role(),
        "alarms": _standing_alarms() if role() else (),
        "may_act_on_alarms": role() in oncall_web.ACTS,
        "demo": settings.is_demo,
        "language": str(get_locale() or "nl"),
        "line_number": settings.line_number,
        "may_open": _may_open,
        "districts_known": _districts_known,
    }


def _may_open(path: str) -> bool:
    """Whether the visitor's role may open this page: the menu offers no closed doors."""
    try:
        endpoint, _arguments = current_app.url_map.bind("").match(path)
    except HTTPException:
        return False
    rule = rule_of(current_app.view_functions[endpoint])
    return rule is not None and _may_use(rule)


def _districts_known() -> dict[str, str]:
    """The districts by code, for pages of a floor below that of places."""
    with services().database.reading() as reading:
        return places.district_names(reading)


def _standing_alarms() -> tuple[Alarm, ...]:
    try:
        with services().database.reading() as reading:
            return tuple(oncall.standing_alarms(reading, visitor=visitor()))
    except (OperationalError, PoolTimeout):
        return ()  # the page that says that the database is away must still come out


def _bare(template: str) -> str:
    """A page that asks for neither database nor session, as the shell would."""
    return current_app.jinja_env.get_template(template).render()


def _moment(instant: datetime) -> str:
    """An instant as people in Amsterdam write it."""
    return instant.astimezone(AMSTERDAM).strftime("%d-%m-%Y %H:%M")


def _when_something_is_wrong(app: Flask) -> None:
    @app.errorhandler(ForgedRequest)
    def forged(_error: ForgedRequest) -> Response:
        log.warning("webhook refused", endpoint=request.endpoint)
        return make_response("", 403)

    @app.errorhandler(NotAllowed)
    def not_allowed(error: NotAllowed) -> Response:
        rule = rule_of(current_app.view_functions[request.endpoint or ""])
        return _why_not(rule, str(error))

    @app.errorhandler(CSRFError)
    def stale(_error: CSRFError) -> Response:
        return make_response(render_template("errors/stale_form.html"), 400)

    @app.errorhandler(OperationalError)
    @app.errorhandler(PoolTimeout)
    def database_away(_error: Exception) -> Response:
        log.error("database away", endpoint=request.endpoint)
        response = make_response(_bare("errors/away.html"), 503)
        response.headers["Retry-After"] = RETRY_SECONDS
        return response

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Response:
        code = error.code or 500
        return make_response(render_template("errors/refused.html", code=code), code)

    @app.errorhandler(Exception)
    def broken(error: Exception) -> Response:
        log.error(
            "request failed", endpoint=request.endpoint, error=type(error).__name__, exc_info=error
        )
        return make_response(_bare("errors/broken.html"), 500)
