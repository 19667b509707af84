"""Layers of a plan as tables of features in longitude and latitude, within a scope."""

from __future__ import annotations

from enum import StrEnum

import geopandas as gpd

from dashboards.access import Plan
from gridmap.export.geo import cells_layer, outlets_layer, routes_layer
from gridmap.store.scope import Scope


class Layer(StrEnum):
    """The layers that programs may read."""

    CELLS = "cells"
    OUTLETS = "outlets"
    ROUTES = "routes"


#: Column that names a feature of each layer.
KEY = {Layer.CELLS: "cell_id", Layer.OUTLETS: "outlet_id", Layer.ROUTES: "route_id"}


def layer_within(plan: Plan, layer: Layer, scope: Scope) -> gpd.GeoDataFrame:
    """Return the features of a layer that lie in the cells of the scope, in EPSG:4326.

    The index holds the names of the features as text.
    """
    features = plan.once("feature_layers", lambda: _layers(plan))[layer]
    if scope.cells is None:
        return features
    cells = plan.scenario.cells
    mine = cells.loc[cells["centre_outlet_id"].isin(scope.cells), "cell_id"]
    return features[features["cell_id"].isin(set(mine))]


def _layers(plan: Plan) -> dict[Layer, gpd.GeoDataFrame]:
    made = {
        Layer.CELLS: cells_layer(plan.territory, plan.scenario),
        Layer.OUTLETS: outlets_layer(plan.territory, plan.scenario),
        Layer.ROUTES: routes_layer(plan.territory, plan.scenario),
    }
    return {one: _in_degrees(layer, KEY[one]) for one, layer in made.items()}


def _in_degrees(layer: gpd.GeoDataFrame, key: str) -> gpd.GeoDataFrame:
    degrees = layer.to_crs("EPSG:4326")
    names = degrees[key].astype(str)
    return degrees.set_index(names.rename(None))
