"""Tiles of another host: only where an operator sets them, and on the map's page alone."""

from dataclasses import replace

from pytest import mark

from signaal.app import create_app

TILES = "https://tiles.example.org/{z}/{x}/{y}.png"


@mark.parametrize(("url", "more"), [("", []), (TILES, ["https://tiles.example.org"])])
def test_the_map_alone_may_fetch_tiles_from_the_one_host_that_is_set(services, url, more) -> None:
    settings = services.settings.model_copy(update={"tiles_url": url})
    client = create_app(replace(services, settings=settings)).test_client()

    assert images_of(client.get("/kaart")) == ["'self'", "data:", *more]
    assert images_of(client.get("/melden")) == ["'self'", "data:"]


def images_of(answer) -> list[str]:
    parts = answer.headers["Content-Security-Policy"].split(";")
    return next(words[1:] for words in map(str.split, parts) if words[0] == "img-src")
