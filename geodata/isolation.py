"""Where untrusted files are read: in this process, or in a limited child.

A function that parses what a user gives is marked with `untrusted`. Inside ``with reading_by(…)``
every call of such a function goes to the given reader instead, so that nobody who calls it has to
hand a reader on, and none can be forgotten. `geodata.sandbox.Sandbox` is such a reader.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, Protocol, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")


class Reader(Protocol):
    """Reads a file by a function that is known by name."""

    def call(self, name: str, path: Path, /, *args: object, **options: object) -> object:
        """Return what the function of that name makes of the file."""
        ...


_READER: ContextVar[Reader | None] = ContextVar("reader", default=None)


def untrusted(
    function: Callable[Concatenate[Path, P], T],
) -> Callable[Concatenate[Path, P], T]:
    """Let the reader in force, if there is one, run a function whose first argument is a file.

    The function is known to the reader as ``module:name``, see `geodata.sandbox_child.FUNCTIONS`.
    """
    name = f"{function.__module__}:{function.__name__}"

    @wraps(function)
    def read(path: Path, *args: P.args, **options: P.kwargs) -> T:
        reader = _READER.get()
        if reader is None:
            return function(path, *args, **options)
        named: Mapping[str, object] = options
        return cast(T, reader.call(name, Path(path), *args, **named))

    return cast(Callable[Concatenate[Path, P], T], read)


@contextmanager
def reading_by(reader: Reader | None) -> Iterator[None]:
    """Let a reader read all untrusted files in this block; None reads in this process."""
    token = _READER.set(reader)
    try:
        yield
    finally:
        _READER.reset(token)
