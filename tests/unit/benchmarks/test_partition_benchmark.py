"""The harness of the partition benchmark on small coverages."""

from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
import shapely

from benchmarks.coverages import quadrangles
from benchmarks.partition import main as run_one
from benchmarks.partition_cases import Case, generated_case, suites
from benchmarks.partition_methods import (
    balanced,
    compactness,
    decided,
    figures,
    largest_share,
    network,
    settled,
    voronoi,
)
from benchmarks.partition_peers import installed, recom, region_k_means, with_centres
from benchmarks.partition_plot import svg
from benchmarks.partition_run import Run
from benchmarks.partition_table import campaign, line_of, table
from gridmap.partition.cells import compactness as of_polygons
from gridmap.partition.certificate import Certificate
from gridmap.partition.pocket import Pocket


@pytest.fixture(scope="module")
def case() -> Case:
    return generated_case(225, 5, 1)


def test_compactness_by_sums_is_that_of_the_polygons(case: Case) -> None:
    """Perimeters by sums over units are those of the united cells."""
    polygons = quadrangles(225, 1, bends=2)
    label = network(case, 1.0, 1).label
    cells = [shapely.coverage_union_all(polygons[label == one]) for one in range(5)]
    assert compactness(case, label) == pytest.approx(of_polygons(np.array(cells)), rel=1e-9)


def test_engine_is_judged_met_and_nearest_is_not(case: Case) -> None:
    """The engine holds ± 5 %, whole cells, and its bound is below all plans in balance."""
    found = balanced(case, 60.0, 1, iterations=20)
    ours, theirs = figures(case, found.label), figures(case, network(case, 1.0, 1).label)
    assert ours.met and ours.pieces == 5 and ours.broken == 0 and ours.own_inside == 5
    assert found.bound is not None and found.bound <= ours.travel
    assert not theirs.met and theirs.travel < ours.travel
    assert decided(case, found.label, found.certificates)


def test_pocket_settles_only_near_its_load_and_with_the_rest_in_balance(case: Case) -> None:
    """A named pocket excuses its own cell alone, within three points of what is proven."""
    label = balanced(case, 60.0, 1, iterations=20).label
    moved = label.copy()
    load = np.bincount(label, weights=case.problem.weights[:, 0], minlength=5)
    heavy = np.flatnonzero((label == 0) & (np.arange(len(label)) != case.problem.centre_unit[0]))
    moved[heavy] = -1
    moved[moved < 0] = 1
    share = np.bincount(moved, weights=case.problem.weights[:, 0], minlength=5) / load.mean()
    both = (Pocket(0, share[0], ()), Pocket(1, share[1], ()))
    assert settled(case, moved, (Certificate(0.5, both),))
    assert not settled(case, moved, (Certificate(0.5, both[:1]),))
    off = (Pocket(0, share[0] + 0.04, ()), both[1])
    assert not settled(case, moved, (Certificate(0.5, off),))
    assert not decided(case, moved, (Certificate(0.0),))
    assert decided(case, moved, (Certificate(0.5, both[:1]),))


def test_linear_programme_travels_no_more_than_the_engine(case: Case) -> None:
    """Without contiguity the shared optimum is below; each unit goes to one cell."""
    label = largest_share(case, 60.0, 1).label
    ours = figures(case, balanced(case, 60.0, 1, iterations=20).label)
    assert figures(case, label).travel < 1.02 * ours.travel
    assert max(figures(case, label).worst) < 0.3
    assert set(np.unique(voronoi(case, 1.0, 1).label)) == set(range(5))


def test_centres_are_assigned_so_that_travel_is_least(case: Case) -> None:
    """Numbers that were mixed up are put right again."""
    label = network(case, 1.0, 1).label
    assert np.array_equal(with_centres(case, np.array([3, 0, 4, 1, 2])[label]), label)


@pytest.mark.skipif(not installed("recom"), reason="GerryChain is not installed")
def test_recombination_is_in_balance(case: Case) -> None:
    """All plans of the chain are within the tolerance."""
    assert figures(case, recom(case, 2.0, 1).label).met


@pytest.mark.skipif(not installed("region-k-means"), reason="spopt is not installed")
def test_region_k_means_is_in_one_piece(case: Case) -> None:
    """As many pieces as cells."""
    assert figures(case, region_k_means(case, 30.0, 1).label).pieces == 5


def test_campaign_writes_lines_once_and_prints_a_table(tmp_path) -> None:
    """A second campaign runs nothing; a table has a row a method."""
    suite = suites(None, [])["2k-20"]
    out = tmp_path / "partition.csv"
    nothing = pd.DataFrame(columns=["case", "seed", "method"])
    lines = campaign([suite], nothing, out=out, seeds=(1,), iterations=0)
    assert list(lines["method"]) == ["balanced", "network", "voronoi"]
    assert lines.loc[lines["method"] == "network", "pp_ratio"].item() == 1.0
    assert lines.loc[lines["method"] == "balanced", "pieces"].item() == 20
    again = campaign([suite], pd.read_csv(out), out=None, seeds=(1,), iterations=0)
    assert len(again) == 3
    text = table(pd.read_csv(out).fillna({"note": ""}), "a title")
    assert text.startswith("### a title") and text.count("\n| ") == 4


def test_a_method_that_came_to_no_plan_has_a_line(case: Case) -> None:
    """Its process was ended: no plan and no figure of memory, but its reason."""
    ended = Run(None, 20.0, 19.5, float("nan"), "ended after 20 s")
    ours = Run(balanced(case, 5.0, 1, iterations=0), 1.0, 1.0, 100.0, "")
    line = line_of(case, "small", 1, method="recom", run=ended, ours=ours, base=0.5)
    assert not (line.plan or line.decided or line.settled or line.met)
    lines = pd.DataFrame([asdict(line)])
    assert "Without a plan: GerryChain ReCom, seed 1: ended after 20 s." in table(lines, "t")


def test_single_run_prints_and_writes(tmp_path, capsys) -> None:
    """Without a file the coverage is seeded."""
    out = tmp_path / "cells.csv"
    run_one(["--units", "100", "--k", "3", "--iterations", "2", "--out", str(out)])
    assert "pieces 3, broken cells 0" in capsys.readouterr().out
    assert list(pd.read_csv(out).columns) == ["unit", "cell"]


def test_drawing_has_a_path_a_cell(case: Case) -> None:
    """And a dot a centre."""
    text = svg(quadrangles(225, 1, bends=2), network(case, 1.0, 1).label, case.centre_xy, "t")
    assert text.count("<path") == 5 and text.count("<circle") == 5
