"""The map of a plan and its editor as Dash components; their sources are in ``frontend``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from dash.development.base_component import Component


class _Own(Component):
    """What Dash wants to know of a component of ours; `_names` are its properties."""

    _children_props: list[str] = []  # noqa: RUF012 — Dash declares it so
    _base_nodes: list[str] = ["children"]  # noqa: RUF012
    _namespace = "gridmap_map"
    _names: ClassVar[list[str]] = []

    def _fill(self, given: dict[str, Any]) -> None:
        self._prop_names = list(self._names)
        self.available_properties = list(self._names)
        self._valid_wildcard_attributes: list[str] = []
        self.available_wildcard_attributes: list[str] = []
        base: Any = super()
        base.__init__(**given)


class PlanMap(_Own):
    """Cells, outlets and routes of a plan on an offline basemap.

    Geometry is fetched by the browser from the addresses given here; no callback carries it.

    Parameters
    ----------
    id
        Id of the component.
    labels
        Sentences of the map: ``map``, ``zoomIn``, ``zoomOut``, ``noWebgl``, ``failed``,
        ``attribution``.
    symbolsUrl
        Folder of the outlet symbols, with a slash at its end.
    tilesUrl
        Address of the vector tiles with ``{z}``, ``{x}`` and ``{y}``, or None for a plain ground.
    cellsUrl, outletsUrl, routesUrl, findingsUrl, reachUrl
        Addresses of GeoJSON in EPSG:4326, or None. The last two are fetched once they are shown.
    layers
        Which of ``blind``, ``pairs`` and ``reach`` are shown.
    view
        What to show, as ``[west, south, east, north]`` in degrees.
    selected
        The cell that is marked; a click, or the Enter key on the middle of the map, sets it.
    day
        ``{"week": 1, "weekday": 1}``: the day whose route and stops are shown.
    shades
        ``{"1": "#41b6c4", "2": ""}``: the colour of each cell by a figure, empty where it has
        none; None = colours that tell neighbours apart.
    dark
        Whether to use dark colours.
    language
        Language of the names on the basemap.
    className
        CSS class.
    """

    _type = "PlanMap"
    _names: ClassVar[list[str]] = [
        "id",
        "className",
        "cellsUrl",
        "dark",
        "day",
        "findingsUrl",
        "labels",
        "language",
        "layers",
        "outletsUrl",
        "reachUrl",
        "routesUrl",
        "selected",
        "shades",
        "symbolsUrl",
        "tilesUrl",
        "view",
    ]

    def __init__(
        self,
        id: str,
        *,
        labels: Mapping[str, str],
        symbolsUrl: str,
        tilesUrl: str | None = None,
        cellsUrl: str | None = None,
        outletsUrl: str | None = None,
        routesUrl: str | None = None,
        findingsUrl: str | None = None,
        reachUrl: str | None = None,
        layers: Sequence[str] = (),
        view: Sequence[float] | None = None,
        selected: int | None = None,
        day: Mapping[str, int] | None = None,
        shades: Mapping[str, str] | None = None,
        dark: bool = False,
        language: str = "en",
        className: str = "",
    ) -> None:
        given: dict[str, Any] = {
            "id": id,
            "labels": dict(labels),
            "symbolsUrl": symbolsUrl,
            "tilesUrl": tilesUrl,
            "cellsUrl": cellsUrl,
            "outletsUrl": outletsUrl,
            "routesUrl": routesUrl,
            "findingsUrl": findingsUrl,
            "reachUrl": reachUrl,
            "layers": list(layers),
            "view": None if view is None else list(view),
            "selected": selected,
            "day": None if day is None else dict(day),
            "shades": None if shades is None else dict(shades),
            "dark": dark,
            "language": language,
            "className": className,
        }
        self._fill(given)


class MapEditor(_Own):
    """The editor of a draft: map, tools and figures, all within the browser.

    It speaks with the server by itself, see `dashboards.map_editor.routes`; Dash learns only which
    cell is chosen.

    Parameters
    ----------
    id
        Id of the component.
    base
        Address of the draft without a slash at its end, such as ``/editor/12``.
    labels
        The sentences ``editor.ui.…`` of the catalogue by what follows the last dot, and
        ``attribution``.
    palette
        Colours of the cells as ``#rrggbb``; neighbours never get the same one.
    symbolsUrl
        Folder of the outlet symbols, with a slash at its end.
    tilesUrl
        Address of the vector tiles with ``{z}``, ``{x}`` and ``{y}``, or None for a plain ground.
    view
        What to show at first, as ``[west, south, east, north]`` in degrees; None = all units.
    selected
        The chosen cell, to which painted units go; the reader changes it, too.
    dark
        Whether to use dark colours.
    language
        Language of the names on the basemap and of the server's sentences.
    className
        CSS class.
    """

    _type = "MapEditor"
    _names: ClassVar[list[str]] = [
        "id",
        "className",
        "base",
        "dark",
        "labels",
        "language",
        "palette",
        "selected",
        "symbolsUrl",
        "tilesUrl",
        "view",
    ]

    def __init__(
        self,
        id: str,
        *,
        base: str,
        labels: Mapping[str, str],
        palette: Sequence[str],
        symbolsUrl: str,
        tilesUrl: str | None = None,
        view: Sequence[float] | None = None,
        selected: int | None = None,
        dark: bool = False,
        language: str = "en",
        className: str = "",
    ) -> None:
        given: dict[str, Any] = {
            "id": id,
            "base": base,
            "labels": dict(labels),
            "palette": list(palette),
            "symbolsUrl": symbolsUrl,
            "tilesUrl": tilesUrl,
            "view": None if view is None else list(view),
            "selected": selected,
            "dark": dark,
            "language": language,
            "className": className,
        }
        self._fill(given)
