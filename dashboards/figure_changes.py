"""The figures of the cells in two months of a plan, or in two plans on one set of borders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, get_args
from urllib.parse import urlencode

from dashboards.api.workshop import Workshop
from dashboards.drawings import shown_version
from dashboards.pages import Desk
from gridmap.errors import InputError, PermissionDenied, fault
from gridmap.export.plan_changes import (
    Borders,
    Comparison,
    compare_months_of,
    compare_scenarios,
    market_months,
)

Kind = Literal["months", "plans"]
#: Codes of touched cells that are taken.
_MOST_TOUCHED = 10_000


@dataclass(frozen=True)
class FiguresWish:
    """What is compared: months of one plan, or two plans on the borders of one of them.

    `touched` holds the codes of the cells in which something was done.
    """

    kind: Kind = "months"
    before: str = ""
    after: str = ""
    borders: Borders = "same"
    touched: tuple[str, ...] = ()

    @classmethod
    def of(cls, sent: Mapping[str, Any]) -> FiguresWish:
        """Read what a browser sent; what is no choice is the first one."""
        touched = sent.get("touched") or ()
        if isinstance(touched, str):
            touched = [one for one in touched.split(",") if one]
        return cls(
            kind=next((one for one in get_args(Kind) if one == sent.get("kind")), "months"),
            before=str(sent.get("before") or "")[:40],
            after=str(sent.get("after") or "")[:40],
            borders=next((one for one in get_args(Borders) if one == sent.get("borders")), "same"),
            touched=tuple(str(one) for one in touched[:_MOST_TOUCHED]),
        )

    def plain(self) -> dict[str, Any]:
        """Return it as `of` reads it."""
        return asdict(self)

    def query(self) -> str:
        """Return it as part of an address."""
        return urlencode({**asdict(self), "touched": ",".join(self.touched)})


def months_of(desk: Desk, scenario_id: int) -> list[str]:
    """Return the months of which a plan has market figures."""
    return market_months(desk.plans.plan(desk.scope(), scenario_id).territory.market)


def compare_figures(
    desk: Desk, work: Workshop, scenario_id: int, other: int | None, wish: FiguresWish
) -> Comparison:
    """Return what changed in the cells of a plan; of two plans `other` is the one before.

    Raises
    ------
    InputError
        If no other plan is chosen, months or cells are unknown, or nothing can be compared.
    StoreError, PermissionDenied
        If the caller does not see one of the plans, or has some of the cells only.
    """
    scope = desk.scope()
    shown_version(desk, work, scenario_id)
    if scope.cells is not None:
        raise PermissionDenied(fault("plans.compare.some_cells"))
    new = desk.plans.plan(scope, scenario_id)
    if wish.kind == "months":
        key: tuple[object, ...] = ("months", wish)
        return new.once(
            key,
            lambda: compare_months_of(
                new.territory, new.scenario, wish.before, wish.after, touched=wish.touched
            ),
        )
    if other is None or other == scenario_id:
        raise InputError(fault("changes.fault.no_other"))
    before = shown_version(desk, work, other)
    if before.territory_name != new.territory.name:
        raise InputError(fault("changes.fault.no_other"))
    old = desk.plans.plan(scope, other)

    def made() -> Comparison:
        return compare_scenarios(
            (old.territory, old.scenario),
            (new.territory, new.scenario),
            on=wish.borders,
            touched=wish.touched,
            span=(str(other), str(scenario_id)),
        )

    return new.once(("figures", other, before.head, id(old), wish), made)


def named_sides(found: Comparison, old: str, new: str) -> Comparison:
    """Return a comparison of two plans that calls them by other names; months keep theirs."""
    return found if found.borders == "plan" else replace(found, before=old, after=new)
