"""Make the dictionary of brands from a table of name-suggestion-index (BSD 3-Clause).

    python tools/build_brands.py nsi_brands.csv geodata/data/brands/brands.csv.gz

The table has a row a brand: nsi_path, display_name, match_names, brand, operator, countries.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import sys
from pathlib import Path

GROUPS = {
    "bank": "bank",
    "supermarket": "food",
    "convenience": "food",
    "kiosk": "food",
    "fuel": "fuel",
    "pharmacy": "pharmacy",
    "chemist": "pharmacy",
    "electronics": "electronics",
    "mobile_phone": "telecom",
    "mobile_phone_accessories": "telecom",
    "telecommunication": "telecom",
}
#: A remark on where a brand is used, for example “Aldi (Aldi Süd group)”.
REMARK = re.compile(r"\s*\([^)]*\)")


def entries(path: Path) -> list[tuple[str, str, str, str]]:
    """Return operator, group, other names and countries of each brand, in order."""
    found: dict[tuple[str, str], tuple[set[str], set[str]]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            operator = (row["brand"] or row["operator"] or row["display_name"]).strip()
            group = GROUPS[row["nsi_path"].rpartition("/")[2]]
            names, countries = found.setdefault((operator, group), (set(), set()))
            given = [REMARK.sub("", row["display_name"]), *row["match_names"].split(";")]
            given += [half for one in given if "/" in one for half in one.split("/")]
            names |= {one.strip() for one in given if one.strip()} - {operator}
            countries |= set(row["countries"].split(";")) - {""} or {"001"}
    return [
        (operator, group, ";".join(sorted(names)), ";".join(sorted(countries)))
        for (operator, group), (names, countries) in sorted(found.items())
    ]


def main() -> None:
    """Write the dictionary; the same table gives the same bytes."""
    source, target = (Path(one) for one in sys.argv[1:3])
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("operator", "group", "names", "countries"))
    writer.writerows(entries(source))
    target.write_bytes(gzip.compress(text.getvalue().encode("utf-8"), 9, mtime=0))


if __name__ == "__main__":
    main()
