"""Run a method on a case and measure it, in a process of its own where it may have to be ended."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.partition_cases import Case
from benchmarks.partition_methods import (
    Found,
    Method,
    NoPlanError,
    balanced,
    largest_share,
    network,
    peak_mb,
    voronoi,
)
from benchmarks.partition_peers import capacitated_p_median, recom, region_k_means

METHODS: dict[str, Method] = {
    "balanced": balanced,
    "network": network,
    "voronoi": voronoi,
    "largest-share": largest_share,
    "p-median": capacitated_p_median,
    "region-k-means": region_k_means,
    "recom": recom,
}
#: Seconds beyond the limit that a method gets before its process is ended.
GRACE = 15.0
#: Seconds to start, read the case and load the compiled code.
SETTING_UP = 60.0


@dataclass(frozen=True, eq=False)
class Run:
    """What a method came to.

    Attributes
    ----------
    found
        The plan, or None.
    wall_s, cpu_s
        Seconds, all threads and child processes counted.
    mb
        Most memory held, interpreter and case included.
    note
        Why there is no plan, or what a reader should know.
    """

    found: Found | None
    wall_s: float
    cpu_s: float
    mb: float
    note: str


def run_here(case: Case, method: Method, seconds: float, seed: int) -> Run:
    """Run a method in this process and measure it."""
    wall, cpu = time.perf_counter(), _cpu()
    try:
        found: Found | None = method(case, seconds, seed)
        note = found.note if found else ""
    except NoPlanError as reason:
        found, note = None, str(reason)
    except Exception as reason:  # a peer may fail in ways of its own; it is said in the table
        found, note = None, f"{type(reason).__name__}: {reason}".splitlines()[0][:120]
    return Run(found, time.perf_counter() - wall, _cpu() - cpu, peak_mb(), note)


def run_apart(
    case: Case, method: str, seconds: float, seed: int, iterations: int | None = None
) -> Run:
    """Run a method in a process of its own, which is ended if it does not keep to its time."""
    with tempfile.TemporaryDirectory() as folder:
        given, answer = Path(folder, "case.pickle"), Path(folder, "found.pickle")
        given.write_bytes(pickle.dumps(case, protocol=5))
        words = [str(given), method, str(seconds), str(seed), str(answer)]
        words += [] if iterations is None else [str(iterations)]
        child = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.partition_child", *words],
            cwd=Path(__file__).resolve().parents[1],
            start_new_session=True,
        )
        began = time.perf_counter()
        try:
            child.wait(timeout=seconds + GRACE + SETTING_UP)
        except subprocess.TimeoutExpired:
            return Run(
                None, time.perf_counter() - began, float("nan"), float("nan"), "ended: too long"
            )
        finally:
            _end(child)
        if not answer.exists():
            code = child.returncode
            return Run(
                None, time.perf_counter() - began, float("nan"), float("nan"), f"ended: {code}"
            )
        run: Run = pickle.loads(answer.read_bytes())  # noqa: S301 - written by our own child
        return run


def _end(child: subprocess.Popen[bytes]) -> None:
    """End the child and what it has started."""
    if child.poll() is not None and os.name == "nt":
        return
    with contextlib.suppress(ProcessLookupError):
        if os.name == "nt":
            child.kill()
        else:
            os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _cpu() -> float:
    """Return the CPU seconds of this process and of the children that have ended."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system
