/**
 * Units, their borders and the outlets, drawn by our own programs.
 *
 * Geometry goes to the graphics card once. What an edit changes is one number a unit in a small
 * table there, and the list of lines that part two cells; the map's tiles are never cut anew.
 */
import type { CustomLayerInterface, CustomRenderMethodInput, Map as MapLibre } from "maplibre-gl";
import type { Ground } from "./ground";
import { FILL, fixed, HAIRS, LINES, PIECES_ACROSS, type Program, program, SPRITES, table, times } from "./shaders";
import { type Hairs, hairsOf, mercator, placesOf, trianglesOf } from "./shapes";

const WIDTH = 256;
const SLOTS = 16 * WIDTH;
const NOTHING = 0xffffffff;
const LOCKED = 0x10000;
const FLASHING = 0x20000;
const MARKED = 0x40000;

/** Colours that a theme sets, from 0 to 1. */
export interface Paint {
  fillOpacity: number;
  ink: [number, number, number];
  halo: [number, number, number];
  hairOpacity: number;
}

/** How a cell looks. */
export interface Look {
  colour: [number, number, number];
  locked: boolean;
  chosen: boolean;
}

interface Gpu {
  gl: WebGL2RenderingContext;
  fill: Program;
  lines: Program;
  hairs: Program;
  corners: number;
  fillArray: WebGLVertexArrayObject;
  hairArray: WebGLVertexArrayObject;
  borders: Strokes;
  chosen: Strokes;
  unitTable: WebGLTexture;
  cellTable: WebGLTexture;
  flagTable: WebGLTexture;
}

export class GroundLayer implements CustomLayerInterface {
  readonly id = "ground-units";
  readonly type = "custom" as const;
  hovered = -1;
  cursor = -1;
  flash = 0;
  /** Where lines between all units are drawn, from this zoom. */
  hairsFromZoom = 12;
  private readonly units: Uint32Array;
  private readonly cellColours = new Uint8Array(4 * SLOTS);
  private readonly cellFlags = new Uint8Array(SLOTS);
  private readonly slots = new Map<number, number>([[-1, 0]]);
  private readonly points: Float32Array;
  private readonly hairs: Hairs;
  private chosenSlot = -1;
  private gpu: Gpu | null = null;
  private map: MapLibre | null = null;
  private stale = { units: true, cells: true, borders: true };

  constructor(
    private readonly ground: Ground,
    public paint: Paint,
  ) {
    this.units = new Uint32Array(WIDTH * Math.ceil(ground.unitCount / WIDTH));
    this.points = placesOf(ground, ground.arcXy);
    this.hairs = hairsOf(ground, this.points);
  }

  /** Show the cell of units. */
  label(units: Iterable<number>, cells: Int32Array): void {
    for (const unit of units) this.units[unit] = (this.units[unit]! & ~0xffff) | this.slotOf(cells[unit]!);
    this.stale.units = this.stale.borders = true;
    this.map?.triggerRepaint();
  }

  /** Set marks on exactly these units. */
  lockUnits(units: Iterable<number>): void {
    this.only(LOCKED, units);
  }

  flashUnits(units: Iterable<number>): void {
    this.only(FLASHING, units);
  }

  markUnits(units: Iterable<number>): void {
    this.only(MARKED, units);
  }

  /** Show how cells look. */
  look(cell: number, look: Look): void {
    const slot = this.slotOf(cell);
    this.cellColours.set([...look.colour.map((one) => Math.round(255 * one)), 255], 4 * slot);
    this.cellFlags[slot] = (look.locked ? 1 : 0) | (look.chosen ? 2 : 0);
    if (look.chosen) this.chosenSlot = slot;
    else if (this.chosenSlot === slot) this.chosenSlot = -1;
    this.stale.cells = this.stale.borders = true;
    this.map?.triggerRepaint();
  }

  onAdd(map: MapLibre): void {
    this.map = map;
    this.gpu = null;
  }

  onRemove(): void {
    this.gpu = null;
    this.map = null;
  }

  /** Bring the geometry to the card; done while drawing, when the map expects a state that is not its own. */
  private prepare(gl: WebGL2RenderingContext): Gpu {
    const triangles = trianglesOf(this.ground);
    const fillArray = gl.createVertexArray();
    gl.bindVertexArray(fillArray);
    fixed(gl, gl.ARRAY_BUFFER, triangles.places);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 0, 0);
    fixed(gl, gl.ARRAY_BUFFER, triangles.units);
    gl.enableVertexAttribArray(1);
    gl.vertexAttribIPointer(1, 1, gl.UNSIGNED_INT, 0, 0);
    fixed(gl, gl.ELEMENT_ARRAY_BUFFER, triangles.corners);
    const hairArray = gl.createVertexArray();
    gl.bindVertexArray(hairArray);
    fixed(gl, gl.ARRAY_BUFFER, this.hairs.places);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 0, 0);
    gl.bindVertexArray(null);
    this.stale = { units: true, cells: true, borders: true };
    return {
      gl,
      fill: program(gl, FILL),
      lines: program(gl, LINES),
      hairs: program(gl, HAIRS),
      corners: triangles.corners.length,
      fillArray,
      hairArray,
      borders: new Strokes(gl, 16),
      chosen: new Strokes(gl, 1),
      unitTable: table(gl, 0),
      cellTable: table(gl, 1),
      flagTable: table(gl, 2),
    };
  }

  render(context: WebGLRenderingContext | WebGL2RenderingContext, given: CustomRenderMethodInput): void {
    const { map } = this;
    if (!map) return;
    const gl = context as WebGL2RenderingContext;
    const gpu = (this.gpu ??= this.prepare(gl));
    this.bring(gpu);
    const matrix = placed(given, this.ground.origin);
    gl.disable(gl.DEPTH_TEST);
    gl.disable(gl.STENCIL_TEST);
    gl.disable(gl.CULL_FACE);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    this.drawFill(gpu, matrix);
    if (map.getZoom() >= this.hairsFromZoom) this.drawHairs(gpu, matrix);
    const zoom = map.getZoom();
    const width = zoom < 10 ? 1.2 : zoom < 13 ? 2 : 2.8;
    this.drawLines(gpu, matrix, gpu.borders, width, [...this.paint.ink, 0.9]);
    this.drawLines(gpu, matrix, gpu.chosen, width + 5, [...this.paint.halo, 0.95]);
    this.drawLines(gpu, matrix, gpu.chosen, width + 1.6, [...this.paint.ink, 1]);
    gl.bindVertexArray(null);
    gl.activeTexture(gl.TEXTURE0);
  }

  private drawFill({ gl, fill, fillArray, corners, ...gpu }: Gpu, matrix: Float32Array): void {
    gl.useProgram(fill.program);
    [gpu.unitTable, gpu.cellTable, gpu.flagTable].forEach((texture, slot) => {
      gl.activeTexture(gl.TEXTURE0 + slot);
      gl.bindTexture(gl.TEXTURE_2D, texture);
    });
    const { places } = fill;
    gl.uniformMatrix4fv(places["u_matrix"]!, false, matrix);
    gl.uniform1i(places["u_units"]!, 0);
    gl.uniform1i(places["u_cells"]!, 1);
    gl.uniform1i(places["u_flags"]!, 2);
    gl.uniform1f(places["u_opacity"]!, this.paint.fillOpacity);
    gl.uniform1f(places["u_ratio"]!, window.devicePixelRatio);
    gl.uniform1ui(places["u_hovered"]!, this.hovered < 0 ? NOTHING : this.hovered);
    gl.uniform1ui(places["u_cursor"]!, this.cursor < 0 ? NOTHING : this.cursor);
    gl.uniform1f(places["u_flash"]!, this.flash);
    gl.uniform3fv(places["u_ink"]!, this.paint.ink);
    gl.bindVertexArray(fillArray);
    gl.drawElements(gl.TRIANGLES, corners, gl.UNSIGNED_INT, 0);
  }

  private drawHairs({ gl, hairs, hairArray }: Gpu, matrix: Float32Array): void {
    gl.useProgram(hairs.program);
    gl.uniformMatrix4fv(hairs.places["u_matrix"]!, false, matrix);
    gl.uniform4f(hairs.places["u_colour"]!, ...this.paint.ink, this.paint.hairOpacity);
    gl.bindVertexArray(hairArray);
    const bounds = this.map!.getBounds();
    const [x0, y0] = mercator(...this.ground.origin);
    const [left, bottom] = mercator(bounds.getWest(), bounds.getSouth());
    const [right, top] = mercator(bounds.getEast(), bounds.getNorth());
    for (const { first, count, box } of this.hairs.bins) {
      if (box[0] + x0 > right || box[2] + x0 < left || box[1] + y0 > bottom || box[3] + y0 < top) continue;
      gl.drawArrays(gl.LINES, first, count);
    }
  }

  private drawLines({ gl, lines }: Gpu, matrix: Float32Array, strokes: Strokes, width: number, colour: number[]): void {
    if (!strokes.count) return;
    const ratio = window.devicePixelRatio;
    gl.useProgram(lines.program);
    gl.uniformMatrix4fv(lines.places["u_matrix"]!, false, matrix);
    gl.uniform2f(lines.places["u_viewport"]!, gl.drawingBufferWidth, gl.drawingBufferHeight);
    gl.uniform1f(lines.places["u_width"]!, width * ratio);
    gl.uniform4fv(lines.places["u_colour"]!, colour);
    gl.uniform1i(lines.places["u_pieces"]!, 0);
    strokes.draw();
  }

  /** Bring to the card what has changed since the last picture. */
  private bring({ gl, borders, chosen, ...gpu }: Gpu): void {
    // what the map itself leaves set would spoil the tables
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false);
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
    if (this.stale.units) {
      gl.activeTexture(gl.TEXTURE0);
      gl.bindTexture(gl.TEXTURE_2D, gpu.unitTable);
      const rows = this.units.length / WIDTH;
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.R32UI, WIDTH, rows, 0, gl.RED_INTEGER, gl.UNSIGNED_INT, this.units);
    }
    if (this.stale.cells) {
      const rows = SLOTS / WIDTH;
      gl.activeTexture(gl.TEXTURE1);
      gl.bindTexture(gl.TEXTURE_2D, gpu.cellTable);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, WIDTH, rows, 0, gl.RGBA, gl.UNSIGNED_BYTE, this.cellColours);
      gl.activeTexture(gl.TEXTURE2);
      gl.bindTexture(gl.TEXTURE_2D, gpu.flagTable);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8UI, WIDTH, rows, 0, gl.RED_INTEGER, gl.UNSIGNED_BYTE, this.cellFlags);
    }
    if (this.stale.borders) this.traceBorders(borders, chosen);
    this.stale = { units: false, cells: false, borders: false };
    // the map sets these only when it believes that they have changed
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 4);
  }

  /** List the lines that part two cells, and those around the chosen one. */
  private traceBorders(borders: Strokes, chosen: Strokes): void {
    const { arcLeft, arcRight, arcStart, arcCount } = this.ground;
    borders.clear();
    chosen.clear();
    for (let arc = 0; arc < arcCount; arc++) {
      const [left, right] = [arcLeft[arc]!, arcRight[arc]!];
      const one = left < 0 ? -1 : this.units[left]! & 0xffff;
      const other = right < 0 ? -1 : this.units[right]! & 0xffff;
      if (one === other) continue;
      borders.add(this.points, arcStart[arc]!, arcStart[arc + 1]!);
      const isChosen = this.chosenSlot > 0 && (one === this.chosenSlot || other === this.chosenSlot);
      if (isChosen) chosen.add(this.points, arcStart[arc]!, arcStart[arc + 1]!);
    }
    borders.bring();
    chosen.bring();
  }

  private only(bit: number, units: Iterable<number>): void {
    for (let at = 0; at < this.units.length; at++) this.units[at] = this.units[at]! & ~bit;
    for (const unit of units) this.units[unit] = this.units[unit]! | bit;
    this.stale.units = true;
    this.map?.triggerRepaint();
  }

  private slotOf(cell: number): number {
    let slot = this.slots.get(cell);
    if (slot === undefined) this.slots.set(cell, (slot = Math.min(this.slots.size, SLOTS - 1)));
    return slot;
  }
}

/** Line pieces that change with the plan. */
class Strokes {
  count = 0;
  private pieces: Float32Array;
  private rows = 0;
  private readonly texture: WebGLTexture;
  private readonly array: WebGLVertexArrayObject;

  constructor(
    private readonly gl: WebGL2RenderingContext,
    rows: number,
  ) {
    this.pieces = new Float32Array(4 * PIECES_ACROSS * rows);
    this.texture = table(gl, 0);
    // without one the map's own arrays would be read along
    this.array = gl.createVertexArray();
  }

  clear(): void {
    this.count = 0;
  }

  add(points: Float32Array, first: number, end: number): void {
    while (4 * (this.count + end - first) > this.pieces.length) {
      const larger = new Float32Array(2 * this.pieces.length);
      larger.set(this.pieces);
      this.pieces = larger;
    }
    let at = 4 * this.count;
    for (let point = first; point + 1 < end; point++) {
      this.pieces[at++] = points[2 * point]!;
      this.pieces[at++] = points[2 * point + 1]!;
      this.pieces[at++] = points[2 * point + 2]!;
      this.pieces[at++] = points[2 * point + 3]!;
    }
    this.count = at / 4;
  }

  bring(): void {
    const { gl, pieces } = this;
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    const rows = pieces.length / (4 * PIECES_ACROSS);
    const used = Math.ceil(this.count / PIECES_ACROSS);
    if (rows !== this.rows) gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA32F, PIECES_ACROSS, rows, 0, gl.RGBA, gl.FLOAT, null);
    this.rows = rows;
    if (used) gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, PIECES_ACROSS, used, gl.RGBA, gl.FLOAT, pieces);
  }

  draw(): void {
    const { gl } = this;
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    gl.bindVertexArray(this.array);
    gl.drawArrays(gl.TRIANGLES, 0, 6 * this.count);
  }
}

export const PICTURES = ["other", "other_visited", "rival", "rival_visited", "partner", "partner_visited", "own"];
const PICTURE_SIZE = 64;
/** Kinds as the server numbers them, in the order in which they are drawn: own outlets on top. */
const DRAWN = [
  { kind: 3, picture: 0, own: false },
  { kind: 2, picture: 2, own: false },
  { kind: 1, picture: 4, own: false },
  { kind: 0, picture: 6, own: true },
];
const OTHERS_FROM_ZOOM = 12;

export interface Outlets {
  origin: [number, number];
  step: number;
  xy: Int32Array;
  kind: Uint8Array;
  visited: Uint8Array;
}

/** Outlets as symbols; small ones vanish where they would only be dust. */
export class OutletLayer implements CustomLayerInterface {
  readonly id = "ground-outlets";
  readonly type = "custom" as const;
  private map: MapLibre | null = null;
  private sprites: Program | null = null;
  private array: WebGLVertexArrayObject | null = null;
  private texture: WebGLTexture | null = null;
  private ranges: { first: number; count: number; kind: number }[] = [];

  constructor(
    private readonly outlets: Outlets,
    private readonly pictures: HTMLImageElement[],
  ) {}

  /** The same outlets for another context. */
  again(): OutletLayer {
    return new OutletLayer(this.outlets, this.pictures);
  }

  onAdd(map: MapLibre): void {
    this.map = map;
    this.sprites = null;
  }

  onRemove(): void {
    this.map = null;
  }

  private prepare(gl: WebGL2RenderingContext): Program {
    const { outlets } = this;
    const places = placesOf(outlets, outlets.xy);
    const drawn: number[] = [];
    this.ranges = [];
    for (const { kind, picture, own } of DRAWN) {
      const first = drawn.length / 3;
      for (let row = 0; row < outlets.kind.length; row++) {
        if (outlets.kind[row] !== kind) continue;
        drawn.push(places[2 * row]!, places[2 * row + 1]!, picture + (outlets.visited[row] && !own ? 1 : 0));
      }
      this.ranges.push({ first, count: drawn.length / 3 - first, kind });
    }
    this.array = gl.createVertexArray();
    gl.bindVertexArray(this.array);
    fixed(gl, gl.ARRAY_BUFFER, Float32Array.from(drawn));
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 12, 0);
    gl.enableVertexAttribArray(1);
    gl.vertexAttribPointer(1, 1, gl.FLOAT, false, 12, 8);
    gl.bindVertexArray(null);
    this.texture = this.drawPictures(gl);
    return program(gl, SPRITES);
  }

  /** Side of a symbol in pixels; 0 = not shown at this zoom. */
  sizeOf(kind: number, zoom: number): number {
    if (kind === 0) return 12 + Math.min(1, Math.max(0, (zoom - 9) / 7)) * 14;
    if (zoom < OTHERS_FROM_ZOOM) return 0;
    return (kind === 3 ? 4 : 8) + Math.min(1, (zoom - OTHERS_FROM_ZOOM) / 5) * (kind === 3 ? 12 : 14);
  }

  render(context: WebGLRenderingContext | WebGL2RenderingContext, given: CustomRenderMethodInput): void {
    const { map } = this;
    if (!map) return;
    const gl = context as WebGL2RenderingContext;
    const sprites = (this.sprites ??= this.prepare(gl));
    gl.disable(gl.DEPTH_TEST);
    gl.disable(gl.STENCIL_TEST);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.useProgram(sprites.program);
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    gl.uniformMatrix4fv(sprites.places["u_matrix"]!, false, placed(given, this.outlets.origin));
    gl.uniform1i(sprites.places["u_pictures"]!, 0);
    gl.uniform1f(sprites.places["u_count"]!, PICTURES.length);
    gl.bindVertexArray(this.array);
    for (const { first, count, kind } of this.ranges) {
      const size = this.sizeOf(kind, map.getZoom());
      if (!size || !count) continue;
      gl.uniform1f(sprites.places["u_size"]!, size * window.devicePixelRatio);
      gl.drawArrays(gl.POINTS, first, count);
    }
    gl.bindVertexArray(null);
  }

  private drawPictures(gl: WebGL2RenderingContext): WebGLTexture {
    const canvas = document.createElement("canvas");
    canvas.width = PICTURE_SIZE * PICTURES.length;
    canvas.height = PICTURE_SIZE;
    const pen = canvas.getContext("2d")!;
    this.pictures.forEach((picture, at) => pen.drawImage(picture, PICTURE_SIZE * at, 0, PICTURE_SIZE, PICTURE_SIZE));
    const texture = table(gl, 0);
    gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false);
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, true);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, canvas);
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
    gl.generateMipmap(gl.TEXTURE_2D);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
    return texture;
  }
}

/** The map's matrix for places relative to an origin, multiplied in double precision. */
function placed(given: CustomRenderMethodInput, origin: [number, number]): Float32Array {
  const [x, y] = mercator(...origin);
  const shift = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, x, y, 0, 1];
  return Float32Array.from(times(given.defaultProjectionData.mainMatrix as unknown as number[], shift));
}
