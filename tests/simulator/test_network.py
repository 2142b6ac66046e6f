from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event, Thread
from urllib.parse import urlsplit

import pytest

from signaal.errors import CarrierError
from signaal.ports import webhook_signature
from signaal.simulator.agenda import WebhookAnswer
from signaal.simulator.network import FakeNetwork
from signaal.simulator.phones import (
    BUSY,
    UNREACHABLE,
    Device,
    Disturbance,
    Fault,
    answers,
    hangs_up,
    voicemail,
)

LINE = "+3197010200300"
NEIGHBOUR = "+31612340001"
FIRST = "+31612340002"
SECOND = "+31612340003"
BASE = "https://signaal.example.nl"
TOKEN = "a token of our own"


def xml(inside: str) -> WebhookAnswer:
    return WebhookAnswer(200, f"<Response>{inside}</Response>", "text/xml")


def say(words: str) -> str:
    return f'<Say language="nl-NL">{words}</Say>'


NOTHING = WebhookAnswer(204)


@dataclass
class Signaal:
    """Stands for the application: an answer for each path, and a record of all requests."""

    answers: dict[str, WebhookAnswer] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def __call__(self, path: str, form: dict[str, str], signature: str) -> WebhookAnswer:
        assert signature == webhook_signature(url=BASE + path, form=form, token=TOKEN)
        self.requests.append((path, form))
        answer = self.answers.get(urlsplit(path).path, NOTHING)
        if isinstance(answer, list):
            answer = answer.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def forms(self, path: str) -> list[dict[str, str]]:
        return [form for asked, form in self.requests if urlsplit(asked).path == path]

    def statuses(self, path: str) -> list[str]:
        return [
            form.get("MessageStatus") or form.get("CallStatus") or "" for form in self.forms(path)
        ]


@pytest.fixture
def signaal() -> Signaal:
    return Signaal()


@pytest.fixture
def network(clock, signaal) -> FakeNetwork:
    """A network on which nothing unexpected may happen."""
    made = FakeNetwork(
        clock,
        signaal,
        token=TOKEN,
        base_url=BASE,
        lines=(LINE,),
        turn=clock.set,
        voice_status_path="/einde",
    )
    made.add_phone(NEIGHBOUR)
    yield made
    assert made.unexpected == []


def dial(*numbers: str, whisper: str = "/fluister", timeout: int = 20) -> str:
    url = f' url="{whisper}"' if whisper else ""
    inside = "".join(f"<Number{url}>{number}</Number>" for number in numbers)
    return (
        f'<Dial answerOnBridge="true" timeout="{timeout}" action="/verder" callerId="{LINE}">'
        f"{inside}</Dial>"
    )


def ask_for_one() -> str:
    return (
        f'<Gather action="/toets" numDigits="1" timeout="8">{say("Toets 1 om aan te nemen")}'
        "</Gather><Hangup/>"
    )


# -- texts ------------------------------------------------------------------------------------


def test_a_text_to_the_line_is_announced_with_a_signature(network, signaal):
    sid = network.text(NEIGHBOUR, LINE, "8021 AC 14 herrie")

    [form] = signaal.forms("/haak/sms")
    assert (form["MessageSid"], form["From"], form["To"]) == (sid, NEIGHBOUR, LINE)
    assert form["Body"] == "8021 AC 14 herrie"


def test_a_text_from_the_line_arrives_and_its_way_is_told(network, signaal):
    network.send_text(from_number=LINE, to_number=NEIGHBOUR, body="Dank u", callback="/b?m=1")
    network.advance(5)

    assert network.texts(NEIGHBOUR) == ["Dank u"]
    assert signaal.statuses("/b") == ["sent", "delivered"]
    assert network.read_text(NEIGHBOUR, "Dank") == "Dank u"
    assert network.unread() == []


def test_a_text_that_nobody_read_is_one_too_many(network):
    network.send_text(from_number=LINE, to_number=NEIGHBOUR, body="Dank u", callback="")
    network.advance(5)

    assert network.unread() == [f"{NEIGHBOUR}: text: Dank u"]
    with pytest.raises(AssertionError):
        network.read_text(NEIGHBOUR, "iets anders")


def test_a_text_to_nobody_is_unexpected(network):
    network.send_text(from_number=LINE, to_number="+31600000009", body="Hallo", callback="")
    network.advance(5)

    assert network.take_unexpected() == ["a text to an unknown number +31600000009"]


def test_who_sends_stop_gets_no_more_texts_until_start(network):
    network.text(NEIGHBOUR, LINE, " stop ")
    with pytest.raises(CarrierError, match="21610") as refused:
        network.send_text(from_number=LINE, to_number=NEIGHBOUR, body="Hallo", callback="")
    assert refused.value.permanent

    network.text(NEIGHBOUR, LINE, "START")
    network.send_text(from_number=LINE, to_number=NEIGHBOUR, body="Hallo", callback="")
    network.advance(5)
    assert network.texts(NEIGHBOUR) == ["Hallo"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"from_number": NEIGHBOUR}, "21606"),
        ({"to_number": "0612345678"}, "21211"),
        ({"to_number": LINE}, "21211"),
        ({"body": ""}, "21602"),
        ({"body": "x" * 1601}, "21617"),
    ],
)
def test_the_carrier_refuses_an_unusable_text(network, given, code):
    good = {"from_number": LINE, "to_number": NEIGHBOUR, "body": "Hallo", "callback": ""}
    with pytest.raises(CarrierError, match=code):
        network.send_text(**(good | given))


@pytest.mark.parametrize(
    ("answer", "slip"),
    [
        (WebhookAnswer(500), "answered with 500"),
        (WebhookAnswer(200), "content type '' is not XML"),
        (WebhookAnswer(200, "hallo", "text/xml"), "not XML"),
        (xml(say("hallo")), "<Say> may not stand in a sms document"),
    ],
)
def test_a_wrong_answer_to_a_text_is_named(network, signaal, answer, slip):
    signaal.answers["/haak/sms"] = answer
    network.text(NEIGHBOUR, LINE, "hallo")

    [found] = network.take_unexpected()
    assert slip in found


def test_an_answer_with_a_message_is_sent_back(network, signaal):
    signaal.answers["/haak/sms"] = xml("<Message>Dank u</Message>")
    network.text(NEIGHBOUR, LINE, "hallo")
    network.advance(5)

    assert network.texts(NEIGHBOUR) == ["Dank u"]


def test_the_text_of_an_unreachable_telephone_comes_back_with_a_code(network, signaal):
    network.add_phone(FIRST, UNREACHABLE)
    network.send_text(from_number=LINE, to_number=FIRST, body="Hallo", callback="/b")
    network.advance(5)

    assert signaal.statuses("/b") == ["sent", "undelivered"]
    assert signaal.forms("/b")[-1]["ErrorCode"] == "30003"
    assert network.texts(FIRST) == []


# -- what goes wrong on purpose ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("disturbance", "told"),
    [
        (Disturbance(drop=frozenset({"delivered"})), ["sent"]),
        (Disturbance(twice=True), ["sent", "sent", "delivered", "delivered"]),
        (Disturbance(backwards=True), ["delivered", "sent"]),
        (Disturbance(late=60), []),
        (Disturbance(backwards=True, drop=frozenset({"delivered"})), ["sent"]),
    ],
)
def test_callbacks_get_lost_doubled_delayed_and_reversed(network, signaal, disturbance, told):
    network.disturb(NEIGHBOUR, disturbance)
    network.send_text(from_number=LINE, to_number=NEIGHBOUR, body="Hallo", callback="/b")
    network.advance(30)

    assert signaal.statuses("/b") == told


@pytest.mark.parametrize("fault", list(Fault))
def test_a_fault_is_met_once_and_takes_the_request_or_not(network, fault):
    network.fail_next(fault)
    with pytest.raises(CarrierError) as refused:
        network.send_text(from_number=LINE, to_number=NEIGHBOUR, body="Hallo", callback="/b?m=1")
    network.advance(5)

    assert not refused.value.permanent
    assert refused.value.operator is (fault is Fault.UNAUTHORISED)
    assert network.texts(NEIGHBOUR) == (["Hallo"] if fault.takes_request else [])
    assert (network.find_by_callback("/b?m=1") is not None) is fault.takes_request


def test_a_status_callback_that_is_not_answered_well_is_unexpected(network, signaal):
    signaal.answers["/b"] = WebhookAnswer(500)
    network.send_text(from_number=LINE, to_number=NEIGHBOUR, body="Hallo", callback="/b")
    network.advance(5)

    assert network.take_unexpected() == ["a status callback was answered with 500"] * 2


def test_a_repeated_webhook_must_be_answered_in_the_same_way(network, signaal):
    network.repeat_webhooks()
    signaal.answers["/haak/sms"] = [xml("<Message>een</Message>"), xml("<Message>twee</Message>")]
    network.text(NEIGHBOUR, LINE, "hallo")

    assert network.take_unexpected() == ["a repeated webhook was answered differently: /haak/sms"]


# -- calls to the line -------------------------------------------------------------------------


def test_a_caller_hears_the_greeting_and_is_put_through_to_who_presses_one(network, signaal):
    signaal.answers |= {
        "/haak/gesprek": xml(say("Goedenavond") + dial(FIRST)),
        "/fluister": xml(ask_for_one()),
        "/toets": xml(""),
        "/verder": xml(say("Tot ziens") + "<Hangup/>"),
    }
    network.add_phone(FIRST, answers(key="1", talks=100))
    network.call(NEIGHBOUR, LINE)
    network.advance(30)

    assert network.view(NEIGHBOUR).talking_with == LINE
    assert network.view(FIRST).talking_with == LINE
    assert network.view(FIRST).shown_number == LINE
    assert signaal.forms("/toets")[0]["Digits"] == "1"
    network.advance(100)

    [done] = signaal.forms("/verder")
    assert (done["DialCallStatus"], done["DialBridged"]) == ("completed", "true")
    assert int(done["DialCallDuration"]) == 100
    assert network.heard(NEIGHBOUR) == ["Goedenavond", "Tot ziens"]
    assert network.heard(FIRST) == ["Toets 1 om aan te nemen"]
    assert signaal.statuses("/einde") == ["completed"]


def test_a_whisper_goes_to_the_leg_of_who_is_called(network, signaal):
    signaal.answers |= {"/haak/gesprek": xml(dial(FIRST)), "/fluister": xml(ask_for_one())}
    signaal.answers["/verder"] = xml("<Hangup/>")
    network.add_phone(FIRST, answers(key=""))
    handle = network.call(NEIGHBOUR, LINE)
    network.advance(60)

    [form] = signaal.forms("/fluister")
    assert form["ParentCallSid"] == handle.sid
    assert (form["From"], form["To"], form["Direction"]) == (LINE, FIRST, "outbound-dial")


@pytest.mark.parametrize(
    ("device", "status", "within"),
    [
        (BUSY, "busy", 2),
        (UNREACHABLE, "failed", 2),
        (Device(), "no-answer", 21),
        (voicemail(after=10), "completed", 25),
        (hangs_up(at=2), "completed", 8),
    ],
)
def test_whoever_does_not_take_the_call_was_never_bridged(network, signaal, device, status, within):
    signaal.answers |= {"/haak/gesprek": xml(dial(FIRST)), "/fluister": xml(ask_for_one())}
    signaal.answers["/verder"] = xml("<Hangup/>")
    network.add_phone(FIRST, device)
    network.call(NEIGHBOUR, LINE)
    network.advance(within)

    [form] = signaal.forms("/verder")
    assert (form["DialCallStatus"], form["DialBridged"]) == (status, "false")


def test_a_voicemail_with_a_rare_tone_presses_a_key(network, signaal):
    signaal.answers |= {"/haak/gesprek": xml(dial(FIRST)), "/fluister": xml(ask_for_one())}
    signaal.answers |= {"/toets": xml(""), "/verder": xml("<Hangup/>")}
    network.add_phone(FIRST, voicemail(after=5, lasts=8, tone="1"))
    network.call(NEIGHBOUR, LINE)
    network.advance(60)

    [form] = signaal.forms("/verder")
    assert (form["DialBridged"], form["DialCallDuration"]) == ("true", "8")


def test_the_next_number_rings_when_the_first_does_not_answer(network, signaal):
    signaal.answers |= {
        "/haak/gesprek": xml(dial(FIRST)),
        "/verder": [xml(dial(SECOND)), xml("<Hangup/>")],
        "/fluister": xml(ask_for_one()),
        "/toets": xml(""),
    }
    network.add_phone(FIRST)
    network.add_phone(SECOND, answers())
    network.call(NEIGHBOUR, LINE)
    network.advance(40)

    assert (network.times_rung(FIRST), network.times_rung(SECOND)) == (1, 1)
    assert network.view(SECOND).talking_with == LINE
    assert network.view(FIRST).ended == "no-answer"


def test_of_two_that_ring_together_the_first_to_answer_wins(network, signaal):
    signaal.answers["/haak/gesprek"] = xml(dial(FIRST, SECOND, whisper=""))
    network.add_phone(FIRST, answers(after=5))
    network.add_phone(SECOND, answers(after=3))
    network.call(NEIGHBOUR, LINE)
    network.advance(10)

    assert network.view(SECOND).talking_with == LINE
    assert network.view(FIRST).ended == "canceled"


@pytest.mark.parametrize(("at", "rung"), [(1, 0), (10, 1)])
def test_a_caller_who_hangs_up_ends_everything(network, signaal, at, rung):
    greeting = say("Goedenavond, u spreekt met de nachtlijn.")
    signaal.answers |= {
        "/haak/gesprek": xml(greeting + dial(FIRST)),
        "/verder": NOTHING,
    }
    network.add_phone(FIRST)
    network.call(NEIGHBOUR, LINE)
    network.advance(at)
    assert network.hang_up(NEIGHBOUR)
    network.advance(60)

    assert network.times_rung(FIRST) == rung
    assert signaal.statuses("/einde") == ["completed"]
    assert [form["DialCallStatus"] for form in signaal.forms("/verder")] == ["canceled"] * rung
    assert not network.view(FIRST).ringing


def test_a_menu_waits_for_its_key_and_goes_on_without_one(network, signaal):
    signaal.answers["/haak/gesprek"] = xml(
        f'<Gather action="/keuze" numDigits="1" timeout="5">{say("Kies 1 of 2")}</Gather>'
        + say("U koos niets")
        + "<Hangup/>"
    )
    handle = network.call(NEIGHBOUR, LINE)
    network.advance(4)
    assert network.view(NEIGHBOUR).may_press
    network.advance(10)

    assert network.heard(NEIGHBOUR) == ["Kies 1 of 2", "U koos niets"]
    assert network.call_status(handle.sid) == "completed"
    assert signaal.forms("/keuze") == []


def test_keys_are_gathered_until_the_count_or_the_closing_key(network, signaal):
    signaal.answers["/haak/gesprek"] = xml(
        f'<Gather action="/code" numDigits="4" timeout="5">{say("Uw code")}</Gather>'
    )
    signaal.answers["/code"] = [
        xml(f'<Gather action="/code" numDigits="4" timeout="5">{say("Nog eens")}</Gather>'),
        xml("<Hangup/>"),
    ]
    handle = network.call(NEIGHBOUR, LINE)
    for key in "482#":
        network.advance(4)  # each key begins the waiting anew
        assert network.press(handle.sid, key)
    network.advance(1)
    for key in "4827":
        assert network.press(NEIGHBOUR, key)
    network.advance(1)

    assert [form["Digits"] for form in signaal.forms("/code")] == ["482", "4827"]
    assert not network.press(handle.sid, "1")
    assert not network.press(handle.sid, "x")


def test_an_empty_gather_is_told_when_it_asks_for_that(network, signaal):
    signaal.answers["/haak/gesprek"] = xml(
        '<Gather action="/keuze" timeout="3" actionOnEmptyResult="true"/>'
    )
    signaal.answers["/keuze"] = xml('<Pause length="2"/><Redirect>/elders</Redirect>')
    signaal.answers["/elders"] = xml('<Reject reason="busy"/>')
    network.call(NEIGHBOUR, LINE)
    network.advance(10)

    assert [form["Digits"] for form in signaal.forms("/keuze")] == [""]
    assert network.view(NEIGHBOUR).ended == "busy"


def test_someone_plays_all_telephones_by_hand(network, signaal):
    signaal.answers |= {"/haak/gesprek": xml(dial(FIRST)), "/fluister": xml(ask_for_one())}
    signaal.answers |= {"/toets": xml(""), "/verder": xml("<Hangup/>")}
    network.add_phone(FIRST)
    assert not network.answer(FIRST)
    network.call(NEIGHBOUR)
    network.advance(3)

    assert network.view(FIRST).ringing
    assert not network.hang_up(FIRST)
    assert network.answer(FIRST)
    assert not network.answer(FIRST)
    network.advance(1)
    assert network.press(network.view(FIRST).call_id, "1")
    network.advance(1)
    assert network.view(FIRST).talking_with
    assert network.hang_up(FIRST)
    network.advance(1)
    assert network.view(NEIGHBOUR).ended == "completed"


def test_declining_is_busy_and_a_machine_can_be_made_to_answer(network, signaal):
    signaal.answers |= {"/haak/gesprek": xml(dial(FIRST)), "/fluister": xml(ask_for_one())}
    signaal.answers["/verder"] = [xml(dial(FIRST)), xml("<Hangup/>")]
    network.add_phone(FIRST)
    network.call(NEIGHBOUR)
    network.advance(3)
    assert network.decline(FIRST)
    network.advance(3)
    assert network.let_voicemail_answer(FIRST)
    network.advance(40)

    assert [form["DialCallStatus"] for form in signaal.forms("/verder")] == ["busy", "completed"]


def test_a_telephone_that_is_in_a_call_is_busy_for_others(network, signaal):
    signaal.answers["/haak/gesprek"] = xml(dial(FIRST, whisper=""))
    signaal.answers["/verder"] = xml("<Hangup/>")
    network.add_phone(FIRST, answers(after=1))
    network.add_phone(SECOND)
    network.call(NEIGHBOUR)
    network.advance(5)
    network.call(SECOND)
    network.advance(5)

    assert network.view(SECOND).ended == "completed"
    assert signaal.forms("/verder")[0]["DialCallStatus"] == "busy"
    with pytest.raises(ValueError, match="in a call"):
        network.call(NEIGHBOUR)


def test_an_anonymous_caller_is_carried_like_any_other(network, signaal):
    signaal.answers["/haak/gesprek"] = xml(say("Goedenavond"))
    handle = network.call("anonymous", LINE)
    network.advance(5)

    assert network.call_status(handle.sid) == "completed"
    assert signaal.forms("/haak/gesprek")[0]["From"] == "anonymous"


# -- calls from the line -----------------------------------------------------------------------


def page(network, **given):
    values = {
        "from_number": LINE,
        "to_number": FIRST,
        "answer_url": BASE + "/pieper",
        "ring_seconds": 20,
        "callback": BASE + "/b?m=1",
    }
    return network.place_call(**(values | given))


def test_a_call_that_signaal_makes_tells_every_step(network, signaal):
    signaal.answers["/pieper"] = xml(ask_for_one())
    signaal.answers["/toets"] = xml(say("Dank u"))
    network.add_phone(FIRST, answers(after=3))
    page(network)
    network.advance(30)

    assert signaal.statuses("/b") == ["initiated", "ringing", "in-progress", "completed"]
    assert network.heard(FIRST) == ["Toets 1 om aan te nemen", "Dank u"]
    network.read_ring(FIRST)
    assert network.unread() == []
    with pytest.raises(AssertionError):
        network.read_ring(FIRST)


@pytest.mark.parametrize(
    ("device", "told"),
    [
        (BUSY, ["initiated", "busy"]),
        (UNREACHABLE, ["initiated", "failed"]),
        (Device(), ["initiated", "ringing", "no-answer"]),
    ],
)
def test_a_call_that_nobody_takes_says_so(network, signaal, device, told):
    network.add_phone(FIRST, device)
    page(network)
    network.advance(30)

    assert signaal.statuses("/b") == told


def test_a_call_to_nobody_is_unexpected(network):
    page(network, to_number="+31600000009")
    network.advance(5)

    assert network.take_unexpected() == ["a call to an unknown number +31600000009"]


# -- when Signaal is away or wrong -------------------------------------------------------------


def test_a_voice_webhook_is_tried_once_more_and_then_the_fallback_dials(clock, signaal):
    signaal.answers["/haak/gesprek"] = ConnectionRefusedError()
    network = FakeNetwork(
        clock,
        signaal,
        token=TOKEN,
        base_url=BASE,
        lines=(LINE,),
        turn=clock.set,
        fallback_twiml=f"<Response>{say('Moment')}{dial(FIRST, whisper='')}</Response>",
    )
    network.add_phone(NEIGHBOUR)
    network.add_phone(FIRST, answers(after=2))
    network.call(NEIGHBOUR)
    network.advance(10)

    assert Counter(path for path, _ in signaal.requests) == {"/haak/gesprek": 2}
    assert network.view(FIRST).talking_with == LINE
    assert network.unexpected == ["/haak/gesprek: answered with 0"]


def test_without_a_fallback_the_caller_hears_the_carriers_own_words(network, signaal):
    signaal.answers["/haak/gesprek"] = WebhookAnswer(500)
    network.call(NEIGHBOUR)
    network.advance(5)

    assert network.heard(NEIGHBOUR) == ["An application error has occurred."]
    assert network.view(NEIGHBOUR).ended == "failed"
    assert network.take_unexpected() == ["/haak/gesprek: answered with 500"]


def test_an_answer_after_fifteen_seconds_is_no_answer(network, signaal):
    slow = WebhookAnswer(200, "<Response/>", "text/xml", seconds=16)
    signaal.answers["/haak/gesprek"] = slow
    network.call(NEIGHBOUR)
    network.advance(40)

    assert len(signaal.forms("/haak/gesprek")) == 2
    assert network.take_unexpected() == ["/haak/gesprek: answered with 0"]


def test_the_neighbours_number_is_never_shown(network, signaal):
    signaal.answers["/haak/gesprek"] = xml(
        f'<Dial action="/verder"><Number>{FIRST}</Number></Dial>'
    )
    network.add_phone(FIRST)
    network.call(NEIGHBOUR)
    network.advance(2)

    assert network.take_unexpected() == ["a telephone would show a number that is not a line"]


def test_a_request_to_another_host_is_unexpected(network, signaal):
    signaal.answers["/haak/gesprek"] = xml("<Redirect>https://elders.example/x</Redirect>")
    network.call(NEIGHBOUR)
    network.advance(2)

    assert network.take_unexpected() == ["a request to another host: https://elders.example/x"]


# -- time and threads --------------------------------------------------------------------------


def test_the_clock_goes_along_with_the_network(network, clock):
    before = clock.now()
    network.advance(90)

    assert (clock.now() - before).total_seconds() == 90
    assert network.now == clock.now()


def test_a_telephone_that_is_looked_at_catches_up_with_the_clock(network, clock):
    network.send_text(from_number=LINE, to_number=NEIGHBOUR, body="Hallo", callback="")
    clock.turn(seconds=10)

    assert [line.body for line in network.view(NEIGHBOUR).texts] == ["Hallo"]


def test_a_webhook_may_look_at_the_network_and_use_it(network, signaal):
    def answer(path, form, signature):
        network.send_text(from_number=LINE, to_number=NEIGHBOUR, body="Dank u", callback="")
        network.view(NEIGHBOUR)
        return NOTHING

    network.connect(answer)
    network.text(NEIGHBOUR, LINE, "hallo")
    network.advance(5)

    assert network.texts(NEIGHBOUR) == ["Dank u"]


def test_a_telephone_can_be_looked_at_while_a_webhook_is_being_answered(network):
    looked = Event()

    def answer(path, form, signature):
        def look():
            network.view(NEIGHBOUR)
            network.press(NEIGHBOUR, "1")
            network.send_text(from_number=LINE, to_number=NEIGHBOUR, body="Dank u", callback="")
            looked.set()

        looker = Thread(target=look)
        looker.start()
        assert looked.wait(timeout=20), "the network is locked while Signaal thinks"
        looker.join()
        return NOTHING

    network.connect(answer)
    network.text(NEIGHBOUR, LINE, "hallo")

    assert looked.is_set()


def test_many_threads_at_once_lose_nothing(network, signaal):
    numbers = [f"+316123401{n:02}" for n in range(8)]
    signaal.answers["/haak/gesprek"] = xml(say("Goedenavond"))

    def use(number):
        for turn in range(10):
            network.text(number, LINE, f"{number} {turn}")
            network.send_text(from_number=LINE, to_number=number, body=str(turn), callback="/b")
            network.view(number)
        network.call(number)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(use, numbers))
    network.advance(60)

    assert len(signaal.forms("/haak/sms")) == 80
    assert len(signaal.forms("/b")) == 160
    for number in numbers:
        assert sorted(network.texts(number)) == sorted(str(turn) for turn in range(10))
        assert network.heard(number) == ["Goedenavond"]


def test_a_webhook_that_breaks_does_not_stop_the_network_for_good(network, signaal):
    signaal.answers["/haak/sms"] = [ZeroDivisionError(), NOTHING]
    with pytest.raises(ZeroDivisionError):
        network.text(NEIGHBOUR, LINE, "een")
    network.text(NEIGHBOUR, LINE, "twee")

    assert len(signaal.forms("/haak/sms")) == 2
