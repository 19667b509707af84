"""Tables that come in and jobs: who may, what is told, and what is left out of a list."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from grid_town import grid_scenario, grid_territory
from job_runs import run_waiting
from tables_in import FAULTS, china_scenario, china_town, csv_bytes, outlet_rows

from dashboards.access import Plans
from dashboards.api.workshop import Workshop, workshop_of
from dashboards.app import create_app, open_page
from dashboards.arrivals import Choice
from dashboards.components.job_list import no_worker
from dashboards.pages import Desk, data
from dashboards.queries_jobs import jobs_of
from dashboards.state import Page, Selection
from dashboards.tiles import Basemaps
from geodata import isolation, table_intake
from geodata.project_archive import territory_of
from geodata.tables import read_table
from gridmap.catalogue import text
from gridmap.errors import InputError, PermissionDenied
from gridmap.job_kinds import job_kinds
from gridmap.job_kinds import table_intake as new_intake
from gridmap.jobs.job import State
from gridmap.store.accounts import Grant
from gridmap.store.people import People
from gridmap.store.repository import Store
from gridmap.store.roles import Role
from gridmap.store.scope import Scope
from gridmap.store.states import states_of
from tests.dashboards.fixtures import plain_exports
from tests.dashboards.signed import browser_of, cookie, people_with

TOWN = "Grid Town"
HERE = frozenset({TOWN})
PLANNER = Scope(territories=HERE, role=Role.PLANNER, user="li")
VIEWER = Scope(territories=HERE, role=Role.VIEWER, user="watcher")
ELSEWHERE = Scope(territories=frozenset({"Elsewhere"}), role=Role.PLANNER, user="wang")


class InThisProcess:
    """Stands for the sandbox, which has tests of its own and takes a second to start."""

    def __enter__(self) -> InThisProcess:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def call(self, name: str, path: Path, /, *args: Any, **options: Any) -> object:
        with isolation.reading_by(None):
            read = read_table if name.endswith(":read_table") else territory_of
            return read(path, *args, **options)


class Service:
    """The service over two territories."""

    def __init__(self, folder: Path) -> None:
        self.files = folder / "files"
        self.store = Store(f"sqlite:///{(folder / 'plans.db').as_posix()}")
        self.plan = self.store.save(Scope.everything(), china_town(), china_scenario())
        other = grid_territory(name="Elsewhere")
        self.store.save(Scope.everything(), other, grid_scenario(other))
        self.work: Workshop = workshop_of(
            self.store.engine, job_kinds(), self.files, intake=new_intake(), example="Helsinki"
        )
        self.people: People = people_with(
            folder,
            li=Grant(Role.PLANNER, territories=HERE),
            wang=Grant(Role.PLANNER, territories=frozenset({"Elsewhere"})),
            watcher=Grant(Role.VIEWER, territories=HERE),
        )
        self.app = create_app(
            self.store, exports=plain_exports(), people=self.people, work=self.work
        )

    def desk(self, scope: Scope) -> Desk:
        return Desk(Plans(self.store), Basemaps(None), lambda: scope, work=self.work)

    def hand_in(self, client: FlaskClient, content: bytes, territory: str = TOWN) -> Any:
        return client.post(
            f"/data/tables?territory={territory}",
            data={"file": (io.BytesIO(content), "名单.csv")},
            headers={"X-CSRFToken": cookie(client, "gridmap_csrf")},
        )


@pytest.fixture(scope="module", autouse=True)
def _in_this_process() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table_intake, "Sandbox", InThisProcess)
        yield


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    return Service(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def li(service: Service) -> FlaskClient:
    return browser_of(service.app, "li")


def test_a_table_is_kept_under_a_name_that_says_nothing(service: Service, li: FlaskClient) -> None:
    told = service.hand_in(li, csv_bytes(outlet_rows())).get_json()
    assert told["name"] == "名单.csv"
    assert [one.name for one in (service.files / "inbox").iterdir()] == [told["file"]]
    assert len(told["file"]) == 44


@pytest.mark.parametrize(("name", "status"), [("watcher", 403), ("wang", 404)])
def test_viewers_and_foreigners_hand_nothing_in(service: Service, name: str, status: int) -> None:
    answer = service.hand_in(browser_of(service.app, name), b"id,lon,lat\n")
    assert answer.status_code == status


def test_a_table_is_for_its_sender_and_its_territory_only(
    service: Service, li: FlaskClient
) -> None:
    told = service.hand_in(li, csv_bytes(outlet_rows(faulty=True))).get_json()
    arrivals = service.work.arrivals
    assert arrivals is not None
    choice = Choice.of(TOWN, "outlets", told["file"], told["name"], {})
    _, seen = arrivals.look(PLANNER, choice)
    assert {one.row for one in seen.rows if one.weight == "out"} == set(FAULTS)
    colleague = Scope(territories=HERE, role=Role.PLANNER, user="zhao")
    with pytest.raises(InputError, match="hand it in first"):
        arrivals.look(colleague, choice)
    for scope in (VIEWER, ELSEWHERE):
        with pytest.raises(PermissionDenied):
            arrivals.look(scope, choice)
    for name in ("../plans.db", "0" * 40, "a.csv"):
        with pytest.raises(InputError):
            arrivals.look(PLANNER, Choice.of(TOWN, "outlets", name, "x", {}))


def test_the_faults_are_a_workbook_and_the_places_a_layer(
    service: Service, li: FlaskClient, tmp_path: Path
) -> None:
    told = service.hand_in(li, csv_bytes(outlet_rows(faulty=True))).get_json()
    query = f"territory={TOWN}&rows=outlets&name=a.csv&settings=%7B%7D&lang=zh"
    answer = li.get(f"/data/tables/{told['file']}/faults.xlsx?{query}")
    (tmp_path / "faults.xlsx").write_bytes(answer.data)
    with isolation.reading_by(None):
        book = read_table(tmp_path / "faults.xlsx", sheet=text("tables.report_rejected", "zh"))
    assert len(book) == len(FAULTS)
    layer = json.loads(li.get(f"/data/tables/{told['file']}/points.geojson?{query}").data)
    assert len(layer["features"]) == 25
    for name in ("wang", "watcher"):
        other = browser_of(service.app, name)
        refused = other.get(f"/data/tables/{told['file']}/faults.xlsx?{query}").status_code
        assert refused in {403, 404}


def test_columns_that_a_mended_table_lacks_are_let_go(service: Service, li: FlaskClient) -> None:
    told = service.hand_in(li, csv_bytes(outlet_rows())).get_json()
    given = {"columns": {"name": "没有这一列", "grade": "月销量", "weight": "月销量"}}
    choice = Choice.of(TOWN, "outlets", told["file"], told["name"], given)
    assert service.work.arrivals is not None
    choice, seen = service.work.arrivals.look(PLANNER, choice)
    assert choice.how["columns"] == {"grade": "月销量"}
    assert seen.faults == ()
    assert seen.mapping["name"] == "网点名称"


def test_an_import_becomes_the_newest_data(service: Service, li: FlaskClient) -> None:
    told = service.hand_in(li, csv_bytes(outlet_rows())).get_json()
    queue = service.work.queue
    asked = {"file": told["file"], "name": told["name"], "rows": "outlets", "settings": {}}
    job = queue.ask(PLANNER, "import", TOWN, asked)
    assert run_waiting(service.store, job_kinds(), service.files) == [job]
    assert queue.job(PLANNER, job).state is State.DONE
    newest, before = states_of(service.store.engine, PLANNER, TOWN)
    assert (newest.outlets, newest.plans, before.plans) == (30, 0, 1)
    assert states_of(service.store.engine, ELSEWHERE, TOWN) == []
    shown = str(data.layout(service.desk(PLANNER), Selection(Page.DATA)))
    assert TOWN in shown
    assert "Elsewhere" not in shown
    # a table of a colleague's inbox, or one that is gone, is said to be handed in first
    bad = queue.ask(PLANNER, "import", TOWN, {**asked, "file": "nothing.csv"})
    run_waiting(service.store, job_kinds(), service.files)
    (view,) = [one for one in jobs_of(queue, PLANNER, "en") if one.job_id == bad]
    assert "hand it in first" in view.faults[0]
    assert (view.may_retry, view.may_cancel) == (True, False)


def test_a_whole_project_is_planned_where_its_sender_may(service: Service, li: FlaskClient) -> None:
    toml = """[territory]\nname = "{}"\nboundary = "a.csv"\nstreets = "a.csv"
        [outlets]\nfile = "a.csv"\nown = {{ id = ["1"] }}\n[demand]\nfile = "a.csv\""""

    def send(territory: str) -> Any:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("project.toml", toml.format(territory))
            archive.writestr("a.csv", "id")
        return li.post(
            "/data/projects",
            data={"file": (io.BytesIO(packed.getvalue()), "ours.zip")},
            headers={"X-CSRFToken": cookie(li, "gridmap_csrf")},
        )

    taken = send(TOWN)
    assert taken.status_code == 200, taken.text
    job = service.work.queue.job(PLANNER, taken.get_json()["job_id"])
    assert (job.kind, job.territory, job.arguments["name"]) == ("project", TOWN, "ours.zip")
    service.work.queue.cancel(PLANNER, job.job_id)
    refused = send("Elsewhere")
    assert refused.status_code == 422
    assert "not among your territories" in refused.get_json()["faults"][0]["text"]


def test_a_list_of_jobs_ends_at_its_readers_reach(service: Service) -> None:
    queue = service.work.queue
    mine = queue.ask(VIEWER, "export", TOWN, {"scenario_id": service.plan})
    theirs = queue.ask(PLANNER, "score", TOWN, {"scenario_id": service.plan})
    foreign = queue.ask(ELSEWHERE, "score", "Elsewhere", {"scenario_id": 2})
    seen = {who: {one.job_id for one in jobs_of(queue, who, "zh")} for who in (VIEWER, PLANNER)}
    assert seen[VIEWER] == {mine}
    assert {mine, theirs} <= seen[PLANNER]
    assert foreign not in seen[PLANNER]
    # a planner cancels own jobs only, a regional manager all of the territory
    may = {one.job_id: one.may_cancel for one in jobs_of(queue, PLANNER, "en")}
    assert (may[theirs], may[mine]) == (True, False)
    boss = Scope(territories=HERE, role=Role.REGIONAL_MANAGER, user="chen")
    assert {one.job_id for one in jobs_of(queue, boss, "en") if one.may_cancel} == {mine, theirs}


def test_jobs_that_nobody_takes_say_how_to_start_a_worker(service: Service) -> None:
    queue = service.work.queue
    queue.ask(PLANNER, "score", TOWN, {"scenario_id": service.plan})
    waited = queue.idle_s()
    assert waited is not None
    assert 0.0 <= waited < 60.0
    assert "gridmap worker" in str(no_worker(60.0, "en"))
    assert "gridmap worker" not in str(no_worker(3.0, "en"))
    # another one waits behind the one that is taken: somebody is at work
    queue.ask(PLANNER, "score", TOWN, {"scenario_id": service.plan})
    assert queue.take("busy", lease_s=60.0) is not None
    assert queue.idle_s() is None
    assert "gridmap worker" not in str(no_worker(None, "en"))


@pytest.mark.parametrize(
    ("scope", "buttons"),
    [
        (Scope.everything(), ["Make the example", "Import my data"]),
        (PLANNER, ["Import my data"]),
        (VIEWER, []),
    ],
)
def test_the_empty_state_leads_on_those_who_may(
    service: Service, tmp_path: Path, scope: Scope, buttons: list[str]
) -> None:
    """The example is another territory: who is not granted it cannot make it."""
    store = Store(f"sqlite:///{(tmp_path / 'empty.db').as_posix()}")
    desk = Desk(Plans(store), Basemaps(None), lambda: scope, work=service.work)
    _, _, instead = open_page(desk, Selection())
    said = str(instead)
    assert [one for one in ("Make the example", "Import my data") if one in said] == buttons
    assert "gridmap demo" in said
