"""Kill -9 of a writer, again and again: `python -m benchmarks.store_kill --cycles 1000`.

A writer tells its intent, commits, and tells the answer. It is killed at a random moment. Then
the last intent is sent again under its key, as a client does that heard no answer. No answer may
be lost, and no intent be written twice.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path

import numpy as np
import sqlalchemy as sa

from benchmarks.store_case import ENGINES, OPERATOR, SquareTown, database
from benchmarks.store_editor import faults_of, processes, random_edit
from gridmap.partition.change import Change
from gridmap.partition.edit import redraw
from gridmap.store.draft_tables import edit
from gridmap.store.drafts import Drafts
from gridmap.store.engine import reading
from gridmap.store.repository import Store
from gridmap.store.scope import Scope

TOWN = SquareTown(3, 6)
#: The moment of the kill is uniform in so many seconds after the first answer.
LIFE_S = 0.06
#: Everything is replayed after so many cycles, and at the end.
WHOLE_CHECK_EVERY = 100


def writer(url: str, draft: int, cycle: int, pipe: Connection) -> None:
    """Commit until killed; tell each intent before and each answer after."""
    store = Store(url)
    drafts, rng = Drafts(store.engine), np.random.default_rng(cycle)
    head = drafts.head(OPERATOR, draft)
    plan, versions = head.state.plan(TOWN.ground()), dict(head.versions)
    for number in range(10**6):
        done = random_edit(rng, plan)
        key = f"{cycle}-{number}"
        pipe.send(("intent", key, done.change))
        answer = drafts.commit(OPERATOR, draft, plan, done, key=key, versions=versions)
        pipe.send(("answer", key, answer.sequence))
        plan, versions = done.plan, versions | dict(answer.versions)


@dataclass
class Tally:
    """What the cycles came to."""

    cycles: int = 0
    answered: int = 0
    commits: int = 0
    unanswered_but_written: int = 0
    lost: int = 0
    doubled: int = 0
    inconsistent: int = 0
    seconds: float = 0.0

    @property
    def sound(self) -> bool:
        """Whether nothing that was answered is lost, and nothing written twice."""
        return not (self.lost or self.doubled or self.inconsistent)


def campaign(url: str, cycles: int, *, seed: int = 1) -> Tally:
    """Run cycles on one database and return what was seen."""
    began = time.perf_counter()
    context, moments, tally = processes(), np.random.default_rng(seed), Tally()
    store = Store(url)
    draft = TOWN.draft(store)
    for cycle in range(cycles):
        told, intent = _killed(context, url, draft, cycle, moments)
        tally.answered += len(told)
        kept = _written(store, draft, cycle)
        tally.lost += sum(kept.get(key, []) != [sequence] for key, sequence in told.items())
        if intent is not None:
            key, change = intent
            known = key in kept
            tally.unanswered_but_written += known
            _send_again(store, draft, key, change, known=known)
            kept = _written(store, draft, cycle)
            tally.lost += key not in kept
        tally.doubled += sum(len(places) > 1 for places in kept.values())
        tally.cycles += 1
        if cycle % WHOLE_CHECK_EVERY == WHOLE_CHECK_EVERY - 1 or cycle == cycles - 1:
            tally.inconsistent += len(faults_of(store, draft))
    tally.commits = Drafts(store.engine).head(OPERATOR, draft).version.head
    store.close()
    tally.seconds = round(time.perf_counter() - began, 1)
    return tally


def _killed(
    context: ForkServerContext, url: str, draft: int, cycle: int, moments: np.random.Generator
) -> tuple[dict[str, int], tuple[str, Change] | None]:
    """Return the answers that a writer told before it was killed, and an intent without one."""
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=writer, args=(url, draft, cycle, there), daemon=True)
    process.start()
    there.close()
    told: dict[str, int] = {}
    intent: tuple[str, Change] | None = None
    kill_at = None
    while True:
        if kill_at is not None and time.perf_counter() >= kill_at:
            process.kill()
            kill_at = None
            process.join()
        wait = 60.0 if kill_at is None else max(0.0, kill_at - time.perf_counter())
        try:
            if not here.poll(wait):
                continue
            kind, key, value = here.recv()
        except (EOFError, OSError):
            break
        if kind == "intent":
            intent = (key, value)
            continue
        told[key], intent = value, None
        if len(told) == 1:
            kill_at = time.perf_counter() + moments.random() * LIFE_S
    here.close()
    if process.exitcode != -9:
        raise RuntimeError(f"The writer ended by itself with {process.exitcode}.")
    return told, intent


def _written(store: Store, draft: int, cycle: int) -> dict[str, list[int]]:
    """Return the places of each key of a cycle in the log."""
    query = sa.select(edit.c.key, edit.c.sequence).where(
        edit.c.scenario_id == draft, edit.c.key.like(f"{cycle}-%")
    )
    found: dict[str, list[int]] = {}
    with reading(store.engine, Scope.everything()) as connection:
        for key, sequence in connection.execute(query):
            found.setdefault(key, []).append(sequence)
    return found


def _send_again(store: Store, draft: int, key: str, change: Change, *, known: bool) -> None:
    """Commit an intent once more as the client would."""
    drafts = Drafts(store.engine)
    head = drafts.head(OPERATOR, draft)
    before = head.version.head - 1 if known else head.version.head
    plan = drafts.state(OPERATOR, draft, sequence=before).plan(TOWN.ground())
    answer = drafts.commit(
        OPERATOR, draft, plan, redraw(plan, change), key=key, versions=head.versions
    )
    if answer.repeated != known:
        raise RuntimeError(f"Key {key} was {'written anew' if known else 'not written'}.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--cycles", type=int, default=1000)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    found, sound = {}, True
    for engine in given.engines:
        with database(engine) as url:
            tally = campaign(url, given.cycles)
        found[engine], sound = vars(tally), sound and tally.sound
        print(engine, json.dumps(found[engine]), flush=True)
    if given.out:
        given.out.write_text(json.dumps(found, indent=1) + "\n")
    sys.exit(not sound)


if __name__ == "__main__":
    main()
