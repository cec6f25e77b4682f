import { resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { build, loadConfigFromFile } from "vite";

const root = resolve(import.meta.dirname, "..");
const ENTRY = "\0bundle-entry";

/**
 * The one file that a program which imports these names of the library downloads: bundled, tree-shaken and minified by Vite as it comes.
 * @param {string} names as in an export statement: `*` or `{ Gpu, LayerNorm }`
 * @returns {Promise<import("vite").Rolldown.OutputChunk>}
 */
export async function bundle(names) {
  const library = await loadConfigFromFile({ command: "build", mode: "production" }, resolve(root, "vite.library.config.ts"));
  const entry = {
    name: "bundle-entry",
    resolveId: (/** @type {string} */ id) => (id === ENTRY ? id : null),
    load: (/** @type {string} */ id) => (id === ENTRY ? `export ${names} from ${JSON.stringify(resolve(root, "src/index.ts"))};` : null),
  };
  const result = await build({
    configFile: false,
    root,
    logLevel: "error",
    publicDir: false,
    plugins: [entry, ...(library?.config.plugins ?? [])],
    build: {
      write: false,
      target: "es2022",
      modulePreload: false,
      rolldownOptions: { input: { library: ENTRY }, preserveEntrySignatures: "strict", output: { codeSplitting: false } },
    },
  });
  return /** @type {import("vite").Rolldown.RolldownOutput} */ (result).output[0];
}

/** @param {string} text @returns {number} bytes of a text as servers send it */
export function gzippedBytes(text) {
  return gzipSync(text, { level: 9 }).length;
}
