"""Invented towns of any size, written as the same files that a real project has.

A town is a bent grid of streets with one-way streets, a river with few bridges, a railway with few
crossings, gates, service roads and footways. Everything in it is made up and says so. Only
`random.random` is drawn from, whose sequence Python guarantees, and all numbers are written with
fixed digits: the same arguments give the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from random import Random

from geodata.town_files import Point, StreetMap, csv_lines, geojson_lines, lonlat, osm_lines, write

BLOCK_M = 120.0
#: Corners of the grid are moved by up to this much.
BEND_M = 12.0
MARGIN_M = 40.0
RIVER_M = 40.0
#: Beyond the outermost street, so that river and railway leave the territory.
OVERHANG_M = 200.0
MAJOR_EVERY, MINOR_EVERY = 12, 4
BRIDGE_EVERY, CROSSING_EVERY = 3, 2
ISLAND_BLOCKS = (3, 2)
ISLAND_GAP_M = 150.0
MISSING, ONE_WAY, GATED, SERVICE, FOOTWAY = 0.06, 0.15, 0.01, 0.10, 0.05
PARTNERS_A_CELL, RIVALS_A_CELL = 24, 2
OWN_OPERATOR, RIVAL_OPERATORS = "Blue Telecom", ("Red Mobile", "Green Fixed")
PARTNER_KINDS = ("convenience", "kiosk", "newsagent", "mobile_phone")

PROJECT = """\
# An invented town: streets, outlets, grades, potential and demand are made up.

[territory]
name = "Invented town {seed}"
boundary = "territory.geojson"
streets = "town.osm"
invented = ["streets", "outlets", "potential", "grade", "demand"]
attribution = "Invented sample data"

[outlets]
file = "outlets.csv"
columns = {{ id = "outlet_id", grade = "grade", potential = "potential" }}
own = {{ match = ["^{own}$"] }}
rival = {{ match = [{rivals}] }}
partner = {{ kind = [{kinds}] }}
grades = "quantile:A=15,B=35,C=50 by potential"

[demand]
file = "demand.csv"
weight = "households"

[partition]
workloads = ["demand", "visit_minutes"]

[routing]
mode = "walk"

[scoring]
modes = {{ walk = [5, 10, 15] }}
"""


@dataclass(frozen=True)
class _Grid:
    """The street corners of a part of the town: `corner[row][column]`."""

    corner: list[list[int]]
    river_row: int | None = None
    rail_column: int | None = None

    @property
    def rows(self) -> int:
        return len(self.corner) - 1

    @property
    def columns(self) -> int:
        return len(self.corner[0]) - 1


@dataclass(frozen=True)
class _Block:
    """A block by its corners: south-west, south-east, north-east, north-west."""

    corners: tuple[Point, Point, Point, Point]

    def inside(self, across: float, along: float) -> Point:
        """Return a point of the block for two shares of its sides."""
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = self.corners
        low = (ax + (bx - ax) * across, ay + (by - ay) * across)
        high = (dx + (cx - dx) * across, dy + (cy - dy) * across)
        return (low[0] + (high[0] - low[0]) * along, low[1] + (high[1] - low[1]) * along)


def write_town(
    directory: Path,
    *,
    blocks: int,
    own: int,
    seed: int,
    river: bool = True,
    rail: bool = True,
    islands: int = 0,
) -> Path:
    """Write an invented town and return its project file.

    Writes town.osm, territory.geojson, outlets.csv, demand.csv and project.toml.

    Parameters
    ----------
    directory
        Folder, made if it is not there.
    blocks
        Street blocks of the town, about; at least 16.
    own
        Own outlets, at least 1 and at most half of the blocks.
    seed
        Seed of every choice.
    river, rail
        Whether a river and a railway cross it.
    islands
        Islands of 6 blocks in front of the town, each with one bridge: parts of the territory.
    """
    if blocks < 16 or not 1 <= own <= blocks // 2 or islands < 0:
        raise ValueError(
            f"Expected blocks >= 16, 1 <= own <= blocks / 2 and islands >= 0, "
            f"found {blocks}, {own} and {islands}."
        )
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    random, town = Random(seed), StreetMap()  # noqa: S311
    columns = max(4, round(math.sqrt(blocks * 1.3)))
    rows = max(4, round(blocks / columns))
    grid = _Grid(
        _corners(town, random, columns, rows, (0.0, 0.0)),
        river_row=rows // 2 if river else None,
        rail_column=columns // 3 if rail else None,
    )
    _streets(town, random, grid)
    _river_and_rail(town, random, grid)
    parts = [_outline(town, grid)]
    built = list(_blocks(town, grid))
    for number in range(islands):
        island = _island(town, random, grid, number)
        parts.append(_outline(town, island))
        built += _blocks(town, island)
    write(directory / "town.osm", osm_lines(town))
    write(directory / "territory.geojson", geojson_lines(parts))
    centre = (columns * BLOCK_M / 2.0, rows * BLOCK_M / 2.0)
    write(directory / "outlets.csv", csv_lines(_outlets(random, built, own)))
    write(directory / "demand.csv", csv_lines(_demand(random, built, centre)))
    text = PROJECT.format(
        seed=seed,
        own=OWN_OPERATOR,
        rivals=", ".join(f'"^{one}$"' for one in RIVAL_OPERATORS),
        kinds=", ".join(f'"{one}"' for one in PARTNER_KINDS),
    )
    write(directory / "project.toml", [text])
    return directory / "project.toml"


def _corners(
    town: StreetMap, random: Random, columns: int, rows: int, origin: Point
) -> list[list[int]]:
    def bent(metres: float) -> float:
        return metres + BEND_M * (2.0 * random.random() - 1.0)

    return [
        [
            town.node((bent(origin[0] + column * BLOCK_M), bent(origin[1] + row * BLOCK_M)))
            for column in range(columns + 1)
        ]
        for row in range(rows + 1)
    ]


def _streets(town: StreetMap, random: Random, grid: _Grid) -> None:
    for row in range(grid.rows + 1):
        crossed = grid.rail_column
        wide = row in (0, grid.rows) or row % CROSSING_EVERY == 0
        _street(
            town, random, grid.corner[row], f"{row + 1}. Street",
            number=row, last=grid.rows, gap=None if wide else crossed, bridge=None,
        )  # fmt: skip
    for column in range(grid.columns + 1):
        bridged = column in (0, grid.columns) or column % BRIDGE_EVERY == 0
        _street(
            town, random, [line[column] for line in grid.corner], f"{column + 1}. Avenue",
            number=column, last=grid.columns, gap=None if bridged else grid.river_row,
            bridge=grid.river_row if bridged else None,
        )  # fmt: skip
    for row in range(grid.rows):
        for column in range(grid.columns):
            if row == grid.river_row or column == grid.rail_column:
                continue
            here, there = grid.corner[row][column], grid.corner[row + 1][column + 1]
            drawn = random.random()
            if drawn < SERVICE:
                (ax, ay), (bx, by) = town.xy(here), town.xy(there)
                end = town.node(((ax + bx) / 2.0, (ay + by) / 2.0))
                town.way([here, end], highway="service")
            elif drawn < SERVICE + FOOTWAY:
                town.way([here, there], highway="footway")


def _street(
    town: StreetMap,
    random: Random,
    corners: Sequence[int],
    name: str,
    *,
    number: int,
    last: int,
    gap: int | None,
    bridge: int | None,
) -> None:
    """Write one street as ways; `gap` and `bridge` are the segments over the river or the rails."""
    rim = number in (0, last)
    major, minor = number % MAJOR_EVERY == 0, number % MINOR_EVERY == 0
    kind = "secondary" if major or rim else "tertiary" if minor else "residential"
    tags = {"highway": kind, "name": name}
    local = kind == "residential"
    if local and random.random() < ONE_WAY:
        tags["oneway"] = "yes" if number % 2 else "-1"
    run = [corners[0]]
    for at, (here, there) in enumerate(pairwise(corners)):
        lacking = local and random.random() < MISSING
        gated = local and random.random() < GATED
        if at == gap or (lacking and at != bridge):
            _end_run(town, run, tags)
            run = [there]
        elif at == bridge:
            _end_run(town, run, tags)
            town.way([here, there], **tags, bridge="yes", layer="1")
            run = [there]
        else:
            if gated:
                (ax, ay), (bx, by) = town.xy(here), town.xy(there)
                middle = ((ax + bx) / 2.0, (ay + by) / 2.0)
                run.append(town.node(middle, barrier="gate", access="no"))
            run.append(there)
    _end_run(town, run, tags)


def _end_run(town: StreetMap, run: Sequence[int], tags: Mapping[str, str]) -> None:
    if len(run) > 1:
        town.way(run, **tags)


def _river_and_rail(town: StreetMap, random: Random, grid: _Grid) -> None:
    if grid.river_row is not None:
        steps = [-OVERHANG_M + BLOCK_M * at for at in range(grid.columns + 5)]
        middle = (grid.river_row + 0.5) * BLOCK_M
        spine = [(x, middle + BEND_M * (2.0 * random.random() - 1.0)) for x in steps]
        town.way([town.node(xy) for xy in spine], waterway="river", name="River")
        north = [town.node((x, y + RIVER_M / 2.0)) for x, y in reversed(spine)]
        south = [town.node((x, y - RIVER_M / 2.0)) for x, y in spine]
        town.way([*south, *north, south[0]], natural="water", water="river", name="River")
    if grid.rail_column is not None:
        x = (grid.rail_column + 0.5) * BLOCK_M
        ends = (-OVERHANG_M, grid.rows * BLOCK_M + OVERHANG_M)
        town.way([town.node((x, y)) for y in ends], railway="rail", name="Railway")


def _island(town: StreetMap, random: Random, grid: _Grid, number: int) -> _Grid:
    """Add an island south of the town, joined by a bridge."""
    columns, rows = ISLAND_BLOCKS
    x = number * (columns * BLOCK_M + ISLAND_GAP_M)
    origin = (x, -(rows * BLOCK_M + ISLAND_GAP_M + 2.0 * MARGIN_M))
    island = _Grid(_corners(town, random, columns, rows, origin))
    _streets(town, random, island)
    shore = grid.corner[0][min(round(x / BLOCK_M), grid.columns)]
    town.way(
        [island.corner[rows][0], shore],
        highway="secondary", name=f"Bridge {number + 1}", bridge="yes", layer="1",
    )  # fmt: skip
    return island


def _outline(town: StreetMap, grid: _Grid) -> list[Point]:
    """Return the ring around a part of the town, counter-clockwise and closed."""
    first, last = grid.corner[0], grid.corner[-1]
    south = [(town.xy(ref)[0], town.xy(ref)[1] - MARGIN_M) for ref in first]
    north = [(town.xy(ref)[0], town.xy(ref)[1] + MARGIN_M) for ref in reversed(last)]
    east = [(town.xy(line[-1])[0] + MARGIN_M, town.xy(line[-1])[1]) for line in grid.corner]
    west = [(town.xy(line[0])[0] - MARGIN_M, town.xy(line[0])[1]) for line in grid.corner[::-1]]
    return [*south, *east, *north, *west, south[0]]


def _blocks(town: StreetMap, grid: _Grid) -> Iterator[_Block]:
    """Yield the blocks that houses stand on: none lies on the river or the rails."""
    for row in range(grid.rows):
        for column in range(grid.columns):
            if row != grid.river_row and column != grid.rail_column:
                low, high = grid.corner[row], grid.corner[row + 1]
                refs = (low[column], low[column + 1], high[column + 1], high[column])
                south_west, south_east, north_east, north_west = (town.xy(ref) for ref in refs)
                yield _Block((south_west, south_east, north_east, north_west))


def _outlets(random: Random, blocks: Sequence[_Block], own: int) -> Iterator[Mapping[str, object]]:
    def row(xy: Point, name: str, operator: str, kind: str, grade: str = "") -> dict[str, object]:
        potential = f"{100.0 * math.exp(1.2 * (random.random() + random.random() - 1.0)):.1f}"
        lon, lat = lonlat(xy)
        return {
            "name": name, "operator": operator, "kind": kind, "lon": lon, "lat": lat,
            "potential": potential, "grade": grade,
        }  # fmt: skip

    def somewhere() -> Point:
        block = blocks[int(random.random() * len(blocks))]
        return block.inside(0.1 + 0.8 * random.random(), 0.12 + 0.1 * random.random())

    for number, block in enumerate(_spread(random, blocks, own), 1):
        xy = block.inside(0.15 + 0.7 * random.random(), 0.15)
        yield {"outlet_id": f"own{number:04d}", **row(xy, f"Hall {number}", OWN_OPERATOR, "shop")}
    for number in range(1, own * RIVALS_A_CELL + 1):
        operator = RIVAL_OPERATORS[int(random.random() * len(RIVAL_OPERATORS))]
        name = f"{operator} {number}"
        yield {"outlet_id": f"rival{number:04d}", **row(somewhere(), name, operator, "shop")}
    for number in range(1, min(own * PARTNERS_A_CELL, len(blocks) * 3) + 1):
        kind = PARTNER_KINDS[int(random.random() * len(PARTNER_KINDS))]
        # Every fifth has a grade already, as in a list that somebody has begun to keep.
        grade = "ABC"[int(random.random() * 3.0)] if number % 5 == 0 else ""
        one = row(somewhere(), f"Shop {number}", "", kind, grade)
        yield {"outlet_id": f"shop{number:05d}", **one}


def _spread(random: Random, blocks: Sequence[_Block], count: int) -> list[_Block]:
    """Return blocks well apart: each time the farthest of ten candidates from those chosen.

    References
    ----------
    D. P. Mitchell (1991), Spectrally optimal sampling for distribution ray tracing.
    """
    left = list(range(len(blocks)))
    chosen: list[_Block] = []
    for _ in range(count):
        tries = [int(random.random() * len(left)) for _ in range(10)]

        def apart(at: int) -> float:
            here = blocks[left[at]].inside(0.5, 0.5)
            return min((math.dist(here, one.inside(0.5, 0.5)) for one in chosen), default=0.0)

        chosen.append(blocks[left.pop(max(tries, key=apart))])
    return chosen


def _demand(
    random: Random, blocks: Sequence[_Block], centre: Point
) -> Iterator[Mapping[str, object]]:
    reach = math.hypot(*centre)
    number = 0
    for block in blocks:
        dense = math.exp(-1.5 * math.dist(block.inside(0.5, 0.5), centre) / reach)
        for _ in range(4 + int(6.0 * random.random())):
            number += 1
            lon, lat = lonlat(
                block.inside(0.15 + 0.7 * random.random(), 0.15 + 0.7 * random.random())
            )
            households = 1 + int(40.0 * dense * random.random())
            yield {
                "demand_id": f"house{number:06d}", "lon": lon, "lat": lat,
                "households": households, "kind": "house",
            }  # fmt: skip
