"""A private PostgreSQL cluster for the tests: own folder, own port, gone afterwards."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.running import free_port

PLAIN = ("--locale=C.UTF-8", "-N")
"""Whatever language the machine speaks; and without waiting for the disk."""


@dataclass(frozen=True)
class Cluster:
    folder: Path
    port: int

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        options = (
            f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1"
            " -c fsync=off -c max_connections=200"
        )
        data, log = str(self.folder / "data"), str(self.folder / "log")
        _run(self.folder, "pg_ctl", "-D", data, "-w", "-l", log, "-o", options, "start")

    def crash(self) -> None:
        """Kills every server process at once, as a power cut does."""
        pid = int((self.folder / "data" / "postmaster.pid").read_text().split("\n")[0])
        postmaster = psutil.Process(pid)
        family = [postmaster, *postmaster.children(recursive=True)]
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(family, timeout=10)

    def stop(self) -> None:
        _run(self.folder, "pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)


def start_cluster() -> Cluster:
    """Makes and starts a cluster; as root it runs as the user postgres, as it must."""
    folder = Path(tempfile.mkdtemp(prefix="signaal-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    port = free_port()
    data = str(folder / "data")
    _run(folder, "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", *PLAIN)
    cluster = Cluster(folder, port)
    cluster.start()
    return cluster


def _binary(name: str) -> str:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}")) or [shutil.which(name)]
    if not found[-1]:
        message = "PostgreSQL's server binaries are missing: the run is incomplete (make test)"
        raise RuntimeError(message)
    return str(found[-1])


def _run(folder: Path, name: str, *arguments: str) -> None:
    user = "postgres" if os.geteuid() == 0 else None
    subprocess.run(
        [_binary(name), *arguments],
        check=True,
        user=user,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
    )
