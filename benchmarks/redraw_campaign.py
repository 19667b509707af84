"""Random edits of a plan that was written to a file, judged by the independent checker."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from gridmap.errors import InputError
from gridmap.partition.edit import Redrawn, redraw
from gridmap.partition.edits import (
    Brush,
    CloseCell,
    Edit,
    Lock,
    Merge,
    Move,
    NewCell,
    Shift,
    Split,
    Swap,
)
from gridmap.partition.ground import Demand, Reach, build_ground
from gridmap.partition.redraw import DrawnPlan, draw, figures_of
from gridmap.partition.verify import verify_cells

#: Seconds a metre, as the crow flies: files of plans hold no travel times.
_PACE_S_M = 0.18


def random_edit(plan: DrawnPlan, kind: str, rng: np.random.Generator) -> Edit:
    """Return an edit of a kind at a random place; it may well be refused."""
    return _MAKERS[kind](plan, rng)


def read_plan(path: Path, seed: int) -> DrawnPlan:
    """Return a written plan, with as many further own outlets as it has cells.

    The further ones are drawn from all outlets that lie alone in a unit. Travel is as the crow
    flies, and bridges are unknown, for a file of a plan holds neither.
    """
    units, cells, outlets, demand = (
        gpd.read_file(path, layer=name) for name in ("units", "cells", "outlets", "demand")
    )
    polygons = np.asarray(units.geometry, dtype=object)
    inner = shapely.get_coordinates(shapely.point_on_surface(polygons))
    place = {str(one): row for row, one in enumerate(outlets["outlet_id"])}
    centre_rows = [place[str(one)] for one in cells["centre_outlet_id"]]
    xy = shapely.get_coordinates(np.asarray(outlets.geometry))
    unit_of = np.full(len(xy), -1)
    outlet, unit = shapely.STRtree(polygons).query(shapely.points(xy), predicate="within")
    unit_of[outlet] = unit
    taken = set(unit_of[centre_rows].tolist()) | {-1}
    further: list[int] = []
    for row in np.random.default_rng(seed).permutation(len(xy)).tolist():
        if unit_of[row] not in taken and len(further) < len(cells):
            taken.add(int(unit_of[row]))
            further.append(row)
    ground = build_ground(
        polygons,
        weights=units[["demand"]].to_numpy(dtype=float),
        reach=Reach({}, lambda unit: np.hypot(*(inner - inner[unit]).T) * _PACE_S_M),
        own_xy=xy[[*centre_rows, *further]],
        demand=Demand(
            shapely.get_coordinates(np.asarray(demand.geometry)),
            demand[["weight"]].to_numpy(dtype=float),
        ),
    )
    row_of = {cell: row for row, cell in enumerate(cells["cell_id"])}
    label = units["cell_id"].map(row_of).to_numpy()
    return draw(ground, label, dict(enumerate(ground.own_unit[: len(cells)].tolist())))


def campaign(path: Path, edits: int, seed: int, check_every: int) -> None:
    """Redraw a plan at random and stop with the first thing that is wrong."""
    rng = np.random.default_rng(seed)
    first = plan = read_plan(path, seed)
    print(f"{path.name}: {plan.ground.n_units} units, {len(plan.centre)} cells, seed {seed}")
    done: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    undone = checks = 0
    begin = time.process_time()
    while done.total() < edits:
        kind = str(rng.choice(list(_MAKERS), p=_ODDS / _ODDS.sum()))
        try:
            found = redraw(plan, random_edit(plan, kind, rng))
        except InputError as error:
            refused[error.faults[0].key.removeprefix("redraw.")] += 1
            continue
        done[kind] += 1
        if done.total() % 10 == 0:
            assert_undone(plan, found)
            undone += 1
        plan = found.plan
        if done.total() % check_every == 0 or done.total() == edits:
            assert_sound(plan)
            checks += 1
            print(f"{done.total():7} edits, {plan.ground.n_units} units, {len(plan.centre)} cells")
    print("edits", dict(sorted(done.items())))
    print("refused", dict(sorted(refused.items())))
    print(f"{undone} undone, {checks} times checked, {time.process_time() - begin:.0f} CPU s")
    moved = abs(
        float(shapely.area(plan.ground.polygons).sum() / shapely.area(first.ground.polygons).sum())
        - 1.0
    )
    print(f"area of the territory off by {moved:.1e}")


def assert_undone(before: DrawnPlan, found: Redrawn) -> None:
    """Assert that the inverse of an edit leads back to the plan before."""
    back = redraw(found.plan, found.inverse).plan
    assert np.array_equal(back.label, before.label) and back.centre == before.centre
    assert back.next_cell == before.next_cell and back.locked_cells == before.locked_cells
    assert back.locked_units == before.locked_units
    assert np.allclose(back.figures.load, before.figures.load, rtol=1e-9, atol=1e-9)
    assert back.figures.border == before.figures.border
    assert np.array_equal(back.figures.perimeter_nm, before.figures.perimeter_nm)
    assert np.array_equal(back.figures.area, before.figures.area)
    if back.ground is not before.ground:
        assert np.array_equal(
            shapely.to_wkb(back.ground.polygons), shapely.to_wkb(before.ground.polygons)
        )
        assert np.array_equal(back.ground.indices, before.ground.indices)
        assert np.array_equal(back.ground.weights, before.ground.weights)


def assert_sound(plan: DrawnPlan) -> None:
    """Assert that the checker of written plans passes, and figures are those from scratch."""
    ground = plan.ground
    crs = "EPSG:32630"
    cells = list(plan.cells)
    own_at = {int(unit): number for number, unit in enumerate(ground.own_unit)}
    own_cell = plan.label[ground.own_unit]
    centres = [own_at[plan.centre[cell]] for cell in cells]
    whole = shapely.coverage_union_all(ground.polygons)
    load = plan.figures.load[cells, 0]
    results = verify_cells(
        gpd.GeoDataFrame(
            {"cell_id": cells, "centre_outlet_id": centres, "demand": load},
            geometry=plan.outlines(),
            crs=crs,
        ),
        gpd.GeoDataFrame({"name": ["all"]}, geometry=[whole], crs=crs),
        gpd.GeoDataFrame(
            {
                "outlet_id": range(len(own_cell)),
                "cell_id": own_cell,
                "is_centre": np.isin(np.arange(len(own_cell)), centres),
            },
            geometry=shapely.points(ground.own_xy),
            crs=crs,
        ),
        gpd.GeoDataFrame(
            {
                "unit_id": range(ground.n_units),
                "cell_id": plan.label,
                "demand": ground.weights[:, 0],
            },
            geometry=ground.polygons,
            crs=crs,
        ),
        gpd.GeoDataFrame(
            {
                "weight": ground.demand.weight[:, 0],
                "unit_id": ground.point_unit,
                "cell_id": plan.label[ground.point_unit],
            },
            geometry=shapely.points(ground.demand.xy),
            crs=crs,
        ),
        balances=[{"workload": "demand", "tolerance": None, "attainable": 0.0}],
    )
    broken = [one.text() for result in results for one in result.faults]
    assert not broken, broken
    scratch = figures_of(ground, plan.label, plan.centre, plan.next_cell)
    assert np.allclose(scratch.load, plan.figures.load, rtol=1e-9, atol=1e-6)
    assert np.allclose(scratch.travel, plan.figures.travel, rtol=1e-9, atol=1e-3)
    assert scratch.border == plan.figures.border
    for name in ("size", "area", "perimeter_nm"):
        assert np.array_equal(getattr(scratch, name), getattr(plan.figures, name)), name


def _pair(plan: DrawnPlan, rng: np.random.Generator) -> tuple[int, int]:
    pairs = [pair for pair in plan.figures.border if plan.figures.border[pair][0]]
    one, other = pairs[int(rng.integers(len(pairs)))]
    return (one, other) if rng.random() < 0.5 else (other, one)


def _cell(plan: DrawnPlan, rng: np.random.Generator) -> int:
    return int(rng.choice(plan.cells))


def _at_border(plan: DrawnPlan, giver: int, taker: int, rng: np.random.Generator) -> int:
    units = plan.members(giver)
    beside = [
        unit for unit in units.tolist() if (plan.label[plan.ground.neighbours(unit)] == taker).any()
    ]
    return int(rng.choice(beside))


def _move(plan: DrawnPlan, rng: np.random.Generator) -> Edit:
    giver, taker = _pair(plan, rng)
    return Move((_at_border(plan, giver, taker, rng),), taker)


def _swap(plan: DrawnPlan, rng: np.random.Generator) -> Edit:
    one, other = _pair(plan, rng)
    mine, yours = _at_border(plan, one, other, rng), _at_border(plan, other, one, rng)
    return Swap(one, (mine,), other, (yours,))


def _brush(plan: DrawnPlan, rng: np.random.Generator) -> Edit:
    giver, taker = _pair(plan, rng)
    x, y = plan.ground.inner_xy[_at_border(plan, giver, taker, rng)].tolist()
    wide = float(np.sqrt(plan.area_m2(giver))) * rng.uniform(0.05, 0.3)
    return Brush(taker, ((x, y), (x + wide, y + wide)), wide)


def _split(plan: DrawnPlan, rng: np.random.Generator) -> Edit:
    """Return a split halfway between a cell's centre and another own outlet in it."""
    ground = plan.ground
    cells = plan.label[ground.own_unit]
    spare = [
        own for own in range(len(cells)) if plan.centre[int(cells[own])] != ground.own_unit[own]
    ]
    own = int(rng.choice(spare)) if spare else 0
    cell = int(cells[own])
    here, there = ground.inner_xy[plan.centre[cell]], ground.own_xy[own]
    middle = here + (there - here) * rng.uniform(0.3, 0.7)
    aside = np.array([here[1] - there[1], there[0] - here[0]]) + rng.uniform(-5, 5, 2)
    line = [tuple((middle + share * aside).tolist()) for share in (-1.0, 1.0)]
    return Split(cell, tuple(line), centre=int(ground.own_unit[own]))


def _split_off(plan: DrawnPlan, rng: np.random.Generator) -> Edit:
    cell, to = _pair(plan, rng)
    x, y = plan.ground.inner_xy[_at_border(plan, cell, to, rng)].tolist()
    turn = rng.uniform(0.0, np.pi)
    way = 100.0 * np.array([np.cos(turn), np.sin(turn)])
    return Split(cell, ((x - way[0], y - way[1]), (x + way[0], y + way[1])), to=to)


def _shift(plan: DrawnPlan, rng: np.random.Generator) -> Edit:
    giver, taker = _pair(plan, rng)
    return Shift(giver, taker, amount=0.05 * float(plan.figures.load[giver, 0]) + 1e-6)


def _push(plan: DrawnPlan, rng: np.random.Generator) -> Edit:
    giver, taker = _pair(plan, rng)
    return Shift(giver, taker, metres=0.1 * float(np.sqrt(plan.area_m2(giver))))


def _new_cell(plan: DrawnPlan, rng: np.random.Generator) -> Edit:
    return NewCell(int(rng.choice(plan.ground.own_unit)))


def _lock(plan: DrawnPlan, rng: np.random.Generator) -> Edit:
    """Return a lock, or the lifting of all locks where there are three."""
    if len(plan.locked_cells) + len(plan.locked_units) >= 3:
        return Lock(tuple(sorted(plan.locked_cells)), tuple(sorted(plan.locked_units)), on=False)
    if rng.random() < 0.3:
        return Lock(cells=(_cell(plan, rng),))
    return Lock(units=(int(rng.integers(plan.ground.n_units)),))


_MAKERS: dict[str, Callable[[DrawnPlan, np.random.Generator], Edit]] = {
    "move": _move,
    "brush": _brush,
    "split": _split,
    "split_off": _split_off,
    "merge": lambda plan, rng: Merge(*_pair(plan, rng)),
    "shift": _shift,
    "push": _push,
    "swap": _swap,
    "new_cell": _new_cell,
    "close_cell": lambda plan, rng: CloseCell(_cell(plan, rng)),
    "lock": _lock,
}
_ODDS = np.array([20.0, 10.0, 4.0, 2.0, 1.0, 10.0, 5.0, 10.0, 4.0, 1.0, 2.0])
