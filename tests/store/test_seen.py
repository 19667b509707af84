"""What a grid manager sees of a plan, and what a viewer does not see of its managers."""

import dataclasses
import json

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.errors import PermissionDenied
from gridmap.policies import Manager
from gridmap.scenario import Scenario
from gridmap.store.contact_fields import MASK
from gridmap.store.roles import Role
from gridmap.store.scope import Scope
from gridmap.store.seen import seen_by
from tests.dashboards.fixtures import make_plan

TOWN = frozenset({"Test Town"})
HOME = (24.93, 60.17)


def manager_of(*cells: int) -> Scope:
    return Scope(TOWN, frozenset(f"own-{cell}" for cell in cells), role=Role.GRID_MANAGER)


def with_managers(scenario: Scenario) -> Scenario:
    """The plan with a manager who starts at home in the first cell, and another elsewhere."""
    managers = (
        Manager(name="Li Wei", centre="own-0", start=HOME, end=HOME, leave=("1:Mo",)),
        Manager(name="Zhang San", centre="own-1"),
    )
    routing = scenario.request.routing.model_copy(update={"managers": managers})
    names = {
        str(number): "Li Wei" if cell == 1 else "Zhang San"
        for number, cell in zip(scenario.routes["number"], scenario.routes["cell_id"], strict=True)
    }
    return dataclasses.replace(
        scenario,
        request=scenario.request.model_copy(update={"routing": routing}),
        report={**scenario.report, "route_managers": names, "changes": [{"why": "Li Wei ill"}]},
    )


def text_of(*parts: object) -> str:
    return " ".join(str(part) for part in parts)


def everything_in(territory: object, scenario: Scenario) -> str:
    """All tables and values of a plan as one text."""
    tables = [scenario.cells, scenario.routes, scenario.stops, scenario.scores]
    tables += [getattr(territory, name) for name in ("outlets", "demand", "excluded")]
    return text_of(
        *(table.to_csv() for table in tables),
        scenario.request.model_dump_json(),
        json.dumps(dict(scenario.report)),
        scenario.notices,
        scenario.partition.notices,
        scenario.partition.details,
    )


def test_a_manager_sees_own_cells_and_nothing_of_the_others() -> None:
    """The second and fourth of four cells: half of the units, and no id of the other half."""
    plan = make_plan()
    territory, scenario = seen_by(manager_of(1, 3), plan.territory, plan.scenario)
    assert list(scenario.cells["code"]) == ["G02", "G04"]
    assert len(territory.units) == len(plan.territory.units) // 2
    assert territory.boundary.area == pytest.approx(plan.territory.boundary.area / 2)
    seen = everything_in(territory, scenario)
    for foreign in ("own-0", "own-2", "p-0-", "p-2-", "G01", "G03", "Market", "Station", "Li Wei"):
        assert foreign not in seen, foreign
    whole = everything_in(plan.territory, plan.scenario)
    assert "own-0" in whole and "Market" in whole


def test_the_part_is_a_plan_in_itself() -> None:
    """Centres lie in their cells, demand adds up to the loads, neighbours touch."""
    plan = make_plan()
    territory, scenario = seen_by(manager_of(0, 3), plan.territory, plan.scenario)
    partition = scenario.partition
    assert set(partition.label) == {0, 1}
    centre = territory.outlets.iloc[partition.centre]
    assert list(centre["outlet_id"]) == ["own-0", "own-3"]
    assert list(partition.label[centre["unit"]]) == [0, 1]
    load = np.bincount(
        partition.label[territory.demand["unit"]], weights=territory.demand["weight"]
    )
    np.testing.assert_allclose(load, partition.balances[0].load)
    points = shapely.points(territory.outlets[["x", "y"]].to_numpy())
    assert shapely.intersects(territory.units.polygons[territory.outlets["unit"]], points).all()
    pairs = territory.units.adjacency
    polygons = territory.units.polygons
    assert shapely.touches(polygons[pairs.first], polygons[pairs.second]).all()


def test_deviations_stay_those_from_the_mean_of_all_cells() -> None:
    """240 against a mean of 250 is -4 %, whoever looks at it."""
    plan = make_plan()
    _, scenario = seen_by(manager_of(0), plan.territory, plan.scenario)
    assert scenario.partition.balances[0].deviation == pytest.approx([240 / 250 - 1])


@settings(max_examples=8, deadline=None)
@given(st.sets(st.integers(0, 3), min_size=1))
def test_the_parts_of_some_managers_together_are_the_part_of_one_who_has_all(
    cells: set[int],
) -> None:
    """Nothing is lost between two managers, and nothing is seen by both."""
    plan = make_plan()

    def sizes(*chosen: int) -> np.ndarray:
        territory, scenario = seen_by(manager_of(*chosen), plan.territory, plan.scenario)
        tables = [scenario.cells, scenario.routes, scenario.stops, scenario.scores]
        tables += [territory.outlets, territory.demand]
        weight = territory.demand["weight"].sum()
        return np.array([len(territory.units), *(len(one) for one in tables), weight])

    np.testing.assert_allclose(sizes(*cells), sum(sizes(one) for one in cells))


def test_without_an_own_cell_the_plan_is_out_of_scope() -> None:
    plan = make_plan()
    for scope in (manager_of(), manager_of(9), Scope(frozenset({"Elsewhere"}))):
        with pytest.raises(PermissionDenied):
            seen_by(scope, plan.territory, plan.scenario)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.VIEWER])
def test_who_may_read_contacts_reads_them(role: Role) -> None:
    plan = make_plan()
    scenario = with_managers(plan.scenario)
    _, seen = seen_by(Scope(TOWN, role=role), plan.territory, scenario)
    assert seen is scenario


def test_a_viewer_sees_neither_names_nor_homes_nor_days_off() -> None:
    plan = make_plan()
    scenario = with_managers(plan.scenario)
    _, seen = seen_by(Scope(TOWN, role=Role.VIEWER), plan.territory, scenario)
    told = everything_in(plan.territory, seen)
    for secret in ("Li Wei", "Zhang San", "24.93", "60.17", "1:Mo"):
        assert secret in everything_in(plan.territory, scenario), secret
        assert secret not in told, secret
    assert set(seen.cells["manager"]) == {MASK, ""}
    assert len(set(seen.report["route_managers"].values())) == 2


def test_a_route_from_home_is_drawn_from_stop_to_stop() -> None:
    """Its way along the streets would end at the home; those of others stay."""
    plan = make_plan()
    scenario = with_managers(plan.scenario)
    home = shapely.Point(385_010.0, 6_671_610.0)
    lines = scenario.route_lines.copy()
    for row in np.flatnonzero(scenario.routes["cell_id"] == 1):
        lines[row] = shapely.LineString([home, *shapely.get_coordinates(lines[row])])
    scenario = dataclasses.replace(scenario, route_lines=lines)
    _, seen = seen_by(Scope(TOWN, role=Role.VIEWER), plan.territory, scenario)
    mine = (scenario.routes["cell_id"] == 1).to_numpy()
    assert shapely.distance(lines[mine], home).max() == 0.0
    assert shapely.distance(seen.route_lines[mine], home).min() > 5.0
    assert (seen.route_lines[~mine] == lines[~mine]).all()
    assert [len(line.coords) for line in seen.route_lines[mine]] == [4, 3, 4, 3]
