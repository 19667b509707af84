"""Lists of outlets as offices keep them, with known dirt and what must become of each row."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import xlsxwriter

from gridmap.datum import from_wgs84

#: Territory: `(west, south, east, north)` in WGS-84.
TOWN = (118.70, 32.00, 118.90, 32.12)
HEADER = [
    "网点编码*", "城市", "网点名称", "运营商", "经度", "纬度", "月销量(万元)", "状态", "开业日期",
]  # fmt: skip


@dataclass
class DirtyList:
    """Rows below the header, and what must become of them.

    `rejected` and `repaired` give the position of a row with its id and reason; `accepted` are
    ids with their WGS-84 coordinates and potential.
    """

    rows: list[list[object]] = field(default_factory=list)
    accepted: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    rejected: list[tuple[int, str, str]] = field(default_factory=list)
    repaired: list[tuple[int, str, str]] = field(default_factory=list)


def dirty_list(seed: int, *, clean: int = 40) -> DirtyList:
    """Return a list in GCJ-02 with fourteen kinds of dirt."""
    rng = np.random.default_rng(seed)
    west, south, east, north = TOWN
    places = rng.uniform((west + 0.01, south + 0.01), (east - 0.01, north - 0.01), (clean + 20, 2))
    given = np.round(from_wgs84(places, "gcj02"), 6)
    made = DirtyList()

    def add(at: int, **other: object) -> str:
        lon, lat = given[at]
        row: dict[str, object] = {
            "id": f"0{at:05d}", "city": "南京市", "name": f"网点{at}", "operator": "中国移动",
            "lon": float(lon), "lat": float(lat), "sales": 1.5, "state": "营业", "day": "2024.4.13",
        }  # fmt: skip
        row |= other
        made.rows.append(list(row.values()))
        return str(row["id"])

    def good(at: int, repair: str = "", sales: float = 15_000.0, **other: object) -> None:
        code = add(at, **other)
        made.accepted[str(other.get("as_id", code))] = (*places[at], sales)
        if repair:
            made.repaired.append((len(made.rows) - 1, code, repair))

    def bad(at: int, reason: str, **other: object) -> None:
        code = add(at, **other)
        made.rejected.append((len(made.rows) - 1, code, reason))

    for at in range(clean):
        good(at, name=f"\u3000网点{at}  ")
    lon, lat = given[clean]
    good(clean, "tables.place_turned", lon=float(lat), lat=float(lon))
    lon, lat = given[clean + 1]
    wide = str.maketrans("0123456789.", "０１２３４５６７８９．")
    good(clean + 1, "tables.place_read", lon=f"{lon:.6f}".translate(wide), lat=float(lat))
    lon, lat = given[clean + 2]
    good(clean + 2, "tables.place_read", lon=_minutes(lon), lat=_minutes(lat))
    lon, lat = given[clean + 3]
    good(clean + 3, "tables.place_read", lon=f"{lon:.6f}, {lat:.6f}", lat="")
    good(clean + 4, sales=23_000.0, **{"operator": "中国电信"})
    made.rows[-1][6] = "2.3万"
    good(clean + 5, "tables.amount_negative", sales=np.nan)
    made.rows[-1][6] = -3
    good(clean + 6, operator="联通")
    made.rows[-1][4:6] = made.rows[0][4:6]  # the same place under two operators stays
    made.accepted[str(made.rows[-1][0])] = (*places[0], 15_000.0)
    bad(clean + 7, "world.place_zero", lon=0, lat=0)
    bad(clean + 8, "world.place_missing", lon="", lat="-")
    bad(clean + 9, "world.place_outside", lon=121.47, lat=31.23)
    bad(clean + 10, "world.id_damaged", id="3.2E+11")
    bad(clean + 11, "world.id_again", id="000000")
    bad(clean + 12, "tables.closed", state="已停业")
    bad(clean + 13, "world.id_missing", id="")
    bad(clean + 14, "world.place_not_number", lon="待补", lat="待补")
    made.rows.insert(20, ["", "小计", "", "", "", "", 60.0, "", ""])
    made.rejected = [(at + (at >= 20), *rest) for at, *rest in made.rejected]  # type: ignore[misc]
    made.repaired = [(at + (at >= 20), *rest) for at, *rest in made.repaired]  # type: ignore[misc]
    made.rejected.append((20, "", "world.total_row"))
    made.rows.append(["", "南京市合计", "", "", "", "", 99.0, "", ""])
    made.rejected.append((len(made.rows) - 1, "", "world.total_row"))
    made.rows.append(["注：坐标来自高德地图", *[""] * 8])
    made.rejected.append((len(made.rows) - 1, "注：坐标来自高德地图", "tables.footnote"))
    made.rejected.sort()
    return made


def write_workbook(path: Path, made: DirtyList) -> int:
    """Write the list as a workbook with two titles, a merged column and a hidden sheet.

    Returns the number of the header's row.
    """
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        hidden = book.add_worksheet("旧数据")
        hidden.write_row(0, 0, HEADER)
        sheet = book.add_worksheet("网点清单")
        sheet.activate()
        sheet.set_first_sheet()
        hidden.hide()
        sheet.merge_range(0, 0, 0, len(HEADER) - 1, "南京市渠道网点清单（2024年4月）")
        sheet.write_row(1, 0, ["制表人：张三", "", "", "", "", "", "单位：万元"])
        sheet.write_row(3, 0, HEADER)
        for at, row in enumerate(made.rows, 4):
            sheet.write_row(at, 0, row)
        sheet.merge_range(4, 1, 23, 1, "南京市")
    return 4


def write_text(path: Path, made: DirtyList, encoding: str = "gb18030") -> int:
    """Write the list as CSV; returns the number of the header's row."""
    lines = [["南京市渠道网点清单", *[""] * 8], HEADER, *made.rows]
    quoted = "\r\n".join(",".join(f'"{one}"' for one in line) for line in lines)
    path.write_bytes(quoted.encode(encoding))
    return 2


def _minutes(value: float) -> str:
    whole = int(value)
    return f"{whole}°{(value - whole) * 60:.6f}′"
