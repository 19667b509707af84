"""Coordinates in the datums of China; the formulas stand in `gridmap.datum`."""

from gridmap.datum import CHINA, Datum, Floats, from_wgs84, inside_china, to_wgs84

__all__ = ["CHINA", "Datum", "Floats", "from_wgs84", "inside_china", "to_wgs84"]
