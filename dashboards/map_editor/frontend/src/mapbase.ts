/** A map on our own ground: no outside address, no rotation, names in the reader's language. */
import { AttributionControl, type LngLatLike, Map as MapLibre, NavigationControl, ScaleControl, type StyleSpecification } from "maplibre-gl";
import { BASEMAP, basemapLayers, FONTS } from "./basemap";
import type { Bounds } from "./types";

const MAX_ZOOM_OF_FIT = 17;
const TILES_ZOOM = { minzoom: 6, maxzoom: 15 };

export interface MapWishes {
  tilesUrl?: string | null;
  view?: Bounds | null;
  /** Shown instead of the view: what was shown a moment ago. */
  shown?: { center: LngLatLike; zoom: number };
  dark?: boolean;
  labels: { map: string; zoomIn: string; zoomOut: string; attribution: string };
}

export function offlineMap(container: HTMLElement, wishes: MapWishes): MapLibre {
  const { labels } = wishes;
  const map = new MapLibre({
    container,
    style: style(wishes),
    ...(wishes.shown
      ? { center: wishes.shown.center, zoom: wishes.shown.zoom }
      : { bounds: wishes.view ?? undefined, fitBoundsOptions: { padding: 24, maxZoom: MAX_ZOOM_OF_FIT } }),
    attributionControl: false,
    fadeDuration: 0,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    maxPitch: 0,
    localIdeographFontFamily: FONTS.map((font) => `"${font}"`).join(","),
    cooperativeGestures: false,
    locale: {
      "Map.Title": labels.map,
      "NavigationControl.ZoomIn": labels.zoomIn,
      "NavigationControl.ZoomOut": labels.zoomOut,
    },
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new ScaleControl({ maxWidth: 90 }), "bottom-left");
  map.addControl(new AttributionControl({ compact: false, customAttribution: labels.attribution }), "bottom-right");
  return map;
}

export function fitTo(map: MapLibre, view: Bounds): void {
  map.fitBounds(view, { padding: 36, maxZoom: MAX_ZOOM_OF_FIT, duration: isCalm() ? 0 : 350 });
}

/** Whether the reader asked for as little motion as can be. */
export function isCalm(): boolean {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}

function style({ tilesUrl, dark }: MapWishes): StyleSpecification {
  const layers = basemapLayers(Boolean(dark), Boolean(tilesUrl));
  // light and dark change at once: a printer waits for no fading
  const transition = { duration: 0, delay: 0 };
  if (!tilesUrl) return { version: 8, transition, sources: {}, layers };
  // the worker resolves no relative address
  const tiles = [`${window.location.origin}${tilesUrl}`];
  return { version: 8, transition, sources: { [BASEMAP]: { type: "vector", tiles, ...TILES_ZOOM } }, layers };
}
