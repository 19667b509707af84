"""Compare drive times with an OSRM server of the same extract.

    python -m benchmarks.osrm_agreement EXTRACT --osrm-python PYTHON
    python -m benchmarks.osrm_agreement EXTRACT --osrm-url http://127.0.0.1:5000

Prints the median of ours over OSRM's, the median and the 95th percentile of the difference over
all pairs that OSRM puts above 60 s, the pairs that only one of the two reaches, and the pairs
that differ most. PYTHON is an interpreter with the package osrm-bindings; the extract is prepared
there with the car profile that comes with it, in a temporary directory (or in --osrm-data).

Points lie on streets: edges are drawn at random by their length, and a place on each. None is
left out. Where OSRM brings a point to another street than ours (a bridge over a street, two
streets on one line) the pair is compared all the same; such points are listed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import osmium
import requests
from numpy.typing import NDArray
from pyproj import Geod, Transformer

from geodata.osm_streets import load_streets
from gridmap.travel.engines import open_engine
from gridmap.travel.network import StreetNetwork

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAST_S = 60.0
ELSEWHERE_M = 2.0
WORKER = """
import json, subprocess, sys
from pathlib import Path
import osrm
given = json.load(sys.stdin)
package = Path(osrm.__file__).parent
data = Path(given["data"]) / "streets.osrm"
if not data.with_suffix(".osrm.mldgr").exists():
    source = data.with_suffix(".osm.pbf")
    source.write_bytes(Path(given["extract"]).read_bytes())
    lua = given["lua"] or package / "share/profiles/car.lua"
    for tool, more in (("extract", ["-p", str(lua), str(source)]),
                       ("partition", [str(data)]), ("customize", [str(data)])):
        command = [str(package / "bin" / f"osrm-{tool}"), "-t", "1", *more]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
server = osrm.OSRM(algorithm="MLD", storage_config=str(data), use_shared_memory=False)
points = [tuple(one) for one in given["points"]]
found = server.Table(osrm.TableParameters(coordinates=points, annotations=["duration"]))
rows = [[None if one is None else float(one) for one in row] for row in found["durations"]]
places = [list(one["location"]) for one in found["sources"]]
json.dump({"durations": rows, "places": places}, sys.stdout)
"""


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("extract", type=Path)
    parser.add_argument("--osrm-python", type=Path)
    parser.add_argument("--osrm-data", type=Path, help="where prepared data are kept")
    parser.add_argument("--osrm-profile", type=Path, help="another car profile")
    parser.add_argument("--osrm-url")
    parser.add_argument("--points", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--crs")
    given = parser.parse_args()
    crs = given.crs or _utm(given.extract)
    loaded = load_streets(given.extract, "drive", crs)
    network = loaded.network
    edge, _, lonlat = sample(network, given.points, given.seed)
    ours = matrix(network, lonlat)
    if given.osrm_url:
        theirs, places = ask_server(given.osrm_url, lonlat)
    else:
        with tempfile.TemporaryDirectory() as folder:
            theirs, places = ask_bindings(given, given.osrm_data or Path(folder), lonlat)
    print(f"{given.extract.name}: {network.n_edges} edges, {len(edge)} points, seed {given.seed}")
    print(f"turn restrictions: {loaded.restrictions}")
    report(ours, theirs, lonlat, places)


def sample(network: StreetNetwork, n_points: int, seed: int) -> tuple[Ints, Floats, Floats]:
    """Return edges drawn by length, a fraction along each, and the places in lon/lat."""
    random = np.random.default_rng(seed)
    share = network.length_m / network.length_m.sum()
    edge = random.choice(network.n_edges, n_points, p=share)
    fraction = random.random(n_points)
    xy = []
    for one, part in zip(edge.tolist(), fraction.tolist(), strict=True):
        line = network.line(one)
        reach = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
        xy.append([np.interp(part * reach[-1], reach, line[:, axis]) for axis in (0, 1)])
    back = Transformer.from_crs(network.crs, "EPSG:4326", always_xy=True)
    lonlat = np.column_stack(back.transform(*np.array(xy).T))
    return edge, fraction, lonlat


def matrix(network: StreetNetwork, lonlat: Floats) -> Floats:
    """Return seconds between places by the engine that plans use, on the streets only.

    As OSRM does, the engine brings a place that stands on a street where nobody sets off to the
    nearest other one.
    """
    engine = open_engine(network)
    onwards = Transformer.from_crs("EPSG:4326", network.crs, always_xy=True)
    snapped = engine.snap(np.column_stack(onwards.transform(lonlat[:, 0], lonlat[:, 1])))
    places = replace(snapped, distance_m=np.zeros(len(snapped)))
    found = engine.matrix(places, places)
    return np.where(np.isnan(found), np.inf, found)


def ask_bindings(given: argparse.Namespace, data: Path, lonlat: Floats) -> tuple[Floats, Floats]:
    """Return seconds and snapped places from OSRM in another interpreter."""
    data.mkdir(parents=True, exist_ok=True)
    task = {
        "data": str(data),
        "extract": str(given.extract),
        "lua": str(given.osrm_profile) if given.osrm_profile else "",
        "points": lonlat.tolist(),
    }
    answer = subprocess.run(
        [str(given.osrm_python), "-c", WORKER],
        input=json.dumps(task), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return _parsed(json.loads(answer.stdout[answer.stdout.index('{"durations') :]))


def ask_server(url: str, lonlat: Floats) -> tuple[Floats, Floats]:
    """Return seconds and snapped places from a running osrm-routed."""
    places = ";".join(f"{lon:.7f},{lat:.7f}" for lon, lat in lonlat)
    answer = requests.get(f"{url}/table/v1/driving/{places}", timeout=60)
    answer.raise_for_status()
    found = answer.json()
    return _parsed(
        {"durations": found["durations"], "places": [one["location"] for one in found["sources"]]}
    )


def report(ours: Floats, theirs: Floats, lonlat: Floats, places: Floats) -> None:
    """Print how well both agree, and where they do not."""
    pair = ~np.eye(len(ours), dtype=bool)
    only_one = pair & (np.isfinite(ours) != np.isfinite(theirs))
    pair &= np.isfinite(ours) & np.isfinite(theirs) & (theirs > LEAST_S)
    ratio = np.where(pair, ours / np.where(theirs > 0, theirs, 1.0), 1.0)
    apart = np.abs(ratio - 1.0)
    off_m = Geod(ellps="WGS84").inv(*lonlat.T, *places.T)[2]
    print(f"pairs {pair.sum()}, reached by one only {only_one.sum()}")
    print(
        f"ratio median {np.median(ratio[pair]):.4f}, |diff| median {np.median(apart[pair]):.2%},"
        f" mean {apart[pair].mean():.2%}, 95th percentile {np.percentile(apart[pair], 95):.2%}"
    )
    print(f"points on another street: {(off_m > ELSEWHERE_M).sum()}")
    same = off_m <= ELSEWHERE_M
    inner = pair & same[:, None] & same[None, :]
    print(
        f"without these: |diff| median {np.median(apart[inner]):.2%},"
        f" 95th percentile {np.percentile(apart[inner], 95):.2%}"
    )
    worst = np.where(pair, apart, 0.0)
    for name, by in (("from", worst.mean(axis=1)), ("to", worst.mean(axis=0))):
        for place in np.argsort(-by)[:8].tolist():
            lon, lat = lonlat[place]
            row = (place, slice(None)) if name == "from" else (slice(None), place)
            use = pair[row]
            apart_s = (ours[row] - theirs[row])[use]
            print(
                f"  {name} {lat:.6f},{lon:.6f}: mean {by[place]:.1%},"
                f" ratio {np.median(ratio[row][use]):.3f}, median {np.median(apart_s):+.1f} s,"
                f" moved {off_m[place]:.1f} m"
            )


def _parsed(found: dict[str, list[list[float]]]) -> tuple[Floats, Floats]:
    durations = np.array(found["durations"], dtype=float)
    return np.where(np.isnan(durations), np.inf, durations), np.array(found["places"])


def _utm(extract: Path) -> str:
    """Return the UTM zone of an extract."""
    for node in osmium.FileProcessor(str(extract), osmium.osm.NODE):
        zone = int((node.lon + 180) // 6) + 1
        return f"EPSG:{(32600 if node.lat >= 0 else 32700) + zone}"
    raise SystemExit(f"{extract} holds no nodes.")


if __name__ == "__main__":
    main()
