"""What-ifs of a written plan as people ask for them: places in degrees, outlets by their ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyproj

from gridmap.catalogue import Language, text
from gridmap.checking import read_layers
from gridmap.errors import Fault, InputError, fault
from gridmap.partition.cells import cell_polygons
from gridmap.planning import assess_plan, calibrated
from gridmap.policies import PlanRequest
from gridmap.progress import Progress, Report, silent
from gridmap.scoring.assessment import Assessment, Cells
from gridmap.scoring.indicators import main_threshold
from gridmap.scoring.metrics import named, threshold_name
from gridmap.scoring.travel_times import OWNERS
from gridmap.scoring.what_if import Change, NewOutlet, Outcome
from gridmap.territory import Territory

#: Cells that a table for people shows at most.
MOST_CELLS = 12


@dataclass(frozen=True)
class Trial:
    """What is tried.

    Attributes
    ----------
    open
        ``LON,LAT`` or ``LON,LAT,OWNERSHIP`` in degrees (WGS-84); own where nothing is said.
    close
        Ids of outlets.
    move
        ``ID=LON,LAT``.
    """

    open: Sequence[str] = ()
    close: Sequence[str] = ()
    move: Sequence[str] = ()


def written_assessment(
    territory: Territory, request: PlanRequest, plan_file: Path, *, report: Report = silent
) -> Assessment:
    """Return the assessment of the cells and visits of a written plan, with its scores made.

    It takes much longer than a what-if of it, and `report` is told.

    Raises
    ------
    InputError
        If the file is no plan of this territory.
    """
    layers = read_layers(plan_file, ("units", "stops", "plan"))
    units = layers["units"].sort_values("unit_id")
    if len(units) != len(territory.units):
        raise InputError(
            fault(
                "findings.whatif.other_plan",
                plan_file,
                units=len(units),
                now=len(territory.units),
            )
        )
    label = units["cell_id"].to_numpy(np.int64) - 1
    facts = dict(zip(layers["plan"]["key"], layers["plan"]["value"], strict=True))
    polygons = cell_polygons(territory.units, label, int(label.max()) + 1)
    cells = Cells(label, polygons, layers["stops"])
    times, scores = "findings.whatif.stage_times", "findings.whatif.stage_scores"
    report(Progress(times, 0.0))
    fit = calibrated(territory, request)
    assessment = assess_plan(territory, request, cells, seed=int(facts.get("seed", 0)), fit=fit)
    report(Progress(times, 1.0))
    report(Progress(scores, 0.0))
    _ = assessment.scores  # made once and kept: every what-if is compared with them
    report(Progress(scores, 1.0))
    return assessment


def change_of(assessment: Assessment, trial: Trial) -> Change:
    """Return the change that is tried.

    Raises
    ------
    InputError
        With all faults at once: outlets that are not there or named twice, places that cannot be
        read or lie outside.
    """
    faults: list[Fault] = []
    session, ids = assessment.what_if(main_figures_only=True), list(assessment.ground.outlet_ids)
    close: list[int] = []
    opened: list[NewOutlet] = []

    def row_of(outlet_id: str) -> int | None:
        if outlet_id not in ids:
            faults.append(fault("findings.whatif.unknown_outlet", outlet_id))
            return None
        row = ids.index(outlet_id)
        if row in close:
            faults.append(fault("findings.whatif.twice", outlet_id))
            return None
        close.append(row)
        return row

    for one in trial.close:
        row_of(one)
    for one in trial.move:
        outlet_id, _, words = one.rpartition("=")
        place = _place(assessment, words, one, faults, "findings.whatif.bad_move")
        row = row_of(outlet_id) if outlet_id else None
        if place is not None and row is not None:
            opened.extend(session.moved(row, *place).open)
    for one in trial.open:
        words, _, ownership = one.rpartition(",")
        if ownership not in OWNERS:
            words, ownership = one, "own"
        place = _place(assessment, words, one, faults, "findings.whatif.bad_place")
        if place is not None:
            opened.append(NewOutlet(*place, ownership=ownership))
    if not (trial.open or trial.close or trial.move):
        faults.append(fault("findings.whatif.nothing"))
    if faults:
        raise InputError(*faults)
    return Change(tuple(close), tuple(opened))


def _place(
    assessment: Assessment, words: str, whole: str, faults: list[Fault], key: str
) -> tuple[float, float, int] | None:
    """Return x, y and cell of a place in degrees, or note what is wrong with it."""
    try:
        lon, lat = (float(one) for one in words.split(","))
    except ValueError:
        faults.append(fault(key, whole, found=whole))
        return None
    territory = assessment.territory
    to_metres = pyproj.Transformer.from_crs("EPSG:4326", territory.crs, always_xy=True)
    x, y = to_metres.transform(lon, lat)
    unit = -1
    if np.isfinite(x) and np.isfinite(y):
        unit = int(territory.units.locate(np.array([[x, y]]))[0])
    if unit < 0:
        faults.append(fault("findings.whatif.outside", whole, lon=lon, lat=lat))
        return None
    return float(x), float(y), int(assessment.cells.label[unit])


def told_metrics(request: PlanRequest) -> list[str]:
    """Return the names of the metrics that a table for people shows."""
    mode, limits = next(iter(request.scoring.modes.items()))
    minutes = main_threshold(limits)
    at = [
        threshold_name(key, mode, minutes)
        for key in ("coverage_own", "coverage_ours", "blind_share", "duplicate_share", "rival_only")
    ]
    return ["position_score", "coverage_score", "expected_share", *at, f"nearest_ours_p90_{mode}"]


def outcome_table(outcome: Outcome) -> pd.DataFrame:
    """Return before and after of every metric of every touched cell.

    Returns
    -------
    DataFrame
        cell_id, metric, before, after, change; missing = NaN.
    """
    columns = ["cell_id", "metric", "value"]
    both = outcome.before[columns].merge(
        outcome.after[columns], on=["cell_id", "metric"], how="outer", sort=False
    )
    both = both.rename(columns={"value_x": "before", "value_y": "after"})
    return both.assign(change=both["after"] - both["before"])


def outcome_text(
    outcome: Outcome, codes: dict[int, str], request: PlanRequest, language: Language
) -> str:
    """Return the outcome as a table for people: the cells that change most come first."""
    table = outcome_table(outcome)
    names = told_metrics(request)
    table = table[table["metric"].isin(names)]
    score = threshold_name("coverage_ours", *_main(request))
    weight = table[table["metric"].isin(["expected_share", score])]
    order = weight["change"].abs().groupby(weight["cell_id"]).max().fillna(0.0)
    cells = order.sort_values(ascending=False, kind="stable").index.tolist()
    say = [text(f"findings.whatif.head_{one}", language) for one in
           ("metric", "before", "after", "change")]  # fmt: skip
    lines = [text("findings.whatif.touched", language, count=len(outcome.cells))]
    for cell in cells[:MOST_CELLS]:
        lines.append("")
        lines.append(text("findings.whatif.cell", language, code=codes.get(cell, cell)))
        lines.append(f"  {_padded(say[0], 52)}{say[1]:>10}{say[2]:>10}{say[3]:>10}")
        rows = table[table["cell_id"] == cell].set_index("metric")
        for name in (one for one in names if one in rows.index):
            before, after = float(rows.loc[name, "before"]), float(rows.loc[name, "after"])
            lines.append(_row(name, before, after, language))
    if len(cells) > MOST_CELLS:
        lines.append(text("findings.whatif.others", language, count=len(cells) - MOST_CELLS))
    return "\n".join(lines)


def _main(request: PlanRequest) -> tuple[str, float]:
    mode, limits = next(iter(request.scoring.modes.items()))
    return mode, main_threshold(limits)


def _row(name: str, before: float, after: float, language: Language) -> str:
    metric = named(name)
    share = metric.metric.unit == "share"

    def figure(value: float, sign: str = "") -> str:
        if np.isnan(value):
            return "–"
        return f"{value:{sign}.1%}" if share else f"{value:{sign}.1f}"

    label = _padded(metric.label(language), 52)
    return f"  {label}{figure(before):>10}{figure(after):>10}{figure(after - before, '+'):>10}"


def _padded(words: str, width: int) -> str:
    """Return words with blanks after them; Chinese characters take two columns."""
    wide = sum(1 for one in words if ord(one) > 0x2E7F)
    return words + " " * max(1, width - len(words) - wide)
