/** Layers of the basemap. Names are drawn with the fonts of the reader's device: no glyph server. */
import type { ExpressionSpecification, LayerSpecification } from "maplibre-gl";

/** Every text on the map is set in these, the first that the device has. */
export const FONTS = ["Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", "sans-serif"];

export const BASEMAP = "basemap";

interface Colours {
  ground: string;
  urban: string;
  green: string;
  water: string;
  building: string;
  street: string;
  mainStreet: string;
  casing: string;
  path: string;
  rail: string;
  text: string;
  halo: string;
}

const LIGHT: Colours = {
  ground: "#f3f2ee",
  urban: "#eceae4",
  green: "#d9e7d0",
  water: "#b4d3e6",
  building: "#e0dcd3",
  street: "#ffffff",
  mainStreet: "#fdf1cf",
  casing: "#d3cdc1",
  path: "#d6cec0",
  rail: "#a3a09a",
  text: "#40454d",
  halo: "#ffffff",
};

const DARK: Colours = {
  ground: "#171a1f",
  urban: "#1b1f25",
  green: "#1d2a22",
  water: "#173241",
  building: "#252b33",
  street: "#343c46",
  mainStreet: "#434d59",
  casing: "#0f1216",
  path: "#2b323a",
  rail: "#4b545e",
  text: "#c5ccd4",
  halo: "#171a1f",
};

/** Major streets last, so that they lie on top. */
const STREETS: [name: string, thin: number, wide: number, main: boolean][] = [
  ["minor", 0.5, 11, false],
  ["tertiary", 0.8, 12, false],
  ["secondary", 1.1, 14, true],
  ["primary", 1.4, 16, true],
  ["trunk", 1.6, 17, true],
  ["motorway", 1.8, 18, true],
];

const PLACES: [name: string, size: number][] = [
  ["neighbourhood", 12],
  ["quarter", 12],
  ["suburb", 13],
  ["village", 13],
  ["town", 15],
  ["city", 17],
];

function width(at11: number, at18: number): ExpressionSpecification {
  return ["interpolate", ["exponential", 1.5], ["zoom"], 11, at11, 18, at18];
}

function localName(language: string): ExpressionSpecification {
  return ["coalesce", ["get", `name:${language}`], ["get", "name"]];
}

export function basemapLayers(dark: boolean, tiles: boolean): LayerSpecification[] {
  const colour = dark ? DARK : LIGHT;
  const ground: LayerSpecification = {
    id: "ground",
    type: "background",
    paint: { "background-color": colour.ground },
  };
  if (!tiles) return [ground];

  const fill = (layer: string, fillColour: string): LayerSpecification => ({
    id: `base-${layer}`,
    type: "fill",
    source: BASEMAP,
    "source-layer": layer,
    paint: { "fill-color": fillColour, "fill-antialias": false },
  });
  const line = (
    id: string,
    layer: string,
    lineColour: string,
    lineWidth: ExpressionSpecification,
    dashes?: number[],
  ): LayerSpecification => ({
    id: `base-${id}`,
    type: "line",
    source: BASEMAP,
    "source-layer": layer,
    layout: { "line-cap": dashes ? "butt" : "round", "line-join": "round" },
    paint: {
      "line-color": lineColour,
      "line-width": lineWidth,
      ...(dashes ? { "line-dasharray": dashes } : {}),
    },
  });
  return [
    ground,
    fill("urban", colour.urban),
    fill("green", colour.green),
    fill("water", colour.water),
    line("waterway", "waterway", colour.water, width(0.6, 6)),
    fill("building", colour.building),
    line("path", "road_path", colour.path, width(0.3, 1.6)),
    line("service", "road_service", colour.street, width(0.3, 5)),
    ...STREETS.map(([name, thin, wide]) =>
      line(`${name}-casing`, `road_${name}`, colour.casing, width(thin + 0.5, wide + 2.5)),
    ),
    ...STREETS.map(([name, thin, wide, main]) =>
      line(name, `road_${name}`, main ? colour.mainStreet : colour.street, width(thin, wide)),
    ),
    line("rail", "rail", colour.rail, width(0.4, 2), [4, 2]),
  ];
}

/** Names lie above the cells, so that a plan can be read by its streets. */
export function basemapNames(dark: boolean, language: string): LayerSpecification[] {
  const colour = dark ? DARK : LIGHT;
  const paint = { "text-color": colour.text, "text-halo-color": colour.halo, "text-halo-width": 1.3 };
  const streets = STREETS.map(
    ([name]): LayerSpecification => ({
      id: `name-${name}`,
      type: "symbol",
      source: BASEMAP,
      "source-layer": `road_${name}`,
      minzoom: name === "minor" ? 15 : 13,
      layout: {
        "symbol-placement": "line",
        "symbol-spacing": 350,
        "text-field": localName(language),
        "text-font": FONTS,
        "text-size": 11,
      },
      paint,
    }),
  );
  const point = (layer: string, size: number): LayerSpecification => ({
    id: `name-${layer}`,
    type: "symbol",
    source: BASEMAP,
    "source-layer": layer,
    layout: {
      "text-field": localName(language),
      "text-font": FONTS,
      "text-size": size,
      "text-padding": 6,
    },
    paint,
  });
  return [
    ...streets,
    point("station", 11),
    ...PLACES.map(([name, size]) => point(`place_${name}`, size)),
  ];
}
