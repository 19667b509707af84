"""The page of the routes without a browser: who may do what, what is told, where the walker is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from dash import Dash
from routed_town import town

from dashboards import cycle_queries
from dashboards.access import Plan
from dashboards.api.workshop import Workshop, workshop_of
from dashboards.app import create_app
from dashboards.visitors import _ASKED_BY_ITSELF
from gridmap.cell_cycle import outlet_days
from gridmap.job_kinds import job_kinds
from gridmap.store.accounts import Grant
from gridmap.store.repository import Store
from gridmap.store.roles import Role
from gridmap.store.scope import Scope
from tests.dashboards.signed import browser_of, people_with, question

ME = Scope(role=Role.PLANNER, user="li")


@dataclass(frozen=True)
class Service:
    app: Dash
    work: Workshop
    draft: int

    def asked(self, name: str, wanted: str, values: dict[str, object]) -> Any:
        """Ask the callback one of whose outputs begins with `wanted`, signed in as somebody."""
        output = next(one for one in self.app.callback_map if wanted in one)
        chosen = {"page": "routes", "language": "en", "scenario": self.draft, "cell": 1,
                  "week": 1, "weekday": 1}  # fmt: skip
        browser = browser_of(self.app, name)
        cookie = browser.get_cookie("gridmap_csrf") or browser.get_cookie("__Host-gridmap_csrf")
        return browser.post(
            "/_dash-update-component",
            json=question(self.app, output, {"app-selection.data": chosen, **values}),
            headers={} if cookie is None else {"X-CSRFToken": cookie.value},
        )


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("routes")
    store = Store(f"sqlite:///{(folder / 'plans.db').as_posix()}")
    territory, scenario, _ = town()
    plan = store.save(Scope.everything(), territory, scenario)
    roles = {"li": Role.PLANNER, "vi": Role.VIEWER}
    people = people_with(folder, **{one: Grant(it, everywhere=True) for one, it in roles.items()})
    work = workshop_of(store.engine, job_kinds(), folder / "files")
    draft = work.cycles.open(ME, plan)
    yield Service(create_app(store, people=people, work=work), work, draft)


COSTS = "routes-choices.children"


def test_a_planner_asks_and_moves_and_a_viewer_may_not(service: Service) -> None:
    """The answer to a question has both days' minutes; a wish is done once; viewers are refused."""
    seen = service.work.cycles.seen(ME, service.draft, 1)
    move = next(
        one
        for outlet, days in outlet_days(seen.cycle.days).items()
        for one in seen.moves.to_each_day(outlet, days[0])
        if not one.faults and len(one.steps) == 1
    )
    place = {"outlet": move.outlet, "day": move.day}
    asked = {"routes-asked.data": {**place, "at": 1, "menu": False}}
    wish = {"kind": "move", **place, "to": move.to, "key": "k1"}
    values = {"routes-wish.data": wish, "routes-seen.data": seen.head.token}
    assert service.asked("vi", COSTS, asked).status_code == 403
    act = service.asked("vi", "routes-told.children@", values)
    assert act.status_code in {403, 404}
    assert service.work.cycles.seen(ME, service.draft, 1).cycle.days == seen.cycle.days
    told = service.asked("li", COSTS, asked).get_json()["response"]["routes-costs"]["data"]
    cost = told["to"][str(move.to)]
    assert cost["ok"]
    for change in move.changes:
        assert change.after is None or f"{change.after.work_s / 60.0:.0f} min" in str(cost["lines"])


def test_the_walker_is_at_each_stop_when_its_visit_begins() -> None:
    """Places along the street rise, and the point of a stop is as near as the street comes."""
    territory, scenario, _ = town()
    plan = Plan(1, territory, scenario)
    xy = territory.outlets.set_index("outlet_id")[["x", "y"]]
    for number, line in zip(scenario.routes["route_id"], scenario.route_lines, strict=True):
        row = scenario.routes[scenario.routes["route_id"] == number].iloc[0]
        day = (int(row["week"]), int(row["weekday"]))
        (walk,) = cycle_queries.walks(plan, int(row["cell_id"]), day)
        times = np.array(walk["times"], dtype=np.float64)
        assert (np.diff(times, axis=0) >= -0.11).all()
        stops = scenario.stops[scenario.stops["route_id"] == number]
        for outlet, arrival in zip(stops["outlet_id"], stops["arrival_s"], strict=True):
            metres = float(np.interp(arrival, times[:, 0], times[:, 1]))
            there = shapely.line_interpolate_point(line, metres)
            stop = shapely.Point(*xy.loc[outlet])
            assert there.distance(stop) <= line.distance(stop) + 4.0


def test_a_street_gone_twice_is_told_apart_by_the_time() -> None:
    """There and back again: the stop beside the way is passed at 100 m and at 300 m of 400 m."""
    line = shapely.LineString([(0, 0), (200, 0), (0, 0)])
    beside = np.array([[100.0, 5.0]])
    for share, metres in ((0.2, 100.0), (0.8, 300.0)):
        assert cycle_queries.places_along(line, beside, np.array([share])) == pytest.approx(metres)


def test_minutes_of_the_days_are_those_of_the_routes() -> None:
    """Days without a route count as 0; the bars say the least, the mean and the most."""
    territory, scenario, _ = town()
    (mine,) = cycle_queries.manager_days(Plan(1, territory, scenario), 1)
    routes = scenario.routes[scenario.routes["cell_id"] == 1]
    total = float((routes["travel_s"] + routes["service_s"]).sum()) / 60.0
    assert sum(mine.minutes) == pytest.approx(total)
    assert len(mine.busy) == len(routes)
    assert len(mine.days) == scenario.request.routing.cycle_days


@pytest.mark.parametrize("kind", ["ics", "gpx", "geojson", "kml"])
def test_each_kind_of_file_of_a_cell(kind: str, tmp_path: Path) -> None:
    """A calendar is one file; tracks and layers come in an archive."""
    import zipfile

    from dashboards.exports import default_exports

    territory, scenario, _ = town()
    path = tmp_path / f"cell.{kind}"
    default_exports().route_sheet(Plan(1, territory, scenario), 1, kind, path, "zh")
    if kind == "ics":
        assert path.read_bytes().startswith(b"BEGIN:VCALENDAR")
    else:
        names = zipfile.ZipFile(path).namelist()
        assert names and all(one.endswith(f".{kind}") for one in names)


def test_open_pages_ask_whether_a_colleague_changed_the_cell(service: Service) -> None:
    """Who changed it is told to others only; asking keeps nobody signed in."""
    address = f"/routes/{service.draft}/2/head.json"
    li = browser_of(service.app, "li")
    head = service.work.cycles.head(ME, service.draft, 2)
    assert li.get(address).json == {"token": head.token, "told": ""}
    wang = Scope(role=Role.PLANNER, user="wang")
    done = service.work.cycles.pin(
        wang, service.draft, 2, day=0, pinned=True, key="w", token=head.token
    )
    told = li.get(f"{address}?lang=zh").json
    assert told["token"] == done.token
    assert "wang" in told["told"] and "修改了" in told["told"]
    assert browser_of(service.app, "vi").get(address).status_code == 403
    assert li.get("/routes/999/2/head.json").status_code == 404
    assert "cycle.head" in _ASKED_BY_ITSELF
