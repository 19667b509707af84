"""The figures of cells before and after: two months and two plans, on the page and as a file."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from month_town import COLUMN, COVERED, COVERED_OLD_NEW, MONTHS, OLD_LABEL, at_hand

from dashboards.pages import scenarios
from dashboards.state import Page, Selection
from gridmap.store.accounts import Grant
from gridmap.store.roles import Role
from gridmap.store.scope import Scope
from tests.dashboards.signed import browser_of, cookie, question
from tests.dashboards.working import Working, working

TOWN = frozenset({"Grid Town"})
GRANTS = {
    "viewer": Grant(Role.VIEWER, territories=TOWN),
    "manager": Grant(Role.GRID_MANAGER, territories=TOWN, cells=frozenset({"o0"})),
    "far": Grant(Role.ADMIN, territories=frozenset({"Elsewhere"})),
}


@dataclass(frozen=True)
class Compared:
    """A service with two plans of two cells with market figures, the new one better covered."""

    service: Working
    app: Any
    old: int
    new: int

    def told(self, name: str, wanted: str, *, other: int | None = None, **values: Any) -> Any:
        """What a callback of the panel answers somebody who looks at the new plan."""
        output = next(one for one in self.app.callback_map if wanted in one)
        chosen = Selection(page=Page.SCENARIOS, scenario=self.new, other=other)
        sent = {"app-selection.data": chosen.data(), "plans-shown.data": self.new, **values}
        browser = browser_of(self.app, name)
        return browser.post(
            "/_dash-update-component",
            json=question(self.app, output, sent),
            headers={"X-CSRFToken": cookie(browser, "gridmap_csrf")},
        )


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Compared:
    folder: Path = tmp_path_factory.mktemp("figures")
    service = working(folder, **GRANTS)
    halves = OLD_LABEL // 2
    made = [
        service.store.save(Scope.everything(), *at_hand(halves, np.array(one)[COLUMN]))
        for one in COVERED_OLD_NEW
    ]
    return Compared(service, service.app(), *made)


PRESSED = {"figures-asked.data": {"name": "figures-go", "at": 1}}
TWO_MONTHS = {
    "figures-kind.value": "months",
    "figures-before.value": MONTHS[0],
    "figures-after.value": MONTHS[1],
}


def test_two_months_are_compared_with_what_they_cannot_tell(compared: Compared) -> None:
    """Ours are 60 of 100 in the two western columns of the four of C01, and were 40."""
    asked = {**PRESSED, **TWO_MONTHS, "figures-touched.value": ["C01"]}
    answer = compared.told("viewer", "figures-told", **asked).get_json()["response"]
    said = str(answer["figures-told"])
    assert "too few cells to tell it from chance" in said
    assert "Market figures are counts and have no bands" in said
    assert not answer["figures-found"]["hidden"]
    assert answer["figures-metric"]["value"] == "share"
    seen = {"figures-seen.data": answer["figures-seen"]["data"], "figures-metric.value": "share"}
    drawn = compared.told("viewer", "figures-chart", **seen).get_json()["response"]
    after = drawn["figures-chart"]["figure"]["data"][2]
    points = dict(zip(after["y"], after["x"], strict=True))
    assert points["C02"] == pytest.approx(0.4)
    assert points["C01"] == pytest.approx((0.6 + 0.6 + 0.4 + 0.4) / 4)
    assert "C01 \\u25a0" in str(drawn["figures-rows"]) or "C01 ■" in str(drawn["figures-rows"])


def test_two_plans_are_compared_on_the_borders_of_one(compared: Compared) -> None:
    asked = {**PRESSED, "figures-kind.value": "plans", "figures-borders.value": "same"}
    alone = compared.told("viewer", "figures-told", **asked).get_json()["response"]
    assert "choose above another plan" in str(alone["figures-told"])
    assert alone["figures-found"]["hidden"]
    both = compared.told("viewer", "figures-told", other=compared.old, **asked)
    answer = both.get_json()["response"]
    assert f"Plan {compared.old}" in str(answer["figures-told"])
    named = [one["value"] for one in answer["figures-metric"]["data"]]
    assert {"position_score", COVERED} <= set(named)


def test_wrong_months_and_cells_are_told(compared: Compared) -> None:
    turned = {"figures-before.value": MONTHS[1], "figures-after.value": MONTHS[0]}
    said = compared.told("viewer", "figures-told", **PRESSED, **TWO_MONTHS | turned).text
    assert "before must be earlier than after" in said
    unknown = {"figures-touched.value": ["X9"]}
    said = compared.told("viewer", "figures-told", **PRESSED, **TWO_MONTHS, **unknown).text
    assert "C01, C02" in said


def test_the_file_holds_all_figures_for_those_who_see_all_cells(compared: Compared) -> None:
    query = f"kind=months&before={MONTHS[0]}&after={MONTHS[1]}&touched=C01&lang=zh"
    address = f"/download/{compared.new}/with/{compared.new}/figures.xlsx?{query}"
    answer = browser_of(compared.app, "viewer").get(address)
    book = openpyxl.load_workbook(BytesIO(answer.data))
    assert len(book.sheetnames) == 3
    assert {row[0] for row in book.worksheets[0].iter_rows(min_row=2, values_only=True)} == {
        "C01", "C02",
    }  # fmt: skip
    for name in ("manager", "far"):
        refused = browser_of(compared.app, name).get(address)
        assert refused.status_code in (403, 404)
        assert b"C02" not in refused.data


def test_who_sees_some_cells_has_no_panel(compared: Compared) -> None:
    some = Scope(TOWN, frozenset({"o0"}), Role.GRID_MANAGER, "manager")
    chosen = Selection(page=Page.SCENARIOS, scenario=compared.new)
    shown = str(scenarios.body(compared.service.desk(some), chosen))
    assert MONTHS[0] not in shown and "C02" not in shown
    assert MONTHS[0] in str(scenarios.body(compared.service.desk(), chosen))
    answer = compared.told("manager", "figures-told", **PRESSED, **TWO_MONTHS)
    assert "C02" not in answer.text
