"""Time and size of route sheets: a day with cold QR codes, and many cells on several cores.

``python -m benchmarks.sheets [--cells 300] [--cores 2]``: the cell is the demo's first one, whose
outlets are real (Helsinki centre) and whose grades are invented; it is drawn again for each cell
with its positions shifted, so that no QR code is drawn twice.
"""

from __future__ import annotations

import argparse
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from multiprocessing import get_context

from gridmap.export.pen import qr_operators
from gridmap.export.route_pdf import route_pdf
from gridmap.export.route_xlsx import route_workbook
from gridmap.export.sheet_book import SheetBook, SheetDay, sheet_books
from gridmap.export.street_map import StreetMap

MOST_CPU_MS, MOST_KB, MOST_MINUTES = 100.0, 150.0, 5.0
#: Days of a cycle of four weeks.
DAYS = 20


@cache
def demo_book() -> tuple[SheetBook, StreetMap]:
    """The sheets of the demo's first cell, and its streets."""
    from geodata.demo import demo_project
    from geodata.project import load_project
    from gridmap.planning import make_plan

    territory, request = load_project(demo_project())
    scenario = make_plan(territory, request, seed=0)
    book = next(sheet_books(territory, scenario))
    return book, StreetMap.of(territory, request.routing.mode)


def shifted(book: SheetBook, number: int) -> SheetBook:
    """The book with codes of its own: all positions some centimetres further, `DAYS` days."""

    def day_of(day: SheetDay, at: int) -> SheetDay:
        step = (number * DAYS + at + 1) * 2e-5
        stops = tuple(
            replace(stop, place=replace(stop.place, lon=stop.place.lon + step))
            for stop in day.stops
        )
        return replace(day, stops=stops)

    days = [book.days[at % len(book.days)] for at in range(DAYS)]
    return replace(book, days=tuple(day_of(day, at) for at, day in enumerate(days)))


def one_cell(number: int) -> tuple[int, int]:
    """Draw a cell as PDF and XLSX; return their bytes."""
    book, streets = demo_book()
    mine = shifted(book, number)
    return len(route_pdf(mine, streets, "zh")), len(route_workbook(mine, "zh"))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cells", type=int, default=300)
    parser.add_argument("--cores", type=int, default=2)
    asked = parser.parse_args()
    book, streets = demo_book()
    route_pdf(shifted(book, 10_000), streets, "zh")  # fonts and code are loaded once
    spent, sizes = [], []
    for at in range(DAYS):
        day = shifted(book, 20_000 + at).days[at % DAYS]
        qr_operators.cache_clear()
        start = time.process_time()
        content = route_pdf(replace(book, days=(day,)), streets, "zh")
        spent.append(1000.0 * (time.process_time() - start))
        sizes.append(len(content) / 1000.0)
    print(f"one day with cover: {sum(spent) / DAYS:.0f} CPU ms mean, {max(spent):.0f} worst "
          f"(goal {MOST_CPU_MS:.0f}); {max(sizes):.0f} kB worst (goal {MOST_KB:.0f})")  # fmt: skip
    qr_operators.cache_clear()
    start = time.process_time()
    route_pdf(shifted(book, 30_000), streets, "zh")
    shared = 1000.0 * (time.process_time() - start) / DAYS
    print(f"a day of a whole cell's sheets: {shared:.0f} CPU ms")
    qr_operators.cache_clear()
    start = time.perf_counter()
    context = get_context("fork")  # the children share the streets
    with ProcessPoolExecutor(asked.cores, mp_context=context) as pool:
        sizes_of = list(pool.map(one_cell, range(asked.cells), chunksize=5))
    minutes = (time.perf_counter() - start) / 60.0
    pages_kb = sum(pdf for pdf, _ in sizes_of) / len(sizes_of) / DAYS / 1000.0
    stops = sum(len(day.stops) for day in book.days) / len(book.days)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{asked.cells} cells of {DAYS} days, {stops:.1f} stops a day, {asked.cores} cores: "
          f"{minutes:.2f} minutes (goal {MOST_MINUTES:.0f} for 300), PDF and XLSX; "
          f"{pages_kb:.0f} kB of PDF a day; {peak:.0f} MB a process")  # fmt: skip


if __name__ == "__main__":
    main()
