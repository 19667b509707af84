/**
 * The tools. Each is told where the pen goes down, moves and comes up; pen means mouse, finger, or
 * the cursor that the arrow keys move, so every tool works with all three.
 */
import type { Degrees, Metres } from "./ground";
import type { Model, Proposal } from "./model";
import { emptyProposal, isRefusal, predict, type Refusal, unitsUnder } from "./predict";
import type { Edit } from "./steps";

export const TOOLS = [
  "select",
  "assign",
  "brush",
  "box",
  "lasso",
  "split",
  "merge",
  "shift",
  "new_cell",
  "close_cell",
  "lock",
] as const;
export type ToolName = (typeof TOOLS)[number];

export interface Spot {
  degrees: Degrees;
  metres: Metres;
  unit: number;
}

/** What a tool may ask of the editor. */
export interface Desk {
  readonly model: Model;
  readonly chosen: number | null;
  brushRadius(): number;
  metresPerPixel(): number;
  choose(cell: number | null): void;
  submit(edit: Edit, painted?: Proposal): void;
  refuse(refusal: Refusal): void;
  sketch(line: readonly Degrees[], closed: boolean): void;
  brushAt(place: Degrees | null): void;
  mark(units: Iterable<number>): void;
  hint(key: string, values?: Record<string, string | number>): void;
  measure(name: string, start: number): void;
}

export interface Tool {
  readonly name: ToolName;
  /** Whether the pen draws: then the map does not move under it. */
  readonly draws: boolean;
  down(spot: Spot): void;
  move(spot: Spot): void;
  up(spot: Spot): void;
  /** Let go of what was begun. */
  cancel(): void;
}

abstract class Click implements Tool {
  readonly draws = false;
  abstract readonly name: ToolName;

  constructor(protected readonly desk: Desk) {}

  down(): void {
    // a click is what counts
  }

  move(): void {
    // a click is what counts
  }

  up(spot: Spot): void {
    if (spot.unit >= 0) this.click(spot.unit, this.desk.model.shown[spot.unit]!);
  }

  cancel(): void {
    this.desk.mark([]);
  }

  protected abstract click(unit: number, cell: number): void;
}

class Select extends Click {
  readonly name = "select";

  protected click(_unit: number, cell: number): void {
    this.desk.choose(cell < 0 ? null : cell);
  }
}

class Assign extends Click {
  readonly name = "assign";

  protected click(unit: number): void {
    if (this.desk.chosen === null) this.desk.refuse({ key: "refuse_no_cell", cell: null });
    else this.desk.submit({ kind: "move", units: [unit], to: this.desk.chosen });
  }
}

class Merge extends Click {
  readonly name = "merge";
  private keep: number | null = null;

  override cancel(): void {
    super.cancel();
    this.keep = null;
    this.desk.hint("hint_merge");
  }

  protected click(_unit: number, cell: number): void {
    if (cell < 0) return;
    if (this.keep === null || this.keep === cell) {
      this.keep = cell;
      this.desk.choose(cell);
      this.desk.mark(this.desk.model.members(cell));
      this.desk.hint("hint_merge_second", { cell: this.desk.model.cells.get(cell)?.code ?? cell });
      return;
    }
    const { keep } = this;
    this.cancel();
    this.desk.submit({ kind: "merge", keep, gone: cell });
  }
}

class NewCell extends Click {
  readonly name = "new_cell";

  protected click(unit: number): void {
    this.desk.submit({ kind: "new_cell", unit });
  }
}

class CloseCell extends Click {
  readonly name = "close_cell";

  protected click(_unit: number, cell: number): void {
    if (cell >= 0) this.desk.submit({ kind: "close_cell", cell });
  }
}

class Lock extends Click {
  readonly name = "lock";

  protected click(_unit: number, cell: number): void {
    if (cell >= 0) this.desk.submit({ kind: "lock", cells: [cell], units: [], on: !this.desk.model.isCellLocked(cell) });
  }
}

/** Gives what it touches while it sweeps. */
class Brush implements Tool {
  readonly name = "brush";
  readonly draws = true;
  private stroke: Degrees[] = [];
  private last: Metres | null = null;
  private proposal: Proposal | null = null;
  private to = -1;

  constructor(private readonly desk: Desk) {}

  down(spot: Spot): void {
    const { chosen, model } = this.desk;
    if (chosen === null || !model.cells.has(chosen)) return this.desk.refuse({ key: "refuse_no_cell", cell: null });
    if (model.isCellLocked(chosen)) return this.desk.refuse({ key: "refuse_locked", cell: chosen });
    this.to = chosen;
    this.proposal = emptyProposal();
    model.propose(this.proposal);
    this.stroke = [spot.degrees];
    this.last = spot.metres;
    this.sweep(spot.metres, spot.metres);
  }

  move(spot: Spot): void {
    this.desk.brushAt(spot.degrees);
    if (!this.last) return;
    const [x, y] = this.last;
    const way = Math.hypot(spot.metres[0] - x, spot.metres[1] - y);
    if (way < Math.max(this.desk.brushRadius() / 6, 2 * this.desk.metresPerPixel())) return;
    this.stroke.push(spot.degrees);
    this.sweep(this.last, spot.metres);
    this.last = spot.metres;
  }

  up(spot: Spot): void {
    this.move(spot);
    const { proposal, stroke } = this;
    this.last = this.proposal = null;
    if (!proposal) return;
    this.desk.submit({ kind: "brush", to: this.to, stroke, radius_m: this.desk.brushRadius() }, proposal);
  }

  cancel(): void {
    if (this.proposal) this.desk.model.withdraw(this.proposal);
    this.last = this.proposal = null;
  }

  private sweep(from: Metres, to: Metres): void {
    const start = performance.now();
    const { model } = this.desk;
    const near = model.ground.unitsNear(from, to, this.desk.brushRadius());
    const taken = near.filter((unit) => model.shown[unit] !== this.to && model.isFree(unit));
    if (taken.length) model.extend(this.proposal!, taken, this.to);
    this.desk.measure("brush", start);
  }
}

/** Draws an area or a line, and does something with it when the pen comes up. */
abstract class Draw implements Tool {
  readonly draws = true;
  abstract readonly name: ToolName;
  protected first: Spot | null = null;
  protected line: Degrees[] = [];
  private last: Metres = [0, 0];

  constructor(protected readonly desk: Desk) {}

  down(spot: Spot): void {
    this.first = spot;
    this.last = spot.metres;
    this.line = [spot.degrees];
  }

  move(spot: Spot): void {
    if (!this.first) return;
    const way = Math.hypot(spot.metres[0] - this.last[0], spot.metres[1] - this.last[1]);
    if (way < 3 * this.desk.metresPerPixel()) return;
    this.last = spot.metres;
    this.draw(spot);
  }

  up(spot: Spot): void {
    if (!this.first) return;
    this.move(spot);
    const { line } = this;
    const first = this.first;
    this.cancel();
    if (line.length > 1) this.finish(line, first, spot);
  }

  cancel(): void {
    this.first = null;
    this.line = [];
    this.desk.sketch([], false);
    this.desk.mark([]);
  }

  protected draw(spot: Spot): void {
    this.line.push(spot.degrees);
    this.desk.sketch(this.line, false);
  }

  protected abstract finish(line: Degrees[], first: Spot, last: Spot): void;
}

class Lasso extends Draw {
  readonly name: ToolName = "lasso";

  override down(spot: Spot): void {
    if (this.desk.chosen === null) this.desk.refuse({ key: "refuse_no_cell", cell: null });
    else super.down(spot);
  }

  protected override draw(spot: Spot): void {
    this.line.push(spot.degrees);
    this.preview();
  }

  protected preview(): void {
    this.desk.sketch(this.line, true);
    this.desk.mark(unitsUnder(this.desk.model.ground, this.line, 0));
  }

  protected finish(line: Degrees[]): void {
    if (line.length < 3 || this.desk.chosen === null) return;
    this.desk.submit({ kind: "brush", to: this.desk.chosen, stroke: line, radius_m: 0 });
  }
}

class Box extends Lasso {
  override readonly name = "box";

  protected override draw(spot: Spot): void {
    const [west, south] = this.first!.degrees;
    const [east, north] = spot.degrees;
    this.line = [
      [west, south],
      [east, south],
      [east, north],
      [west, north],
    ];
    this.preview();
  }
}

/** Cuts along a line. What is cut off goes to the chosen cell; off the chosen cell itself, it becomes a new one. */
class Split extends Draw {
  readonly name = "split";

  protected finish(line: Degrees[]): void {
    const { model, chosen } = this.desk;
    const cells = line.map((place) => model.shown[model.ground.unitAt(model.ground.metres(place))] ?? -1);
    const cell = chosen !== null && cells.includes(chosen) ? chosen : most(cells);
    if (cell < 0) this.desk.refuse({ key: "refuse_no_cell", cell: null });
    else this.desk.submit({ kind: "split", cell, line, ...(chosen === null || chosen === cell ? {} : { to: chosen }) });
  }
}

/** From a cell over its border into the neighbour, which gives what lies that near to the border. */
class Shift extends Draw {
  readonly name = "shift";
  private crossing: Metres | null = null;
  private giver = -1;

  override down(spot: Spot): void {
    super.down(spot);
    this.crossing = null;
    this.giver = -1;
  }

  protected override draw(spot: Spot): void {
    const { model } = this.desk;
    const from = this.first!;
    this.line = [from.degrees, spot.degrees];
    this.desk.sketch(this.line, false);
    const here = spot.unit < 0 ? -1 : model.shown[spot.unit]!;
    if (this.giver < 0 && from.unit >= 0 && here >= 0 && here !== model.shown[from.unit]) {
      this.giver = here;
      this.crossing = spot.metres;
    }
    const edit = this.edit(spot, from);
    const found = edit && predict(model, edit);
    const given = found && !isRefusal(found) ? found.proposal.units : [];
    this.desk.mark(given);
    if (edit) this.desk.hint("hint_shift_now", { metres: edit.metres, count: given.length });
  }

  protected finish(_line: Degrees[], first: Spot, last: Spot): void {
    const edit = this.edit(last, first);
    this.desk.hint("hint_shift");
    if (edit) this.desk.submit(edit);
  }

  private edit(spot: Spot, first: Spot): Extract<Edit, { kind: "shift" }> | null {
    if (!this.crossing) return null;
    const metres = Math.hypot(spot.metres[0] - this.crossing[0], spot.metres[1] - this.crossing[1]);
    const taker = this.desk.model.shown[first.unit]!;
    return { kind: "shift", giver: this.giver, taker, metres: Math.max(1, Math.round(metres)) };
  }
}

export function allTools(desk: Desk): Record<ToolName, Tool> {
  return {
    select: new Select(desk),
    assign: new Assign(desk),
    brush: new Brush(desk),
    box: new Box(desk),
    lasso: new Lasso(desk),
    split: new Split(desk),
    merge: new Merge(desk),
    shift: new Shift(desk),
    new_cell: new NewCell(desk),
    close_cell: new CloseCell(desk),
    lock: new Lock(desk),
  };
}

/** What occurs most often, of what is not -1. */
function most(cells: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const cell of cells) if (cell >= 0) counts.set(cell, (counts.get(cell) ?? 0) + 1);
  return [...counts].reduce((best, one) => (one[1] > best[1] ? one : best), [-1, 0])[0]!;
}
