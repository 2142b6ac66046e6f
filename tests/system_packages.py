"""Finds PostgreSQL and Chromium, installs them on Debian as root, and else says what to install.

Run by `make test`. Nothing is skipped in silence: without these the run fails here.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NEEDED = {
    "postgresql": lambda: (
        any(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or shutil.which("initdb")
    ),
    "chromium": lambda: shutil.which("chromium") or shutil.which("chromium-browser"),
}


def missing() -> list[str]:
    return [package for package, is_there in NEEDED.items() if not is_there()]


def main() -> int:
    absent = missing()
    if not absent:
        return 0
    names = " ".join(absent)
    if not (shutil.which("apt-get") and os.geteuid() == 0):
        print(f"The tests need these system packages; install them first: {names}", file=sys.stderr)
        return 1
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-q"], check=True, env=environment)  # noqa: S607
    subprocess.run(
        ["apt-get", "install", "-y", "-q", "--no-install-recommends", *absent],  # noqa: S607
        check=True,
        env=environment,
    )
    return 1 if missing() else 0


if __name__ == "__main__":
    sys.exit(main())
