"""Compiled moves of the search that never break a cell: contiguity, steals, exchanges."""
# (compiled functions take their arguments by place)

from __future__ import annotations

import numpy as np
from numba import njit

from gridmap.partition.kernels import (
    MOST_PIECES,
    State,
    World,
    load_change_cost,
    load_cost,
    move_cost,
    shift_load,
    within,
)
from gridmap.partition.problem import Floats, Ints

#: How often a partner of an exchange is drawn before the exchange is given up.
_DRAWS = 6


@njit(cache=True, nogil=True)
def accepts(change: float, heat: float) -> bool:
    """Metropolis rule."""
    taken: bool = change <= 0.0 or np.random.random() < np.exp(-change / heat)
    return taken


@njit(cache=True, nogil=True)
def group_of(member: int, group: Ints) -> int:
    """Return the root of a member of a forest of groups."""
    while group[member] != member:
        group[member] = group[group[member]]
        member = group[member]
    return member


@njit(cache=True, nogil=True)
def sow(unit: int, stamp: int, world: World, state: State) -> int:
    """Put the neighbours of a unit in its cell on the queue, each a group of its own."""
    indptr, indices, label, mark = world.indptr, world.indices, state.label, state.mark
    owner, group, waiting, queue = state.owner, state.group, state.open, state.queue
    cell = label[unit]
    sown = 0
    for arc in range(indptr[unit], indptr[unit + 1]):
        other = indices[arc]
        if label[other] == cell and mark[other] != stamp:
            mark[other] = stamp
            owner[other] = sown
            group[sown] = sown
            waiting[sown] = 1
            queue[sown] = other
            sown += 1
    return sown


@njit(cache=True, nogil=True)
def lost_pieces(unit: int, stamp: int, world: World, state: State) -> int:
    """Count the pieces a unit's cell would lose with it: those without the centre.

    Piece r is ``piece[cut[r]:cut[r + 1]]``. Returns 0 if the cell stays in one piece and -1 if
    the pieces are too many or hold a unit that never moves. `stamp` must be new in each call.

    The neighbours of the unit are flooded from all at once. In a map they mostly meet after a
    step or two, and a piece that breaks off is known as soon as its own flood ends, so the time
    goes with the size of the small piece and not with that of the cell.
    """
    indptr, indices, label, mark = world.indptr, world.indices, state.label, state.mark
    owner, group, waiting, queue = state.owner, state.group, state.open, state.queue
    cell = label[unit]
    sown = sow(unit, stamp, world, state)
    if sown <= 1:
        return 0
    centre = world.centre_unit[cell]
    # Groups that have not met, and those of them whose flood still goes on.
    groups = alive = sown
    head, tail = 0, sown
    while head < tail:
        one = queue[head]
        head += 1
        mine = group_of(owner[one], group)
        waiting[mine] -= 1
        for arc in range(indptr[one], indptr[one + 1]):
            other = indices[arc]
            if label[other] != cell or other == unit:
                continue
            if mark[other] != stamp:
                mark[other] = stamp
                owner[other] = mine
                queue[tail] = other
                tail += 1
                waiting[mine] += 1
                continue
            theirs = group_of(owner[other], group)
            if theirs != mine:
                group[theirs] = mine
                waiting[mine] += waiting[theirs]
                groups -= 1
                alive -= 1
                if groups == 1:
                    return 0
        if waiting[mine] == 0:
            alive -= 1
            # The last flood is the centre's; it need not end, unless the centre was cut off.
            if alive == 1 and not (
                mark[centre] == stamp and waiting[group_of(owner[centre], group)] == 0
            ):
                break
    return gather_pieces(centre, sown, tail, stamp, world, state)


@njit(cache=True, nogil=True)
def gather_pieces(centre: int, sown: int, tail: int, stamp: int, world: World, state: State) -> int:
    """Write the groups without the centre one after the other; return how many there are."""
    queue, owner, group, piece = state.queue, state.owner, state.group, state.piece
    kept = -1
    if state.mark[centre] == stamp:
        kept = group_of(owner[centre], group)
    else:
        for root in range(sown):
            if group[root] == root and state.open[root] > 0:
                kept = root
    found, filled = 0, 0
    state.cut[0] = 0
    for root in range(sown):
        if group[root] != root or root == kept:
            continue
        if found == MOST_PIECES:
            return -1
        for i in range(tail):
            if group_of(owner[queue[i]], group) == root:
                if world.held[queue[i]]:
                    return -1
                piece[filled] = queue[i]
                filled += 1
        found += 1
        state.cut[found] = filled
    return found


@njit(cache=True, nogil=True)
def piece_cost(begin: int, end: int, old: int, cell: int, world: World, state: State) -> float:
    """Travel, change and border of giving a lost piece to a cell; infinite if it may not go."""
    indptr, indices, label, piece = world.indptr, world.indices, state.label, state.piece
    cut_cost, place_cost = world.cut_cost, world.place_cost
    cost = 0.0
    for i in range(begin, end):
        unit = piece[i]
        if place_cost[unit, cell] == np.inf:
            return np.inf
        cost += np.float64(place_cost[unit, cell]) - np.float64(place_cost[unit, old])
        for arc in range(indptr[unit], indptr[unit + 1]):
            if label[indices[arc]] == cell:
                cost -= cut_cost[arc]
    return cost


@njit(cache=True, nogil=True)
def settle_piece(
    begin: int, end: int, old: int, extra: Floats, world: World, state: State
) -> float:
    """Give a lost piece to the neighbouring cell where it costs least; return that cost.

    Infinite, and nothing done, if no neighbouring cell may have it.
    """
    indptr, indices, label, piece = world.indptr, world.indices, state.label, state.piece
    weights, tried, ledger = world.weights, state.tried, state.ledger
    extra[:] = 0.0
    tried[:] = False
    for i in range(begin, end):
        for q in range(extra.shape[0]):
            extra[q] += weights[piece[i], q]
    best_cost, best_cell = np.inf, -1
    for i in range(begin, end):
        for arc in range(indptr[piece[i]], indptr[piece[i] + 1]):
            cell = label[indices[arc]]
            if cell == old or tried[cell]:
                continue
            tried[cell] = True
            cost = piece_cost(begin, end, old, cell, world, state)
            if cost < np.inf:
                cost += load_change_cost(cell, extra, 1.0, ledger, state.stiffness)
            if cost < best_cost:
                best_cost, best_cell = cost, cell
    if best_cell >= 0:
        shift_load(old, extra, -1.0, ledger)
        shift_load(best_cell, extra, 1.0, ledger)
        for i in range(begin, end):
            label[piece[i]] = best_cell
    return best_cost


@njit(cache=True, nogil=True)
def steal(unit: int, new: int, lost: int, heat: float, world: World, state: State) -> bool:
    """Move a unit although its cell breaks; the broken-off pieces find new cells with it.

    `lost` is the answer of `lost_pieces`. Returns whether the whole was accepted at temperature
    `heat`; if not nothing is changed.
    """
    label, ledger, stiffness = state.label, state.ledger, state.stiffness
    old, weight = label[unit], world.weights[unit]
    state.before[:, :, :] = ledger
    change = move_cost(
        unit, new, label, world.indptr, world.indices, world.cut_cost, world.place_cost
    )
    change += load_change_cost(new, weight, 1.0, ledger, stiffness)
    change -= load_cost(old, ledger, stiffness)
    shift_load(old, weight, -1.0, ledger)
    shift_load(new, weight, 1.0, ledger)
    label[unit] = new
    extra = np.zeros(weight.shape[0])
    for number in range(lost):
        begin, end = state.cut[number], state.cut[number + 1]
        change += settle_piece(begin, end, old, extra, world, state)
    change += load_cost(old, ledger, stiffness)
    if accepts(change, heat):
        return True
    label[unit] = old
    for i in range(state.cut[lost]):
        label[state.piece[i]] = old
    ledger[:, :, :] = state.before
    return False


@njit(cache=True, nogil=True)
def draw_partner(unit: int, cell: int, world: World, state: State) -> tuple[int, int]:
    """Draw a unit that `cell` could give away, and to whom; (-1, -1) if none was found."""
    indptr, indices, label, rim = world.indptr, world.indices, state.label, state.rim
    begin, end = state.rim_start[cell], state.rim_start[cell + 1]
    if begin == end:
        return -1, -1
    for _ in range(_DRAWS):
        other = rim[begin + np.random.randint(end - begin)]
        if label[other] != cell or other == unit:
            continue
        first, last = indptr[other], indptr[other + 1]
        to = label[indices[first + np.random.randint(last - first)]]
        if to != cell and world.place_cost[other, to] < np.inf:
            return other, to
    return -1, -1


@njit(cache=True, nogil=True)
def exchange(
    unit: int, new: int, heat: float, hard: bool, stamp: int, world: World, state: State
) -> bool:
    """Move a unit to `new` while another unit of `new` goes on to a third cell, or back.

    Loads that are at the edge of their bands travel along a chain of cells like this. Takes two
    stamps. Returns whether it was done; if not nothing is changed.
    """
    partner, to = draw_partner(unit, new, world, state)
    if partner < 0:
        return False
    indptr, indices, label = world.indptr, world.indices, state.label
    cut_cost, place_cost = world.cut_cost, world.place_cost
    ledger, stiffness = state.ledger, state.stiffness
    old = label[unit]
    given, passed = world.weights[unit], world.weights[partner]
    change = move_cost(unit, new, label, indptr, indices, cut_cost, place_cost)
    label[unit] = new
    change += move_cost(partner, to, label, indptr, indices, cut_cost, place_cost)
    label[unit] = old
    if not hard:
        change -= load_cost(old, ledger, stiffness) + load_cost(new, ledger, stiffness)
        if to != old:
            change -= load_cost(to, ledger, stiffness)
    shift_load(old, given, -1.0, ledger)
    shift_load(new, given, 1.0, ledger)
    shift_load(new, passed, -1.0, ledger)
    shift_load(to, passed, 1.0, ledger)
    if hard:
        good = within(old, ledger) and within(new, ledger) and within(to, ledger)
    else:
        good = True
        change += load_cost(old, ledger, stiffness) + load_cost(new, ledger, stiffness)
        if to != old:
            change += load_cost(to, ledger, stiffness)
    if good and accepts(change, heat) and lost_pieces(unit, stamp, world, state) == 0:
        label[unit] = new
        # Without the first unit the partner may have no way to its new cell any more.
        beside = False
        for arc in range(indptr[partner], indptr[partner + 1]):
            beside = beside or label[indices[arc]] == to
        if beside and lost_pieces(partner, stamp + 1, world, state) == 0:
            label[partner] = to
            return True
        label[unit] = old
    shift_load(to, passed, -1.0, ledger)
    shift_load(new, passed, 1.0, ledger)
    shift_load(new, given, -1.0, ledger)
    shift_load(old, given, 1.0, ledger)
    return False
