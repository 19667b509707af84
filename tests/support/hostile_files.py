"""Files made to do harm, and small sound files of every format to be spoilt at random."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
import xlsxwriter

CANARY = "TOP-SECRET-CANARY"


def write_hostile(folder: Path, secret: Path) -> dict[str, Path]:
    """Write one file of each kind and return them by name; `secret` lies outside of `folder`."""
    secret.write_text(f"lon,lat,name\n1,2,{CANARY}\n", encoding="utf-8")
    files: dict[str, bytes] = {
        "vrt.geojson": (
            '<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>'
            f"{secret}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
        ).encode(),
        "xxe.kml": (
            '<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY x SYSTEM "file://'
            f'{secret}">]><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark>'
            "<name>&x;</name><Point><coordinates>1,2</coordinates></Point></Placemark>"
            "</Document></kml>"
        ).encode(),
        "laughs.kml": _laughs().encode(),
        "deep.geojson": b'{"type":"FeatureCollection","features":' + b"[" * 200_000,
        "deep_closed.geojson": (
            b'{"type":"FeatureCollection","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
        ),
        "infinite.geojson": (
            b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},'
            b'"geometry":{"type":"Polygon","coordinates":[[[0,0],[1e400,0],[1,1],[0,0]]]}}]}'
        ),
        "nan.geojson": (
            b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},'
            b'"geometry":{"type":"Point","coordinates":[NaN,NaN]}}]}'
        ),
        "empty_point.geojson": (
            b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},'
            b'"geometry":{"type":"Point","coordinates":[]}}]}'
        ),
        "unhashable.geojson": b'{"type":["FeatureCollection"],"features":[]}',
        "link.csv": b"id,lon,lat\n" + b'=HYPERLINK("http://x"),1,2\n',
        "bomb.csv.gz": gzip.compress(b"0" * (1 << 20), 9) * 2000,
        "nulls.csv": b"\0" * 100_000,
        "long_line.csv": b"id,lon,lat\n" + b"a" * 50_000_000 + b",1,2\n",
        "many_columns.csv": b",".join(b"c%d" % n for n in range(300_000)) + b"\n",
        "not.gpkg": b"SQLite format 3\0" + bytes(range(256)) * 50,
        "not.parquet": b"PAR1" + b"\xff" * 1000 + b"PAR1",
        "not.xlsx": b"PK\x03\x04" + b"\0" * 1000,
    }
    found = {}
    for name, data in files.items():
        found[name] = folder / name
        found[name].write_bytes(data)
    found |= _archives(folder, secret)
    found["vertices.geojson"] = _many_vertices(folder / "vertices.geojson")
    return found


def _laughs() -> str:
    entities = ['<!ENTITY a "aaaaaaaaaa">']
    entities += [f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)]
    return (
        f'<?xml version="1.0"?><!DOCTYPE kml [{"".join(entities)}]>'
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>&j;</name>'
        "<Point><coordinates>1,2</coordinates></Point></Placemark></Document></kml>"
    )


def _archives(folder: Path, secret: Path) -> dict[str, Path]:
    found = {}

    def pack(name: str, members: Mapping[str, bytes], *, link: bool = False) -> None:
        found[name] = folder / name
        with zipfile.ZipFile(found[name], "w", zipfile.ZIP_DEFLATED) as archive:
            for inner, data in members.items():
                info = zipfile.ZipInfo(inner)
                info.compress_type = zipfile.ZIP_DEFLATED
                if link:
                    info.external_attr = 0o120777 << 16
                archive.writestr(info, data)

    table = b"id,lon,lat\n1,2,3\n"
    pack("bomb.zip", {"a.csv": b"x,y\n" + b"1,1\n" * 20_000_000})
    pack("above.zip", {"../../evil.csv": table})
    pack("root.zip", {"/evil.csv": table})
    pack("drive.zip", {"C:\\evil.csv": table})
    pack("link.zip", {"a.csv": str(secret).encode()}, link=True)
    pack("twice.zip", {"a.csv": table, "A.CSV": table})
    pack("many.zip", {f"{n}.csv": table for n in range(500)})
    pack("nested.zip", {"inner.zip": b"PK\x05\x06" + b"\0" * 18})
    pack("two.zip", {"a.csv": table, "b.csv": table})
    # A member that is larger than it says.
    data = bytearray((folder / "two.zip").read_bytes())
    place = data.find(b"PK\x01\x02")
    data[place + 24 : place + 28] = (3).to_bytes(4, "little")
    found["lie.zip"] = folder / "lie.zip"
    found["lie.zip"].write_bytes(bytes(data))
    return found


def _many_vertices(path: Path) -> Path:
    """Ten million vertices in one line: 200 MB of text."""
    piece = b"[1.25,2.5],[1.5,2.25]," * 50_000
    with path.open("wb") as file:
        file.write(
            b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},'
            b'"geometry":{"type":"LineString","coordinates":['
        )
        for _ in range(100):
            file.write(piece)
        file.write(b"[0,0]]}}]}")
    return path


def _frame() -> gpd.GeoDataFrame:
    points = [shapely.Point(118.70 + 0.01 * n, 32.0 + 0.01 * n) for n in range(6)]
    return gpd.GeoDataFrame(
        {
            "id": [f"N{n}" for n in range(6)],
            "name": ["中国联通", "移动营业厅", "电信", "店", "Shop", "=1+1"],
            "weight": np.arange(6) * 1.5,
            "highway": ["residential"] * 6,
        },
        geometry=points,
        crs="EPSG:4326",
    )


def _areas() -> gpd.GeoDataFrame:
    areas = _frame()
    return areas.set_geometry(shapely.buffer(areas.geometry.to_numpy(), 0.004, quad_segs=2))


def _rows() -> list[list[object]]:
    head: list[object] = ["编码", "名称", "经度", "纬度", "月销量(万元)", "等级"]
    return [
        head,
        *([f"0{n}", f"网点{n}", 118.7 + n / 100, 32.0 + n / 100, n * 1.5, "A"] for n in range(8)),
        ["合计", "", "", "", 42, ""],
    ]


def _text(encoding: str, separator: str = ",") -> bytes:
    lines = [separator.join(str(cell) for cell in row) for row in _rows()]
    return ("\r\n".join(lines) + "\r\n").encode(encoding)


def _workbook(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("网点清单")
        sheet.merge_range(0, 0, 0, 5, "2024年网点清单")
        for at, row in enumerate(_rows(), 1):
            sheet.write_row(at, 0, row)
        book.add_worksheet("hidden").hide()


OSM = """<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6">
<node id="1" lat="32.00" lon="118.70"/><node id="2" lat="32.00" lon="118.71"/>
<node id="3" lat="32.01" lon="118.71"/><node id="4" lat="32.01" lon="118.70">
<tag k="highway" v="traffic_signals"/></node>
<way id="7"><nd ref="1"/><nd ref="2"/><nd ref="3"/><tag k="highway" v="primary"/>
<tag k="maxspeed" v="60"/><tag k="name" v="中山路"/></way>
<way id="8"><nd ref="3"/><nd ref="4"/><nd ref="1"/><tag k="highway" v="residential"/></way>
<relation id="9"><member type="way" ref="7" role="from"/><member type="node" ref="3" role="via"/>
<member type="way" ref="8" role="to"/><tag k="type" v="restriction"/>
<tag k="restriction" v="no_left_turn"/></relation>
</osm>
"""


def write_sound(folder: Path) -> list[Path]:
    """Write a small sound file of each format that an importer takes."""
    frame, areas = _frame(), _areas()
    writers: dict[str, Callable[[Path], object]] = {
        "outlets.csv": lambda p: p.write_bytes(_text("utf-8")),
        "gbk.csv": lambda p: p.write_bytes(_text("gb18030")),
        "wide.txt": lambda p: p.write_bytes(_text("utf-16", "\t")),
        "packed.csv.gz": lambda p: p.write_bytes(gzip.compress(_text("utf-8", ";"))),
        "outlets.xlsx": _workbook,
        "points.geojson": frame.to_file,
        "areas.geojson": areas.to_file,
        "areas.gpkg": areas.to_file,
        "gbk.shp": lambda p: frame.to_file(p, encoding="gbk"),
        "areas.fgb": areas.to_file,
        "points.kml": lambda p: frame.to_file(p, driver="KML"),
        "points.tab": lambda p: frame.to_file(p, driver="MapInfo File"),
        "points.mif": lambda p: frame.to_file(p, driver="MapInfo File"),
        "areas.parquet": areas.to_parquet,
        "streets.osm": lambda p: p.write_text(OSM, encoding="utf-8"),
    }
    for name, write in writers.items():
        write(folder / name)
    with zipfile.ZipFile(folder / "shape.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for ending in (".shp", ".shx", ".dbf", ".prj"):
            archive.write((folder / "gbk.shp").with_suffix(ending), f"网点{ending}")
    return sorted([*(folder / name for name in writers), folder / "shape.zip"])


#: What spoils a file in its own way; ``@SECRET@`` becomes the path of a file that nobody may read.
TOKENS: tuple[bytes, ...] = (
    b"", b"\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"NaN", b"1e400", b"-1e400", b"null",
    b"[[[[[[[[", b"]]]]]]]]", b'"', b"'", b"<!DOCTYPE x [<!ENTITY y SYSTEM 'file://@SECRET@'>]>",
    b"&y;", b"@SECRET@", b"/vsicurl/http://127.0.0.1:9/x", b"../../../../canary.csv",
    b'<OGRVRTDataSource><OGRVRTLayer name="canary"><SrcDataSource>@SECRET@</SrcDataSource>',
    b"=cmd|' /C calc'!A0", "合计".encode(), "，；".encode(),
    b"\xef\xbb\xbf", b"\xff\xfe", b"999999999999999999999", b"-0", b"\r", b"\n\n\n", b",,,,,,,,,,",
    json.dumps("\ud800").encode(),
)  # fmt: skip
