"""Signaal as real processes: started, asked over HTTP, stopped or killed."""

import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from signaal.resources import ALERTS

ROOT = Path(__file__).parent.parent
PATIENCE = Retry(
    total=80, connect=80, backoff_factor=0.05, backoff_max=0.5, status_forcelist=[502, 503]
)


LANES = 16
"""More than there are ever test processes at once: each draws from ports of its own."""
PORTS = range(20_000, 32_000)
"""Below those that the system gives to callers: a call of another test could take them first."""


def free_port() -> int:
    """A port where nobody listens, and that no other process of this run draws."""
    lane = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    for _ in range(1_000):
        port = random.SystemRandom().choice(PORTS[lane % LANES :: LANES])
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    message = "somebody listens on every port from 20000 to 32000"
    raise RuntimeError(message)


class Running:
    """One process of Signaal, in a session of its own so that all of it can be killed."""

    def __init__(self, *command: str, environment: dict[str, str], log: Path) -> None:
        self._log = log.open("ab")
        self.log = log
        self._process = subprocess.Popen(
            [*command],
            env=environment,
            cwd="/",
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def kill(self) -> None:
        """As a power cut does it: no goodbye to anyone."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._log.close()

    def stop(self) -> int:
        """As an operator does it."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
        try:
            code = self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        self._log.close()
        return code

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def words(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")


def wait_until_healthy(port: int, process: Running) -> None:
    session = requests.Session()
    session.mount("http://", HTTPAdapter(max_retries=PATIENCE))
    try:
        session.get(f"http://127.0.0.1:{port}/gezond", timeout=10).raise_for_status()
    except requests.RequestException as error:
        raise AssertionError(f"Signaal did not come up: {process.words()}") from error
    finally:
        session.close()


def demo_environment(data_dir: Path, port: int, database_url: str = "") -> dict[str, str]:
    names = ("PATH", "HOME", "LANG", "NUMBA_CACHE_DIR")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return kept | {
        "SIGNAAL_DATA_DIR": str(data_dir),
        "SIGNAAL_PORT": str(port),
        "SIGNAAL_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "SIGNAAL_DATABASE_URL": database_url,
    }


def few_simulations(folder: Path) -> Path:
    """The policies as they are shipped, but chance is asked fewer times: for what isn't about it.

    Args:
        folder: Where the copy is made.

    Returns:
        The folder for SIGNAAL_POLICIES_DIR.
    """
    copied = Path(shutil.copytree(ALERTS, folder / "alerts"))
    figures = copied / "figures.toml"
    words = figures.read_text(encoding="utf-8")
    fewer, found = re.subn(r"^simulations = \d+$", "simulations = 99", words, flags=re.MULTILINE)
    assert found == 1, "alerts/figures.toml says how many simulations there are"
    figures.write_text(fewer, encoding="utf-8")
    return copied


def signaal(*arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Runs one command of the command line and waits for it."""
    return subprocess.run(
        [sys.executable, "-m", "signaal.cli", *arguments],
        env=environment,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def serve(environment: dict[str, str], log: Path) -> Running:
    running = Running(
        sys.executable, "-m", "signaal.cli", "serve", environment=environment, log=log
    )
    try:
        wait_until_healthy(int(environment["SIGNAAL_PORT"]), running)
    except AssertionError:
        running.kill()
        raise
    return running
