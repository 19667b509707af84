/** Which units of a cell hang together; what lies apart is an isolated piece. */
import type { Ground } from "./ground";
import { UNASSIGNED } from "./model";

export interface Piece {
  cell: number;
  units: number[];
}

/**
 * All pieces of cells but the one that holds the cell's centre (of a cell without one: the largest),
 * and all pieces without a cell. Neighbours share an arc or a bridge.
 */
export function isolatedPieces(ground: Ground, label: Int32Array, centreOf: (cell: number) => number): Piece[] {
  const pieces = new Map<number, number[][]>();
  const seen = new Uint8Array(ground.unitCount);
  for (let unit = 0; unit < ground.unitCount; unit++) {
    if (seen[unit]) continue;
    const found = flood(ground, label, unit, seen);
    const cell = label[unit]!;
    const others = pieces.get(cell);
    if (others) others.push(found);
    else pieces.set(cell, [found]);
  }
  const isolated: Piece[] = [];
  for (const [cell, parts] of pieces) {
    const main = cell === UNASSIGNED ? null : mainPiece(parts, centreOf(cell));
    for (const units of parts) if (units !== main) isolated.push({ cell, units });
  }
  return isolated;
}

function mainPiece(parts: number[][], centre: number): number[] {
  return parts.find((units) => units.includes(centre)) ?? parts.reduce((a, b) => (b.length > a.length ? b : a));
}

function flood(ground: Ground, label: Int32Array, start: number, seen: Uint8Array): number[] {
  const found = [start];
  seen[start] = 1;
  for (let place = 0; place < found.length; place++) {
    const unit = found[place]!;
    for (let at = ground.neighbourStart[unit]!; at < ground.neighbourStart[unit + 1]!; at++) {
      const other = ground.neighbours[at]!;
      if (seen[other] || label[other] !== label[unit]) continue;
      seen[other] = 1;
      found.push(other);
    }
  }
  return found;
}
