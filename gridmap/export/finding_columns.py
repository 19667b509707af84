"""Blind zones and duplicate pairs as columns of sheets, and their fixes as sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyproj

from gridmap.catalogue import Language, text
from gridmap.export.sheet_column import Column
from gridmap.scenario import Scenario
from gridmap.scoring.findings import Effect, Fix, Sought, found_pairs, found_zones
from gridmap.territory import Territory

#: Figures of an effect in the order of the sheets.
EFFECTS = (
    "coverage_before", "coverage_after", "blind_before", "blind_after", "expected_before",
    "expected_after", "duplicate_before", "duplicate_after",
)  # fmt: skip


def outlet_names(territory: Territory) -> dict[str, str]:
    """Return name and id of each outlet by its id, as people read them."""
    columns = territory.outlets["outlet_id"].astype(str), territory.outlets["name"].astype(str)
    return {
        one: f"{name} ({one})" if name not in ("", one) else one
        for one, name in zip(*columns, strict=True)
    }


def fix_text(
    fix: Fix | None, territory: Territory, names: Mapping[str, str], language: Language
) -> str:
    """Return what a fix asks for in a few words, with places in degrees (WGS-84)."""
    if fix is None:
        return text("findings.fix.unsought", language)
    lon, lat = np.nan, np.nan
    if np.isfinite(fix.x):
        lon, lat = degrees(territory, fix.x, fix.y)
    return text(
        f"findings.fix.{fix.kind}",
        language,
        outlet=names.get(fix.outlet_id, fix.outlet_id),
        other=names.get(fix.other_id, fix.other_id),
        lon=lon,
        lat=lat,
    )


def effect_text(effect: Effect, code: str, language: Language, *, pair: bool = False) -> str:
    """Return the figures of a cell before and after a fix; what is not known is left out.

    Of a duplicate pair double coverage is told, else what stays blind.
    """
    figures = ("coverage", "duplicate" if pair else "blind", "expected")
    parts = []
    for name in figures:
        before, after = getattr(effect, f"{name}_before"), getattr(effect, f"{name}_after")
        if np.isfinite(before) and np.isfinite(after):
            parts.append(text(f"findings.effect.{name}", language, before=before, after=after))
    joined = text("findings.effect.joint", language).join(parts)
    return text(
        "findings.effect.line", language, code=code, figures=joined, covered=effect.covered_change
    )


def sought_text(done: Sought, language: Language) -> str:
    """Return for how many findings a fix was looked for."""
    key = "findings.sought.all" if done.whole else "findings.sought.some"
    return text(key, language, sought=done.sought, count=done.count, share=done.share)


def degrees(territory: Territory, x: float, y: float) -> tuple[float, float]:
    """Return longitude and latitude (WGS-84) of a place in the territory's reference system."""
    to_degrees = pyproj.Transformer.from_crs(territory.crs, "EPSG:4326", always_xy=True)
    lon, lat = to_degrees.transform(x, y)
    return float(lon), float(lat)


def zone_columns(territory: Territory, scenario: Scenario, language: Language) -> list[Column]:
    """Return the columns of the sheet of blind zones, most demand first."""
    zones, codes = found_zones(scenario.report), _codes(scenario)
    names = outlet_names(territory) if zones else {}
    places = [degrees(territory, one.x, one.y) for one in zones]

    def named(ids: Sequence[str]) -> list[str]:
        return [names.get(one, one) for one in ids]

    return [
        _column("zone", [one.zone_id for one in zones], language, "count"),
        _column("cell", [codes.get(one.cell_id, "") for one in zones], language),
        _column("demand", [one.demand for one in zones], language, "weight"),
        _column("points", [one.points for one in zones], language, "count"),
        _column("share_of_cell", [one.share_of_cell for one in zones], language, "share"),
        _column("lon", [round(lon, 6) for lon, _ in places], language, "degrees"),
        _column("lat", [round(lat, 6) for _, lat in places], language, "degrees"),
        _column("nearest_own", named([one.nearest_own_id for one in zones]), language, width=28),
        _column("minutes", [one.nearest_own_min for one in zones], language, "minutes"),
        _column("nearest_ours", named([one.nearest_ours_id for one in zones]), language, width=28),
        _column("minutes", [one.nearest_ours_min for one in zones], language, "minutes"),
        _column(
            "nearest_rival", named([one.nearest_rival_id for one in zones]), language, width=28
        ),
        _column("minutes", [one.nearest_rival_min for one in zones], language, "minutes"),
        _column("rival_covered", [one.rival_covered for one in zones], language, "share"),
        *_fix_columns([one.fix for one in zones], territory, names, language),
    ]


def pair_columns(territory: Territory, scenario: Scenario, language: Language) -> list[Column]:
    """Return the columns of the sheet of duplicate pairs, most shared demand first."""
    pairs, codes = found_pairs(scenario.report), _codes(scenario)
    names = outlet_names(territory) if pairs else {}
    first = [names.get(one.first_id, one.first_id) for one in pairs]
    second = [names.get(one.second_id, one.second_id) for one in pairs]
    return [
        _column("pair", [one.pair_id for one in pairs], language, "count"),
        _column("first", first, language, width=28),
        _column("cell", [codes.get(one.first_cell, "") for one in pairs], language),
        _column("second", second, language, width=28),
        _column("cell", [codes.get(one.second_cell, "") for one in pairs], language),
        _column("first_demand", [one.first_demand for one in pairs], language, "weight"),
        _column("second_demand", [one.second_demand for one in pairs], language, "weight"),
        _column("shared_demand", [one.shared_demand for one in pairs], language, "weight"),
        _column("overlap", [one.overlap for one in pairs], language, "share"),
        *_fix_columns([one.fix for one in pairs], territory, names, language),
    ]


def _fix_columns(
    fixes: Sequence[Fix | None], territory: Territory, names: Mapping[str, str], language: Language
) -> list[Column]:
    effects = [None if one is None else one.effect for one in fixes]

    def figures(name: str) -> list[float]:
        return [np.nan if one is None else getattr(one, name) for one in effects]

    told = [fix_text(one, territory, names, language) for one in fixes]
    return [
        _column("fix", told, language, width=48),
        *(_column(name, figures(name), language, "share") for name in EFFECTS),
        _column("covered_change", figures("covered_change"), language, "weight"),
    ]


def _column(
    key: str, cells: Sequence[object], language: Language, style: str = "text", *, width: int = 12
) -> Column:
    return Column(text(f"findings.column.{key}", language), cells, style, width)


def _codes(scenario: Scenario) -> dict[int, str]:
    if "code" not in scenario.cells:
        return {}
    columns = scenario.cells["cell_id"].tolist(), scenario.cells["code"].astype(str).tolist()
    return dict(zip(*columns, strict=True))
