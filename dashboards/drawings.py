"""The cells of any scenario as they lie, to be drawn small: planned ones and drafts alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from dashboards import geojson
from dashboards.access import Plan
from dashboards.api.plan_routes import sees
from dashboards.api.workshop import Workshop
from dashboards.colours import PALETTE, SPARE, cell_colours
from dashboards.pages import Desk
from gridmap.errors import StoreError, fault
from gridmap.partition import colouring
from gridmap.partition.borders import borders_of
from gridmap.partition.drawn_state import DrawnState
from gridmap.planned_cells import unit_workloads
from gridmap.store.drafts import Drafts
from gridmap.store.numbers import FIRST_CELL_ID
from gridmap.store.scope import Scope
from gridmap.store.versions import Version
from gridmap.territory import Floats

_TINTS = PALETTE + SPARE
#: A common border of cells is longer than this; at a corner they only meet. Metres.
_LEAST_BORDER_M = 1e-6


@dataclass(frozen=True, eq=False)
class Drawing:
    """Cells of a scenario, as far as the caller may see them.

    Attributes
    ----------
    bounds
        What the picture shows, as ``(left, bottom, right, top)`` in metres.
    polygons
        Shape (n_cells,).
    codes
        What people call each cell. Shape (n_cells,).
    centres
        Unit of each cell's centre, by which it is the same cell in other plans. Shape (n_cells,).
    colours
        Shape (n_cells,).
    """

    bounds: tuple[float, float, float, float]
    polygons: NDArray[np.object_]
    codes: tuple[str, ...]
    centres: tuple[int, ...]
    colours: tuple[str, ...]

    def recoloured(self, former: Mapping[int, str]) -> Drawing:
        """Return the cells in the colours that they had, by their centres, where that is possible.

        Neighbours differ, so that some cells may have to change.
        """
        return replace(self, colours=_coloured(self.polygons, self.centres, former))

    def by_centre(self) -> dict[int, str]:
        """Return the colours by the centres of the cells."""
        return dict(zip(self.centres, self.colours, strict=True))


def shown_version(desk: Desk, work: Workshop, scenario_id: int) -> Version:
    """Return a scenario's row among the others.

    Raises
    ------
    StoreError
        If there is no such scenario that the caller sees.
    PermissionDenied
        If its territory is out of scope.
    """
    scope = desk.scope()
    one = work.drafts.version(scope, scenario_id)
    if not sees(scope, one) or (scope.cells is not None and one.planned != one.head):
        raise StoreError(fault("store.no_scenario", scenario_id))
    return one


def drawing_of(desk: Desk, work: Workshop, scenario_id: int) -> Drawing:
    """Return the cells of a scenario; what they are made from is kept with its plan.

    Raises
    ------
    StoreError, PermissionDenied
        If there is no such scenario that the caller sees.
    """
    scope, one = desk.scope(), shown_version(desk, work, scenario_id)
    if scope.cells is not None:
        plan = desk.plans.plan(scope, scenario_id)
        return plan.once("drawing", lambda: _of_plan(plan))
    # one plan at hand is enough to draw all of its territory
    ground = desk.plans.plan(scope, _first_of(work.drafts, scope, one).scenario_id)
    return ground.once(
        ("drawing", scenario_id, one.head),
        lambda: _of_state(
            ground,
            work.drafts.state(scope, scenario_id),
            {cell: name.code for cell, name in work.drafts.names(scope, scenario_id).items()},
        ),
    )


def _first_of(drafts: Drafts, scope: Scope, one: Version) -> Version:
    """Return the first plan of the same units that was made, and not opened from another one."""
    made = (
        each
        for each in drafts.versions(scope)
        if each.territory_id == one.territory_id and each.parent_id is None
    )
    return min(made, key=lambda each: each.scenario_id)


@dataclass(frozen=True, eq=False)
class DrawnFigures:
    """Figures of a draft as it is drawn, without routes.

    Attributes
    ----------
    loads
        Load of each cell by workload, in the order of the request.
    compactness
        Mean Polsby–Popper compactness of the cells.
    """

    loads: Mapping[str, Floats]
    compactness: float


def drawn_figures(desk: Desk, work: Workshop, one: Version) -> DrawnFigures:
    """Return the figures of a draft, kept until it is edited.

    Raises
    ------
    StoreError, PermissionDenied
        If there is no such draft; if the caller may not edit it.
    """
    scope = desk.scope()
    root = desk.plans.plan(scope, root_of(work.drafts, scope, one).scenario_id)

    def made() -> DrawnFigures:
        state = work.drafts.state(scope, one.scenario_id)
        if state.outlines:  # units were cut: only the ground knows what their pieces weigh
            return _figures_on_ground(work, scope, one, root, state)
        return _figures_of_labels(root, state)

    return root.once(("figures", one.scenario_id, one.head), made)


def _figures_of_labels(root: Plan, state: DrawnState) -> DrawnFigures:
    """Return figures as sums over units, whose borders within a cell are none of its perimeter."""
    units, cells = root.territory.units, np.array(sorted(state.centre))
    row = np.full(max(state.next_cell, 1), -1, dtype=np.int64)
    row[cells] = np.arange(len(cells))
    cell_of = row[state.label.astype(np.int64)]

    def summed(values: Floats) -> Floats:
        return np.bincount(cell_of, values, len(cells)).astype(np.float64)

    pairs = units.adjacency
    inside = cell_of[pairs.first] == cell_of[pairs.second]
    inner_m = np.bincount(cell_of[pairs.first[inside]], pairs.shared_m[inside], len(cells))
    perimeter_m = summed(shapely.length(units.polygons)) - 2.0 * inner_m
    loads = unit_workloads(root.territory, root.scenario.request)
    return DrawnFigures(
        loads={name: summed(load) for name, load in loads.items()},
        compactness=float(
            np.mean(4.0 * np.pi * summed(shapely.area(units.polygons)) / perimeter_m**2)
        ),
    )


def _figures_on_ground(
    work: Workshop, scope: Scope, one: Version, root: Plan, state: DrawnState
) -> DrawnFigures:
    territory, ground = work.table.ground(scope, one.scenario_id)
    plan = state.plan(ground)
    names = unit_workloads(territory, root.scenario.request)
    load = plan.figures.load[list(plan.cells)]
    return DrawnFigures(
        loads={name: load[:, at] for at, name in enumerate(names)},
        compactness=float(np.mean([plan.compactness(cell) for cell in plan.cells])),
    )


def largest_deviation(load: Floats) -> float:
    """Return the largest relative deviation of a cell from the mean. Shape (n_cells,)."""
    mean = float(load.mean()) if len(load) else 0.0
    return float(np.abs(load / mean - 1.0).max()) if mean else 0.0


def root_of(drafts: Drafts, scope: Scope, one: Version) -> Version:
    """Return the plan as it was made that a scenario goes back to."""
    while one.parent_id is not None:
        one = drafts.version(scope, one.parent_id)
    return one


def _of_plan(plan: Plan) -> Drawing:
    outlets = plan.territory.outlets["unit"].to_numpy(np.int64)
    return Drawing(
        bounds=_bounds(plan),
        polygons=plan.cell_polygons,
        codes=tuple(str(code) for code in plan.scenario.cells["code"]),
        centres=tuple(outlets[plan.scenario.partition.centre].tolist()),
        colours=geojson.colours(plan),
    )


def _of_state(ground: Plan, state: DrawnState, codes: Mapping[int, str]) -> Drawing:
    borders = borders_of(ground.territory.units.polygons, state)
    cells = sorted(state.centre)
    polygons = np.empty(len(cells), dtype=object)
    for row, cell in enumerate(cells):
        polygons[row] = shapely.coverage_union_all(borders.polygons[borders.label == cell])
    centres = tuple(state.centre[cell] for cell in cells)
    if state.outlines:  # units were cut: only their cells are known to meet
        colours = _coloured(polygons, centres, {})
    else:
        label = np.searchsorted(np.array(cells), state.label).astype(np.int64)
        colours = cell_colours(ground.territory.units.adjacency, label, len(cells))
    return Drawing(
        bounds=_bounds(ground),
        polygons=polygons,
        codes=tuple(codes.get(cell, f"#{cell + FIRST_CELL_ID}") for cell in cells),
        centres=centres,
        colours=colours,
    )


def _bounds(plan: Plan) -> tuple[float, float, float, float]:
    left, bottom, right, top = shapely.bounds(plan.territory.boundary).tolist()
    return left, bottom, right, top


def _coloured(
    polygons: NDArray[np.object_], centres: tuple[int, ...], former: Mapping[int, str]
) -> tuple[str, ...]:
    before = [_TINTS.index(former[one]) if one in former else None for one in centres]
    found = colouring.cell_colours(_neighbours(polygons), former=before)
    return tuple(_TINTS[one % len(_TINTS)] for one in found.tolist())


def _neighbours(polygons: NDArray[np.object_]) -> list[set[int]]:
    """Return the cells that share a border with each cell."""
    first, second = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    ahead = first < second
    first, second = first[ahead], second[ahead]
    common = shapely.length(shapely.intersection(polygons[first], polygons[second]))
    found: list[set[int]] = [set() for _ in polygons]
    for one, other in zip(first[common > _LEAST_BORDER_M], second[common > _LEAST_BORDER_M],
                          strict=True):  # fmt: skip
        found[int(one)].add(int(other))
        found[int(other)].add(int(one))
    return found
