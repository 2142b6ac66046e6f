"""The outbox, a carrier and the fake network together: what is kept arrives, and arrives once."""

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from random import Random

import pytest
from flask import Flask
from pydantic import SecretStr

from signaal.errors import ForgedRequest
from signaal.messages import actions, store, web
from signaal.messages.model import OutboxState
from signaal.outside.console import ConsoleCarrier, ConsoleSignatureCheck, webhook_token
from signaal.outside.twilio import TwilioCarrier, TwilioSignatureCheck
from signaal.policies import Policies
from signaal.services import Services
from signaal.settings import Settings
from signaal.simulator.delivery import over_wsgi
from signaal.simulator.network import ACCOUNT_SID, FakeNetwork
from signaal.simulator.phones import UNREACHABLE, Disturbance, Fault
from tests.outside.loopback import served

LINE = "+3197010200300"
BASE = "https://signaal.example.nl"
NUMBERS = [f"+3161234000{n}" for n in range(5)]
TOKEN = "the token of the account"


class Killed(BaseException):
    """The process is gone at this point."""


class Mortal:
    """A carrier in whose hands the worker may die, before or after the request."""

    def __init__(self, carrier, random):
        self.carrier = carrier
        self.random = random
        self.deadly = 0.0

    def send_text(self, text):
        dies_after = self.random.random() < self.deadly / 2
        if self.random.random() < self.deadly / 2:
            raise Killed
        sid = self.carrier.send_text(text)
        if dies_after:
            raise Killed
        return sid

    def place_call(self, call):
        return self.carrier.place_call(call)

    def sent_before(self, message, *, since, taken):
        return self.carrier.sent_before(message, since=since, taken=taken)

    def forget(self, copy):
        self.carrier.forget(copy)


@pytest.fixture(params=["console", "twilio"])
def stage(request, database, clock):
    """Services around a carrier, and the network behind it; webhooks run through the real room."""
    settings = Settings(
        public_url=BASE,
        database_url=database.url,
        twilio_account_sid=ACCOUNT_SID,
        twilio_auth_token=SecretStr(TOKEN),
    )
    on_console = request.param == "console"
    token = webhook_token(settings) if on_console else TOKEN
    network = FakeNetwork(clock, token=token, base_url=BASE, lines=(LINE,), turn=clock.set)
    for number in NUMBERS:
        network.add_phone(number)
    with served(network.rest_app(), timeout=0.05) as client:
        services = Services(
            settings=settings,
            database=database,
            clock=clock,
            line_clock=clock,
            policies=Policies({}),
            carrier=ConsoleCarrier(network) if on_console else TwilioCarrier(settings, client),
            signatures=(ConsoleSignatureCheck if on_console else TwilioSignatureCheck)(settings),
        )
        app = Flask(__name__)
        app.extensions["signaal"] = services
        app.register_blueprint(web.webhooks)
        app.register_error_handler(ForgedRequest, lambda _error: ("", 403))
        network.connect(over_wsgi(app, BASE))
        yield services, network
    assert network.unexpected == []


def put(services, key, *, to, body="Dank u."):
    now = services.clock.now()
    with services.database.session() as session, session.begin():
        return actions.enqueue_text(
            session,
            key=key,
            line=LINE,
            to=to,
            body=body,
            urgent=False,
            settings=services.settings,
            now=now,
        )


def states(services):
    with services.database.reading() as session:
        return Counter(row.state for row in session.exec(store.select(store.OutboxRow)).scalars())


def test_a_text_goes_out_arrives_and_says_so(stage):
    services, network = stage
    put(services, "a", to=NUMBERS[0])
    actions.deliver_due(services)
    network.advance(5)

    assert network.texts(NUMBERS[0]) == ["Dank u."]
    assert states(services) == {OutboxState.DELIVERED: 1}


def test_a_text_to_an_unreachable_telephone_says_so(stage):
    services, network = stage
    network.add_phone(NUMBERS[0], UNREACHABLE)
    put(services, "a", to=NUMBERS[0])
    actions.deliver_due(services)
    network.advance(5)

    assert states(services) == {OutboxState.FAILED: 1}


@pytest.mark.parametrize("fault", list(Fault))
def test_no_fault_of_the_carrier_loses_or_doubles_a_text(stage, fault):
    services, network = stage
    put(services, "a", to=NUMBERS[0])
    network.fail_next(fault)
    assert actions.deliver_due(services) == 0
    network.advance(61)
    actions.deliver_due(services)
    network.advance(5)

    assert network.texts(NUMBERS[0]) == ["Dank u."]
    assert states(services) == {OutboxState.DELIVERED: 1}


@pytest.mark.parametrize(
    "disturbance",
    [
        Disturbance(twice=True),
        Disturbance(backwards=True),
        Disturbance(late=600),
        Disturbance(twice=True, backwards=True, late=30),
    ],
)
def test_callbacks_that_stumble_end_in_the_same_state(stage, disturbance):
    services, network = stage
    for number in NUMBERS:
        network.disturb(number, disturbance)
        put(services, number, to=number)
    actions.deliver_due(services)
    network.advance(700)

    assert states(services) == {OutboxState.DELIVERED: 5}


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(1, 21))]
)
def test_in_a_storm_of_faults_and_deaths_every_text_arrives_exactly_once(stage, seed):
    services, network = stage
    random = Random(seed)  # noqa: S311 - a storm that can be told again
    mortal = Mortal(services.carrier, random)
    mortal.deadly = 0.3
    services = replace(services, carrier=mortal)
    faults = [fault for fault in Fault if fault is not Fault.UNAUTHORISED]
    for number in NUMBERS:
        network.disturb(
            number,
            Disturbance(
                drop=frozenset(random.sample(["sent", "delivered"], random.randint(0, 2))),
                twice=random.random() < 0.5,
                late=random.choice([0, 3, 45]),
            ),
        )
    expected = Counter()
    for turn in range(60):
        if turn < 30:
            to, body = random.choice(NUMBERS), random.choice(["Dank u.", "Bel 112."])
            put(services, str(turn), to=to, body=body)
            expected[to, body] += 1
            if random.random() < 0.5:
                network.fail_next(random.choice(faults))
        else:
            mortal.deadly = 0.0
        with suppress(Killed):
            actions.deliver_due(services, limit=5)
        network.advance(random.choice([1, 7, 61]))

    arrived = Counter((to, body) for to in NUMBERS for body in network.texts(to))
    assert arrived == expected
    assert set(states(services)) <= {OutboxState.SENT, OutboxState.DELIVERED}
