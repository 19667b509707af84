"""Untrusted files are parsed in a limited child process.

A file from outside may be made to crash a parser, to fill the memory, to run for ever or to make a
library open other files or addresses. So the parsing happens in a child that may open nothing but
the language's own files and a copy of the file in question, that has no network, little memory and
little time, and whose answer is checked, see `geodata.fences` and `geodata.wire`. One child serves
many files; when it dies, the next file gets a new one.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self, cast

from geodata import wire
from geodata.side_files import side_files
from geodata.street_checks import check_network
from gridmap.catalogue import LANGUAGES
from gridmap.errors import Fault, InputError, fault
from gridmap.travel.network import StreetNetwork

if TYPE_CHECKING:
    import geopandas as gpd

    from geodata.tables import Table

#: The only formats GDAL may read in the child; every other driver is switched off before it loads.
DRIVERS = ("GeoJSON", "GPKG", "ESRI Shapefile", "FlatGeobuf", "KML", "MapInfo File")
#: All other drivers of GDAL 3; one that is not listed is found when the child reports its own.
SKIPPED: tuple[str, ...] = (
    "OGR_VRT", "LIBKML", "ADBC", "AIVector", "AVCBin", "AVCE00", "AmigoCloud", "CSV", "CSW",
    "Carto", "DGN", "DXF", "EDIGEO", "EEDA", "ESRIJSON", "Elasticsearch", "GDALG", "GML",
    "GPSBabel", "GPX",
    "GTFS", "GeoJSONSeq", "GeoRSS", "HTTP", "Idrisi", "JML", "JSONFG", "LVBAG", "MBTiles", "MEM",
    "MVT", "MapML", "MiraMonVector", "NGW", "OAPIF", "ODS", "OGCAPI", "OGR_GMT", "OGR_PDS", "OSM",
    "OpenFileGDB", "PCIDSK", "PDF", "PDS4", "PGDUMP", "PLSCENES", "PMTiles", "S57", "SQLite", "SXF",
    "Selafin", "TopoJSON", "VDV", "VFK", "VICAR", "WAsP", "WFS", "XLSX",
)  # fmt: skip
#: What of the environment a child of Python may need to start.
KEPT = ("LD_LIBRARY_PATH", "SYSTEMROOT")
#: One thread: more would need address space, and are no use for one file.
SETTINGS = {
    # Arrow's own pool sets a gigabyte of address space aside before it needs any.
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "GDAL_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
    "NUMBA_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PROJ_NETWORK": "OFF",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONNOUSERSITE": "1",
    "PYTHONUTF8": "1",
}
#: Seconds in which a child has to be ready.
START_S = 60.0
#: Functions that read extracts and graphs of streets, which are large by nature.
STREETS = (
    "geodata.coastline:read_coastline",
    "geodata.network_exchange:read_graphml",
    "geodata.osm_lines:read_linework",
    "geodata.osm_streets:load_streets",
    "geodata.osm_streets:read_street_network",
    "geodata.street_area:crs_of_extract",
)
#: Longest text in a fault that comes from the child.
MOST_TEXT = 2000
MOST_FAULTS = 1000


@dataclass(frozen=True)
class Limits:
    """What one file may cost.

    Attributes
    ----------
    address_space_bytes
        Memory beyond what the child uses before it reads anything.
    cpu_s
        Seconds of computing.
    wall_s
        Seconds by the clock.
    file_bytes
        Largest file that is read or unpacked.
    answer_bytes
        Largest answer that is taken from the child.
    """

    address_space_bytes: int = 1024**3
    cpu_s: int = 30
    wall_s: float = 60.0
    file_bytes: int = 1024**3
    answer_bytes: int = 1024**3


#: What an extract of the streets of a province may cost.
STREET_LIMITS = Limits(
    address_space_bytes=12 * 1024**3,
    cpu_s=1800,
    wall_s=3600.0,
    file_bytes=4 * 1024**3,
    answer_bytes=8 * 1024**3,
)


class Sandbox:
    """Reads files in a limited child; a context manager.

    Tables and maps go to one child, extracts and graphs of streets to another with wider limits;
    the second one starts when it is needed.

    Parameters
    ----------
    limits, street_limits
        What a file may cost.

    Examples
    --------
    >>> with Sandbox() as sandbox:                              # doctest: +SKIP
    ...     table = sandbox.read_table(Path("outlets.csv"))
    """

    def __init__(self, limits: Limits | None = None, street_limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.street_limits = street_limits or limits or STREET_LIMITS
        self._lock = threading.Lock()
        self._folder: TemporaryDirectory[str] | None = None
        self._children: dict[Limits, _Child] = {}
        self._skipped: tuple[str, ...] = SKIPPED
        self._calls = 0

    def __enter__(self) -> Self:
        self._folder = TemporaryDirectory(prefix="gridmap-", ignore_cleanup_errors=True)
        self._children[self.limits] = self._start(self.limits)  # gets ready meanwhile
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        while self._children:
            self._children.popitem()[1].stop()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    @property
    def fences(self) -> tuple[str, ...]:
        """Names of the fences that stand: files, network, processes, memory, cpu, file_size."""
        with self._lock:
            return self._ready(self.limits).fences

    @property
    def pid(self) -> int:
        """Process of the child that is ready for the next file."""
        with self._lock:
            return self._ready(self.limits).process.pid

    def read_table(self, path: Path, *, sheet: str = "", **options: object) -> Table:
        """Return what `geodata.tables.read_table` returns, with its very faults.

        Raises
        ------
        InputError
            As for that function, and if the file is beyond the limits or kills its reader.
        """
        return cast(
            "Table", self.call("geodata.tables:read_table", Path(path), sheet=sheet, **options)
        )

    def read_vectors(self, path: Path, *, layer: str = "", **options: object) -> gpd.GeoDataFrame:
        """Return what `geodata.vectors.read_vectors` returns, with its very faults.

        Raises
        ------
        InputError
            As for that function, and if the file is beyond the limits or kills its reader.
        """
        return self.call("geodata.vectors:read_vectors", Path(path), layer=layer, **options)

    def read_street_network(self, path: Path, mode: str, crs: str) -> StreetNetwork:
        """Return what `geodata.osm.read_street_network` returns, with its very faults.

        Raises
        ------
        InputError
            As for that function, and if the file is beyond the limits or kills its reader.
        """
        found = self.call("geodata.osm_streets:read_street_network", Path(path), mode, crs)
        return cast(StreetNetwork, found)

    def call(self, name: str, path: Path, /, *args: object, **options: object) -> Any:
        """Let the child call a function of `geodata.sandbox_child.FUNCTIONS` with a file.

        Raises
        ------
        InputError
            What the function raises, and if the file is beyond the limits or kills its reader.
        """
        limits = self.street_limits if name in STREETS else self.limits
        with self._lock, self._copy(Path(path), limits) as copy:
            child = self._ready(limits)
            request = {"function": name, "path": str(copy), "args": list(args), "options": options}
            try:
                answer = child.ask(request, limits)
            except (EOFError, OSError, wire.WireError, MemoryError) as error:
                reason = child.died(error)
                del self._children[limits]
                raise InputError(_fault_of(reason, path, limits)) from error
            found = _unpacked(answer, copy, Path(path))
            if isinstance(found, _Refusal):
                if found.last:
                    child.stop()
                    del self._children[limits]
                if found.reason:
                    raise InputError(_fault_of(found.reason, path, limits, found.detail))
                raise InputError(*found.faults)
            return found

    def _ready(self, limits: Limits) -> _Child:
        """Return a child that has said it is ready and has no driver beyond the allowed ones."""
        child = self._children.get(limits) or self._start(limits)
        self._children[limits] = child
        try:
            if not child.hello(START_S):
                unknown = sorted(set(child.drivers) - set(DRIVERS))
                if unknown:
                    child.stop()
                    self._skipped = (*self._skipped, *unknown)
                    child = self._children[limits] = self._start(limits)
                    child.hello(START_S)
        except InputError:
            del self._children[limits]
            raise
        return child

    def _start(self, limits: Limits) -> _Child:
        return _Child(self._room(), limits, self._skipped)

    def _room(self) -> Path:
        if self._folder is None:
            raise RuntimeError("Expected the sandbox to be open: use it in a with statement.")
        return Path(self._folder.name)

    @contextmanager
    def _copy(self, path: Path, limits: Limits) -> Iterator[Path]:
        """Copy a file and those that belong to it to where the child may read; then remove them."""
        self._calls += 1
        folder = self._room() / f"file{self._calls}"
        folder.mkdir()
        try:
            if path.is_file():
                for one in (path, *side_files(path)):
                    _copied(one, folder / one.name, limits)
            yield folder / path.name
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _copied(path: Path, copy: Path, limits: Limits) -> None:
    try:
        if path.stat().st_size > limits.file_bytes:
            raise InputError(_fault_of("large", path, limits))
        shutil.copyfile(path, copy)
    except OSError as error:
        raise InputError(fault("world.file_unreadable", path, reason=error)) from error


def _fault_of(reason: str, path: Path, limits: Limits, detail: str = "") -> Fault:
    values = {
        "mb": limits.address_space_bytes // 1024**2,
        "file_mb": limits.file_bytes // 1024**2,
        "cpu_s": limits.cpu_s,
        "wall_s": int(limits.wall_s),
        "detail": detail,
    }
    return fault(f"sandbox.{reason}", path, **values)


class _Child:
    """One process that reads files, and the two pipes to it."""

    def __init__(self, folder: Path, limits: Limits, skipped: tuple[str, ...]) -> None:
        root = Path(__file__).resolve().parents[1]
        environment = {name: os.environ[name] for name in KEPT if name in os.environ}
        environment |= SETTINGS
        environment |= {one: str(folder) for one in ("HOME", "TMPDIR", "TEMP", "TMP")}
        environment |= {"OGR_SKIP": ",".join(skipped), "PYTHONPATH": str(root)}
        self.process = subprocess.Popen(
            [
                sys.executable, "-s", "-P", "-m", "geodata.sandbox_child",
                json.dumps({"folder": str(folder), **asdict(limits)}),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )  # fmt: skip
        self.fences: tuple[str, ...] = ()
        self.drivers: tuple[str, ...] = ()
        self._greeted = False
        self._late = False

    def hello(self, seconds: float) -> bool:
        """Wait until the child is ready; return whether that had been heard before."""
        if self._greeted:
            return True
        try:
            with self._alarm(seconds):
                said = wire.receive(self._pipe(self.process.stdout), most_bytes=1024**2)
        except (EOFError, wire.WireError) as error:
            self.stop()
            raise InputError(fault("sandbox.not_started")) from error
        words = cast(Mapping[str, Any], said)
        self.fences = tuple(str(one) for one in words["fences"])
        self.drivers = tuple(str(one) for one in words["drivers"])
        self._greeted = True
        return False

    def ask(self, request: Mapping[str, object], limits: Limits) -> object:
        """Send a request and return the answer."""
        with self._alarm(limits.wall_s):
            wire.send(self._pipe(self.process.stdin), request)
            return wire.receive(self._pipe(self.process.stdout), most_bytes=limits.answer_bytes)

    def died(self, error: BaseException) -> str:
        """End the child and return why it gave no answer: the name of a sentence."""
        if isinstance(error, wire.WireError | MemoryError):
            self.stop()
            return "answer_unusable"
        # A child that closed its pipe may take a moment to end.
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=5.0)
        code = self.process.poll()
        self.stop()
        if self._late:
            return "too_long"
        if sys.platform != "win32":
            if code == -signal.SIGXCPU:
                return "too_much_cpu"
            if code in (-signal.SIGKILL, -signal.SIGABRT):
                return "too_much_memory"
        return "crashed"

    def stop(self) -> None:
        """End the child."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(OSError):
                self._pipe(pipe).close()

    @contextmanager
    def _alarm(self, seconds: float) -> Iterator[None]:
        def ring() -> None:
            self._late = True
            self.process.kill()

        timer = threading.Timer(seconds, ring)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    @staticmethod
    def _pipe(pipe: IO[bytes] | None) -> Any:
        return pipe


@dataclass(frozen=True)
class _Refusal:
    """Why there is no value: faults, or a limit that was met; `last` ends the child."""

    faults: tuple[Fault, ...] = ()
    reason: str = ""
    detail: str = ""
    last: bool = False


def _unpacked(answer: object, copy: Path, path: Path) -> object:
    """Return the value in an answer, or why there is none; nothing in it is taken on trust."""
    unusable = _Refusal(reason="answer_unusable", last=True)
    if not isinstance(answer, dict):
        return unusable
    if "value" in answer:
        value = answer["value"]
        network = getattr(value, "network", value)
        if isinstance(network, StreetNetwork) and not check_network(network):
            return unusable
        return value
    if isinstance(answer.get("faults"), list) and answer["faults"]:
        faults = [_checked(one, copy, path) for one in answer["faults"][:MOST_FAULTS]]
        known = tuple(one for one in faults if one is not None)
        return _Refusal(faults=known) if known else unusable
    if answer.get("memory") is True:
        return _Refusal(reason="too_much_memory", last=True)
    if isinstance(answer.get("unexpected"), str):
        return _Refusal(reason="unexpected", detail=answer["unexpected"][:200])
    return unusable


def _checked(one: object, copy: Path, path: Path) -> Fault | None:
    """Return a fault from the child with the real path, or None if its sentence has other gaps."""
    if not isinstance(one, Fault) or not isinstance(one.where, str):
        return None

    def local(value: object) -> object:
        if not isinstance(value, str):
            return value
        real = value.replace(str(copy), str(path)).replace(str(copy.parent), str(path.parent))
        return real[:MOST_TEXT]

    mended = replace(
        one,
        where=str(local(one.where)),
        values={name: local(value) for name, value in one.values.items()},
    )
    try:
        for language in LANGUAGES:
            mended.text(language)
    except (KeyError, ValueError, IndexError, AttributeError, TypeError):
        return None
    return mended
