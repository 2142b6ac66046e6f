"""Memory of the web process at rest, against a bare Flask behind waitress, in one run."""

import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import requests

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.running import Running, demo_environment, free_port, serve, signaal, wait_until_healthy

BARE = """
import sys
from flask import Flask
import waitress
app = Flask("bare")
app.add_url_rule("/gezond", "gezond", lambda: "gezond")
waitress.serve(app, host="127.0.0.1", port=int(sys.argv[1]))
"""
MEGABYTE = 1024 * 1024


def resident(process: Running) -> float:
    return psutil.Process(process._process.pid).memory_info().rss / MEGABYTE  # noqa: SLF001


def bare(folder: Path) -> float:
    port = free_port()
    environment = demo_environment(folder, port)
    process = Running(
        sys.executable, "-c", BARE, str(port), environment=environment, log=folder / "bare.log"
    )
    wait_until_healthy(port, process)
    megabytes = resident(process)
    process.kill()
    return megabytes


def ours(folder: Path, *, worker: bool) -> tuple[float, float]:
    port = free_port()
    environment = demo_environment(folder, port) | {"SIGNAAL_EMBEDDED_WORKER": str(worker).lower()}
    made = signaal("demo", environment=environment)
    if made.returncode:
        raise subprocess.CalledProcessError(made.returncode, "signaal demo", made.stderr)
    process = serve(environment, folder / f"ours-{worker}.log")
    at_rest = resident(process)
    session = requests.Session()
    session.post(f"http://127.0.0.1:{port}/aanmelden", timeout=10)
    for path in ("/", "/melden", "/volgen"):
        session.get(f"http://127.0.0.1:{port}{path}", timeout=10).raise_for_status()
    after = resident(process)
    process.stop()
    return at_rest, after


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        peer = bare(folder)
        web, web_after = ours(folder, worker=False)
        both, _ = ours(folder, worker=True)
    print("Memory at rest (resident, MB)")
    print(f"  bare Flask behind waitress      {peer:7.1f}")
    print(f"  Signaal, web only               {web:7.1f}   {web / peer:4.1f} x the bare one")
    print(f"  the same after its first pages  {web_after:7.1f}")
    print(f"  Signaal, web and worker         {both:7.1f}   {both / peer:4.1f} x the bare one")


if __name__ == "__main__":
    main()
