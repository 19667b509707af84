"""What a person is told about the balance that was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gridmap.errors import Fault, fault, some_ids
from gridmap.partition.cures import cures, said
from gridmap.partition.partition import Balance
from gridmap.partition.proof import Proof

#: Pockets whose cures are looked for; each cure is tried before it is offered.
MOST_CURED = 3


@dataclass(frozen=True, eq=False)
class Verdict:
    """What a person is told about the balance.

    Attributes
    ----------
    proof
        What is proven.
    workloads
        Name of each workload.
    outlet_ids
        Own outlet of each cell.
    """

    proof: Proof
    workloads: tuple[str, ...]
    outlet_ids: tuple[str, ...]

    def unattainable(self) -> list[Fault]:
        """Say which tolerances are out of reach, at which outlets and units, and what helps."""
        return [
            one
            for place, certificate in enumerate(self.proof.certificates)
            if certificate.bound > 0.0
            for one in (self._proof(place), *self._cures(place))
        ]

    def not_reached(self, balances: Sequence[Balance]) -> list[Fault]:
        """Say honestly where a search fell short of what is not proven impossible."""
        faults = []
        for place, balance in enumerate(balances):
            pockets = {one.cell for one in self.proof.certificates[place].pockets}
            outside = np.abs(balance.deviation) > (balance.tolerance or np.inf) + 1e-12
            # What is proven about a pocket counts in its favour, but only so far.
            slack = 1e-9 * max(balance.target, 1.0)
            outside &= (balance.load < self.proof.bands.low[:, place] - slack) | (
                balance.load > self.proof.bands.high[:, place] + slack
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
            for name, certificate in zip(self.workloads, self.proof.certificates, strict=True)
            if certificate.pockets
        }

    def _proof(self, place: int) -> Fault:
        certificate = self.proof.certificates[place]
        values = {
            "workload": self.workloads[place],
            "tolerance": _percent(self.proof.tolerances[place] or 0.0),
            "bound": _percent(certificate.bound),
            "ids": some_ids(self.outlet_ids[one.cell] for one in certificate.pockets),
        }
        necks = sorted({unit for one in certificate.pockets for unit in one.necks})
        if necks:
            return fault("partition.unattainable_necks", units=some_ids(necks), **values)
        return fault("partition.unattainable", **values)

    def _cures(self, place: int) -> list[Fault]:
        found = cures(
            self.proof.alone(place),
            self.proof.tolerances[place] or 0.0,
            self.proof.certificates[place],
            most_pockets=MOST_CURED,
        )
        return [said(one, self.outlet_ids) for _, offered in found for one in offered]


def _percent(share: float) -> str:
    return f"{100.0 * share:.1f} %"
