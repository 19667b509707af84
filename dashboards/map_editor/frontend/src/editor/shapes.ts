/** Units and borders as the graphics card wants them: triangles and lines, relative to one place. */
import earcut from "earcut";
import type { Ground } from "./ground";

/** Longitude and latitude to the square of Web Mercator, 0 to 1. */
export function mercator(longitude: number, latitude: number): [number, number] {
  const angle = (latitude * Math.PI) / 180;
  return [(longitude + 180) / 360, 0.5 - Math.log(Math.tan(Math.PI / 4 + angle / 2)) / (2 * Math.PI)];
}

/** Points of the arcs relative to the ground's origin, in Web Mercator; single floats stay exact to millimetres. */
export function placesOf(ground: Pick<Ground, "origin" | "step">, xy: Int32Array): Float32Array {
  const [x0, y0] = mercator(...ground.origin);
  const places = new Float32Array(xy.length);
  for (let at = 0; at < xy.length; at += 2) {
    const [x, y] = mercator(ground.origin[0] + xy[at]! * ground.step, ground.origin[1] + xy[at + 1]! * ground.step);
    places[at] = x - x0;
    places[at + 1] = y - y0;
  }
  return places;
}

export interface Triangles {
  /** Place of each corner. */
  places: Float32Array;
  /** Unit of each corner. */
  units: Uint32Array;
  /** Three corners a triangle. */
  corners: Uint32Array;
}

export function trianglesOf(ground: Ground): Triangles {
  const xy: number[] = [];
  const units: number[] = [];
  const corners: number[] = [];
  const add = (unit: number, polygon: number[], holes: number[]) => {
    const first = units.length;
    for (const corner of earcut(polygon, holes.length ? holes : undefined)) corners.push(first + corner);
    for (let at = 0; at < polygon.length; at += 2) {
      xy.push(polygon[at]!, polygon[at + 1]!);
      units.push(unit);
    }
  };
  for (let unit = 0; unit < ground.unitCount; unit++) {
    let polygon: number[] = [];
    let holes: number[] = [];
    for (const ring of ground.rings(unit)) {
      const open = ring.xy.slice(0, -2);
      if (ring.outer) {
        if (polygon.length) add(unit, polygon, holes);
        polygon = open;
        holes = [];
      } else {
        holes.push(polygon.length / 2);
        polygon.push(...open);
      }
    }
    if (polygon.length) add(unit, polygon, holes);
  }
  return {
    places: placesOf(ground, Int32Array.from(xy)),
    units: Uint32Array.from(units),
    corners: Uint32Array.from(corners),
  };
}

/** Arcs as pairs of points, in bins that can be left out where they are out of sight. */
export interface Hairs {
  places: Float32Array;
  bins: { first: number; count: number; box: [number, number, number, number] }[];
}

const BINS_ACROSS = 12;

export function hairsOf(ground: Ground, places: Float32Array): Hairs {
  const [west, south, east, north] = ground.bounds();
  const bin = (arc: number) => {
    const at = 2 * ground.arcStart[arc]!;
    const longitude = ground.origin[0] + ground.arcXy[at]! * ground.step;
    const latitude = ground.origin[1] + ground.arcXy[at + 1]! * ground.step;
    const column = Math.min(BINS_ACROSS - 1, Math.floor(((longitude - west) / (east - west || 1)) * BINS_ACROSS));
    const row = Math.min(BINS_ACROSS - 1, Math.floor(((latitude - south) / (north - south || 1)) * BINS_ACROSS));
    return row * BINS_ACROSS + column;
  };
  const members: number[][] = Array.from({ length: BINS_ACROSS ** 2 }, () => []);
  for (let arc = 0; arc < ground.arcCount; arc++) members[bin(arc)]!.push(arc);
  const found = new Float32Array(4 * (ground.arcXy.length / 2 - ground.arcCount));
  const bins: Hairs["bins"] = [];
  let written = 0;
  for (const arcs of members) {
    if (!arcs.length) continue;
    const first = written / 2;
    const box: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const arc of arcs) {
      for (let point = ground.arcStart[arc]!; point + 1 < ground.arcStart[arc + 1]!; point++) {
        found.set(places.subarray(2 * point, 2 * point + 4), written);
        written += 4;
      }
      for (let point = ground.arcStart[arc]!; point < ground.arcStart[arc + 1]!; point++) {
        box[0] = Math.min(box[0], places[2 * point]!);
        box[1] = Math.min(box[1], places[2 * point + 1]!);
        box[2] = Math.max(box[2], places[2 * point]!);
        box[3] = Math.max(box[3], places[2 * point + 1]!);
      }
    }
    bins.push({ first, count: written / 2 - first, box });
  }
  return { places: found, bins };
}
