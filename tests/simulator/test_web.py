"""The telephone page of the demo, as a browser without scripts sees it."""

import re
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest import fixture, mark

from signaal.app import create_app
from signaal.clock import AMSTERDAM, PretendClock
from signaal.oncall import actions as oncall
from signaal.simulator.agenda import WebhookAnswer
from signaal.simulator.network import FakeNetwork
from signaal.simulator.phones import NEIGHBOURS, Caption

SATURDAY = 5
NEIGHBOUR = NEIGHBOURS[0]


@fixture
def line(services) -> str:
    return services.settings.line_number


@fixture
def tools(services, clock):
    return replace(services, line_clock=PretendClock(clock))


@fixture
def network(tools, clock, line):
    return FakeNetwork(
        clock, token="secret", base_url=tools.settings.public_url, lines=(line,), turn=clock.set
    )


@fixture
def on_rota(tools, network) -> None:
    """The telephones of everybody on the rota are there."""
    rota = oncall.rota_of(tools)
    for target in (rota.day, rota.fallback, *(one for week in rota.weeks for one in week)):
        network.add_phone(target.number)


@fixture
def visitor(tools, network, on_rota):
    app = create_app(tools, network)
    app.config["WTF_CSRF_ENABLED"] = False

    def deliver(path, form, _signature):
        answer = app.test_client().post(path, data=form, headers={"X-Twilio-Signature": "genuine"})
        return WebhookAnswer(answer.status_code, answer.text, answer.content_type)

    network.connect(deliver)
    return app.test_client()


def do(visitor, what):
    return visitor.post("/telefoon/doe", data={"do": what})


def phone(page: str, key: str) -> str:
    return re.search(rf'<section[^>]*id="{key}".*?</section>', page, re.DOTALL)[0]


def wait_for_ringing(visitor, clock) -> str:
    """Lets time pass until a telephone rings; which one."""
    for _second in range(90):
        clock.turn(seconds=1)
        page = visitor.get("/telefoon/toestellen").text
        found = re.findall(r'id="([^"]+)" class="phone is-ringing"', page)
        if found:
            return found[0]
    raise AssertionError(f"no telephone rang: {page}")


def test_the_page_says_that_nothing_leaves_the_house(visitor):
    page = visitor.get("/telefoon").text

    assert "Dit is een simulator: er gaat niets naar buiten." in page


def test_everybody_on_the_rota_has_a_telephone_beside_both_neighbours(visitor):
    page = visitor.get("/telefoon").text

    for name in (
        "Buurtbewoner",
        "Buurvrouw",
        "Dienst A",
        "Dienst B",
        "Dienst C",
        "Achterwacht",
        "Meldkamer",
    ):
        assert name in page
    assert page.count("data-text") == page.count("data-phone") == 8


def test_in_production_there_is_no_such_page(services):
    visitor = create_app(services).test_client()

    assert visitor.get("/telefoon").status_code == 404
    assert "/telefoon" not in visitor.get("/").text


def test_a_text_message_appears_in_the_thread_with_nothing_in_it_taken_for_html(visitor):
    answer = visitor.post(
        "/telefoon/sms", data={"phone": "buurtbewoner", "body": "<b>herrie</b> 8021 AC 14"}
    )

    assert answer.status_code == 303
    thread = phone(visitor.get("/telefoon").text, "buurtbewoner")
    assert "&lt;b&gt;herrie&lt;/b&gt; 8021 AC 14" in thread
    assert "<b>" not in thread


def test_the_line_is_told_that_it_is_saturday_two_in_the_morning_and_then_the_real_time(
    visitor, tools
):
    do(visitor, "clock:saturday")
    pretended = tools.line_clock.now().astimezone(AMSTERDAM)
    page = visitor.get("/telefoon").text
    do(visitor, "clock:ordinary")

    assert (pretended.weekday(), pretended.hour, pretended.minute) == (SATURDAY, 2, 0)
    assert "doen alsof" in page
    assert not tools.line_clock.pretending


@mark.parametrize(
    "day", [datetime(2026, 3, 29, 12, tzinfo=UTC), datetime(2026, 10, 25, 12, tzinfo=UTC)]
)
def test_it_is_saturday_two_also_in_the_weeks_in_which_the_clocks_change(
    visitor, tools, clock, day
):
    clock.set(day)

    do(visitor, "clock:saturday")

    pretended = tools.line_clock.now().astimezone(AMSTERDAM)
    assert (pretended.weekday(), pretended.hour) == (SATURDAY, 2)


def test_at_night_a_call_makes_a_duty_telephone_ring_and_key_1_puts_them_through(
    visitor, network, clock
):
    do(visitor, "clock:saturday")
    do(visitor, "call:buurtbewoner")
    on_duty = wait_for_ringing(visitor, clock)
    assert "112" in phone(visitor.get("/telefoon/toestellen").text, "buurtbewoner")

    do(visitor, f"answer:{on_duty}")
    clock.turn(seconds=5)
    do(visitor, f"press:{on_duty}:1")
    clock.turn(seconds=5)

    page = visitor.get("/telefoon/toestellen").text
    assert "In gesprek" in phone(page, on_duty)
    assert "In gesprek" in phone(page, "buurtbewoner")


def test_a_voicemail_that_answers_is_nobody_and_the_next_telephone_rings(visitor, clock):
    do(visitor, "clock:saturday")
    do(visitor, "call:buurtbewoner")
    first = wait_for_ringing(visitor, clock)

    do(visitor, f"voicemail:{first}")
    clock.turn(seconds=31)

    assert wait_for_ringing(visitor, clock) != first


def test_whoever_is_on_duty_can_call_the_line_too(visitor, network, line):
    for key in ("buurtbewoner", "buurvrouw", "dienst-1"):
        shown = phone(visitor.get("/telefoon").text, key)
        assert f'value="call:{key}"' in shown
        assert ('class="button quiet"' in shown) == key.startswith("dienst")

    do(visitor, "call:dienst-1")

    assert network.all_calls()[0].to_number == line
    assert "Hang op" in phone(visitor.get("/telefoon").text, "dienst-1")


def test_the_second_neighbour_has_a_number_of_their_own(visitor, network):
    visitor.post("/telefoon/sms", data={"phone": "buurvrouw", "body": "herrie 8021 AC 14"})

    assert [text.from_number for text in network.all_texts()][-1] == NEIGHBOURS[1]
    assert "herrie" in phone(visitor.get("/telefoon").text, "buurvrouw")
    assert "herrie" not in phone(visitor.get("/telefoon").text, "buurtbewoner")


def test_what_is_said_in_english_is_marked_as_english(visitor, network, clock):
    do(visitor, "clock:saturday")
    do(visitor, "call:buurtbewoner")
    clock.turn(seconds=30)

    shown = phone(visitor.get("/telefoon?taal=nl").text, "buurtbewoner")

    assert '<li lang="nl-NL">' in shown
    english = re.findall(r'<li lang="en-[A-Z]{2}">(.*?)</li>', shown)
    assert any("English" in said for said in english)
    assert not any("Nederlands" in said for said in english)
    assert Caption(english[0], "en-GB") in network.view(NEIGHBOUR).captions


def test_calling_twice_from_one_telephone_makes_one_call(visitor, network):
    do(visitor, "call:buurtbewoner")
    do(visitor, "call:buurtbewoner")

    assert len([leg for leg in network.all_calls() if leg.from_number == NEIGHBOUR]) == 1


@mark.parametrize(
    "what",
    [
        "",
        "call",
        "call:niemand",
        "press:buurtbewoner:11",
        "press:buurtbewoner:",
        "sing:buurtbewoner",
        "clock:yesterday",
        "clock:",
    ],
)
def test_a_button_that_does_not_exist_is_refused(visitor, what):
    assert do(visitor, what).status_code == 400


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.text(max_size=40))
def test_whatever_is_sent_to_the_page_never_breaks_it(visitor, words):
    assert do(visitor, words).status_code in {303, 400}
    assert visitor.post("/telefoon/sms", data={"phone": words, "body": words}).status_code in {
        303,
        400,
    }
