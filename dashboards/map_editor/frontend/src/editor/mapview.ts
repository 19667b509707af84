/** The map of the editor: what is drawn of the model, and what lies under a pointer. */
import { type GeoJSONSource, type LayerSpecification, type Map as MapLibre, Popup } from "maplibre-gl";
import { basemapLayers, basemapNames, FONTS } from "../basemap";
import { isCalm, offlineMap } from "../mapbase";
import { ink } from "../plan";
import type { Bounds } from "../types";
import { readContainer } from "./container";
import type { Degrees, Ground, Metres } from "./ground";
import { GroundLayer, OutletLayer, type Outlets, type Paint, PICTURES } from "./groundlayer";
import type { Model } from "./model";
import type { EditorProps, Say } from "./props";
import { Sketch } from "./sketch";

const CODES = "cell-codes";
const FLASH_MS = 1400;
/** Units wider than so many pixels get a thin line around them. */
const HAIR_PX = 7;

export interface Pixel {
  x: number;
  y: number;
}

export class MapView {
  readonly map: MapLibre;
  readonly sketch: Sketch;
  outlets: Outlets | null = null;
  private ground: Ground | null = null;
  private model: Model | null = null;
  private layer: GroundLayer | null = null;
  private outletLayer: OutletLayer | null = null;
  private palette: [number, number, number][];
  private chosen: number | null = null;
  private flashing = 0;
  private paintedVersion = -1;
  /** What the codes on the map were written from. */
  private writtenCodes = "";
  private readonly loaded: Promise<void>;
  private readonly popup = new Popup({ closeButton: false, closeOnClick: false, maxWidth: "260px", offset: 12 });

  constructor(
    container: HTMLElement,
    private props: EditorProps,
    private readonly say: Say,
  ) {
    this.palette = props.palette.map(rgb);
    this.map = offlineMap(container, {
      tilesUrl: props.tilesUrl,
      view: props.view,
      dark: props.dark,
      labels: {
        map: say("map"),
        zoomIn: say("zoom_in"),
        zoomOut: say("zoom_out"),
        attribution: say("attribution"),
      },
    });
    this.map.keyboard.disable();
    // the element around it takes the focus, and says what the keys do
    this.map.getCanvas().tabIndex = -1;
    this.map.doubleClickZoom.disable();
    this.map.boxZoom.disable();
    this.sketch = new Sketch(this.map);
    this.loaded = new Promise((resolve) => this.map.once("load", () => resolve()));
    // the tab may be hidden, or the card may be taken away: draw anew
    this.map.on("webglcontextrestored", () => this.rebuild());
    this.map.on("error", (event) => console.error(this.say("failed"), event.error.message));
  }

  /** Show a model. The first time waits for the map. */
  async show(model: Model): Promise<void> {
    await this.loaded;
    this.model = model;
    if (this.ground !== model.ground) {
      this.ground = model.ground;
      if (!this.props.view) this.map.fitBounds(model.ground.bounds(), { padding: 24, duration: 0 });
      this.rebuild();
    }
    model.onPaint = (units) => this.layer?.label(units, model.shown);
    this.paintAll();
  }

  rebuild(): void {
    const { map, ground } = this;
    if (!ground) return;
    for (const id of [CODES, "ground-outlets", "ground-units", ...this.nameIds()]) if (map.getLayer(id)) map.removeLayer(id);
    this.layer = new GroundLayer(ground, this.paint());
    this.layer.hairsFromZoom = this.hairsFromZoom();
    map.addLayer(this.layer);
    if (this.outletLayer) map.addLayer((this.outletLayer = this.outletLayer.again()));
    for (const name of this.names()) map.addLayer(name);
    if (!map.getSource(CODES)) map.addSource(CODES, { type: "geojson", data: { type: "FeatureCollection", features: [] } });
    map.addLayer(this.codeLayer());
    this.paintAll();
  }

  /** Colours, locks and codes of all cells, and the cell of all units. */
  paintAll(): void {
    if (!this.model || !this.layer) return;
    this.layer.label(this.model.shown.keys(), this.model.shown);
    this.layer.lockUnits(this.model.lockedUnits);
    this.paintCells();
  }

  /** Show cells as they are now, if anything about them is new. */
  refreshCells(): void {
    if (this.model && this.model.cellsVersion !== this.paintedVersion) this.paintCells();
  }

  private paintCells(): void {
    const { model, layer } = this;
    if (!model || !layer) return;
    this.paintedVersion = model.cellsVersion;
    for (const cell of model.cells.keys()) {
      const colour = this.palette[model.colourOf(cell) % this.palette.length]!;
      layer.look(cell, { colour, locked: model.isCellLocked(cell), chosen: cell === this.chosen });
    }
    layer.lockUnits(model.lockedUnits);
    this.writeCodes();
  }

  choose(cell: number | null): void {
    const { model, layer } = this;
    const former = this.chosen;
    this.chosen = cell;
    for (const one of [former, cell]) {
      if (one === null || !model?.cells.has(one)) continue;
      const colour = this.palette[model.colourOf(one) % this.palette.length]!;
      layer?.look(one, { colour, locked: model.isCellLocked(one), chosen: one === cell });
    }
  }

  async showOutlets(buffer: ArrayBuffer): Promise<void> {
    const { header, arrays } = readContainer<{ origin: [number, number]; step_deg: number }>(buffer);
    const pictures = await Promise.all(PICTURES.map((name) => picture(`${this.props.symbolsUrl}${name}.svg`)));
    this.outlets = {
      origin: header.origin,
      step: header.step_deg,
      xy: arrays["xy"] as Int32Array,
      kind: arrays["kind"] as Uint8Array,
      visited: arrays["visited"] as Uint8Array,
    };
    await this.loaded;
    if (this.map.getLayer("ground-outlets")) this.map.removeLayer("ground-outlets");
    this.outletLayer = new OutletLayer(this.outlets, pictures);
    this.map.addLayer(this.outletLayer, this.nameIds().find((id) => this.map.getLayer(id)) ?? CODES);
  }

  /** Row of the outlet nearest to a pixel, or -1. */
  outletAt(pixel: Pixel): number {
    const { outlets, outletLayer } = this;
    if (!outlets || !outletLayer) return -1;
    const zoom = this.map.getZoom();
    const { lng, lat } = this.map.unproject([pixel.x, pixel.y]);
    const x = (lng - outlets.origin[0]) / outlets.step;
    const y = (lat - outlets.origin[1]) / outlets.step;
    const beside = this.map.unproject([pixel.x + 1, pixel.y]);
    const stepsPerPixel = Math.abs(beside.lng - lng) / outlets.step;
    const squeeze = 1 / Math.cos((lat * Math.PI) / 180);
    let found = -1;
    let nearest = Infinity;
    for (let row = 0; row < outlets.kind.length; row++) {
      const dx = outlets.xy[2 * row]! - x;
      if (Math.abs(dx) > 16 * stepsPerPixel) continue;
      const dy = (outlets.xy[2 * row + 1]! - y) * squeeze;
      const away = Math.hypot(dx, dy) / stepsPerPixel;
      const reach = outletLayer.sizeOf(outlets.kind[row]!, zoom) / 2 + 2;
      if (reach <= 2 || away > reach || away >= nearest) continue;
      nearest = away;
      found = row;
    }
    return found;
  }

  tell(place: Degrees | null, words = ""): void {
    if (place) this.popup.setLngLat(place).setText(words).addTo(this.map);
    else this.popup.remove();
  }

  hover(unit: number): void {
    if (!this.layer || this.layer.hovered === unit) return;
    this.layer.hovered = unit;
    this.map.triggerRepaint();
  }

  putCursor(unit: number): void {
    if (!this.layer) return;
    this.layer.cursor = unit;
    this.map.triggerRepaint();
    if (unit < 0 || !this.ground) return;
    const place = this.ground.degrees(this.ground.innerOf(unit));
    if (!this.map.getBounds().contains(place)) this.map.easeTo({ center: place, duration: isCalm() ? 0 : 250 });
  }

  mark(units: Iterable<number>): void {
    this.layer?.markUnits(units);
  }

  /** Make units stand out for a moment. */
  flash(units: readonly number[]): void {
    const { layer } = this;
    if (!layer || !units.length) return;
    layer.flashUnits(units);
    cancelAnimationFrame(this.flashing);
    const start = performance.now();
    const calm = isCalm();
    const step = () => {
      const part = (performance.now() - start) / FLASH_MS;
      layer.flash = part >= 1 ? 0 : calm ? 0.8 : 0.9 * (1 - part);
      this.map.triggerRepaint();
      if (part < 1) this.flashing = requestAnimationFrame(step);
      else layer.flashUnits([]);
    };
    step();
  }

  unitAt(pixel: Pixel): number {
    return this.ground ? this.ground.unitAt(this.metres(pixel)) : -1;
  }

  degrees(pixel: Pixel): Degrees {
    const { lng, lat } = this.map.unproject([pixel.x, pixel.y]);
    return [lng, lat];
  }

  metres(pixel: Pixel): Metres {
    return this.ground!.metres(this.degrees(pixel));
  }

  metresPerPixel(): number {
    const { lat } = this.map.getCenter();
    return (40_075_016.7 * Math.cos((lat * Math.PI) / 180)) / (512 * 2 ** this.map.getZoom());
  }

  /** Where a place lies in the window. */
  project(longitude: number, latitude: number): Pixel {
    const frame = this.map.getCanvas().getBoundingClientRect();
    const { x, y } = this.map.project([longitude, latitude]);
    return { x: frame.left + x, y: frame.top + y };
  }

  /** Bring units into the middle of the map. */
  lookAt(units: readonly number[], padding = 90): void {
    if (!this.ground || !units.length) return;
    let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const unit of units) {
      const [x, y] = this.ground.degrees(this.ground.innerOf(unit));
      west = Math.min(west, x);
      east = Math.max(east, x);
      south = Math.min(south, y);
      north = Math.max(north, y);
    }
    this.map.fitBounds([west, south, east, north], { padding, maxZoom: 15, duration: isCalm() ? 0 : 350 });
  }

  fit(view: Bounds): void {
    this.map.fitBounds(view, { padding: 24, duration: isCalm() ? 0 : 350 });
  }

  update(props: EditorProps): void {
    const before = this.props;
    this.props = props;
    if (props.palette !== before.palette) this.palette = props.palette.map(rgb);
    if (Boolean(props.dark) === Boolean(before.dark)) return;
    for (const layer of basemapLayers(Boolean(props.dark), Boolean(props.tilesUrl))) {
      for (const [name, value] of Object.entries(layer.paint ?? {})) {
        this.map.setPaintProperty(layer.id, name as never, value as never);
      }
    }
    this.rebuild();
  }

  private paint(): Paint {
    const dark = Boolean(this.props.dark);
    const { line, halo } = ink(dark);
    return { fillOpacity: dark ? 0.42 : 0.5, ink: rgb(line), halo: rgb(halo), hairOpacity: dark ? 0.22 : 0.28 };
  }

  private hairsFromZoom(): number {
    if (!this.ground) return 0;
    const [west, south, east, north] = this.ground.bounds();
    const [left, bottom] = this.ground.metres([west, south]);
    const [right, top] = this.ground.metres([east, north]);
    const metres = Math.sqrt(((right - left) * (top - bottom)) / this.ground.unitCount);
    const perPixelAtZero = (40_075_016.7 * Math.cos((((south + north) / 2) * Math.PI) / 180)) / 512;
    return Math.log2((HAIR_PX * perPixelAtZero) / metres);
  }

  private names(): LayerSpecification[] {
    return this.props.tilesUrl ? basemapNames(Boolean(this.props.dark), this.props.language) : [];
  }

  private nameIds(): string[] {
    return this.names().map((name) => name.id);
  }

  private codeLayer(): LayerSpecification {
    const { line, halo } = ink(Boolean(this.props.dark));
    return {
      id: CODES,
      type: "symbol",
      source: CODES,
      layout: {
        "text-field": ["get", "code"],
        "text-font": FONTS,
        "text-size": ["interpolate", ["linear"], ["zoom"], 9, 10, 14, 14],
        "text-anchor": "top",
        "text-offset": [0, 0.8],
        "text-padding": 4,
      },
      paint: { "text-color": line, "text-halo-color": halo, "text-halo-width": 1.8 },
    };
  }

  private writeCodes(): void {
    const { model, ground } = this;
    if (!model || !ground) return;
    const cells = [...model.cells.values()].filter((cell) => cell.centreUnit >= 0 && cell.centreUnit < ground.unitCount);
    // the map lays all of them out anew, in several pictures, even if only colours have changed
    const written = [ground.hash, ...cells.map(({ code, centreUnit }) => `${centreUnit} ${code}`)].join();
    if (written === this.writtenCodes) return;
    this.writtenCodes = written;
    const features = cells.map((cell) => ({
      type: "Feature" as const,
      properties: { code: cell.code },
      geometry: { type: "Point" as const, coordinates: ground.degrees(ground.innerOf(cell.centreUnit)) },
    }));
    this.map.getSource<GeoJSONSource>(CODES)?.setData({ type: "FeatureCollection", features });
  }
}

function rgb(hex: string): [number, number, number] {
  const value = parseInt(hex.slice(1), 16);
  return [(value >> 16) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255];
}

async function picture(url: string): Promise<HTMLImageElement> {
  const image = new Image(64, 64);
  image.src = url;
  await image.decode();
  return image;
}
