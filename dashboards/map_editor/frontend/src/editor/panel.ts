/** The side panel: the chosen cell, who has more or less to do, the balance, and what was done. */
import { Balance, type Order } from "./balance";
import type { Model } from "./model";
import type { Words } from "./props";
import type { Deed, Session } from "./session";
import { element, icon, write } from "./ui";

export interface Wishes {
  choose(cell: number): void;
  look(cell: number): void;
  lock(cell: number): void;
  undo(): void;
  showPieces(): void;
  /** Count differences from now on. */
  remember(): void;
}

type Tab = "balance" | "changes" | "history";
const TABS: Tab[] = ["balance", "changes", "history"];

export class Panel {
  readonly element: HTMLElement;
  private readonly balance: Balance;
  private readonly card = element("section", { class: "gm-card" });
  private readonly badges = element("ul", { class: "gm-badges" });
  private readonly status = element("p", { class: "gm-status", role: "status" });
  private readonly pages: Record<Tab, HTMLElement>;
  private readonly tabs: Record<Tab, HTMLButtonElement>;
  private readonly changes = element("div", { class: "gm-changes" });
  private readonly history = element("ol", { class: "gm-history" });
  private tab: Tab = "balance";

  constructor(
    private model: Model,
    private readonly session: Session,
    private readonly words: Words,
    private readonly colourOf: (cell: number) => string,
    private readonly wishes: Wishes,
    private readonly tilingFaults: () => { gaps: number; overlaps: number },
    private chosen: number | null,
  ) {
    const { say } = words;
    this.balance = new Balance(model, words, colourOf, (cell) => wishes.choose(cell), chosen);
    this.pages = {
      balance: this.balancePage(),
      changes: this.changes,
      history: element("div", { class: "gm-scroll", tabindex: 0 }, this.history),
    };
    const made = TABS.map((tab) => {
      const button = element(
        "button",
        { type: "button", role: "tab", id: `gm-tab-${tab}`, "aria-controls": `gm-page-${tab}`, onclick: () => this.open(tab) },
        say(`tab_${tab}`),
      );
      Object.entries({ id: `gm-page-${tab}`, role: "tabpanel", "aria-labelledby": button.id }).forEach(([key, value]) =>
        this.pages[tab].setAttribute(key, value),
      );
      return [tab, button] as const;
    });
    this.tabs = Object.fromEntries(made) as Record<Tab, HTMLButtonElement>;
    const list = element("div", { role: "tablist", class: "gm-tabs", "aria-label": say("panel") }, ...made.map(([, button]) => button));
    list.addEventListener("keydown", (event) => this.walkTabs(event));
    const handle = element("button", { type: "button", class: "gm-handle", "aria-label": say("sheet"), "aria-expanded": "false" });
    handle.addEventListener("click", () => handle.setAttribute("aria-expanded", String(this.element.classList.toggle("gm-panel-up"))));
    this.element = element(
      "aside",
      { class: "gm-panel", "aria-label": say("panel") },
      handle,
      this.status,
      this.badges,
      this.card,
      list,
      ...TABS.map((tab) => this.pages[tab]),
    );
    this.open("balance");
  }

  setModel(model: Model): void {
    this.model = model;
    this.balance.setModel(model);
    this.draw();
  }

  choose(cell: number | null): void {
    this.chosen = cell;
    // first, as it takes room from the list in which the cell is to be in sight
    this.drawCard();
    this.balance.select(cell);
  }

  /** Totals have changed. */
  draw(): void {
    if (this.tab === "balance") this.balance.draw();
    if (this.tab === "changes") this.drawChanges();
    this.drawCard();
    this.drawBadges();
  }

  /** A gesture is over, so the order may change without pulling a line from under the pointer. */
  settle(): void {
    this.balance.sort();
    this.draw();
  }

  /** What waits, and whether the server is there. */
  drawStatus(): void {
    const { session, words } = this;
    const state = session.inConflict ? "asking" : !session.online ? "offline" : session.queued ? "saving" : "saved";
    this.status.dataset["state"] = state;
    const editors = session.editors.length ? ` · ${words.say("editors", { names: session.editors.join(", ") })}` : "";
    write(this.status, words.say(`state_${state}`, { count: session.queued }) + editors);
    if (this.tab === "history") this.drawHistory();
  }

  private open(tab: Tab): void {
    this.tab = tab;
    for (const one of TABS) {
      this.pages[one].hidden = one !== tab;
      this.tabs[one].setAttribute("aria-selected", String(one === tab));
      this.tabs[one].tabIndex = one === tab ? 0 : -1;
    }
    if (tab === "balance") this.balance.sort();
    if (tab === "changes") this.drawChanges();
    if (tab === "history") this.drawHistory();
  }

  private walkTabs(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = TABS[(TABS.indexOf(this.tab) + step + TABS.length) % TABS.length]!;
    this.open(next);
    this.tabs[next].focus();
    event.stopPropagation();
  }

  private balancePage(): HTMLElement {
    const { words } = this;
    const { say } = words;
    const order = element("select", { "aria-label": say("order") });
    for (const one of ["code", "away", "changed"] satisfies Order[]) order.append(element("option", { value: one }, say(`order_${one}`)));
    const filter = element("input", { type: "search", placeholder: say("filter"), "aria-label": say("filter") });
    const again = () => this.balance.sort(order.value as Order, filter.value);
    order.addEventListener("change", again);
    filter.addEventListener("input", again);
    const heads = this.model.ground.workloads.map(({ label, name }) => element("li", {}, label || name));
    return element(
      "div",
      { class: "gm-balance-page" },
      element("div", { class: "gm-balance-tools" }, filter, order),
      element("div", { class: "gm-balance-key" }, element("ol", { class: "gm-workloads" }, ...heads), this.key()),
      this.balance.element,
    );
  }

  private key(): HTMLElement {
    const { say } = this.words;
    return element(
      "span",
      { class: "gm-key" },
      element("span", { class: "gm-key-average", "aria-hidden": "true" }),
      say("key_average"),
      element("span", { class: "gm-key-band", "aria-hidden": "true" }),
      say("key_band"),
    );
  }

  private drawCard(): void {
    const { model, words, chosen } = this;
    const { say } = words;
    const cell = chosen === null ? undefined : model.cells.get(chosen);
    if (!cell) {
      this.card.replaceChildren(element("p", { class: "gm-hint" }, say("choose_cell")));
      return;
    }
    const now = model.totals(cell.cell);
    const before = model.totalsBefore(cell.cell);
    const locked = model.isCellLocked(cell.cell);
    const swatch = element("span", { class: "gm-swatch" });
    swatch.style.background = this.colourOf(cell.cell);
    const lock = element(
      "button",
      { type: "button", class: "gm-button", onclick: () => this.wishes.lock(cell.cell) },
      icon(locked ? "unlock" : "lock"),
      say(locked ? "unlock" : "lock"),
    );
    const look = element(
      "button",
      { type: "button", class: "gm-button", onclick: () => this.wishes.look(cell.cell) },
      icon("fit"),
      say("look"),
    );
    const figure = (label: string, value: number, former: number | undefined) =>
      element(
        "div",
        {},
        element("dt", {}, label),
        element("dd", {}, words.amount(value), former !== undefined && value !== former ? element("small", {}, words.signed(value - former)) : null),
      );
    const rows = model.ground.workloads.map(({ label, name }, workload) =>
      figure(label || name, now[1 + workload]!, before?.[1 + workload]),
    );
    this.card.replaceChildren(
      element(
        "div",
        { class: "gm-card-head" },
        swatch,
        element("strong", {}, cell.code),
        element("span", { class: "gm-card-name" }, [cell.name, cell.manager].filter(Boolean).join(" · ")),
        look,
        lock,
      ),
      element("dl", { class: "gm-figures" }, figure(say("units"), now[0]!, before?.[0]), ...rows, ...this.dayFigures(cell.cell)),
    );
  }

  /** Minutes and calls a day; an estimate says that it is one. */
  private dayFigures(cell: number): HTMLElement[] {
    const { model, words } = this;
    const now = model.day(cell);
    const before = model.dayBefore(cell);
    return (["minutes", "calls"] as const).flatMap((kind) => {
      const value = now[kind];
      if (value === null) return [];
      const former = before?.[kind] ?? null;
      const changed = former !== null && Math.abs(value - former) >= 0.05;
      return element(
        "div",
        { title: now.estimated ? words.say("estimated") : "" },
        element("dt", {}, words.say(`${kind}_per_day`)),
        element("dd", {}, `${now.estimated ? "≈ " : ""}${words.amount(value)}`, changed ? element("small", {}, words.signed(value - former)) : null),
      );
    });
  }

  private drawBadges(): void {
    const { model, words } = this;
    const { gaps, overlaps } = this.tilingFaults();
    const unassigned = model.unassignedCount();
    const badge = (key: string, values: Record<string, number>, bad: boolean) =>
      element("li", { class: bad ? "gm-badge gm-badge-bad" : "gm-badge" }, words.say(key, values));
    this.badges.replaceChildren(
      badge("badge_tiling", { gaps, overlaps }, gaps + overlaps > 0),
      badge("badge_unassigned", { count: unassigned }, unassigned > 0),
    );
  }

  private drawChanges(): void {
    const { model, words } = this;
    const { say } = words;
    const changed = [...model.cells.values()].filter(({ cell }) => {
      const before = model.totalsBefore(cell);
      return !before || before.some((value, at) => Math.abs(value - model.totals(cell)[at]!) > 1e-9 * Math.max(1, value));
    });
    if (!changed.length) {
      this.changes.replaceChildren(element("p", { class: "gm-hint" }, say("no_changes")));
      return;
    }
    const heads = ["cell", "units", "minutes_per_day", "calls_per_day"].map((key) => element("th", { scope: "col" }, say(key)));
    const pair = (former: number | null, now: number | null) =>
      now === null ? "–" : former === null || Math.abs(now - former) < 0.05 ? words.amount(now) : `${words.amount(former)} → ${words.amount(now)}`;
    const rows = changed.map(({ cell, code, manager }) => {
      const pick = element("button", { type: "button", class: "gm-link", onclick: () => this.wishes.choose(cell) }, code);
      return element(
        "tr",
        {},
        element("th", { scope: "row" }, pick, element("small", {}, manager)),
        element("td", {}, pair(model.totalsBefore(cell)?.[0] ?? null, model.totals(cell)[0]!)),
        element("td", {}, pair(model.dayBefore(cell)?.minutes ?? null, model.day(cell).minutes)),
        element("td", {}, pair(model.dayBefore(cell)?.calls ?? null, model.day(cell).calls)),
      );
    });
    this.changes.replaceChildren(
      element(
        "div",
        { class: "gm-scroll" },
        element("table", { class: "gm-table" }, element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows)),
        element("p", { class: "gm-hint" }, say("estimated")),
        element("button", { type: "button", class: "gm-button", onclick: () => this.wishes.remember() }, say("count_from_now")),
      ),
    );
  }

  private drawHistory(): void {
    const { words, session } = this;
    const { say } = words;
    const last = session.deeds.find((deed) => deed.mine && !deed.undone && deed.undoes === null);
    const lines = session.deeds.map((deed) => this.deed(deed, deed === last && session.can.undo));
    this.history.replaceChildren(...(lines.length ? lines : [element("li", { class: "gm-hint" }, say("no_history"))]));
  }

  private deed(deed: Deed, undoable: boolean): HTMLElement {
    const { words } = this;
    const kind = words.say(`deed_${deed.kind}`);
    const button = element("button", { type: "button", class: "gm-button", onclick: () => this.wishes.undo() }, icon("undo"), words.say("act_undo"));
    return element(
      "li",
      { class: deed.undone ? "gm-deed gm-deed-undone" : "gm-deed" },
      element("strong", {}, kind === `deed_${deed.kind}` ? deed.kind : kind),
      deed.unitCount ? element("span", {}, words.say("deed_units", { count: deed.unitCount })) : null,
      element("small", {}, `${deed.mine ? words.say("me") : deed.author} · ${words.time(deed.made)}`),
      undoable ? button : null,
    );
  }
}
