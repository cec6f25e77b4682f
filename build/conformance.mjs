// npm run conformance -- [FILE.json]: runs the cases of a file on the GPU, in headless Chrome, through the public API.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describeAdapter, openBrowser } from "./browser.mjs";
import { servePages } from "./page-server.mjs";

const root = resolve(import.meta.dirname, "..");
const file = resolve(process.argv[2] ?? resolve(root, "test/conformance/cases.json"));

/** @typedef {import("../test/conformance/check.ts").Verdict} Verdict */

/** @param {readonly unknown[]} cases @returns {Promise<Verdict[]>} */
async function runCases(cases) {
  if (!Array.isArray(cases)) throw new Error(`${file} is no list of cases; test/conformance/cases.json is one`);
  const server = await servePages();
  const opened = await openBrowser();
  console.log(`conformance: ${cases.length} cases of ${file} on ${describeAdapter(opened)}`);
  try {
    const page = await opened.browser.newPage();
    page.on("pageerror", (error) => console.error(error));
    await page.goto(`${server.url}test/conformance/page.html`);
    await page.waitForSelector("body[data-ready]");
    return await page.evaluate((list) => window.judgeAll(/** @type {any} */ (list)), cases);
  } finally {
    await opened.browser.close();
    await server.close();
  }
}

/** @param {Verdict[]} verdicts */
function report(verdicts) {
  for (const { id, state, reason } of verdicts) if (state === "failed") console.log(`FAILED ${id}: ${reason}`);
  const count = (/** @type {Verdict[]} */ list, /** @type {string} */ state) => list.filter((verdict) => verdict.state === state).length;
  const ops = [...new Set(verdicts.map((verdict) => verdict.op))];
  console.log(`${"op".padEnd(20)} passed failed unsupported`);
  for (const op of ops) {
    const own = verdicts.filter((verdict) => verdict.op === op);
    console.log(
      `${op.padEnd(20)} ${String(count(own, "passed")).padStart(6)} ${String(count(own, "failed")).padStart(6)} ${String(count(own, "unsupported")).padStart(11)}`,
    );
  }
  console.log(`${count(verdicts, "passed")} passed, ${count(verdicts, "failed")} failed, ${count(verdicts, "unsupported")} unsupported`);
  return count(verdicts, "failed") ? 1 : 0;
}

try {
  process.exit(report(await runCases(JSON.parse(readFileSync(file, "utf8")))));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
