"""Run one method on one case in a process of its own, which `partition_run.run_apart` starts.

    python -m benchmarks.partition_child CASE.pickle METHOD SECONDS SEED RUN.pickle [ITERATIONS]

The clock runs from the call of the method on: the imports, the reading of the case and the
compiled code (loaded by a plan of a few units beforehand) do not count.
"""

from __future__ import annotations

import pickle
import sys
from functools import partial
from pathlib import Path

from benchmarks.partition_cases import Case, generated_case
from benchmarks.partition_methods import balanced, network
from benchmarks.partition_run import METHODS, run_here


def main(arguments: list[str]) -> None:
    """Read, run, write."""
    given, name, seconds, seed, answer, *rest = arguments
    case: Case = pickle.loads(Path(given).read_bytes())  # noqa: S301 - written by `run_apart`
    method = METHODS[name]
    if name == "balanced":
        # Loads the compiled code; the first run on a machine compiles it.
        balanced(generated_case(100, 3, 1), 20.0, 1, iterations=2)
        method = partial(balanced, iterations=int(rest[0]) if rest else None)
    elif name == "network":
        network(generated_case(100, 3, 1), 1.0, 1)
    Path(answer).write_bytes(pickle.dumps(run_here(case, method, float(seconds), int(seed))))


if __name__ == "__main__":
    main(sys.argv[1:])
