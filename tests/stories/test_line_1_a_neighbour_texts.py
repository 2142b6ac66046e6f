"""A neighbour texts: heard at once, answered, followed by code, and seen on the map."""

import re
from datetime import timedelta

from signaal.access.model import Role
from signaal.oncall.model import CaseResult, CaseState
from signaal.simulator.phones import answers
from tests.stories.stage import (
    ANOTHER_NEIGHBOUR,
    DIENST_A,
    DIENST_B,
    LINE,
    NEIGHBOUR,
    WIJKTEAM,
    code_in,
    line_of,
)

BLOCK = "BU90210100-8021AC"
MONDAY_EVENING = timedelta(hours=11)  # after the 10:00 at which the stories begin


def reporters_on_the_map(visitor) -> list[str]:
    """What the map tells of the block when one points at it."""
    collection = visitor.get("/kaart/blokken.json?soort=nuisance").json()
    told = {
        feature["properties"]["code"]: feature["properties"] for feature in collection["features"]
    }
    return told[BLOCK]["lines"]


def test_a_text_message_becomes_a_report_a_receipt_and_one_more_voice_on_the_map(stage) -> None:
    coordinator, colleague = stage.visitor(Role.COORDINATOR), stage.visitor(Role.TEAM_MEMBER)
    before = int(line_of(coordinator.page("/kaart?soort=nuisance"), BLOCK).reporters)

    stage.text("8021 AC 14 al weken herrie 's nachts")
    receipt = stage.reply("uw melding is binnen", "Bij gevaar: bel 112")
    status = stage.visitor().follow(code_in(receipt))
    stage.refresh()
    exact = line_of(coordinator.page("/kaart?soort=nuisance"), BLOCK)
    in_classes = line_of(colleague.page("/kaart?soort=nuisance"), BLOCK)

    assert "Uw melding is binnen" in status
    assert re.search(r"Buurt (\w+)", status)[1] in exact.place
    assert exact.reporters == str(before + 1)
    assert f"{before + 1} melders" in reporters_on_the_map(coordinator)
    low, high = (int(end) for end in in_classes.reporters.split("–"))
    assert low <= before + 1 <= high
    assert (low, high) in {(5, 9), (10, 19)}
    assert f"{in_classes.reporters} melders" in reporters_on_the_map(colleague)
    assert "minstens 12 keer" in in_classes.compared
    assert in_classes.compared == exact.compared


def test_one_angry_neighbour_with_many_messages_stays_one_voice(stage) -> None:
    coordinator = stage.visitor(Role.COORDINATOR)
    before = int(line_of(coordinator.page("/kaart?soort=nuisance"), BLOCK).reporters)
    reports = stage.count("report")

    for _day in range(3):
        stage.text("8021 AC 14 weer herrie, muziek tot diep in de nacht")
        stage.reply("uw melding is binnen")
        stage.network.advance(25 * 3600)  # another day, another report
    stage.refresh()

    coordinator = stage.visitor(Role.COORDINATOR)  # three days later: the session has ended
    after = int(line_of(coordinator.page("/kaart?soort=nuisance"), BLOCK).reporters)
    assert stage.count("report") == reports + 3
    assert after == before + 1


def test_an_unclear_place_is_asked_for_and_the_answer_completes_the_same_report(stage) -> None:
    reports = stage.count("report")

    stage.text("al weken herrie 's nachts, ik slaap niet meer")
    stage.reply("Waar is het?", "postcode en huisnummer", "bel 112")
    stage.text("8021 AC 14")
    receipt = stage.reply("uw melding is binnen")

    assert stage.count("report") == reports + 1
    assert "Nog niet bekend" not in stage.visitor().follow(code_in(receipt))


def test_a_place_that_nobody_finds_is_put_in_front_of_a_person(stage) -> None:
    colleague = stage.visitor(Role.TEAM_MEMBER)

    stage.text("iemand schreeuwt steeds in het trappenhuis")
    stage.reply("Waar is het?")
    stage.text("ja bij ons hier he")
    stage.reply("Stuur alleen postcode en huisnummer")
    stage.text("weet ik niet")
    code = code_in(stage.reply("Een medewerker zoekt"))
    listed = colleague.page("/te-plaatsen")
    (report_id,) = set(_ids_in(listed))
    placed = colleague.send(
        f"/te-plaatsen/{report_id}", seen_at="/te-plaatsen", postcode="8021 AC", number="14"
    )

    assert "iemand schreeuwt steeds in het trappenhuis" in listed
    assert placed.status_code == 303
    assert str(report_id) not in colleague.page("/te-plaatsen")
    assert "Nog niet bekend" not in stage.visitor().follow(code)


def _ids_in(page: str) -> list[str]:
    return re.findall(r'action="/te-plaatsen/([0-9a-f-]{36})"', page)


# -- words of acute danger -------------------------------------------------------------------


def test_acute_words_get_the_numbers_at_once_and_ring_whoever_has_duty_until_one_takes_it(
    stage,
) -> None:
    stage.network.advance(MONDAY_EVENING.total_seconds())
    stage.network.add_phone(DIENST_B, answers(after=3, key="1"))

    stage.text("8021 AC 14 mijn buurman wil een einde aan zijn leven maken")
    stage.reply("Bel nu 112", "0800-0113", "0900-8844", "iemand die dienst heeft")
    page = stage.reply("ACUUT", "Antwoord JA", number=DIENST_A)
    assert stage.network.view(DIENST_A).ringing
    stage.network.read_ring(DIENST_A)
    assert stage.network.decline(DIENST_A)
    stage.let_pass(150)
    stage.reply("ACUUT", number=DIENST_B)
    stage.network.read_ring(DIENST_B)
    case = stage.the_case()

    for sealed in ("8021", "AC 14", NEIGHBOUR, "buurman", "leven"):
        assert sealed not in page
        assert sealed not in " ".join(stage.network.heard(DIENST_B))
    assert (case.state, case.owner) == (CaseState.OWNED, "Dienst B")
    assert any("U hebt dit op u genomen" in said for said in stage.network.heard(DIENST_B))

    stage.text(f"ja {case.code}", number=DIENST_A)
    stage.reply("al opgepakt door Dienst B", number=DIENST_A)
    assert stage.count("inbound_text") == 2


def test_a_paged_contact_takes_the_case_by_reply_rings_back_and_ends_it(stage) -> None:
    stage.network.advance(MONDAY_EVENING.total_seconds())
    stage.network.add_phone(NEIGHBOUR, answers(after=5, key="", talks=90))
    reports = stage.count("report")

    stage.text("er wordt hier iemand mishandeld, 8021 AC 14")
    stage.reply("Bel nu 112")
    stage.reply("ACUUT", number=DIENST_A)
    stage.network.read_ring(DIENST_A)
    stage.network.decline(DIENST_A)
    code = stage.the_case().code
    stage.text(f" JA {code} ", number=DIENST_A)
    stage.reply(f"u hebt {code} op u genomen", LINE, number=DIENST_A)
    assert stage.the_case().state is CaseState.OWNED

    stage.network.call(DIENST_A)
    stage.let_pass(2)
    stage.press(DIENST_A, code)
    stage.let_pass(10)
    stage.network.read_ring(NEIGHBOUR)
    assert stage.network.view(NEIGHBOUR).shown_number == LINE
    assert stage.network.view(NEIGHBOUR).talking_with == LINE
    stage.let_pass(100)
    stage.text(f"klaar {code}", number=DIENST_A)
    stage.reply(f"{code} is afgerond", number=DIENST_A)
    stage.let_pass(1800)

    case = stage.the_case()
    assert (case.state, case.result) == (CaseState.CLOSED, CaseResult.CALLED_BACK)
    assert stage.count("report") == reports + 1
    assert stage.network.times_rung(DIENST_B) == 0


def test_in_office_hours_acute_words_ring_the_wijkteam(stage) -> None:
    stage.text("brand bij 8021 AC 14", number=ANOTHER_NEIGHBOUR)
    stage.reply("Bel nu 112", number=ANOTHER_NEIGHBOUR)

    stage.reply("ACUUT", number=WIJKTEAM)
    stage.network.read_ring(WIJKTEAM)
