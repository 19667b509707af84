"""Cells that edits open get a code, so that people can speak of them before they are planned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import shapely
import sqlalchemy as sa

from gridmap.partition.drawn_state import DrawnState
from gridmap.partition.noding import STEPS_PER_M
from gridmap.partition.redraw import CLOSED
from gridmap.store.numbers import FIRST_CELL_ID
from gridmap.store.tables import cell, outlet, scenario, territory
from gridmap.store.versions import Version

_GB15_DIGITS = 15


def name_opened(
    connection: sa.Connection, one: Version, state: DrawnState, centres: Iterable[tuple[int, int]]
) -> None:
    """Give cells that an edit opened a row with their code; no other cell is numbered anew.

    A cell that is opened again has its former code.

    Parameters
    ----------
    connection
        Open transaction that writes.
    one
        The draft.
    state
        Its cells after the edit.
    centres
        Cell and unit of its centre, as the edit gives them; closed ones are passed over.
    """
    opened = {number: unit for number, unit in centres if unit != CLOSED}
    if not opened:
        return
    rows = connection.execute(
        sa.select(cell.c.cell_id, cell.c.code, cell.c.centre_outlet_id).where(
            cell.c.scenario_id == one.scenario_id
        )
    ).all()
    codes = {row.cell_id - FIRST_CELL_ID: row.code for row in rows}
    centre_of = {row.cell_id - FIRST_CELL_ID: row.centre_outlet_id for row in rows}
    divisions = _divisions(connection, one.scenario_id)
    for number, unit in sorted(opened.items()):
        centre = _centre_outlet(connection, one.territory_id, state, unit)
        if number in codes and centre_of[number] == centre["centre_outlet_id"]:
            continue
        area = divisions.get(centre["centre_outlet_id"]) or _usual_area(codes.values())
        code = codes.get(number) or free_code(number, codes.values(), area=area)
        codes[number] = code
        key = {"scenario_id": one.scenario_id, "cell_id": number + FIRST_CELL_ID}
        connection.execute(sa.delete(cell).where(*(cell.c[name] == key[name] for name in key)))
        connection.execute(
            sa.insert(cell).values(
                **key, **centre, version=1, code=code, manager="", area_m2=0.0, compactness=0.0,
                routes=0, visit_minutes_per_day=0.0, quadrant="",
            )
        )  # fmt: skip


def free_code(number: int, taken: Iterable[str], *, area: str = "") -> str:
    """Return a code for a cell that no other has.

    Parameters
    ----------
    number
        Number of the cell, from 0.
    taken
        Codes of all other cells, of closed ones, too.
    area
        Digits of the administrative division where codes have 15 digits.

    Examples
    --------
    >>> free_code(2, ["C01", "C02"])
    'C03'
    >>> free_code(2, ["C01", "C03"])
    'C04'
    >>> free_code(2, ["230102001001001"], area="230102001001")
    '230102001001002'
    """
    used = set(taken)
    if area:
        whole = area.ljust(_GB15_DIGITS - 3, "0")
        wanted = (f"{whole}{count:03d}" for count in range(1, len(used) + 2))
    else:
        wanted = (f"C{count:02d}" for count in range(number + 1, number + len(used) + 2))
    return next(code for code in wanted if code not in used)


def _divisions(connection: sa.Connection, scenario_id: int) -> Mapping[str, str]:
    request = connection.execute(
        sa.select(scenario.c.request).where(scenario.c.scenario_id == scenario_id)
    ).scalar_one()
    found: Mapping[str, str] = request.get("partition", {}).get("divisions") or {}
    return found


def _usual_area(codes: Iterable[str]) -> str:
    """Return the division of most cells, where codes have 15 digits; else nothing."""
    areas = [code[:-3] for code in codes if len(code) == _GB15_DIGITS and code.isdigit()]
    return max(sorted(set(areas)), key=areas.count, default="")


def _centre_outlet(
    connection: sa.Connection, territory_id: int, state: DrawnState, unit: int
) -> dict[str, Any]:
    """Return the own outlet in a unit, or that there is none, as columns of the cell."""
    parent = state.rows.get(unit, unit)
    found = connection.execute(
        sa.select(outlet.c.position, outlet.c.outlet_id, outlet.c.name, outlet.c.x, outlet.c.y)
        .where(
            outlet.c.territory_id == territory_id,
            outlet.c.unit == parent,
            outlet.c.ownership == "own",
        )
        .order_by(outlet.c.position)
    ).all()
    if found and unit in state.outlines:
        bounds = connection.execute(
            sa.select(territory.c.boundary).where(territory.c.territory_id == territory_id)
        ).scalar_one()
        origin = np.floor(shapely.bounds(shapely.from_wkb(bounds))[:2] * STEPS_PER_M)
        rings = [(np.array(one).reshape(-1, 2) + origin) / STEPS_PER_M for one in
                 state.outlines[unit]]  # fmt: skip
        piece = shapely.Polygon(rings[0], rings[1:])
        found = [one for one in found if piece.intersects(shapely.Point(one.x, one.y))]
    if not found:
        return {"centre_position": -1, "centre_outlet_id": "", "name": ""}
    one = found[0]
    return {
        "centre_position": one.position,
        "centre_outlet_id": one.outlet_id,
        "name": one.name,
    }
