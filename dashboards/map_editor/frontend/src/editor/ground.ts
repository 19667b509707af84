/** The units of a plan: their outlines as shared arcs, their neighbours, and where they lie. */
import { type Container, readContainer } from "./container";

export interface Workload {
  name: string;
  label: string;
}

export interface GroundHeader {
  hash: string;
  origin: [longitude: number, latitude: number];
  step_deg: number;
  n_units: number;
  workloads: Workload[];
  bridges: [number, number][];
}

/** A place in metres east and north of the origin. */
export type Metres = [x: number, y: number];
export type Degrees = [longitude: number, latitude: number];

/** About so many units lie in one bin of the search. */
const UNITS_PER_BIN = 3;

export class Ground {
  readonly hash: string;
  readonly origin: Degrees;
  readonly step: number;
  readonly unitCount: number;
  readonly arcCount: number;
  readonly workloads: Workload[];
  readonly arcStart: Int32Array;
  readonly arcXy: Int32Array;
  readonly arcLeft: Int32Array;
  readonly arcRight: Int32Array;
  readonly innerXy: Int32Array;
  /** A row a unit, a column a workload. */
  readonly weight: Float64Array;
  /** A row a unit: minutes at the outlets and calls of a mean working day. */
  readonly daily: Float64Array;
  /** Arcs of a unit: those from `unitArcStart[unit]` to before `unitArcStart[unit + 1]`. */
  readonly unitArcStart: Int32Array;
  readonly unitArcs: Int32Array;
  /** Units that share an arc or a bridge with a unit; the same twice if they share two arcs. */
  readonly neighbourStart: Int32Array;
  readonly neighbours: Int32Array;
  /** Inner points in metres. */
  readonly inner: Float64Array;
  readonly metresPerStep: Metres;
  private readonly unitRing: Int32Array;
  private readonly ringArc: Int32Array;
  private readonly ref: Int32Array;
  private readonly ringOuter: Uint8Array;
  private readonly bins: Bins;
  private readonly boxBins: Bins;

  constructor(file: Container<GroundHeader>) {
    const { header, arrays } = file;
    this.hash = header.hash;
    this.origin = header.origin;
    this.step = header.step_deg;
    this.unitCount = header.n_units;
    this.workloads = header.workloads;
    this.arcStart = arrays["arc_start"] as Int32Array;
    this.arcXy = arrays["arc_xy"] as Int32Array;
    this.arcLeft = arrays["arc_left"] as Int32Array;
    this.arcRight = arrays["arc_right"] as Int32Array;
    this.unitRing = arrays["unit_ring"] as Int32Array;
    this.ringArc = arrays["ring_arc"] as Int32Array;
    this.ref = arrays["ref"] as Int32Array;
    this.ringOuter = arrays["ring_outer"] as Uint8Array;
    this.innerXy = arrays["inner_xy"] as Int32Array;
    this.weight = arrays["weight"] as Float64Array;
    this.daily = (arrays["daily"] as Float64Array | undefined) ?? new Float64Array(2 * this.unitCount);
    this.arcCount = this.arcLeft.length;
    [this.unitArcStart, this.unitArcs] = this.arcsOfUnits();
    [this.neighbourStart, this.neighbours] = this.neighboursOfUnits(header.bridges);
    this.metresPerStep = this.scale();
    this.inner = new Float64Array(2 * this.unitCount);
    for (let place = 0; place < this.inner.length; place++) {
      this.inner[place] = this.innerXy[place]! * this.metresPerStep[place & 1]!;
    }
    [this.bins, this.boxBins] = this.fillBins();
  }

  static of(buffer: ArrayBuffer): Ground {
    return new Ground(readContainer<GroundHeader>(buffer));
  }

  metres([longitude, latitude]: Degrees): Metres {
    return [
      ((longitude - this.origin[0]) / this.step) * this.metresPerStep[0],
      ((latitude - this.origin[1]) / this.step) * this.metresPerStep[1],
    ];
  }

  degrees([x, y]: Metres): Degrees {
    return [
      this.origin[0] + (x / this.metresPerStep[0]) * this.step,
      this.origin[1] + (y / this.metresPerStep[1]) * this.step,
    ];
  }

  innerOf(unit: number): Metres {
    return [this.inner[2 * unit]!, this.inner[2 * unit + 1]!];
  }

  /** Rings of a unit in steps from the origin, closed, each with whether it starts a polygon. */
  rings(unit: number): { outer: boolean; xy: number[] }[] {
    const found = [];
    for (let ring = this.unitRing[unit]!; ring < this.unitRing[unit + 1]!; ring++) {
      const xy: number[] = [];
      for (let place = this.ringArc[ring]!; place < this.ringArc[ring + 1]!; place++) {
        this.walk(this.ref[place]!, xy);
      }
      found.push({ outer: this.ringOuter[ring] === 1, xy });
    }
    return found;
  }

  /** The unit that a place lies in, or -1. */
  unitAt([x, y]: Metres): number {
    const [mx, my] = this.metresPerStep;
    let found = -1;
    this.boxBins.at(x, y, (unit) => {
      if (found < 0 && this.covers(unit, x / mx, y / my)) found = unit;
    });
    return found;
  }

  /** Units whose inner point is within `radius` metres of the way from `one` to `other`. */
  unitsNear(one: Metres, other: Metres, radius: number): number[] {
    const found: number[] = [];
    const within = radius * radius;
    const box = [
      Math.min(one[0], other[0]) - radius,
      Math.min(one[1], other[1]) - radius,
      Math.max(one[0], other[0]) + radius,
      Math.max(one[1], other[1]) + radius,
    ] as const;
    this.bins.inside(...box, (unit) => {
      if (squaredDistance(this.inner[2 * unit]!, this.inner[2 * unit + 1]!, one, other) <= within) found.push(unit);
    });
    return found;
  }

  /** Units whose inner point lies in a ring. */
  unitsInside(ring: readonly Metres[]): number[] {
    const found: number[] = [];
    const xs = ring.map((place) => place[0]);
    const ys = ring.map((place) => place[1]);
    this.bins.inside(Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys), (unit) => {
      if (isInside(this.inner[2 * unit]!, this.inner[2 * unit + 1]!, ring)) found.push(unit);
    });
    return found;
  }

  /**
   * Where the units fail to tile the ground. Each side of an arc belongs to one unit, whose rings
   * walk the arc once: a side nobody walks is a gap, a side walked twice an overlap.
   */
  tilingFaults(): { gaps: number; overlaps: number } {
    const walks = new Int32Array(2 * this.arcCount);
    let overlaps = 0;
    for (let unit = 0; unit < this.unitCount; unit++) {
      for (let place = this.ringArc[this.unitRing[unit]!]!; place < this.ringArc[this.unitRing[unit + 1]!]!; place++) {
        const ref = this.ref[place]!;
        const arc = ref < 0 ? ~ref : ref;
        if (this.arcLeft[arc] === unit) walks[2 * arc]!++;
        else if (this.arcRight[arc] === unit) walks[2 * arc + 1]!++;
        else overlaps++;
      }
    }
    let gaps = 0;
    for (let arc = 0; arc < this.arcCount; arc++) {
      for (const side of [0, 1]) {
        const owned = (side ? this.arcRight[arc]! : this.arcLeft[arc]!) >= 0;
        const count = walks[2 * arc + side]!;
        if (owned && count === 0) gaps++;
        if (count > 1) overlaps++;
      }
    }
    return { gaps, overlaps };
  }

  bounds(): [west: number, south: number, east: number, north: number] {
    let [left, bottom, right, top] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let place = 0; place < this.arcXy.length; place += 2) {
      left = Math.min(left, this.arcXy[place]!);
      right = Math.max(right, this.arcXy[place]!);
      bottom = Math.min(bottom, this.arcXy[place + 1]!);
      top = Math.max(top, this.arcXy[place + 1]!);
    }
    const [longitude, latitude] = this.origin;
    const step = this.step;
    return [longitude + left * step, latitude + bottom * step, longitude + right * step, latitude + top * step];
  }

  private walk(ref: number, xy: number[]): void {
    const arc = ref < 0 ? ~ref : ref;
    const start = this.arcStart[arc]!;
    const count = this.arcStart[arc + 1]! - start;
    // the first point of an arc is the last of the one before
    for (let step = xy.length ? 1 : 0; step < count; step++) {
      const point = ref < 0 ? start + count - 1 - step : start + step;
      xy.push(this.arcXy[2 * point]!, this.arcXy[2 * point + 1]!);
    }
  }

  /** Whether a place in steps is inside the arcs around a unit. */
  private covers(unit: number, x: number, y: number): boolean {
    let inside = false;
    for (let place = this.unitArcStart[unit]!; place < this.unitArcStart[unit + 1]!; place++) {
      const arc = this.unitArcs[place]!;
      for (let point = this.arcStart[arc]!; point + 1 < this.arcStart[arc + 1]!; point++) {
        const [ax, ay] = [this.arcXy[2 * point]!, this.arcXy[2 * point + 1]!];
        const [bx, by] = [this.arcXy[2 * point + 2]!, this.arcXy[2 * point + 3]!];
        if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
      }
    }
    return inside;
  }

  private arcsOfUnits(): [Int32Array, Int32Array] {
    const pairs: [Int32Array, Int32Array] = [new Int32Array(2 * this.arcCount), new Int32Array(2 * this.arcCount)];
    let count = 0;
    for (let arc = 0; arc < this.arcCount; arc++) {
      for (const unit of [this.arcLeft[arc]!, this.arcRight[arc]!]) {
        if (unit < 0) continue;
        pairs[0][count] = unit;
        pairs[1][count++] = arc;
      }
    }
    return grouped(pairs[0].subarray(0, count), pairs[1].subarray(0, count), this.unitCount);
  }

  private neighboursOfUnits(bridges: [number, number][]): [Int32Array, Int32Array] {
    const one: number[] = [];
    const other: number[] = [];
    const link = (first: number, second: number) => {
      one.push(first, second);
      other.push(second, first);
    };
    for (let arc = 0; arc < this.arcCount; arc++) {
      if (this.arcLeft[arc]! >= 0 && this.arcRight[arc]! >= 0) link(this.arcLeft[arc]!, this.arcRight[arc]!);
    }
    for (const [first, second] of bridges) link(first, second);
    return grouped(Int32Array.from(one), Int32Array.from(other), this.unitCount);
  }

  /** Metres of a step to the east and to the north, on the ellipsoid of WGS 84 amid the units. */
  private scale(): Metres {
    let sum = 0;
    for (let unit = 0; unit < this.unitCount; unit++) sum += this.innerXy[2 * unit + 1]!;
    const latitude = this.origin[1] + (this.step * sum) / Math.max(1, this.unitCount);
    const angle = (latitude * Math.PI) / 180;
    return [
      (111412.84 * Math.cos(angle) - 93.5 * Math.cos(3 * angle)) * this.step,
      (111132.92 - 559.82 * Math.cos(2 * angle) + 1.175 * Math.cos(4 * angle)) * this.step,
    ];
  }

  private fillBins(): [Bins, Bins] {
    const boxes = new Float64Array(4 * this.unitCount);
    const [mx, my] = this.metresPerStep;
    let [left, bottom, right, top] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let unit = 0; unit < this.unitCount; unit++) {
      let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
      for (let place = this.unitArcStart[unit]!; place < this.unitArcStart[unit + 1]!; place++) {
        const arc = this.unitArcs[place]!;
        for (let point = 2 * this.arcStart[arc]!; point < 2 * this.arcStart[arc + 1]!; point += 2) {
          const x = this.arcXy[point]! * mx;
          const y = this.arcXy[point + 1]! * my;
          if (x < west) west = x;
          if (x > east) east = x;
          if (y < south) south = y;
          if (y > north) north = y;
        }
      }
      boxes.set([west, south, east, north], 4 * unit);
      left = Math.min(left, west);
      bottom = Math.min(bottom, south);
      right = Math.max(right, east);
      top = Math.max(top, north);
    }
    const frame = [left, bottom, right, top] as const;
    const size = Math.sqrt((UNITS_PER_BIN * (right - left) * (top - bottom)) / Math.max(1, this.unitCount)) || 1;
    const points = new Float64Array(4 * this.unitCount);
    for (let unit = 0; unit < this.unitCount; unit++) {
      const [x, y] = this.innerOf(unit);
      points.set([x, y, x, y], 4 * unit);
    }
    return [new Bins(frame, size, points), new Bins(frame, size, boxes)];
  }
}

/** Boxes by the squares of a net that they touch. */
class Bins {
  private readonly columns: number;
  private readonly rows: number;
  private readonly start: Int32Array;
  private readonly members: Int32Array;

  constructor(
    private readonly frame: readonly [number, number, number, number],
    private readonly size: number,
    boxes: Float64Array,
  ) {
    this.columns = Math.max(1, Math.ceil((frame[2] - frame[0]) / size));
    this.rows = Math.max(1, Math.ceil((frame[3] - frame[1]) / size));
    const bins: number[] = [];
    const members: number[] = [];
    for (let one = 0; one < boxes.length / 4; one++) {
      this.cover(boxes[4 * one]!, boxes[4 * one + 1]!, boxes[4 * one + 2]!, boxes[4 * one + 3]!, (bin) => {
        bins.push(bin);
        members.push(one);
      });
    }
    [this.start, this.members] = grouped(Int32Array.from(bins), Int32Array.from(members), this.columns * this.rows);
  }

  at(x: number, y: number, visit: (member: number) => void): void {
    if (x < this.frame[0] || x > this.frame[2] || y < this.frame[1] || y > this.frame[3]) return;
    this.inside(x, y, x, y, visit);
  }

  inside(left: number, bottom: number, right: number, top: number, visit: (member: number) => void): void {
    this.cover(left, bottom, right, top, (bin) => {
      for (let place = this.start[bin]!; place < this.start[bin + 1]!; place++) visit(this.members[place]!);
    });
  }

  private cover(left: number, bottom: number, right: number, top: number, visit: (bin: number) => void): void {
    const column = (x: number) => clamp(Math.floor((x - this.frame[0]) / this.size), this.columns);
    const row = (y: number) => clamp(Math.floor((y - this.frame[1]) / this.size), this.rows);
    const [first, last] = [column(left), column(right)];
    for (let r = row(bottom); r <= row(top); r++) {
      for (let c = first; c <= last; c++) visit(r * this.columns + c);
    }
  }
}

function clamp(place: number, count: number): number {
  return Math.min(Math.max(place, 0), count - 1);
}

/** Sort `values` by their group: where each group starts, and the values. */
function grouped(groups: Int32Array, values: Int32Array, groupCount: number): [Int32Array, Int32Array] {
  const start = new Int32Array(groupCount + 1);
  for (const group of groups) start[group + 1]!++;
  for (let group = 0; group < groupCount; group++) start[group + 1]! += start[group]!;
  const next = start.slice();
  const sorted = new Int32Array(values.length);
  for (let place = 0; place < values.length; place++) sorted[next[groups[place]!]!++] = values[place]!;
  return [start, sorted];
}

/** Squared distance from a place to the way between two others. */
export function squaredDistance(x: number, y: number, one: Metres, other: Metres): number {
  const [dx, dy] = [other[0] - one[0], other[1] - one[1]];
  const length = dx * dx + dy * dy;
  const part = length > 0 ? Math.min(1, Math.max(0, ((x - one[0]) * dx + (y - one[1]) * dy) / length)) : 0;
  const [ax, ay] = [x - one[0] - part * dx, y - one[1] - part * dy];
  return ax * ax + ay * ay;
}

export function isInside(x: number, y: number, ring: readonly Metres[]): boolean {
  let inside = false;
  for (let here = 0, before = ring.length - 1; here < ring.length; before = here++) {
    const [ax, ay] = ring[here]!;
    const [bx, by] = ring[before]!;
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}
