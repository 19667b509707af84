// The model of the map editor, taken from the built script; run by test_frontend.py.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";

vm.runInThisContext(readFileSync(new URL("../../../dashboards/map_editor/gridmap_editor.min.js", import.meta.url), "utf8"));
const { colourCells, Ground, isolatedPieces, Model, predict, readContainer, Session } = globalThis.gridmapEditor.core;

const WIDTH = 6;
const HEIGHT = 4;
const STEP = 1e-6;

/** Squares of 1000 steps in rows; every side one arc. */
function squares() {
  const arcs = [];
  const place = new Map();
  const unit = (x, y) => (x >= 0 && x < WIDTH && y >= 0 && y < HEIGHT ? y * WIDTH + x : -1);
  for (let y = 0; y <= HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++) {
      place.set(`-${x},${y}`, arcs.length);
      arcs.push({ xy: [x, y, x + 1, y], left: unit(x, y), right: unit(x, y - 1) });
    }
  for (let y = 0; y < HEIGHT; y++)
    for (let x = 0; x <= WIDTH; x++) {
      place.set(`|${x},${y}`, arcs.length);
      arcs.push({ xy: [x, y, x, y + 1], left: unit(x - 1, y), right: unit(x, y) });
    }
  const refs = [];
  for (let y = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++)
      refs.push(place.get(`-${x},${y}`), place.get(`|${x + 1},${y}`), ~place.get(`-${x},${y + 1}`), ~place.get(`|${x},${y}`));
  const count = WIDTH * HEIGHT;
  const range = (n, f) => Int32Array.from({ length: n }, (_, i) => f(i));
  return {
    header: { hash: "h", origin: [10, 50], step_deg: STEP, n_units: count, workloads: [{ name: "w", label: "w" }], bridges: [] },
    arrays: {
      arc_start: range(arcs.length + 1, (i) => 2 * i),
      arc_xy: Int32Array.from(arcs.flatMap((arc) => arc.xy.map((one) => 1000 * one))),
      arc_left: Int32Array.from(arcs.map((arc) => arc.left)),
      arc_right: Int32Array.from(arcs.map((arc) => arc.right)),
      unit_ring: range(count + 1, (i) => i),
      ring_arc: range(count + 1, (i) => 4 * i),
      ref: Int32Array.from(refs),
      ring_outer: new Uint8Array(count).fill(1),
      inner_xy: Int32Array.from({ length: 2 * count }, (_, i) => 500 + 1000 * (i % 2 ? Math.floor((i >> 1) / WIDTH) : (i >> 1) % WIDTH)),
      weight: Float64Array.from({ length: count }, (_, i) => 1 + i),
      daily: Float64Array.from({ length: 2 * count }, (_, i) => (i % 2 ? 1 : 10)),
    },
  };
}

/** Three cells, each of two columns; their centres lie in the lowest row. */
function threeCells(locked = []) {
  const ground = new Ground(squares());
  const label = Int32Array.from({ length: ground.unitCount }, (_, unit) => 7 + Math.floor((unit % WIDTH) / 2));
  const cells = [7, 8, 9].map((cell, place) => ({
    cell,
    code: `C${cell}`,
    name: "",
    manager: "",
    version: 1,
    centre_unit: 2 * place,
    locked: locked.includes(cell),
    minutes_per_day: 100,
    calls_per_day: 8,
  }));
  const state = { sequence: 0, daily_factor: 1.5, ground: "h", next_cell: 10, tolerance: [null], cells, locked_units: [], can: { undo: false, redo: false } };
  return new Model(ground, state, label, 6);
}

function countedAnew(model) {
  const sums = new Map();
  model.shown.forEach((cell, unit) => {
    const [count, weight] = sums.get(cell) ?? [0, 0];
    sums.set(cell, [count + 1, weight + model.ground.weight[unit]]);
  });
  return sums;
}

function step(sequence, moved, more = {}) {
  const cells = Object.fromEntries(Object.keys(moved).map((cell) => [cell, sequence + 1]));
  return {
    sequence,
    kind: "move",
    author: "me",
    mine: true,
    made: "",
    undoes: null,
    cells,
    moved,
    centres: {},
    cell_locks: {},
    unit_locks: {},
    names: {},
    next_cell: null,
    ...more,
  };
}

test("a container gives back its numbers", () => {
  const one = { type: "int32", offset: 144, length: 3, step: 1 };
  const header = JSON.stringify({ name: "x", arrays: { one, two: { type: "float64", offset: 160, length: 1 } } }).padEnd(140);
  const buffer = new ArrayBuffer(168);
  new DataView(buffer).setUint32(0, 140, true);
  new Uint8Array(buffer).set(new TextEncoder().encode(header), 4);
  // 5, then 300 less, then the least and 295 more: differences 5, -300, -2147483353
  const folded = [10, 599, 4294966705];
  folded.forEach((number, at) => [0, 1, 2, 3].forEach((plane) => {
    new Uint8Array(buffer)[144 + 3 * plane + at] = Math.floor(number / 256 ** plane) % 256;
  }));
  new Float64Array(buffer, 160, 1).set([0.5]);
  const read = readContainer(buffer);
  assert.equal(read.header.name, "x");
  assert.deepEqual([...read.arrays.one], [5, -295, -2147483648]);
  assert.deepEqual([...read.arrays.two], [0.5]);
});

test("units are found by place, by distance and within a ring", () => {
  const { ground } = threeCells();
  for (const unit of [0, 5, 17, 23]) assert.equal(ground.unitAt(ground.innerOf(unit)), unit);
  assert.equal(ground.unitAt([-5, -5]), -1);
  const side = ground.innerOf(1)[0] - ground.innerOf(0)[0];
  assert.deepEqual(ground.unitsNear(ground.innerOf(8), ground.innerOf(8), 1.01 * side).sort((a, b) => a - b), [7, 8, 9]);
  const [x, y] = ground.innerOf(7);
  const ring = [[x - 1, y - 1], [x + 1, y - 1], [x + 1, y + 1], [x - 1, y + 1]];
  assert.deepEqual(ground.unitsInside(ring), [7]);
  const back = ground.degrees(ground.metres([10.001, 50.002]));
  assert.ok(Math.abs(back[0] - 10.001) < 1e-12 && Math.abs(back[1] - 50.002) < 1e-12);
});

test("a ground that tiles has no faults, and a torn one has", () => {
  assert.deepEqual(new Ground(squares()).tilingFaults(), { gaps: 0, overlaps: 0 });
  const torn = squares();
  torn.arrays.ref[0] = torn.arrays.ref[1]; // a side walked twice, another never
  const { gaps, overlaps } = new Ground(torn).tilingFaults();
  assert.ok(gaps > 0 && overlaps > 0);
});

test("totals stay what a count from the start gives, whatever is proposed, withdrawn and confirmed", () => {
  const model = threeCells();
  let seed = 1;
  const random = (n) => (seed = (seed * 48271) % 2147483647) % n;
  const proposals = [];
  for (let round = 0; round < 300; round++) {
    if (proposals.length && random(3) === 0) model.withdraw(proposals.splice(random(proposals.length), 1)[0]);
    else if (random(4) === 0) model.apply(step(round, { [7 + random(3)]: [random(24)] }));
    else {
      const units = [...new Set([random(24), random(24), random(24)])];
      const proposal = { units, to: units.map(() => 7 + random(3)), locks: new Map(), opens: null };
      model.propose(proposal);
      proposals.push(proposal);
    }
    for (const [cell, [count, weight]] of countedAnew(model)) {
      assert.equal(model.totals(cell)[0], count);
      assert.ok(Math.abs(model.totals(cell)[1] - weight) < 1e-9);
    }
  }
});

test("what is withdrawn leaves what the server confirmed, and what was drawn after it", () => {
  const model = threeCells();
  const before = [...model.shown];
  const first = predict(model, { kind: "move", units: [13], to: 8 }).proposal;
  model.propose(first);
  const second = predict(model, { kind: "move", units: [14], to: 9 }).proposal;
  model.propose(second);
  model.apply(step(1, { 9: [13] }, { mine: false }));
  assert.equal(model.shown[13], 8, "our own drawing stays on top");
  model.withdraw(first);
  assert.equal(model.shown[13], 9, "the colleague's edit comes to light");
  assert.equal(model.shown[14], 9);
  model.withdraw(second);
  before[13] = 9;
  assert.deepEqual([...model.shown], before);
});

test("centres and locked cells stay where they are", () => {
  const model = threeCells([9]);
  assert.equal(predict(model, { kind: "move", units: [0], to: 8 }).key, "refuse_nothing");
  assert.equal(predict(model, { kind: "move", units: [4 + WIDTH], to: 8 }).key, "refuse_nothing");
  assert.equal(predict(model, { kind: "move", units: [WIDTH], to: 9 }).key, "refuse_locked");
  assert.deepEqual(predict(model, { kind: "move", units: [0, WIDTH], to: 8 }).proposal.units, [WIDTH]);
});

test("a split gives the side without the centre to a new cell", () => {
  const model = threeCells();
  const { ground } = model;
  const between = (one, other) => ground.degrees([0, 1].map((axis) => (ground.innerOf(one)[axis] + ground.innerOf(other)[axis]) / 2));
  const line = [between(WIDTH, 2 * WIDTH), between(WIDTH + 1, 2 * WIDTH + 1)];
  const found = predict(model, { kind: "split", cell: 7, line });
  assert.deepEqual(found.proposal.units, [12, 13, 18, 19]);
  assert.equal(found.proposal.opens, 10);
  const given = predict(model, { kind: "split", cell: 7, line, to: 8 });
  assert.deepEqual([given.proposal.to, given.proposal.opens], [[8, 8, 8, 8], null]);
  assert.equal(predict(model, { kind: "split", cell: 9, line: line.map(([x, y]) => [x, y + 1]) }).key, "refuse_line_misses");
});

test("a pushed border gives what lies near, and only neighbours share one", () => {
  const model = threeCells();
  const side = model.ground.innerOf(1)[0] - model.ground.innerOf(0)[0];
  const near = predict(model, { kind: "shift", giver: 8, taker: 7, metres: 0.6 * side }).proposal.units;
  assert.deepEqual(near, [8, 14, 20]); // unit 2 holds the centre
  assert.equal(predict(model, { kind: "shift", giver: 9, taker: 7, metres: 5 }).key, "refuse_not_neighbours");
  assert.equal(predict(model, { kind: "merge", keep: 7, gone: 9 }).key, "refuse_not_neighbours");
  assert.equal(predict(model, { kind: "merge", keep: 7, gone: 8 }).proposal.units.length, 8);
});

test("pieces are found that do not hang together with their centre", () => {
  const model = threeCells();
  assert.deepEqual(isolatedPieces(model.ground, model.shown, (cell) => model.cells.get(cell).centreUnit), []);
  model.apply(step(1, { 7: [17] }));
  const found = isolatedPieces(model.ground, model.shown, (cell) => model.cells.get(cell).centreUnit);
  assert.deepEqual(found, [{ cell: 7, units: [17] }]);
});

test("neighbours never look alike, and colours stay over an edit", () => {
  let seed = 5;
  const random = (n) => (seed = (seed * 48271) % 2147483647) % n;
  const grid = new Map();
  for (let cell = 0; cell < 400; cell++) grid.set(cell, new Set());
  const link = (a, b) => grid.get(a).add(b) && grid.get(b).add(a);
  for (let cell = 0; cell < 400; cell++) {
    if (cell % 20 < 19) link(cell, cell + 1);
    if (cell < 380) link(cell, cell + 20);
    if (cell < 380 && cell % 20 < 19) link(cell, random(2) ? cell + 21 : cell + 20);
  }
  const good = (colours) => [...grid].every(([cell, beside]) => [...beside].every((other) => colours.get(cell) !== colours.get(other)));
  const first = colourCells(grid, new Map(), 6);
  assert.ok(good(first));
  const alike = [...grid.keys()].filter((cell) => first.get(cell) === first.get(0) && !grid.get(0).has(cell));
  link(0, alike.at(-1));
  link(0, alike.at(-2));
  assert.ok(!good(first));
  const second = colourCells(grid, first, 6);
  assert.ok(good(second));
  const changed = [...first].filter(([cell, colour]) => second.get(cell) !== colour).length;
  assert.ok(changed >= 1 && changed <= 2, `${changed} cells changed colour`);
});

/** A session with a server that answers as the test says. */
function session(model, answers, kept = [], missed = []) {
  const told = [];
  const saved = { gestures: kept };
  const sent = [];
  const server = {
    send: async (gesture) => {
      sent.push(structuredClone(gesture));
      const answer = answers.shift();
      return typeof answer === "function" ? answer(gesture) : answer;
    },
    steps: async () => missed.shift() ?? null,
  };
  const hooks = Object.fromEntries(
    ["done", "refused", "conflict", "colleague", "forbidden"].map((name) => [name, (...given) => told.push([name, ...given])]),
  );
  let key = 0;
  const made = new Session(
    model,
    0,
    { undo: false, redo: false },
    server,
    { load: () => saved.gestures, save: (gestures) => (saved.gestures = structuredClone(gestures)) },
    { ...hooks, changed: () => undefined, groundChanged: async () => void told.push(["ground"]) },
    () => `key${key++}`,
  );
  return { made, told, saved, sent };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));
const done = (one) => ({ outcome: "done", body: { step: one, left_out: [], notices: [], can: { undo: true, redo: false } } });

test("the server's step replaces the picture, and tells what it left out", async () => {
  const model = threeCells();
  const { made, told } = session(model, [done(step(1, { 8: [13] }))]);
  made.submit({ kind: "move", units: [13, 19], to: 8 });
  assert.equal(model.shown[19], 8, "painted at once");
  await settled();
  assert.equal(model.shown[13], 8);
  assert.equal(model.shown[19], 7, "left out by the server");
  assert.equal(told[0][0], "done");
  assert.equal(made.sequence, 1);
  assert.equal(model.cells.get(8).version, 2);
});

test("a refusal takes back the gesture and nothing else", async () => {
  const model = threeCells();
  const { made, told } = session(model, [{ outcome: "refused", faults: ["no"] }, done(step(1, { 9: [14] }))]);
  made.submit({ kind: "move", units: [13], to: 8 });
  made.submit({ kind: "move", units: [14], to: 9 });
  await settled();
  assert.equal(model.shown[13], 7);
  assert.equal(model.shown[14], 9);
  assert.deepEqual(told.map(([name]) => name), ["refused", "done"]);
});

test("without a connection gestures wait in order with their keys, also over a reload", async () => {
  const model = threeCells();
  const { made, saved, sent } = session(model, [{ outcome: "unreachable" }]);
  made.submit({ kind: "move", units: [13], to: 8 });
  made.submit({ kind: "move", units: [14], to: 9 });
  await settled();
  made.stop();
  assert.equal(made.online, false);
  assert.deepEqual(saved.gestures.map((one) => one.key), ["key0", "key1"]);
  const after = threeCells();
  const again = session(after, [done(step(1, { 8: [13] })), done(step(2, { 9: [14] }))], saved.gestures);
  assert.equal(after.shown[13], 8, "shown again after the reload");
  await again.made.pump();
  await settled();
  assert.deepEqual(again.sent.map((one) => one.key), ["key0", "key1"]);
  assert.deepEqual(again.sent[1].versions, { 7: 1, 8: 2, 9: 1 }, "our own step has made cell 8 newer");
  assert.equal(again.made.queued, 0);
  assert.deepEqual(again.saved.gestures, []);
  assert.equal(sent.length, 1);
});

test("an answer is taken in only with the steps before it; until they come the gesture waits", async () => {
  const model = threeCells();
  const theirs = step(1, { 9: [14] }, { mine: false, author: "Anna" });
  const ours = done(step(2, { 8: [13] }));
  const { made, sent } = session(model, [ours, ours], [], [null, { steps: [theirs], sequence: 2, editors: [] }]);
  made.submit({ kind: "move", units: [13], to: 8 });
  await settled();
  assert.deepEqual([made.queued, made.sequence, made.online], [1, 0, false]);
  await new Promise((resolve) => setTimeout(resolve, 600));
  assert.deepEqual([made.queued, made.sequence, made.online], [0, 2, true]);
  assert.deepEqual([model.shown[13], model.shown[14]], [8, 9]);
  assert.deepEqual(sent.map((one) => one.key), ["key0", "key0"]);
});

/** An answer that comes when the test lets it. */
function held() {
  let give;
  const answer = new Promise((resolve) => (give = resolve));
  return { give, answer: () => answer };
}

test("an unsent gesture is undone without the server, and done again on what is there then", async () => {
  const model = threeCells();
  const { give, answer } = held();
  const { made, sent } = session(model, [answer, done(step(2, { 8: [19] }))]);
  made.submit({ kind: "move", units: [13], to: 8 });
  made.submit({ kind: "move", units: [19], to: 8 });
  made.undo();
  assert.deepEqual([model.shown[13], model.shown[19], made.queued], [8, 7, 1]);
  give(done(step(1, { 8: [13] }, { cells: { 7: 2, 8: 2 } })));
  await settled();
  made.redo();
  assert.equal(model.shown[19], 8);
  await settled();
  assert.deepEqual(sent.map((one) => one.kind), ["edits", "edits"]);
  assert.deepEqual([sent[1].versions[7], sent[1].versions[8]], [2, 2]);
});

test("a gesture of which the server may know is undone there, behind itself", async () => {
  const model = threeCells();
  const undone = step(2, { 7: [13] }, { kind: "undo", undoes: 1 });
  const { made, sent } = session(model, [{ outcome: "unreachable" }, done(step(1, { 8: [13] })), done(undone)]);
  made.submit({ kind: "move", units: [13], to: 8 });
  await settled();
  made.undo();
  assert.deepEqual([model.shown[13], made.queued], [7, 2], "not shown any more, and not forgotten");
  void made.pump();
  await settled();
  assert.deepEqual([model.shown[13], made.queued, made.sequence], [7, 0, 2]);
  assert.deepEqual(sent.map((one) => [one.kind, one.key]), [["edits", "key0"], ["edits", "key0"], ["undo", "key1"]]);
});

test("what is undone while it is refused, or a colleague was first, takes nothing else back", async () => {
  const theirs = step(1, { 9: [14] }, { mine: false, author: "Anna" });
  const conflict = { outcome: "conflict", faults: ["x"], conflicts: [], steps: [theirs] };
  for (const late of [{ outcome: "refused", faults: ["no"] }, conflict]) {
    const model = threeCells();
    const { give, answer } = held();
    const { made, told, sent } = session(model, [answer]);
    made.submit({ kind: "move", units: [13], to: 8 });
    made.undo();
    give(late);
    await settled();
    assert.deepEqual([model.shown[13], made.queued, made.inConflict, sent.length], [7, 0, false, 1]);
    assert.equal(told.some(([name]) => name === "conflict"), false);
  }
});

test("redoing goes back the way that undoing came", async () => {
  const model = threeCells();
  const answers = [{ outcome: "unreachable" }, ...[1, 2, 3, 4].map((number) => done(step(number, {})))];
  const { made, sent } = session(model, answers);
  made.submit({ kind: "move", units: [13], to: 8 });
  await settled();
  made.submit({ kind: "move", units: [19], to: 8 });
  made.undo();
  made.undo();
  made.redo();
  made.redo();
  void made.pump();
  await settled();
  assert.deepEqual(sent.map((one) => one.kind), ["edits", "edits", "undo", "redo", "edits"]);
  assert.deepEqual(sent.at(-1).edit.units, [19]);
});

test("a day is what the server counted and what was drawn since, whatever comes of that", () => {
  const model = threeCells();
  const drawn = predict(model, { kind: "move", units: [13, 19], to: 8 }).proposal;
  model.propose(drawn);
  assert.deepEqual(model.day(8), { minutes: 130, calls: 10, estimated: true });
  model.countAnew({ 8: { totals: [], minutes_per_day: 200, calls_per_day: 9, estimated: false } });
  assert.deepEqual(model.day(8), { minutes: 230, calls: 11, estimated: true });
  model.withdraw(drawn);
  assert.deepEqual(model.day(8), { minutes: 200, calls: 9, estimated: false });
});

test("what a colleague did before our step is counted, too", async () => {
  const model = threeCells();
  const figures = (minutes) => ({ totals: [], minutes_per_day: minutes, calls_per_day: 1, estimated: false });
  const theirs = step(1, { 9: [14] }, { mine: false, author: "Anna", cells: { 8: 2, 9: 2 } });
  const ours = done(step(2, { 8: [13] }, { cells: { 7: 2, 8: 3 } }));
  ours.body.figures = { 7: figures(70), 8: figures(80) };
  const { made } = session(model, [ours], [], [{ steps: [theirs], sequence: 1, editors: [], figures: { 9: figures(90) } }]);
  made.submit({ kind: "move", units: [13], to: 8 });
  await settled();
  assert.deepEqual([7, 8, 9].map((cell) => model.day(cell).minutes), [70, 80, 90]);
});

test("the ground is fetched where units were cut, and only there", async () => {
  const model = threeCells();
  const { made, told } = session(model, [done(step(1, { 8: [13] })), done(step(2, {}, { ground: "cut" }))]);
  made.submit({ kind: "move", units: [13], to: 8 });
  await settled();
  assert.deepEqual(told.map(([name]) => name), ["done"]);
  assert.equal(model.nextCell, 10, "no cell was opened");
  made.submit({ kind: "move", units: [19], to: 8 });
  await settled();
  assert.deepEqual(told.map(([name]) => name), ["done", "ground", "done"]);
});

test("a conflict loses nothing and is done again with new versions, or dropped", async () => {
  for (const again of [true, false]) {
    const model = threeCells();
    const theirs = step(1, { 9: [13] }, { mine: false, author: "Anna", cells: { 7: 5, 9: 6 } });
    const conflict = { outcome: "conflict", faults: ["x"], conflicts: [{ cell: 7, author: "Anna", time: "" }], steps: [theirs] };
    const { made, told, sent } = session(model, [conflict, done(step(2, { 8: [19] })), done(step(3, { 8: [14] }))]);
    made.submit({ kind: "move", units: [19], to: 8 });
    await settled();
    assert.equal(told.at(-1)[0], "conflict");
    assert.equal(model.shown[13], 9, "the colleague's edit is shown");
    assert.equal(model.shown[19], 8, "ours still is, too");
    assert.equal(made.queued, 1);
    made.resolve(again);
    await settled();
    assert.equal(model.shown[19], again ? 8 : 7);
    if (again) assert.equal(sent[1].versions[7], 5);
    assert.equal(sent.length, again ? 2 : 1);
    if (again) assert.notEqual(sent[1].key, sent[0].key);
  }
});
