"""All that scoring makes of one plan: scores, blind zones, duplicate pairs, and what-ifs of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from gridmap.policies import PlanRequest
from gridmap.scoring.blind_zones import Ground, blind_zones
from gridmap.scoring.card_settings import ScoringSettings, fields_of
from gridmap.scoring.demand_fields import DemandFields
from gridmap.scoring.duplicates import duplicate_pairs
from gridmap.scoring.field_counts import field_counts
from gridmap.scoring.findings import BlindZone, DuplicatePair
from gridmap.scoring.fixes import Fixer, Recruits
from gridmap.scoring.huff import kind_attraction
from gridmap.scoring.inputs import Ints, ScoringInputs, scored_outlets, scoring_inputs
from gridmap.scoring.making import ScoreParts, score_making
from gridmap.scoring.market_inputs import known_sales, market_counts, outlet_sales
from gridmap.scoring.outlet_search import StreetSearch
from gridmap.scoring.scorecard import score_with_parts
from gridmap.scoring.travel_times import measured_times
from gridmap.scoring.what_if import WhatIf
from gridmap.territory import Polygons, Territory
from gridmap.travel.engine import TravelEngine


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of a plan and the visits in them.

    Attributes
    ----------
    label
        Cell of each unit, from 0. Shape (n_units,).
    polygons
        Shape (n_cells,).
    stops
        Visits of the routes, see `gridmap.schemas.STOPS`.
    ids
        Numbers of the cells; None = 1, 2, … Shape (n_cells,).
    """

    label: Ints
    polygons: Polygons
    stops: pd.DataFrame
    ids: Ints | None = None


@dataclass(frozen=True, eq=False)
class Assessment:
    """A plan that can be scored, and scored again with other outlets.

    Attributes
    ----------
    territory, request, cells
        The plan.
    inputs, settings, seed
        What scores are made of.
    search
        Times of outlets.
    """

    territory: Territory
    request: PlanRequest
    cells: Cells
    inputs: ScoringInputs
    settings: ScoringSettings
    seed: int
    search: StreetSearch

    @cached_property
    def fields(self) -> DemandFields:
        """What each demand point has."""
        return fields_of(self.inputs, self.request.scoring, self.settings)

    @property
    def scores(self) -> pd.DataFrame:
        """Scores of all cells, see `gridmap.schemas.SCORES`."""
        return self._scored[0]

    @cached_property
    def making(self) -> dict[str, dict[str, Any]]:
        """How both scores were made, see `gridmap.scoring.making.score_making`."""
        return {key: score_making(one, seed=self.seed) for key, one in self._scored[1].items()}

    @cached_property
    def _scored(self) -> tuple[pd.DataFrame, dict[str, ScoreParts]]:
        return score_with_parts(
            self.inputs, self.request.scoring, seed=self.seed, settings=self.settings,
            fields=self.fields,
        )  # fmt: skip

    @cached_property
    def ground(self) -> Ground:
        """Where everything is."""
        outlets = self.territory.outlets.iloc[scored_outlets(self.territory.outlets)]
        return Ground(
            demand_xy=self.territory.demand[["x", "y"]].to_numpy(np.float64),
            outlet_xy=outlets[["x", "y"]].to_numpy(np.float64),
            outlet_ids=tuple(outlets["outlet_id"].astype(str)),
            cells=self.cells.polygons,
        )

    def what_if(self, *, main_figures_only: bool = False) -> WhatIf:
        """Return what-ifs of the plan, of all or by the first means without accessibility."""
        policy = self.request.scoring
        if main_figures_only:
            mode, limits = next(iter(policy.modes.items()))
            policy = policy.model_copy(update={"modes": {mode: limits}})
        return WhatIf(
            self.inputs, self.ground.outlet_xy, self.search, policy, seed=self.seed,
            settings=self.settings, fields=self.fields, scores=self.scores,
            with_access=not main_figures_only,
        )  # fmt: skip

    @cached_property
    def findings(self) -> tuple[tuple[BlindZone, ...], tuple[DuplicatePair, ...]]:
        """Blind zones and duplicate pairs, those that matter with their best fix."""
        policy = self.request.scoring
        fixer = Fixer(self.what_if(main_figures_only=True), self.ground, *self._recruits())
        return (
            fixer.zones(blind_zones(self.inputs, policy, self.ground)),
            fixer.pairs(duplicate_pairs(self.inputs, policy, self.ground)),
        )

    def _recruits(self) -> tuple[Recruits, Recruits]:
        """Return outlets that may become partners: others, and rivals of a kind partners have."""
        outlets = self.territory.outlets
        ownership = outlets["ownership"]
        kinds = set(outlets.loc[ownership == "partner", "kind"]) - {""}
        scored = np.zeros(len(outlets), dtype=bool)
        scored[scored_outlets(outlets)] = True
        rivals = (ownership == "rival") & outlets["kind"].isin(kinds) & scored
        return self._as_recruits(ownership == "other"), self._as_recruits(rivals)

    def _as_recruits(self, chosen: pd.Series[bool]) -> Recruits:
        outlets = self.territory.outlets[chosen]
        return Recruits(
            ids=tuple(outlets["outlet_id"].astype(str)),
            xy=outlets[["x", "y"]].to_numpy(np.float64),
            cell=self.cells.label[outlets["unit"].to_numpy(np.int64)],
            kind=tuple(outlets["kind"].astype(str)),
        )


def assess(
    territory: Territory,
    request: PlanRequest,
    cells: Cells,
    engines: Mapping[str, TravelEngine],
    *,
    settings: ScoringSettings,
    seed: int,
) -> Assessment:
    """Bind a plan to what scoring needs; travel times are measured here.

    Parameters
    ----------
    territory, request, cells
        The plan.
    engines
        Travel engine of each means of travel of the scoring policy.
    settings, seed
        As for `score_cells`.
    """
    rows = scored_outlets(territory.outlets)
    outlets, carry = territory.outlets.iloc[rows], request.scoring.carry_forward
    demand_xy = territory.demand[["x", "y"]].to_numpy(np.float64)
    outlet_xy = outlets[["x", "y"]].to_numpy(np.float64)
    ownership = outlets["ownership"].to_numpy(dtype=np.str_)
    n_cells = len(cells.polygons)
    _, carried = outlet_sales(territory, outlets["outlet_id"], carry=carry)
    search = StreetSearch(engines, demand_xy)
    inputs = scoring_inputs(
        territory,
        cells.label,
        n_cells,
        {
            mode: measured_times(
                engines[mode], demand_xy, outlet_xy, ownership, places=search.places(mode)
            )
            for mode in request.scoring.modes
        },
        routing=request.routing,
        stops=cells.stops,
        market=market_counts(territory, cells.label, n_cells, carry=carry),
        field_work=field_counts(territory, cells.label, n_cells, request.routing),
        attraction=kind_attraction(outlets["kind"], request.scoring),
        sales=known_sales(territory, outlets, carry=carry),
        sales_carried=carried,
        cell_ids=np.arange(1, n_cells + 1) if cells.ids is None else cells.ids,
    )
    return Assessment(territory, request, cells, inputs, settings, seed, search)
