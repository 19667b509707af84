/** Layers of the plan: cells, outlets, routes and their numbered stops. */
import type { FilterSpecification, LayerSpecification } from "maplibre-gl";
import { FONTS } from "./basemap";
import type { Day, Layer } from "./types";

export const CELLS = "cells";
export const OUTLETS = "outlets";
export const ROUTES = "routes";
export const FINDINGS = "findings";
export const REACH = "reach";

/** Symbol files of the outlets; the legend of the page shows the same files. */
export const SYMBOLS = ["own", "partner", "partner_visited", "rival", "rival_visited", "other", "other_visited"];

const NOTHING: FilterSpecification = ["==", ["get", "cell_id"], -1];

interface Ink {
  line: string;
  halo: string;
  route: string;
  text: string;
}

export function ink(dark: boolean): Ink {
  return dark
    ? { line: "#e7edf4", halo: "#11151a", route: "#ffd43b", text: "#11151a" }
    : { line: "#22303f", halo: "#ffffff", route: "#0b3c8c", text: "#ffffff" };
}

export function cellLayers(dark: boolean): LayerSpecification[] {
  const colour = ink(dark);
  return [
    {
      id: "cells-fill",
      type: "fill",
      source: CELLS,
      paint: {
        "fill-color": ["get", "colour"],
        "fill-opacity": ["case", ["boolean", ["feature-state", "hover"], false], 0.55, dark ? 0.26 : 0.38],
      },
    },
    {
      id: "cells-line",
      type: "line",
      source: CELLS,
      layout: { "line-join": "round" },
      paint: { "line-color": colour.line, "line-width": 1.4, "line-opacity": 0.8 },
    },
    {
      id: "cells-selected-halo",
      type: "line",
      source: CELLS,
      filter: NOTHING,
      layout: { "line-join": "round" },
      paint: { "line-color": colour.halo, "line-width": 8, "line-opacity": 0.9 },
    },
    {
      id: "cells-selected",
      type: "line",
      source: CELLS,
      filter: NOTHING,
      layout: { "line-join": "round" },
      paint: { "line-color": colour.line, "line-width": 4 },
    },
  ];
}

/** Layers of the map that a switch shows and hides. */
export const SWITCHED: Record<Layer, string[]> = {
  blind: ["blind-fill", "blind-line", "blind-fix", "blind-number"],
  pairs: ["pairs-halo", "pairs-line", "pairs-fix", "pairs-number"],
  reach: ["reach-fill", "reach-line-0", "reach-line-1", "reach-line-2"],
};

/** Lines around the ground within reach: unbroken, dashed, dotted, the shortest time first. */
const REACH_DASHES: (number[] | undefined)[] = [undefined, [3, 2], [0.5, 2]];

export function reachLayers(dark: boolean): LayerSpecification[] {
  const blue = dark ? "#74c0fc" : "#0b5394";
  return [
    { id: "reach-fill", type: "fill", source: REACH, paint: { "fill-color": blue, "fill-opacity": 0.09 } },
    ...REACH_DASHES.map(
      (dashes, place): LayerSpecification => ({
        id: `reach-line-${place}`,
        type: "line",
        source: REACH,
        filter: ["==", ["get", "place"], place],
        layout: { "line-cap": place === 2 ? "round" : "butt", "line-join": "round" },
        paint: { "line-color": blue, "line-width": 1.8, ...(dashes ? { "line-dasharray": dashes } : {}) },
      }),
    ),
  ];
}

export function findingLayers(dark: boolean): LayerSpecification[] {
  const { halo } = ink(dark);
  const zone = dark ? "#ffa94d" : "#9c4a00";
  const pair = dark ? "#da77f2" : "#862e9c";
  const fix = dark ? "#ff6b6b" : "#c1121f";
  const of = (layer: string): FilterSpecification => ["==", ["get", "layer"], layer];
  const place = (id: string, layer: string): LayerSpecification => ({
    id,
    type: "circle",
    source: FINDINGS,
    filter: of(layer),
    paint: {
      "circle-radius": ["interpolate", ["linear"], ["zoom"], 10, 2.5, 15, 6],
      "circle-color": fix,
      "circle-stroke-color": halo,
      "circle-stroke-width": 1.5,
    },
  });
  return [
    {
      id: "blind-fill",
      type: "fill",
      source: FINDINGS,
      filter: of("blind"),
      paint: { "fill-color": "#f2a65a", "fill-opacity": dark ? 0.4 : 0.55 },
    },
    {
      id: "blind-line",
      type: "line",
      source: FINDINGS,
      filter: of("blind"),
      layout: { "line-join": "round" },
      paint: { "line-color": zone, "line-width": 1.4 },
    },
    {
      id: "pairs-halo",
      type: "line",
      source: FINDINGS,
      filter: of("pair"),
      layout: { "line-cap": "round" },
      paint: { "line-color": halo, "line-width": 6, "line-opacity": 0.85 },
    },
    {
      id: "pairs-line",
      type: "line",
      source: FINDINGS,
      filter: of("pair"),
      layout: { "line-cap": "butt" },
      paint: { "line-color": pair, "line-width": 3, "line-dasharray": [2, 1] },
    },
    place("blind-fix", "blind_fix"),
    place("pairs-fix", "pair_fix"),
    {
      id: "blind-number",
      type: "symbol",
      source: FINDINGS,
      filter: of("blind"),
      // the largest keeps its number where several would lie on each other
      layout: { "text-field": ["to-string", ["get", "number"]], "text-font": FONTS, "text-size": 13, "symbol-sort-key": ["get", "number"] },
      paint: { "text-color": zone, "text-halo-color": halo, "text-halo-width": 2 },
    },
    {
      id: "pairs-number",
      type: "symbol",
      source: FINDINGS,
      filter: of("pair"),
      layout: {
        "symbol-placement": "line-center",
        "text-field": ["to-string", ["get", "number"]],
        "text-font": FONTS,
        "text-size": 12,
        "text-rotation-alignment": "viewport",
        "symbol-sort-key": ["get", "number"],
      },
      paint: { "text-color": pair, "text-halo-color": halo, "text-halo-width": 2.5 },
    },
  ];
}

export function routeLayers(dark: boolean): LayerSpecification[] {
  const colour = ink(dark);
  const lines: FilterSpecification = ["==", ["geometry-type"], "LineString"];
  const stops: FilterSpecification = ["==", ["geometry-type"], "Point"];
  return [
    {
      id: "routes-halo",
      type: "line",
      source: ROUTES,
      filter: lines,
      layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": colour.halo, "line-width": 7, "line-opacity": 0.85 },
    },
    {
      id: "routes-line",
      type: "line",
      source: ROUTES,
      filter: lines,
      layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": colour.route, "line-width": 3.5 },
    },
    {
      id: "stops-dot",
      type: "circle",
      source: ROUTES,
      filter: stops,
      paint: {
        "circle-radius": 11,
        "circle-color": colour.route,
        "circle-stroke-color": colour.halo,
        "circle-stroke-width": 2,
      },
    },
    {
      id: "stops-number",
      type: "symbol",
      source: ROUTES,
      filter: stops,
      layout: {
        "text-field": ["to-string", ["get", "seq"]],
        "text-font": FONTS,
        "text-size": 12,
        "text-allow-overlap": true,
        "text-ignore-placement": true,
      },
      paint: { "text-color": colour.text },
    },
  ];
}

export function outletLayers(dark: boolean): LayerSpecification[] {
  const colour = ink(dark);
  return [
    {
      id: "outlets-others",
      type: "symbol",
      source: OUTLETS,
      minzoom: 12,
      filter: ["!=", ["get", "ownership"], "own"],
      layout: {
        "icon-image": ["get", "symbol"],
        // partners and rivals lie above the many others
        "symbol-sort-key": ["match", ["get", "ownership"], "other", 0, "rival", 1, 2],
        "icon-size": [
          "interpolate",
          ["linear"],
          ["zoom"],
          12,
          ["match", ["get", "ownership"], "other", 0.2, 0.4],
          14.5,
          ["match", ["get", "ownership"], "other", 0.4, 0.7],
          17,
          ["match", ["get", "ownership"], "other", 0.8, 1],
        ],
        "icon-allow-overlap": true,
        "icon-ignore-placement": true,
      },
    },
    {
      id: "outlets-own",
      type: "symbol",
      source: OUTLETS,
      filter: ["==", ["get", "ownership"], "own"],
      layout: {
        "icon-image": ["get", "symbol"],
        "icon-size": ["interpolate", ["linear"], ["zoom"], 9, 0.6, 16, 1.2],
        "icon-allow-overlap": true,
        "icon-ignore-placement": true,
        "text-field": ["get", "label"],
        "text-font": FONTS,
        "text-size": 12,
        "text-anchor": "top",
        "text-offset": [0, 1],
        "text-optional": true,
      },
      paint: {
        "text-color": dark ? "#ffffff" : "#22303f",
        "text-halo-color": colour.halo,
        "text-halo-width": 1.6,
      },
    },
  ];
}

export function cellFilter(selected: number | null): FilterSpecification {
  return ["==", ["get", "cell_id"], selected ?? -1];
}

/** Lines or stops of one day; without a day nothing is shown. */
export function dayFilter(kind: "LineString" | "Point", day: Day | null): FilterSpecification {
  return [
    "all",
    ["==", ["geometry-type"], kind],
    ["==", ["get", "week"], day?.week ?? -1],
    ["==", ["get", "weekday"], day?.weekday ?? -1],
  ];
}
