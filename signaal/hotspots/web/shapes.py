"""What a browser draws: shapes that it may keep, and figures that it may not."""

import gzip
import json
from functools import lru_cache

from flask import Response, abort, make_response, request
from flask import send_from_directory as send_file_of
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _

from signaal.access.model import Purpose
from signaal.errors import NotAllowed
from signaal.hotspots import actions
from signaal.hotspots.map import Ground, Shapes, collection, feature
from signaal.hotspots.model import LOOKERS, BlockFigure, Level, MapFigures
from signaal.hotspots.web.choosing import asked_for
from signaal.hotspots.web.colours import COLOURS
from signaal.hotspots.web.door import blueprint
from signaal.hotspots.web.signs import Sign, reached_lately, sign_name, sign_of
from signaal.hotspots.web.words import block_name, level_name, per_thousand, reporters
from signaal.web import EVERYONE, Field, Within, open_to, services, visitor

YEAR_SECONDS = 365 * 24 * 3600
KEPT_BY_THE_BROWSER = "private, max-age=604800, immutable"
"""For a week, under an address that changes with the blocks; shapes, never figures."""
LEVELS, SIGNS = list(Level), list(Sign)


@blueprint.get("/kaart/blokken.json")
@open_to(*LOOKERS, purpose=Purpose.EARLY_WARNING, within=Within.DISTRICT)
def blocks() -> Response:
    """Shapes with the figures that this role may see, as GeoJSON; of one district if asked."""
    period, kind = asked_for()
    figures = actions.map_figures(services(), period=period, kind=kind, visitor=visitor())
    district = request.args.get("wijk", "")
    if district:
        _check_district(district)
    return _gzipped(_with_figures(figures, _shapes(), district, str(get_locale())))


@blueprint.get("/kaart/wijken.json")
@open_to(*LOOKERS, purpose=Purpose.EARLY_WARNING, within=Within.DISTRICT)
def districts() -> Response:
    """The outlines of the visitor's districts, with how many blocks each has."""
    codes = tuple(code for code in _shapes().codes_of if visitor().covers(code))
    return _kept(_outlines(_shapes(), codes), key=f"{_shapes().key}-{len(codes)}")


@blueprint.get("/kaart/vormen.json")
@open_to(
    *LOOKERS,
    purpose=Purpose.EARLY_WARNING,
    within=Within.DISTRICT,
    takes=(Field("wijk", required=True),),
)
def district_shapes() -> Response:
    """The shapes of the blocks of one district, without any figure."""
    district = request.args.get("wijk", "")
    _check_district(district)
    return _kept(_blocks_of(_shapes(), district), key=f"{_shapes().key}-{district}")


@blueprint.get("/kaart/cijfers.json")
@open_to(*LOOKERS, purpose=Purpose.EARLY_WARNING, within=Within.DISTRICT)
def figures_only() -> Response:
    """The figures of all blocks of the visitor, in the order of the shapes and without them."""
    period, kind = asked_for()
    figures = actions.map_figures(services(), period=period, kind=kind, visitor=visitor())
    return _gzipped(_columns(figures, _shapes(), str(get_locale())), mimetype="application/json")


@blueprint.get("/kaart/ondergrond.json")
@open_to(*LOOKERS, purpose=Purpose.EARLY_WARNING)
def ground() -> Response:
    """Surroundings, water and main streets, where they were loaded."""
    found = actions.ground(services())
    if found is None:
        abort(404)
    return _kept(_packed_ground(found), key=found.key)


@blueprint.get("/static/leaflet/<path:name>")
@open_to(EVERYONE, purpose=Purpose.SHOW)
def leaflet_file(name: str) -> Response:
    """Leaflet's own files, from the package that brings them."""
    from xstatic.pkg import leaflet

    return send_file_of(leaflet.BASE_DIR, name, max_age=YEAR_SECONDS)


def _shapes() -> Shapes:
    return actions.shapes(services())


def _check_district(code: str) -> None:
    if not visitor().covers(code):
        raise NotAllowed("district")
    if code not in _shapes().codes_of:
        abort(404)


def _gzipped(packed: bytes, *, mimetype: str = "application/geo+json") -> Response:
    small = request.accept_encodings.quality("gzip") > 0
    response = make_response(packed if small else gzip.decompress(packed))
    if small:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Content-Type"] = mimetype
    response.headers["Vary"] = "Accept-Encoding"
    return response


def _kept(packed: bytes, *, key: str) -> Response:
    """Shapes, which are the same for everybody who may see them."""
    response = _gzipped(packed)
    response.headers["Cache-Control"] = KEPT_BY_THE_BROWSER
    response.set_etag(key, weak=True)
    response.make_conditional(request)
    return response


# -- made once for each block layer ---------------------------------------------------------


@lru_cache(maxsize=8)
def _outlines(shapes: Shapes, codes: tuple[str, ...]) -> bytes:
    features = []
    for code in codes:
        one = json.loads(shapes.district_of[code])
        one["properties"]["blocks"] = len(shapes.codes_of[code])
        features.append(json.dumps(one, ensure_ascii=False, separators=(",", ":")))
    return gzip.compress(collection(features), mtime=0)


@lru_cache(maxsize=256)
def _blocks_of(shapes: Shapes, district: str) -> bytes:
    told = []
    for code in shapes.codes_of[district]:
        _district, area, dwellings = shapes.about[code]
        about = {
            "code": code,
            "name": block_name(code),
            "area": area,
            "dwellings": dwellings,
            "at": shapes.centres[code],
        }
        told.append(feature(shapes.geometries[code], properties=about))
    around = shapes.outlines_of.get(district, ())
    return gzip.compress(collection(told, neighbourhoods=around), mtime=0)


@lru_cache(maxsize=2)
def _packed_ground(found: Ground) -> bytes:
    return gzip.compress(found.text, mtime=0)


# -- made once for each snapshot, view and language -----------------------------------------


@lru_cache(maxsize=32)
def _columns(figures: MapFigures, shapes: Shapes, _language: str) -> bytes:
    """Small numbers in the order of the shapes, and the words that they stand for."""
    rows = {row.block.code: row for row in figures.rows}
    reached = reached_lately(figures)
    counts: dict[str, int] = {}
    rates: dict[str, int] = {}
    inside = {row.block.district_code for row in figures.rows}
    told = {}
    for district, codes in shapes.codes_of.items():
        if district not in inside:
            continue
        seen = [rows.get(code) for code in codes]
        out = sum(row is not None and row.level.stands_out for row in seen)
        told[district] = {
            "out": out,
            "said": ngettext("%(num)s blok valt op", "%(num)s blokken vallen op", out),
            "level": "".join(str(LEVELS.index(row.level) if row else 0) for row in seen),
            "sign": "".join(
                str(SIGNS.index(sign_of(row, reached=reached)) if row else 0) for row in seen
            ),
            "count": [_index(counts, reporters(row.reporters) if row else "") for row in seen],
            "rate": [_index(rates, per_thousand(row.rate) if row else "") for row in seen],
        }
    whole = {
        "layer": shapes.key,
        "levels": [
            {"words": level_name(level), "colour": COLOURS[level], "out": level.stands_out}
            for level in LEVELS
        ],
        "signs": [{"key": sign.value, "words": sign_name(sign)} for sign in SIGNS],
        "counts": [_("%(count)s melders", count=words) for words in counts],
        "rates": [
            _("%(rate)s per 1.000 woningen", rate=words) if words != "–" else "" for words in rates
        ],
        "districts": told,
    }
    text = json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
    return gzip.compress(text.encode(), mtime=0)


def _index(known: dict[str, int], words: str) -> int:
    return known.setdefault(words, len(known))


@lru_cache(maxsize=16)
def _with_figures(figures: MapFigures, shapes: Shapes, district: str, _language: str) -> bytes:
    reached = reached_lately(figures)
    told = (
        feature(geometry, properties=_properties(row, sign_of(row, reached=reached)))
        for row in figures.rows
        if (geometry := shapes.geometries.get(row.block.code))
        and (not district or row.block.district_code == district)
    )
    inside = {row.block.district_code for row in figures.rows}
    outlines = [
        text
        for code, texts in shapes.outlines_of.items()
        if code in inside and (not district or code == district)
        for text in texts
    ]
    return gzip.compress(collection(told, neighbourhoods=outlines), mtime=0)


def _properties(row: BlockFigure, sign: Sign) -> dict[str, object]:
    return {
        "code": row.block.code,
        "name": block_name(row.block.code),
        "colour": COLOURS[row.level],
        "out": row.level.stands_out,
        "sign": sign.value,
        "lines": [
            f"{row.block.district}, {row.block.neighbourhood}",
            _("%(count)s woningen", count=row.block.dwellings),
            _("%(count)s melders", count=reporters(row.reporters)),
            level_name(row.level),
        ],
    }
