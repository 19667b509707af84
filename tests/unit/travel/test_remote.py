"""Engines that ask a server, against answers of a real one that are played back.

`tests/data/osrm_helsinki.json` holds answers of OSRM 6 (car profile) on the extract of Helsinki
that comes with geodata, by their question, without what is not read. Map data © OpenStreetMap
contributors, ODbL 1.0. Answers of Valhalla are written after its documented format.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from gridmap.errors import EngineError, InputError
from gridmap.travel import remote_server
from gridmap.travel.engine import ACCESS_SPEED_M_S, Snapped, TravelEngine
from gridmap.travel.remote_osrm import OsrmEngine
from gridmap.travel.remote_valhalla import ValhallaEngine, decode

ROOT = Path(__file__).parents[3]
RECORDED = json.loads((ROOT / "tests/data/osrm_helsinki.json").read_text(encoding="utf-8"))
CRS = "EPSG:32635"
#: Three junctions, a stub cut off at the edge of the extract, and a place 100 km away.
XY = np.array(
    [[385541.0, 6672072.0], [386192.0, 6672408.0], [386117.0, 6671465.0],
     [385598.0, 6672114.0], [485541.0, 6672072.0]]
)  # fmt: skip
Floats = NDArray[np.float64]
Reply = tuple[int, Any]


class Playback(ThreadingHTTPServer):
    """A server that answers from a table by path, or with what it was told to say next."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.known: dict[str, Reply] = {}
        self.next: list[Reply] = []
        self.asked: list[tuple[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Playback

    def do_GET(self) -> None:
        self.reply(None)

    def do_POST(self) -> None:
        size = int(self.headers["Content-Length"])
        self.reply(json.loads(self.rfile.read(size)))

    def reply(self, question: Any) -> None:
        self.server.asked.append((self.path, question))
        unknown: Reply = (400, {"code": "InvalidUrl", "message": f"not recorded: {self.path}"})
        given = self.server.next
        status, body = given.pop(0) if given else self.server.known.get(self.path, unknown)
        if callable(body):
            body = body(question)
        if isinstance(body, Exception):
            return
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Playback]:
    playback = Playback()
    thread = threading.Thread(target=playback.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield playback
    playback.shutdown()
    thread.join()
    playback.server_close()


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_server, "WAITS_S", (0.0, 0.0))


@pytest.fixture
def osrm(server: Playback) -> OsrmEngine:
    server.known = {path: tuple(reply) for path, reply in RECORDED.items()}
    return OsrmEngine(server.url + "/", "drive", CRS, most_places=2)


def rows(*numbers: int) -> NDArray[np.int64]:
    return np.array(numbers, dtype=np.int64)


def fault_of(error: pytest.ExceptionInfo[Any]) -> tuple[str, str]:
    (one,) = error.value.faults
    assert one.text("zh") != one.text("en")
    return one.key, one.text()


# OSRM


def test_osrm_is_a_travel_engine(osrm: OsrmEngine) -> None:
    engine: TravelEngine = osrm
    assert engine.mode == "drive"
    able = engine.capabilities
    assert (able.offline, able.exact, able.isochrones, able.turns) == (False, False, False, True)
    assert able.directions == ("en", "zh")


def test_osrm_snaps(osrm: OsrmEngine, server: Playback) -> None:
    snapped = osrm.snap(np.concatenate([XY, [[np.nan, 0.0], [1e30, 1e30]]]))
    assert snapped.edge.tolist() == [0, 0, 0, 0, -1, -1, -1]
    assert len(server.asked) == 5
    np.testing.assert_allclose(
        snapped.distance_m, [0.957, 3.646, 5.505, 3.900, np.inf, np.inf, np.inf], atol=1e-3
    )
    assert snapped.xy is not None
    apart = np.hypot(*(snapped.xy - np.concatenate([XY, XY[:2]]))[:4].T)
    # OSRM measures on the globe, the plane stretches a little; places are kept to 0.1 m.
    np.testing.assert_allclose(apart, snapped.distance_m[:4], atol=0.1)
    np.testing.assert_array_equal(snapped.xy[4], XY[4])


def test_osrm_matrix_comes_in_blocks_with_access(osrm: OsrmEngine, server: Playback) -> None:
    snapped = osrm.snap(XY)
    server.asked.clear()
    times = osrm.matrix(snapped, snapped)
    assert len(server.asked) == 4
    nan = np.nan
    between = np.array(
        [[0.0, 196.3, 194.8, nan], [142.9, 0.0, 210.9, nan],
         [261.8, 174.2, 0.0, nan], [nan, nan, nan, 0.0]]
    )  # fmt: skip
    access = snapped.distance_m[:4] / ACCESS_SPEED_M_S
    expected = between + access[:, None] + access
    np.fill_diagonal(expected, 0.0)
    np.testing.assert_allclose(times[:4, :4], expected, rtol=1e-9)
    assert np.isnan(times[4]).all()
    assert np.isnan(times[:, 4]).all()
    (again,) = osrm.matrices([snapped])
    np.testing.assert_array_equal(again, times)


def test_osrm_nearest(osrm: OsrmEngine) -> None:
    snapped = osrm.snap(XY)
    times = osrm.matrix(snapped, snapped)
    # Blocks of two of the recorded question: all points are sources and targets.
    found = osrm.nearest(snapped, snapped, margin=True)
    assert found.source.tolist() == [0, 1, 2, 3, -1]
    np.testing.assert_array_equal(found.seconds, [0.0, 0.0, 0.0, 0.0, np.nan])
    assert found.margin_s is not None
    np.testing.assert_array_equal(
        found.margin_s, [times[1, 0], times[2, 1], times[0, 2], np.inf, np.nan]
    )
    back = osrm.nearest(snapped, snapped, direction="to_sources", margin=True)
    assert back.margin_s is not None
    np.testing.assert_array_equal(
        back.margin_s, [times[0, 2], times[1, 0], times[2, 1], np.inf, np.nan]
    )
    none = osrm.nearest(snapped.take(rows()), snapped, margin=True)
    assert none.source.tolist() == [-1] * 5
    assert none.margin_s is not None
    assert np.isnan(none.margin_s).all()


def test_nearest_of_equally_near_is_the_lowest(server: Playback) -> None:
    engine = OsrmEngine(server.url, "drive", CRS)
    xy = XY[:3].copy()
    points = Snapped(rows(0, 0, 0), np.zeros(3), np.zeros(3), xy)
    server.next = [(200, {"code": "Ok", "durations": [[7.0], [5.0], [5.0]]})]
    elsewhere = Snapped(rows(0), np.zeros(1), np.zeros(1), xy[:1] + 50.0)
    found = engine.nearest(points, elsewhere)
    assert found.source.tolist() == [1]
    assert found.margin_s is None


def test_osrm_route(osrm: OsrmEngine) -> None:
    snapped = osrm.snap(XY)
    three = snapped.take(rows(0, 1, 2))
    path = osrm.route(three)
    times = osrm.matrix(snapped, snapped)
    np.testing.assert_allclose(path.leg_s, [times[0, 1], times[1, 2]], rtol=1e-9)
    np.testing.assert_allclose(path.leg_m, [1101.4, 1417.5])
    assert path.leg_steps == ()
    for leg, (line, metres) in enumerate(zip(path.leg_xy, path.leg_m, strict=True)):
        length = shapely.LineString(line).length
        assert length == pytest.approx(metres, rel=5e-3)
        assert three.xy is not None
        np.testing.assert_allclose(line[[0, -1]], three.xy[[leg, leg + 1]], atol=0.2)


def test_osrm_route_in_words(osrm: OsrmEngine) -> None:
    snapped = osrm.snap(XY).take(rows(0, 1, 2))
    path = osrm.route(snapped, language="en")
    assert [step.text for step in path.leg_steps[0]] == [
        "Set off to the south-east.",
        "Turn left into Simonkatu.",
        "Go straight on into Kaivokatu.",
        "Turn right into Mikonkatu.",
        "Turn left into Yliopistonkatu.",
        "Turn left into Fabianinkatu.",
        "Arrive at the stop.",
    ]
    for steps, metres in zip(path.leg_steps, path.leg_m, strict=True):
        assert sum(step.distance_m for step in steps) == pytest.approx(metres, abs=0.5)
    chinese = osrm.route(snapped, language="zh").leg_steps[0]
    assert chinese[1].text == "左转进入Simonkatu。"
    assert chinese[-1].text == "到达网点。"


def step(kind: str, name: str = "", **maneuver: object) -> dict[str, object]:
    line = {"coordinates": [[24.94, 60.17], [24.941, 60.17]], "type": "LineString"}
    return {"maneuver": {"type": kind, **maneuver}, "name": name, "distance": 10.0,
            "duration": 2.0, "geometry": line}  # fmt: skip


def osrm_route(*steps: dict[str, object]) -> Reply:
    leg = {"steps": list(steps), "distance": 1.0, "duration": 1.0}
    return 200, {"code": "Ok", "routes": [{"legs": [leg]}]}


def test_osrm_roundabouts_and_remarks(osrm: OsrmEngine, server: Playback) -> None:
    snapped = osrm.snap(XY).take(rows(0, 1))
    server.next = [
        osrm_route(
            step("depart", "A", bearing_after=350, modifier="left"),
            step("notification", "A", modifier="straight"),
            step("roundabout", "Ring", modifier="right", exit=3),
            step("exit roundabout", "B", modifier="right"),
            step("rotary", "C", exit=1),
            step("fork", modifier="sharp left"),
            step("continue", "D", modifier="uturn"),
            step("new name", "E", modifier="straight"),
            step("merge", "F", modifier="slight right"),
            step("use lane", "G"),
            step("arrive", "G"),
        )
    ]
    (steps,) = osrm.route(snapped, language="en").leg_steps
    assert [(one.text, one.name, one.distance_m) for one in steps] == [
        ("Set off to the north along A.", "A", 20.0),
        ("At the roundabout take exit 3 into B.", "B", 20.0),
        ("At the roundabout take exit 1 into C.", "C", 10.0),
        ("Turn sharp left.", "", 10.0),
        ("Turn round and go back along D.", "D", 10.0),
        ("Go straight on into E.", "E", 10.0),
        ("Bear right into F.", "F", 10.0),
        ("Go straight on into G.", "G", 10.0),
        ("Arrive at the stop.", "", 10.0),
    ]
    assert steps[0].duration_s == 4.0


def test_route_names_stops_and_legs_without_a_way(osrm: OsrmEngine) -> None:
    snapped = osrm.snap(XY)
    with pytest.raises(InputError) as error:
        osrm.route(snapped.take(rows(0, 4)))
    key, words = fault_of(error)
    assert key == "streets.point_off_network"
    assert "Stop(s) 2 " in words
    with pytest.raises(InputError) as error:
        osrm.route(snapped.take(rows(0, 3)))
    key, words = fault_of(error)
    assert key == "streets.leg_unreachable"
    assert "from stop 1 to stop 2" in words


def test_a_leg_to_the_same_point_takes_no_time(osrm: OsrmEngine, server: Playback) -> None:
    snapped = osrm.snap(XY).take(rows(0, 0))
    server.next = [osrm_route(step("depart", bearing_after=0), step("arrive"))]
    assert osrm.route(snapped).leg_s.tolist() == [0.0]
    assert osrm.route(snapped.take(rows(0))).leg_s.tolist() == []


def test_osrm_draws_no_isochrones(osrm: OsrmEngine) -> None:
    with pytest.raises(EngineError) as error:
        osrm.isochrones(osrm.snap(XY), [60.0])
    assert fault_of(error)[0] == "travel.not_offered"


def test_osrm_fingerprint_follows_the_map(osrm: OsrmEngine, server: Playback) -> None:
    def after(version: str | None, **given: Any) -> str:
        answer = {"code": "Ok", "waypoints": []}
        server.next = [(200, answer if version is None else {**answer, "data_version": version})]
        return OsrmEngine(server.url, "drive", CRS, **given).fingerprint

    assert osrm.fingerprint == after(None)
    assert after("2025") == after("2025") != after("2026")
    assert len({after("1"), after("1", profile="bike"), after("1", snap_limit_m=9.0)}) == 3
    server.next = [(400, {"code": "NoSegment", "message": ""})]
    assert OsrmEngine(server.url, "drive", CRS).fingerprint == after(None)


def test_osrm_without_a_street_near(osrm: OsrmEngine, server: Playback) -> None:
    server.next = [(400, {"code": "NoSegment", "message": "Could not find a matching segment"})]
    assert osrm.snap(XY[:1]).edge.tolist() == [-1]


def test_points_of_another_engine_and_odd_settings(osrm: OsrmEngine) -> None:
    other = Snapped(rows(0), np.zeros(1), np.zeros(1))
    with pytest.raises(ValueError, match="snapped by this engine"):
        osrm.matrix(other, other)
    with pytest.raises(ValueError, match="snap_limit_m"):
        OsrmEngine("http://127.0.0.1", "drive", CRS, snap_limit_m=0.0)
    with pytest.raises(ValueError, match="most_places"):
        OsrmEngine("http://127.0.0.1", "drive", CRS, most_places=0)


# What may go wrong

GOOD = RECORDED["/nearest/v1/driving/24.937160,60.169464?number=1"]


def test_a_server_that_is_not_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://user:secret@127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(EngineError) as error:
        OsrmEngine(url, "drive", CRS).snap(XY)
    key, words = fault_of(error)
    assert key == "travel.server_failed"
    assert "Connection refused" in words
    assert "secret" not in words


@pytest.mark.parametrize("url", ["nowhere", "ftp://127.0.0.1", "http://", "http://[::1"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(EngineError) as error:
        OsrmEngine(url, "drive", CRS).snap(XY)
    assert fault_of(error)[0] == "travel.server_failed"


def test_a_fault_that_passes_is_not_noticed(osrm: OsrmEngine, server: Playback) -> None:
    server.next = [(500, b"oops"), (503, {"code": "x"}), tuple(GOOD)]
    assert osrm.snap(XY[:1]).reached.all()
    assert len(server.asked) == 3


def test_a_lost_connection_that_comes_back(osrm: OsrmEngine, server: Playback) -> None:
    server.next = [(0, ConnectionResetError()), tuple(GOOD)]
    assert osrm.snap(XY[:1]).reached.all()
    assert len(server.asked) == 2


def test_a_fault_that_stays(osrm: OsrmEngine, server: Playback) -> None:
    server.next = [(500, b"oops")] * 3
    with pytest.raises(EngineError) as error:
        osrm.snap(XY)
    key, words = fault_of(error)
    assert key == "travel.server_failed"
    assert "HTTP 500: oops" in words
    assert len(server.asked) == 3


def test_a_server_that_does_not_answer_in_time(server: Playback) -> None:
    server.next = [(200, lambda _: time.sleep(0.8))]
    with pytest.raises(EngineError) as error:
        OsrmEngine(server.url, "drive", CRS, timeout_s=0.3).snap(XY)
    assert "> 0.3 s" in fault_of(error)[1]
    # A slow machine may not even have read the question; a second one must not be there.
    assert len(server.asked) <= 1


def test_a_question_that_is_refused(osrm: OsrmEngine, server: Playback) -> None:
    snapped = osrm.snap(XY).take(rows(0, 1))
    refusal: Reply = (400, {"code": "TooBig", "message": "Too many table coordinates"})
    for ask in (
        lambda: osrm.snap(XY),
        lambda: osrm.matrix(snapped, snapped),
        lambda: osrm.route(snapped),
    ):
        server.next = [refusal]
        with pytest.raises(EngineError) as error:
            ask()
        key, words = fault_of(error)
        assert key == "travel.server_refused"
        assert "TooBig: Too many table coordinates" in words


@pytest.mark.parametrize(
    "reply",
    [
        (200, b"<html><body>It works!</body></html>"),
        (404, b"<html>Not found</html>"),
        (404, b"[1]"),
        (200, b"[" * 100_000),
        (200, b"\xff\xfe\x00"),
        (200, {}),
        (200, []),
        (200, None),
        (200, {"waypoints": []}),
        (200, {"waypoints": [{"location": [24.0], "distance": 1.0}]}),
        (200, {"waypoints": [{"location": ["a", "b"], "distance": 1.0}]}),
        (200, {"waypoints": [{"location": [24.0, 60.0], "distance": "near"}]}),
        (200, {"waypoints": [{"location": [24.0, 60.0], "distance": True}]}),
    ],
)
def test_an_answer_that_is_none(osrm: OsrmEngine, server: Playback, reply: Reply) -> None:
    server.next = [reply]
    with pytest.raises(EngineError) as error:
        osrm.snap(XY)
    key, words = fault_of(error)
    assert key == "travel.server_odd"
    assert len(words) < 300


@pytest.mark.parametrize(
    "durations", [None, 5, [], [[1.0]], [[1.0, 2.0]], [[1.0, 2.0], [3.0]], [["a", 1], [2, 3]]]
)
def test_a_matrix_that_is_none(osrm: OsrmEngine, server: Playback, durations: object) -> None:
    snapped = osrm.snap(XY).take(rows(0, 1))
    server.next = [(200, {"code": "Ok", "durations": durations})]
    with pytest.raises(EngineError) as error:
        osrm.matrix(snapped, snapped)
    assert fault_of(error)[0] == "travel.server_odd"


@pytest.mark.parametrize("steps", [[], [{}], [{**step("depart"), "geometry": "abc"}]])
def test_a_route_that_is_none(osrm: OsrmEngine, server: Playback, steps: list[Any]) -> None:
    snapped = osrm.snap(XY).take(rows(0, 1))
    server.next = [osrm_route(*steps)]
    with pytest.raises(EngineError) as error:
        osrm.route(snapped)
    assert fault_of(error)[0] == "travel.server_odd"


def test_proxies_of_the_environment_are_not_used(
    osrm: OsrmEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "")
    assert osrm.snap(XY[:1]).reached.all()


# Valhalla

PLACES = [[24.93717, 60.169471], [24.94873, 60.172689], [24.947972, 60.164181]]


def correlated(lon: float, lat: float) -> dict[str, object]:
    return {"way_id": 1, "correlated_lat": lat, "correlated_lon": lon, "percent_along": 0.5,
            "side_of_street": "left"}  # fmt: skip


def locate(question: Any) -> list[dict[str, object]]:
    """Every point lies at the three places, and nothing is near farther north than 60.18."""
    assert question["costing"] == "pedestrian"
    return [
        {"input_lat": one["lat"], "input_lon": one["lon"], "nodes": None,
         "edges": None if one["lat"] > 60.18 else [correlated(*place) for place in PLACES]}
        for one in question["locations"]
    ]  # fmt: skip


def as_tables(question: Any) -> dict[str, object]:
    """Times are 100 times the number of the source plus the number of the target."""
    at = {(lat, lon): number for number, (lon, lat) in enumerate(PLACES)}
    ends = [[at[one["lat"], one["lon"]] for one in question[k]] for k in ("sources", "targets")]
    times = [
        [{"from_index": i, "to_index": j, "distance": 0.1,
          "time": None if (i, j) == (0, 2) else 100 * i + j} for j in ends[1]]
        for i in ends[0]
    ]  # fmt: skip
    return {"sources_to_targets": times, "units": "kilometers"}


@pytest.fixture
def valhalla(server: Playback) -> ValhallaEngine:
    server.known = {"/locate": (200, locate), "/sources_to_targets": (200, as_tables)}
    return ValhallaEngine(server.url, "walk", CRS, most_places=2)


def test_valhalla_snaps_to_the_nearest_candidate(valhalla: ValhallaEngine) -> None:
    able = valhalla.capabilities
    assert (able.isochrones, able.offline) == (True, False)
    far_north = XY[0] + [0.0, 5_000.0]
    between = XY[0] + [0.0, 600.0]
    snapped = valhalla.snap(np.array([*XY[:3], far_north, between]))
    assert snapped.edge.tolist() == [0, 0, 0, -1, -1]
    np.testing.assert_allclose(snapped.distance_m[:3], [0.957, 3.646, 5.505], atol=0.1)
    assert snapped.xy is not None
    np.testing.assert_array_equal(snapped.xy[3], far_north)


def test_valhalla_matrix(valhalla: ValhallaEngine) -> None:
    snapped = valhalla.snap(XY[:3])
    access = snapped.distance_m / ACCESS_SPEED_M_S
    times = valhalla.matrix(snapped, snapped) - access[:, None] - access
    np.fill_diagonal(times, 0.0)
    np.testing.assert_allclose(
        times, [[0.0, 1.0, np.nan], [100.0, 0.0, 102.0], [200.0, 201.0, 0.0]]
    )


@pytest.mark.parametrize("code", [170, 442])
def test_valhalla_block_with_an_island(
    valhalla: ValhallaEngine, server: Playback, code: int
) -> None:
    refusal = {"error_code": code, "error": "No path could be found for input",
               "status_code": 400, "status": "Bad Request"}  # fmt: skip
    snapped = valhalla.snap(XY[:3])
    whole = valhalla.matrix(snapped, snapped)
    # The whole block, its first half, and then the first pair are refused.
    server.next = [(400, refusal)] * 3
    found = valhalla.matrix(snapped.take(rows(1, 2)), snapped.take(rows(0, 1)))
    expected = whole[1:, :2].copy()
    expected[0, 0] = np.nan
    np.testing.assert_array_equal(found, expected)
    server.next = [(400, {**refusal, "error_code": 154})]
    with pytest.raises(EngineError) as error:
        valhalla.matrix(snapped, snapped)
    assert "154: No path could" in fault_of(error)[1]


def box(size: float) -> list[list[list[float]]]:
    lon, lat = PLACES[0]
    return [[[lon - size, lat - size], [lon + size, lat - size], [lon + size, lat + size],
             [lon - size, lat + size], [lon - size, lat - size]]]  # fmt: skip


def contours(question: Any) -> dict[str, object]:
    """Boxes with a side of two milli-degrees a minute, the longest time first."""
    assert question["polygons"] is True
    assert len(question["contours"]) <= 4
    minutes = sorted((one["time"] for one in question["contours"]), reverse=True)
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {"contour": round(one, 3), "metric": "time"},
             "geometry": {"type": "Polygon", "coordinates": box(one / 1000.0)}}
            for one in minutes
        ],
    }  # fmt: skip


def test_valhalla_isochrones(valhalla: ValhallaEngine, server: Playback) -> None:
    server.known["/isochrone"] = (200, contours)
    snapped = valhalla.snap(XY[:3])
    limits = [300.0, 60.0, 0.5, 120.0, 180.0, 240.0]
    found = valhalla.isochrones(snapped.take(rows(0)), limits)
    assert [one.limit_s for one in found] == limits
    access = float(snapped.distance_m[0] / ACCESS_SPEED_M_S)
    for one in found:
        assert len(one.streets) == 0
        assert np.isnan(one.length_m)
        minutes = max(0.0, (one.limit_s - access) / 60.0)
        # A milli-degree is 111.4 m to the north and about 55.4 m to the east.
        expected = 4.0 * minutes**2 * 111.4 * 55.4
        assert one.area.area == pytest.approx(expected, rel=0.01)
    # Two sources with different access: the ground of the nearer one contains the other's.
    (both,) = valhalla.isochrones(snapped.take(rows(0, 2)), [300.0])
    assert both.area.area == pytest.approx(found[0].area.area, rel=1e-9)
    (none,) = valhalla.isochrones(snapped.take(rows()), [60.0])
    assert none.area.is_empty


@pytest.mark.parametrize(
    "geometry",
    [
        None,
        {},
        {"type": "Polygon"},
        {"type": "X"},
        5,
        {"type": "Polygon", "coordinates": [[[1.0, 2.0]]]},
    ],
)
def test_an_isochrone_that_is_none(
    valhalla: ValhallaEngine, server: Playback, geometry: object
) -> None:
    snapped = valhalla.snap(XY[:1])
    server.next = [(200, {"features": [{"properties": {"contour": 1.0}, "geometry": geometry}]})]
    with pytest.raises(EngineError) as error:
        valhalla.isochrones(snapped, [60.0])
    assert fault_of(error)[0] == "travel.server_odd"


def encode(lonlat: list[list[float]]) -> str:
    """Return an encoded polyline, after Google's description of the algorithm."""
    out, last = "", [0, 0]
    for lon, lat in lonlat:
        for at, value in enumerate((round(lat * 1e6), round(lon * 1e6))):
            delta, last[at] = value - last[at], value
            left = ~(delta << 1) if delta < 0 else delta << 1
            while left >= 32:
                out += chr((32 | (left & 31)) + 63)
                left >>= 5
            out += chr(left + 63)
    return out


def test_decoding() -> None:
    # The worked example of Google's description, which has five decimals instead of six.
    known = decode("_p~iF~ps|U_ulLnnqC_mqNvxq`@")
    assert known is not None
    np.testing.assert_allclose(known * 10.0, [[-120.2, 38.5], [-120.95, 40.7], [-126.453, 43.252]])
    back = decode(encode(PLACES))
    assert back is not None
    np.testing.assert_allclose(back, PLACES, atol=1e-9)
    for spoilt in ("", "_", "?", "?? ", "??\x80", "ÿÿ"):
        assert decode(spoilt) is None


def valhalla_route(question: Any) -> dict[str, object]:
    words = {"en-US": "Walk north on Fabianinkatu.", "zh-CN": "沿Fabianinkatu向北步行。"}
    maneuvers = []
    if "language" in question:
        text = words[question["language"]]
        maneuvers = [
            {"type": 1, "instruction": text, "street_names": ["Fabianinkatu"], "time": 50.5,
             "length": 0.25},
            {"type": 4, "instruction": "!", "time": 0.0, "length": 0.0},
        ]  # fmt: skip
    ends = [[one["lon"], one["lat"]] for one in question["locations"]]
    leg = {"shape": encode(ends), "summary": {"time": 50.5, "length": 0.25},
           "maneuvers": maneuvers}  # fmt: skip
    return {"trip": {"status": 0, "units": "kilometers", "legs": [leg]}}


def test_valhalla_route(valhalla: ValhallaEngine, server: Playback) -> None:
    server.known["/route"] = (200, valhalla_route)
    snapped = valhalla.snap(XY[:3])
    assert snapped.xy is not None
    path = valhalla.route(snapped)
    assert path.leg_steps == ()
    access = snapped.distance_m / ACCESS_SPEED_M_S
    np.testing.assert_allclose(path.leg_s, 50.5 + access[:-1] + access[1:])
    assert path.leg_m.tolist() == [250.0, 250.0]
    np.testing.assert_allclose(path.leg_xy[0], snapped.xy[:2], atol=1e-3)
    (steps, _) = valhalla.route(snapped, language="zh").leg_steps
    assert steps[0].text == "沿Fabianinkatu向北步行。"
    assert (steps[0].name, steps[0].distance_m, steps[0].duration_s) == (
        "Fabianinkatu",
        250.0,
        50.5,
    )
    assert steps[1].name == ""


def test_valhalla_route_that_is_none(valhalla: ValhallaEngine, server: Playback) -> None:
    snapped = valhalla.snap(XY[:2])
    for error_code, kind in ((442, InputError), (171, EngineError)):
        server.next = [(400, {"error_code": error_code, "error": "no"})]
        with pytest.raises(kind):
            valhalla.route(snapped)
    for encoded in (None, "_", 7):
        server.next = [(200, {"trip": {"legs": [{"shape": encoded}]}})]
        with pytest.raises(EngineError) as error:
            valhalla.route(snapped)
        assert fault_of(error)[0] == "travel.server_odd"


@pytest.mark.parametrize("answer", [{}, [], [{}], [{"edges": 5}], [{"edges": [{}]}]])
def test_a_place_that_is_none(valhalla: ValhallaEngine, server: Playback, answer: object) -> None:
    server.next = [(200, answer)]
    with pytest.raises(EngineError) as error:
        valhalla.snap(XY[:1])
    assert fault_of(error)[0] == "travel.server_odd"


def test_valhalla_fingerprint_follows_the_map(server: Playback) -> None:
    def after(modified: int, **given: Any) -> str:
        server.next = [(200, {"version": "3.5.1", "tileset_last_modified": modified})]
        return ValhallaEngine(server.url, "walk", CRS, **given).fingerprint

    assert after(1) == after(1) != after(2)
    assert after(1) != after(1, costing="auto")
    server.next = [(200, [])]
    with pytest.raises(EngineError):
        _ = ValhallaEngine(server.url, "walk", CRS).fingerprint


# A real server


@pytest.mark.skipif("GRIDMAP_TEST_OSRM" not in os.environ, reason="no server is named")
def test_a_real_osrm_agrees_with_our_own_engine() -> None:
    """The server must run on the extract of Helsinki that comes with geodata, by car."""
    from geodata.osm import read_street_network
    from gridmap.travel.engines import open_engine

    extract = ROOT / "geodata/data/helsinki/Helsinki.osm.pbf"
    network = read_street_network(extract, "drive", CRS)
    ours = open_engine(network)
    theirs = OsrmEngine(os.environ["GRIDMAP_TEST_OSRM"], "drive", CRS)
    rng = np.random.default_rng(1)
    xy = network.node_xy[rng.choice(network.n_nodes, 120, replace=False)]
    here, there = ours.snap(xy), theirs.snap(xy)
    assert there.reached.all()
    own, found = ours.matrix(here, here), theirs.matrix(there, there)
    both = np.isfinite(own) & (found > 60.0)
    # OSRM keeps streets that the clipped extract cuts off from the rest.
    assert both.mean() > 0.6
    ratio = own[both] / found[both]
    assert np.median(ratio) == pytest.approx(1.0, abs=0.02)
    assert np.median(np.abs(ratio - 1.0)) < 0.03
    assert own[both].sum() == pytest.approx(found[both].sum(), rel=0.05)
    rows_ok = np.flatnonzero(np.isfinite(found[0]))[:4]
    path = theirs.route(there.take(rows_ok), language="zh")
    np.testing.assert_allclose(path.leg_s, found[rows_ok[:-1], rows_ok[1:]], rtol=0.02)
