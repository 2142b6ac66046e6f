"""The frame in which the map is drawn: folium's, without anything from elsewhere."""

from typing import Any

LEAFLET = "/static/leaflet/"
ROUND_IT = 16
"""Pixels between the town and the edge of the map when it opens."""


def frame(bounds: list[list[float]]) -> tuple[str, str, str]:
    """Folium's map, with our own Leaflet and nothing from elsewhere: header, html, script.

    Args:
        bounds: South-west and north-east of what it shows first, in degrees.
    """
    import folium
    from folium.template import Template

    class TownMap(folium.Map):
        """A map without tiles, styles or scripts of its own in the page."""

        default_js = [("leaflet", f"{LEAFLET}leaflet.js")]  # noqa: RUF012 - folium's own form
        default_css = [("leaflet_css", f"{LEAFLET}leaflet.css")]  # noqa: RUF012
        # Folium's own header forbids zooming and styles the whole page; our sheet does that.
        _template = Template(
            """
            {% macro header(this, kwargs) %}{% endmacro %}
            {% macro html(this, kwargs) %}<div id="{{ this.get_name() }}"></div>{% endmacro %}
            {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = L.map(
                {{ this.get_name()|tojson }}, {{ this.options|tojavascript }}
            );
            {% endmacro %}
            """
        )

        def get_name(self) -> str:
            """The id of the frame, and the name by which our own script finds the map."""
            return "map"

    drawn = TownMap(
        tiles=None,
        prefer_canvas=True,
        zoom_control=False,
        attribution_control=False,
        zoom_snap=0.25,
    )
    drawn.fit_bounds(bounds, padding=(ROUND_IT, ROUND_IT))
    figure: Any = drawn.get_root()
    figure.render()
    return figure.header.render(), figure.html.render(), figure.script.render()
