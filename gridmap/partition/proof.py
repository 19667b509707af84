"""What is proven about the balance of every workload, and what follows for the loads allowed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from gridmap.partition.certificate import Certificate, bands, certify_after, certify_each
from gridmap.partition.objective import Bands, loads
from gridmap.partition.problem import Bools, Ints, PartitionProblem


@dataclass(frozen=True, eq=False)
class Proof:
    """The certificates of one problem.

    Attributes
    ----------
    problem
        The problem.
    tolerances
        Allowed deviation of each workload; None = not held.
    certificates
        What is proven about each workload.
    """

    problem: PartitionProblem
    tolerances: tuple[float | None, ...]
    certificates: tuple[Certificate, ...]

    @classmethod
    def of(cls, problem: PartitionProblem, tolerances: Sequence[float | None]) -> Proof:
        """Prove what can be proven before any search."""
        held = [np.inf if one is None else one for one in tolerances]
        return cls(problem, tuple(tolerances), certify_each(problem, held))

    def after(self, label: Ints) -> Proof:
        """Return what can be proven once a search has left cells outside their bands.

        `label` is the plan it ended with, in one piece a cell. Shape (n_units,).
        """
        outside = self.outside(label)
        found = [
            certificate
            if tolerance is None or not outside[:, place].any()
            else certify_after(self.alone(place), tolerance, certificate, label)
            for place, (tolerance, certificate) in enumerate(
                zip(self.tolerances, self.certificates, strict=True)
            )
        ]
        return replace(self, certificates=tuple(found))

    def outside(self, label: Ints) -> Bools:
        """Return which loads of a plan are outside the bands. Shape (n_cells, n_workloads)."""
        return self.bands.excess(self.problem, loads(self.problem, label)) > 1e-9

    @cached_property
    def bands(self) -> Bands:
        """Loads allowed: the tolerances, wider where a pocket is proven."""
        allowed = Bands.around_mean(self.problem, self.tolerances)
        for place, (tolerance, certificate) in enumerate(
            zip(self.tolerances, self.certificates, strict=True)
        ):
            if tolerance is not None and certificate.pockets:
                low, high = bands(self.alone(place), tolerance, certificate)
                allowed.low[:, place], allowed.high[:, place] = low, high
        return allowed

    def alone(self, place: int) -> PartitionProblem:
        """Return the problem with one of its workloads only."""
        return replace(self.problem, weights=self.problem.weights[:, [place]])
