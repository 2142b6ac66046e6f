"""What a browser draws: shapes that it may keep, and figures that it may not."""

import gzip
import json
from functools import lru_cache
from hashlib import sha256
from typing import Any

import numpy as np
from flask import Response, abort, make_response, request
from flask import send_from_directory as send_file_of
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from numpy.typing import NDArray

from signaal.access.model import Purpose
from signaal.errors import NotAllowed
from signaal.hotspots import actions
from signaal.hotspots.actions import NO_END, MapFigures, Names, Rows
from signaal.hotspots.map import Ground, Shapes, collection, feature
from signaal.hotspots.model import LOOKERS, BlockFigure, Level, Rate, Shown
from signaal.hotspots.numbers.counts import IntArray
from signaal.hotspots.web.choosing import asked_for
from signaal.hotspots.web.colours import COLOURS
from signaal.hotspots.web.door import blueprint
from signaal.hotspots.web.signs import Sign, reached_lately, sign_name, sign_of, signs_of
from signaal.hotspots.web.words import block_name, level_name, per_thousand, reporters
from signaal.web import EVERYONE, Field, Within, open_to, services, visitor

YEAR_SECONDS = 365 * 24 * 3600
KEPT_BY_THE_BROWSER = "private, max-age=604800, immutable"
"""For a week, under an address that changes with the blocks; shapes, never figures."""
KEY_SIGNS = 12
QUICK = 6
"""How hard gzip tries with figures, which are made anew with every snapshot."""


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
    return _kept(_outlines(_shapes(), _own_districts()), key=outlines_key())


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
    packed = _columns(figures.rows, reached_lately(figures), _shapes(), str(get_locale()))
    return _gzipped(packed, mimetype="application/json")


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


def outlines_key() -> str:
    """Changes with the blocks and with the visitor's districts.

    A browser keeps the outlines: who comes next at the same screen may have other districts.
    """
    codes = " ".join(_own_districts())
    return f"{_shapes().key}-{sha256(codes.encode()).hexdigest()[:KEY_SIGNS]}"


def _own_districts() -> tuple[str, ...]:
    return tuple(code for code in _shapes().codes_of if visitor().covers(code))


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


@lru_cache(maxsize=16)
def _columns(rows: Rows, reached: frozenset[str], shapes: Shapes, _language: str) -> bytes:
    """Small numbers in the order of the shapes, and the words that they stand for."""
    out, level = _and_none(rows.stands_out), _and_none(rows.level)
    sign = _and_none(signs_of(rows, reached=reached))
    count, counts = _counts_said(rows)
    rate, rates = _rates_said(rows)
    told = {}
    for district, at in _drawn(rows.names, shapes).items():
        some = int(out[at].sum())
        told[district] = {
            "out": some,
            "said": ngettext("%(num)s blok valt op", "%(num)s blokken vallen op", some),
            "level": _digits(level[at]),
            "sign": _digits(sign[at]),
            "count": count[at].tolist(),
            "rate": rate[at].tolist(),
        }
    whole = {
        "layer": shapes.key,
        "levels": [
            {"words": level_name(level), "colour": COLOURS[level], "out": level.stands_out}
            for level in Level
        ],
        "signs": [{"key": each.value, "words": sign_name(each)} for each in Sign],
        "counts": counts,
        "rates": rates,
        "districts": told,
    }
    text = json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
    return gzip.compress(text.encode(), QUICK, mtime=0)


@lru_cache(maxsize=8)
def _drawn(names: Names, shapes: Shapes) -> dict[str, IntArray]:
    """The number of the row of each shape, by district; the last for one without figures yet."""
    inside, none = set(names.district[0]), len(names.blocks)
    return {
        district: np.array([names.index.get(code, none) for code in codes], dtype=np.int64)
        for district, codes in shapes.codes_of.items()
        if district in inside
    }


def _and_none(values: NDArray[Any]) -> NDArray[Any]:
    """The same with a zero at the end, for a shape without figures."""
    return np.append(values, np.zeros(1, dtype=values.dtype))


def _digits(values: NDArray[np.int8]) -> str:
    """Numbers below ten as one text."""
    return (values + ord("0")).astype(np.uint8).tobytes().decode()


def _counts_said(rows: Rows) -> tuple[IntArray, list[str]]:
    """Which of a few texts stands for the reporters of each row; the first for none."""
    key = np.stack([rows.low, rows.high, rows.hidden.astype(np.int64)], axis=1)
    different, which = np.unique(key @ _KEYS, return_index=True, return_inverse=True)[1:]
    seen = (
        Shown(low, None if high == NO_END else high, hidden=bool(hidden))
        for low, high, hidden in key[different].tolist()
    )
    texts = ["", *(_("%(count)s melders", count=reporters(each)) for each in seen)]
    return _and_none(which + 1), texts


_KEYS = np.array([1 << 34, 2, 1])
"""Makes one number of a count's two ends and whether it is hidden."""


def _rates_said(rows: Rows) -> tuple[IntArray, list[str]]:
    """Which of some texts stands for the rate of each row; the first for none."""
    said = np.flatnonzero(~rows.hidden)
    top = np.where(rows.high == NO_END, -1.0, rows.rate_high)
    different, which = np.unique(rows.rate_low[said] + 1j * top[said], return_inverse=True)
    texts = {"": 0}
    places = []
    for both in different.tolist():
        rate = Rate(both.real, None if both.imag < 0 else both.imag)
        words = _("%(rate)s per 1.000 woningen", rate=per_thousand(rate))
        places.append(texts.setdefault(words, len(texts)))
    rate_of = np.zeros(len(rows), dtype=np.int64)
    rate_of[said] = np.array(places, dtype=np.int64)[which]
    return _and_none(rate_of), list(texts)


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
