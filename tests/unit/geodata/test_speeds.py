"""Speeds of a project: which factors count, and that a plan is made with them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from grid_town import grid_network

from geodata.project import load_project
from geodata.project_file import TravelSection, read_project
from geodata.speeds import (
    read_areas,
    read_day_speeds,
    read_factors,
    read_speeds,
    write_factors,
)
from geodata.synthetic import write_town
from gridmap.errors import InputError
from gridmap.travel.day_networks import USUAL_BEGINS_S
from gridmap.travel.periods import AreaFactors, PeriodFactors, assumed_factors

CRS = "EPSG:32631"


def areas_file(path: Path, *features: tuple[object, list[tuple[float, float]]]) -> Path:
    listed = [
        {
            "type": "Feature",
            "properties": {"Name": name},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }
        for name, ring in features
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": listed}))
    return path


def square(lon: float) -> list[tuple[float, float]]:
    return [(lon, 0), (lon + 0.1, 0), (lon + 0.1, 0.1), (lon, 0.1), (lon, 0)]


def fault_keys(error: pytest.ExceptionInfo[InputError]) -> list[str]:
    assert error.value.text("zh")
    return [one.key for one in error.value.faults]


def test_the_project_comes_before_the_file_and_the_file_before_what_is_assumed(
    tmp_path: Path,
) -> None:
    path = tmp_path / "factors.toml"
    path.write_text("[periods.am]\ndefault = 0.5\n[periods.pm]\ndefault = 0.6\n")
    section = TravelSection(periods={"am": PeriodFactors(default=0.4)})

    def default(period: str) -> tuple[float, bool]:
        found = read_speeds(section, factors=path, areas=None, crs=CRS, period=period)
        assert found
        return found.factors.default, found.assumed

    assert default("am") == (0.4, False)
    assert default("pm") == (0.6, False)
    assert default("night") == (assumed_factors()["night"].default, True)
    assert read_speeds(section, factors=path, areas=None, crs=CRS) is None
    with pytest.raises(InputError) as error:
        default("noon")
    assert fault_keys(error) == ["speeds.period_unknown"]


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "factors.toml"
    factors = PeriodFactors(
        modes=("drive", "bike"),
        default=0.75,
        factor={"primary": 0.5},
        turns=1.25,
        areas={'老城 "A"': AreaFactors(factor={"primary": 0.25}), "b": AreaFactors(default=0.5)},
    )
    periods = {"am": factors, "夜": PeriodFactors()}
    write_factors(path, periods, "two\nlines")
    assert read_factors(path) == periods
    with pytest.raises(InputError) as error:
        write_factors(tmp_path / "no" / "x.toml", periods, "")
    assert fault_keys(error) == ["speeds.not_written"]


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ("[periods.am", "world.not_toml"),
        ("[periods.am]\ndefault = 0\n[periods.pm]\nspeed = 1", "speeds.factors_wrong"),
        ("x = 1", "speeds.factors_wrong"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, content: str, key: str) -> None:
    path = tmp_path / "factors.toml"
    path.write_text(content)
    with pytest.raises(InputError) as error:
        read_factors(path)
    assert set(fault_keys(error)) == {key}
    if "speed" in content:
        assert len(error.value.faults) == 2
    with pytest.raises(InputError):
        read_factors(tmp_path)


def test_areas_are_named_polygons_in_metres(tmp_path: Path) -> None:
    """At 3 degrees east UTM 31 has its meridian, x = 500 000 m."""
    path = areas_file(tmp_path / "a.geojson", ("b", square(3.0)), ("a", square(4.0)),
                      ("b", square(3.5)))  # fmt: skip
    areas = read_areas(path, CRS)
    assert areas.names == ("b", "a")
    assert abs(areas.polygons[0].bounds[0] - 500_000) < 1e-3
    assert areas.locate(np.array([[505_000.0, 5_000.0]])).tolist() == [0]


def test_areas_of_a_shifted_datum_are_moved(tmp_path: Path) -> None:
    """GCJ-02 is some hundreds of metres off in eastern China."""
    path = areas_file(tmp_path / "a.geojson", ("a", [(x + 118, y + 32) for x, y in square(0)]))
    plain, moved = (
        read_areas(path, "EPSG:32650", datum=datum).polygons[0] for datum in ("wgs84", "gcj02")
    )
    assert 100.0 < plain.centroid.distance(moved.centroid) < 1000.0


@pytest.mark.parametrize("name", ["", None])
def test_an_area_without_a_name_is_refused(tmp_path: Path, name: object) -> None:
    path = areas_file(tmp_path / "a.geojson", (name, square(3.0)), ("x", square(4.0)))
    with pytest.raises(InputError) as error:
        read_areas(path, CRS)
    assert fault_keys(error) == ["speeds.areas_unnamed"]
    path.write_text(path.read_text().replace("Name", "colour"))
    with pytest.raises(InputError) as error:
        read_areas(path, CRS)
    assert "colour" in error.value.text()


def test_lines_are_no_areas(tmp_path: Path) -> None:
    path = areas_file(tmp_path / "a.geojson", ("x", square(4.0)))
    path.write_text(
        path.read_text().replace("Polygon", "LineString").replace("[[[", "[[").replace("]]]", "]]")
    )
    with pytest.raises(InputError) as error:
        read_areas(path, CRS)
    assert fault_keys(error) == ["world.no_polygon"]


def test_factors_of_an_unknown_area_are_refused(tmp_path: Path) -> None:
    section = TravelSection(
        period="am", periods={"am": PeriodFactors(areas={"east": AreaFactors(default=0.5)})}
    )
    path = areas_file(tmp_path / "a.geojson", ("west", square(3.0)))
    with pytest.raises(InputError) as error:
        read_speeds(section, factors=None, areas=path, crs=CRS)
    assert fault_keys(error) == ["speeds.area_unknown"]
    assert "west" in error.value.text()


def test_a_plan_has_the_speeds_of_its_period(tmp_path: Path) -> None:
    """Half the speed on all classes: twice the seconds; the report can say where from."""
    path = write_town(tmp_path, blocks=24, own=3, seed=5)
    before, _ = load_project(path)
    mode = read_project(path).routing.mode
    plain = path.read_text(encoding="utf-8")
    path.write_text(f'{plain}\n[travel]\nperiod = "am"\nfactors = "f.toml"\n', encoding="utf-8")
    (tmp_path / "f.toml").write_text(f'[periods.am]\ndefault = 0.5\nmodes = ["{mode}"]\n')
    after, _ = load_project(path)
    np.testing.assert_allclose(
        after.networks[mode].forward_s, 2.0 * before.networks[mode].forward_s
    )
    assert after.content_hash != before.content_hash
    assert set(after.sources) - set(before.sources) == {"f.toml", "speed factors: am"}
    assert "speeds.period_used" in {one.key for one in after.notices}

    path.write_text(f'{plain}\n[travel]\nperiod = "am"\n', encoding="utf-8")
    assumed, _ = load_project(path)
    assert "speeds.period_assumed" in {one.key for one in assumed.notices}
    path.write_text(f'{plain}\n[travel]\nperiod = "am"\nfactor = 2\n', encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_project(path)
    assert fault_keys(error) == ["world.key_unknown"]


def day_section(**given: object) -> TravelSection:
    return TravelSection.model_validate({"period": "day", **given})


def test_the_day_has_the_speeds_of_every_period() -> None:
    """Own factors of the morning, those of the package for the rest, which are assumed."""
    section = day_section(periods={"am": {"default": 0.5}})
    found = read_day_speeds(section, factors=None, areas=None, crs=CRS)
    assert found
    assert dict(found.begins_s) == USUAL_BEGINS_S
    assert [one.factors.default for one in found.speeds][:2] == [0.5, 1.0]
    used, assumed = found.notices
    assert used.text().count(":00") == 4
    assert "am" not in assumed.text("en").split(":")[1]
    assert len(found.sources) == 4


def test_own_periods_begin_when_the_project_says() -> None:
    section = day_section(
        periods={"早": {"default": 0.5}, "晚": {"default": 0.9}},
        begins={"早": "06:30", "晚": "15:00"},
    )
    found = read_day_speeds(section, factors=None, areas=None, crs=CRS)
    assert found
    assert dict(found.begins_s) == {"早": 6.5 * 3600.0, "晚": 15 * 3600.0}
    assert [one.key for one in found.notices] == ["speeds.day_used"]


def test_only_means_of_travel_that_the_periods_concern_depend_on_the_day() -> None:
    found = read_day_speeds(day_section(), factors=None, areas=None, crs=CRS)
    assert found
    streets = {mode: grid_network(2, 1, mode=mode) for mode in ("walk", "drive")}
    assert set(found.by_period(streets)) == {"drive"}


def test_one_period_is_no_day() -> None:
    section = TravelSection(period="am")
    assert read_day_speeds(section, factors=None, areas=None, crs=CRS) is None


@pytest.mark.parametrize(
    ("given", "keys"),
    [
        ({"period": "am", "begins": {"am": "07:00"}}, ["speeds.begins_without_day"]),
        ({"begins": {"am": "07:00", "pm": "07:00"}}, ["speeds.begins_twice"]),
        (
            {"begins": {"am": "07:00", "tea": "16:00", "dusk": "19:00"}},
            ["speeds.period_unknown", "speeds.period_unknown"],
        ),
        ({"periods": {"tea": {"default": 0.5}}}, ["speeds.period_never_begins"]),
        ({"periods": {"day": {"default": 0.5}}}, ["speeds.day_is_no_period"]),
    ],
)
def test_a_wrong_day_is_refused(given: dict[str, object], keys: list[str]) -> None:
    with pytest.raises(InputError) as error:
        read_day_speeds(day_section(**given), factors=None, areas=None, crs=CRS)
    assert fault_keys(error) == keys
