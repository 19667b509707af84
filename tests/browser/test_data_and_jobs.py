"""A planner imports a table with faults, mends it and imports it; another job is cancelled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from job_runs import run_waiting
from selenium.webdriver.common.keys import Keys
from tables_in import FAULTS, china_scenario, china_town, csv_bytes, outlet_rows

from dashboards.api.workshop import Workshop, workshop_of
from dashboards.app import create_app
from dashboards.components import job_list
from gridmap.job_kinds import job_kinds, table_intake
from gridmap.jobs.job import State
from gridmap.store.accounts import Grant
from gridmap.store.repository import Store
from gridmap.store.roles import Role
from gridmap.store.scope import Scope
from gridmap.store.states import states_of
from tests.browser.acting import (
    asked_elsewhere,
    complaints,
    fill,
    is_shown,
    press,
    signed_in,
    text_of,
    wait_for,
)
from tests.dashboards.fixtures import plain_exports
from tests.dashboards.signed import PASSWORD, people_with
from tools.browser import DESKTOP, PHONE, chromium, requests_sent, served, settled

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

TOWN = "Grid Town"
REACH = frozenset({TOWN})
PLANNER = Scope(territories=REACH, role=Role.PLANNER, user="li")


@dataclass(frozen=True, eq=False)
class Service:
    """The service, and what is behind it."""

    address: str
    store: Store
    work: Workshop
    files: Path

    def run_jobs(self) -> None:
        """Do what waits, as a worker does."""
        run_waiting(self.store, job_kinds(), self.files)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("imports")
    store = Store(f"sqlite:///{(folder / 'plans.db').as_posix()}")
    store.save(Scope.everything(), china_town(), china_scenario())
    work = workshop_of(store.engine, job_kinds(), folder / "files", intake=table_intake())
    people = people_with(folder, li=Grant(Role.PLANNER, territories=REACH))
    app = create_app(store, exports=plain_exports(), people=people, work=work)
    with served(app.server) as where:
        yield Service(where, store, work, folder / "files")


def test_a_table_with_faults_is_mended_and_imported(service: Service, tmp_path: Path) -> None:
    bad, good = tmp_path / "名单.csv", tmp_path / "名单 改.csv"
    bad.write_bytes(csv_bytes(outlet_rows(faulty=True, datum="gcj02")))
    good.write_bytes(csv_bytes(outlet_rows(datum="gcj02")))
    with chromium(DESKTOP) as browser:
        signed_in(browser, service.address, "li", PASSWORD, "/data?lang=en")
        wait_for(browser, "return document.querySelector('.data-now') !== null")
        requests_sent(browser)

        # the table is in GBK and shifted: which datum it is in, the planner says
        fill(browser, ".file-drop input", str(bad))
        wait_for(browser, "return document.querySelector('select[data-setting=datum]') !== null")
        choice = "select[data-setting=datum] option[value=gcj02]"
        press(browser, choice)
        rows = "[...document.querySelectorAll('.data-fault-table tbody th')]"
        wait_for(browser, f"return {rows}.length === {len(FAULTS)}")
        listed = browser.execute_script(f"return {rows}.map(one => Number(one.innerText))")
        assert listed == sorted(FAULTS)
        told = text_of(browser, ".data-fault-table")
        assert "网点编码" in told
        assert "give each row an id of its own" in told
        settled(browser)
        drawn = "return document.querySelector('#data-map .plan-map-canvas') !== null"
        wait_for(browser, drawn)

        # the mended table comes in beside the faults, and what was chosen before still counts
        fill(browser, ".data-faults .file-drop input", str(good))
        wait_for(browser, "return document.querySelector('#data-import').innerText.includes('30')")
        chosen = "return document.querySelector('select[data-setting=datum]').value"
        assert browser.execute_script(chosen) == "gcj02"
        assert not is_shown(browser, ".data-fault-table")
        press(browser, "#data-import")
        wait_for(browser, "return document.querySelector('.job-queued') !== null")
        service.run_jobs()
        wait_for(browser, "return document.querySelector('#data-running .job-done') !== null")
        assert "30 row(s) taken over" in text_of(browser, "#data-running")
        wait_for(browser, "return document.querySelector('.data-now').innerText.includes('30 (')")
        assert asked_elsewhere(browser, service.address) == []
        newest = states_of(service.store.engine, PLANNER, TOWN)[0]
        assert (newest.outlets, newest.plans) == (30, 0)
        assert complaints(browser) == []


def test_a_job_is_started_cancelled_and_tried_again(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_list, "PATIENCE_S", 1.0)
    with chromium(PHONE) as phone:
        signed_in(phone, service.address, "li", PASSWORD, "/jobs?lang=en")
        # empty until the settings of the plan have come
        wait_for(phone, "return Boolean(document.querySelector('#jobs-state')?.value)")
        wide = phone.execute_script("return document.documentElement.scrollWidth")
        assert wide <= phone.execute_script("return window.innerWidth"), "scrolls sideways"
        fill(phone, "#jobs-seed", Keys.CONTROL, "a")
        fill(phone, "#jobs-seed", "41")
        # by the keyboard
        fill(phone, "#jobs-start", Keys.ENTER)
        wait_for(phone, "return document.querySelector('.job-queued') !== null")
        job = service.work.queue.jobs(PLANNER)[0]
        assert (job.kind, job.arguments["seed"]) == ("plan", 41)
        newest = states_of(service.store.engine, PLANNER, TOWN)[0].territory_hash
        # none is named where the plan has the newest data already: before the import above
        assert job.arguments.get("territory_hash", newest) == newest
        # nobody takes it: after some seconds the page says how to start a worker
        wait_for(phone, "return document.querySelector('.no-worker') !== null")
        press(phone, f"[data-cancel='{job.job_id}']")
        wait_for(phone, "return document.querySelector('.job-cancelled') !== null")
        assert service.work.queue.job(PLANNER, job.job_id).state is State.CANCELLED
        press(phone, f"[data-retry='{job.job_id}']")
        wait_for(phone, "return document.querySelector('.job-queued') !== null")
        again = service.work.queue.jobs(PLANNER)[0]
        assert (again.job_id, again.arguments) == (job.job_id + 1, job.arguments)
        service.work.queue.cancel(PLANNER, again.job_id)
        assert complaints(phone) == []
