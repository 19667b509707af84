"""Kill -9 of PostgreSQL itself under its editors: `python -m benchmarks.store_server_kill`.

Editors redraw a draft, each in cells of its own, while the server is killed with all its
processes and started again, or one of its backends is killed, upon which it ends all the others.
An editor that hears no answer sends the same edit under the same key until it is told that the
edit is written. No answer may be lost, no edit be written twice, and everybody must go on.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import sqlalchemy as sa

from benchmarks.postgres import PostgresServer, postgres_folder
from benchmarks.store_case import SquareTown
from benchmarks.store_editor import faults_of, random_edit
from gridmap.errors import StoreError
from gridmap.store.draft_tables import edit
from gridmap.store.drafts import Drafts
from gridmap.store.engine import reading
from gridmap.store.repository import Store
from gridmap.store.roles import Role
from gridmap.store.scope import Scope

EDITORS = 3
TOWN = SquareTown(EDITORS, 6)
#: The moment of a kill is uniform in so many seconds after all editors have been answered again.
LIFE_S = 0.2
#: An editor that is not answered for so long does not go on.
PATIENCE_S = 120.0
#: What tells that the server is gone, whether it was reading or writing.
_GONE = (StoreError, sa.exc.DBAPIError)


@dataclass
class Editor:
    """One editor, what it was told, and how often it was not."""

    number: int
    store: Store
    draft: int
    told: dict[str, int] = field(default_factory=dict)
    unheard: int = 0
    found_written: int = 0
    error: str = ""

    def work(self, until: threading.Event) -> None:
        """Edit until told to stop."""
        try:
            self._work(until)
        except Exception as error:
            self.error = repr(error)

    def _work(self, until: threading.Event) -> None:
        drafts, rng = Drafts(self.store.engine), np.random.default_rng(self.number)
        scope = Scope(role=Role.PLANNER, user=f"editor{self.number}")
        mine = range(self.number * EDITORS, (self.number + 1) * EDITORS)
        while not until.is_set():
            try:
                head = drafts.head(scope, self.draft)
            except _GONE:
                self.unheard += 1
                time.sleep(0.02)
                continue
            plan = head.state.plan(TOWN.ground())
            done, key = random_edit(rng, plan, mine), f"{self.number}-{len(self.told)}"
            while True:
                try:
                    answer = drafts.commit(
                        scope, self.draft, plan, done, key=key, versions=head.versions
                    )
                    break
                except _GONE:
                    self.unheard += 1
                    time.sleep(0.02)
            self.found_written += answer.repeated
            self.told[key] = answer.sequence
        self.store.close()


@dataclass
class Tally:
    """What the kills came to."""

    servers_killed: int = 0
    backends_killed: int = 0
    answered: int = 0
    unheard: int = 0
    written_but_not_answered: int = 0
    lost: int = 0
    doubled: int = 0
    gave_up: Sequence[str] = ()
    inconsistent: Sequence[str] = ()
    longest_outage_s: float = 0.0

    @property
    def sound(self) -> bool:
        """Whether nothing is lost or doubled, and all editors went on."""
        return not (self.lost or self.doubled or self.gave_up or self.inconsistent)


def campaign(server: PostgresServer, kills: int, *, seed: int = 1) -> Tally:
    """Kill a running server, or one of its backends by turns, and return what was seen."""
    store, tally, moments = Store(server.url), Tally(), np.random.default_rng(seed)
    draft, over = TOWN.draft(store), threading.Event()
    store.close()
    editors = [Editor(number, Store(server.url), draft) for number in range(EDITORS)]
    threads = [threading.Thread(target=one.work, args=(over,), daemon=True) for one in editors]
    for one in threads:
        one.start()
    _all_answered(editors)
    for number in range(kills):
        time.sleep(float(moments.random()) * LIFE_S)
        if number % 2:
            tally.backends_killed += _kill_backend(server.url)
        else:
            server.kill()
            tally.servers_killed += 1
            server.start()
        began = time.monotonic()
        _all_answered(editors)
        tally.longest_outage_s = max(tally.longest_outage_s, round(time.monotonic() - began, 2))
    over.set()
    for one in threads:
        one.join()
    store = Store(server.url)
    _count(tally, store, draft, editors)
    store.close()
    return tally


def _all_answered(editors: Sequence[Editor]) -> None:
    """Wait until each editor has been answered once more."""
    before, until = [len(one.told) for one in editors], time.monotonic() + PATIENCE_S
    while any(len(one.told) == told for one, told in zip(editors, before, strict=True)):
        if any(one.error for one in editors) or time.monotonic() > until:
            return
        time.sleep(0.01)


def _kill_backend(url: str) -> bool:
    """Kill a process that serves a client; return whether there was one."""
    query = (
        "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
        " AND pid <> pg_backend_pid() ORDER BY state = 'active' DESC, xact_start LIMIT 1"
    )
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        process = connection.exec_driver_sql(query).scalar()
    engine.dispose()
    if process is None:
        return False
    with suppress(ProcessLookupError):
        os.kill(int(process), signal.SIGKILL)
    return True


def _count(tally: Tally, store: Store, draft: int, editors: Sequence[Editor]) -> None:
    query = sa.select(edit.c.key, edit.c.sequence).where(edit.c.scenario_id == draft)
    kept: dict[str, list[int]] = {}
    with reading(store.engine, Scope.everything()) as connection:
        for key, sequence in connection.execute(query):
            kept.setdefault(key, []).append(sequence)
    told = {key: place for one in editors for key, place in one.told.items()}
    tally.answered = len(told)
    tally.unheard = sum(one.unheard for one in editors)
    tally.written_but_not_answered = sum(one.found_written for one in editors)
    tally.lost = sum(kept.get(key, []) != [place] for key, place in told.items())
    tally.doubled = sum(len(places) > 1 for places in kept.values())
    tally.gave_up = [one.error for one in editors if one.error]
    tally.inconsistent = faults_of(store, draft)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    with postgres_folder() as folder:
        server = PostgresServer(folder, fsync=True)
        server.start()
        try:
            tally = campaign(server, given.kills)
        finally:
            server.stop()
    found = json.dumps(vars(tally))
    print(found)
    if given.out:
        given.out.write_text(found + "\n")
    sys.exit(not tally.sound)


if __name__ == "__main__":
    main()
