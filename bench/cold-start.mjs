// npm run cold-start -- [--runs N] [--import "{ Gpu, LayerNorm }"] [--json FILE]: milliseconds from importing the minified library to the first result of LayerNorm 64 x 768, each time in a fresh
// headless Chrome. The bench calls `coldStart`.
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { describeAdapter, openBrowser } from "../build/browser.mjs";
import { bundle } from "../build/bundle.mjs";
import { countOption } from "../build/options.mjs";
import { serveIsolated } from "./isolated-server.mjs";

/** @typedef {{ importMs: number, deviceMs: number, firstMs: number, totalMs: number }} ColdStart */

/** What the page runs: nothing is loaded, compiled or opened before. @returns {Promise<ColdStart>} */
async function inPage() {
  const values = Float32Array.from({ length: 64 * 768 }, (_, i) => Math.sin(i * 12.9898) * 3 + 1);
  const start = performance.now();
  const { Gpu, LayerNorm } = await import(/** @type {any} */ ("/library.js"));
  const imported = performance.now();
  const gpu = await Gpu.open();
  const opened = performance.now();
  const norm = new LayerNorm(gpu, { shape: 768 });
  const y = await norm.forward(gpu.tensor(values, [64, 768])).y.read();
  const end = performance.now();
  const row = Array.from(values.slice(0, 768));
  const mean = row.reduce((sum, value) => sum + value, 0) / 768;
  const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 768;
  if (!(Math.abs(y[0] - (values[0] - mean) / Math.sqrt(variance + 1e-5)) < 1e-5)) throw new Error(`the first value is ${y[0]}`);
  return { importMs: imported - start, deviceMs: opened - imported, firstMs: end - opened, totalMs: end - start };
}

/**
 * The run with the median total of several, each in a browser of its own.
 * @param {{ runs?: number, names?: string }} [options] `names`: what is bundled, as in an export statement; the whole library by default
 * @returns {Promise<{ adapter: string, bytes: number, median: ColdStart, runs: ColdStart[] }>}
 */
export async function coldStart({ runs = 5, names = "*" } = {}) {
  const { code } = await bundle(names);
  const server = await serveIsolated((path) => (path === "/library.js" ? { type: "text/javascript", body: code } : null));
  let adapter = "";
  /** @type {ColdStart[]} */
  const found = [];
  try {
    for (let run = 0; run < runs; run++) {
      const opened = await openBrowser();
      try {
        adapter = describeAdapter(opened);
        const page = await opened.browser.newPage();
        await page.goto(server.url);
        found.push(await page.evaluate(inPage));
      } finally {
        await opened.browser.close();
      }
    }
  } finally {
    server.close();
  }
  const sorted = found.toSorted((a, b) => a.totalMs - b.totalMs);
  return { adapter, bytes: Buffer.byteLength(code), median: /** @type {ColdStart} */ (sorted[Math.floor(runs / 2)]), runs: sorted };
}

async function main() {
  const { values } = parseArgs({ options: { runs: { type: "string", default: "5" }, import: { type: "string", default: "*" }, json: { type: "string" } } });
  const result = await coldStart({ runs: countOption("runs", values.runs), names: values.import });
  console.log(`milliseconds to the first result of LayerNorm 64 x 768 on ${result.adapter}; ${values.import} takes ${result.bytes} bytes, minified`);
  console.log("import  device  first result  total");
  for (const run of [...result.runs, result.median]) {
    const [imported, device, first, total] = [run.importMs, run.deviceMs, run.firstMs, run.totalMs].map((ms) => ms.toFixed(1));
    console.log(`${imported?.padStart(6)} ${device?.padStart(7)} ${first?.padStart(13)} ${total?.padStart(6)}${run === result.median ? "  median" : ""}`);
  }
  if (values.json) writeFileSync(values.json, JSON.stringify(result, null, 2));
}

if (process.argv[1] && resolve(process.argv[1]) === import.meta.filename) {
  try {
    await main();
    process.exit(0);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  }
}
