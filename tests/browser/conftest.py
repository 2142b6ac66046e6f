"""The real demo in a process of its own, and a Chromium that tells on every page."""

from collections.abc import Callable, Iterator

from playwright.sync_api import Browser, Page, sync_playwright
from pytest import fixture

from tests.browser.visitor import ARGUMENTS, CHROMIUM, PATIENCE_MS, Watch, take_role
from tests.running import demo_environment, free_port, serve, signaal


@fixture(scope="session")
def demo(tmp_path_factory) -> Iterator[str]:
    """The address of the demo, served as `make run` serves it."""
    folder = tmp_path_factory.mktemp("demo")
    port = free_port()
    environment = demo_environment(folder, port)
    made = signaal("demo", environment=environment)
    assert made.returncode == 0, made.stderr
    served = serve(environment, folder / "serve.log")
    yield f"http://127.0.0.1:{port}"
    served.stop()


@fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@fixture
def open_page(browser, demo) -> Iterator[Callable[..., Page]]:
    """Opens pages as somebody would; at the end nothing may have been complained about."""
    watch = Watch(demo)
    contexts = []

    def opened(
        path: str, *, role: str = "", language: str = "nl", width: int = 1280, **context
    ) -> Page:
        known = {"locale": "nl-NL" if language == "nl" else "en-GB"}
        surroundings = browser.new_context(
            base_url=demo, viewport={"width": width, "height": 800}, **known, **context
        )
        surroundings.set_default_timeout(PATIENCE_MS)
        contexts.append(surroundings)
        page = surroundings.new_page()
        watch.follow(page)
        if role:
            take_role(page, role)
        page.goto(path)
        return page

    yield opened
    for surroundings in contexts:
        surroundings.close()
    assert watch.complaints == []
