"""Turn-by-turn directions of the routes, in both languages, as a table and as text to carry."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridmap.catalogue import LANGUAGES, Language, text
from gridmap.export.plan_file import PlannedCell, PlannedDay
from gridmap.policies import clock_of
from gridmap.scenario import Scenario
from gridmap.territory import Territory
from gridmap.travel.engine import Snapped, TravelEngine
from gridmap.travel.engines import open_engine

#: Name of the layer without geometry that carries the directions of a plan.
DIRECTIONS_LAYER = "directions"
#: Columns of the table: leg 1 leads to the first stop, the last one back; steps count from 1.
COLUMNS = ("route_id", "leg", "step", "distance_m", "duration_s", *LANGUAGES)


def directions_table(territory: Territory, scenario: Scenario) -> pd.DataFrame:
    """Return what to do on each leg of each route; see `COLUMNS`.

    The arrival at the end of a leg has no row: what comes next is a stop.
    """
    outlets = territory.outlets
    row_of = {str(outlet): row for row, outlet in enumerate(outlets["outlet_id"])}
    centre_of = dict(
        zip(scenario.cells["cell_id"], scenario.cells["centre_outlet_id"], strict=True)
    )
    engine = open_engine(territory.networks[scenario.request.routing.mode])
    places = engine.snap(outlets[["x", "y"]].to_numpy(np.float64))
    stops_of = dict(iter(scenario.stops.sort_values(["route_id", "seq"]).groupby("route_id")))
    rows: list[tuple[object, ...]] = []
    for route_id, cell_id in zip(
        scenario.routes["route_id"], scenario.routes["cell_id"], strict=True
    ):
        home = row_of[str(centre_of[cell_id])]
        visited = [row_of[str(one)] for one in stops_of[route_id]["outlet_id"]]
        legs = _legs(engine, places.take(np.array([home, *visited, home])))
        rows += [(route_id, *row) for row in legs]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def directions_text(
    cell: PlannedCell,
    day: PlannedDay,
    steps: pd.DataFrame,
    *,
    language: Language,
    note: str = "",
) -> str:
    """Return the directions of a route as plain text.

    Parameters
    ----------
    cell, day
        The route.
    steps
        Its rows of `directions_table`.
    language
        Language of every word.
    note
        Source of the map and warnings, for the last line.
    """

    def say(key: str, **values: object) -> str:
        return text(f"sheets.{key}", language, **values)

    when = say("day", week=day.week, weekday=say(f"weekday.{day.weekday}"))
    minutes = (day.travel_s + day.service_s) / 60.0
    head = [f"{day.number} · {when} · {cell.code} {cell.name}"]
    if manager := day.manager or cell.manager:
        head.append(say("manager", name=manager))
    head.append(say("day_load", count=len(day.stops), km=day.distance_m / 1000.0, minutes=minutes))
    lines = [*head, "", f"{clock_of(day.start_s)}  {say('home', name=cell.centre)}", ""]
    ends = [
        f"{clock_of(stop.arrival_s)}  [{stop.seq}] {stop.name} ({stop.grade}) · "
        f"{say('duration', minutes=stop.service_s / 60.0)}"
        for stop in day.stops
    ]
    ends.append(f"{clock_of(day.finish_s)}  {say('back_at', name=cell.centre)}")
    for leg, end in enumerate(ends, 1):
        mine = steps[steps["leg"] == leg].sort_values("step")
        lines += [
            f"    - {words}  {_distance(float(metres))}".rstrip()
            for words, metres in zip(mine[language], mine["distance_m"], strict=True)
        ]
        lines += [end, ""]
    return "\n".join([*lines, note]).rstrip() + "\n"


def _legs(engine: TravelEngine, points: Snapped) -> list[tuple[object, ...]]:
    """Return leg, step, metres, seconds, and the words in each language."""
    spoken = [engine.route(points, language=one).leg_steps for one in LANGUAGES]
    rows: list[tuple[object, ...]] = []
    for leg, alike in enumerate(zip(*spoken, strict=True), 1):
        for number, step in enumerate(zip(*alike, strict=True), 1):
            if number < len(alike[0]):  # the last one is the arrival
                words = [one.text for one in step]
                rows.append((leg, number, step[0].distance_m, step[0].duration_s, *words))
    return rows


def _distance(metres: float) -> str:
    """Return a distance as people read it: to ten metres, from one kilometre on to a hundred."""
    if metres >= 950.0:
        return f"{metres / 1000.0:.1f} km"
    return f"{10 * round(metres / 10.0)} m" if metres >= 10.0 else f"{max(1, round(metres))} m"
