"""The yearly figures of neighbourhoods, for everybody to read."""

from flask import Response, abort, make_response, render_template

from signaal.access.model import Purpose, sight_of
from signaal.errors import UnknownPlace
from signaal.hotspots import actions
from signaal.hotspots.model import AREA_KINDS
from signaal.hotspots.web.door import blueprint
from signaal.privacy.model import Precision
from signaal.web import EVERYONE, open_to, services, visitor


@blueprint.get("/buurten")
@open_to(EVERYONE, purpose=Purpose.EXPLAIN)
def show_areas() -> Response:
    """A table for each district."""
    figures = actions.year_figures(services(), visitor=visitor())
    return make_response(
        render_template(
            "hotspots/areas.html", figures=figures, kinds=AREA_KINDS, numbers=_sees_numbers()
        )
    )


@blueprint.get("/buurten/<code>")
@open_to(EVERYONE, purpose=Purpose.EXPLAIN)
def show_neighbourhood(code: str) -> Response:
    """One neighbourhood in words."""
    try:
        area, district, figures = actions.neighbourhood_year(
            services(), code=code, visitor=visitor()
        )
    except UnknownPlace:
        abort(404)
    return make_response(
        render_template(
            "hotspots/neighbourhood.html",
            area=area,
            district=district,
            figures=figures,
            kinds=AREA_KINDS,
            numbers=_sees_numbers(),
        )
    )


def _sees_numbers() -> bool:
    return sight_of(visitor().role).areas is Precision.EXACT
