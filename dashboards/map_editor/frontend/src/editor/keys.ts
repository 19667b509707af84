/** The keyboard as a pen: arrows carry it from unit to unit, Enter puts it down and lifts it. */
import type { Editor } from "./editor";
import { type Spot, TOOLS } from "./tools";

const ARROWS: Record<string, [number, number]> = {
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
};
const PAN_PX = 120;

export class Keys {
  private cursor = -1;
  private isDown = false;

  constructor(
    private readonly container: HTMLElement,
    private readonly canvas: HTMLElement,
    private readonly editor: Editor,
  ) {
    container.addEventListener("keydown", this.down);
    container.addEventListener("keyup", this.up);
  }

  remove(): void {
    this.container.removeEventListener("keydown", this.down);
    this.container.removeEventListener("keyup", this.up);
  }

  /** The mouse has taken over. */
  hide(): void {
    if (this.cursor < 0) return;
    this.cursor = -1;
    this.isDown = false;
    this.editor.view.putCursor(-1);
  }

  private readonly up = (event: KeyboardEvent): void => {
    if (event.key === " ") this.editor.pan(false);
  };

  private readonly down = (event: KeyboardEvent): void => {
    if (!this.editor.hasModel || isWriting(event.target)) return;
    if (this.anywhere(event) || (this.onMap(event.target) && this.onTheMap(event))) {
      event.preventDefault();
      event.stopPropagation();
    }
  };

  private anywhere(event: KeyboardEvent): boolean {
    const { editor } = this;
    const key = event.key.toLowerCase();
    if (event.ctrlKey || event.metaKey) {
      if (key === "z") editor.act(event.shiftKey ? "redo" : "undo");
      else if (key === "y") editor.act("redo");
      else return false;
      return true;
    }
    if (event.altKey) return false;
    const tool = TOOLS.find((one) => editor.say(`tool_${one}_key`).toLowerCase() === key);
    if (tool) {
      this.isDown = false;
      editor.use(tool);
      editor.announce(editor.say(`tool_${tool}`));
    } else if (key === "l") this.lock();
    else if (key === "t") editor.act("table");
    else if (key === "?" || key === "h") editor.act("help");
    else if (key === "[" || key === "]") editor.resizeBrush(key === "]" ? 1 : -1);
    else if (key === "escape") this.escape();
    else return false;
    return true;
  }

  private onTheMap(event: KeyboardEvent): boolean {
    const { map } = this.editor.view;
    const arrow = ARROWS[event.key];
    if (arrow && event.shiftKey) map.panBy([arrow[0] * PAN_PX, -arrow[1] * PAN_PX], { duration: 0 });
    else if (arrow) this.walk(arrow);
    else if (event.key === "Enter") this.press();
    else if (event.key.toLowerCase() === "c") this.choose();
    else if (event.key === "+" || event.key === "=") map.zoomIn({ duration: 0 });
    else if (event.key === "-") map.zoomOut({ duration: 0 });
    else if (event.key === " ") this.editor.pan(true);
    else return false;
    return true;
  }

  /** To the neighbour that lies most in a direction; from nowhere, to the middle of the map. */
  private walk([x, y]: [number, number]): void {
    const { ground } = this.editor.model;
    if (this.cursor < 0 || this.cursor >= ground.unitCount) {
      this.put(this.middle());
      return;
    }
    const [fromX, fromY] = ground.innerOf(this.cursor);
    let best = -1;
    let bestScore = 0.2;
    for (let at = ground.neighbourStart[this.cursor]!; at < ground.neighbourStart[this.cursor + 1]!; at++) {
      const unit = ground.neighbours[at]!;
      const [toX, toY] = ground.innerOf(unit);
      const score = ((toX - fromX) * x + (toY - fromY) * y) / (Math.hypot(toX - fromX, toY - fromY) || 1);
      if (score > bestScore) [best, bestScore] = [unit, score];
    }
    if (best >= 0) this.put(best);
  }

  private put(unit: number): void {
    const { editor } = this;
    this.cursor = unit;
    editor.view.putCursor(unit);
    if (unit < 0) return;
    if (this.isDown) editor.tool.move(this.spot());
    else if (editor.tool.name === "brush") editor.brushAt(this.spot().degrees);
    const cell = editor.model.shown[unit]!;
    const known = editor.model.cells.get(cell);
    editor.announce(editor.say("said_unit", { unit: String(unit), cell: known?.code ?? editor.say("unassigned") }));
  }

  private press(): void {
    const { editor } = this;
    if (this.cursor < 0) this.put(this.middle());
    if (this.cursor < 0) return;
    const { tool } = editor;
    if (!tool.draws || this.isDown) {
      this.isDown = false;
      tool.up(this.spot());
      return;
    }
    this.isDown = true;
    tool.down(this.spot());
    editor.announce(editor.say("said_pen_down"));
  }

  private choose(): void {
    const cell = this.cursor < 0 ? -1 : this.editor.model.shown[this.cursor]!;
    if (cell >= 0) this.editor.choose(cell);
  }

  private lock(): void {
    const { editor } = this;
    const under = this.cursor < 0 ? -1 : editor.model.shown[this.cursor]!;
    const cell = under >= 0 ? under : editor.chosen;
    if (cell !== null) editor.lock(cell);
  }

  private escape(): void {
    if (!this.isDown) this.hide();
    this.isDown = false;
    this.editor.cancel();
  }

  private spot(): Spot {
    const { ground } = this.editor.model;
    const metres = ground.innerOf(this.cursor);
    return { metres, degrees: ground.degrees(metres), unit: this.cursor };
  }

  private middle(): number {
    const { ground } = this.editor.model;
    const { lng, lat } = this.editor.view.map.getCenter();
    const [x, y] = ground.metres([lng, lat]);
    const here = ground.unitAt([x, y]);
    if (here >= 0) return here;
    let best = -1;
    let nearest = Infinity;
    for (let unit = 0; unit < ground.unitCount; unit++) {
      const [toX, toY] = ground.innerOf(unit);
      const away = Math.hypot(toX - x, toY - y);
      if (away < nearest) [best, nearest] = [unit, away];
    }
    return best;
  }

  private onMap(target: EventTarget | null): boolean {
    return target instanceof Node && this.canvas.contains(target) && !(target instanceof HTMLButtonElement);
  }
}

function isWriting(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) return target.type !== "range";
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}
