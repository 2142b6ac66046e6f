"""Commands that stay up: the pages, and the worker."""

import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

import click
from flask import Flask

from signaal import app as web_app
from signaal import wiring
from signaal.cli.base import commands, with_house
from signaal.errors import UnsafeSetting
from signaal.scheduler import Worker
from signaal.settings import Settings

if TYPE_CHECKING:
    from waitress.server import BaseWSGIServer

SHUTDOWN_SECONDS = 10
SLOW_VISITOR_SECONDS = 60
"""After so long without a word from a visitor the connection is closed."""
MOST_VISITORS = 1000
WORKER_FELL = 4
"""The exit code by which a supervisor knows that it must start Signaal again."""


@commands.command()
@with_house
def serve(house: wiring.House) -> None:
    """Serves the pages (and, unless told otherwise, works through the ticks)."""
    settings = house.services.settings
    wiring.require_ready(house.services)
    server = _server(web_app.create_app(house.services, house.network), settings)
    stop = threading.Event()
    fallen = threading.Event()
    worker = threading.Thread(target=_work, args=(house, stop, fallen), name="worker")
    # Not server.close(): its loop may be waiting on the very sockets that this would close.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    click.echo(f"Signaal: {settings.public_url}  (Ctrl-C: stop)")
    try:
        if settings.embedded_worker:
            worker.start()
        server.run()
    finally:
        server.close()
        stop.set()
        if worker.is_alive():
            worker.join(SHUTDOWN_SECONDS)
        if fallen.is_set():
            sys.exit(WORKER_FELL)


def _work(house: wiring.House, stop: threading.Event, fallen: threading.Event) -> None:
    """Works through the ticks; a line whose worker has fallen must not look healthy."""
    try:
        Worker(house).run(stop)
    finally:
        if not stop.is_set():
            fallen.set()
            os.kill(os.getpid(), signal.SIGTERM)


def _server(app: Flask, settings: Settings) -> "BaseWSGIServer":
    """The server, listening; before anything else starts to work.

    Raises:
        UnsafeSetting: Another program listens there already.
    """
    import waitress

    try:
        return waitress.create_server(
            app,
            host=settings.host,
            port=settings.port,
            threads=settings.threads,
            channel_timeout=SLOW_VISITOR_SECONDS,
            connection_limit=MOST_VISITORS,
            max_request_body_size=web_app.LARGEST_BODY * 2,
            ident=None,
            # Whom to believe is decided in one place: by the trusted proxies of the settings.
            clear_untrusted_proxy_headers=not settings.trusted_proxies,
        )
    except OSError as error:
        raise UnsafeSetting(
            f"Op {settings.host}:{settings.port} kan Signaal niet luisteren ({error.strerror}):"
            " stop het andere programma of kies een andere SIGNAAL_PORT. / Signaal can't listen"
            f" on {settings.host}:{settings.port}: stop the other program or choose another"
            " SIGNAAL_PORT."
        ) from None


@commands.command()
@with_house
def worker(house: wiring.House) -> None:
    """Works through the ticks; a second worker stands by."""
    wiring.require_ready(house.services)
    if house.network:
        raise UnsafeSetting(
            "De telefoons van de demo staan in `signaal serve`; gebruik dat, zonder `signaal"
            " worker`. / The demo's telephones live in `signaal serve`; use that, without"
            " `signaal worker`."
        )
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    Worker(house).run(stop)
