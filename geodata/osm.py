"""What gridmap reads from an OpenStreetMap file (.osm.pbf, .osm or .osm.bz2)."""

from __future__ import annotations

from geodata.osm_lines import read_admin_areas, read_linework
from geodata.osm_places import read_buildings, read_places_of_interest
from geodata.osm_streets import read_street_network

__all__ = [
    "read_admin_areas",
    "read_buildings",
    "read_linework",
    "read_places_of_interest",
    "read_street_network",
]
