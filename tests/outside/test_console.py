from uuid import uuid4

import pytest
from pydantic import SecretStr

from signaal.errors import CarrierError
from signaal.outside.console import ConsoleCarrier, ConsoleSignatureCheck, webhook_token
from signaal.ports import CopyKind, OutboundCall, OutboundText, ProviderCopy
from signaal.settings import DEMO_SECRET, Settings
from signaal.simulator.agenda import WebhookAnswer
from signaal.simulator.network import FakeNetwork
from signaal.simulator.phones import Fault, answers

LINE = "+3197010200300"
ANN = "+31612340001"


@pytest.fixture
def settings() -> Settings:
    return Settings()


@pytest.fixture
def told() -> list[tuple[str, dict[str, str], str]]:
    return []


@pytest.fixture
def network(clock, settings, told) -> FakeNetwork:
    def deliver(path, form, signature):
        told.append((path, form, signature))
        if path.startswith("/haak/bezorging"):
            return WebhookAnswer(204)
        return WebhookAnswer(200, "<Response/>", "text/xml")

    made = FakeNetwork(
        clock,
        deliver,
        token=webhook_token(settings),
        base_url=settings.public_url,
        lines=(LINE,),
        turn=clock.set,
    )
    made.add_phone(ANN, answers())
    yield made
    assert made.unexpected == []


@pytest.fixture
def text() -> OutboundText:
    return OutboundText(outbox_id=uuid4(), from_number=LINE, to_number=ANN, body="Dank u.")


@pytest.fixture
def call() -> OutboundCall:
    return OutboundCall(
        outbox_id=uuid4(), from_number=LINE, to_number=ANN, answer_path="/pieper", ring_seconds=20
    )


def test_texts_and_calls_reach_the_local_telephone(network, text, call):
    carrier = ConsoleCarrier(network)
    carrier.send_text(text)
    carrier.place_call(call)
    network.advance(10)

    assert network.texts(ANN) == ["Dank u."]
    assert network.times_rung(ANN) == 1


def test_every_webhook_bears_a_signature_that_the_demo_believes(network, settings, text, told):
    ConsoleCarrier(network).send_text(text)
    network.text(ANN, LINE, "8021 AC 14 herrie")
    network.advance(5)
    check = ConsoleSignatureCheck(settings)

    assert len(told) == 3
    for path, form, signature in told:
        assert check.is_genuine(path=path, form=form, signature=signature)
        assert not check.is_genuine(path=path, form=form | {"x": "y"}, signature=signature)
        assert not check.is_genuine(path=path, form=form, signature="")
        assert not check.is_genuine(path=path, form=form, signature="\ud800é")
        assert not check.is_genuine(path=path, form={"Body": "\ud800"}, signature=signature)


def test_what_was_sent_is_found_back_by_our_own_id(network, text, call, clock):
    carrier = ConsoleCarrier(network)
    network.fail_next(Fault.LOST_RESPONSE)
    with pytest.raises(CarrierError):
        carrier.send_text(text)

    assert carrier.sent_before(text, since=clock.now(), taken=frozenset()) is not None
    assert carrier.sent_before(call, since=clock.now(), taken=frozenset()) is None


def test_a_refusal_is_a_carrier_error(network, text):
    network.text(ANN, "+31600000000", "STOP")

    with pytest.raises(CarrierError, match="21610") as refused:
        ConsoleCarrier(network).send_text(text)
    assert refused.value.permanent


def test_the_signing_secret_is_not_the_secret_it_was_made_from(settings):
    assert DEMO_SECRET not in webhook_token(settings)
    assert webhook_token(settings) != webhook_token(Settings(secret_key=SecretStr("another")))


def test_the_network_forgets_what_it_is_told_to(network, settings, text, call):
    carrier = ConsoleCarrier(network)
    text_sid, call_sid = carrier.send_text(text), carrier.place_call(call)
    network.advance(60)
    carrier.forget(ProviderCopy(text_sid, CopyKind.SMS))
    carrier.forget(ProviderCopy(call_sid, CopyKind.CALL))

    assert (network.all_texts(), network.all_calls()) == ([], [])
    assert network.texts(ANN) == ["Dank u."]


def test_what_the_network_no_longer_has_is_forgotten(network):
    ConsoleCarrier(network).forget(ProviderCopy("SM0", CopyKind.SMS))


def test_what_is_still_on_its_way_is_not_forgotten(network, text):
    carrier = ConsoleCarrier(network)
    sid = carrier.send_text(text)
    with pytest.raises(CarrierError, match="20009"):
        carrier.forget(ProviderCopy(sid, CopyKind.SMS))
