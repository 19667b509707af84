/** Colours of cells such that neighbours differ; whoever has a colour keeps it where that can be. */

export type CellGraph = Map<number, Set<number>>;

/** Strong colours come after these, for maps in which they are too few. */
const MOST_PALE = 6;

/**
 * Give each cell a colour from 0 to before `count`.
 *
 * Former colours stay unless a neighbour has the same: then the cell with fewer neighbours takes,
 * of the free colours, the one used least. If none is free it takes what fewest neighbours have.
 * Without former colours this gives what `gridmap.partition.colouring` gives for the other maps.
 */
export function colourCells(graph: CellGraph, former: ReadonlyMap<number, number>, count: number): Map<number, number> {
  const colour = new Map<number, number>();
  const used = new Array<number>(count).fill(0);
  const give = (cell: number, one: number) => {
    colour.set(cell, one);
    used[one]!++;
  };
  const order = [...graph.keys()].sort((a, b) => graph.get(b)!.size - graph.get(a)!.size || a - b);
  const left: number[] = [];
  for (const cell of order) {
    const before = former.get(cell);
    if (before === undefined || before >= count || meets(graph.get(cell)!, colour, before)) left.push(cell);
    else give(cell, before);
  }
  const bySaturation = new Buckets(graph, colour, left);
  for (let cell = bySaturation.next(); cell !== undefined; cell = bySaturation.next()) {
    const beside = new Array<number>(count).fill(0);
    for (const other of graph.get(cell)!) {
      const theirs = colour.get(other);
      if (theirs !== undefined) beside[theirs]!++;
    }
    const pale = Math.min(count, MOST_PALE);
    let best = leastUsed(beside, used, 0, pale);
    if (beside[best]! > 0 && pale < count) {
      const strong = leastUsed(beside, used, pale, count);
      if (beside[strong]! < beside[best]!) best = strong;
    }
    give(cell, best);
    bySaturation.coloured(cell, best);
  }
  return colour;
}

function leastUsed(beside: number[], used: number[], from: number, to: number): number {
  let best = from;
  for (let one = from + 1; one < to; one++) {
    const better = beside[one]! - beside[best]! || used[one]! - used[best]!;
    if (better < 0) best = one;
  }
  return best;
}

function meets(neighbours: Set<number>, colour: Map<number, number>, one: number): boolean {
  for (const other of neighbours) if (colour.get(other) === one) return true;
  return false;
}

/** Cells without a colour by how many colours their neighbours have, after Brélaz (1979). */
class Buckets {
  private readonly seen = new Map<number, Set<number>>();
  private readonly buckets: Set<number>[] = [];

  constructor(
    private readonly graph: CellGraph,
    colour: Map<number, number>,
    left: number[],
  ) {
    for (const cell of left) {
      const seen = new Set<number>();
      for (const other of graph.get(cell)!) {
        const theirs = colour.get(other);
        if (theirs !== undefined) seen.add(theirs);
      }
      this.seen.set(cell, seen);
      this.bucket(seen.size).add(cell);
    }
  }

  /** Of the cells whose neighbours have the most colours, the one with the most neighbours. */
  next(): number | undefined {
    for (let size = this.buckets.length - 1; size >= 0; size--) {
      let best: number | undefined;
      for (const cell of this.bucket(size)) if (best === undefined || this.isBefore(cell, best)) best = cell;
      if (best === undefined) continue;
      this.bucket(size).delete(best);
      this.seen.delete(best);
      return best;
    }
    return undefined;
  }

  private isBefore(one: number, other: number): boolean {
    return (this.graph.get(other)!.size - this.graph.get(one)!.size || one - other) < 0;
  }

  coloured(cell: number, one: number): void {
    for (const other of this.graph.get(cell)!) {
      const seen = this.seen.get(other);
      if (!seen || seen.has(one)) continue;
      this.bucket(seen.size).delete(other);
      seen.add(one);
      this.bucket(seen.size).add(other);
    }
  }

  private bucket(size: number): Set<number> {
    while (this.buckets.length <= size) this.buckets.push(new Set());
    return this.buckets[size]!;
  }
}
