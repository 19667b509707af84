/** What Dash hands to the component. See `PlanMap` in ../../__init__.py for the meaning. */

export type Bounds = [west: number, south: number, east: number, north: number];

export interface Day {
  week: number;
  weekday: number;
}

/** What a reader may switch on and off: blind zones, duplicate pairs, and ground within reach. */
export type Layer = "blind" | "pairs" | "reach";

export interface Labels {
  map: string;
  zoomIn: string;
  zoomOut: string;
  noWebgl: string;
  failed: string;
  cell: string;
  attribution: string;
}

export interface PlanMapProps {
  id?: string;
  className?: string;
  tilesUrl?: string | null;
  cellsUrl?: string | null;
  outletsUrl?: string | null;
  routesUrl?: string | null;
  findingsUrl?: string | null;
  reachUrl?: string | null;
  layers?: Layer[] | null;
  symbolsUrl: string;
  view?: Bounds | null;
  selected?: number | null;
  day?: Day | null;
  shades?: Record<string, string> | null;
  dark?: boolean;
  language: "en" | "zh";
  labels: Labels;
  setProps: (changed: Partial<PlanMapProps>) => void;
}
