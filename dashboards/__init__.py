"""Dashboards of gridmap: read-only pages over the store."""

#: Dash writes it into the addresses of the files below, besides their time of change.
__version__ = "0.1.0"

#: Dash looks for the built files of our own component here, in the top package.
_js_dist = [
    {"relative_package_path": "map_editor/gridmap_map.min.js", "namespace": "dashboards"},
    {
        "relative_package_path": "map_editor/maplibre_worker.min.js",
        "namespace": "dashboards",
        "dynamic": True,
    },
]
_css_dist = [{"relative_package_path": "map_editor/maplibre.css", "namespace": "dashboards"}]
