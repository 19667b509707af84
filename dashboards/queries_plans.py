"""Plans of all territories within reach, as the page of plans shows them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from dashboards.api.plan_routes import seen_versions
from dashboards.api.workshop import Workshop
from dashboards.drawings import drawn_figures, largest_deviation
from dashboards.pages import Desk
from gridmap.errors import PermissionDenied
from gridmap.store.challenges import Challenge, ChallengeState
from gridmap.store.plan_figures import PlanFigures, plan_figures
from gridmap.store.roles import Permission
from gridmap.store.scope import Scope
from gridmap.store.versions import Status, Version


class Act(StrEnum):
    """What can be done with a plan."""

    OPEN = "open"
    ROUTE = "route"
    SUBMIT = "submit"
    SEND_BACK = "send_back"
    PUBLISH = "publish"
    ARCHIVE = "archive"
    ROLL_BACK = "roll_back"


@dataclass(frozen=True)
class Rule:
    """What an act demands of the caller, and how far the plan has to be.

    `planned` says whether it must have routes for its present borders, or none; None = either.
    """

    permission: Permission
    statuses: frozenset[Status]
    planned: bool | None = None


RULES: Final[dict[Act, Rule]] = {
    Act.OPEN: Rule(Permission.EDIT, frozenset(Status)),
    Act.ROUTE: Rule(Permission.PLAN, frozenset({Status.DRAFT}), planned=False),
    Act.SUBMIT: Rule(Permission.EDIT, frozenset({Status.DRAFT})),
    Act.SEND_BACK: Rule(Permission.EDIT, frozenset({Status.IN_REVIEW})),
    Act.PUBLISH: Rule(Permission.PUBLISH, frozenset({Status.IN_REVIEW}), planned=True),
    Act.ARCHIVE: Rule(Permission.PUBLISH, frozenset({Status.PUBLISHED})),
    Act.ROLL_BACK: Rule(Permission.PUBLISH, frozenset({Status.ARCHIVED})),
}
_ORDER: Final = (Status.PUBLISHED, Status.IN_REVIEW, Status.DRAFT, Status.ARCHIVED)
#: Statuses in which a plan is not finished, and in which it can be challenged.
_IN_WORK: Final = (Status.DRAFT, Status.IN_REVIEW)
CHALLENGEABLE: Final = (Status.IN_REVIEW, Status.PUBLISHED)


@dataclass(frozen=True)
class PlanCard:
    """A plan in the list.

    Attributes
    ----------
    version
        Its row among the others.
    figures
        What it is compared by; None for readers who see some of the cells only.
    holds
        Whether it is the plan of its territory today.
    """

    version: Version
    figures: PlanFigures | None
    holds: bool

    @property
    def planned(self) -> bool:
        """Whether it has routes and scores for its present borders."""
        return self.version.planned == self.version.head


@dataclass(frozen=True)
class Shelf:
    """The plans of one territory, the one that holds today first."""

    territory: str
    cards: tuple[PlanCard, ...]


def acts_of(scope: Scope, one: Version) -> tuple[Act, ...]:
    """Return what the caller may do with a plan as far as it is."""
    return tuple(
        act
        for act, rule in RULES.items()
        if scope.may(rule.permission)
        and one.status in rule.statuses
        and rule.planned in (None, one.planned == one.head)
    )


def shelves(desk: Desk, work: Workshop, *, today: dt.date) -> list[Shelf]:
    """Return the plans that the caller sees, territory by territory."""
    scope = desk.scope()
    seen = [one for one in seen_versions(work.drafts, scope) if _reaches(work, scope, one)]
    return [
        Shelf(name, _cards(desk, work, [one for one in seen if one.territory_name == name], today))
        for name in sorted({one.territory_name for one in seen})
    ]


def challenges_of(
    work: Workshop, scope: Scope, one: Version
) -> tuple[list[Challenge], list[Challenge]]:
    """Return the open challenges of a plan and the answered ones."""
    found = work.challenges.of(scope, one.scenario_id)
    still = [each for each in found if each.state is ChallengeState.OPEN]
    return still, [each for each in found if each.state is not ChallengeState.OPEN]


def _reaches(work: Workshop, scope: Scope, one: Version) -> bool:
    """Return whether a plan has any cell of a caller who has some of the cells only."""
    if scope.cells is None:
        return True
    if one.planned != one.head:
        return False
    try:
        work.drafts.names(scope, one.scenario_id)
    except PermissionDenied:
        return False
    return True


def _cards(
    desk: Desk, work: Workshop, versions: Sequence[Version], today: dt.date
) -> tuple[PlanCard, ...]:
    scope = desk.scope()
    held = [one for one in versions if one.status is Status.PUBLISHED]
    now = [one for one in versions if one.holds(today)]
    reference = next(iter([*held, *now]), None)
    figures = plan_figures(work.engine, scope, versions, reference=reference)
    if scope.may(Permission.EDIT):
        figures |= {
            one.scenario_id: _drawn(desk, work, one, figures[one.scenario_id])
            for one in versions
            if one.status in _IN_WORK and one.planned != one.head and one.scenario_id in figures
        }
    # of several that cover the day, as after a publication for today, the latest holds
    holding = max(now, key=lambda one: (one.effective_from, one.scenario_id), default=None)
    cards = [PlanCard(one, figures.get(one.scenario_id), one is holding) for one in versions]
    return tuple(
        sorted(
            cards,
            key=lambda card: (
                not card.holds,
                _ORDER.index(card.version.status),
                -card.version.scenario_id,
            ),
        )
    )


def _drawn(desk: Desk, work: Workshop, one: Version, known: PlanFigures) -> PlanFigures:
    """Return the figures of a draft without routes, with what its cells alone tell."""
    found = drawn_figures(desk, work, one)
    worst = {name: largest_deviation(load) for name, load in found.loads.items()}
    return replace(known, deviation=worst, compactness=found.compactness)


def unbeaten(cards: Sequence[PlanCard]) -> frozenset[int]:
    """Return the plans that no other one equals or beats in all figures and beats in one.

    The figures are the largest deviation of the first workload, compactness, and the share that
    changes hands; plans that lack one of them do not compete.
    """
    costs: dict[int, tuple[float, float, float]] = {}
    for card in cards:
        found = card.figures
        if found is None or not found.deviation or None in (found.compactness, found.moved):
            continue
        worst = next(iter(found.deviation.values()))
        costs[card.version.scenario_id] = (worst, -(found.compactness or 0.0), found.moved or 0.0)

    def beaten(mine: tuple[float, float, float]) -> bool:
        return any(
            other != mine and all(a <= b for a, b in zip(other, mine, strict=True))
            for other in costs.values()
        )

    return frozenset(number for number, mine in costs.items() if not beaten(mine))
