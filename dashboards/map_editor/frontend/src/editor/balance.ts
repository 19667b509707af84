/** One line a cell with a bar a workload; only the lines in sight are in the page. */
import type { Model } from "./model";
import type { Words } from "./props";
import { element, write } from "./ui";

const BAR_HEIGHT = 18;
const ROW_PADDING = 12;
/** The longest bar is so many times the average. */
const MOST = 2;

export type Order = "code" | "away" | "changed";

interface Line {
  element: HTMLElement;
  mark: HTMLElement;
  code: HTMLElement;
  bars: { bar: HTMLElement; band: HTMLElement; value: HTMLElement; delta: HTMLElement }[];
  cell: number;
}

export class Balance {
  readonly element: HTMLElement;
  private readonly filler = element("div", { class: "gm-balance-filler", role: "presentation" });
  private readonly lines: Line[] = [];
  private order: number[] = [];
  private sortedBy: Order = "code";
  private filter = "";
  private averages: number[] = [];

  constructor(
    private model: Model,
    private readonly words: Words,
    private readonly colourOf: (cell: number) => string,
    private readonly choose: (cell: number) => void,
    private chosen: number | null,
  ) {
    this.element = element("div", { class: "gm-balance", role: "listbox", "aria-label": words.say("balance"), tabindex: 0 }, this.filler);
    this.element.addEventListener("scroll", () => this.draw());
    this.element.addEventListener("keydown", (event) => this.walk(event));
    new ResizeObserver(() => this.draw()).observe(this.element);
  }

  setModel(model: Model): void {
    this.model = model;
    this.lines.splice(0).forEach((line) => line.element.remove());
    this.sort();
  }

  sort(by: Order = this.sortedBy, filter = this.filter): void {
    this.sortedBy = by;
    this.filter = filter.toLowerCase();
    const { model } = this;
    this.averages = model.ground.workloads.map((_, workload) => model.average(workload));
    const key = { code: () => 0, away: (cell: number) => -this.away(cell), changed: (cell: number) => -this.change(cell) }[by];
    const cells = [...model.cells.values()].filter(({ code, name, manager }) =>
      `${code} ${name} ${manager}`.toLowerCase().includes(this.filter),
    );
    const keys = new Map(cells.map(({ cell }) => [cell, key(cell)]));
    cells.sort((a, b) => keys.get(a.cell)! - keys.get(b.cell)! || a.code.localeCompare(b.code, undefined, { numeric: true }));
    this.order = cells.map(({ cell }) => cell);
    this.draw();
  }

  select(cell: number | null): void {
    this.chosen = cell;
    const at = cell === null ? -1 : this.order.indexOf(cell);
    if (at >= 0) this.reveal(at);
    this.draw();
  }

  /** Write what has changed into the lines in sight. */
  draw(): void {
    const { model, element: box } = this;
    const height = this.rowHeight();
    this.averages = model.ground.workloads.map((_, workload) => model.average(workload));
    this.filler.style.height = `${height * this.order.length}px`;
    if (this.chosen === null) box.removeAttribute("aria-activedescendant");
    else box.setAttribute("aria-activedescendant", `gm-row-${this.chosen}`);
    const first = Math.max(0, Math.floor(box.scrollTop / height) - 1);
    const count = Math.min(this.order.length - first, Math.ceil((box.clientHeight || 400) / height) + 2);
    while (this.lines.length < count) this.lines.push(this.line());
    this.lines.forEach((line, place) => {
      const at = first + place;
      line.element.hidden = place >= count;
      if (place < count) this.fill(line, at, height);
    });
  }

  private rowHeight(): number {
    return ROW_PADDING + BAR_HEIGHT * this.model.ground.workloads.length;
  }

  private line(): Line {
    const mark = element("span", { class: "gm-swatch" });
    const code = element("span", { class: "gm-row-code" });
    const bars = this.model.ground.workloads.map(() => ({
      band: element("span", { class: "gm-band" }),
      bar: element("span", { class: "gm-bar" }),
      value: element("span", { class: "gm-value" }),
      delta: element("span", { class: "gm-delta" }),
    }));
    const tracks = bars.map(({ band, bar, value, delta }) =>
      element(
        "span",
        { class: "gm-measure" },
        element("span", { class: "gm-track" }, band, bar, element("span", { class: "gm-average" })),
        value,
        delta,
      ),
    );
    const row = element(
      "div",
      { class: "gm-row", role: "option", onclick: () => this.choose(line.cell) },
      element("span", { class: "gm-row-name" }, mark, code),
      element("span", { class: "gm-measures" }, ...tracks),
    );
    const line: Line = { element: row, mark, code, bars, cell: -1 };
    this.filler.append(row);
    return line;
  }

  private fill(line: Line, at: number, height: number): void {
    const { model, words } = this;
    const cell = this.order[at]!;
    const known = model.cells.get(cell);
    if (!known) return;
    line.cell = cell;
    line.element.style.transform = `translateY(${at * height}px)`;
    line.element.style.height = `${height}px`;
    line.element.classList.toggle("gm-row-chosen", cell === this.chosen);
    line.element.setAttribute("aria-setsize", String(this.order.length));
    line.element.setAttribute("aria-posinset", String(at + 1));
    line.element.setAttribute("aria-selected", String(cell === this.chosen));
    line.element.id = `gm-row-${cell}`;
    line.mark.style.background = this.colourOf(cell);
    line.mark.classList.toggle("gm-swatch-locked", model.isCellLocked(cell));
    write(line.code, known.code);
    line.code.title = [known.code, known.name, known.manager].filter(Boolean).join(" · ");
    const now = model.totals(cell);
    const before = model.totalsBefore(cell);
    line.bars.forEach(({ bar, band, value, delta }, workload) => {
      const average = this.averages[workload] || 1;
      const tolerance = model.tolerance[workload] ?? null;
      const amount = now[1 + workload]!;
      bar.style.transform = `scaleX(${Math.min(1, amount / (MOST * average))})`;
      const outside = tolerance !== null && Math.abs(amount - average) > tolerance * average;
      bar.classList.toggle("gm-bar-outside", outside);
      band.hidden = tolerance === null;
      band.style.left = `${50 * Math.max(0, 1 - (tolerance ?? 0))}%`;
      band.style.width = `${100 * Math.min(1, tolerance ?? 0)}%`;
      write(value, words.amount(amount));
      value.classList.toggle("gm-outside", outside);
      const change = before ? amount - before[1 + workload]! : amount;
      const shown = Math.abs(change) > 1e-9 * Math.max(1, Math.abs(amount));
      write(delta, shown ? words.signed(change) : "");
      delta.title = before && shown ? words.say("before", { value: words.amount(before[1 + workload]!) }) : "";
    });
  }

  private away(cell: number): number {
    const average = this.averages[0] || 1;
    return Math.abs(this.model.totals(cell)[1]! - average) / average;
  }

  private change(cell: number): number {
    const before = this.model.totalsBefore(cell);
    return Math.abs(this.model.totals(cell)[0]! - (before?.[0] ?? 0));
  }

  private reveal(at: number): void {
    const { element: box } = this;
    const height = this.rowHeight();
    if (at * height < box.scrollTop) box.scrollTop = at * height;
    else if ((at + 1) * height > box.scrollTop + box.clientHeight) box.scrollTop = (at + 1) * height - box.clientHeight;
  }

  private walk(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (!step || !this.order.length) return;
    const at = this.chosen === null ? -1 : this.order.indexOf(this.chosen);
    this.choose(this.order[Math.min(this.order.length - 1, Math.max(0, at + step))]!);
    event.preventDefault();
    event.stopPropagation();
  }
}
