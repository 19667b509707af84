"""A disk that is full, and one that is read-only, while an edit is saved.

`python -m benchmarks.store_disk`. Each case runs in a process of its own: SQLite with a limit on
the size of files, on a small file system that is full (needs root), and as a user who may only
read; PostgreSQL on a small file system that is full (needs root), and in read-only transactions.
The error must be told, the state before must be whole, and once the cause is mended the same edit
under the same key must be saved once.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import sqlalchemy as sa

from benchmarks.postgres import postgres_server
from benchmarks.store_case import OPERATOR, SquareTown, database
from benchmarks.store_editor import faults_of, processes, random_edit
from gridmap.errors import StoreError
from gridmap.partition.edit import redraw
from gridmap.store.drafts import Drafts
from gridmap.store.repository import Store

TOWN = SquareTown(3, 6)
NOBODY = 65534


@dataclass
class Refused:
    """What a writer came to.

    Attributes
    ----------
    written
        Edits saved before the error.
    told
        The error in our words, or empty if none came.
    key, change
        The edit that was refused.
    """

    written: int = 0
    told: str = ""
    key: str = ""
    change: object = None


def writer(pipe: Connection, url: str, draft: int, spoil: str, most: int) -> None:
    """Commit until the disk refuses."""
    store, found = Store(url), Refused()
    drafts, rng = Drafts(store.engine), np.random.default_rng(5)
    head = drafts.head(OPERATOR, draft)
    plan, versions = head.state.plan(TOWN.ground()), dict(head.versions)
    if spoil.isdigit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(spoil), resource.RLIM_INFINITY))
    elif spoil == "reader":
        store.engine.dispose()
        os.setuid(NOBODY)
    for number in range(most):
        done = random_edit(rng, plan)
        found.key, found.change = f"disk-{number}", done.change
        try:
            answer = drafts.commit(OPERATOR, draft, plan, done, key=found.key, versions=versions)
        except StoreError as error:
            found.told = error.text()
            break
        found.written += 1
        plan, versions = done.plan, versions | dict(answer.versions)
    pipe.send(found)
    pipe.close()


def refused(url: str, draft: int, spoil: str, *, most: int = 20_000) -> Refused:
    """Let a writer run into its error in a process of its own."""
    context = processes()
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=writer, args=(there, url, draft, spoil, most))
    process.start()
    there.close()
    found: Refused = here.recv()
    process.join()
    return found


def verdict(url: str, draft: int, seen: Refused) -> dict[str, object]:
    """Return what the store holds after the cause is mended, and whether saving goes on."""
    store = Store(url)
    drafts = Drafts(store.engine)
    head = drafts.head(OPERATOR, draft)
    before = faults_of(store, draft)
    plan = head.state.plan(TOWN.ground())
    for _ in range(2):
        drafts.commit(
            OPERATOR, draft, plan, redraw(plan, seen.change), key=seen.key, versions=head.versions
        )
    found = {
        "written": seen.written,
        "told": seen.told,
        "head": head.version.head,
        "faults": before,
        "head_after_mending": drafts.head(OPERATOR, draft).version.head,
        "faults_after_mending": faults_of(store, draft),
    }
    store.close()
    return found


def sound(found: dict[str, object]) -> bool:
    """Return whether the error was told, the old state was whole, and saving went on."""
    return bool(
        found["told"]
        and found["head"] == found["written"]
        and found["head_after_mending"] == int(str(found["head"])) + 1
        and not found["faults"]
        and not found["faults_after_mending"]
    )


def sqlite_file_limit() -> dict[str, object]:
    """Run a writer of SQLite into the greatest allowed size of a file."""
    with database("sqlite") as url:
        draft = _draft(url)
        limit = Path(url.removeprefix("sqlite:///")).stat().st_size + 100_000
        return verdict(url, draft, refused(url, draft, str(limit)))


def sqlite_reader() -> dict[str, object]:
    """Let a user of SQLite write who may only read."""
    with database("sqlite") as url:
        draft = _draft(url)
        path = Path(url.removeprefix("sqlite:///"))
        path.parent.chmod(0o555)
        path.chmod(0o444)
        seen = refused(url, draft, "reader" if os.geteuid() == 0 else "")
        path.parent.chmod(0o755)
        path.chmod(0o644)
        return verdict(url, draft, seen)


def sqlite_full() -> dict[str, object]:
    """Run a writer of SQLite into the end of a small file system."""
    with small_disk("2m") as folder:
        url = f"sqlite:///{folder / 'gridmap.db'}"
        draft = _draft(url)
        ballast = folder / "ballast"
        ballast.write_bytes(b"0" * 400_000)
        seen = refused(url, draft, "")
        ballast.unlink()
        return verdict(url, draft, seen)


def postgres_full() -> dict[str, object]:
    """Run a writer of PostgreSQL into the end of a small file system."""
    with small_disk("120m") as folder, postgres_server(fsync=True, parent=folder) as url:
        draft = _draft(url)
        ballast = folder / "ballast"
        _fill(ballast)
        seen = refused(url, draft, "", most=50_000)
        ballast.unlink()
        return _after_recovery(lambda: verdict(url, draft, seen))


def postgres_reader() -> dict[str, object]:
    """Let PostgreSQL take read-only transactions alone, as a standby does."""
    with database("postgresql") as url:
        draft = _draft(url)
        return verdict(url, draft, refused_reading(url, draft))


def refused_reading(url: str, draft: int) -> Refused:
    """Try one edit in read-only transactions of PostgreSQL."""
    reading = f"{url}&options=-cdefault_transaction_read_only%3Don"
    found, store = Refused(), Store(url)
    drafts = Drafts(store.engine)
    head = drafts.head(OPERATOR, draft)
    plan = head.state.plan(TOWN.ground())
    done = random_edit(np.random.default_rng(5), plan)
    found.key, found.change = "disk-0", done.change
    only = Drafts(sa.create_engine(reading))
    try:
        only.commit(OPERATOR, draft, plan, done, key="disk-0", versions=head.versions)
        found.written = 1
    except StoreError as error:
        found.told = error.text()
    only._engine.dispose()
    store.close()
    return found


@contextmanager
def small_disk(size: str) -> Iterator[Path]:
    """Mount a small file system in memory; needs root."""
    folder = Path(tempfile.mkdtemp(prefix="gmdisk"))
    options = f"size={size},mode=755"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)
        folder.rmdir()


def may_mount() -> bool:
    """Return whether small file systems can be mounted here."""
    try:
        with small_disk("1m"):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


def _fill(path: Path) -> None:
    """Write until the file system is full."""
    with path.open("wb") as file:
        try:
            while True:
                file.write(b"0" * 65536)
                file.flush()
        except OSError:
            return


def _after_recovery(check: Callable[[], dict[str, object]]) -> dict[str, object]:
    """Return what a check finds, as soon as the server has recovered."""
    for _ in range(30):
        try:
            return check()
        except StoreError:
            time.sleep(1.0)
    return check()


def _draft(url: str) -> int:
    store = Store(url)
    draft = TOWN.draft(store)
    store.close()
    return draft


CASES: dict[str, Callable[[], dict[str, object]]] = {
    "sqlite, limit on files": sqlite_file_limit,
    "sqlite, full disk": sqlite_full,
    "sqlite, read-only": sqlite_reader,
    "postgresql, full disk": postgres_full,
    "postgresql, read-only": postgres_reader,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    found = {}
    for name, case in CASES.items():
        if name.endswith("full disk") and not may_mount():
            print(name, "left out: no small file system can be mounted here")
            continue
        found[name] = case()
        print(name, json.dumps(found[name]), flush=True)
    if given.out:
        given.out.write_text(json.dumps(found, indent=1) + "\n")
    sys.exit(not all(map(sound, found.values())))


if __name__ == "__main__":
    main()
