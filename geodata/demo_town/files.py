"""The town written down in the shapes in which official sources publish a real one."""

import csv
import gzip
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import geopandas
import pyogrio
import shapely
from pyproj import Transformer

from demo_town.doors import Address
from demo_town.plan import (
    DISTRICTS,
    MUNICIPALITY,
    MUNICIPALITY_NAME,
    NEIGHBOURHOODS,
    PROVINCE,
    Ground,
)

YEAR = 2026
MADE_AT = "2026-01-05T00:00:00Z"
"""Stands in the GeoPackage instead of the moment of making, so that the same town is one file."""
SECRET = -99997
NOT_YET_KNOWN = -99995
PEOPLE_PER_HOME = 2.1
WATER_DISTRICT = "WK902199"
WATER_NEIGHBOURHOOD = "BU90219997"
ID_PREFIX = "0000"
"""No municipality has this code, and the zeros are lost where an id is read as a number."""

ADDRESS_COLUMNS = (
    "openbareruimte", "huisnummer", "huisletter", "huisnummertoevoeging", "postcode", "woonplaats",
    "gemeente", "provincie", "nummeraanduiding", "verblijfsobjectgebruiksdoel",
    "oppervlakteadresseerbaarobject", "verblijfsobjectstatus", "object_id", "object_type",
    "nevenadres", "pandid", "pandstatus", "pandbouwjaar", "x", "y", "lon", "lat",
    "verkorteopenbareruimte",
)  # fmt: skip

Row = dict[str, object]


def write_neighbourhoods(path: Path, ground: Ground, addresses: Sequence[Address]) -> None:
    """Municipality, districts and neighbourhoods as CBS and PDOK publish them."""
    homes = Counter(address.neighbourhood for address in addresses if address.is_dwelling)
    postcodes = {
        place.code: _commonest(a.postcode for a in addresses if a.neighbourhood == place.code)
        for place in NEIGHBOURHOODS
    }
    path.unlink(missing_ok=True)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": MADE_AT})
    try:
        for name, rows in {
            "gemeenten": _municipality(ground, homes),
            "wijken": _districts(ground, homes),
            "buurten": _neighbourhoods(ground, homes, postcodes),
        }.items():
            frame = geopandas.GeoDataFrame(rows, geometry="geom", crs="EPSG:28992")
            frame.to_file(path, layer=name, driver="GPKG", engine="pyogrio", promote_to_multi=True)
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def _municipality(ground: Ground, homes: Counter[str]) -> list[Row]:
    head: Row = {"gemeentecode": MUNICIPALITY, "gemeentenaam": MUNICIPALITY_NAME}
    land = shapely.union_all(list(ground.neighbourhoods.values()))
    return [
        {**head, "water": "NEE", **_figures(homes.total(), land, dry=True)},
        {**head, "water": "JA", **_figures(0, ground.water, dry=False)},
    ]


def _districts(ground: Ground, homes: Counter[str]) -> list[Row]:
    rows: list[Row] = []
    for district in DISTRICTS:
        codes = [place.code for place in NEIGHBOURHOODS if place.district == district.code]
        land = shapely.union_all([ground.neighbourhoods[code] for code in codes])
        count = sum(homes[code] for code in codes)
        rows.append(
            {**_district_head(district.code, district.name), **_figures(count, land, dry=True)}
        )
    return [
        *rows,
        {
            **_district_head(WATER_DISTRICT, "", water="JA"),
            **_figures(0, ground.water, dry=False),
        },
    ]


def _district_head(code: str, name: str, *, water: str = "NEE") -> Row:
    return {
        "wijkcode": code,
        "wijknaam": name,
        "gemeentecode": MUNICIPALITY,
        "gemeentenaam": MUNICIPALITY_NAME,
        "indelingswijziging_wijken_en_buurten": 1,
        "water": water,
    }


def _neighbourhoods(ground: Ground, homes: Counter[str], postcodes: dict[str, str]) -> list[Row]:
    rows = [
        {
            **_neighbourhood_head(place.code, place.name, place.district),
            "meest_voorkomende_postcode": postcodes[place.code][:4],
            "jrstatcode": f"{YEAR}{place.code}",
            **_figures(homes[place.code], ground.neighbourhoods[place.code], dry=True),
        }
        for place in NEIGHBOURHOODS
    ]
    wet = {
        **_neighbourhood_head(WATER_NEIGHBOURHOOD, "", WATER_DISTRICT, water="JA"),
        "meest_voorkomende_postcode": None,
        "jrstatcode": f"{YEAR}{WATER_NEIGHBOURHOOD}",
        **_figures(0, ground.water, dry=False),
    }
    return [*rows, wet]


def _neighbourhood_head(code: str, name: str, district: str, *, water: str = "NEE") -> Row:
    return {
        "buurtcode": code,
        "buurtnaam": name,
        "wijkcode": district,
        "gemeentecode": MUNICIPALITY,
        "gemeentenaam": MUNICIPALITY_NAME,
        "indelingswijziging_wijken_en_buurten": 1,
        "water": water,
    }


def _figures(homes: int, area: shapely.MultiPolygon, *, dry: bool) -> Row:
    """Counts rounded to 5, and the codes that CBS writes where a figure is missing."""
    hectares = round(area.area / 10_000)
    known = dry and homes > 0
    people = 5 * round(homes * PEOPLE_PER_HOME / 5)
    tiny = homes < 10  # noqa: PLR2004 - CBS withholds what would describe a handful of homes
    households = 5 * round(homes * 0.97 / 5)
    return {
        "bevolkingsdichtheid_inwoners_per_km2": round(people * 100 / hectares) if known else SECRET,
        "aantal_inwoners": people if known else SECRET,
        "aantal_huishoudens": households if known else SECRET,
        "gemiddelde_huishoudsgrootte": 2.2 if known and not tiny else float(SECRET),
        "woningvoorraad": homes if known else SECRET,
        "gemiddelde_woningwaarde": NOT_YET_KNOWN,
        "percentage_huurwoningen": NOT_YET_KNOWN if known and not tiny else SECRET,
        "perc_huurwoningen_in_bezit_woningcorporaties": NOT_YET_KNOWN
        if known and not tiny
        else SECRET,
        "oppervlakte_totaal_in_ha": hectares,
        "oppervlakte_land_in_ha": hectares if dry else 0,
        "oppervlakte_water_in_ha": 0 if dry else hectares,
        "jaar": YEAR,
        "geom": area,
    }


def write_addresses(path: Path, addresses: Sequence[Address]) -> None:
    """All addresses as NLExtract publishes them, packed."""
    to_degrees = Transformer.from_crs("EPSG:28992", "EPSG:4326", always_xy=True)
    lons, lats = to_degrees.transform([a.x for a in addresses], [a.y for a in addresses])
    rows = []
    for index, (address, lon, lat) in enumerate(zip(addresses, lons, lats, strict=True), start=1):
        rows.append(_address_row(address, index, (float(lon), float(lat))))
        if index % 2500 == 0:
            rows.append(_second_entrance(rows[-1], index))
    write_table(path, ADDRESS_COLUMNS, rows)


def _address_row(address: Address, index: int, place: tuple[float, float]) -> Row:
    moored = address.is_mooring
    return {
        "openbareruimte": address.street,
        "huisnummer": address.number,
        "huisletter": address.letter,
        "huisnummertoevoeging": address.addition,
        "postcode": address.postcode,
        "woonplaats": MUNICIPALITY_NAME,
        "gemeente": MUNICIPALITY_NAME,
        "provincie": PROVINCE,
        "nummeraanduiding": f"{ID_PREFIX}20{index:010d}",
        "verblijfsobjectgebruiksdoel": "" if moored else address.use,
        "oppervlakteadresseerbaarobject": "" if moored else address.surface,
        "verblijfsobjectstatus": "" if moored else "Verblijfsobject in gebruik",
        "object_id": f"{ID_PREFIX}{'02' if moored else '01'}{index:010d}",
        "object_type": "LIG" if moored else "VBO",
        "nevenadres": "f",
        "pandid": "" if moored else f"{ID_PREFIX}10{address.building:010d}",
        "pandstatus": "" if moored else "Pand in gebruik",
        "pandbouwjaar": "" if moored else address.year,
        "x": f"{address.x:.2f}",
        "y": f"{address.y:.2f}",
        "lon": f"{place[0]:.6f}",
        "lat": f"{place[1]:.6f}",
        "verkorteopenbareruimte": address.street[:24],
    }


def _second_entrance(row: Row, index: int) -> Row:
    """A second address of the same dwelling: one home, so nobody may count it twice."""
    number = f"{ID_PREFIX}20{9_000_000_000 + index:010d}"
    return {**row, "huisnummertoevoeging": "ACHT", "nummeraanduiding": number, "nevenadres": "t"}


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """A packed CSV with semicolons whose bytes depend on the rows alone."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, delimiter=";", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(gzip.compress(text.getvalue().encode(), compresslevel=9, mtime=0))


def _commonest(values: Iterable[str]) -> str:
    return Counter(values).most_common(1)[0][0]
