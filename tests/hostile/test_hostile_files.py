"""Files made to do harm: each ends in a sentence, within limits, and reveals nothing."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hostile_files import CANARY, write_hostile

from geodata import sandbox_child
from geodata.sandbox import DRIVERS, Limits, Sandbox
from gridmap.errors import InputError

LINUX = os.uname().sysname == "Linux" if hasattr(os, "uname") else False


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as opened:
        yield opened


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("hostile")
    return write_hostile(folder, tmp_path_factory.mktemp("elsewhere") / "secret.csv")


#: Files that are odd and yet may be read; what they hold is harmless.
READABLE = {
    "empty_point.geojson", "nan.geojson", "infinite.geojson", "link.csv", "long_line.csv",
    "vertices.geojson", "deep_closed.geojson",
}  # fmt: skip
NAMES = (
    "vrt.geojson", "xxe.kml", "laughs.kml", "deep.geojson", "deep_closed.geojson",
    "infinite.geojson", "nan.geojson", "empty_point.geojson", "unhashable.geojson", "link.csv",
    "bomb.csv.gz", "nulls.csv", "long_line.csv", "many_columns.csv", "not.gpkg", "not.parquet",
    "not.xlsx", "bomb.zip", "above.zip", "root.zip", "drive.zip", "link.zip", "twice.zip",
    "many.zip", "nested.zip", "two.zip", "lie.zip", "vertices.geojson",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_ends_in_a_sentence(sandbox: Sandbox, hostile: dict[str, Path], name: str) -> None:
    path = hostile[name]
    start = time.monotonic()
    try:
        found = sandbox.read_table(path)
        assert name in READABLE
        assert CANARY not in found.text.to_string(max_rows=20)
    except InputError as error:
        for language in ("en", "zh"):
            said = error.text(language)
            assert "Traceback" not in said
            assert CANARY not in said
            assert path.name in said
        assert {one.key for one in error.faults} != {"sandbox.unexpected"}
    assert time.monotonic() - start < 30.0


def test_every_hostile_file_is_tried(hostile: dict[str, Path]) -> None:
    assert set(NAMES) == set(hostile)


def test_after_a_death_the_next_file_is_read(hostile: dict[str, Path], tmp_path: Path) -> None:
    sound = tmp_path / "a.csv"
    sound.write_text("id,lon,lat\n1,2,3\n")
    with Sandbox(Limits(address_space_bytes=64 * 1024**2)) as small:
        first = small.pid
        with pytest.raises(InputError, match="64 MB of memory"):
            small.read_table(hostile["vertices.geojson"])
        assert len(small.read_table(sound)) == 1
        assert small.pid != first


def test_time_is_limited(hostile: dict[str, Path]) -> None:
    with (
        Sandbox(Limits(wall_s=0.2)) as hasty,
        pytest.raises(InputError, match="takes more than 0 s"),
    ):
        hasty.read_table(hostile["vertices.geojson"])


@pytest.mark.skipif(not LINUX, reason="fences of the Linux kernel")
def test_the_fences_stand(sandbox: Sandbox) -> None:
    assert set(sandbox.fences) >= {"memory", "cpu", "file_size"}


@pytest.mark.skipif(not LINUX, reason="fences of the Linux kernel")
@pytest.mark.parametrize(
    "attempt", ["Path('/etc/hostname').read_text()", "Path('{secret}').read_text()",
                "socket.create_connection(('127.0.0.1', {port}), 2)", "os.fork()",
                "subprocess.run(['/bin/true'])", "Path('{outside}').write_text('x')"],
)  # fmt: skip
def test_the_child_can_do_nothing_else(tmp_path: Path, attempt: str) -> None:
    """A parser that has been taken over tries to read, call, fork and write."""
    import subprocess
    import sys

    secret = tmp_path / "secret.txt"
    secret.write_text(CANARY)
    with socket.create_server(("127.0.0.1", 0)) as server:
        code = attempt.format(
            secret=secret, outside=tmp_path / "out.txt", port=server.getsockname()[1]
        )
        inner = tmp_path / "inner"
        inner.mkdir()
        program = f"""
import json, os, socket, subprocess, sys
from pathlib import Path
from geodata import fences, sandbox_child
standing = fences.fence(sandbox_child.installation(), [Path({str(inner)!r})])
try:
    {code}
    print(json.dumps([standing, "done"]))
except OSError as error:
    print(json.dumps([standing, type(error).__name__]))
"""
        done = subprocess.run(
            [sys.executable, "-P", "-c", program], capture_output=True, text=True, check=False,
            cwd=inner, env={"PYTHONPATH": str(Path(sandbox_child.__file__).parents[1])},
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    if "files" not in done.stdout or "network" not in done.stdout:
        pytest.skip("this kernel has no Landlock or no seccomp")
    assert "done" not in done.stdout
    assert CANARY not in done.stdout
    assert not (tmp_path / "out.txt").exists()


def test_only_listed_drivers_are_there() -> None:
    with Sandbox() as opened:
        _ = opened.fences
        child = opened._children[opened.limits]
        assert set(child.drivers) <= set(DRIVERS)
