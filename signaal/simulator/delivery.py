"""How the fake network's webhooks reach Signaal: over HTTP, or straight into the application."""

from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

from werkzeug.test import Client

from signaal.simulator.agenda import LONGEST_ANSWER, Deliver, WebhookAnswer


def over_http(base_url: str) -> Deliver:
    """Posts webhooks to a running Signaal."""
    address = urlsplit(base_url)
    make = HTTPSConnection if address.scheme == "https" else HTTPConnection

    def deliver(path: str, form: dict[str, str], signature: str) -> WebhookAnswer:
        connection = make(address.netloc, timeout=LONGEST_ANSWER)
        try:
            connection.request("POST", path, body=urlencode(form), headers=_headers(signature))
            answer = connection.getresponse()
            body = answer.read().decode()
        except HTTPException as error:
            raise ConnectionError(type(error).__name__) from None
        finally:
            connection.close()
        return WebhookAnswer(answer.status, body, answer.headers.get("Content-Type", ""))

    return deliver


def over_wsgi(application: Any, base_url: str) -> Deliver:  # noqa: ANN401 - any WSGI callable
    """Hands webhooks to an application in this same process."""

    def deliver(path: str, form: dict[str, str], signature: str) -> WebhookAnswer:
        answer = Client(application).post(
            path, base_url=base_url, data=form, headers=_headers(signature)
        )
        return WebhookAnswer(
            answer.status_code,
            answer.get_data(as_text=True),
            answer.headers.get("Content-Type", ""),
        )

    return deliver


def _headers(signature: str) -> dict[str, str]:
    return {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "X-Twilio-Signature": signature,
        "User-Agent": "TwilioProxy/1.1",
    }
