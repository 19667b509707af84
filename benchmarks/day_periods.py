"""What the periods of the day change in a plan, against one matrix for the whole day.

``python -m benchmarks.day_periods [PROJECT.toml] [--data DIR] [--iterations N] [--seed N]`` plans
by car with ``[travel] period = "day"`` and prints how far the times of its days are from those by
the mean matrix on which it was searched, and how many days hold on that matrix only. Without a
project it is the demo's, centre of Helsinki.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from geodata.demo import demo_project
from geodata.project import load_project
from gridmap.planning import make_plan
from gridmap.routing.timing import plain_times
from gridmap.scenario import Scenario
from gridmap.territory import Territory
from gridmap.travel.day_networks import parts_of_day


@dataclass(frozen=True)
class Differences:
    """The times of all days of a plan, by periods against the mean matrix.

    Attributes
    ----------
    routes, stops
        How many there are.
    arrivals_by_part
        Share of the arrivals in each part of the day.
    travel_share_mean, travel_share_least, travel_share_most
        Travel of a day by periods, less that by the mean matrix, as a share of the latter.
    arrival_mean_s, arrival_most_s
        By how much an arrival differs, either way.
    home_most_s
        By how much the moment of coming back differs.
    """

    routes: int
    stops: int
    arrivals_by_part: dict[str, float]
    travel_share_mean: float
    travel_share_least: float
    travel_share_most: float
    arrival_mean_s: float
    arrival_most_s: float
    home_most_s: float


def differences(territory: Territory, scenario: Scenario) -> Differences:
    """Compare the times of a plan without opening hours with those by the mean matrix."""
    routing, legs_s = scenario.request.routing, scenario.report["period_legs"]["legs_s"]
    begins_s = territory.day_networks[routing.mode].begins_s
    parts = parts_of_day(begins_s, routing.day.start_s, routing.day.end_s)
    shares = [one.share for one in parts]
    borders_s = [one.begin_s for one in parts[1:]]
    in_part = np.bincount(
        np.searchsorted(borders_s, scenario.stops["arrival_s"], side="right"), minlength=len(parts)
    )
    stops_of = dict(iter(scenario.stops.sort_values(["route_id", "seq"]).groupby("route_id")))
    travel: list[float] = []
    late: list[float] = []
    home: list[float] = []
    for route, travel_s in zip(scenario.routes["number"], scenario.routes["travel_s"], strict=True):
        mine = stops_of[route]
        mean_s = np.array(legs_s[route]) @ shares
        by_mean = plain_times(mean_s.tolist(), mine["service_s"].tolist(), routing.day)
        travel.append(travel_s / mean_s.sum() - 1.0)
        late.extend(np.abs(mine["arrival_s"].to_numpy() - by_mean.begins_s))
        home.append(abs(scenario.report["home_s"][route] - by_mean.home_s))
    return Differences(
        routes=len(travel),
        stops=len(late),
        arrivals_by_part={
            one.period: float(count / len(late)) for one, count in zip(parts, in_part, strict=True)
        },
        travel_share_mean=float(np.mean(travel)),
        travel_share_least=float(np.min(travel)),
        travel_share_most=float(np.max(travel)),
        arrival_mean_s=float(np.mean(late)),
        arrival_most_s=float(np.max(late)),
        home_most_s=float(np.max(home)),
    )


def day_project(project: Path, folder: Path, *, iterations: int) -> Path:
    """Write a project that plans by car and by the periods of the day; return its file."""
    words = project.read_text(encoding="utf-8")
    words = words.replace('mode = "walk"', f'mode = "drive"\niterations = {iterations}')
    words = words.replace("{ walk =", "{ drive =")
    path = folder / "project.toml"
    path.write_text(f'{words}\n[travel]\nperiod = "day"\n', encoding="utf-8")
    return path


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("project", type=Path, nargs="?", default=demo_project())
    parser.add_argument("--data", type=Path)
    parser.add_argument("--iterations", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = day_project(asked.project, Path(folder), iterations=asked.iterations)
        data = asked.data or asked.project.parent
        territory, request = load_project(path, data_dir=data)
    scenario = make_plan(territory, request, seed=asked.seed)
    print(json.dumps(asdict(differences(territory, scenario)), indent=1))


if __name__ == "__main__":
    main()
