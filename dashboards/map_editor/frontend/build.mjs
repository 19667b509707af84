// Bundles the component and copies what it needs at run time into the Python package.
import { build } from "esbuild";
import { copyFileSync, mkdirSync } from "node:fs";

const target = "..";
await build({
  entryPoints: ["src/index.ts"],
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  legalComments: "none",
  // the variant without a worker from a blob: a content security policy can then name our origin only
  alias: { "maplibre-gl": "./node_modules/maplibre-gl/dist/maplibre-gl-csp.js" },
  outfile: `${target}/gridmap_map.min.js`,
});

const maplibre = "node_modules/maplibre-gl";
copyFileSync(`${maplibre}/dist/maplibre-gl-csp-worker.js`, `${target}/maplibre_worker.min.js`);
copyFileSync(`${maplibre}/dist/maplibre-gl.css`, `${target}/maplibre.css`);
mkdirSync(`${target}/licences`, { recursive: true });
copyFileSync(`${maplibre}/LICENSE.txt`, `${target}/licences/maplibre-gl.txt`);

const plotly = "node_modules/plotly.js-cartesian-dist-min";
copyFileSync(`${plotly}/plotly-cartesian.min.js`, "../../assets/plotly-cartesian.min.js");
copyFileSync(`${plotly}/LICENSE`, `${target}/licences/plotly.js.txt`);
