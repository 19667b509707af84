import * as maplibre from "maplibre-gl";
import { setWorkerUrl } from "maplibre-gl";
import { PlanMap } from "./component";
import { MapEditor } from "./editorcomponent";

// Dash puts a fingerprint into the name of this script; the worker lies beside it without one.
const script = document.currentScript as HTMLScriptElement | null;
setWorkerUrl(new URL("maplibre_worker.min.js", script?.src ?? window.location.href).href);

// the script of the editor draws with the same MapLibre
Object.assign(window, { gridmap_map: { PlanMap, MapEditor, maplibre } });
