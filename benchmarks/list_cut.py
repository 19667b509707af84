"""What the cut of the lists at the nearest outlets does to the expected share of a city.

    python -m benchmarks.list_cut [--places N] [--outlets N] [--seed N]

The invented city of `benchmarks.scoring`, some places of it against all outlets within the hour:
how much of the attraction is left out, how far the expected share of places, and of ten of them
together, is from that of all outlets, and how far an outlet more can move it the wrong way.
Outlets are all alike, or some are ten times as attractive as others.
"""

from __future__ import annotations

import argparse

import numpy as np

from benchmarks.scoring import MODES, OWNERSHIP, SHARE, city_network, city_points
from gridmap.scoring.huff import HuffModel, cut_slack, huff_shares
from gridmap.scoring.travel_times import CAP_MIN, MOST, TravelTimes, full_times
from gridmap.travel.dijkstra import DijkstraEngine


def cut_times(times: TravelTimes, most: int) -> TravelTimes:
    """Return times whose lists are cut at their nearest outlets and at the cap."""
    row = np.repeat(np.arange(times.n_places), np.diff(times.start))
    number = np.arange(len(row)) - times.start[:-1][row]
    kept = (number < most) & (times.minutes <= CAP_MIN)
    start = np.concatenate([[0], np.cumsum(np.bincount(row[kept], minlength=times.n_places))])
    return TravelTimes(
        times.n_outlets, times.place, start, times.outlet[kept], times.minutes[kept],
        times.nearest, times.nearest_outlet, times.second_own, CAP_MIN, most,
    )  # fmt: skip


def main() -> None:
    """Print a line for each means of travel and kind of attraction."""
    parser = argparse.ArgumentParser()
    for name, usual in (("places", 600), ("outlets", 20_000), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    asked = parser.parse_args()
    rng = np.random.default_rng(asked.seed)
    places, outlets = city_points(asked.places, rng), city_points(asked.outlets, rng)
    ownership = rng.choice(OWNERSHIP, asked.outlets, p=SHARE)
    group = (ownership == "rival").astype(np.int64)
    # Places come in no order of ground; neighbours along a line across the city are ten of a cell.
    cell = np.argsort(np.argsort(places @ [1.0, 0.01])) * 60 // asked.places
    kinds = {"alike": np.ones(asked.outlets), "1 to 10": 10.0 ** rng.random(asked.outlets)}
    print("mode kind | left out % | off a place: mean, max | off a cell: max | slack a place: max"
          " | slack a cell: max")  # fmt: skip
    for mode in MODES:
        engine = DijkstraEngine(city_network(mode, asked.seed))
        # Streets go both ways: from the places, of which there are fewer here.
        seconds = engine.matrix(engine.snap(places), engine.snap(outlets))
        minutes = np.where(seconds <= 60.0 * CAP_MIN, seconds / 60.0, np.nan)
        del seconds
        whole = full_times(minutes, ownership)
        cut = cut_times(whole, MOST)
        for kind, attraction in kinds.items():
            model = HuffModel()
            pull = [
                np.add.reduceat(
                    model.utilities(one.minutes, attraction[one.outlet]), one.start[:-1]
                )
                for one in (cut, whole)
            ]
            left = 1.0 - pull[0].sum() / pull[1].sum()
            ours = [huff_shares(one, attraction, group, 2, model)[:, 0] for one in (cut, whole)]
            off = ours[0] - ours[1]
            slack = cut_slack(cut, attraction, group == 0, model)
            by_cell = [np.bincount(cell, one) / np.bincount(cell) for one in (off, slack)]
            figures = (100 * left, np.abs(off).mean(), np.abs(off).max(),
                       np.abs(by_cell[0]).max(), slack.max(), by_cell[1].max())  # fmt: skip
            print(mode, kind, *(f"{one:.4f}" for one in figures))


if __name__ == "__main__":
    main()
