"""Writing the files of an invented town: OpenStreetMap XML, GeoJSON and CSV, always the same."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

Point = tuple[float, float]

#: The town lies in the open Atlantic, on the middle meridian of its UTM zone.
ORIGIN_LONLAT = (-27.0, 45.0)
METRES_PER_DEGREE = 111_320.0


@dataclass
class StreetMap:
    """Nodes and ways of an OpenStreetMap file; ids count from 1."""

    nodes: list[tuple[Point, Mapping[str, str]]] = field(default_factory=list)
    ways: list[tuple[list[int], Mapping[str, str]]] = field(default_factory=list)

    def node(self, xy: Point, **tags: str) -> int:
        """Add a node and return its id."""
        self.nodes.append((xy, tags))
        return len(self.nodes)

    def way(self, refs: Sequence[int], **tags: str) -> None:
        """Add a way along nodes."""
        self.ways.append((list(refs), tags))

    def xy(self, ref: int) -> Point:
        """Return where a node is, in metres."""
        return self.nodes[ref - 1][0]


def lonlat(xy: Point) -> tuple[str, str]:
    """Return the longitude and latitude of a point in metres, with seven digits."""
    lon0, lat0 = ORIGIN_LONLAT
    lon = lon0 + xy[0] / (METRES_PER_DEGREE * math.cos(math.radians(lat0)))
    return f"{lon:.7f}", f"{lat0 + xy[1] / METRES_PER_DEGREE:.7f}"


def osm_lines(town: StreetMap) -> Iterator[str]:
    """Yield the lines of an OpenStreetMap XML file."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield "<!-- An invented town, made by gridmap: no data of OpenStreetMap. -->\n"
    yield '<osm version="0.6" generator="gridmap">\n'
    for number, (xy, tags) in enumerate(town.nodes, 1):
        lon, lat = lonlat(xy)
        head = f'<node id="{number}" version="1" lat="{lat}" lon="{lon}"'
        yield f"{head}>{_tags(tags)}</node>\n" if tags else f"{head}/>\n"
    for number, (refs, tags) in enumerate(town.ways, 1):
        nodes = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        yield f'<way id="{number}" version="1">{nodes}{_tags(tags)}</way>\n'
    yield "</osm>\n"


def _tags(tags: Mapping[str, str]) -> str:
    return "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())


def geojson_lines(parts: Iterable[Sequence[Point]]) -> Iterator[str]:
    """Yield a GeoJSON file with one multi-part boundary; each part is a closed ring in metres."""
    rings = [[[float(one) for one in lonlat(xy)] for xy in part] for part in parts]
    shape = {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]}
    feature = {"type": "Feature", "properties": {"name": "invented"}, "geometry": shape}
    yield json.dumps({"type": "FeatureCollection", "features": [feature]}) + "\n"


def csv_lines(rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """Yield a CSV file; the keys of the first row are its columns."""
    buffer = io.StringIO()
    writer: csv.DictWriter[str] | None = None
    for row in rows:
        if writer is None:
            writer = csv.DictWriter(buffer, list(row), lineterminator="\n")
            writer.writeheader()
        writer.writerow(row)
    yield buffer.getvalue()


def write(path: Path, pieces: Iterable[str]) -> None:
    """Write text with the same line ends on every system."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(pieces)
