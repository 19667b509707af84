/** Mouse, finger and keys as one pen. Two fingers, the wheel, or the space bar move the map instead. */
import type { MapView, Pixel } from "./mapview";
import type { Spot, Tool } from "./tools";

export class Pen {
  private readonly pointers = new Set<number>();
  private drawing = false;
  private panning = false;

  constructor(
    private readonly view: MapView,
    private readonly tool: () => Tool,
    private readonly hovered: (spot: Spot | null, pixel: Pixel | null) => void,
    private readonly picked: (spot: Spot) => void,
    private readonly used: () => void,
  ) {
    const place = view.map.getCanvasContainer();
    place.addEventListener("pointerdown", (event) => this.down(event), { capture: true });
    place.addEventListener("pointermove", (event) => this.move(event));
    place.addEventListener("pointerleave", () => this.hovered(null, null));
    window.addEventListener("pointerup", this.up);
    window.addEventListener("pointercancel", this.lose);
    view.map.on("click", (event) => this.click(event.point, event.originalEvent.altKey));
  }

  /** Let one finger or the left button draw, or move the map. */
  follow(): void {
    const { dragPan } = this.view.map;
    if (this.tool().draws && !this.panning) dragPan.disable();
    else dragPan.enable();
  }

  /** Move the map for as long as the space bar is held. */
  pan(on: boolean): void {
    this.panning = on;
    this.follow();
  }

  remove(): void {
    window.removeEventListener("pointerup", this.up);
    window.removeEventListener("pointercancel", this.lose);
  }

  get isDrawing(): boolean {
    return this.drawing;
  }

  cancel(): void {
    this.drawing = false;
    this.tool().cancel();
  }

  spot(pixel: Pixel): Spot {
    const degrees = this.view.degrees(pixel);
    const metres = this.view.metres(pixel);
    return { degrees, metres, unit: this.view.unitAt(pixel) };
  }

  private down(event: PointerEvent): void {
    this.used();
    this.pointers.add(event.pointerId);
    if (this.pointers.size > 1) {
      if (this.drawing) this.cancel();
      // the map hears of the second finger after us
      this.view.map.dragPan.enable();
      return;
    }
    if (!this.tool().draws || this.panning || event.button !== 0) return;
    const spot = this.spot(this.pixel(event));
    if (event.altKey) return this.picked(spot);
    this.drawing = true;
    this.tool().down(spot);
    this.tool().move(spot);
  }

  private move(event: PointerEvent): void {
    const pixel = this.pixel(event);
    if (this.drawing) {
      for (const one of event.getCoalescedEvents?.() ?? []) this.tool().move(this.spot(this.pixel(one)));
    }
    const spot = this.spot(pixel);
    this.hovered(spot, pixel);
    if (this.drawing || this.tool().draws) this.tool().move(spot);
  }

  private readonly up = (event: PointerEvent): void => {
    this.pointers.delete(event.pointerId);
    if (this.drawing) {
      this.drawing = false;
      this.tool().up(this.spot(this.pixel(event)));
    }
    if (!this.pointers.size) this.follow();
  };

  private readonly lose = (event: PointerEvent): void => {
    this.pointers.delete(event.pointerId);
    if (this.drawing) this.cancel();
    if (!this.pointers.size) this.follow();
  };

  private click(pixel: Pixel, alt: boolean): void {
    const spot = this.spot(pixel);
    if (alt) this.picked(spot);
    else if (!this.tool().draws) this.tool().up(spot);
  }

  private pixel(event: PointerEvent): Pixel {
    const frame = this.view.map.getCanvas().getBoundingClientRect();
    return { x: event.clientX - frame.left, y: event.clientY - frame.top };
  }
}
