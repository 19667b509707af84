"""A store with a draft of a made-up square town, for the campaigns of the store.

The town is invented: squares of 100 m in square cells, an own outlet in the middle of each cell.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
import sqlalchemy as sa

from benchmarks.postgres import postgres_server
from gridmap.partition.ground import Ground, Reach, build_ground
from gridmap.policies import PlanRequest
from gridmap.store import tables
from gridmap.store.drafts import Drafts
from gridmap.store.encoding import encode_labels
from gridmap.store.engine import writing
from gridmap.store.repository import Store
from gridmap.store.rows import new_id, now
from gridmap.store.scope import Scope
from gridmap.store.versions import add_version

SIDE_M = 100.0
ENGINES = ("sqlite", "postgresql")
OPERATOR = Scope.everything()


@dataclass(frozen=True, eq=False)
class SquareTown:
    """Square cells of squares.

    Attributes
    ----------
    cells_a_side, units_a_side
        Cells along a side of the town, and units along a side of a cell.
    """

    cells_a_side: int
    units_a_side: int

    @property
    def side(self) -> int:
        """Units along a side of the town."""
        return self.cells_a_side * self.units_a_side

    @property
    def label(self) -> np.ndarray:
        """Cell of each unit. Shape (n_units,)."""
        block = np.arange(self.side) // self.units_a_side
        return (block[:, None] * self.cells_a_side + block[None, :]).ravel()

    @property
    def centres(self) -> np.ndarray:
        """Unit in the middle of each cell. Shape (n_cells,)."""
        middle = np.arange(self.cells_a_side) * self.units_a_side + self.units_a_side // 2
        return (middle[:, None] * self.side + middle[None, :]).ravel()

    def ground(self) -> Ground:
        """Return the units to redraw."""
        x, y = np.meshgrid(np.arange(self.side) * SIDE_M, np.arange(self.side) * SIDE_M)
        x, y = x.ravel(), y.ravel()
        middle = np.column_stack([x, y]) + SIDE_M / 2
        return build_ground(
            np.asarray(shapely.box(x, y, x + SIDE_M, y + SIDE_M), dtype=object),
            weights=np.ones((len(x), 1)),
            reach=Reach({}, lambda unit: np.hypot(*(middle - middle[unit]).T)),
            own_xy=middle[self.centres],
        )

    def save(self, store: Store) -> int:
        """Write the town as a plan without routes and scores, and return its number."""
        number = np.arange(len(self.centres))
        with writing(store.engine, Scope.everything()) as connection:
            key = {"territory_id": new_id(connection.execute(_territory(self)))}
            connection.execute(
                sa.insert(tables.outlet),
                [
                    {**key, "position": int(one), "outlet_id": f"o{one}", "name": "", "x": 0.0,
                     "ownership": "own", "operator": "", "kind": "", "grade": "", "y": 0.0,
                     "grade_source": "", "visited": False, "unit": int(self.centres[one]),
                     "snap_distance_m": 0.0}
                    for one in number
                ],
            )  # fmt: skip
            plan = {"scenario_id": new_id(connection.execute(_scenario(key)))}
            labels = encode_labels(self.label)
            connection.execute(sa.insert(tables.snapshot).values(**plan, sequence=0, labels=labels))
            connection.execute(
                sa.insert(tables.cell),
                [
                    {**plan, "cell_id": int(one) + 1, "version": 1, "centre_position": int(one),
                     "code": f"C{one + 1}", "name": "", "centre_outlet_id": f"o{one}",
                     "manager": "", "area_m2": 0.0, "compactness": 0.0, "routes": 0,
                     "visit_minutes_per_day": 0.0, "quadrant": "unknown"}
                    for one in number
                ],
            )  # fmt: skip
            add_version(connection, OPERATOR, plan["scenario_id"])
        return plan["scenario_id"]

    def draft(self, store: Store) -> int:
        """Save the town and open a draft of it."""
        return Drafts(store.engine).open(OPERATOR, self.save(store))


def _territory(town: SquareTown) -> sa.Insert:
    return sa.insert(tables.territory).values(
        content_hash=f"square town {town.cells_a_side} x {town.units_a_side} {now()}"[:64],
        name="Square Town",
        crs="EPSG:32630",
        boundary=shapely.to_wkb(shapely.box(0, 0, town.side * SIDE_M, town.side * SIDE_M)),
        grid_m=0.01,
        notices=[],
        invented=["all"],
        sources={},
        attribution="",
        created=now(),
    )


def _scenario(key: dict[str, int]) -> sa.Insert:
    return sa.insert(tables.scenario).values(
        **key,
        created=now(),
        seed=0,
        request=PlanRequest().model_dump(mode="json"),
        travel_cost=0.0,
        notices=[],
        partition_notices=[],
        details={},
        report={},
    )


@contextmanager
def database(engine: str) -> Iterator[str]:
    """Yield the address of an empty database that writes through to the disk."""
    if engine == "postgresql":
        with postgres_server(fsync=True) as url:
            yield url
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{Path(folder) / 'gridmap.db'}"
