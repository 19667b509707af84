"""Compiled: what a route costs, and the changes that keep its sums right."""

from __future__ import annotations

import numpy as np

from gridmap.routing.engine.jit import NOUGHT, bare, counted


@counted
def seed_kernels(seed):
    """Seed the random numbers of the compiled loops."""
    np.random.seed(seed)


# The innermost functions take numbers, not arrays: numba counts references to each array that a
# call hands on, which would take longer than the sums themselves.


@bare
def shuffle(order, count):
    """Put the first entries in random order."""
    for index in range(count - 1, 0, -1):
        other = np.random.randint(index + 1)
        order[index], order[other] = order[other], order[index]


@bare
def load_excess(load, most_load, least_load):
    """Return by how much a load is beyond its limits; a route without a stop has no least load."""
    short = max(0.0, least_load - load) if load > 0.0 else 0.0
    return max(0.0, load - most_load) + short


@bare
def limited(
    travel, load, service, most_load, least_load, most_duration,
    load_price, time_price, uneven_price, mean_work, mean_load,
):  # fmt: skip
    """Price of a route of known sums and limits, without waits and lateness."""
    excess = load_excess(load, most_load, least_load)
    over = max(0.0, travel + service - most_duration)
    total = travel + load_price * excess + time_price * over
    if uneven_price > 0.0:
        work = (travel + service) / mean_work - 1.0
        calls = load / mean_load - 1.0
        total += uneven_price * (work * work + calls * calls)
    return total


@bare
def late_price(travel, service, wait, late, most_duration, time_price, lateness_price):
    """What waits and lateness add to the price of a route."""
    over = travel + service - most_duration
    return time_price * (max(0.0, over + wait) - max(0.0, over)) + lateness_price * late


@bare
def route_price(tables, work, k, prices):
    """Price of route k as it is."""
    return kept_price(tables, work.sums, k, prices)


@bare
def kept_price(tables, sums, k, prices):
    """Price of route k with the sums that are given. Shape (n_routes, 5)."""
    travel, load, service = sums[k, 0], sums[k, 1], sums[k, 2]
    even = tables.evenness
    price = limited(
        travel, load, service, tables.most_load[k], tables.least_load[k],
        tables.most_duration[k], prices[0], prices[1], even[0], even[1], even[2],
    )  # fmt: skip
    if tables.timed:
        price += late_price(
            travel, service, sums[k, 3], sums[k, 4], tables.most_duration[k], prices[1], prices[2]
        )
    return price


@bare
def walk_segments(tables, k, row, size, skip, at, place):
    """Return (wait, lateness) of a route that leaves as late as it can.

    Duration, lateness and the earliest and latest start without more of either are carried along
    the route (time warp segments: Vidal et al. 2013, Computers & Operations Research 40: 475–489).
    """
    day, manager = k // tables.n_managers, k % tables.n_managers
    travel, service, windows = tables.travel, tables.service, tables.windows
    before = row[0]
    duration, warp = service[before], 0.0
    early, latest = windows[before, day, 0, 0], windows[before, day, 0, 1]
    plain, late = service[before], 0.0
    index = 1
    inserted = False
    while index <= size + 1:
        if index == at and not inserted:
            here = place
            inserted = True
        elif index == skip:
            index += 1
            continue
        else:
            here = row[index]
            index += 1
        way = travel[before, here]
        opens, closes = windows[here, day, 0, 0], windows[here, day, 0, 1]
        arrive = duration - warp + way
        wait = max(opens - arrive - latest, 0.0)
        more = max(early + arrive - closes, 0.0)
        duration += service[here] + way + wait
        warp += more
        early = max(opens - arrive, early) - wait
        latest = min(closes - arrive, latest) + more
        plain += way + service[here]
        late += tables.misfit[manager, here]
        before = here
    return duration - plain, warp + late


@bare
def walk_clock(tables, k, row, size, skip, at, place):
    """Return (0, lateness) of a route that leaves when its day begins, with its lunch.

    Who comes too late is put back to the end of the window, and pays for it.
    """
    day, manager = k // tables.n_managers, k % tables.n_managers
    travel, service, windows = tables.travel, tables.service, tables.windows
    has_windows = windows.shape[2] > 0
    before = row[0]
    now = windows[before, day, 0, 0] if has_windows else 0.0
    late = 0.0
    hungry = tables.lunch[0] > 0.0
    index = 1
    inserted = False
    while index <= size + 1:
        if index == at and not inserted:
            here = place
            inserted = True
        elif index == skip:
            index += 1
            continue
        else:
            here = row[index]
            index += 1
        way = travel[before, here]
        if hungry:
            done = arrival(windows, day, here, now + way, has_windows) + service[here]
            if now >= tables.lunch[1] or done > tables.lunch[2]:
                now = max(now, tables.lunch[1]) + tables.lunch[0]
                hungry = False
        now = arrival(windows, day, here, now + way, has_windows)
        if has_windows:
            last = windows[here, day, windows.shape[2] - 1, 1]
            if now > last:
                late += now - last
                now = last
        now += service[here]
        late += tables.misfit[manager, here]
        before = here
    return 0.0, late


@bare
def arrival(windows, day, place, now, has_windows):
    """Return when a visit begins: in the first window that is not over yet."""
    if has_windows:
        for number in range(windows.shape[2]):
            if now <= windows[place, day, number, 1]:
                return max(now, windows[place, day, number, 0])
    return now


@bare
def walk(tables, k, row, size, skip, at, place):
    """Return (wait, lateness) of a route.

    `skip` leaves out a position, and `place` is visited before position `at`; 0 = neither.
    """
    if tables.wait_counts:
        return walk_segments(tables, k, row, size, skip, at, place)
    return walk_clock(tables, k, row, size, skip, at, place)


@bare
def refresh(tables, work, k):
    """Bring the sums and positions of route k up to date."""
    day = k // tables.n_managers
    row, size = work.row[k], work.size[k]
    row[0] = tables.start[k]
    row[size + 1] = tables.end[k]
    there, back, load, service = 0.0, 0.0, 0.0, 0.0
    for index in range(1, size + 2):
        place = row[index]
        there += tables.travel[row[index - 1], place]
        back += tables.travel[place, row[index - 1]]
        if index <= size:
            load += tables.load[place]
            service += tables.service[place]
            work.route_of[day, place] = k
            work.position[day, place] = index
        work.travel_to[k, index] = there
        work.travel_back[k, index] = back
        work.load_to[k, index] = load
        work.service_to[k, index] = service
    sums = work.sums
    sums[k, 0], sums[k, 1], sums[k, 2] = there, load, service
    if tables.timed:
        sums[k, 3], sums[k, 4] = 0.0, 0.0
        if size > 0:
            sums[k, 3], sums[k, 4] = walk(tables, k, row, size, NOUGHT, NOUGHT, NOUGHT)
    work.clock[0] += 1
    work.changed[k] = work.clock[0]


@bare
def put(tables, work, k, at, place):
    """Insert a place so that it stands at position `at` of route k."""
    row = work.row[k]
    for index in range(work.size[k] + 1, at, -1):
        row[index] = row[index - 1]
    row[at] = place
    work.size[k] += 1
    refresh(tables, work, k)


@bare
def take(tables, work, k, at):
    """Remove the place at position `at` of route k."""
    row = work.row[k]
    work.route_of[k // tables.n_managers, row[at]] = -1
    for index in range(at, work.size[k] + 1):
        row[index] = row[index + 1]
    work.size[k] -= 1
    refresh(tables, work, k)


@bare
def clear(tables, work):
    """Empty the plan."""
    work.route_of[:] = -1
    work.chosen[:] = -1
    for k in range(len(work.size)):
        work.size[k] = 0
        refresh(tables, work, k)


@bare
def forget(work):
    """Make everything that was remembered about routes stale, since prices have changed."""
    for k in range(len(work.size)):
        work.clock[0] += 1
        work.changed[k] = work.clock[0]


@bare
def totals(tables, work):
    """Return (cost, load, time and lateness beyond the limits) of the plan.

    The cost is travel, the prices of the patterns, and unevenness.
    """
    cost, load, over, late = 0.0, 0.0, 0.0, 0.0
    even = tables.evenness
    for k in range(len(work.size)):
        travel, calls, service = work.sums[k, 0], work.sums[k, 1], work.sums[k, 2]
        most, least, longest = tables.most_load[k], tables.least_load[k], tables.most_duration[k]
        cost += limited(
            travel, calls, service, most, least, longest, 0.0, 0.0, even[0], even[1], even[2]
        )
        load += load_excess(calls, most, least)
        over += max(0.0, travel + service + work.sums[k, 3] - longest)
        late += work.sums[k, 4]
    for place in range(tables.n_places):
        if work.chosen[place] >= 0:
            cost += tables.pattern_price[work.chosen[place]]
    return cost, load, over, late
