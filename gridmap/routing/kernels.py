"""The compiled inner loops of the visit search.

A day is a row of places without the centre, which starts and ends it. The cost of a day is its
travel plus what makes uneven days dear; all of it is a function of the day's travel, service and
calls, so a change of one day costs O(1) to judge.
"""

from __future__ import annotations

import numpy as np
from numba import njit

NEVER = 1e15


@njit(cache=True)
def day_cost(travel, service, calls, target):
    """Travel plus the price of work and calls away from their targets.

    `target` is (work in seconds, calls, seconds that a whole target's deviation costs).
    """
    work = (travel + service) / target[0] - 1.0
    count = calls / target[1] - 1.0
    return travel + target[2] * (work * work + count * count)


@njit(cache=True)
def best_insertion(days, size, day, place, travel_s):
    """Return the least extra travel of `place` on `day`, and the position."""
    best, position, before = NEVER, 0, 0
    for index in range(size[day] + 1):
        after = days[day, index] if index < size[day] else 0
        extra = travel_s[before, place] + travel_s[place, after] - travel_s[before, after]
        if extra < best:
            best, position = extra, index
        before = after
    return best, position


@njit(cache=True)
def put(days, size, day, position, place):
    """Insert `place` at `position` of `day`."""
    for index in range(size[day], position, -1):
        days[day, index] = days[day, index - 1]
    days[day, position] = place
    size[day] += 1


@njit(cache=True)
def take(days, size, day, place):
    """Remove `place` from `day`."""
    found = 0
    for index in range(size[day]):
        if days[day, index] == place:
            found += 1
        elif found:
            days[day, index - 1] = days[day, index]
    size[day] -= found


@njit(cache=True)
def day_travel(days, size, day, travel_s):
    """Return the travel of a day from the centre and back."""
    total, before = 0.0, 0
    for index in range(size[day]):
        total += travel_s[before, days[day, index]]
        before = days[day, index]
    return total + travel_s[before, 0]


@njit(cache=True)
def insert_outlet(place, state, visits, travel_s, limits, target, noise):
    """Put `place` on the pattern of days where it costs least.

    Returns whether a pattern had room.
    """
    days, size, travel, service, pattern_of = state
    patterns, first, last, service_s = visits
    n_days = len(size)
    known = np.zeros(n_days, np.bool_)
    cost, extra = np.empty(n_days), np.empty(n_days)
    position = np.empty(n_days, np.int64)
    best, chosen = NEVER, -1
    for pattern in range(first[place], last[place]):
        total = 0.0
        for day in patterns[pattern]:
            if day < 0:
                break
            if not known[day]:
                known[day] = True
                extra[day], position[day] = best_insertion(days, size, day, place, travel_s)
                cost[day] = NEVER
                work = travel[day] + extra[day] + service[day] + service_s[place]
                if size[day] < limits[0] and work <= limits[1]:
                    new_travel, new_service = (
                        travel[day] + extra[day],
                        service[day] + service_s[place],
                    )
                    after = day_cost(new_travel, new_service, size[day] + 1, target)
                    cost[day] = after - day_cost(travel[day], service[day], size[day], target)
            total += cost[day]
        if noise > 0.0 and total < NEVER:
            total += abs(total) * noise * np.random.random()
        if total < best:
            best, chosen = total, pattern
    pattern_of[place] = chosen
    if chosen < 0:
        return False
    for day in patterns[chosen]:
        if day < 0:
            break
        put(days, size, day, position[day], place)
        travel[day] += extra[day]
        service[day] += service_s[place]
    return True


@njit(cache=True)
def remove_outlet(place, state, visits, travel_s):
    """Take `place` off all its days."""
    days, size, travel, service, pattern_of = state
    patterns, _, _, service_s = visits
    if pattern_of[place] < 0:
        return
    for day in patterns[pattern_of[place]]:
        if day < 0:
            break
        take(days, size, day, place)
        travel[day] = day_travel(days, size, day, travel_s)
        service[day] -= service_s[place]
    pattern_of[place] = -1


@njit(cache=True)
def total_cost(state, target, loss):
    """Cost of all days plus the price of the outlets that are left out."""
    _, size, travel, service, pattern_of = state
    total = 0.0
    for day in range(len(size)):
        total += day_cost(travel[day], service[day], size[day], target)
    for place in range(1, len(pattern_of)):
        if pattern_of[place] < 0:
            total += loss[place]
    return total


@njit(cache=True)
def copy_state(source, goal):
    """Copy one state over another."""
    for part in range(len(source[0])):
        goal[0][part, :] = source[0][part, :]
    goal[1][:] = source[1]
    goal[2][:] = source[2]
    goal[3][:] = source[3]
    goal[4][:] = source[4]


@njit(cache=True)
def ruin_centre(pattern_of):
    """Return a random place; half the time one that was left out, so that room is made for it."""
    n_places = len(pattern_of)
    start = np.random.randint(n_places - 1)
    if np.random.random() < 0.5:
        for turn in range(n_places - 1):
            place = 1 + (start + turn) % (n_places - 1)
            if pattern_of[place] < 0:
                return place
    return 1 + start


@njit(cache=True)
def on_days(pattern, patterns, chosen):
    """Return whether a pattern has one of the chosen days."""
    for day in patterns[pattern]:
        if day < 0:
            return False
        if chosen[day]:
            return True
    return False


@njit(cache=True)
def choose_ruin(pattern_of, visits, near, most, chosen, out):
    """Write the places that leave into `out` and return how many.

    They are neighbours of a random place: all of them, or those on the days of one of its
    patterns, which makes room there. `chosen` is room for one flag a day.
    """
    patterns, first, last, _ = visits
    n_places = len(pattern_of)
    centre = ruin_centre(pattern_of)
    anywhere = np.random.random() < 0.6
    chosen[:] = False
    for day in patterns[first[centre] + np.random.randint(last[centre] - first[centre])]:
        if day >= 0:
            chosen[day] = True
    wanted, count = 1 + np.random.randint(min(most, n_places - 1)), 0
    for place in near[centre]:
        pattern = pattern_of[place]
        if count == wanted:
            break
        near_in_time = anywhere or pattern < 0 or on_days(pattern, patterns, chosen)
        if near_in_time and np.random.random() < 0.75:
            out[count] = place
            count += 1
    start, again = np.random.randint(n_places - 1), 0
    for turn in range(n_places - 1):  # some of those left out get another chance
        place = 1 + (start + turn) % (n_places - 1)
        if again < most and pattern_of[place] < 0 and place not in out[:count]:
            out[count] = place
            count += 1
            again += 1
    return count


@njit(cache=True)
def ruin_and_recreate(state, visits, travel_s, near, limits, target, loss, most, chosen, out):
    """Take places off their days and put each on the pattern that costs least."""
    count = choose_ruin(state[4], visits, near, most, chosen, out)
    for index in range(count):
        remove_outlet(out[index], state, visits, travel_s)
    for index in range(count - 1, 0, -1):
        other = np.random.randint(index + 1)
        out[index], out[other] = out[other], out[index]
    if np.random.random() < 0.5:  # the dearest to leave out first
        order = np.argsort(-loss[out[:count]], kind="mergesort")
        out[:count] = out[:count][order]
    for index in range(count):
        insert_outlet(out[index], state, visits, travel_s, limits, target, 0.1)


@njit(cache=True)
def search_round(
    state, current, best, visits, travel_s, near, limits, target, loss, heat, most, steps, seed
):
    """Ruin and recreate, `steps` times.

    `current` and `best` are states of the same shape; `heat` falls from heat[0] to heat[1] and is
    the temperature at which a worse state is still taken (simulated annealing).
    Returns the cost of the best state.
    """
    np.random.seed(seed)
    now = total_cost(current, target, loss)
    least = total_cost(best, target, loss)
    out = np.empty(len(loss), np.int64)
    chosen = np.zeros(len(state[1]), np.bool_)
    for step in range(steps):
        temperature = heat[0] * (heat[1] / heat[0]) ** (step / steps)
        copy_state(current, state)
        ruin_and_recreate(state, visits, travel_s, near, limits, target, loss, most, chosen, out)
        new = total_cost(state, target, loss)
        if new < now or np.random.random() < np.exp((now - new) / temperature):
            now = new
            copy_state(state, current)
            if new < least - 1e-9:
                least = new
                copy_state(state, best)
    return least


@njit(cache=True)
def tour_travel(tour, travel_s):
    """Return the travel of a tour that names the centre at both ends."""
    total = 0.0
    for index in range(len(tour) - 1):
        total += travel_s[tour[index], tour[index + 1]]
    return total


@njit(cache=True)
def moved(tour, start, length, target):
    """Return the tour with `length` places from `start` taken out and put in at `target`."""
    segment = tour[start : start + length]
    rest = np.concatenate((tour[:start], tour[start + length :]))
    return np.concatenate((rest[:target], segment, rest[target:]))


@njit(cache=True)
def improve_day(row, travel_s):
    """Return a day shortened by 2-opt and by moving up to three places, until nothing helps."""
    n = len(row)
    tour = np.zeros(n + 2, np.int64)
    tour[1 : n + 1] = row
    least = tour_travel(tour, travel_s)
    better = True
    while better:
        better = False
        for start in range(1, n + 1):
            for length in range(1, n + 2 - start):
                trial = tour.copy()
                trial[start : start + length] = tour[start : start + length][::-1]
                cost = tour_travel(trial, travel_s)
                if cost < least - 1e-9:
                    tour, least, better = trial, cost, True
                if length > 3:
                    continue
                for target in range(1, n + 2 - length):
                    trial = moved(tour, start, length, target)
                    cost = tour_travel(trial, travel_s)
                    if cost < least - 1e-9:
                        tour, least, better = trial, cost, True
    return tour[1 : n + 1]
