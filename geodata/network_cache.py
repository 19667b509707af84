"""Networks of OpenStreetMap extracts, from the cache where it has them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from pathlib import Path

from geodata.osm_streets import LOADER_VERSION
from gridmap.errors import Fault
from gridmap.travel.cache import NetworkCache, file_sha256, hash_of, network_key
from gridmap.travel.network import StreetNetwork
from gridmap.travel.profile import Profile, load_profile

Read = Callable[[Path, str, str], StreetNetwork]

#: What of a profile bears on times only, not on who may go where.
SPEEDS = ("permitted_kmh", "push_kmh", "maxspeed", "maxspeed_factor", "surface_factor")


def cached_networks(
    path: Path, modes: Iterable[str], crs: str, *, cache: NetworkCache | None, read: Read
) -> tuple[dict[str, StreetNetwork], list[Fault]]:
    """Return the network of each means of travel, and notices about the cache.

    The file is hashed each time: that takes about one hundredth of reading it, whereas its time
    stamp may lie.

    Parameters
    ----------
    path
        OpenStreetMap extract.
    modes
        Means of travel.
    crs
        Reference system in metres.
    cache
        The cache; None = read the file.
    read
        Reads the network of a file, means of travel and reference system.

    Raises
    ------
    InputError
        As `read` does.
    """
    modes = list(modes)
    if cache is None or not path.is_file():
        return {mode: read(path, mode, crs) for mode in modes}, []
    networks: dict[str, StreetNetwork] = {}
    notices: list[Fault] = []
    source = file_sha256(path)
    for mode in modes:
        profile = load_profile(mode)
        key = network_key(source, LOADER_VERSION, topology_hash(profile), crs)
        done = cache.fetch(key, lambda mode=mode: read(path, mode, crs), weights=hash_of(profile))  # type: ignore[misc]
        networks[mode] = done.network
        notices += done.notices
    return networks, notices


def topology_hash(profile: Profile) -> str:
    """Return a hash of what a profile says on who may go where, without its speeds."""
    rules = {
        one.name: getattr(profile, one.name)
        for one in dataclasses.fields(profile)
        if one.name not in SPEEDS
    }
    return hash_of(rules | {"speed_kmh": sorted(profile.speed_kmh)})
