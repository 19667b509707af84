"""The table of changes, by hand."""

from gridmap.routing.changes import Change, News, list_changes


def test_each_reason() -> None:
    """Day 5 is the first ahead: what lies before it is no change."""
    last = {
        "same": {0: "R1-1", 6: "R1-7"},
        "shut": {1: "R1-2", 6: "R1-7"},
        "late": {2: "R1-3"},
        "off": {7: "R1-8"},
        "colleague": {7: "R1-8"},
        "far": {8: "R1-9"},
        "room": {6: "R1-7"},
    }
    new = {
        "same": {0: "R1-1", 6: "R1-7"},
        "shut": {},
        "late": {2: "R1-3", 9: "R1-10"},
        "off": {9: "R1-10"},
        "colleague": {7: "R1-8-2"},
        "far": {8: "R1-9"},
        "room": {5: "R1-6"},
        "fresh": {9: "R1-10"},
    }
    news = News(5, {"late": (2,)}, {"far"}, set(new) - {"shut"}, {"R1-8"})
    assert list_changes(last, new, news) == (
        Change("colleague", 7, 7, "R1-8", "R1-8-2", "leave"),
        Change("far", 8, 8, "R1-9", "R1-9", "moved"),
        Change("fresh", None, 9, "", "R1-10", "new"),
        Change("late", 2, 9, "R1-3", "R1-10", "caught_up"),
        Change("off", 7, 9, "R1-8", "R1-10", "leave"),
        Change("room", 6, 5, "R1-7", "R1-6", "shifted"),
        Change("shut", 6, None, "R1-7", "", "closed"),
    )
