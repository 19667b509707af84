"""A filled route sheet from the workbook to the card: kept once, counted, handed out as a table."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from job_runs import run_waiting
from routed_town import town
from werkzeug.datastructures import FileStorage

from dashboards.access import Plan
from dashboards.api.file_routes import keep
from dashboards.api.workshop import Workshop, workshop_of
from dashboards.app import create_app
from dashboards.components.visits import visits_panel
from dashboards.exports import default_exports
from dashboards.pages import Desk
from dashboards.pages.routes_jobs import job_panel
from dashboards.queries_visits import cell_visits
from dashboards.state import Page, Selection
from dashboards.tiles import Basemaps
from geodata.filled_sheets import FilledSheets, VisitRecord
from geodata.sheet_kind import visit_log
from geodata.visit_log import read_log_rows
from gridmap.catalogue import LANGUAGES
from gridmap.job_kinds import job_kinds
from gridmap.jobs.queue import Job, State
from gridmap.store.accounts import Grant
from gridmap.store.repository import Store
from gridmap.store.roles import Role
from gridmap.store.scope import Scope
from gridmap.store.sheet_visits import visits_read
from tests.dashboards.signed import browser_of, people_with

LI = Scope(role=Role.PLANNER, user="li")
MONDAY = "2026-03-02"


@dataclass(frozen=True)
class Service:
    """A plan of four cells; `book` is the workbook of route sheets of the first one."""

    app: Any
    store: Store
    work: Workshop
    plan: Plan
    book: Path

    def desk(self, scope: Scope) -> Desk:
        """What a page works with when a caller of this reach asks."""
        from dashboards.access import Plans

        return Desk(Plans(self.store), Basemaps(None), lambda: scope, work=self.work)

    def read(self, file: Path, **asked: Any) -> Job:
        """Hand a workbook in and have it read back."""
        content = io.BytesIO(file.read_bytes())
        kept, _ = keep(FileStorage(content, filename="f.xlsx"), self.work.files / "inbox", LI.user)
        wish = {"file": kept.name, "named": "f.xlsx", "scenario_id": self.plan.scenario_id, **asked}
        job = self.work.queue.ask(LI, "read_sheet", self.plan.territory.name, wish)
        run_waiting(self.store, job_kinds(), self.work.files)
        return self.work.queue.job(LI, job)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("visits")
    store = Store(f"sqlite:///{(folder / 'plans.db').as_posix()}")
    territory, scenario, _ = town()
    number = store.save(Scope.everything(), territory, scenario)
    work = workshop_of(store.engine, job_kinds(), folder / "files")
    grants = {
        "vi": Grant(Role.VIEWER, everywhere=True),
        "manager": Grant(
            Role.GRID_MANAGER,
            territories=frozenset({territory.name}),
            cells=frozenset({str(scenario.cells["centre_outlet_id"].iloc[1])}),
        ),
    }
    app = create_app(store, people=people_with(folder, **grants), work=work)
    plan = Plan(number, territory, scenario)
    book = folder / "sheets.xlsx"
    default_exports().route_sheet(plan, int(scenario.cells["cell_id"].iloc[0]), "xlsx", book, "en")
    yield Service(app, store, work, plan, book)
    store.engine.dispose()


def filled(source: Path, target: Path, made: str, missed: str) -> None:
    """Write that the stops of a route were visited at nine, and why those of another were not."""
    book = openpyxl.load_workbook(source)
    ids = set(town()[0].outlets["outlet_id"])
    for route, head, said in ((made, "came in", "09:00"), (missed, "Remark", "closed")):
        sheet = next(
            one for one in book.worksheets
            if any(f"/{route}/" in str(v) for row in one.iter_rows(values_only=True) for v in row)
        )  # fmt: skip
        cells = [cell for row in sheet.iter_rows() for cell in row]
        column = next(one.column for one in cells if str(one.value or "").startswith(head))
        for one in [one for one in cells if str(one.value) in ids]:
            sheet.cell(one.row, column).value = said
    book.save(target)


def test_a_sheet_is_kept_once_counted_on_the_card_and_handed_out(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A route was worked and another one was not, with a remark; the others say nothing."""
    # the sandbox has tests of its own and takes a second to start
    monkeypatch.setattr("geodata.sheet_kind.Sandbox", nullcontext)
    routes = service.plan.scenario.routes
    made, missed = (one for _, one in routes[routes["cell_id"] == 1].iloc[:2].iterrows())
    file = tmp_path / "filled.xlsx"
    filled(service.book, file, str(made["number"]), str(missed["number"]))
    stops = int(made["stops"] + missed["stops"])
    first = service.read(file, start=MONDAY)
    assert first.state is State.DONE
    undated = replace(first, result={k: v for k, v in first.result.items() if k != "kept"})
    assert "not known" in str(job_panel(undated, "en"))
    assert {one: first.result["kept"][one] for one in ("new", "changed", "same")} == {
        "new": stops, "changed": 0, "same": 0,
    }  # fmt: skip
    again = service.read(file, start=MONDAY)
    assert again.result["kept"]["same"] == stops
    for language in LANGUAGES:
        assert str(stops) in str(job_panel(again, language))
    days = [
        pd.Timestamp(MONDAY) + pd.Timedelta(weeks=one["week"] - 1, days=one["weekday"] - 1)
        for one in (made, missed)
    ]
    desk = service.desk(LI)
    found = cell_visits(desk, service.plan, 1)
    assert found is not None
    worked = int(made["stops"])
    assert (found.planned, found.made) == (stops, worked)
    assert (found.first, found.last) == (str(min(days).date()), str(max(days).date()))
    rates = {name: value for name, value, _ in found.values}
    assert rates["plan_rate"] == pytest.approx(worked / stops)
    assert rates["call_compliance"] == 1.0
    assert cell_visits(desk, service.plan, 2) is None
    chosen = Selection(page=Page.CARD, scenario=1, cell=1)
    assert f"{worked} of" in str(visits_panel(found, chosen, may_export=True))

    answer = browser_of(service.app, "vi").get(f"/download/{service.plan.scenario_id}/visits.csv")
    table = tmp_path / "visits.csv"
    table.write_bytes(answer.data)
    ids = service.plan.territory.outlets["outlet_id"]
    read = read_log_rows(table, ids, {}).frame.drop(columns="row")
    kept = visits_read(service.store.engine, LI, service.plan.territory.name, set(ids))
    pd.testing.assert_frame_equal(read, kept, check_dtype=False)


def test_who_has_another_cell_sees_none_of_the_visits(service: Service) -> None:
    """The table of a grid manager holds outlets of the own cell only."""
    manager = browser_of(service.app, "manager")
    answer = manager.get(f"/download/{service.plan.scenario_id}/visits.csv")
    assert answer.status_code == 200
    assert answer.data.decode("utf-8-sig").splitlines() == [
        "outlet,date,planned,route,seq,came,done"
    ]


def test_visits_without_a_day_are_not_kept() -> None:
    """A sheet names week and weekday; the day is known only with the first day of its cycle."""
    visit = VisitRecord("R01-1", "p1", {"came": 9 * 3600.0}, week=2, weekday=3, seq=1)
    left = VisitRecord("R01-1", "p2", {}, week=2, weekday=3, seq=2)
    later = VisitRecord("R01-1", "p3", {}, week=3, weekday=3, seq=1)
    sheets = FilledSheets((visit,), empty=2, sheets=1, left=(left, later))
    assert visit_log(sheets, None) is None
    found = visit_log(sheets, dt.date.fromisoformat(MONDAY))
    assert found is not None
    assert found[["outlet_id", "date", "done"]].values.tolist() == [
        ["p1", "2026-03-11", True],
        ["p2", "2026-03-11", False],
    ]
