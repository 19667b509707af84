"""Equal content has an equal name; any other content another."""

import dataclasses
from functools import partial

import numpy as np
import pandas as pd
import pytest
import shapely
from grid_town import grid_territory

from gridmap.jobs.contents import content_hash
from gridmap.policies import PlanRequest, RoutingPolicy


@dataclasses.dataclass(frozen=True, eq=False)
class Pair:
    left: object
    right: object


def one_of_each() -> list[object]:
    array = np.arange(6.0)
    return [
        None, 1, 1.0, True, "1", b"1", (1,), [1, 2], (1, 2), ((1,), 2), {"a": 1}, {"a": 2}, {1, 2},
        array, array.astype(np.float32), array.reshape(2, 3), array + 1e-12,
        np.array(["a", None], dtype=object), np.float64(1.0), Pair(1, 2), Pair(2, 1),
        Pair(array, 1),
        pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [1]}), pd.DataFrame({"a": ["x"]}),
        shapely.Point(1, 2), shapely.Point(2, 1), RoutingPolicy(), RoutingPolicy(weeks=2),
        grid_territory(), grid_territory(name="Other"), content_hash, partial(content_hash, 1),
        partial(content_hash, 2), partial(content_hash, one=1),
    ]  # fmt: skip


def test_names_tell_contents_apart() -> None:
    first, again = ([content_hash(one) for one in one_of_each()] for _ in range(2))
    assert first == again
    assert len(set(first)) == len(first)
    assert content_hash({"a": 1, "b": 2}) == content_hash({"b": 2, "a": 1})
    assert content_hash(PlanRequest()) == content_hash(PlanRequest())


def test_what_has_no_content_is_refused() -> None:
    for one in (object(), lambda: 1, iter([])):
        with pytest.raises(TypeError, match="content"):
            content_hash(one)
