"""Tables of trips: what is read, what is left out and why; and the calibration of a project."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from geodata.boundaries import unproject
from geodata.project import load_project
from geodata.project_file import read_project
from geodata.speeds import read_factors, write_factors
from geodata.synthetic import write_town
from geodata.trips import calibrate_project, read_trips, summary_comment
from gridmap.errors import InputError
from gridmap.travel.cache import NetworkCache
from gridmap.travel.dijkstra import DijkstraEngine
from gridmap.travel.periods import PeriodFactors, with_period

CRS = "EPSG:32631"
AREA = shapely.box(400_000, 0, 600_000, 100_000)
HEADER = "from_lon,from_lat,to_lon,to_lat,period,minutes"


def table(folder: Path, *rows: str, header: str = HEADER) -> Path:
    path = folder / "trips.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def test_trips_are_read(tmp_path: Path) -> None:
    """UTM 31 has x = 500 000 m at 3 degrees east."""
    path = table(tmp_path, "3.0,0.01,3.1,0.01,am,12.5", "3.0,0.02,3.05,0.03,17:40,8")
    found = read_trips(path, crs=CRS, boundary=AREA)
    assert found.seconds.tolist() == [750.0, 480.0]
    assert found.period.tolist() == ["am", "pm"]
    np.testing.assert_allclose(found.origin_xy[:, 0], 500_000, atol=1e-3)
    assert found.target_xy[0, 0] > 511_000
    assert found.notices == ()


@pytest.mark.parametrize(
    ("text", "period"),
    [("AM", "am"), ("早高峰", "am"), ("平峰", "midday"), ("Evening", "pm"), ("夜间", "night"),
     ("06:59", "night"), ("7:00", "am"), ("10:00:00", "midday"), ("15:59", "midday"),
     ("2026-03-02 18:59", "pm"), ("19:00", "night"), ("market", "market")],
)  # fmt: skip
def test_names_and_times_of_periods(tmp_path: Path, text: str, period: str) -> None:
    path = table(tmp_path, f"3.0,0.01,3.1,0.01,{text},12")
    found = read_trips(path, crs=CRS, boundary=AREA, periods=("market",))
    assert found.period.tolist() == [period]


def test_bad_rows_are_left_out_with_their_reason(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "3.0,0.01,3.1,0.01,am,12",
        ",0.01,3.1,0.01,am,12",
        "3.0,0.01,0,0,am,12",
        "3.0,0.01,3.1,0.01,someday,12",
        "3.0,0.01,3.1,0.01,25:00,12",
        "3.0,0.01,3.1,0.01,am,-3",
        "3.0,0.01,3.1,0.01,am,soon",
        "3.0,0.01,3.1,0.01,am,1",
        "3.0,0.01,3.0,0.01,am,20",
        "13.0,0.01,13.1,0.01,am,12",
    )
    found = read_trips(path, crs=CRS, boundary=AREA)
    assert len(found.seconds) == 1
    assert all(one.text("en") and one.text("zh") for one in found.notices)
    rows = {one.key: one.values["rows"] for one in found.notices}
    assert rows == {
        "world.place_missing_rows": "3",
        "world.place_zero_rows": "4",
        "speeds.period_unread_rows": "5, 6",
        "speeds.minutes_unusable_rows": "7, 8",
        # 11 km in a minute; no way in 20 minutes
        "speeds.trip_too_fast_rows": "9",
        "speeds.trip_too_slow_rows": "10",
        "world.place_outside_rows": "11",
    }


def test_ends_by_ids_of_outlets(tmp_path: Path) -> None:
    outlets = pd.DataFrame(
        {"outlet_id": ["a", "b"], "x": [500_000.0, 503_000.0], "y": [1000.0, 1000.0]}
    )
    path = table(tmp_path, "a,b,早高峰,6", "a,x,am,6", header="起点,终点,时段,用时")
    found = read_trips(path, crs=CRS, boundary=AREA, outlets=outlets)
    assert found.target_xy.tolist() == [[503_000.0, 1000.0]]
    assert [one.key for one in found.notices] == ["speeds.outlet_unknown_rows"]


def test_missing_columns_are_said_together(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        read_trips(table(tmp_path, "1", header="x"), crs=CRS, boundary=AREA)
    assert [one.key for one in error.value.faults] == [
        "world.column_needed",
        "world.column_needed",
        "speeds.ends_needed",
    ]


def trips_of(path: Path, truth: PeriodFactors, count: int) -> Path:
    """Write trips between outlets of a town, as long as they take with the true factors."""
    territory, _ = load_project(path)
    mode = read_project(path).routing.mode
    engine = DijkstraEngine(with_period(territory.networks[mode], truth))
    xy = territory.outlets[["x", "y"]].to_numpy()
    rng = np.random.default_rng(3)
    chosen = rng.integers(0, len(xy), (6 * count, 2))
    minutes = engine.matrix(engine.snap(xy), engine.snap(xy))[tuple(chosen.T)] / 60.0
    far = np.hypot(*(xy[chosen[:, 0]] - xy[chosen[:, 1]]).T) > 300.0
    chosen, minutes = chosen[far][:count], minutes[far][:count]
    places = shapely.get_coordinates(unproject(shapely.MultiPoint(xy), territory.crs))
    out = path.parent / "trips.csv"
    with out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER.split(","))
        for (start, end), took in zip(chosen, minutes, strict=True):
            writer.writerow([*places[start], *places[end], "am", took * rng.normal(1.0, 0.05)])
    return out


def test_a_project_is_calibrated(tmp_path: Path) -> None:
    """Trips at half the speed: the former factors of the project are the start, the file usable."""
    path = write_town(tmp_path, blocks=24, own=3, seed=5)
    mode = read_project(path).routing.mode
    truth = PeriodFactors.model_validate({"modes": [mode], "default": 0.5})
    trips = trips_of(path, truth, 60)
    former = f'\n[travel.periods.am]\nmodes = ["{mode}"]\ndefault = 0.8\n'
    path.write_text(path.read_text(encoding="utf-8") + former, encoding="utf-8")
    cache = NetworkCache(tmp_path / "cache")
    done = calibrate_project(path, trips, mode=mode, cache=cache, seed=1)
    fit = done.fits[0]
    assert fit.better
    assert fit.after.median_share < 0.06 < fit.before.median_share
    seen = max(fit.seen_s, key=lambda name: fit.seen_s[name])
    assert fit.multiplier[seen] == pytest.approx(0.8 / 0.5, rel=0.1)
    assert cache.entries()
    assert "am" in done.summary("zh")
    assert done.plain()["periods"]["am"]["trips"] == 60

    comment = summary_comment("trips.csv", done, mode)
    write_factors(tmp_path / "factors.toml", done.factors, comment)
    assert read_factors(tmp_path / "factors.toml") == done.factors


def test_a_refusal_says_what_was_left_out_too(tmp_path: Path) -> None:
    path = write_town(tmp_path, blocks=24, own=3, seed=5)
    trips = table(tmp_path, ",,,,am,3")
    with pytest.raises(InputError) as error:
        calibrate_project(path, trips, mode="walk")
    keys = [one.key for one in error.value.faults]
    assert keys == ["world.place_missing_rows", "speeds.no_trips"]
