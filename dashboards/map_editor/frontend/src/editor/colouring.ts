/** Colours of cells such that neighbours differ; whoever has a colour keeps it where that can be. */

export type CellGraph = Map<number, Set<number>>;

/**
 * Give each cell a colour from 0 to before `count`.
 *
 * Former colours stay unless a neighbour has the same: then the cell with fewer neighbours takes,
 * of the free colours, the one used least. If none is free it takes what fewest neighbours have.
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
    let best = 0;
    for (let one = 1; one < count; one++) {
      const better = beside[one]! - beside[best]! || used[one]! - used[best]!;
      if (better < 0) best = one;
    }
    give(cell, best);
    bySaturation.coloured(cell, best);
  }
  return colour;
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

  next(): number | undefined {
    for (let size = this.buckets.length - 1; size >= 0; size--) {
      for (const cell of this.bucket(size)) {
        this.bucket(size).delete(cell);
        this.seen.delete(cell);
        return cell;
      }
    }
    return undefined;
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
