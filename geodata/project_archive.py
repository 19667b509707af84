"""A whole project in one zip archive: the project file and the files that it names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geodata.archives import unpacked_whole
from geodata.isolation import untrusted
from geodata.project import Files, find_files
from geodata.project_file import read_project
from geodata.street_sources import OVERPASS
from gridmap.errors import InputError, fault


@untrusted
def territory_of(path: Path) -> str:
    """Return the name of the territory of a project in an archive.

    Raises
    ------
    InputError
        If there is not exactly one project file in it, or that file or a file it names is faulty.
    """
    with unpacked_project(path) as project:
        return read_project(project).territory.name


@contextmanager
def unpacked_project(path: Path) -> Iterator[Path]:
    """Unpack a project for a while and give its project file; it names files of the archive only.

    Raises
    ------
    InputError
        As for `territory_of`, and if it names a file elsewhere or asks for streets online.
    """
    with unpacked_whole(path) as folder:
        found = sorted(one for one in folder.iterdir() if one.suffix.lower() == ".toml")
        if len(found) != 1:
            have = ", ".join(sorted(one.name for one in folder.iterdir())[:8])
            raise InputError(fault("data.one_project", path, have=have))
        _demand_inside(find_files(read_project(found[0]), [folder]), folder, path)
        yield found[0]


def _demand_inside(files: Files, folder: Path, path: Path) -> None:
    """Refuse files beyond the folder: what a stranger writes must read none of this machine."""
    named = [*vars(files).values(), *files.market.values(), *files.visits.values()]
    outside = [
        one
        for one in named
        if one == OVERPASS or (isinstance(one, Path) and one.resolve().parent != folder.resolve())
    ]
    if outside:
        listed = ", ".join(str(one) for one in outside)
        raise InputError(fault("data.outside_archive", path, found=listed))
