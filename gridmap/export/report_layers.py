"""What reports of cells show besides the plan itself: streets, reached ground, figures by cell."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.export.street_map import NAMED_RANK, StreetMap, street_lines, street_ranks
from gridmap.policies import PlanRequest
from gridmap.scoring.metrics import named
from gridmap.territory import Territory
from gridmap.travel.engines import open_engine

GROUND_LAYER, REACH_LAYER, CELL_SCORES_LAYER = "ground", "reach", "cell_scores"

#: Metres by which lines and reached ground may differ from what they are simplified from.
LINE_SLACK_M, REACH_SLACK_M = 2.0, 10.0
#: Scores whose bands stand in the wide layer too.
BANDED = ("position_score", "coverage_score")
BANDS = ("p05", "p95", "rank_low", "rank_high")


def ground_layer(territory: Territory, mode: str) -> gpd.GeoDataFrame:
    """Return the streets that have names on maps, and water, rivers and rails.

    Returns
    -------
    GeoDataFrame
        kind (``street``, or a key of `Territory.linework`), rank (see `street_map.RANKS`; -1 =
        no street) and name.
    """
    network = territory.networks[mode]
    rank = street_ranks(network)
    shown = np.flatnonzero(rank <= NAMED_RANK)
    parts = [
        pd.DataFrame(
            {
                "kind": "street",
                "rank": rank[shown],
                "name": [network.names[one] for one in network.name[shown].tolist()],
                "geometry": shapely.simplify(street_lines(network)[shown], LINE_SLACK_M),
            }
        )
    ]
    for kind in ("motorway", "rail", "river", "water"):
        lines = np.asarray(territory.linework.get(kind, ()), dtype=object)
        lines = shapely.simplify(lines, LINE_SLACK_M)
        parts.append(pd.DataFrame({"kind": kind, "rank": -1, "name": "", "geometry": lines}))
    table = pd.concat([one for one in parts if len(one)] or parts[:1], ignore_index=True)
    table = table[~shapely.is_empty(table["geometry"].to_numpy())].reset_index(drop=True)
    return gpd.GeoDataFrame(table, geometry="geometry", crs=territory.crs)


def ground_map(layer: gpd.GeoDataFrame) -> StreetMap:
    """Return the map that a ground layer holds."""
    is_street = (layer["kind"] == "street").to_numpy()
    streets, rest = layer[is_street], layer[~is_street]
    written = streets["name"].fillna("").astype(str)
    names = ["", *sorted(set(written) - {""})]
    place = {one: number for number, one in enumerate(names)}
    return StreetMap(
        np.asarray(streets.geometry.to_numpy(), dtype=object),
        streets["rank"].to_numpy(np.int64),
        np.array([place[one] for one in written], dtype=np.int64),
        names,
        {
            str(kind): np.asarray(group.geometry.to_numpy(), dtype=object)
            for kind, group in rest.groupby("kind")
        },
    )


def reach_layer(territory: Territory, request: PlanRequest) -> gpd.GeoDataFrame:
    """Return the ground that own and partner outlets reach within each threshold.

    Returns
    -------
    GeoDataFrame
        mode (the first means of travel of scoring) and minutes; empty where we have no outlet.
    """
    mode, minutes = next(iter(request.scoring.modes.items()))
    ours = territory.outlets["ownership"].isin(["own", "partner"]).to_numpy()
    shapes: list[shapely.MultiPolygon] = []
    limits = sorted(minutes)
    if ours.any():
        engine = open_engine(territory.networks[mode])
        places = engine.snap(territory.outlets[["x", "y"]].to_numpy(np.float64)[ours])
        reached = engine.isochrones(places, [60.0 * one for one in limits])
        shapes = [_tidy(one.area) for one in reached]
    table = {"mode": [mode] * len(shapes), "minutes": [float(one) for one in limits[: len(shapes)]]}
    return gpd.GeoDataFrame(table, geometry=shapes, crs=territory.crs)


def cell_scores_layer(
    cells: pd.DataFrame, polygons: NDArray[np.object_], scores: pd.DataFrame, crs: str
) -> gpd.GeoDataFrame:
    """Return one row a cell with each metric in its own column, for maps coloured by any of them.

    Metrics by grade or by kind of outlet are left out: their names are free text. A missing figure
    is empty, never 0.

    Parameters
    ----------
    cells
        cell_id, code, name and quadrant.
    polygons
        Ground of each cell. Shape (n_cells,).
    scores
        See `gridmap.schemas.SCORES`.
    crs
        Reference system of the polygons.
    """
    names = [one for one in scores["metric"].unique().tolist() if not named(one).item]
    ids = cells["cell_id"].to_numpy()
    wide = scores.pivot(index="cell_id", columns="metric", values="value").reindex(ids)[names]
    wide = wide.drop(columns=["quadrant"], errors="ignore").astype(np.float64)
    bands: dict[str, NDArray[np.float64]] = {}
    for metric in BANDED:
        rows = scores[scores["metric"] == metric].set_index("cell_id").reindex(ids)
        bands |= {f"{metric}_{band}": rows[band].to_numpy(np.float64) for band in BANDS}
    about = cells[["cell_id", "code", "name", "quadrant"]].reset_index(drop=True)
    table = pd.concat([about, wide.reset_index(drop=True), pd.DataFrame(bands)], axis=1)
    # A copy has its many columns in one piece, to which one more is added without a warning.
    return gpd.GeoDataFrame(table.copy(), geometry=list(polygons), crs=crs)


def _tidy(shape: shapely.MultiPolygon) -> shapely.MultiPolygon:
    parts = shapely.get_parts(shapely.make_valid(shapely.simplify(shape, REACH_SLACK_M)))
    return shapely.MultiPolygon([one for one in parts if one.geom_type == "Polygon"])
