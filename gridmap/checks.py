"""What an independent check of a finished plan found."""

from __future__ import annotations

from dataclasses import dataclass

from gridmap.errors import Fault


@dataclass(frozen=True)
class CheckResult:
    """Verdict of one named check.

    Attributes
    ----------
    name
        Name of the check, for example ``edges``; its heading stands in the catalogue as
        ``check.name.<name>``.
    ok
        Whether the rule holds.
    faults
        What breaks it; empty when it holds.
    """

    name: str
    ok: bool
    faults: tuple[Fault, ...] = ()

    def __post_init__(self) -> None:
        if self.ok == bool(self.faults):
            raise ValueError(f"Expected faults exactly when check {self.name!r} fails.")


def verdict(name: str, *faults: Fault) -> CheckResult:
    """Return the result of a check from the faults it found: none means it holds."""
    return CheckResult(name, not faults, faults)
