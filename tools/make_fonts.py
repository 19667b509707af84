"""Make the font of the route sheets: a renamed subset of Noto Sans SC.

The sheets are printed anywhere, so the package carries its own font. The subset holds every
character of GBK, since personal and street names use rare ones that GB 2312 lacks, and Latin,
Greek and a few signs. Hinting and layout tables are dropped: the sheets are printed, not shown
small on a screen. The family is renamed "Gridmap Sans", as the licence asks of a changed font.

    npm install @expo-google-fonts/noto-sans-sc
    python tools/make_fonts.py node_modules/@expo-google-fonts/noto-sans-sc

Needs fonttools, which the service itself does not.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterator
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

SOURCE = Path("400Regular", "NotoSansSC_400Regular.ttf")
LICENCE = "LICENSE_FONT"
FONTS = Path(__file__).resolve().parent.parent / "gridmap" / "export" / "fonts"
FAMILY = "Gridmap Sans"
#: New entries of the name table by their id; other ids are kept (copyright, licence, designers).
NAMES = {
    1: FAMILY,
    2: "Regular",
    3: "GridmapSans-Regular;subset of Noto Sans SC 2.004",
    4: f"{FAMILY} Regular",
    6: "GridmapSans-Regular",
}
KEPT_NAMES = (0, 5, 8, 9, 10, 11, 13, 14)
#: ReportLab reads none of these.
DROPPED_TABLES = ("GPOS", "GSUB", "GDEF", "BASE", "vhea", "vmtx", "VORG", "STAT", "DSIG", "gasp")
SIGNS = "①②③④⑤⑥⑦⑧⑨⑩□■✓√×△▲▼◆●○◎★☆←↑→↓≥≤±°㎡℃¥€£·…—“”‘’〓"
#: 1 January 2020 in seconds since 1904, so that the bytes do not depend on the day.
MODIFIED = 3_660_681_600


def gbk() -> Iterator[int]:
    """Yield the code points that GBK can write in two bytes."""
    for first in range(0x81, 0xFF):
        for second in range(0x40, 0xFF):
            try:
                yield ord(bytes((first, second)).decode("gbk"))
            except (UnicodeDecodeError, TypeError):
                continue


def characters() -> set[int]:
    """Return the code points of the subset."""
    latin = {*range(0x20, 0x250), *range(0x370, 0x400), *range(0x1E00, 0x1F00)}
    punctuation = {*range(0x2010, 0x2040), *map(ord, SIGNS)}
    return {*gbk(), *latin, *punctuation}


def make_font(source: Path, goal: Path) -> None:
    """Write the subset of the font file `source` to `goal`."""
    font = TTFont(source, recalcTimestamp=False)
    options = subset.Options(
        hinting=False, layout_features=[], notdef_outline=True, glyph_names=False
    )
    options.drop_tables += list(DROPPED_TABLES)
    options.name_IDs = [*NAMES, *KEPT_NAMES]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters())
    subsetter.subset(font)
    for name_id, value in NAMES.items():
        font["name"].setName(value, name_id, 3, 1, 0x409)
    font["head"].modified = MODIFIED
    font.save(goal)


def main() -> None:
    """Make the font from the unpacked package named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("package", type=Path, help="folder of the npm package noto-sans-sc")
    package = parser.parse_args().package
    FONTS.mkdir(parents=True, exist_ok=True)
    make_font(package / SOURCE, FONTS / "GridmapSans-Regular.ttf")
    shutil.copyfile(package / LICENCE, FONTS / "OFL.txt")


if __name__ == "__main__":
    main()
