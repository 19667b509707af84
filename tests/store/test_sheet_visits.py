"""Visits that were read back are kept once, on both engines, within the scope."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from grid_town import grid_scenario, grid_territory

from gridmap import schemas
from gridmap.errors import PermissionDenied
from gridmap.store.engine import saving
from gridmap.store.repository import Store
from gridmap.store.roles import Role
from gridmap.store.scope import Scope
from gridmap.store.sheet_visits import Kept, keep_visits, visits_read

LI = Scope(frozenset({"Grid Town"}), role=Role.PLANNER, user="li")
TOWN = "Grid Town"


def log(*rows: tuple[str, str, bool]) -> pd.DataFrame:
    """A log of planned visits: outlet, day, made; those that were made at 9:00."""
    frame = pd.DataFrame(rows, columns=["outlet_id", "date", "done"]).assign(
        route="R01-1", planned=1.0, seq=1.0
    )
    frame["came"] = np.where(frame["done"], 9 * 3600.0, np.nan)
    return schemas.VISIT_LOG.validate(frame[list(schemas.VISIT_LOG.columns)])


def kept(store: Store, frame: pd.DataFrame, scope: Scope = LI) -> Kept:
    with saving(store.engine, scope) as connection:
        return keep_visits(connection, scope, TOWN, frame)


def test_a_sheet_that_is_handed_in_twice_counts_once(store: Store) -> None:
    town = grid_territory()
    store.save(Scope.everything(), town, grid_scenario(town))
    week = log(("p1", "2026-03-02", True), ("p2", "2026-03-02", False))
    assert kept(store, week) == Kept(new=2, changed=0, same=0)
    assert kept(store, week) == Kept(new=0, changed=0, same=2)
    mended = log(("p1", "2026-03-02", True), ("p2", "2026-03-02", True))
    assert kept(store, mended) == Kept(new=0, changed=1, same=1)
    assert kept(store, log(("p1", "2026-03-09", True))) == Kept(new=1, changed=0, same=0)
    found = visits_read(store.engine, LI, TOWN, {"p1", "p2"})
    expected = pd.concat([mended, log(("p1", "2026-03-09", True))], ignore_index=True)
    pd.testing.assert_frame_equal(found, expected)
    assert visits_read(store.engine, LI, TOWN, {"p2"})["outlet_id"].tolist() == ["p2"]
    assert visits_read(store.engine, LI, TOWN, ()).empty


def test_only_who_may_import_keeps_and_only_who_may_read_reads(store: Store) -> None:
    row = log(("p1", "2026-03-02", True))
    for scope in (
        Scope(frozenset({TOWN}), role=Role.VIEWER, user="vi"),
        Scope(frozenset({"Elsewhere"}), role=Role.PLANNER, user="far"),
    ):
        with pytest.raises(PermissionDenied):
            kept(store, row, scope)
    far = Scope(frozenset({"Elsewhere"}), role=Role.PLANNER, user="far")
    with pytest.raises(PermissionDenied):
        visits_read(store.engine, far, TOWN, {"p1"})
    assert visits_read(store.engine, LI, TOWN, {"p1"}).empty
