"""The child that parses untrusted files; started by `geodata.sandbox` and by nobody else.

The fences go up before anything beyond the standard library is loaded.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

from geodata import fences

#: What may be asked for.
FUNCTIONS = (
    "geodata.boundaries:unclosed_rings",
    "geodata.coastline:read_coastline",
    "geodata.network_exchange:read_graphml",
    "geodata.osm_buildings:read_building_outlines",
    "geodata.osm_lines:read_linework",
    "geodata.osm_streets:load_streets",
    "geodata.osm_streets:read_street_network",
    "geodata.project_archive:territory_of",
    "geodata.street_area:crs_of_extract",
    "geodata.tables:read_table",
    "geodata.vectors:layers_of",
    "geodata.vectors:read_vectors",
    "geodata.workbooks:read_visible_sheets",
)


def main(argument: str) -> None:
    """Put up the fences, say which stand, and read files until the parent closes the pipe."""
    limits: dict[str, Any] = json.loads(argument)
    # Whatever a library prints must not get among the answers.
    answers = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    standing = fences.limit_files(limits["file_bytes"])
    standing += fences.fence(installation(), [Path(limits["folder"])])
    functions, drivers = load()
    standing += fences.limit_memory(limits["address_space_bytes"])
    standing += fences.limit_cpu(limits["cpu_s"])
    from geodata import wire

    wire.send(answers, {"fences": standing, "drivers": drivers})
    serve(sys.stdin.buffer, answers, functions, cpu_s=limits["cpu_s"])


def installation() -> list[Path]:
    """Return what has to be read to load Python, its libraries and this program.

    The folder this program lies in is not among them, only its packages: a checkout has others.
    """
    import gridmap

    own = {Path(__file__).resolve().parent, Path(gridmap.__file__).resolve().parent}
    roots = {one.parent for one in own}
    python = {Path(one) for one in (sys.prefix, sys.base_prefix, sys.exec_prefix)}
    path = {Path(one) for one in sys.path if one and Path(one).resolve() not in roots}
    system = {Path(one) for one in fences.SYSTEM_FILES}
    return sorted(one for one in own | python | path | system if one != Path("/"))


def load() -> tuple[dict[str, Callable[..., object]], list[str]]:
    """Load all readers; return them by name, and the drivers that GDAL has."""
    functions = {}
    for name in FUNCTIONS:
        module, _, function = name.partition(":")
        functions[name] = getattr(import_module(module), function)
    import pyogrio

    return functions, sorted(pyogrio.list_drivers())


def serve(
    requests: BinaryIO,
    answers: BinaryIO,
    functions: Mapping[str, Callable[..., object]],
    *,
    cpu_s: int,
) -> None:
    """Answer requests until there are no more."""
    from geodata import wire

    while True:
        try:
            request: Any = wire.receive(requests, most_bytes=1024**2)
        except EOFError:
            return
        fences.limit_cpu(cpu_s)
        found = answer(functions[request["function"]], request)
        try:
            wire.send(answers, found)
        except MemoryError:
            wire.send(answers, {"memory": True})


def answer(function: Callable[..., object], request: Mapping[str, Any]) -> dict[str, object]:
    """Return the value of one function, or what went wrong."""
    from gridmap.errors import Fault, GridmapError

    try:
        value = function(Path(request["path"]), *request["args"], **request["options"])
    except GridmapError as error:
        faults = [Fault(one.key, one.where, _plain(one.values)) for one in error.faults]
        return {"faults": faults}
    except MemoryError:
        return {"memory": True}
    # A fault of the program that only a hostile file has found: the user gets a sentence.
    except Exception as error:
        return {"unexpected": f"{type(error).__name__}: {error}"}
    return {"value": value}


def _plain(values: Mapping[str, object]) -> dict[str, object]:
    def plain(value: object) -> object:
        if isinstance(value, bool | int | float | str):
            return value
        if isinstance(value, tuple):
            return tuple(plain(one) for one in value)
        return str(value)

    return {name: plain(value) for name, value in values.items()}


if __name__ == "__main__":
    main(sys.argv[1])
