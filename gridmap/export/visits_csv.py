"""A log of visits as the table that [visits] of a project, and the import of a log, take."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridmap.export.scores_csv import harmless

#: Columns of the table; their names are among those that are found without being named.
COLUMNS = ("outlet", "date", "planned", "route", "seq", "came", "done")


def visits_csv(log: pd.DataFrame) -> bytes:
    """Return a `gridmap.schemas.VISIT_LOG` as CSV in UTF-8 with a byte order mark."""
    table = pd.DataFrame(
        {
            "outlet": log["outlet_id"].map(harmless),
            "date": log["date"],
            "planned": np.where(log["planned"] > 0.0, "planned", "unplanned"),
            "route": log["route"].map(harmless),
            "seq": log["seq"].astype("Int64"),
            "came": [_clock(one) for one in log["came"]],
            "done": np.where(log["done"], "done", "missed"),
        },
        columns=list(COLUMNS),
    )
    return table.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")


def _clock(seconds: float) -> str:
    """Return a time of the day, to the minute as it is written down; empty for none."""
    if np.isnan(seconds):
        return ""
    minutes = round(seconds / 60.0)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
