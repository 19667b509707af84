"""Compiled: children of two plans.

The crossover with insertions follows Vidal, Crainic, Gendreau, Lahrichi and Rei (2012), A hybrid
genetic algorithm for multidepot and periodic vehicle routing problems, Operations Research 60:
611–624. The days of the second parent are renamed first, so that two plans that differ only in the
names of their days are not torn up; and half of the children take over only a region of it.
"""

from __future__ import annotations

import numpy as np

from gridmap.routing.engine.insertion_kernels import (
    FAR,
    complete,
    settle,
    visit_on,
    withdraw,
)
from gridmap.routing.engine.jit import bare, counted
from gridmap.routing.engine.walk_kernels import clear, limited, refresh


@counted
def load_plan(tables, work, row, size, chosen):
    """Make the plan that was kept the one in the making."""
    clear(tables, work)
    for k in range(len(size)):
        work.size[k] = size[k]
        for index in range(1, size[k] + 1):
            work.row[k, index] = row[k, index]
        refresh(tables, work, k)
    work.chosen[:] = chosen


@counted
def neighbours_of(tables, row, size):
    """Return the place before and after each visit, -1 = no visit. Shapes (n_days, n_places)."""
    before = np.full((tables.n_days, tables.n_places), -1, np.int32)
    after = np.full((tables.n_days, tables.n_places), -1, np.int32)
    for k in range(len(size)):
        day = k // tables.n_managers
        for index in range(1, size[k] + 1):
            place = row[k, index]
            before[day, place] = row[k, index - 1] if index > 1 else 0
            after[day, place] = row[k, index + 1] if index < size[k] else 0
    return before, after


@bare
def broken_pairs(after, other_after, other_before):
    """Return the share of a plan's pairs of neighbours that another plan does not have."""
    missing, count = 0, 0
    for day in range(after.shape[0]):
        for place in range(after.shape[1]):
            behind = after[day, place]
            if behind < 0:
                continue
            count += 1
            if behind != other_after[day, place] and behind != other_before[day, place]:
                missing += 1
    return missing / max(count, 1)


@counted
def in_turn(tables, row, size, xy):
    """Put the routes of each day in the order of their directions, so that they join up well.

    Only where all managers are alike; `xy` are places as seen from the depot. Shape (n_places, 2).
    """
    n_managers = tables.n_managers
    angle = np.zeros(n_managers)
    for day in range(tables.n_days):
        first = day * n_managers
        for number in range(n_managers):
            k = first + number
            x, y = 0.0, 0.0
            for index in range(1, size[k] + 1):
                x += xy[row[k, index], 0]
                y += xy[row[k, index], 1]
            angle[number] = np.arctan2(y, x) if size[k] > 0 else 9.0
        order = np.argsort(angle)
        rows, sizes = (
            row[first : first + n_managers].copy(),
            size[first : first + n_managers].copy(),
        )
        for number in range(n_managers):
            row[first + number] = rows[order[number]]
            size[first + number] = sizes[order[number]]


@counted
def split(tables, work, day, tour, length, prices):
    """Cut a tour of a day into routes of least price, one a manager in their order (Prins 2004)."""
    n_managers, way, even = tables.n_managers, tables.travel, tables.evenness
    p_load, p_time, uneven, mean_work, mean_load = prices[0], prices[1], even[0], even[1], even[2]
    first = day * n_managers
    price = np.full((n_managers + 1, length + 1), FAR)
    cut = np.zeros((n_managers + 1, length + 1), np.int64)
    for attempt in range(2):
        price[:] = FAR
        price[0, 0] = 0.0
        for number in range(n_managers):
            k = first + number
            limit, least, longest = (
                tables.most_load[k],
                tables.least_load[k],
                tables.most_duration[k],
            )
            most = 1.5 * limit if attempt == 0 else FAR
            for begin in range(length + 1):
                so_far = price[number, begin]
                if so_far >= FAR:
                    continue
                if so_far < price[number + 1, begin]:
                    price[number + 1, begin] = so_far
                    cut[number + 1, begin] = begin
                if tables.most_load[k] <= 0.0:
                    continue
                load, service, travel, before = 0.0, 0.0, 0.0, tables.start[k]
                for index in range(begin, length):
                    place = tour[index]
                    load += tables.load[place]
                    service += tables.service[place]
                    travel += way[before, place]
                    before = place
                    if load > most:
                        break
                    total = so_far + limited(
                        travel + way[place, tables.end[k]], load, service, limit, least, longest,
                        p_load, p_time, uneven, mean_work, mean_load,
                    )  # fmt: skip
                    if total < price[number + 1, index + 1]:
                        price[number + 1, index + 1] = total
                        cut[number + 1, index + 1] = begin
        if price[n_managers, length] < FAR:
            break
    end = length
    for number in range(n_managers, 0, -1):
        k, begin = first + number - 1, cut[number, end]
        for index in range(begin, end):
            work.row[k, index - begin + 1] = tour[index]
        work.size[k] = end - begin
        end = begin
    for k in range(first, first + n_managers):
        refresh(tables, work, k)


@counted
def align_days(tables, row, size, other_row, other_size, renamings):
    """Return the renaming of days under which the second plan shares most visits with the first.

    `renamings[g, day]` is the day of the second plan that stands for `day`. Ties are broken at
    random.
    """
    n_days, n_managers = tables.n_days, tables.n_managers
    on = np.zeros((n_days, tables.n_places), np.bool_)
    shared = np.zeros((n_days, n_days), np.int64)
    for k in range(len(size)):
        for index in range(1, other_size[k] + 1):
            on[k // n_managers, other_row[k, index]] = True
    for k in range(len(size)):
        for index in range(1, size[k] + 1):
            for day in range(n_days):
                if on[day, row[k, index]]:
                    shared[k // n_managers, day] += 1
    best, chosen, ties = -1, 0, 0
    for number in range(len(renamings)):
        total = 0
        for day in range(n_days):
            total += shared[day, renamings[number, day]]
        if total > best:
            best, chosen, ties = total, number, 1
        elif total == best:
            ties += 1
            if np.random.randint(ties) == 0:
                chosen = number
    return chosen


@bare
def allows(tables, place, days, more):
    """Return whether a pattern of a place has the days that it has already and one more."""
    for pattern in range(tables.first_pattern[place], tables.last_pattern[place]):
        if not tables.patterns[pattern, more]:
            continue
        fits = True
        for day in range(tables.n_days):
            if days[day] and not tables.patterns[pattern, day]:
                fits = False
                break
        if fits:
            return True
    return False


@bare
def tour_of(tables, row, size, day, out):
    """Write all stops of a day, route by route, and return how many there are."""
    count = 0
    for k in range(day * tables.n_managers, (day + 1) * tables.n_managers):
        for index in range(1, size[k] + 1):
            out[count] = row[k, index]
            count += 1
    return count


@counted
def cross_days(tables, work, prices, row, size, other_row, other_size, renaming):
    """Make a child: some days of the first plan, some of the second, the others mixed of both."""
    n_days, n_places = tables.n_days, tables.n_places
    clear(tables, work)
    has = np.zeros((n_places, n_days), np.bool_)
    tour = np.zeros((n_days, n_places), np.int64)
    length = np.zeros(n_days, np.int64)
    stops = np.zeros(n_places, np.int64)
    order = np.random.permutation(n_days)
    one, two = np.random.randint(n_days + 1), np.random.randint(n_days + 1)
    own, mixed = min(one, two), max(one, two)
    for number in range(n_days):
        if own <= number < mixed:
            continue
        day = order[number]
        count = tour_of(tables, row, size, day, stops)
        low, high = 0, count
        if number >= mixed and count > 0:
            low, high = np.random.randint(count), np.random.randint(count)
        for index in range(count):
            inside = low <= index <= high if low <= high else index >= low or index <= high
            if number < own or inside:
                tour[day, length[day]] = stops[index]
                length[day] += 1
                has[stops[index], day] = True
    for number in own + np.random.permutation(n_days - own):
        day = order[number]
        count = tour_of(tables, other_row, other_size, renaming[day], stops)
        for index in range(count):
            place = stops[index]
            if not has[place, day] and allows(tables, place, has[place], day):
                tour[day, length[day]] = place
                length[day] += 1
                has[place, day] = True
    for day in range(n_days):
        split(tables, work, day, tour[day], length[day], prices)
    complete(tables, work, prices, 0.0)


@bare
def same_pattern(tables, one, other, renaming):
    """Return whether two patterns are the same once the days of the second are renamed."""
    for day in range(tables.n_days):
        if tables.patterns[one, day] != tables.patterns[other, renaming[day]]:
            return False
    return True


@bare
def renamed_pattern(tables, place, pattern, renaming):
    """Return the pattern of a place whose days are those of another one, renamed."""
    for one in range(tables.first_pattern[place], tables.last_pattern[place]):
        if same_pattern(tables, one, pattern, renaming):
            return one
    return pattern


@counted
def cross_region(tables, work, prices, first, other_chosen, renaming, n_around):
    """Make a child: the first plan, but places near a random one take the second's patterns.

    Where the two agree there, some places are taken out and settled anew instead. `first` is
    (row, size, chosen).
    """
    load_plan(tables, work, first[0], first[1], first[2])
    places = np.flatnonzero(tables.last_pattern > tables.first_pattern)
    centre = places[np.random.randint(len(places))]
    around = np.empty(n_around + 1, np.int64)
    around[0] = centre
    n_around = min(n_around, tables.near.shape[1])
    around[1 : n_around + 1] = tables.near[centre, :n_around]
    around = around[: n_around + 1]
    wanted = np.full(tables.n_places, -1, np.int64)
    differ = np.zeros(len(around), np.bool_)
    for index in range(len(around)):
        place = around[index]
        wanted[place] = renamed_pattern(tables, place, other_chosen[place], renaming)
        differ[index] = wanted[place] != work.chosen[place]
    free = differ.sum() < 2
    if free:
        differ = np.random.random(len(around)) < 0.5
    out = around[differ]
    for place in out:
        withdraw(tables, work, place)
    np.random.shuffle(out)
    for place in out:
        if free:
            settle(tables, work, place, prices, 0.05, work.no_day)
        else:
            visit_on(tables, work, place, wanted[place], prices, 0.02)
