/** The editor: brings model, server, map, tools and panel together. Nothing in it asks Dash. */
import type { Bounds } from "../types";
import { ConflictDialog, helpDialog, PiecesDialog, TableDialog } from "./dialogs";
import type { Degrees } from "./ground";
import { Keys } from "./keys";
import { MapView, type Pixel } from "./mapview";
import { Model, type Proposal } from "./model";
import { Panel } from "./panel";
import { Pen } from "./pen";
import type { Refusal } from "./predict";
import { type EditorProps, Words } from "./props";
import { DraftServer, TabShelf } from "./server";
import { type Gesture, type Hooks, Session } from "./session";
import type { Acknowledged, Conflict, Edit, Step } from "./steps";
import { type Action, Toolbar } from "./toolbar";
import { allTools, type Desk, type Spot, type Tool, type ToolName } from "./tools";
import { element, write } from "./ui";

const POLL_MS = 1000;
const TOLD_MS = 9000;
const HOVER_MS = 250;
const PAST_STEPS = 30;
const BRUSHES_M = [50, 100, 150, 200, 300, 500, 800, 1200, 2000, 3000, 5000];

/** Milliseconds that the last of each took. */
export type Timings = Partial<Record<"ready" | "readyAt" | "edit" | "brush" | "ack" | "revert" | "colleague", number>>;

export class Editor implements Desk, Hooks {
  readonly timings: Timings = {};
  chosen: number | null;
  readonly view: MapView;
  private readonly words: Words;
  private readonly server: DraftServer;
  private readonly toolbar: Toolbar;
  private readonly pen: Pen;
  private readonly keys: Keys;
  private readonly tools: Record<ToolName, Tool>;
  private session!: Session;
  private panel: Panel | null = null;
  private table: TableDialog | null = null;
  private conflicts!: ConflictDialog;
  private pieces!: PiecesDialog;
  private toolName: ToolName = "select";
  private brush = 4;
  private drawing = 0;
  private settling = false;
  private faults = { gaps: 0, overlaps: 0 };
  private told: ReturnType<typeof setTimeout> | undefined;
  private hovering: ReturnType<typeof setTimeout> | undefined;
  private polling: ReturnType<typeof setInterval> | undefined;
  private removed = false;
  private readonly canvas = element("div", { class: "gm-canvas", tabindex: 0, role: "application" });
  private readonly hintLine = element("p", { class: "gm-tool-hint" });
  private readonly target = element("span", { class: "gm-target" });
  private readonly brushBox: HTMLElement;
  private readonly live = element("div", { class: "gm-live", "aria-live": "polite" });
  private readonly toast = element("div", { class: "gm-toast", role: "alert", hidden: true });

  constructor(
    readonly container: HTMLElement,
    private props: EditorProps,
  ) {
    this.words = new Words(props.labels, props.language);
    const { say } = this.words;
    this.chosen = props.selected ?? null;
    this.server = new DraftServer(props.base, props.language);
    this.toolbar = new Toolbar(say, (tool) => this.use(tool), (action) => this.act(action));
    this.brushBox = this.brushControl();
    this.canvas.setAttribute("aria-label", say("map_help"));
    const bar = element("div", { class: "gm-topbar" }, this.target, this.hintLine, this.brushBox);
    const stage = element("div", { class: "gm-stage" }, bar, this.canvas, this.toast);
    container.replaceChildren(this.toolbar.element, stage, this.live);
    container.classList.add("gm-editor");
    this.view = new MapView(this.canvas, props, say);
    this.tools = allTools(this);
    this.pen = new Pen(
      this.view,
      () => this.tools[this.toolName],
      (spot, pixel) => this.hover(spot, pixel),
      (spot) => this.pick(spot),
      () => this.keys.hide(),
    );
    this.keys = new Keys(container, this.canvas, this);
    write(this.hintLine, say("loading"));
    this.setState("loading");
  }

  get model(): Model {
    return this.session.model;
  }

  get hasModel(): boolean {
    return Boolean(this.session as Session | undefined);
  }

  /** Fetch the draft and show it. */
  async start(): Promise<void> {
    const start = performance.now();
    try {
      const [model, sequence, can] = await this.fetched();
      if (this.removed) return;
      this.session = new Session(model, sequence, can, this.server, new TabShelf(this.props.base), this);
      this.build();
      await this.view.show(model);
      this.choose(this.chosen !== null && model.cells.has(this.chosen) ? this.chosen : null);
      this.use("select");
      this.view.map.once("render", () => {
        this.measure("ready", start);
        // since the page was asked for
        this.timings.readyAt = performance.now();
        this.setState("ready");
      });
      this.view.map.triggerRepaint();
      void this.server.outlets(model.ground.hash).then((buffer) => (this.removed ? undefined : this.view.showOutlets(buffer)));
      void this.server.steps(Math.max(0, sequence - PAST_STEPS)).then((found) => found && this.session.recall(found.steps));
      this.polling = setInterval(() => {
        if (!document.hidden) void this.session.poll();
      }, POLL_MS);
      window.addEventListener("online", this.reconnect);
      document.addEventListener("visibilitychange", this.reconnect);
      window.addEventListener("beforeunload", this.warn);
      void this.session.pump();
    } catch (error) {
      this.setState("failed");
      this.tell(this.words.say("not_loaded"), true);
      console.error(error);
    }
  }

  update(props: EditorProps): void {
    const before = this.props;
    this.props = props;
    this.view.update(props);
    if (props.selected !== before.selected && props.selected !== this.chosen) this.choose(props.selected ?? null);
    if (props.view && String(props.view) !== String(before.view)) this.view.fit(props.view as Bounds);
  }

  remove(): void {
    this.removed = true;
    clearInterval(this.polling);
    (this.session as Session | undefined)?.stop();
    window.removeEventListener("online", this.reconnect);
    document.removeEventListener("visibilitychange", this.reconnect);
    window.removeEventListener("beforeunload", this.warn);
    this.keys.remove();
    this.pen.remove();
    this.view.map.remove();
  }

  // what tools and keys ask for

  use(tool: ToolName): void {
    this.pen.cancel();
    this.toolName = tool;
    this.toolbar.show(tool);
    this.pen.follow();
    this.brushBox.hidden = tool !== "brush";
    if (tool !== "brush") this.brushAt(null);
    this.canvas.dataset["tool"] = tool;
    this.hint(`hint_${tool}`);
  }

  get tool(): Tool {
    return this.tools[this.toolName];
  }

  brushRadius(): number {
    return BRUSHES_M[this.brush]!;
  }

  resizeBrush(step: number): void {
    this.brush = Math.min(BRUSHES_M.length - 1, Math.max(0, this.brush + step));
    const slider = this.brushBox.querySelector("input")!;
    slider.value = String(this.brush);
    slider.setAttribute("aria-valuetext", this.words.say("brush_size", { metres: this.brushRadius() }));
    write(this.brushBox.querySelector("output")!, this.words.say("brush_size", { metres: this.brushRadius() }));
  }

  metresPerPixel(): number {
    return this.view.metresPerPixel();
  }

  choose(cell: number | null): void {
    const changed = cell !== this.chosen;
    this.chosen = cell;
    this.view.choose(cell);
    this.panel?.choose(cell);
    const known = cell === null ? undefined : this.model.cells.get(cell);
    const swatch = element("span", { class: "gm-swatch" });
    swatch.style.background = cell === null ? "transparent" : this.colourOf(cell);
    this.target.replaceChildren(swatch, element("strong", {}, known?.code ?? this.words.say("no_cell_chosen")));
    if (!changed) return;
    this.props.setProps({ selected: cell });
    if (known) this.announce(this.words.say("said_chosen", { cell: known.code, count: this.model.totals(known.cell)[0]! }));
  }

  submit(edit: Edit, painted: Proposal | null = null): void {
    const start = performance.now();
    const refusal = this.session.submit(edit, painted);
    if (refusal) {
      this.refuse(refusal);
      return;
    }
    this.recolour();
    this.measure("edit", start);
  }

  refuse({ key, cell }: Refusal): void {
    this.tell(this.words.say(key, { cell: cell === null ? "" : this.code(cell) }));
    this.draw(true);
  }

  sketch(line: readonly Degrees[], closed: boolean): void {
    this.view.sketch.show(line, closed);
  }

  brushAt(place: Degrees | null): void {
    this.view.sketch.showBrush(place, this.brushRadius());
  }

  mark(units: Iterable<number>): void {
    this.view.mark(units);
  }

  hint(key: string, values?: Record<string, string | number>): void {
    write(this.hintLine, this.words.say(key, values));
  }

  /** Note what something took; the picture that follows is counted by the browser itself. */
  measure(name: keyof Timings, start: number): void {
    const { duration } = performance.measure(name, { start });
    this.timings[name] = duration;
    // the list of the browser would grow for as long as the page is open
    performance.clearMeasures(name);
    this.draw(false);
  }

  act(action: Action): void {
    const cells = [...this.model.cells.keys()];
    switch (action) {
      case "undo":
        this.session.undo();
        this.recolour();
        break;
      case "redo":
        this.session.redo();
        this.recolour();
        break;
      case "lock_all":
        this.submit({ kind: "lock", cells: cells.filter((cell) => !this.model.isCellLocked(cell)), units: [], on: true });
        break;
      case "unlock_all":
        this.submit({ kind: "lock", cells: cells.filter((cell) => this.model.isCellLocked(cell)), units: [...this.model.lockedUnits], on: false });
        break;
      case "pieces":
        this.pieces.show(this.model);
        break;
      case "table":
        this.table?.open();
        break;
      case "help":
        this.help?.open();
    }
  }

  lock(cell: number): void {
    this.submit({ kind: "lock", cells: [cell], units: [], on: !this.model.isCellLocked(cell) });
  }

  cancel(): void {
    this.pen.cancel();
    this.view.mark([]);
    this.hint(`hint_${this.toolName}`);
  }

  pan(on: boolean): void {
    this.pen.pan(on);
  }

  announce(words: string): void {
    this.live.textContent = "";
    this.live.textContent = words;
  }

  code(cell: number): string {
    return this.model.cells.get(cell)?.code ?? String(cell);
  }

  say(key: string, values?: Record<string, string | number>): string {
    return this.words.say(key, values);
  }

  // what the session tells

  changed(): void {
    if (!this.panel) return;
    this.panel.drawStatus();
    this.toolbar.enable("undo", this.session.canUndo);
    this.toolbar.enable("redo", this.session.canRedo);
    this.container.dataset["queued"] = String(this.session.queued);
    this.container.dataset["sequence"] = String(this.session.sequence);
    this.container.dataset["online"] = String(this.session.online);
  }

  done(gesture: Gesture, { step, left_out, notices }: Acknowledged, sentAt: number): void {
    this.recolour();
    this.measure("ack", sentAt);
    this.draw(true);
    if (this.table?.isOpen) this.table.draw();
    const { say } = this.words;
    let count = 0;
    for (const units of Object.values(step?.moved ?? {})) count += units.length;
    // where units were left out the server's only notice says so with their numbers; the map shows them
    const notes = left_out.length && notices.length < 2 ? [say("said_left_out", { count: left_out.length })] : notices;
    const words = [say("said_done", { what: this.kind(gesture), count }), ...notes];
    this.announce(words.join(" "));
    this.table?.tell(words.join(" "));
    this.view.flash(left_out);
    if (notes.length) this.tell(notes.join(" "));
    else this.toast.hidden = true;
  }

  refused(gesture: Gesture, faults: string[]): void {
    const start = performance.now();
    this.recolour();
    this.draw(true);
    if (this.table?.isOpen) this.table.draw();
    this.view.map.once("render", () => {
      this.measure("revert", start);
    });
    this.view.map.triggerRepaint();
    const words = this.words.say("taken_back", { what: this.kind(gesture), why: faults.join(" ") });
    this.tell(words);
    this.table?.tell(words);
  }

  conflict(gesture: Gesture, faults: string[], conflicts: Conflict[]): void {
    this.recolour();
    this.conflicts.ask((cell) => this.code(cell), this.kind(gesture), faults, conflicts);
  }

  colleague(step: Step, units: number[]): void {
    const start = performance.now();
    this.recolour();
    this.draw(true);
    this.view.flash(units);
    this.announce(this.words.say("said_colleague", { author: step.author, count: units.length }));
    this.measure("colleague", start);
  }

  forbidden(): void {
    this.tell(this.words.say("forbidden"), true);
  }

  async groundChanged(): Promise<void> {
    const [model, sequence, can] = await this.fetched();
    this.session.continueOn(model, sequence, can);
    this.panel?.setModel(model);
    this.table?.setModel(model);
    await this.view.show(model);
    this.view.choose(this.chosen);
  }

  // for tests: what is where, in numbers

  totals(): Record<number, number[]> {
    return Object.fromEntries([...this.model.cells.keys()].map((cell) => [cell, [...this.model.totals(cell)]]));
  }

  labels(): number[] {
    return [...this.model.shown];
  }

  /** Where the inner point of a unit lies in the window. */
  placeOf(unit: number): Pixel {
    return this.view.project(...this.model.ground.degrees(this.model.ground.innerOf(unit)));
  }

  get queued(): number {
    return this.session.queued;
  }

  get sequence(): number {
    return this.session.sequence;
  }

  private readonly reconnect = (): void => {
    if (document.hidden) return;
    void this.session.pump();
    void this.session.poll();
  };

  private readonly warn = (event: BeforeUnloadEvent): void => {
    if (this.session.queued) event.preventDefault();
  };

  private help: ReturnType<typeof helpDialog> | null = null;

  private async fetched(): Promise<[Model, number, { undo: boolean; redo: boolean }]> {
    const { header, arrays } = await this.server.state();
    const known = this.hasModel && this.model.ground.hash === header.ground ? this.model.ground : null;
    const ground = known ?? (await this.server.ground(header.ground));
    this.faults = ground.tilingFaults();
    return [new Model(ground, header, arrays["label"] as Int32Array, this.props.palette.length), header.sequence, header.can];
  }

  private build(): void {
    const { words } = this;
    this.panel = new Panel(
      this.model,
      this.session,
      words,
      (cell) => this.colourOf(cell),
      {
        choose: (cell) => this.choose(cell),
        look: (cell) => this.view.lookAt(this.model.members(cell)),
        lock: (cell) => this.lock(cell),
        undo: () => this.act("undo"),
        showPieces: () => this.act("pieces"),
        remember: () => {
          this.model.remember();
          this.panel?.settle();
        },
      },
      () => this.faults,
      this.chosen,
    );
    this.container.append(this.panel.element);
    this.conflicts = new ConflictDialog(this.container, words, (again) => {
      this.session.resolve(again);
      this.recolour();
    });
    this.pieces = new PiecesDialog(this.container, words, ({ units }) => {
      this.view.lookAt(units);
      this.view.mark(units);
    });
    this.table = new TableDialog(
      this.container,
      this.model,
      words,
      (edit) => {
        this.submit(edit);
        this.table?.draw();
      },
      (cell) => this.choose(cell),
      () => this.chosen,
    );
    this.help = helpDialog(this.container, words);
    this.changed();
    this.draw(true);
  }

  /** After a gesture: neighbours must not look alike. */
  private recolour(): void {
    this.model.recolour();
    this.view.refreshCells();
    this.view.tell(null);
    this.draw(false);
  }

  /** Write the figures before the next picture, once however many changes there were. */
  private draw(settled: boolean): void {
    this.settling ||= settled;
    if (this.drawing) return;
    this.drawing = requestAnimationFrame(() => {
      this.drawing = 0;
      if (this.settling) this.panel?.settle();
      else this.panel?.draw();
      this.settling = false;
    });
  }

  private hover(spot: Spot | null, pixel: Pixel | null): void {
    clearTimeout(this.hovering);
    if (!this.hasModel) return;
    this.view.hover(spot?.unit ?? -1);
    if (!spot || !pixel || this.pen.isDrawing) {
      this.view.tell(null);
      if (!spot) this.brushAt(null);
      return;
    }
    this.hovering = setTimeout(() => void this.describe(spot, pixel), HOVER_MS);
  }

  private async describe(spot: Spot, pixel: Pixel): Promise<void> {
    const row = this.view.outletAt(pixel);
    if (row >= 0) {
      const known = await this.server.outlet(row).catch(() => ({}) as Record<string, unknown>);
      const words = ["name", "operator", "grade"].map((key) => known[key]).filter(Boolean);
      this.view.tell(spot.degrees, words.join(" · "));
      return;
    }
    const cell = spot.unit < 0 ? -1 : this.model.shown[spot.unit]!;
    const known = this.model.cells.get(cell);
    if (spot.unit < 0) this.view.tell(null);
    else if (!known) this.view.tell(spot.degrees, this.words.say("unassigned"));
    else this.view.tell(spot.degrees, [known.code, known.name, known.manager].filter(Boolean).join(" · "));
  }

  private pick(spot: Spot): void {
    const cell = spot.unit < 0 ? -1 : this.model.shown[spot.unit]!;
    if (cell >= 0) this.choose(cell);
  }

  private colourOf(cell: number): string {
    return this.props.palette[this.model.colourOf(cell) % this.props.palette.length]!;
  }

  private kind(gesture: Gesture): string {
    return this.words.say(`deed_${gesture.edit?.kind ?? gesture.kind}`);
  }

  private brushControl(): HTMLElement {
    const { say } = this.words;
    const output = element("output", {}, say("brush_size", { metres: this.brushRadius() }));
    const slider = element("input", {
      type: "range",
      min: 0,
      max: BRUSHES_M.length - 1,
      value: this.brush,
      "aria-label": say("brush"),
      oninput: () => this.resizeBrush(Number(slider.value) - this.brush),
    });
    return element("label", { class: "gm-brush-size", hidden: true }, element("span", {}, say("brush")), slider, output);
  }

  private tell(words: string, stays = false): void {
    clearTimeout(this.told);
    const close = element("button", { type: "button", class: "gm-cross", "aria-label": this.words.say("close") }, "×");
    close.addEventListener("click", () => (this.toast.hidden = true));
    this.toast.replaceChildren(element("span", {}, words), close);
    this.toast.hidden = false;
    if (!stays) this.told = setTimeout(() => (this.toast.hidden = true), TOLD_MS);
  }

  private setState(state: "loading" | "ready" | "failed"): void {
    this.container.dataset["state"] = state;
  }
}
