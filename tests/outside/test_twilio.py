import logging
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
import requests
from pydantic import SecretStr
from twilio.base.exceptions import TwilioRestException

from signaal.errors import CarrierError
from signaal.outside.twilio import OUTCOMES, TwilioCarrier, TwilioSignatureCheck
from signaal.ports import (
    CopyKind,
    OutboundCall,
    OutboundText,
    ProviderCopy,
    webhook_signature,
)
from signaal.settings import Settings
from signaal.simulator.agenda import WebhookAnswer
from signaal.simulator.network import ACCOUNT_SID, FakeNetwork
from signaal.simulator.phones import Fault, answers
from signaal.simulator.refusals import REFUSALS
from tests.outside.loopback import served

LINE = "+3197010200300"
ANN = "+31612340001"
BASE = "https://signaal.example.nl"
TOKEN = "the token of the account"


def settings(**given) -> Settings:
    values = {
        "public_url": BASE,
        "twilio_account_sid": ACCOUNT_SID,
        "twilio_auth_token": SecretStr(TOKEN),
    }
    return Settings(**(values | given))


@pytest.fixture
def told() -> list[tuple[str, dict[str, str]]]:
    return []


@pytest.fixture
def network(clock, told) -> FakeNetwork:
    def deliver(path, form, signature):
        check = TwilioSignatureCheck(settings())
        assert check.is_genuine(path=path, form=form, signature=signature)
        told.append((path, form))
        if urlsplit(path).path == "/haak/bezorging":
            return WebhookAnswer(204)
        return WebhookAnswer(200, "<Response/>", "text/xml")

    made = FakeNetwork(clock, deliver, token=TOKEN, base_url=BASE, lines=(LINE,), turn=clock.set)
    made.add_phone(ANN, answers())
    yield made
    assert made.unexpected == []


@pytest.fixture
def loopback(network):
    with served(network.rest_app()) as client:
        yield client


@pytest.fixture
def carrier(loopback) -> TwilioCarrier:
    return TwilioCarrier(settings(), loopback)


def a_text(**given) -> OutboundText:
    values = {"outbox_id": uuid4(), "from_number": LINE, "to_number": ANN, "body": "Dank u."}
    return OutboundText(**(values | given))


def a_call(**given) -> OutboundCall:
    values = {
        "outbox_id": uuid4(),
        "from_number": LINE,
        "to_number": ANN,
        "answer_path": "/haak/gesprek/pieper/7",
        "ring_seconds": 20,
    }
    return OutboundCall(**(values | given))


def test_a_text_goes_out_by_the_official_sdk_and_its_callbacks_name_our_id(carrier, network, told):
    text = a_text(body="Dank u. Uw code is K7QX-3F. ë 😀")
    sid = carrier.send_text(text)
    network.advance(5)

    assert network.texts(ANN) == [text.body]
    assert [(path, form["MessageSid"], form["MessageStatus"]) for path, form in told] == [
        (f"/haak/bezorging?m={text.outbox_id}", sid, "sent"),
        (f"/haak/bezorging?m={text.outbox_id}", sid, "delivered"),
    ]


def test_a_call_goes_out_by_the_official_sdk_and_tells_every_step(carrier, network, told):
    call = a_call()
    sid = carrier.place_call(call)
    network.advance(10)

    steps = [form["CallStatus"] for path, form in told if path.startswith("/haak/bezorging")]
    assert steps == ["initiated", "ringing", "in-progress", "completed"]
    assert [form["CallSid"] for path, form in told if path == call.answer_path] == [sid]


def test_a_call_rings_no_longer_than_asked(carrier, network):
    network.add_phone(ANN)
    carrier.place_call(a_call(ring_seconds=7))
    network.advance(6)
    assert network.view(ANN).ringing
    network.advance(2)

    assert network.view(ANN).ended == "no-answer"


@pytest.mark.parametrize(
    ("given", "code", "permanent", "operator"),
    [
        ({"to_number": "+310"}, "21211", True, False),
        ({"body": "x" * 1601}, "21617", True, False),
        ({"from_number": ANN}, "21606", False, True),
    ],
)
def test_a_refusal_says_whom_it_concerns(carrier, given, code, permanent, operator):
    with pytest.raises(CarrierError) as refused:
        carrier.send_text(a_text(**given))

    assert str(refused.value) == code
    assert (refused.value.permanent, refused.value.operator) == (permanent, operator)


def test_who_has_opted_out_is_a_permanent_refusal(carrier, network):
    network.text(ANN, "+31600000000", "stop")
    with pytest.raises(CarrierError, match="21610") as refused:
        carrier.send_text(a_text())

    assert refused.value.permanent


@pytest.mark.parametrize("verb", ["send_text", "sent_before"])
@pytest.mark.parametrize(
    ("fault", "operator"),
    [
        (Fault.TOO_MANY, False),
        (Fault.BROKEN, False),
        (Fault.AWAY, False),
        (Fault.UNAUTHORISED, True),
        (Fault.LOST_RESPONSE, False),
    ],
)
def test_a_passing_fault_is_never_permanent(carrier, network, verb, fault, operator):
    network.fail_next(fault)
    more = {} if verb == "send_text" else {"since": network.now, "taken": frozenset()}
    with pytest.raises(CarrierError) as refused:
        getattr(carrier, verb)(a_text(), **more)

    assert (refused.value.permanent, refused.value.operator) == (False, operator)


def test_a_wrong_token_is_for_the_operator(loopback):
    wrong = TwilioCarrier(settings(twilio_auth_token=SecretStr("wrong")), loopback)
    with pytest.raises(CarrierError, match="20003") as refused:
        wrong.send_text(a_text())

    assert refused.value.operator


@pytest.mark.parametrize("fault", [Fault.TIMEOUT_BEFORE, Fault.TIMEOUT_AFTER])
def test_a_time_out_leaves_open_whether_it_was_taken_and_the_list_tells(network, fault):
    text = a_text()
    network.fail_next(fault)
    with served(network.rest_app(), timeout=0.2) as client:
        carrier = TwilioCarrier(settings(), client)
        with pytest.raises(CarrierError, match="network: ReadTimeout") as refused:
            carrier.send_text(text)
        found = carrier.sent_before(text, since=network.now, taken=frozenset())

    assert not refused.value.permanent
    assert (found is not None) is fault.takes_request


def test_nobody_there_is_a_passing_fault():
    class Nobody:
        def request(self, *args, **kwargs):
            raise requests.ConnectionError

    with pytest.raises(CarrierError, match="network: ConnectionError") as refused:
        TwilioCarrier(settings(), Nobody()).send_text(a_text())

    assert not refused.value.permanent


@pytest.mark.parametrize(
    ("status", "text", "permanent"),
    [
        (201, "<html>inloggen</html>", False),
        (201, "{}", False),
        (502, "<html>bad gateway</html>", False),
        (418, "{}", True),
        (429, "nothing", False),
        (400, '{"code": 99999, "message": "new", "status": 400}', True),
        (400, '{"type": "t", "title": "t", "status": 400, "code": 21610}', True),
        (503, '{"type": "t", "title": "t", "status": 503, "code": 20503}', False),
    ],
)
def test_an_answer_that_nobody_foresaw_is_a_carrier_error(status, text, permanent):
    class Strange:
        def request(self, *args, **kwargs):
            from twilio.http.response import Response

            return Response(status, text)

    with pytest.raises(CarrierError) as refused:
        TwilioCarrier(settings(), Strange()).send_text(a_text())

    assert refused.value.permanent is permanent


# -- was it sent before? -----------------------------------------------------------------------


def test_a_text_is_found_back_by_its_words_numbers_and_time(carrier, network, clock):
    start = clock.now()
    text = a_text()
    sid = carrier.send_text(text)
    network.advance(30)

    def found(asked, *, since=start, taken=frozenset()):
        return carrier.sent_before(asked, since=since, taken=taken)

    assert found(text) == sid
    assert found(a_text(body="Iets anders")) is None
    assert found(a_text(to_number="+31612340009")) is None
    assert found(text, taken=frozenset({sid})) is None
    assert found(text, since=start + timedelta(minutes=5)) is None
    assert found(a_call()) is None


def test_a_call_is_found_back_by_its_numbers_and_time(carrier, network, clock):
    start = clock.now()
    call = a_call()
    sid = carrier.place_call(call)
    network.advance(30)

    assert carrier.sent_before(call, since=start, taken=frozenset()) == sid
    assert carrier.sent_before(call, since=start, taken=frozenset({sid})) is None


def test_what_came_in_from_a_number_was_not_sent_to_it(carrier, network, clock):
    network.text(ANN, LINE, "Dank u.")

    asked = a_text(from_number=LINE, to_number=ANN)
    assert carrier.sent_before(asked, since=clock.now(), taken=frozenset()) is None


def test_the_list_is_read_page_after_page_but_not_without_end(carrier, network, clock, loopback):
    first = carrier.send_text(a_text())
    for _ in range(120):
        network.accept_text(from_number=LINE, to_number=ANN, body="Iets anders", callback="")
    loopback.asked.clear()

    assert carrier.sent_before(a_text(), since=clock.now(), taken=frozenset()) == first
    for _ in range(200):
        network.accept_text(from_number=LINE, to_number=ANN, body="Iets anders", callback="")
    assert carrier.sent_before(a_text(), since=clock.now(), taken=frozenset()) is None
    assert len(loopback.asked) <= 8


def test_neither_numbers_nor_words_reach_the_log(network, caplog):
    caplog.set_level(logging.DEBUG)
    with served(network.rest_app()) as client:
        client.logger = TwilioCarrier(settings())._client.http_client.logger
        carrier = TwilioCarrier(settings(), client)
        carrier.send_text(a_text(body="geheim"))
        carrier.sent_before(a_text(body="geheim"), since=network.now, taken=frozenset())

    assert ANN.removeprefix("+") not in caplog.text
    assert "geheim" not in caplog.text


def test_the_sdk_waits_ten_seconds_at_most():
    carrier = TwilioCarrier(settings())

    assert carrier._client.http_client.timeout == 10
    assert carrier._client.http_client.logger.disabled
    carrier._client.http_client.session.close()


# -- the table ---------------------------------------------------------------------------------


def test_both_tables_of_refusals_mean_the_same():
    for code, (_status, _message, permanent, operator) in REFUSALS.items():
        if code != 20404:  # the network's own: an id that it doesn't know
            assert OUTCOMES[code].value == (permanent, operator), code


def test_the_sdks_own_exception_has_the_fields_that_we_read():
    error = TwilioRestException(400, "/uri", "words", 21610)

    assert (error.status, error.code) == (400, 21610)


# -- signatures --------------------------------------------------------------------------------

PATH = "/haak/sms?m=" + str(UUID(int=7))
FORM = {"Body": "8021 AC 14 ë 😀", "From": ANN, "To": LINE, "Empty": ""}


def signed(token=TOKEN, *, url=BASE + PATH, form=None):
    return webhook_signature(url=url, form=FORM if form is None else form, token=token)


def test_our_signature_is_the_one_that_twilio_itself_computes():
    from twilio.request_validator import RequestValidator

    assert signed() == RequestValidator(TOKEN).compute_signature(BASE + PATH, FORM)


def test_a_signature_fits_its_own_path_form_and_token_only():
    check = TwilioSignatureCheck(settings())

    assert check.is_genuine(path=PATH, form=FORM, signature=signed())
    assert not check.is_genuine(path=PATH + "0", form=FORM, signature=signed())
    assert not check.is_genuine(path=PATH, form=FORM | {"Body": "iets"}, signature=signed())
    assert not check.is_genuine(path=PATH, form={}, signature=signed())
    assert not check.is_genuine(path=PATH, form=FORM, signature=signed("another"))


@pytest.mark.parametrize("signature", ["", "x", "é", "=" * 28, "\ud800"])
def test_a_missing_or_mangled_signature_is_refused_without_an_exception(signature):
    check = TwilioSignatureCheck(settings())

    assert not check.is_genuine(path=PATH, form=FORM, signature=signature)


def test_a_form_that_cannot_be_signed_is_refused_without_an_exception():
    check = TwilioSignatureCheck(settings())

    assert not check.is_genuine(path=PATH, form={"Body": "\ud800"}, signature=signed())


def test_while_a_token_changes_both_are_good_and_then_the_old_one_is_not():
    during = TwilioSignatureCheck(settings(twilio_previous_auth_token=SecretStr("old")))
    after = TwilioSignatureCheck(settings())

    assert during.is_genuine(path=PATH, form=FORM, signature=signed("old"))
    assert during.is_genuine(path=PATH, form=FORM, signature=signed())
    assert not after.is_genuine(path=PATH, form=FORM, signature=signed("old"))


def test_a_token_that_is_not_set_signs_nothing():
    nothing_set = TwilioSignatureCheck(settings(twilio_auth_token=SecretStr("")))

    assert not nothing_set.is_genuine(path=PATH, form=FORM, signature=signed(""))
    assert not TwilioSignatureCheck(settings()).is_genuine(
        path=PATH, form=FORM, signature=signed("")
    )


# -- having Twilio forget ------------------------------------------------------------------------


def test_a_text_that_has_arrived_is_deleted_at_the_provider(carrier, network, loopback):
    sid = carrier.send_text(a_text(body="geheim"))
    network.advance(5)
    carrier.forget(ProviderCopy(sid, CopyKind.SMS))

    assert loopback.asked[-1] == (
        "DELETE",
        f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/{sid}.json",
    )
    assert network.all_texts() == []


def test_a_text_that_came_in_is_deleted_at_the_provider(carrier, network):
    sid = network.text(ANN, LINE, "geheim")
    carrier.forget(ProviderCopy(sid, CopyKind.SMS))
    assert network.all_texts() == []


def test_a_call_that_is_over_is_deleted_at_the_provider(carrier, network):
    sid = carrier.place_call(a_call())
    network.advance(60)
    carrier.forget(ProviderCopy(sid, CopyKind.CALL))
    assert sid not in {leg.sid for leg in network.all_calls()}


def test_what_still_goes_on_cannot_be_deleted_yet(carrier, network):
    text_sid, call_sid = carrier.send_text(a_text()), carrier.place_call(a_call())
    for copy in (ProviderCopy(text_sid, CopyKind.SMS), ProviderCopy(call_sid, CopyKind.CALL)):
        with pytest.raises(CarrierError, match="20009") as refused:
            carrier.forget(copy)
        assert not refused.value.permanent
        assert not refused.value.operator


@pytest.mark.parametrize("kind", CopyKind)
def test_what_is_gone_at_the_provider_is_forgotten(carrier, kind):
    carrier.forget(ProviderCopy("SM0", kind))


@pytest.mark.parametrize("fault", [Fault.AWAY, Fault.UNAUTHORISED, Fault.LOST_RESPONSE])
def test_a_deletion_that_goes_wrong_is_a_carrier_error(carrier, network, fault):
    sid = network.text(ANN, LINE, "geheim")
    network.fail_next(fault)
    with pytest.raises(CarrierError):
        carrier.forget(ProviderCopy(sid, CopyKind.SMS))
    carrier.forget(ProviderCopy(sid, CopyKind.SMS))
    assert network.all_texts() == []
