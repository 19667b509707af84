/** Tools to choose from, with their keys, and what is done at once. */
import type { Say } from "./props";
import { type ToolName, TOOLS } from "./tools";
import { element, icon } from "./ui";

export type Action = "undo" | "redo" | "lock_all" | "unlock_all" | "pieces" | "table" | "help";

const ACTIONS: [Action, string][] = [
  ["lock_all", "lock"],
  ["unlock_all", "unlock"],
  ["pieces", "pieces"],
  ["table", "table"],
  ["help", "help"],
];

export class Toolbar {
  readonly element: HTMLElement;
  private readonly tools = new Map<ToolName, HTMLButtonElement>();
  private readonly actions = new Map<Action, HTMLButtonElement>();

  constructor(say: Say, choose: (tool: ToolName) => void, act: (action: Action) => void) {
    const history = (["undo", "redo"] as const).map((action) => this.action(say, action, action, act));
    const tools = TOOLS.map((tool) => {
      const button = element(
        "button",
        {
          type: "button",
          class: "gm-tool",
          "data-tool": tool,
          "aria-pressed": "false",
          title: `${say(`tip_${tool}`)} (${say(`tool_${tool}_key`)})`,
          onclick: () => choose(tool),
        },
        icon(tool),
        element("span", {}, say(`tool_${tool}`)),
      );
      this.tools.set(tool, button);
      return button;
    });
    const rest = ACTIONS.map(([action, drawing]) => this.action(say, action, drawing, act));
    const group = (label: string, ...buttons: HTMLElement[]) =>
      element("div", { class: "gm-tool-group", role: "group", "aria-label": say(label) }, ...buttons);
    this.element = element(
      "div",
      { class: "gm-tools", role: "toolbar", "aria-label": say("tools"), "aria-orientation": "vertical" },
      group("history", ...history),
      group("tools", ...tools),
      group("actions", ...rest),
    );
    this.element.addEventListener("keydown", (event) => this.walk(event));
    this.rove(tools[0]!);
  }

  show(tool: ToolName): void {
    for (const [name, button] of this.tools) button.setAttribute("aria-pressed", String(name === tool));
    this.rove(this.tools.get(tool)!);
    this.tools.get(tool)!.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  enable(action: Action, on: boolean): void {
    this.actions.get(action)!.setAttribute("aria-disabled", String(!on));
  }

  /** One stop of the tab key for the whole bar; arrows walk within. */
  private rove(here: HTMLButtonElement): void {
    for (const button of [...this.tools.values(), ...this.actions.values()]) button.tabIndex = button === here ? 0 : -1;
  }

  private walk(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const buttons = [...this.element.querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const next = buttons[(at + step + buttons.length) % buttons.length]!;
    this.rove(next);
    next.focus();
    event.preventDefault();
    event.stopPropagation();
  }

  private action(say: Say, action: Action, drawing: string, act: (action: Action) => void): HTMLButtonElement {
    const button = element(
      "button",
      {
        type: "button",
        class: "gm-tool gm-action",
        "data-action": action,
        title: say(`tip_${action}`),
        onclick: () => {
          if (button.getAttribute("aria-disabled") !== "true") act(action);
        },
      },
      icon(drawing),
      element("span", {}, say(`act_${action}`)),
    );
    this.actions.set(action, button);
    return button;
  }
}
