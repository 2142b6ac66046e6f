"""The invented reports: does plain counting show the truths that are planted in them?"""

import csv
import gzip
import tomllib
from collections import Counter, defaultdict

import numpy as np
import pytest
from scipy.spatial import Voronoi

from signaal.places import actions as places
from signaal.places.model import AddressWords, PlaceFound
from signaal.resources import ALERTS, GEODATA

DEMO = GEODATA / "demo"
WEEKS = 112
WINDOWS = WEEKS - 3
"""Stretches of four weeks in a row."""


@pytest.fixture(scope="module")
def reports():
    return table("reports.csv.gz")


@pytest.fixture(scope="module")
def truths():
    listed = tomllib.loads((DEMO / "truths.toml").read_text(encoding="utf-8"))["truths"]
    return {truth["name"]: truth for truth in listed}


@pytest.fixture(scope="module")
def heard(reports):
    """Reporters per postcode and kind and week back."""
    return people(reports)


def table(name):
    with gzip.open(DEMO / name, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def people(reports):
    found = defaultdict(lambda: defaultdict(set))
    for row in reports:
        found[row["postcode"], row["kind"]][int(row["week_back"])].add(row["reporter"])
    return found


def in_four_weeks(weeks, latest):
    """Distinct reporters in four weeks in a row, of which `latest` is the last."""
    return len(set().union(*(weeks.get(latest + back, ()) for back in range(4))))


def hot_windows(place):
    """Four weeks in a row that lie wholly within the time that a place is hot."""
    return range(place["to_week_back"], place["from_week_back"] - 2)


def test_reports_cover_two_fixed_years_and_lie_at_homes_that_exist(reports):
    homes = {
        (row["postcode"], row["huisnummer"], row["huisletter"] or row["huisnummertoevoeging"])
        for row in table("addresses.csv.gz")
    }
    assert {int(row["week_back"]) for row in reports} == set(range(WEEKS))
    assert all(
        (row["postcode"], row["number"], row["letter_or_addition"]) in homes for row in reports
    )


def test_reports_use_the_closed_list_of_categories(reports):
    known = tomllib.loads((ALERTS / "categories.toml").read_text(encoding="utf-8"))["categories"]

    assert {(row["category"], row["kind"]) for row in reports} <= {
        (entry["code"], entry["kind"]) for entry in known
    }
    assert {row["urgency"] for row in reports} <= {"acute", "urgent", "normal"}
    assert {row["channel"] for row in reports} <= {"sms", "web", "voice", "staff"}


def test_every_report_has_a_moment_that_exists_once_on_the_clock(reports):
    for row in reports:
        assert 0 <= int(row["day"]) <= 6
        assert 0 <= int(row["minute"]) < 24 * 60
        assert not 120 <= int(row["minute"]) < 180


def test_a_fresh_demo_rings_nobodys_phone(reports):
    assert {row["urgency"] for row in reports if row["week_back"] == "0"} == {"normal"}


def test_an_unidentified_reporter_wrote_on_the_web(reports):
    assert {row["channel"] for row in reports if row["identified"] == "0"} == {"web"}


def test_the_truths_are_the_five_that_were_promised(truths):
    assert sorted(truth["shape"] for truth in truths.values()) == [
        "fading", "false_alarm", "lasting", "lasting", "spreading",
    ]  # fmt: skip
    assert truths["nachtlawaai"]["places"][0]["postcode"] == "8021AC"


def test_hot_places_have_enough_reporters_in_any_four_weeks(truths, heard):
    for truth in truths.values():
        if truth["shape"] not in {"lasting", "spreading"}:
            continue
        least, most = truth["reporters_per_four_weeks"]
        for place in truth["places"]:
            weeks = heard[place["postcode"], truth["kind"]]
            counts = [in_four_weeks(weeks, latest) for latest in hot_windows(place)]
            assert min(counts) >= least
            assert max(counts) <= most + 3


def test_hot_places_have_enough_identified_reporters_whatever_day_the_demo_starts(truths, reports):
    known = people([row for row in reports if row["identified"] == "1"])
    first_night = people(
        [
            row
            for row in reports
            if (row["week_back"], row["day"], row["identified"]) == ("0", "0", "1")
            and int(row["minute"]) < 120
        ]
    )
    for truth in truths.values():
        for place in truth["places"]:
            if place["to_week_back"] == 0:
                key = place["postcode"], truth["kind"]
                assert len(first_night[key][0]) >= 8
                assert all(in_four_weeks(known[key], latest) >= 8 for latest in range(1, 5))


def test_one_hotspot_began_half_a_year_ago_and_one_lasts_all_year(truths, heard):
    young = truths["nachtlawaai"]["places"][0]
    weeks = heard[young["postcode"], "nuisance"]
    assert all(in_four_weeks(weeks, latest) <= 3 for latest in range(24, WINDOWS))
    assert truths["zorgen-galerij"]["places"][0]["from_week_back"] == 51


def test_trouble_reaches_one_place_after_another(truths, heard):
    places = truths["jongeren-trekken-op"]["places"]
    starts = [place["from_week_back"] for place in places]
    assert starts == sorted(starts, reverse=True)
    for place in places:
        weeks = heard[place["postcode"], "nuisance"]
        before = place["from_week_back"] + 1
        assert all(in_four_weeks(weeks, latest) <= 3 for latest in range(before, WINDOWS))


def test_trouble_goes_to_a_place_beside_one_that_had_it(truths):
    homes = [row for row in table("addresses.csv.gz") if row["nevenadres"] == "f"]
    cells = Voronoi(np.array([(float(row["x"]), float(row["y"])) for row in homes]))
    beside = {
        frozenset((homes[one]["postcode"], homes[other]["postcode"]))
        for one, other in cells.ridge_points
    }
    codes = [place["postcode"] for place in truths["jongeren-trekken-op"]["places"]]
    for step, code in enumerate(codes[1:], start=1):
        assert any(frozenset((code, earlier)) in beside for earlier in codes[:step])


def test_the_faded_place_was_hot_and_is_quiet_now(truths, heard):
    place = truths["afval-opgelost"]["places"][0]
    weeks = heard[place["postcode"], "nuisance"]

    assert all(in_four_weeks(weeks, latest) >= 8 for latest in range(27, 43))
    assert all(in_four_weeks(weeks, latest) <= 3 for latest in range(17))


def test_fifty_reports_of_one_angry_neighbour_are_one_reporter(truths, reports, heard):
    place = truths["boze-melder"]["places"][0]
    there = [
        row
        for row in reports
        if row["postcode"] == place["postcode"] and 1 <= int(row["week_back"]) <= 6
    ]
    loudest = max({row["reporter"] for row in there}, key=[r["reporter"] for r in there].count)
    count = sum(row["reporter"] == loudest for row in there)

    assert count == 50
    assert in_four_weeks(heard[place["postcode"], "nuisance"], 1) <= 4


def test_everywhere_else_stays_well_under_five_reporters(truths, reports):
    planted = {place["postcode"] for truth in truths.values() for place in truth["places"]}
    everything = defaultdict(lambda: defaultdict(set))
    for row in reports:
        everything[row["postcode"]][int(row["week_back"])].add(row["reporter"])
    for postcode, weeks in everything.items():
        if postcode not in planted:
            assert max(in_four_weeks(weeks, latest) for latest in range(WINDOWS)) <= 3


def test_the_background_is_about_a_third_of_a_voice_per_place_and_four_weeks(truths, reports):
    planted = {place["postcode"] for truth in truths.values() for place in truth["places"]}
    voices = {
        (row["postcode"], row["reporter"], int(row["week_back"]) // 4)
        for row in reports
        if row["postcode"] not in planted
    }
    places = {row["postcode"] for row in table("addresses.csv.gz")} - planted
    kinds = [row["kind"] for row in reports if row["postcode"] not in planted]

    assert 0.2 < len(voices) / len(places) / (WEEKS / 4) < 0.4
    assert kinds.count("nuisance") > kinds.count("concern") > kinds.count("arrears") > 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_loader_makes_each_planted_postcode_a_block_of_its_own(services, truths):
    loaded = places.load_town(services, DEMO)
    planted = [place["postcode"] for truth in truths.values() for place in truth["places"]]
    homes = Counter(row["postcode"] for row in table("addresses.csv.gz"))

    assert loaded.kept["neighbourhoods"] == 14
    assert set(loaded.left_out) == {"water", "not_a_dwelling", "secondary_address"}
    assert not loaded.mended
    with services.database.reading() as session:
        blocks = {block.code: block for block in places.block_layer(session)}
        found = [places.find_place(session, AddressWords(postcode=code)) for code in planted]
    assert len(blocks) > 400
    assert sum(block.small for block in blocks.values()) == 2
    assert all(isinstance(place, PlaceFound) for place in found)
    assert [blocks[place.block_code].dwellings for place in found] == [
        homes[code] for code in planted
    ]
