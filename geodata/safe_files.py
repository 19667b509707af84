"""Files that are written whole or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gridmap.errors import InputError, fault


@contextmanager
def written(path: Path) -> Iterator[Path]:
    """Give a temporary path beside a file, which takes the file's place if all goes well.

    Raises
    ------
    InputError
        If the folder cannot be written to.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
            temporary = Path(folder) / path.name
            yield temporary
            temporary.replace(path)
    except OSError as error:
        raise InputError(fault("tables.not_writable", path, reason=error)) from error
