/** Marks of those who walk a day's routes; where they are is told from outside. */
import { type Map as MapLibre, Marker } from "maplibre-gl";

export class Walkers {
  private readonly marks: Marker[] = [];

  constructor(private readonly map: MapLibre) {}

  /** Put one mark on each place, longitude first; marks that are too many go. */
  show(places: [number, number][]): void {
    while (this.marks.length > places.length) this.marks.pop()?.remove();
    places.forEach((place, at) => {
      const mark = this.marks[at];
      if (mark) mark.setLngLat(place);
      else this.marks.push(this.made().setLngLat(place).addTo(this.map));
    });
  }

  private made(): Marker {
    const element = document.createElement("div");
    element.className = "walker";
    element.setAttribute("aria-hidden", "true");
    return new Marker({ element });
  }
}
