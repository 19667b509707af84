"""Small OpenStreetMap files written by hand, for the tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

Tags = Mapping[str, str]

#: A hundredth of a degree of longitude at the equator is 1113.1949 m on WGS 84 (a * pi / 18000).
HUNDREDTH_M = 1113.194908


def write_osm(
    path: Path,
    nodes: Mapping[int, tuple[float, float]],
    ways: Mapping[int, tuple[Sequence[int], Tags]],
    *,
    relations: Mapping[int, tuple[Sequence[tuple[str, int, str]], Tags]] | None = None,
    node_tags: Mapping[int, Tags] | None = None,
) -> Path:
    """Write nodes (lon, lat), ways (node ids, tags) and relations (members, tags)."""
    lines = ["<?xml version='1.0' encoding='UTF-8'?>", '<osm version="0.6" generator="test">']
    for node, (lon, lat) in nodes.items():
        inner = _tags((node_tags or {}).get(node, {}))
        lines.append(f'<node id="{node}" version="1" lon="{lon}" lat="{lat}">{inner}</node>')
    for way, (refs, tags) in ways.items():
        inner = "".join(f'<nd ref="{ref}"/>' for ref in refs) + _tags(tags)
        lines.append(f'<way id="{way}" version="1">{inner}</way>')
    for relation, (members, tags) in (relations or {}).items():
        inner = "".join(
            f'<member type="{kind}" ref="{ref}" role="{role}"/>' for kind, ref, role in members
        )
        lines.append(f'<relation id="{relation}" version="1">{inner}{_tags(tags)}</relation>')
    lines.append("</osm>")
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def _tags(tags: Tags) -> str:
    return "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items())
