"""Does signing in take as long for an address that nobody has as for one that somebody has?

Asks the real page, in turn and in a random order, with: an address that nobody has; a known one
with a wrong password; a known one with the right password. Prints the medians, their ratios and a
two-sample test (Mann-Whitney: a p-value that is not small means that the times can't be told
apart). Wrong and unknown must be alike; the right password may cost a little more, as it makes a
session. Nothing is measured against a wall: busy machines are slower in all three alike.

    python bench/bench_sign_in.py [rounds]
"""

import random
import re
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from scipy.stats import mannwhitneyu
from sqlmodel import SQLModel

sys.path.insert(0, str(Path(__file__).parent.parent))

from signaal import wiring
from signaal.access.model import Role
from signaal.app import create_app
from signaal.db import Database
from signaal.services import Services
from signaal.settings import Settings
from tests.access.staff import PASSWORD, Browser, Office, in_production
from tests.conftest import MONDAY_MORNING
from tests.fakes import RecordingPhone, SetClock, TrustingCheck

ROUNDS = 60
WARM_UP = 3
NOBODY, WRONG, RIGHT = "unknown", "wrong", "known"
TOKEN = re.compile(r'name="csrf_token" value="([^"]*)"')


def office_in(folder: Path) -> Office:
    wiring.import_stores()
    database = Database(f"sqlite:///{folder / 'signaal.db'}")
    SQLModel.metadata.create_all(database.engine)
    clock = SetClock(MONDAY_MORNING)
    settings = Settings(data_dir=folder, database_url=database.url)
    services = Services(
        settings=settings,
        database=database,
        clock=clock,
        line_clock=clock,
        policies=wiring.read_all_policies(settings),
        carrier=RecordingPhone(),
        signatures=TrustingCheck(),
    )
    office = Office(in_production(services))
    office.ann = office.colleague(Role.TEAM_MEMBER, email="ann@gemeente.example")
    return office


def one_try(office: Office, browser: Browser, way: str) -> float:
    """Milliseconds that one answer took; the clock is turned so that none is refused."""
    office.services.clock.turn(minutes=16)
    page = browser.get("/aanmelden").text
    found = TOKEN.search(page)
    assert found
    form = {
        "csrf_token": found[1],
        "email": "bob@gemeente.example" if way == NOBODY else office.ann.email,
        "password": PASSWORD if way == RIGHT else "a wrong one, just as long",
    }
    began = time.perf_counter()
    answer = browser.client.post("/aanmelden", base_url=browser.base, data=form)
    took = (time.perf_counter() - began) * 1000
    assert answer.status_code == (303 if way == RIGHT else 422), answer.status_code
    return took


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        office = office_in(Path(folder))
        app = create_app(office.services)
        took: dict[str, list[float]] = {NOBODY: [], WRONG: [], RIGHT: []}
        for number in range(rounds + WARM_UP):
            for way in random.sample(list(took), len(took)):
                one = one_try(office, Browser(app), way)
                if number >= WARM_UP:
                    took[way].append(one)
        office.services.database.close()
    for way, times in took.items():
        print(f"{way:8} median {median(times):7.2f} ms over {len(times)} tries")
    for way in (WRONG, RIGHT):
        ratio = median(took[NOBODY]) / median(took[way])
        chance = mannwhitneyu(took[NOBODY], took[way]).pvalue
        print(f"unknown / {way:6} ratio {ratio:.3f}, Mann-Whitney p = {chance:.3f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
