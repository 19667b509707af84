"""The embedded example: Helsinki centre, from real OpenStreetMap data."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def demo_project() -> Path:
    """Return the project file of the embedded example; its data files lie beside it.

    Raises
    ------
    FileNotFoundError
        If the package lies in an archive or was installed without its data.
    """
    path = Path(str(files("geodata").joinpath("data", "helsinki", "project.toml")))
    if not path.is_file():
        raise FileNotFoundError(f"Expected the example at {path}; install gridmap unpacked.")
    return path
