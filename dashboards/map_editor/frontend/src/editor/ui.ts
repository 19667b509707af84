/** Elements of the page, made in one line each. */

type Child = Node | string | null;
type Given = Record<string, string | number | boolean | ((event: Event) => void)>;

/** An element with attributes; `on…` are listeners, true and false set and leave out an attribute. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  given: Given = {},
  ...children: Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(given)) {
    if (typeof value === "function") made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false) made.setAttribute(key, String(value));
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** Change a text only if it is another one, so that nothing is laid out in vain. */
export function write(place: HTMLElement, words: string): void {
  if (place.textContent !== words) place.textContent = words;
}

export function icon(name: string): SVGSVGElement {
  const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("aria-hidden", "true");
  drawing.classList.add("gm-icon");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name] ?? "");
  drawing.append(path);
  return drawing;
}

const ICONS: Record<string, string> = {
  select: "M5 3l14 8-6 2-2 6z",
  assign: "M4 4h7v7H4zM13 13h7v7h-7zM17 3v7M13.5 6.5h7",
  brush: "M20 4c-5 2-9 6-11 9l2 2c3-2 7-6 9-11zM8.500 14.500c-3 0-3 4-5.500 5 3 1.500 7 .5 7-3.500z",
  box: "M4 4h3M10 4h4M17 4h3v3M20 10v4M20 17v3h-3M14 20h-4M7 20H4v-3M4 14v-4M4 7V4",
  lasso: "M12 4c5 0 8 2.500 8 6s-3 6-8 6-8-2.500-8-6 3-6 8-6zM7 15c-2 1-2 4 0 5s2 1 2 2",
  split: "M4 4h16v16H4zM15 2L9 22",
  merge: "M3 5h7v14H3zM14 5h7v14h-7zM7 12h10M14 9l3 3-3 3",
  shift: "M10 3v18M3 12h18M17 8l4 4-4 4",
  new_cell: "M4 4h16v16H4zM12 8v8M8 12h8",
  close_cell: "M4 4h16v16H4zM9 9l6 6M15 9l-6 6",
  lock: "M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3",
  unlock: "M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 6.800-1",
  undo: "M9 5L4 10l5 5M4 10h10a6 6 0 0 1 0 12h-3",
  redo: "M15 5l5 5-5 5M20 10H10a6 6 0 0 0 0 12h3",
  pieces: "M4 4h6v6H4zM15 6h4v4h-4zM6 15h4v4H6zM14 14h6v6h-6z",
  table: "M3 5h18v14H3zM3 10h18M3 14.500h18M9 5v14",
  help: "M9 9a3 3 0 1 1 4.500 2.600c-1 .6-1.500 1.200-1.500 2.400M12 17.500v.5M12 2.500a9.500 9.500 0 1 0 0 19 9.500 9.500 0 0 0 0-19z",
  close: "M6 6l12 12M18 6L6 18",
  fit: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
};

export interface Dialog {
  element: HTMLDialogElement;
  body: HTMLDivElement;
  open(): void;
  close(): void;
}

/** A dialog with a heading; Escape and its cross close it unless it must be answered. */
export function dialog(title: string, closing: string, { mustAnswer = false, wide = false } = {}): Dialog {
  const body = element("div", { class: "gm-dialog-body", tabindex: 0 });
  const heading = element("h2", { class: "gm-dialog-title" }, title);
  heading.id = `gm-dialog-${(dialog.count = (dialog.count ?? 0) + 1)}`;
  const box = element("dialog", { class: `gm-dialog ${wide ? "gm-dialog-wide" : ""}`, "aria-labelledby": heading.id });
  const cross = element("button", { type: "button", class: "gm-cross", "aria-label": closing, onclick: () => box.close() }, icon("close"));
  box.append(element("div", { class: "gm-dialog-head" }, heading, mustAnswer ? null : cross), body);
  if (mustAnswer) box.addEventListener("cancel", (event) => event.preventDefault());
  box.addEventListener("keydown", (event) => event.stopPropagation());
  return { element: box, body, open: () => box.showModal(), close: () => box.close() };
}
dialog.count = 0;
