/** Questions and lists in front of the map: conflict, help, isolated pieces, and the table of cells. */
import type { Model } from "./model";
import { isolatedPieces, type Piece } from "./pieces";
import type { Words } from "./props";
import type { Conflict, Edit } from "./steps";
import { TOOLS } from "./tools";
import { type Dialog, dialog, element } from "./ui";

export class ConflictDialog {
  private readonly dialog: Dialog;

  constructor(
    place: HTMLElement,
    private readonly words: Words,
    private readonly answer: (again: boolean) => void,
  ) {
    this.dialog = dialog(words.say("conflict_title"), words.say("close"), { mustAnswer: true });
    place.append(this.dialog.element);
  }

  ask(codeOf: (cell: number) => string, what: string, faults: string[], conflicts: Conflict[]): void {
    const { say } = this.words;
    const lines = conflicts.map(({ cell, author, time }) =>
      element("li", {}, say("conflict_line", { cell: codeOf(cell), author, time: this.words.time(time) })),
    );
    const finish = (again: boolean) => () => {
      this.dialog.close();
      this.answer(again);
    };
    const told = conflicts.length ? [] : faults.map((fault) => element("p", {}, fault));
    this.dialog.body.replaceChildren(
      element("p", {}, say("conflict_text", { what })),
      element("ul", {}, ...lines),
      ...told,
      element("p", { class: "gm-hint" }, say("conflict_kept")),
      element(
        "div",
        { class: "gm-dialog-buttons" },
        element("button", { type: "button", class: "gm-button gm-button-main", "data-answer": "again", onclick: finish(true) }, say("conflict_again")),
        element("button", { type: "button", class: "gm-button", "data-answer": "drop", onclick: finish(false) }, say("conflict_drop")),
      ),
    );
    if (!this.dialog.element.open) this.dialog.open();
  }
}

export function helpDialog(place: HTMLElement, words: Words): Dialog {
  const { say } = words;
  const made = dialog(say("help_title"), say("close"), { wide: true });
  const line = (keys: string, text: string) =>
    element("tr", {}, element("th", { scope: "row" }, element("kbd", {}, keys)), element("td", {}, text));
  const tools = TOOLS.map((tool) => line(say(`tool_${tool}_key`), `${say(`tool_${tool}`)}: ${say(`tip_${tool}`)}`));
  const keys = words.named(/^key_(.+)_keys$/).map((name) => line(say(`key_${name}_keys`), say(`key_${name}`)));
  made.body.append(
    element("p", {}, say("help_text")),
    element("h3", {}, say("help_tools")),
    element("table", { class: "gm-table" }, element("tbody", {}, ...tools)),
    element("h3", {}, say("help_keys")),
    element("table", { class: "gm-table" }, element("tbody", {}, ...keys)),
  );
  place.append(made.element);
  return made;
}

export class PiecesDialog {
  private readonly dialog: Dialog;

  constructor(
    place: HTMLElement,
    private readonly words: Words,
    private readonly look: (piece: Piece) => void,
  ) {
    this.dialog = dialog(words.say("pieces_title"), words.say("close"));
    place.append(this.dialog.element);
  }

  show(model: Model): number {
    const { say } = this.words;
    const found = isolatedPieces(model.ground, model.shown, (cell) => model.cells.get(cell)?.centreUnit ?? -1);
    const lines = found.slice(0, 200).map((piece) => {
      const name = model.cells.get(piece.cell)?.code;
      const words = name ? say("piece_line", { cell: name, count: piece.units.length }) : say("piece_unassigned", { count: piece.units.length });
      const show = () => {
        this.dialog.close();
        this.look(piece);
      };
      return element("li", {}, element("button", { type: "button", class: "gm-link", onclick: show }, words));
    });
    this.dialog.body.replaceChildren(
      element("p", {}, found.length ? say("pieces_found", { count: found.length }) : say("pieces_none")),
      element("ul", { class: "gm-list" }, ...lines),
    );
    this.dialog.open();
    return found.length;
  }
}

const ROWS = 60;

/** All that the map can do, as forms and a table. */
export class TableDialog {
  private readonly dialog: Dialog;
  private readonly rows = element("tbody");
  private readonly unitRows = element("tbody");
  private readonly found = element("p", { class: "gm-hint", role: "status" });
  private readonly codes = element("datalist", { id: "gm-codes" });
  private readonly filter: HTMLInputElement;
  private readonly told = element("p", { role: "status", class: "gm-told" });

  constructor(
    place: HTMLElement,
    private model: Model,
    private readonly words: Words,
    private readonly submit: (edit: Edit) => void,
    private readonly choose: (cell: number) => void,
    private readonly chosen: () => number | null,
  ) {
    const { say } = words;
    this.dialog = dialog(say("table_title"), say("close"), { wide: true });
    this.filter = element("input", { type: "search", placeholder: say("filter"), "aria-label": say("filter") });
    this.filter.addEventListener("input", () => this.draw());
    const heads = (...keys: string[]) =>
      element("thead", {}, element("tr", {}, ...keys.map((key) => element("th", { scope: "col" }, say(key)))));
    this.dialog.body.append(
      this.codes,
      element("p", {}, say("table_text")),
      this.forms(),
      this.told,
      this.filter,
      this.found,
      element("div", { class: "gm-scroll" }, element("table", { class: "gm-table" }, heads("cell", "manager", "units", "locked", "actions"), this.rows)),
      element("h3", {}, say("table_units")),
      element("div", { class: "gm-scroll" }, element("table", { class: "gm-table" }, heads("unit", "actions"), this.unitRows)),
    );
    place.append(this.dialog.element);
  }

  setModel(model: Model): void {
    this.model = model;
  }

  open(): void {
    this.told.textContent = "";
    this.draw();
    this.dialog.open();
  }

  /** Draw again after an edit, if it is open. */
  draw(): void {
    const { model, words } = this;
    const { say } = words;
    const wanted = this.filter.value.toLowerCase();
    const cells = [...model.cells.values()].sort((a, b) => a.code.localeCompare(b.code, undefined, { numeric: true }));
    this.codes.replaceChildren(...cells.map(({ code, name }) => element("option", { value: code }, name)));
    const found = cells.filter(({ code, name, manager }) => `${code} ${name} ${manager}`.toLowerCase().includes(wanted));
    this.found.textContent = say("table_found", { shown: Math.min(ROWS, found.length), count: found.length });
    this.rows.replaceChildren(...found.slice(0, ROWS).map((cell) => this.cellRow(cell.cell)));
    const chosen = this.chosen();
    const units = chosen === null ? [] : model.members(chosen);
    this.unitRows.replaceChildren(...units.slice(0, 200).map((unit) => this.unitRow(unit)));
  }

  tell(words: string): void {
    if (this.dialog.element.open) this.told.textContent = words;
  }

  get isOpen(): boolean {
    return this.dialog.element.open;
  }

  private cellRow(cell: number): HTMLElement {
    const { model, words } = this;
    const { say } = words;
    const known = model.cells.get(cell)!;
    const locked = model.isCellLocked(cell);
    const button = (key: string, act: () => void) =>
      element("button", { type: "button", class: "gm-button", "aria-label": `${say(key)}: ${known.code}`, onclick: act }, say(key));
    return element(
      "tr",
      { class: cell === this.chosen() ? "gm-row-chosen" : "" },
      element("th", { scope: "row" }, known.code),
      element("td", {}, known.manager),
      element("td", {}, words.amount(model.totals(cell)[0]!)),
      element("td", {}, say(locked ? "yes" : "no")),
      element(
        "td",
        { class: "gm-actions" },
        button("choose", () => {
          this.choose(cell);
          this.draw();
        }),
        button(locked ? "unlock" : "lock", () => this.submit({ kind: "lock", cells: [cell], units: [], on: !locked })),
        button("tool_close_cell", () => this.submit({ kind: "close_cell", cell })),
      ),
    );
  }

  private unitRow(unit: number): HTMLElement {
    const { words } = this;
    const to = element("input", { list: "gm-codes", size: 8, "aria-label": words.say("move_unit_to", { unit }) });
    const move = () => {
      const cell = this.cellOf(to.value);
      if (cell !== null) this.submit({ kind: "move", units: [unit], to: cell });
    };
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, String(unit)),
      element(
        "td",
        { class: "gm-actions" },
        to,
        element("button", { type: "button", class: "gm-button", "aria-label": words.say("move_unit_to", { unit }), onclick: move }, words.say("move")),
      ),
    );
  }

  private forms(): HTMLElement {
    return element(
      "div",
      { class: "gm-forms" },
      this.form("form_move", ["units", "cell"], ([units, cell]) => {
        const to = this.cellOf(cell!);
        return to === null ? null : { kind: "move", units: numbers(units!), to };
      }),
      this.form("form_merge", ["cell_kept", "cell_gone"], ([one, other]) => {
        const [keep, gone] = [this.cellOf(one!), this.cellOf(other!)];
        return keep === null || gone === null ? null : { kind: "merge", keep, gone };
      }),
      this.form("form_shift", ["cell_giver", "cell_taker", "metres"], ([from, to, metres]) => {
        const [giver, taker] = [this.cellOf(from!), this.cellOf(to!)];
        return giver === null || taker === null ? null : { kind: "shift", giver, taker, metres: Number(metres) };
      }),
      this.form("form_new", ["unit"], ([unit]) => ({ kind: "new_cell", unit: Number(unit) })),
    );
  }

  private form(title: string, fields: string[], edit: (values: string[]) => Edit | null): HTMLElement {
    const { say } = this.words;
    const inputs = fields.map((field) => {
      const isCell = field.startsWith("cell");
      return element("input", { required: true, size: 8, "aria-label": say(field), placeholder: say(field), ...(isCell ? { list: "gm-codes" } : {}) });
    });
    const made = element(
      "form",
      { class: "gm-form" },
      element("strong", {}, say(title)),
      ...inputs.map((input, place) => element("label", {}, say(fields[place]!), input)),
      element("button", { class: "gm-button" }, say("do")),
    );
    made.addEventListener("submit", (event) => {
      event.preventDefault();
      const wanted = edit(inputs.map((input) => input.value.trim()));
      if (wanted && isSound(wanted, this.model.ground.unitCount)) this.submit(wanted);
      else this.tell(say("form_unclear"));
    });
    return made;
  }

  /** The cell of a code, or null with a word to the reader. */
  private cellOf(code: string): number | null {
    const wanted = code.trim().toLowerCase();
    for (const cell of this.model.cells.values()) if (cell.code.toLowerCase() === wanted) return cell.cell;
    this.tell(this.words.say("no_such_cell", { code }));
    return null;
  }
}

function numbers(words: string): number[] {
  return words.split(/[\s,;，、]+/).filter(Boolean).map(Number);
}

function isSound(edit: Edit, unitCount: number): boolean {
  const isUnit = (unit: number) => Number.isInteger(unit) && unit >= 0 && unit < unitCount;
  if (edit.kind === "move") return edit.units.length > 0 && edit.units.every(isUnit);
  if (edit.kind === "new_cell") return isUnit(edit.unit);
  if (edit.kind === "shift") return edit.metres > 0;
  return true;
}
