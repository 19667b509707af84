"""The files that belong to another one, such as the table of a shapefile."""

from __future__ import annotations

from pathlib import Path

#: Endings of the files beside one with this ending.
BESIDE = {
    ".shp": (".dbf", ".shx", ".prj", ".cpg"),
    ".tab": (".dat", ".map", ".id", ".ind"),
    ".mif": (".mid",),
    ".gpkg": (".gpkg-wal",),
}


def side_files(path: Path) -> list[Path]:
    """Return the files of the same stem that a file needs and that are there.

    A link is none: it could point to a file that the user may not see.
    """
    found = []
    for ending in BESIDE.get(path.suffix.lower(), ()):
        for spelt in (ending, ending.upper()):
            beside = path.with_name(path.stem + spelt)
            if beside.is_file() and not beside.is_symlink():
                found.append(beside)
                break
    return found
