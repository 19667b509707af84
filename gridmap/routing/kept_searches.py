"""Finished searches on disk, so that a run that was killed goes on where it was.

Each search has a file of its own, named after all that it depends on: the arrays of its problem,
where it began, seed, iterations and versions. What is read is checked against the problem; a file
that is spoilt, or of something else, is as good as none.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
import os
import shutil
import tempfile
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path

import numpy as np

from gridmap import __version__
from gridmap.routing.periodic import PeriodicPlan, PeriodicProblem

Shifts = tuple[tuple[tuple[int, ...], ...], ...]

#: Raise it when the engine finds other routes for the same problem within one version of gridmap.
FORMAT = 1
_VERSIONED = ("numpy", "numba")


@dataclass(frozen=True)
class KeptSearches:
    """A folder of finished searches."""

    folder: Path

    def read(self, key: str, problem: PeriodicProblem) -> PeriodicPlan | None:
        """Return what was found before, if the file is whole and keeps the problem's rules."""
        try:
            content = json.loads(self._path(key).read_text(encoding="utf-8"))
            body = content["plan"]
            if content["key"] != key or content["sha256"] != _digest(body):
                return None
            days = tuple(tuple(tuple(route) for route in day) for day in body["days"])
            pattern = np.array(body["pattern"], dtype=np.int64)
            plan = PeriodicPlan(days, pattern, float(body["travel"]), float(body["cost"]))
            return plan if _keeps(plan, problem) else None
        except (OSError, ValueError, KeyError, TypeError, IndexError):
            return None

    def write(self, key: str, plan: PeriodicPlan) -> None:
        """Keep what a search found; a file appears whole or not at all.

        That it cannot be written is no reason to lose the search.
        """
        body = {
            "days": plan.days,
            "pattern": plan.pattern.tolist(),
            "travel": plan.travel,
            "cost": plan.cost,
        }
        content = {"key": key, "sha256": _digest(body), "plan": body}
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, draft = tempfile.mkstemp(dir=self.folder, suffix=".part")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(content, file)
                file.flush()
                os.fsync(file.fileno())
            Path(draft).replace(self._path(key))

    def clear(self) -> None:
        """Remove the folder: what it was kept for is done."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.json"


def search_key(problem: PeriodicProblem, *, seed: int, iterations: int, first: Shifts) -> str:
    """Return a name for a search: the same for equal content, another for any other."""
    digest = hashlib.sha256()
    _feed(digest, problem)
    versions = [importlib.metadata.version(name) for name in _VERSIONED]
    said = json.dumps([FORMAT, __version__, versions, seed, iterations, first])
    digest.update(said.encode())
    return digest.hexdigest()


def _feed(digest: hashlib._Hash, value: object) -> None:
    """Add a dataclass field by field, with the names, types and shapes of what is in it."""
    if is_dataclass(value):
        for one in fields(value):
            digest.update(one.name.encode())
            _feed(digest, getattr(value, one.name))
    elif isinstance(value, np.ndarray):
        digest.update(f"{value.dtype.str}{value.shape}".encode())
        digest.update(np.ascontiguousarray(value).tobytes())
    else:
        digest.update(repr(value).encode())


def _digest(body: object) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _keeps(plan: PeriodicPlan, problem: PeriodicProblem) -> bool:
    """Return whether the visits are those of allowed patterns, by managers who may make them.

    Load and the sum of travel are checked, too; the times of day are a matter of the plan's own
    checker.
    """
    days = np.zeros((problem.n_places, problem.n_days), dtype=np.int64)
    travel = 0.0
    for day, routes in enumerate(plan.days):
        if len(routes) != problem.n_managers:
            return False
        for manager, route in enumerate(routes):
            places = list(route)
            if not places:
                continue
            np.add.at(days, (places, day), 1)
            load = float(problem.load[places].sum())
            least, most = problem.least_load[day, manager], problem.most_load[day, manager]
            if not (least <= load <= most and problem.may_visit[manager, places].all()):
                return False
            way = [int(problem.start[manager]), *places, int(problem.end[manager])]
            travel += float(problem.travel[way[:-1], way[1:]].sum())
    places_with = problem.last_pattern > problem.first_pattern
    chosen = plan.pattern
    if len(plan.days) != problem.n_days or chosen.shape != (problem.n_places,):
        return False
    mine = chosen[places_with]
    within = (mine >= problem.first_pattern[places_with]) & (
        mine < problem.last_pattern[places_with]
    )
    if not within.all() or days[~places_with].any():
        return False
    same = (days[places_with] == problem.patterns[mine]).all()
    return bool(same and abs(travel - plan.travel) <= 1e-6 * max(travel, 1.0))
