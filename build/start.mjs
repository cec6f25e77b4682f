// npm start [-- --once] [--cases TEXT]: serves the page, opens a person's browser where there is a display, and runs the page once in a Chrome of its own.
import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { createServer } from "vite";
import { describeAdapter, openBrowser } from "./browser.mjs";

const LIMIT_MS = 10 * 60_000;
const root = resolve(import.meta.dirname, "..");
const { cases, once } = readOptions();
const query = cases === undefined ? "?run=1" : `?run=1&cases=${encodeURIComponent(cases)}`;

/** @typedef {import("../demo/measure/terminal.ts").Report} Report */

/** Ends the process where a word is not understood. @returns {{ cases: string | undefined, once: boolean }} */
function readOptions() {
  try {
    const { values } = parseArgs({ options: { once: { type: "boolean", default: false }, cases: { type: "string" } } });
    return { cases: values.cases, once: values.once || !process.stdout.isTTY };
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  }
}

/** Shows the page to the person who typed the command, where there is a screen. @param {string} url */
function openForPerson(url) {
  const { platform, env } = process;
  if (once || env["CI"]) return;
  const display = platform === "darwin" || platform === "win32" || env["DISPLAY"] || env["WAYLAND_DISPLAY"];
  if (!display) return;
  const [command, ...words] = platform === "darwin" ? ["open", url] : platform === "win32" ? ["cmd", "/c", "start", "", url] : ["xdg-open", url];
  spawn(/** @type {string} */ (command), words, { stdio: "ignore", detached: true })
    .on("error", () => {})
    .unref();
}

/** @param {string} url @returns {Promise<Report>} */
async function runPage(url) {
  const opened = await openBrowser();
  console.log(`running on ${describeAdapter(opened)}`);
  try {
    const page = await opened.browser.newPage();
    /** @type {Promise<Report>} */
    const report = new Promise((done, fail) => {
      void page.exposeFunction("__report", done);
      page.on("error", fail);
      page.on("pageerror", fail);
      opened.browser.on("disconnected", () => fail(new Error("the browser closed before the run had ended")));
      setTimeout(() => fail(new Error(`the run did not end within ${LIMIT_MS / 60_000} minutes`)), LIMIT_MS).unref();
    });
    report.catch(() => {});
    await page.exposeFunction("__progress", (/** @type {string} */ text) => console.log(text));
    await page.goto(url + query);
    return await report;
  } finally {
    await opened.browser.close();
  }
}

const server = await createServer({
  configFile: resolve(root, "vite.config.ts"),
  logLevel: "error",
  server: once ? { port: 0, host: "127.0.0.1", hmr: false, watch: null } : { host: "127.0.0.1" },
});
await server.listen();
const url = server.resolvedUrls?.local[0] ?? "";
console.log(`normgpu: the page is at ${url}`);
openForPerson(url);
let status = 1;
try {
  const report = await runPage(url);
  if (!report.error) console.log(["", ...report.table, "", `adapter: ${report.adapter}${report.software ? " (software adapter)" : ""}`].join("\n"));
  if (report.error) console.error(report.error);
  else if (report.failed) console.error(`${report.failed} results are beyond the bound`);
  status = report.error || report.failed ? 1 : 0;
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
}
if (once) {
  await server.close();
  process.exit(status);
}
console.log(`the page stays at ${url} until Ctrl-C`);
