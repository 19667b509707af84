/** A map on paper: what WebGL draws is gone before a printer sees it, so a copy takes its place. */
import type { Map as MapLibre } from "maplibre-gl";

const COPY = "plan-map-print";

/** Prepare a map for printing, with `draw` to have it light or as it was; returns what ends that. */
export function printable(map: MapLibre, container: HTMLElement, draw: (onPaper: boolean) => void): () => void {
  const clear = () => container.querySelector(`.${COPY}`)?.remove();
  const copy = () => {
    clear();
    draw(true);
    // the picture can be read only in the same turn in which it is drawn
    map.redraw();
    const drawn = map.getCanvas();
    const sheet = document.createElement("canvas");
    sheet.className = COPY;
    sheet.width = drawn.width;
    sheet.height = drawn.height;
    sheet.getContext("2d")?.drawImage(drawn, 0, 0);
    container.append(sheet);
    draw(false);
  };
  window.addEventListener("beforeprint", copy);
  window.addEventListener("afterprint", clear);
  return () => {
    window.removeEventListener("beforeprint", copy);
    window.removeEventListener("afterprint", clear);
  };
}
