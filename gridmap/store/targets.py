"""Targets of a territory split over its cells, so that the parts add up to the whole exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

import sqlalchemy as sa

from gridmap.errors import InputError, fault
from gridmap.store.audit import record
from gridmap.store.cell_tables import target
from gridmap.store.engine import reading, saving
from gridmap.store.roles import Permission
from gridmap.store.rows import now
from gridmap.store.scope import Scope


def split(steps: int, weights: Sequence[float]) -> list[int]:
    """Divide whole steps in proportion to weights by the largest remainder.

    Every part is its exact share rounded down or up, and the parts add up to the whole. Of equal
    remainders the earlier part gets the step. Shares are exact fractions of the given numbers.

    Parameters
    ----------
    steps
        What is divided; may be negative.
    weights
        Not negative, and not all zero. Shape (n,).

    Returns
    -------
    list of int
        The parts. Shape (n,).

    Raises
    ------
    ValueError
        If a weight is negative or none is positive.

    References
    ----------
    Hamilton's method: Balinski, Young (2001), Fair Representation, ch. 3.
    """
    exact = [Fraction(one) for one in weights]
    total = sum(exact)
    if total <= 0 or min(exact) < 0:
        raise ValueError("Expected weights that are not negative and not all zero.")
    shares = [steps * one / total for one in exact]
    parts = [int(share // 1) for share in shares]
    by_rest = sorted(range(len(parts)), key=lambda at: (parts[at] - shares[at], at))
    for at in by_rest[: steps - sum(parts)]:
        parts[at] += 1
    return parts


class Targets:
    """Targets per cell and period in a database.

    Parameters
    ----------
    engine
        The database of a `Store`.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def divide(
        self,
        scope: Scope,
        territory_name: str,
        metric: str,
        period: str,
        *,
        total: Decimal,
        weights: Mapping[str, float],
        decimals: int = 0,
    ) -> dict[str, Decimal]:
        """Set the targets of all cells for a period; former ones of it are replaced.

        Parameters
        ----------
        scope
            Who does it.
        territory_name, metric, period
            What for, such as ``additions`` in ``2026-07``.
        total
            What the parts add up to.
        weights
            Weight of each cell, by its centre outlet.
        decimals
            Digits after the point of each part.

        Returns
        -------
        dict
            The target of each cell.

        Raises
        ------
        InputError
            If the total has more digits than the parts, or the weights cannot be used.
        PermissionDenied
            If the caller may not plan in this territory.
        """
        scope.demand(territory_name, Permission.PLAN)
        scaled = total.scaleb(decimals)
        if scaled != scaled.to_integral_value():
            raise InputError(fault("drafts.target.digits", total, decimals=decimals))
        try:
            parts = split(int(scaled), list(weights.values()))
        except (ValueError, OverflowError) as error:
            raise InputError(fault("drafts.target.weights", metric)) from error
        key = {"territory_name": territory_name, "metric": metric, "period": period}
        with saving(self._engine, scope) as connection:
            connection.execute(
                sa.delete(target).where(*(target.c[name] == one for name, one in key.items()))
            )
            connection.execute(
                sa.insert(target),
                [
                    {
                        **key,
                        "centre_outlet_id": cell,
                        "steps": steps,
                        "decimals": decimals,
                        "author": scope.user,
                        "made": now(),
                    }
                    for cell, steps in zip(weights, parts, strict=True)
                ],
            )
            record(
                connection, scope, "targets_set", f"territory/{territory_name}",
                metric=metric, period=period, total=str(total), cells=len(parts),
            )  # fmt: skip
        return {
            cell: Decimal(steps).scaleb(-decimals)
            for cell, steps in zip(weights, parts, strict=True)
        }

    def of(self, scope: Scope, territory_name: str, metric: str, period: str) -> dict[str, Decimal]:
        """Return the target of each cell within the scope, by its centre outlet.

        Raises
        ------
        PermissionDenied
            If the caller may not read the territory.
        """
        scope.demand(territory_name)
        query = sa.select(target.c.centre_outlet_id, target.c.steps, target.c.decimals).where(
            target.c.territory_name == territory_name,
            target.c.metric == metric,
            target.c.period == period,
        )
        with reading(self._engine, scope) as connection:
            rows = connection.execute(query.order_by(target.c.centre_outlet_id)).all()
        return {
            cell: Decimal(steps).scaleb(-decimals)
            for cell, steps, decimals in rows
            if scope.cells is None or cell in scope.cells
        }
