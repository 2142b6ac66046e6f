"""The list of the week, judging, the sheet for the meeting, and how good it was, by role."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from flask.testing import FlaskClient
from pytest import fixture
from sqlalchemy import event
from sqlmodel import select

from signaal.access import actions as access
from signaal.access.model import Role
from signaal.access.web.door import SESSION_SECRET
from signaal.alerting import actions
from signaal.alerting.actions.figures import take_in
from signaal.alerting.model import LONGEST_REASON, TOLD_ROLES, Origin, Verdict
from signaal.alerting.store import LookRow, WeekPlaceRow
from signaal.app import create_app
from signaal.clock import start_of
from signaal.hotspots import actions as hotspots
from tests.alerting.warnings import POLICY, WEEK, figure, found, group, uid, with_policy
from tests.hotspots import towns

REASON = "De portiekdeur staat al weken open"
NORTH = frozenset({"WK1"})


@dataclass
class House:
    """The application around services, with browsers for people of several roles."""

    services: object
    app: object

    def enter(self, role: str, *, districts=NORTH) -> FlaskClient:
        client = self.app.test_client()
        secret = access.start_demo_session(self.services, role=Role(role), districts=districts)
        with client.session_transaction() as session:
            session[SESSION_SECRET] = secret
        return client

    def places(self, district="WK1", *, week=WEEK) -> list[WeekPlaceRow]:
        with self.services.database.reading() as session:
            rows = session.exec(
                select(WeekPlaceRow)
                .where(WeekPlaceRow.district_code == district, WeekPlaceRow.week == week)
                .order_by(WeekPlaceRow.position)
            ).all()
            session.expunge_all()
        return list(rows)

    def looks(self) -> list[LookRow]:
        with self.services.database.reading() as session:
            rows = session.exec(select(LookRow)).all()
            session.expunge_all()
        return list(rows)


def house_around(services) -> House:
    app = create_app(services)
    app.config["WTF_CSRF_ENABLED"] = False
    return House(services, app)


@fixture
def house(services, clock) -> House:
    clock.set(start_of(WEEK) + timedelta(days=1))
    return house_around(with_policy(services))


@fixture
def listed(house) -> House:
    """A list with one block that stands out, 9 reporters, and a warning around it."""
    figures = [
        figure("B03", weekly=(4, 0, 0, 0, 9), found=True) if each.block.code == "B03" else each
        for each in town_with("B03")
    ]
    take_in(house.services, found(group("B03", weeks=5, observed=13), figures=figures))
    return house


def town_with(*busy) -> list:
    return [
        figure(f"B{at:02}", district="WK1" if at < 20 else "WK2")
        if f"B{at:02}" not in busy
        else figure(f"B{at:02}", weekly=(9,), found=True, district="WK1" if at < 20 else "WK2")
        for at in range(30)
    ]


def judge(client, place, *, district="WK1", verdict="worth_it", reason=REASON, **more):
    form = {"verdict": verdict, "reason": reason, **more}
    return client.post(f"/lijst/{district}/{place}/gekeken", data=form)


def text_of(answer) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


@contextmanager
def counted(services) -> Iterator[list[str]]:
    asked: list[str] = []

    def listen(*heard: object) -> None:
        if not str(heard[2]).startswith("BEGIN"):  # SQLite is told when a transaction begins
            asked.append(str(heard[2]))

    event.listen(services.database.engine, "before_cursor_execute", listen)
    try:
        yield asked
    finally:
        event.remove(services.database.engine, "before_cursor_execute", listen)


# -- who may see what ---------------------------------------------------------------------------


def test_only_who_sees_weekly_figures_gets_a_list_and_the_others_hear_why_not(listed) -> None:
    for role in Role:
        client = listed.enter(role)
        answer = client.get("/lijst")
        if role in TOLD_ROLES:
            assert answer.status_code == 303, role
            assert answer.headers["Location"] == "/lijst/WK1", role
            continue
        for path in ("/lijst", "/lijst/WK1", "/lijst/WK1/blad"):
            refused = client.get(path)
            assert refused.status_code == 403, (role, path)
            assert "Deze pagina is er om vroeg te zien waar iets speelt." in refused.text
            assert "B03" not in refused.text


def test_a_team_member_reads_classes_and_a_coordinator_reads_numbers(listed) -> None:
    for path in ("/lijst/WK1", "/lijst/WK1/blad"):
        words = text_of(listed.enter("team_member").get(path))
        assert "5–9" in words
        assert ("10–19" in words) == path.endswith("/blad"), "the warning's"
        for exact in ("hier 9 mensen", ": 13 melders", " 9 2", "250 blokken"):
            assert exact not in words, path
    coordinator = listed.enter("coordinator")
    words = text_of(coordinator.get("/lijst/WK1"))
    assert "In vier weken meldden zich hier 9 mensen." in words
    assert "Met de blokken ernaast" not in words
    assert "hoogstens bij één op de 100 blokken voor" in words
    assert ": 13 melders sinds " in text_of(coordinator.get("/lijst/WK1/blad"))


def test_the_list_says_openly_that_places_were_drawn_and_of_none_that_it_was(listed) -> None:
    answer = listed.enter("team_member").get("/lijst/WK1")
    assert "minstens één op de 5 plekken is geloot" in text_of(answer)
    assert "Weinig meldingen betekent niet: weinig problemen." in text_of(answer)
    assert Origin.DRAWN in {row.listed_as for row in listed.places()}
    rows = answer.text.split('<ol class="places">')[1].split("</ol>")[0]
    for told in ("geloot", "drawn", "hotspot", "warning"):
        assert told not in rows
    shapes = {" ".join(re.findall(r"<[a-z0-9]+", row)) for row in rows.split("<li ")[1:]}
    assert len(shapes) == 1, "each row is built in the same way"


def test_another_district_is_closed_and_one_without_a_list_is_not_there(listed) -> None:
    team = listed.enter("team_member")
    assert team.get("/lijst/WK2").status_code == 403
    assert team.get("/lijst/WK2/blad").status_code == 403
    everywhere = listed.enter("coordinator", districts=None)
    assert everywhere.get("/lijst/WK2").status_code == 200
    assert everywhere.get("/lijst/WK9").status_code == 404
    assert everywhere.get("/lijst/WK9/blad").status_code == 404


def test_before_the_first_figures_the_page_says_that_there_is_no_list_yet(house) -> None:
    assert "is er nog niet" in house.enter("team_member").get("/lijst").text


def test_a_quiet_district_has_drawn_places_only_and_says_the_same_of_them(house) -> None:
    take_in(house.services, found(figures=town_with()))
    words = text_of(house.enter("team_member").get("/lijst/WK1"))
    assert words.count("Ik heb hier gekeken") == len(house.places()) > 0
    assert "In een rustige week zijn dat er meer." in words


def test_the_pages_are_there_in_english_too(listed) -> None:
    client = listed.enter("coordinator")
    for path in ("/lijst/WK1", "/lijst/WK1/blad", "/hoe-goed"):
        page = client.get(path, query_string={"taal": "en"})
        if page.status_code == 503:  # without figures
            continue
        assert '<html lang="en">' in page.text
    assert "The list of the week" in client.get("/lijst/WK1?taal=en").text


# -- judging ------------------------------------------------------------------------------------


def test_a_judgement_is_kept_shown_at_its_place_and_seen_by_colleagues(listed) -> None:
    place, *_ = listed.places()
    team = listed.enter("team_member")
    answer = judge(team, place.id)
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith(f"?opgeslagen={place.id}#plek-{place.id}")
    card = team.get(answer.headers["Location"]).text.split(f'id="plek-{place.id}"')[1]
    card = card.split("</li>\n  <li")[0]
    for words in ("Opgeslagen. Dank u.", "Ja, hier is aandacht nodig", "(u)", REASON):
        assert words in card
    assert "Mijn oordeel veranderen" in card
    other = text_of(listed.enter("coordinator").get("/lijst/WK1"))
    assert f"Ja, hier is aandacht nodig (Wijkteam): {REASON}" in other
    sheet = text_of(listed.enter("coordinator").get("/lijst/WK1/blad"))
    assert REASON in sheet


def test_the_same_judgement_twice_is_one_and_a_correction_replaces_it_on_the_page(listed) -> None:
    place, *_ = listed.places()
    team = listed.enter("team_member")
    judge(team, place.id)
    assert judge(team, place.id).status_code == 303
    assert len(listed.looks()) == 1
    judge(team, place.id, verdict="not_worth_it", reason="De deur is gemaakt")
    words = text_of(team.get("/lijst/WK1"))
    assert "Nee, hier is niets bijzonders (u): De deur is gemaakt" in words
    assert REASON not in words


FAULTS = (
    ({"verdict": ""}, "Kies eerst een van de drie antwoorden.", "verdict"),
    ({"verdict": "perhaps"}, "Kies eerst een van de drie antwoorden.", "verdict"),
    ({"reason": " \n"}, "Schrijf op waarom, in hoogstens 500 tekens.", "reason"),
    ({"reason": "e" * 501}, "Schrijf op waarom, in hoogstens 500 tekens.", "reason"),
)


def test_what_is_missing_is_said_beside_it_and_nothing_typed_is_lost(listed) -> None:
    place, *_ = listed.places()
    team = listed.enter("team_member")
    for filled_in, sentence, where in FAULTS:
        answer = judge(team, place.id, **filled_in)
        assert answer.status_code == 422
        assert answer.text.count(sentence) == 2, "at the top, and beside the field"
        assert f'href="#{where}-{place.id}"' in answer.text
        assert f'id="error-{place.id}"' in answer.text
        assert answer.text.count("autofocus") == 1
        card = answer.text.split(f'id="plek-{place.id}"')[1].split("</form>")[0]
        assert re.search(r"<details[^>]* open>", card)
        typed = {"verdict": "worth_it", "reason": REASON, **filled_in}
        assert typed["reason"].strip() in card
        assert bool(re.search(r" checked[ >]", card)) == (typed["verdict"] in set(Verdict))
    assert listed.looks() == []


def test_a_reason_as_long_as_a_browser_lets_it_be_is_kept_with_its_lines(listed) -> None:
    place, *_ = listed.places()
    reason = "Regel\r\n" * 80 + "e" * 20
    assert len(reason.replace("\r\n", "\n")) == LONGEST_REASON
    assert judge(listed.enter("team_member"), place.id, reason=reason).status_code == 303
    assert judge(listed.enter("team_member"), place.id, reason="e" * 1001).status_code == 413


def test_a_place_of_another_district_is_refused_and_an_unknown_one_is_not_there(listed) -> None:
    elsewhere, *_ = listed.places("WK2")
    team = listed.enter("team_member")
    assert judge(team, elsewhere.id).status_code == 403
    assert judge(team, elsewhere.id, district="WK2").status_code == 403
    assert judge(team, uid(7)).status_code == 404
    assert judge(team, elsewhere.id, reason="").status_code == 404
    assert judge(team, "nothing").status_code == 404
    for role in ("police_officer", "policy_officer"):
        assert judge(listed.enter(role), listed.places()[0].id).status_code == 403
    assert listed.looks() == []


def test_a_list_that_was_open_when_a_new_week_began_still_takes_its_judgements(listed) -> None:
    place, *_ = listed.places()
    team = listed.enter("team_member")
    take_in(listed.services, found(week=WEEK + 1, sign="b", figures=town_with()))
    wrong = judge(team, place.id, reason="", week=str(WEEK))
    assert wrong.status_code == 422
    assert f'id="plek-{place.id}"' in wrong.text
    done = judge(team, place.id, week=str(WEEK))
    assert done.status_code == 303
    assert "Opgeslagen. Dank u." in team.get(done.headers["Location"]).text
    assert [look.place_id for look in listed.looks()] == [place.id]


# -- the sheet ----------------------------------------------------------------------------------


def test_the_sheet_holds_its_own_district_once_with_room_to_write(listed) -> None:
    page = listed.enter("coordinator", districts=None).get("/lijst/WK1/blad").text
    codes = [row.block_code for row in listed.places()]
    assert re.findall(r'scope="row">([^<]+)<', page) == codes
    assert page.count('class="to-write"') == len(codes)
    assert "B25" not in page
    assert page.count("<h1") == 1
    assert "Waarschuwingen in deze wijk" in page


def test_the_sheet_names_every_warning_of_its_district_on_a_line_and_none_of_another(house) -> None:
    short = with_policy(house.services, replace(POLICY, list_length=5))
    many = [group(f"B{at:02}", recurrence_weeks=900.0 + at) for at in range(6)]
    wide = group("B14", "B15", "B16", "B17", "B25", observed=20)
    take_in(short, found(*many, wide, group("B28"), figures=town_with()))
    assert len(house.places()) == 5
    everywhere = house.enter("coordinator", districts=None)
    page = everywhere.get("/lijst/WK1/blad").text
    lines = [" ".join(each.split()) for each in re.findall(r"<li>(Overlast, .*?)</li>", page)]
    assert [line.split(":")[0] for line in sorted(lines)] == [
        *(f"Overlast, B{at:02}" for at in range(6)),
        "Overlast, B14, B15 en nog 2",
    ]
    assert all(len(line) < 95 for line in lines)
    assert "16 of meer melders sinds 16 nov 2026, gewoon ongeveer 2,5." in page
    assert "B28" not in page
    other = everywhere.get("/lijst/WK2/blad").text
    assert "Overlast, B28: 9 melders" in other
    assert "Overlast, B25: 4 of meer melders" in other


# -- what the database is asked -------------------------------------------------------------------


def test_pages_ask_the_database_as_much_for_a_long_list_as_for_a_short_one(house, clock) -> None:
    team = house.enter("team_member")
    short = with_policy(house.services, replace(POLICY, list_length=5))
    take_in(short, found(group("B00"), figures=town_with("B03")))
    few = {path: statements(house, team, path) for path in ("/lijst/WK1", "/lijst/WK1/blad")}
    clock.turn(weeks=1)
    groups = [group(f"B{at:02}", week=WEEK + 1, recurrence_weeks=900.0) for at in range(12)]
    longer = with_policy(house.services, replace(POLICY, list_length=20))
    take_in(longer, found(*groups, week=WEEK + 1, sign="b", figures=town_with("B15", "B16")))
    rows = house.places(week=WEEK + 1)
    assert len(rows) >= 12
    for role in TOLD_ROLES:
        for row in rows:
            judge(house.enter(role), row.id)
    again = house.enter("team_member")
    many = {path: statements(house, again, path) for path in few}
    assert (many, few) == (few, {"/lijst/WK1": 7, "/lijst/WK1/blad": 9})


def statements(house, client, path) -> int:
    client.get(path)  # the first visit after a while also writes that the session lives
    with counted(house.services) as asked:
        assert client.get(path).status_code == 200
    return len(asked)


# -- on a town with figures: the block and how good it was ----------------------------------------


@fixture
def town(services) -> House:
    """A town in which the first block has had much more than usual for two weeks."""
    blocks = towns.build(services, blocks=12)
    for week in range(8, 60, 4):
        for block in blocks:
            towns.report(services, block, weeks_ago=week)
    for weeks_ago in (0, 1):
        towns.report(services, blocks[0], times=9, weeks_ago=weeks_ago)
    made = with_policy(services, towns.RULES)
    hotspots.refresh(made)
    actions.consider_figures(made)
    return house_around(made)


def test_the_block_shows_what_was_done_with_it_to_who_sees_the_list(town) -> None:
    here = frozenset({"WK019301"})
    place, *_ = town.places("WK019301", week=town_week(town))
    page = f"/blok/{place.block_code}"
    team = town.enter("team_member", districts=here)
    before = statements(town, team, page)
    for role in TOLD_ROLES:
        client = town.enter(role, districts=here)
        assert judge(client, place.id, district="WK019301").status_code == 303
        for again in range(3):
            judge(client, place.id, district="WK019301", reason=f"{REASON} {again}")
    words = text_of(team.get(page))
    assert "Wat mensen zagen die hier keken" in words
    assert f"Ja, hier is aandacht nodig (u): {REASON} 2" in words
    assert f"Ja, hier is aandacht nodig (Coördinator): {REASON} 2" in words
    assert f"{REASON} 1" not in words, "a correction stands in for what was said before"
    assert (statements(town, team, page), before) == (5, 5)
    officer = town.enter("policy_officer", districts=here)
    closed = text_of(officer.get(page))
    assert REASON not in closed
    assert "Waarschuwingen met dit blok" not in closed
    assert statements(town, officer, page) == 2, "who signed in, and alarms; figures are frozen"


def town_week(town) -> int:
    return hotspots.snapshot_info(town.services).week


def test_how_good_it_was_is_for_the_coordinator_alone(town) -> None:
    for role in Role:
        status = town.enter(role, districts=None).get("/hoe-goed").status_code
        assert status == (200 if role == "coordinator" else 403), role
    coordinator = town.enter("coordinator", districts=None)
    words = text_of(coordinator.get("/hoe-goed"))
    for expected in ("nog geen oordelen", "nog niet te zeggen", "Hoe gelijk is het verdeeld?"):
        assert expected in words
    assert "niet beter dan loten. Bekijk" not in words
    few = statements(town, coordinator, "/hoe-goed")
    judge_all_alike(town)
    words = text_of(coordinator.get("/hoe-goed"))
    assert "Overlast: de waarschuwingen doen het niet beter dan loten." in words
    assert "5 van 25 (7" in words
    assert (statements(town, coordinator, "/hoe-goed"), few) == (5, 5)


def judge_all_alike(town) -> None:
    """Of 25 warnings and of 25 drawn places, 5 were worth it."""
    week = town_week(town)
    with town.services.database.session() as session, session.begin():
        for number in range(50):
            place = WeekPlaceRow(
                week=week - 1,
                district_code="WK019301",
                position=number,
                block_code=f"B{number}",
                kind="nuisance",
                listed_as=Origin.WARNING if number < 25 else Origin.DRAWN,
                is_new=False,
                neighbourhood="Rozenbuurt",
                dwellings=40,
                reporters=5,
                expected=2.0,
            )
            session.add(place)
            session.flush()
            session.add(
                LookRow(
                    place_id=place.id,
                    person_id=uid(1),
                    role="team_member",
                    verdict=Verdict.WORTH_IT if number % 25 < 5 else Verdict.NOT_WORTH_IT,
                    reason="zo",
                    at=town.services.clock.now(),
                )
            )
