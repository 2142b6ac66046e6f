import csv
import gzip
import io
import json
import re
from dataclasses import replace

from openpyxl import load_workbook
from pytest import fixture, mark
from sqlalchemy import text

from signaal.hotspots import actions
from signaal.hotspots.web import ROWS_ON_PAPER
from signaal.intake.model import Kind
from signaal.places.store import NeighbourhoodRow
from signaal.resources import STATIC
from tests.hotspots.towns import build, pages, report

TEAM = {"X-Role": "team_member"}
COORDINATOR = {"X-Role": "coordinator"}
POLICE = {"X-Role": "police_officer"}
POLICY = {"X-Role": "policy_officer"}


@fixture
def client(services):
    return pages(services).test_client()


@fixture
def town(services):
    """Blocks with 12, 7, 4 and 0 reporters of nuisance, and 6 of concern in the fourth."""
    blocks = build(services)
    for block, times in zip(blocks, (12, 7, 4), strict=False):
        report(services, block, times=times)
    report(services, blocks[3], times=6, kind=Kind.CONCERN)
    actions.refresh(services)
    return blocks


def rows_of(html) -> list[list[str]]:
    body = html.split("<tbody>")[1].split("</tbody>")[0]
    return [
        [
            " ".join(re.sub(r"<[^>]+>", " ", cell).split())
            for cell in re.split(r"</t[dh]>", row)[:-1]
        ]
        for row in re.split(r"<tr [^>]+>", body)[1:]
    ]


def told(answer) -> dict[str, dict]:
    packed = gzip.decompress(answer.data) if answer.content_encoding == "gzip" else answer.data
    return {
        each["properties"]["name"]: each["properties"] for each in json.loads(packed)["features"]
    }


def test_the_table_shows_what_stands_out_first_in_classes(client, town) -> None:
    rows = rows_of(client.get("/kaart", headers=TEAM).text)
    assert len(rows) == 20
    name, area, dwellings, reporters, rate, compared = rows[0]
    assert (name, area, dwellings) == ("8021 AA", "Noord, Rozenbuurt", "50")
    assert reporters == "10–19"
    assert re.fullmatch(r"\d+–\d+", rate)
    assert compared == "minstens 6 keer"
    assert [row[3] for row in rows] == ["10–19", "5–9", *["minder dan 5"] * 18]
    assert {row[4] for row in rows[2:]} == {"–"}
    assert {row[5] for row in rows[2:]} == {"te weinig meldingen"}


def test_a_coordinator_sees_numbers_from_three_up(client, town) -> None:
    rows = rows_of(client.get("/kaart", headers=COORDINATOR).text)
    assert [row[3] for row in rows] == ["12", "7", "4", *["minder dan 3"] * 17]


def test_map_and_table_hold_the_same_figures(client, town) -> None:
    for role in (TEAM, COORDINATOR):
        rows = rows_of(client.get("/kaart", headers=role).text)
        shapes = told(client.get("/kaart/blokken.json", headers=role))
        assert len(shapes) == len(rows) == 20
        for name, area, dwellings, reporters, _rate, compared in rows:
            *figures, level = shapes[name]["lines"]
            assert figures == [area, f"{dwellings} woningen", f"{reporters} melders"]
            assert level.startswith(compared)


def test_the_kind_can_be_chosen(client, town) -> None:
    rows = rows_of(client.get("/kaart?soort=concern", headers=TEAM).text)
    assert [row[3] for row in rows][:2] == ["5–9", "minder dan 5"]


def test_the_period_can_be_chosen(client, town) -> None:
    html = client.get("/kaart?periode=1", headers=TEAM).text
    assert '<option value="1" selected>' in html
    assert {row[3] for row in rows_of(html)} == {"minder dan 5"}


@mark.parametrize(
    ("sort", "first"),
    [("blok", "8021 AA"), ("melders&volgorde=af", "8021 AA"), ("wijk", "8021 AB")],
)
def test_every_heading_sorts_without_javascript(client, town, sort, first) -> None:
    html = client.get(f"/kaart?sort={sort}", headers=TEAM).text
    assert rows_of(html)[0][0] == first
    assert html.count("aria-sort=") == 1


def test_sorting_by_what_is_hidden_is_not_possible(client, town) -> None:
    rows = rows_of(client.get("/kaart?sort=melders&volgorde=af", headers=TEAM).text)
    hidden = [(row[1], row[0]) for row in rows if row[3] == "minder dan 5"]
    assert hidden == sorted(
        hidden, key=lambda row: (row[0].endswith("Lindebuurt"), row[1]), reverse=True
    )


def test_the_page_says_what_it_is_and_what_it_is_not(client, town) -> None:
    html = client.get("/kaart", headers=TEAM).text
    assert "Weinig meldingen betekent niet: weinig problemen." in html
    assert "Cijfers van 16-11-2026 09:00" in html
    assert "elke minuut ververst" in html


def test_no_style_or_handler_stands_in_the_page(client, town) -> None:
    for path in ("/kaart", "/blok/BU01930100-8021AA"):
        html = client.get(path, headers=COORDINATOR).text
        assert not re.search(r"\sstyle=|\son\w+=|<style", html)
        scripts = re.findall(r"<script[^>]*>", html)
        assert all('nonce="nonce"' in each or "src=" in each for each in scripts)


@mark.parametrize("page", ["9999", "-3", "veel"])
def test_a_page_that_the_table_does_not_have_is_the_nearest_one(client, town, page) -> None:
    html = client.get(f"/kaart?pagina={page}", headers=TEAM).text
    assert len(rows_of(html)) == 20
    assert "nog geen blokken" not in html


def test_paper_is_told_how_many_rows_it_leaves_out(client, services) -> None:
    build(services, blocks=57)
    actions.refresh(services)
    html = client.get("/kaart", headers=TEAM).text
    assert "Op papier staan 50 van de 57 blokken. De andere 7 staan op het scherm." in html
    sheet = (STATIC / "signaal.css").read_text(encoding="utf-8")
    assert f"#figures tbody tr:nth-child(n + {ROWS_ON_PAPER + 1})" in sheet


def test_a_short_table_is_printed_whole(client, town) -> None:
    assert "Op papier" not in client.get("/kaart", headers=TEAM).text


@mark.parametrize("query", ["soort=alles", "periode=x", "periode=-1", "periode=0b1", "periode=²"])
def test_a_question_that_makes_no_sense_is_refused(client, town, query) -> None:
    assert client.get(f"/kaart?{query}", headers=TEAM).status_code == 400


def test_a_period_before_the_first_is_not_there(client, town) -> None:
    assert client.get("/kaart?periode=13", headers=TEAM).status_code == 404


def test_a_police_officer_sees_nuisance_only(client, town) -> None:
    assert client.get("/kaart", headers=POLICE).status_code == 200
    for kind in ("concern", "arrears"):
        for path in ("/kaart", "/kaart/blokken.json"):
            assert client.get(f"{path}?soort={kind}", headers=POLICE).status_code == 403


def test_before_the_first_refresh_the_page_asks_for_patience(client) -> None:
    for path in ("/kaart", "/kaart/blokken.json", "/blok/x"):
        answer = client.get(path, headers=TEAM)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")


def test_the_shapes_are_small_and_kept_nowhere(client, town) -> None:
    answer = client.get("/kaart/blokken.json", headers={**TEAM, "Accept-Encoding": "gzip"})
    assert answer.content_encoding == "gzip"
    assert answer.mimetype == "application/geo+json"
    assert "ETag" not in answer.headers


def test_leaflet_comes_from_this_host_and_may_be_kept(client) -> None:
    for name in ("leaflet.js", "leaflet.css"):
        with client.get(f"/static/leaflet/{name}") as answer:
            assert answer.status_code == 200
            assert "max-age=31536000" in answer.headers["Cache-Control"]
    assert client.get("/static/leaflet/../__init__.py").status_code == 404
    assert client.get("/static/leaflet/unknown.js").status_code == 404


def test_the_files_hold_what_the_table_shows(client, town) -> None:
    for role in (TEAM, COORDINATOR, POLICY):
        rows = rows_of(client.get("/kaart", headers=role).text)
        told = client.get("/kaart/tabel.csv", headers=role)
        lines = list(csv.DictReader(io.StringIO(told.data.decode("utf-8-sig")), delimiter=";"))
        book = client.get("/kaart/tabel.xlsx", headers=role)
        heads, *cells = load_workbook(io.BytesIO(book.data), read_only=True).active.values
        for made in (lines, [dict(zip(heads, each, strict=True)) for each in cells]):
            assert [(each["Blok"], str(each["Woningen"]), each["Melders"]) for each in made] == [
                (name, homes, count) for name, _, homes, count, _, _ in rows
            ]
            assert [each["Per 1.000 woningen"] for each in made] == [row[4] for row in rows]


def test_a_file_is_kept_nowhere_on_its_way_and_has_a_name(client, town) -> None:
    answer = client.get("/kaart/tabel.csv?soort=concern&periode=1", headers=POLICY)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"] == (
        'attachment; filename="signaal-concern-2026-08-31.csv"'
    )
    assert answer.mimetype == "text/csv"


def test_that_figures_were_taken_is_on_record(client, town, services) -> None:
    for path in ("/kaart/tabel.csv?periode=2", "/kaart/tabel.xlsx"):
        assert client.get(path, headers=POLICY).status_code == 200
    with services.database.reading() as session:
        lines = session.execute(text("SELECT act, role, purpose, details FROM audit_entry")).all()
    taken = [line for line in lines if line[0] == "figures_exported"]
    assert [(role, purpose) for _, role, purpose, _ in taken] == [
        ("policy_officer", "early_warning")
    ] * 2
    assert "csv" in str(taken[0][3])
    assert "xlsx" in str(taken[1][3])


@mark.parametrize(
    ("query", "status"),
    [("soort=alles", 400), ("periode=13", 404), ("periode=x", 400), ("soort=arrears", 403)],
)
def test_a_file_that_makes_no_sense_or_is_not_allowed_is_refused(
    client, town, services, query, status
) -> None:
    for shape in ("csv", "xlsx"):
        answer = client.get(f"/kaart/tabel.{shape}?{query}", headers=POLICY)
        assert answer.status_code == status
    with services.database.reading() as session:
        assert session.execute(text("SELECT count(*) FROM audit_entry")).scalar_one() == 0


def test_a_name_that_looks_like_a_formula_is_words_in_a_file(client, services) -> None:
    build(services, blocks=2)
    with services.database.session() as session, session.begin():
        session.get(NeighbourhoodRow, "BU01930100").name = '=HYPERLINK("http://example.org")'
    actions.refresh(services)
    told = client.get("/kaart/tabel.csv", headers=POLICY).data.decode("utf-8-sig")
    assert "'=HYPERLINK" in told
    book = load_workbook(io.BytesIO(client.get("/kaart/tabel.xlsx", headers=POLICY).data))
    assert {cell.data_type for row in book.active.iter_rows() for cell in row} <= {"s", "n"}


def test_other_districts_are_in_no_shape(client, town) -> None:
    elsewhere = {**TEAM, "X-Districts": "WK019302"}
    page = client.get("/kaart", headers=elsewhere).text
    assert "8021 AA" not in page
    assert "U ziet de blokken van uw eigen wijken." in page
    assert told(client.get("/kaart/blokken.json", headers=elsewhere)) == {}
    assert "8021" not in client.get("/kaart/tabel.csv", headers=elsewhere).text
    assert client.get("/blok/BU01930100-8021AA", headers=elsewhere).status_code == 403
    assert client.get("/blok/BU01930100-9999ZZ", headers=elsewhere).status_code == 404


def test_who_reads_no_reports_is_told_which_weeks_these_are(client, town) -> None:
    words = "U ziet hele perioden van vier weken. Die zijn voor iedereen gelijk."
    assert words in client.get("/kaart", headers=POLICY).text
    assert words not in client.get("/kaart", headers=TEAM).text
    block = client.get("/blok/BU01930100-8021AA", headers=POLICY).text
    assert "in de laatste hele periode van vier weken" in block


def test_a_page_asks_the_database_nothing(client, town, services) -> None:
    from sqlalchemy import event

    asked = []

    def listen(*arguments: object) -> None:
        asked.append(arguments[2])

    event.listen(services.database.engine, "before_cursor_execute", listen)
    for path in ("/kaart", "/kaart/blokken.json", "/buurten"):
        assert client.get(path, headers=TEAM).status_code == 200
    event.remove(services.database.engine, "before_cursor_execute", listen)
    assert asked == []


def test_without_the_layer_of_arrears_no_page_speaks_of_them(services, town) -> None:
    off = services.settings.model_copy(update={"arrears_layer": False})
    client = pages(replace(services, settings=off)).test_client()

    assert client.get("/kaart?soort=arrears", headers=TEAM).status_code == 403
    assert "soort=arrears" not in client.get("/kaart", headers=TEAM).text
    (code, *_) = re.findall(r'data-block="([^"]+)"', client.get("/kaart", headers=TEAM).text)
    assert "chterstand" not in client.get(f"/blok/{code}", headers=TEAM).text
