import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { openBrowser } from "../build/browser.mjs";
import { serveIsolated } from "./isolated-server.mjs";
import { buildPeers, folder } from "./peers.mjs";

/** @typedef {import("./results.ts").ColdStart} ColdStart */

/** @type {Record<string, string>} */
const TYPES = { ".js": "text/javascript", ".wasm": "application/wasm" };
/** A file of a bundle. @param {string} path */
function find(path) {
  const type = TYPES[extname(path)];
  return type ? { type, body: readFileSync(join(folder, path)) } : null;
}

/** What the page runs: nothing is loaded, compiled or opened before. @param {string} url @param {import("./cases.ts").Case} one LayerNorm 64 x 768 */
async function inPage(url, one) {
  const values = (/** @type {number[]} */ shape, /** @type {(i: number) => number} */ of) => ({
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => of(i)),
  });
  const inputs = { x: values([64, 768], (i) => Math.sin(i * 12.9898) * 3 + 1), gamma: values([768], () => 1), beta: values([768], () => 0) };
  const start = performance.now();
  /** @type {{ open: () => Promise<import("./peer.ts").Peer> }} */
  const { open } = await import(url);
  const imported = performance.now();
  const peer = await open();
  const opened = performance.now();
  const { ways } = await peer.prepare(one, inputs);
  const result = await ways[0]?.run();
  await ways[0]?.fence([result]);
  const { y } = (await ways[0]?.read(result)) ?? {};
  const end = performance.now();
  if (!y || !Number.isFinite(y[0])) throw new Error(`the first value is ${y?.[0]}`);
  return { importMs: imported - start, deviceMs: opened - imported, firstMs: end - opened, totalMs: end - start };
}

/** Bytes as servers send them, of the files whose names end so. @param {string} name of a peer @param {string} end */
function gzipped(name, end) {
  const files = readdirSync(join(folder, name), { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(end));
  return files.reduce((sum, file) => sum + gzipSync(readFileSync(join(folder, name, file)), { level: 9 }).length, 0);
}

/**
 * Each peer's first result of a case, in fresh browsers: the run with the median total of several. Files come from this machine, so that no network counts.
 * @param {import("./cases.ts").Case} one @param {{ runs: number, adapter: "default" | "swiftshader" | undefined }} options @returns {Promise<ColdStart[]>}
 */
export async function coldPeers(one, { runs, adapter }) {
  const peers = await buildPeers();
  const server = await serveIsolated(find);
  /** @type {ColdStart[]} */
  const found = [];
  try {
    for (const { name } of peers) {
      const times = [];
      for (let run = 0; run < runs; run++) {
        const opened = await openBrowser({ adapter });
        try {
          const page = await opened.browser.newPage();
          await page.goto(server.url);
          times.push(await page.evaluate(inPage, `${server.url}${name}/peer.js`, one));
        } finally {
          await opened.browser.close();
        }
      }
      const median = times.toSorted((a, b) => a.totalMs - b.totalMs)[Math.floor(runs / 2)];
      if (median) found.push({ name, ...median, javascriptBytes: gzipped(name, ".js"), wasmBytes: gzipped(name, ".wasm") });
    }
  } finally {
    server.close();
  }
  return found;
}
