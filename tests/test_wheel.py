"""What is shipped: the wheel alone, in a fresh environment, started from the root folder."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import requests
from pytest import fixture

from tests.running import ROOT, Running, demo_environment, free_port, wait_until_healthy


def uv(*arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "uv", *arguments],
        check=True,
        cwd=ROOT,
        env=os.environ | {"UV_SYSTEM_CERTS": "1"},
    )


@fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    uv("build", "--quiet", "--wheel", "--no-build-isolation", "--out-dir", str(folder))
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_the_shipped_files_and_nothing_private(wheel) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for needed in (
        "signaal/_shipped/templates/shell.html",
        "signaal/_shipped/alerts/categories.toml",
        "signaal/_shipped/geodata/demo/neighbourhoods.gpkg",
        "signaal/static/signaal.css",
        "signaal/translations/en/LC_MESSAGES/messages.mo",
        "signaal/migrations/env.py",
    ):
        assert needed in names, needed
    tracked = subprocess.run(
        ["git", "ls-files"],  # noqa: S607
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\n")
    for name in names:
        path = name.replace("signaal/_shipped/", "")
        assert path in tracked or ".dist-info/" in name, f"{name} is not in the repository"


def test_the_wheel_serves_the_demo_from_the_root_folder(wheel, tmp_path) -> None:
    home = tmp_path / "environment"
    uv("venv", "--quiet", "--python", sys.executable, str(home))
    lock = str(ROOT / "requirements/server.lock")
    install = ("pip", "install", "--quiet", "--python", str(home / "bin" / "python"))
    uv(*install, "--require-hashes", "-r", lock)
    uv(*install, "--no-deps", str(wheel))
    port = free_port()
    environment = demo_environment(tmp_path / "data", port)
    program = str(home / "bin" / "signaal")
    subprocess.run([program, "demo"], check=True, cwd="/", env=environment, timeout=300)
    running = Running(program, "serve", environment=environment, log=tmp_path / "log")
    try:
        wait_until_healthy(port, running)
        for path in ("/", "/melden", "/volgen", "/telefoon", "/static/signaal.css"):
            answer = requests.get(f"http://127.0.0.1:{port}{path}", timeout=10)
            assert answer.status_code == 200, path
    finally:
        running.stop()
