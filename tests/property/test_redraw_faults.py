"""Faults put into the engine on purpose: the stateful test finds each of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from redraw_machine import RedrawMachine

from gridmap.errors import fault
from gridmap.partition import change, edit, edit_split, halving, ledger, rules, trial

QUICK = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)
Patch = Callable[[pytest.MonkeyPatch], None]


def always_whole(patch: pytest.MonkeyPatch) -> None:
    """Nobody asks whether cells stay in one piece."""
    patch.setattr(trial, "stays_whole", lambda *_: True)
    patch.setattr(rules, "stays_whole", lambda *_: True)


def overcautious(patch: pytest.MonkeyPatch) -> None:
    """What moves more than two units is refused, broken or not."""
    right = rules.check

    def wrong(plan: Any, given: Any, after: Any) -> Any:
        return right(plan, given, after) or [fault("redraw.nothing_to_do")] * (
            len(given.labels) > 2
        )

    patch.setattr(edit, "check", wrong)


def centres_wander(patch: pytest.MonkeyPatch) -> None:
    """The unit of an own outlet may leave its cell."""
    patch.setattr(rules, "centres_kept", lambda *_: [])
    patch.setattr(rules, "stays_whole", lambda *_: True)


def locks_ignored(patch: pytest.MonkeyPatch) -> None:
    """Locked cells and units move like all others."""
    patch.setattr(rules, "locks_kept", lambda *_: [])


def load_forgotten(patch: pytest.MonkeyPatch) -> None:
    """Loads stay what they were."""
    patch.setattr(
        ledger.Ledger,
        "_book",
        _around(ledger.Ledger._book, "_load"),
    )


def travel_forgotten(patch: pytest.MonkeyPatch) -> None:
    """The travel of cells stays what it was."""
    patch.setattr(ledger.Ledger, "_book", _around(ledger.Ledger._book, "_travel"))


def border_sign(patch: pytest.MonkeyPatch) -> None:
    """Borders shrink where they grow."""
    right = ledger.relabel

    def wrong(*given: Any) -> Any:
        key, nm, links = right(*given)
        return key, -nm, links

    patch.setattr(ledger, "relabel", wrong)


def old_outlines(patch: pytest.MonkeyPatch) -> None:
    """Polygons of touched cells are not made again."""
    patch.setattr(
        ledger.Ledger, "touched", property(lambda _: _Deaf(), lambda *_: None), raising=False
    )


def locks_not_undone(patch: pytest.MonkeyPatch) -> None:
    """The inverse forgets locks."""
    right = change.inverse
    patch.setattr(
        edit, "inverse", lambda *given: replace(right(*given), cell_locks=(), unit_locks=())
    )


def number_given_again(patch: pytest.MonkeyPatch) -> None:
    """The inverse of a new cell does not give its number back."""
    right = change.inverse
    patch.setattr(edit, "inverse", lambda *given: replace(right(*given), next_cell=None))


def demand_twice(patch: pytest.MonkeyPatch) -> None:
    """Each piece of a cut unit keeps all of its workload."""
    patch.setattr(
        halving,
        "_shared",
        lambda ground, unit, pieces, *_: [tuple(ground.weights[unit].tolist())] * len(pieces),
    )


def points_stay(patch: pytest.MonkeyPatch) -> None:
    """Demand points of a cut unit are not given to its pieces."""
    right = edit_split.cut_by
    patch.setattr(edit_split, "cut_by", lambda *given: replace(right(*given), points=()))


def neighbours_keep_edges(patch: pytest.MonkeyPatch) -> None:
    """Neighbours of a cut unit do not get the new vertices."""
    right = edit_split.cut_by

    def wrong(ground: Any, halves: Any) -> Any:
        found = right(ground, halves)
        touched = {*halves.cut.tolist(), *(unit for unit, _ in found.rows)}
        return replace(found, outlines=tuple(one for one in found.outlines if one[0] in touched))

    patch.setattr(edit_split, "cut_by", wrong)


class _Deaf(set[int]):
    def add(self, _: int) -> None:
        """Hear nothing."""


def _around(right: Any, column: str) -> Any:
    def wrong(self: Any, *given: Any) -> None:
        before = getattr(self, column).copy()
        right(self, *given)
        setattr(self, column, before)

    return wrong


FAULTS: list[Patch] = [
    always_whole,
    overcautious,
    centres_wander,
    locks_ignored,
    load_forgotten,
    travel_forgotten,
    border_sign,
    old_outlines,
    locks_not_undone,
    number_given_again,
    demand_twice,
    points_stay,
    neighbours_keep_edges,
]


@pytest.mark.parametrize("seeded", FAULTS, ids=lambda seeded: seeded.__name__)
def test_seeded_fault_is_found(seeded: Patch, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same machine that passes on the engine fails on the engine with a fault."""
    seeded(monkeypatch)
    # A ValueError is the engine itself finding outlines that do not fit together.
    with pytest.raises((AssertionError, ValueError)):
        run_state_machine_as_test(RedrawMachine, settings=QUICK)
