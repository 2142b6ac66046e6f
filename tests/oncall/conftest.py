"""A Saturday night, and a carrier in miniature that rings the line."""

from pytest import fixture

from signaal.app import create_app
from tests.intake.town import build_town
from tests.oncall.exchange import SATURDAY_NIGHT, Exchange


@fixture
def night(services, clock):
    clock.set(SATURDAY_NIGHT)
    return services


@fixture
def app(services):
    made = create_app(services)
    made.config["WTF_CSRF_ENABLED"] = False
    return made


@fixture
def exchange(app) -> Exchange:
    return Exchange(app.test_client())


@fixture
def town(services) -> str:
    """The neighbourhood of postcodes 8021 in a small town."""
    build_town(services)
    return "Rozenbuurt"
