"""What in a region needs somebody's hand today: vacancies, gaps in the work, open challenges."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from dashboards.access import Plan
from dashboards.pages import Desk
from dashboards.queries import overloaded
from dashboards.state import Page
from gridmap.errors import GridmapError
from gridmap.store.challenges import ChallengeState
from gridmap.store.roles import Permission
from gridmap.store.versions import Status

#: A cell of so much blind demand, as a share of its own, is told of.
BLIND_SHARE: Final = 0.2
#: Cells that are named of each alert.
NAMED: Final = 6


@dataclass(frozen=True)
class Alert:
    """One kind of thing to look after.

    Attributes
    ----------
    key
        Of the catalogue, below ``overview.alert``.
    count
        How many there are.
    cells
        Number and code of the cells, those with most first.
    page
        Where it is mended.
    term
        Word of the help that explains it; "" for none.
    """

    key: str
    count: int
    cells: tuple[tuple[int, str], ...]
    page: Page
    term: str = ""


def alerts(desk: Desk, plan: Plan, day: dt.date) -> list[Alert]:
    """Return what is to be looked after on a day; what is in order is left out."""
    makers: tuple[Callable[[], Alert], ...] = (
        lambda: _vacancies(desk, plan, day),
        lambda: _unmanaged(plan),
        lambda: _blind(plan),
        lambda: _overloaded(plan),
        lambda: _challenges(desk, plan),
    )
    return [one for one in (make() for make in makers) if one.count]


def _vacancies(desk: Desk, plan: Plan, day: dt.date) -> Alert:
    """Cells that the plan gives to nobody and that nobody was made answerable for."""
    table = plan.scenario.cells
    named = table["manager"].astype(str).str.len().gt(0).to_numpy()
    held: set[str] = set()
    if desk.work is not None:
        try:
            held = set(desk.work.assignments.on(desk.scope(), plan.territory.name, day))
        except GridmapError:
            held = set()
    vacant = ~named & ~table["centre_outlet_id"].isin(held).to_numpy()
    cells = _coded(plan, table["cell_id"][vacant])
    page = Page.SCENARIOS if _hands_over(desk, plan) else Page.CARD
    return Alert("vacancy", int(vacant.sum()), cells, page, "vacancy")


def _hands_over(desk: Desk, plan: Plan) -> bool:
    """Return whether the caller finds the form that hands over the cells of this plan."""
    scope = desk.scope()
    if desk.work is None or not scope.may(Permission.EDIT):
        return False
    try:
        return desk.work.drafts.version(scope, plan.scenario_id).status is Status.PUBLISHED
    except GridmapError:
        return False


def _unmanaged(plan: Plan) -> Alert:
    """Partner outlets that stand on no route."""
    table = plan.territory.outlets
    left = (table["ownership"] == "partner").to_numpy() & ~table["visited"].to_numpy(bool)
    number = plan.scenario.cells["cell_id"].to_numpy()[plan.cell_of_outlet[left]]
    cells = _most(plan, number.tolist())
    return Alert("unmanaged", int(left.sum()), cells, Page.CARD, "managed_partner")


def _blind(plan: Plan) -> Alert:
    """Cells of whose demand a fifth or more lies in blind zones."""
    lost: dict[int, float] = {}
    for zone in plan.zones:
        lost[zone.cell_id] = lost.get(zone.cell_id, 0.0) + zone.share_of_cell
    found = sorted(
        (cell for cell, part in lost.items() if part >= BLIND_SHARE),
        key=lambda cell: (-lost[cell], cell),
    )
    return Alert("blind", len(found), _coded(plan, found), Page.CARD, "blind_zone")


def _overloaded(plan: Plan) -> Alert:
    """Cells in which a day of a manager is longer than the policy allows."""
    codes = overloaded(plan)
    table = plan.scenario.cells
    cells = _coded(plan, table["cell_id"][table["code"].isin(codes)])
    return Alert("overloaded", len(codes), cells, Page.ROUTES)


def _challenges(desk: Desk, plan: Plan) -> Alert:
    """Challenges of this plan that nobody has answered."""
    if desk.work is None:
        return Alert("challenge", 0, (), Page.SCENARIOS)
    try:
        found = desk.work.challenges.of(desk.scope(), plan.scenario_id, state=ChallengeState.OPEN)
    except GridmapError:
        found = []
    cells = _most(plan, [one.cell_id for one in found])
    return Alert("challenge", len(found), cells, Page.SCENARIOS, "challenge")


def _coded(plan: Plan, numbers: Iterable[int]) -> tuple[tuple[int, str], ...]:
    table = plan.scenario.cells
    code = dict(zip(table["cell_id"].to_numpy(np.int64).tolist(), table["code"], strict=True))
    return tuple((int(one), str(code[int(one)])) for one in numbers if int(one) in code)


def _most(plan: Plan, numbers: Iterable[int]) -> tuple[tuple[int, str], ...]:
    counted = Counter(int(one) for one in numbers)
    return _coded(
        plan, (cell for cell, _ in sorted(counted.items(), key=lambda one: (-one[1], one)))
    )
