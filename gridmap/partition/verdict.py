"""What is proven about the balance that was asked for, what follows for the loads, what is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from gridmap.errors import Fault, fault, some_ids
from gridmap.partition.certificate import Certificate, bands, certify_after, certify_each
from gridmap.partition.cures import cures, said
from gridmap.partition.objective import Bands, loads
from gridmap.partition.partition import Balance
from gridmap.partition.problem import Ints, PartitionProblem

#: Pockets whose cures are looked for; each cure is tried before it is offered.
MOST_CURED = 3


@dataclass(frozen=True, eq=False)
class Verdict:
    """The proofs of one problem.

    Attributes
    ----------
    problem
        The problem.
    workloads, tolerances
        Name and allowed deviation of each workload; None = only reported.
    outlet_ids
        Own outlet of each cell.
    certificates
        What is proven about each workload.
    """

    problem: PartitionProblem
    workloads: tuple[str, ...]
    tolerances: tuple[float | None, ...]
    outlet_ids: tuple[str, ...]
    certificates: tuple[Certificate, ...]

    @classmethod
    def of(
        cls,
        problem: PartitionProblem,
        workloads: Sequence[str],
        tolerances: Sequence[float | None],
        outlet_ids: Sequence[str],
    ) -> Verdict:
        """Prove what can be proven before any search."""
        held = [np.inf if one is None else one for one in tolerances]
        return cls(
            problem,
            tuple(workloads),
            tuple(tolerances),
            tuple(outlet_ids),
            certify_each(problem, held),
        )

    def after(self, label: Ints) -> Verdict:
        """Return what can be proven once a search has left cells outside their bands."""
        load = loads(self.problem, label)
        found = []
        for place, (tolerance, certificate) in enumerate(
            zip(self.tolerances, self.certificates, strict=True)
        ):
            low, high = self.bands.low[:, place], self.bands.high[:, place]
            kept = ((load[:, place] >= low) & (load[:, place] <= high)).all()
            if tolerance is None or kept:
                found.append(certificate)
            else:
                found.append(certify_after(self._alone(place), tolerance, certificate, label))
        return replace(self, certificates=tuple(found))

    @cached_property
    def bands(self) -> Bands:
        """Loads allowed: the tolerances, wider where a pocket is proven."""
        allowed = Bands.around_mean(self.problem, self.tolerances)
        for place, (tolerance, certificate) in enumerate(
            zip(self.tolerances, self.certificates, strict=True)
        ):
            if tolerance is not None and certificate.pockets:
                low, high = bands(self._alone(place), tolerance, certificate)
                allowed.low[:, place], allowed.high[:, place] = low, high
        return allowed

    def unattainable(self) -> list[Fault]:
        """Say which tolerances are out of reach, at which outlets and units, and what helps."""
        return [
            one
            for place, certificate in enumerate(self.certificates)
            if certificate.bound > 0.0
            for one in (self._proof(place), *self._cures(place))
        ]

    def not_reached(self, balances: Sequence[Balance]) -> list[Fault]:
        """Say honestly where a search fell short of what is not proven impossible."""
        faults = []
        for place, balance in enumerate(balances):
            pockets = {one.cell for one in self.certificates[place].pockets}
            outside = np.abs(balance.deviation) > (balance.tolerance or np.inf) + 1e-12
            # What is proven about a pocket counts in its favour, but only so far.
            slack = 1e-9 * max(balance.target, 1.0)
            outside &= (balance.load < self.bands.low[:, place] - slack) | (
                balance.load > self.bands.high[:, place] + slack
            )
            missed = np.flatnonzero(outside).tolist()
            if missed:
                listed = [cell for cell in missed if cell not in pockets] or missed
                faults.append(
                    fault(
                        "partition.not_reached",
                        workload=balance.workload,
                        tolerance=_percent(balance.tolerance or 0.0),
                        worst=_percent(balance.worst_deviation),
                        cells=some_ids(
                            f"{self.outlet_ids[cell]} ({balance.deviation[cell]:+.1%})"
                            for cell in listed
                        ),
                    )
                )
        return faults

    def pockets(self) -> dict[str, dict[str, dict[str, object]]]:
        """Return the pockets by workload and outlet as plain values."""
        return {
            name: {
                self.outlet_ids[one.cell]: {
                    "load_share": round(one.load_share, 6),
                    "necks": list(one.necks),
                }
                for one in certificate.pockets
            }
            for name, certificate in zip(self.workloads, self.certificates, strict=True)
            if certificate.pockets
        }

    def _alone(self, place: int) -> PartitionProblem:
        return replace(self.problem, weights=self.problem.weights[:, [place]])

    def _proof(self, place: int) -> Fault:
        certificate = self.certificates[place]
        values = {
            "workload": self.workloads[place],
            "tolerance": _percent(self.tolerances[place] or 0.0),
            "bound": _percent(certificate.bound),
            "ids": some_ids(self.outlet_ids[one.cell] for one in certificate.pockets),
        }
        necks = sorted({unit for one in certificate.pockets for unit in one.necks})
        if necks:
            return fault("partition.unattainable_necks", units=some_ids(necks), **values)
        return fault("partition.unattainable", **values)

    def _cures(self, place: int) -> list[Fault]:
        found = cures(
            self._alone(place),
            self.tolerances[place] or 0.0,
            self.certificates[place],
            most_pockets=MOST_CURED,
        )
        return [said(one, self.outlet_ids) for _, offered in found for one in offered]


def _percent(share: float) -> str:
    return f"{100.0 * share:.1f} %"
