import re
from uuid import UUID

from pytest import fixture, mark

from signaal.alerting.model import WeekRow
from signaal.alerting.web.words import chance_sentence
from signaal.hotspots import actions
from signaal.hotspots.model import Shown
from signaal.intake.model import Kind
from signaal.places.actions import block_layer
from tests.alerting.warnings import with_policy
from tests.hotspots import towns
from tests.hotspots.towns import build, pages, report

TEAM = {"X-Role": "team_member"}
COORDINATOR = {"X-Role": "coordinator"}
POLICE = {"X-Role": "police_officer"}
FIRST = "/blok/BU01930100-8021AA"


@fixture
def services(services):
    return with_policy(services, towns.RULES)


@fixture
def client(services):
    """A town whose first block has 12 reporters of nuisance and, weeks ago, 6 of concern."""
    first, *_, last = build(services)
    report(services, last, weeks_ago=40)
    report(services, first, times=12)
    report(services, first, times=6, weeks_ago=5, kind=Kind.CONCERN)
    actions.refresh(services)
    return pages(services).test_client()


def text_of(answer) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


def test_the_page_says_what_lies_behind_the_colour(client) -> None:
    text = text_of(client.get(FIRST, headers=TEAM))
    assert "Blok 8021 AA" in text
    assert "Rozenbuurt, Noord. 50 woningen." in text
    assert "10–19 melders in de laatste vier weken; in de vier weken daarvoor minder dan 5." in text
    assert "Minstens 12 keer de stad." in text
    assert "26 okt t/m 16 nov 2026" in text
    assert "Weinig meldingen betekent niet: weinig problemen." in text


def test_a_coordinator_sees_the_weeks_and_a_team_member_does_not(client) -> None:
    assert "Per week, 26 weken" in text_of(client.get(FIRST, headers=COORDINATOR))
    assert "12 melders" in text_of(client.get(FIRST, headers=COORDINATOR))
    assert "Per week" not in text_of(client.get(FIRST, headers=TEAM))


def test_weeks_that_would_tell_a_small_number_are_not_drawn(client) -> None:
    html = client.get(FIRST, headers=COORDINATOR).text
    assert "Er is geen week te tonen." in html
    assert "Melders per week" not in html


def test_weeks_are_drawn_where_each_of_four_has_enough(services, client) -> None:
    with services.database.reading() as session:
        first = next(b.id for b in block_layer(session) if FIRST.endswith(b.code))
    for weeks_ago in range(4, 8):
        report(services, first, times=3, weeks_ago=weeks_ago, who=f"week {weeks_ago}")
    actions.refresh(services)
    text = text_of(client.get(FIRST, headers=COORDINATOR))
    assert "Weken zonder balk worden niet getoond." in text
    table = text.split("Tabel per week")[1]
    assert "19 okt t/m 25 okt 2026 3" in table
    assert "9 nov t/m 15 nov 2026 niet getoond" in table


def test_the_trend_is_drawn_and_stands_in_a_table_as_well(client) -> None:
    html = client.get(FIRST, headers=TEAM).text
    drawing = html.split('<svg class="trend"')[1].split("</svg>")[0]
    assert "<title" in drawing
    assert "<desc" in drawing
    assert drawing.count("<g>") == 7
    assert "28 sep t/m 25 okt 2026" in html.split("</svg>")[-1]


def test_kinds_stand_side_by_side(client) -> None:
    text = text_of(client.get(FIRST, headers=TEAM))
    for kind in ("Overlast", "Zorgen", "Huurachterstand"):
        assert kind in text
    concern = text_of(client.get(f"{FIRST}?soort=concern", headers=TEAM))
    assert "Waar de kleur vandaan komt: zorgen" in concern
    assert "in de vier weken daarvoor 5–9." in concern


def test_a_police_officer_finds_nothing_but_nuisance(client) -> None:
    text = text_of(client.get(FIRST, headers=POLICE))
    assert "Overlast" in text
    assert "Zorgen" not in text
    assert "achterstand" not in text
    assert client.get(f"{FIRST}?soort=concern", headers=POLICE).status_code == 403


@mark.parametrize(
    ("path", "status"),
    [
        ("/blok/BU01930100-9999XX", 404),
        ("/blok/%3Cscript%3E", 404),
        (f"{FIRST}?soort=alles", 400),
    ],
)
def test_what_is_not_there_is_said_to_be_not_there(client, path, status) -> None:
    assert client.get(path, headers=TEAM).status_code == status


def test_the_way_back_leads_to_the_block_on_the_map(client) -> None:
    html = client.get(FIRST, headers=TEAM).text
    (link,) = re.findall(r'href="(/kaart\?[^"]+)"', html)
    page = client.get(link.replace("&amp;", "&"), headers=TEAM).text
    assert 'data-chosen="BU01930100-8021AA"' in page
    assert 'aria-current="true"' in page


def test_who_sees_the_running_week_reads_whether_it_is_unusual_for_this_block(client) -> None:
    asked = "Is deze week ongewoon voor dit blok alleen?"
    for role in (TEAM, COORDINATOR):
        assert asked in text_of(client.get(FIRST, headers=role))
    for role in (POLICE, {"X-Role": "policy_officer"}):
        page = text_of(client.get(FIRST, headers=role))
        assert "Blok 8021 AA" in page
        assert asked not in page


def test_each_method_is_a_plain_sentence_with_its_name(services, client) -> None:
    with services.database.reading() as session:
        first = next(b.id for b in block_layer(session) if FIRST.endswith(b.code))
    for weeks_ago in range(8, 60, 4):
        report(services, first, weeks_ago=weeks_ago, who="past")
    actions.refresh(services)
    page = text_of(client.get(FIRST, headers=TEAM))
    assert "Deze week zijn er veel meer melders dan in de weken ervoor (EARS C2)." in page
    assert "Week na week zijn er meer melders dan gewoon (Poisson-CUSUM)." in page


def test_of_few_reporters_the_page_says_that_nothing_can_be_said(client) -> None:
    page = text_of(client.get(f"{FIRST}?soort=concern", headers=TEAM))
    assert "Zorgen : Daar is nu niets over te zeggen: er zijn minder dan 5 melders" in page
    assert "EARS" not in page


@mark.parametrize(
    ("chance", "told"),
    [(1 / 188_573, "180.000"), (1 / 14.4, "14"), (0.001, "1.000"), (0.0, "1.000.000")],
)
def test_a_chance_is_told_in_two_digits_and_never_as_rarer_than_it_is(client, chance, told) -> None:
    with client.application.test_request_context():
        sentence = chance_sentence(row(chance))
    assert f"hoogstens bij één op de {told} blokken" in sentence


def row(chance) -> WeekRow:
    few = Shown(5, 9, hidden=False)
    return WeekRow(
        id=UUID(int=1),
        kind=Kind.NUISANCE,
        block="BU01930100-8021AA",
        neighbourhood="Rozenbuurt",
        dwellings=50,
        reporters=few,
        expected=1.0,
        chance=chance,
        is_new=False,
        looks=(),
    )
