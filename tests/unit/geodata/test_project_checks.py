"""Coast, children and datum as a project meets them."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import shapely
from pyproj import Transformer

from geodata.project import load_project
from geodata.synthetic import write_town
from gridmap.datum import Floats, from_wgs84
from gridmap.errors import InputError
from gridmap.planning import make_plan
from gridmap.territory import Territory


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_town(tmp_path_factory.mktemp("town"), blocks=24, own=3, seed=5).parent


@pytest.fixture
def town(pattern: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(pattern, tmp_path / "town"))


def load(town: Path) -> Territory:
    return load_project(town / "project.toml")[0]


def notices(territory: Territory) -> dict[str, str]:
    assert all(one.text("zh") for one in territory.notices)
    return {one.key: one.text("en") for one in territory.notices}


def outline(town: Path) -> shapely.Geometry:
    content = json.loads((town / "territory.geojson").read_text(encoding="utf-8"))
    features = content.get("features", [content])
    return shapely.union_all(
        [shapely.from_geojson(json.dumps(one.get("geometry", one))) for one in features]
    )


def add_key(town: Path, section: str, line: str) -> None:
    path = town / "project.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(f"[{section}]", f"[{section}]\n{line}", 1), encoding="utf-8")


def add_coast(town: Path, *points: tuple[float, float]) -> None:
    """The land is on the left of the points."""
    path = town / "town.osm"
    first = 9_000_000_000
    nodes = "".join(
        f'<node id="{first + n}" version="1" lon="{lon}" lat="{lat}"/>'
        for n, (lon, lat) in enumerate(points)
    )
    refs = "".join(f'<nd ref="{first + n}"/>' for n in range(len(points)))
    way = f'<way id="{first}" version="1">{refs}<tag k="natural" v="coastline"/></way>'
    text = path.read_text(encoding="utf-8")
    at = text.index("<way")
    text = text[:at] + nodes + text[at:].replace("</osm>", f"{way}</osm>")
    path.write_text(text, encoding="utf-8")


def east_strip(town: Path, share: float) -> list[tuple[float, float]]:
    west, south, east, north = outline(town).bounds
    lon = east - share * (east - west)
    return [(lon, south - 0.01), (lon, north + 0.01)]


def test_the_sea_is_cut_off_and_said(town: Path) -> None:
    whole = load(town).boundary.area
    add_coast(town, *east_strip(town, 0.1))
    kept = load(town)
    assert kept.boundary.area == pytest.approx(whole, rel=1e-6)
    assert "places.coast_small" in notices(kept)
    add_key(town, "territory", "clip_to_coast = true")
    territory = load(town)
    assert territory.boundary.area == pytest.approx(0.9 * whole, rel=0.03)
    assert "were cut off along the coastline" in notices(territory)["places.coast_cut"]


def test_nobody_is_told_of_sea_that_was_asked_for(town: Path) -> None:
    add_coast(town, *east_strip(town, 0.1))
    add_key(town, "territory", "clip_to_coast = false")
    found = notices(load(town))
    assert not {"places.coast_cut", "places.coast_small"} & set(found)


def test_children_are_checked(town: Path) -> None:
    shape = outline(town)
    west, south, east, north = shape.bounds
    half = shapely.box(west - 1, south - 1, (west + east) / 2, north + 1)
    parts = [shapely.intersection(shape, half), shapely.difference(shape, half)]

    def write(some: list[shapely.Geometry]) -> None:
        features = [
            {
                "type": "Feature",
                "properties": {"name": name},
                "geometry": json.loads(shapely.to_geojson(one)),
            }
            for name, one in zip(("West", "East"), some, strict=False)
        ]
        content = {"type": "FeatureCollection", "features": features}
        (town / "children.geojson").write_text(json.dumps(content))

    write(parts)
    add_key(town, "territory", 'children = "children.geojson"')
    territory = load(town)
    assert "tile the territory exactly" in notices(territory)["places.tiling_good"]
    assert "children.geojson" in territory.sources
    write(parts[:1])
    assert "beside it: West" in notices(load(town))["places.tiling_gap"]
    (town / "children.geojson").unlink()
    with pytest.raises(InputError, match=r"\[territory\] children"):
        load(town)


def to_china(town: Path) -> None:
    """Move the town to Nanjing, keeping its shape nearly: from 45 to 32 degrees north."""
    west, south, _, _ = outline(town).bounds
    east_by, north_by = 118.75 - west, 32.0 - south
    path = town / "territory.geojson"
    shape = shapely.transform(outline(town), lambda xy: xy + np.array([east_by, north_by]))
    path.write_text(shapely.to_geojson(shape))
    path = town / "town.osm"
    text = path.read_text(encoding="utf-8")
    for key, by in (("lon", east_by), ("lat", north_by)):
        text = re.sub(
            rf"(\s{key}=[\"'])([-0-9.]+)", lambda m, by=by: f"{m[1]}{float(m[2]) + by:.7f}", text
        )
    path.write_text(text, encoding="utf-8")
    for name in ("outlets.csv", "demand.csv"):
        change_places(town / name, lambda xy: xy + np.array([east_by, north_by]))


def change_places(path: Path, how: Callable[[Floats], Floats]) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    given = np.array([[float(row["lon"]), float(row["lat"])] for row in rows])
    for row, (lon, lat) in zip(rows, how(given), strict=True):
        row["lon"], row["lat"] = f"{lon:.7f}", f"{lat:.7f}"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def test_a_wrong_datum_is_said_with_the_right_one(town: Path) -> None:
    to_china(town)
    assert "places.datum_other" not in notices(load(town))

    def all_but_own(xy: Floats) -> Floats:
        # The own ones come first; shifted they would fall outside this small town.
        return np.vstack([xy[:3], from_wgs84(xy[3:], "gcj02")])

    change_places(town / "outlets.csv", all_but_own)
    said = notices(load(town))
    assert 'set [outlets] datum = "gcj02"' in said["places.datum_other"]
    assert "outlets.csv" in said["places.datum_other"]


def test_operators_come_from_names_unless_switched_off(town: Path) -> None:
    path = town / "outlets.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    other = next(row for row in rows if not row["outlet_id"].startswith("own"))
    other |= {"name": "中国移动营业厅", "operator": "", "kind": "营业厅"}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)

    def operator() -> str:
        outlets = load(town).outlets.set_index("outlet_id")
        return str(outlets.loc[other["outlet_id"], "operator"])

    assert operator() == "中国移动"
    add_key(town, "outlets", "dictionary = false")
    assert operator() == ""


#: Degrees by which divisions reach beyond the town.
PAD = 1e-4


def add_divisions(town: Path, codes: list[object]) -> None:
    """Cut the town into strips from west to east, each a division."""
    west, south, east, north = outline(town).bounds
    edges = np.linspace(west - PAD, east + PAD, len(codes) + 1)
    features = [
        {
            "type": "Feature",
            "properties": {"code": code},
            "geometry": shapely.box(left, south - PAD, right, north + PAD).__geo_interface__,
        }
        for code, left, right in zip(codes, edges[:-1], edges[1:], strict=True)
    ]
    content = {"type": "FeatureCollection", "features": features}
    (town / "divisions.geojson").write_text(json.dumps(content), encoding="utf-8")
    add_key(town, "territory", 'admin = "divisions.geojson"\nadmin_codes = "code"')


def test_cells_are_coded_by_the_division_of_their_centre(town: Path) -> None:
    """One division, its code a number; three cells in reading order."""
    add_divisions(town, [310104011003])
    territory, request = load_project(town / "project.toml")
    policy = request.partition.model_copy(update={"iterations": 1})
    scenario = make_plan(territory, request.model_copy(update={"partition": policy}), seed=1)
    codes = sorted(scenario.cells["code"])
    assert codes == ["310104011003001", "310104011003002", "310104011003003"]


def test_each_centre_has_the_division_it_lies_in(town: Path) -> None:
    codes = ["310104011001", "310104011002", "310104011003", "310104011004"]
    add_divisions(town, list(codes))
    territory, request = load_project(town / "project.toml")
    own = territory.outlets[territory.outlets["ownership"] == "own"]
    to_degrees = Transformer.from_crs(territory.crs, "EPSG:4326", always_xy=True)
    lon, _ = to_degrees.transform(own["x"].to_numpy(), own["y"].to_numpy())
    west, _, east, _ = outline(town).bounds
    strip = np.searchsorted(np.linspace(west - PAD, east + PAD, 5), lon) - 1
    expected = dict(zip(own["outlet_id"], [codes[one] for one in strip], strict=True))
    assert request.partition.divisions == expected
    assert len(set(expected.values())) > 1


@pytest.mark.parametrize(
    ("codes", "line", "key"),
    [
        ([310104], 'admin_codes = "nummer"', "cellcode.no_column"),
        (["00"], "", "cellcode.not_division"),
    ],
)
def test_divisions_that_are_none_are_refused(
    town: Path, codes: list[object], line: str, key: str
) -> None:
    add_divisions(town, codes)
    if line:
        path = town / "project.toml"
        text = path.read_text(encoding="utf-8").replace('admin_codes = "code"', line)
        path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_project(town / "project.toml")
    assert [one.key for one in caught.value.faults] == [key]
    assert all(one.text("zh") for one in caught.value.faults)


def test_codes_need_the_file_of_divisions(town: Path) -> None:
    add_key(town, "territory", 'admin_codes = "code"')
    with pytest.raises(InputError) as caught:
        load_project(town / "project.toml")
    assert "admin_codes" in caught.value.faults[0].text("en")


def test_a_centre_without_a_division_is_named(town: Path) -> None:
    territory, request = load_project(town / "project.toml")
    first = territory.outlets.loc[territory.outlets["ownership"] == "own", "outlet_id"].iloc[0]
    policy = request.partition.model_copy(
        update={"iterations": 0, "divisions": {"elsewhere": "310104"}}
    )
    with pytest.raises(InputError) as caught:
        make_plan(territory, request.model_copy(update={"partition": policy}), seed=1)
    assert caught.value.faults[0].key == "cellcode.no_division_given"
    assert str(first) in caught.value.faults[0].text("en")
