"""Compiled: ruin and recreate, where a place comes back on the pattern of days that costs least.

Strings of neighbouring stops leave near routes (Christiaens and Vanden Berghe 2020, Slack induction
by string removals, Transportation Science 54: 417–433); a place that leaves leaves all its days.
"""

from __future__ import annotations

import math

import numpy as np

from gridmap.routing.engine.insertion_kernels import choose
from gridmap.routing.engine.jit import NOUGHT, bare, counted
from gridmap.routing.engine.walk_kernels import (
    kept_price,
    load_excess,
    put,
    refresh,
    route_price,
    totals,
)

#: Mean number of places that leave, longest string, share of positions overlooked.
_LEAVING, _STRING, _BLINK = 10.0, 10.0, 0.01
#: Share of the ruins that take places around one instead of strings, and the most that leave then.
_AROUND, _MOST_AROUND = 0.5, 12
#: Accepted plans between two looks at the prices of what breaks the limits.
_LOOK = 200
_TINY = 1e-7


@bare
def day_of_visit(tables, work, place):
    """Return a random day on which a place is visited, or -1."""
    found, count = -1, 0
    for day in range(tables.n_days):
        if work.route_of[day, place] >= 0:
            count += 1
            if np.random.randint(count) == 0:
                found = day
    return found


@bare
def mark(place, leaving, out, count):
    """Let a place leave, once."""
    if leaving[place]:
        return count
    leaving[place] = True
    out[count] = place
    return count + 1


@bare
def string_from(work, k, at, longest, leaving, out, count):
    """Let a string of stops around a position leave, half the time with some left in its midst."""
    size = work.size[k]
    length = min(int(np.random.random() * min(float(size), longest) + 1.0), size)
    kept = 0
    if 1 < length < size and np.random.random() < 0.5:
        while length + kept < size and np.random.random() > 0.5:
            kept += 1
    span = length + kept
    low, high = max(1, at - span + 1), min(at, size - span + 1)
    begin = low + np.random.randint(high - low + 1)
    gap = np.random.randint(length) if kept > 0 else 0
    for index in range(span):
        if kept > 0 and gap <= index < gap + kept:
            continue
        count = mark(work.row[k, begin + index], leaving, out, count)
    return count


@bare
def ruin(tables, work, places, leaving, out, ruined):
    """Choose the places that leave; write them to `out` and return how many."""
    centre = places[np.random.randint(len(places))]
    if np.random.random() < _AROUND:
        return ruin_around(tables, work, centre, leaving, out)
    return ruin_strings(tables, work, centre, leaving, out, ruined)


@bare
def shares_day(tables, work, place, pattern):
    """Return whether a place is visited on a day of a pattern, or on none at all."""
    chosen = work.chosen[place]
    if tables.day_list[chosen, 0] < 0:
        return True
    for day in tables.day_list[pattern]:
        if day >= 0 and work.route_of[day, place] >= 0:
            return True
    return False


@bare
def ruin_around(tables, work, centre, leaving, out):
    """Let most of the places near one leave: all, or those on the days of one of its patterns.

    The latter makes room there.
    """
    anywhere = np.random.random() < 0.6
    first, last = tables.first_pattern[centre], tables.last_pattern[centre]
    pattern = first + np.random.randint(last - first)
    wanted = 1 + np.random.randint(_MOST_AROUND)
    count = mark(centre, leaving, out, NOUGHT)
    for place in tables.near[centre]:
        if count >= wanted:
            break
        if np.random.random() < 0.75 and (anywhere or shares_day(tables, work, place, pattern)):
            count = mark(place, leaving, out, count)
    return count


@bare
def ruin_strings(tables, work, centre, leaving, out, ruined):
    """Let strings of stops near a place leave, each from another route."""
    stops, routes = 0, 0
    for k in range(len(work.size)):
        ruined[k] = False
        stops += work.size[k]
        routes += work.size[k] > 0
    longest = min(_STRING, stops / max(routes, 1))
    wanted = int(np.random.random() * (4.0 * _LEAVING / (1.0 + longest) - 1.0) + 1.0)
    one_day = np.random.random() < 0.5
    day = day_of_visit(tables, work, centre)
    count, strings = NOUGHT, 0
    for number in range(-1, tables.near.shape[1]):
        if strings >= wanted:
            break
        place = centre if number < 0 else tables.near[centre, number]
        if leaving[place]:
            continue
        if work.chosen[place] >= 0 and tables.day_list[work.chosen[place], 0] < 0:
            # It has no visit; now and then it gets another chance.
            if number < 0 or np.random.random() < 0.2:
                count = mark(place, leaving, out, count)
            continue
        on = day if one_day and day >= 0 else day_of_visit(tables, work, place)
        k = work.route_of[on, place] if on >= 0 else -1
        if k < 0 or ruined[k]:
            continue
        ruined[k] = True
        count = string_from(work, k, work.position[on, place], longest, leaving, out, count)
        strings += 1
    return count


@counted
def sort_leaving(tables, out, count):
    """Put the places that come back in one of several orders."""
    rule = np.random.random()
    key = np.empty(count)
    for index in range(count):
        place = out[index]
        first, last = tables.first_pattern[place], tables.last_pattern[place]
        if rule < 0.36:
            key[index] = np.random.random()
        elif rule < 0.66:
            key[index] = -tables.load[place] * tables.patterns[last - 1].sum()
            key[index] -= 1e-6 * np.random.random()
        elif rule < 0.80:
            key[index] = -tables.travel[tables.start[0], place]
        elif rule < 0.88:
            key[index] = tables.travel[tables.start[0], place]
        else:
            key[index] = last - first + 0.5 * np.random.random()
    out[:count] = out[:count][np.argsort(key)]


@bare
def keep_route(work, k, kept, row, size, sums, count, which):
    """Remember route k as it is before its first change."""
    if kept[k]:
        return count
    kept[k] = True
    which[count] = k
    size[k] = work.size[k]
    for index in range(1, work.size[k] + 1):
        row[k, index] = work.row[k, index]
    for index in range(5):
        sums[k, index] = work.sums[k, index]
    return count + 1


@bare
def within_limits(tables, work):
    """Return whether all routes keep (load, duration, time)."""
    load, duration, time = True, True, True
    for k in range(len(work.size)):
        travel, calls, service = work.sums[k, 0], work.sums[k, 1], work.sums[k, 2]
        load &= load_excess(calls, tables.most_load[k], tables.least_load[k]) <= _TINY
        duration &= travel + service + work.sums[k, 3] <= tables.most_duration[k] + _TINY
        time &= work.sums[k, 4] <= _TINY
    return load, duration, time


@bare
def adapt(prices, tally):
    """Raise the price of what is broken more than half the time, and lower the others."""
    for index in range(3):
        prices[index] *= 1.1 if tally[index] < 0.5 * tally[3] else 0.93
        prices[index] = min(max(prices[index], 1e-3), 1e12)
    tally[:] = 0.0


@counted
def anneal(tables, work, prices, tally, heat, steps, best, best_row, best_size, best_chosen):
    """Ruin and recreate `steps` times at a temperature; keep the best plan within the limits.

    `tally` counts the accepted plans (last entry) and those of them that kept each limit. Returns
    the cost of the best plan.
    """
    n_routes = len(work.size)
    kept, ruined = np.zeros(n_routes, np.bool_), np.zeros(n_routes, np.bool_)
    which = np.zeros(n_routes, np.int64)
    row, size, sums = np.zeros_like(work.row), np.zeros_like(work.size), np.zeros_like(work.sums)
    leaving = np.zeros(tables.n_places, np.bool_)
    out = np.zeros(tables.n_places, np.int64)
    pattern = np.zeros(tables.n_places, np.int64)
    places = np.flatnonzero(tables.last_pattern > tables.first_pattern)
    for _ in range(steps):
        changed = NOUGHT
        count = ruin(tables, work, places, leaving, out, ruined)
        change = 0.0
        for index in range(count):
            place = out[index]
            pattern[index] = work.chosen[place]
            change -= tables.pattern_price[work.chosen[place]]
            for day in range(tables.n_days):
                k = work.route_of[day, place]
                if k >= 0:
                    changed = keep_route(work, k, kept, row, size, sums, changed, which)
                    work.route_of[day, place] = -1
            work.chosen[place] = -1
        for index in range(changed):
            k = which[index]
            change -= route_price(tables, work, k, prices)
            stays = 0
            for position in range(1, work.size[k] + 1):
                if not leaving[work.row[k, position]]:
                    stays += 1
                    work.row[k, stays] = work.row[k, position]
            work.size[k] = stays
            refresh(tables, work, k)
        taken = changed
        back = out[:count].copy()
        patterns_before = pattern[:count].copy()
        sort_leaving(tables, out, count)
        for index in range(count):
            place = out[index]
            new = choose(tables, work, place, prices, _BLINK, work.no_day)
            for day in tables.day_list[new]:
                if day >= 0:
                    k = work.day_route[day]
                    changed = keep_route(work, k, kept, row, size, sums, changed, which)
                    put(tables, work, k, work.day_at[day], place)
            work.chosen[place] = new
            change += tables.pattern_price[new]
        for index in range(changed):
            k = which[index]
            change += route_price(tables, work, k, prices)
            if index >= taken:
                change -= kept_price(tables, sums, k, prices)
        if change < -heat * math.log(np.random.random()):
            load, duration, time = within_limits(tables, work)
            tally[0] += load
            tally[1] += duration
            tally[2] += time
            tally[3] += 1.0
            if load and duration and time:
                cost = totals(tables, work)[0]
                if cost < best - _TINY:
                    best = cost
                    best_row[:] = work.row
                    best_size[:] = work.size
                    best_chosen[:] = work.chosen
        else:
            for index in range(count):
                place = back[index]
                work.chosen[place] = patterns_before[index]
                for day in range(tables.n_days):
                    work.route_of[day, place] = -1
            for index in range(changed):
                k = which[index]
                work.size[k] = size[k]
                for position in range(1, size[k] + 1):
                    work.row[k, position] = row[k, position]
                refresh(tables, work, k)
        for index in range(count):
            leaving[out[index]] = False
        for index in range(changed):
            kept[which[index]] = False
        if tally[3] >= _LOOK:
            adapt(prices, tally)
    return best
