"""What a territory knows of its outlets already: a new list need not say it again."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

import pandas as pd

from geodata.headers import plain

#: Words for whose an outlet is, as they are compared.
OWNERS: Mapping[str, tuple[str, ...]] = {
    "own": ("own", "ours", "self", "自有", "自营", "直营", "自有渠道", "自有厅", "自建"),
    "partner": (
        "partner", "agent", "dealer", "franchise", "社会", "社会渠道", "合作", "合作渠道", "代理",
        "代理商", "授权", "加盟", "专营",
    ),
    "rival": (
        "rival", "competitor", "竞对", "竞对网点", "竞争对手", "竞品", "对手", "友商", "他网",
    ),
    "other": ("other", "其他", "其它"),
}  # fmt: skip
_OWNER_OF = {word: owner for owner, words in OWNERS.items() for word in words}


def owner_of_words(words: str) -> str:
    """Return own, partner, rival or other for the words of a table; empty = not known."""
    return _OWNER_OF.get(plain(words), "")


class Known:
    """The outlets of a territory, asked about those of a new list.

    Parameters
    ----------
    outlets
        See `gridmap.schemas.OUTLETS`.
    """

    def __init__(self, outlets: pd.DataFrame) -> None:
        self._by_id = outlets.set_index("outlet_id")
        named = outlets[outlets["operator"] != ""]
        self._by_operator = _most(named, ["operator"], "ownership")
        self._visited = _most(outlets, ["ownership", "kind"], "visited")
        self._visited_by_owner = _most(outlets, ["ownership"], "visited")

    def ownership(self, outlet_id: str, operator: str) -> str:
        """Return whose an outlet was, or else whose those of its operator mostly are."""
        if outlet_id in self._by_id.index:
            return str(self._by_id.at[outlet_id, "ownership"])
        return str(self._by_operator.get((operator,), ""))

    def visited(self, outlet_id: str, ownership: str, kind: str) -> bool:
        """Return whether an outlet got visits, or else whether most outlets like it do."""
        if outlet_id in self._by_id.index and self._by_id.at[outlet_id, "ownership"] == ownership:
            return bool(self._by_id.at[outlet_id, "visited"])
        found = self._visited.get((ownership, kind), self._visited_by_owner.get((ownership,)))
        return ownership == "partner" if found is None else bool(found)

    def values(self, ids: pd.Series[str], column: str) -> pd.Series:
        """Return a column of the outlets of some ids; missing where an id is new."""
        return self._by_id[column].reindex(ids).set_axis(ids.index)


def _most(frame: pd.DataFrame, keys: list[str], column: str) -> dict[tuple[Hashable, ...], object]:
    """Return the most frequent value of a column by some others; of equal ones the first."""
    found: dict[tuple[Hashable, ...], object] = {}
    for key, group in frame.groupby(keys, sort=True):
        listed = key if isinstance(key, tuple) else (key,)
        found[listed] = group[column].value_counts(sort=True).index[0]
    return found
