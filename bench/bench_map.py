"""The map of 25,000 blocks: the server's time from the frozen snapshot, and a browser's frames.

Server: each page and file of every period and every kind that the role sees, three times, first
views with all the others; prints the very first view after a start, and the slowest, the 95th
percentile and the median of all; and what a district costs in kB. Browser (Chromium, where it is;
not with --server): time until the map is ready, and frames while it is dragged, districts first
and with all 25,000 blocks drawn.
"""

import gc
import resource
import statistics
import sys
import tempfile
import threading
import time
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely
from flask import Flask
from flask.testing import FlaskClient

sys.path.insert(0, str(Path(__file__).parent.parent))

from sqlmodel import SQLModel

from signaal import wiring
from signaal.hotspots import actions
from signaal.hotspots.model import WINDOWS
from signaal.intake.model import Kind
from signaal.places.store import BlockRow, DistrictRow, MunicipalityRow, NeighbourhoodRow
from signaal.services import Services
from signaal.settings import Settings
from tests.hotspots.towns import pages

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

SIDE, BLOCKS_ACROSS, DISTRICTS_ACROSS = 158, 70.0, 8
"""Blocks along one side (24,964 in all), metres of one, districts along one side."""
REPORTS, WEEKS = 200_000, 104
TURNS = 3
ASKED = (Kind.NUISANCE, Kind.CONCERN)
P95_MS, AIM_MS, DISTRICT_KB = 200.0, 30.0, 150.0
CHROMIUM = "/usr/bin/chromium"
FRAMES = """
() => new Promise((done) => {
  const frames = [];
  let before = performance.now();
  const end = before + 2500;
  const step = (now) => {
    frames.push(now - before);
    before = now;
    if (now < end) requestAnimationFrame(step); else done(frames);
  };
  requestAnimationFrame(step);
})
"""


def corner(x: int, y: int, shift: np.ndarray) -> tuple[float, float]:
    return (
        180_000 + BLOCKS_ACROSS * x + shift[x, y, 0],
        450_000 + BLOCKS_ACROSS * y + shift[x, y, 1],
    )


def fill(services: Services) -> None:
    """A town of bent blocks that share their borders, with some places where more is said."""
    rng = np.random.default_rng(28992)
    shift = rng.uniform(-18, 18, (SIDE + 1, SIDE + 1, 2))
    middle = rng.uniform(-9, 9, (2, SIDE + 1, SIDE + 1, 2))

    def side(axis: int, x: int, y: int) -> tuple[float, float]:
        (ax, ay), (bx, by) = corner(x, y, shift), corner(x + (axis == 0), y + (axis == 1), shift)
        bend = middle[axis, x, y]
        return (ax + bx) / 2 + bend[0], (ay + by) / 2 + bend[1]

    width = -(-SIDE // DISTRICTS_ACROSS)
    with services.database.session() as session, session.begin():
        session.add(MunicipalityRow(code="GM0001", name="Proefstad"))
        session.flush()
        for d in range(DISTRICTS_ACROSS**2):
            session.add(
                DistrictRow(code=f"WK0001{d:02}", name=f"Wijk {d}", municipality_code="GM0001")
            )
        session.flush()
        for d in range(DISTRICTS_ACROSS**2):
            for n in range(4):
                code = f"BU0001{d:02}{n:02}"
                session.add(
                    NeighbourhoodRow(
                        code=code, name=f"Buurt {d}-{n}", district_code=f"WK0001{d:02}", wkb=b""
                    )
                )
        session.flush()
        rows = []
        for x in range(SIDE):
            for y in range(SIDE):
                d = x // width * DISTRICTS_ACROSS + y // width
                n = (x % width * 2 // width) * 2 + y % width * 2 // width
                ring = [
                    corner(x, y, shift), side(0, x, y), corner(x + 1, y, shift),
                    side(1, x + 1, y), corner(x + 1, y + 1, shift), side(0, x, y + 1),
                    corner(x, y + 1, shift), side(1, x, y),
                ]  # fmt: skip
                rows.append(
                    BlockRow(
                        code=f"BU0001{d:02}{n:02}-{1000 + x}{chr(65 + y // 26)}{chr(65 + y % 26)}",
                        neighbourhood_code=f"BU0001{d:02}{n:02}",
                        dwellings=int(rng.integers(10, 90)),
                        small=False,
                        wkb=shapely.Polygon(ring).wkb,
                    )
                )
        session.add_all(rows)


def report(services: Services) -> None:
    from signaal.intake import actions as intake
    from signaal.intake.model import HistoricReport
    from signaal.places import actions as places

    rng = np.random.default_rng(4)
    with services.database.reading() as session:
        ids = [block.id for block in places.block_layer(session)]
    hot = rng.choice(len(ids), 60, replace=False)
    at = np.where(
        rng.random(REPORTS) < 0.03, rng.choice(hot, REPORTS), rng.integers(0, len(ids), REPORTS)
    )
    now = services.clock.now()
    from datetime import timedelta

    with services.database.session() as session, session.begin():
        intake.take_in_history(
            session,
            [
                HistoricReport(
                    received_at=now - timedelta(minutes=int(back)),
                    kind=kind,
                    category={Kind.NUISANCE: "noise", Kind.CONCERN: "neglect"}[kind],
                    block_id=ids[place],
                    reporter_token=f"t{number}",
                )
                for number, (place, back, kind) in enumerate(
                    zip(
                        at,
                        rng.integers(0, WEEKS * 7 * 24 * 60, REPORTS),
                        rng.choice([Kind.NUISANCE, Kind.CONCERN], REPORTS),
                        strict=True,
                    )
                )
            ],
        )


def ask_all(client: FlaskClient, path: str, *, role: str) -> tuple[list[float], int]:
    """Milliseconds of each answer, first views and all, and the largest answer in bytes."""
    spent, size = [], 0
    for _turn in range(TURNS):
        gc.collect()
        for kind, period in product(ASKED, range(WINDOWS)):
            joint = "&" if "?" in path else "?"
            start = time.perf_counter()
            answer = client.get(
                f"{path}{joint}soort={kind.value}&periode={period}",
                headers={"X-Role": role, "Accept-Encoding": "gzip"},
            )
            spent.append((time.perf_counter() - start) * 1000)
            assert answer.status_code == 200, (path, answer.status_code)
            size = max(size, len(answer.data))
    return spent, size


def server_side(app: Flask) -> None:
    client = app.test_client()
    start = time.perf_counter()
    client.get("/kaart", headers={"X-Role": "team_member"})
    print(f"the very first page after a start {(time.perf_counter() - start) * 1000:.0f} ms")
    for role in ("team_member", "policy_officer"):
        print(f"server side as {role}: slowest / p95 / median of all, and kB")
        for path in (
            "/kaart",
            "/kaart?zoek=wijk+3&opvallend=ja",
            "/kaart/cijfers.json",
            "/kaart/vormen.json?wijk=WK000100",
            "/kaart/wijken.json",
            "/kaart/tabel.csv",
        ):
            spent, size = ask_all(client, path, role=role)
            p95 = statistics.quantiles(spent, n=20)[-1]
            print(
                f"  {path:34} {max(spent):7.0f} {p95:7.1f} {statistics.median(spent):7.1f} ms"
                f" {size / 1000:8.1f} kB"
            )
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  at least p95 {P95_MS:.0f} ms (aim {AIM_MS:.0f}), {DISTRICT_KB:.0f} kB a district")
    print(f"  peak memory of the process {memory:,.0f} MB")


def in_a_browser(app: Flask) -> None:
    import waitress
    from playwright.sync_api import sync_playwright

    server = waitress.create_server(app, host="127.0.0.1", port=0, threads=4)
    address = f"http://127.0.0.1:{server.effective_port}"
    threading.Thread(target=server.run, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for all_at_once in (False, True):
            context = browser.new_context(
                viewport={"width": 1280, "height": 800},
                extra_http_headers={"X-Role": "team_member"},
            )
            page = context.new_page()
            page.set_default_timeout(120_000)
            if all_at_once:
                page.route("**/kaart", _with_everything)
            start = time.perf_counter()
            page.goto(f"{address}/kaart")
            page.locator("#map-frame[data-ready=true]").wait_for(state="attached")
            ready = time.perf_counter() - start
            if not all_at_once:
                start = time.perf_counter()
                page.evaluate("() => { map.setZoom(15, {animate: false}); }")
                page.wait_for_load_state("networkidle")
                print(
                    f"  blocks of the districts in view after {time.perf_counter() - start:.2f} s"
                )
            name = "all blocks" if all_at_once else "districts first"
            print(f"  {name}: ready after {ready:.2f} s; {_dragged(page)}")
            context.close()
        browser.close()
    server.close()


def _with_everything(route: "Route") -> None:
    answer = route.fetch()
    body = answer.text().replace('id="map-frame"', 'id="map-frame" data-all-at-once=""', 1)
    route.fulfill(response=answer, body=body)


def _dragged(page: "Page") -> str:
    """Frames while the map is dragged to and fro with the mouse."""
    page.locator("#map").scroll_into_view_if_needed()
    box = page.locator("#map").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.evaluate(f"() => {{ window.frames_seen = ({FRAMES})(); }}")
    for turn in range(6):
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + (90 if turn % 2 else -90), y + 40, steps=12)
        page.mouse.up()
    frames = page.evaluate("() => window.frames_seen")
    slow = [each for each in frames if each > 50]
    return (
        f"{1000 / statistics.mean(frames):.0f} frames/s, median {statistics.median(frames):.0f} ms,"
        f" longest {max(frames):.0f} ms, {len(slow)} of {len(frames)} over 50 ms"
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        house = wiring.build(Settings(data_dir=Path(folder)))
        services = house.services
        SQLModel.metadata.create_all(services.database.engine)
        fill(services)
        report(services)
        start = time.perf_counter()
        info = actions.refresh(services)
        print(
            f"{info.blocks:,} blocks, {info.reports:,} reports,"
            f" refreshed in {time.perf_counter() - start:.1f} s"
        )
        app = pages(services)
        server_side(app)
        district_sizes(services)
        if Path(CHROMIUM).exists() and "--server" not in sys.argv:
            in_a_browser(app)
        services.database.close()


def district_sizes(services: Services) -> None:
    """What a browser fetches for one district: its shapes, and its part of the figures."""
    from signaal.hotspots.web.shapes import _blocks_of

    shapes = actions.shapes(services)
    sizes = [len(_blocks_of(shapes, code)) / 1000 for code in shapes.codes_of]
    print(
        f"  shapes of a district: median {statistics.median(sizes):.0f} kB,"
        f" most {max(sizes):.0f} kB (at least {DISTRICT_KB:.0f})"
    )


if __name__ == "__main__":
    main()
