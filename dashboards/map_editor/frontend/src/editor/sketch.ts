/** What is being drawn, on top of the map: a brush, a line, an area. It stays on its ground. */
import type { Map as MapLibre } from "maplibre-gl";
import type { Degrees } from "./ground";

const SVG = "http://www.w3.org/2000/svg";

export class Sketch {
  private readonly board = document.createElementNS(SVG, "svg");
  private readonly path = document.createElementNS(SVG, "path");
  private readonly circle = document.createElementNS(SVG, "circle");
  private line: readonly Degrees[] = [];
  private closed = false;
  private brush: { place: Degrees; metres: number } | null = null;

  constructor(private readonly map: MapLibre) {
    this.board.classList.add("gm-sketch");
    this.board.setAttribute("aria-hidden", "true");
    this.board.append(this.path, this.circle);
    map.getCanvasContainer().append(this.board);
    map.on("move", () => this.draw());
  }

  show(line: readonly Degrees[], closed: boolean): void {
    this.line = line;
    this.closed = closed;
    this.draw();
  }

  clear(): void {
    this.show([], false);
  }

  showBrush(place: Degrees | null, metres = 0): void {
    this.brush = place && { place, metres };
    this.draw();
  }

  private draw(): void {
    const points = this.line.map((place) => this.map.project(place)).map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`);
    this.path.setAttribute("d", points.length ? `M${points.join("L")}${this.closed ? "Z" : ""}` : "");
    this.path.classList.toggle("gm-sketch-area", this.closed);
    this.circle.setAttribute("r", "0");
    if (!this.brush) return;
    const { place, metres } = this.brush;
    const { x, y } = this.map.project(place);
    const perPixel = (40_075_016.7 * Math.cos((place[1] * Math.PI) / 180)) / (512 * 2 ** this.map.getZoom());
    this.circle.setAttribute("cx", x.toFixed(1));
    this.circle.setAttribute("cy", y.toFixed(1));
    this.circle.setAttribute("r", Math.max(2, metres / perPixel).toFixed(1));
  }
}
