import { setWorkerUrl } from "maplibre-gl";
import { PlanMap } from "./component";

// Dash puts a fingerprint into the name of this script; the worker lies beside it without one.
const script = document.currentScript as HTMLScriptElement | null;
setWorkerUrl(new URL("maplibre_worker.min.js", script?.src ?? window.location.href).href);

Object.assign(window, { gridmap_map: { PlanMap } });
