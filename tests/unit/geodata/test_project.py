"""A project as a whole: from files to a territory, and every input that must stop it or be said."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geodata import street_sources
from geodata.boundaries import project
from geodata.network_exchange import to_osmnx, write_graphml
from geodata.project import load_project, street_extract
from geodata.project_units import hexagon_resolution
from geodata.street_sources import drawn, lines_of, read_lines, read_streets, unjoined
from geodata.synthetic import write_town
from gridmap import schemas
from gridmap.catalogue import text
from gridmap.datum import from_wgs84
from gridmap.errors import InputError, fault
from gridmap.partition.linework import LineKind, Linework
from gridmap.progress import Progress
from gridmap.scoring.market_inputs import market_counts
from gridmap.territory import Territory

Change = Callable[[str], str]
AREA = shapely.box(0.0, 0.0, 1.0, 1.0)


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A town of 24 blocks with 3 own outlets; the tests change copies of it."""
    return write_town(tmp_path_factory.mktemp("town"), blocks=24, own=3, seed=5).parent


@pytest.fixture(scope="module")
def untouched(pattern: Path) -> Territory:
    return load_project(pattern / "project.toml")[0]


@pytest.fixture
def town(pattern: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(pattern, tmp_path / "town"))


def change(town: Path, name: str, how: Change) -> None:
    (town / name).write_text(how((town / name).read_text(encoding="utf-8")), encoding="utf-8")


def load(town: Path) -> Territory:
    return load_project(town / "project.toml")[0]


def notices(territory: Territory) -> dict[str, str]:
    """Return the notices by key, each of them readable in both languages."""
    assert all(one.text("en") and one.text("zh") for one in territory.notices)
    return {one.key: one.text("en") for one in territory.notices}


def faults(town: Path) -> dict[str, str]:
    with pytest.raises(InputError) as error:
        load(town)
    assert error.value.text("zh")
    return {one.key: one.text("en") for one in error.value.faults}


def own_place(town: Path, number: int) -> tuple[str, str]:
    lines = (town / "outlets.csv").read_text().splitlines()
    cells = next(line for line in lines if line.startswith(f"own{number:04d}")).split(",")
    return cells[4], cells[5]


def test_tables_keep_their_schema_and_lie_in_units(untouched: Territory) -> None:
    schemas.OUTLETS.validate(untouched.outlets)
    schemas.DEMAND.validate(untouched.demand)
    for table in (untouched.outlets, untouched.demand):
        at = untouched.units.locate(table[["x", "y"]].to_numpy())
        np.testing.assert_array_equal(at, table["unit"])
    assert untouched.outlets["snap_distance_m"].max() < 120.0


def test_boundary_is_the_union_of_the_units(untouched: Territory) -> None:
    assert untouched.boundary.is_valid
    assert untouched.boundary.area == pytest.approx(untouched.units.area_m2.sum(), rel=1e-12)


def test_own_outlets_are_centres_and_not_visited(untouched: Territory) -> None:
    own = untouched.outlets[untouched.outlets["ownership"] == "own"]
    assert len(own) == 3
    assert own["unit"].is_unique
    assert not own["visited"].any()
    visited = untouched.outlets[untouched.outlets["visited"]]
    assert set(visited["ownership"]) == {"partner"}
    assert set(visited["grade"]) == {"A", "B", "C"}


def test_what_is_made_up_is_said(untouched: Territory) -> None:
    assert untouched.invented == ("streets", "outlets", "potential", "grade", "demand")


def test_sources_are_hashes_of_the_files(pattern: Path, untouched: Territory) -> None:
    assert untouched.sources == {
        name: hashlib.sha256((pattern / name).read_bytes()).hexdigest()
        for name in ("territory.geojson", "outlets.csv", "demand.csv", "town.osm")
    }


def test_lines_to_draw_are_clipped(untouched: Territory) -> None:
    assert set(untouched.linework) == {"street", "river", "rail", "motorway", "water"}
    left, bottom, right, top = untouched.boundary.bounds
    box = shapely.box(left - 1.0, bottom - 1.0, right + 1.0, top + 1.0)
    for name in ("street", "river", "rail", "water"):
        assert len(untouched.linework[name])
        assert shapely.covers(box, untouched.linework[name]).all()


def test_twice_is_the_same(pattern: Path, untouched: Territory) -> None:
    seen: list[Progress] = []
    again, request = load_project(pattern / "project.toml", report=seen.append)
    assert again.content_hash == untouched.content_hash
    assert request.routing.mode == "walk"
    fractions = [one.fraction for one in seen]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    assert {text(one.stage) for one in seen} == {"Reading the territory"}


def test_files_in_a_folder_of_their_own(town: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    shutil.move(town / "project.toml", other / "project.toml")
    assert load_project(other / "project.toml", data_dir=town)[0].name == "Invented town 5"


def test_the_extract_a_basemap_is_made_of(town: Path) -> None:
    assert street_extract(town / "project.toml") == town / "town.osm"
    assert street_extract(town / "project.toml", data_dir=town.parent) == town / "town.osm"
    change(town, "project.toml", lambda text: text.replace("town.osm", "overpass"))
    assert street_extract(town / "project.toml") is None


def test_all_missing_files_are_named_with_where_they_were_sought(town: Path) -> None:
    for name in ("outlets.csv", "demand.csv", "town.osm"):
        (town / name).unlink()
    with pytest.raises(InputError) as error:
        load_project(town / "project.toml", data_dir=town / "data")
    assert [one.where for one in error.value.faults] == ["outlets.csv", "demand.csv", "town.osm"]
    assert all(str(town / "data") in one.text() for one in error.value.faults)


def test_faults_of_outlets_and_demand_come_together(town: Path) -> None:
    change(town, "outlets.csv", lambda text: text.replace("lon", "x"))
    change(town, "demand.csv", lambda text: text.replace("households", "homes"))
    found = faults(town)
    assert set(found) == {"world.column_needed", "world.column_missing"}
    assert "homes" in found["world.column_missing"]


def test_dirty_rows_are_left_out_and_listed(town: Path) -> None:
    dirt = (
        "shop1,S,,kiosk,-27.0001,45.0001,1,\n"
        "shop1,S,,kiosk,-27.0001,45.0001,1,\n"
        ",S,,kiosk,-27.0001,45.0001,1,\n"
        "shop2,S,,kiosk,0,0,1,\n"
        "shop3,S,,kiosk,45.001,-26.999,1,\n"
        "shop4,S,,kiosk,-26.0,45.0,1,\n"
        "shop5,S,,kiosk,here,45.0,1,\n"
    )
    change(town, "outlets.csv", lambda text: text + dirt)
    change(town, "demand.csv", lambda text: text + "h,-27.0,45.001,-5,house\n")
    territory = load(town)
    by_id = dict(zip(territory.excluded["id"], territory.excluded["reason"], strict=True))
    assert by_id == {
        "shop1": "world.id_again",
        "": "world.id_missing",
        "shop2": "world.place_zero",
        "shop4": "world.place_outside",
        "shop5": "world.place_not_number",
        "h": "world.weight_negative",
    }
    said = {f"{reason}_rows" for reason in by_id.values()}
    # shop3 is in the territory once longitude and latitude are exchanged, and is kept.
    assert set(notices(territory)) == said | {"tables.place_turned_rows"}
    assert "shop3" in set(territory.outlets["outlet_id"])


def test_an_own_outlet_outside_is_left_out_and_the_plan_goes_on(
    town: Path, untouched: Territory
) -> None:
    line = f"far,Hall,{'Blue Telecom'},shop,-20,45,1,\n"
    change(town, "outlets.csv", lambda text: text + line)
    territory = load(town)
    assert "far" in notices(territory)["world.own_left_out"]
    assert len(territory.outlets) == len(untouched.outlets)


def test_another_attribution(untouched: Territory) -> None:
    assert untouched.attribution == "Invented sample data"


def test_no_own_outlet(town: Path) -> None:
    change(town, "project.toml", lambda text: text.replace("^Blue", "^Purple"))
    assert set(faults(town)) == {"world.no_own_outlet"}


def test_two_own_outlets_at_one_place(town: Path) -> None:
    lon, lat = own_place(town, 1)
    line = f"twin,Twin,Blue Telecom,shop,{lon},{lat},1,\n"
    change(town, "outlets.csv", lambda text: text + line)
    found = faults(town)
    assert "own0001" in found["world.own_same_place"]
    assert "twin" in found["world.own_same_place"]


def test_own_outlets_a_few_centimetres_apart_are_named(town: Path) -> None:
    lon, lat = own_place(town, 1)
    line = f"twin,Twin,Blue Telecom,shop,{lon},{float(lat) + 3e-7:.7f},1,\n"
    change(town, "outlets.csv", lambda text: text + line)
    (sentence,) = faults(town).values()
    assert "own0001" in sentence and "twin" in sentence


def test_two_own_outlets_in_one_unit(town: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def one_unit(*args: object, **options: object) -> object:
        units = load_units(*args, **options)
        monkeypatch.setattr(type(units), "locate", lambda _, xy: np.zeros(len(xy), dtype=np.int64))
        return units

    from geodata.project_units import build_units as load_units

    monkeypatch.setattr("geodata.project_units.build_units", one_unit)
    found = faults(town)
    assert "own0001, own0002, own0003" in found["world.own_share_unit"]


def test_an_own_outlet_on_water_is_said(town: Path) -> None:
    """The river runs along the middle row of blocks, 2.5 · 120 m north of the origin."""
    lat = 45.0 + 2.5 * 120.0 / 111_320.0
    line = f"wet,Boat,Blue Telecom,shop,-26.9965,{lat:.7f},1,\n"
    change(town, "outlets.csv", lambda text: text + line)
    assert "wet" in notices(load(town))["world.own_on_water"]


def test_outlets_off_the_network_are_said(town: Path) -> None:
    def wider(text: str) -> str:
        shape = json.loads(text)
        square = shapely.get_coordinates(shapely.box(-27.03, 44.99, -26.98, 45.02)).tolist()
        shape["features"][0]["geometry"] = {"type": "Polygon", "coordinates": [square]}
        return json.dumps(shape)

    change(town, "territory.geojson", wider)
    lines = "lone,Hall,Blue Telecom,shop,-27.02,45.0,1,\nhut,S,,kiosk,-27.021,45.0,1,\n"
    change(town, "outlets.csv", lambda text: text + lines)
    territory = load(town)
    found = notices(territory)
    assert "lone" in found["world.own_off_network"]
    assert "hut" in found["world.visited_off_network"]
    far = territory.outlets.set_index("outlet_id")["snap_distance_m"]
    assert 1000.0 < far["lone"] < far["hut"] < 2000.0


def test_streets_of_another_place(town: Path) -> None:
    change(town, "town.osm", lambda text: text.replace('lat="4', 'lat="5'))
    assert set(faults(town)) == {"world.streets_elsewhere"}


def test_no_visits_is_a_notice(town: Path) -> None:
    change(town, "project.toml", lambda text: text.replace("partner = { kind", "partner = { id"))
    assert "world.no_visits" in notices(load(town))


def test_zero_demand_stops(town: Path) -> None:
    lines = "demand_id,lon,lat,households,kind\nh,-27.0,45.001,0,house\n"
    change(town, "demand.csv", lambda _: lines)
    assert set(faults(town)) == {"world.no_demand"}


def test_streets_that_nothing_joins_are_said(town: Path) -> None:
    """A street of two nodes in the middle of a block: about 22 m of it are lost."""
    lone = (
        '<node id="900001" version="1" lat="45.0005" lon="-26.9995"/>'
        '<node id="900002" version="1" lat="45.0007" lon="-26.9995"/>'
    )
    way = (
        '<way id="900001" version="1"><nd ref="900001"/><nd ref="900002"/>'
        '<tag k="highway" v="residential"/></way>'
    )

    def with_lone(text: str) -> str:
        text = text.replace('<way id="1"', lone + '<way id="1"', 1)
        return text.replace("</osm>", way + "</osm>")

    change(town, "town.osm", with_lone)
    notice = notices(load(town))["world.network_in_pieces"]
    assert "0.0 km" in notice


def test_listed_centres(town: Path) -> None:
    """With two centres listed, the third own outlet is an outlet to visit."""
    centres = '[partition]\ncentres = ["own0001", "own0002"]'
    change(town, "project.toml", lambda text: text.replace("[partition]", centres))
    territory = load(town)
    visited = territory.outlets.set_index("outlet_id")["visited"]
    assert visited[["own0001", "own0002", "own0003"]].tolist() == [False, False, True]


def test_unknown_centres(town: Path) -> None:
    centres = '[partition]\ncentres = ["own0001", "nobody"]'
    change(town, "project.toml", lambda text: text.replace("[partition]", centres))
    assert "nobody" in faults(town)["world.centre_unknown"]


def test_hexagons(town: Path) -> None:
    units = 'streets = "town.osm"\nunits = "hex:10"'
    change(town, "project.toml", lambda text: text.replace('streets = "town.osm"', units))
    territory = load(town)
    # The area of a hexagon of resolution 10 is about 15,000 m²; clipped ones are smaller.
    assert np.median(territory.units.area_m2) == pytest.approx(15_000.0, rel=0.2)


def test_what_is_wrong_with_units_is_handed_on(town: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise InputError(fault("units.unknown_resolution", found=3))

    monkeypatch.setattr("geodata.project_units.build_units", refuse)
    assert set(faults(town)) == {"units.unknown_resolution"}


def test_hexagons_where_there_are_only_footpaths(town: Path) -> None:
    paths = ("secondary", "tertiary", "residential")

    def on_foot(text: str) -> str:
        for kind in paths:
            text = text.replace(f'v="{kind}"', 'v="footway"')
        return text

    change(town, "town.osm", on_foot)
    assert "world.hexagons_instead" in notices(load(town))


def test_units_from_a_file(town: Path) -> None:
    """Four vertical strips that cover the town; three own outlets may cut some in two."""
    west, south, east, north = -27.002, 44.998, -26.99, 45.01
    edges = np.linspace(west, east, 5)
    strips = [shapely.box(a, south, b, north) for a, b in pairwise(edges)]
    gpd.GeoDataFrame({"n": range(4)}, geometry=strips, crs=4326).to_file(town / "strips.gpkg")
    units = 'streets = "town.osm"\nunits = "file:strips.gpkg"'
    change(town, "project.toml", lambda text: text.replace('streets = "town.osm"', units))
    territory = load(town)
    assert 3 <= len(territory.units) <= 12
    assert "strips.gpkg" in territory.sources


def test_administrative_lines_become_borders(town: Path) -> None:
    """A line across the town is an edge between units, known as administrative."""
    line = shapely.LineString([(-27.01, 45.0012), (-26.98, 45.0012)])
    gpd.GeoDataFrame({"n": [1]}, geometry=[line], crs=4326).to_file(town / "admin.gpkg")
    admin = 'streets = "town.osm"\nadmin = "admin.gpkg"'
    change(town, "project.toml", lambda text: text.replace('streets = "town.osm"', admin))
    assert load(town).units.adjacency.admin_m.sum() > 200.0


def test_outlets_on_the_rim_that_no_unit_holds(town: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The noded boundary is a centimetre off the given one; whoever falls between is named."""
    from gridmap.territory import Units

    locate = Units.locate

    def without_first(units: Units, xy: np.ndarray) -> np.ndarray:
        found = locate(units, xy)
        found[-1] = -1
        return found

    monkeypatch.setattr(Units, "locate", without_first)
    territory = load(town)
    assert territory.excluded["reason"].tolist() == ["world.place_outside"] * 2
    assert territory.excluded["row"].tolist() == [0, 0]
    assert "world.place_outside_rows" in notices(territory)


def test_islands_are_parts_that_bridges_join(tmp_path: Path) -> None:
    path = write_town(tmp_path, blocks=20, own=3, seed=2, islands=2)
    territory = load_project(path)[0]
    assert len(set(territory.units.part.tolist())) == 3
    assert len(shapely.get_parts(territory.boundary)) == 3
    assert (territory.units.adjacency.shared_m == 0.0).any()


def test_hexagon_resolution_is_the_coarsest_that_is_fine_enough() -> None:
    """100 km² in 10 cells of 100 hexagons: at most 0.1 km² each; resolution 9 has 0.105."""
    assert hexagon_resolution(1.0e8, 10) == 10
    assert hexagon_resolution(1.1e8, 10) == 9
    assert hexagon_resolution(1.0, 1000) == 15


class TestStreetSources:
    """The parts of reading streets, one by one."""

    def test_graphml_gives_network_and_lines(self, untouched: Territory, tmp_path: Path) -> None:
        write_graphml(untouched.networks["walk"], tmp_path / "town.graphml")
        streets = read_streets(
            tmp_path / "town.graphml", ["walk"], crs=untouched.crs, boundary=untouched.boundary
        )
        assert streets.networks["walk"].n_edges == untouched.networks["walk"].n_edges
        assert len(streets.linework.lines) > 40

    def test_a_geopackage_of_osmnx(self, untouched: Territory, tmp_path: Path) -> None:
        import osmnx as ox

        network = untouched.networks["walk"]
        ox.save_graph_geopackage(to_osmnx(network), tmp_path / "town.gpkg", directed=True)
        streets = read_streets(
            tmp_path / "town.gpkg", ["walk"], crs=untouched.crs, boundary=untouched.boundary
        )
        found = streets.networks["walk"]
        assert found.length_m.sum() == pytest.approx(network.length_m.sum())

    def test_a_geopackage_of_something_else(self, untouched: Territory, tmp_path: Path) -> None:
        points = gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.Point(1, 2)], crs=4326)
        points.to_file(tmp_path / "a.gpkg", layer="nodes")
        points.to_file(tmp_path / "a.gpkg", layer="edges")
        with pytest.raises(InputError, match="lack osmid, x, y, u, v, key"):
            read_streets(tmp_path / "a.gpkg", ["walk"], crs=untouched.crs, boundary=AREA)

    def test_a_project_with_graphml(self, town: Path, untouched: Territory) -> None:
        write_graphml(untouched.networks["walk"], town / "town.graphml")
        change(town, "project.toml", lambda text: text.replace("town.osm", "town.graphml"))
        assert len(load(town).units) > 20

    def test_overpass_is_asked_for_the_boundary_in_degrees(
        self, town: Path, untouched: Territory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[tuple[float, ...]] = []

        def download(area: shapely.MultiPolygon, mode: str, crs: str) -> object:
            asked.append(area.bounds)
            assert (mode, crs) == ("walk", "EPSG:32626")
            return untouched.networks["walk"]

        monkeypatch.setattr("geodata.network_exchange.download_network", download)
        change(town, "project.toml", lambda text: text.replace("town.osm", "overpass"))
        territory = load(town)
        assert set(territory.sources) == {"territory.geojson", "outlets.csv", "demand.csv"}
        assert -27.1 < asked[0][0] < -27.0

    def test_other_formats(self, untouched: Territory) -> None:
        with pytest.raises(InputError, match="graphml"):
            read_streets("a.txt", ["walk"], crs=untouched.crs, boundary=untouched.boundary)

    def test_nothing_is_unjoined_in_its_own_lines(self, untouched: Territory) -> None:
        network = untouched.networks["walk"]
        assert unjoined(lines_of(network), network, untouched.boundary) == (0.0, 0.0)

    def test_unjoined_by_hand(self, untouched: Territory) -> None:
        """A straight street of 30 m in a block, and 10 m beyond the territory: 30 m lack."""
        x, y = untouched.units.inner_xy[untouched.units.inner_xy[:, 1].argsort()[3]]
        far = untouched.boundary.bounds[2] + 1000.0
        lines = np.array(
            [
                shapely.LineString([(x, y), (x + 3.0, y), (x + 30.0, y)]),
                shapely.LineString([(far, y), (far + 10.0, y)]),
            ],
            dtype=object,
        )
        linework = Linework(lines, np.full(2, int(LineKind.LOCAL_STREET)))
        lost, share = unjoined(linework, untouched.networks["walk"], untouched.boundary)
        assert lost == pytest.approx(30.0)
        assert share == pytest.approx(1.0)
        nothing = Linework(lines[:0], np.empty(0, dtype=np.int64))
        assert unjoined(nothing, untouched.networks["walk"], untouched.boundary) == (0.0, 0.0)

    def test_drawn_lines_are_cut_at_the_box(self) -> None:
        line = shapely.LineString([(-5.0, 5.0), (20.0, 5.0)])
        away = shapely.LineString([(50.0, 5.0), (60.0, 5.0)])
        kinds = [LineKind.RIVER | LineKind.ADMIN, LineKind.RIVER]
        linework = Linework(
            np.array([line, away], dtype=object),
            np.array([int(kind) for kind in kinds]),
            water=np.array([shapely.box(8, 8, 30, 30)], dtype=object),
        )
        found = drawn(linework, (0.0, 0.0, 10.0, 10.0))
        assert shapely.length(found["river"]).tolist() == [10.0]
        assert shapely.area(found["water"]).tolist() == [4.0]
        assert len(found["street"]) == 0

    def test_lines_of_a_file_are_lines_and_outlines(self, tmp_path: Path) -> None:
        shapes = [shapely.box(-27, 45, -26.9, 45.1), shapely.LineString([(-27, 45), (-26, 45)])]
        gpd.GeoDataFrame({"n": [1, 2]}, geometry=shapes, crs=4326).to_file(tmp_path / "a.gpkg")
        lines = read_lines(tmp_path / "a.gpkg", "EPSG:32626")
        assert sorted(len(line.coords) for line in lines) == [2, 5]
        assert {line.geom_type for line in lines} == {"LineString"}

    def test_shifted_lines_come_back_to_their_place(self, tmp_path: Path) -> None:
        """A line in Beijing in the coordinates of Chinese maps: half a kilometre off unshifted."""
        line = np.array([(116.30, 39.90), (116.31, 39.90)])
        shown = [shapely.LineString(from_wgs84(line, "gcj02"))]
        gpd.GeoDataFrame({"n": [1]}, geometry=shown, crs=4326).to_file(tmp_path / "a.gpkg")
        right = shapely.LineString(project(shapely.LineString(line), "EPSG:32650").coords)
        (found,) = read_lines(tmp_path / "a.gpkg", "EPSG:32650", datum="gcj02")
        (raw,) = read_lines(tmp_path / "a.gpkg", "EPSG:32650")
        assert shapely.hausdorff_distance(found, right) < 0.5
        assert shapely.hausdorff_distance(raw, right) > 300.0

    def test_a_file_without_lines(self, tmp_path: Path) -> None:
        points = gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.Point(1, 2)], crs=4326)
        points.to_file(tmp_path / "a.gpkg")
        with pytest.raises(InputError, match="neither lines nor areas"):
            read_lines(tmp_path / "a.gpkg", "EPSG:32626")

    def test_links_are_of_the_kind_of_their_road(self) -> None:
        assert street_sources.ROAD_KINDS["motorway"] == LineKind.MOTORWAY


def test_units_from_a_file_cut_further_along_streets(town: Path) -> None:
    """The strips' borders stay, and the streets cut them; the report names the rows left out."""
    west, south, east, north = -27.002, 44.998, -26.99, 45.01
    edges = np.linspace(west, east, 5)
    strips = [shapely.box(a, south, b, north) for a, b in pairwise(edges)]
    rows = [*strips, shapely.box(10, 10, 11, 11)]
    gpd.GeoDataFrame({"n": range(5)}, geometry=rows, crs=4326).to_file(town / "strips.gpkg")
    before = (town / "project.toml").read_text(encoding="utf-8")
    units = 'streets = "town.osm"\nunits = "file:strips.gpkg{}"'
    counts = []
    for more in ("", "+streets"):
        text = before.replace('streets = "town.osm"', units.format(more))
        (town / "project.toml").write_text(text, encoding="utf-8")
        territory = load(town)
        counts.append(len(territory.units))
        assert "unitfile.elsewhere" in notices(territory)
    assert counts[1] > counts[0]
    assert territory.units.adjacency.admin_m.sum() > 0.0


def test_lines_that_enclose_nothing_make_no_units(tmp_path: Path) -> None:
    from geodata.project_units import read_unit_areas

    path = tmp_path / "lines.gpkg"
    ring = shapely.LineString([(0, 0), (0.01, 0), (0.01, 0.01), (0, 0)])
    gpd.GeoDataFrame(geometry=[ring], crs=4326).to_file(path)
    assert len(read_unit_areas(path, "EPSG:32631")) == 1
    gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (1, 1)])], crs=4326).to_file(path)
    with pytest.raises(InputError, match="none of the 1 rows"):
        read_unit_areas(path, "EPSG:32631")


def test_market_figures_are_read_with_the_project(town: Path) -> None:
    """By outlet in one table, by cell of an earlier plan in another; faults come with the rest."""
    territory = load(town)
    west, _, east, _ = territory.boundary.bounds
    middle = (west + east) / 2
    halves = [shapely.box(west, -1e7, middle, 1e7), shapely.box(middle, -1e7, east, 1e7)]
    cells = gpd.GeoDataFrame(
        {"code": ["C01", "C02"]},
        geometry=[one.intersection(territory.boundary) for one in halves],
        crs=territory.crs,
    )
    cells.to_file(town / "old_plan.gpkg", layer="cells")
    (town / "base.csv").write_text(
        "cell code,operator,month,subscribers\nC01,We,2024-06,60\nC01,They,2024-06,40\n"
        "C02,We,2024-06,10\nC02,They,2024-06,90\nC99,We,2024-06,1\n",
        encoding="utf-8",
    )
    outlet = territory.outlets["outlet_id"].iloc[0]
    (town / "sales.csv").write_text(
        f"outlet_id,month,sales\n{outlet},2024-06,7\n", encoding="utf-8"
    )
    market = (
        '\n[market]\nours = ["^We$"]\n[[market.tables]]\nfile = "base.csv"\n'
        'zones = "old_plan.gpkg"\nzones_layer = "cells"\n[[market.tables]]\nfile = "sales.csv"\n'
    )
    change(town, "project.toml", lambda content: content + market)
    found = load(town)
    assert found.content_hash != territory.content_hash
    assert found.market is not None
    assert {"base.csv", "sales.csv", "old_plan.gpkg"} <= set(found.sources)
    assert "market.zone_unknown_rows" in notices(found)
    assert found.excluded["reason"].tolist() == ["market.zone_unknown"]
    counts = market_counts(found, np.zeros(len(found.units), dtype=np.int64), 1)
    assert counts is not None
    # The areas go through degrees and back, so a sliver of each lies outside.
    np.testing.assert_allclose(counts.subscribers, [[70.0, 130.0]], rtol=1e-4)

    change(town, "sales.csv", lambda content: content.replace("sales", "nothing"))
    assert set(faults(town)) == {"market.no_amount"}
    (town / "sales.csv").unlink()
    assert "[market] file" in faults(town)["world.named_file_missing"]


def test_visits_and_stock_are_read_with_the_project(town: Path, untouched: Territory) -> None:
    territory = untouched
    first, second = territory.outlets.loc[territory.outlets["visited"], "outlet_id"].iloc[:2]
    (town / "log.csv").write_text(
        f"outlet_id,date,done\n{first},2026-06-01,yes\n{second},2026-06-26,no\nX,2026-06-01,yes\n",
        encoding="utf-8",
    )
    change(town, "project.toml", lambda content: content + '\n[visits]\nfile = "log.csv"\n')
    change(town, "project.toml", with_stock_columns)
    told = {first: "有,12.5", second: "no,"}
    lines = (town / "outlets.csv").read_text(encoding="utf-8").splitlines()
    lines = [f"{line},{told.get(line.split(',')[0], 'maybe,-1')}" for line in lines]
    lines[0] = lines[0].replace("maybe,-1", "stocks,category_sales")
    (town / "outlets.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = load(town)
    assert found.content_hash != territory.content_hash
    assert found.visit_log is not None
    assert found.visit_log[["outlet_id", "done"]].to_numpy().tolist() == [
        [first, True], [second, False],
    ]  # fmt: skip
    assert "log.csv" in found.sources
    assert {"market.outlet_unknown_rows", "visitlog.stocks_unread_rows"} <= set(notices(found))
    assert "market.outlet_unknown" in found.excluded["reason"].tolist()
    stock = found.outlets.set_index("outlet_id")[["stocks", "category_sales"]]
    np.testing.assert_array_equal(stock.loc[[first, second]], [[1.0, 12.5], [0.0, np.nan]])
    assert stock.drop([first, second]).isna().all(axis=None)

    (town / "log.csv").write_text("outlet_id,route\nx,R1\n", encoding="utf-8")
    (town / "figures.csv").write_text("outlet_id,month\nx,2024-06\n", encoding="utf-8")
    market = '\n[[market.tables]]\nfile = "figures.csv"\n'
    change(town, "project.toml", lambda content: content + market)
    assert set(faults(town)) == {"visitlog.no_made", "market.no_amount"}
    change(town, "project.toml", lambda content: content.replace("log.csv", "gone.csv"))
    assert "[visits] file" in faults(town)["world.named_file_missing"]
    change(town, "project.toml", lambda content: content + "[visits.columns]\nwhen = 'x'\n")
    assert "visits.columns.when" in faults(town)["world.key_unknown"]


def with_stock_columns(content: str) -> str:
    """Return the project file with the columns of stock among those of the outlets."""
    head, begin, rest = content.partition("[outlets]")
    start = rest.index("columns = {") + len("columns = {")
    columns = ' stocks = "stocks", category_sales = "category_sales",'
    return head + begin + rest[:start] + columns + rest[start:]
