/** What an edit will most likely do, shown until the server has said what it does. */
import type { Degrees, Ground, Metres } from "./ground";
import { squaredDistance } from "./ground";
import type { Model, Proposal } from "./model";
import type { Edit } from "./steps";

/** A rule that the browser knows as well as the server: key of the sentence and the cell it names. */
export interface Refusal {
  key: "refuse_locked" | "refuse_nothing" | "refuse_no_cell" | "refuse_not_neighbours" | "refuse_line_misses";
  cell: number | null;
}

export interface Prediction {
  proposal: Proposal;
  /** Cells that the edit may change. */
  touched: Set<number>;
}

export function emptyProposal(): Proposal {
  return { units: [], to: [], locks: new Map(), opens: null };
}

export function predict(model: Model, edit: Edit): Prediction | Refusal {
  switch (edit.kind) {
    case "move":
      return giving(model, edit.units, edit.to);
    case "brush":
      return giving(model, unitsUnder(model.ground, edit.stroke, edit.radius_m), edit.to);
    case "split":
      return splitting(model, edit.cell, edit.line, edit.to ?? null);
    case "merge":
      return merging(model, edit.keep, edit.gone);
    case "shift":
      return shifting(model, edit.giver, edit.taker, edit.metres);
    case "new_cell":
      return awaiting(model, model.shown[edit.unit]!);
    case "close_cell":
      return awaiting(model, edit.cell);
    case "lock":
      return locking(edit.cells, edit.on);
  }
}

export function isRefusal(found: Prediction | Refusal): found is Refusal {
  return "key" in found;
}

/** Units under a stroke; with a radius of 0 the stroke is a ring. */
export function unitsUnder(ground: Ground, stroke: readonly Degrees[], radius: number): number[] {
  const places = stroke.map((place) => ground.metres(place));
  if (radius === 0) return ground.unitsInside(places);
  const found = new Set<number>();
  places.forEach((place, index) => {
    for (const unit of ground.unitsNear(places[Math.max(0, index - 1)]!, place, radius)) found.add(unit);
  });
  return [...found];
}

function giving(model: Model, units: readonly number[], to: number): Prediction | Refusal {
  const faulty = cannotTake(model, to);
  if (faulty) return faulty;
  const given = units.filter((unit) => model.shown[unit] !== to && model.isFree(unit));
  if (!given.length) return { key: "refuse_nothing", cell: to };
  const touched = new Set([to]);
  for (const unit of given) touched.add(model.shown[unit]!);
  return { proposal: { ...emptyProposal(), units: given, to: given.map(() => to) }, touched };
}

function cannotTake(model: Model, cell: number): Refusal | null {
  if (!model.cells.has(cell)) return { key: "refuse_no_cell", cell: null };
  return model.isCellLocked(cell) ? { key: "refuse_locked", cell } : null;
}

/** The side that does not hold the centre goes to a cell, or becomes a new one. */
function splitting(model: Model, cell: number, line: readonly Degrees[], taker: number | null): Prediction | Refusal {
  for (const one of taker === null ? [cell] : [cell, taker]) {
    const faulty = cannotTake(model, one);
    if (faulty) return faulty;
  }
  const { ground } = model;
  const places = line.map((place) => ground.metres(place));
  const members = model.members(cell);
  const centre = model.cells.get(cell)!.centreUnit;
  const side = new Map(members.map((unit) => [unit, sideOf(ground.innerOf(unit), places)]));
  const kept = side.get(centre) ?? 1;
  const given = members.filter((unit) => side.get(unit) !== kept);
  if (!given.length || given.length === members.length) return { key: "refuse_line_misses", cell };
  const to = taker ?? model.nextCell;
  const opens = taker === null ? to : null;
  return { proposal: { ...emptyProposal(), units: given, to: given.map(() => to), opens }, touched: new Set([cell, ...(taker === null ? [] : [taker])]) };
}

/** On which side of a line a place lies, by the line's nearest part, whose ends go on for ever. */
function sideOf([x, y]: Metres, line: readonly Metres[]): 1 | -1 {
  let nearest = Infinity;
  let side: 1 | -1 = 1;
  for (let index = 0; index + 1 < line.length; index++) {
    const [one, other] = [line[index]!, line[index + 1]!];
    const [dx, dy] = [other[0] - one[0], other[1] - one[1]];
    const far = 1e7 / (Math.hypot(dx, dy) || 1);
    const start: Metres = index === 0 ? [one[0] - far * dx, one[1] - far * dy] : one;
    const end: Metres = index + 2 === line.length ? [other[0] + far * dx, other[1] + far * dy] : other;
    const away = squaredDistance(x, y, start, end);
    if (away >= nearest) continue;
    nearest = away;
    side = dx * (y - one[1]) - dy * (x - one[0]) > 0 ? 1 : -1;
  }
  return side;
}

function merging(model: Model, keep: number, gone: number): Prediction | Refusal {
  for (const cell of [keep, gone]) {
    const faulty = cannotTake(model, cell);
    if (faulty) return faulty;
  }
  if (!model.neighboursOf(keep).has(gone)) return { key: "refuse_not_neighbours", cell: gone };
  const units = model.members(gone);
  return { proposal: { ...emptyProposal(), units, to: units.map(() => keep) }, touched: new Set([keep, gone]) };
}

function shifting(model: Model, giver: number, taker: number, metres: number): Prediction | Refusal {
  for (const cell of [giver, taker]) {
    const faulty = cannotTake(model, cell);
    if (faulty) return faulty;
  }
  const border = sharedBorder(model, giver, taker);
  if (!border.length) return { key: "refuse_not_neighbours", cell: taker };
  const within = metres * metres;
  const near = model.members(giver).filter((unit) => {
    const [x, y] = model.ground.innerOf(unit);
    return border.some(([one, other]) => squaredDistance(x, y, one, other) <= within);
  });
  return giving(model, near, taker);
}

/** The parts of the border that two cells share. */
function sharedBorder(model: Model, one: number, other: number): [Metres, Metres][] {
  const { ground, shown } = model;
  const [mx, my] = ground.metresPerStep;
  const found: [Metres, Metres][] = [];
  for (let arc = 0; arc < ground.arcCount; arc++) {
    const [left, right] = [ground.arcLeft[arc]!, ground.arcRight[arc]!];
    if (left < 0 || right < 0) continue;
    const [a, b] = [shown[left]!, shown[right]!];
    if (!((a === one && b === other) || (a === other && b === one))) continue;
    for (let point = ground.arcStart[arc]!; point + 1 < ground.arcStart[arc + 1]!; point++) {
      const xy = ground.arcXy;
      found.push([
        [xy[2 * point]! * mx, xy[2 * point + 1]! * my],
        [xy[2 * point + 2]! * mx, xy[2 * point + 3]! * my],
      ]);
    }
  }
  return found;
}

/** An edit of which only the server knows what it gives: nothing is painted before. */
function awaiting(model: Model, cell: number): Prediction | Refusal {
  const faulty = cannotTake(model, cell);
  if (faulty) return faulty;
  return { proposal: emptyProposal(), touched: new Set([cell, ...model.neighboursOf(cell)]) };
}

function locking(cells: readonly number[], on: boolean): Prediction {
  const locks = new Map(cells.map((cell) => [cell, on]));
  return { proposal: { ...emptyProposal(), locks }, touched: new Set(cells) };
}
