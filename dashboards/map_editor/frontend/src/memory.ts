/** What part of the world was shown, so that a map made anew in another language shows it again. */
import type { LngLatLike, Map as MapLibre } from "maplibre-gl";

export interface Shown {
  center: LngLatLike;
  zoom: number;
  /** The bounds that were asked for last. */
  fitted: string;
}

/** So long after a map has gone another one takes its place; later it is a visit of its own. */
const KEPT_MS = 15_000;
const kept = new Map<string, Shown & { until: number }>();

/** The same place of a page over the same plan, whatever the language. */
export function placeOf(id: string | undefined, url: string | null | undefined): string {
  return `${id ?? ""} ${(url ?? "").split("?")[0]}`;
}

export function remember(place: string, map: MapLibre, fitted: string): void {
  kept.set(place, { center: map.getCenter(), zoom: map.getZoom(), fitted, until: Date.now() + KEPT_MS });
}

/** Only the language link takes a map out and puts it in again within a moment. */
export function recall(place: string): Shown | undefined {
  const shown = kept.get(place);
  kept.delete(place);
  return shown && shown.until > Date.now() ? shown : undefined;
}
