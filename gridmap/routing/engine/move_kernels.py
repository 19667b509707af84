"""Compiled: local search inside one day, between stops that are near each other.

Moves (kind): 1 to 3 put one stop, two stops, or two stops turned round behind another stop; 4 to 6
swap one with one, two with one, two with two; 7 swaps the tails of two routes, or turns round a
stretch of one; 8 joins two heads and two tails. All are judged by sums along the routes; where the
time of day matters, those that could gain are then walked through.
"""

from __future__ import annotations

from gridmap.routing.engine.jit import NOUGHT, ONE, bare, inlined
from gridmap.routing.engine.walk_kernels import (
    late_price,
    limited,
    refresh,
    route_price,
    shuffle,
    walk,
)

#: A move must gain at least this.
_GAIN = -1e-6
_MOST_LOOPS = 60
#: Kinds of move inside a route.
_WITHIN = (1, 2, 3, 4, 7)
FAR = 1e15


@bare
def build_within(work, kind, k, i, j):
    """Write route k after a move inside it into the scratch room."""
    row, size, out = work.row[k], work.size[k], work.scratch[0]
    if kind <= 3:
        length = 1 if kind == 1 else 2
        first, second = row[i], row[i + 1]
        at = 0
        for index in range(size + 2):
            if index < i or index >= i + length:
                out[at] = row[index]
                at += 1
            if index == j:
                out[at] = second if kind == 3 else first
                at += 1
                if length == 2:
                    out[at] = first if kind == 3 else second
                    at += 1
        return
    for index in range(size + 2):
        out[index] = row[index]
    if kind == 4:
        out[i], out[j] = row[j], row[i]
        return
    low, high = min(i, j) + 1, max(i, j)
    for index in range(low, high + 1):
        out[index] = row[low + high - index]


@bare
def copy_stops(row, first, last, out, at):
    """Copy positions first..last, backwards if last < first, and return where the next one goes."""
    step = 1 if last >= first else -1
    for index in range(first, last + step, step):
        out[at] = row[index]
        at += 1
    return at


@bare
def build_between(work, kind, a, i, b, j):
    """Write routes a and b after a move between them into the scratch room; return their sizes."""
    row_a, row_b, size_a, size_b = work.row[a], work.row[b], work.size[a], work.size[b]
    out_a, out_b = work.scratch[0], work.scratch[1]
    out_a[0], out_b[0] = row_a[0], row_b[0]
    at_a, at_b = ONE, ONE
    if kind <= 6:
        from_a = 1 if kind == 1 or kind == 4 else 2
        from_b = 0 if kind <= 3 else (2 if kind == 6 else 1)
        j = j + 1 if kind <= 3 else j
        if i > 1:
            at_a = copy_stops(row_a, ONE, i - 1, out_a, at_a)
        if from_b > 0:
            at_a = copy_stops(row_b, j, j + from_b - 1, out_a, at_a)
        if i + from_a <= size_a:
            at_a = copy_stops(row_a, i + from_a, size_a, out_a, at_a)
        if j > 1:
            at_b = copy_stops(row_b, ONE, j - 1, out_b, at_b)
        if kind == 3:
            at_b = copy_stops(row_a, i + 1, i, out_b, at_b)
        else:
            at_b = copy_stops(row_a, i, i + from_a - 1, out_b, at_b)
        if j + from_b <= size_b:
            at_b = copy_stops(row_b, j + from_b, size_b, out_b, at_b)
    elif kind == 7:
        at_a = copy_stops(row_a, ONE, i, out_a, at_a)
        if j < size_b:
            at_a = copy_stops(row_b, j + 1, size_b, out_a, at_a)
        if j > 0:
            at_b = copy_stops(row_b, ONE, j, out_b, at_b)
        if i < size_a:
            at_b = copy_stops(row_a, i + 1, size_a, out_b, at_b)
    else:
        at_a = copy_stops(row_a, ONE, i, out_a, at_a)
        if j > 0:
            at_a = copy_stops(row_b, j, ONE, out_a, at_a)
        if i < size_a:
            at_b = copy_stops(row_a, size_a, i + 1, out_b, at_b)
        if j < size_b:
            at_b = copy_stops(row_b, j + 1, size_b, out_b, at_b)
    out_a[at_a], out_b[at_b] = row_a[size_a + 1], row_b[size_b + 1]
    return at_a - 1, at_b - 1


@bare
def walked(tables, k, out, size, travel, service, prices):
    """Price of the waits and lateness of a route in the scratch room."""
    if size == 0:
        return 0.0
    wait, late = walk(tables, k, out, size, NOUGHT, NOUGHT, NOUGHT)
    return late_price(travel, service, wait, late, tables.most_duration[k], prices[1], prices[2])


@inlined
def change_within(row, size, way, there, back, kind, i, j):
    """Return what a move of a kind inside a route changes in its travel; FAR = not possible."""
    before, stop, after = row[i - 1], row[i], row[i + 1]
    other, behind = row[j], row[j + 1]
    if kind == 1:
        if j == i - 1:
            return FAR
        change = way[before, after] - way[before, stop] - way[stop, after]
        return change + way[other, stop] + way[stop, behind] - way[other, behind]
    if kind <= 3:
        if i >= size or j == i - 1 or j == i + 1:
            return FAR
        beyond = row[i + 2]
        change = way[before, beyond] - way[before, stop] - way[after, beyond] - way[other, behind]
        if kind == 2:
            return change + way[other, stop] + way[after, behind]
        change += way[other, after] + way[stop, behind]
        return change + way[after, stop] - way[stop, after]
    if abs(i - j) <= 1:
        return FAR
    if kind == 4:
        if j == 0:
            return FAR
        ahead = row[j - 1]
        change = way[before, other] + way[other, after] + way[ahead, stop] + way[stop, behind]
        change -= way[before, stop] + way[stop, after]
        return change - way[ahead, other] - way[other, behind]
    low, high = min(i, j) + 1, max(i, j)
    change = way[row[low - 1], row[high]] + way[row[low], row[high + 1]]
    change -= way[row[low - 1], row[low]] + way[row[high], row[high + 1]]
    return change + (back[high] - back[low]) - (there[high] - there[low])


@inlined
def move_within(tables, work, k, i, j, prices):
    """Do the best move of stop i of route k near its position j, if it gains."""
    if i == j:
        return False
    row, size, sums = work.row[k], work.size[k], work.sums
    there, back, way = work.travel_to[k], work.travel_back[k], tables.travel
    travel, load, service = sums[k, 0], sums[k, 1], sums[k, 2]
    most, least, longest = tables.most_load[k], tables.least_load[k], tables.most_duration[k]
    p_load, p_time, p_late = prices[0], prices[1], prices[2]
    uneven, mean_work, mean_load = tables.evenness[0], tables.evenness[1], tables.evenness[2]
    old = limited(
        travel, load, service, most, least, longest, p_load, p_time, uneven, mean_work, mean_load
    )
    if tables.timed:
        old += late_price(travel, service, sums[k, 3], sums[k, 4], longest, p_time, p_late)
    spare = old - travel
    best, chosen = _GAIN, NOUGHT
    for kind in _WITHIN:
        change = change_within(row, size, way, there, back, kind, i, j)
        if change >= spare or change >= FAR:
            continue
        price = limited(
            travel + change, load, service, most, least, longest,
            p_load, p_time, uneven, mean_work, mean_load,
        )  # fmt: skip
        price -= old
        if price >= best:
            continue
        if tables.timed:
            build_within(work, kind, k, i, j)
            price += walked(tables, k, work.scratch[0], size, travel + change, service, prices)
            if price >= best:
                continue
        best, chosen = price, kind
    if chosen == 0:
        return False
    build_within(work, chosen, k, i, j)
    for index in range(1, size + 1):
        row[index] = work.scratch[0, index]
    refresh(tables, work, k)
    return True


@inlined
def move_between(tables, work, a, i, b, j, prices):
    """Do the best move between stop i of route a and position j of route b, if it gains."""
    row_a, row_b, way, sums = work.row[a], work.row[b], tables.travel, work.sums
    size_a, size_b = work.size[a], work.size[b]
    p_load, p_time, p_late = prices[0], prices[1], prices[2]
    uneven, mean_work, mean_load = tables.evenness[0], tables.evenness[1], tables.evenness[2]
    before, u, x = row_a[i - 1], row_a[i], row_a[i + 1]
    v, y = row_b[j], row_b[j + 1]
    pair, two = i < size_a, j < size_b
    beyond = row_a[i + 2] if pair else 0
    ahead = row_b[j - 1] if j > 0 else 0
    end = row_b[j + 2] if two else 0
    way_a, load_a, stay_a = sums[a, 0], sums[a, 1], sums[a, 2]
    way_b, load_b, stay_b = sums[b, 0], sums[b, 1], sums[b, 2]
    most_a, least_a, longest_a = tables.most_load[a], tables.least_load[a], tables.most_duration[a]
    most_b, least_b, longest_b = tables.most_load[b], tables.least_load[b], tables.most_duration[b]
    old = limited(
        way_a, load_a, stay_a, most_a, least_a, longest_a,
        p_load, p_time, uneven, mean_work, mean_load,
    ) + limited(
        way_b, load_b, stay_b, most_b, least_b, longest_b,
        p_load, p_time, uneven, mean_work, mean_load,
    )  # fmt: skip
    if tables.timed:
        old += late_price(way_a, stay_a, sums[a, 3], sums[a, 4], longest_a, p_time, p_late)
        old += late_price(way_b, stay_b, sums[b, 3], sums[b, 4], longest_b, p_time, p_late)
    # Excess, unevenness and lateness are all that a move could gain besides travel.
    spare = old - way_a - way_b
    load_u, stay_u = tables.load[u], tables.service[u]
    load_x, stay_x = tables.load[x], tables.service[x]
    load_v, stay_v = tables.load[v], tables.service[v]
    load_y, stay_y = tables.load[y], tables.service[y]
    head_a, head_b = work.travel_to[a, i], work.travel_to[b, j]
    tail_a, tail_b = way_a - head_a - way[u, x], way_b - head_b - way[v, y]
    best, chosen = _GAIN, NOUGHT
    for kind in range(1, 9):
        if kind == 1:
            new_a = way_a + way[before, x] - way[before, u] - way[u, x]
            new_b = way_b + way[v, u] + way[u, y] - way[v, y]
            load, stay = load_u, stay_u
        elif kind <= 3:
            if not pair:
                continue
            new_a = way_a + way[before, beyond] - way[before, u] - way[u, x] - way[x, beyond]
            if kind == 2:
                new_b = way_b + way[v, u] + way[u, x] + way[x, y] - way[v, y]
            else:
                new_b = way_b + way[v, x] + way[x, u] + way[u, y] - way[v, y]
            load, stay = load_u + load_x, stay_u + stay_x
        elif kind == 4:
            if j == 0:
                continue
            new_a = way_a + way[before, v] + way[v, x] - way[before, u] - way[u, x]
            new_b = way_b + way[ahead, u] + way[u, y] - way[ahead, v] - way[v, y]
            load, stay = load_u - load_v, stay_u - stay_v
        elif kind == 5:
            if j == 0 or not pair:
                continue
            new_a = way_a + way[before, v] + way[v, beyond]
            new_a -= way[before, u] + way[u, x] + way[x, beyond]
            new_b = way_b + way[ahead, u] + way[u, x] + way[x, y] - way[ahead, v] - way[v, y]
            load, stay = load_u + load_x - load_v, stay_u + stay_x - stay_v
        elif kind == 6:
            if j == 0 or not pair or not two:
                continue
            new_a = way_a + way[before, v] + way[v, y] + way[y, beyond]
            new_a -= way[before, u] + way[u, x] + way[x, beyond]
            new_b = way_b + way[ahead, u] + way[u, x] + way[x, end]
            new_b -= way[ahead, v] + way[v, y] + way[y, end]
            load, stay = load_u + load_x - load_v - load_y, stay_u + stay_x - stay_v - stay_y
        elif kind == 7:
            if not tables.one_depot:
                break
            new_a, new_b = head_a + tail_b + way[u, y], head_b + tail_a + way[v, x]
            load = load_a - work.load_to[a, i] - load_b + work.load_to[b, j]
            stay = stay_a - work.service_to[a, i] - stay_b + work.service_to[b, j]
        else:
            back_b = work.travel_back[b, j]
            back_a = work.travel_back[a, size_a + 1] - work.travel_back[a, i + 1]
            new_a, new_b = head_a + way[u, v] + back_b, back_a + way[x, y] + tail_b
            load = load_a - work.load_to[a, i] - work.load_to[b, j]
            stay = stay_a - work.service_to[a, i] - work.service_to[b, j]
        if new_a + new_b - way_a - way_b >= spare:
            continue
        price = limited(
            new_a, load_a - load, stay_a - stay, most_a, least_a, longest_a,
            p_load, p_time, uneven, mean_work, mean_load,
        ) + limited(
            new_b, load_b + load, stay_b + stay, most_b, least_b, longest_b,
            p_load, p_time, uneven, mean_work, mean_load,
        ) - old  # fmt: skip
        if price >= best:
            continue
        if tables.timed:
            last_a, last_b = build_between(work, kind, a, i, b, j)
            price += walked(tables, a, work.scratch[0], last_a, new_a, stay_a - stay, prices)
            price += walked(tables, b, work.scratch[1], last_b, new_b, stay_b + stay, prices)
            if price >= best:
                continue
        best, chosen = price, kind
    if chosen == 0:
        return False
    last_a, last_b = build_between(work, chosen, a, i, b, j)
    for index in range(1, last_a + 1):
        row_a[index] = work.scratch[0, index]
    for index in range(1, last_b + 1):
        row_b[index] = work.scratch[1, index]
    work.size[a], work.size[b] = last_a, last_b
    refresh(tables, work, a)
    refresh(tables, work, b)
    return True


@inlined
def may_gain(tables, work, day, u, v, factor, prices):
    """Return whether a way from u to v is short enough to replace one of u's own.

    Where a route is within its limits, only a shorter way can gain (sequential gain rule).
    """
    k, i = work.route_of[day, u], work.position[day, u]
    row = work.row[k]
    longest = max(tables.travel[row[i - 1], u], tables.travel[u, row[i + 1]])
    if min(tables.travel[u, v], tables.travel[v, u]) <= factor * longest:
        return True
    return route_price(tables, work, k, prices) > work.sums[k, 0] + 1e-9


@bare
def empty_route(tables, work, day):
    """Return a route of the day without a stop, or -1."""
    for k in range(day * tables.n_managers, (day + 1) * tables.n_managers):
        if work.size[k] == 0 and tables.most_load[k] > 0.0:
            return k
    return -1


@bare
def shuffled_stops(tables, work, day):
    """Write the places visited on a day into `order` at random, and return how many there are."""
    count = NOUGHT
    for place in range(tables.n_places):
        if work.route_of[day, place] >= 0:
            work.order[count] = place
            count += 1
    shuffle(work.order, count)
    return count


@bare
def improve_day(tables, work, day, granularity, factor, prices):
    """Do moves on a day until none gains; stops whose surroundings did not change are passed over.

    `granularity` is how many of a stop's nearest places of that day are tried.
    """
    fresh = False
    for k in range(day * tables.n_managers, (day + 1) * tables.n_managers):
        fresh |= work.changed[k] > work.tried[day, 0]
    if not fresh:
        return
    n_stops = shuffled_stops(tables, work, day)
    n_near = tables.near.shape[1]
    for loop in range(_MOST_LOOPS):
        gained = False
        for which in range(n_stops):
            u = work.order[which]
            last = work.tried[day, u]
            work.tried[day, u] = work.clock[0]
            count = 0
            for number in range(n_near + 1):
                a = work.route_of[day, u]
                if number < n_near:
                    v = tables.near[u, number]
                    b = work.route_of[day, v]
                    if b < 0 or count > granularity:
                        continue
                    count += 1
                    if count > granularity or (work.changed[a] <= last and work.changed[b] <= last):
                        continue
                    if not may_gain(tables, work, day, u, v, factor, prices):
                        count = granularity + 1
                        continue
                    j = work.position[day, v]
                else:
                    j = 0
                    if loop == 0 or (work.changed[a] <= last and loop > 1):
                        continue
                    b = empty_route(tables, work, day)
                    if b < 0:
                        continue
                while True:
                    a, i = work.route_of[day, u], work.position[day, u]
                    if a == b:
                        done = move_within(tables, work, a, i, j, prices)
                    else:
                        done = move_between(tables, work, a, i, b, j, prices)
                    gained |= done
                    if done or j != 1 or (a == b and i == 1):
                        break
                    # The other stop comes first: the place before it as well.
                    j = 0
        if not gained and loop > 0:
            break
    work.tried[day, 0] = work.clock[0]
