"""The official SDK talks to the fake network over real HTTP on this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from urllib.parse import urlsplit, urlunsplit

from twilio.http.http_client import TwilioHttpClient
from werkzeug.serving import WSGIRequestHandler, make_server


class Loopback(TwilioHttpClient):
    """Sends what was meant for Twilio to a server on this machine instead."""

    def __init__(self, port: int, *, timeout: float = 10):
        super().__init__(timeout=timeout)
        self.port = port
        self.session.trust_env = False
        self.asked: list[tuple[str, str]] = []

    def request(self, method, url, *args, **kwargs):
        assert url.startswith("https://api.twilio.com/")
        self.asked.append((method, urlsplit(url).path))
        here = urlunsplit(urlsplit(url)._replace(scheme="http", netloc=f"127.0.0.1:{self.port}"))
        return super().request(method, here, *args, **kwargs)


class Quiet(WSGIRequestHandler):
    def log(self, *_args, **_kwargs):
        pass


@contextmanager
def served(application, *, timeout: float = 10) -> Iterator[Loopback]:
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Quiet)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    client = Loopback(server.server_port, timeout=timeout)
    try:
        yield client
    finally:
        client.session.close()
        server.shutdown()
        thread.join()
        server.server_close()
