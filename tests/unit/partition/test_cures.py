"""Cures are offered only if they take the proof away."""

from __future__ import annotations

import numpy as np
import pytest

from gridmap.catalogue import sentences
from gridmap.partition.certificate import Certificate, certify, certify_each
from gridmap.partition.cures import Cure, cured, cures, said
from gridmap.partition.problem import PartitionProblem
from tests.partition_graphs import from_edges, grid_edges, grid_problem


def pocket_problem() -> PartitionProblem:
    """An 8 x 8 grid with four centres; two more in a pocket behind unit 68 at its corner.

    Mean 69 / 6 = 11.5; one of the two has at most 3.
    """
    pocket = [(64, 66), (65, 67), (66, 67), (66, 68), (67, 68), (68, 0)]
    return from_edges([*grid_edges(8, 8), *pocket], [1.0] * 69, [18, 21, 42, 45, 64, 65])


def test_every_cure_is_verified_and_each_kind_is_offered() -> None:
    """With a candidate outlet at unit 27 all four kinds take the proof away."""
    problem = pocket_problem()
    ((pocket, found),) = cures(problem, 0.2, certify(problem, 0.2), candidates=[27, 68])
    assert pocket.cell in {4, 5}
    assert [one.kind for one in found] == [
        "move_centre",
        "merge_cells",
        "other_centre",
        "widen_tolerance",
    ]
    for one in found:
        assert certify(cured(problem, one), one.tolerance) == Certificate(0.0)
    move, merge, other, widen = found
    assert move.unit < 64
    assert set(merge.cells) == {4, 5}
    assert other.unit == 27
    # 1 - 3 / 11.5 = 0.7391, in steps of a hundredth.
    assert widen.tolerance == pytest.approx(0.74)


def test_a_cure_that_does_not_help_is_not_offered() -> None:
    """A heavy unit of 20 of 15 at the centre of a row: no move of a centre makes it lighter.

    Only a wider tolerance helps, and a merger would leave one cell, which is no plan of cells.
    """
    problem = grid_problem(1, 7, [0, 6], [1, 3, 20, 1, 1, 3, 1])
    for _, found in cures(problem, 0.05, certify(problem, 0.05)):
        assert {one.kind for one in found} == {"widen_tolerance"}


def test_candidates_inside_the_pocket_are_no_cure() -> None:
    """Units 66 and 67 lie behind the neck too."""
    problem = pocket_problem()
    ((_, found),) = cures(problem, 0.2, certify(problem, 0.2), candidates=[66, 67])
    assert "other_centre" not in {one.kind for one in found}


def test_nothing_proven_needs_no_cure() -> None:
    """No pocket, no cure."""
    problem = grid_problem(6, 6, [0, 35])
    assert cures(problem, 0.05, certify(problem, 0.05)) == ()


def test_most_pockets_are_a_limit() -> None:
    """None asked for, none looked at."""
    problem = pocket_problem()
    assert cures(problem, 0.2, certify(problem, 0.2), most_pockets=0) == ()


def test_merged_cells_are_renumbered() -> None:
    """Cell 1 of three goes into cell 2, which becomes cell 1 with its own centre."""
    problem = grid_problem(1, 6, [0, 2, 5])
    merged = cured(problem, Cure("merge_cells", (1, 2), -1, 0.05))
    assert merged.centre_unit.tolist() == [0, 5]
    assert merged.fixed.tolist() == [0, -1, -1, -1, -1, 1]
    assert merged.travel_s.shape == (6, 2)


def test_moved_centre_is_fixed_at_its_new_unit_only() -> None:
    """Cell 0 from unit 0 to unit 3."""
    moved = cured(grid_problem(1, 6, [0, 5]), Cure("move_centre", (0,), 3, 0.05))
    assert moved.fixed.tolist() == [-1, -1, -1, 0, -1, 1]
    assert moved.centre_unit.tolist() == [3, 5]


@pytest.mark.parametrize("kind", ["move_centre", "merge_cells", "other_centre", "widen_tolerance"])
def test_cures_are_said_in_both_languages(kind: str) -> None:
    """Names and tolerance stand in the sentence, no braces are left."""
    cure = Cure(kind, (0, 1) if kind == "merge_cells" else (0,), 1, 0.07)  # type: ignore[arg-type]
    for language in ("en", "zh"):
        sentence = said(cure, ["gb01", "gb02"]).text(language)  # type: ignore[arg-type]
        assert "gb01" in sentence
        assert "7.0 %" in sentence
        assert "{" not in sentence
    assert f"cures.{kind}" in sentences("zh")


def test_each_workload_has_its_certificate() -> None:
    """First workload even on a grid; the second all on unit 0, half of it too much for cell 0."""
    edges = grid_edges(4, 4)
    further = np.zeros((16, 1))
    further[0] = 1.0
    problem = from_edges(edges, [1.0] * 16, [0, 15], further=further)
    even, uneven = certify_each(problem, [0.05, 0.05])
    assert even == Certificate(0.0)
    assert uneven.bound == pytest.approx(1.0)
    assert certify_each(problem, [0.05, np.inf])[1] == Certificate(0.0)
