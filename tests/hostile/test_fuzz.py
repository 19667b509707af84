"""Random spoiling of files of every format: a value or a sentence, within limits, whatever comes.

``GRIDMAP_FUZZ_FILES`` says how many files are tried (1,000 by default).
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hostile_files import CANARY, TOKENS, write_sound
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geodata.sandbox import Sandbox
from geodata.tables import Table
from geodata.vectors import PACKED, SUFFIXES
from gridmap.errors import GridmapError

FILES = int(os.environ.get("GRIDMAP_FUZZ_FILES", "1000"))
SETTINGS = settings(
    max_examples=FILES,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
MOST_S, MOST_BYTES = 30.0, 1024**3


class Workshop:
    """The sound files, a sandbox, and a place for the spoilt ones."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.sound = folder / "sound"
        self.sound.mkdir()
        self.files = write_sound(self.sound)
        self.data = {path: path.read_bytes() for path in self.files}
        self.spoilt = folder / "spoilt"
        self.spoilt.mkdir()
        #: What no answer may hold, though spoilt files name it in every way they can.
        self.secret = folder / "canary.csv"
        self.secret.write_text(f"id,lon,lat\n{CANARY},1,2\n")
        self.sandbox = sandbox
        self.count = 0

    def make(self, path: Path, data: bytes, suffix: str) -> Path:
        """Write spoilt data with the files that belong to it, under a name of its own."""
        self.count += 1
        folder = self.spoilt / str(self.count)
        folder.mkdir()
        target = folder / f"file{suffix}"
        target.write_bytes(data.replace(b"@SECRET@", str(self.secret).encode()))
        for beside in self.sound.glob(f"{path.stem}.*"):
            if beside != path and beside.suffix != suffix:
                (folder / f"file{beside.suffix}").write_bytes(beside.read_bytes())
        return target


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    with Sandbox() as sandbox:
        yield Workshop(tmp_path_factory.mktemp("fuzz"), sandbox)


@st.composite
def changes(draw: st.DrawFn) -> list[tuple[str, float, float, bytes]]:
    one = st.tuples(
        st.sampled_from(["flip", "cut", "splice", "token", "repeat", "swap"]),
        st.floats(0.0, 1.0),
        st.floats(0.0, 1.0),
        st.sampled_from(TOKENS) | st.binary(max_size=8),
    )
    return draw(st.lists(one, min_size=1, max_size=4))


def spoil(data: bytes, steps: list[tuple[str, float, float, bytes]]) -> bytes:
    for kind, first, second, token in steps:
        low, high = sorted((int(first * len(data)), int(second * len(data))))
        match kind:
            case "flip":
                flipped = bytes(255 - one for one in data[low : low + 1 + len(token)])
                data = data[:low] + flipped + data[low + len(flipped) :]
            case "cut":
                data = data[:high]
            case "splice":
                data = data[:low] + data[high:]
            case "token":
                data = data[:low] + token + data[low:]
            case "repeat":
                data = data[:high] + data[low:high] * 3 + data[high:]
            case _:
                data = data[:low] + token + data[low + len(token) :]
    return data


@SETTINGS
@given(
    which=st.integers(0, 1000), steps=changes(), other=st.integers(0, 1000), rename=st.booleans()
)
def test_any_file_gives_a_value_or_a_sentence(
    workshop: Workshop,
    which: int,
    steps: list[tuple[str, float, float, bytes]],
    other: int,
    rename: bool,
) -> None:
    path = workshop.files[which % len(workshop.files)]
    # Once in a while a file is not what its name says.
    named = workshop.files[other % len(workshop.files)] if rename and other % 7 == 0 else path
    suffix = ".csv.gz" if named.name.endswith(".csv.gz") else named.suffix
    spoilt = workshop.make(path, spoil(workshop.data[path], steps), suffix)
    start = time.monotonic()
    before = sorted(spoilt.parent.iterdir())
    for ask in asks(suffix):
        try:
            found = ask(workshop.sandbox, spoilt)
        except GridmapError as error:
            for language in ("en", "zh"):
                assert CANARY not in error.text(language)
                assert "Traceback" not in error.text(language)
        else:
            if isinstance(found, Table):
                assert len(found.text) == len(found.row)
            assert CANARY not in str(found)
    assert time.monotonic() - start < MOST_S
    assert sorted(spoilt.parent.iterdir()) == before
    assert peak_bytes(workshop.sandbox.pid) <= MOST_BYTES


def asks(suffix: str):
    """Return the readers that a file of this ending is given to."""
    if suffix == ".osm":
        return [lambda sandbox, path: sandbox.read_street_network(path, "drive", "EPSG:32650")]
    readers = [lambda sandbox, path: sandbox.read_table(path)]
    if suffix in (*SUFFIXES, *PACKED):
        readers.append(lambda sandbox, path: sandbox.read_vectors(path))
    return readers


def peak_bytes(pid: int) -> int:
    """Return the most memory that a process has held, 0 where the system does not tell."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    line = next((one for one in status.splitlines() if one.startswith("VmHWM")), "VmHWM: 0 kB")
    return int(line.split()[1]) * 1024
