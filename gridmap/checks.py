"""What a check of a finished plan found."""

from __future__ import annotations

from dataclasses import dataclass

from gridmap.errors import Fault


@dataclass(frozen=True)
class CheckResult:
    """One rule and whether the plan keeps it.

    Attributes
    ----------
    name
        Name of the rule, for example ``edges``.
    ok
        Whether it is kept.
    faults
        Where it is broken.
    """

    name: str
    ok: bool
    faults: tuple[Fault, ...] = ()
