import pytest
from werkzeug.test import Client

from signaal.simulator.agenda import WebhookAnswer
from signaal.simulator.network import ACCOUNT_SID, FakeNetwork
from signaal.simulator.phones import Fault

LINE = "+3197010200300"
ANN = "+31612340001"
TOKEN = "the token of the account"
FOLDER = f"/2010-04-01/Accounts/{ACCOUNT_SID}"


@pytest.fixture
def network(clock) -> FakeNetwork:
    made = FakeNetwork(
        clock,
        lambda path, form, signature: WebhookAnswer(204),
        token=TOKEN,
        base_url="https://signaal.example.nl",
        lines=(LINE,),
        turn=clock.set,
    )
    made.add_phone(ANN)
    return made


@pytest.fixture
def ask(network):
    client = Client(network.rest_app())

    def ask(method, path, *, auth=(ACCOUNT_SID, TOKEN), **given):
        return client.open(FOLDER + path, method=method, auth=auth, **given)

    return ask


def test_a_text_can_be_asked_after_by_its_id(ask, network):
    form = {"From": LINE, "To": ANN, "Body": "Dank u."}
    made = ask("POST", "/Messages.json", data=form)
    network.advance(5)
    found = ask("GET", f"/Messages/{made.json['sid']}.json")

    assert (made.status_code, made.json["status"]) == (201, "queued")
    assert (found.status_code, found.json["status"]) == (200, "delivered")


def test_a_call_can_be_asked_after_by_its_id(ask, network):
    form = {"From": LINE, "To": ANN, "Url": "/x", "Timeout": "5"}
    made = ask("POST", "/Calls.json", data=form)
    network.advance(10)
    found = ask("GET", f"/Calls/{made.json['sid']}.json")

    assert (made.status_code, made.json["to"]) == (201, ANN)
    assert found.json["status"] == "no-answer"


@pytest.mark.parametrize("path", ["/Messages/SM0.json", "/Calls/CA0.json", "/Queues.json", "/"])
def test_what_is_not_there_is_a_404_in_the_carriers_own_words(ask, path):
    answer = ask("GET", path)

    assert (answer.status_code, answer.json["code"]) == (404, 20404)
    assert answer.json["status"] == 404


@pytest.mark.parametrize("auth", [None, (ACCOUNT_SID, "wrong"), ("AC1", TOKEN)])
def test_a_stranger_is_refused(ask, network, auth):
    form = {"From": LINE, "To": ANN, "Body": "Dank u."}
    answer = ask("POST", "/Messages.json", auth=auth, data=form)

    assert (answer.status_code, answer.json["code"]) == (401, 20003)
    assert network.all_texts() == []


def test_a_refusal_has_code_message_and_status(ask):
    answer = ask("POST", "/Messages.json", data={"From": LINE, "To": "06", "Body": "x"})

    assert answer.status_code == 400
    assert answer.json == {
        "code": 21211,
        "message": "Invalid 'To' Phone Number",
        "more_info": "https://www.twilio.com/docs/errors/21211",
        "status": 400,
    }


def test_where_no_connection_can_be_cut_a_lost_answer_is_a_gateway_time_out(ask, network):
    network.fail_next(Fault.LOST_RESPONSE)
    form = {"From": LINE, "To": ANN, "Body": "Dank u."}

    assert ask("POST", "/Messages.json", data=form).status_code == 504
    assert len(network.all_texts()) == 1


def test_a_list_is_filtered_and_cut_into_pages(ask, network):
    for number in range(3):
        network.text(ANN, LINE, str(number))
    network.text(LINE.replace("300", "301"), LINE, "een ander")
    first = ask("GET", "/Messages.json", query_string={"From": ANN, "PageSize": "2"}).json
    second = ask("GET", first["next_page_uri"].removeprefix(FOLDER)).json

    assert [one["body"] for one in first["messages"]] == ["2", "1"]
    assert [one["body"] for one in second["messages"]] == ["0"]
    assert second["next_page_uri"] is None


def test_a_message_is_deleted_once_with_an_empty_answer(ask, network):
    made = ask("POST", "/Messages.json", data={"From": LINE, "To": ANN, "Body": "geheim"})
    path = f"/Messages/{made.json['sid']}.json"
    early = ask("DELETE", path)
    network.advance(5)
    wrong_folder = ask("DELETE", path.replace("Messages", "Calls"))
    deleted, again = ask("DELETE", path), ask("DELETE", path)

    assert (early.status_code, early.json["code"]) == (409, 20009)
    assert (deleted.status_code, deleted.data) == (204, b"")
    assert wrong_folder.status_code == 404
    assert (again.status_code, again.json["code"]) == (404, 20404)
    assert ask("GET", path).status_code == 404
    assert ask("GET", "/Messages.json").json["messages"] == []


def test_a_call_is_deleted_when_it_is_over(ask, network):
    form = {"From": LINE, "To": ANN, "Url": "/x", "Timeout": "5"}
    path = f"/Calls/{ask('POST', '/Calls.json', data=form).json['sid']}.json"
    early = ask("DELETE", path)
    network.advance(10)

    assert early.status_code == 409
    assert ask("DELETE", path).status_code == 204
    assert network.all_calls() == []


def test_nobody_deletes_without_the_token(ask, network):
    sid = network.text(ANN, LINE, "geheim")
    assert ask("DELETE", f"/Messages/{sid}.json", auth=("x", "y")).status_code == 401
    assert len(network.all_texts()) == 1
