"""Compiled: where a visit costs least, and on which pattern of days all visits of a place do."""

from __future__ import annotations

import numpy as np

from gridmap.routing.engine.jit import NOUGHT, bare, counted, inlined
from gridmap.routing.engine.walk_kernels import (
    clear,
    late_price,
    limited,
    load_excess,
    put,
    route_price,
    shuffle,
    take,
    walk,
)

FAR = 1e15
#: A change of pattern must gain at least this.
_GAIN = 1e-5


@inlined
def insertion_in(tables, work, day, k, place, prices, least, blink):
    """Return (price, position) of the cheapest insertion of a place in route k.

    The place's own visit there is taken as absent; positions are counted without it. A price of
    `least` or more is not looked for. `blink` is the share of positions that are overlooked.
    """
    row, way, sums, size = work.row, tables.travel, work.sums, work.size[k]
    travel, load, service = sums[k, 0], sums[k, 1], sums[k, 2]
    wait, late = sums[k, 3], sums[k, 4]
    most, fewest, longest = tables.most_load[k], tables.least_load[k], tables.most_duration[k]
    p_load, p_time, p_late = prices[0], prices[1], prices[2]
    uneven, mean_work, mean_load = tables.evenness[0], tables.evenness[1], tables.evenness[2]
    skip = NOUGHT
    if work.route_of[day, place] == k:
        skip = work.position[day, place]
        before, after = row[k, skip - 1], row[k, skip + 1]
        travel -= way[before, place] + way[place, after] - way[before, after]
        load -= tables.load[place]
        service -= tables.service[place]
        if tables.timed:
            wait, late = 0.0, 0.0
            if size > 1:
                wait, late = walk(tables, k, row[k], size, skip, NOUGHT, NOUGHT)
    old = limited(
        travel, load, service, most, fewest, longest, p_load, p_time, uneven, mean_work, mean_load
    )
    if tables.timed:
        old += late_price(travel, service, wait, late, longest, p_time, p_late)
    load += tables.load[place]
    service += tables.service[place]
    floor = travel + p_load * load_excess(load, most, fewest) - old
    best, at = least, 0
    before = row[k, 0]
    for index in range(1, size + 2):
        if index == skip:
            continue
        after = row[k, index]
        extra = way[before, place] + way[place, after] - way[before, after]
        before = after
        if floor + extra >= best:
            continue
        price = limited(
            travel + extra, load, service, most, fewest, longest,
            p_load, p_time, uneven, mean_work, mean_load,
        ) - old  # fmt: skip
        if price >= best or (blink > 0.0 and np.random.random() < blink):
            continue
        if tables.timed:
            wait, late = walk(tables, k, row[k], size, skip, index, place)
            price += late_price(travel + extra, service, wait, late, longest, p_time, p_late)
            if price >= best:
                continue
        best = price
        at = index - 1 if 0 < skip < index else index
    return best, at


@bare
def best_insertion(tables, work, day, place, prices, blink):
    """Return (price, route, position) of the cheapest insertion of a place on a day."""
    best, route, at, empty = FAR, -1, 0, False
    for k in range(day * tables.n_managers, (day + 1) * tables.n_managers):
        if tables.most_load[k] <= 0.0:
            continue
        if work.size[k] == 0 and tables.one_depot:
            if empty:
                continue
            empty = True
        price, position = insertion_in(tables, work, day, k, place, prices, best, blink)
        if position > 0:
            best, route, at = price, k, position
    return best, route, at


@bare
def remembered_insertion(tables, work, day, place, prices):
    """As `best_insertion`, but what is known of routes that did not change is not sought again."""
    best, route, at, empty = FAR, -1, 0, False
    for k in range(day * tables.n_managers, (day + 1) * tables.n_managers):
        if tables.most_load[k] <= 0.0:
            continue
        if work.size[k] == 0 and tables.one_depot:
            if empty:
                continue
            empty = True
        if work.insertion_when[place, k] < work.changed[k]:
            price, position = insertion_in(tables, work, day, k, place, prices, FAR, 0.0)
            work.insertion_price[place, k] = price
            work.insertion_at[place, k] = position
            work.insertion_when[place, k] = work.clock[0]
        if work.insertion_price[place, k] < best:
            best = work.insertion_price[place, k]
            route, at = k, work.insertion_at[place, k]
    return best, route, at


@inlined
def price_of_visit(tables, work, day, place, prices):
    """Return what the plan would save without a visit."""
    k, i = work.route_of[day, place], work.position[day, place]
    row, way, sums = work.row[k], tables.travel, work.sums
    before, after = row[i - 1], row[i + 1]
    travel = sums[k, 0] - way[before, place] - way[place, after] + way[before, after]
    load, service = sums[k, 1] - tables.load[place], sums[k, 2] - tables.service[place]
    even, longest = tables.evenness, tables.most_duration[k]
    without = limited(
        travel, load, service, tables.most_load[k], tables.least_load[k], longest,
        prices[0], prices[1], even[0], even[1], even[2],
    )  # fmt: skip
    if tables.timed and work.size[k] > 1:
        wait, late = walk(tables, k, row, work.size[k], i, NOUGHT, NOUGHT)
        without += late_price(travel, service, wait, late, longest, prices[1], prices[2])
    return route_price(tables, work, k, prices) - without


@bare
def cheapest_pattern(tables, place, cost, held, limit):
    """Return the pattern of a place whose days cost least in sum, or -1.

    Only patterns with all the days `held` (their cost is 0) and a price below `limit`.
    """
    best, chosen = limit, -1
    for pattern in range(tables.first_pattern[place], tables.last_pattern[place]):
        total = tables.pattern_price[pattern]
        fits = True
        for day in range(tables.n_days):
            if held[day] and not tables.patterns[pattern, day]:
                fits = False
                break
        if not fits:
            continue
        for day in tables.day_list[pattern]:
            if day < 0:
                break
            total += cost[day]
        if total < best:
            best, chosen = total, pattern
    return chosen


@bare
def withdraw(tables, work, place):
    """Take a place off all its days."""
    for day in range(tables.n_days):
        k = work.route_of[day, place]
        if k >= 0:
            take(tables, work, k, work.position[day, place])
    work.chosen[place] = -1


@bare
def shuffled_places(tables, work):
    """Write all places that have patterns into `order` at random, and return how many there are."""
    count = NOUGHT
    for place in range(tables.n_places):
        if tables.first_pattern[place] < tables.last_pattern[place]:
            work.order[count] = place
            count += 1
    shuffle(work.order, count)
    return count


@bare
def improve_patterns(tables, work, prices, touched):
    """Give every place, in random order, the pattern that costs least; return the changes.

    `touched` marks the days whose routes changed.
    """
    n_days = tables.n_days
    price, route, at = work.day_price, work.day_route, work.day_at
    changes = 0
    for number in range(shuffled_places(tables, work)):
        place = work.order[number]
        now = tables.pattern_price[work.chosen[place]]
        for day in range(n_days):
            if work.route_of[day, place] >= 0:
                now += price_of_visit(tables, work, day, place, prices)
            if tables.open_days[place, day]:
                price[day], route[day], at[day] = remembered_insertion(
                    tables, work, day, place, prices
                )
        pattern = cheapest_pattern(tables, place, price, work.no_day, now - _GAIN)
        if pattern < 0:
            continue
        changes += 1
        for day in range(n_days):
            touched[day] |= work.route_of[day, place] >= 0 or tables.patterns[pattern, day]
        withdraw(tables, work, place)
        for day in tables.day_list[pattern]:
            if day < 0:
                break
            put(tables, work, route[day], at[day], place)
        work.chosen[place] = pattern
    return changes


@bare
def choose(tables, work, place, prices, blink, held):
    """Return the pattern on which a place costs least, keeping the days that it holds.

    `day_route` and `day_at` get the cheapest insertion of each other day that it may have.
    """
    price, route, at = work.day_price, work.day_route, work.day_at
    for day in range(tables.n_days):
        price[day] = 0.0
        if tables.open_days[place, day] and not held[day]:
            price[day], route[day], at[day] = best_insertion(
                tables, work, day, place, prices, blink
            )
    pattern = cheapest_pattern(tables, place, price, held, 100.0 * FAR)
    for day in tables.day_list[pattern]:
        if day >= 0 and not held[day] and route[day] < 0:  # every position was overlooked
            _, route[day], at[day] = best_insertion(tables, work, day, place, prices, 0.0)
    return pattern


@bare
def settle(tables, work, place, prices, blink, held):
    """Put a place on the pattern that costs least, keeping the visits on the days `held`."""
    pattern = choose(tables, work, place, prices, blink, held)
    for day in tables.day_list[pattern]:
        if day >= 0 and not held[day]:
            put(tables, work, work.day_route[day], work.day_at[day], place)
    work.chosen[place] = pattern


@counted
def complete(tables, work, prices, blink):
    """Settle all places that have no pattern yet, in random order."""
    held = np.zeros(tables.n_days, np.bool_)
    for number in range(shuffled_places(tables, work)):
        place = work.order[number]
        if work.chosen[place] < 0:
            for day in range(tables.n_days):
                held[day] = work.route_of[day, place] >= 0
            settle(tables, work, place, prices, blink, held)


@counted
def random_plan(tables, work, prices):
    """Give a random share of the places a random pattern, and the others the cheapest one."""
    clear(tables, work)
    free = np.random.random()
    for number in range(shuffled_places(tables, work)):
        place = work.order[number]
        if np.random.random() >= free:
            first, last = tables.first_pattern[place], tables.last_pattern[place]
            pattern = first + np.random.randint(last - first)
            visit_on(tables, work, place, pattern, prices, 0.05)
    complete(tables, work, prices, 0.05)


@bare
def visit_on(tables, work, place, pattern, prices, blink):
    """Put a place on the days of a pattern, each where it costs least."""
    for day in tables.day_list[pattern]:
        if day < 0:
            break
        _, k, at = best_insertion(tables, work, day, place, prices, blink)
        if k < 0:
            _, k, at = best_insertion(tables, work, day, place, prices, 0.0)
        put(tables, work, k, at, place)
    work.chosen[place] = pattern
