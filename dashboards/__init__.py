"""Dashboards of gridmap: read-only pages over the store."""

# Dash writes the version into the addresses of the files below, besides their time of change.
from gridmap import __version__ as __version__

#: Dash looks for the built files of our own component here, in the top package.
_js_dist = [
    {"relative_package_path": "map_editor/gridmap_map.min.js", "namespace": "dashboards"},
    # the script above fetches it when the first editor is shown
    {
        "relative_package_path": "map_editor/gridmap_editor.min.js",
        "namespace": "dashboards",
        "dynamic": True,
    },
    {
        "relative_package_path": "map_editor/maplibre_worker.min.js",
        "namespace": "dashboards",
        "dynamic": True,
    },
]
_css_dist = [{"relative_package_path": "map_editor/maplibre.css", "namespace": "dashboards"}]
