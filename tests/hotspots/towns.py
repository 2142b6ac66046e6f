"""A town of square blocks with figures that are easy to count."""

from datetime import date, timedelta

import shapely
from flask import Flask, g
from flask_babel import Babel
from flask_wtf.csrf import CSRFProtect

from signaal.alerting import web as alerting_web
from signaal.errors import NotAllowed
from signaal.hotspots import web as hotspots_web
from signaal.hotspots.model import FiguresPolicy
from signaal.intake import actions as intake
from signaal.intake.model import Channel, HistoricReport, Kind
from signaal.places.store import BlockRow, DistrictRow, MunicipalityRow, NeighbourhoodRow
from signaal.resources import STATIC, TEMPLATES
from signaal.visitor import Visitor

SIDE = 100.0
RULES = FiguresPolicy(
    owner="Coördinator",
    review_by=date(2027, 6, 1),
    false_discovery_rate=0.05,
    least_reporters=5,
    radius_metres=400.0,
    share_of_dwellings=0.5,
    longest_weeks=8,
    simulations=99,
)
"""The usual rules, with few simulations."""


def square(column: int, row: int) -> bytes:
    x, y = 203_000 + SIDE * column, 502_000 + SIDE * row
    return shapely.box(x, y, x + SIDE, y + SIDE).wkb


def build(services, *, blocks: int = 20, dwellings: int = 50, small: int = 0) -> list[int]:
    """A row of blocks in two neighbourhoods; the last `small` hold 5 dwellings. Their ids."""
    with services.database.session() as session, session.begin():
        session.add(MunicipalityRow(code="GM0193", name="Lindestad"))
        session.flush()
        session.add(DistrictRow(code="WK019301", name="Noord", municipality_code="GM0193"))
        session.flush()
        for number, name in ((0, "Rozenbuurt"), (1, "Lindebuurt")):
            session.add(
                NeighbourhoodRow(
                    code=f"BU0193010{number}",
                    name=name,
                    district_code="WK019301",
                    wkb=square(0, number),
                )
            )
        session.flush()
        rows = [
            BlockRow(
                code=f"BU0193010{place % 2}-8021A{chr(65 + place)}",
                neighbourhood_code=f"BU0193010{place % 2}",
                dwellings=5 if place >= blocks - small else dwellings,
                small=place >= blocks - small,
                wkb=square(place // 2, place % 2),
            )
            for place in range(blocks)
        ]
        session.add_all(rows)
        session.flush()
        return [int(row.id or 0) for row in rows]


def report(
    services, block_id, *, times=1, weeks_ago=0, kind=Kind.NUISANCE, who="neighbour", **more
):
    """So many different reporters, each with one report."""
    moment = services.clock.now() - timedelta(weeks=weeks_ago)
    category = {Kind.NUISANCE: "noise", Kind.CONCERN: "neglect", Kind.ARREARS: "arrears"}[kind]
    reports = [
        HistoricReport(
            received_at=moment,
            kind=kind,
            category=category,
            block_id=block_id,
            reporter_token=f"{who}-{block_id}-{number}",
            **more,
        )
        for number in range(times)
    ]
    with services.database.session() as session, session.begin():
        intake.take_in_history(session, reports)


def looking(role, *, districts=None) -> Visitor:
    """Somebody in this role, in the whole municipality unless districts are given."""
    return Visitor(role=role, districts=districts)


def anonymously() -> dict[str, object]:
    return {"channel": Channel.WEB, "identified": False}


def pages(services) -> Flask:
    """The two blueprints in the real shell, with a visitor whose role stands in a header."""
    app = Flask("signaal", template_folder=str(TEMPLATES), static_folder=str(STATIC))
    app.config.update(SECRET_KEY="for this test only", TESTING=True)
    app.extensions["signaal"] = services
    Babel(app, locale_selector=lambda: "nl")
    CSRFProtect(app)
    app.register_blueprint(hotspots_web.blueprint)
    app.register_blueprint(alerting_web.blueprint)

    @app.before_request
    def enter() -> None:
        from flask import request

        role = request.headers.get("X-Role", "")
        districts = request.headers.get("X-Districts")
        g.role = role
        g.visitor = looking(role, districts=frozenset(districts.split()) if districts else None)
        g.csp_nonce = "nonce"

    @app.context_processor
    def shell() -> dict[str, object]:
        return {
            "csp_nonce": g.csp_nonce,
            "role": g.role,
            "alarms": [],
            "demo": services.settings.is_demo,
            "language": "nl",
            "may_open": lambda path: True,
        }

    @app.errorhandler(NotAllowed)
    def not_allowed(error: NotAllowed) -> tuple[str, int]:
        return str(error), 403

    app.template_filter("moment")(lambda instant: f"{instant:%d-%m-%Y %H:%M}")
    return app
