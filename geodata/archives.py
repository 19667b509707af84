"""Archives from outside, unpacked with limits on everything that an archive can claim."""

from __future__ import annotations

import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from gridmap.errors import InputError, fault

MOST_MEMBERS = 100
MOST_BYTES = 1024**3
#: Text packs to a hundredth at the best; what claims more is made to fill a disk.
MOST_RATIO = 200
#: A small archive may pack better than that without harm.
SMALL_BYTES = 10 * 1024**2
COPY_BYTES = 1 << 20
#: Bit of a member that says its name is UTF-8.
UTF8_NAME = 0x800
ENCRYPTED = 0x1


@contextmanager
def unpacked(path: Path, suffixes: Sequence[str]) -> Iterator[Path]:
    """Unpack a zip archive for a while and give the one file in it that can be read.

    Parameters
    ----------
    path
        The archive.
    suffixes
        Endings of files that can be read; those of the same stem come along.

    Raises
    ------
    InputError
        If it is damaged, locked, larger than allowed, has unusual names or holds not exactly one
        such file.
    """
    with TemporaryDirectory(prefix="gridmap-") as folder:
        with _opened(path) as archive:
            members = _members(path, archive)
            found = [name for name in sorted(members) if name.lower().endswith(tuple(suffixes))]
            if len(found) != 1:
                have = ", ".join(sorted(members)[:8])
                raise InputError(fault("sandbox.archive_content", path, have=have))
            stem = PurePosixPath(found[0]).stem.casefold()
            for name, member in members.items():
                if PurePosixPath(name).stem.casefold() == stem:
                    _copy(path, archive, member, Path(folder) / name)
        yield Path(folder) / found[0]


@contextmanager
def unpacked_whole(path: Path) -> Iterator[Path]:
    """Unpack all files of a zip archive into one folder for a while; folders in it are left out.

    Raises
    ------
    InputError
        If it is damaged, locked, larger than allowed, or has unusual names or one twice.
    """
    with TemporaryDirectory(prefix="gridmap-") as folder:
        with _opened(path) as archive:
            for name, member in _members(path, archive).items():
                _copy(path, archive, member, Path(folder) / name)
        yield Path(folder)


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open an archive; whatever is wrong with it is told as a fault."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (
        zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError,
        RuntimeError, struct.error,
    ) as error:  # fmt: skip
        if isinstance(error, InputError):
            raise
        raise InputError(fault("sandbox.archive_damaged", path, reason=error)) from error


def _members(path: Path, archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Return the files of an archive by their bare names, or raise what is wrong with them."""
    members = [one for one in archive.infolist() if not one.is_dir()]
    members = [one for one in members if not one.filename.startswith("__MACOSX/")]
    total = sum(one.file_size for one in members)
    packed = max(1, sum(one.compress_size for one in members))
    if len(members) > MOST_MEMBERS or total > MOST_BYTES:
        mb = MOST_BYTES // 1024**2
        raise InputError(fault("sandbox.archive_large", path, most=MOST_MEMBERS, mb=mb))
    if total > SMALL_BYTES and total / packed > MOST_RATIO:
        raise InputError(fault("sandbox.archive_bomb", path, ratio=int(total / packed)))
    found: dict[str, zipfile.ZipInfo] = {}
    seen: set[str] = set()
    for one in members:
        name = _name(one)
        parts = PurePosixPath(name.replace("\\", "/")).parts
        bare = parts[-1] if parts else ""
        odd = (
            ".." in parts
            or name.startswith(("/", "\\"))
            or ":" in name
            or any(ord(sign) < 32 for sign in name)
            or bare.casefold() in seen
            or stat.S_ISLNK(one.external_attr >> 16)
        )
        if odd or not bare:
            raise InputError(fault("sandbox.archive_name", path, name=name[:80]))
        if one.flag_bits & ENCRYPTED:
            raise InputError(fault("sandbox.archive_locked", path))
        seen.add(bare.casefold())
        found[bare] = one
    return found


def _name(member: zipfile.ZipInfo) -> str:
    """Return the name of a member; Chinese systems write it in GBK and do not say so."""
    if member.flag_bits & UTF8_NAME:
        return member.filename
    raw = member.filename.encode("cp437", "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return member.filename


def _copy(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> None:
    """Unpack one member, but no more of it than it claims: a lie ends in a fault."""
    left = member.file_size
    with archive.open(member) as source, target.open("wb") as copy:
        while block := source.read(COPY_BYTES):
            left -= len(block)
            if left < 0:
                shutil.rmtree(target.parent, ignore_errors=True)
                raise InputError(fault("sandbox.archive_bomb", path, ratio=MOST_RATIO))
            copy.write(block)
