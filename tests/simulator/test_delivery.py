import pytest
from flask import Flask, request

from signaal.simulator.delivery import over_http, over_wsgi
from tests.outside.loopback import served


@pytest.fixture
def application() -> Flask:
    app = Flask(__name__)

    @app.post("/haak/<name>")
    def echo(name):
        signature = request.headers["X-Twilio-Signature"]
        told = f"{request.full_path} {request.form['Body']} {signature}"
        return told, {"Content-Type": "text/xml"}

    @app.post("/niets")
    def nothing():
        return "", 204

    return app


def test_a_webhook_reaches_the_application_in_this_process(application):
    deliver = over_wsgi(application, "https://signaal.example.nl")
    answer = deliver("/haak/sms?m=1", {"Body": "ë 😀 & +"}, "sig")

    assert (answer.status, answer.body) == (200, "/haak/sms?m=1 ë 😀 & + sig")
    assert answer.content_type == "text/xml"


def test_a_webhook_reaches_a_running_server(application):
    with served(application) as server:
        deliver = over_http(f"http://127.0.0.1:{server.port}")
        answer = deliver("/haak/sms?m=1", {"Body": "ë 😀 & +"}, "sig")
        nothing = deliver("/niets", {"Body": ""}, "sig")

    assert (answer.status, answer.body) == (200, "/haak/sms?m=1 ë 😀 & + sig")
    assert (nothing.status, nothing.body) == (204, "")


def test_a_server_that_is_away_is_an_os_error(application):
    with served(application) as server:
        deliver = over_http(f"http://127.0.0.1:{server.port}")

    with pytest.raises(OSError, match="refused"):
        deliver("/haak/sms", {"Body": ""}, "sig")
