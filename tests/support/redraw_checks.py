"""What a redrawn plan must be, checked from the polygons and labels alone.

Nothing here is shared with the engine: plain dictionaries, shapely, and loops.
"""

from __future__ import annotations

from collections import defaultdict, deque
from functools import lru_cache
from itertools import pairwise

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.partition.redraw import DrawnPlan

Edge = tuple[tuple[float, float], tuple[float, float]]


@lru_cache(maxsize=4096)
def directed_edges(polygon: BaseGeometry) -> list[Edge]:
    """Return the edges of a polygon, the inside on their left."""
    found: list[Edge] = []
    for part in getattr(polygon, "geoms", [polygon]):
        for number, ring in enumerate([part.exterior, *part.interiors]):
            xy = list(ring.coords)
            if ring.is_ccw == (number > 0):
                xy.reverse()
            found += pairwise(xy)
    return found


def assert_sound(plan: DrawnPlan) -> None:
    """Assert that every rule holds and that every figure is what it is from scratch."""
    ground = plan.ground
    label = plan.label.tolist()
    owner: dict[Edge, int] = {}
    for unit, polygon in enumerate(ground.polygons):
        for edge in directed_edges(polygon):
            assert edge not in owner, f"units {owner[edge]} and {unit} overlap"
            owner[edge] = unit
    shared: dict[tuple[int, int], float] = defaultdict(float)
    for (start, end), unit in owner.items():
        beyond = owner.get((end, start))
        if beyond is not None and beyond != unit:
            shared[unit, beyond] += float(np.hypot(end[0] - start[0], end[1] - start[1]))
    beside: dict[int, set[int]] = defaultdict(set)
    for unit, other in shared:
        beside[unit].add(other)
    for first, second in ground.bridge_ends.tolist():
        beside[first].add(second)
        beside[second].add(first)
    _assert_pieces(plan, label, beside)
    _assert_outlines(plan, owner, label)
    _assert_figures(plan, label, shared, beside)


def _assert_pieces(plan: DrawnPlan, label: list[int], beside: dict[int, set[int]]) -> None:
    n_units = len(label)
    part = _spread(range(n_units), lambda unit: beside[unit])
    piece = _spread(
        range(n_units), lambda unit: {v for v in beside[unit] if label[v] == label[unit]}
    )
    assert set(label) == set(plan.centre), "a cell without units, or units without a cell"
    centred = {part[unit] for unit in plan.centre.values()}
    for cell, unit in plan.centre.items():
        assert label[unit] == cell, f"the centre of cell {cell} is elsewhere"
    for unit in range(n_units):
        if part[unit] in centred:
            assert piece[unit] == piece[plan.centre[label[unit]]], (
                f"cell {label[unit]} is in pieces"
            )
        else:
            assert piece[unit] == part[unit], "a part without a centre is divided"


def _spread(units, near) -> list[int]:
    number = [-1] * len(units)
    for unit in units:
        if number[unit] < 0:
            queue = deque([unit])
            number[unit] = unit
            while queue:
                for other in near(queue.popleft()):
                    if number[other] < 0:
                        number[other] = unit
                        queue.append(other)
    return number


def _assert_outlines(plan: DrawnPlan, owner: dict[Edge, int], label: list[int]) -> None:
    """Edges of cells are exactly the edges of units with another cell beyond."""
    wanted: dict[int, set[Edge]] = defaultdict(set)
    for edge, unit in owner.items():
        beyond = owner.get(edge[::-1])
        if beyond is None or label[beyond] != label[unit]:
            wanted[label[unit]].add(edge)
    every: set[Edge] = set()
    total = 0.0
    for cell in plan.cells:
        outline = plan.outline(cell)
        edges = directed_edges(outline)
        assert outline.is_valid
        assert len(set(edges)) == len(edges) and not every & set(edges), "an edge twice"
        assert set(edges) == wanted[cell], f"the outline of cell {cell} is not that of its units"
        every |= set(edges)
        total += outline.area
        assert abs(outline.area - plan.area_m2(cell)) <= 1e-9 * total
        own = plan.ground.own_xy[plan.ground.own_unit == plan.centre[cell]]
        for xy in own:
            assert outline.contains(shapely.Point(xy)), f"cell {cell} lost its own outlet"
    whole = float(shapely.area(plan.ground.polygons).sum())
    assert abs(total - whole) <= 1e-9 * whole


def _assert_figures(plan, label, shared, beside) -> None:
    figures, ground = plan.figures, plan.ground
    for cell in range(plan.next_cell):
        units = [unit for unit, one in enumerate(label) if one == cell]
        load = ground.weights[units].sum(axis=0)
        assert (np.abs(figures.load[cell] - load) <= 1e-9 * (1.0 + load)).all()
        assert figures.size[cell] == len(units)
        if not units:
            assert cell not in plan.centre and figures.area[cell] == 0
            assert figures.travel[cell] == 0.0 and figures.perimeter_nm[cell] == 0
            continue
        seconds = ground.reach.seconds(int(ground.row[plan.centre[cell]]))
        travel = sum(ground.weights[unit, 0] * seconds[ground.row[unit]] for unit in units)
        assert abs(figures.travel[cell] - travel) <= 1e-6 + 1e-9 * travel
        assert abs(plan.perimeter_m(cell) / plan.outline(cell).length - 1.0) <= 1e-8
    border: dict[tuple[int, int], float] = defaultdict(float)
    links: dict[tuple[int, int], int] = defaultdict(int)
    for (unit, other), metres in shared.items():
        if label[unit] < label[other]:
            border[label[unit], label[other]] += metres
    for unit, others in beside.items():
        for other in others:
            if label[unit] < label[other]:
                links[label[unit], label[other]] += 1
    assert set(figures.border) == set(links)
    for pair, (nm, count) in figures.border.items():
        assert count == links[pair]
        assert abs(nm / 1e9 - border[pair]) <= 1e-6


def assert_same(one: DrawnPlan, other: DrawnPlan) -> None:
    """Assert that two plans are the same: labels, ids, locks, figures, geometry, workloads."""
    np.testing.assert_array_equal(one.label, other.label)
    assert dict(one.centre) == dict(other.centre)
    assert one.next_cell == other.next_cell
    assert one.locked_cells == other.locked_cells
    assert one.locked_units == other.locked_units
    np.testing.assert_allclose(one.figures.load, other.figures.load, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(one.figures.travel, other.figures.travel, rtol=1e-9, atol=1e-6)
    for name in ("size", "area", "perimeter_nm"):
        np.testing.assert_array_equal(getattr(one.figures, name), getattr(other.figures, name))
    assert dict(one.figures.border) == dict(other.figures.border)
    if one.ground is not other.ground:
        for name in ("polygons", "indptr", "indices", "shared_nm", "perimeter_nm", "area"):
            assert np.array_equal(getattr(one.ground, name), getattr(other.ground, name)), name
        for mine, yours in zip(one.ground.edges, other.ground.edges, strict=True):
            assert sorted(mine.tolist()) == sorted(yours.tolist())
    for name in ("weights", "row", "component", "bridge_ends", "own_unit", "point_unit"):
        np.testing.assert_array_equal(getattr(one.ground, name), getattr(other.ground, name))
    assert one.cells == other.cells
    for cell in one.cells:
        assert one.outline(cell).wkb == other.outline(cell).wkb
