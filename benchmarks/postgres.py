"""A PostgreSQL server of our own on a socket in a temporary folder, gone afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def postgres_tool(name: str) -> str | None:
    """Path of a PostgreSQL server program, wherever the system keeps it."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / name).exists():
            return str(folder / name)
    return shutil.which(name)


class PostgresServer:
    """A server in a folder; it can be killed and started again, and then has what it had.

    Parameters
    ----------
    folder
        Where the socket, the log and the data are; its path must be short.
    fsync
        Whether commits wait for the disk.

    Raises
    ------
    RuntimeError
        If PostgreSQL is not installed.
    """

    def __init__(self, folder: Path, *, fsync: bool) -> None:
        initdb, pg_ctl = postgres_tool("initdb"), postgres_tool("pg_ctl")
        if initdb is None or pg_ctl is None:
            raise RuntimeError("PostgreSQL is missing; tools/install_test_tools.sh installs it")
        self._folder = folder
        self._data = folder / "data"
        self._pg_ctl = [pg_ctl, "-D", str(self._data)]
        self._options = f"-c listen_addresses='' -k {folder} -c fsync={'on' if fsync else 'off'}"
        self.url = f"postgresql+psycopg://postgres@/postgres?host={folder}"
        self._run(initdb, "-D", str(self._data), "-A", "trust", "-U", "postgres", "--no-sync")

    def start(self) -> None:
        """Start it and wait until it answers; what a crash left is mended by PostgreSQL first."""
        log = ["-l", str(self._folder / "log")]
        self._run(*self._pg_ctl, *log, "-w", "-o", self._options, "start")

    def stop(self) -> None:
        """Stop it at once."""
        self._run(*self._pg_ctl, "-m", "immediate", "stop")

    def kill(self) -> None:
        """End the server and all its processes by SIGKILL, and wait until they are gone."""
        master = int((self._data / "postmaster.pid").read_text().split()[0])
        os.kill(master, signal.SIGSTOP)  # it must start no more while we look
        told = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(master)], check=False, capture_output=True, text=True
        ).stdout
        processes = [master, *map(int, told.split())]
        for one in processes:
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        while any(_runs(one) for one in processes):
            time.sleep(0.01)
        # where nobody collects the dead, PostgreSQL takes their entries for a server that runs
        (self._data / "postmaster.pid").unlink()
        for lock in self._folder.glob(".s.PGSQL.*"):
            lock.unlink()

    def _run(self, *command: str) -> None:
        # PostgreSQL refuses to run as root
        as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        subprocess.run([*as_user, *command], check=True, capture_output=True, cwd=self._folder)


def _runs(process: int) -> bool:
    """Return whether a process is there and no mere entry that waits for its parent."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@contextmanager
def postgres_folder(parent: Path | None = None) -> Iterator[Path]:
    """Yield a folder for a server that is gone afterwards."""
    # a socket's path may have 107 bytes at most, so the folder must be short
    folder = Path(tempfile.mkdtemp(prefix="gmpg", dir=parent))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def postgres_server(*, fsync: bool, parent: Path | None = None) -> Iterator[str]:
    """Start a server in a folder, yield its address, and stop it.

    Raises
    ------
    RuntimeError
        If PostgreSQL is not installed.
    """
    with postgres_folder(parent) as folder:
        server = PostgresServer(folder, fsync=fsync)
        server.start()
        try:
            yield server.url
        finally:
            server.stop()
