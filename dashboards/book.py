"""The pages of the dashboard, in the order of the header, and which of them a reader has."""

from __future__ import annotations

from typing import Final

from dash import Dash

from dashboards.pages import (
    Desk,
    DeskPage,
    PlanPage,
    account,
    cell_card,
    cells,
    data,
    editor,
    handbook,
    jobs,
    people,
    routes,
    scenarios,
)
from dashboards.state import Page

#: Pages that show one plan; all who may read a plan have them.
OF_A_PLAN: Final[dict[Page, PlanPage]] = {
    Page.CELLS: cells,
    Page.CARD: cell_card,
    Page.ROUTES: routes,
}
#: Pages that work on more than one plan, or are there before the first one.
OF_THE_DESK: Final[dict[Page, DeskPage]] = {
    Page.EDITOR: editor,
    Page.SCENARIOS: scenarios,
    Page.DATA: data,
    Page.JOBS: jobs,
    Page.PEOPLE: people,
    Page.HELP: handbook,
    Page.ACCOUNT: account,
}
#: Pages that go on by themselves: only another plan or language makes them anew.
LASTING: Final = frozenset({Page.EDITOR})


def pages_of(desk: Desk) -> list[Page]:
    """Return the pages that the caller of the current request has."""
    scope = desk.scope()

    def has(page: Page) -> bool:
        if page in OF_A_PLAN:
            return True
        kind = OF_THE_DESK.get(page)
        return kind is not None and kind.is_here(desk) and scope.may(kind.DEMANDS)

    return [page for page in Page if has(page)]


def register_pages(app: Dash, desk: Desk) -> None:
    """Wire all pages: whether a caller has one is asked in each callback, not here."""
    for page in OF_A_PLAN.values():
        page.register(app, desk)
    for kind in OF_THE_DESK.values():
        if kind.is_here(desk):
            kind.register(app, desk)
