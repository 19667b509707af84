/** The map itself. It is told what to show by `update`, and tells which cell was chosen. */
import {
  type GeoJSONSource,
  type LayerSpecification,
  type MapGeoJSONFeature,
  type Map as MapLibre,
  type MapMouseEvent,
  Popup,
} from "maplibre-gl";
import { basemapLayers, basemapNames } from "./basemap";
import { fitTo, offlineMap } from "./mapbase";
import {
  CELLS,
  cellFilter,
  cellLayers,
  dayFilter,
  FINDINGS,
  findingLayers,
  OUTLETS,
  outletLayers,
  REACH,
  reachLayers,
  ROUTES,
  routeLayers,
  SWITCHED,
  SYMBOLS,
} from "./plan";
import { placeOf, recall, remember } from "./memory";
import { printable } from "./print";
import { addShadeLayer, shadeCells } from "./shades";
import type { Layer, PlanMapProps } from "./types";
import { Walkers } from "./walk";

const EMPTY: Exclude<Parameters<GeoJSONSource["setData"]>[0], string> = {
  type: "FeatureCollection",
  features: [],
};

export class PlanView {
  private readonly map: MapLibre;
  private readonly popup = new Popup({ closeButton: false, closeOnClick: false, maxWidth: "260px" });
  private props: PlanMapProps;
  private hovered: string | number | undefined;
  private readonly walkers: Walkers;
  private started = false;
  private fitted: string;
  private readonly opening: string;
  private readonly forget: () => void;

  constructor(
    private readonly container: HTMLElement,
    props: PlanMapProps,
    private readonly choose: (cell: number) => void,
  ) {
    this.props = props;
    const shown = recall(placeOf(props.id, props.cellsUrl));
    this.fitted = shown?.fitted ?? String(props.view);
    this.opening = String(props.view);
    this.mark("loading");
    this.map = offlineMap(container, { ...props, shown });
    this.walkers = new Walkers(this.map);
    this.map.on("load", () => void this.start());
    this.map.on("error", (event) => this.fail(event.error));
    this.map.on("idle", () => this.settle());
    this.forget = printable(this.map, container, (onPaper) => {
      // what the cells are filled with is worked out elsewhere, and too late for the printer
      if (this.started && this.props.dark) this.restyle(!onPaper, ["cells-fill"]);
    });
  }

  /** Show other properties; only what differs is touched. */
  update(next: PlanMapProps): void {
    const before = this.props;
    this.props = next;
    if (!this.started) return;
    this.mark("loading");
    for (const [source, url, old] of [
      [CELLS, next.cellsUrl, before.cellsUrl],
      [OUTLETS, next.outletsUrl, before.outletsUrl],
      [ROUTES, next.routesUrl, before.routesUrl],
      [FINDINGS, findingsUrl(next), findingsUrl(before)],
      [REACH, reachUrl(next), reachUrl(before)],
    ] as const) {
      if (url !== old) this.map.getSource<GeoJSONSource>(source)?.setData(url ?? EMPTY);
    }
    if (next.dark !== before.dark || next.language !== before.language) this.restyle();
    this.filter();
    this.fit();
    this.map.triggerRepaint();
  }

  /** Where a place lies in the window; what the tests click on. */
  project(longitude: number, latitude: number): { x: number; y: number } {
    const frame = this.map.getCanvas().getBoundingClientRect();
    const { x, y } = this.map.project([longitude, latitude]);
    return { x: frame.left + x, y: frame.top + y };
  }

  /** Put a mark on each place; none takes all of them away. */
  walk(places: [number, number][]): void {
    this.walkers.show(places);
  }

  resize(): void {
    this.map.resize();
  }

  remove(): void {
    remember(placeOf(this.props.id, this.props.cellsUrl), this.map, this.fitted);
    this.forget();
    this.map.remove();
  }

  private planLayers(dark: boolean): LayerSpecification[] {
    const names = this.props.tilesUrl ? basemapNames(dark, this.props.language) : [];
    return [
      ...cellLayers(dark),
      ...reachLayers(dark),
      ...names,
      ...findingLayers(dark),
      ...outletLayers(dark),
      ...routeLayers(dark),
    ];
  }

  private async start(): Promise<void> {
    const { cellsUrl, outletsUrl, routesUrl } = this.props;
    await Promise.all(SYMBOLS.map((name) => this.addSymbol(name)));
    const add = (id: string, url: string | null | undefined, promoteId?: string) =>
      this.map.addSource(id, { type: "geojson", data: url ?? EMPTY, ...(promoteId ? { promoteId } : {}) });
    add(CELLS, cellsUrl, "cell_id");
    add(OUTLETS, outletsUrl);
    add(ROUTES, routesUrl);
    add(FINDINGS, findingsUrl(this.props));
    add(REACH, reachUrl(this.props));
    for (const layer of this.planLayers(Boolean(this.props.dark))) this.map.addLayer(layer);
    addShadeLayer(this.map, CELLS);
    this.started = true;
    // light or dark may have been told while the first style was loading
    this.restyle();
    this.filter();
    this.fit();
    this.listen();
  }

  private async addSymbol(name: string): Promise<void> {
    const image = new Image(48, 48);
    image.src = `${this.props.symbolsUrl}${name}.svg`;
    await image.decode();
    if (!this.map.hasImage(name)) this.map.addImage(name, image, { pixelRatio: 2 });
  }

  private listen(): void {
    this.map.on("mousemove", (event) => this.hover(event));
    this.map.on("mouseout", () => this.leave());
    this.map.on("click", (event) => this.pick(event.point));
    this.map.getCanvas().addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.pick(this.map.project(this.map.getCenter()));
    });
  }

  private pick(point: { x: number; y: number }): void {
    const cell = this.map.queryRenderedFeatures([point.x, point.y], { layers: ["cells-fill"] })[0];
    if (cell) this.choose(Number(cell.properties["cell_id"]));
  }

  private hover(event: MapMouseEvent): void {
    const { x, y } = event.point;
    const near: [[number, number], [number, number]] = [
      [x - 5, y - 5],
      [x + 5, y + 5],
    ];
    const thing = this.map.queryRenderedFeatures(near, {
      layers: ["stops-dot", "outlets-own", "blind-fix", "pairs-fix", "outlets-others", "pairs-line", "blind-fill"],
    })[0];
    const cell = this.map.queryRenderedFeatures([x, y], { layers: ["cells-fill"] })[0];
    this.light(cell);
    this.map.getCanvas().style.cursor = cell ? "pointer" : "";
    const words = (thing ?? cell)?.properties["title"];
    if (words) this.popup.setLngLat(event.lngLat).setText(String(words)).addTo(this.map);
    else this.popup.remove();
  }

  private light(cell: MapGeoJSONFeature | undefined): void {
    if (cell?.id === this.hovered) return;
    if (this.hovered !== undefined) this.map.removeFeatureState({ source: CELLS, id: this.hovered });
    this.hovered = cell?.id;
    if (this.hovered !== undefined) this.map.setFeatureState({ source: CELLS, id: this.hovered }, { hover: true });
  }

  private leave(): void {
    this.popup.remove();
    this.light(undefined);
  }

  private filter(): void {
    const selected = this.props.selected ?? null;
    const day = this.props.day ?? null;
    for (const id of ["cells-selected", "cells-selected-halo"]) this.map.setFilter(id, cellFilter(selected));
    for (const id of ["routes-line", "routes-halo"]) this.map.setFilter(id, dayFilter("LineString", day));
    for (const id of ["stops-dot", "stops-number"]) this.map.setFilter(id, dayFilter("Point", day));
    shadeCells(this.map, this.props.shades, Boolean(this.props.dark));
    for (const [layer, ids] of Object.entries(SWITCHED)) {
      const visibility = isOn(this.props, layer as Layer) ? "visible" : "none";
      for (const id of ids) this.map.setLayoutProperty(id, "visibility", visibility);
    }
  }

  private fit(): void {
    const view = this.props.view;
    // what the page opened with is shown already, or was left for another part of the world
    if (!view || String(view) === this.fitted || String(view) === this.opening) return;
    this.fitted = String(view);
    fitTo(this.map, view);
  }

  private restyle(dark = Boolean(this.props.dark), without: string[] = []): void {
    const layers = [...basemapLayers(dark, Boolean(this.props.tilesUrl)), ...this.planLayers(dark)];
    for (const layer of layers) {
      if (without.includes(layer.id)) continue;
      for (const [name, value] of Object.entries(layer.paint ?? {})) {
        this.map.setPaintProperty(layer.id, name as never, value as never);
      }
      if (layer.type === "symbol" && layer.layout?.["text-field"]) {
        this.map.setLayoutProperty(layer.id, "text-field", layer.layout["text-field"]);
      }
    }
  }

  private settle(): void {
    if (!this.started || this.container.dataset["state"] === "failed") return;
    const shown = this.map.queryRenderedFeatures({ layers: ["stops-dot"] });
    const numbers = new Set(shown.map((stop) => stop.properties["seq"]));
    this.container.dataset["stops"] = String(numbers.size);
    for (const [name, id] of [
      ["zones", "blind-fill"],
      ["pairs", "pairs-line"],
      ["reach", "reach-fill"],
    ] as const) {
      this.container.dataset[name] = String(this.map.queryRenderedFeatures({ layers: [id] }).length);
    }
    this.container.dataset["zoom"] = this.map.getZoom().toFixed(2);
    this.mark("ready");
  }

  private fail(error: Error): void {
    this.mark("failed");
    console.error(this.props.labels.failed, error.message);
  }

  private mark(state: "loading" | "ready" | "failed"): void {
    this.container.dataset["state"] = state;
  }
}

function isOn(props: PlanMapProps, layer: Layer): boolean {
  return Boolean(props.layers?.includes(layer));
}

/** What is switched off is not fetched. */
function findingsUrl(props: PlanMapProps): string | null {
  return isOn(props, "blind") || isOn(props, "pairs") ? (props.findingsUrl ?? null) : null;
}

function reachUrl(props: PlanMapProps): string | null {
  return isOn(props, "reach") ? (props.reachUrl ?? null) : null;
}
