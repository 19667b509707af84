"""What the command line says to the shell."""

from __future__ import annotations

from enum import IntEnum

from gridmap.errors import (
    Cancelled,
    EngineError,
    GridmapError,
    InfeasibleError,
    InputError,
    StoreError,
)


class ExitCode(IntEnum):
    """How a command ended."""

    GOOD = 0
    BAD_INPUT = 1
    INFEASIBLE = 2
    FAILED = 3
    CANCELLED = 130


_OF_ERRORS: tuple[tuple[type[GridmapError], ExitCode], ...] = (
    (InputError, ExitCode.BAD_INPUT),
    (InfeasibleError, ExitCode.INFEASIBLE),
    (Cancelled, ExitCode.CANCELLED),
    (StoreError, ExitCode.FAILED),
    (EngineError, ExitCode.FAILED),
    (GridmapError, ExitCode.BAD_INPUT),
)


def exit_code_of(error: GridmapError) -> ExitCode:
    """Return the code for an error; the first kind that fits counts."""
    return next(code for kind, code in _OF_ERRORS if isinstance(error, kind))
