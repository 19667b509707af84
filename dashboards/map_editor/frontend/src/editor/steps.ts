/** What browser and server say to each other. Fields are named as on the wire. */
import type { Degrees } from "./ground";

export interface CellOfState {
  cell: number;
  code: string;
  name: string;
  manager: string;
  version: number;
  centre_unit: number;
  locked: boolean;
  minutes_per_day: number | null;
  calls_per_day: number | null;
  estimated?: boolean;
}

/** What the server counted of cells. */
export type Figures = Record<
  string,
  { totals: number[]; minutes_per_day: number | null; calls_per_day: number | null; estimated: boolean }
>;

export interface Can {
  undo: boolean;
  redo: boolean;
}

export interface StateHeader {
  sequence: number;
  ground: string;
  next_cell: number;
  tolerance: (number | null)[];
  cells: CellOfState[];
  locked_units: number[];
  can: Can;
  /** Minutes on the way and at outlets a minute at outlets; null where no routes were planned. */
  daily_factor?: number | null;
}

/** One line of the log. */
export interface Step {
  sequence: number;
  kind: string;
  author: string;
  mine: boolean;
  made: string;
  undoes?: number | null;
  cells: Record<string, number>;
  /** Of each cell the units that it got: the first, then the differences. */
  moved: Record<string, number[]>;
  centres: Record<string, number>;
  cell_locks: Record<string, boolean>;
  unit_locks: Record<string, boolean>;
  names: Record<string, { code: string; name: string; manager: string }>;
  /** Null where the step opens no cell. */
  next_cell: number | null;
  /** Name of the ground as it is now, told where units were cut or joined. */
  ground?: string;
}

export type Edit =
  | { kind: "move"; units: number[]; to: number }
  | { kind: "brush"; to: number; stroke: Degrees[]; radius_m: number }
  | { kind: "split"; cell: number; line: Degrees[]; to?: number }
  | { kind: "merge"; keep: number; gone: number }
  | { kind: "shift"; giver: number; taker: number; metres: number }
  | { kind: "new_cell"; unit: number }
  | { kind: "close_cell"; cell: number }
  | { kind: "lock"; cells: number[]; units: number[]; on: boolean };

export type Versions = Record<number, number>;

export interface Conflict {
  cell: number;
  author: string;
  time: string;
}

export interface Acknowledged {
  step: Step | null;
  left_out: number[];
  notices: string[];
  can: Can;
  figures?: Figures;
}

export interface Steps {
  steps: Step[];
  sequence: number;
  editors: string[];
  figures?: Figures;
}

/** How the server took a gesture. */
export type Answer =
  | { outcome: "done"; body: Acknowledged }
  | { outcome: "refused"; faults: string[] }
  | { outcome: "conflict"; faults: string[]; conflicts: Conflict[]; steps: Step[]; figures?: Figures }
  | { outcome: "unreachable" }
  | { outcome: "forbidden" };

/** Units of which each is written as the difference to the one before. */
export function unitsOf(differences: readonly number[]): number[] {
  let unit = 0;
  return differences.map((difference) => (unit += difference));
}
