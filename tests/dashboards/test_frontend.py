"""The built scripts of the map: made of the sources beside them, and doing what they should."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import Delaunay

import dashboards
from dashboards.components.editors import editor_labels
from dashboards.map_editor import MapEditor
from gridmap.catalogue import LANGUAGES
from gridmap.partition.colouring import cell_colours

PACKAGE = Path(dashboards.__file__).parent / "map_editor"
FRONTEND = PACKAGE / "frontend"
CORE_TESTS = Path(__file__).parent / "frontend" / "core.test.mjs"


def hash_of_sources() -> str:
    """Return what build.mjs writes into the first line of the scripts."""
    files = [one.relative_to(FRONTEND) for one in (FRONTEND / "src").rglob("*") if one.is_file()]
    names = sorted([*(one.as_posix() for one in files), "build.mjs", "package-lock.json"])
    hashed = hashlib.sha256()
    for name in names:
        hashed.update(name.encode() + b"\0" + (FRONTEND / name).read_bytes() + b"\0")
    return hashed.hexdigest()


@pytest.mark.parametrize("script", ["gridmap_map.min.js", "gridmap_editor.min.js"])
def test_a_script_is_built_of_its_sources(script: str) -> None:
    """After a change: npm run build in dashboards/map_editor/frontend."""
    first = (PACKAGE / script).read_text(encoding="utf-8").splitlines()[0]
    assert first == f"/* made of {hash_of_sources()} */"


def test_the_lock_names_no_registry() -> None:
    lock = json.loads((FRONTEND / "package-lock.json").read_text(encoding="utf-8"))
    assert [name for name, one in lock["packages"].items() if "resolved" in one] == []


def test_what_is_bundled_brings_its_licence() -> None:
    bundled = json.loads((FRONTEND / "package.json").read_text(encoding="utf-8"))["dependencies"]
    licences = " ".join(one.name for one in (PACKAGE / "licences").iterdir())
    names = [name.removesuffix("-cartesian-dist-min") for name in bundled]
    assert [name for name in names if name not in licences] == []


def test_the_editor_finds_its_sentences() -> None:
    """Keys that stand whole in the sources; of those put together, the beginnings."""
    text = "\n".join(one.read_text(encoding="utf-8") for one in (FRONTEND / "src/editor").glob("*"))
    whole = set(re.findall(r'(?:say|hint|figure\(say)\(\s*"(\w+)"', text)) | set(
        re.findall(r'key: "(refuse_\w+)"', text)
    )
    begun = set(re.findall(r"say\(`(\w+_)\$", text))
    assert len(whole) > 50
    for language in LANGUAGES:
        labels = {*editor_labels(language), "attribution"}
        assert sorted(whole - labels) == []
        assert [one for one in begun if not any(key.startswith(one) for key in labels)] == []


def test_the_component_has_the_properties_that_it_is_given() -> None:
    made = MapEditor("e", base="/editor/1", labels={}, palette=[], symbolsUrl="/")
    assert set(made.to_plotly_json()["props"]) <= set(MapEditor._names)


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node to run the script")
def test_the_model_of_the_editor() -> None:
    node = shutil.which("node")
    assert node is not None
    ran = subprocess.run(
        [node, "--test", str(CORE_TESTS)], capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode == 0, ran.stdout


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node to run the script")
def test_the_editor_colours_cells_as_the_other_maps_do() -> None:
    """Cells of random points, neighbours by Delaunay: any planar map of cells in one piece."""
    rng = np.random.default_rng(5)
    graphs = []
    for count in (8, 60, 300):
        neighbours: list[set[int]] = [set() for _ in range(count)]
        for triangle in Delaunay(rng.random((count, 2))).simplices.tolist():
            for one, other in permutations(triangle, 2):
                neighbours[one].add(other)
        graphs.append(neighbours)
    node = shutil.which("node")
    assert node is not None
    given = json.dumps([[sorted(one) for one in graph] for graph in graphs])
    script = json.dumps(str(PACKAGE / "gridmap_editor.min.js"))
    asked = (
        "const vm = require('node:vm'), fs = require('node:fs');"
        f"vm.runInThisContext(fs.readFileSync({script}, 'utf8'));"
        f"const graphs = {given};"
        "console.log(JSON.stringify(graphs.map((graph) => {"
        "  const cells = new Map(graph.map((beside, cell) => [cell, new Set(beside)]));"
        "  const found = gridmapEditor.core.colourCells(cells, new Map(), 8);"
        "  return graph.map((_, cell) => found.get(cell)); })));"
    )
    ran = subprocess.run(
        [node, "-e", asked], capture_output=True, text=True, check=True, timeout=60
    )
    assert json.loads(ran.stdout) == [cell_colours(graph).tolist() for graph in graphs]
