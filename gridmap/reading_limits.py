"""What several commands read by: a limited child for tables, a kept street network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gridmap.settings import Settings

if TYPE_CHECKING:
    from gridmap.travel.cache import NetworkCache


@contextmanager
def limited_reader() -> Iterator[None]:
    """Let a limited child process read all tables and vector files."""
    from geodata.isolation import reading_by
    from geodata.sandbox import Sandbox

    with Sandbox() as reader, reading_by(reader):
        yield


def network_cache(settings: Settings) -> NetworkCache | None:
    """Return where street networks are kept; None = the settings name no folder."""
    from gridmap.travel.cache import NetworkCache

    if settings.cache_dir is None:
        return None
    return NetworkCache(settings.cache_dir, limit_bytes=settings.cache_mb * 1_000_000)
