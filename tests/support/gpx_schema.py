"""A strict check of GPX 1.1 files against the published structure.

No package with an open licence ships the schema, so its rules for what gridmap may write are
spelled out here: the order of elements, which may repeat, which attributes they must and may
have, and the types of their values (https://www.topografix.com/GPX/1/1/, elements and types).
"""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

NAMESPACE = "{http://www.topografix.com/GPX/1/1}"
#: xsi:schemaLocation may stand on the root of any document with a schema.
ANYWHERE = {"{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"}
DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
WHEN = re.compile(r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")

Value = Callable[[str], bool]


def _any(_: str) -> bool:
    return True


def _decimal(
    low: float = float("-inf"), high: float = float("inf"), *, below: bool = False
) -> Value:
    def good(words: str) -> bool:
        if not DECIMAL.fullmatch(words.strip()):
            return False
        number = float(words)
        return low <= number < high if below else low <= number <= high

    return good


def _whole(words: str) -> bool:
    return bool(re.fullmatch(r"\+?\d+", words.strip()))


def _one_of(*words: str) -> Value:
    return lambda found: found in words


@dataclass(frozen=True)
class Child:
    """An element in a sequence: its type, and how often it stands there."""

    name: str
    kind: str
    least: int = 0
    most: float = 1


@dataclass(frozen=True)
class Kind:
    """A type: attributes with their values, children in their order, or a plain value."""

    required: Mapping[str, Value] = field(default_factory=dict)
    optional: Mapping[str, Value] = field(default_factory=dict)
    children: tuple[Child, ...] = ()
    value: Value | None = None


MANY = math.inf
_POINT = tuple(
    Child(name, kind, most=MANY if name == "link" else 1)
    for name, kind in (
        ("ele", "decimal"), ("time", "when"), ("magvar", "turn"), ("geoidheight", "decimal"),
        ("name", "string"), ("cmt", "string"), ("desc", "string"), ("src", "string"),
        ("link", "link"), ("sym", "string"), ("type", "string"), ("fix", "fix"), ("sat", "whole"),
        ("hdop", "decimal"), ("vdop", "decimal"), ("pdop", "decimal"), ("ageofdgpsdata", "decimal"),
        ("dgpsid", "station"), ("extensions", "extensions"),
    )
)  # fmt: skip
_WAY = (
    Child("name", "string"), Child("cmt", "string"), Child("desc", "string"),
    Child("src", "string"), Child("link", "link", most=MANY), Child("number", "whole"),
    Child("type", "string"), Child("extensions", "extensions"),
)  # fmt: skip
KINDS: Mapping[str, Kind] = {
    "gpx": Kind(
        {"version": _one_of("1.1"), "creator": _any},
        children=(
            Child("metadata", "metadata"), Child("wpt", "point", most=MANY),
            Child("rte", "rte", most=MANY), Child("trk", "trk", most=MANY),
            Child("extensions", "extensions"),
        ),
    ),
    "metadata": Kind(
        children=(
            Child("name", "string"), Child("desc", "string"), Child("author", "person"),
            Child("copyright", "copyright"), Child("link", "link", most=MANY),
            Child("time", "when"), Child("keywords", "string"), Child("bounds", "bounds"),
            Child("extensions", "extensions"),
        )
    ),
    "point": Kind(
        {"lat": _decimal(-90.0, 90.0), "lon": _decimal(-180.0, 180.0, below=True)}, children=_POINT
    ),
    "rte": Kind(children=(*_WAY, Child("rtept", "point", most=MANY))),
    "trk": Kind(children=(*_WAY, Child("trkseg", "trkseg", most=MANY))),
    "trkseg": Kind(
        children=(Child("trkpt", "point", most=MANY), Child("extensions", "extensions"))
    ),
    "person": Kind(
        children=(Child("name", "string"), Child("email", "email"), Child("link", "link"))
    ),
    "email": Kind({"id": _any, "domain": _any}),
    "copyright": Kind(
        {"author": _any}, children=(Child("year", "string"), Child("license", "string"))
    ),
    "link": Kind({"href": _any}, children=(Child("text", "string"), Child("type", "string"))),
    "bounds": Kind(
        {
            "minlat": _decimal(-90.0, 90.0), "maxlat": _decimal(-90.0, 90.0),
            "minlon": _decimal(-180.0, 180.0, below=True),
            "maxlon": _decimal(-180.0, 180.0, below=True),
        }
    ),
    "extensions": Kind(),
    "string": Kind(value=_any),
    "decimal": Kind(value=_decimal()),
    "when": Kind(value=lambda words: bool(WHEN.fullmatch(words.strip()))),
    "turn": Kind(value=_decimal(0.0, 360.0, below=True)),
    "fix": Kind(value=_one_of("none", "2d", "3d", "dgps", "pps")),
    "whole": Kind(value=_whole),
    "station": Kind(value=_decimal(0.0, 1023.0)),
}  # fmt: skip


def gpx_faults(content: str | bytes) -> list[str]:
    """Return what of a GPX file breaks the schema, each with the path of its element."""
    root = ET.fromstring(content)  # noqa: S314 (written by the test itself)
    if root.tag != f"{NAMESPACE}gpx":
        return [f"/: expected gpx of the namespace GPX/1/1, found {root.tag}"]
    return _faults(root, KINDS["gpx"], "/gpx")


def _faults(element: ET.Element, kind: Kind, path: str) -> list[str]:
    if kind is KINDS["extensions"]:
        return []
    found = [f"{path}: no attribute {name}" for name in kind.required if name not in element.attrib]
    known = {**kind.required, **kind.optional}
    for name, value in element.attrib.items():
        if name in ANYWHERE:
            continue
        if name not in known:
            found.append(f"{path}: unknown attribute {name}")
        elif not known[name](value):
            found.append(f"{path}: {name} is {value!r}")
    words = element.text or ""
    if kind.value is not None:
        if len(element):
            found.append(f"{path}: expected a value, found elements")
        elif not kind.value(words):
            found.append(f"{path}: the value is {words!r}")
        return found
    if words.strip() or any((one.tail or "").strip() for one in element):
        found.append(f"{path}: text between the elements")
    return found + _sequence(element, kind, path)


def _sequence(element: ET.Element, kind: Kind, path: str) -> list[str]:
    """Return the faults of the children: unknown, out of order, too many, too few, inside them."""
    found: list[str] = []
    order = {child.name: at for at, child in enumerate(kind.children)}
    at, count = 0, dict.fromkeys(order, 0)
    for one in element:
        name = one.tag.removeprefix(NAMESPACE)
        if not one.tag.startswith(NAMESPACE) or name not in order:
            found.append(f"{path}: unknown element {one.tag}")
            continue
        if order[name] < at:
            found.append(f"{path}: {name} stands after {kind.children[at].name}")
        at = max(at, order[name])
        count[name] += 1
        child = kind.children[order[name]]
        found += _faults(one, KINDS[child.kind], f"{path}/{name}[{count[name]}]")
    for child in kind.children:
        if not child.least <= count[child.name] <= child.most:
            found.append(f"{path}: {child.name} stands {count[child.name]} times")
    return found
