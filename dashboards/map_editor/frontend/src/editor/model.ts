/**
 * The plan in the browser: what the server confirmed, and what the reader has drawn since.
 *
 * `shown` is the confirmed assignment with every proposal on top, in the order in which they were
 * drawn. Whatever arrives, only the units concerned are computed anew.
 */
import { type CellGraph, colourCells } from "./colouring";
import type { Ground } from "./ground";
import type { CellOfState, Figures, StateHeader, Step, Versions } from "./steps";
import { unitsOf } from "./steps";

export const UNASSIGNED = -1;

export interface Cell {
  readonly cell: number;
  code: string;
  name: string;
  manager: string;
  version: number;
  centreUnit: number;
  locked: boolean;
  /** As the server last counted them. */
  minutesPerDay: number | null;
  callsPerDay: number | null;
  estimated: boolean;
  /** Minutes at outlets and calls, summed over the units, when the server counted. */
  countedAt: [minutes: number, calls: number];
}

/** What the managers of a cell have to do on a mean day. */
export interface Day {
  minutes: number | null;
  calls: number | null;
  estimated: boolean;
}

/** What a gesture is expected to do: unit `units[i]` goes to cell `to[i]`, cells get a lock. */
export interface Proposal {
  units: number[];
  to: number[];
  locks: Map<number, boolean>;
  opens: number | null;
}

export class Model {
  readonly cells = new Map<number, Cell>();
  readonly shown: Int32Array;
  readonly lockedUnits: Set<number>;
  readonly tolerance: (number | null)[];
  nextCell: number;
  /** Units that a change of `shown` touched. */
  onPaint: (units: readonly number[]) => void = () => undefined;
  private readonly confirmed: Int32Array;
  private readonly proposals: Proposal[] = [];
  private readonly sums = new Map<number, Float64Array>();
  private readonly before = new Map<number, Float64Array>();
  private readonly daysBefore = new Map<number, Day>();
  private readonly dailyFactor: number | null;
  private colours = new Map<number, number>();
  /** Counts changes of what cells there are, their names, centres and locks. */
  cellsVersion = 0;
  /** Units that changed since the cells were last coloured. */
  private uncoloured: number[] = [];

  constructor(
    readonly ground: Ground,
    state: StateHeader,
    label: Int32Array,
    private readonly colourCount: number,
  ) {
    this.confirmed = label.slice();
    this.shown = label.slice();
    this.lockedUnits = new Set(state.locked_units);
    this.tolerance = state.tolerance;
    this.nextCell = state.next_cell;
    this.dailyFactor = state.daily_factor ?? null;
    for (const one of state.cells) this.cells.set(one.cell, cellOf(one));
    for (let unit = 0; unit < ground.unitCount; unit++) this.count(unit, this.shown[unit]!, 1);
    for (const cell of this.cells.values()) cell.countedAt = this.daily(cell.cell);
    this.remember();
    this.recolour();
  }

  /** Number of units of a cell, then its workloads. */
  totals(cell: number): Float64Array {
    return this.sums.get(cell)?.subarray(0, 1 + this.ground.workloads.length) ?? new Float64Array(1 + this.ground.workloads.length);
  }

  private daily(cell: number): [number, number] {
    const width = this.ground.workloads.length;
    const sums = this.sums.get(cell);
    return sums ? [sums[1 + width]!, sums[2 + width]!] : [0, 0];
  }

  /** Totals when `remember` was last called; null for a cell that was not there. */
  totalsBefore(cell: number): Float64Array | null {
    return this.before.get(cell) ?? null;
  }

  /** From now on, differences count from here. */
  remember(): void {
    this.before.clear();
    this.daysBefore.clear();
    for (const cell of this.cells.keys()) {
      this.before.set(cell, this.totals(cell).slice());
      this.daysBefore.set(cell, this.day(cell));
    }
  }

  /** Minutes and calls a day; what was drawn since the server counted is added as an estimate. */
  day(cell: number): Day {
    const known = this.cells.get(cell);
    if (!known) return { minutes: null, calls: null, estimated: false };
    const [minutes, calls] = this.daily(cell);
    const factor = this.dailyFactor;
    const moved = minutes - known.countedAt[0];
    const more = calls - known.countedAt[1];
    const since = Math.abs(moved) > 1e-6 || Math.abs(more) > 1e-6;
    return {
      minutes: known.minutesPerDay === null || factor === null ? known.minutesPerDay : known.minutesPerDay + factor * moved,
      calls: known.callsPerDay === null ? null : known.callsPerDay + more,
      estimated: known.estimated || since,
    };
  }

  dayBefore(cell: number): Day | null {
    return this.daysBefore.get(cell) ?? null;
  }

  /** Take what the server counted. */
  countAnew(figures: Figures): void {
    for (const [key, figure] of Object.entries(figures)) {
      const known = this.cells.get(Number(key));
      if (!known) continue;
      known.minutesPerDay = figure.minutes_per_day;
      known.callsPerDay = figure.calls_per_day;
      known.estimated = figure.estimated;
      known.countedAt = this.confirmedDaily(known.cell);
    }
  }

  /** The sums over the units that the server gave to a cell, whatever was drawn since. */
  private confirmedDaily(cell: number): [number, number] {
    const { daily } = this.ground;
    const sums = this.daily(cell);
    for (const unit of new Set(this.proposals.flatMap((one) => one.units))) {
      const sign = Number(this.confirmed[unit] === cell) - Number(this.shown[unit] === cell);
      sums[0] += sign * daily[2 * unit]!;
      sums[1] += sign * daily[2 * unit + 1]!;
    }
    return sums;
  }

  /** Take over from a model of the same plan on other units what its differences count from. */
  rememberAs(former: Model): void {
    this.before.clear();
    this.daysBefore.clear();
    for (const [cell, totals] of former.before) this.before.set(cell, totals);
    for (const [cell, day] of former.daysBefore) this.daysBefore.set(cell, day);
    this.colours = former.colours;
    this.recolour();
  }

  members(cell: number): number[] {
    const found: number[] = [];
    for (let unit = 0; unit < this.shown.length; unit++) if (this.shown[unit] === cell) found.push(unit);
    return found;
  }

  /** Mean of a workload over the cells. */
  average(workload: number): number {
    let sum = 0;
    for (const cell of this.cells.keys()) sum += this.totals(cell)[1 + workload]!;
    return sum / Math.max(1, this.cells.size);
  }

  unassignedCount(): number {
    return this.totals(UNASSIGNED)[0]!;
  }

  isCellLocked(cell: number): boolean {
    for (let place = this.proposals.length - 1; place >= 0; place--) {
      const lock = this.proposals[place]!.locks.get(cell);
      if (lock !== undefined) return lock;
    }
    return this.cells.get(cell)?.locked ?? false;
  }

  /** Whether a unit may be given away: neither it nor its cell is locked, and no cell's centre is in it. */
  isFree(unit: number): boolean {
    const cell = this.shown[unit]!;
    if (cell === UNASSIGNED) return !this.lockedUnits.has(unit);
    return !this.lockedUnits.has(unit) && !this.isCellLocked(cell) && this.cells.get(cell)?.centreUnit !== unit;
  }

  colourOf(cell: number): number {
    return this.colours.get(cell) ?? 0;
  }

  versionsOf(cells: Iterable<number>): Versions {
    const found: Versions = {};
    for (const cell of cells) {
      const known = this.cells.get(cell);
      if (known && known.version >= 0) found[cell] = known.version;
    }
    return found;
  }

  propose(proposal: Proposal): void {
    this.proposals.push(proposal);
    if (proposal.locks.size) this.cellsVersion++;
    this.open(proposal);
    this.change(proposal.units, (unit, place) => this.set(unit, proposal.to[place]!));
  }

  /** Add units to the last proposal, as a brush does while it sweeps. */
  extend(proposal: Proposal, units: readonly number[], to: number): void {
    for (const unit of units) {
      proposal.units.push(unit);
      proposal.to.push(to);
    }
    this.change(units, (unit) => this.set(unit, to));
  }

  withdraw(proposal: Proposal): void {
    const place = this.proposals.indexOf(proposal);
    if (place < 0) return;
    this.proposals.splice(place, 1);
    if (proposal.locks.size || proposal.opens !== null) this.cellsVersion++;
    if (proposal.opens !== null && this.cells.get(proposal.opens)?.version === -1) this.cells.delete(proposal.opens);
    this.settle(proposal.units);
  }

  /** Apply a step of the server; `replaced` is the proposal that it answers. */
  apply(step: Step, replaced: Proposal | null = null): number[] {
    const touched: number[] = [];
    for (const [cell, differences] of Object.entries(step.moved)) {
      for (const unit of unitsOf(differences)) {
        if (unit >= this.confirmed.length) continue;
        this.confirmed[unit] = Number(cell);
        touched.push(unit);
      }
    }
    this.applyCells(step);
    for (const [unit, on] of Object.entries(step.unit_locks)) {
      if (on) this.lockedUnits.add(Number(unit));
      else this.lockedUnits.delete(Number(unit));
    }
    this.nextCell = step.next_cell ?? this.nextCell;
    if (replaced) {
      const place = this.proposals.indexOf(replaced);
      if (place >= 0) this.proposals.splice(place, 1);
    }
    this.settle(replaced ? [...touched, ...replaced.units] : touched);
    return touched;
  }

  /** Cells that touch each other along a border. */
  graph(): CellGraph {
    const { arcLeft, arcRight, arcCount } = this.ground;
    const found: CellGraph = new Map();
    for (const cell of this.cells.keys()) found.set(cell, new Set());
    for (let arc = 0; arc < arcCount; arc++) {
      const [left, right] = [arcLeft[arc]!, arcRight[arc]!];
      if (left < 0 || right < 0) continue;
      const [one, other] = [this.shown[left]!, this.shown[right]!];
      if (one === other) continue;
      found.get(one)?.add(other);
      found.get(other)?.add(one);
    }
    for (const beside of found.values()) beside.delete(UNASSIGNED);
    return found;
  }

  neighboursOf(cell: number): Set<number> {
    const found = this.around([cell], 1);
    found.delete(cell);
    return found;
  }

  /** Cells, and those that can be reached from them over so many borders. */
  around(cells: Iterable<number>, borders: number): Set<number> {
    const { arcLeft, arcRight, arcCount } = this.ground;
    let inner = new Set(cells);
    for (let ring = 0; ring < borders; ring++) {
      const outer = new Set(inner);
      for (let arc = 0; arc < arcCount; arc++) {
        const [left, right] = [arcLeft[arc]!, arcRight[arc]!];
        if (left < 0 || right < 0) continue;
        const [one, other] = [this.shown[left]!, this.shown[right]!];
        if (one === other) continue;
        if (inner.has(one)) outer.add(other);
        if (inner.has(other)) outer.add(one);
      }
      outer.delete(UNASSIGNED);
      inner = outer;
    }
    return inner;
  }

  /** Colour the cells anew where neighbours have become alike; says whether any had. */
  recolour(): boolean {
    const units = this.uncoloured;
    this.uncoloured = [];
    const coloured = [...this.cells.keys()].every((cell) => this.colours.has(cell));
    if (coloured && !units.some((unit) => this.looksLikeNeighbour(unit))) return false;
    this.colours = colourCells(this.graph(), this.colours, this.colourCount);
    this.cellsVersion++;
    return true;
  }

  private looksLikeNeighbour(unit: number): boolean {
    const { unitArcStart, unitArcs, arcLeft, arcRight } = this.ground;
    const cell = this.shown[unit]!;
    for (let place = unitArcStart[unit]!; place < unitArcStart[unit + 1]!; place++) {
      const arc = unitArcs[place]!;
      const beside = arcLeft[arc] === unit ? arcRight[arc]! : arcLeft[arc]!;
      const other = beside < 0 ? UNASSIGNED : this.shown[beside]!;
      if (other !== cell && other !== UNASSIGNED && this.colours.get(other) === this.colours.get(cell)) return true;
    }
    return false;
  }

  private applyCells(step: Step): void {
    if ([step.centres, step.names, step.cell_locks, step.unit_locks].some((one) => Object.keys(one).length)) this.cellsVersion++;
    for (const [key, unit] of Object.entries(step.centres)) {
      const cell = Number(key);
      if (unit < 0) {
        this.cells.delete(cell);
        continue;
      }
      const known = this.cells.get(cell) ?? emptyCell(cell);
      this.cells.set(cell, known);
      known.centreUnit = unit;
    }
    for (const [cell, names] of Object.entries(step.names)) {
      const known = this.cells.get(Number(cell));
      if (known) Object.assign(known, names);
    }
    for (const [cell, version] of Object.entries(step.cells)) {
      const known = this.cells.get(Number(cell));
      if (known) known.version = version;
    }
    for (const [cell, on] of Object.entries(step.cell_locks)) {
      const known = this.cells.get(Number(cell));
      if (known) known.locked = on;
    }
  }

  private open(proposal: Proposal): void {
    if (proposal.opens === null || this.cells.has(proposal.opens)) return;
    this.cells.set(proposal.opens, emptyCell(proposal.opens));
    this.cellsVersion++;
  }

  /** Show the confirmed cell of units, with all proposals on top. */
  private settle(units: readonly number[]): void {
    const target = new Map<number, number>();
    for (const unit of units) target.set(unit, this.confirmed[unit]!);
    for (const proposal of this.proposals) {
      proposal.units.forEach((unit, place) => {
        if (target.has(unit)) target.set(unit, proposal.to[place]!);
      });
    }
    this.change([...target.keys()], (unit) => this.set(unit, target.get(unit)!));
  }

  private change(units: readonly number[], set: (unit: number, place: number) => boolean): void {
    const changed = units.filter(set);
    if (!changed.length) return;
    this.uncoloured.push(...changed);
    this.onPaint(changed);
  }

  private set(unit: number, cell: number): boolean {
    const former = this.shown[unit]!;
    if (former === cell) return false;
    this.count(unit, former, -1);
    this.count(unit, cell, 1);
    this.shown[unit] = cell;
    return true;
  }

  private count(unit: number, cell: number, sign: 1 | -1): void {
    const width = this.ground.workloads.length;
    let sums = this.sums.get(cell);
    if (!sums) this.sums.set(cell, (sums = new Float64Array(3 + width)));
    sums[0]! += sign;
    for (let workload = 0; workload < width; workload++) {
      sums[1 + workload]! += sign * this.ground.weight[unit * width + workload]!;
    }
    sums[1 + width]! += sign * this.ground.daily[2 * unit]!;
    sums[2 + width]! += sign * this.ground.daily[2 * unit + 1]!;
  }
}

function cellOf(one: CellOfState): Cell {
  return {
    cell: one.cell,
    code: one.code,
    name: one.name,
    manager: one.manager,
    version: one.version,
    centreUnit: one.centre_unit,
    locked: one.locked,
    minutesPerDay: one.minutes_per_day,
    callsPerDay: one.calls_per_day,
    estimated: one.estimated ?? false,
    countedAt: [0, 0],
  };
}

/** A cell of which the server has not spoken yet has the version -1. */
function emptyCell(cell: number): Cell {
  return {
    cell,
    code: `+${cell}`,
    name: "",
    manager: "",
    version: -1,
    centreUnit: -1,
    locked: false,
    minutesPerDay: null,
    callsPerDay: null,
    estimated: false,
    countedAt: [0, 0],
  };
}
