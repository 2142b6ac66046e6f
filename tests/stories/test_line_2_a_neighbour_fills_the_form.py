"""A neighbour fills in the form: three questions, a receipt code, and the status by that code."""

import re

from signaal.access.model import Role
from tests.stories.stage import Visitor, line_of, main_of

BLOCK = "BU90210100-8021AC"
FILLED_IN = {
    "kind": "nuisance",
    "category": "noise",
    "postcode": "8021 ac",
    "number": "14",
    "since": "weeks",
    "text": "Elke nacht muziek en geschreeuw.",
}


def receipt_on(html: str) -> str:
    return re.search(r'id="receipt-code">([^<]+)<', html)[1]


def fill_in(visitor: Visitor, **changes: str):
    seen_at = "/melden?taal=" + changes.pop("taal", "nl")
    return visitor.send("/melden/bedankt", seen_at=seen_at, **(FILLED_IN | changes))


def test_the_form_ends_in_a_receipt_a_status_and_one_more_voice(stage) -> None:
    coordinator, neighbour = stage.visitor(Role.COORDINATOR), stage.visitor()
    before = int(line_of(coordinator.page("/kaart?soort=nuisance"), BLOCK).reporters)
    since = re.findall(r'name="since" value="(\w+)"', neighbour.page("/melden"))[-1]

    thanks = fill_in(neighbour, since=since, contact="06 12345001")
    status = neighbour.follow(receipt_on(thanks.text))
    stage.refresh()

    assert thanks.status_code == 200
    assert "Uw melding is binnen" in status
    assert "Overlast" in status
    after = int(line_of(coordinator.page("/kaart?soort=nuisance"), BLOCK).reporters)
    assert after == before + 1


def test_a_form_that_lacks_something_comes_back_with_all_that_was_typed(stage) -> None:
    neighbour, books = stage.visitor(), stage.books()

    answer = fill_in(neighbour, kind="", postcode="80 AC", since="")
    page = main_of(answer.text)

    assert answer.status_code == 422
    assert "Kies wat er aan de hand is." in page
    assert "Een postcode heeft vier cijfers en twee letters" in page
    assert "Elke nacht muziek en geschreeuw." in page
    assert stage.books() == books


def test_the_same_form_sent_twice_is_one_report_with_one_receipt(stage) -> None:
    neighbour, reports = stage.visitor(), stage.count("report")
    since = re.findall(r'name="since" value="(\w+)"', neighbour.page("/melden"))[0]
    page = neighbour.page("/melden")
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    form = hidden | FILLED_IN | {"since": since}
    address = f"{neighbour.address}/melden/bedankt"

    first, second = (neighbour.session.post(address, data=form, timeout=10) for _ in range(2))

    assert receipt_on(first.text) == receipt_on(second.text)
    assert stage.count("report") == reports + 1


def test_in_english_and_about_somebody_in_danger_the_numbers_stand_beside_the_receipt(
    stage,
) -> None:
    neighbour = stage.visitor()
    since = re.findall(r'name="since" value="(\w+)"', neighbour.page("/melden"))[0]

    thanks = fill_in(
        neighbour,
        taal="en",
        kind="concern",
        category="",
        since=since,
        text="My neighbour says she wants to die.",
    )

    page = main_of(thanks.text)
    assert "Thank you" in page
    for number in ("112", "113", "0800-0113", "0900-8844"):
        assert number in page
    stage.work()
    assert stage.the_case().urgency == "acute"


def test_a_form_without_the_sites_own_token_is_refused_and_nothing_is_written(stage) -> None:
    neighbour, books = stage.visitor(), stage.books()

    answer = neighbour.session.post(
        f"{neighbour.address}/melden/bedankt", data=FILLED_IN, timeout=10
    )

    assert answer.status_code == 400
    assert stage.books() == books
