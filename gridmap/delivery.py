"""Hand a finished plan over: files, independent check, report, and a row in the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gridmap.catalogue import Language, text
from gridmap.checking import check_plan
from gridmap.checks import CheckResult
from gridmap.errors import Fault, InputError, fault
from gridmap.export.cell_report import write_cell_reports
from gridmap.export.cell_words import column_names
from gridmap.export.changes import write_changes
from gridmap.export.feeds import Feed, FeedRequest, export_feeds
from gridmap.export.geo import write_geopackage
from gridmap.export.pen import UNKNOWN, missing_letters
from gridmap.export.report import TIMINGS, build_report, write_report
from gridmap.export.route_sheets import write_route_sheets
from gridmap.export.scorecards import write_scorecards
from gridmap.export.scores_csv import write_scores_csv
from gridmap.export.zone_map import write_zone_map
from gridmap.planning import Stages
from gridmap.progress import Report, silent
from gridmap.scenario import Scenario
from gridmap.store.repository import Store
from gridmap.store.scope import Scope
from gridmap.territory import Territory


@dataclass(frozen=True, eq=False)
class Delivery:
    """What was handed over.

    Attributes
    ----------
    folder
        Where the files are.
    scenario_id
        Number of the scenario in the store.
    checks
        What the independent checker found.
    report
        The content of report.json.
    notices
        What the planner should read.
    language
        Language of the files.
    """

    folder: Path
    scenario_id: int
    checks: tuple[CheckResult, ...]
    report: Mapping[str, Any]
    notices: tuple[Fault, ...]
    language: Language

    @property
    def broken(self) -> tuple[Fault, ...]:
        """Faults of the hard rules that the plan breaks."""
        return tuple(one for check in self.checks if not check.ok for one in check.faults)

    def summary(self) -> str:
        """Return the outcome in a few lines for a person."""
        counts, language = self.report["counts"], self.language
        first = next(iter(self.report["workloads"].values()))
        lines = [
            text("planning.summary.plan", language, name=self.report["name"], **counts),
            text(
                "planning.summary.balance",
                language,
                deviation=first["worst_deviation"],
                proven=first["proven_least_deviation"],
            ),
        ]
        if self.report["gap"] is not None:
            lines.append(text("planning.summary.gap", language, gap=self.report["gap"]))
        if self.report["invented"]:
            lines.append(
                text(
                    "planning.summary.invented",
                    language,
                    columns=column_names(tuple(self.report["invented"]), language),
                )
            )
        lines.extend(f"- {one.text(language)}" for one in self.notices)
        lines.append(
            text(
                "planning.summary.checks",
                language,
                kept=sum(check.ok for check in self.checks),
                rules=len(self.checks),
            )
        )
        lines.append(text("planning.summary.where", language, folder=self.folder))
        return "\n".join(lines)


def deliver(
    territory: Territory,
    scenario: Scenario,
    folder: Path,
    store: Store,
    *,
    loading_s: float = 0.0,
    report: Report = silent,
) -> Delivery:
    """Write all files of a plan into `folder` and the scenario into `store`.

    Each file appears whole or not at all; report.json comes last.

    Parameters
    ----------
    territory, scenario
        The plan.
    folder
        Made if it is not there.
    store
        Where the scenario is kept.
    loading_s
        Seconds that reading the territory took, for the report.
    report
        Takes the progress.

    Raises
    ------
    InputError
        If the folder cannot be written.
    StoreError
        If the store refuses the scenario.
    """
    language = scenario.request.language
    stages = Stages(report)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with stages.running("files"):
            plan_file = write_geopackage(territory, scenario, folder / "plan.gpkg")
            write_scores_csv(scenario, folder / "scores.csv", language)
            write_scorecards(territory, scenario, folder / "scorecards.xlsx", language)
            write_zone_map(territory, scenario, folder / "blind_zones.pdf", language)
            write_route_sheets(territory, scenario, folder / "route_sheets", language)
            changed = write_changes(territory, scenario, folder, language)
            write_cell_reports(plan_file, folder / "cell_reports", language)
            if scenario.request.directions:
                export_feeds(plan_file, folder, FeedRequest(feeds=(Feed.DIRECTIONS,)))
    except OSError as error:
        raise InputError(fault("planning.folder_not_written", folder, reason=error)) from error
    with stages.running("check"):
        checks = tuple(check_plan(plan_file))
    timings_s = {
        "territory": round(loading_s, 3),
        **scenario.report.get(TIMINGS, {}),
        **stages.timings_s,
    }
    missing = missing_letters([str(one) for one in territory.outlets["name"]])
    content = build_report(territory, scenario, checks) | {
        TIMINGS: timings_s,
        "missing_glyphs": list(missing),
    }
    scenario_id = store.save(Scope.everything(), territory, replace(scenario, report=content))
    write_report(content, folder / "report.json")
    return Delivery(
        folder=folder,
        scenario_id=scenario_id,
        checks=checks,
        report=content,
        notices=(*scenario.notices, *([changed] if changed else []), *_glyphs(missing)),
        language=language,
    )


def _glyphs(missing: str) -> tuple[Fault, ...]:
    """Say which characters of names print as a sign on the route sheets."""
    if not missing:
        return ()
    return (fault("sheets.glyphs_missing", letters=" ".join(missing), sign=UNKNOWN),)
