"""Earliest times of a day, by hand and against every way there is."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.policies import WorkingDay, clock_of, seconds_of
from gridmap.routing.timing import plain_times, windowed_times

H = 3600.0
ALWAYS = ((0.0, 24 * H),)
DAY = WorkingDay(start="08:00", end="18:00", lunch=60, lunch_after="12:00", lunch_until="13:00")


def clocks(
    legs_min: list[float],
    stays_min: list[float],
    windows: list[tuple[tuple[str, str], ...]],
    day: WorkingDay = DAY,
) -> tuple[list[str], str] | None:
    found = windowed_times(
        [one * 60.0 for one in legs_min],
        [one * 60.0 for one in stays_min],
        [tuple((seconds_of(a), seconds_of(b)) for a, b in one) or ALWAYS for one in windows],
        day,
    )
    if found is None:
        return None
    lunch = "" if found.lunch_s is None else clock_of(found.lunch_s)
    return [clock_of(one) for one in found.begins_s], lunch


def test_a_visit_waits_until_the_outlet_opens() -> None:
    """8:00 and 30 min of way: the outlet opens at 9:00; the next one 30 min after 9:20."""
    told = clocks([30, 30, 30], [20, 20], [(("09:00", "10:00"),), ()])
    assert told == (["09:00", "09:50"], "")


def test_the_second_window_counts_when_the_first_is_over() -> None:
    assert clocks([30, 5], [20], [(("07:00", "08:00"), ("14:00", "15:00"))]) == (["14:00"], "12:00")


def test_lunch_is_taken_while_waiting() -> None:
    """Free at 10:30, 30 min of way; the outlet opens at 14:00: lunch at 12:00 costs nothing."""
    assert clocks([30, 30, 5], [120, 20], [(), (("14:00", "15:00"),)]) == (
        ["08:30", "14:00"],
        "12:00",
    )


def test_lunch_may_come_after_a_way_to_begin_in_time() -> None:
    """Free at 11:50: lunch after the way at 12:20 is over at 13:20, before it at 13:30."""
    assert clocks([50, 30, 5], [180, 60], [(), ()]) == (["08:50", "13:20"], "12:20")


def test_a_visit_over_the_whole_lunch_window_is_impossible() -> None:
    """From 8:30 to 14:30 nobody eats; a day that is over at 13:00 needs no lunch."""
    assert clocks([30, 30], [360], [()]) is None
    assert clocks([30, 30], [240], [()]) == (["08:30"], "")
    assert clocks([30, 30], [360], [()], DAY.model_copy(update={"lunch": 0.0})) == (["08:30"], "")


def test_a_day_that_ends_too_late_is_impossible() -> None:
    assert clocks([30, 200], [20], [(("15:00", "16:00"),)]) is None


def test_without_windows_lunch_is_at_the_first_chance() -> None:
    times = plain_times([H, H, H], [3 * H, H], WorkingDay(start="08:00", lunch=60))
    assert times.begins_s == (9 * H, 14 * H)
    assert (times.lunch_s, times.home_s) == (12 * H, 16 * H)


def every_way(
    legs: list[float], stays: list[float], windows: list[tuple[tuple[float, float], ...]]
) -> float | None:
    """The earliest way home, by trying every place of lunch and every window."""
    after, until = 12 * H, 13 * H
    best = None
    places = [None, *((leg, side) for leg in range(len(legs)) for side in (0, 1))]
    for lunch, chosen in itertools.product(places, itertools.product(*windows)):
        now, good = 8 * H, True
        for at, leg in enumerate(legs):
            for side in (0, 1):
                if lunch == (at, side):
                    now = max(now, after)
                    good &= now <= until
                    now += H
                if side == 0:
                    now += leg
            if at < len(stays):
                start, end = chosen[at]
                good &= now <= end
                now = max(now, start) + stays[at]
        good &= now <= 18 * H and (lunch is not None or now <= until)
        if good and (best is None or now < best):
            best = now
    return best


QUARTERS = st.integers(0, 12).map(lambda one: one * 900.0)


@settings(max_examples=200, deadline=None)
@given(data=st.data(), stops=st.integers(1, 3))
def test_no_other_way_is_home_earlier(data: st.DataObject, stops: int) -> None:
    legs = data.draw(st.lists(QUARTERS, min_size=stops + 1, max_size=stops + 1))
    stays = data.draw(st.lists(QUARTERS, min_size=stops, max_size=stops))
    windows = []
    for _ in range(stops):
        cuts = sorted(data.draw(st.lists(st.integers(32, 72), min_size=4, max_size=4, unique=True)))
        a, b, c, d = (one * 900.0 for one in cuts)
        windows.append(((a, b), (c, d)))
    found, best = windowed_times(legs, stays, windows, DAY), every_way(legs, stays, windows)
    assert (found is None) == (best is None)
    if found is None or best is None:
        return
    ends = [begin + stay for begin, stay in zip(found.begins_s, stays, strict=True)]
    assert abs(found.home_s - best) < 1e-6
    for begin, open_ in zip(found.begins_s, windows, strict=True):
        assert any(a <= begin <= b for a, b in open_)
    if found.lunch_s is not None:
        assert 12 * H <= found.lunch_s <= 13 * H
        for begin, end in zip(found.begins_s, ends, strict=True):
            assert end <= found.lunch_s + 1e-6 or begin >= found.lunch_s + H - 1e-6
