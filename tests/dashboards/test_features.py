"""OGC API Features: what the standard asks for, within the scope, and what GDAL makes of it."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from dash import Dash
from flask.testing import FlaskClient
from waitress.server import create_server

from dashboards.api.features import CONFORMANCE, page_of
from dashboards.app import create_app
from gridmap.errors import InputError
from gridmap.store.accounts import Grant
from gridmap.store.roles import Role
from gridmap.store.scope import Scope
from gridmap.store.tokens import TokenWish
from tests.dashboards.fixtures import CELL_NAMES, MemoryStore, make_plan, plain_exports
from tests.dashboards.signed import OPERATOR, app_with, people_with


def app_of(scope: Scope):
    store = MemoryStore(make_plan(1), make_plan(2, name="Elsewhere"))
    return create_app(store, exports=plain_exports(), scope=lambda: scope)


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return app_of(Scope(frozenset({"Test Town"}))).server.test_client()


def get(client: FlaskClient, path: str, status: int = 200):
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    return json.loads(answer.text)


def test_every_link_leads_somewhere(client: FlaskClient) -> None:
    """From the landing page to the last feature; the description is OpenAPI 3.0."""
    to_do, seen = ["/ogc/"], set()
    while to_do:
        path = to_do.pop()
        seen.add(path)
        said = get(client, path)
        found = json.dumps(said).split('"href": "http://localhost')[1:]
        to_do += {one.split('"')[0] for one in found} - seen - set(to_do)
    assert "/ogc/collections/1-routes/items" in seen
    assert len(seen) > 9
    assert get(client, "/ogc/api")["openapi"].startswith("3.0")
    assert get(client, "/ogc/conformance")["conformsTo"] == list(CONFORMANCE)


def test_what_is_out_of_scope_looks_like_what_is_not_there(client: FlaskClient) -> None:
    listed = {one["id"] for one in get(client, "/ogc/collections")["collections"]}
    assert listed == {"1-cells", "1-outlets", "1-routes"}
    hidden, absent = (client.get(f"/ogc/collections/{n}-cells/items") for n in (2, 3))
    assert (hidden.status_code, hidden.data) == (absent.status_code, absent.data) == (404, b"")
    for name in ("1-demand", "x-cells", "1", "9999999999999-cells", "²-cells"):
        assert client.get(f"/ogc/collections/{name}").status_code == 404


def test_pages_follow_each_other_without_gap(client: FlaskClient) -> None:
    whole = get(client, "/ogc/collections/1-outlets/items?limit=10000")
    path, found = "/ogc/collections/1-outlets/items?limit=3", []
    while path:
        page = get(client, path)
        assert page["numberReturned"] == len(page["features"]) <= 3
        assert page["numberMatched"] == whole["numberMatched"]
        found += page["features"]
        links = {one["rel"]: one["href"] for one in page["links"]}
        path = links.get("next", "").removeprefix("http://localhost")
    assert found == whole["features"]
    assert len({one["id"] for one in found}) == whole["numberMatched"]


def test_a_box_holds_what_meets_it(client: FlaskClient) -> None:
    cells = get(client, "/ogc/collections/1-cells/items")["features"]
    assert [one["properties"]["name"] for one in cells] == list(CELL_NAMES)
    ring = np.array(cells[0]["geometry"]["coordinates"][0])
    west, south = ring[ring.sum(axis=1).argmin()]  # the corner in the south-west
    box = f"{west - 1e-6},{south - 1e-6},{west + 1e-6},{south + 1e-6}"
    inside = get(client, f"/ogc/collections/1-cells/items?bbox={box}")
    assert [one["properties"]["name"] for one in inside["features"]] == ["Market"]
    far = get(client, "/ogc/collections/1-cells/items?bbox=0,0,1,1")
    assert far["features"] == []


def test_all_that_is_wrong_with_a_question_is_said(client: FlaskClient) -> None:
    said = get(client, "/ogc/collections/1-cells/items?limit=0&bbox=1,2&colour=red", 400)
    keys = {one["key"] for one in said["faults"]}
    assert keys == {"api.bad_page", "api.bad_bbox", "api.unknown_parameter"}
    assert get(client, "/ogc/collections/1-cells/items/none", 404)["code"] == "404"
    for box in ("5,0,1,1", "0,91,1,92", "nan,0,1,1", "0,0,0,1,1"):
        with pytest.raises(InputError):
            page_of({"bbox": box})
    assert page_of({"bbox": "1,2,0,3,4,9"}).bbox == (1.0, 2.0, 3.0, 4.0)
    assert page_of({"limit": "99999"}).limit == 10_000


def test_a_grid_manager_has_his_own_cell_only() -> None:
    centre = make_plan(1).scenario.cells["centre_outlet_id"].iloc[1]
    client = app_of(Scope(frozenset({"Test Town"}), frozenset({centre}))).server.test_client()
    (cell,) = get(client, "/ogc/collections/1-cells/items")["features"]
    assert cell["properties"]["name"] == "Harbour"
    for layer in ("outlets", "routes"):
        for one in get(client, f"/ogc/collections/1-{layer}/items?limit=10000")["features"]:
            assert one["properties"]["cell_id"] == cell["properties"]["cell_id"]


@contextmanager
def listening(app: Dash) -> Iterator[str]:
    server = create_server(app.server, host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}/ogc"
    server.close()
    thread.join(5.0)


@pytest.fixture
def address() -> Iterator[str]:
    with listening(app_of(Scope.everything())) as found:
        yield found


def gdal(program: str, address: str, *, token: str = "") -> str:
    """GDAL asks in a process of its own: it holds this one while it waits for the answer."""
    program = f"import pyogrio\nsource = 'OAPIF:{address}'\n{program}"
    # the driver passes GDAL_HTTP_HEADERS over
    bearer = {"GDAL_HTTP_AUTH": "BEARER", "GDAL_HTTP_BEARER": token} if token else {}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, **bearer},
    )  # fmt: skip
    return done.stdout if done.returncode == 0 else done.stderr


def test_gdal_opens_the_collections(address: str) -> None:
    """The way into QGIS: the driver for OGC API Features finds and reads all layers."""
    said = gdal("print(*pyogrio.list_layers(source)[:, 0])", address)
    assert set(said.split()) == {
        f"{number}-{layer}" for number in (1, 2) for layer in ("cells", "outlets", "routes")
    }
    read = "pyogrio.read_dataframe(source, layer='1-{}')"
    cells = gdal(f"t = {read.format('cells')}; print(*t['name'], *t.total_bounds)", address)
    *names, west, south, east, north = cells.split()
    assert names == list(CELL_NAMES)
    assert 24.0 < float(west) < float(east) < 26.0
    assert 60.0 < float(south) < float(north) < 61.0
    routes = gdal(f"print(len({read.format('routes')}))", address)
    assert int(routes) == len(make_plan(1).scenario.routes)


def test_gdal_with_a_token_sees_what_its_owner_sees_and_nothing_without(tmp_path: Path) -> None:
    """Of two towns one, and of its four cells the own one; with a wrong token, nothing."""
    town = frozenset({"Test Town"})
    grant = Grant(Role.GRID_MANAGER, territories=town, cells=frozenset({"own-1"}))
    people = people_with(tmp_path, manager=grant)
    token = people.tokens.add(OPERATOR, "manager", TokenWish("QGIS"))
    store = MemoryStore(make_plan(1), make_plan(2, name="Elsewhere"))
    tell = """
for layer in sorted(pyogrio.list_layers(source)[:, 0]):
    table = pyogrio.read_dataframe(source, layer=layer)
    print(layer, *sorted(set(table['cell_id'])), len(table))
"""
    with listening(app_with(people, store=store)) as address:
        said = gdal(tell, address, token=token).split("\n")[:-1]
        assert [one.split()[:2] for one in said] == [
            ["1-cells", "2"], ["1-outlets", "2"], ["1-routes", "2"],
        ]  # fmt: skip
        assert [int(one.split()[2]) for one in said] == [1, 10, 4]
        for wrong in ("", "wrong"):
            assert "HTTP error code : 401" in gdal(tell, address, token=wrong)
