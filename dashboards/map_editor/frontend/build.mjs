// Bundles the components and copies what they need at run time into the Python package.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const target = "..";

/** A hash of all that the scripts are made of; tests/dashboards/test_frontend.py computes the same. */
function hashOfSources() {
  const files = readdirSync("src", { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).replaceAll("\\", "/"));
  const hash = createHash("sha256");
  for (const file of [...files, "build.mjs", "package-lock.json"].sort()) hash.update(file).update("\0").update(readFileSync(file)).update("\0");
  return hash.digest("hex");
}

const shared = {
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  legalComments: "none",
  banner: { js: `/* made of ${hashOfSources()} */` },
};

await build({
  ...shared,
  entryPoints: ["src/index.ts"],
  // the variant without a worker from a blob: a content security policy can then name our origin only
  alias: { "maplibre-gl": "./node_modules/maplibre-gl/dist/maplibre-gl-csp.js" },
  outfile: `${target}/gridmap_map.min.js`,
});

// the page has MapLibre already
const maplibreOfThePage = {
  name: "maplibre-of-the-page",
  setup(bundler) {
    bundler.onResolve({ filter: /^maplibre-gl$/ }, () => ({ path: "maplibre-gl", namespace: "page" }));
    bundler.onLoad({ filter: /.*/, namespace: "page" }, () => ({
      contents: "module.exports = globalThis.gridmap_map?.maplibre ?? {};",
      loader: "js",
    }));
  },
};
await build({
  ...shared,
  entryPoints: ["src/editor/index.ts"],
  plugins: [maplibreOfThePage],
  outfile: `${target}/gridmap_editor.min.js`,
});

const maplibre = "node_modules/maplibre-gl";
copyFileSync(`${maplibre}/dist/maplibre-gl-csp-worker.js`, `${target}/maplibre_worker.min.js`);
copyFileSync(`${maplibre}/dist/maplibre-gl.css`, `${target}/maplibre.css`);
mkdirSync(`${target}/licences`, { recursive: true });
copyFileSync(`${maplibre}/LICENSE.txt`, `${target}/licences/maplibre-gl.txt`);
copyFileSync("node_modules/earcut/LICENSE", `${target}/licences/earcut.txt`);

const plotly = "node_modules/plotly.js-cartesian-dist-min";
copyFileSync(`${plotly}/plotly-cartesian.min.js`, "../../assets/plotly-cartesian.min.js");
copyFileSync(`${plotly}/LICENSE`, `${target}/licences/plotly.js.txt`);
