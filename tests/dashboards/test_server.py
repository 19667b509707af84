"""Routes of the server: what they give, what they refuse, and their headers."""

import gzip
import json
from pathlib import Path
from typing import Any

import freestiler
import geopandas as gpd
import pytest
import shapely
from flask.testing import FlaskClient

from dashboards.app import create_app
from dashboards.security import content_policy
from dashboards.tiles import Basemaps, TileArchive
from gridmap.store.repository import PlanRun
from gridmap.store.scope import Scope
from tests.dashboards.fixtures import MemoryStore, make_plan, plain_exports


@pytest.fixture(scope="module")
def basemap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tiles of one square about the town."""
    path = tmp_path_factory.mktemp("tiles") / "town.pmtiles"
    square = gpd.GeoDataFrame(
        {"area": [1]}, geometry=[shapely.box(24.92, 60.16, 24.96, 60.18)], crs="EPSG:4326"
    )
    freestiler.freestile(square, path, layer_name="urban", max_zoom=8, quiet=True)
    return path


def client_of(**options: Any) -> FlaskClient:
    store = MemoryStore(make_plan(1), make_plan(2, name="Elsewhere"))
    app = create_app(store, **{"exports": plain_exports(), **options})
    client: FlaskClient = app.server.test_client()
    return client


@pytest.fixture(scope="module")
def client(basemap: Path) -> FlaskClient:
    return client_of(basemaps=basemap)


@pytest.mark.parametrize("page", ["/", "/cells", "/cell?cell=1", "/routes", "/_dash-dependencies"])
def test_pages_are_there(client: FlaskClient, page: str) -> None:
    assert client.get(page).status_code == 200


def test_every_answer_has_the_strict_headers(client: FlaskClient) -> None:
    for address in ("/", "/data/1/cells.geojson", "/assets/gridmap.js", "/tiles/9/0/0/0.mvt"):
        headers = client.get(address, buffered=True).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe-eval" not in policy
        assert "http" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"


def test_scripts_are_our_own_or_named_by_their_hash(client: FlaskClient) -> None:
    policy = client.get("/").headers["Content-Security-Policy"]
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert "'unsafe-inline'" not in scripts
    assert scripts.count("'sha256-") == 1
    assert content_policy([]).split("; ")[1] == "script-src 'self'"


def test_a_page_names_no_other_host(client: FlaskClient) -> None:
    html = client.get("/").get_data(as_text=True)
    assert 'src="http' not in html
    assert 'href="http' not in html


def test_a_foreign_name_for_this_machine_is_refused(client: FlaskClient) -> None:
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400
    assert client.get("/", headers={"Host": "127.0.0.1:8050"}).status_code == 200


def test_geojson_is_packed_and_known_again(client: FlaskClient) -> None:
    address = "/data/1/cells.geojson?lang=zh"
    first = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert first.mimetype == "application/geo+json"
    assert first.headers["Content-Encoding"] == "gzip"
    assert len(json.loads(gzip.decompress(first.data))["features"]) == 4
    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""


def test_without_gzip_the_answer_is_plain(client: FlaskClient) -> None:
    answer = client.get("/data/1/outlets.geojson", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in answer.headers
    assert len(json.loads(answer.data)["features"]) == 38


def test_files_that_last_are_packed_too(client: FlaskClient) -> None:
    answer = client.get("/assets/gridmap.css", headers={"Accept-Encoding": "gzip"}, buffered=True)
    assert gzip.decompress(answer.data).startswith(b"/* Layout")


def test_routes_of_a_cell(client: FlaskClient) -> None:
    answer = client.get("/data/1/routes/1.geojson")
    assert len(json.loads(answer.data)["features"]) == 18


@pytest.mark.parametrize(
    "address",
    [
        "/data/9/cells.geojson",
        "/data/-1/cells.geojson",
        "/data/99999999999999999999/cells.geojson",
        "/data/1/routes/99.geojson",
        "/data/1/../../etc/passwd",
        "/data/1/secrets.geojson",
        "/download/9/plan.gpkg",
        "/download/1/report.json",
        "/download/1/..%2Fgridmap.db",
        "/download/1/route_sheets/99.pdf",
        "/download/1/route_sheets/1.exe",
        "/download/1/route_sheets/..%2F1.pdf",
        "/tiles/9/0/0/0.mvt",
        "/tiles/1/3/8/0.mvt",
        "/tiles/1/3/0/8.mvt",
        "/tiles/1/23/0/0.mvt",
        "/tiles/1/-1/0/0.mvt",
        "/tiles/1/a/0/0.mvt",
    ],
)
def test_what_is_not_there_or_not_allowed_is_not_found(client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    # an unknown page is answered by Dash with the frame of the pages, never with a file
    if answer.status_code != 404:
        assert answer.mimetype == "text/html"
        assert b"_dash-config" in answer.data


def test_a_plan_out_of_scope_is_not_found() -> None:
    narrow = client_of(scope=lambda: Scope(frozenset({"Elsewhere"})))
    for name in ("cells", "findings", "reach"):
        assert narrow.get(f"/data/1/{name}.geojson").status_code == 404
        assert narrow.get(f"/data/2/{name}.geojson").status_code == 200
    assert narrow.get("/download/1/plan.gpkg").status_code == 404
    assert narrow.get("/data/2/cells.geojson").status_code == 200


def test_callbacks_ask_the_scope_too() -> None:
    """A browser that sends the number of a plan out of scope gets nothing of it."""
    body = {
        "output": "cells-preview.children",
        "outputs": {"id": "cells-preview", "property": "children"},
        "changedPropIds": ["app-selection.data"],
        "inputs": [
            {
                "id": "app-selection",
                "property": "data",
                "value": {
                    "page": "cells",
                    "language": "en",
                    "scenario": 1,
                    "cell": 1,
                    "week": None,
                    "weekday": None,
                },
            }
        ],
        "state": [],
    }
    open_wide = client_of().post("/_dash-update-component", json=body)
    assert "G01" in open_wide.get_data(as_text=True)
    narrow = client_of(scope=lambda: Scope(frozenset({"Elsewhere"})))
    refused = narrow.post("/_dash-update-component", json=body)
    assert refused.status_code == 404
    assert "G01" not in refused.get_data(as_text=True)


def test_tiles_come_packed_from_the_archive(client: FlaskClient) -> None:
    # zoom 8: the town lies in tile 145/74
    answer = client.get("/tiles/1/8/145/74.mvt")
    assert answer.status_code == 200
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Cache-Control"] == "max-age=604800, private"
    assert b"urban" in gzip.decompress(answer.data)


def test_an_empty_tile_has_no_content(client: FlaskClient) -> None:
    answer = client.get("/tiles/1/8/0/0.mvt")
    assert (answer.status_code, answer.data) == (204, b"")


def test_a_folder_has_a_basemap_a_territory(basemap: Path, tmp_path: Path) -> None:
    territory_hash = make_plan().scenario.territory_hash
    folder = tmp_path / "basemaps"
    folder.mkdir()
    (folder / f"{territory_hash}.pmtiles").write_bytes(basemap.read_bytes())
    basemaps = Basemaps(folder)
    assert basemaps.of(territory_hash) is not None
    assert basemaps.of("0" * 64) is None
    assert Basemaps(None).of(territory_hash) is None


def test_a_hash_never_leads_out_of_the_folder(basemap: Path, tmp_path: Path) -> None:
    folder = tmp_path / "basemaps"
    folder.mkdir()
    (tmp_path / "outside.pmtiles").write_bytes(basemap.read_bytes())
    assert Basemaps(folder).of("../outside") is None


def test_an_empty_file_is_no_basemap(tmp_path: Path) -> None:
    (tmp_path / "empty.pmtiles").touch()
    assert Basemaps(tmp_path / "empty.pmtiles").of("abc") is None


def test_impossible_tiles_are_refused(basemap: Path) -> None:
    with pytest.raises(ValueError, match="Expected a tile"):
        TileArchive(basemap).tile(2, 4, 0)
    with pytest.raises(ValueError, match="Expected a tile"):
        TileArchive(basemap).tile(2, 0, 4)


@pytest.mark.parametrize(
    ("address", "name", "content"),
    [
        ("/download/1/plan.gpkg", "gridmap-plan-1.gpkg", b"plan 1"),
        ("/download/2/scorecards.xlsx?lang=zh", "gridmap-scorecards-2.xlsx", b"scorecards 2 zh"),
        (
            "/download/1/route_sheets/3.pdf?lang=fr",
            "gridmap-routes-1-3.pdf",
            b"pdf of cell 3 of 1 in en",
        ),
        (
            "/download/1/route_sheets/3.xlsx",
            "gridmap-routes-1-3.xlsx",
            b"xlsx of cell 3 of 1 in en",
        ),
    ],
)
def test_downloads(client: FlaskClient, address: str, name: str, content: bytes) -> None:
    answer = client.get(address)
    assert answer.data == content
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert answer.headers["Cache-Control"] == "no-store"


def test_plans_in_the_making_are_told_in_the_language_asked_for_and_within_the_scope() -> None:
    store = MemoryStore()
    store.running = [
        PlanRun(1, "Test Town", "planning.stage.partition", 0.5, ""),
        PlanRun(2, "Elsewhere", "planning.stage.routing", 0.1, ""),
    ]
    app = create_app(store, scope=lambda: Scope(frozenset({"Test Town"})))
    client = app.server.test_client()
    (run,) = client.get("/runs?lang=en").get_json()
    assert run == {"title": "Test Town is being planned: Drawing the cells", "fraction": 0.5}
    assert "正在规划" in client.get("/runs?lang=zh").get_json()[0]["title"]
