// npm run overhead -- [--calls N] [--profile FILE] [--json FILE]: microseconds of JavaScript that encoding and submitting a call takes, in headless Chrome, beside the bare
// API with as many dispatches. Tiny tensors, `out` names every output. --profile writes a CPU profile that Chrome's developer tools open, and prints where the time goes.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { describeAdapter, openBrowser } from "../build/browser.mjs";
import { countOption } from "../build/options.mjs";
import { ISOLATION, servePages } from "../build/page-server.mjs";

/** @typedef {import("./overhead-page.ts").Overhead} Overhead */

const { values } = parseArgs({ options: { calls: { type: "string", default: "10000" }, profile: { type: "string" }, json: { type: "string" } } });

/** @param {import("puppeteer").Page} page @param {() => Promise<any>} work @param {string} file */
async function profiled(page, work, file) {
  const session = await page.createCDPSession();
  await session.send("Profiler.enable");
  await session.send("Profiler.setSamplingInterval", { interval: 200 });
  await session.send("Profiler.start");
  const result = await work();
  const { profile } = await session.send("Profiler.stop");
  writeFileSync(file, JSON.stringify(profile));
  /** @type {Map<number, number>} */
  const own = new Map();
  profile.samples?.forEach((id, i) => own.set(id, (own.get(id) ?? 0) + (profile.timeDeltas?.[i] ?? 0)));
  /** @type {Map<string, number>} */
  const named = new Map();
  for (const { id, callFrame } of profile.nodes) {
    const name = `${callFrame.functionName || "(anonymous)"} ${callFrame.url.split("/").at(-1)}:${callFrame.lineNumber + 1}`;
    named.set(name, (named.get(name) ?? 0) + (own.get(id) ?? 0));
  }
  const total = [...named.values()].reduce((sum, time) => sum + time, 0);
  for (const [name, time] of [...named].toSorted((a, b) => b[1] - a[1]).slice(0, 40))
    console.log(`${((100 * time) / total).toFixed(1).padStart(5)} %  ${name}`);
  return result;
}

async function main() {
  const wanted = countOption("calls", values.calls);
  const server = await servePages({ headers: ISOLATION });
  const opened = await openBrowser();
  try {
    const page = await opened.browser.newPage();
    page.on("pageerror", (error) => console.error(error));
    await page.goto(`${server.url}bench/overhead.html`);
    await page.waitForSelector("body[data-ready]");
    const measure = () => page.evaluate((calls) => window.measureOverhead(calls), wanted);
    const { rows, isolated } = await (values.profile ? profiled(page, measure, values.profile) : measure());
    if (!isolated) throw new Error("the page is not cross-origin isolated: its clock is too coarse");
    console.log(`${values.calls} calls each on ${describeAdapter(opened)}; microseconds a call: median (10th to 90th percentile) over blocks of 100`);
    const show = (/** @type {Overhead["alone"]} */ [median, low, high]) => `${median.toFixed(1)} (${low.toFixed(1)}-${high.toFixed(1)})`;
    for (const { name, dispatches, alone, batched } of rows) {
      console.log(`${name.padEnd(32)} ${dispatches} dispatches  alone ${show(alone).padEnd(20)} in a batch ${show(batched)}`);
    }
    if (values.json) writeFileSync(values.json, JSON.stringify({ adapter: describeAdapter(opened), calls: Number(values.calls), rows }, null, 2));
  } finally {
    await opened.browser.close();
    await server.close();
  }
}

try {
  await main();
  process.exit(0);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
