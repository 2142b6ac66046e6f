"""The official SDK, sent by a setting to the fake network instead of to Twilio."""

from uuid import UUID

import pytest
from pydantic import SecretStr
from twilio.http.http_client import TwilioHttpClient

from signaal.outside.twilio import HTTP_SECONDS, TWILIO, TwilioCarrier, _new_http_client
from signaal.ports import OutboundCall, OutboundText
from signaal.settings import Settings
from signaal.simulator.network import ACCOUNT_SID, FakeNetwork
from tests.outside.loopback import served

LINE, ANN = "+3197010200300", "+31612340001"
BASE = "https://signaal.example.nl"
TOKEN = "the token of the account"


def carrier(**given) -> TwilioCarrier:
    known = {"twilio_account_sid": ACCOUNT_SID, "twilio_auth_token": SecretStr(TOKEN)}
    return TwilioCarrier(Settings(public_url=BASE, **known, **given))


@pytest.fixture
def network(clock) -> FakeNetwork:
    made = FakeNetwork(clock, token=TOKEN, base_url=BASE, lines=(LINE,))
    made.add_phone(ANN)
    return made


def a_text(body="Dank u wel.") -> OutboundText:
    return OutboundText(outbox_id=UUID(int=1), from_number=LINE, to_number=ANN, body=body)


def a_call() -> OutboundCall:
    return OutboundCall(
        outbox_id=UUID(int=2), from_number=LINE, to_number=ANN, answer_path="/x", ring_seconds=20
    )


@pytest.mark.parametrize("end", ["", "/"])
def test_texts_calls_and_questions_go_to_the_address_in_the_setting(network, clock, end):
    with served(network.rest_app()) as client:
        here = carrier(twilio_api_url=f"http://127.0.0.1:{client.port}{end}")
        text_sid = here.send_text(a_text())
        call_sid = here.place_call(a_call())
        found = here.sent_before(a_text(), since=clock.now(), taken=frozenset())

    assert [record.sid for record in network.all_texts()] == [text_sid]
    assert [leg.sid for leg in network.all_calls()] == [call_sid]
    assert found == text_sid


@pytest.mark.parametrize("end", ["", "/"])
def test_without_that_setting_the_sdk_reaches_twilio_in_its_own_way(end):
    ordinary = _new_http_client(f"https://api.twilio.com{end}")

    assert type(ordinary) is TwilioHttpClient
    assert ordinary.timeout == HTTP_SECONDS
    assert Settings().twilio_api_url == TWILIO
