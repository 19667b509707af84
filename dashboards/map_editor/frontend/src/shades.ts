/** Cells coloured by a figure: a colour a cell; those without the figure are hatched. */
import type { ExpressionSpecification, FilterSpecification, LayerSpecification, Map as MapLibre } from "maplibre-gl";

/** Colour by number of the cell; an empty one stands for "not known". */
export type Shades = Record<string, string>;

const SIDE = 16;
const IMAGE = "not-known";
const LAYER = "cells-missing";

/** Grey stripes, which no class of a figure has. */
function stripes(): { width: number; height: number; data: Uint8Array } {
  const data = new Uint8Array(SIDE * SIDE * 4);
  for (let place = 0; place < SIDE * SIDE; place += 1) {
    const dark = ((place % SIDE) + Math.floor(place / SIDE)) % 8 < 3;
    data.set(dark ? [110, 116, 122, 230] : [173, 181, 189, 150], place * 4);
  }
  return { width: SIDE, height: SIDE, data };
}

/** Lies above the fill and below the borders. */
export function addShadeLayer(map: MapLibre, source: string): void {
  map.addImage(IMAGE, stripes(), { pixelRatio: 2 });
  const layer: LayerSpecification = {
    id: LAYER,
    type: "fill",
    source,
    filter: among([]),
    paint: { "fill-pattern": IMAGE },
  };
  map.addLayer(layer, "cells-line");
}

/** Colour the cells; without shades they have the colours that tell neighbours apart. */
export function shadeCells(map: MapLibre, shades: Shades | null | undefined, dark: boolean): void {
  const cells = Object.entries(shades ?? {});
  const known = cells.filter(([, colour]) => colour);
  const missing = cells.filter(([, colour]) => !colour).map(([cell]) => Number(cell));
  const own: ExpressionSpecification = ["get", "colour"];
  const pairs = known.flatMap(([cell, colour]) => [Number(cell), colour]);
  const colour = known.length ? (["match", ["get", "cell_id"], ...pairs, "#adb5bd"] as unknown as ExpressionSpecification) : own;
  const [plain, hovered] = cells.length ? [0.78, 0.92] : [dark ? 0.26 : 0.38, 0.55];
  map.setPaintProperty("cells-fill", "fill-color", colour);
  map.setPaintProperty("cells-fill", "fill-opacity", [
    "case",
    ["boolean", ["feature-state", "hover"], false],
    hovered,
    plain,
  ]);
  map.setFilter(LAYER, among(missing));
}

function among(cells: number[]): FilterSpecification {
  return ["in", ["get", "cell_id"], ["literal", cells]];
}
