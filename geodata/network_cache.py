"""Networks of OpenStreetMap extracts, from the cache where it has them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from geodata.osm_streets import LOADER_VERSION, load_streets
from gridmap.errors import Fault, fault
from gridmap.travel.cache import NetworkCache, file_sha256, hash_of, network_key
from gridmap.travel.cache_entry import BrokenEntry
from gridmap.travel.cch import elimination_order
from gridmap.travel.network import StreetNetwork
from gridmap.travel.profile import load_profile
from gridmap.travel.weights import topology_key, weighted

#: Name of the extra array with the notices of the loader, as JSON.
NOTICES = "notices"


def cached_networks(
    path: Path, modes: Iterable[str], crs: str, *, cache: NetworkCache | None
) -> tuple[dict[str, StreetNetwork], list[Fault]]:
    """Return the network of each means of travel, with notices of the loader and the cache.

    The file is hashed each time: that takes about one hundredth of reading it, whereas its time
    stamp may lie. What goes into the cache has the order of its contraction hierarchy, which
    takes longer than all the rest.

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

    Raises
    ------
    InputError
        As `load_streets` does.
    """
    networks: dict[str, StreetNetwork] = {}
    notices: list[Fault] = []
    source = file_sha256(path) if cache is not None and path.is_file() else ""
    for mode in modes:
        if cache is None or not source:
            loaded = load_streets(path, mode, crs)
            networks[mode] = loaded.network
            notices += loaded.restrictions.notices(path)
        else:
            networks[mode], said = _from_cache(cache, source, path, mode, crs)
            notices += said
    return networks, notices


def _from_cache(
    cache: NetworkCache, source: str, path: Path, mode: str, crs: str
) -> tuple[StreetNetwork, list[Fault]]:
    profile = load_profile(mode)
    key = network_key(source, LOADER_VERSION, topology_key(profile), crs)
    told: list[Fault] = []

    def build() -> StreetNetwork:
        loaded = load_streets(path, mode, crs)
        told.extend(loaded.restrictions.notices(path))
        return replace(loaded.network, order=elimination_order(loaded.network))

    done = cache.fetch(
        key, build, weights=hash_of(profile), reweigh=lambda network: weighted(network, profile)
    )
    if done.entry is None:
        with contextlib.suppress(BrokenEntry, OSError):
            entry = cache.open(key)
            if entry is not None:
                data = json.dumps([[one.key, dict(one.values)] for one in told]).encode()
                entry.put_extra(NOTICES, np.frombuffer(data, dtype=np.uint8))
        return done.network, [*told, *done.notices]
    kept = done.entry.extra(NOTICES)
    if kept is not None:
        told = [fault(key, path, **values) for key, values in json.loads(kept.tobytes())]
    return done.network, told
